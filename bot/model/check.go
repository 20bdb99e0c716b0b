package model

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/templates"
)

const (
	mostCalls  = 5
	mostLooked = 20  // calls of an answer that are looked at
	mostRunes  = 500 // of a value
)

// Check keeps of an answer what may be proposed: at most five actions that were offered, with parameters that they have, in the
// types that they have, whose values stand in what the person has said or are the pack's own words. An action whose record or
// person the model has made up is dropped whole, for without it the action would be about another.
func Check(a chat.ModelAnswer, offered []chat.ModelTool, v *Veil, said string, now time.Time, pack *templates.Pack) []action.Call {
	c := checker{veil: v, said: crm.Fold(said), text: said, choices: choices(pack)}
	c.read(said, now)
	specs := map[string]action.Spec{}
	for _, s := range action.Vocabulary() {
		if slices.ContainsFunc(offered, func(t chat.ModelTool) bool { return t.Name == s.Name }) {
			specs[s.Name] = s
		}
	}
	var calls []action.Call
	for _, m := range a.Calls[:min(len(a.Calls), mostLooked)] {
		spec, known := specs[m.Name]
		if !known {
			continue
		}
		call, ok := c.call(spec, m.Params)
		if !ok || slices.ContainsFunc(calls, func(o action.Call) bool { return o.Name == call.Name && bytes.Equal(o.Params, call.Params) }) {
			continue
		}
		if calls = append(calls, call); len(calls) == mostCalls {
			break
		}
	}
	return calls
}

type checker struct {
	veil    *Veil
	text    string // as it was said
	said    string // folded
	now     time.Time
	choices map[string][]string
	numbers []float64
	times   []parse.Time
}

// read collects the numbers and times that were said.
func (c *checker) read(said string, now time.Time) {
	c.now = now
	r := parse.NewReading(said, now)
	for i := 0; i < len(r.Folded); { // 8万 is not in 38万, and 下午3点 not in 明天下午3点
		next := i + 1
		if v, end := r.Number(i); end > i {
			c.numbers, next = append(c.numbers, v), max(next, end)
		}
		if m, end := r.Money(i); end > i && m.Vague == "" {
			c.numbers, next = append(c.numbers, m.Yuan), max(next, end)
		}
		i = next
	}
	for i := 0; i < len(r.Folded); {
		t, end := r.Time(i)
		if end > i && t.Bad == "" {
			c.times = append(c.times, t)
		}
		i = max(i+1, end)
	}
}

// about are the parameters that say whom or what an action is about, or who is to do it.
var about = []string{"customer", "contact", "company", "into", "owner", "assignee", "to", "deal", "ticket", "lead", "reminder", "task", "approval", "record", "filter"}

// free are parameters in words of one's own.
var free = []string{"content", "next", "need", "reason", "query", "resolution"}

// call checks one action; ok is false when nothing of it is left to propose.
func (c *checker) call(spec action.Spec, raw json.RawMessage) (call action.Call, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var given map[string]any
	if len(bytes.TrimSpace(raw)) > 0 && (d.Decode(&given) != nil || d.More()) {
		return call, false
	}
	kept := map[string]any{}
	for _, p := range spec.Params {
		value, there := given[p.Name]
		if !there || value == nil || value == "" {
			continue
		}
		if v, fine := c.value(p, value); fine {
			kept[p.Name] = v
		} else if slices.Contains(about, p.Name) || p.Required {
			return call, false
		}
	}
	if len(kept) == 0 && spec.Write {
		return call, false
	}
	params, err := json.Marshal(kept)
	if err != nil {
		return call, false
	}
	return action.Call{Name: spec.Name, Params: params}, true
}

// value checks the value of a parameter and gives it as the action wants it.
func (c *checker) value(p action.Param, value any) (any, bool) {
	switch p.Type {
	case "string":
		return c.word(p.Name, value)
	case "instant":
		return c.instant(value)
	case "date":
		return c.date(value)
	case "number":
		return c.number(p.Name, value)
	case "integer":
		n, ok := c.number(p.Name, value)
		if !ok || n != math.Trunc(n) || n < 0 {
			return nil, false
		}
		return int64(n), true
	case "array":
		return c.list(value)
	case "object":
		return c.filter(value)
	}
	return nil, false
}

// words gives a value's words with the placeholders put back; ok is false for anything that is no short text.
func (c *checker) words(value any) (string, bool) {
	s, ok := value.(string)
	if !ok || !utf8.ValidString(s) {
		return "", false
	}
	s, ok = c.veil.Back(strings.TrimSpace(s))
	return s, ok && s != "" && utf8.RuneCountInString(s) <= mostRunes
}

func (c *checker) word(name string, value any) (any, bool) {
	s, ok := c.words(value)
	if !ok {
		return nil, false
	}
	switch {
	case c.choices[name] != nil && slices.Contains(c.choices[name], s):
		return s, true
	case (name == "owner" || name == "assignee" || name == "to") && s == "me":
		return s, strings.Contains(c.text, "我")
	case name == "period":
		return s, slices.ContainsFunc(c.times, func(t parse.Time) bool { return t.Period() == s })
	case slices.Contains(free, name):
		return s, c.near(s)
	case strings.HasPrefix(s, "#"):
		return s, strings.Contains(strings.ReplaceAll(c.text, "＃", "#"), s)
	}
	return s, c.holds(s)
}

