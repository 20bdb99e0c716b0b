package parse

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// callWords are the words that ask to be reminded.
var callWords = []string{"到点提醒", "到时提醒", "到时候提醒", "记得提醒", "别忘了提醒", "准时提醒", "按时提醒", "设置提醒", "设个提醒", "设一个提醒", "建个提醒", "加个提醒", "定个提醒", "来个提醒", "设提醒", "新建提醒", "创建提醒", "提醒一下", "提醒下", "提醒", "喊", "叫", "通知", "提示", "敲", "闹钟", "remind", "戳", "催", "call"}

// reminderCreate reads when, whom, and of what.
func (f *frame) reminderCreate() {
	var at *span
	// the day and the clock may stand apart (明天提醒我下午3点…): the first time counts, joined by the second
	times := f.find('T')
	for _, sp := range times {
		if sp.when.Grain > Day && sp.when.Repeat == "" && sp.when.Grain != Week && sp.when.Grain != Month {
			continue
		}
		if at == nil || f.closer(sp, at) {
			at = sp
		}
	}
	if at != nil {
		f.mark(at.i, at.j)
		for _, w := range []string{"赶在", "等到", "到了", "到", "等", "在", "就"} {
			f.markBefore(at.i, w)
		}
		if !f.badDate("at", at) {
			w := *at.when
			w.settle(f.now, false)
			if w.Repeat != "" {
				f.set("repeat", w.Repeat)
				for _, sp := range times { // 每年提醒我祝她生日，七月十六早上九点
					if sp != at && w.Repeat == "yearly" && w.Grain == NoGrain && sp.when.Grain == Day && sp.when.NoYear && sp.when.Bad == "" {
						w.setDay(sp.when.From)
						w.Hour, w.Minute, w.Part = sp.when.Hour, sp.when.Minute, sp.when.Part
						f.mark(sp.i, sp.j)
						break
					}
				}
			} else {
				for _, sp := range times { // 每周一提醒我…,早上九点
					if sp != at && w.Hour < 0 && w.Part == "" && sp.when.Grain == NoGrain && sp.when.Repeat == "" && sp.when.Hour >= 0 && f.near(at, sp) {
						w.Hour, w.Minute, w.Part = sp.when.Hour, sp.when.Minute, sp.when.Part
						f.mark(sp.i, sp.j)
						break
					}
				}
			}
			t := w.Instant(f.now, false)
			if days, clock := f.ahead(at, times); days > 0 && w.Repeat == "" { // 12月31号，提前一天下午三点叫我
				w.Hour, w.Minute, w.Part = clock.Hour, clock.Minute, clock.Part
				t = w.Instant(f.now, false).AddDate(0, 0, -days)
			} else if w.Hour >= 0 && w.Repeat == "" {
				t = t.Add(-f.sooner())
			}
			if !t.After(f.now) && !(w.Bare && w.Hour < 0 && w.Part == "") {
				f.problem(PastTime, "at", f.said(at.i, at.j), "「"+f.said(at.i, at.j)+"」已经过了，请换一个将来的时间，例如「明天上午10点」")
			} else {
				f.set("at", t.Format("2006-01-02T15:04:05Z07:00"))
			}
		}
	}
	if at == nil || f.hasAt(at.i, "当天") {
		f.remindAtFestival()
	}
	f.unclearHour()
	f.oddRepeat()
	f.assignee()
	f.reminderOpening()
	f.reminderContent()
}

// ahead reads how many days before the day at one wants to be reminded, and at which hour of that day: 提前一天下午三点叫我.
func (f *frame) ahead(at *span, times []*span) (days int, clock Time) {
	clock = Time{Hour: at.when.Hour, Minute: at.when.Minute, Part: at.when.Part}
	for _, sp := range f.find('U') {
		n := 0
		for _, w := range []string{"提前", "提早", "早", "前"} {
			if x := utf8Len(w); n == 0 && sp.i >= x && f.hasAt(sp.i-x, w) && x == 2 {
				n = x
			}
		}
		if n == 0 && (sp.i-1 == at.j && f.hasAt(at.j, "前") || sp.i == at.j && f.hasAt(at.j-1, "前")) { // 元旦前三天
			n = 1
		}
		if n == 0 || sp.days <= 0 || sp.days > 90 || at.when.Grain != Day {
			continue
		}
		f.mark(sp.i-n, sp.j)
		for _, c := range times {
			if c != at && c.when.Grain == NoGrain && c.when.Repeat == "" && f.near(sp, c) {
				clock = Time{Hour: c.when.Hour, Minute: c.when.Minute, Part: c.when.Part}
				f.mark(c.i, c.j)
			}
		}
		return sp.days, clock
	}
	return 0, clock
}

