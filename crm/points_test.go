package crm_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gendan/crm"
)

// plainPoints is an account that keeps each point by itself: slow, and plain to see that it is right.
type plainPoints struct {
	points []string // last days
	owed   int64
}

func (p *plainPoints) put(n int64, last string) {
	for range n {
		if p.owed > 0 {
			p.owed--
			continue
		}
		p.points = append(p.points, last)
	}
	slices.Sort(p.points)
}

func (p *plainPoints) take(n int64) bool {
	if int64(len(p.points)) < n {
		return false
	}
	p.points = p.points[n:]
	return true
}

func (p *plainPoints) recall(n int64, last string) {
	for ; n > 0 && slices.Contains(p.points, last); n-- {
		i := slices.Index(p.points, last)
		p.points = slices.Delete(p.points, i, i+1)
	}
	for ; n > 0 && len(p.points) > 0; n-- {
		p.points = p.points[1:]
	}
	p.owed += n
}

func (p *plainPoints) expire(today string) {
	p.points = slices.DeleteFunc(p.points, func(last string) bool { return last < today })
}

func TestAnAccountDoesWhatSinglePointsDo(t *testing.T) {
	t.Parallel()
	days := []string{"2026-11-30", "2026-12-31", "2027-01-31", "2027-11-30", crm.PointsForever}
	rapid.Check(t, func(rt *rapid.T) {
		a, plain := &crm.PointsAccount{}, &plainPoints{}
		var ledger []crm.PointsEntry
		reversed := map[int]bool{}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			n := rapid.Int64Range(1, 40).Draw(rt, "n")
			day := rapid.SampledFrom(days).Draw(rt, "day")
			var e crm.PointsEntry
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				e = a.Put(crm.PointsEarn, n, day)
				plain.put(n, day)
			case 1:
				var err error
				e, err = a.Take(crm.PointsRedeem, n)
				if (err == nil) != plain.take(n) {
					rt.Fatalf("%d of %d: %v", n, a.Balance, err)
				}
				if err != nil {
					continue
				}
			case 2:
				e = a.Recall(crm.PointsRefund, n, day)
				plain.recall(n, day)
			case 3:
				var ok bool
				e, ok = a.Expire(day)
				plain.expire(day)
				if !ok {
					continue
				}
			case 4: // a gift comes back
				i := slices.IndexFunc(ledger, func(e crm.PointsEntry) bool { return e.Kind == crm.PointsRedeem && !reversed[e.Seq] })
				if i < 0 {
					continue
				}
				back, err := a.Counter(ledger[i])
				if err != nil {
					rt.Fatal(err)
				}
				reversed[ledger[i].Seq] = true
				for _, l := range ledger[i].Lots {
					plain.put(-l.Points, l.Last)
				}
				e = back
			}
			ledger = append(ledger, e)
			if a.Balance != int64(len(plain.points)) || a.Owed != plain.owed || e.Balance != a.Balance || a.Balance > 0 && a.Owed > 0 {
				rt.Fatalf("balance %d owed %d, plain %d %d, entry %+v", a.Balance, a.Owed, len(plain.points), plain.owed, e)
			}
			var points, owed, lots int64
			for _, l := range ledger {
				points, owed = points+l.Points, owed+l.Owed
			}
			for i, l := range a.Lots {
				lots += l.Points
				if l.Points <= 0 || i > 0 && a.Lots[i-1].Last >= l.Last {
					rt.Fatalf("lots %+v", a.Lots)
				}
				same := 0
				for _, last := range plain.points {
					if last == l.Last {
						same++
					}
				}
				if int64(same) != l.Points {
					rt.Fatalf("%d of %s, plain %d", l.Points, l.Last, same)
				}
			}
			if points != a.Balance || owed != a.Owed || lots != a.Balance {
				rt.Fatalf("ledger %d %d, lots %d, account %d %d", points, owed, lots, a.Balance, a.Owed)
			}
			if len(ledger) != a.Seq {
				rt.Fatalf("%d entries, the last is %d", len(ledger), a.Seq)
			}
		}
	})
}

