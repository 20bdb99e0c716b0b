package action

import (
	"context"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// OfferDoors tells a decision about offers what it cannot know: who of the colleagues can be reached, and by what.
type OfferDoors struct {
	Kf, Contact, SMS, Mail bool
	Welcome                bool                        // the customer has become a contact just now, and is greeted
	Colleague              func(peers []string) string // the identity by which a colleague is reached now; "" for none
}

// OfferStep is an offer about which was decided, on its way to [Executor.SettleOffers]: the bot makes its message in between
// and puts what the customer reads into Said.
type OfferStep struct {
	store.OfferRow
	To      *store.ReachSubject
	Choice  crm.Choice
	Filled  string    // the text with its values
	Ask     bool      // the owner is to be asked, not the customer told
	Address string    // with SMS and mail
	Guest   crm.Guest // with kf; locked
	Friend  string    // with contact: the customer's chat.PeerID
	Peer    string    // the owner's chat.PeerID; "" when there is none
	Said    string    // what the customer reads
}

// OfferBatch are decisions that are not written down yet.
type OfferBatch struct {
	Steps  []*OfferStep
	More   bool // there may be others whose time has come
	counts map[crm.CustomerID]crm.ReachCount
}

const (
	offerBatch = 200             // offers of one transaction
	guestBusy  = 5 * time.Second // a guest who is being talked with is looked at again then
)

// OffersDue decides about offers whose time has come: a batch of them, whose rows and whose customers' counts are locked until tx
// ends. What it decides is written by [Executor.SettleOffers].
func (x *Executor) OffersDue(ctx context.Context, tx *store.Tx, doors OfferDoors) (*OfferBatch, error) {
	if err := x.endOffers(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.DueOffers(ctx, offerBatch)
	if err != nil {
		return nil, err
	}
	return x.decideOffers(ctx, tx, rows, doors)
}

// endOffers closes what nobody has tapped in time: offers that asked for it, and group-send tasks, which are taken back. The reason stands
// in the offer, and the rules hear of it.
func (x *Executor) endOffers(ctx context.Context, tx *store.Tx) error {
	ended, err := tx.ExpireOffers(ctx, "一直没人点发送", offerBatch)
	if err == nil && len(ended) > 0 {
		var rows []store.OfferRow
		rows, err = tx.OffersByID(ctx, ended)
		for _, o := range rows {
			offerEvent(tx, "offer.refused", o, map[string]any{"reason": o.Reason})
		}
	}
	if err == nil {
		_, err = tx.EndTasks(ctx, "一直没人在群发助手里点发送，"+crm.OfferLate, offerBatch)
	}
	if err != nil {
		return err
	}
	return x.letHear(ctx, tx)
}

func (x *Executor) decideOffers(ctx context.Context, tx *store.Tx, rows []store.OfferRow, doors OfferDoors) (*OfferBatch, error) {
	b := &OfferBatch{More: len(rows) == offerBatch, counts: map[crm.CustomerID]crm.ReachCount{}}
	if len(rows) == 0 {
		return b, nil
	}
	var customers, owners []int64
	for _, o := range rows {
		customers, owners = append(customers, int64(o.CustomerID)), append(owners, int64(o.OwnerID))
	}
	subjects, err := tx.ReachSubjects(ctx, customers)
	if err != nil {
		return nil, err
	}
	peers, err := tx.PeersOfAll(ctx, owners)
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		s := &OfferStep{OfferRow: o, To: subjects[o.CustomerID], Peer: doors.Colleague(peers[o.OwnerID])}
		if s.To == nil {
			s.Choice.Reason = "客户已经删除"
		} else if err := x.decide(ctx, tx, b, s, doors, peers[o.OwnerID]); err != nil {
			return nil, err
		}
		b.Steps = append(b.Steps, s)
	}
	return b, nil
}

// decide is the decision about one offer. What it sends counts for the next ones of the same batch.
func (x *Executor) decide(ctx context.Context, tx *store.Tx, b *OfferBatch, s *OfferStep, doors OfferDoors, peers []string) error {
	p := &x.reach
	count, counted := b.counts[s.CustomerID]
	if !counted {
		count = s.To.Count
	}
	d := s.To.Doors(crm.ReachDoors{Kf: doors.Kf, Contact: doors.Contact, Welcome: doors.Welcome, SMS: doors.SMS, Mail: doors.Mail, Link: s.Peer != ""})
	ask := crm.ReachAsk{Purpose: s.Purpose, Tried: s.Tried, Counted: s.Tries > 0, Remade: s.Remade, Ticket: s.To.Ticket, Agreed: s.Source == sourceVisit}
	if s.Until != nil {
		ask.Until = *s.Until
	}
	s.Choice = crm.ChooseChannel(ask, d, s.To.Consents, count, tx.Now, p)
	if s.Choice.Channel == "" {
		if s.Choice.Reason == crm.OfferLate && s.Reason != "" {
			s.Choice.Reason = s.Reason + "，" + crm.OfferLate
		}
		return nil
	}
	values := x.offerValues(s)
	var missing []string
	if s.Filled, missing = crm.FillOffer(s.Text, values); s.Filled == "" {
		s.Choice = crm.Choice{Reason: "文案里的" + strings.Join(missing, "、") + "没有内容，剩不下能发的话"}
		return nil
	}
	switch {
	case s.Choice.Channel == crm.ByLink: // the owner is told the words, and says when they are handed on
		s.Ask = true
	case !s.Auto && s.Choice.Channel != crm.ByContact: // by that one the platform itself asks the owner
		s.Ask = true
	}
	if s.Ask && s.Peer == "" {
		s.Choice, s.Ask = crm.Choice{Reason: "负责人没有能用的聊天，没人点发送"}, false
		return nil
	}
	if s.Ask {
		return nil
	}
	switch s.Choice.Channel {
	case crm.ByKf:
		g, ok, err := tx.TryGuest(ctx, s.To.Kf.ID)
		if err != nil {
			return err
		}
		if !ok {
			s.Choice = crm.Choice{Wait: tx.Now.Add(guestBusy), Reason: "正在和客户对话"}
			return nil
		}
		s.Guest = g
		s.To.Kf.Sent++ // for the next offer of this batch
	case crm.ByContact:
		s.Friend = s.To.Friends[0].Peer
		for _, f := range s.To.Friends {
			for _, peer := range peers {
				if f.Owner == peer {
					s.Friend = f.Peer
				}
			}
		}
	case crm.BySMS:
		s.Address = s.To.Mobile
	case crm.ByMail:
		s.Address = s.To.Mail
	}
	b.counts[s.CustomerID] = count.Add(ask, s.Choice.Channel, tx.Now, p)
	return nil
}

// offerValues are the values for an offer's placeholders.
func (x *Executor) offerValues(s *OfferStep) map[string]string {
	v := map[string]string{crm.Called: calledBy(s.To), "客户": crm.BrandName(s.To.Name), "品牌": x.company, "负责人": s.Owner, "链接": x.offerLink(s)}
	if s.To.Person {
		v["客户"] = s.To.Name
	}
	for name, value := range s.Fills {
		v[name] = value
	}
	v["姓名"] = v[crm.Called]
	return v
}

// calledBy is how a text addresses the customer: a person by their name, of a firm the first contact.
func calledBy(to *store.ReachSubject) string {
	if to.Contact != "" {
		return to.Contact
	}
	if to.Person {
		return to.Name
	}
	return ""
}

// SettleOffers writes down what was decided.
func (x *Executor) SettleOffers(ctx context.Context, tx *store.Tx, b *OfferBatch) error {
	var changes []store.OfferChange
	var next []store.AddedOffer
	for _, s := range b.Steps {
		c := store.OfferChange{ID: s.ID, State: crm.OfferRefused, Channel: s.Choice.Channel, Reason: s.Choice.Reason}
		switch {
		case s.Ask:
			c.State, c.Told, c.Due = crm.OfferAsked, true, tx.Now.Add(x.reach.AskLife)
			if s.Until != nil && s.Until.Before(c.Due) {
				c.Due = *s.Until
			}
			next = append(next, store.AddedOffer{Due: c.Due})
		case s.Choice.Channel != "":
			c.State, c.Said = crm.OfferQueued, s.Said
			if s.Until != nil && s.Choice.Channel == crm.ByContact { // until then its owner may confirm the task
				next = append(next, store.AddedOffer{Due: *s.Until})
			}
		case !s.Choice.Wait.IsZero():
			c.State, c.Due, c.Remade = crm.OfferPlanned, s.Choice.Wait, s.Remade
			next = append(next, store.AddedOffer{Due: s.Choice.Wait})
		}
		changes = append(changes, c)
		if c.State == crm.OfferRefused {
			offerEvent(tx, "offer.refused", s.OfferRow, map[string]any{"reason": c.Reason})
		}
	}
	if err := tx.ChangeOffers(ctx, changes); err != nil {
		return err
	}
	if err := tx.PutReachCounts(ctx, b.counts); err != nil {
		return err
	}
	wakeOffers(tx, next)
	return x.letHear(ctx, tx)
}

// letHear marks the events of a transaction that somebody listens to; runs do it by themselves.
func (x *Executor) letHear(ctx context.Context, tx *store.Tx) error {
	if len(tx.Ledger.Events) == 0 {
		return nil
	}
	names, err := x.heard(ctx, tx)
	if err != nil {
		return err
	}
	for i := range tx.Ledger.Events {
		e := &tx.Ledger.Events[i]
		e.React = e.React || names[e.Name]
	}
	return nil
}

// offerSaid writes what a customer was told into its record, and tells the rules.
func offerSaid(tx *store.Tx, o store.OfferRow, channel, text string) {
	tx.Ledger.Activities = append(tx.Ledger.Activities, store.ActivityRow{Customer: o.CustomerID, Type: "change", Channel: activityChannel(channel), At: tx.Now,
		Content: sentBy(channel) + crm.PurposeChinese(o.Purpose) + "：" + text})
	offerEvent(tx, "offer.sent", o, map[string]any{"channel": channel})
}

// sentBy begins the line of the customer's history.
func sentBy(channel string) string {
	if channel == crm.ByLink {
		return "转发了"
	}
	return crm.ChannelChinese(channel) + "发出"
}

// activityChannel is a channel as the customer's history names it.
func activityChannel(channel string) string {
	switch channel {
	case crm.BySMS:
		return "短信"
	case crm.ByMail:
		return "邮件"
	}
	return "微信"
}

// offerEvent is an event about an offer; its record is the customer, as rules want it.
func offerEvent(tx *store.Tx, name string, o store.OfferRow, more map[string]any) {
	data := map[string]any{"offer": int64(o.ID), "customer": int64(o.CustomerID), "purpose": o.Purpose, "source": o.Source}
	if o.SourceID != 0 {
		data["source_id"] = o.SourceID
	}
	if o.Step != "" {
		data["step"] = o.Step
	}
	if o.CouponID != 0 {
		data["coupon"] = o.CouponID
	}
	for k, v := range more {
		data[k] = v
	}
	tx.Ledger.Events = append(tx.Ledger.Events, store.Event{Name: name, Kind: crm.KindCustomer, ID: int64(o.CustomerID), Data: mustRaw(data)})
}
