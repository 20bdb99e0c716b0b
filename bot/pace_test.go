package bot

import (
	"testing"
	"time"

	"gendan/crm"
)

func TestAfterRest(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, crm.Shanghai)
	}
	for _, c := range []struct {
		name     string
		now, min time.Time
	}{
		{"by day at once", at(18, 10, 0), at(18, 10, 0)},
		{"at eight at once", at(18, 8, 0), at(18, 8, 0)},
		{"just before ten at night at once", at(18, 21, 59), at(18, 21, 59)},
		{"at ten at night in the morning", at(18, 22, 0), at(19, 8, 0)},
		{"after midnight the same morning", at(19, 0, 30), at(19, 8, 0)},
		{"at the end of a month", at(30, 23, 0), time.Date(2026, 12, 1, 8, 0, 0, 0, crm.Shanghai)},
	} {
		if got := afterRest(c.now.UTC(), crm.Shanghai); !got.Equal(c.min) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := afterRest(at(18, 11, 0), time.FixedZone("New York", -5*3600)); !got.Equal(at(18, 21, 0)) { // 22:00 there, and then 08:00
		t.Errorf("elsewhere: %s", got)
	}
}

// TestPace: the sixth push within ten minutes waits until the first is ten minutes old.
func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	user := crm.Actor{UserID: 7}
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, crm.Shanghai)
	for i := range mostPushes {
		at := now.Add(time.Duration(i) * time.Minute)
		if next := p.next(user, at); !next.Equal(at) {
			t.Fatalf("push %d at %s", i+1, next)
		}
		p.told(user.UserID, at)
	}
	later := now.Add(6 * time.Minute)
	if next := p.next(user, later); !next.Equal(now.Add(pushWindow)) {
		t.Errorf("the sixth at %s", next)
	}
	if next := p.next(crm.Actor{UserID: 8}, later); !next.Equal(later) {
		t.Errorf("somebody else at %s", next)
	}
	if end := now.Add(pushWindow); !p.next(user, end).Equal(end) {
		t.Error("it waits beyond the window")
	}
}
