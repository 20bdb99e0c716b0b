package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// A turn's answer is leased to the process that commits it, and to nobody else, unless something waits before it in its lane.
func TestLeasedAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := storetest.Open(t, storetest.Database(t))
	c := newTeller(t, s)
	var leased []store.OutboxClaim
	s.OnLeased(func(c store.OutboxClaim) { leased = append(leased, c) })
	claim := func() []store.OutboxClaim {
		t.Helper()
		rows, err := s.ClaimOutbox(ctx, "wecom", 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	sent := func(rows ...store.OutboxClaim) {
		t.Helper()
		for _, r := range rows {
			if err := s.OutboxSent(ctx, []store.OutboxMark{{ID: r.ID, CreatedAt: r.CreatedAt, Platform: "wecom", Conversation: "p", MessageID: "m" + r.Key, Text: "好"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 0
	turn := func(lease time.Duration, rows int, lane string) {
		t.Helper()
		n++
		if _, err := c.Hear(ctx, message(fmt.Sprint(n), "p")); err != nil {
			t.Fatal(err)
		}
		err := s.AsIn(ctx, c.actor, "p", func(ctx context.Context, tx *store.Tx) error {
			tx.Lane = "p"
			_, heard, err := tx.LockConversation(ctx)
			if err != nil || len(heard) != 1 {
				return fmt.Errorf("%d heard: %w", len(heard), err)
			}
			for i := range rows {
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Platform: "wecom", Lane: lane, Peer: "p", Kind: "reply", Payload: []byte(`{}`), Key: fmt.Sprint(n, "/", i), Lease: lease})
			}
			tx.Ledger.InboxDone = []store.InboxKey{heard[0].InboxKey}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	turn(time.Minute, 1, "p")
	if rows := claim(); len(leased) != 0 || len(rows) != 1 {
		t.Fatalf("before this process is known, an answer is claimed as ever: %d leased, %d claimed", len(leased), len(rows))
	} else {
		turn(time.Minute, 1, "p")
		if len(leased) != 0 {
			t.Fatal("an answer went before the one that is being sent")
		}
		sent(rows...)
		sent(claim()...)
	}
	turn(time.Minute, 1, "p")
	if len(leased) != 1 || leased[0].Key != "3/0" || string(leased[0].Payload) != "{}" || !s.Holds(leased[0], 50*time.Second) || s.Holds(leased[0], 2*time.Minute) {
		t.Fatalf("%+v", leased)
	}
	turn(time.Minute, 1, "p") // waits for it
	if rows := claim(); len(rows) != 0 || len(leased) != 1 {
		t.Fatalf("%d claimed, %d leased", len(rows), len(leased))
	}
	sent(leased[0])
	rows := claim()
	if len(rows) != 1 || rows[0].Key != "4/0" {
		t.Fatalf("%+v", rows)
	}
	sent(rows...)
	turn(time.Minute, 2, "p") // several answers, another lane, no wish: as ever
	sent(claim()...)
	sent(claim()...)
	turn(time.Minute, 1, "q")
	sent(claim()...)
	turn(0, 1, "p")
	sent(claim()...)
	if rest := claim(); len(leased) != 1 || len(rest) != 0 {
		t.Fatalf("%d leased, %d left", len(leased), len(rest))
	}
	turn(time.Minute, 1, "p")
	if len(leased) != 2 {
		t.Fatal(len(leased))
	}
	if err := s.OutboxRetry(ctx, []store.OutboxMark{{ID: leased[1].ID, CreatedAt: leased[1].CreatedAt, Untried: true}}); err != nil {
		t.Fatal(err)
	}
	if rows := claim(); len(rows) != 1 || rows[0].ID != leased[1].ID || rows[0].Attempts != 0 || rows[0].Lost != 0 {
		t.Fatalf("given back, it is anybody's: %+v", rows)
	}
	turn(time.Millisecond, 1, "r")
	turn(time.Millisecond, 1, "p")
	if len(leased) != 2 {
		t.Error("the lane is taken")
	}
}
