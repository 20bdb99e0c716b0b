package action

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindJourney is what says that steps of a journey (Subject) are due: an outbox row, or the timer that becomes one. Which
// those are stands in the table of people; the row only wakes. KindJourneyLook is the daily look for who enters by itself; its
// Payload is a [JourneyPage], none for the first.
const (
	KindJourney     = "journey"
	KindJourneyLook = "journey.look"
)

const (
	journeyBatch = 500 // people moved in one transaction
	journeyCalm  = 14  // days that a step waits for a ticket to be closed
)

// JourneyStep takes the steps that are due of a journey, of at most 500 people and in one transaction, and leaves what wakes
// it next: a row when there is more, else a timer. People in another process's hands are left to it. It tells how many moved.
func (x *Executor) JourneyStep(ctx context.Context, tx *store.Tx, id crm.JourneyID) (moved int, err error) {
	j, err := tx.Journey(ctx, id)
	if notFound(err) || err == nil && j.State != crm.JourneyOn {
		return 0, nil // it is set going again when it is switched on
	}
	if err != nil {
		return 0, err
	}
	people, err := tx.DueTravellers(ctx, id, j.Plan.Purpose, j.Plan.Goal.Product, journeyBatch)
	if err != nil {
		return 0, err
	}
	if len(people) > 0 {
		s := &stepping{r: newRun(x, tx, Request{Actor: tx.Actor, Via: "journey", By: "旅程「" + j.Name + "」", Now: tx.Now}), j: j}
		s.people = make([]*store.Traveller, len(people))
		for i := range people {
			s.people[i] = &people[i]
		}
		if err := s.take(ctx); err != nil {
			return 0, fmt.Errorf("journey %d: %w", id, err)
		}
		if err := tx.MoveTravellers(ctx, id, people); err != nil {
			return 0, err
		}
	}
	return len(people), wakeJourney(ctx, tx, id, len(people) == journeyBatch)
}

// wakeJourney leaves what sets a journey's next steps going.
func wakeJourney(ctx context.Context, tx *store.Tx, id crm.JourneyID, more bool) error {
	number := strconv.FormatInt(int64(id), 10)
	if more {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "journey:" + number, Kind: KindJourney, Subject: int64(id)})
		return nil
	}
	due, ok, err := tx.NextJourneyDue(ctx, id)
	if err != nil || !ok {
		return err
	}
	tx.Ledger.Timers = append(tx.Ledger.Timers, journeyTimer(id, due, tx.Now))
	return nil
}

// journeyTimer wakes a journey in the minute of due: those who are due within one minute move together.
func journeyTimer(id crm.JourneyID, due, now time.Time) store.TimerRow {
	if !due.After(now) { // in another process's hands; and a timer that has rung does not ring again
		due = now.Add(time.Second)
	}
	due = due.Add(time.Minute - 1).Truncate(time.Minute)
	return store.TimerRow{Kind: KindJourney, Subject: int64(id), Due: due.UTC(), Dedupe: fmt.Sprintf("journey:%d:%d", id, due.Unix()/60)}
}

// stepping moves people of one journey by one batch.
type stepping struct {
	r      *run
	j      store.JourneyRow
	people []*store.Traveller
	taken  []store.StepTaken
}

// take moves everybody as far as they go: to the next wait, or out.
func (s *stepping) take(ctx context.Context) error {
	plans, err := s.r.tx.JourneyPlans(ctx, s.j.ID)
	if err != nil {
		return err
	}
	if err := s.leave(ctx); err != nil {
		return err
	}
	for number := 1; number <= s.j.Number; number++ {
		plan := plans[number]
		for at := range plan.Steps { // ways lead forward only, so once through is enough
			var here []*store.Traveller
			for _, t := range s.people {
				if t.Plan == number && t.Step == at && t.State == "" {
					here = append(here, t)
				}
			}
			if len(here) == 0 {
				continue
			}
			if err := s.step(ctx, plan, number, at, here); err != nil {
				return fmt.Errorf("plan %d step %d: %w", number, at+1, err)
			}
		}
	}
	for _, t := range s.people {
		if t.State == "" {
			t.State = crm.TravelDone
		}
	}
	if err := s.r.tx.CountSteps(ctx, s.j.ID, s.taken); err != nil {
		return err
	}
	if err := s.r.leaveNotices(); err != nil {
		return err
	}
	return s.r.leaveReactions(ctx)
}

