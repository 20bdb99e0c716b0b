package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

func TestCustomersAllowanceIsCountedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	now := time.Date(2026, 10, 9, 10, 0, 0, 0, time.UTC)
	var at atomic.Int64
	at.Store(now.Unix())
	s := storetest.New(t, storetest.WithClock(func() time.Time { return time.Unix(at.Load(), 0) }))
	take := func(key string) bool {
		t.Helper()
		ok, err := s.KFTake(ctx, "wk", "wm", key, 5, 48*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	heard := func(id string, sent time.Time) {
		t.Helper()
		if err := s.KFHeard(ctx, "wk", []string{"wm", "other"}, [][]string{{id}, {id, id + "b"}}, []time.Time{sent, sent}); err != nil {
			t.Fatal(err)
		}
	}
	if take("a") {
		t.Error("somebody who never wrote may be written to")
	}
	if err := s.KFNamed(ctx, "wk", "wm", "王强", ""); err != nil {
		t.Fatal(err)
	}
	if take("a") {
		t.Error("a name is no message")
	}
	heard("m1", now)
	var won atomic.Int64
	var group sync.WaitGroup
	for i := range 20 { // several processes at once
		group.Go(func() {
			if ok, err := s.KFTake(ctx, "wk", "wm", fmt.Sprint("k", i), 5, 48*time.Hour); err == nil && ok {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 5 {
		t.Fatalf("%d of 5 were allowed", won.Load())
	}
	heard("m1", now)                   // the page comes again
	heard("m0", now.Add(-time.Second)) // and what was before it
	if take("new") {
		t.Error("an old message began a new allowance")
	}
	heard("m2", now) // another one of the same second
	for _, k := range []string{"1", "2", "3", "4", "5"} {
		if !take(k) {
			t.Fatalf("%s was not allowed", k)
		}
	}
	heard("m2", now)
	if take("6") || !take("3") {
		t.Error("a repeat costs, or a sixth is allowed")
	}
	if err := s.KFGiveBack(ctx, "wk", "wm", "3"); err != nil {
		t.Fatal(err)
	}
	if !take("6") {
		t.Error("what was given back is gone")
	}
	if err := s.KFSpent(ctx, "wk", "wm"); err != nil {
		t.Fatal(err)
	}
	if err := s.KFGiveBack(ctx, "wk", "wm", "6"); err != nil {
		t.Fatal(err)
	}
	if take("7") {
		t.Error("the platform's no was not kept")
	}
	heard("m3", now.Add(time.Second))
	at.Store(now.Add(48 * time.Hour).Unix())
	if !take("8") {
		t.Error("not allowed within two days")
	}
	at.Store(now.Add(48*time.Hour + time.Second).Unix())
	if take("9") {
		t.Error("allowed after two days")
	}
}

func TestWhatTheCustomersDoorRemembers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := storetest.New(t)
	if c, err := s.KFCursor(ctx, "wk"); err != nil || c != "" {
		t.Errorf("%q %v", c, err)
	}
	if _, n, err := s.KFRung(ctx, "wk"); err != nil || n != 0 {
		t.Errorf("%d %v", n, err)
	}
	for _, step := range []error{
		s.KFRing(ctx, "wk", "t1"), s.KFAdvance(ctx, "wk", "c1"), s.KFRing(ctx, "wk", "t2"), s.KFAdvance(ctx, "wk", "c2"), s.KFRing(ctx, "wk2", "other"),
		s.KFCode(ctx, "k", "code"), s.KFCode(ctx, "k", "second"), s.KFCode(ctx, "none", ""), s.KFNamed(ctx, "wk", "wm", "王强", "union"), s.KFNamed(ctx, "wk", "wm2", "李四", ""),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if c, err := s.KFCursor(ctx, "wk"); err != nil || c != "c2" {
		t.Errorf("%q %v", c, err)
	}
	if token, n, err := s.KFRung(ctx, "wk"); err != nil || n != 2 || token != "t2" {
		t.Errorf("%q %d %v", token, n, err)
	}
	if code, known, err := s.KFCodeOf(ctx, "k"); err != nil || !known || code != "code" {
		t.Errorf("%q %v %v", code, known, err)
	}
	if code, known, err := s.KFCodeOf(ctx, "none"); err != nil || !known || code != "" {
		t.Errorf("%q %v %v", code, known, err)
	}
	if _, known, err := s.KFCodeOf(ctx, "never"); err != nil || known {
		t.Errorf("%v %v", known, err)
	}
	if name, union, known, err := s.KFName(ctx, "wk", "wm"); err != nil || !known || name != "王强" || union != "union" {
		t.Errorf("%q %q %v %v", name, union, known, err)
	}
	if _, _, known, err := s.KFName(ctx, "wk", "nobody"); err != nil || known {
		t.Errorf("%v %v", known, err)
	}
	if all := storetest.Dump(t, s); strings.Contains(all, "王强") || strings.Contains(all, "=union") {
		t.Error("a customer's name is readable in the database")
	}
}

func TestMessageThatTheCustomerNeverGotBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := storetest.New(t)
	err := s.As(ctx, crm.System, func(_ context.Context, tx *store.Tx) error {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{
			Platform: "kf", Lane: "kf:wk/wm", Peer: "kf:wk/wm", Kind: "reply", Subject: 7, Key: "k", Payload: []byte(`{}`),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.ClaimOutbox(ctx, "kf", 10, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatalf("%v %v", claims, err)
	}
	if err := s.OutboxSent(ctx, []store.OutboxMark{{ID: claims[0].ID, CreatedAt: claims[0].CreatedAt, Platform: "kf", Conversation: "kf:wk/wm", MessageID: "gX_0"}}); err != nil {
		t.Fatal(err)
	}
	undelivered := func(id string) (d store.DeadLetter, err error) {
		err = s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			d, err = tx.OutboxUndelivered(ctx, "kf:wk/wm", id, "10", "客户拒收了消息。")
			return err
		})
		return d, err
	}
	for _, id := range []string{"", "gX_1"} {
		if _, err := undelivered(id); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if d, err := undelivered("gX_0"); err != nil || d.Peer != "kf:wk/wm" || d.Subject != 7 || d.Code != "10" {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := undelivered("gX_0"); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("told twice: %v", err)
	}
	if dead, err := s.DeadLetters(ctx); err != nil || len(dead) != 1 || dead[0].Advice != "客户拒收了消息。" {
		t.Errorf("%+v %v", dead, err)
	}
}

// The platform's word that a message did not arrive may overtake our own note that it was sent.
func TestMessageThatIsLostBeforeItIsMarkedSent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := storetest.New(t)
	err := s.As(ctx, crm.System, func(_ context.Context, tx *store.Tx) error {
		for _, key := range []string{"a", "b"} {
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Platform: "kf", Lane: "kf:wk/" + key, Peer: "kf:wk/wm", Kind: "reply", Subject: 7, Key: key, Payload: []byte(`{}`)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.ClaimOutbox(ctx, "kf", 10, time.Minute)
	if err != nil || len(claims) != 2 {
		t.Fatalf("%v %v", claims, err)
	}
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.OutboxUndelivered(ctx, "kf:wk/wm", "gX_0", "10", "客户拒收了消息。"); !errors.Is(err, crm.ErrNotFound) {
			t.Errorf("an open row is taken for a sent one: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var lost []int64
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		lost, err = tx.OutboxSent(ctx, []store.OutboxMark{
			{ID: claims[0].ID, CreatedAt: claims[0].CreatedAt, Platform: "kf", Conversation: "kf:wk/wm", MessageID: "gX_0"},
			{ID: claims[1].ID, CreatedAt: claims[1].CreatedAt, Platform: "kf", Conversation: "kf:wk/wm", MessageID: "gY_0"},
		})
		return err
	})
	if err != nil || len(lost) != 1 || lost[0] != claims[0].ID {
		t.Errorf("lost %v %v", lost, err)
	}
	if dead, err := s.DeadLetters(ctx); err != nil || len(dead) != 1 || dead[0].Advice != "客户拒收了消息。" {
		t.Errorf("%+v %v", dead, err)
	}
}
