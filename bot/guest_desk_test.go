package bot

import (
	"testing"

	"gendan/crm"
)

// TestHoursWords: working hours read as people write them.
func TestHoursWords(t *testing.T) {
	t.Parallel()
	morning, afternoon := crm.Span{From: 9 * 60, To: 12 * 60}, crm.Span{From: 13*60 + 30, To: 18 * 60}
	both, all := []crm.Span{morning, afternoon}, []crm.Span{{From: 0, To: 24 * 60}}
	for want, h := range map[string]crm.Hours{
		"周一至周五 09:00–12:00、13:30–18:00":                {Week: [7][]crm.Span{1: both, 2: both, 3: both, 4: both, 5: both}},
		"周一至周五 09:00–12:00、13:30–18:00，周六 09:00–12:00": {Week: [7][]crm.Span{1: both, 2: both, 3: both, 4: both, 5: both, 6: {morning}}},
		"每天 09:00–12:00":       {Week: [7][]crm.Span{{morning}, {morning}, {morning}, {morning}, {morning}, {morning}, {morning}}},
		"周一 09:00–12:00，周日 全天": {Week: [7][]crm.Span{0: all, 1: {morning}}},
		"":                     {Week: [7][]crm.Span{all, all, all, all, all, all, all}, Always: true},
	} {
		w, err := crm.NewWorktime(h, crm.Calendar{})
		if err != nil {
			t.Fatal(err)
		}
		if got := hoursWords(w); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
