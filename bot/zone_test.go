package bot

import (
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

// The company's zone is that of everybody who has none of their own: brief, nights, quiet hours and what they are told of
// times go by its clock, before and after the night in which that is moved.
func TestTheCompanysZone(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	st := storetest.New(t, func(c *store.Config) { c.Zone = newYork })
	said, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := New(Config{Store: st, Actions: action.New(st, action.Config{}), Pack: templates.Default(), Messages: said, Adapters: []chat.Adapter{&testDoor{}}, Log: zap.NewNop(), Now: time.Now})
	for _, c := range []struct{ at, brief, night string }{
		{"2026-10-30T12:00:00Z", "2026-10-30T08:50:00-04:00", "2026-10-31T03:00:00-04:00"}, // Friday, before
		{"2026-10-31T12:00:00Z", "2026-11-02T08:50:00-05:00", "2026-11-01T03:00:00-05:00"}, // over the weekend the clock goes back
		{"2026-03-07T12:00:00Z", "2026-03-09T08:50:00-04:00", "2026-03-08T03:00:00-04:00"}, // and forward
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.nextBrief(7, 530, st.Zone(), at).Due.In(newYork).Format(time.RFC3339); got != c.brief {
			t.Errorf("brief after %s: %s, want %s", c.at, got, c.brief)
		}
		if got := nextNight(at, st.Zone()).Due.In(newYork).Format(time.RFC3339); got != c.night {
			t.Errorf("night after %s: %s, want %s", c.at, got, c.night)
		}
	}
	id, err := st.AddUser(t.Context(), store.NewUser{Name: "李雷", Role: crm.Rep, Peers: []string{"wecom:lilei"}})
	if err != nil {
		t.Fatal(err)
	}
	who, err := st.UserByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 11, 1, 3, 30, 0, 0, time.UTC) // half past eleven at night on Halloween there, half past eleven in the morning in Shanghai
	if got := b.pace.next(who, late).In(newYork); got.Day() != 1 || got.Hour()*60+got.Minute() != quietUntil {
		t.Errorf("told at %s", got)
	}
}
