package action_test

import (
	"context"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
)

// A company elsewhere: a series rings at the same time by its clock, and what is promised to customers counts its office
// hours, over the night in which the clock is moved.
func TestACompanyInAnotherZone(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	abroad := storetest.Open(t, storetest.URL(h.store), storetest.WithKeys(h.store.Keys()), storetest.WithClock(func() time.Time { return h.now }), func(c *store.Config) { c.Zone = newYork })
	h.store, h.x = abroad, action.New(abroad, action.Config{Service: templates.Default().Service})
	for name, who := range h.who {
		if h.who[name], err = abroad.UserByID(t.Context(), who.UserID); err != nil {
			t.Fatal(err)
		}
	}
	h.now = time.Date(2026, 10, 30, 20, 30, 0, 0, newYork).UTC() // Friday evening; on Sunday the clock goes back
	id := crm.ReminderID(h.must("李雷", call("reminder.create", params{"at": "2026-10-31T09:00:00-04:00", "content": "看邮件", "repeat": "daily"})).Results[0].Record.ID)
	at := time.Date(2026, 10, 31, 9, 0, 0, 0, newYork)
	for range 4 {
		h.now = at.UTC()
		err := abroad.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			got, err := h.x.NextOccurrence(ctx, tx, id)
			if want := at.AddDate(0, 0, 1); !got.Equal(want) {
				t.Errorf("after %s it rings at %s, not at %s", at, got.In(newYork), want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		at = at.AddDate(0, 0, 1)
		if err := h.owner.QueryRow(`SELECT max(id) FROM reminders`).Scan(&id); err != nil {
			t.Fatal(err)
		}
	}
	h.now = time.Date(2026, 10, 30, 21, 30, 0, 0, newYork).UTC()
	ticket := h.must("孙客服", call("ticket.create", params{"content": "漏油", "kind": "故障"})).Results[0].Record.ID
	var due time.Time
	if err := h.owner.QueryRow(`SELECT first_due FROM tickets WHERE id = $1`, ticket).Scan(&due); err != nil {
		t.Fatal(err)
	}
	if local := due.In(newYork); local.Weekday() != time.Monday || local.Hour() < 9 || local.Hour() > 12 {
		t.Errorf("what came in on Friday night is promised for %s", local)
	}
}