// leave ends it for those who have reached the goal or are no longer to be spoken to; what was planned for them is not said.
func (s *stepping) leave(ctx context.Context) error {
	var bought, gone []int64
	not, err := s.unwanted(ctx)
	if err != nil {
		return err
	}
	for _, t := range s.people {
		switch {
		case t.OrderedAt != nil:
			t.State = crm.TravelGoal
			bought = append(bought, t.CustomerID)
			continue
		case t.Gone:
			t.State, t.Reason = crm.TravelLeft, crm.LeftCustomer
		case t.Stopped:
			t.State, t.Reason = crm.TravelLeft, crm.LeftConsent
		case not[t.CustomerID]:
			t.State, t.Reason = crm.TravelLeft, crm.LeftFilter
		default:
			continue
		}
		gone = append(gone, t.CustomerID)
	}
	if _, err := s.r.tx.StopJourneyOffers(ctx, s.j.ID, bought, "已经下单了"); err != nil {
		return err
	}
	_, err = s.r.tx.StopJourneyOffers(ctx, s.j.ID, gone, "已经离开旅程")
	return err
}

// unwanted are those whom the newest plan is not for.
func (s *stepping) unwanted(ctx context.Context) (map[int64]bool, error) {
	if s.j.Plan.Not == nil {
		return nil, nil
	}
	return s.r.among(ctx, *s.j.Plan.Not, numbers(s.people))
}

func numbers(people []*store.Traveller) []int64 {
	ids := make([]int64, len(people))
	for i, t := range people {
		ids[i] = t.CustomerID
	}
	return ids
}

// step lets those who have come to a step take it, all in one.
func (s *stepping) step(ctx context.Context, plan crm.JourneyPlan, number, at int, here []*store.Traveller) (err error) {
	step := plan.Steps[at]
	if step.Sends() && plan.Purpose == crm.Marketing {
		if here, err = s.calm(ctx, here); err != nil || len(here) == 0 {
			return err
		}
	}
	took := len(here)
	switch step.Do {
	case crm.StepOffer, crm.StepCoupon:
		err = s.send(ctx, plan, number, at, here)
	case crm.StepTask:
		err = s.task(ctx, step, here)
	case crm.StepTag:
		err = s.tag(ctx, step, here)
	case crm.StepWait:
		took, err = s.wait(ctx, plan, at, here)
	case crm.StepBranch:
		err = s.branch(ctx, plan, at, here)
	default:
		err = fmt.Errorf("%q: %w", step.Do, crm.ErrInvalid)
	}
	if err != nil {
		return err
	}
	if took > 0 {
		s.taken = append(s.taken, store.StepTaken{Plan: number, Step: at, Took: int64(took)})
	}
	if step.Do != crm.StepWait && step.Do != crm.StepBranch {
		for _, t := range here {
			t.Step, t.Held = plan.After(at, step.Next), 0
		}
	}
	return nil
}

// calm lets those with an open ticket wait until it is closed, a day at a time, and out when it stays open; the others go on.
func (s *stepping) calm(ctx context.Context, here []*store.Traveller) (rest []*store.Traveller, err error) {
	var gone []int64
	for _, t := range here {
		switch {
		case t.OpenTickets == 0:
			rest = append(rest, t)
		case t.Held >= journeyCalm:
			t.State, t.Reason = crm.TravelLeft, crm.LeftTicket
			gone = append(gone, t.CustomerID)
		default:
			t.State, t.Due, t.Held = crm.TravelActive, s.r.now.AddDate(0, 0, 1).Truncate(time.Minute), t.Held+1
		}
	}
	_, err = s.r.tx.StopJourneyOffers(ctx, s.j.ID, gone, "工单还没有处理完")
	return rest, err
}

// key is what makes a step of somebody one thing, however often it is tried.
func (s *stepping) key(t *store.Traveller, number, at int) string {
	return fmt.Sprintf("journey:%d:%d:%d:%d.%d", s.j.ID, t.CustomerID, t.Entry, number, at)
}

