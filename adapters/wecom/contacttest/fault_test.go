package contacttest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/bot/contacts"
	"gendan/crm"
	"gendan/crm/store"
)

// retried sends until the platform has taken the reply or refused it for good, as the outbox does, without its pauses.
func (p *process) retried(key, text string) (id chat.MessageID, tries int, err error) {
	p.desk.t.Helper()
	for tries = 1; tries < 8; tries++ {
		if id, err = p.send(key, text); err == nil || chat.FaultOf(err) != chat.Retry {
			break
		}
	}
	return id, tries, err
}

// TestOneTaskWhateverBreaks: busy, over the rate, an expired token, an answer that is lost after the platform did it: each key is
// one task, and a text that was sent before under another key is not taken for it.
func TestOneTaskWhateverBreaks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	p := d.join(nil)
	const add = "externalcontact/add_msg_template"
	if _, _, err := p.retried("before", "周末到店有礼"); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		name  string
		fault wecomtest.Fault
	}{
		{"busy", wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: add, Code: -1}},
		{"rate", wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: add, Code: 45009}},
		{"another app", wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: add, Code: 45033}},
		{"lost", wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: add}},
		{"lost, and the list busy", wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: add}},
		{"gateway", wecomtest.Fault{Kind: wecomtest.FaultStatus, On: add, Code: 502}},
	} {
		d.Inject(c.fault)
		if strings.HasSuffix(c.name, "list busy") {
			d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/get_groupmsg_list_v2", Code: -1})
		}
		id, tries, err := p.retried(c.name, "周末到店有礼")
		if err != nil || id == "" || tries < 2 {
			t.Errorf("%s: %q after %d tries, %v", c.name, id, tries, err)
		}
		if n := len(d.GroupTasks("lilei")); n != i+2 {
			t.Fatalf("%s: %d tasks", c.name, n)
		}
	}
	d.ExpireTokens(42001)
	if _, tries, err := p.retried("expired", "您好"); err != nil || tries != 1 {
		t.Errorf("an expired token: %d tries, %v", tries, err)
	}
	ids := map[string]bool{}
	for _, task := range d.GroupTasks("lilei") {
		ids[task.ID] = true
	}
	if len(ids) != 8 {
		t.Errorf("%d different tasks", len(ids))
	}
}

// crashes is a book whose process dies after the platform has made the task.
type crashes struct{ contacts.Book }

func (crashes) ContactMade(context.Context, []string, chat.MessageID) (bool, error) {
	return false, errors.New("killed")
}

// TestKilledBetweenTaskAndNote: the next process finds the task of the one that died, and looks after it.
func TestKilledBetweenTaskAndNote(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	dying := d.join(func(c *wecom.ContactConfig) { c.Book = crashes{c.Book.(contacts.Book)} })
	if _, err := dying.send("card:7", "明天补货到店"); chat.FaultOf(err) != chat.Retry {
		t.Fatalf("%v", err)
	}
	dying.stop()
	next := d.join(nil)
	id, err := next.send("card:7", "明天补货到店")
	tasks := d.GroupTasks("lilei")
	if err != nil || len(tasks) != 1 || tasks[0].ID != string(id) {
		t.Fatalf("%q %v, %d tasks", id, err, len(tasks))
	}
	if err := d.GroupConfirm("lilei", ""); err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(2 * time.Minute)
	d.until("the end is known", func() bool { return next.outcome("card:7") == chat.TaskSent })
}

// TestAnotherProcessLooks: the process that looked after tasks goes, and another takes over, through a platform that stumbles.
func TestAnotherProcessLooks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	first, second := d.join(nil), d.join(nil)
	if _, err := first.send("card:8", "您好"); err != nil {
		t.Fatal(err)
	}
	first.stop()
	for _, code := range []int{-1, 45009, 42001} {
		d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/get_groupmsg_task", Code: code})
		d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/get_groupmsg_send_result", Code: code})
	}
	if err := d.GroupConfirm("lilei", ""); err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(5 * time.Minute)
	d.until("the end is known", func() bool { return second.outcome("card:8") == chat.TaskSent })
}

// TestColleagueIsRemindedOnce: after a day without the tap; after thirty days the task is over and taken back.
func TestColleagueIsRemindedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	p := d.join(nil)
	if _, err := p.send("card:9", "您好"); err != nil {
		t.Fatal(err)
	}
	d.AdvanceClock(23 * time.Hour)
	p.looked("card:9")
	if n := d.GroupTasks("lilei")[0].Reminded; n != 0 {
		t.Errorf("reminded %d times before a day", n)
	}
	d.AdvanceClock(2 * time.Hour)
	d.until("the colleague is reminded", func() bool { return d.GroupTasks("lilei")[0].Reminded == 1 })
	d.AdvanceClock(48 * time.Hour)
	p.looked("card:9")
	if n := d.GroupTasks("lilei")[0].Reminded; n != 1 {
		t.Errorf("reminded %d times", n)
	}
	d.AdvanceClock(30 * 24 * time.Hour)
	d.until("the task is over", func() bool { return p.outcome("card:9") == chat.TaskExpired })
	if !d.GroupTasks("lilei")[0].Stopped {
		t.Error("it can still be confirmed")
	}
}

