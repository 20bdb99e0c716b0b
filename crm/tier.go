package crm

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// TierRules are the tiers of members (会员等级) and how one rises and falls. A tier is reached as soon as what was bought in
// the last twelve months suffices, and is good for Months; at its end it is kept when what was bought in the twelve
// months before suffices for it, else it goes down by one.
type TierRules struct {
	By       string `json:"by"`        // "spend": Min is yuan paid; "points": Min is points earned
	Months   int    `json:"months"`    // how long a tier is good; 0 is twelve
	Warn     int    `json:"warn_days"` // before a tier ends that would not be kept
	WarnText string `json:"warn_text"` // what customers read then, with {{等级}}, {{日期}}, {{还差}}; "" is the default
	List     []Tier `json:"list"`      // lowest first; everybody has the first
}

// Tier (会员等级) is what regular customers have of being regular.
type Tier struct {
	Name     string   `json:"name"`
	Words    []string `json:"words,omitempty"`    // what people say for it
	Min      float64  `json:"min"`                // what it takes in twelve months: yuan or points; 0 for the first
	Rate     float64  `json:"rate,omitempty"`     // times as many points; 0 is once
	Birthday float64  `json:"birthday,omitempty"` // times as many points around a birthday; 0 is as everybody
	Benefits []string `json:"benefits,omitempty"` // what it gives, as customers read it
}

func (t TierRules) check() error {
	if t.By != "" && t.By != "spend" && t.By != "points" {
		return fmt.Errorf("%w: tiers: by %q", ErrInvalid, t.By)
	}
	for i, tier := range t.List {
		if tier.Name == "" || tier.Rate < 0 || tier.Rate > 100 || tier.Birthday < 0 || tier.Birthday > 100 || i == 0 && tier.Min != 0 || i > 0 && tier.Min <= t.List[i-1].Min {
			return fmt.Errorf("%w: tier %d %q: each takes more than the one below", ErrInvalid, i+1, tier.Name)
		}
	}
	return nil
}

// index is where a tier stands; that of an unknown name is the first.
func (t TierRules) index(name string) int {
	return max(0, slices.IndexFunc(t.List, func(l Tier) bool { return l.Name == name }))
}

// Of is the tier of that name; "" and names that are no longer used are the first.
func (t TierRules) Of(name string) Tier {
	if len(t.List) == 0 {
		return Tier{}
	}
	return t.List[t.index(name)]
}

// Find finds a tier by what people call it.
func (t TierRules) Find(said string) (Tier, bool) {
	for _, l := range t.List {
		if Fold(l.Name) == Fold(said) || slices.ContainsFunc(l.Words, func(w string) bool { return Fold(w) == Fold(said) }) {
			return l, true
		}
	}
	return Tier{}, false
}

// Progress is what a customer has bought in the last twelve months.
type Progress struct {
	Spent  Money
	Points int64 // earned
}

// measured is progress in the unit of Min, times a hundred.
func (t TierRules) measured(p Progress) int64 {
	if t.By == "points" {
		return p.Points * 100
	}
	return int64(p.Spent)
}

// reached is the highest tier that p suffices for.
func (t TierRules) reached(p Progress) int {
	top := 0
	for i, l := range t.List {
		if t.measured(p) >= int64(l.Min*100+0.5) {
			top = i
		}
	}
	return top
}

// Next is the tier above that of name and what p lacks for it, in yuan or points rounded up; ok is false at the top.
func (t TierRules) Next(name string, p Progress) (next Tier, lacks int64, ok bool) {
	i := t.index(name) + 1
	if i >= len(t.List) {
		return Tier{}, 0, false
	}
	return t.List[i], t.lacks(i, p), true
}

func (t TierRules) lacks(i int, p Progress) int64 {
	return max(0, (int64(t.List[i].Min*100+0.5)-t.measured(p)+99)/100)
}

// Say is a number of the unit of Min as people say it.
func (t TierRules) Say(n int64) string {
	if t.By == "points" {
		return strconv.FormatInt(n, 10) + " 分"
	}
	return Money(n * 100).String()
}

// Lacks is what p lacks to keep the tier of that name, in yuan or points rounded up.
func (t TierRules) Lacks(name string, p Progress) int64 {
	if len(t.List) == 0 {
		return 0
	}
	return t.lacks(t.index(name), p)
}

