package knowledge

import (
	"slices"
	"strings"

	"gendan/bot/parse"
)

// piece is a word of a clause.
type piece struct {
	runes   []rune
	at      int // where it begins in the clause
	number  bool
	guessed bool
}

// The costs of what the table of common words does not hold, in quarters of a nat.
const (
	oddRune   = 52 // a character that is no word
	packWord  = 30 // a word of the pack, and packRune more for every character beyond two
	packRune  = 4  //
	foreign   = 30 // a run of letters or digits
	readAlike = 16 // a word of the list that is typed with other characters, more than the word itself
)

// segment cuts a clause into its most likely words of at most so many characters.
func (rd *reader) segment(runes []rune, guess bool, most int) []piece {
	n := len(runes)
	best := make([]int, n+1) // what the words from here on cost at least
	step := make([]piece, n) // the first of them
	next := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		r := runes[i]
		if !han(r) {
			j := i + 1
			if wordRune(r) {
				for j < n && !han(runes[j]) && (wordRune(runes[j]) || strings.ContainsRune("+#%./-_:", runes[j])) {
					j++
				}
				j = unit(runes, i, j)
			}
			best[i], next[i], step[i] = foreign+best[j], j, piece{runes: runes[i:j], number: wordRune(r)}
			continue
		}
		best[i], next[i], step[i] = oddRune+best[i+1], i+1, piece{runes: runes[i : i+1]}
		for l := 1; l <= most && i+l <= n && han(runes[i+l-1]); l++ {
			w := runes[i : i+l]
			cost, ok := rd.cost(w)
			if ok && cost+best[i+l] < best[i] {
				best[i], next[i], step[i] = cost+best[i+l], i+l, piece{runes: w}
			}
			if !guess || l < 2 || l > 4 {
				continue
			}
			if meant := rd.meant(w); meant != "" && meant != string(w) {
				other := []rune(meant)
				if rd.words.find(w) != nil || !similar(w, other) {
					continue
				}
				cost, ok := rd.cost(other)
				if !ok {
					cost = packWord + 10
				}
				if cost += readAlike; cost+best[i+l] < best[i] {
					best[i], next[i], step[i] = cost+best[i+l], i+l, piece{runes: other, guessed: true}
				}
			}
		}
	}
	var out []piece
	for i := 0; i < n; i = next[i] {
		if wordRune(runes[i]) {
			step[i].at = i
			out = append(out, step[i])
		}
	}
	return out
}

// similar tells whether a word may stand for another that is read alike: it shares a character, as 法票 and 发票 do, or
// is long; and the other is not one that only asks.
func similar(typed, meant []rune) bool {
	if kindWords[string(meant)] != 0 {
		return false
	}
	for i := range typed {
		if i < len(meant) && typed[i] == meant[i] {
			return true
		}
	}
	return len(typed) > 2
}

// unit takes the measure word behind a bare number into the word: 7天, 24小时.
func unit(runes []rune, i, j int) int {
	for _, r := range runes[i:j] {
		if r < '0' || r > '9' {
			return j
		}
	}
	for _, u := range []string{"个工作日", "个小时", "分钟", "小时", "个月", "天", "年", "周", "号", "元", "折", "岁", "寸", "升", "匹", "期"} {
		if strings.HasPrefix(string(runes[j:min(len(runes), j+4)]), u) {
			return j + len([]rune(u))
		}
	}
	return j
}

// cost is what a word costs, and whether it is one.
func (rd *reader) cost(w []rune) (int, bool) {
	c, ok := 0, false
	if len(w) <= 4 {
		c, ok = parse.CommonWord(w)
	}
	if closed(w) || rd.words.find(w) != nil {
		p := packWord + packRune*(len(w)-2)
		if len(w) == 1 {
			p = packWord + 4
		}
		if !ok || p < c {
			c, ok = p, true
		}
	}
	return c, ok
}

// closed tells whether w is one of the words of this package, which are few and short.
func closed(w []rune) bool {
	if len(w) <= 4 {
		return closedShort[wordKey(w)]
	}
	return len(w) <= closedLongest && closedLong[string(w)]
}

var closedShort, closedLong, closedLongest = func() (short map[uint64]bool, long map[string]bool, longest int) {
	short, long = map[uint64]bool{}, map[string]bool{}
	add := func(s string) {
		if w := []rune(s); len(w) <= 4 {
			short[wordKey(w)] = true
		} else {
			long[s], longest = true, max(longest, len(w))
		}
	}
	for s := range kindWords {
		add(s)
	}
	for _, set := range []map[string]bool{polite, negators, empty, weak} {
		for s := range set {
			add(s)
		}
	}
	return short, long, longest
}()

