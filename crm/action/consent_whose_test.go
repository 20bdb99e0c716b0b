package action_test

import (
	"fmt"
	"testing"

	"gendan/crm"
)

// TestNobodyUnsubscribesForAnother: a mail counts with the customer's own token, or when its sender is vouched for; a forged one
// becomes a ticket and changes nothing, neither to stop nor to begin again.
func TestNobodyUnsubscribesForAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.customerOf("李雷", "王强", "")
	other := h.customerOf("李雷", "陈静", "")
	for name, mail := range map[string]string{"王强": "wq@example.com", "陈静": "cj@example.com"} {
		h.must("李雷", call("contact.create", params{"customer": name, "contact": name, "email": mail}))
	}
	n := 0
	mail := func(from, subject, content string, authentic bool) {
		t.Helper()
		n++
		h.mustSystem(call("mail.received", params{"from": from, "subject": subject, "content": content, "message": fmt.Sprintf("<%d@x>", n), "authentic": authentic}))
	}
	token := h.store.Keys().UnsubscribeToken(id)
	mail("wq@example.com", "退订", "", false)
	if h.stopped(id) || h.count(`SELECT count(*) FROM tickets WHERE customer_id = $1`, int64(id)) != 1 {
		t.Error("a forged mail ended another's offers, or nobody was told of it")
	}
	mail("wq@example.com", "", "退订", true)
	if !h.stopped(id) {
		t.Error("the sender's own word does not count")
	}
	mail("wq@example.com", "恢复订阅", "", false)
	if !h.stopped(id) {
		t.Error("a forged mail began offers again")
	}
	mail("wq@example.com", "恢复订阅", "", true)
	mail("somebody@elsewhere.example", "unsubscribe "+token, "", false)
	if !h.stopped(id) || h.stopped(other) {
		t.Errorf("by the token: %v, another's %v", h.stopped(id), h.stopped(other))
	}
	mail("cj@example.com", "unsubscribe 1a-0123456789abcdef0123", "", false)
	if h.stopped(other) {
		t.Error("a token that we have not made counts")
	}
}

// TestTDCountsForAllOfANumber: however many customers have it.
func TestTDCountsForAllOfANumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const all = 25
	for i := range all {
		h.customerOf("李雷", fmt.Sprintf("分店%02d", i), fmt.Sprintf("139%08d", i))
	}
	if _, err := h.owner.Exec(`UPDATE contacts SET phone_index = (SELECT phone_index FROM contacts ORDER BY id LIMIT 1); UPDATE customers SET phone_index = NULL`); err != nil {
		t.Fatal(err)
	}
	h.mustSystem(call("sms.received", params{"from": "13900000000", "content": "TD", "message": "m1"}))
	if n := h.count(`SELECT count(*) FROM consents WHERE purpose = 'marketing' AND channel = '*' AND NOT allowed`); n != all {
		t.Errorf("%d of %d customers of the number are heard", n, all)
	}
}

// TestASegmentGetsMarketingOrCareOnly: no purpose that is said lets advertising past who wants none.
func TestASegmentGetsMarketingOrCareOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.customerOf("李雷", "王强", "13812345678")
	filter := params{"owner": "me"}
	for _, purpose := range []string{"服务", "交易", "service"} {
		h.refused("李雷", crm.ErrDenied, []string{"群发只能是营销或关怀", "关怀"}, call("message.send", params{"filter": filter, "content": "您的东西到了", "purpose": purpose}))
		h.refused("李雷", crm.ErrDenied, []string{"优惠", "是营销"}, call("message.send", params{"customer": "王强", "content": "周末有优惠", "purpose": purpose}))
	}
}
