package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func message(id, conversation string) store.InboxMessage {
	return store.InboxMessage{Platform: "wecom", MessageID: id, Conversation: conversation, Peer: "wecom:lilei",
		SentAt: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC), Payload: json.RawMessage(fmt.Sprintf(`{"text":"你好 %s"}`, id))}
}

func TestTurnFromInboxToOutbox(t *testing.T) {
	t.Parallel()
	t.Run("direct", func(t *testing.T) { turnFromInboxToOutbox(t, storetest.Database(t)) })
	t.Run("through a pooler", func(t *testing.T) {
		url := storetest.Database(t) + "&binary_parameters=yes"
		s := storetest.Open(t, url)
		turnFromInboxToOutbox(t, url)
		err := s.As(t.Context(), crm.Actor{}, func(ctx context.Context, tx *store.Tx) error { // nothing of the role or the actor stays on a connection
			var n int
			err := tx.Get(ctx, &n, `SELECT count(*) FROM users`)
			if n != 0 {
				t.Errorf("nobody sees %d users", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func turnFromInboxToOutbox(t *testing.T, url string) {
	ctx := t.Context()
	var ahead atomic.Int64
	s := storetest.Open(t, url, storetest.WithClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }))
	id, err := s.AddUser(ctx, store.NewUser{Name: "李雷", Role: crm.Rep, Team: "华东", Peers: []string{"wecom:lilei"}})
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 10)
	s.OnHeard(func(c string) { heard <- c })
	out := make(chan string, 10)
	s.OnOutbox(func(p string) { out <- p })
	for _, want := range []bool{true, false} {
		isNew, err := s.Hear(ctx, message("m1", "wecom:c1"))
		if err != nil || isNew != want {
			t.Fatalf("hear: %v %v, want %v", isNew, err, want)
		}
	}
	if got := <-heard; got != "wecom:c1" {
		t.Fatal(got)
	}
	actor, err := s.UserByPeer(ctx, "wecom:lilei")
	if err != nil || actor.UserID != id || actor.Scope != crm.ScopeOwn {
		t.Fatal(actor, err)
	}
	err = s.AsIn(ctx, actor, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		c, rows, err := tx.LockConversation(ctx)
		if err != nil {
			return err
		}
		if len(rows) != 1 || rows[0].MessageID != "m1" || string(rows[0].Payload) != `{"text":"你好 m1"}` {
			t.Errorf("rows %+v", rows)
		}
		tx.Ledger.InboxDone = append(tx.Ledger.InboxDone, rows[0].InboxKey)
		c.State, c.UserID = json.RawMessage(`{"n":1}`), actor.UserID
		tx.Ledger.Conversation = &c
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Platform: "wecom", Lane: "wecom:c1", Peer: "wecom:lilei", Kind: "reply", Payload: json.RawMessage(`{"text":"好"}`), Key: "reply:1"})
		tx.Ledger.Timers = append(tx.Ledger.Timers, store.TimerRow{Kind: "reminder", Subject: 7, Due: tx.Now.Add(time.Hour), Dedupe: "r7", Surface: "wecom", Peer: "wecom:lilei"})
		tx.Ledger.Audit = append(tx.Ledger.Audit, store.AuditLine{Action: "reminder.create", Via: "chat", Kind: crm.KindReminder, ID: 7, Diff: json.RawMessage(`[]`), Key: "k"})
		tx.Ledger.Events = append(tx.Ledger.Events, store.Event{Name: "reminder.created", Kind: crm.KindReminder, ID: 7, Data: json.RawMessage(`{}`)})
		tx.Ledger.Receipt = &store.Receipt{Key: "k", Outcome: json.RawMessage(`{"ok":1}`)}
		tx.Ledger.Undo = &store.UndoEntry{Code: "A7F2", Conversation: "wecom:c1", Title: "提醒", Expires: tx.Now.Add(time.Hour),
			Steps: []store.UndoStep{{Kind: crm.KindReminder, ID: 7, Version: 1}}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-out; got != "wecom" {
		t.Fatal(got)
	}
	err = s.AsIn(ctx, actor, "wecom:c1", func(ctx context.Context, tx *store.Tx) error {
		c, rows, err := tx.LockConversation(ctx)
		if err != nil || len(rows) != 0 || string(c.State) != `{"n":1}` || c.UserID != id {
			t.Errorf("%+v %+v %v", c, rows, err)
		}
		u, err := tx.FindUndo(ctx, "wecom:c1", "")
		if err != nil || u.Code != "A7F2" || u.Title != "提醒" || len(u.Steps) != 1 {
			t.Errorf("%+v %v", u, err)
		}
		if o, ok, err := tx.Receipt(ctx, "k"); !ok || err != nil || string(o) != `{"ok":1}` {
			t.Error(string(o), ok, err)
		}
		return tx.MarkUndone(ctx, u)
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.ClaimOutbox(ctx, "wecom", 10, time.Minute)
	if err != nil || len(claims) != 1 || string(claims[0].Payload) != `{"text":"好"}` {
		t.Fatal(claims, err)
	}
	if again, err := s.ClaimOutbox(ctx, "wecom", 10, time.Minute); err != nil || len(again) != 0 {
		t.Fatal("leased twice", again, err)
	}
	if err := s.OutboxSent(ctx, []store.OutboxMark{{ID: claims[0].ID, CreatedAt: claims[0].CreatedAt, Platform: "wecom", Conversation: "wecom:c1", MessageID: "p1", Text: "好"}}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"p1": "好", "m1": "你好 m1"} {
		if text, err := s.MessageText(ctx, "wecom", id); err != nil || text != want {
			t.Error(id, text, err)
		}
	}
	if _, err := s.MessageText(ctx, "wecom", "p2"); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	if n, err := s.FireDue(ctx, s.Now(), 10); n != 0 || err != nil {
		t.Error("early", n, err)
	}
	if n, err := s.FireDue(ctx, s.Now().Add(time.Hour+time.Second), 10); n != 1 || err != nil {
		t.Error(n, err)
	}
	if claims, err := s.ClaimOutbox(ctx, "wecom", 10, time.Minute); err != nil || len(claims) != 0 {
		t.Errorf("sent before it is due: %+v %v", claims, err)
	}
	ahead.Store(int64(time.Hour + time.Second))
	if claims, err := s.ClaimOutbox(ctx, "wecom", 10, time.Minute); err != nil || len(claims) != 1 || claims[0].Payload != nil || claims[0].Subject != 7 || claims[0].Key != "timer:r7" {
		t.Errorf("%+v %v", claims, err)
	}
}