// TierChange is how a tier changed: an entry of its history.
type TierChange struct {
	Customer       CustomerID
	Why            string // "raise", "keep", "fall", "back"
	From, To       string
	FromEnd, ToEnd string // last days; "" when there is none
	Source         PointsSource
}

// Raise gives the account the tier that p suffices for, if it is a higher one; ok is false when it is not.
func (t TierRules) Raise(a *PointsAccount, p Progress, now time.Time) (c TierChange, ok bool) {
	if len(t.List) == 0 {
		return c, false
	}
	i := t.reached(p)
	if i <= t.index(a.Tier) {
		return c, false
	}
	return t.change(a, i, "raise", addMonths(now.In(Shanghai), t.months()).Format(time.DateOnly)), true
}

// End is what becomes of a tier whose last day is before today: it is kept when p suffices, else it goes down by one. ok
// is false when its time is not over.
func (t TierRules) End(a *PointsAccount, p Progress, now time.Time) (c TierChange, ok bool) {
	today := now.In(Shanghai).Format(time.DateOnly)
	if a.TierUntil == "" || a.TierUntil >= today || len(t.List) == 0 {
		return c, false
	}
	until := addMonths(now.In(Shanghai), t.months()).Format(time.DateOnly)
	old := t.index(a.Tier)
	if i := t.reached(p); i >= old && old > 0 {
		return t.change(a, i, "keep", until), true
	}
	return t.change(a, max(0, old-1), "fall", until), true
}

// change gives the account tier i through until; the first tier does not end.
func (t TierRules) change(a *PointsAccount, i int, why, until string) TierChange {
	if i == 0 {
		until = ""
	}
	c := TierChange{Customer: a.Customer, Why: why, From: a.Tier, FromEnd: a.TierUntil, To: t.List[i].Name, ToEnd: until}
	a.Tier, a.TierUntil, a.TierWarn = c.To, c.ToEnd, false
	return c
}

// Back takes a rise back whose purchase was taken back, unless what is left suffices.
func (t TierRules) Back(a *PointsAccount, last TierChange, p Progress) (c TierChange, ok bool) {
	if last.Why != "raise" || a.Tier != last.To || t.reached(p) >= t.index(a.Tier) {
		return c, false
	}
	c = TierChange{Customer: a.Customer, Why: "back", From: a.Tier, FromEnd: a.TierUntil, To: last.From, ToEnd: last.FromEnd, Source: last.Source}
	a.Tier, a.TierUntil, a.TierWarn = c.To, c.ToEnd, false
	return c, true
}

// Merge gives the account what it takes over from other, which became a part of it: the higher tier, or of the same the later
// end, unless p, what both have bought, suffices for more. ok is false when nothing changes.
func (t TierRules) Merge(a, other *PointsAccount, p Progress, now time.Time) (c TierChange, ok bool) {
	if len(t.List) == 0 {
		return c, false
	}
	own, took, reached := t.index(a.Tier), t.index(other.Tier), t.reached(p)
	switch {
	case reached > max(own, took):
		return t.Raise(a, p, now)
	case took > own:
		return t.change(a, took, "raise", other.TierUntil), true
	case took == own && took > 0 && other.TierUntil > a.TierUntil:
		return t.change(a, took, "keep", other.TierUntil), true
	}
	return c, false
}

// Unmerge takes back what Merge changed, when nothing changed since; p is what the account has bought without the other.
func (t TierRules) Unmerge(a *PointsAccount, last TierChange, p Progress) (c TierChange, ok bool) {
	if a.Tier != last.To || a.TierUntil != last.ToEnd || t.reached(p) >= t.index(last.To) && t.index(last.To) > t.index(last.From) {
		return c, false
	}
	c = TierChange{Customer: a.Customer, Why: "back", From: a.Tier, FromEnd: a.TierUntil, To: last.From, ToEnd: last.FromEnd, Source: last.Source}
	a.Tier, a.TierUntil, a.TierWarn = c.To, c.ToEnd, false
	return c, true
}

func (t TierRules) months() int {
	if t.Months == 0 {
		return 12
	}
	return t.Months
}

// WarnOn is the day on which to tell that the account's tier ends; "" when nothing is to be told.
func (t TierRules) WarnOn(a *PointsAccount) string {
	if a.TierUntil == "" || a.TierWarn || t.Warn == 0 {
		return ""
	}
	return dayAfter(a.TierUntil, -t.Warn)
}
