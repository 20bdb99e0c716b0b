package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// ringVisitNews tells the customer of an appointment what became of it. What was overtaken by a later change says nothing: that one
// has news of its own. Words that are still on their way are taken back first, so that nobody reads of two times; and who has
// heard nothing yet of an appointment need not hear that it was called off.
func (b *Bot) ringVisitNews(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	var n action.VisitNews
	if err := json.Unmarshal(c.Payload, &n); err != nil {
		return nil, fmt.Errorf("news of an appointment %s: %w", c.Key, err)
	}
	a, gone, err := tx.AppointmentEver(ctx, crm.AppointmentID(c.Subject))
	if err != nil {
		return nil, err
	}
	if a.Version != n.Version || !a.To.After(tx.Now) || gone != (n.Topic == action.VisitDropped && a.State == crm.StateOpen) {
		return nil, nil
	}
	stopped, told, err := tx.StopVisitOffers(ctx, crm.AppointmentID(a.ID), "上门又有变动")
	if err != nil || n.Topic == action.VisitDropped && stopped > 0 && !told {
		return nil, err
	}
	return b.tellVisit(ctx, tx, a, n.Topic, n.By, c.Key)
}

// visitWord is what the customer of an appointment reads.
type visitWord struct {
	Topic      action.VisitTopic
	When       string
	Technician string
	Content    string
	Full       string // the customer, for whoever passes it on
	Text       string
}

// tellVisit tells the customer of an appointment something: in the dialogue that they can be reached in now, else by SMS or mail,
// else whose customer it is gets the words to pass on. by is who speaks in the dialogue.
func (b *Bot) tellVisit(ctx context.Context, tx *store.Tx, a store.AppointmentRow, topic action.VisitTopic, by, key string) ([]chat.Reply, error) {
	w := visitWord{Topic: topic, Technician: a.Technician, Content: a.Content, Full: a.Customer,
		When: crm.SayTime(a.From, tx.Now, crm.Shanghai) + "-" + a.To.In(crm.Shanghai).Format("15:04")}
	near, far, err := b.visitGuest(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	if near {
		return nil, b.tellVisitGuest(ctx, tx, a, by, key, b.say("visit_word", w))
	}
	w.When = visitDay(a.From) + " " + a.From.In(crm.Shanghai).Format("15:04") + "-" + a.To.In(crm.Shanghai).Format("15:04") // it may wait for the night to end
	w.Text = b.say("visit_word", w)
	ok, err := b.actions.TellVisit(ctx, tx, action.VisitWord{Appointment: crm.AppointmentID(a.ID), Customer: crm.CustomerID(a.CustomerID), Text: w.Text,
		Until: a.From, Key: "visit:" + key}, b.offerDoors())
	if ok || err != nil {
		return nil, err
	}
	if far {
		return nil, b.tellVisitGuest(ctx, tx, a, by, key, w.Text)
	}
	if topic == action.VisitMade { // whoever made it has spoken with them, and the evening before it is said once more
		return nil, nil
	}
	owner := a.OwnerID
	if owner == 0 {
		owner = a.TechnicianID
	}
	peer, zone, ok := b.reach(ctx, crm.UserID(owner))
	if !ok {
		return nil, nil
	}
	w.When = crm.SayTime(a.From, tx.Now, zone) + "-" + a.To.In(zone).Format("15:04")
	w.Text = b.say("visit_word", w)
	return []chat.Reply{{Key: "forward:" + key, To: chat.PeerID(peer), Text: b.say("visit_forward", w)}}, nil
}

// visitGuest tells whether the customer of an appointment can be told in a dialogue: near, now and without disturbing anybody; far,
// though that takes the dialogue from a colleague who is in it.
func (b *Bot) visitGuest(ctx context.Context, tx *store.Tx, a store.AppointmentRow) (near, far bool, err error) {
	id, err := tx.GuestOf(ctx, crm.TicketID(a.TicketID), crm.CustomerID(a.CustomerID))
	if err != nil || id == 0 {
		return false, false, err
	}
	g, err := tx.Guest(ctx, id)
	if err != nil {
		return false, false, err
	}
	if !b.customersDoor(g.Platform) {
		return a.TicketID != 0 && (g.Platform == crm.BySMS || g.Platform == crm.ByMail) && b.adapters[g.Platform] != nil, false, nil
	}
	if !g.Reachable(tx.Now) || g.Refuses {
		return false, false, nil
	}
	busy := g.Session == chat.ToPerson || g.Session == chat.ToPool
	return !busy, busy, nil
}

func (b *Bot) tellVisitGuest(ctx context.Context, tx *store.Tx, a store.AppointmentRow, by, key, text string) error {
	id, err := tx.GuestOf(ctx, crm.TicketID(a.TicketID), crm.CustomerID(a.CustomerID))
	if err != nil {
		return err
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("guest:%d", id), Kind: action.KindGuest, Subject: int64(id),
		Payload: mustJSON(action.GuestNews{Topic: action.GuestVisit, Ticket: a.TicketID, By: by, Content: text}), Key: "guest:" + key})
	return nil
}

// visitDay is a day that reads the same whenever it is read: 11月19日周四.
func visitDay(at time.Time) string {
	t := at.In(crm.Shanghai)
	return fmt.Sprintf("%d月%d日周%s", t.Month(), t.Day(), []string{"日", "一", "二", "三", "四", "五", "六"}[t.Weekday()])
}
