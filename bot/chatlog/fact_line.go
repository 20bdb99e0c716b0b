package chatlog

import (
	"strings"
	"time"
	"unicode"

	"gendan/bot/parse"
)

var noTime time.Time

// said is one line made ready for the readers of facts: folded, cut into clauses, with the words of the pack
// and the times, amounts, numbers and quantities that stand in it.
type said struct {
	*Line
	Side    Side // whose it is, also where only its words tell
	r       *parse.Reading
	text    []rune // folded, with links and bracketed pictures blanked
	now     time.Time
	clauses []clause
	spans   []span
	has     [maxClasses / 64]uint64 // the lists of which a word stands in any clause
	x       *lexicon
	index   int // its place among the lines with words
}

// clause is a part of a line between two stops.
type clause struct {
	*said
	n     int    // its place in the line
	i, j  int    // its runes in the line
	bare  int    // its end without particles (吧, 了, 哦)
	ask   bool   // it is a question
	marks []mark // words of the pack's lists
	spans []span // those of the line that begin in it
	has   [maxClasses / 64]uint64
	x     *lexicon

	thought *[verdicts]float64 // what the second opinion holds of it, once it was asked
}

// span is something with a shape: 'T' a time, 'M' an amount of money, 'P' a phone, 'E' a mail address, 'D' a
// discount, 'Q' a number with a measure, 'N' a bare number.
type span struct {
	kind byte
	i, j int
	when parse.Time
	v    float64
	unit bool   // an amount with a unit of money
	id   string // a phone's digits, a mail address
	m    int    // Q: where the measure begins
}

// hear makes a line ready; nil when nobody said anything in it.
func hear(l *Line, o Options, x *lexicon) *said {
	if l.Text == "" || l.Kind != Text && l.Kind != Voice {
		return nil
	}
	s := &said{Line: l, Side: l.Side, now: o.Now}
	if l.At != nil {
		s.now = l.At.In(zone(o.Now))
	}
	s.r = parse.NewReading(l.Text, s.now)
	s.text = s.r.Folded
	s.blank()
	s.cut()
	if len(s.clauses) == 0 {
		return nil
	}
	x.find(s)
	s.scan()
	s.share()
	return s
}

// share gives each clause its spans.
func (s *said) share() {
	k := 0
	for n := range s.clauses {
		c := &s.clauses[n]
		for k < len(s.spans) && s.spans[k].i < c.i {
			k++
		}
		from := k
		for k < len(s.spans) && s.spans[k].i < c.j {
			k++
		}
		c.spans = s.spans[from:k]
	}
}

// zone is the company's zone, in which the moment of reading is given.
func zone(now time.Time) *time.Location {
	if now.IsZero() {
		return time.FixedZone("", 8*3600)
	}
	return now.Location()
}

// blank takes links and the names of pictures ([表情]) out of the folded text, so that nothing is read in them.
func (s *said) blank() {
	for i := 0; i < len(s.text); i++ {
		switch r := s.text[i]; {
		case r == 'h' && hasAny(s.text, i, "http://", "https://"):
			for ; i < len(s.text) && s.text[i] > ' ' && s.text[i] < 128; i++ {
				s.text[i] = ' '
			}
		case r == '元' && i+1 < len(s.text) && s.text[i+1] == '月' && (i == 0 || !digit(s.text[i-1])): // 元月 is January
			s.text[i] = '一'
		case r == '[':
			for k := i + 1; k < len(s.text) && k < i+8; k++ {
				if s.text[k] == ']' {
					for ; i <= k; i++ {
						s.text[i] = '\n'
					}
					break
				}
			}
		}
	}
}

// maxClauses limits what is read of one line; the rest of a longer one is kept as text all the same.
const maxClauses = 2000

// cut finds the clauses: they end at punctuation and at a space between two Chinese characters, which is how
// people in chats write a comma.
func (s *said) cut() {
	begin := 0
	end := func(k int) {
		i, j := begin, k
		for i < j && edge(s.text[i]) {
			i++
		}
		for i < j && edge(s.text[j-1]) {
			j--
		}
		if i < j && len(s.clauses) < maxClauses {
			c := clause{said: s, n: len(s.clauses), i: i, j: j}
			c.bare = j
			for c.bare > i && strings.ContainsRune("吧了哦啊呀呢嘛啦哈噢喔哟咯滴的", s.text[c.bare-1]) {
				c.bare--
			}
			c.ask = k < len(s.text) && (s.text[k] == '?' || s.text[k] == '？')
			s.clauses = append(s.clauses, c)
		}
		begin = k
	}
	for k, r := range s.text {
		if stops(r) && !(r == ',' && k > 0 && k+1 < len(s.text) && digit(s.text[k-1]) && digit(s.text[k+1])) || r == ' ' && s.spaceStops(k) {
			end(k)
			begin = k + 1
		}
	}
	end(len(s.text))
}

