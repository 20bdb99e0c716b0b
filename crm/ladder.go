package crm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ReachDoors are the doors to one customer as they stand now.
type ReachDoors struct {
	Kf       bool      // the customer has written at the customers' door, and it is open here
	KfRefuse bool      // but takes no messages
	KfSpoke  time.Time // their last message there
	KfSent   int       // messages to them since
	Contact  bool      // a friend of a colleague in WeCom
	Welcome  bool      // has just become one, and the platform lets us greet
	SMS      bool      // a mobile number, and the door is open
	Mail     bool      // a mail address, and the door is open
	Link     bool      // the owner has a chat with us
}

// ReachCount is how often a customer was reached.
type ReachCount struct {
	Month     time.Time      // whose counts these are: its first day, see [ReachPolicy.MonthOf]
	Unasked   int            // messages of marketing and care in it
	By        map[string]int // messages in it, by channel
	Contacted time.Time      // the last day of a group-send, see [ReachPolicy.DayOf]; zero is never
	UnaskedAt time.Time      // the last message of marketing and care; zero is never
}

// At is the count as it stands at now: in a new month all begins anew, but for what was last.
func (n ReachCount) At(now time.Time, p *ReachPolicy) ReachCount {
	if month := p.MonthOf(now); n.Month.Before(month) {
		return ReachCount{Month: month, Contacted: n.Contacted, UnaskedAt: n.UnaskedAt}
	}
	return n
}

// Add counts a message by a channel; one that was counted before is no further message to the customer, but for the channel.
func (n ReachCount) Add(a ReachAsk, channel string, now time.Time, p *ReachPolicy) ReachCount {
	n = n.At(now, p)
	if a.Remade && channel == ByContact {
		n.Contacted = p.DayOf(now)
		return n
	}
	by := make(map[string]int, len(n.By)+1)
	for c, k := range n.By {
		by[c] = k
	}
	by[channel]++
	n.By = by
	if channel == ByContact {
		n.Contacted = p.DayOf(now)
	}
	if Unasked(a.Purpose) && !a.Counted {
		n.Unasked++
		n.UnaskedAt = now
	}
	return n
}

// ReachAsk is an offer as the ladder sees it.
type ReachAsk struct {
	Purpose string
	Until   time.Time // of no use later; zero is always of use
	Tried   []string  // channels that could not deliver it
	Counted bool      // it was on its way before, and stands in the counts
	Remade  bool      // its group-send task was taken back for another's sake: a new one is none further
	Ticket  TicketID  // an open ticket of the customer; 0 is none
	Agreed  bool      // of an hour agreed on with the customer: it waits for nobody's tap, and bounds of a channel, made against too much advertising, do not hold
}

// Choice is what the ladder decides: one of Channel, Wait and Reason alone, or Wait with the Reason for it.
type Choice struct {
	Channel string    // send it by this one now
	Wait    time.Time // decide again then
	Reason  string    // Chinese: why it is not sent, or not now
}

// ChooseChannel decides how an offer reaches a customer now: by the first channel of the ladder that is open, allowed and within
// its bounds; later, when only the hour or the day stands in the way; or not at all. It is the one place where that is decided.
func ChooseChannel(a ReachAsk, doors ReachDoors, consents Consents, count ReachCount, now time.Time, p *ReachPolicy) Choice {
	if !a.Until.IsZero() && !now.Before(a.Until) {
		return Choice{Reason: OfferLate}
	}
	if a.Purpose == Marketing && a.Ticket != 0 {
		return Choice{Reason: TicketBars(a.Ticket)}
	}
	if consents.Stopped(a.Purpose) {
		return Choice{Reason: "客户退订了" + PurposeChinese(a.Purpose)}
	}
	count = count.At(now, p)
	if Unasked(a.Purpose) && !a.Counted && p.Month > 0 && count.Unasked >= p.Month {
		return Choice{Reason: fmt.Sprintf("这个月已经发过 %d 次，到上限了", count.Unasked)}
	}
	if end := p.QuietUntil(now); !end.IsZero() {
		return a.wait(end, "晚上不打扰客户")
	}
	if Unasked(a.Purpose) && !a.Counted && !count.UnaskedAt.IsZero() {
		if end := count.UnaskedAt.Add(p.Gap); end.After(now) {
			return a.wait(end, "刚给客户发过，隔一段时间再发")
		}
	}
	var why []string
	var later time.Time
	for _, c := range p.ladder(a.Purpose) {
		no, at := a.bars(c, doors, consents, count, now, p)
		if no == "" {
			return Choice{Channel: c}
		}
		if !at.IsZero() && (later.IsZero() || at.Before(later)) {
			later = at
		}
		if no != closed && !slices.Contains(why, no) {
			why = append(why, no)
		}
	}
	reason := "没有能联系上客户的渠道"
	if len(why) > 0 {
		reason = strings.Join(why, "，")
	}
	if !later.IsZero() {
		return a.wait(later, reason)
	}
	return Choice{Reason: reason}
}

// OfferLate is why what is past its end does not leave.
const OfferLate = "已经过了时候"

// TicketBars is why marketing does not reach a customer with an open ticket.
func TicketBars(ticket TicketID) string {
	return fmt.Sprintf("工单 #%d 还没处理完，先不发营销", ticket)
}

// wait is a later decision, unless the offer is of no use then.
func (a ReachAsk) wait(until time.Time, reason string) Choice {
	if !a.Until.IsZero() && !until.Before(a.Until) {
		return Choice{Reason: reason + "，等到那时已经过了时候"}
	}
	return Choice{Wait: until, Reason: reason}
}

// closed is the bar of a channel that leads nowhere.
const closed = "closed"

// bars tells what bars channel c; "" is nothing. at is when it opens by itself; zero is not foreseen.
func (a ReachAsk) bars(c string, d ReachDoors, consents Consents, count ReachCount, now time.Time, p *ReachPolicy) (no string, at time.Time) {
	open := map[string]bool{ByKf: d.Kf, ByContact: d.Contact, ByWelcome: d.Welcome, BySMS: d.SMS, ByMail: d.Mail, ByLink: d.Link}[c]
	switch {
	case !open:
		return closed, at
	case a.Agreed && (c == ByContact || c == ByWelcome):
		return closed, at
	case slices.Contains(a.Tried, c):
		return ChannelChinese(c) + "没有送到", at
	case !consents.Allows(a.Purpose, c, p):
		return "客户没有同意" + ChannelChinese(c) + PurposeChinese(a.Purpose), at
	}
	if a.Remade && c == ByContact {
		return "", at
	}
	if most, bounded := p.Caps[c]; bounded && count.By[c] >= most && !a.Agreed {
		return fmt.Sprintf("这个月%s已经发过 %d 次", ChannelChinese(c), count.By[c]), at
	}
	switch c {
	case ByKf:
		if d.KfRefuse || !(Guest{Spoke: d.KfSpoke, Sent: d.KfSent + p.KfKeep}).Reachable(now) {
			return closed, at
		}
	case ByContact: // the platform's own bounds: one a day, and as many in a month as it has days
		if day := p.DayOf(now); !count.Contacted.Before(day) {
			return "今天已经群发过", p.atMinute(now, max(p.QuietTo, 0), 1)
		}
		if count.By[c] >= count.Month.AddDate(0, 1, -1).Day() {
			return "企业微信这个月的群发次数用完了", at
		}
	}
	return "", at
}
