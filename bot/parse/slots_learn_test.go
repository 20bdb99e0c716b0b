package parse

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// slotLessons makes the lessons of the utterances whose parameters a chain knows.
func slotLessons(c *slots, rows []labelled, hide bool) (all []roleLesson) {
	for _, row := range rows {
		if !slices.ContainsFunc(row.Actions, func(a Action) bool { return c.of[a.Name] != nil }) {
			continue
		}
		s, _, frames := byRules(row.Text, wednesday, nil)
		if s == nil || len(s.norm) > 200 || !slices.ContainsFunc(frames, func(f *frame) bool { return c.of[f.action] != nil }) {
			continue
		}
		tags, whole := c.tagged(s.line, row.Actions)
		if !whole {
			continue
		}
		rules, _ := c.tagged(s.line, actionsOf(frames))
		if hide {
			rules = make([]int, len(s.norm))
		}
		l := roleLesson{row: row}
		l.features[0], l.tags[0] = s.slotFeatures(rules, s.actionNumbers(frames)).all(), tags
		all = append(all, l)
	}
	return all
}

// slotRounds is how often the lessons are gone through.
const slotRounds = 12

// TestLearnSlots learns the chains of parameters and writes them. Run it with GENDAN_LEARN=1 after the corpus has grown or the rules have
// changed.
func TestLearnSlots(t *testing.T) {
	if os.Getenv("GENDAN_LEARN") == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	rows := slices.Concat(teaching(t), corpus(t, "played.jsonl"), corpus(t, "stories.jsonl"), corpus(t, "forms.jsonl"))
	for _, c := range slotChains {
		var b strings.Builder
		lessons := append(slotLessons(c, append(slices.Clone(rows), renamed(rows, 1)...), shown), slotLessons(c, rows, hidden)...)
		writeChain(&b, 0, learnChain(lessons, 0, c.tags(), slotRounds), leastSlot)
		if err := os.WriteFile(c.file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSlotsByCrossValidation prints what the chains mend and what they break on utterances that they were not learned from.
func TestSlotsByCrossValidation(t *testing.T) {
	if os.Getenv("GENDAN_LEARN") == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	const folds = 4
	for _, c := range slotChains {
		lessons := slotLessons(c, teaching(t), shown)
		count := map[string]int{}
		for fold := range folds {
			var learn, hold []roleLesson
			var mine []labelled
			for n, l := range lessons {
				if n%folds == fold {
					hold = append(hold, l)
					continue
				}
				learn, mine = append(learn, l), append(mine, l.row)
			}
			chain := learnChain(slices.Concat(learn, slotLessons(c, renamed(mine, 1), shown), slotLessons(c, mine, hidden)), 0, c.tags(), slotRounds)
			for _, l := range hold {
				s, _, frames := byRules(l.row.Text, wednesday, nil)
				before := actionsOf(frames)
				for n := range before {
					before[n].Params = maps.Clone(before[n].Params)
				}
				s.mendSlots(c, chain, frames)
				for n, f := range frames {
					if n >= len(l.row.Actions) || l.row.Actions[n].Name != f.action {
						continue
					}
					for _, param := range c.of[f.action] {
						want, was, now := l.row.Actions[n].Params[param], before[n].Params[param], f.params[param]
						tally(count, param, want, was, now)
					}
				}
			}
		}
		for _, k := range slices.Sorted(maps.Keys(count)) {
			t.Log(c.file, k, count[k])
		}
	}
}