// send plans what is said, with a coupon when the step gives one.
func (s *stepping) send(ctx context.Context, plan crm.JourneyPlan, number, at int, here []*store.Traveller) error {
	step := plan.Steps[at]
	coupons, err := s.coupons(ctx, step, number, at, here)
	if err != nil {
		return err
	}
	needs := map[int64]string{}
	if plan.Entry.On == crm.EnterCycle {
		if needs, err = s.r.tx.NextNeeds(ctx, numbers(here)); err != nil {
			return err
		}
	}
	offers := make([]crm.Offer, 0, len(here))
	for _, t := range here {
		o := crm.Offer{CustomerID: crm.CustomerID(t.CustomerID), Purpose: plan.Purpose, Source: "journey", SourceID: int64(s.j.ID),
			Step: stepName(step, at), Text: step.Text, Link: step.Link, Auto: step.Auto, Key: s.key(t, number, at)}
		if step.Do == crm.StepCoupon {
			c, ok := coupons[t.CustomerID]
			if !ok {
				continue
			}
			o.CouponID, o.Fills, o.Until = int64(c.ID), couponFills(c, s.r.zone), c.Expires
			if o.Link == "" {
				o.Link = s.r.x.couponLink(c)
			}
		}
		s.occasion(plan, t, &o, needs[t.CustomerID])
		offers = append(offers, o)
	}
	return s.r.reach(ctx, offers)
}

// occasion fills in what the text may say of why it comes: the festival, or what is used up.
func (s *stepping) occasion(plan crm.JourneyPlan, t *store.Traveller, o *crm.Offer, product string) {
	fill := func(name, value string) {
		if value == "" {
			return
		}
		if o.Fills == nil {
			o.Fills = map[string]string{}
		}
		o.Fills[name] = value
	}
	fill("商品", product)
	if plan.Entry.On != crm.EnterFestival {
		return
	}
	for _, f := range festivalsOn(t.EnteredAt.In(s.r.zone).AddDate(0, 0, plan.Entry.Days)) {
		if slices.Contains(plan.Entry.Festivals, f) {
			fill("节日", f)
		}
	}
}

// coupons issues one to each of here.
func (s *stepping) coupons(ctx context.Context, step crm.JourneyStep, number, at int, here []*store.Traveller) (map[int64]crm.Coupon, error) {
	if step.Do != crm.StepCoupon {
		return nil, nil
	}
	byEntry := map[int][]int64{}
	for _, t := range here {
		byEntry[t.Entry] = append(byEntry[t.Entry], t.CustomerID)
	}
	all := make(map[int64]crm.Coupon, len(here))
	for entry, ids := range byEntry {
		issued, err := s.r.issueCoupons(ctx, step.Coupon.Terms(), ids, "journey", int64(s.j.ID), fmt.Sprintf("journey:%d:%d.%d:%d", s.j.ID, number, at, entry))
		if err != nil {
			return nil, err
		}
		for _, c := range issued {
			all[int64(c.CustomerID)] = c
		}
	}
	return all, nil
}

// stepName is how a step is told from the others in lists: its name, else its place.
func stepName(step crm.JourneyStep, at int) string {
	if step.Name != "" {
		return step.Name
	}
	return strconv.Itoa(at + 1)
}

// couponFills are the values that a text with a coupon may use.
func couponFills(c crm.Coupon, zone *time.Location) map[string]string {
	last := c.Expires.Add(-time.Second).In(zone)
	return map[string]string{"券": c.Terms.Title(), "券码": crm.SayCouponCode(c.Code), "有效期": strconv.Itoa(int(last.Month())) + "月" + strconv.Itoa(last.Day()) + "日"}
}

// task gives each customer's owner something to do.
func (s *stepping) task(ctx context.Context, step crm.JourneyStep, here []*store.Traveller) error {
	tasks := make([]crm.Task, len(here))
	local := s.r.now.In(s.r.zone)
	for i, t := range here {
		brand := crm.BrandName(t.Name)
		tasks[i] = crm.Task{UserID: crm.UserID(t.OwnerID), CreatedBy: crm.UserID(s.j.OwnerID), CustomerID: crm.CustomerID(t.CustomerID),
			Content: strings.NewReplacer("{{客户}}", brand, "{{称呼}}", brand).Replace(step.Content)}
		if s.j.OwnerID == 0 {
			tasks[i].CreatedBy = tasks[i].UserID
		}
		if step.Due > 0 {
			day := s.r.x.workday(local, step.Due)
			day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
			tasks[i].Due = &day
		}
	}
	ids, err := s.r.tx.AddTasks(ctx, tasks)
	if err != nil {
		return err
	}
	for i, id := range ids {
		ref := crm.Ref{Kind: crm.KindTask, ID: id, Name: tasks[i].Content}
		due := ""
		if tasks[i].Due != nil {
			due = tasks[i].Due.Format(time.DateOnly)
		}
		s.r.audit("task.create", ref, []Change{{Record: ref, Field: "任务", New: tasks[i].Content}})
		s.r.event("task.created", ref, map[string]any{"user": tasks[i].UserID, "customer": here[i].CustomerID, "journey": s.j.ID})
		s.r.inform(int64(tasks[i].UserID), News{Topic: TaskGiven, Record: ref, Due: due, Customer: here[i].Name})
	}
	return nil
}

