package chatlog

import "unicode/utf8"

// What is looked at for facts is bounded, so that a hostile record takes seconds and not minutes. People's
// messages and talks are far shorter.
const (
	maxFactLine  = 3_000   // bytes of one message
	maxFactLines = 20_000  // messages
	maxFactBytes = 600_000 // of all messages together
)

// boundedFacts finds the facts of r in the beginning of its long messages and, of a record that is too large,
// in its latest ones: the last word said counts.
func boundedFacts(r *Record, o Options) (facts []Fact, whole bool) {
	from, total, long := len(r.Lines), 0, false
	for from > 0 && len(r.Lines)-from < maxFactLines {
		n := len(r.Lines[from-1].Text)
		long = long || n > maxFactLine
		if total += min(n, maxFactLine); total > maxFactBytes {
			break
		}
		from--
	}
	if from == 0 && !long {
		return findFacts(r, o), true
	}
	part := *r
	part.Lines = append([]Line(nil), r.Lines[from:]...)
	for i := range part.Lines {
		part.Lines[i].Text = clip(part.Lines[i].Text, maxFactLine)
	}
	return findFacts(&part, o), false
}

// clip is the beginning of s, at most n bytes and whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
