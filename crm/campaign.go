package crm

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"time"
)

// CampaignID is the number of a campaign.
type CampaignID int64

// Campaign (推广) is a push with an aim: what it costs is written down, and what comes of it is counted.
type Campaign struct {
	ID      CampaignID
	Name    string
	Budget  Money  // fen; 0 is not set
	Channel string // where it runs: 抖音, 小红书 …; "" when it runs in several
	Filter  Filter // whom campaign.send speaks to
	Start   string // 2006-01-02; "" when not said
	End     string // the last day
	State   string
}

// The states of a campaign.
const (
	CampaignOpen    = "open"
	CampaignStopped = "stopped" // nothing is sent any more; links go on leading where they did
)

// CampaignRules are the pack's: how long after a touch an order still counts as brought by it, what a campaign may cost, and
// how many come by a form.
type CampaignRules struct {
	WindowDays int     `json:"window_days"`  // after a click, or a coupon of the campaign
	LeadDays   int     `json:"lead_days"`    // after somebody came as a lead, or as a customer of a source: big orders take longer
	Budget     float64 `json:"budget"`       // yuan, of a campaign for which none was said; 0 is none
	WarnAt     float64 `json:"warn_at"`      // share of the budget from which whoever writes down a cost is told what is left; 0 is always
	LinkShown  int     `json:"links_shown"`  // how many links a campaign's view shows
	FormPerDay int     `json:"form_per_day"` // leads a form takes in a day; 0 is any
}

// DefaultCampaignRules are used where the pack says nothing.
var DefaultCampaignRules = CampaignRules{WindowDays: 30, LeadDays: 180, LinkShown: 10, FormPerDay: 500}

// Check tells what is wrong with rules that a person wrote.
func (r CampaignRules) Check() error {
	for name, days := range map[string]int{"window_days": r.WindowDays, "lead_days": r.LeadDays} {
		if days < 1 || days > 3650 {
			return fmt.Errorf("%w: campaigns: %s %d", ErrInvalid, name, days)
		}
	}
	switch {
	case r.Budget < 0 || r.Budget > float64(MaxMoney)/100:
		return fmt.Errorf("%w: campaigns: budget %v", ErrInvalid, r.Budget)
	case r.WarnAt < 0 || r.WarnAt > 1:
		return fmt.Errorf("%w: campaigns: warn_at %v", ErrInvalid, r.WarnAt)
	case r.LinkShown < 1 || r.LinkShown > 100:
		return fmt.Errorf("%w: campaigns: links_shown %d", ErrInvalid, r.LinkShown)
	case r.FormPerDay < 0:
		return fmt.Errorf("%w: campaigns: form_per_day %d", ErrInvalid, r.FormPerDay)
	}
	return nil
}

// The kinds of touches.
const (
	TouchClick  = "click"  // the customer opened a link that was made for them
	TouchCoupon = "coupon" // the order used a coupon of the campaign
	TouchLead   = "lead"   // the customer came as a lead
	TouchSource = "source" // the customer was written down with where they come from
)

