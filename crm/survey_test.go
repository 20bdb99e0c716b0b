package crm

import (
	"slices"
	"testing"
)

func TestSurveyScores(t *testing.T) {
	for _, c := range []struct {
		metric     string
		score      int
		offered    bool
		low        bool
		first, end int
	}{
		{CSAT, 0, false, true, 1, 5}, {CSAT, 1, true, true, 1, 5}, {CSAT, 2, true, true, 1, 5}, {CSAT, 3, true, false, 1, 5}, {CSAT, 5, true, false, 1, 5}, {CSAT, 6, false, false, 1, 5},
		{NPS, -1, false, true, 0, 10}, {NPS, 0, true, true, 0, 10}, {NPS, 4, true, true, 0, 10}, {NPS, 5, true, false, 0, 10}, {NPS, 10, true, false, 0, 10}, {NPS, 11, false, false, 0, 10},
	} {
		if err := CheckScore(c.metric, c.score); (err == nil) != c.offered {
			t.Errorf("%s %d: %v", c.metric, c.score, err)
		}
		if got := DefaultSurveyRules.IsLow(c.metric, c.score); got != c.low {
			t.Errorf("%s %d low: %t", c.metric, c.score, got)
		}
		if s := SurveyScores(c.metric); s[0] != c.first || s[len(s)-1] != c.end || !slices.IsSorted(s) {
			t.Errorf("%s offers %v", c.metric, s)
		}
	}
}

func TestRatings(t *testing.T) {
	if r := (Ratings{}); r.Average() != 0 || r.NPS() != 0 || r.HappyShare() != 0 {
		t.Errorf("no answers are %v %v %v", r.Average(), r.NPS(), r.HappyShare())
	}
	r := Ratings{Answered: 10, Sum: 41, Happy: 7, Unhappy: 2}
	if r.Average() != 4.1 || r.NPS() != 50 || r.HappyShare() != 0.7 {
		t.Errorf("%v %v %v", r.Average(), r.NPS(), r.HappyShare())
	}
}
