package chatlog

import (
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// role is what an element of a page shows of a message, told by its class.
type role uint8

const (
	noRole role = iota
	roleName
	roleTime
	roleText
	roleSystem
	roleQuote
)

var roleWords = []struct {
	role  role
	words []string
}{
	{roleName, []string{"name", "nick", "nickname", "sender", "user", "username", "author", "from", "who", "speaker", "displayname", "display-name", "from_name", "talker", "昵称", "发送人", "member"}},
	{roleTime, []string{"time", "date", "timestamp", "datetime", "ts", "clock", "时间", "stamp"}},
	{roleText, []string{"text", "content", "msg-text", "message-text", "bubble", "body", "msg-content", "message-content", "words", "内容", "txt", "message-body", "msgtext"}},
	{roleQuote, []string{"quote", "reply", "refer", "quoted", "reference", "引用", "reply_to"}},
	{roleSystem, []string{"system", "sys", "notice", "tip", "tips", "service", "recall"}},
}

// roleOf reads the class of an element: whole words first, then the last part of a compound one.
func roleOf(n *html.Node) role {
	if n.Type != html.ElementNode {
		return noRole
	}
	if n.DataAtom == atom.Time {
		return roleTime
	}
	if n.DataAtom == atom.Blockquote {
		return roleQuote
	}
	names := strings.ToLower(class(n, "class") + " " + class(n, "data-role") + " " + class(n, "itemprop"))
	for _, token := range strings.Fields(names) {
		for _, r := range roleWords {
			for _, w := range r.words {
				if token == w {
					return r.role
				}
			}
		}
	}
	for _, token := range strings.Fields(names) {
		parts := strings.FieldsFunc(token, func(r rune) bool { return r == '-' || r == '_' })
		if len(parts) < 2 {
			continue
		}
		for _, r := range roleWords {
			for _, w := range r.words {
				if parts[len(parts)-1] == w {
					return r.role
				}
			}
		}
	}
	return noRole
}

// htmlBlocks reads pages whose elements say by their class what they show.
func htmlBlocks(doc *html.Node, o Options) *draft {
	b := &blocks{cal: newCalendar(o.Now)}
	names, times := 0, 0
	for n := range doc.Descendants() {
		switch roleOf(n) {
		case roleName:
			names++
		case roleTime:
			times++
		}
		if dataName(n) != "" {
			names++
		}
	}
	if names < 1 || names+times < 2 {
		return nil
	}
	b.walk(doc, 0)
	return &b.draft
}

type blocks struct {
	draft
	cal   *calendar
	last  string
	lastS Side
	head  *time.Time // the time beside a name whose words stand in an element of their own
	above *time.Time // a time that stands between messages
}

func dataName(n *html.Node) string {
	return firstOf(class(n, "data-sender"), class(n, "data-name"), class(n, "data-nickname"), class(n, "data-nick"), class(n, "data-from"), class(n, "data-user"), class(n, "data-author"))
}

func dataTime(n *html.Node) string {
	return firstOf(class(n, "datetime"), class(n, "data-time"), class(n, "data-timestamp"), class(n, "data-date"), class(n, "title"))
}

// walk goes down to the elements that hold exactly one message.
func (b *blocks) walk(n *html.Node, depth int) {
	if depth > 400 {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || c.DataAtom == atom.Head || c.DataAtom == atom.Script || c.DataAtom == atom.Style {
			continue
		}
		x := survey(c)
		switch {
		case x.names == 0 && x.times == 0 && x.texts == 0 && !x.system:
			text := shown(c)
			if k, ok := notice(text); ok {
				b.add(Line{Kind: k, Text: text})
			} else if h := readHead(plain(text)); h.form == stampAlone {
				b.between(h.at)
			}
		case x.names <= 1 && (x.texts <= 1 || x.names == 1) && x.times <= 1 && x.whole():
			b.message(c, x)
		default:
			b.walk(c, depth+1)
		}
	}
}

// parts are the elements of a message found under an element.
type parts struct {
	names, times, texts int
	name, time, text    *html.Node
	quote               *html.Node
	sender, at          string // told by attributes
	system              bool
	node                *html.Node
}

// whole tells a message from one of its parts: the element itself has no role, and holds something to say.
func (x parts) whole() bool {
	r := roleOf(x.node)
	if r == roleName || r == roleTime {
		return true
	}
	return x.names > 0 || x.texts > 0 || x.times > 0 || x.system
}

// survey counts the parts of messages under n, not looking inside a part.
func survey(n *html.Node) (x parts) {
	x.node = n
	var visit func(n *html.Node, depth int)
	visit = func(n *html.Node, depth int) {
		if depth > 60 || x.names > 1 || x.times > 1 {
			return
		}
		if who := dataName(n); who != "" {
			x.names++
			x.sender, x.at = who, firstOf(class(n, "data-time"), class(n, "data-timestamp"), class(n, "data-date"))
		}
		r := roleOf(n)
		if r == roleText || r == roleName {
			if inner := innerRoles(n); inner {
				r = noRole // .message or .user around the whole message
			}
		}
		switch r {
		case roleQuote:
			x.quote = n
			return
		case roleName:
			if x.sender == "" {
				x.names++
			}
			x.name = n
			return
		case roleTime:
			x.times++
			x.time = n
			return
		case roleText:
			x.texts++
			x.text = n
			return
		case roleSystem:
			x.system = true
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode {
				visit(c, depth+1)
			}
		}
	}
	visit(n, 0)
	return x
}

// innerRoles tells whether parts of a message stand under n.
func innerRoles(n *html.Node) bool {
	seen := 0
	for d := range n.Descendants() {
		if r := roleOf(d); r == roleName || r == roleTime || r == roleText {
			if seen++; seen >= 1 && r != roleText {
				return true
			}
		}
	}
	return false
}

// message reads the element of one message.
func (b *blocks) message(n *html.Node, x parts) {
	l := Line{Kind: Text}
	skip := map[*html.Node]bool{}
	self := false
	if x.name != nil {
		l.Sender, self = cleanName(strings.TrimRight(oneLine(textUnder(x.name)), ":： "))
		skip[x.name] = true
	}
	if x.time != nil {
		l.At = b.time(x.time)
		skip[x.time] = true
	} else if x.at != "" {
		l.At = instant(x.at, b.cal)
	}
	if l.Sender == "" && x.sender != "" {
		l.Sender, self = cleanName(x.sender)
	}
	if x.quote != nil {
		l.Quote = oneLine(textUnder(x.quote))
		skip[x.quote] = true
	}
	body := n
	if x.text != nil && x.texts == 1 {
		body = x.text
	}
	var w strings.Builder
	show(&w, body, skip, 0)
	text := strings.TrimSpace(w.String())
	if text == "" && x.text != nil {
		w.Reset()
		show(&w, n, skip, 0)
		text = strings.TrimSpace(w.String())
	}
	if text == "" {
		if l.Sender != "" {
			b.last, b.lastS, b.head = l.Sender, sideByClass(n), l.At
		} else if x.time != nil {
			b.above = l.At
		}
		return
	}
	if l.At == nil && b.above != nil && b.head == nil {
		l.At = moment(*b.above)
	}
	if l.Sender == "" && !x.system {
		if k, ok := notice(text); ok {
			b.add(Line{Kind: k, Text: text, At: l.At})
			return
		}
		if x.texts == 0 {
			return
		}
		l.Sender, l.Side = b.last, b.lastS
		if l.At == nil && b.head != nil {
			l.At = moment(*b.head)
		}
	}
	if h := readHead(plain(text)); x.system && l.Sender == "" && h.form == stampAlone && h.body == "" {
		b.between(h.at)
		return
	}
	if x.system && l.Sender == "" {
		l.Kind, l.Text = System, text
		if k, ok := notice(text); ok {
			l.Kind = k
		}
		b.add(l)
		return
	}
	if self {
		l.Side = Us
	} else if s := sideByClass(n); s != "" {
		l.Side = s
	}
	quote := l.Quote
	takeRaw(&l, text)
	if l.Quote == "" {
		l.Quote = quote
	}
	b.last, b.lastS, b.head = l.Sender, l.Side, nil
	b.add(l)
}

// time reads the time that an element shows; its attributes may hold the date that it leaves out. A date alone
// counts for what follows.
func (b *blocks) time(n *html.Node) *time.Time {
	shownText := oneLine(textUnder(n))
	st, w := scanStamp(shownText)
	if w == 0 || !st.date || !st.clock {
		if x, w := scanStamp(dataTime(n)); w > 0 && x.date && x.clock {
			return moment(b.cal.at(x))
		}
	}
	if w > 0 && st.date && !st.clock {
		b.cal.see(st)
		return nil
	}
	if t := instant(shownText, b.cal); t != nil {
		return t
	}
	return instant(dataTime(n), b.cal)
}

func (b *blocks) add(l Line) {
	if len(b.lines) < maxLines {
		b.lines = append(b.lines, l)
	} else {
		b.warn(WarnMany)
	}
}

// between notes a time that stands between messages.
func (b *blocks) between(st stamp) {
	b.above = nil
	if st.clock {
		b.above = moment(b.cal.at(st))
		return
	}
	b.cal.see(st)
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// sideByClass reads whose message a page shows: chat pages set our own apart.
func sideByClass(n *html.Node) Side {
	for _, token := range strings.Fields(strings.ToLower(class(n, "class"))) {
		for _, part := range strings.FieldsFunc(token, func(r rune) bool { return r == '-' || r == '_' }) {
			switch part {
			case "self", "me", "mine", "right", "own", "sent", "outgoing", "myself":
				return Us
			case "other", "left", "received", "incoming", "customer", "peer":
				return Customer
			}
		}
	}
	return ""
}