// holds tells whether s was said, however it was spelled.
func (c *checker) holds(s string) bool {
	folded := crm.Fold(s)
	return folded != "" && strings.Contains(c.said, folded)
}

// near tells whether s is made of what was said: every number of it, and two in three of its pairs of characters.
func (c *checker) near(s string) bool {
	folded := crm.Fold(s)
	if strings.Contains(c.said, folded) {
		return folded != ""
	}
	if !numbersIn(folded, c.said) {
		return false
	}
	pairs, found := crm.Bigrams(folded), 0
	for _, p := range pairs {
		if strings.Contains(c.said, p) {
			found++
		}
	}
	return found > 0 && 3*found >= 2*len(pairs)
}

// numbersIn tells whether all runs of digits of s stand in text.
func numbersIn(s, text string) bool {
	for _, run := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		if !strings.Contains(text, run) {
			return false
		}
	}
	return true
}

// number checks an amount, a count or a record's number. Text is read as a person's would be: 38万.
func (c *checker) number(name string, value any) (float64, bool) {
	var n float64
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0, false
		}
		n = f
	case string:
		s, ok := c.words(v)
		if !ok || !c.holds(s) {
			return 0, false
		}
		m, ok := parse.Amount(s)
		if !ok || m.Vague != "" {
			return 0, false
		}
		n = m.Yuan
	default:
		return 0, false
	}
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > 1e11 {
		return 0, false
	}
	return n, slices.ContainsFunc(c.numbers, func(said float64) bool {
		return same(n, said) || name == "points" && same(n, -said) || (name == "probability" || name == "discount") && (same(n, said/100) || same(n, said/10))
	})
}

func same(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

// instant checks a moment: it, or its day when no clock time was said, must be one that was said.
func (c *checker) instant(value any) (any, bool) {
	s, ok := c.words(value)
	if !ok {
		return nil, false
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if w, ok := parse.When(s, c.now); ok && w.Bad == "" && c.holds(s) {
			return w.Instant(c.now, false).Format(time.RFC3339), true
		}
		return nil, false
	}
	at = at.In(c.now.Location())
	for i := range c.times {
		t := &c.times[i]
		meant := t.Instant(c.now, false)
		exact := t.Hour >= 0 || t.Grain == parse.Exact
		if exact && at.Sub(meant).Abs() < time.Minute || !exact && at.Format(time.DateOnly) == meant.Format(time.DateOnly) {
			return at.Format(time.RFC3339), true
		}
	}
	return nil, false
}

// date checks a day: it must be one that was said.
func (c *checker) date(value any) (any, bool) {
	s, ok := c.words(value)
	if !ok {
		return nil, false
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		if w, ok := parse.When(s, c.now); ok && w.Bad == "" && c.holds(s) {
			return w.Date(c.now).Format(time.DateOnly), true
		}
		return nil, false
	}
	for i := range c.times {
		if c.times[i].Date(c.now).Format(time.DateOnly) == s {
			return s, true
		}
	}
	return nil, false
}

// list keeps what was said of a list of words.
func (c *checker) list(value any) (any, bool) {
	all, ok := value.([]any)
	if !ok {
		return nil, false
	}
	var kept []any
	for _, v := range all[:min(len(all), 20)] {
		if s, ok := c.words(v); ok && c.holds(s) {
			kept = append(kept, s)
		}
	}
	return kept, len(kept) > 0
}

// filter checks a selection of customers. A condition that was not said makes all of it worthless: it would select others.
func (c *checker) filter(value any) (any, bool) {
	given, ok := value.(map[string]any)
	if !ok || len(given) == 0 {
		return nil, false
	}
	schema, _ := action.Schema("customer.search")["properties"].(map[string]any)["filter"].(map[string]any)
	keys, _ := schema["properties"].(map[string]any)
	kept := map[string]any{}
	for name, v := range given {
		key, known := keys[name].(map[string]any)
		if !known {
			return nil, false
		}
		var fine bool
		switch key["type"] {
		case "string":
			kept[name], fine = c.word(name, v)
		case "array":
			kept[name], fine = c.list(v)
		case "boolean":
			b, isBool := v.(bool)
			kept[name], fine = b, isBool && strings.Contains(c.said, "会员")
		default:
			n, isNumber := v.(json.Number)
			f, err := n.Float64()
			kept[name] = f
			fine = isNumber && err == nil && slices.ContainsFunc(c.numbers, func(said float64) bool {
				return same(f, said) || strings.HasSuffix(name, "_days") && (same(f, 7*said) || same(f, 30*said)) || strings.HasSuffix(name, "_spent") && same(f, 10000*said)
			})
		}
		if !fine {
			return nil, false
		}
	}
	return kept, true
}
