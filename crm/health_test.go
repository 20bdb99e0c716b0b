package crm

import (
	"strings"
	"testing"
	"time"
)

// theRules are rules with round numbers.
func theRules() HealthRules {
	r := HealthRules{FreshDays: 10, ColdDays: 110, Contacts: 4, Spent: Yuan(100000), BuyDays: 180, OpenCost: 0.2, LateCost: 0.3, AngerCost: 0.25, Line: 40, Drop: 15,
		Bad: []string{"不满"}, Good: []string{"满意"}}
	r.Weights.Recency, r.Weights.Frequency, r.Weights.Money, r.Weights.Tickets, r.Weights.Mood, r.Weights.Satisfaction = 25, 15, 20, 20, 10, 10
	return r
}

func TestHealthIsTheWeightedSumOfWhatIsKnown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	best := HealthFacts{Created: ago(300), LastContact: ago(1), Contacts90: 6, Spent365: Yuan(200000), LastPurchase: ago(30)}
	for name, c := range map[string]struct {
		facts func(f *HealthFacts)
		score int
		why   string
	}{
		"all is well":                                  {func(*HealthFacts) {}, 100, ""},
		"silent for 60 days: half of recency":          {func(f *HealthFacts) { f.LastContact = ago(60) }, 84, "60 天没联系"}, // 12.5 of the 80 known
		"never bought":                                 {func(f *HealthFacts) { f.LastPurchase, f.Spent365 = time.Time{}, 0 }, 75, "还没买过"},
		"a tenth of the money: a third of money":       {func(f *HealthFacts) { f.Spent365 = Yuan(10000) }, 92, "¥10,000"},
		"bought long ago counts half":                  {func(f *HealthFacts) { f.LastPurchase = ago(200) }, 88, "200 天前"},
		"two open tickets, one late":                   {func(f *HealthFacts) { f.OpenTickets, f.LateTickets = 2, 1 }, 83, "2 张工单没关，1 张超时"},
		"tickets take no more than their share":        {func(f *HealthFacts) { f.OpenTickets, f.LateTickets, f.Complaints90 = 20, 20, 5 }, 75, "投诉 5 次"},
		"unhappy lately: its weight is known now":      {func(f *HealthFacts) { f.Notes = []string{"客户不满交期"} }, 89, "不满"},
		"the newest note counts most":                  {func(f *HealthFacts) { f.Notes = []string{"很满意", "不满交期"} }, 96, "1 条"},
		"a survey of 3":                                {func(f *HealthFacts) { f.Satisfaction = 3 }, 94, "3.0 分"},
		"a new customer that nobody has spoken to yet": {func(f *HealthFacts) { *f = HealthFacts{Created: now} }, 56, "近 90 天联系 0 次"},
		"a customer that was lost long ago":            {func(f *HealthFacts) { *f = HealthFacts{Created: ago(900), LastContact: ago(400)} }, 25, "400 天没联系"},
		"one who is lost and angry has nothing at all": {func(f *HealthFacts) { *f = HealthFacts{Created: ago(900), LastContact: ago(400), OpenTickets: 5} }, 0, "5 张工单"},
	} {
		f := best
		c.facts(&f)
		h := Health(f, theRules(), now)
		if h.Score != c.score || !strings.Contains(h.Reason(), c.why) {
			t.Errorf("%s: %d %q, want %d %q", name, h.Score, h.Reason(), c.score, c.why)
		}
		sum := 0.0
		for _, p := range h.Parts {
			sum += p.Weight
		}
		if sum < 0.999 || sum > 1.001 || !h.Next.After(now) {
			t.Errorf("%s: weights add up to %v, next look %v", name, sum, h.Next)
		}
	}
}

// Time alone never makes a customer healthier, and the next look comes before the score has moved by three points.
func TestHealthOnlyFallsWithTime(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := HealthFacts{Created: start, LastContact: start, Contacts90: 2, Spent365: Yuan(50000), LastPurchase: start}
	before := Health(f, theRules(), start)
	for now := start; now.Before(start.AddDate(0, 0, 200)); now = now.AddDate(0, 0, 1) {
		h := Health(f, theRules(), now)
		if h.Score > before.Score {
			t.Fatalf("%v: %d after %d", now, h.Score, before.Score)
		}
		if now.Before(before.Next) {
			if before.Score-h.Score > 3 && before.Next.Sub(start) < 180*24*time.Hour {
				t.Fatalf("%v: %d after %d, and the next look only at %v", now, h.Score, before.Score, before.Next)
			}
			continue
		}
		before = h
	}
}

func TestAFallIsToldOnce(t *testing.T) {
	t.Parallel()
	r := theRules()
	for name, c := range map[string]struct {
		scores []int
		told   string // of each: y or n
	}{
		"the first score is no fall":            {[]int{20, 18}, "nn"},
		"a fall by fifteen, once":               {[]int{80, 65, 64, 66}, "nynn"},
		"a slow fall adds up":                   {[]int{80, 76, 70, 66, 64}, "nnnny"},
		"a further fall":                        {[]int{80, 64, 49}, "nyy"},
		"below the line, once":                  {[]int{50, 39, 38, 41, 39}, "nynnn"},
		"below the line again after a recovery": {[]int{50, 39, 46, 39}, "nyny"},
		"a rise and a fall from there":          {[]int{50, 70, 55}, "nny"},
		"known to be low from the beginning":    {[]int{30, 44, 36, 31}, "nnnn"},
	} {
		w, told := HealthWatch{}, ""
		for _, s := range c.scores {
			var warn bool
			if warn, w = r.Warn(w, s); warn {
				told += "y"
			} else {
				told += "n"
			}
		}
		if told != c.told {
			t.Errorf("%s: %v tells %s, want %s", name, c.scores, told, c.told)
		}
	}
}

// What never was well is not what a fall is about.
func TestAFallIsAboutWhatChanged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	f := HealthFacts{Created: now.AddDate(0, 0, -90), LastContact: now.AddDate(0, 0, -1), Contacts90: 4} // never bought
	before := Health(f, theRules(), now)
	f.OpenTickets, f.LateTickets = 2, 1
	after := Health(f, theRules(), now)
	if worst := after.Worst(); worst[0].Name != "消费" {
		t.Errorf("worst %+v", worst)
	}
	if fell := after.Fell(before.Parts); len(fell) != 2 || fell[0].Name != "工单" || fell[1].Name != "消费" {
		t.Errorf("fell %+v", fell)
	}
	if fell := after.Fell(nil); len(fell) != 2 || fell[0].Name != "消费" {
		t.Errorf("with nothing known before %+v", fell)
	}
}
