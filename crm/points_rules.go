package crm

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"
)

// PointsRules are a pack's rules of loyalty: how points are earned, how long they are good, what they buy, and the tiers.
type PointsRules struct {
	Enroll   string       `json:"enroll"`       // whom a first order makes a member: "people", "all" customers, "none"
	Rate     float64      `json:"rate"`         // points for a yuan
	Rates    []PointsRate `json:"rates"`        // of products and categories; the first that fits
	Days     []PointsDay  `json:"days"`         // that earn more
	Birthday float64      `json:"birthday"`     // times as much; 0 is once
	Span     string       `json:"span"`         // around a birthday: "day" or "month"
	Months   int          `json:"valid_months"` // how long points are good; 0 is for ever
	Round    string       `json:"round"`        // they end with the "day", the "month" or the "year" in which their time is over
	Warn     int          `json:"warn_days"`    // before points end
	WarnMin  int64        `json:"warn_min"`     // fewer are not told of
	WarnText string       `json:"warn_text"`    // what customers read then, with {{积分}}, {{日期}}, {{余额}}, {{礼品}}; "" is the default
	Tiers    TierRules    `json:"tiers"`
	Gifts    []PointsGift `json:"gifts"`
}

// PointsRate is what a yuan spent on some things earns.
type PointsRate struct {
	Product  string  `json:"product,omitempty"`  // any product whose name holds it
	Category string  `json:"category,omitempty"` // this one
	Rate     float64 `json:"rate"`               // points for a yuan
}

// PointsDay are days that earn more (双倍积分日). Of what is given all must hold.
type PointsDay struct {
	Date    string  `json:"date,omitempty"`    // 2006-01-02, or every year 01-02
	Day     int     `json:"day,omitempty"`     // of every month
	Weekday int     `json:"weekday,omitempty"` // 1 is Monday, 7 is Sunday
	Times   float64 `json:"times"`
}

// on tells whether t is such a day.
func (d PointsDay) on(t time.Time) bool {
	if d.Date == "" && d.Day == 0 && d.Weekday == 0 {
		return false
	}
	return (d.Date == "" || d.Date == t.Format(time.DateOnly) || d.Date == t.Format("01-02")) &&
		(d.Day == 0 || d.Day == t.Day()) && (d.Weekday == 0 || d.Weekday%7 == int(t.Weekday()))
}

// PointsGift is something that points buy (兑换礼品).
type PointsGift struct {
	Name   string   `json:"name"`
	Words  []string `json:"words,omitempty"` // what people say for it
	Points int64    `json:"points"`          // of one
	Stock  int      `json:"stock,omitempty"` // how many there are in all; 0 is as many as are wanted
}

// DefaultPointsRules is a point for a yuan, for a year, in one tier.
var DefaultPointsRules = PointsRules{Enroll: "people", Rate: 1, Months: 12, Round: "month", Warn: 30,
	Tiers: TierRules{List: []Tier{{Name: "普通会员"}}}}

// Check tells what is wrong with rules that a person wrote.
func (p PointsRules) Check() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: points: "+format, append([]any{ErrInvalid}, args...)...)
	}
	rate := func(x float64) bool { return x >= 0 && x <= 1000 && !math.IsNaN(x) }
	switch {
	case !rate(p.Rate):
		return wrong("rate %v", p.Rate)
	case p.Months < 0 || p.Months > 1200:
		return wrong("valid_months %d", p.Months)
	case !slices.Contains([]string{"", "people", "all", "none"}, p.Enroll):
		return wrong("enroll %q", p.Enroll)
	case !slices.Contains([]string{"", "day", "month", "year"}, p.Round):
		return wrong("round %q", p.Round)
	case !slices.Contains([]string{"", "day", "month"}, p.Span):
		return wrong("span %q", p.Span)
	case !rate(p.Birthday):
		return wrong("birthday %v", p.Birthday)
	}
	for _, r := range p.Rates {
		if !rate(r.Rate) || r.Product == "" && r.Category == "" {
			return wrong("rate of %q %q", r.Product, r.Category)
		}
	}
	for _, d := range p.Days {
		if !rate(d.Times) {
			return wrong("times %v", d.Times)
		}
	}
	for _, g := range p.Gifts {
		if g.Name == "" || g.Points <= 0 || g.Stock < 0 {
			return wrong("gift %q", g.Name)
		}
	}
	return p.Tiers.check()
}

// PointsLine is a line of a purchase.
type PointsLine struct {
	Product, Category string
	Amount            Money
}

// PointsPurchase is a purchase that may earn points.
type PointsPurchase struct {
	Source PointsSource
	At     time.Time // UTC
	Lines  []PointsLine
}