func wordSet(lists ...string) map[string]bool {
	m := map[string]bool{}
	for _, l := range lists {
		for _, w := range strings.Fields(l) {
			m[w] = true
		}
	}
	return m
}

var (
	// polite says nothing of what is asked.
	polite = wordSet("请问 你好 您好 麻烦 麻烦问下 问下 问一下 想问 想问下 想问一下 我想问 我想问一下 请教 请教一下 咨询一下 想咨询 咨询下 想了解 了解一下 了解下 打扰 打扰了 不好意思 " +
		"谢谢 感谢 多谢 谢啦 哈喽 嗨 亲 亲亲 嗯 呃 额 那个 就是 就是说 然后 哦 噢 喔 哎 唉 诶 欸 啊 呀 哈 哇 呐 哪个啥 话说 老师好 在吗 在不在 有人吗 请 劳驾 拜托 哥 姐 小姐姐 小哥 " +
		"我想知道 想知道 帮我看看 帮我看下 看一下 帮忙 帮忙看下 一下 下下 告诉我 说一下 讲一下 到底 究竟 那 那么 所以 其实 反正 呢 吧 啦 咯 呗 哒 滴 哟 喂 你们好 早上好 下午好 晚上好 晚安 方便 " +
		"辛苦了 急 在线等 急急急 求助 求教 求问 请教下 弱弱 弱弱的问 顺便 顺便问 顺便问一下 再问 再问下 还想问 另外 还有 宝 宝宝 大佬 大神 各位")
	// negators deny what follows.
	negators = wordSet("不 没 没有 未 无 别 不能 不会 不用 不需要 无需 不要 不可以 不可 不得 不想 不是 并非 无法 没法 没办法 不支持 不含 不包括 不带 不提供 不必 免 莫 勿 非 不允许 不给 未能 不让 没能 不到 不肯 不喜欢 不想要 不想让")
	// wishes are those that tell of no trouble.
	wishes = wordSet("别 不用 不需要 无需 不要 不想 不必 免 莫 勿 非 不含 不包括 不带 不是 不得 不允许 不给 不喜欢 不想要 不肯 不想让 不可")
	// empty words carry nothing.
	empty = wordSet("的 了 是 在 我 你 您 他 她 它 们 我们 你们 您们 咱 咱们 他们 自己 这 那 这个 那个 这些 那些 这种 那种 这里 那里 这边 那边 就 都 也 还 又 再 才 和 跟 与 及 或 或者 还是 但 但是 而 因为 所以 如果 " +
		"要是 假如 的话 时候 之后 以后 之前 以前 后 前 时 个 一个 有 会 能 可以 可 能够 想 想要 要 需要 得 该 应该 必须 把 被 给 让 对 对于 关于 从 到 向 往 为 为了 以 于 之 其 所 一 些 一些 点 一点 有点 有些 " +
		"很 太 非常 特别 比较 最 更 挺 好 好像 似乎 大概 大约 左右 现在 目前 已经 刚 刚才 刚刚 正在 一直 总是 老是 突然 每次 每 各 另 其他 别的 等 等等 着 过 地 嘛 吗 么 来 去 上 下 里 中 内 外 " +
		"行 好的 对吧 是吧 知道 觉得 感觉 说 讲 看 看看 看到 那样 这样 怎 某 凡 只 只有 只能 并 并且 而且 且 则 即 若 及时 先 一般 通常 正常 情况 情况下 具体 相关 有关 进行 实现 目的 东西 事 事情 问题 贵公司 贵司 公司 家 咱家 你家 你们家 " +
		"您家 那儿 这儿 店 店里 贵店 本店 平台 贵 用 使 件 只 台 条 款 份 位 名 次 种 块 张 支 部 套 起来 出来 一样 直接 自 由 比如 例如 像 样 哪 您好 谁 多 大 小 太太 到底 所有 全部 整个 都是 就是 通过 按 按照 根据 上面 里面 下面 " +
		"一下子 还要 还能 还可以 还有 另外 都有 都能 没 吧 呢 了吗 会员们 才能 才可以 才行 用户 客户 顾客 本人 人 的吗 得了 成 买家 咋个 啥子 哈子 得不得 么子 侬 俺 俺们 阿拉 如今 今天 昨天 前天 明天 上周 上个月 前几天 最近 这次 上次 那天 刚买")
	// weak words say little.
	weak = wordSet("办理 办 弄 搞 做 整 操作 使用 产品 商品 机器 设备 服务 系统 提供 支持 功能 软件 开始 进去 拿 找 换成 方式 方法 要求 规定 政策 标准 说明 介绍 内容 信息 相关 处理 解决 选 选择 查 查看 申请 设置 收 送 发 买 购买 买的 下 打 点 填 填写 走 出 进 联系 规则 条件 " +
		"时间 多久 多少 可不可以 流程 步骤 教程 渠道 途径 打算 准备 喜欢 希望 收到 拿到 遇到 发现 出现 显示 提示 发生 变 变成 算 包括 包含 之类 一般来说 怎么办")
	// contentKinds are words that tell the kind of a question and also what it is about.
	contentKinds = wordSet("价格 价钱 费用 收费 多少钱 报价 单价 免费 学费 地址 位置 路线 时间 有效期 期限 时效 周期 故障 报错 异常 失败 死机 黑屏 蓝屏 报警 漏水 漏油 闪退 区别 坏了 坏 损坏 破损 卡顿 入口 教程 流程 " +
		"没反应 没有反应 卡死 卡住 崩溃 掉线 断网 断线 失灵 几点 几点钟 收费标准 多久 多长时间 几天 什么时候 贵不贵 几块钱 多少天 啥时候 几小时 哪里 在哪 地点 多少元 什么价 怎么收费 要钱 花钱 时长 几楼 怎么走 怎么去 错误 支持 操作 步骤 太慢 很慢 不动 打不着 差别 谁")
)

