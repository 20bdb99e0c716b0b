package action_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// everyDoor is a service all of whose doors are open.
func everyDoor() action.OfferDoors {
	return action.OfferDoors{Kf: true, Contact: true, SMS: true, Mail: true, Colleague: func(peers []string) string {
		if len(peers) == 0 {
			return ""
		}
		return peers[0]
	}}
}

// plan plans offers as the service itself.
func (h *house) plan(offers ...crm.Offer) {
	h.t.Helper()
	for i := range offers {
		o := &offers[i]
		if o.Source == "" {
			o.Source = "test"
		}
		if o.Purpose == "" {
			o.Purpose = crm.Marketing
		}
		if o.Key == "" {
			h.key++
			o.Key = fmt.Sprintf("test:%d", h.key)
		}
		if o.Text == "" {
			o.Text = "{{称呼}}您好，新茶到了，来坐坐"
		}
	}
	due := make([]time.Time, len(offers))
	for i, o := range offers {
		if due[i] = o.NotBefore; due[i].Before(h.now) {
			due[i] = h.now
		}
	}
	err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		added, err := tx.AddOffers(ctx, offers, due, nil)
		if err == nil && len(added) != len(offers) {
			err = fmt.Errorf("%d of %d offers", len(added), len(offers))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// decide runs the ladder over all that is due, as the bot does, and returns what it decided by customer.
func (h *house) decide() map[string]*action.OfferStep {
	h.t.Helper()
	all := map[string]*action.OfferStep{}
	for more := true; more; {
		err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			batch, err := h.x.OffersDue(ctx, tx, everyDoor())
			if err != nil {
				return err
			}
			for _, s := range batch.Steps {
				s.Said = s.Filled
				all[s.Customer] = s
			}
			more = batch.More
			return h.x.SettleOffers(ctx, tx, batch)
		})
		if err != nil {
			h.t.Error(err)
			return all
		}
	}
	return all
}

func (h *house) customerOf(who, name, phone string) crm.CustomerID {
	h.t.Helper()
	p := params{"customer": name}
	if phone != "" {
		p["contact"], p["phone"] = name, phone
	}
	return crm.CustomerID(h.must(who, call("customer.create", p)).Results[0].Record.ID)
}

func (h *house) offerState(customer crm.CustomerID) (state, channel, reason string) {
	h.t.Helper()
	if err := h.owner.QueryRow(`SELECT state, channel, reason FROM offers WHERE customer_id = $1 ORDER BY id DESC LIMIT 1`, int64(customer)).Scan(&state, &channel, &reason); err != nil {
		h.t.Fatal(err)
	}
	return state, channel, reason
}

