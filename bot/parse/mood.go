package parse

import (
	"slices"
	"strings"
)

// mood is how a clause is meant, as far as its words show it.
type mood int

// The moods of a clause.
const (
	telling  mood = iota // an order or a report
	supposed             // 如果云帆签了…: nothing has happened and nothing is asked for
	asking               // 云帆签了吗: a question
)

// moodOf reads the mood of the clause from the pack's words for supposing and asking. A polite request
// (能不能帮我…) is an order, and a question that somebody is told to have asked is a report.
func (s *scan) moodOf(c *clause) mood {
	extra := s.v.pack.Extra
	text := c.text
	for _, w := range extra["supposing"] {
		if i := strings.Index(text, w); i >= 0 && i <= 12 && !strings.HasSuffix(text[:i], "主") && !strings.HasSuffix(text[:i], "只") && !hasAny(text[:i], extra["reported"]) {
			return supposed
		}
	}
	if strings.HasPrefix(text, "等") && strings.Contains(text, "再") || strings.Contains(text, "完") && strings.HasSuffix(text, "再说") {
		return supposed
	}
	question := hasAny(text, extra["asking"]) && !hasAny(text, extra["not_asking"])
	if !question {
		tail := strings.TrimRight(text, "?？!！~。 ")
		for _, w := range extra["asking_ends"] {
			if strings.HasSuffix(tail, w) {
				question = true
			}
		}
		end := c.j
		question = question || end < len(s.norm) && s.norm[end] == '?' || end < len(s.norm) && s.norm[end] == '？'
	}
	if !question || hasAny(text, extra["polite"]) || hasAny(text, extra["reported"]) {
		return telling
	}
	return asking
}

// heard are the actions that keep what was said as their text, so that a question in it is no question to the bot.
var heard = []string{"ticket.create", "ticket.reply", "lead.create", "reminder.create", "task.create", "activity.log"}

// temper takes away the orders of clauses that are no orders. Behind a supposition nothing is ordered any more,
// except a reminder.
func (s *scan) temper(parts []*clause) {
	supposing := false
	for _, c := range parts {
		m := s.moodOf(c)
		supposing = supposing || m == supposed
		c.hits = slices.DeleteFunc(c.hits, func(h hit) bool {
			switch {
			case h.action == "none" || !writes(h.action):
				return false
			case supposing:
				return !(h.action == "reminder.create" || h.action == "task.create" || h.action == "lead.create")
			case m == asking:
				return !slices.Contains(heard, h.action) || h.action == "activity.log" && h.weight <= 3
			}
			return false
		})
		s.moody = s.moody || m != telling
	}
}
