package httpapi_test

import (
	"net/url"
	"strings"
	"testing"

	"gendan/crm"
)

// TestUnsubscribingTakesOneTap: opening the page ends nothing, for mail programs open links by themselves; one tap ends all, a
// mail program's own button too, and another tap takes it back. A guessed link leads nowhere.
func TestUnsubscribingTakesOneTap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("李雷", "customer.create", `{"customer": "王强", "phone": "13812345678"}`)
	var id int64
	if err := w.owner.QueryRow(`SELECT id FROM customers WHERE name = '王强'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	page := "/u/" + w.store.Keys().UnsubscribeToken(crm.CustomerID(id))
	denied := func() int {
		return w.count(`SELECT count(*) FROM consents WHERE channel = '*' AND NOT allowed AND by IS NULL AND via = 'link'`)
	}
	status, _, shown := w.visit(page, nil)
	if status != 200 || !strings.Contains(shown, "退订") || strings.Contains(shown, "王强") || denied() != 0 {
		t.Fatalf("%d, %d denied: %s", status, denied(), shown)
	}
	if status, _, shown = w.visit(page, url.Values{"List-Unsubscribe": {"One-Click"}}); status != 200 || !strings.Contains(shown, "已退订") || denied() != 2 {
		t.Fatalf("%d, %d denied: %s", status, denied(), shown)
	}
	if _, _, shown = w.visit(page, nil); !strings.Contains(shown, "已经退订") {
		t.Errorf("%s", shown)
	}
	if status, _, shown = w.visit(page, url.Values{"again": {"1"}}); status != 200 || !strings.Contains(shown, "已恢复") || denied() != 0 {
		t.Errorf("%d, %d denied: %s", status, denied(), shown)
	}
	if status, _, _ = w.visit(page[:len(page)-1]+"x", url.Values{"stop": {"1"}}); status != 404 || denied() != 0 {
		t.Errorf("a guessed link: %d, %d denied", status, denied())
	}
}