// sooner reads by how much less than a day one wants to be reminded before the hour: 提前半小时, 提前20分钟.
func (f *frame) sooner() time.Duration {
	k := f.before("提前", "提早")
	if k < 0 || k+2 >= len(f.norm) || !isDigit(f.norm[k+2]) && !isHanNumber(f.norm[k+2]) {
		return 0
	}
	for e := min(8, f.limit(k)-k-2); e >= 2; e-- {
		c := &clockwork{line: newLine(string(f.norm[k+2:k+2+e]) + "后"), now: f.now}
		w := &Time{Hour: -1}
		if c.distance(w, 0) && w.end == e+1 && w.Grain == Exact {
			if d := w.Instant(f.now, false).Sub(f.now); d > 0 && d < 24*time.Hour {
				f.mark(k, k+2+e)
				return d
			}
		}
	}
	return 0
}

// unclearHour notes an hour that may be one of two (三四点), which must be asked about.
func (f *frame) unclearHour() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			n := f.anyAt(k, "一两点", "两三点", "二三点", "三四点", "四五点", "五六点", "六七点", "七八点", "八九点", "九十点", "3、4点", "两三天后", "三五天后", "三四天后", "过两三天", "过三五天", "过几天", "过两天")
			if n == 0 || f.hasAt(k, "过两天") && f.has("at") {
				continue
			}
			delete(f.params, "at")
			said := f.said(k, k+n)
			f.mark(k, k+n)
			f.problem(Ambiguous, "at", said, "「"+said+"」具体是什么时候？请说准一个时间，例如「明天下午3点」")
			return
		}
	}
}

// oddRepeats are repeats that reminders do not have: the word for what repeats is the one group.
var oddRepeats = regexp.MustCompile(`每个?(季度|季)(?:的)?(?:第?一天|头一天|最后一天|第一个月|初|末|底)?|(?:每隔|每)(?:[一1](?:隔))?(?:[两2二三3四4五5六6七7八8九9十半]|1[0-9]|[2-9][0-9])(?:个)?(周|星期|礼拜|天|月|小时|年)(?:的)?(?:(?:周|星期|礼拜)?[一二三四五六日天](?:早上|上午|下午)?)?|每?隔[一1]?个?(周|星期|礼拜|月|年)(?:的)?(?:(?:周|星期|礼拜)?[一二三四五六日天])?|每隔[一1]?(天|日)|(?:单|双)(周)(?:的)?(?:周|星期)?[一二三四五六日天]?|每个?(月)(?:的)?(?:第[一二三四]个|最后一?个)(?:周|星期|礼拜|工作日)[一二三四五六日天]?|每(?:个)?(?:小时|钟头)`)

// insteadOf is what to say in the place of a repeat that there is not.
var insteadOfRepeat = map[string]string{"周": "「每周三」", "星期": "「每周三」", "礼拜": "「每周三」", "天": "「每天」或「每周一」", "日": "「每天」或「每周一」", "": "「每天上午10点」"}

// oddRepeat notes a repeat that reminders do not have, which must be said otherwise.
func (f *frame) oddRepeat() {
	for _, p := range f.parts {
		at := oddRepeats.FindStringSubmatchIndex(string(f.norm[p.i:p.j]))
		if at == nil {
			continue
		}
		text := string(f.norm[p.i:p.j])
		i := p.i + utf8.RuneCountInString(text[:at[0]])
		j := i + utf8.RuneCountInString(text[at[0]:at[1]])
		unit := ""
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				unit = text[at[g]:at[g+1]]
			}
		}
		instead, ok := insteadOfRepeat[unit]
		if !ok {
			instead = "「每月1号」"
		}
		said := f.said(i, j)
		delete(f.params, "at")
		delete(f.params, "repeat")
		f.mark(i, j)
		f.problem(Ambiguous, "at", said, "提醒只能按天、工作日、周、月、年重复，「"+said+"」还不行；换成"+instead+"，或说一个日子，例如「12月1日上午9点」")
		return
	}
}

