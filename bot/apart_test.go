package bot

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
	"gendan/templates/messages"
)

// testDoor takes messages down. One that says 崩溃 breaks it.
type testDoor struct {
	chat.Adapter
	mu   sync.Mutex
	took []string
}

func (*testDoor) Name() string { return "wecom" }

func (*testDoor) Ready() bool { return true }

func (d *testDoor) Send(_ context.Context, r chat.Reply) (chat.MessageID, error) {
	if r.Text == "崩溃" {
		panic(r.Text)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took = append(d.took, r.Text)
	return chat.MessageID(r.Key), nil
}

// withDoor is a bot on a fresh database that is not running.
func withDoor(t *testing.T) (*Bot, *testDoor) {
	t.Helper()
	st := storetest.New(t)
	said, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	d := &testDoor{}
	return New(Config{Store: st, Actions: action.New(st, action.Config{}), Pack: templates.Default(), Messages: said, Adapters: []chat.Adapter{d}, Log: zap.NewNop(), Now: time.Now}), d
}

func (b *Bot) leave(t *testing.T, rows ...store.OutboxRow) {
	t.Helper()
	err := b.store.As(t.Context(), crm.System, func(_ context.Context, tx *store.Tx) error {
		tx.Ledger.Outbox = rows
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func said(key, text string) store.OutboxRow {
	return store.OutboxRow{Platform: "wecom", Lane: "wecom:" + key, Peer: "wecom:" + key, Kind: kindReply, Key: key, Payload: mustJSON(chat.Reply{Key: key, To: chat.PeerID("wecom:" + key), Text: text})}
}

// Twelve processes that died with a message in hand have not refused it: the next one sends it. One that was in hand each
// time that one died, far more often, is given up.
func TestDiedProcessesMakeNoDeadLetter(t *testing.T) {
	t.Parallel()
	b, door := withDoor(t)
	b.leave(t, said("often", "崩溃"), said("sound", "你好"), said("poison", "再见"))
	owner := storetest.Owner(t, b.store)
	if _, err := owner.Exec(`UPDATE outbox SET attempts = 12, lost = 12; UPDATE outbox SET attempts = 20, lost = 20 WHERE key = 'poison'`); err != nil {
		t.Fatal(err)
	}
	if n, err := b.deliverOnce(t.Context(), b.adapters["wecom"]); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if !slices.Equal(door.took, []string{"你好"}) {
		t.Errorf("the door took %q", door.took)
	}
	letters, err := b.store.DeadLetters(t.Context())
	if err != nil || len(letters) != 1 || letters[0].Peer != "wecom:poison" || letters[0].Code != "lost" {
		t.Errorf("dead letters %+v, %v", letters, err)
	}
	var state, attempts, lost int
	if err := owner.QueryRow(`SELECT state, attempts, lost FROM outbox WHERE key = 'often'`).Scan(&state, &attempts, &lost); err != nil || state != 0 || attempts != 13 || lost != 12 {
		t.Errorf("what the door breaks on: state %d, %d attempts, %d lost, %v", state, attempts, lost, err)
	}
}

// A row that cannot be read keeps nobody else's message waiting.
func TestABrokenBundleHoldsUpNothing(t *testing.T) {
	t.Parallel()
	b, door := withDoor(t)
	broken := said("bundle", "")
	broken.Kind, broken.Payload = kindBundle, []byte(`{`)
	b.leave(t, broken, said("sound", "你好"))
	for range 2 {
		if _, err := b.deliverOnce(t.Context(), b.adapters["wecom"]); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(door.took, []string{"你好"}) {
		t.Errorf("the door took %q", door.took)
	}
}
