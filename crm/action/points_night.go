package action

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindPointsNight is the kind of the timer by which a night of points begins, and of the outbox rows of its steps: no subject,
// Payload is a [PointsStep], none for the first.
const KindPointsNight = "points.night"

// pointsPage is how many accounts one step deals with, in one transaction.
const pointsPage = 500

// pointsOrder is what a night does, in turn.
var pointsOrder = []store.PointsDue{store.PointsEnd, store.TierEnd, store.PointsWarn, store.TierWarn}

// PointsStep is how far a night of points has come; the zero value is its beginning.
type PointsStep struct {
	Today string `json:"today"` // the day that it is about, 2006-01-02
	Part  int    `json:"part"`  // of pointsOrder
	Page  int    `json:"page"`
	Ended bool   `json:"ended"`
}

// PointsReport is what a step of a night did.
type PointsReport struct {
	Warned, Expired, TierWarned, TiersFell, TiersKept int
}

// PointsStep takes one step of a night: points whose time is over end, tiers whose time is over are kept or go down by one,
// and customers are told of what will end soon. A night costs what is due, whatever accounts there are besides; a step
// that was interrupted left nothing, and its accounts are still due. It returns the step that follows.
func (x *Executor) PointsStep(ctx context.Context, tx *store.Tx, s PointsStep) (next PointsStep, report PointsReport, err error) {
	r := newRun(x, tx, Request{Actor: crm.System, Via: "timer"})
	if s.Today == "" {
		s.Today = r.today()
	}
	ids, err := tx.PointsDue(ctx, pointsOrder[s.Part], s.Today, pointsPage)
	if err != nil {
		return s, report, err
	}
	if report, err = r.pointsDue(ctx, pointsOrder[s.Part], s.Today, ids); err != nil {
		return s, report, err
	}
	if s.Page++; len(ids) < pointsPage {
		s.Part, s.Page = s.Part+1, 0
		s.Ended = s.Part == len(pointsOrder)
	}
	return s, report, r.leaveReactions(ctx)
}

// pointsDue deals with some accounts of which something is due.
func (r *run) pointsDue(ctx context.Context, what store.PointsDue, today string, ids []int64) (report PointsReport, err error) {
	if len(ids) == 0 {
		return report, nil
	}
	customers := make([]crm.CustomerID, len(ids))
	for i, id := range ids {
		customers[i] = crm.CustomerID(id)
	}
	accounts, err := r.tx.LockPoints(ctx, customers...)
	if err != nil {
		return report, err
	}
	var progress map[crm.CustomerID]crm.Progress
	if what == store.TierEnd || what == store.TierWarn {
		after := r.yearAgo()
		if what == store.TierWarn { // what counts when the tier ends, as far as it was bought already
			after = r.now.In(crm.Shanghai).AddDate(-1, 0, r.x.points.Tiers.Warn).Format(time.DateOnly)
		}
		if progress, err = r.tx.PointsProgress(ctx, ids, after); err != nil {
			return report, err
		}
	}
	book := store.PointsBook{Warn: r.x.warnOn}
	var offers []crm.Offer
	rules := &r.x.points
	for _, c := range customers {
		a := accounts[c]
		book.Accounts = append(book.Accounts, a)
		switch what {
		case store.PointsEnd:
			if e, ok := a.Expire(today); ok {
				e.At = r.now
				book.Entries = append(book.Entries, e)
				report.Expired++
			}
		case store.TierEnd:
			if change, ok := rules.Tiers.End(a, progress[c], r.now); ok {
				r.tierChanged(&book, change)
				if change.Why == "fall" {
					report.TiersFell++
				} else {
					report.TiersKept++
				}
			}
		case store.PointsWarn:
			points, first := a.Ending(r.inDays(0), r.inDays(rules.Warn))
			if a.Warned = r.inDays(rules.Warn); points < max(1, rules.WarnMin) || !a.Member {
				continue
			}
			offers = append(offers, r.endingOffer(a, points, first))
			report.Warned++
		case store.TierWarn:
			lacks := rules.Tiers.Lacks(a.Tier, progress[c])
			if a.TierWarn = true; lacks == 0 || !a.Member {
				continue
			}
			offers = append(offers, r.tierOffer(a, lacks))
			report.TierWarned++
		}
	}
	if err := r.keepPoints(ctx, book); err != nil {
		return report, err
	}
	return report, r.reach(ctx, offers)
}

// inDays is the day n days from now.
func (r *run) inDays(n int) string {
	return r.now.In(crm.Shanghai).AddDate(0, 0, n).Format(time.DateOnly)
}

// endingOffer tells a customer that points end.
func (r *run) endingOffer(a *crm.PointsAccount, points int64, first string) crm.Offer {
	text := r.x.points.WarnText
	if text == "" {
		text = "{{称呼}}，您有 {{积分}} 积分{{日期}}到期，到期前来兑换吧。"
	}
	gift := ""
	for _, g := range r.x.points.Gifts {
		if g.Points <= a.Balance {
			gift = g.Name
		}
	}
	return crm.Offer{CustomerID: a.Customer, Purpose: crm.Transaction, Source: "points", Step: "expire", Text: text, Auto: true,
		Fills: map[string]string{"积分": strconv.FormatInt(points, 10), "日期": r.sayOn(first), "余额": strconv.FormatInt(a.Balance, 10), "礼品": gift},
		Until: r.endOf(first), Key: fmt.Sprintf("points-end:%d:%s", a.Customer, first)}
}

// tierOffer tells a customer that a tier ends, and what would keep it.
func (r *run) tierOffer(a *crm.PointsAccount, lacks int64) crm.Offer {
	text := r.x.points.Tiers.WarnText
	if text == "" {
		text = "{{称呼}}，您的{{等级}}{{日期}}到期，再消费 {{还差}} 就能保住。"
	}
	return crm.Offer{CustomerID: a.Customer, Purpose: crm.Transaction, Source: "tier", Step: "expire", Text: text, Auto: true,
		Fills: map[string]string{"等级": r.x.points.Tiers.Of(a.Tier).Name, "日期": r.sayOn(a.TierUntil), "还差": r.x.points.Tiers.Say(lacks)},
		Until: r.endOf(a.TierUntil), Key: fmt.Sprintf("tier-end:%d:%s", a.Customer, a.TierUntil)}
}

// sayOn is a day as people say it, from today.
func (r *run) sayOn(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, crm.Shanghai)
	if err != nil {
		return ""
	}
	return crm.SayDay(t, r.now.In(crm.Shanghai))
}

// endOf is the end of a day.
func (r *run) endOf(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, crm.Shanghai)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1).UTC()
}
