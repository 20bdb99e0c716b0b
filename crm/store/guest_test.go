package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// TestGuestLinkIsSigned: only what this installation has signed names a customer.
func TestGuestLinkIsSigned(t *testing.T) {
	t.Parallel()
	k, other := store.NewKeys(), store.NewKeys()
	link := k.GuestLink(1024)
	if got, ok := k.ReadGuestLink(link); !ok || got != 1024 {
		t.Fatalf("%s names %d, %v", link, got, ok)
	}
	if len(link) > 128 {
		t.Errorf("%d bytes do not fit into scene_param", len(link))
	}
	_, signature, _ := strings.Cut(link, ".")
	for _, bad := range []string{"", "c1024", "c1024.", "1024." + signature, "c1025." + signature, "c01024." + signature, "c-1." + signature, other.GuestLink(1024), link + "0", strings.ToUpper(link),
		link[:len(link)-1], " " + link, "c9223372036854775808." + signature} {
		if got, ok := k.ReadGuestLink(bad); ok {
			t.Errorf("%q names %d", bad, got)
		}
	}
}

// TestGuestIsMetOnce: a guest is one row however often they come, their words are sealed, and the clock of what may be sent
// is theirs.
func TestGuestIsMetOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	meet := func(name string, at time.Time) (g crm.Guest) {
		err := s.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = at
			if g, err = tx.MeetGuest(ctx, "kf", "kf:wk/wm", name); err != nil {
				return err
			}
			g.Spoke, g.Sent, g.Unsent, g.Session = at, g.Sent+1, "还没说的话", "bot"
			return tx.PutGuest(ctx, g)
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	first, again := meet("阿强", now), meet("", now.Add(time.Hour))
	if again.ID != first.ID || again.Name != "阿强" || again.Sent != 2 || again.Unsent != "还没说的话" || !again.FirstSeen.Equal(now) {
		t.Errorf("%+v, then %+v", first, again)
	}
	if renamed := meet("王强", now.Add(2*time.Hour)); renamed.Name != "王强" {
		t.Errorf("%+v", renamed)
	}
	var clear int
	if err := storetest.Owner(t, s).QueryRow(`SELECT count(*) FROM guests WHERE position('王强'::bytea IN name) > 0 OR position('还没说'::bytea IN unsent) > 0`).Scan(&clear); err != nil || clear != 0 {
		t.Errorf("%d names or words lie open, %v", clear, err)
	}
	g := crm.Guest{Spoke: now, Sent: 4}
	if !g.Reachable(now.Add(47*time.Hour)) || g.Reachable(now.Add(48*time.Hour)) {
		t.Error("the window is 48 hours")
	}
	if g.Sent = 5; g.Reachable(now) {
		t.Error("a sixth message")
	}
}
