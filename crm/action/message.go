package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gendan/crm"
)

// MessageSend says something to a customer, or to all of a segment, each by the nearest door.
type MessageSend struct {
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Filter   crm.Filter `json:"filter,omitzero" doc:"发给哪些客户：标签、级别、行业、地区、来源、阶段、买过什么、多久没联系"`
	Content  string     `json:"content" doc:"*内容，可以用 {{称呼}} {{品牌}} {{负责人}}"`
	Purpose  string     `json:"purpose,omitempty" doc:"目的：营销、关怀；发给一位客户也可以是服务、交易；不说是营销"`
	At       instant    `json:"at,omitzero" doc:"什么时候发；不说是现在"`
}

// MessageView is Data of message.send.
type MessageView struct {
	Customers int    `json:"customers"`
	Customer  string `json:"customer,omitempty"` // with one
	When      string `json:"when,omitempty"`     // when it is not at once
	Sample    string `json:"sample"`             // what the first one will read
	Told      int    `json:"told,omitempty"`     // customers of colleagues, who hear of it first,
	Tell      string `json:"tell,omitempty"`     // then
}

func messageSend(ctx context.Context, r *run, p *MessageSend) (*Result, error) {
	purpose, err := r.purpose(p.Purpose)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(p.Filter)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	res, v := &Result{}, MessageView{}
	var ids []int64
	if string(raw) != "{}" && p.Customer == "" {
		if !crm.Unasked(purpose) {
			return nil, crm.Refuse(crm.ErrDenied, "群发只能是营销或关怀：「%s」的消息退订了的客户也收得到，只能一位一位发，比如「给云帆发服务消息：…」。这批要发就不说目的，或说「关怀」。", crm.PurposeChinese(purpose))
		}
		if ids, err = r.audience(ctx, p.Filter, r.x.reach.Most); err != nil {
			return nil, err
		}
	} else {
		c, err := r.oldCustomer(ctx, p.Customer)
		if err != nil {
			return nil, err
		}
		r.ours(c, res)
		ids, res.Record, v.Customer = []int64{c.ID}, c.ref(), c.Name
	}
	text, err := checkOfferText(r, p.Content)
	if err != nil {
		return nil, err
	}
	if word := crm.Advertises(text); word != "" && !crm.Unasked(purpose) {
		return nil, crm.Refuse(crm.ErrDenied, "这段话里有「%s」，是营销，不能当%s发：客户没同意收营销就不能收到。去掉目的再发，或只说和这单有关的事。", word, crm.PurposeChinese(purpose))
	}
	if v.Customers = len(ids); len(ids) > 1 {
		res.Record = crm.Ref{Kind: crm.KindOffer, Name: fmt.Sprintf("%d 位客户", len(ids))}
	}
	first, err := r.tryOffer(ctx, crm.CustomerID(ids[0]), text, purpose)
	if err != nil {
		return nil, err
	}
	if first.Filled == "" {
		return nil, r.ask("content", "这段话填好以后没剩下内容（%s没有值），请换个说法。", strings.Join(first.missing, "、"))
	}
	if len(ids) == 1 && first.Choice.Channel == "" && first.Choice.Wait.IsZero() {
		return nil, crm.Refuse(crm.ErrConflict, "没有发给%s：%s。", v.Customer, first.Choice.Reason)
	}
	v.Sample = first.Filled
	at := r.now
	if p.At.After(r.now) {
		at = p.At.Time
	}
	if end := r.x.reach.QuietUntil(at); !end.IsZero() {
		at = end
	}
	if at.After(r.now) {
		v.When = crm.SayTime(at, r.now, r.zone)
	}
	r.risky(fmt.Sprintf("会发给 %d 位客户，发出后收不回来", len(ids)))
	res.changes(res.Record, "内容", v.Sample, "什么时候", v.When)
	key := r.req.Key
	if key == "" {
		key = newToken()
	}
	r.then(func(ctx context.Context) error {
		offers := make([]crm.Offer, len(ids))
		for i, id := range ids {
			offers[i] = crm.Offer{CustomerID: crm.CustomerID(id), Purpose: purpose, Source: "manual", Text: text, NotBefore: p.At.Time, Auto: true,
				Key: fmt.Sprintf("message:%s:%d:%d", key, r.call, id)}
		}
		added, err := r.planOffers(ctx, offers)
		if err != nil {
			return err
		}
		v.Customers = len(added)
		for _, a := range added {
			if _, say := r.x.reach.Leaves(crm.Offer{Purpose: purpose, Auto: true, NotBefore: p.At.Time}, r.now); a.Owner != r.req.Actor.UserID && !say.IsZero() {
				v.Told++
				v.Tell, v.When = crm.SayTime(say, r.now, r.zone), crm.SayTime(a.Due, r.now, r.zone)
			}
		}
		r.audit("message.send", res.Record, []Change{{Record: res.Record, Field: "发给", New: fmt.Sprintf("%d 位客户", len(added))}})
		_, err = view(res, v)
		return err
	})
	return view(res, v)
}