// Window is how long a touch counts.
func (r CampaignRules) Window(kind string) time.Duration {
	days := r.WindowDays
	if kind == TouchLead || kind == TouchSource {
		days = r.LeadDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// Touch is one contact of a customer with our advertising.
type Touch struct {
	Campaign CampaignID // 0: a channel alone
	Channel  string
	Kind     string
	At       time.Time
}

// Credit is the part of an order that a touch is given.
type Credit struct {
	Campaign CampaignID
	Channel  string
	Kind     string
	Share    float64 // of the order, 0 to 1
	Revenue  Money   // fen
}

// Attribution is who is given an order, in three ways of counting: the first touch all of it, the last touch all of it, every
// touch the same. In each way the revenue sums to the order's; all are empty when no touch counts.
type Attribution struct {
	First, Last, Linear []Credit
}

// Attribute gives an order of that revenue and time to the touches that came before it and within the window of their kind.
// The order of touches does not matter. What does not divide evenly goes to the earlier touches.
func Attribute(revenue Money, at time.Time, touches []Touch, rules CampaignRules) (a Attribution) {
	good := make([]Touch, 0, len(touches))
	for _, t := range touches {
		if !t.At.After(at) && at.Sub(t.At) <= rules.Window(t.Kind) {
			good = append(good, t)
		}
	}
	n := Money(len(good))
	if n == 0 {
		return a
	}
	slices.SortFunc(good, func(x, y Touch) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		if x.Campaign != y.Campaign {
			return int(x.Campaign - y.Campaign)
		}
		if c := strings.Compare(x.Channel, y.Channel); c != 0 {
			return c
		}
		return strings.Compare(x.Kind, y.Kind)
	})
	whole := func(t Touch) []Credit { return []Credit{{t.Campaign, t.Channel, t.Kind, 1, revenue}} }
	a.First, a.Last = whole(good[0]), whole(good[n-1])
	for i, t := range good {
		part := revenue / n
		if Money(i) < revenue%n {
			part++
		}
		a.Linear = append(a.Linear, Credit{t.Campaign, t.Channel, t.Kind, 1 / float64(n), part})
	}
	return a
}

// Variant is which of n texts of a send a customer reads: the same every time, each text about as often as the others.
func Variant(send int64, c CustomerID, n int) int {
	if n < 2 {
		return 0
	}
	h := fnv.New64a()
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(send>>(8*i)), byte(c>>(8*i))
	}
	h.Write(b[:])
	x := h.Sum64() // FNV leaves neighbours near each other: mix once more
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % uint64(n))
}

// CheckLink refuses an address to which a tracking link may not lead.
func CheckLink(said string) (string, error) {
	said = strings.TrimSpace(said)
	u, err := url.Parse(said)
	switch {
	case len(said) > 2000:
		return "", Refuse(ErrInvalid, "网址太长了，最多 2000 个字符。")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.ContainsAny(said, " \t\r\n\\\"<>"):
		return "", Refuse(ErrInvalid, "「%s」不是网址，要以 https:// 开头，比如 https://shop.example.com/a。", said)
	}
	return u.String(), nil
}

// Tagged is an address with the marks by which the page behind it can tell where a visitor came from: utm_source is the
// channel, utm_campaign the link's token, which a lead carries back. Marks that are there already stay.
func Tagged(address, channel, token string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	var extra []string
	for _, mark := range [][2]string{{"utm_source", channel}, {"utm_campaign", token}} {
		if mark[1] != "" && !u.Query().Has(mark[0]) {
			extra = append(extra, mark[0]+"="+url.QueryEscape(mark[1]))
		}
	}
	if u.RawQuery != "" {
		extra = append([]string{u.RawQuery}, extra...)
	}
	u.RawQuery = strings.Join(extra, "&")
	return u.String()
}

// previewAgents are parts of the names by which programs that only look at a page for somebody call themselves.
var previewAgents = []string{
	"bot", "spider", "crawl", "slurp", "preview", "facebookexternalhit", "embedly", "curl/", "wget/", "python-requests", "python-urllib", "go-http-client", "okhttp",
	"java/", "headless", "lighthouse", "pingdom", "uptime", "monitor", "scan", "fetch", "bytespider", "mpcrawler", "whatsapp", "telegram", "skypeuripreview", "dingtalk-link",
}

// Robot tells whether a browser's name is that of a program: what it opens is no click.
func Robot(agent string) bool {
	agent = strings.ToLower(strings.TrimSpace(agent))
	if agent == "" {
		return true
	}
	return slices.ContainsFunc(previewAgents, func(part string) bool { return strings.Contains(agent, part) })
}

// CheckCampaign refuses a campaign that cannot be.
func CheckCampaign(c Campaign) error {
	switch n := len([]rune(c.Name)); {
	case n == 0:
		return Refuse(ErrInvalid, "推广叫什么？比如「新建推广 双11，预算5万，渠道抖音」。")
	case n > 60:
		return Refuse(ErrInvalid, "推广的名字有 %d 个字，太长了，请说短一点。", n)
	case len([]rune(c.Channel)) > 30:
		return Refuse(ErrInvalid, "渠道说短一点，比如「抖音」。")
	case c.Budget < 0:
		return Refuse(ErrInvalid, "预算不能是负数，请再说一遍。")
	case c.Start != "" && c.End != "" && c.End < c.Start:
		return Refuse(ErrInvalid, "结束的日子（%s）在开始（%s）之前，请再说一遍。", c.End, c.Start)
	}
	return nil
}