func TestWhatAPurchaseEarns(t *testing.T) {
	t.Parallel()
	rules := crm.PointsRules{Rate: 1, Birthday: 2, Span: "day", Rates: []crm.PointsRate{{Product: "礼盒", Rate: 3}, {Category: "耗材", Rate: 0.5}},
		Days:  []crm.PointsDay{{Day: 8, Times: 2}, {Weekday: 7, Times: 1.5}, {Date: "11-11", Times: 5}},
		Tiers: crm.TierRules{List: []crm.Tier{{Name: "普通会员"}, {Name: "金卡", Min: 1000, Rate: 1.5, Birthday: 4}}}}
	at := func(day string) time.Time {
		d, err := time.ParseInLocation("2006-01-02 15:04", day, crm.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	yuan := func(y float64) []crm.PointsLine { return []crm.PointsLine{{Product: "拿铁", Amount: crm.Yuan(y)}} }
	for _, c := range []struct {
		what  string
		tier  string
		birth string
		at    string
		lines []crm.PointsLine
		want  int64
	}{
		{"a yuan is a point, parts are dropped", "", "", "2026-11-18 10:00", yuan(38.9), 38},
		{"lines are added before parts are dropped", "", "", "2026-11-18 10:00", append(yuan(38.5), yuan(0.5)...), 39},
		{"a product's own rate", "", "", "2026-11-18 10:00", []crm.PointsLine{{Product: "中秋礼盒", Amount: crm.Yuan(100)}}, 300},
		{"a category's rate", "", "", "2026-11-18 10:00", []crm.PointsLine{{Product: "墨盒", Category: "耗材", Amount: crm.Yuan(101)}}, 50},
		{"a tier's rate", "金卡", "", "2026-11-18 10:00", yuan(100), 150},
		{"a double day", "", "", "2026-12-08 00:00", yuan(100), 200},
		{"just before it", "", "", "2026-12-07 23:59", yuan(100), 100},
		{"a weekday", "", "", "2026-11-22 10:00", yuan(100), 150},
		{"the better of two days", "", "", "2026-11-08 10:00", yuan(100), 200},
		{"a day of the year", "", "", "2027-11-11 10:00", yuan(100), 500},
		{"a birthday", "", "11-18", "2026-11-18 10:00", yuan(100), 200},
		{"a birthday of a tier", "金卡", "11-18", "2026-11-18 10:00", yuan(100), 600},
		{"a tier that is gone is the first", "铂金", "", "2026-11-18 10:00", yuan(100), 100},
		{"nothing for nothing", "", "", "2026-11-18 10:00", yuan(0), 0},
		{"as much as is believed", "金卡", "11-18", "2026-11-18 10:00", []crm.PointsLine{{Amount: crm.MaxMoney}}, 60_000_000_000},
	} {
		a := &crm.PointsAccount{Tier: c.tier}
		if c.birth != "" {
			a.Birthdays = []string{"01-01", c.birth}
		}
		if got := rules.Earned(a, crm.PointsPurchase{At: at(c.at), Lines: c.lines}); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	if got := rules.Earned(&crm.PointsAccount{}, crm.PointsPurchase{Lines: []crm.PointsLine{{Amount: math.MaxInt64}}}); got <= 0 {
		t.Errorf("an absurd amount: %d", got)
	}
}

func TestPaidLinesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := make([]crm.PointsLine, rapid.IntRange(0, 4).Draw(rt, "lines"))
		for i := range lines {
			lines[i].Amount = crm.Money(rapid.Int64Range(0, 1e9).Draw(rt, "amount"))
		}
		paid := crm.Money(rapid.Int64Range(0, 3e9).Draw(rt, "paid"))
		if sum := (crm.PointsPurchase{Lines: crm.PaidLines(lines, paid, "x")}).Amount(); sum != paid {
			rt.Fatalf("%v paid %d: %d", lines, paid, sum)
		}
	})
}

func TestWhenPointsEnd(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 31, 23, 30, 0, 0, crm.Shanghai)
	for _, c := range []struct {
		months int
		round  string
		want   string
	}{{12, "month", "2027-08-31"}, {6, "month", "2027-02-28"}, {6, "day", "2027-02-28"}, {12, "day", "2027-08-31"}, {12, "year", "2027-12-31"}, {0, "month", crm.PointsForever}} {
		if got := (crm.PointsRules{Months: c.months, Round: c.round}).LastDay(at); got != c.want {
			t.Errorf("%d months to the %s: %s, want %s", c.months, c.round, got, c.want)
		}
	}
}