// OfferPreview shows what a customer would read, and by which door.
type OfferPreview struct {
	Content  string `json:"content" doc:"*文案，可以用 {{称呼}} {{品牌}} {{券}} {{链接}}"`
	Customer string `json:"customer,omitempty" doc:"*用哪位客户试"`
	Purpose  string `json:"purpose,omitempty" doc:"目的：营销、关怀、服务、交易"`
}

// OfferPreviewed is Data of offer.preview.
type OfferPreviewed struct {
	Customer string `json:"customer"`
	Text     string `json:"text"`
	Channel  string `json:"channel,omitempty"` // in Chinese
	When     string `json:"when,omitempty"`
	Reason   string `json:"reason,omitempty"` // why not, or not now
	Missing  string `json:"missing,omitempty"`
}

func offerPreview(ctx context.Context, r *run, p *OfferPreview) (*Result, error) {
	purpose, err := r.purpose(p.Purpose)
	if err != nil {
		return nil, err
	}
	text, err := checkOfferText(r, p.Content)
	if err != nil {
		return nil, err
	}
	c, err := r.oldCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	s, err := r.tryOffer(ctx, crm.CustomerID(c.ID), text, purpose)
	if err != nil {
		return nil, err
	}
	v := OfferPreviewed{Customer: c.Name, Text: s.Filled, Reason: s.Choice.Reason, Missing: strings.Join(s.missing, "、")}
	if s.Choice.Channel != "" {
		v.Channel = crm.ChannelChinese(s.Choice.Channel)
	}
	if !s.Choice.Wait.IsZero() {
		v.When = crm.SayTime(s.Choice.Wait, r.now, r.zone)
	}
	return view(&Result{Record: c.ref()}, v)
}

// tried is a text as a customer would read it, and how it would reach them.
type tried struct {
	Filled  string
	missing []string
	Choice  crm.Choice
}

// tryOffer decides about a text as if it were to leave now; it sends nothing.
func (r *run) tryOffer(ctx context.Context, id crm.CustomerID, text, purpose string) (t tried, err error) {
	all, err := r.tx.ReachSubjects(ctx, []int64{int64(id)})
	if err != nil {
		return t, err
	}
	to := all[id]
	if to == nil {
		return t, crm.Refuse(crm.ErrNotFound, "这位客户已经删除了。")
	}
	s := &OfferStep{To: to}
	s.Owner = r.req.Actor.Name
	t.Filled, t.missing = crm.FillOffer(text, r.x.offerValues(s))
	if to.Language == crm.InTraditional {
		t.Filled = crm.Traditional(t.Filled)
	}
	open := r.x.doors
	doors := to.Doors(crm.ReachDoors{Kf: open.Kf, Contact: open.Contact, SMS: open.SMS, Mail: open.Mail, Link: true})
	t.Choice = crm.ChooseChannel(crm.ReachAsk{Purpose: purpose, Ticket: to.Ticket}, doors, to.Consents, to.Count, r.now, &r.x.reach)
	return t, nil
}
