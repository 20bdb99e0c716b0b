package crm

import (
	"math"
	"slices"
	"strings"
)

// CouponLine is a line of the order on which a coupon is used. Only the amount may be all that is known.
type CouponLine struct {
	Product  string
	Category string
	Quantity float64 // 0 is not said
	Amount   Money   // of the whole line, before the coupon
}

// TakesOff is what the coupon takes off an order of those lines: never more than what it is for costs. It refuses with
// ErrInvalid when the order does not fulfil the terms, or says too little to tell. A gift takes nothing off.
func (t CouponTerms) TakesOff(lines []CouponLine) (Money, error) {
	var total, counts Money // of all, and of what the coupon is for
	var fit []CouponLine
	unknown := false
	for _, l := range lines {
		if l.Amount < 0 || l.Amount > MaxMoney || total > MaxMoney-l.Amount {
			return 0, Refuse(ErrInvalid, "金额不对，请核对后再说一遍。")
		}
		total += l.Amount
		unknown = unknown || l.Product == "" && l.Category == ""
		if t.Fits(l) {
			counts += l.Amount
			fit = append(fit, l)
		}
	}
	only := strings.Join(t.Products, "、")
	switch {
	case len(t.Products) > 0 && len(fit) == 0 && unknown:
		return 0, Refuse(ErrCouponTerms, "这张券只能买%s时用，请说买了什么，比如「%s 2件 60元」。", only, t.Products[0])
	case len(t.Products) > 0 && len(fit) == 0:
		return 0, Refuse(ErrCouponTerms, "这张券只能买%s时用，这一单里没有。", only)
	case counts < t.MinSpend && len(t.Products) > 0:
		return 0, Refuse(ErrCouponTerms, "%s要满 %s 才能用，这一单里是 %s，还差 %s。", only, t.MinSpend, counts, t.MinSpend-counts)
	case counts < t.MinSpend:
		return 0, Refuse(ErrCouponTerms, "要满 %s 才能用，这一单是 %s，还差 %s。", t.MinSpend, counts, t.MinSpend-counts)
	}
	switch t.Kind {
	case CouponPercent:
		off := counts - Money(math.Round(float64(counts)*t.Discount))
		if t.MaxOff > 0 {
			off = min(off, t.MaxOff)
		}
		return min(max(off, 0), counts), nil
	case CouponAmount:
		return min(t.Off, counts), nil
	case CouponSecondHalf:
		return secondHalf(fit)
	}
	return 0, nil
}

// Fits tells whether the coupon is for a line: one of its products stands in the line's product, or is its category.
func (t CouponTerms) Fits(l CouponLine) bool {
	if len(t.Products) == 0 {
		return true
	}
	product, category := Fold(l.Product), Fold(l.Category)
	return slices.ContainsFunc(t.Products, func(p string) bool {
		p = Fold(p)
		return p != "" && (p == category || strings.Contains(product, p))
	})
}

// secondHalf is half the price of one thing, the cheapest of those bought: there must be two.
func secondHalf(lines []CouponLine) (Money, error) {
	things, said := 0.0, true
	var least Money = -1
	for _, l := range lines {
		n := math.Floor(l.Quantity)
		if l.Quantity == 0 {
			n, said = 1, false
		}
		if n < 1 {
			continue
		}
		things += n
		if one := Money(float64(l.Amount) / max(l.Quantity, 1)); least < 0 || one < least {
			least = one
		}
	}
	if things < 2 {
		if !said {
			return 0, Refuse(ErrCouponTerms, "第二件半价要知道买了几件，比如「抹茶拿铁 2件 60元」。")
		}
		return 0, Refuse(ErrCouponTerms, "第二件半价要买两件才能用。")
	}
	return least / 2, nil
}

// NeedsAmount tells whether what the coupon takes off cannot be told without the order's price.
func (t CouponTerms) NeedsAmount() bool { return t.Kind != CouponGift || t.MinSpend > 0 }

// Spread takes off from the lines that the coupon is for, each by its share, and answers what each line costs then: together
// they cost so much less, and none is below nothing.
func (t CouponTerms) Spread(lines []CouponLine, off Money) []Money {
	costs := make([]Money, len(lines))
	var counts Money
	for i, l := range lines {
		costs[i] = l.Amount
		if t.Fits(l) {
			counts += l.Amount
		}
	}
	off = min(off, counts)
	var passed, taken Money // of what the coupon is for, and of off
	for i, l := range lines {
		if !t.Fits(l) || counts == 0 {
			continue
		}
		passed += l.Amount
		upTo := Money(math.Round(float64(off) * float64(passed) / float64(counts)))
		costs[i] -= min(upTo-taken, l.Amount)
		taken += l.Amount - costs[i]
	}
	return costs
}
