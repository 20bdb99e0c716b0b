package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
)

// A tracking link leads where a colleague said, whatever the request adds, and counts people only.
func TestATrackingLinkLeadsToItsAddressOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var id int64
	var token string
	err := w.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Get(ctx, &id, `INSERT INTO campaigns (name, name_key, created_by, created_at, updated_at) SELECT '双11', '双11', min(id), $1, $1 FROM users RETURNING id`, tx.Now); err != nil {
			return err
		}
		token = store.NewLinkToken()
		_, err := tx.AddCampaignLink(ctx, crm.CampaignID(id), "抖音", "https://shop.example.com/a", token)
		tx.Ledger.Undo = nil
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	phone := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.42"
	for _, c := range []struct{ method, agent, query string }{
		{"GET", phone, ""}, {"GET", phone, "?url=https://evil.example.com&to=//evil.example.com"}, {"HEAD", phone, ""}, {"GET", "Mozilla/5.0 (compatible; Baiduspider/2.0)", ""}, {"GET", phone + " DingTalk/7.0", ""},
	} {
		req, err := http.NewRequest(c.method, w.url+"/l/"+token+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", c.agent)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusFound || !strings.HasPrefix(to, "https://shop.example.com/a?utm_source=") || strings.Contains(to, "evil") {
			t.Errorf("%v: %d %s", c, res.StatusCode, to)
		}
	}
	var view struct {
		Results []struct {
			Data struct {
				All struct{ Clicks int }
			}
		}
	}
	if r := w.do("李雷", "report.roi", `{"campaign":"双11"}`); json.Unmarshal([]byte(r.Body), &view) != nil || len(view.Results) != 1 || view.Results[0].Data.All.Clicks != 2 {
		t.Errorf("%s", r.Body)
	}
}

// The link of an offer leads to where the offer says; people who open it or a coupon's page are noted once, programs are not.
func TestWhatCustomersOpenIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.do("李雷", "customer.create", `{"customer":"王强"}`); r.Status != http.StatusOK {
		t.Fatal(r.Body)
	}
	if r := w.do("李雷", "coupon.send", `{"customer":"王强","discount":0.8}`); r.Status != http.StatusOK {
		t.Fatal(r.Body)
	}
	var offer int64
	var coupon string
	err := w.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Get(ctx, &offer, `UPDATE offers SET state = 'sent', sent_at = $1, channel = 'sms', link = $2 RETURNING id`, tx.Now, tx.Seal("offers", "link", "https://shop.example.com/new?a=1")); err != nil {
			return err
		}
		var id crm.CouponID
		if err := tx.Get(ctx, &id, `SELECT max(id) FROM coupons`); err != nil {
			return err
		}
		c, err := tx.CouponByID(ctx, id)
		coupon = c.Code
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	look := func(method, path, agent string) *http.Response {
		t.Helper()
		req, err := http.NewRequest(method, w.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", agent)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	noted := func(when string, want int) {
		t.Helper()
		var n int
		if err := w.owner.QueryRow(`SELECT count(*) FROM events WHERE name IN ('offer.opened', 'offer.clicked')`).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d events, want %d: %v", when, n, want, err)
		}
	}
	const phone, robot = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.42", "Mozilla/5.0 (compatible; Baiduspider/2.0)"
	link := "/l/" + w.store.Keys().OfferToken(crm.OfferID(offer))
	for _, path := range []string{"/c/" + coupon, link} {
		look("HEAD", path, phone)
		if res := look("GET", path, robot); res.StatusCode != http.StatusOK && res.StatusCode != http.StatusFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	noted("programs", 0)
	look("GET", "/c/"+coupon, phone)
	look("GET", "/c/"+coupon, phone)
	noted("the coupon's page", 1)
	if res := look("GET", link+"?to=https://evil.example.com", phone); res.StatusCode != http.StatusFound || res.Header.Get("Location") != "https://shop.example.com/new?a=1" {
		t.Errorf("%s to %s", res.Status, res.Header.Get("Location"))
	}
	look("GET", link, phone)
	noted("the link", 2)
}
