package action

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// EventSignup signs a customer up for a gathering.
type EventSignup struct {
	Event    string `json:"event" doc:"*活动名"`
	Customer string `json:"customer" doc:"*客户名"`
	Contact  string `json:"contact,omitempty" doc:"谁来"`
	Count    int    `json:"count,omitempty" doc:"几个人，不说就是一个"`
}

func eventSignup(ctx context.Context, r *run, p *EventSignup) (*Result, error) {
	if p.Count < 0 || p.Count > 1000 {
		return nil, r.ask("count", "几个人来？说个数，比如「2个人」。")
	}
	if len([]rune(p.Contact)) > 30 {
		return nil, r.ask("contact", "名字太长了，请只说谁来。")
	}
	g, err := r.gathering(ctx, p.Event)
	if err != nil {
		return nil, err
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	if g.At != nil && g.At.Before(r.now) {
		return nil, crm.Refuse(crm.ErrConflict, "活动「%s」已经开始了，来了就说「%s签到%s」。", g.Name, crm.BrandName(c.Name), g.Name)
	}
	s := crm.Signup{Gathering: crm.GatheringID(g.ID), By: r.req.Actor.UserID, Contact: strings.TrimSpace(p.Contact), Count: max(1, p.Count)}
	return r.signUp(ctx, g, c, s, "event.signup")
}

// signUp queues a sign-up. One that is there already is told of, and nothing is written.
func (r *run) signUp(ctx context.Context, g store.GatheringRow, c *customer, s crm.Signup, action string) (*Result, error) {
	if !c.fresh {
		if there, err := r.tx.SignupOf(ctx, s.Gathering, crm.CustomerID(c.ID)); err == nil {
			state := "报过名了"
			if there.State == crm.SignupWaiting {
				state = "在候补名单里了"
			}
			return &Result{Record: crm.Ref{Kind: crm.KindSignup, ID: there.ID, Name: c.Name}, Notes: []string{fmt.Sprintf("%s已经%s，签到号 #%d，没有重复报。", c.Name, state, there.ID)}}, nil
		} else if !notFound(err) {
			return nil, err
		}
	}
	ref := crm.Ref{Kind: crm.KindSignup, Name: c.Name}
	res := &Result{Record: ref}
	r.ours(c, res)
	count := ""
	if s.Count > 1 {
		count = strconv.Itoa(s.Count)
	}
	state := crm.SignupState(g.Capacity, g.Taken, s.Count)
	if !s.Came.IsZero() {
		state = crm.SignupIn // whoever is there is in
	}
	res.changes(ref, "客户", c.Name, "活动", g.Name, "时间", r.sayWhen(g.Gathering()), "地点", g.Place, "谁来", s.Contact, "人数", count, "名额", signupWords[state])
	r.then(func(ctx context.Context) error {
		capacity, taken, err := r.tx.LockGathering(ctx, s.Gathering)
		if notFound(err) {
			return crm.ErrConflict
		}
		if err != nil {
			return err
		}
		s.Customer, s.State = crm.CustomerID(c.ID), crm.SignupState(capacity, taken, s.Count)
		if !s.Came.IsZero() {
			s.State = crm.SignupIn
		}
		if _, err := r.tx.SignupOf(ctx, s.Gathering, s.Customer); err == nil {
			return crm.ErrConflict // a moment ago by somebody else: the first pass says so
		} else if !notFound(err) {
			return err
		}
		if s.ID, err = r.tx.AddSignup(ctx, s); err != nil {
			return err
		}
		ref.ID = int64(s.ID)
		res.settle(ref)
		for i := range res.Changes {
			if res.Changes[i].Field == "名额" {
				res.Changes[i].New = signupWords[s.State]
			}
		}
		r.audit(action, ref, res.Changes)
		r.event("event.signed_up", crm.Ref{Kind: crm.KindCustomer, ID: c.ID}, map[string]any{"customer": c.ID, "event": g.ID, "name": g.Name, "count": s.Count, "waiting": s.State == crm.SignupWaiting})
		r.history(c, 0, "报名活动「"+g.Name+"」"+map[bool]string{true: "（候补）"}[s.State == crm.SignupWaiting])
		if !s.Came.IsZero() {
			return r.attended(c, g, s)
		}
		return nil
	})
	r.title("%s报名%s", c.Name, g.Name)
	return res, nil
}

// signupWords are the states of a sign-up as people say them.
var signupWords = map[string]string{crm.SignupIn: "已占位", crm.SignupWaiting: "候补"}

// EventAttend notes that a customer is there: found by name, or by the number of the sign-up that they show.
type EventAttend struct {
	Event    string       `json:"event,omitempty" doc:"活动名"`
	Customer string       `json:"customer,omitempty" doc:"客户名，或签到号 #1042"`
	Signup   crm.SignupID `json:"signup,omitempty" doc:"签到号"`
}

func eventAttend(ctx context.Context, r *run, p *EventAttend) (*Result, error) {
	number := int64(p.Signup)
	if n, ok := recordNumber(strings.TrimSpace(p.Customer)); ok && number == 0 {
		number = n
	}
	if number != 0 {
		s, err := r.tx.SignupByID(ctx, crm.SignupID(number))
		if err == nil && s.ID == number {
			return r.attendBy(ctx, s)
		}
		if !notFound(err) {
			return nil, err
		}
		if p.Signup != 0 {
			return nil, r.otherKind(ctx, number, crm.KindSignup)
		}
	}
	if p.Customer == "" {
		return nil, r.ask("customer", "谁签到了？说客户名，或签到号，比如「#1042 签到」。")
	}
	g, err := r.gathering(ctx, p.Event)
	if err != nil {
		return nil, err
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	s, err := r.tx.SignupOf(ctx, crm.GatheringID(g.ID), crm.CustomerID(c.ID))
	if notFound(err) { // came without a sign-up
		return r.signUp(ctx, g, c, crm.Signup{Gathering: crm.GatheringID(g.ID), By: r.req.Actor.UserID, Count: 1, Came: r.now}, "event.attend")
	}
	if err != nil {
		return nil, err
	}
	return r.attend(c, g, s)
}

// attendBy is eventAttend by the number of a sign-up.
func (r *run) attendBy(ctx context.Context, s store.SignupRow) (*Result, error) {
	rows, err := r.tx.Gatherings(ctx, store.GatheringQuery{ID: s.Gathering, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, crm.Refuse(crm.ErrNotFound, "签到号 #%d 的活动已经取消了。", s.ID)
	}
	c, err := r.customerByID(ctx, s.Customer, "")
	if err != nil {
		return nil, err
	}
	return r.attend(c, rows[0], s)
}

func (r *run) attend(c *customer, g store.GatheringRow, s store.SignupRow) (*Result, error) {
	ref := crm.Ref{Kind: crm.KindSignup, ID: s.ID, Name: c.Name}
	if s.Came != nil {
		return &Result{Record: ref, Notes: []string{fmt.Sprintf("%s %s已经签到过了。", c.Name, crm.SayTime(*s.Came, r.now, r.zone))}}, nil
	}
	res := &Result{Record: ref}
	res.changes(ref, "客户", c.Name, "活动", g.Name, "签到", crm.SayTime(r.now, r.now, r.zone))
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindSignup, s.ID, s.Version, []store.Col{{Name: "came_at", Value: r.now}, {Name: "state", Value: crm.SignupIn}}); err != nil {
			return err
		}
		r.audit("event.attend", ref, res.Changes)
		return r.attended(c, g, crm.Signup{ID: crm.SignupID(s.ID), Count: s.Count, By: crm.UserID(s.By)})
	})
	r.title("%s签到%s", c.Name, g.Name)
	return res, nil
}