// looked waits until a task was looked at after now.
func (p *process) looked(key string) {
	p.desk.t.Helper()
	p.desk.until(key+" was looked at", func() bool {
		tasks, err := p.store.ContactDue(p.desk.t.Context(), 10)
		return err == nil && len(tasks) == 0
	})
}

// TestContactsAreRead: page by page, with an object where the SDK expects text and the state of each follow; members without a
// licence and unknown ones keep nobody else from being read; who is gone from the list is no contact any more.
func TestContactsAreRead(t *testing.T) {
	t.Parallel()
	cfg := tea()
	cfg.Org.Customers = append(cfg.Org.Customers, wecomtest.Customer{ID: "woPartner", Name: "陈工", WeCom: true, Company: "星河贸易", Position: "采购"})
	cfg.Org.Follows = append(cfg.Org.Follows,
		wecomtest.Follow{UserID: "lilei", Customer: "woPartner", State: "fair2026"},
		wecomtest.Follow{UserID: "hanmeimei", Customer: liu, AddWay: 10, Channel: "茶小店"},
		wecomtest.Follow{UserID: "zhaomin", Customer: liu})
	for i := range 230 {
		id := "wmMany" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		cfg.Org.Customers = append(cfg.Org.Customers, wecomtest.Customer{ID: id, Name: "客" + id})
		cfg.Org.Follows = append(cfg.Org.Follows, wecomtest.Follow{UserID: "wangjing", Customer: id})
	}
	d := newDesk(t, cfg)
	d.SetUnlicensed("zhaomin", true)
	for _, code := range []int{-1, 60111, 42001} { // the second: one of them has left since the list was made
		d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/batch/get_by_user", Code: code})
	}
	p := d.join(nil)
	read := func() (n int) {
		p.query(&n, `SELECT count(*) FROM guests WHERE platform = 'contact' AND NOT refuses`)
		return n
	}
	d.until("all are read", func() bool { return read() == 233 })
	var scene, source string
	p.query(&scene, `SELECT scene FROM guests WHERE peer = 'contact:lilei/woPartner'`)
	p.query(&source, `SELECT source FROM guests WHERE peer = 'contact:hanmeimei/`+liu+`'`)
	if scene != "fair2026" || source != "视频号「茶小店」" {
		t.Errorf("%q, %q", scene, source)
	}
	d.until("that is noted", func() bool { at, err := p.store.ContactsSyncedAt(t.Context()); return err == nil && !at.IsZero() })
	if _, err := d.ContactLeave("wangjing", "wmManyaa", true, false); err != nil { // nobody is told: there is no callback
		t.Fatal(err)
	}
	d.AdvanceClock(41 * time.Hour)
	d.until("who is gone is no contact", func() bool { return read() == 232 })
}

// TestAnAppWithoutTheRightIsWell: most apps are not allowed to read contacts; nothing is wrong with them.
func TestAnAppWithoutTheRightIsWell(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tea())
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "externalcontact/*", Code: 48002, Count: -1})
	p := d.join(nil)
	d.until("it was tried", func() bool { at, err := p.store.ContactsSyncedAt(t.Context()); return err == nil && !at.IsZero() })
	if h := p.Health(); !h.Connected {
		t.Errorf("%+v", h)
	}
	if _, err := p.send("card:1", "您好"); chat.FaultOf(err) != chat.Retry || p.Health().Connected {
		t.Errorf("a message: %v, %+v", err, p.Health())
	}
}

// query reads one value past all policies.
func (p *process) query(into any, query string) {
	p.desk.t.Helper()
	if err := owner(p).QueryRow(query).Scan(into); err != nil {
		p.desk.t.Fatal(err)
	}
}

