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