// reminderOpening takes the customer that opens the message before the time or the call: 启航那边明天提醒我催款.
func (f *frame) reminderOpening() {
	p := f.parts[0]
	i := f.skip(p.i, p.j)
	if i >= p.j || f.used[i] || f.at[i] != nil && f.at[i].kind != 'C' || f.at[i] == nil && f.v.gaps.at(f.line, i) > 1 {
		return
	}
	j := f.run(i, p.j)
	e := j
	for _, d := range []string{"那边", "这边", "那头", "那个客户", "这个客户", "这家", "那家", "客户"} {
		if n := utf8Len(d); j-n >= i+2 && f.hasAt(j-n, d) {
			j -= n
			break
		}
	}
	e += f.anyAt(e, "那边", "这边", "那头", "那个客户", "这个客户", "这家", "那家", "的话", "：", ":")
	apart := e < p.j && f.norm[e] == ' ' && (f.at[i] != nil || f.shaped(i, j)) && f.nameScore(i, j) >= 10 // 智谱医疗 标书 提醒我…
	if e >= p.j || !f.used[e] && !apart || !f.isName(i, j) || f.at[i] == nil && (f.nameScore(i, j) < 0 && e == j || f.team(i, j) > i) {
		return
	}
	l := newLine(f.said(i, j))
	n := len(l.norm)
	sure := f.at[i] != nil || f.v.suffixes.endsAt(l, 0, n) > 0 || f.v.places.endsAt(l, 0, n) > 0 || e > f.run(i, p.j) || j < e
	if !sure && (f.person(i, j) == j || !f.plausible(f.said(i, j)) || f.v.gaps.at(f.line, i) > 0 || f.v.fillers.at(f.line, i) > 0) {
		return
	}
	if !sure {
		return
	}
	f.set("customer", f.said(i, j))
	f.mark(i, e)
}

// closer reports whether a stands nearer to the call than b, in the same clause.
func (f *frame) closer(a, b *span) bool {
	same := func(sp *span) bool {
		for _, p := range f.parts {
			if sp.i >= p.i && sp.i < p.j {
				return f.hit.i >= p.i && f.hit.i < p.j
			}
		}
		return false
	}
	if same(a) != same(b) {
		return same(a)
	}
	return false
}

func (f *frame) near(a, b *span) bool { return b.i >= a.j && b.i-a.j < 12 || a.i >= b.j && a.i-b.j < 4 }

// assignee reads whom to remind: nobody for 提醒我, the colleague otherwise.
func (f *frame) assignee() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, callWords...)
			if n == 0 || k < f.hit.i || k >= f.hit.j+2 {
				continue
			}
			i := k + n
			for i < p.j && f.norm[i] == ' ' {
				i++
			}
			i += f.anyAt(i, "一下", "下")
			if m := f.anyAt(i, "我们", "咱们", "大家", "我", "俺", "本人", "自己"); m > 0 {
				f.mark(k, i+m)
				if f.anyAt(i+m, "一下", "一声", "下") > 0 && f.anyAt(i+m, "下午", "下周", "下单", "下个", "下去", "下载", "下楼", "下班", "下发", "下订", "下料", "下场", "下厂", "下工") == 0 {
					f.mark(i+m, i+m+f.anyAt(i+m, "一下", "一声", "下"))
				}
				return
			}
			if m := f.anyAt(i, "他", "她"); m > 0 { // 叫老黄…,到点提醒他
				f.mark(k, i+m)
				f.called()
				if !f.has("assignee") && f.whom != "" {
					f.set("assignee", f.whom)
				}
				return
			}
			who, e := f.colleagueBeforeContent(i, p.j)
			f.mark(k, i)
			if who != "" {
				f.set("assignee", who)
				f.mark(i, e)
			} else {
				f.calledFirst()
			}
			return
		}
	}
}

