package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// promiser is a house that keeps its promises, or does not.
type promiser struct{ *house }

// serviceHouse is a house that promises what the default pack promises.
func serviceHouse(t *testing.T) *promiser {
	t.Helper()
	h := &promiser{newHouse(t)}
	pack := templates.Default()
	h.x = action.New(h.store, action.Config{Field: templates.MustField(pack), Service: pack.Service})
	return h
}

// open writes a ticket down and gives it as it is kept.
func (h *promiser) open(who, content string, more params) crm.Ticket {
	h.t.Helper()
	p := params{"content": content}
	for k, v := range more {
		p[k] = v
	}
	out := h.must(who, call("ticket.create", p))
	return h.ticket(out.Results[0].Record.ID)
}

func (h *promiser) ticket(id int64) (tk crm.Ticket) {
	h.t.Helper()
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.TicketByID(ctx, crm.TicketID(id))
		tk = row.Ticket
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

// waiting are the open SLA timers of a ticket in order: first.50 10:15.
func (h *promiser) waiting(id crm.TicketID) (list []string) {
	h.t.Helper()
	rows, err := h.owner.Query(`SELECT kind, due FROM timers WHERE kind LIKE 'sla.%' AND subject = $1 AND state = 0 ORDER BY due, kind`, int64(id))
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var due time.Time
		if err := rows.Scan(&kind, &due); err != nil {
			h.t.Fatal(err)
		}
		list = append(list, strings.TrimPrefix(kind, "sla.")+due.In(crm.Shanghai).Format(" 2 15:04:05"))
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return list
}

func (h *promiser) wantWaiting(id crm.TicketID, want ...string) {
	h.t.Helper()
	if got := h.waiting(id); strings.Join(got, ", ") != strings.Join(want, ", ") {
		h.t.Errorf("timers of #%d: %s\nwant %s", id, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

func TestATicketsDeadlinesStandAsTimersFromTheBeginning(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", nil) // Wednesday 10:00, 标准: 2 h, 22.5 h
	if tk.Kind != "故障" || tk.Priority != "普通" || tk.SLA != "标准" {
		t.Errorf("judged as %s %s %s", tk.Kind, tk.Priority, tk.SLA)
	}
	h.wantWaiting(tk.ID, "first.50 18 11:00:00", "first.80 18 11:36:00", "first.100 18 12:00:00",
		"solve.50 19 15:15:00", "solve.80 20 14:30:00", "solve.100 23 10:00:00")

	h.now = h.now.Add(30 * time.Minute)
	h.must("孙客服", call("ticket.reply", params{"ticket": tk.ID, "content": "马上看"}))
	h.wantWaiting(tk.ID, "solve.50 19 15:15:00", "solve.80 20 14:30:00", "solve.100 23 10:00:00")

	h.now = h.now.Add(30 * time.Minute) // 11:00: waiting for the customer
	h.must("孙客服", call("ticket.wait", params{"ticket": tk.ID}))
	h.wantWaiting(tk.ID)

	h.now = h.now.Add(4 * time.Hour) // 15:00, two and a half working hours later
	h.said(tk.ID, "好了吗")
	h.wantWaiting(tk.ID, "next.50 18 17:00:00", "next.80 19 09:12:00", "next.100 19 10:00:00",
		"solve.50 19 17:45:00", "solve.80 20 17:00:00", "solve.100 23 14:00:00")
	if got := h.ticket(int64(tk.ID)).PausedSeconds; got != 9000 {
		t.Errorf("paused for %d seconds", got)
	}

	h.must("孙客服", call("ticket.close", params{"ticket": tk.ID, "resolution": "换了硒鼓"}))
	h.wantWaiting(tk.ID)
	if got := h.promises(); got != "first kept, next kept, solve kept" {
		t.Errorf("promises: %s", got)
	}
}

// said is the customer writing about a ticket.
func (h *promiser) said(id crm.TicketID, content string) {
	h.t.Helper()
	h.key++
	_, err := h.x.Run(h.t.Context(), action.Request{Actor: crm.System, Via: "kf", Now: h.now, Key: fmt.Sprint("said", h.key),
		Calls: []action.Call{call("ticket.said", params{"ticket": id, "content": content})}})
	if err != nil {
		h.t.Fatal(err)
	}
}

// promises is what became of all promises: first kept, solve broken.
func (h *promiser) promises() string {
	h.t.Helper()
	var got string
	err := h.owner.QueryRow(`SELECT coalesce(string_agg(clock || CASE WHEN kept THEN ' kept' ELSE ' broken' END || CASE WHEN ended_at IS NULL THEN ' open' ELSE '' END,
		', ' ORDER BY clock, due), '') FROM promises`).Scan(&got)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// breach is the ring of a deadline.
func (h *promiser) breach(tk crm.Ticket, clock string, step int) {
	h.t.Helper()
	due := tk.Deadline(clock)
	_, err := h.x.Run(h.t.Context(), action.Request{Actor: crm.System, Via: "timer", Now: h.now, Key: fmt.Sprintf("sla:%d:%s:%d:%d", tk.ID, clock, step, due.Unix()),
		Calls: []action.Call{call("ticket.breach", params{"ticket": tk.ID, "clock": clock, "due": due, "step": step})}})
	if err != nil {
		h.t.Fatal(err)
	}
}

// told counts the rows that tell somebody of an escalation.
func (h *promiser) told(who string) (n int) {
	h.t.Helper()
	err := h.owner.QueryRow(`SELECT count(*) FROM outbox WHERE kind = 'ticket' AND subject = $1`, int64(h.who[who].UserID)).Scan(&n)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestABrokenPromiseCallsForHelpOnce(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "韩梅梅"})
	h.now = *tk.FirstDue
	before := h.told("钱总")
	for range 3 { // a timer may ring twice
		h.breach(tk, crm.ClockFirst, 0)
	}
	now := h.ticket(int64(tk.ID))
	if now.Level != 1 || len(now.Breached) != 1 || h.told("钱总") != before+1 { // nobody leads 华南组
		t.Errorf("level %d, broken %v, told %d times", now.Level, now.Breached, h.told("钱总")-before)
	}
	if got := h.promises(); got != "first broken open" {
		t.Errorf("promises: %s", got)
	}
	h.wantWaiting(tk.ID, "first.50 18 11:00:00", "first.80 18 11:36:00", "first.100 18 12:00:00", "first.up1 18 14:00:00",
		"solve.50 19 15:15:00", "solve.80 20 14:30:00", "solve.100 23 10:00:00")

	h.now = h.now.Add(time.Hour)
	h.must("韩梅梅", call("ticket.reply", params{"ticket": tk.ID, "content": "抱歉，马上处理"}))
	if got := h.promises(); got != "first broken" {
		t.Errorf("promises after the late answer: %s", got)
	}
	h.now = h.now.Add(2 * time.Hour)
	h.breach(tk, crm.ClockFirst, 1)
	if got := h.ticket(int64(tk.ID)); got.Level != 1 {
		t.Errorf("escalated to level %d although it was answered", got.Level)
	}
}

func TestNobodyTakesABrokenPromiseOnAndTheManagerHears(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	h.now = *tk.FirstDue
	h.breach(tk, crm.ClockFirst, 0)
	lead, manager := h.told("周主管"), h.told("钱总")
	if lead != 1 || manager != 0 {
		t.Fatalf("lead told %d times, manager %d", lead, manager)
	}
	h.now = h.now.Add(2 * time.Hour) // 14:00
	h.breach(tk, crm.ClockFirst, 1)
	if h.told("周主管") != 1 || h.told("钱总") != 1 || h.ticket(int64(tk.ID)).Level != 2 {
		t.Errorf("lead told %d times, manager %d", h.told("周主管"), h.told("钱总"))
	}

	other := h.open("李雷", "复印机坏了", params{"assignee": "李雷"})
	h.now = *other.FirstDue
	h.breach(other, crm.ClockFirst, 0)
	h.now = h.now.Add(time.Minute)
	h.must("周主管", call("ticket.take", params{"ticket": other.ID}))
	h.now = h.now.Add(time.Hour)
	h.breach(h.ticket(int64(other.ID)), crm.ClockFirst, 1)
	if h.told("钱总") != 1 {
		t.Errorf("the manager is called although the lead took it on")
	}
}

// A customer who writes again after a promise was broken begins another clock; the call for the manager stays.
func TestACallForHelpOutlivesTheCustomersNextWords(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	h.must("李雷", call("ticket.reply", params{"ticket": tk.ID, "content": "马上来"}))
	tk = h.ticket(int64(tk.ID))
	h.now = *tk.SolveDue
	h.breach(tk, crm.ClockSolve, 0)
	called := func() bool {
		return slices.ContainsFunc(h.waiting(tk.ID), func(s string) bool { return strings.HasPrefix(s, "solve.up1") })
	}
	if !called() {
		t.Fatalf("nobody will be called: %q", h.waiting(tk.ID))
	}
	h.now = h.now.Add(10 * time.Minute)
	h.said(tk.ID, "还没修好？")
	if h.ticket(int64(tk.ID)).NextDue == nil || !called() {
		t.Errorf("the customer asks again, and the manager is not called any more: %q", h.waiting(tk.ID))
	}
	h.must("李雷", call("ticket.close", params{"ticket": tk.ID, "resolution": "换了硒鼓"}))
	if called() {
		t.Errorf("what is done still calls: %q", h.waiting(tk.ID))
	}
}

func TestRingsThatAreStaleSayNothing(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	h.must("李雷", call("ticket.update", params{"ticket": tk.ID, "priority": "紧急"}))
	urgent := h.ticket(int64(tk.ID))
	if urgent.SLA != "紧急" || urgent.FirstDue.Sub(wednesday) != 15*time.Minute {
		t.Fatalf("%s %v", urgent.SLA, urgent.FirstDue)
	}
	h.wantWaiting(tk.ID, "first.50 18 10:07:30", "first.80 18 10:12:00", "first.100 18 10:15:00",
		"solve.50 18 12:00:00", "solve.80 18 13:12:00", "solve.100 18 14:00:00")
	h.now = *tk.FirstDue
	h.breach(tk, crm.ClockFirst, 0) // the deadline that it had before
	if got := h.ticket(int64(tk.ID)); got.Level != 0 || h.promises() != "" {
		t.Errorf("level %d, %s", got.Level, h.promises())
	}
	warned := func(g action.SLARing) (to int) {
		err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			w, _, err := h.x.SLAWarning(ctx, tx, g, h.now)
			to = len(w.To)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	h.now = wednesday.Add(12 * time.Minute)
	if n := warned(action.SLARing{Ticket: tk.ID, Clock: crm.ClockFirst, Percent: 80, Due: *tk.FirstDue}); n != 0 {
		t.Errorf("%d are told of a deadline that moved", n)
	}
	if n := warned(action.SLARing{Ticket: tk.ID, Clock: crm.ClockFirst, Percent: 80, Due: *urgent.FirstDue}); n != 2 { // 李雷 and 周主管
		t.Errorf("%d are told at 80 %%", n)
	}
	if n := warned(action.SLARing{Ticket: tk.ID, Clock: crm.ClockFirst, Percent: 50, Due: *urgent.FirstDue}); n != 1 {
		t.Errorf("%d are told at 50 %%", n)
	}
	if n := warned(action.SLARing{Ticket: 99999, Clock: crm.ClockFirst, Percent: 50, Due: *urgent.FirstDue}); n != 0 {
		t.Errorf("%d are told of no ticket", n)
	}
}

func TestOnlyTheServiceItselfBreaksPromises(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", nil)
	h.refused("钱总", crm.ErrDenied, nil, call("ticket.breach", params{"ticket": tk.ID, "clock": "first", "due": tk.FirstDue}))
}

func TestUndoTurnsTheClocksBack(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	all := h.waiting(tk.ID)
	h.now = h.now.Add(10 * time.Minute)
	h.must("李雷", call("ticket.close", params{"ticket": tk.ID}))
	if got := h.promises(); got != "first kept, solve kept" {
		t.Errorf("promises: %s", got)
	}
	h.must("李雷", call("undo", nil))
	if got := h.promises(); got != "" {
		t.Errorf("promises after undo: %s", got)
	}
	h.wantWaiting(tk.ID, all...)
}

func TestDeadlinesWithoutTimersAreFound(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	tk := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	done := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	h.must("李雷", call("ticket.close", params{"ticket": done.ID}))
	all := h.waiting(tk.ID)
	watch := func(want int) {
		t.Helper()
		if n, err := h.x.WatchClocks(t.Context(), h.now); n != want || err != nil {
			t.Errorf("%d tickets were without timers, want %d (%v)", n, want, err)
		}
	}
	watch(0)
	if _, err := h.owner.Exec(`DELETE FROM timers`); err != nil {
		t.Fatal(err)
	}
	watch(1)
	h.wantWaiting(tk.ID, all...)
	watch(0)
	h.now = *tk.FirstDue
	h.breach(tk, crm.ClockFirst, 0)
	if _, err := h.owner.Exec(`DELETE FROM timers WHERE kind LIKE 'sla.first.%'`); err != nil {
		t.Fatal(err)
	}
	watch(0) // it is known to be broken
}

func TestACompanysRulesOfServiceAreChecked(t *testing.T) {
	t.Parallel()
	h := serviceHouse(t)
	if err := h.x.KeepService(t.Context(), []byte(`{"slas": [{"name": "x", "hours": "夜里", "first": "1h"}]}`)); err == nil || !strings.Contains(err.Error(), "夜里") {
		t.Errorf("wrong rules are kept: %v", err)
	}
	own := json.RawMessage(`{"slas": [{"name": "我们的", "hours": "全天", "first": "5m"}]}`)
	if err := h.x.KeepService(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if tk := h.open("李雷", "打印机坏了", nil); tk.SLA != "我们的" || tk.FirstDue.Sub(wednesday) != 5*time.Minute || tk.SolveDue != nil {
		t.Errorf("%+v", tk)
	}
	if err := h.x.KeepService(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if tk := h.open("李雷", "打印机坏了", nil); tk.SLA != "标准" {
		t.Errorf("%+v", tk)
	}
}
