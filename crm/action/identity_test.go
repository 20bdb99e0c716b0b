package action_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
)

// known is the customer that a name elsewhere belongs to; 0 when it is nobody's or several customers'.
func (h *house) known(kind, value string) (id int64) {
	h.t.Helper()
	if err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Identified(ctx, kind, value)
		if id = int64(found); err != nil && !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// sees has a colleague's platform show a contact and answers whose they are.
func (h *house) sees(c store.ContactSeen) (id int64) {
	h.t.Helper()
	if err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		met, err := tx.SeeContact(ctx, c)
		id = int64(met.Guest.Customer)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// writes has somebody open WeChat customer service and answers whose they are.
func (h *house) writes(peer, union string) (id int64) {
	h.t.Helper()
	if err := h.store.As(h.t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		g, err := tx.MeetGuest(ctx, "kf", peer, "")
		if err != nil {
			return err
		}
		g.UnionID = union
		if err := tx.RecogniseUnion(ctx, &g); err != nil {
			return err
		}
		id = int64(g.Customer)
		return tx.PutGuest(ctx, g)
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// proposed are the pairs of customers that seem to be one, as first*10000+other, each with a row that asks.
func (h *house) proposed() (pairs []int64) {
	h.t.Helper()
	pairs = h.ids(`SELECT first_id * 10000 + other_id FROM merge_proposals ORDER BY 1`)
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'same' AND subject IN (SELECT id FROM merge_proposals)`); n != len(pairs) {
		h.t.Errorf("%d rows ask about %d pairs", n, len(pairs))
	}
	return pairs
}

// TestOneCustomerWhicheverWay: somebody whose phone and mail are known comes by each door in turn, and is the same customer.
func TestOneCustomerWhicheverWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技", "contact": "王强", "phone": "138 1234 5678", "email": "Wang@YunFan.com"}))
	h.must("李雷", call("customer.create", params{"customer": "星河贸易", "contact": "张三", "phone": "13900000000"}))
	id := h.view("李雷", "云帆科技").ID
	ticketOf := func(name string, p params) int64 {
		out := h.mustSystem(call(name, p))
		return int64(h.count(`SELECT coalesce(customer_id, 0) FROM tickets WHERE id = $1`, out.Results[0].Record.ID))
	}
	for way, got := range map[string]int64{
		"phone":            h.known(store.KnownByPhone, "138-1234-5678"),
		"mail":             h.known(store.KnownByMail, " wang@yunfan.com"),
		"form by phone":    ticketOf("ticket.capture", params{"content": "发票没到", "phone": "13812345678"}),
		"form by mail":     ticketOf("ticket.capture", params{"content": "发票没到", "email": "wang@yunfan.com"}),
		"mail door":        ticketOf("mail.received", params{"from": "WANG@yunfan.com", "content": "发票没到", "message": "<1@yunfan.com>"}),
		"contact by phone": h.sees(store.ContactSeen{Peer: "contact:lilei/wm1", Owner: "wecom:lilei", UnionID: "union-wang", Mobiles: []string{"+86 13812345678"}, Since: h.now}),
	} {
		if got != id {
			t.Errorf("%s: %d, want %d", way, got, id)
		}
	}
	if got := h.writes("kf:wm-wang", "union-wang"); got != id { // known by the contact's union id
		t.Errorf("kf: %d, want %d", got, id)
	}
	if got := h.sees(store.ContactSeen{Peer: "contact:hmm/wm9", Owner: "wecom:hmm", UnionID: "union-wang", Since: h.now}); got != id {
		t.Errorf("another colleague's contact: %d, want %d", got, id)
	}
	h.mustSystem(call("sms.received", params{"from": "13812345678", "content": "几点送到？", "message": "s1"}))
	if n := h.count(`SELECT count(*) FROM guests WHERE platform = 'sms' AND customer_id = $1`, id); n != 1 {
		t.Errorf("%d numbers of text messages are known, want 1", n)
	}
	h.must("李雷", call("order.create", params{"customer": "云帆科技", "product": "墨盒", "amount": 20, "shop": "天猫", "buyer": "m1"}))
	h.must("李雷", call("order.create", params{"customer": "云帆", "product": "墨盒", "amount": 20, "shop": "天猫", "buyer": "m1"}))
	if got := h.known(store.KnownByShop, "天猫/m1"); got != id {
		t.Errorf("shop: %d, want %d", got, id)
	}
	for kind, value := range map[string]string{store.KnownByUnion: "union-wang", store.KnownByKf: "kf:wm-wang", store.KnownByContact: "contact:lilei/wm1"} {
		if got := h.known(kind, value); got != id {
			t.Errorf("%s: %d, want %d", kind, got, id)
		}
	}
	if pairs := h.proposed(); len(pairs) != 0 {
		t.Error(pairs)
	}
}

// TestNamesFollowTheRecords: a number that is changed, taken back or deleted is known no more, and known again when that is taken back.
func TestNamesFollowTheRecords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	id := h.view("李雷", "云帆科技").ID
	out := h.must("李雷", call("contact.create", params{"customer": "云帆科技", "contact": "王强", "phone": "13812345678"}))
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if got := h.known(store.KnownByPhone, "13812345678"); got != 0 {
		t.Error("after undo:", got)
	}
	h.must("李雷", call("contact.create", params{"customer": "云帆科技", "contact": "王强", "phone": "13812345678"}))
	out = h.must("李雷", call("contact.create", params{"customer": "云帆科技", "contact": "王强", "phone": "13812345679"}))
	if was, is := h.known(store.KnownByPhone, "13812345678"), h.known(store.KnownByPhone, "13812345679"); was != 0 || is != id {
		t.Error("changed:", was, is)
	}
	h.must("李雷", call("undo", params{"code": out.UndoCode}))
	if was, is := h.known(store.KnownByPhone, "13812345678"), h.known(store.KnownByPhone, "13812345679"); was != id || is != 0 {
		t.Error("changed back:", was, is)
	}
	h.must("李雷", call("customer.update", params{"customer": "云帆科技", "field": "电话", "value": "075588881234"}))
	if got := h.known(store.KnownByPhone, "0755-88881234"); got != id {
		t.Error("customer's own:", got)
	}
	if n := h.count(`SELECT count(*) FROM customer_identities WHERE customer_id = $1`, id); n != 2 {
		t.Errorf("%d names, want 2", n)
	}
}

// TestSameNameIsAskedAboutOnce: two customers with one phone are never merged by themselves; the pair is noted once, and while
// both have it the phone tells nothing.
func TestSameNameIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技", "contact": "王强", "phone": "13812345678"}))
	h.must("韩梅梅", call("customer.create", params{"customer": "星河贸易"}))
	a, b := h.view("李雷", "云帆科技").ID, h.view("韩梅梅", "星河贸易").ID
	for _, name := range []string{"王总", "王经理"} {
		out := h.request("韩梅梅", call("contact.create", params{"customer": "星河贸易", "contact": name, "phone": "13812345678"}))
		if _, err := h.run(out); err != nil {
			t.Fatal(err)
		}
	}
	if pairs := h.proposed(); !slices.Equal(pairs, []int64{a*10000 + b}) {
		t.Error(pairs)
	}
	if got := h.known(store.KnownByPhone, "13812345678"); got != 0 {
		t.Error("a number of two customers is said to be of", got)
	}
	if n := h.count(`SELECT count(*) FROM customers WHERE merged_into IS NOT NULL`); n != 0 {
		t.Error("merged by itself")
	}
	h.must("钱总", call("customer.merge", params{"customer": "星河贸易", "into": "云帆科技"}))
	if got := h.known(store.KnownByPhone, "13812345678"); got != a {
		t.Error("after the merge:", got)
	}
	h.must("钱总", call("undo", nil))
	if pairs := h.proposed(); len(pairs) != 1 || h.known(store.KnownByPhone, "13812345678") != 0 {
		t.Error("after its undo:", pairs)
	}

	// a person who is linked to one customer at one door and to another one at another
	h.sees(store.ContactSeen{Peer: "contact:hmm/wm2", Owner: "dingtalk:hmm", Name: "小赵", UnionID: "union-zhao", Company: "星河贸易", Since: h.now})
	h.must("李雷", call("customer.create", params{"customer": "华星电子"}))
	c := h.view("李雷", "华星电子").ID
	if err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = h.now
		g, err := tx.MeetGuest(ctx, "kf", "kf:wm-zhao", "小赵")
		if err != nil {
			return err
		}
		if err := tx.LinkGuest(ctx, g.ID, crm.CustomerID(c), 0, 0); err != nil { // by a link that we signed
			return err
		}
		g.UnionID = "union-zhao"
		return tx.PutGuest(ctx, g)
	}); err != nil {
		t.Fatal(err)
	}
	if pairs := h.proposed(); !slices.Equal(pairs, []int64{a*10000 + b, b*10000 + c}) {
		t.Error(pairs)
	}
}

// TestNamesOfBeforeAreAskedAbout: customers who shared a number before such names were watched are asked about, ten pairs a day however often the
// night's work is done, each once, and a switchboard's never.
func TestNamesOfBeforeAreAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tx, err := h.owner.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`SET LOCAL session_replication_role = replica`); err != nil { // nothing watches
		t.Fatal(err)
	}
	for _, set := range []struct{ names, holders int }{{12, 2}, {1, 9}} {
		if _, err := tx.Exec(`
			INSERT INTO customers (name, name_key, name_core, terms, owner_id, created_by, phone_index, created_at, updated_at)
			SELECT 'k' || $2 || '-' || n || '-' || h, 'k' || $2 || '-' || n || '-' || h, 'k' || $2 || '-' || n || '-' || h, '{}', $3, $3, sha256(convert_to($2 || '/' || n, 'UTF8')), now(), now()
			FROM generate_series(1, $1::int) n, generate_series(1, $2::int) h`, set.names, set.holders, int64(h.who["李雷"].UserID)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	night := func(days, want int) {
		t.Helper()
		h.now = h.now.AddDate(0, 0, days)
		if err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = h.now
			return h.x.CrowdNight(ctx, tx)
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(h.proposed()); n != want {
			t.Errorf("%d pairs are asked about, want %d", n, want)
		}
	}
	night(0, 10)
	night(0, 10)
	night(1, 12)
	night(1, 12)
}