// colleagueBeforeContent reads the colleague to be reminded, which the content follows directly.
func (f *frame) colleagueBeforeContent(i, limit int) (string, int) {
	if i < limit && f.at[i] != nil && f.at[i].kind == 'T' { // 设个提醒 周五早上
		return "", i
	}
	if k, e := f.ofTeam(i, limit); e > k { // 技术部的老薛
		return f.said(k, e), e
	}
	if j := f.team(i, limit); j > i {
		return f.said(i, j), j
	}
	if i < limit && (f.norm[i] == '老' || f.norm[i] == '小' || f.norm[i] == '@') || f.person(i, limit) > i {
		k := i
		if f.norm[i] == '@' {
			k++
		}
		if j := f.person(k, limit); j > k && isHan(f.norm[k]) {
			if strings.ContainsRune("老小阿", f.norm[k]) && j == k+2 && j+1 < limit && isHan(f.norm[j]) && hardStop(f.norm[j+1]) || j+1 == limit && j == k+2 && isHan(f.norm[j]) && strings.ContainsRune("老小阿", f.norm[k]) { // 小房子,…
				j++
			}
			return f.said(k, j), j
		}
	}
	if j := f.given(i, limit); j > i {
		return f.said(i, j), j
	}
	// a given name that runs into a verb: 提醒吴迪给百川打电话
	if f.v.surnames[f.norm[min(i, len(f.norm)-1)]] && f.v.notPeople.at(f.line, i) == 0 {
		for j := i + 2; j <= i+3 && j < limit; j++ {
			if f.verbAt(j) {
				return f.said(i, j), j
			}
		}
	}
	return "", i
}

// verbAt reports whether what a person is to do begins at j.
func (f *frame) verbAt(j int) bool {
	return f.at[j] != nil || f.anyAt(j, "去", "给", "把", "跟", "和", "打", "发", "约", "回", "联系", "交", "准备", "做", "整理", "写", "催", "拜访", "找", "送", "寄", "看", "问", "到", "参加", "开", "带", "确认", "核", "填", "上", "完成", "处理", "检查", "提交", "更新", "画", "出", "改", "在", "来", "买", "订", "安排", "对", "盯", "报", "修", "换", "跑", "拿", "取", "补", "汇", "收", "查", "统计", "梳理", "测", "录", "建", "研究", "审", "拟", "起草", "负责", "跟进", "下周", "明天", "要", "学", "布", "调", "装") > 0
}

// called finds the colleague who is told to do something in the clause before (叫老黄去…,到点提醒他).
func (f *frame) called() {
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if f.at[k] != nil || f.used[k] {
				continue
			}
			n := f.anyAt(k, "叫", "让", "安排", "请", "派", "通知")
			if n == 0 {
				continue
			}
			if who, e := f.colleagueBeforeContent(k+n, p.j); who != "" {
				f.set("assignee", who)
				f.mark(k, e)
				return
			}
		}
	}
}

// calledFirst finds the colleague whom the message tells first what to do when the time comes (到点叫老佟去…，帮我设个提醒).
func (f *frame) calledFirst() {
	p := f.parts[0]
	i := f.skip(p.i, p.j)
	for i < p.j && f.at[i] != nil && f.at[i].kind == 'T' {
		i = f.skip(f.at[i].j, p.j)
	}
	i += f.anyAt(i, "到时候", "到点", "到时", "届时", "时间到了", "到了点")
	n := f.anyAt(i, "叫上", "喊上", "叫", "喊", "让", "通知")
	if n == 0 || f.at[i] != nil || f.used[i] {
		return
	}
	if who, e := f.colleagueBeforeContent(i+n, p.j); who != "" && e < p.j && f.verbAt(e) {
		f.set("assignee", who)
		f.mark(p.i, e)
	}
}

// reminderContent is what remains: of what to remind, and which customer and contact it names.
func (f *frame) reminderContent() {
	f.markAll("你能不能", "能不能", "你可以", "可不可以", "能否", "记着提醒", "帮我记着", "记着", "别让我忘了", "别让我忘", "跟我说一声", "和我说一声", "告诉我一声", "跟我吱一声", "提示我", "敲我一下", "戳我一下", "弹一下", "弹个窗", "定个闹铃", "设个闹铃", "的闹铃", "闹铃", "记得要", "千万别忘", "可别忘了", "务必", "提个醒", "提醒个", "记得提醒", "这个要提醒", "要提醒", "到时候", "到点", "到时", "闹钟", "帮我设个", "帮我设", "帮我", "请", "麻烦", "设个", "别忘了", "别忘", "设一个", "定一个", "定个", "的提醒", "做个提醒", "提醒", "记得")
	text, i, j := f.remainder()
	for i < j {
		m := f.anyAt(i, "就是", "那天", "当天", "啊", "哈", "呀", "哦", "嗯", "吧", "然后", "顺便", "另外", "令外", "燃后", "接下来", "接着", "完了", "回头", "同时", "再", "要去", "要", "去", "该", "得", "来", "我", "说", "是", "内容是", "内容", "事项", "一下", "一声", "我要", "我去", "该去", "的", "每次", "再约个", "约个", "再设个", "再建个", "再加个", "给我", "这事", "这件事", "这个", "：", ":", "，", " ")
		if m == 1 && f.hasAt(i, "再") && j-i == 2 { // 周五再打
			break
		}
		if m == 1 && f.hasAt(i, "再") && i > 0 && f.anyAt(i-2, "提醒", "叫我", "催我", "喊我", "醒我") > 0 { // 提醒我再跑一趟
			break
		}
		if m == 0 || f.anyAt(i, "要求", "来访", "来电", "得力", "说明", "去年", "要账", "是否", "去", "给我妈", "给我爸", "给我老", "给我女", "给我儿", "给我家", "哈尔滨", "呀诺达") > 0 || i+m >= j {
			break
		}
		i += m
	}
	for j > i {
		cut := 0
		for _, tail := range []string{"的事儿", "这事儿", "这件事", "这事", "这个", "，", " ", "一下哈", "哦", "哈", "谢谢", "吧", "啊", "呀", "~", "，记得", "一声"} {
			if n := utf8Len(tail); j-n > i && f.hasAt(j-n, tail) && n > cut {
				cut = n
			}
		}
		if cut == 0 {
			break
		}
		j -= cut
	}
	if i < j {
		text = f.text(i, j)
	}
	if text == "" {
		return
	}
	f.set("content", text)
	said, opened := f.params["customer"]
	f.subject(i, j)
	if opened {
		f.set("customer", said)
	}
}

