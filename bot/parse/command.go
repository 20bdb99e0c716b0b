package parse

import (
	"strings"
)

// CommandKind is what a short reply to the bot asks for: the text twin of a button.
type CommandKind string

// The kinds of commands.
const (
	Confirm CommandKind = "confirm" // 确认, 对, 好的, 是
	Cancel  CommandKind = "cancel"  // 取消, 算了, 不用了
	Undo    CommandKind = "undo"    // 撤销, 撤销 A7F2
	Done    CommandKind = "done"    // 完成 1
	Snooze  CommandKind = "snooze"  // 推迟 1 明天10点, 改期 1 明天10点
	Pick    CommandKind = "pick"    // 1, 第二个, 2和3
	More    CommandKind = "more"    // 更多, 下一页
	All     CommandKind = "all"     // 都, 全部
)

// Command is a short reply that answers a card or a list.
type Command struct {
	Kind    CommandKind
	Number  int    // the first number said; 0 when none was
	Numbers []int  // all of them, in the order said
	Code    string // the code of a receipt, upper case (撤销 A7F2); "" when none was said
	Rest    string // what follows: the new time of 推迟 and 改期
}

var commandWords = []struct {
	kind  CommandKind
	words []string
}{
	{Confirm, []string{"确认", "确定", "是的", "对的", "没错", "好的", "可以", "好", "行", "对", "是", "ok", "okay", "yes", "y", "嗯", "嗯嗯", "没问题", "就这样", "确认执行", "提交", "对对", "对对对", "好滴", "好嘞", "同意执行", "执行"}},
	{Cancel, []string{"取消", "算了", "不用了", "不要了", "先不", "不了", "不", "否", "no", "n", "别", "放弃", "不对", "不是", "先不用", "取消吧", "算了吧"}},
	{Undo, []string{"撤销", "撤回", "undo", "撤消"}},
	{Done, []string{"完成了", "完成", "做完了", "搞定了", "搞定", "办完了", "已完成", "done"}},
	{Snooze, []string{"推迟到", "推迟", "改期到", "改期", "延后到", "延后", "晚点", "延期到", "延期", "snooze"}},
	{More, []string{"更多", "下一页", "还有呢", "继续看", "more", "next", "再来", "往下"}},
	{All, []string{"全部", "都要", "都", "全都", "所有", "全部都要", "都是", "all"}},
}

// ReadCommand reads a short reply. It reports false for anything else, in particular for a whole sentence.
func ReadCommand(text string) (Command, bool) {
	l := newLine(text)
	i, j := l.trim(0, len(l.norm))
	if i >= j || j-i > 40 {
		return Command{}, false
	}
	if c, ok := l.numbersOnly(i, j); ok {
		return c, true
	}
	for _, set := range commandWords {
		n := l.anyAt(i, set.words...)
		if n == 0 || i+n > j {
			continue
		}
		c := Command{Kind: set.kind}
		k := i + n
		if k == j || l.onlyParticles(k, j) {
			return c, true
		}
		switch set.kind {
		case Undo:
			if code, ok := l.code(k, j); ok {
				c.Code = code
				return c, true
			}
		case Done:
			if nums, e := l.numbers(k, j); len(nums) > 0 && (e == j || l.onlyParticles(e, j)) {
				c.Number, c.Numbers = nums[0], nums
				return c, true
			}
		case Snooze:
			nums, e := l.numbers(k, j)
			if len(nums) > 0 && !l.timeUnit(e) {
				c.Number, c.Numbers, k = nums[0], nums, e
			} else if l.norm[k] != ' ' && !isDigit(l.norm[k]) && !isHanNumber(l.norm[k]) && len(nums) == 0 {
				if _, ok := When(l.said(k, j), epoch); !ok {
					continue
				}
			}
			c.Rest = l.said(k, j)
			if strings.HasPrefix(c.Rest, "到") {
				c.Rest = strings.TrimPrefix(c.Rest, "到")
			}
			return c, true
		}
	}
	// 1和3完成, 1 推迟到明天
	if nums, e := l.numbers(i, j); len(nums) > 0 {
		for e < j && l.norm[e] == ' ' {
			e++
		}
		for _, set := range commandWords {
			n := l.anyAt(e, set.words...)
			if n == 0 || set.kind != Done && set.kind != Snooze || l.timeUnit(e) {
				continue
			}
			if set.kind == Done && !(e+n == j || l.onlyParticles(e+n, j)) {
				continue
			}
			return Command{Kind: set.kind, Number: nums[0], Numbers: nums, Rest: l.said(e+n, j)}, true
		}
	}
	return Command{}, false
}

