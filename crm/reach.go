package crm

import (
	"slices"
	"time"
)

// The channels by which an offer reaches a customer, from the nearest to the farthest.
const (
	ByKf      = "kf"      // the dialogue in WeChat customer service, while the platform lets us speak
	ByContact = "contact" // the owner's group-send task: the owner confirms it in WeCom with one tap
	ByWelcome = "welcome" // the message with which a new friend is met
	BySMS     = "sms"     // a text message, or a 5G message by the same door
	ByMail    = "mail"    //
	ByLink    = "link"    // a text that the owner hands on
)

// ReachChannels are all channels, in the order of the ladder.
var ReachChannels = []string{ByKf, ByContact, ByWelcome, BySMS, ByMail, ByLink}

// ChannelChinese is a channel as people say it.
func ChannelChinese(channel string) string {
	switch channel {
	case ByKf:
		return "微信客服"
	case ByContact:
		return "企业微信群发"
	case ByWelcome:
		return "欢迎语"
	case BySMS:
		return "短信"
	case ByMail:
		return "邮件"
	case ByLink:
		return "由你转发"
	case AnyChannel:
		return "所有渠道"
	}
	return channel
}

// ReachPolicy is what a company decides about reaching customers; the pack gives it. Times of day are minutes after midnight.
type ReachPolicy struct {
	Zone      *time.Location      // the company's; nil is Shanghai
	Order     map[string][]string // the ladder of a purpose; "" is that of the purposes that have none
	QuietFrom int                 // nobody hears from then
	QuietTo   int                 // until then, on the next day when it is the earlier one; equal: there are no quiet hours
	Month     int                 // messages of marketing and care to one customer in a month; 0 is no bound
	Gap       time.Duration       // between two of them
	Caps      map[string]int      // by channel, in a month; none is no bound
	Assumed   map[string][]string // by purpose: channels that may be used while the customer has said nothing
	KfKeep    int                 // messages of the customer's dialogue that are kept for service
	Objects   time.Duration       // how long an owner can object to what leaves by itself; 0 is not at all
	Tell      int                 // when owners hear what will leave by itself today
	AskLife   time.Duration       // how long an offer waits for its owner's tap
	Life      time.Duration       // how long one that has no end of its own may wait for everything: a tap, a task, a channel; 0 is for ever
	Most      int                 // customers of one message.send
}

// DefaultReachPolicy holds where the pack says nothing. Text messages and mails with advertising need the customer's consent by
// law, so it is not assumed.
var DefaultReachPolicy = ReachPolicy{
	Order:     map[string][]string{"": ReachChannels},
	QuietFrom: 21 * 60, QuietTo: 9 * 60,
	Month: 4, Gap: 24 * time.Hour,
	Caps: map[string]int{BySMS: 2, ByMail: 4, ByContact: 4},
	Assumed: map[string][]string{
		Marketing:   {ByKf, ByContact, ByWelcome, ByLink},
		Care:        ReachChannels,
		Servicing:   ReachChannels,
		Transaction: ReachChannels,
	},
	KfKeep: 2, Objects: time.Hour, Tell: 9 * 60, AskLife: 7 * 24 * time.Hour, Life: 14 * 24 * time.Hour, Most: 5000,
}

func (p *ReachPolicy) zone() *time.Location {
	if p.Zone == nil {
		return Shanghai
	}
	return p.Zone
}

// atMinute is a time of the day of t in the policy's zone.
func (p *ReachPolicy) atMinute(t time.Time, minute, days int) time.Time {
	y, m, d := t.In(p.zone()).Date()
	return time.Date(y, m, d+days, minute/60, minute%60, 0, 0, p.zone())
}

// QuietUntil is the end of the quiet hours that t lies in; zero when it lies in none.
func (p *ReachPolicy) QuietUntil(t time.Time) time.Time {
	local := t.In(p.zone())
	minute := local.Hour()*60 + local.Minute()
	switch {
	case p.QuietFrom == p.QuietTo:
		return time.Time{}
	case p.QuietFrom < p.QuietTo: // within one day
		if minute >= p.QuietFrom && minute < p.QuietTo {
			return p.atMinute(t, p.QuietTo, 0)
		}
	case minute >= p.QuietFrom:
		return p.atMinute(t, p.QuietTo, 1)
	case minute < p.QuietTo:
		return p.atMinute(t, p.QuietTo, 0)
	}
	return time.Time{}
}

// Month is the first day of t's month in the policy's zone.
func (p *ReachPolicy) MonthOf(t time.Time) time.Time {
	y, m, _ := t.In(p.zone()).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// DayOf is t's day in the policy's zone.
func (p *ReachPolicy) DayOf(t time.Time) time.Time {
	y, m, d := t.In(p.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Leaves is when an offer that needs no tap leaves, and when its owner hears of it; tell is zero when nobody need hear of it
// first. Its owner hears of it on the morning of that day and has [ReachPolicy.Objects] to object.
func (p *ReachPolicy) Leaves(o Offer, now time.Time) (due, tell time.Time) {
	if due = o.NotBefore; due.Before(now) {
		due = now
	}
	if !o.Auto || o.Prompt || p.Objects <= 0 || !Unasked(o.Purpose) {
		return due.UTC(), time.Time{}
	}
	tell = p.atMinute(due, p.Tell, 0)
	if tell.Before(now) {
		if tell = p.atMinute(now, p.Tell, 0); tell.Before(now) {
			tell = p.atMinute(now, p.Tell, 1)
		}
	}
	if end := tell.Add(p.Objects); end.After(due) {
		due = end
	}
	return due.UTC(), tell.UTC()
}

// Ends is when an offer that could first leave at due is closed if it was not sent: at its own end, and no later than its life allows; zero
// is never.
func (p *ReachPolicy) Ends(o Offer, due time.Time) time.Time {
	if p.Life <= 0 {
		return o.Until
	}
	if end := due.Add(p.Life); o.Until.IsZero() || end.Before(o.Until) {
		return end
	}
	return o.Until
}

// ladder is the order of a purpose's channels.
func (p *ReachPolicy) ladder(purpose string) []string {
	if order, ok := p.Order[purpose]; ok {
		return order
	}
	return p.Order[""]
}

// Check refuses a policy that cannot be meant.
func (p *ReachPolicy) Check() error {
	day := func(m int) bool { return m >= 0 && m < 24*60 }
	if !day(p.QuietFrom) || !day(p.QuietTo) || !day(p.Tell) || p.Month < 0 || p.Gap < 0 || p.Objects < 0 || p.Objects > 24*time.Hour || p.KfKeep < 0 ||
		p.KfKeep > GuestMessages || p.AskLife <= 0 || p.Life < 0 || p.Most <= 0 {
		return Refuse(ErrInvalid, "触达规则里的时间或次数不对。")
	}
	for _, lists := range []map[string][]string{p.Order, p.Assumed} {
		for purpose, list := range lists {
			if purpose != "" && !slices.Contains(Purposes, purpose) {
				return Refuse(ErrInvalid, "触达规则里没有「%s」这种目的。", purpose)
			}
			for _, c := range list {
				if !slices.Contains(ReachChannels, c) {
					return Refuse(ErrInvalid, "触达规则里没有「%s」这个渠道。", c)
				}
			}
		}
	}
	for c, n := range p.Caps {
		if n < 0 || !slices.Contains(ReachChannels, c) {
			return Refuse(ErrInvalid, "触达规则里「%s」的上限不对。", c)
		}
	}
	return nil
}