// attended brings it into the customer's file that they were there, and tells whose customer it is.
func (r *run) attended(c *customer, g store.GatheringRow, s crm.Signup) error {
	r.event("event.attended", crm.Ref{Kind: crm.KindCustomer, ID: c.ID}, map[string]any{"customer": c.ID, "event": g.ID, "name": g.Name})
	r.history(c, 0, "参加了活动「"+g.Name+"」")
	r.informOwners(c, nil, News{Topic: EventAttended, Record: crm.Ref{Kind: crm.KindSignup, ID: int64(s.ID), Name: g.Name}})
	return nil
}

// signupBack gives a place that became free to whoever waits, and tells their colleague.
func (r *run) signupBack(ctx context.Context, step store.UndoStep) error {
	s, err := r.tx.SignupByID(ctx, crm.SignupID(step.ID))
	if notFound(err) || step.Before != nil {
		return nil
	}
	if err != nil {
		return err
	}
	g := crm.GatheringID(s.Gathering)
	if _, _, err := r.tx.LockGathering(ctx, g); notFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	moved, err := r.tx.MoveUp(ctx, g)
	if err != nil || len(moved) == 0 {
		return err
	}
	rows, err := r.tx.Gatherings(ctx, store.GatheringQuery{ID: s.Gathering, Limit: 1})
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, m := range moved {
		r.event("event.moved_up", crm.Ref{Kind: crm.KindCustomer, ID: m.Customer}, map[string]any{"customer": m.Customer, "event": s.Gathering, "name": rows[0].Name})
		r.inform(m.Told, News{Topic: EventMovedUp, Record: crm.Ref{Kind: crm.KindSignup, ID: m.Signup, Name: rows[0].Name}, Customer: m.Name, Content: r.sayWhen(rows[0].Gathering())})
	}
	return nil
}