// TestEventsAreHeardOnce: a new contact comes with who it is, once, however often the platform calls and though it stumbles when
// asked; and one that could not be read is read later.
func TestEventsAreHeardOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil).rings()
	d.join(nil)
	const get = "externalcontact/get"
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultDuplicate, On: "callback", Door: wecomtest.DoorContact})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: get, Code: -1})
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: get, Code: 42001})
	code, receipt, err := d.ContactAdd(wecomtest.Adding{User: "lilei", Customer: wang, State: "src_door", AddWay: 1, Company: "云帆科技", Mobiles: []string{"138 1234 5678"}})
	if err != nil || code == "" {
		t.Fatal(code, err)
	}
	if got, err := receipt.Wait(t.Context()); err != nil || got.Err != nil {
		t.Fatal(got, err)
	}
	d.until("heard twice, taken once", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.heard) == 1 && d.ids[d.heard[0].ID] == 2
	})
	m := d.heard[0]
	e, ok := chat.EventOf(m)
	if !ok || e.Type != chat.EventMet || m.From != peer || e.Contact.Name != "王强" || e.Contact.UnionID != "ozSimWangQiang" || e.Contact.Company != "云帆科技" ||
		e.Contact.Scene != "src_door" || e.Contact.Way != "扫描二维码" || e.Contact.Owner != "wecom:lilei" || e.Contact.Greeting == 0 {
		t.Fatalf("%+v %+v", m, e.Contact)
	}
	if _, err := p.Send(t.Context(), chat.Reply{Key: "hello", To: peer, Conversation: m.Conversation, AnswerTo: m.AnswerTo, Text: "您好"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Send(t.Context(), chat.Reply{Key: "hello", To: peer, Conversation: m.Conversation, AnswerTo: m.AnswerTo, Text: "您好"}); err != nil {
		t.Errorf("a used code is an error: %v", err)
	}
	offer := chat.Reply{Key: "offer:1:1", To: peer, Conversation: m.Conversation, AnswerTo: m.AnswerTo, Text: "一张券", Members: []chat.ContactMember{{Key: "offer:1:1", Contact: peer}}}
	if _, err := p.Send(t.Context(), offer); chat.FaultOf(err) != chat.Unreached {
		t.Errorf("an offer of which the customer hears nothing counts as sent: %v", err)
	}
	if seen := d.ContactView("lilei", wang); len(seen) != 1 || seen[0].Text != "您好" {
		t.Errorf("%+v", seen)
	}

	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: get, Code: -1, Count: -1})
	if _, _, err := d.ContactAdd(wecomtest.Adding{User: "hanmeimei", Customer: liu}); err != nil {
		t.Fatal(err)
	}
	d.until("heard without a name", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.heard) == 2 })
	d.until("and read with all others", func() bool {
		var n int
		p.query(&n, `SELECT count(*) FROM guests WHERE peer = 'contact:hanmeimei/`+liu+`' AND name IS NOT NULL`)
		return n == 1
	})
}

// TestLinkedByWhatIsEqual: the same person at another door, a mobile, a company's whole name; two candidates, or a part of a
// name, link nobody.
func TestLinkedByWhatIsEqual(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil)
	db := owner(p)
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO users (id, name, name_pinyin, role) VALUES (7, '李雷', 'lilei', 'rep')`)
	exec(`INSERT INTO identities (peer, user_id, platform, name) VALUES ('wecom:lilei', 7, 'wecom', '李雷')`)
	for id, name := range map[int]string{5001: "云帆科技", 5002: "星河贸易", 5003: "星海贸易"} {
		exec(`INSERT INTO customers (id, name, name_key, name_core, terms, created_by, owner_id) VALUES ($1, $2, $3, $3, '{}', 7, 7)`, id, name, crm.CompanyName(name))
	}
	phone := func(id int, customer int, number string) {
		exec(`INSERT INTO contacts (id, customer_id, name, name_key, phone_index, created_by) VALUES ($1, $2, '王强', '王强', $3, 7)`, id, customer, d.key.Index("phone", number))
	}
	phone(6001, 5001, "13812345678")
	phone(6002, 5001, "13900000000")
	phone(6003, 5002, "13900000000")
	see := func(c store.ContactSeen) (customer crm.CustomerID, contact crm.ContactID) {
		t.Helper()
		c.Owner = "wecom:lilei"
		err := p.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			met, err := tx.SeeContact(ctx, c)
			customer, contact = met.Guest.Customer, met.Guest.Contact
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return customer, contact
	}
	for _, c := range []struct {
		seen     store.ContactSeen
		customer crm.CustomerID
		contact  crm.ContactID
	}{
		{store.ContactSeen{Peer: "contact:lilei/a", Name: "A", UnionID: "ozA"}, 0, 0},
		{store.ContactSeen{Peer: "contact:lilei/b", Name: "B", UnionID: "ozB", Mobiles: []string{"138 1234 5678"}}, 5001, 6001},
		{store.ContactSeen{Peer: "contact:hanmeimei/b", Name: "B", UnionID: "ozB", Company: "星河贸易"}, 5001, 6001},
		{store.ContactSeen{Peer: "contact:lilei/c", Name: "C", Mobiles: []string{"13900000000"}, Company: "云帆科技"}, 0, 0},
		{store.ContactSeen{Peer: "contact:lilei/d", Name: "D", Company: "星河"}, 0, 0},
		{store.ContactSeen{Peer: "contact:lilei/e", Name: "E", Company: "星河贸易"}, 5002, 0},
	} {
		if customer, contact := see(c.seen); customer != c.customer || contact != c.contact {
			t.Errorf("%s: customer %d, contact %d", c.seen.Peer, customer, contact)
		}
	}
	// A remark that is written down later links, and what is linked stays.
	if customer, _ := see(store.ContactSeen{Peer: "contact:lilei/a", Name: "A", UnionID: "ozA", Company: "星海贸易"}); customer != 5003 {
		t.Errorf("%d after the remark", customer)
	}
	if customer, _ := see(store.ContactSeen{Peer: "contact:lilei/a", Name: "A", UnionID: "ozA", Company: "云帆科技"}); customer != 5003 {
		t.Errorf("%d after another remark", customer)
	}
	var open int
	p.query(&open, `SELECT count(*) FROM guests WHERE union_id::text LIKE '%ozA%' OR position(convert_to('星海', 'UTF8') IN remark) > 0`)
	if open != 0 {
		t.Errorf("%d rows tell who it is", open)
	}
}