// workday is the working day that lies n days on, or the next one.
func (x *Executor) workday(from time.Time, n int) time.Time {
	day := from.AddDate(0, 0, n)
	for !x.calendar.Workday(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// tag adds and takes away tags.
func (s *stepping) tag(ctx context.Context, step crm.JourneyStep, here []*store.Traveller) error {
	names := map[int64]string{}
	for _, t := range here {
		names[t.CustomerID] = t.Name
	}
	changed, err := s.r.tx.TagCustomers(ctx, numbers(here), step.Add, step.Remove)
	if err != nil {
		return err
	}
	for _, id := range changed {
		ref := crm.Ref{Kind: crm.KindCustomer, ID: id, Name: names[id]}
		change := Change{Record: ref, Field: "标签", Old: strings.Join(step.Remove, "、"), New: strings.Join(step.Add, "、")}
		s.r.audit("customer.tag", ref, []Change{change})
		s.r.event("customer.changed", ref, map[string]any{"journey": s.j.ID, "tags": step.Add})
	}
	return nil
}

// wait begins or ends a wait; took are those for whom it is over.
func (s *stepping) wait(ctx context.Context, plan crm.JourneyPlan, at int, here []*store.Traveller) (took int, err error) {
	step := plan.Steps[at]
	var did map[int64]bool
	if step.For != "" {
		if did, err = s.did(ctx, step.For, here); err != nil {
			return 0, err
		}
	}
	until := step.Until(s.r.now, s.r.zone)
	for _, t := range here {
		if t.Waiting || did[t.CustomerID] || !until.After(s.r.now) {
			t.Waiting, t.Step = false, plan.After(at, step.Next)
			took++
			continue
		}
		t.State, t.Waiting, t.Due = crm.TravelActive, true, until
	}
	return took, nil
}

// branch sends each one way or the other.
func (s *stepping) branch(ctx context.Context, plan crm.JourneyPlan, at int, here []*store.Traveller) (err error) {
	step := plan.Steps[at]
	var yes map[int64]bool
	if step.If != nil {
		yes, err = s.r.among(ctx, *step.If, numbers(here))
	} else {
		yes, err = s.did(ctx, step.Did, here)
	}
	if err != nil {
		return err
	}
	for _, t := range here {
		way := step.Else
		if yes[t.CustomerID] {
			way = step.Then
		}
		t.Step = plan.After(at, way)
	}
	return nil
}

// did tells who of here did something since entering.
func (s *stepping) did(ctx context.Context, what string, here []*store.Traveller) (map[int64]bool, error) {
	did := map[int64]bool{}
	if what == crm.DidRedeem || what == crm.DidNothing {
		since := make([]time.Time, len(here))
		for i, t := range here {
			since[i] = t.EnteredAt
		}
		redeemed, err := s.r.tx.JourneyRedeemed(ctx, s.j.ID, numbers(here), since)
		if err != nil {
			return nil, err
		}
		did = redeemed
	}
	for _, t := range here {
		switch what {
		case crm.DidBuy:
			did[t.CustomerID] = t.Bought
		case crm.DidClick, crm.DidOpen, crm.DidReply:
			for _, d := range t.Did {
				did[t.CustomerID] = did[t.CustomerID] || d == what
			}
		case crm.DidNothing:
			did[t.CustomerID] = !did[t.CustomerID] && !t.Bought && len(t.Did) == 0
		}
	}
	return did, nil
}

// among tells which of ids a filter holds for.
func (r *run) among(ctx context.Context, f crm.Filter, ids []int64) (map[int64]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q, err := r.customerQuery(ctx, f)
	if err != nil {
		return nil, err
	}
	return r.tx.Among(ctx, q, ids)
}
