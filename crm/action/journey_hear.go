package action

import (
	"context"
	"fmt"
	"slices"

	"gendan/crm"
	"gendan/crm/store"
)

// didBy are the events by which customers answer, and what those are answers by.
var didBy = map[string]string{
	"order.created":   crm.DidBuy,
	"deal.won":        crm.DidBuy,
	"coupon.redeemed": crm.DidRedeem,
	"offer.clicked":   crm.DidClick,
	"offer.opened":    crm.DidOpen,
	"offer.replied":   crm.DidReply,
}

// journeysListen names the events that a journey that is on listens to: what customers do in answer, and what lets them in.
func (x *Executor) journeysListen(ctx context.Context, tx *store.Tx) ([]string, error) {
	all, err := tx.Journeys(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, j := range all {
		if j.State == crm.JourneyOff {
			continue
		}
		if names == nil {
			for name := range didBy {
				names = append(names, name)
			}
		}
		switch e := j.Plan.Entry; {
		case !j.Auto:
		case e.On == crm.EnterEvent:
			names = append(names, e.Event)
		case e.On == crm.EnterFirstOrder:
			names = append(names, "order.created", "deal.won")
		}
	}
	return names, nil
}

// journeysHear lets journeys react to an event: a wait for it is over, a goal is reached, a customer enters. Each of these is
// true once, so hearing an event again does nothing.
func (x *Executor) journeysHear(ctx context.Context, e store.Happened) error {
	customer := eventCustomer(e)
	if customer == 0 {
		return nil
	}
	return x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		if now := e.At; tx.Now.Before(now) {
			tx.Now = now
		}
		if err := x.journeysMove(ctx, tx, e, customer); err != nil {
			return fmt.Errorf("event %d: %w", e.ID, err)
		}
		if err := x.journeysLetIn(ctx, tx, e, customer); err != nil {
			return fmt.Errorf("event %d: %w", e.ID, err)
		}
		return nil
	})
}

// eventCustomer is the customer whom an event is about; 0 when there is none.
func eventCustomer(e store.Happened) int64 {
	if e.Ref.Kind == crm.KindCustomer {
		return e.Ref.ID
	}
	n, _ := e.Data["customer"].(float64)
	return int64(n)
}

// journeysMove ends waits and reaches goals.
func (x *Executor) journeysMove(ctx context.Context, tx *store.Tx, e store.Happened, customer int64) error {
	did, ok := didBy[e.Name]
	if !ok {
		return nil
	}
	travels, err := tx.TravelsOf(ctx, customer)
	if err != nil {
		return err
	}
	for _, t := range travels {
		if e.At.Before(t.EnteredAt) || !answers(e, did, t.JourneyID) {
			continue
		}
		plans, err := tx.JourneyPlans(ctx, t.JourneyID)
		if err != nil {
			return err
		}
		plan := plans[t.Plan]
		if did == crm.DidBuy || did == crm.DidRedeem {
			reached, err := tx.GoalReached(ctx, t, plan.Goal.Product)
			if err != nil {
				return err
			}
			if reached {
				if err := x.arrive(ctx, tx, t); err != nil {
					return err
				}
				continue
			}
		}
		wakes := t.Waiting && t.Step < len(plan.Steps) && plan.Steps[t.Step].For == did
		if err := tx.TravellerDid(ctx, t, did, wakes); err != nil {
			return err
		}
		if wakes {
			if err := wakeJourney(ctx, tx, t.JourneyID, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// answers tells whether what a customer did is an answer to a journey: opened, clicked or replied to is what it has said, and not
// what reached the customer by another way.
func answers(e store.Happened, did string, id crm.JourneyID) bool {
	if did != crm.DidOpen && did != crm.DidClick && did != crm.DidReply {
		return true
	}
	source, _ := e.Data["source"].(string)
	number, _ := e.Data["source_id"].(float64)
	return source == "journey" && crm.JourneyID(number) == id
}

// arrive ends a journey as a success: nothing more is said.
func (x *Executor) arrive(ctx context.Context, tx *store.Tx, t store.Travel) error {
	t.State, t.Waiting = crm.TravelGoal, false
	if err := tx.MoveTravellers(ctx, t.JourneyID, []store.Traveller{t.Traveller}); err != nil {
		return err
	}
	_, err := tx.StopJourneyOffers(ctx, t.JourneyID, []int64{t.CustomerID}, "已经下单了")
	return err
}

// journeysLetIn lets the customer into journeys that wait for the event.
func (x *Executor) journeysLetIn(ctx context.Context, tx *store.Tx, e store.Happened, customer int64) error {
	all, err := tx.Journeys(ctx)
	if err != nil {
		return err
	}
	r := newRun(x, tx, Request{Actor: tx.Actor, Via: "journey", Now: tx.Now})
	for _, j := range all {
		entry := j.Plan.Entry
		if j.State != crm.JourneyOn || !j.Auto {
			continue
		}
		ids := []int64{customer}
		switch {
		case entry.On == crm.EnterEvent && entry.Event == e.Name:
		case entry.On == crm.EnterFirstOrder && slices.Contains([]string{"order.created", "deal.won"}, e.Name):
			q := store.JourneyEntry{On: entry.On, From: tx.Now.AddDate(0, 0, -3), To: tx.Now, After: customer - 1, Limit: 1, Zone: crm.Shanghai.String()}
			if ids, err = tx.JourneyEntrants(ctx, q); err != nil {
				return err
			}
			if len(ids) == 0 || ids[0] != customer {
				continue
			}
		default:
			continue
		}
		if f, any := entryFilter(j.Plan); any {
			holds, err := r.among(ctx, f, ids)
			if err != nil {
				return err
			}
			if !holds[customer] {
				continue
			}
		}
		n, err := r.letIn(ctx, j, ids)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := wakeJourney(ctx, tx, j.ID, true); err != nil {
				return err
			}
		}
	}
	return nil
}
