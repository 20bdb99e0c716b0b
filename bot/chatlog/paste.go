package chatlog

import (
	"regexp"
	"strings"
)

// textLine is a physical line of a pasted record.
type textLine struct {
	raw   string // without its line end
	plain string // raw with plain blanks, trimmed
	head  *head  // never nil
}

// bodyLine is the head of a line that begins no message.
var bodyLine head

// maxTextLines is how many lines a pasted text may have to be looked at: some 10 MB of an ordinary talk.
const maxTextLines = 600_000

// readPaste reads lines copied from a chat window or exported as text; nil when they are no chat.
func readPaste(text string, o Options) *draft {
	if strings.IndexByte(text, 0) >= 0 {
		return nil
	}
	p := &paste{cal: newCalendar(o.Now), us: map[string]bool{}, forced: o.Format == Paste}
	p.format = Paste
	for _, n := range o.Us {
		clean, _ := cleanName(n)
		p.us[foldName(clean)] = true
	}
	text = unifyBreaks(text)
	if strings.Count(text, "\n") > maxTextLines {
		return nil
	}
	p.in = make([]textLine, 0, strings.Count(text, "\n")+1)
	for raw := range strings.SplitSeq(text, "\n") {
		t := textLine{raw: strings.TrimRight(raw, " \t"), plain: plain(raw), head: &bodyLine}
		if t.plain != "" {
			if h := readHead(t.plain); h.form != noHead {
				t.head = &h
			}
		}
		p.in = append(p.in, t)
	}
	if !p.choose() {
		return nil
	}
	p.read()
	if p.messages == 0 {
		return nil
	}
	return &p.draft
}

// paste reads a text that is a chat.
type paste struct {
	draft
	cal      *calendar
	us       map[string]bool
	forced   bool // --format paste: one head is enough
	in       []textLine
	believed []bool // which lines begin a message
	open     bool   // a message is being read
	cur      Line
	body     []string
	label    *stamp // time between messages, for records whose heads have none
	clocked  bool   // the heads have times of their own
	dated    bool   // … and dates
	messages int
}

// choose decides which lines begin messages, and whether the text is a chat at all.
func (p *paste) choose() bool {
	p.believed = make([]bool, len(p.in))
	return p.chooseTimed() || p.chooseStacked() || p.chooseColon() || p.chooseThen()
}

// chooseTimed looks for heads with name and time. A head that looks like many others is one; a lone look is one
// only for a name that is known from the others.
func (p *paste) chooseTimed() bool {
	shapes, names := map[uint16]int{}, map[string]int{}
	total := 0
	for i := range p.in {
		if h := p.in[i].head; h.timed() {
			shapes[h.shape]++
			names[h.key]++
			total++
		}
	}
	enough := 2
	if p.forced {
		enough = 1
	}
	if total < enough {
		return false
	}
	core := map[string]bool{} // names under the shapes that make up the record
	for i := range p.in {
		if h := p.in[i].head; h.timed() && shapes[h.shape]*4 >= total {
			core[h.key] = true
		}
	}
	kept, dated := 0, 0
	for i := range p.in {
		h := p.in[i].head
		if !h.timed() || !p.us[h.key] && !p.begins(i, h, shapes, names, core, total) {
			continue
		}
		p.believed[i] = true
		kept++
		if h.at.date {
			dated++
		}
	}
	p.clocked, p.dated = true, dated*2 > kept
	if kept < enough {
		clear(p.believed)
		p.clocked, p.dated = false, false
		return false
	}
	return true
}

// begins tells whether a head with name and time begins a message. Shapes that are rare in the record need a
// name that is known from the others.
func (p *paste) begins(i int, h *head, shapes map[uint16]int, names map[string]int, core map[string]bool, total int) bool {
	if shapes[h.shape]*4 < total && total > 3 {
		return core[h.key]
	}
	if names[h.key] > 1 && !(names[h.key] < 3 && total > 6 && sentence(h.name)) {
		return true
	}
	return p.plausible(i, h, shapes, total) && !(fieldWords[h.name] && total > 2)
}