// spaceStops reports whether the space at k parts two clauses.
func (s *said) spaceStops(k int) bool {
	a, b := k-1, k+1
	for a >= 0 && s.text[a] == ' ' {
		a--
	}
	for b < len(s.text) && s.text[b] == ' ' {
		b++
	}
	if a >= 0 && b < len(s.text) && han(s.text[a]) && digit(s.text[b]) { // 3月30号交英文 4月1号交德文
		for b < len(s.text) && (digit(s.text[b]) || s.text[b] == ':') {
			b++
		}
		return b < len(s.text) && strings.ContainsRune("月号日点", s.text[b]) && (b+1 >= len(s.text) || s.text[b+1] != '楼')
	}
	if a < 0 || b >= len(s.text) || !han(s.text[b]) {
		return false
	}
	return han(s.text[a]) || digit(s.text[a]) && a > 0 && !strings.ContainsRune("元万块年月日号点时分折台套个件箱张把只条支瓶桶袋包盒吨公千斤克米平本部辆组批份双卷根片盏节亩顶间桌顿位多来左", s.text[b])
}

func stops(r rune) bool {
	switch r {
	case ',', '，', '。', ';', '；', '!', '！', '?', '？', '\n', '~':
		return true
	}
	return false
}

func edge(r rune) bool {
	return r == ' ' || stops(r) || strings.ContainsRune("、:：\"'-)(.", r)
}

func han(r rune) bool   { return unicode.Is(unicode.Han, r) }
func digit(r rune) bool { return r >= '0' && r <= '9' }
func latin(r rune) bool { return r >= 'a' && r <= 'z' }

// is reports whether a word of one of the lists stands in the clause.
func (c *clause) is(lists ...string) bool {
	for _, name := range lists {
		if n, ok := c.x.class.of(name); ok && c.has[n/64]&(1<<(n%64)) != 0 {
			return true
		}
	}
	return false
}

// first gives the first and longest word of the list in the clause.
func (c *clause) first(list string) (mark, bool) {
	if !c.is(list) {
		return mark{}, false
	}
	n, _ := c.x.class.of(list)
	for _, m := range c.marks {
		if m.class == n {
			return m, true
		}
	}
	return mark{}, false
}

// all gives the words of the list in the clause, in order; of two at one place the longer first.
func (c *clause) all(list string) []mark {
	if !c.is(list) {
		return nil
	}
	var all []mark
	n, _ := c.x.class.of(list)
	for _, m := range c.marks {
		if m.class == n {
			all = append(all, m)
		}
	}
	return all
}

// at gives the length of the longest word of the list that begins at i, else 0.
func (c *clause) at(list string, i int) int {
	if !c.is(list) {
		return 0
	}
	best := 0
	n, _ := c.x.class.of(list)
	for _, m := range c.marks {
		if m.class == n && m.i == i && m.j-m.i > best {
			best = m.j - m.i
		}
	}
	return best
}

// endsAt gives the length of the longest word of the list that ends at j, else 0.
func (c *clause) endsAt(list string, j int) int {
	if !c.is(list) {
		return 0
	}
	best := 0
	n, _ := c.x.class.of(list)
	for _, m := range c.marks {
		if m.class == n && m.j == j && m.j-m.i > best {
			best = m.j - m.i
		}
	}
	return best
}

// typed gives runes [i,j) of the line as they were written, without punctuation around them.
func (s *said) typed(i, j int) string {
	for i < j && edge(s.text[i]) {
		i++
	}
	for i < j && edge(s.text[j-1]) {
		j--
	}
	return string(s.r.Typed[i:j])
}

// words gives the clause as it was written.
func (c *clause) words() string { return c.typed(c.i, c.j) }

// holds reports whether any of the words stands in the clause.
func (c *clause) holds(words ...string) bool {
	text := string(c.text[c.i:c.j])
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// spansOf gives the spans of the kind that begin in the clause.
func (c *clause) spansOf(kind byte) []span {
	i := 0
	for i < len(c.spans) && c.spans[i].kind != kind {
		i++
	}
	j := i
	for j < len(c.spans) && c.spans[j].kind == kind {
		j++
	}
	all := c.spans[i:j:j] // mostly they stand in a row
	for _, sp := range c.spans[j:] {
		if sp.kind == kind {
			all = append(all, sp)
		}
	}
	return all
}

// customers reports whether the line may be a customer's: it is not ours.
func (s *said) customers() bool { return s.Side != Us }
