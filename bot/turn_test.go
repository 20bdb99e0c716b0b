package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"gendan/crm/store"
)

func TestOldest(t *testing.T) {
	at := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	row := func(id string, sent time.Time) (r store.InboxRow) {
		r.MessageID, r.Payload = id, mustJSON(map[string]any{"sent_at": sent})
		return r
	}
	for _, c := range []struct {
		want string
		rows []store.InboxRow
	}{
		{"a", []store.InboxRow{row("a", at)}},
		{"b", []store.InboxRow{row("a", at.Add(time.Second)), row("b", at)}},
		{"a", []store.InboxRow{row("a", at), row("b", at)}},
		{"a", []store.InboxRow{row("a", at), {}, row("b", time.Time{})}},
	} {
		if got := oldest(c.rows); got.MessageID != c.want {
			t.Errorf("%v: %s", c.rows, got.MessageID)
		}
	}
}

func TestPanicIsAnErrorOfTheTurn(t *testing.T) {
	err := unbroken(func() error {
		var none []int
		return mustNotHappen(none[len(none)-len(t.Name()):])
	})
	if err == nil || !strings.Contains(err.Error(), "bot: panic") {
		t.Errorf("got %v", err)
	}
	if err := unbroken(func() error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}

func mustNotHappen([]int) error { return nil }

// TestABrokenLoopBeginsAgain: one bad row must not take the whole service down, again at every start.
func TestABrokenLoopBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Bot{log: zap.NewNop()}
		ctx, stop := context.WithCancel(t.Context())
		rounds := 0
		err := b.lasting(ctx, "test", func(context.Context) error {
			if rounds++; rounds < 3 {
				panic("no such row")
			}
			stop()
			return nil
		})
		if rounds != 3 || err != nil {
			t.Errorf("%d rounds, %v", rounds, err)
		}
		broken := errors.New("no way on")
		if err := b.lasting(ctx, "test", func(context.Context) error { return broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}
