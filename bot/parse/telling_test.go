package parse

import (
	"testing"
)

// What is told or asked of a customer in a few words, without a word of command, is a note or a look: of what was learned nearly all, of what was not
// four in five. Small talk stays small talk.
func TestTellings(t *testing.T) {
	t.Parallel()
	for file, least := range map[string]float64{"tellings.txt": 0.95, "tellings_aside.txt": 0.8} {
		right, all := 0, 0
		for _, row := range sayings(t, file) {
			r := Parse(row.Text, wednesday, nil)
			all++
			switch {
			case len(row.Actions) == 0 && (len(r.Actions) == 0 || !writes(r.Actions[0].Name) || r.Confidence < 0.8), len(row.Actions) == 1 && len(r.Actions) == 1 && r.Actions[0].Name == row.Actions[0].Name:
				right++
			default:
				t.Logf("%s: %v %.2f", row.Text, r.Actions, r.Confidence)
			}
		}
		if share := float64(right) / float64(all); share < least {
			t.Errorf("%s: %d of %d", file, right, all)
		}
	}
}

// A time that is told and in no parameter stays in the note, and what was agreed on lies ahead.
func TestTimesOfNotes(t *testing.T) {
	t.Parallel()
	for text, content := range map[string]string{"云帆这个月没预算": "这个月没预算", "云帆下周再联系": "下周再联系", "云帆下个月再谈": "下个月再谈"} {
		if r := Parse(text, wednesday, nil); len(r.Actions) != 1 || r.Actions[0].Params["content"] != content {
			t.Errorf("%s: %v", text, r.Actions)
		}
	}
	r := Parse("跟云帆约了周四下午两点去他们工厂看现场", wednesday, nil)
	if len(r.Actions) != 1 || r.Actions[0].Params["at"] != nil || r.Actions[0].Params["next_at"] != "2026-11-19T14:00:00+08:00" {
		t.Errorf("%v", r.Actions)
	}
	if r := Parse("竞争对手是金蝶", wednesday, nil); len(r.Actions) > 0 && r.Actions[0].Name == "deal.lose" {
		t.Errorf("a deal is lost by words for it only: %v", r.Actions)
	}
	if r := Parse("安踏收到报价了，说太高", wednesday, nil); len(r.Actions) > 0 && r.Actions[0].Name == "deal.update" && r.Confidence >= 0.8 {
		t.Errorf("an offer that they received moves no deal: %v", r.Actions)
	}
}
