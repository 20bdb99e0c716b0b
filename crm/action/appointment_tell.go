package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindVisitNews is an outbox row that tells the customer of an appointment (Subject) what became of it: a [VisitNews]. The bot
// finds the door when it is sent.
const KindVisitNews = "appointment.news"

// sourceVisit is the Source of offers that tell customers of appointments; their SourceID is the appointment.
const sourceVisit = "appointment"

// VisitTopic is what the customer of an appointment is told.
type VisitTopic string

// The topics.
const (
	VisitMade    VisitTopic = "made"    // it was made
	VisitMoved   VisitTopic = "moved"   // it is at another time
	VisitDropped VisitTopic = "dropped" // it was called off
	VisitKept    VisitTopic = "kept"    // it was not moved or called off after all
	VisitEve     VisitTopic = "eve"     // it is tomorrow
)

// VisitNews is one thing that the customer of an appointment is told.
type VisitNews struct {
	Topic   VisitTopic `json:"topic"`
	Version int        `json:"version"`      // of the appointment; a later one has news of its own
	By      string     `json:"by,omitempty"` // the colleague who did it
}

// tellVisit tells the customer of an appointment what became of it when the run is done. It belongs into the second pass. Each
// version is told once.
func (r *run) tellVisit(id crm.AppointmentID, version int, topic VisitTopic) error {
	payload, err := json.Marshal(VisitNews{Topic: topic, Version: version, By: r.req.Actor.Name})
	if err != nil {
		return fmt.Errorf("appointment %d: %w", id, err)
	}
	r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("visit:%d", id), Kind: KindVisitNews, Subject: int64(id), Payload: payload,
		Key: fmt.Sprintf("visit:%d:%d:%s", id, version, topic)})
	return nil
}

// VisitWord is something that the customer of an appointment has to hear by SMS or mail, for want of a dialogue.
type VisitWord struct {
	Appointment crm.AppointmentID
	Customer    crm.CustomerID
	Owner       crm.UserID // who hears if no door could deliver it; 0 is the customer's owner
	Text        string
	Until       time.Time // of no use later
	Key         string
}

// TellVisit plans v as an offer, which goes down the ladder without waiting for anybody's tap. ok is false when the customer has no
// such door, or does not want to hear of such things: then somebody has to pass it on.
func (x *Executor) TellVisit(ctx context.Context, tx *store.Tx, v VisitWord, doors OfferDoors) (ok bool, err error) {
	all, err := tx.ReachSubjects(ctx, []int64{int64(v.Customer)})
	if err != nil {
		return false, err
	}
	to := all[v.Customer]
	if to == nil {
		return false, nil
	}
	open := to.Doors(crm.ReachDoors{SMS: doors.SMS, Mail: doors.Mail})
	ask := crm.ReachAsk{Purpose: crm.Transaction, Until: v.Until, Agreed: true, Ticket: to.Ticket}
	if c := crm.ChooseChannel(ask, open, to.Consents, to.Count, tx.Now, &x.reach); c.Channel == "" && c.Wait.IsZero() {
		return false, nil
	}
	o := crm.Offer{CustomerID: v.Customer, Owner: v.Owner, Purpose: crm.Transaction, Source: sourceVisit, SourceID: int64(v.Appointment),
		Text: "{{内容}}", Fills: map[string]string{"内容": v.Text}, Until: v.Until, Key: v.Key, Auto: true, Prompt: true}
	added, err := tx.AddOffers(ctx, []crm.Offer{o}, []time.Time{tx.Now}, nil)
	if err != nil {
		return false, err
	}
	wakeOffers(tx, added)
	return true, nil
}
