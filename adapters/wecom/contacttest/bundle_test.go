package contacttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/bot/contacts"
	"gendan/crm"
	"gendan/crm/store"
)

// shop is tea with n contacts of 李雷.
func shop(n int) (cfg wecomtest.Config, ids []string) {
	cfg = tea()
	for i := range n {
		id := fmt.Sprintf("wmSimShop%07d", i)
		ids = append(ids, id)
		cfg.Org.Customers = append(cfg.Org.Customers, wecomtest.Customer{ID: id, Name: fmt.Sprintf("茶客%d", i)})
		cfg.Org.Follows = append(cfg.Org.Follows, wecomtest.Follow{UserID: "lilei", Customer: id})
	}
	return cfg, ids
}

// bundle sends the same words to all of ids by one reply; their keys are key and their place.
func (p *process) bundle(key, text string, ids []string) (chat.MessageID, error) {
	r := chat.Reply{Key: key, Text: text, To: chat.PeerID("contact:lilei/" + ids[0])}
	for i, id := range ids {
		r.Members = append(r.Members, chat.ContactMember{Key: fmt.Sprintf("%s/%d", key, i), Contact: chat.PeerID("contact:lilei/" + id)})
	}
	return p.Send(context.Background(), r)
}

func (p *process) stopKeys(keys ...string) {
	p.desk.t.Helper()
	err := p.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = p.desk.Now()
		return tx.StopContactTasks(ctx, keys)
	})
	if err != nil {
		p.desk.t.Fatal(err)
	}
}

// TestEqualMessagesAreOneTask: one task and one tap, and each customer's own end; whom the platform does not take is told at once.
func TestEqualMessagesAreOneTask(t *testing.T) {
	t.Parallel()
	cfg, ids := shop(5)
	cfg.Limits.ContactMonth = 1
	d := newDesk(t, cfg)
	p := d.join(nil)
	if _, err := d.ContactLeave("lilei", ids[4], false, false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.bundle("first", "先说一句", ids[3:4]); err != nil {
		t.Fatal(err)
	}
	id, err := p.bundle("all", "新茶到了", append([]string{wang}, ids...))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.bundle("all", "新茶到了", append([]string{wang}, ids...)); err != nil || again != id {
		t.Errorf("again: %q, %v", again, err)
	}
	tasks := d.GroupTasks("lilei")
	if len(tasks) != 2 || len(tasks[1].Customers) < 5 {
		t.Fatalf("%+v", tasks)
	}
	for range 2 {
		if err := d.GroupConfirm("lilei", ""); err != nil {
			t.Fatal(err)
		}
	}
	d.AdvanceClock(2 * time.Minute)
	for i, want := range []string{chat.TaskSent, chat.TaskSent, chat.TaskSent, chat.TaskSent, chat.TaskOverCap} {
		d.until(fmt.Sprint(i, " is ", want), func() bool { return p.outcome(fmt.Sprintf("all/%d", i)) == want })
	}
	d.until("who left is told so", func() bool {
		end := p.outcome("all/5")
		return end == chat.TaskUnknown || end == chat.TaskRefused
	})
	for _, customer := range append([]string{wang}, ids[:3]...) {
		if n := len(d.ContactView("lilei", customer)); n != 1 {
			t.Errorf("%s sees %d messages", customer, n)
		}
	}
}

// TestOneOfATaskStops: the platform takes nobody out of a task, so it is taken back whole; the others may be made anew.
func TestOneOfATaskStops(t *testing.T) {
	t.Parallel()
	cfg, ids := shop(3)
	d := newDesk(t, cfg)
	p := d.join(nil)
	if _, err := p.bundle("one", "新茶到了", ids); err != nil {
		t.Fatal(err)
	}
	p.stopKeys("one/1")
	d.AdvanceClock(2 * time.Minute)
	for i, want := range []string{chat.TaskAgain, chat.TaskStopped, chat.TaskAgain} {
		d.until(fmt.Sprint(i, " is ", want), func() bool { return p.outcome(fmt.Sprintf("one/%d", i)) == want })
	}
	if !d.GroupTasks("lilei")[0].Stopped {
		t.Error("the task still waits")
	}
	p.stopKeys("two/0")
	if _, err := p.bundle("two", "新茶到了", ids); err != nil {
		t.Fatal(err)
	}
	if tasks := d.GroupTasks("lilei"); len(tasks) != 2 || len(tasks[1].Customers) != 2 || p.outcome("two/0") != chat.TaskStopped {
		t.Errorf("stopped before it was made: %+v, %q", tasks[len(tasks)-1], p.outcome("two/0"))
	}
	p.stopKeys("three/0", "three/1", "three/2")
	if _, err := p.bundle("three", "都不发了", ids); chat.FaultOf(err) != chat.Rejected || len(d.GroupTasks("lilei")) != 2 {
		t.Errorf("all stopped before: %v", err)
	}
}

// TestStoppedWhileNobodyKnewOfTheTask: a process dies between the platform's task and its note, and the message is stopped meanwhile:
// the next one finds the task and takes it back.
func TestStoppedWhileNobodyKnewOfTheTask(t *testing.T) {
	t.Parallel()
	cfg, ids := shop(3)
	d := newDesk(t, cfg)
	dying := d.join(func(c *wecom.ContactConfig) { c.Book = crashes{c.Book.(contacts.Book)} })
	if _, err := dying.bundle("lost", "新茶到了", ids); chat.FaultOf(err) != chat.Retry {
		t.Fatalf("%v", err)
	}
	dying.stop()
	next := d.join(nil)
	next.stopKeys("lost/0", "lost/1", "lost/2")
	if _, err := next.bundle("lost", "新茶到了", ids); err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(2 * time.Minute)
	for i := range ids {
		d.until(fmt.Sprint(i, " is stopped"), func() bool { return next.outcome(fmt.Sprintf("lost/%d", i)) == chat.TaskStopped })
	}
	if tasks := d.GroupTasks("lilei"); len(tasks) != 1 || !tasks[0].Stopped {
		t.Errorf("%+v", tasks)
	}
}

// TestAColleagueIsFaster: a tap between the look and the taking back counts; and what the platform does not take back is looked at
// further, since the colleague may still tap.
func TestAColleagueIsFaster(t *testing.T) {
	t.Parallel()
	cfg, ids := shop(2)
	d := newDesk(t, cfg)
	p := d.join(nil)
	if _, err := p.bundle("kept", "新茶到了", ids); err != nil {
		t.Fatal(err)
	}
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/cancel_groupmsg_send", Code: 40058, Count: -1}) // the platform says so however often it is asked
	p.stopKeys("kept/0", "kept/1")
	kept := func() (n int) {
		if err := owner(p).QueryRow(`SELECT count(*) FROM contact_tasks WHERE kept_at IS NOT NULL AND ended_at IS NULL`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	d.until("it is known that the platform keeps it", func() bool { return kept() == 2 })
	d.ClearFaults()
	if err := d.GroupConfirm("lilei", ""); err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(2 * time.Minute)
	for i := range ids {
		d.until(fmt.Sprint(i, " is sent"), func() bool { return p.outcome(fmt.Sprintf("kept/%d", i)) == chat.TaskSent })
	}
}
