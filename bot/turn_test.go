package bot

import (
	"strings"
	"testing"
	"time"

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
	if err == nil || !strings.Contains(err.Error(), "panic in a turn") {
		t.Errorf("got %v", err)
	}
	if err := unbroken(func() error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}

func mustNotHappen([]int) error { return nil }
