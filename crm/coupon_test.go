package crm_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gendan/crm"
)

func TestCouponTakesOff(t *testing.T) {
	t.Parallel()
	yuan := crm.Yuan
	latte := func(quantity float64, amount float64) crm.CouponLine {
		return crm.CouponLine{Product: "抹茶拿铁", Category: "饮品", Quantity: quantity, Amount: yuan(amount)}
	}
	cake := crm.CouponLine{Product: "红丝绒蛋糕", Category: "甜点", Quantity: 1, Amount: yuan(38)}
	only := func(amount float64) crm.CouponLine { return crm.CouponLine{Amount: yuan(amount)} }
	percent := crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.8}
	for says, c := range map[string]struct {
		terms crm.CouponTerms
		lines []crm.CouponLine
		off   float64
		no    string // part of the refusal
	}{
		"a fifth of everything":                 {percent, []crm.CouponLine{only(60)}, 12, ""},
		"rounded to the fen":                    {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.85}, []crm.CouponLine{only(9.99)}, 1.5, ""},
		"no more than the limit":                {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, MaxOff: yuan(20)}, []crm.CouponLine{only(100)}, 20, ""},
		"of its products only":                  {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, Products: []string{"抹茶"}}, []crm.CouponLine{latte(1, 30), cake}, 15, ""},
		"of a category":                         {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, Products: []string{"甜点"}}, []crm.CouponLine{latte(1, 30), cake}, 19, ""},
		"nothing of its products":               {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, Products: []string{"抹茶"}}, []crm.CouponLine{cake}, 0, "这一单里没有"},
		"products are not told":                 {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, Products: []string{"抹茶"}}, []crm.CouponLine{only(60)}, 0, "请说买了什么"},
		"so much less":                          {crm.CouponTerms{Kind: crm.CouponAmount, Off: yuan(20), MinSpend: yuan(100)}, []crm.CouponLine{only(100)}, 20, ""},
		"one fen short":                         {crm.CouponTerms{Kind: crm.CouponAmount, Off: yuan(20), MinSpend: yuan(100)}, []crm.CouponLine{only(99.99)}, 0, "还差 ¥0.01"},
		"never more than the order":             {crm.CouponTerms{Kind: crm.CouponAmount, Off: yuan(20)}, []crm.CouponLine{only(12)}, 12, ""},
		"the limit counts before the coupon":    {crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.5, MinSpend: yuan(100)}, []crm.CouponLine{only(100)}, 50, ""},
		"the limit is of the coupon's products": {crm.CouponTerms{Kind: crm.CouponAmount, Off: yuan(20), MinSpend: yuan(50), Products: []string{"抹茶"}}, []crm.CouponLine{latte(1, 30), cake}, 0, "还差 ¥20"},
		"two cups, the second at half":          {crm.CouponTerms{Kind: crm.CouponSecondHalf, Products: []string{"抹茶"}}, []crm.CouponLine{latte(2, 60), cake}, 15, ""},
		"the cheaper of two":                    {crm.CouponTerms{Kind: crm.CouponSecondHalf}, []crm.CouponLine{latte(1, 30), cake}, 15, ""},
		"one of four":                           {crm.CouponTerms{Kind: crm.CouponSecondHalf}, []crm.CouponLine{latte(4, 120)}, 15, ""},
		"one cup is no two":                     {crm.CouponTerms{Kind: crm.CouponSecondHalf}, []crm.CouponLine{latte(1, 30)}, 0, "两件"},
		"how many is not told":                  {crm.CouponTerms{Kind: crm.CouponSecondHalf}, []crm.CouponLine{only(60)}, 0, "几件"},
		"a cake does not make matcha two":       {crm.CouponTerms{Kind: crm.CouponSecondHalf, Products: []string{"抹茶"}}, []crm.CouponLine{latte(1, 30), cake}, 0, "两件"},
		"a gift takes nothing off":              {crm.CouponTerms{Kind: crm.CouponGift, Gift: "马克杯"}, []crm.CouponLine{only(60)}, 0, ""},
		"a gift above a limit":                  {crm.CouponTerms{Kind: crm.CouponGift, Gift: "马克杯", MinSpend: yuan(100)}, []crm.CouponLine{only(60)}, 0, "要满 ¥100"},
		"a negative line":                       {percent, []crm.CouponLine{only(-60)}, 0, "金额不对"},
	} {
		off, err := c.terms.TakesOff(c.lines)
		var no *crm.Refusal
		switch {
		case c.no == "" && (err != nil || off != yuan(c.off)):
			t.Errorf("%s: %v, %v, want %v", says, off, err, yuan(c.off))
		case c.no != "" && (!errors.As(err, &no) || !strings.Contains(no.Sentence, c.no) || !errors.Is(err, crm.ErrInvalid)):
			t.Errorf("%s: %v, %v, want a refusal with %q", says, off, err, c.no)
		}
	}
}