// onlyParticles reports whether [i,j) holds nothing but politeness and punctuation.
func (l *line) onlyParticles(i, j int) bool {
	for i < j {
		if n := l.anyAt(i, "吧", "了", "啊", "哈", "呀", "的", "谢谢", "一下", " ", "!", "。", "，", "哦", "嘛", "呢", "~", "滴", "～", "！", ",", "."); n > 0 {
			i += n
			continue
		}
		return false
	}
	return true
}

// numbersOnly reads a pick: 2, 第二个, 选1, 1和3, 第1条.
func (l *line) numbersOnly(i, j int) (Command, bool) {
	k := i + l.anyAt(i, "选择", "选", "就", "要", "是")
	nums, e := l.numbers(k, j)
	if len(nums) == 0 || !(e == j || l.onlyParticles(e, j)) {
		if n := l.anyAt(k, "最后一个", "最后那个"); n > 0 && k+n == j {
			return Command{Kind: Pick, Number: -1, Numbers: []int{-1}}, true
		}
		return Command{}, false
	}
	for _, n := range nums {
		if n > 99 {
			return Command{}, false
		}
	}
	return Command{Kind: Pick, Number: nums[0], Numbers: nums}, true
}

// numbers reads 1, 第二个, 1和3, 1、2、3, #12 from i.
func (l *line) numbers(i, j int) (nums []int, end int) {
	k := i
	end = i
	for k < j {
		for k < j && (l.norm[k] == ' ' || l.norm[k] == '#') {
			k++
		}
		ordinal := l.hasAt(k, "第")
		if ordinal {
			k++
		}
		v, e, _ := l.number(k)
		if e == k || e > j || v < 1 || v != float64(int(v)) {
			break
		}
		if m := l.anyAt(e, "个", "条", "号", "家", "位", "项", "张", "笔", "单"); m > 0 && l.anyAt(e, "个月", "个小时", "个半") == 0 {
			e += m
		} else if l.timeUnit(e) {
			break
		}
		nums = append(nums, int(v))
		end = e
		k = e
		for k < j && l.norm[k] == ' ' {
			k++
		}
		if n := l.anyAt(k, "和", "、", ",", "，", "跟", "与", "+", "/"); n > 0 {
			k += n
			continue
		}
		if k == e || k >= j || !isDigit(l.norm[k]) {
			break
		}
		if _, e2 := l.plainDigits(k); l.timeUnit(e2) {
			break
		}
	}
	return nums, end
}

// timeUnit reports whether a unit of time at i makes the number before it part of a time.
func (l *line) timeUnit(i int) bool {
	return l.anyAt(i, "点", "天", "小时", "分钟", "个小时", "个月", "周", "月", "日", ":", "：", "刻", "半", "个半", "年", "-", "/", "号") > 0 || l.anyAt(i, "个礼拜", "个星期") > 0
}

// code reads the code of a receipt: four to eight letters and digits, with or without #.
func (l *line) code(i, j int) (string, bool) {
	for i < j && (isEdge(l.norm[i]) || l.norm[i] == '#') {
		i++
	}
	k := i
	for k < j && isAlnum(l.norm[k]) && l.norm[k] < 128 {
		k++
	}
	if k != j || k-i < 3 || k-i > 8 {
		return "", false
	}
	return strings.ToUpper(string(l.norm[i:k])), true
}
