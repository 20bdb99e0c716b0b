package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// One row of a part is written otherwise than several; it must come to the same.
func TestBothWaysOfWritingALedgerAreAlike(t *testing.T) {
	t.Parallel()
	for _, pooled := range []bool{false, true} {
		t.Run(fmt.Sprintf("pooled %t", pooled), func(t *testing.T) {
			t.Parallel()
			url := storetest.Database(t)
			if pooled {
				url += "&binary_parameters=yes"
			}
			s := storetest.Open(t, url)
			c := newTeller(t, s)
			var set []store.TimerDue
			s.OnTimers(func(list []store.TimerDue) { set = append(set, list...) })
			for _, turn := range []struct {
				name string
				rows int
			}{{"one", 1}, {"several", 3}, {"many", 7}} {
				set = nil
				if err := c.turn(t, turn.name, turn.rows, "note"); err != nil {
					t.Fatal(err)
				}
				if len(set) != turn.rows {
					t.Errorf("%s: %d timers rang the bell", turn.name, len(set))
				}
				for what, want := range map[string]int{
					`SELECT count(*) FROM audit WHERE key = $1 AND actor = $$李'雷\$$ AND diff IS NOT NULL`:                        turn.rows,
					`SELECT count(*) FROM activities WHERE channel = $1 AND next_at IS NULL AND id > 1000`:                       turn.rows,
					`SELECT count(*) FROM events WHERE name = $1 AND data IS NOT NULL`:                                           turn.rows,
					`SELECT count(*) FROM timers WHERE surface = $1 AND state = 0`:                                               turn.rows,
					`SELECT count(*) FROM outbox WHERE peer = $1 AND state = 0 AND not_before = '-infinity'`:                     turn.rows,
					`SELECT count(*) FROM undo WHERE card = $1 AND steps IS NOT NULL AND told IS NULL`:                           1,
					`SELECT count(*) FROM inbox WHERE conversation = $1 AND done_at IS NOT NULL`:                                 1,
					`SELECT count(*) FROM conversations WHERE id = $1 AND state IS NOT NULL AND user_id <> 0`:                    1,
					`SELECT count(*) FROM (SELECT DISTINCT key FROM outbox WHERE peer = $1) o`:                                   turn.rows,
					`SELECT count(*) FROM outbox a JOIN outbox b USING (peer) WHERE peer = $1 AND a.key < b.key AND a.id > b.id`: 0, // in order
				} {
					var n int
					if err := c.owner.QueryRow(what, turn.name).Scan(&n); err != nil || n != want {
						t.Errorf("%s: %d, want %d, of %s; %v", turn.name, n, want, what, err)
					}
				}
			}
			if err := c.turn(t, "wrong", 2, "no such type"); !errors.Is(err, crm.ErrInvalid) {
				t.Errorf("a ledger with a wrong row: %v", err)
			}
			var left int
			err := c.owner.QueryRow(`SELECT (SELECT count(*) FROM audit WHERE key = 'wrong') + (SELECT count(*) FROM outbox WHERE peer = 'wrong')
				+ (SELECT count(*) FROM inbox WHERE conversation = 'wrong' AND done_at IS NOT NULL)`).Scan(&left)
			if err != nil || left != 0 {
				t.Errorf("%d rows of it remain; %v", left, err)
			}
			if err := c.turn(t, "after", 1, "note"); err != nil {
				t.Errorf("the next turn: %v", err)
			}
		})
	}
}

// teller is a person with a customer, whose name is hard to quote.
type teller struct {
	*store.Store
	owner    *sql.DB
	actor    crm.Actor
	customer crm.CustomerID
}

func newTeller(t *testing.T, s *store.Store) *teller {
	t.Helper()
	c := &teller{Store: s, owner: storetest.Owner(t, s)}
	if _, err := s.AddUser(t.Context(), store.NewUser{Name: `李'雷\`, Role: crm.Rep, Peers: []string{"wecom:lilei"}}); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.actor, err = s.UserByPeer(t.Context(), "wecom:lilei"); err != nil {
		t.Fatal(err)
	}
	err = s.As(t.Context(), c.actor, func(ctx context.Context, tx *store.Tx) error {
		c.customer, err = tx.AddCustomer(ctx, store.NewCustomer{Name: "云帆科技", OwnerID: c.actor.UserID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// turn hears a message in the conversation name and answers it with a ledger of n rows of each part.
func (c *teller) turn(t *testing.T, name string, n int, kind string) error {
	t.Helper()
	if _, err := c.Hear(t.Context(), message(name, name)); err != nil {
		t.Fatal(err)
	}
	return c.AsIn(t.Context(), c.actor, name, func(ctx context.Context, tx *store.Tx) error {
		conversation, rows, err := tx.LockConversation(ctx)
		if err != nil || len(rows) != 1 {
			return fmt.Errorf("%d rows: %w", len(rows), err)
		}
		l := tx.Ledger
		for i := range n {
			l.Audit = append(l.Audit, store.AuditLine{Action: "deal.update", Via: "chat", Kind: crm.KindDeal, ID: 7, Diff: []byte(`[]`), Key: name})
			l.Activities = append(l.Activities, store.ActivityRow{Customer: c.customer, Type: kind, Channel: name, Content: `it's \ "so"`})
			l.Events = append(l.Events, store.Event{Name: name, Kind: crm.KindDeal, ID: 7, Data: []byte(`{}`)})
			l.Timers = append(l.Timers, store.TimerRow{Kind: "reminder", Subject: 7, Due: tx.Now.Add(time.Hour), Dedupe: fmt.Sprint(name, i), Surface: name})
			l.Outbox = append(l.Outbox, store.OutboxRow{Platform: "wecom", Lane: name, Peer: name, Kind: "reply", Payload: []byte(`{}`), Key: fmt.Sprint("re:", name, i)})
		}
		l.Undo = &store.UndoEntry{Code: "A7F2", Conversation: name, Title: name, Card: name, Expires: tx.Now.Add(time.Hour),
			Steps: []store.UndoStep{{Kind: crm.KindDeal, ID: 7, Version: 1}}}
		l.InboxDone = []store.InboxKey{rows[0].InboxKey}
		conversation.State, conversation.UserID = json.RawMessage(`{"n":1}`), c.actor.UserID
		l.Conversation = &conversation
		return nil
	})
}