// Whatever the terms and the order: a coupon takes off no more than what it is for, and nothing below its limit.
func TestCouponTakesOffProperties(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(78, 5))
	products := []string{"抹茶拿铁", "抹茶蛋糕", "美式", "", "Ａ４ 纸"}
	used := map[string]int{}
	for range 20_000 {
		terms := crm.CouponTerms{Kind: []string{crm.CouponPercent, crm.CouponAmount, crm.CouponSecondHalf, crm.CouponGift}[dice.IntN(4)],
			Discount: float64(1+dice.IntN(999)) / 1000, Off: crm.Money(1 + dice.Int64N(10_000)), Gift: "杯"}
		if dice.IntN(2) == 0 {
			terms.MinSpend = terms.Off + crm.Money(dice.Int64N(10_000))
		}
		if dice.IntN(2) == 0 {
			terms.MaxOff = crm.Money(dice.Int64N(3000))
		}
		if dice.IntN(2) == 0 {
			terms.Products = []string{[]string{"抹茶", "美式", "a4纸"}[dice.IntN(3)]}
		}
		if err := terms.Check(); err != nil {
			t.Fatalf("%+v: %v", terms, err)
		}
		var lines []crm.CouponLine
		var fits, least, dearest crm.Money
		for range dice.IntN(5) {
			l := crm.CouponLine{Product: products[dice.IntN(len(products))], Quantity: []float64{0, 1, 2, 3, 1.5, 0.3}[dice.IntN(6)], Amount: crm.Money(dice.Int64N(20_000))}
			lines = append(lines, l)
			if terms.Fits(l) {
				fits += l.Amount
				if least == 0 || l.Amount < least {
					least = l.Amount
				}
				dearest = max(dearest, l.Amount)
			}
		}
		off, err := terms.TakesOff(lines)
		if err != nil {
			if !errors.Is(err, crm.ErrInvalid) || off != 0 {
				t.Fatalf("%+v %+v: %v, %v", terms, lines, off, err)
			}
			used["refused"]++
			continue
		}
		used[terms.Kind]++
		switch {
		case off < 0 || off > fits:
			t.Fatalf("%+v %+v: %v of %v", terms, lines, off, fits)
		case fits < terms.MinSpend:
			t.Fatalf("%+v %+v: %v is below the limit", terms, lines, fits)
		case terms.Kind == crm.CouponPercent && terms.MaxOff > 0 && off > terms.MaxOff, terms.Kind == crm.CouponAmount && off > terms.Off, terms.Kind == crm.CouponGift && off != 0:
			t.Fatalf("%+v %+v: %v is too much", terms, lines, off)
		case terms.Kind == crm.CouponSecondHalf && off > dearest/2:
			t.Fatalf("%+v %+v: %v is more than half of one thing", terms, lines, off)
		}
		var sum, total crm.Money
		for i, cost := range terms.Spread(lines, off) {
			if cost < 0 || cost > lines[i].Amount || !terms.Fits(lines[i]) && cost != lines[i].Amount {
				t.Fatalf("%+v %+v: line %d costs %v", terms, lines, i, cost)
			}
			sum, total = sum+cost, total+lines[i].Amount
		}
		if sum != total-off {
			t.Fatalf("%+v %+v: the lines cost %v together, want %v", terms, lines, sum, total-off)
		}
		for i, l := range lines { // what the coupon is not for changes nothing
			if terms.Fits(l) || terms.MinSpend > 0 {
				continue
			}
			without := append(append([]crm.CouponLine{}, lines[:i]...), lines[i+1:]...)
			if again, err := terms.TakesOff(without); err == nil && again != off {
				t.Fatalf("%+v %+v: %v, and %v without line %d", terms, lines, off, again, i)
			}
		}
	}
	for _, kind := range []string{crm.CouponPercent, crm.CouponAmount, crm.CouponSecondHalf, crm.CouponGift, "refused"} {
		if used[kind] < 500 {
			t.Errorf("%s: only %d cases", kind, used[kind])
		}
	}
}

func TestCouponSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		terms       crm.CouponTerms
		title, says string
	}{
		{crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.8}, "8折券", "8折"},
		{crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.85, MinSpend: crm.Yuan(100), MaxOff: crm.Yuan(50)}, "85折券", "85折（满¥100可用，最多减¥50）"},
		{crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.885, Products: []string{"抹茶"}}, "抹茶 88.5折券", "抹茶 88.5折"},
		{crm.CouponTerms{Kind: crm.CouponAmount, Off: crm.Yuan(20), MinSpend: crm.Yuan(100)}, "满100减20券", "满100减20"},
		{crm.CouponTerms{Kind: crm.CouponAmount, Off: crm.Yuan(9.9)}, "立减9.9元券", "立减9.9元"},
		{crm.CouponTerms{Kind: crm.CouponSecondHalf, Products: []string{"抹茶"}}, "抹茶 第二件半价券", "抹茶 第二件半价"},
		{crm.CouponTerms{Kind: crm.CouponGift, Gift: "马克杯", MinSpend: crm.Yuan(68)}, "马克杯赠品券", "送马克杯（满¥68可用）"},
		{crm.CouponTerms{Name: "老友券", Kind: crm.CouponAmount, Off: crm.Yuan(20), MinSpend: crm.Yuan(100), Products: []string{"抹茶"}}, "老友券", "抹茶 满100减20（满¥100可用，限抹茶）"},
	} {
		if c.terms.Title() != c.title || c.terms.Says() != c.says {
			t.Errorf("%q %q, want %q %q", c.terms.Title(), c.terms.Says(), c.title, c.says)
		}
	}
}