// unfold undoes the shapes in which Chinese asks and denies: 能不能退 is 能退 and asks whether, 打不开 is 打开 and is
// trouble: denied tells which characters are. What the pack knows as a word, as 找不到 beside 丢失, stays.
func (rd *reader) unfold(runes []rune) (out []rune, denied []bool, k kinds) {
	out, denied = make([]rune, 0, len(runes)), make([]bool, 0, len(runes))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if i+2 < len(runes) && runes[i+2] == r && han(r) && (runes[i+1] == '不' || runes[i+1] == '没') {
			i++ // 能不能 → 能; the second one comes next
			k |= asksWhether
			continue
		}
		if n := rd.whole(runes, i); n > 0 {
			for _, r := range runes[i : i+n] {
				out, denied = append(out, r), append(denied, false)
			}
			i += n - 1
			k |= asksTrouble
			continue
		}
		if i+2 < len(runes) && runes[i+1] == '不' && han(r) && complement(runes, i) {
			out, denied = append(out, r), append(denied, true)
			if runes[i+2] != '了' {
				out, denied = append(out, runes[i+2]), append(denied, true)
			}
			i += 2
			k |= asksTrouble
			continue
		}
		out, denied = append(out, numeral(runes, i)), append(denied, false)
	}
	return out, denied, k
}

// whole is the length of the pack's word with a denial inside that begins at i, 0 for none.
func (rd *reader) whole(runes []rune, i int) int {
	for n := min(longest, len(runes)-i); n > 2; n-- {
		at := slices.Index(runes[i+1:i+n-1], '不')
		if at < 0 {
			return 0
		}
		if w := rd.words.find(runes[i : i+n]); w != nil && len(w.groups) > 0 && complement(runes, i+at) && runes[i+at] != runes[i+at+2] {
			return n
		}
	}
	return 0
}

// complement tells whether 不 at i+1 stands between a verb and what the verb does not reach.
func complement(runes []rune, i int) bool {
	if strings.ContainsRune("也都还就可我你他会是并么样很又才要能吗的了得怎差对来能啥为老总它这那而却从绝决毫永", runes[i]) {
		return false
	}
	if !strings.ContainsRune("了上出到开进动起住下掉成通见清来", runes[i+2]) {
		return false
	}
	if i+3 < len(runes) {
		switch string(runes[i+1 : i+4]) {
		case "不了解", "不出示", "不上班", "不上门", "不上课", "不开票", "不开门", "不开发", "不到账", "不动产", "不出票", "不出汗", "不来电", "不成功", "不下单", "不通过", "不清楚", "不住院", "不到位", "不开具", "不出国", "不上传", "不下载",
			"不开机", "不开业", "不出来", "不进水", "不出水", "不上网", "不通电", "不上锁":
			return string(runes[i+1:i+4]) == "不出来" || string(runes[i+1:i+4]) == "不出水"
		}
	}
	return true
}

// numeral writes 七天 as 7天.
func numeral(runes []rune, i int) rune {
	n := strings.IndexRune("零一二三四五六七八九", runes[i])
	if n <= 0 && runes[i] != '两' || i+1 >= len(runes) || !strings.ContainsRune("天年周折岁寸升匹", runes[i+1]) {
		return runes[i]
	}
	if i > 0 && strings.ContainsRune("零一二三四五六七八九十百千第每", runes[i-1]) {
		return runes[i]
	}
	if runes[i] == '两' {
		return '2'
	}
	return rune('0' + n/3)
}
