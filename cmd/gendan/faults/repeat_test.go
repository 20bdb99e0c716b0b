package faults

import (
	"context"
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// TestRepeatedAndReordered delivers messages twice, in the wrong order, late and into breaking connections.
func TestRepeatedAndReordered(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(3, bot, app, ding), repush: 4 * time.Second})
	h.hire()
	c := h.serve()
	h.connected(c, 20*time.Second)
	h.opening()
	boss, client, rep := h.people[0], h.people[1], h.people[2]
	n := firstOrder
	var orders []order
	say := func(p person) {
		orders = append(orders, order{h.say(p, words(p, n)), n})
		n++
	}
	for range 2 {
		for _, who := range []struct {
			person
			door string
		}{{boss, wecomtest.DoorBot}, {client, wecomtest.DoorApp}} {
			h.wecom.Inject(wecomtest.Fault{Kind: wecomtest.FaultDuplicate, On: "callback", Door: who.door})
			say(who.person)
			h.wecom.Inject(wecomtest.Fault{Kind: wecomtest.FaultReorder, On: "callback", Door: who.door})
			say(who.person)
			say(who.person)
		}
		for _, kind := range []string{dingtalktest.FaultDuplicate, dingtalktest.FaultDuplicateFrame, dingtalktest.FaultReverse, dingtalktest.FaultCutFrame, dingtalktest.FaultLose} {
			if err := h.ding.Inject(dingtalktest.Fault{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			say(rep)
			say(rep)
			until(t, "the stream is back", 20*time.Second, func() bool { return len(h.ding.Connections()) > 0 })
		}
	}
	lost := func() int {
		return len(h.ding.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindLost})) // pushed again when no connection was up
	}
	until(t, "everything is pushed", 40*time.Second, func() bool { return len(h.heard(orders))+lost() >= len(orders) })
	r := h.settle(orders, 60*time.Second)
	r.log(t)
	if r.lost > 4 || len(r.doubled) > 0 {
		t.Errorf("%d of %d heard, %d answered twice", r.heard, len(orders), len(r.doubled))
	}
}

// TestForgedCallbacks posts to the app's address what the platform would not. Of the forged nothing is written
// down; a replay is taken for the repeat that it is.
func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(2, app)})
	h.hire()
	c := h.serve()
	h.connected(c, 20*time.Second)
	h.opening()
	p := h.people[0]
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	trace := func() [4]int {
		return [4]int{h.count(`SELECT count(*) FROM inbox`), h.count(`SELECT count(*) FROM outbox`), h.count(`SELECT count(*) FROM audit`), h.count(`SELECT count(*) FROM deals`)}
	}
	until(t, "all is quiet", 10*time.Second, func() bool { return h.open() == 0 })
	before := trace()
	for _, how := range wecomtest.ForgeWays {
		if how == wecomtest.ForgeReplay {
			continue
		}
		status, err := h.wecom.Forge(ctx, how, p.id, p.firm+"建个商机 77777元")
		t.Logf("%-10s HTTP %d %v", how, status, err)
		if status/100 == 2 {
			t.Errorf("%s: answered with HTTP %d", how, status)
		}
	}
	time.Sleep(300 * time.Millisecond)
	if after := trace(); after != before {
		t.Errorf("inbox, outbox, audit, deals were %v and are %v after forgeries", before, after)
	}
	status, err := h.wecom.Forge(ctx, wecomtest.ForgeReplay, p.id, p.firm+"建个商机 77778元")
	if err != nil || status != 200 {
		t.Errorf("replay: HTTP %d, %v; the platform's own repeats look the same and want 200", status, err)
	}
	h.shows(p, 10*time.Second, "¥77,778")
	until(t, "all is quiet", 10*time.Second, func() bool { return h.open() == 0 })
	after := trace()
	if after[0] != before[0]+1 || after[3] != before[3]+1 {
		t.Errorf("a message sent and replayed: inbox %d → %d, deals %d → %d", before[0], after[0], before[3], after[3])
	}
	answers := 0
	for _, b := range h.screen(p) {
		if strings.Contains(b.text, "¥77,778") {
			answers++
		}
		if strings.Contains(b.text, "77,777") {
			t.Errorf("a forged message was answered: %s", b.text)
		}
	}
	if answers != 1 {
		t.Errorf("%d answers to one message and its replay", answers)
	}
}