// PaidLines are lines that add up to what was paid: what no line accounts for is one of its own, of product or of the only
// line; a discount is taken off each line alike.
func PaidLines(lines []PointsLine, paid Money, product string) []PointsLine {
	var sum Money
	for _, l := range lines {
		sum += l.Amount
	}
	out := slices.Clone(lines)
	switch {
	case sum == paid:
	case sum < paid && len(out) == 1:
		out[0].Amount = paid
	case sum < paid:
		out = append(out, PointsLine{Product: product, Amount: paid - sum})
	default:
		left := paid
		for i := range out {
			part := new(big.Int).Mul(big.NewInt(int64(out[i].Amount)), big.NewInt(int64(paid)))
			out[i].Amount = Money(part.Div(part, big.NewInt(int64(sum))).Int64())
			left -= out[i].Amount
		}
		out[0].Amount += left
	}
	return out
}

// Amount is what was paid in all.
func (p PointsPurchase) Amount() (sum Money) {
	for _, l := range p.Lines {
		sum += l.Amount
	}
	return sum
}

// ByCategory tells whether what a yuan earns depends on the product's category.
func (p PointsRules) ByCategory() bool {
	return slices.ContainsFunc(p.Rates, func(r PointsRate) bool { return r.Category != "" })
}

// Enrolls tells whether a first order makes the customer of that name a member.
func (p PointsRules) Enrolls(name string) bool {
	return p.Enroll == "all" || p.Enroll == "people" && LooksLikePerson(name)
}

// rateOf is what a yuan of l earns.
func (p PointsRules) rateOf(l PointsLine) float64 {
	for _, r := range p.Rates {
		if (r.Product == "" || strings.Contains(Fold(l.Product), Fold(r.Product))) && (r.Category == "" || Fold(r.Category) == Fold(l.Category)) {
			return r.Rate
		}
	}
	return p.Rate
}

// times is how much more the day of a purchase earns a customer with these birthdays (MM-DD): the most of what fits.
func (p PointsRules) times(day time.Time, birthdays []string, tier Tier) float64 {
	most := 1.0
	for _, d := range p.Days {
		if d.on(day) {
			most = max(most, d.Times)
		}
	}
	for _, b := range birthdays {
		if b == day.Format("01-02") || p.Span == "month" && strings.HasPrefix(b, day.Format("01-")) {
			most = max(most, p.Birthday, tier.Birthday)
		}
	}
	return most
}

// Earned is how many points a purchase earns the account: the rate of each line, times that of the tier, times that of
// the day. Parts of a point are dropped once, of the whole.
func (p PointsRules) Earned(a *PointsAccount, buy PointsPurchase) int64 {
	tier := p.Tiers.Of(a.Tier)
	sum := new(big.Int)
	for _, l := range buy.Lines {
		if l.Amount > 0 {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(l.Amount)), hundredths(p.rateOf(l))))
		}
	}
	factor := tier.Rate
	if factor == 0 {
		factor = 1
	}
	sum.Mul(sum, hundredths(factor))
	sum.Mul(sum, hundredths(p.times(buy.At.In(Shanghai), a.Birthdays, tier)))
	sum.Div(sum, big.NewInt(100_000_000)) // fen, and three rates in hundredths
	if !sum.IsInt64() {
		return math.MaxInt32
	}
	return min(sum.Int64(), 1_000_000_000_000)
}

func hundredths(x float64) *big.Int { return big.NewInt(int64(math.Round(x * 100))) }

// LastDay is the last day on which points earned at are good, 2006-01-02.
func (p PointsRules) LastDay(at time.Time) string {
	if p.Months == 0 {
		return PointsForever
	}
	t := at.In(Shanghai)
	switch p.Round {
	case "year":
		return addMonths(t, p.Months).Format("2006") + "-12-31"
	case "month":
		return time.Date(t.Year(), t.Month()+time.Month(p.Months)+1, 0, 0, 0, 0, 0, Shanghai).Format(time.DateOnly)
	}
	return addMonths(t, p.Months).Format(time.DateOnly)
}

// Gift finds the gift that was said; ok is false when none or several answer.
func (p PointsRules) Gift(said string) (gift PointsGift, ok bool) {
	want := Fold(said)
	if want == "" {
		return gift, false
	}
	fits := 0
	for _, g := range p.Gifts {
		names := append([]string{g.Name}, g.Words...)
		if slices.ContainsFunc(names, func(n string) bool { return Fold(n) == want }) {
			return g, true
		}
		if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(Fold(n), want) || strings.Contains(want, Fold(n)) }) {
			gift = g
			fits++
		}
	}
	return gift, fits == 1
}
