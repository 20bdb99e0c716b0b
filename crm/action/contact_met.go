package action

import (
	"context"
	"encoding/json"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// KindContact is the kind of an outbox row that tells a colleague of a customer among their contacts on a platform: Subject is the
// guest, Payload a [ContactNews].
const KindContact = "contact"

// ContactNews is what a colleague hears of a contact.
type ContactNews struct {
	Parted bool        `json:"parted,omitempty"` // the customer is none any more; else: is one now
	Offer  crm.OfferID `json:"offer,omitempty"`  // that goes with the greeting

	Said     string         `json:"said,omitempty"` // instead: what the customer has answered by text message,
	Customer crm.CustomerID `json:"customer,omitempty"`
	Owner    crm.UserID     `json:"owner,omitempty"` // who hears of it
}

// ContactMet is a guest who has become a contact of a colleague. Who it is was written down before: a name is no parameter.
type ContactMet struct {
	Guest crm.GuestID `json:"guest" doc:"*客户在微信里的编号"`
	Scene string      `json:"scene,omitempty" doc:"来源码"`
	Made  bool        `json:"made,omitempty" doc:"第一次见"`
	Offer crm.OfferID `json:"offer,omitempty" doc:"欢迎语带上的触达编号"`
}

func contactMet(ctx context.Context, r *run, p *ContactMet) (*Result, error) {
	return r.contactNews(ctx, p.Guest, "contact.met", map[string]any{"guest": p.Guest, "scene": p.Scene}, p.Made, ContactNews{Offer: p.Offer})
}

// ContactParted is a guest who is no contact of a colleague any more.
type ContactParted struct {
	Guest crm.GuestID `json:"guest" doc:"*客户在微信里的编号"`
	Ours  bool        `json:"ours,omitempty" doc:"是同事删的"`
}

func contactParted(ctx context.Context, r *run, p *ContactParted) (*Result, error) {
	return r.contactNews(ctx, p.Guest, "contact.parted", map[string]any{"guest": p.Guest, "ours": p.Ours}, !p.Ours, ContactNews{Parted: true})
}

// contactNews notes what happened to a contact and tells the colleague, if they are to be told.
func (r *run) contactNews(ctx context.Context, id crm.GuestID, event string, data map[string]any, tell bool, news ContactNews) (*Result, error) {
	g, err := r.tx.Guest(ctx, id)
	if err != nil {
		return nil, err
	}
	ref, c := crm.Ref{}, (*customer)(nil)
	if g.Customer != 0 {
		if c, err = r.customer(ctx, fmt.Sprintf("#%d", g.Customer), mustExist); err != nil {
			return nil, err
		}
		ref = c.ref()
	}
	payload, err := json.Marshal(news)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", event, err)
	}
	r.then(func(context.Context) error {
		r.audit(event, ref, nil)
		r.event(event, ref, data)
		switch {
		case c == nil || !tell:
		case news.Parted:
			r.history(c, 0, g.Called()+"删除了同事的微信")
		default:
			r.history(c, 0, g.Called()+"加了同事的微信")
		}
		if tell && g.Owner != 0 {
			r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("contact:%d", g.Owner), Kind: KindContact, Subject: int64(id), Payload: payload, Key: event + ":" + r.req.Key})
		}
		return nil
	})
	return &Result{Record: ref}, nil
}
