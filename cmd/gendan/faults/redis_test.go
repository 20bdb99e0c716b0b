package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
)

// remind sets a reminder for p at a time of any precision, as another process does that shares the database.
func (h *house) remind(p person, at time.Time, content string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if h.other == nil {
		st, err := store.Open(ctx, store.Config{URL: h.set["DATABASE_URL"], Keys: h.keys, MaxConns: 2})
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { st.Close() })
		h.other = st
	}
	platform := "wecom:"
	if p.door == ding {
		platform = "dingtalk:"
	}
	actor, err := h.other.UserByPeer(ctx, platform+p.id)
	if err != nil {
		h.t.Fatal(err)
	}
	params, err := json.Marshal(map[string]any{"at": at.Format(time.RFC3339Nano), "content": content})
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := action.New(h.other, action.Config{Stages: templates.Default().StageNames()}).Run(ctx, action.Request{
		Actor: actor, Calls: []action.Call{{Name: "reminder.create", Params: params}}, Key: "test:" + content, Via: "command", Now: time.Now(),
	})
	if err != nil || out.Ask != nil || out.Pick != nil {
		h.t.Fatalf("reminder %q: %+v %v", content, out, err)
	}
}

// bell is a reminder that shall ring.
type bell struct {
	who     person
	at      time.Time
	content string
}

// bells sets n reminders for everybody in turn, spread evenly from begin to end.
func (h *house) bells(n int, begin, end time.Time) (list []bell) {
	h.t.Helper()
	for i := range n {
		b := bell{h.people[i%len(h.people)], begin.Add(end.Sub(begin) * time.Duration(i) / time.Duration(n)), fmt.Sprintf("给第%d家寄样", firstOrder+i)}
		h.remind(b.who, b.at, b.content)
		list = append(list, b)
	}
	return list
}

// rung waits until all bells have rung, and holds each to: once, not early, on a screen. It returns how late the
// latest was shown, beyond due or beyond up, when gendan was not there before.
func (h *house) rung(list []bell, up time.Time, most time.Duration) (latest time.Duration) {
	h.t.Helper()
	seen := func() (n int) {
		for _, p := range h.people {
			for _, b := range h.screen(p) {
				if strings.Contains(b.text, "⏰") {
					n++
				}
			}
		}
		return n
	}
	until(h.t, "all reminders have rung", most, func() bool { return seen() >= len(list) })
	for _, want := range list {
		var rings []bubble
		for _, b := range h.screen(want.who) {
			if strings.Contains(b.text, want.content) && strings.Contains(b.text, "⏰") {
				rings = append(rings, b)
			}
		}
		if len(rings) != 1 {
			h.t.Errorf("%q rang %d times", want.content, len(rings))
			continue
		}
		due := want.at
		if due.Before(up) {
			due = up
		}
		late := rings[0].at.Sub(due)
		if late < 0 {
			h.t.Errorf("%q rang %s early", want.content, -late)
		}
		latest = max(latest, late)
	}
	return latest
}

// TestRedisAway empties Redis again and again, and takes it away for a while, as reminders are due every 150 ms.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	r := storetest.NewRedis(t)
	h := build(t, plan{people: staff(6, bot, app, ding), redis: r.URL()})
	h.hire()
	begin := time.Now().Add(5 * time.Second)
	list := h.bells(60, begin, begin.Add(9*time.Second))
	c := h.serve()
	h.connected(c, 20*time.Second)
	time.Sleep(time.Until(begin))
	for range 3 {
		if err := r.Client.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
	}
	r.Stop()
	away := h.say(h.people[0], "新客户 "+h.people[0].firm)
	time.Sleep(3 * time.Second)
	r.Start()
	late := h.rung(list, time.Time{}, 30*time.Second)
	t.Logf("60 reminders rang once each; the latest %s after its time", late)
	if late > 5*time.Second {
		t.Errorf("a reminder was %s late", late)
	}
	h.shows(away.who, 10*time.Second, "已新建客户 "+away.who.firm)
	h.say(h.people[1], "新客户 "+h.people[1].firm)
	h.shows(h.people[1], 10*time.Second, "已新建客户 "+h.people[1].firm)
}

// TestRemindersOfTheDarkRing leaves gendan off while reminders come due.
func TestRemindersOfTheDarkRing(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(3, bot, app, ding)})
	h.hire()
	c := h.serve()
	h.connected(c, 20*time.Second)
	list := h.bells(9, time.Now().Add(2*time.Second), time.Now().Add(4*time.Second))
	c.kill()
	time.Sleep(time.Until(list[len(list)-1].at))
	c = h.serve()
	up := time.Now()
	h.connected(c, 20*time.Second)
	late := h.rung(list, up, 20*time.Second)
	t.Logf("9 reminders that came due while gendan was off rang once each, at most %s after it was back", late)
	if late > 5*time.Second {
		t.Errorf("the last rang only %s after the start", late)
	}
	c.stop()
	c = h.serve()
	h.connected(c, 20*time.Second)
	time.Sleep(2 * time.Second)
	h.rung(list, up, time.Second) // nothing rings again
}