func TestCouponCheck(t *testing.T) {
	t.Parallel()
	for says, terms := range map[string]crm.CouponTerms{
		"nothing":             {},
		"more than the price": {Kind: crm.CouponPercent, Discount: 1.2},
		"for nothing":         {Kind: crm.CouponPercent},
		"nothing off":         {Kind: crm.CouponAmount},
		"off above the limit": {Kind: crm.CouponAmount, Off: crm.Yuan(20), MinSpend: crm.Yuan(10)},
		"no gift":             {Kind: crm.CouponGift},
		"for ever":            {Kind: crm.CouponSecondHalf, ValidDays: 731},
		"for less than a day": {Kind: crm.CouponSecondHalf, ValidDays: -1},
	} {
		if err := terms.Check(); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%s: %v", says, err)
		}
	}
	good := crm.CouponTerms{Kind: crm.CouponPercent, Discount: 0.8}
	if err := good.Check(); err != nil || good.ValidDays != 30 {
		t.Errorf("%+v, %v", good, err)
	}
	good.ValidDays = 10
	issued := time.Date(2026, 11, 18, 23, 30, 0, 0, crm.Shanghai)
	if got, want := good.ExpiresAt(issued, crm.Shanghai), time.Date(2026, 11, 29, 0, 0, 0, 0, crm.Shanghai); !got.Equal(want) {
		t.Errorf("ends %v, want %v", got, want)
	}
}

func TestCouponCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		code := crm.NewCouponCode()
		if got, err := crm.ReadCouponCode(crm.SayCouponCode(code)); err != nil || got != code || seen[code] {
			t.Fatalf("%q is read as %q, %v", code, got, err)
		}
		seen[code] = true
	}
	for said, want := range map[string]string{
		"K7F2-9QXT-3WDM": "K7F29QXT3WDM",
		"k7f2 9qxt 3wdm": "K7F29QXT3WDM",
		"Ｋ７Ｆ２－９ＱＸＴ－３ＷＤＭ":           "K7F29QXT3WDM",
		"ＫＯｌi—OO00—1IL1":           "K0110000" + "1111",
		" 「K7F2—9QXT—3WDM」。":       "K7F29QXT3WDM",
		"K7F2\u30009QXT\u00a03WDM": "K7F29QXT3WDM",
		"K7F2-9QXT-3WD":            "",
		"K7F2-9QXT-3WDMM":          "",
		"K7F2-9QXT-3WDU":           "", // no U in a code
		"13812345678":              "",
		"我的券K7F2-9QXT-3WDM":        "",
		"":                         "",
	} {
		got, err := crm.ReadCouponCode(said)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", said, got, err, want)
		}
	}
	if crm.SayCouponCode("K7F29QXT3WDM") != "K7F2-9QXT-3WDM" || crm.HideCouponCode("K7F29QXT3WDM") != "····-3WDM" || crm.HideCouponCode("短") != "" {
		t.Error(crm.SayCouponCode("K7F29QXT3WDM"), crm.HideCouponCode("K7F29QXT3WDM"))
	}
}

// However a code is typed, what is read is a code, and reading it again changes nothing.
func FuzzReadCouponCode(f *testing.F) {
	for _, seed := range []string{"K7F2-9QXT-3WDM", "ｋ７ｆ２　９ｑｘｔ　３ｗｄｍ", "OIL0-OIL0-OIL0", "核销 K7F2", "\xff\xfe", "K7F2–9QXT–3WDM"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		code, err := crm.ReadCouponCode(said)
		if err != nil {
			if code != "" || !errors.Is(err, crm.ErrInvalid) {
				t.Fatalf("%q: %q, %v", said, code, err)
			}
			return
		}
		if len(code) != 12 || strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
			t.Fatalf("%q is read as %q", said, code)
		}
		for _, again := range []string{code, crm.SayCouponCode(code), strings.ToLower(code), " " + strings.ReplaceAll(code, "0", "o") + "\n"} {
			if got, err := crm.ReadCouponCode(again); err != nil || got != code {
				t.Fatalf("%q is %q and then %q, %v", said, code, got, err)
			}
		}
	})
}