// TestOfferAsksItsOwner: a personal offer waits for its owner's tap; then it leaves by the ladder, and stands in the record.
func TestOfferAsksItsOwner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "13812345678")
	h.must("李雷", call("consent.set", params{"customer": "王强", "channel": "短信"}))
	h.plan(crm.Offer{CustomerID: id, Purpose: crm.Marketing})
	s := h.decide()["王强"]
	if s == nil || !s.Ask || s.Choice.Channel != crm.BySMS || s.Filled != "王强您好，新茶到了，来坐坐" || s.Peer != "wecom:lilei" {
		t.Fatalf("%+v", s)
	}
	if again := h.decide(); len(again) != 0 {
		t.Errorf("asked twice: %v", again)
	}
	list := data[action.OfferListView](t, h.must("李雷", call("offer.list", params{"status": "等我发送"})))
	if list.Total != 1 || !list.Rows[0].Ask || list.Rows[0].Customer != "王强" {
		t.Fatalf("%+v", list)
	}
	h.refused("韩梅梅", crm.ErrNotFound, []string{"没有编号"}, call("offer.send", params{"offer": s.ID}))
	h.refused("孙客服", crm.ErrDenied, []string{"发优惠"}, call("offer.send", params{"offer": s.ID}))
	h.must("李雷", call("offer.edit", params{"offer": s.ID, "content": "{{称呼}}，周末来坐坐，{{负责人}}等您"}))
	h.must("李雷", call("offer.send", params{"offer": s.ID}))
	s = h.decide()["王强"]
	if s == nil || s.Ask || s.Choice.Channel != crm.BySMS || s.Address != "13812345678" || s.Filled != "王强，周末来坐坐，李雷等您" {
		t.Fatalf("%+v", s)
	}
	err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		return h.x.OffersLeft(ctx, tx, []int64{int64(s.ID)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if state, _, _ := h.offerState(id); state != crm.OfferSent {
		t.Errorf("%s", state)
	}
	if v := h.view("李雷", "王强"); !strings.Contains(v.Activities[0].Content, "周末来坐坐，李雷等您") {
		t.Errorf("%+v", v.Activities)
	}
	h.refused("李雷", crm.ErrConflict, []string{"已经发出去"}, call("offer.skip", params{"offer": s.ID}))
}

// TestOfferSkippedAndStopped: what is skipped or stopped leaves never, and skipping can be taken back.
func TestOfferSkippedAndStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "")
	h.plan(crm.Offer{CustomerID: id})
	s := h.decide()["王强"]
	if s == nil || s.Choice.Channel != crm.ByLink || !s.Ask { // no door but the owner's own hand
		t.Fatalf("%+v", s)
	}
	out := h.must("李雷", call("offer.skip", params{"offer": s.ID}))
	if state, _, _ := h.offerState(id); state != crm.OfferSkipped {
		t.Fatalf("%s", state)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if state, _, _ := h.offerState(id); state != crm.OfferAsked {
		t.Fatalf("%s", state)
	}
	stopped := data[action.OfferStopped](t, h.must("李雷", call("offer.stop", params{"customer": "王强"})))
	if stopped.Dropped != 1 {
		t.Errorf("%+v", stopped)
	}
	h.plan(crm.Offer{CustomerID: id}, crm.Offer{CustomerID: id, Purpose: crm.Care})
	h.decide()
	if state, _, reason := h.offerState(id); state != crm.OfferRefused || !strings.Contains(reason, "退订") {
		t.Errorf("%s %s", state, reason)
	}
	h.must("李雷", call("offer.resume", params{"customer": "王强"}))
	h.plan(crm.Offer{CustomerID: id})
	if s := h.decide()["王强"]; s == nil || !s.Ask {
		t.Errorf("%+v", s)
	}
	// The customer's own word is the customer's.
	if _, err := h.x.Run(t.Context(), action.Request{Actor: crm.System, Key: "own", Now: h.now, Calls: []action.Call{call("consent.said", params{"customer": id, "via": "kf"})}}); err != nil {
		t.Fatal(err)
	}
	if state, _, reason := h.offerState(id); state != crm.OfferStopped || reason != "客户退订了" {
		t.Errorf("%s %s", state, reason)
	}
	h.refused("李雷", crm.ErrDenied, []string{"客户自己", "恢复订阅"}, call("offer.resume", params{"customer": "王强"}))
	h.refused("钱总", crm.ErrDenied, []string{"客户自己"}, call("consent.set", params{"customer": "王强", "channel": "短信"}))
	v := data[action.ConsentsView](t, h.must("李雷", call("consent.view", params{"customer": "王强"})))
	if !strings.Contains(v.Rows[0].Stopped, "客户自己退订") || v.Rows[3].Stopped != "" {
		t.Errorf("%+v", v)
	}
	if _, err := h.x.Run(t.Context(), action.Request{Actor: crm.System, Key: "again", Now: h.now, Calls: []action.Call{call("consent.said", params{"customer": id, "via": "link", "again": true})}}); err != nil {
		t.Fatal(err)
	}
	h.plan(crm.Offer{CustomerID: id})
	if s := h.decide()["王强"]; s == nil || !s.Ask {
		t.Errorf("%+v", s)
	}
}

// TestComplaintStopsMarketing: an open ticket is seen when the offer leaves, not when it was planned, and also between the
// decision and the door.
func TestComplaintStopsMarketing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, second := h.customerOf("李雷", "王强", "13812345678"), h.customerOf("李雷", "赵敏", "13712345678")
	for _, name := range []string{"王强", "赵敏"} {
		h.must("李雷", call("consent.set", params{"customer": name, "channel": "短信"}))
	}
	h.plan(crm.Offer{CustomerID: first, Auto: true}, crm.Offer{CustomerID: second, Auto: true})
	h.must("李雷", call("ticket.create", params{"customer": "王强", "content": "投诉漏发", "kind": "投诉"}))
	steps := h.decide()
	if s := steps["王强"]; s.Choice.Channel != "" || !strings.Contains(s.Choice.Reason, "工单 #") {
		t.Errorf("%+v", s.Choice)
	}
	s := steps["赵敏"]
	if s.Choice.Channel != crm.BySMS {
		t.Fatalf("%+v", s.Choice)
	}
	may := func() map[int64]bool {
		var m map[int64]bool
		err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = h.now
			m, err = h.x.OffersMay(ctx, tx, []int64{int64(s.ID)}, map[int64]string{int64(s.ID): action.OfferKey(s.ID, 1)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if !may()[int64(s.ID)] {
		t.Error("it may leave")
	}
	h.must("李雷", call("ticket.create", params{"customer": "赵敏", "content": "投诉漏发", "kind": "投诉"}))
	if may()[int64(s.ID)] {
		t.Error("it leaves in spite of a complaint")
	}
	if state, _, _ := h.offerState(second); state != crm.OfferRefused {
		t.Errorf("%s", state)
	}
}

// TestOfferStepsDownOnce: what a door could not deliver takes the next one, once.
func TestOfferStepsDownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "13812345678")
	h.must("李雷", call("consent.set", params{"customer": "王强"}))
	h.plan(crm.Offer{CustomerID: id, Auto: true})
	stuck := func(s *action.OfferStep) (failed bool) {
		err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
			tx.Now = h.now
			_, failed, err = h.x.OfferStuck(ctx, tx, s.ID, 0, "短信没有送到")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return failed
	}
	s := h.decide()["王强"]
	if s.Choice.Channel != crm.BySMS || stuck(s) {
		t.Fatalf("%+v", s.Choice)
	}
	if s = h.decide()["王强"]; s == nil || s.Choice.Channel != crm.ByLink || !s.Ask { // the caps and the gap count it once
		t.Fatalf("%+v", s)
	}
	if n := h.count(`SELECT unasked FROM reach_counts WHERE customer_id = $1`, int64(id)); n != 1 {
		t.Errorf("counted %d times", n)
	}
}

