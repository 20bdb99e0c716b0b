// Package parse reads what people say in Chinese as actions of the CRM. It is a pure function of the text,
// the moment of speaking and the industry pack: no clock, no database, no network, no language model, and
// the same answer to the byte every time.
package parse

import (
	"slices"
	"strings"
	"time"

	"gendan/templates"
)

// Action is one thing to do, with the parameters that were said.
type Action struct {
	Name   string         `json:"name"`
	Params map[string]any `json:"params"` // numbers as int64 or float64, instants as RFC 3339, lists as []any
}

// ProblemKind says what is impossible about something that was understood.
type ProblemKind string

// The kinds of problems.
const (
	BadDate   ProblemKind = "date"      // no such day
	PastTime  ProblemKind = "past"      // a reminder that would be due already
	BadAmount ProblemKind = "amount"    // negative, absurd or unclear
	BadPhone  ProblemKind = "phone"     // a digit too few or too many
	TooLong   ProblemKind = "long"      // more text than an order can be
	Ambiguous ProblemKind = "ambiguous" // several readings
)

// Problem is something that was understood but cannot be. The parameter is absent from the action, so that
// only this part has to be said again.
type Problem struct {
	Kind   ProblemKind `json:"kind"`
	Index  int         `json:"index"` // the action's place in Result.Actions
	Action string      `json:"action"`
	Param  string      `json:"param"`
	Text   string      `json:"text"` // what was said
	Say    string      `json:"say"`  // one Chinese sentence: what is wrong and what to type instead
}

// Result is what a message was understood as.
type Result struct {
	Text       string    `json:"text"`
	Actions    []Action  `json:"actions"` // in the order in which they must run
	Confidence float64   `json:"confidence"`
	Ask        string    `json:"ask"` // the question for what is missing; "" when nothing is
	Problems   []Problem `json:"problems,omitempty"`
	Trail      []string  `json:"-"` // which phrases and rules decided, for people who tune packs
}

// MaxRunes is the length beyond which a message is no order and is not read.
const MaxRunes = 2000

// Parse reads text as said at now, whose zone is the company's, in the words of pack; nil is the default one.
func Parse(text string, now time.Time, pack *templates.Pack, opts ...Option) Result {
	r, _ := understand(text, now, pack, opts...)
	return r
}

// understand gives the answer with the frames that it was made from.
func understand(text string, now time.Time, pack *templates.Pack, opts ...Option) (Result, []*frame) {
	s, r, frames := byRules(text, now, pack, opts...)
	mended := false
	if s != nil {
		mended = s.roles(frames)
	} else {
		for part, own := range byPart(frames) {
			mended = part.roles(own) || mended
		}
		mended = carriedWhole(frames) || mended
	}
	frames, tidied := tidy(frames)
	mended = mended || tidied
	n := len(frames)
	frames = slices.DeleteFunc(dropNameless(frames), (*frame).empty)
	mended = mended || len(frames) < n
	for _, f := range frames {
		mended = f.channelOpening() || mended
	}
	mended = leadsAhead(frames) || mended
	if mended {
		r = result(text, frames)
	}
	if s != nil && !s.moody && !s.negated && (len(frames) == 0 || len(frames) == 1 && frames[0].hit.phrase < 0 && r.Confidence < 0.8) { // what no phrase understands may be a form
		if formed := (message{now: now, v: s.v, seen: s.seen}).formed(s.line, formUnsure); formed != nil {
			frames, r = formed, result(text, formed)
		}
	}
	return r, frames
}

// empty reports whether the frame is a guess at somebody new of whom nothing was found, or at a change whose colleague is one of the speaker's
// customers (换成蓝天软件).
func (f *frame) empty() bool {
	if f.hit.phrase >= 0 || f.sure > 0 || !writes(f.action) || f.action == "undo" {
		return false
	}
	for _, param := range []string{"owner", "assignee", "to"} {
		name, _ := f.params[param].(string)
		if i, j := f.where(name, nil); i >= 0 && f.v.known.at(f.line, i) == j-i {
			return true
		}
	}
	return len(f.params) == 0 && slotChains[0].of[f.action] != nil
}

