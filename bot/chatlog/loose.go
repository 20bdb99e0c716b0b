package chatlog

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth is how deep values may stand inside each other. Real records need about ten; what lies deeper
// is skipped without recursion, so that a hostile nesting costs no stack.
const maxJSONDepth = 64

// loose reads JSON that may have been cut off anywhere: what was complete before the cut is kept, a string cut
// in the middle too. Numbers stay as they were written.
type loose struct {
	s    string
	i    int
	cut  bool // the text ended, or stopped being JSON, inside a value
	deep bool // something beyond maxJSONDepth was skipped
}

// cutMark is the key that an object gets when the text ended inside it.
const cutMark = "\x00cut"

// partial tells whether the text ended inside the object.
func partial(m map[string]any) bool { return m[cutMark] != nil }

// number is a JSON number as written.
type number string

// looseJSON reads the values that follow each other in s. ok is false when s does not begin like JSON.
func looseJSON(s string) (values []any, p *loose, ok bool) {
	p = &loose{s: s}
	for {
		p.space()
		if p.i >= len(s) || p.cut {
			return values, p, len(values) > 0
		}
		if c := s[p.i]; c != '{' && c != '[' {
			p.cut = true
			return values, p, len(values) > 0
		}
		v, good := p.value(0)
		if !good {
			return values, p, len(values) > 0
		}
		values = append(values, v)
		p.space()
		if p.i < len(s) && s[p.i] == ',' { // lines of a torn-out list
			p.i++
		}
	}
}

func (p *loose) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

// value reads one value; good is false when there is none.
func (p *loose) value(depth int) (v any, good bool) {
	p.space()
	if p.i >= len(p.s) {
		p.cut = true
		return nil, false
	}
	switch c := p.s[p.i]; {
	case c == '{' || c == '[':
		if depth >= maxJSONDepth {
			p.skip()
			return nil, !p.cut
		}
		if c == '{' {
			return p.object(depth + 1), true
		}
		return p.array(depth + 1), true
	case c == '"':
		return p.str(), true
	default:
		start := p.i
		for p.i < len(p.s) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", p.s[p.i]) >= 0 {
			p.i++
		}
		word := p.s[start:p.i]
		if p.i >= len(p.s) { // a number may go on behind the cut
			p.cut = true
			return nil, false
		}
		switch word {
		case "null":
			return nil, true
		case "true", "false":
			return word == "true", true
		case "":
			p.cut = true
			return nil, false
		}
		return number(word), true
	}
}

func (p *loose) object(depth int) (out map[string]any) {
	out = map[string]any{}
	defer func() {
		if p.cut {
			out[cutMark] = true
		}
	}()
	p.i++
	for {
		p.space()
		if p.i >= len(p.s) {
			p.cut = true
			return out
		}
		switch p.s[p.i] {
		case '}':
			p.i++
			return out
		case ',':
			p.i++
			continue
		case '"':
		default:
			p.cut = true
			return out
		}
		key := p.str()
		p.space()
		if p.cut || p.i >= len(p.s) || p.s[p.i] != ':' {
			p.cut = true
			return out
		}
		p.i++
		if v, good := p.value(depth); good {
			out[key] = v
		}
		if p.cut {
			return out
		}
	}
}

func (p *loose) array(depth int) []any {
	out := []any{}
	p.i++
	for {
		p.space()
		if p.i >= len(p.s) {
			p.cut = true
			return out
		}
		switch p.s[p.i] {
		case ']':
			p.i++
			return out
		case ',':
			p.i++
			continue
		}
		if v, good := p.value(depth); good {
			out = append(out, v)
		}
		if p.cut {
			return out
		}
	}
}

// str reads a string from its opening quote on.
func (p *loose) str() string {
	p.i++
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != '"' && p.s[p.i] != '\\' {
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] == '"' {
		p.i++
		return p.s[start : p.i-1]
	}
	var b strings.Builder
	b.WriteString(p.s[start:p.i])
	for p.i < len(p.s) {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			return b.String()
		case '\\':
			p.escape(&b)
		default:
			b.WriteByte(c)
			p.i++
		}
	}
	p.cut = true
	return b.String()
}

// escape reads one escape; what is none stands for itself.
func (p *loose) escape(b *strings.Builder) {
	if p.i+1 >= len(p.s) {
		p.i = len(p.s)
		return
	}
	c := p.s[p.i+1]
	p.i += 2
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b', 'f':
	case 'u':
		r, ok := p.hex()
		if !ok {
			return
		}
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if strings.HasPrefix(p.s[p.i:], `\u`) {
				p.i += 2
				low, _ = p.hex()
			}
			r = utf16.DecodeRune(r, low)
		}
		b.WriteRune(r)
	default:
		b.WriteByte(c)
	}
}

func (p *loose) hex() (rune, bool) {
	if p.i+4 > len(p.s) {
		p.i = len(p.s)
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}

// skip passes over a whole array or object without recursion.
func (p *loose) skip() {
	p.deep = true
	open := 0
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case '{', '[':
			open++
		case '}', ']':
			if open--; open == 0 {
				p.i++
				return
			}
		case '"':
			p.i++
			for p.i < len(p.s) && p.s[p.i] != '"' {
				if p.s[p.i] == '\\' {
					p.i++
				}
				p.i++
			}
		}
		p.i++
	}
	p.i = min(p.i, len(p.s))
	p.cut = true
}

// object is v as an object, also when v is a string that holds one.
func object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case string:
		if s := strings.TrimSpace(v); strings.HasPrefix(s, "{") {
			if values, _, ok := looseJSON(s); ok {
				m, _ := values[0].(map[string]any)
				return m
			}
		}
	}
	return nil
}

// list is v as a list, also when v is a string that holds one; ok tells an empty list from none.
func list(v any) (items []any, ok bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case string:
		if s := strings.TrimSpace(v); strings.HasPrefix(s, "[") {
			if values, p, ok := looseJSON(s); ok && (len(values) == 1 || p.cut) {
				items, ok = values[0].([]any)
				return items, ok
			}
		}
	}
	return nil, false
}

// str is the first of the keys of m that holds a text or a number, "" without.
func str(m map[string]any, keys ...string) string {
	for _, k := range keys {
		switch v := m[k].(type) {
		case string:
			if strings.TrimSpace(v) != "" {
				return v
			}
		case number:
			return string(v)
		}
	}
	return ""
}

// instant reads a time of a platform: seconds or milliseconds since 1970 (decided by magnitude) or a date and
// clock in words; nil without.
func instant(s string, c *calendar) *time.Time {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case n >= 1e14 && n < 1e17:
			n /= 1e6
		case n >= 1e11:
			n /= 1e3
		}
		if n < 1e8 || n >= 1e10 {
			return nil
		}
		t := time.Unix(int64(math.Floor(n)), 0).In(clientZone)
		return &t
	}
	st, n := scanStamp(s)
	if n == 0 || !st.clock {
		return nil
	}
	t := c.at(st)
	return &t
}
