package kftest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
)

// exactly checks that each of the texts was stored once, and those of each customer in their order.
func (d *desk) exactly(want map[string][]string) {
	d.t.Helper()
	n := 0
	for _, texts := range want {
		n += len(texts)
	}
	until(d.t, fmt.Sprintf("%d messages heard", n), func() bool { return len(d.got()) >= n })
	got := map[string][]string{}
	for _, m := range d.got() {
		_, customer, _ := strings.Cut(string(m.From), "/")
		got[customer] = append(got[customer], m.Text)
	}
	for customer, texts := range want {
		if !slices.Equal(got[customer], texts) {
			d.t.Errorf("%s was heard as %d messages %q, said %d", customer, len(got[customer]), got[customer], len(texts))
		}
	}
}

// says lets wang and liu say n things each.
func (d *desk) says(what string, n int, want map[string][]string) {
	d.t.Helper()
	for i := range n {
		for _, customer := range []string{wang, liu} {
			text := fmt.Sprint(what, " ", i)
			if _, err := d.KFSay(kfid, customer, text); err != nil {
				d.t.Fatal(err)
			}
			want[customer] = append(want[customer], text)
		}
	}
}

// torn fails to move the cursor on for a while, as a process that dies between page and cursor.
type torn struct {
	wecom.KFBook
	broken atomic.Bool
	tries  atomic.Int64
}

func (b *torn) KFAdvance(ctx context.Context, account, cursor string) error {
	if b.broken.Load() {
		b.tries.Add(1)
		return errors.New("the process dies here")
	}
	return b.KFBook.KFAdvance(ctx, account, cursor)
}

func TestNothingIsLostOrDoubledByDeathBetweenPageAndCursor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPage: 7, KFPulls: -1}})
	want := map[string][]string{}
	d.says("before", 20, want)
	book := &torn{}
	book.broken.Store(true)
	p := d.join(nil, func(c *wecom.KFConfig) { book.KFBook, c.Book, c.Poll = c.Book, book, 20*time.Millisecond })
	until(t, "the first page was taken several times", func() bool { return book.tries.Load() >= 3 })
	p.stop()
	d.says("between", 20, want)
	// The next process begins where the cursor is: the first page comes once more.
	p = d.join(nil, nil)
	d.rings(p)
	d.says("after", 5, want)
	d.exactly(want)
	d.mu.Lock()
	defer d.mu.Unlock()
	most := 0
	for _, n := range d.ids {
		most = max(most, n)
	}
	if most < 4 {
		t.Errorf("no message was offered more than %d times: the test shows nothing", most)
	}
	if len(d.heard) != 90 {
		t.Errorf("%d messages heard", len(d.heard))
	}
}

func TestInboxThatRefusesHoldsTheCursor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1}})
	var refuse atomic.Bool
	var refused atomic.Int64
	refuse.Store(true)
	hear := func(p *process) chat.Handler {
		take := d.takes(p)
		return func(ctx context.Context, m chat.Message) error {
			if refuse.Load() {
				refused.Add(1)
				return errors.New("the database is away")
			}
			return take(ctx, m)
		}
	}
	p := d.join(hear, nil)
	d.rings(p)
	want := map[string][]string{}
	d.says("hard", 3, want)
	until(t, "the inbox refused", func() bool { return refused.Load() > 4 })
	if cursor, err := p.store.KFCursor(context.Background(), kfid); err != nil || cursor != "" {
		t.Errorf("the cursor moved to %q (%v) past what nobody has", cursor, err)
	}
	refuse.Store(false)
	d.exactly(want)
}

func TestLostRingsCostTimeOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1}})
	p := d.join(nil, func(c *wecom.KFConfig) { c.Poll = 100 * time.Millisecond })
	d.rings(p)
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultLose, On: "callback", Door: wecomtest.DoorKF, Count: -1})
	want := map[string][]string{}
	d.says("unheard", 4, want)
	d.exactly(want)
	if d.Counters().Lost == 0 {
		t.Error("no ring was lost")
	}
	d.ClearFaults()
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultDuplicate, On: "callback", Door: wecomtest.DoorKF, Count: 4})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultDelay, On: "callback", Door: wecomtest.DoorKF, Count: 3, Delay: 50 * time.Millisecond})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultReorder, On: "callback", Door: wecomtest.DoorKF, Count: 2})
	d.says("doubled", 4, want)
	d.exactly(want)
}

func TestPullingGoesOnThroughRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1, KFPage: 3}})
	p := d.join(nil, func(c *wecom.KFConfig) { c.Poll = 100 * time.Millisecond })
	d.rings(p)
	want := map[string][]string{}
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/sync_msg", Code: 95007, Count: 2}) // the token of an old ring
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/sync_msg", Code: -1, Count: 2})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultStatus, On: "kf/sync_msg", Count: 1})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "kf/sync_msg", Count: 2})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/customer/batchget", Code: 45009, Count: 1})
	d.says("through", 10, want)
	d.ExpireTokens(40014)
	d.exactly(want)
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/sync_msg", Code: 95017, Count: -1})
	d.says("shut", 1, want)
	until(t, "the administrator can read why", func() bool {
		h := p.Health()
		return !h.Connected && strings.Contains(h.Detail, "95017")
	})
	d.ClearFaults()
	d.exactly(want)
	until(t, "it is well again", func() bool { return p.Health().Connected })
}

// TestOneProcessPulls runs two processes; rings go to the one that does not pull, and then the one that does ends.
func TestOneProcessPulls(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1, KFPage: 5}})
	var mu sync.Mutex
	by := map[*process]int{}
	hear := func(p *process) chat.Handler {
		take := d.takes(p)
		return func(ctx context.Context, m chat.Message) error {
			mu.Lock()
			by[p]++
			mu.Unlock()
			return take(ctx, m)
		}
	}
	want := map[string][]string{}
	one := d.join(hear, nil)
	d.says("first", 1, want)
	d.rings(one)
	d.exactly(want) // the first leads
	two := d.join(hear, nil)
	d.rings(two)
	d.says("second", 8, want)
	d.exactly(want) // rung at the second, pulled by the first within a glance, not a poll
	mu.Lock()
	if by[two] != 0 || by[one] != len(d.got()) {
		t.Errorf("heard by the first %d, by the second %d, of %d", by[one], by[two], len(d.got()))
	}
	mu.Unlock()
	// Both may send, and together have five messages.
	for i := range 5 {
		p := one
		if i%2 == 1 {
			p = two
		}
		p.say(chat.Reply{Key: fmt.Sprint("k", i), Text: "在"})
	}
	if e := two.refuses(chat.Reply{Key: "k5", Text: "在"}); e.Code != "95001" {
		t.Errorf("sixth: %+v", e)
	}
	one.stop()
	d.says("third", 8, want)
	d.exactly(want)
	mu.Lock()
	defer mu.Unlock()
	if by[two] == 0 {
		t.Error("the second did not take over")
	}
}

func TestThreeDaysOfMessagesAfterAWeekAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{Limits: wecomtest.Limits{KFPulls: -1, KFPage: 50}})
	ignored := map[string][]string{}
	d.says("too old", 30, ignored)
	d.AdvanceClock(4 * 24 * time.Hour)
	want := map[string][]string{}
	d.says("kept", 120, want)
	p := d.join(nil, nil)
	d.rings(p)
	d.exactly(want)
	for _, m := range d.got() {
		if m.FromName == "" {
			t.Fatalf("%+v has no name", m)
		}
	}
	// The name is asked for once and outlives the platform's willingness to tell it.
	calls := 0
	for _, e := range d.Journal(0, 100000) {
		if e.Kind == wecomtest.KindAPI && e.Text == "kf/customer/batchget" {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("names were asked for %d times", calls)
	}
	p.stop()
	d.AdvanceClock(50 * time.Hour)
	p = d.join(nil, nil)
	d.rings(p)
	if m := d.hears(d.KFEnter(kfid, wang, "", "")); m.FromName != "王强" {
		t.Errorf("after a restart: %+v", m)
	}
}
