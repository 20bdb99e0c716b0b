package contacttest_test

import (
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"

	"context"
)

// TestGroupSendNeedsTheTap: a message becomes a task of the colleague, reaches the customer by their tap only, and the end is known.
func TestGroupSendNeedsTheTap(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	p := d.join(nil)
	id, err := p.send("card:1", "王先生，抹茶第二杯半价，周日前有效。")
	if err != nil {
		t.Fatal(err)
	}
	tasks := d.GroupTasks("lilei")
	if len(tasks) != 1 || tasks[0].ID != string(id) || tasks[0].Text != "王先生，抹茶第二杯半价，周日前有效。" || len(d.ContactView("lilei", wang)) != 0 {
		t.Fatalf("%v: %+v, %+v", id, tasks, d.ContactView("lilei", wang))
	}
	if again, err := p.send("card:1", "王先生，抹茶第二杯半价，周日前有效。"); err != nil || again != id || len(d.GroupTasks("lilei")) != 1 {
		t.Errorf("the same key again: %v %v, %d tasks", again, err, len(d.GroupTasks("lilei")))
	}
	if end := p.outcome("card:1"); end != "" {
		t.Errorf("ended as %q before the tap", end)
	}
	if err := d.GroupConfirm("lilei", string(id)); err != nil {
		t.Fatal(err)
	}
	if seen := d.ContactView("lilei", wang); len(seen) != 1 || !strings.HasPrefix(seen[0].Text, "王先生，抹茶") {
		t.Errorf("the customer sees %+v", seen)
	}
	d.AdvanceClock(2 * time.Minute)
	d.until("the task has ended as sent", func() bool { return p.outcome("card:1") == chat.TaskSent })
}

// TestGroupSendEnds: a customer who left, one who had the month's share, one whose colleague never taps, and a task taken back.
func TestGroupSendEnds(t *testing.T) {
	t.Parallel()
	cfg := tea()
	cfg.Limits.ContactMonth = 1
	cfg.Org.Follows = append(cfg.Org.Follows, wecomtest.Follow{UserID: "lilei", Customer: liu}, wecomtest.Follow{UserID: "hanmeimei", Customer: liu})
	d := newDesk(t, cfg)
	p := d.join(nil)
	send := func(key, to string) {
		t.Helper()
		if _, err := p.Send(t.Context(), chat.Reply{Key: key, To: chat.PeerID("contact:" + to), Text: "您好 " + key}); err != nil {
			t.Fatal(err)
		}
	}
	send("left", "lilei/"+wang)
	if _, err := d.ContactLeave("lilei", wang, false, false); err != nil {
		t.Fatal(err)
	}
	send("first", "lilei/"+liu)
	send("second", "hanmeimei/"+liu)
	send("stopped", "lilei/"+liu)
	for _, c := range []struct{ user, to string }{{"lilei", ""}, {"lilei", ""}, {"hanmeimei", ""}} {
		if err := d.GroupConfirm(c.user, c.to); err != nil {
			t.Fatal(err)
		}
	}
	err := p.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = p.desk.Now()
		return tx.StopContactTasks(ctx, []string{"stopped", "never"})
	})
	if err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(2 * time.Minute)
	for key, want := range map[string]string{"left": chat.TaskUnknown, "first": chat.TaskSent, "second": chat.TaskOverCap, "stopped": chat.TaskStopped} {
		d.until(key+" is "+want, func() bool { return p.outcome(key) == want })
	}
	if err := d.GroupConfirm("lilei", ""); err == nil {
		t.Error("a task that was taken back was confirmed")
	}
	if _, err := p.Send(t.Context(), chat.Reply{Key: "never", To: peer, Text: "您好"}); chat.FaultOf(err) != chat.Rejected {
		t.Errorf("a task stopped before it was made: %v", err)
	}
	if _, err := p.Send(t.Context(), chat.Reply{Key: "full", To: chat.PeerID("contact:lilei/" + liu), Text: "再来"}); chat.FaultOf(err) != chat.Unreached {
		t.Errorf("over the month's share: %v", err)
	}
	if end := p.outcome("full"); end != chat.TaskRefused {
		t.Errorf("over the month's share ended as %q", end)
	}
}
