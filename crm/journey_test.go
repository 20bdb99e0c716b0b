package crm

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func TestJourneyWaits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		step JourneyStep
		now  string
		want string
	}{
		{"days", JourneyStep{Days: 3}, "2026-11-18 10:20", "2026-11-21 10:20"},
		{"hours", JourneyStep{Hours: 2}, "2026-11-18 23:00", "2026-11-19 01:00"},
		{"the next Tuesday at ten", JourneyStep{Weekday: 2, At: "10:00"}, "2026-11-18 10:20", "2026-11-24 10:00"},
		{"today still, when it is not yet ten", JourneyStep{Weekday: 3, At: "10:00"}, "2026-11-18 09:20", "2026-11-18 10:00"},
		{"in a week when ten has passed", JourneyStep{Weekday: 3, At: "10:00"}, "2026-11-18 10:20", "2026-11-25 10:00"},
		{"a time of day after some days", JourneyStep{Days: 2, At: "10:00"}, "2026-11-18 15:00", "2026-11-21 10:00"},
		{"Sunday", JourneyStep{Weekday: 7}, "2026-11-18 15:00", "2026-11-22 15:00"},
		{"for an answer, at most", JourneyStep{Days: 7, For: DidBuy}, "2026-11-18 15:00", "2026-11-25 15:00"},
	} {
		if got := c.step.Until(day(c.now).UTC(), Shanghai); !got.Equal(day(c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got.In(Shanghai).Format("2006-01-02 15:04"), c.want)
		}
	}
}

// TestWaitsFollowTheCompanysZone: the same moment is another weekday in Shanghai than in UTC.
func TestWaitsFollowTheCompanysZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 17, 22, 0, 0, 0, time.UTC) // Wednesday 06:00 in Shanghai
	if got := (JourneyStep{Weekday: 3, At: "10:00"}).Until(now, Shanghai); !got.Equal(day("2026-11-18 10:00")) {
		t.Errorf("Wednesday in Shanghai: %s", got.In(Shanghai))
	}
	if got := (JourneyStep{Weekday: 3, At: "10:00"}).Until(now, time.UTC); !got.Equal(time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("Wednesday in UTC: %s", got)
	}
}

// TestHoldOut: who is held out stays so, about the share that was asked for is, and journeys draw apart.
func TestHoldOut(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for _, percent := range []int{0, 5, 10, 50} {
		held, both := 0, 0
		for c := range CustomerID(n) {
			a, b := HeldOut(1201, 1001+c, percent), HeldOut(1202, 1001+c, percent)
			if a {
				held++
			}
			if a && b {
				both++
			}
			if a != HeldOut(1201, 1001+c, percent) {
				t.Fatalf("customer %d is held out now and then", c)
			}
		}
		if share := float64(held) / n * 100; share < float64(percent)-0.5 || share > float64(percent)+0.5 {
			t.Errorf("%d%% asked for, %.2f%% held out", percent, share)
		}
		if share := float64(both) / n * 100; share > float64(percent*percent)/100+0.5 {
			t.Errorf("%d%%: %.2f%% are held out of both journeys", percent, share)
		}
	}
}

func TestJourneyPlanIsChecked(t *testing.T) {
	t.Parallel()
	good := JourneyPlan{Name: "召回", Purpose: Marketing, Steps: []JourneyStep{
		{Do: StepCoupon, Text: "{{券}}", Coupon: &JourneyCoupon{Discount: 0.8}},
		{Do: StepWait, Days: 7, For: DidBuy},
		{Do: StepBranch, Did: DidBuy, Then: JourneyEnd},
		{Name: "call", Do: StepTask, Content: "打电话"},
	}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(p *JourneyPlan){
		"no name":             func(p *JourneyPlan) { p.Name = "" },
		"no purpose":          func(p *JourneyPlan) { p.Purpose = "" },
		"all held out":        func(p *JourneyPlan) { p.Holdout = 100 },
		"no steps":            func(p *JourneyPlan) { p.Steps = nil },
		"an unknown step":     func(p *JourneyPlan) { p.Steps[0].Do = "dance" },
		"two coupons in one":  func(p *JourneyPlan) { p.Steps[0].Coupon = &JourneyCoupon{Discount: 0.8, Gift: "杯子"} },
		"a coupon of nothing": func(p *JourneyPlan) { p.Steps[0].Coupon = &JourneyCoupon{} },
		"a wait for nothing":  func(p *JourneyPlan) { p.Steps[1] = JourneyStep{Do: StepWait} },
		"a wait for ever":     func(p *JourneyPlan) { p.Steps[1] = JourneyStep{Do: StepWait, For: DidBuy, Weekday: 2} },
		"a way back":          func(p *JourneyPlan) { p.Steps[0].Name, p.Steps[2].Then = "first", "first" },
		"a way to nowhere":    func(p *JourneyPlan) { p.Steps[2].Then = "nowhere" },
		"a branch on nothing": func(p *JourneyPlan) { p.Steps[2].Did = "" },
		"the same name twice": func(p *JourneyPlan) { p.Steps[0].Name = "call" },
		"an unknown festival": func(p *JourneyPlan) { p.Entry = JourneyEntry{On: EnterFestival, Festivals: []string{"愚人节"}} },
		"silence of no days":  func(p *JourneyPlan) { p.Entry = JourneyEntry{On: EnterSilence} },
	} {
		p := good
		p.Steps = append([]JourneyStep(nil), good.Steps...)
		spoil(&p)
		if err := p.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJourneyWays(t *testing.T) {
	t.Parallel()
	p := JourneyPlan{Steps: []JourneyStep{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	for _, c := range []struct {
		from int
		to   string
		want int
	}{{0, "", 1}, {0, "c", 2}, {0, JourneyEnd, 3}, {1, "a", 3}, {2, "", 3}} {
		if got := p.After(c.from, c.to); got != c.want {
			t.Errorf("after %d by %q comes %d, want %d", c.from, c.to, got, c.want)
		}
	}
	if terms := (JourneyCoupon{SecondHalf: true, Product: "抹茶拿铁"}).Terms(); !strings.Contains(terms.Title(), "第二件半价") || terms.Products[0] != "抹茶拿铁" {
		t.Errorf("the coupon is %+v", terms)
	}
}