// TestCapsHoldUnderConcurrency: ten senders at once, each customer with more offers than the caps allow. None is exceeded.
func TestCapsHoldUnderConcurrency(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const customers, each = 12, 9
	var ids []crm.CustomerID
	var offers []crm.Offer
	for i := range customers {
		name := fmt.Sprintf("客户%c%c", '甲'+rune(i), '乙'+rune(i))
		ids = append(ids, h.customerOf("李雷", name, fmt.Sprintf("138123456%02d", i)))
		h.must("李雷", call("consent.set", params{"customer": name}))
		for range each {
			offers = append(offers, crm.Offer{CustomerID: ids[i], Purpose: crm.Marketing, Auto: true})
		}
	}
	h.plan(offers...)
	for day := range 20 { // the gap lets one through a day; the month ends within
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { h.decide() })
		}
		all.Wait()
		if n := h.count(`SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM offers WHERE state IN ('queued', 'sent') GROUP BY customer_id, queued_at::date) o`); n > 1 {
			t.Fatalf("day %d: %d to one customer", day, n)
		}
		h.now = h.now.Add(24 * time.Hour)
	}
	const most = `SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM offers WHERE state IN ('queued', 'sent') %s GROUP BY customer_id, to_char(queued_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')) o`
	if n := h.count(fmt.Sprintf(most, "")); n > 4 {
		t.Errorf("%d to one customer in a month, cap 4", n)
	}
	if n := h.count(fmt.Sprintf(most, `AND channel = 'sms'`)); n != 2 {
		t.Errorf("%d messages to one customer in a month, cap 2", n)
	}
	if n := h.count(`SELECT count(*) FROM offers WHERE state = 'queued'`); n == 0 {
		t.Error("nothing was sent")
	}
}

// TestQuietHoursWait: what is due at night leaves in the morning.
func TestQuietHoursWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "13812345678")
	h.now = h.now.Add(12 * time.Hour) // 22:00
	h.plan(crm.Offer{CustomerID: id, Purpose: crm.Care, Auto: true})
	if s := h.decide()["王强"]; s.Choice.Channel != "" || !s.Choice.Wait.Equal(h.now.Add(11*time.Hour)) {
		t.Errorf("%+v", s.Choice)
	}
	if again := h.decide(); len(again) != 0 {
		t.Errorf("%+v", again)
	}
	h.now = h.now.Add(11 * time.Hour)
	if s := h.decide()["王强"]; s == nil || s.Choice.Channel != crm.BySMS {
		t.Errorf("%+v", s)
	}
}

// TestMessageSend: a message to a segment leaves for each customer once, however often it is asked for.
func TestMessageSend(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, name := range []string{"王强", "赵敏", "孙悦"} {
		h.customerOf("李雷", name, fmt.Sprintf("1381234567%d", i))
		h.must("李雷", call("customer.tag", params{"customer": name, "tags": []string{"老客"}}))
	}
	h.customerOf("韩梅梅", "别家", "13812345999")
	req := h.request("李雷", call("message.send", params{"filter": params{"tags": []string{"老客"}}, "content": "{{称呼}}，{{负责人}}给您留了新茶", "purpose": "关怀"}))
	for range 2 {
		out, err := h.run(req)
		if err != nil {
			t.Fatal(err)
		}
		if v := data[action.MessageView](t, out); v.Customers != 3 || v.Sample != "王强，李雷给您留了新茶" || out.Risk != action.High {
			t.Errorf("%+v", v)
		}
	}
	if n := h.count(`SELECT count(*) FROM offers`); n != 3 {
		t.Errorf("%d offers", n)
	}
	for name, s := range h.decide() {
		if s.Choice.Channel != crm.BySMS || s.Ask || s.Filled != name+"，李雷给您留了新茶" {
			t.Errorf("%s: %+v %q", name, s.Choice, s.Filled)
		}
	}
	h.must("李雷", call("offer.stop", params{"customer": "王强"}))
	h.refused("李雷", crm.ErrConflict, []string{"退订了营销"}, call("message.send", params{"customer": "王强", "content": "大减价", "purpose": "营销"}))
	v := data[action.OfferPreviewed](t, h.must("李雷", call("offer.preview", params{"customer": "王强", "content": "{{称呼}}，送您{{券}}，来坐坐"})))
	if v.Text != "王强，来坐坐" || v.Missing != "券" {
		t.Errorf("%+v", v)
	}
}
