package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// OfferList lists what is to be said to customers, and what was.
type OfferList struct {
	Owner    string `json:"owner,omitempty" doc:"谁的：同事、部门或 me；不说是自己的"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
	Period   string `json:"period,omitempty" doc:"时间段"`
	Status   string `json:"status,omitempty" doc:"状态：待发、等我发送、已发、没有发、已跳过、已停发"`
}

// OfferView is an offer in a view.
type OfferView struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	Owner    string `json:"owner"`
	Purpose  string `json:"purpose"` // in Chinese, like all that follows
	State    string `json:"state"`
	Channel  string `json:"channel,omitempty"`
	When     string `json:"when"`
	Text     string `json:"text"`
	Reason   string `json:"reason,omitempty"`
	Ask      bool   `json:"ask,omitempty"` // waits for the owner's tap
}

// OfferListView is Data of offer.list.
type OfferListView struct {
	Owner    string      `json:"owner,omitempty"`
	Customer string      `json:"customer,omitempty"`
	Status   string      `json:"status,omitempty"`
	Rows     []OfferView `json:"rows,omitempty"`
	Total    int         `json:"total"`
}

// offerStates are the states that a person's word means; "" are those that are still to leave.
var offerStates = map[string][]string{
	"": {}, "待发": {crm.OfferPlanned, crm.OfferAsked, crm.OfferQueued}, "等我发送": {crm.OfferAsked}, "已发": {crm.OfferSent}, "没有发": {crm.OfferRefused, crm.OfferFailed},
	"已跳过": {crm.OfferSkipped}, "已停发": {crm.OfferStopped},
}

func offerList(ctx context.Context, r *run, p *OfferList) (*Result, error) {
	q := store.OffersQuery{Limit: pageSize, Skip: pageSize * r.req.Page}
	v := OfferListView{Status: p.Status}
	states, known := offerStates[p.Status]
	if !known {
		for name, list := range offerStates { // the vocabulary's own words
			if len(list) > 0 && (list[0] == p.Status || crm.OfferStateChinese(list[0]) == p.Status) {
				states, known = list, true
				v.Status = name
			}
		}
	}
	if !known {
		return nil, r.ask("status", "看哪些？可以说「待发」「已发」「没有发」「已跳过」「已停发」。")
	}
	q.States = states
	var err error
	switch {
	case p.Customer != "":
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		q.Customer, v.Customer = crm.CustomerID(c.ID), c.Name
	case p.Owner != "" || r.req.Actor.UserID != 0:
		who := p.Owner
		if who == "" {
			who = "me"
		}
		if q.Owners, v.Owner, err = r.people(ctx, "owner", who); err != nil {
			return nil, err
		}
	}
	if p.Period != "" {
		if q.From, q.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	rows, total, err := r.tx.ListOffers(ctx, q)
	if err != nil {
		return nil, err
	}
	v.Total = total
	if err := r.readable(ctx, rows); err != nil {
		return nil, err
	}
	for _, o := range rows {
		v.Rows = append(v.Rows, r.offerView(o))
	}
	return view(&Result{}, v)
}

// readable fills the texts of offers that have not left, as their customers will read them. Of a text that would come to
// nothing the template stays, for whoever wants to mend it.
func (r *run) readable(ctx context.Context, rows []store.OfferRow) error {
	var customers []int64
	for _, o := range rows {
		if strings.Contains(o.Text, "{{") {
			customers = append(customers, int64(o.CustomerID))
		}
	}
	if len(customers) == 0 {
		return nil
	}
	to, err := r.tx.ReachNames(ctx, customers)
	if err != nil {
		return err
	}
	for i, o := range rows {
		s := &OfferStep{OfferRow: o, To: to[o.CustomerID]}
		if s.To == nil {
			continue
		}
		if text, _ := crm.FillOffer(o.Text, r.x.offerValues(s)); text != "" {
			if s.To.Language == crm.InTraditional {
				text = crm.Traditional(text)
			}
			rows[i].Text = text
		}
	}
	return nil
}

func (r *run) offerView(o store.OfferRow) OfferView {
	when := o.Due
	switch {
	case o.SentAt != nil:
		when = *o.SentAt
	case o.State == crm.OfferSkipped || o.State == crm.OfferStopped || o.State == crm.OfferRefused || o.State == crm.OfferFailed:
		when = o.Updated // it does not leave any more: when that was decided
	}
	v := OfferView{ID: int64(o.ID), Customer: o.Customer, Owner: o.Owner, Purpose: crm.PurposeChinese(o.Purpose), State: crm.OfferStateChinese(o.State),
		When: crm.SayTime(when, r.now, r.zone), Text: o.Text, Reason: o.Reason, Ask: o.State == crm.OfferAsked}
	if o.Channel != "" {
		v.Channel = crm.ChannelChinese(o.Channel)
	}
	return v
}

// offer finds the offer of that number, refusing in words when it is none of the actor's business.
func (r *run) offer(ctx context.Context, id crm.OfferID, res *Result) (o store.OfferRow, err error) {
	if id == 0 {
		return o, r.ask("offer", "哪一条？说编号就行，比如「跳过触达 #1234」；说「待发的触达」看全部。")
	}
	o, err = r.tx.OfferByID(ctx, id)
	if notFound(err) {
		return o, crm.Refuse(crm.ErrNotFound, "没有编号 #%d 的触达，说「待发的触达」看全部。", id)
	}
	if err != nil {
		return o, err
	}
	res.Record = offerRef(o)
	if r.req.Actor.UserID != o.OwnerID && r.req.Actor.Scope != crm.ScopeSystem {
		res.Owner = o.Owner
		r.risky(fmt.Sprintf("这一条由%s负责", o.Owner))
	}
	return o, nil
}

func offerRef(o store.OfferRow) crm.Ref {
	return crm.Ref{Kind: crm.KindOffer, ID: int64(o.ID), Name: "给" + o.Customer + "的" + crm.PurposeChinese(o.Purpose)}
}

// stillOpen refuses what has left already.
func stillOpen(o store.OfferRow) error {
	if o.Open() {
		return nil
	}
	switch o.State {
	case crm.OfferQueued:
		return crm.Refuse(crm.ErrConflict, "给%s的这一条正在发，来不及改了。", o.Customer)
	case crm.OfferSent:
		return crm.Refuse(crm.ErrConflict, "给%s的这一条已经发出去了，改不了了。", o.Customer)
	}
	return crm.Refuse(crm.ErrConflict, "给%s的这一条%s，不用再处理。", o.Customer, crm.OfferStateChinese(o.State))
}

// OfferEdit changes what is said.
type OfferEdit struct {
	Offer   crm.OfferID `json:"offer" doc:"*触达编号"`
	Content string      `json:"content" doc:"*新的内容，可以用 {{称呼}} {{券}} {{链接}}"`
}

// mostOffer is how long an offer may be, in characters.
const mostOffer = 800

func checkOfferText(r *run, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", r.ask("content", "把要发给客户的话直接发给我，可以用 {{称呼}}、{{券}}、{{链接}}。")
	}
	if n := len([]rune(text)); n > mostOffer {
		return "", r.ask("content", "内容有 %d 个字，最多 %d 个字，请精简一下再发。", n, mostOffer)
	}
	return text, nil
}

func offerEdit(ctx context.Context, r *run, p *OfferEdit) (*Result, error) {
	res := &Result{}
	o, err := r.offer(ctx, p.Offer, res)
	if err != nil {
		return nil, err
	}
	if err := stillOpen(o); err != nil {
		return nil, err
	}
	text, err := checkOfferText(r, p.Content)
	if err != nil {
		return nil, err
	}
	res.changes(res.Record, "内容", text)
	r.title("改了%s", res.Record.Name)
	r.then(func(ctx context.Context) error {
		set := []store.Col{{Name: "text", Value: r.tx.Seal("offers", "text", text)}, {Name: "edited", Value: true}}
		if o.State == crm.OfferQueued { // its task in WeCom holds the old words: it is made anew
			set = append(set, store.Col{Name: "state", Value: crm.OfferPlanned}, store.Col{Name: "due", Value: r.now}, store.Col{Name: "remade", Value: true})
			if err := r.stopTask(ctx, o); err != nil {
				return err
			}
			wakeOffers(r.tx, []store.AddedOffer{{Due: r.now}})
		}
		if _, err := r.tx.Set(ctx, crm.KindOffer, int64(o.ID), o.Version, set); err != nil {
			return err
		}
		r.audit("offer.edit", res.Record, []Change{{Record: res.Record, Field: "内容", New: "改过"}})
		return nil
	})
	shown := r.offerView(o)
	shown.Text = text
	return view(res, shown)
}

// OfferSkip lets an offer pass.
type OfferSkip struct {
	Offer crm.OfferID `json:"offer,omitempty" doc:"触达编号"`
	All   bool        `json:"all,omitempty" doc:"我的都跳过"`
}

// OffersDone is Data of offer.send and offer.skip.
type OffersDone struct {
	Customer string `json:"customer,omitempty"`
	Count    int    `json:"count"`
	Sent     int    `json:"sent,omitempty"`   // of Count, by a door
	Handed   int    `json:"handed,omitempty"` // of Count, by the owner's own hand
	Racing   int    `json:"racing,omitempty"` // of Count, that a door had: one that has left meanwhile counts as sent
	Channel  string `json:"channel,omitempty"`
	When     string `json:"when,omitempty"` // when it is not at once
}

func offerSkip(ctx context.Context, r *run, p *OfferSkip) (*Result, error) {
	res := &Result{}
	rows, err := r.offersMeant(ctx, p.Offer, p.All, res)
	if err != nil {
		return nil, err
	}
	done := OffersDone{Customer: rows[0].Customer, Count: len(rows)}
	for _, o := range rows {
		if o.State != crm.OfferQueued { // what a door has is dropped before it leaves, unless it was faster
			if err := stillOpen(o); err != nil {
				return nil, err
			}
		} else if o.Channel != crm.ByContact {
			done.Racing++
		}
		ref := offerRef(o)
		res.Changes = append(res.Changes, Change{Record: ref, Field: "状态", Old: crm.OfferStateChinese(o.State), New: crm.OfferStateChinese(crm.OfferSkipped)})
	}
	r.title("跳过%s", res.Record.Name)
	r.then(func(ctx context.Context) error {
		for _, o := range rows {
			if o.State == crm.OfferQueued { // its message is lost to the door: no undo could bring it back
				if err := r.stopTask(ctx, o); err != nil {
					return err
				}
				if err := r.tx.ChangeOffers(ctx, []store.OfferChange{{ID: o.ID, State: crm.OfferSkipped, Channel: o.Channel}}); err != nil {
					return err
				}
			} else if _, err := r.tx.Set(ctx, crm.KindOffer, int64(o.ID), o.Version, []store.Col{{Name: "state", Value: crm.OfferSkipped}}); err != nil {
				return err
			}
			r.audit("offer.skip", offerRef(o), res.Changes)
			offerEvent(r.tx, "offer.skipped", o, nil)
		}
		return nil
	})
	return view(res, done)
}

// OfferSend is the owner's tap: the offer may leave.
type OfferSend struct {
	Offer crm.OfferID `json:"offer,omitempty" doc:"触达编号"`
	All   bool        `json:"all,omitempty" doc:"等我发送的都发"`
}

func offerSend(ctx context.Context, r *run, p *OfferSend) (*Result, error) {
	res := &Result{}
	rows, err := r.offersMeant(ctx, p.Offer, p.All, res)
	if err != nil {
		return nil, err
	}
	done := OffersDone{Customer: rows[0].Customer, Count: len(rows), Channel: crm.ChannelChinese(rows[0].Channel)}
	for _, o := range rows {
		if o.State == crm.OfferQueued && o.Channel == crm.ByContact {
			return nil, crm.Refuse(crm.ErrConflict, "给%s的群发任务已经建好，打开企业微信「群发助手」点一下发送就行。", o.Customer)
		}
		if err := stillOpen(o); err != nil {
			return nil, err
		}
		if byHand(o) {
			done.Handed++
		}
		ref := offerRef(o)
		res.Changes = append(res.Changes, Change{Record: ref, Field: "状态", Old: crm.OfferStateChinese(o.State), New: "发送"})
	}
	done.Sent = done.Count - done.Handed
	if end := r.x.reach.QuietUntil(r.now); !end.IsZero() && done.Sent > 0 {
		done.When = crm.SayTime(end, r.now, r.zone)
	}
	r.then(func(ctx context.Context) error {
		var changes []store.OfferChange
		for _, o := range rows {
			if byHand(o) { // handed on by hand: it is out
				said, err := r.handedOn(ctx, o)
				if err != nil {
					return err
				}
				changes = append(changes, said)
			} else {
				changes = append(changes, store.OfferChange{ID: o.ID, State: crm.OfferPlanned, Channel: o.Channel, Due: r.now, Told: true, Auto: true})
			}
			r.audit("offer.send", offerRef(o), res.Changes)
		}
		wakeOffers(r.tx, []store.AddedOffer{{Due: r.now}})
		return r.tx.ChangeOffers(ctx, changes)
	})
	return view(res, done)
}

// byHand reports whether no door leads to the customer but the owner's own: their tap says that they have handed it on.
func byHand(o store.OfferRow) bool { return o.Channel == crm.ByLink && o.State == crm.OfferAsked }

// handedOn counts an offer that its owner has handed on.
func (r *run) handedOn(ctx context.Context, o store.OfferRow) (store.OfferChange, error) {
	to, err := r.tx.ReachSubjects(ctx, []int64{int64(o.CustomerID)})
	if err != nil {
		return store.OfferChange{}, err
	}
	s := &OfferStep{OfferRow: o, To: to[o.CustomerID]}
	if s.To == nil {
		return store.OfferChange{}, crm.Refuse(crm.ErrNotFound, "%s已经删除了。", o.Customer)
	}
	text, _ := crm.FillOffer(o.Text, r.x.offerValues(s))
	offerSaid(r.tx, o, crm.ByLink, text)
	return store.OfferChange{ID: o.ID, State: crm.OfferSent, Channel: crm.ByLink, Said: text, Told: true, Auto: true},
		r.tx.PutReachCounts(ctx, map[crm.CustomerID]crm.ReachCount{o.CustomerID: s.To.Count.Add(crm.ReachAsk{Purpose: o.Purpose, Counted: o.Tries > 0}, crm.ByLink, r.now, &r.x.reach)})
}

// mostOffers is how many offers one word settles.
const mostOffers = 200

// offersMeant are the offers that a tap or a word is about: the one of that number, or all that wait for the actor.
func (r *run) offersMeant(ctx context.Context, id crm.OfferID, all bool, res *Result) ([]store.OfferRow, error) {
	if !all || id != 0 {
		o, err := r.offer(ctx, id, res)
		return []store.OfferRow{o}, err
	}
	q := store.OffersQuery{Owners: []int64{int64(r.req.Actor.UserID)}, States: []string{crm.OfferAsked}, Limit: mostOffers}
	rows, total, err := r.tx.ListOffers(ctx, q)
	if err == nil && total == 0 {
		q.States, q.To = []string{crm.OfferPlanned}, r.now.Add(24*time.Hour) // of the morning's digest
		rows, total, err = r.tx.ListOffers(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	if total == 0 {
		return nil, crm.Refuse(crm.ErrNotFound, "没有等你发送的触达。")
	}
	res.Record = crm.Ref{Kind: crm.KindOffer, Name: fmt.Sprintf("%d 条触达", len(rows))}
	if total > len(rows) {
		res.Notes = append(res.Notes, fmt.Sprintf("一次最多处理 %d 条，还有 %d 条，再说一次就行。", len(rows), total-len(rows)))
	}
	return rows, nil
}

// stopTask takes a group-send task back that its owner has not confirmed yet.
func (r *run) stopTask(ctx context.Context, o store.OfferRow) error {
	if o.State != crm.OfferQueued || o.Channel != crm.ByContact {
		return nil
	}
	return r.tx.StopContactTasks(ctx, []string{OfferKey(o.ID, o.Tries)})
}

// OfferKey names the message that was made of an offer as its nth.
func OfferKey(id crm.OfferID, n int) string { return fmt.Sprintf("offer:%d:%d", id, n) }
