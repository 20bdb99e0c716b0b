package crm_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gendan/crm"
)

// TestAttributionIsOfTheWholeOrder tries many orders and touches: every way of counting gives away exactly the order's
// revenue, to touches before it and within their window, whatever order they come in.
func TestAttributionIsOfTheWholeOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 11))
	at := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	kinds := []string{crm.TouchClick, crm.TouchCoupon, crm.TouchLead, crm.TouchSource}
	for range 5000 {
		rules := crm.CampaignRules{WindowDays: 1 + rng.IntN(60), LeadDays: 1 + rng.IntN(200)}
		revenue := crm.Money(rng.Int64N(100_000_000))
		touches := make([]crm.Touch, rng.IntN(8))
		fits := map[crm.CampaignID]bool{}
		for i := range touches {
			touches[i] = crm.Touch{Campaign: crm.CampaignID(i + 1), Channel: "抖音", Kind: kinds[rng.IntN(4)], At: at.Add(time.Duration(rng.IntN(24*250)-24*10) * -time.Hour)}
			age := at.Sub(touches[i].At)
			fits[touches[i].Campaign] = age >= 0 && age <= rules.Window(touches[i].Kind)
		}
		n := 0
		for _, ok := range fits {
			if ok {
				n++
			}
		}
		a := crm.Attribute(revenue, at, touches, rules)
		for name, credits := range map[string][]crm.Credit{"first": a.First, "last": a.Last, "linear": a.Linear} {
			var sum crm.Money
			var share float64
			for _, c := range credits {
				sum, share = sum+c.Revenue, share+c.Share
				if !fits[c.Campaign] {
					t.Fatalf("%s: a touch after the order or outside its window is given %v of %v", name, c, touches)
				}
			}
			if n == 0 && len(credits) != 0 || n > 0 && (sum != revenue || math.Abs(share-1) > 1e-9) {
				t.Fatalf("%s: %v given of %v, shares %v, to %d touches", name, sum, revenue, share, n)
			}
		}
		if len(a.Linear) != n {
			t.Fatalf("linear: %d of %d touches", len(a.Linear), n)
		}
		for i := 1; i < len(a.Linear); i++ {
			if d := a.Linear[i-1].Revenue - a.Linear[i].Revenue; d < 0 || d > 1 {
				t.Fatalf("linear parts differ: %v", a.Linear)
			}
		}
		rng.Shuffle(len(touches), func(i, j int) { touches[i], touches[j] = touches[j], touches[i] })
		b := crm.Attribute(revenue, at, touches, rules)
		for i := range a.Linear {
			if a.Linear[i] != b.Linear[i] {
				t.Fatalf("another order of touches: %v and %v", a.Linear, b.Linear)
			}
		}
	}
}

func TestTheFirstAndTheLastTouch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return at.AddDate(0, 0, -n) }
	a := crm.Attribute(1000, at, []crm.Touch{
		{Campaign: 1, Channel: "抖音", Kind: crm.TouchLead, At: day(100)}, {Campaign: 2, Channel: "小红书", Kind: crm.TouchClick, At: day(3)},
		{Campaign: 3, Channel: "官网", Kind: crm.TouchClick, At: day(31)}, {Campaign: 4, Channel: "群发", Kind: crm.TouchCoupon, At: at},
		{Campaign: 5, Channel: "群发", Kind: crm.TouchClick, At: at.Add(time.Second)},
	}, crm.DefaultCampaignRules)
	if a.First[0].Campaign != 1 || a.Last[0].Campaign != 4 || len(a.Linear) != 3 || a.Linear[0].Revenue != 334 || a.Linear[2].Revenue != 333 {
		t.Errorf("%+v", a)
	}
}

// Every customer reads the same text each time, and each text is read by about as many.
func TestVariantsSplitEvenly(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3} {
		count := make([]int, n)
		for c := range 30_000 {
			v := crm.Variant(77, crm.CustomerID(c), n)
			if v != crm.Variant(77, crm.CustomerID(c), n) {
				t.Fatal("not the same twice")
			}
			count[v]++
		}
		for v, k := range count {
			if want := 30_000 / n; k < want*95/100 || k > want*105/100 {
				t.Errorf("%d texts: %d is read by %d", n, v, k)
			}
		}
	}
	moved := 0
	for c := range 1000 {
		if crm.Variant(1, crm.CustomerID(c), 2) != crm.Variant(2, crm.CustomerID(c), 2) {
			moved++
		}
	}
	if moved < 400 || moved > 600 {
		t.Errorf("two sends split alike: %d of 1000 differ", moved)
	}
}

func TestOnlyWebAddressesAreLinkedTo(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "javascript:alert(1)", "data:text/html,x", "ftp://a.cn/x", "//evil.cn", "/c/x", "https://", "https://a@b.cn/", "http://a.cn/\r\nSet-Cookie: x", "shop.cn",
		"https://a.cn/" + strings.Repeat("x", 2000), "https://a.cn\\@b.cn"} {
		if got, err := crm.CheckLink(bad); !errors.Is(err, crm.ErrInvalid) {
			t.Errorf("%q is %q, %v", bad, got, err)
		}
	}
	if got, err := crm.CheckLink(" https://shop.example.com/a?x=1#y "); err != nil || got != "https://shop.example.com/a?x=1#y" {
		t.Error(got, err)
	}
	for said, want := range map[string]string{
		"https://a.cn/p":                               "https://a.cn/p?utm_source=%E6%8A%96%E9%9F%B3&utm_campaign=tok",
		"https://a.cn/p?x=1#top":                       "https://a.cn/p?x=1&utm_source=%E6%8A%96%E9%9F%B3&utm_campaign=tok#top",
		"https://a.cn/p?utm_source=a&utm_campaign=own": "https://a.cn/p?utm_source=a&utm_campaign=own",
	} {
		if got := crm.Tagged(said, "抖音", "tok"); got != want {
			t.Errorf("%s: %s", said, got)
		}
	}
}

func TestRobotsAreNotCustomers(t *testing.T) {
	t.Parallel()
	for _, agent := range []string{"", "curl/8.5", "Mozilla/5.0 (compatible; Baiduspider/2.0)", "facebookexternalhit/1.1", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Go-http-client/1.1"} {
		if !crm.Robot(agent) {
			t.Errorf("%q counts", agent)
		}
	}
	for _, agent := range []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.42",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 DingTalk/7.0",
	} {
		if crm.Robot(agent) {
			t.Errorf("%q does not count", agent)
		}
	}
}