// plausible tells a head with a name that occurs once from a line of a message that happens to end with a time.
func (p *paste) plausible(i int, h *head, shapes map[uint16]int, total int) bool {
	if h.form == stampSays || h.form == nameSays {
		return shapes[h.shape] > 1 || total <= 3
	}
	if shapes[h.shape] < 2 && total > 3 {
		return false
	}
	next := i + 1
	for next < len(p.in) && p.in[next].plain == "" {
		next++
	}
	if next >= len(p.in) || p.in[next].head.timed() { // a head without a message
		return false
	}
	if i > 0 && p.in[i-1].plain != "" && blankBefore(p.in, h.shape) { // the others follow a blank line
		return false
	}
	return !sentence(h.name)
}

// blankBefore tells whether most heads of the shape follow a blank line.
func blankBefore(in []textLine, shape uint16) bool {
	with, without := 0, 0
	for i := 1; i < len(in) && with+without < 50; i++ {
		if in[i].head.shape == shape && in[i].head.timed() {
			if in[i-1].plain == "" {
				with++
			} else {
				without++
			}
		}
	}
	return with > 2*without+1
}

// sentence recognises words that are no name: 会议时间改到, 我们约.
func sentence(s string) bool {
	for _, w := range [...]string{"时间", "改到", "改成", "约在", "定在", "我们", "明天", "今天", "后天", "下午", "上午", "到货", "出发", "开会", "会议", "截止", "预计", "发车", "航班", "见面", "左右", "合计", "共计", "交期", "到店"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// chooseStacked looks for names and times on lines of their own.
func (p *paste) chooseStacked() bool {
	type pair struct{ at, name int }
	for _, order := range [...]form{nameStamp, stampName} {
		var pairs []pair
		names := map[string]int{}
		for i := range p.in {
			if p.in[i].head.form != stampAlone || !p.in[i].head.at.clock || p.in[i].head.body != "" {
				continue
			}
			j := i - 1
			if order == stampName {
				j = i + 1
			}
			if j < 0 || j >= len(p.in) || !mayBeName(p.in[j].plain) || runeCount(p.in[j].plain, 20) > 20 || p.in[j].head.form != noHead {
				continue
			}
			if order == nameStamp && i+1 >= len(p.in) {
				continue
			}
			pairs = append(pairs, pair{i, j})
			names[p.in[j].plain]++
		}
		repeated := 0
		for _, x := range pairs {
			if n := p.in[x.name].plain; names[n] > 1 || p.us[foldName(n)] {
				repeated++
			}
		}
		if len(pairs) < 2 || repeated*2 < len(pairs) || repeated < 2 {
			continue
		}
		for _, x := range pairs {
			h := head{form: order, at: p.in[x.at].head.at}
			if !h.setName(p.in[x.name].plain) {
				continue
			}
			top, low := min(x.at, x.name), max(x.at, x.name)
			p.in[top].head, p.believed[top] = &h, true
			p.in[low] = textLine{head: &bodyLine}
		}
		return true
	}
	return false
}

// chooseColon looks for names with a colon. Without times a text is a chat only when its names repeat, are known
// labels, or begin every line.
func (p *paste) chooseColon() bool {
	alone, inline := map[string]int{}, map[string]int{}
	filled, heads, stamps := 0, 0, 0
	for i := range p.in {
		t := &p.in[i]
		if t.plain == "" || unread(t.plain) {
			continue
		}
		if t.head.form == stampAlone {
			stamps++
			continue
		}
		filled++
		switch t.head.form {
		case nameColon:
			alone[t.head.key]++
			heads++
		case nameText:
			inline[t.head.key]++
			heads++
		}
	}
	if heads < 2 && !(p.forced && heads == 1) {
		return false
	}
	soloMode := p.soloHeads(alone)
	strong, all := 0, 0
	trust := map[string]bool{}
	for i := range p.in {
		h := p.in[i].head
		if h.form != nameColon && h.form != nameText {
			continue
		}
		if soloMode && h.form == nameText && alone[h.key] == 0 {
			continue
		}
		all++
		n := alone[h.key] + inline[h.key]
		if n > 1 && !fieldWords[h.name] || p.us[h.key] || speakers[h.name] != "" || n > 1 && openLabels[h.name] || soloMode && h.form == nameColon || p.forced {
			strong++
			trust[h.key] = true
		}
	}
	whole := all == filled && strong*3 >= all // every line begins with a name
	if strong >= 2 && all*5 >= filled*3 && p.in[p.firstFilled()].head.form == nameText {
		whole = true
	}
	if strong == 0 && all == filled && all >= 2 && personal(p.in) {
		whole = true
	}
	if !whole && (strong < 2 || len(trust) < 2 && strong < 3 && stamps == 0) {
		return false
	}
	if p.in[p.firstFilled()].head.form == noHead && strong*4 < filled && !soloMode && len(trust) < 2 {
		return false
	}
	for i := range p.in {
		h := p.in[i].head
		if (h.form == nameColon || h.form == nameText) && (trust[h.key] || whole) && (!soloMode || h.form == nameColon || alone[h.key] > 0) {
			p.believed[i] = true
		}
	}
	return true
}

func (p *paste) firstFilled() int {
	for i := range p.in {
		if p.in[i].plain != "" {
			return i
		}
	}
	return 0
}

// soloHeads tells whether the record is of the kind that prints 张三: on a line of its own.
func (p *paste) soloHeads(alone map[string]int) bool {
	n, repeated, paragraphs := 0, 0, 0
	for i := range p.in {
		h := p.in[i].head
		if h.form != nameColon || fieldWords[h.name] {
			continue
		}
		n++
		if alone[h.key] > 1 || p.us[h.key] {
			repeated++
		}
		if i == 0 || p.in[i-1].plain == "" {
			paragraphs++
		}
	}
	return n >= 2 && (repeated >= 1 || paragraphs == n)
}

// chooseThen takes name, time and words on one line without a colon, when every line is like that and names
// come back.
func (p *paste) chooseThen() bool {
	names := map[string]int{}
	heads, filled := 0, 0
	for i := range p.in {
		if p.in[i].plain == "" {
			continue
		}
		filled++
		if h := p.in[i].head; h.form == nameThen {
			heads++
			names[h.key]++
		}
	}
	repeated := 0
	for k, n := range names {
		if n > 1 || p.us[k] {
			repeated += n
		}
	}
	if heads < 3 || heads*5 < filled*4 || repeated*2 < heads {
		return false
	}
	for i := range p.in {
		p.believed[i] = p.in[i].head.form == nameThen
	}
	return true
}

// personal tells whether the names of a text without repeated names are people's.
func personal(in []textLine) bool {
	n, people := 0, 0
	for i := range in {
		if h := in[i].head; h.form == nameText {
			n++
			if person(h.name) {
				people++
			}
		}
	}
	return n >= 2 && people == n
}

var titleTail = regexp.MustCompile(`(?:总|经理|老师|老板|主任|工|哥|姐|姨|叔|妈|爸|先生|女士|小姐|同学|师傅|店长|医生|主管|总监|律师|教练|管家|掌柜|助理|客服|顾问)$`)

// surnames are the most frequent family names.
const surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文骆柳温"

// person recognises the shape of a person's name or title.
func person(s string) bool {
	r := []rune(s)
	if titleTail.MatchString(s) && len(r) >= 2 && len(r) <= 6 {
		return true
	}
	if len(r) >= 2 && len(r) <= 3 && strings.ContainsRune(surnames, r[0]) {
		return true
	}
	return len(r) >= 2 && len(r) <= 4 && (r[0] == '小' || r[0] == '老' || r[0] == '阿')
}
