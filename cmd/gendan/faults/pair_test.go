package faults

import (
	"strings"
	"testing"
	"time"
)

// TestTwoProcesses runs two equal processes on one database and one Redis. One holds the AI bot's only connection;
// when it is killed, the other takes over. Whoever works on a conversation, its answers keep the order of its messages.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(6, bot, app, ding), repush: 2 * time.Second})
	h.hire()
	a := h.serve()
	b := h.serve("GENDAN_LISTEN=" + freePort(t))
	h.connected(a, 20*time.Second)
	until(t, "both processes take DingTalk's messages", 20*time.Second, func() bool { return len(h.ding.Connections()) >= 2 })
	until(t, "one holds the bot", 20*time.Second, func() bool { return ready(a, "wecom") || ready(b, "wecom") })
	if ready(a, "wecom") && ready(b, "wecom") {
		t.Fatal("both processes say that they hold the bot's connection")
	}
	h.opening()
	first := h.inTurn(t, firstOrder, 12)
	dying, heir := a, b
	if ready(b, "wecom") {
		dying, heir = b, a
	}
	h.callback(heir.url) // as a load balancer does
	crowd := h.hurry(7)
	time.Sleep(time.Second)
	dying.kill()
	took := until(t, "the other process holds the bot", 20*time.Second, func() bool { return ready(heir, "wecom") && h.wecom.Connected() })
	t.Logf("the other process took over after %s", took.Round(time.Millisecond))
	if took > 15*time.Second {
		t.Errorf("taking over took %s", took)
	}
	time.Sleep(time.Second)
	second := crowd.stop()
	r := h.settle(append(first, second...), 60*time.Second)
	r.log(t)
	if r.most > 2 {
		t.Errorf("%d answers to one message", r.most)
	}
	for _, o := range r.doubled {
		if o.who.door != ding {
			t.Errorf("%s: %q was answered twice", o.who.door, o.text)
		}
	}
	h.inOrder(first)
}

// inTurn lets everybody say n messages, from number begin on, as fast as the platform takes them: the next one
// leaves when the one before was acknowledged, or at once where the platform keeps the order itself.
func (h *house) inTurn(t *testing.T, begin, n int) (orders []order) {
	t.Helper()
	// Numbers of the crowd begin at firstOrder, too: these are far from them.
	begin += 50_000
	for range n {
		for _, p := range h.people {
			o := order{h.say(p, words(p, begin)), begin}
			begin++
			orders = append(orders, o)
			if p.door != bot {
				until(t, o.text+" is acknowledged", 20*time.Second, func() bool { return h.acknowledged(o.said) })
			}
		}
	}
	return orders
}

// inOrder holds each screen's answers to the order of what was said.
func (h *house) inOrder(orders []order) {
	h.t.Helper()
	for _, p := range h.people {
		at, list := 0, h.screen(p)
		for _, o := range orders {
			if o.who.id != p.id {
				continue
			}
			found := false
			for i, b := range list {
				if strings.Contains(b.text, mark(o.n)) {
					if i < at {
						h.t.Errorf("%s: the answer to %q stands before the one to an earlier message", p.door, o.text)
					}
					at, found = i, true
					break
				}
			}
			if !found {
				h.t.Errorf("%s: no answer to %q", p.door, o.text)
			}
		}
	}
}