func TestATierRisesAtOnceAndFallsByOne(t *testing.T) {
	t.Parallel()
	rules := crm.TierRules{Warn: 30, List: []crm.Tier{{Name: "普通会员"}, {Name: "银卡", Min: 1000}, {Name: "金卡", Min: 5000}}}
	a, now := &crm.PointsAccount{}, time.Date(2026, 11, 18, 10, 0, 0, 0, crm.Shanghai)
	if _, ok := rules.Raise(a, crm.Progress{Spent: crm.Yuan(999.99)}, now); ok {
		t.Error("a fen short")
	}
	c, ok := rules.Raise(a, crm.Progress{Spent: crm.Yuan(6000)}, now)
	if !ok || a.Tier != "金卡" || a.TierUntil != "2027-11-18" || c.From != "" || rules.WarnOn(a) != "2027-10-19" {
		t.Errorf("%+v %+v", a, c)
	}
	if next, lacks, ok := rules.Next("", crm.Progress{Spent: crm.Yuan(700.5)}); !ok || next.Name != "银卡" || rules.Say(lacks) != "¥300" {
		t.Errorf("%+v %d", next, lacks)
	}
	if _, _, ok := rules.Next("金卡", crm.Progress{}); ok {
		t.Error("there is nothing above the top")
	}
	end := time.Date(2027, 11, 18, 23, 0, 0, 0, crm.Shanghai)
	if _, ok := rules.End(a, crm.Progress{}, end); ok {
		t.Error("its last day is not over")
	}
	end = end.Add(2 * time.Hour)
	kept := *a
	if c, ok := rules.End(&kept, crm.Progress{Spent: crm.Yuan(5000)}, end); !ok || c.Why != "keep" || kept.Tier != "金卡" || kept.TierUntil != "2028-11-19" {
		t.Errorf("%+v %+v", kept, c)
	}
	if c, ok := rules.End(a, crm.Progress{}, end); !ok || c.Why != "fall" || a.Tier != "银卡" || a.TierUntil != "2028-11-19" {
		t.Errorf("one down: %+v %+v", a, c)
	}
	if c, ok := rules.End(a, crm.Progress{}, end.AddDate(1, 0, 1)); !ok || a.Tier != "普通会员" || a.TierUntil != "" || c.ToEnd != "" {
		t.Errorf("the first: %+v %+v", a, c)
	}
	if _, ok := rules.End(a, crm.Progress{}, end.AddDate(9, 0, 0)); ok {
		t.Error("the first does not end")
	}
}

func TestATierOfAPurchaseThatWasTakenBack(t *testing.T) {
	t.Parallel()
	rules := crm.TierRules{List: []crm.Tier{{Name: "普通会员"}, {Name: "银卡", Min: 1000}}}
	a := &crm.PointsAccount{}
	up, _ := rules.Raise(a, crm.Progress{Spent: crm.Yuan(1000)}, time.Now())
	if _, ok := rules.Back(a, up, crm.Progress{Spent: crm.Yuan(1000)}); ok {
		t.Error("what is left suffices")
	}
	if _, ok := rules.Back(a, up, crm.Progress{}); !ok || a.Tier != "" || a.TierUntil != "" {
		t.Errorf("%+v", a)
	}
}

func TestRulesThatAreWrong(t *testing.T) {
	t.Parallel()
	if err := crm.DefaultPointsRules.Check(); err != nil {
		t.Error(err)
	}
	for what, rules := range map[string]crm.PointsRules{
		"a rate below zero":             {Rate: -1},
		"points that end before":        {Months: -1},
		"no such rounding":              {Round: "week"},
		"a gift for nothing":            {Gifts: []crm.PointsGift{{Name: "伞"}}},
		"a rate of nothing":             {Rates: []crm.PointsRate{{Rate: 2}}},
		"tiers that do not rise":        {Tiers: crm.TierRules{List: []crm.Tier{{Name: "a"}, {Name: "b"}}}},
		"a first tier that takes a lot": {Tiers: crm.TierRules{List: []crm.Tier{{Name: "a", Min: 5}}}},
		"tiers by nothing known":        {Tiers: crm.TierRules{By: "luck"}},
		"enrolls nobody knows whom":     {Enroll: "cats"},
	} {
		if err := rules.Check(); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