// remainder gives what is unused of the frame with the place of its ends.
func (f *frame) remainder() (string, int, int) {
	i, j := -1, -1
	for _, p := range f.parts {
		for k := p.i; k < p.j; k++ {
			if !f.used[k] && !isEdge(f.norm[k]) {
				if i < 0 {
					i = k
				}
				j = k + 1
			}
		}
	}
	if i < 0 {
		return "", 0, 0
	}
	return f.text(i, j), i, j
}

func (f *frame) reminderList() {
	f.period()
	if f.before("提醒我") < 0 {
		f.ownerOf("owner")
	}
}

func (f *frame) reminderDone() {
	f.id("reminder")
	f.markHit()
	f.markAll("的提醒", "那个提醒", "这个提醒", "提醒", "那条", "这条")
	if !f.has("reminder") {
		p := f.parts[0]
		if !f.customerAt("customer", p.i, p.j) {
			f.customerAfter("customer", p, "把", "将", "给", "跟", "和")
		}
	}
}

func (f *frame) reminderSnooze() {
	f.id("reminder")
	times := f.find('T')
	for n, sp := range times { // 今天别响了，推到|后天上午10点
		if n > 0 && f.endsWith(sp.i, f.start(), "推迟到", "推到", "改到", "改成", "延到", "延后到", "挪到", "顺延到", "改", "放到") > 0 {
			times = times[n:]
			break
		}
	}
	for _, sp := range times {
		if sp.when.Grain > Day || sp.when.Repeat != "" {
			continue
		}
		f.mark(sp.i, sp.j)
		if !f.badDate("at", sp) {
			f.set("at", f.instant(sp.when, false))
		}
		break
	}
	if !f.has("at") {
		for _, sp := range f.find('U') { // 推迟两天
			w := (&Time{Hour: -1}).setDay(midnight(f.now).AddDate(0, 0, sp.days))
			f.set("at", f.instant(w, false))
			f.mark(sp.i, sp.j)
			break
		}
	}
	if !f.has("at") {
		for _, p := range f.parts { // 推迟半小时
			for k := p.i; k < p.j && !f.has("at"); k++ {
				c := &clockwork{line: newLine(string(f.norm[k:min(p.j, k+8)]) + "后"), now: f.now}
				if f.at[k] != nil || !isDigit(f.norm[k]) && !isHanNumber(f.norm[k]) {
					continue
				}
				for e := 2; e <= 6 && k+e <= p.j; e++ {
					c.line = newLine(string(f.norm[k:k+e]) + "后")
					w := &Time{Hour: -1}
					if c.distance(w, 0) && w.end == e+1 && w.Grain == Exact {
						f.set("at", w.Instant(f.now, false).Format("2006-01-02T15:04:05Z07:00"))
						f.mark(k, k+e)
						break
					}
				}
			}
		}
	}
	f.markHit()
	f.markAll("的提醒", "那个提醒", "这个提醒", "提醒", "那条", "这条", "往后", "推迟", "顺延", "延后")
	if !f.has("reminder") {
		f.customer("customer")
	}
}
