package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// till is what a till is answered.
type till struct {
	reply
	Coupon   action.CouponView `json:"coupon"`
	UndoCode string            `json:"undo_code"`
}

func (w *world) till(who, method, path, body string, headers ...string) (t till) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	t.reply = w.send(req)
	if err := json.Unmarshal([]byte(t.Body), &t); err != nil {
		w.t.Fatalf("%s: %v", t.Body, err)
	}
	return t
}

// coupon sends one to the customer and answers its code.
func (w *world) coupon(customer, terms string) (code string) {
	w.t.Helper()
	if r := w.do("李雷", "coupon.send", `{"customer":"`+customer+`",`+terms+`}`); r.Status != 200 {
		w.t.Fatal(r.Body)
	}
	err := w.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		var id crm.CustomerID
		if err := tx.Get(ctx, &id, `SELECT id FROM customers WHERE name = $1`, customer); err != nil {
			return err
		}
		rows, _, err := tx.CouponsOf(ctx, id, crm.CouponIssued, 1, 0)
		if err == nil {
			code = crm.SayCouponCode(rows[0].Code)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

func TestATillRedeemsACouponOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("李雷", "customer.create", `{"customer":"云帆"}`)
	code := w.coupon("云帆", `"discount":0.8,"min_spend":50,"valid_days":10`)
	if r := w.till("韩梅梅", "GET", "/api/v1/coupons/"+strings.ToLower(strings.ReplaceAll(code, "-", "")), ""); r.Status != 200 || r.Coupon.State != "issued" ||
		r.Coupon.Until != "2026-11-28" || r.Coupon.Terms.MinSpend != crm.Yuan(50) || r.Coupon.Customer != "云帆" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	redeem := func(who, body string, headers ...string) till {
		t.Helper()
		return w.till(who, "POST", "/api/v1/coupons/redeem", body, headers...)
	}
	for says, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"no price":       {`{"code":"` + code + `"}`, 422, "ask"},
		"too little":     {`{"code":"` + code + `","amount":49.99}`, 422, "coupon_terms"},
		"no such coupon": {`{"code":"0000-0000-0000","amount":60}`, 404, "not_found"},
		"no code":        {`{"code":"K7F2","amount":60}`, 422, "ask"},
		"no such order":  {`{"code":"` + code + `","order":"SO-9"}`, 404, "not_found"},
		"a slip":         {`{"kode":"` + code + `"}`, 422, "unknown_param"},
		"not a text":     {`{"code":17,"amount":60}`, 422, "invalid"},
		"no JSON":        {`code`, 422, "json"},
	} {
		if r := redeem("韩梅梅", c.body); r.Status != c.status || r.Error.Code != c.code || r.Error.Message == "" {
			t.Errorf("%s: %d %s", says, r.Status, r.Body)
		}
	}
	if r := w.till("韩梅梅", "POST", "/api/v1/coupons/redeem?preview=1", `{"code":"`+code+`","amount":60}`); r.Status != 200 || r.Coupon.Off != crm.Yuan(12) || r.Coupon.State != "redeemed" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	body := `{"code":"` + code + `","shop":"南山店","items":[{"product":"抹茶拿铁","quantity":2,"amount":60}]}`
	for i := range 3 {
		r := redeem("韩梅梅", body, "Idempotency-Key", "sale-1")
		if r.Status != 200 || r.Replayed != (i > 0) || r.Coupon.Pays != crm.Yuan(48) || r.Coupon.Shop != "南山店" || r.UndoCode == "" {
			t.Errorf("%d: %d %s", i, r.Status, r.Body)
		}
	}
	if r := redeem("韩梅梅", body, "Idempotency-Key", "sale-2"); r.Status != 409 || r.Error.Code != "coupon_used" || !strings.Contains(r.Error.Message, "南山店") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if r := redeem("韩梅梅", `{"code":"`+w.coupon("云帆", `"amount_off":5`)+`","amount":9}`, "Idempotency-Key", "sale-1"); r.Status != 422 || r.Error.Code != "key_reused" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if r := redeem("nobody", body); r.Status != 401 {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	late := w.coupon("云帆", `"amount_off":7,"valid_days":1`)
	w.pass(48 * time.Hour)
	if r := redeem("韩梅梅", `{"code":"`+late+`","amount":9}`); r.Status != 409 || r.Error.Code != "coupon_expired" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

// Many requests of one sale, sent at once because no answer came: one redemption, and all hear the same.
func TestATillAsksManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("李雷", "customer.create", `{"customer":"云帆"}`)
	body := `{"code":"` + w.coupon("云帆", `"amount_off":20`) + `","amount":60}`
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for range 20 {
		wg.Go(func() {
			r := w.till("韩梅梅", "POST", "/api/v1/coupons/redeem", body, "Idempotency-Key", "sale-1")
			mu.Lock()
			defer mu.Unlock()
			if r.Status != 200 || r.Coupon.Pays != crm.Yuan(40) {
				t.Errorf("%d %s", r.Status, r.Body)
			}
			if !r.Replayed {
				fresh++
			}
		})
	}
	wg.Wait()
	if n := w.count(`SELECT count(*) FROM events WHERE name = 'coupon.redeemed'`); fresh != 1 || n != 1 {
		t.Errorf("%d fresh answers, %d redemptions", fresh, n)
	}
}

func TestACouponsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("李雷", "customer.create", `{"customer":"云帆"}`)
	code := w.coupon("云帆", `"discount":0.8,"product":"抹茶<b>","min_spend":50,"valid_days":10`)
	status, _, page := w.visit("/c/"+strings.ReplaceAll(code, "-", ""), nil)
	if status != 200 || !strings.Contains(page, code) || !strings.Contains(page, "11月28日") || !strings.Contains(page, "满¥50可用") || strings.Contains(page, "云帆<") || strings.Contains(page, "<b>券") ||
		strings.Contains(page, "抹茶<b>") {
		t.Errorf("%d %s", status, page)
	}
	qr := regexp.MustCompile(`viewBox="0 0 (\d+) \d+".*?<path d="([^"]+)"`).FindStringSubmatch(page)
	if qr == nil {
		t.Fatal("no QR code: ", page)
	}
	if got := readQR(t, qr[1], qr[2]); got != strings.ReplaceAll(code, "-", "") {
		t.Errorf("the QR code says %q, want %q", got, code)
	}
	w.till("韩梅梅", "POST", "/api/v1/coupons/redeem", `{"code":"`+code+`","items":[{"product":"抹茶<b>","amount":60}]}`)
	if status, _, page := w.visit("/c/"+code, nil); status != 200 || !strings.Contains(page, "已使用") || strings.Contains(page, "<path") {
		t.Errorf("%d %s", status, page)
	}
	late := w.coupon("云帆", `"amount_off":5,"valid_days":1`)
	w.pass(48 * time.Hour)
	if status, _, page := w.visit("/c/"+late, nil); status != 200 || !strings.Contains(page, "已过期") {
		t.Errorf("%d %s", status, page)
	}
	for _, path := range []string{"/c/0000-0000-0000", "/c/short", "/c/%00"} {
		if status, _, page := w.visit(path, nil); status != 404 || strings.Contains(page, "系统") {
			t.Errorf("%s: %d %s", path, status, page)
		}
	}
}

func TestOpenAPIDescribesCoupons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, doc := w.visit("/api/v1/openapi.json", nil)
	for _, word := range []string{`"/api/v1/coupons/redeem"`, `"/api/v1/coupons/{code}"`, `"#/components/schemas/Coupon"`, "coupon_used"} {
		if !strings.Contains(doc, word) {
			t.Errorf("lacks %s", word)
		}
	}
	for _, inner := range []string{"coupon.open", "coupon.expire", "coupon.remind"} {
		if strings.Contains(doc, fmt.Sprintf(`"/api/v1/actions/%s"`, inner)) {
			t.Errorf("%s is described to callers", inner)
		}
	}
}