// carriedWhole gives the orders of later parts the whole name of a customer whose name was mended in the part where it was said.
func carriedWhole(frames []*frame) (mended bool) {
	for n, f := range frames {
		name, _ := f.params["customer"].(string)
		if i, _ := f.where(name, nil); name == "" || i >= 0 {
			continue
		}
		for _, g := range frames[:n] {
			if whole, _ := g.params["customer"].(string); whole != name && strings.HasPrefix(whole, name) {
				f.set("customer", whole)
				mended = true
			}
		}
	}
	return mended
}

// byPart groups the frames of a message that was read in parts. A whole form is right to its last character.
func byPart(frames []*frame) map[*scan][]*frame {
	all := map[*scan][]*frame{}
	for _, f := range frames {
		if f.sure == 0 {
			all[f.scan] = append(all[f.scan], f)
		}
	}
	return all
}

// byRules is [understand] by the rules alone. The scan is nil where the message was not read as one.
func byRules(text string, now time.Time, pack *templates.Pack, opts ...Option) (*scan, Result, []*frame) {
	if tooLong(text) {
		r := Result{Text: text, Actions: []Action{}}
		r.Problems = []Problem{{Kind: TooLong, Say: "这条消息太长，我没有逐字去读；聊天记录请用转发或 .txt 文件发来，命令请一条一条说"}}
		r.Ask = r.Problems[0].Say
		return nil, r, nil
	}
	v := compiled(pack)
	l := v.mend(newLine(unspaced(text))).courteous()
	m := message{now: now, v: v.with(l, opts), seen: newSeen()}
	if frames := m.formed(l, formSure); frames != nil {
		return nil, result(text, frames), frames
	}
	s, frames := m.read(l, said{})
	if several := m.spread(s, frames); several != nil {
		return nil, result(text, several), several
	}
	if as := s.onlyTells(frames); as != "" {
		if t, found := m.readAs(l, as); len(found) > 0 {
			return t, result(text, found), found
		}
	}
	best := m.likeliest(l, reading{scan: s, frames: frames, result: result(text, frames)})
	return best.scan, best.result, best.frames
}

// message is what every reading of a message shares.
type message struct {
	now  time.Time
	v    *vocab
	seen *seen
}

// read gives the actions of the text behind what was said before it.
func (m message) read(l *line, before said) (*scan, []*frame) {
	return m.readJoined(l, before, join{})
}

func (m message) readJoined(l *line, before said, j join) (*scan, []*frame) {
	s := newScan(l, m.now, m.v)
	s.seen, s.before, s.join = m.seen, before, j
	s.revise()
	return s, s.frames()
}

// readAs reads the whole text as one action.
func (m message) readAs(l *line, action string) (*scan, []*frame) {
	s := newScan(l, m.now, m.v)
	s.seen, s.as = m.seen, action
	return s, s.frames()
}

// result is the answer that the frames make.
func result(text string, frames []*frame) Result {
	r := Result{Text: text, Actions: []Action{}}
	for _, f := range frames {
		for _, b := range f.bad {
			b.Index = len(r.Actions)
			r.Problems = append(r.Problems, b)
		}
		r.Actions = append(r.Actions, Action{Name: f.action, Params: f.params})
		r.Trail = append(r.Trail, f.trail...)
	}
	r.Ask = ask(r.Actions, r.Problems)
	r.Confidence = confidence(frames, r)
	return r
}

func tooLong(text string) bool {
	if len(text) <= MaxRunes {
		return false
	}
	n := 0
	for range text {
		if n++; n > MaxRunes {
			return true
		}
	}
	return false
}

// ask gives the one question to put: first what cannot be, then what is missing.
func ask(actions []Action, problems []Problem) string {
	for _, p := range problems {
		return p.Say
	}
	for _, a := range actions {
		if _, q := Required(a); q != "" {
			return q
		}
	}
	return ""
}
