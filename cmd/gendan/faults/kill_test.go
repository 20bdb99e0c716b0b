package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kills is how often gendan dies.
const kills = 20

// span is a time without gendan.
type span struct{ from, to time.Time }

// TestKill9 kills gendan at random instants while 54 people talk to it by three doors, and starts it again each
// time. GENDAN_FAULT_SEED repeats a run's instants.
func TestKill9(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("GENDAN_FAULT_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("GENDAN_FAULT_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	h := build(t, plan{people: staff(54, bot, app, ding), repush: 1500 * time.Millisecond, lag: 80 * time.Millisecond})
	h.hire()
	c := h.serve()
	h.connected(c, 20*time.Second)
	h.opening()
	crowd := h.hurry(seed)
	var gaps []span
	var slowest time.Duration
	for range kills {
		time.Sleep(200*time.Millisecond + time.Duration(dice.Int64N(int64(900*time.Millisecond))))
		gap := span{from: time.Now()}
		c.kill()
		c = h.serve()
		gap.to = time.Now()
		gaps = append(gaps, gap)
		slowest = max(slowest, c.took)
	}
	orders := crowd.stop()
	r := h.settle(orders, 75*time.Second)
	r.log(t)
	t.Logf("%d kills; the slowest start took %s", kills, slowest)
	cut := h.count(`SELECT count(*) FROM outbox WHERE attempts > 1`)
	t.Logf("%d answers were on their way when gendan died", cut)
	h.explain(r.doubled, gaps)
	if len(r.doubled) > cut {
		t.Errorf("%d messages were answered twice, and only %d answers were cut off", len(r.doubled), cut)
	}
	if r.acknowledged < len(orders)/4 {
		t.Errorf("only %d of %d messages were acknowledged: too few to prove anything", r.acknowledged, len(orders))
	}
}

// explain accounts for every further answer: the platform takes no key for that kind of message, the row was sent
// as often as it was seen, and a kill fell between any two of them.
func (h *house) explain(doubled []order, gaps []span) {
	h.t.Helper()
	answers := h.answers(doubled)
	for _, o := range doubled {
		platform := "wecom"
		if o.who.door == ding {
			platform = "dingtalk"
		}
		tries := h.count(`SELECT attempts FROM outbox WHERE key = $1`, fmt.Sprintf("re:%s:%s:0", platform, o.inboxID()))
		seen, killed := answers[o.n], true
		var at []string
		for k, b := range seen {
			at = append(at, b.at.Format("05.000"))
			killed = killed && (k == 0 || slices.ContainsFunc(gaps, func(g span) bool { return seen[k-1].at.Before(g.to) && b.at.After(g.from) }))
		}
		h.t.Logf("answered more than once: %s %s %q, sent in %d tries, seen at %s, killed between: %t", o.who.door, seen[0].kind, o.text, tries, strings.Join(at, " "), killed)
		switch {
		case o.who.door != ding || seen[0].kind != "markdown":
			h.t.Errorf("%s %s has a key against repeats", o.who.door, seen[0].kind)
		case tries < len(seen) || !killed:
			h.t.Errorf("a further answer without a kill between sending and marking")
		}
	}
}
