package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

const aPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.42"

// leadForm makes a campaign with a form whose leads are 李雷's, and answers its path.
func (w *world) leadForm() string {
	w.t.Helper()
	id, err := w.store.AddUser(context.Background(), store.NewUser{Name: "钱总", Role: crm.Manager})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.actors["钱总"], err = w.store.UserByID(context.Background(), id); err != nil {
		w.t.Fatal(err)
	}
	var path string
	for _, c := range []struct{ name, params string }{
		{"campaign.create", `{"campaign":"双11","channel":"抖音"}`}, {"campaign.form", `{"campaign":"双11","channel":"小红书","owner":"李雷","title":"预约免费试喝"}`},
	} {
		out, err := w.x.Run(context.Background(), action.Request{Actor: w.actors["钱总"], Calls: []action.Call{{Name: c.name, Params: json.RawMessage(c.params)}}, Key: c.name, Now: w.clock()})
		if err != nil {
			w.t.Fatal(err)
		}
		var v action.CampaignLinkView
		if err := json.Unmarshal(out.Results[0].Data, &v); err == nil {
			path = strings.TrimPrefix(v.Link, "http://survey.test")
		}
	}
	if !strings.HasPrefix(path, "/f/") {
		w.t.Fatalf("no form: %q", path)
	}
	return path
}

// fresh opens a form and gives its token, as old as a person would need to fill it in.
func (w *world) fresh(path string) string {
	w.t.Helper()
	status, _, page := w.visit(path, nil, "User-Agent", aPhone)
	m := tokenIn.FindStringSubmatch(page)
	if m == nil {
		w.t.Fatal(status, " no form: ", page)
	}
	w.pass(5 * time.Second)
	return m[1]
}

func (w *world) one(query string, args ...any) (s string) {
	w.t.Helper()
	if err := w.owner.QueryRow(query, args...).Scan(&s); err != nil {
		w.t.Fatal(query, err)
	}
	return s
}

func TestALeadFormMakesALeadOfItsCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.leadForm()
	status, _, page := w.visit(path, nil, "User-Agent", aPhone)
	if status != http.StatusOK || !strings.Contains(page, "预约免费试喝") || strings.Contains(page, "李雷") || strings.Contains(page, "双11") {
		t.Error(status, page)
	}
	answer := func(change ...string) url.Values {
		f := url.Values{"token": {w.fresh(path)}, "name": {"周女士"}, "phone": {"138 1234 5678"}, "need": {"周六能来几个人"}, "agreed": {"1"}, "news": {"1"}}
		for i := 0; i+1 < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return f
	}
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"not agreed": {answer("agreed", ""), "勾选同意"}, "no name": {answer("name", " "), "怎么称呼"}, "a number that is none": {answer("phone", "12"), "手机号好像不对"},
		"a token of ours no longer": {answer("token", "x.y.z"), "放得太久"}, "a page shown elsewhere": {answer("token", w.blank()+"x"), "放得太久"},
	} {
		if status, _, page := w.visit(path, c.form); status != http.StatusUnprocessableEntity || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d %s", name, status, page)
		}
	}
	if _, _, page := w.visit(path, answer("website", "http://spam.example")); !strings.Contains(page, "收到了") { // a robot learns nothing
		t.Error(page)
	}
	if n := w.one(`SELECT count(*) FROM leads`); n != "0" {
		t.Fatalf("%s leads of nothing", n)
	}
	filled := answer()
	for range 2 { // pressed twice
		if status, at, page := w.visit(path+"?v=B", filled); status != http.StatusOK || !strings.HasSuffix(at, "?done=1") || !strings.Contains(page, "收到了") || strings.Contains(page, "138") {
			t.Error(status, at, page)
		}
	}
	row := w.one(`SELECT concat_ws('/', l.contact, l.source, c.name, l.variant, u.name, l.agreed_at IS NOT NULL, l.news_at IS NOT NULL, l.state)
		FROM leads l JOIN campaigns c ON c.id = l.campaign_id JOIN users u ON u.id = l.owner_id`)
	if row != "周女士/小红书/双11/B/李雷/t/t/open" {
		t.Error(row)
	}
	// The same person once more, by the other text: still one lead, and its colleague hears of it again.
	w.pass(5 * time.Minute)
	w.visit(path+"?v=A", answer("news", "", "need", "想问问价格"))
	if n := w.one(`SELECT count(*) || '/' || max(variant) || '/' || count(news_at) FROM leads`); n != "1/B/1" {
		t.Error(n)
	}
	if n := w.one(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = (SELECT id FROM users WHERE name = '李雷')`); n != "2" {
		t.Errorf("李雷 hears %s times", n)
	}
	// Who opened it counts once a day, and nobody who only looks.
	w.visit(path, nil, "User-Agent", "curl/8")
	if n := w.one(`SELECT count(*) FROM campaign_clicks`); n != "1" {
		t.Errorf("%s visitors", n)
	}
	// The lead becomes a customer: what they agreed to goes along.
	if _, err := w.x.Run(context.Background(), action.Request{Actor: w.actors["李雷"], Calls: []action.Call{{Name: "lead.convert", Params: json.RawMessage(`{"customer":"周女士"}`)}}, Key: "convert", Now: w.clock()}); err != nil {
		t.Fatal(err)
	}
	if s := w.one(`SELECT concat_ws('/', purpose, channel, allowed, via) FROM consents`); s != "marketing/*/t/link" {
		t.Error(s)
	}
	out, err := w.x.Run(context.Background(), action.Request{Actor: w.actors["钱总"], Calls: []action.Call{{Name: "campaign.view", Params: json.RawMessage(`{"campaign":"双11"}`)}}, Key: "view", Now: w.clock()})
	if err != nil {
		t.Fatal(err)
	}
	var v action.CampaignDetail
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || len(v.Links) != 1 || v.Links[0].Leads != 1 || v.Links[0].Variants[0] != (action.FormVariant{Name: "B", Leads: 1}) || v.ROI.Leads != 1 {
		t.Errorf("%v %s", err, out.Results[0].Data)
	}
}

// A customer who fills in a form stays one customer, keeps what they refused, and nobody learns that the number is known.
func TestALeadFormKnowsCustomersAndTellsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.leadForm()
	if r := w.do("韩梅梅", "customer.create", `{"customer":"周明","phone":"13812345678"}`); r.Status != http.StatusOK {
		t.Fatal(r)
	}
	if _, err := w.owner.Exec(`INSERT INTO consents (customer_id, purpose, channel, allowed, via, at) SELECT id, 'marketing', '*', false, 'sms', now() FROM customers`); err != nil {
		t.Fatal(err)
	}
	form := func(phone string) url.Values {
		return url.Values{"token": {w.fresh(path)}, "name": {"周先生"}, "phone": {phone}, "agreed": {"1"}, "news": {"1"}}
	}
	status, at, known := w.visit(path, form("13812345678"))
	status2, at2, fresh := w.visit(path, form("13900001111"))
	if status != status2 || at != at2 || known != fresh {
		t.Errorf("a known number is told from a new one: %d %s %s\n%d %s %s", status, at, known, status2, at2, fresh)
	}
	if s := w.one(`SELECT string_agg(concat_ws('/', state, customer_id IS NOT NULL, u.name), ' ' ORDER BY l.id) FROM leads l JOIN users u ON u.id = l.owner_id`); s != "converted/t/韩梅梅 open/f/李雷" {
		t.Error(s)
	}
	if s := w.one(`SELECT string_agg(allowed::text, ' ') FROM consents`); s != "false" {
		t.Errorf("a form has taken back a refusal: %s", s)
	}
	if n := w.one(`SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject = (SELECT id FROM users WHERE name = '韩梅梅')`); n != "1" {
		t.Errorf("韩梅梅 hears %s times", n)
	}
}

// Twenty people tap at once with one number: one lead. Then the day is full, an address is slowed down, and a campaign ends.
func TestALeadFormHasLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.leadForm()
	var wg sync.WaitGroup
	for i := range 20 {
		token := w.fresh(path)
		wg.Go(func() {
			w.visit(path, url.Values{"token": {token}, "name": {"周女士"}, "phone": {"13812345678"}, "agreed": {"1"}}, "X-Forwarded-For", "203.0.113."+string(rune('0'+i%10))+string(rune('0'+i/10)))
		})
	}
	wg.Wait()
	if n := w.one(`SELECT count(*) FROM leads`); n != "1" {
		t.Errorf("%s leads of one number", n)
	}
	status := 0
	for range 7 {
		status, _, _ = w.visit(path, url.Values{"token": {w.fresh(path)}, "name": {"王先生"}, "phone": {"13911112222"}, "agreed": {"1"}}, "X-Forwarded-For", "198.51.100.7")
		w.pass(-5 * time.Second)
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the seventh in a minute: %d", status)
	}
	if _, err := w.owner.Exec(`INSERT INTO leads (contact, contact_key, company, company_key, link_id, created_at, updated_at) SELECT 'x', 'x', '', '', l.id, $1, $1 FROM campaign_links l, generate_series(1, 500)`, w.clock()); err != nil {
		t.Fatal(err)
	}
	if status, _, page := w.visit(path, url.Values{"token": {w.fresh(path)}, "name": {"赵女士"}, "phone": {"13700001111"}, "agreed": {"1"}}, "X-Forwarded-For", "198.51.100.8"); status != http.StatusConflict || !strings.Contains(page, "明天再来") {
		t.Error(status, page)
	}
	if _, err := w.owner.Exec(`UPDATE campaigns SET state = 'stopped'`); err != nil {
		t.Fatal(err)
	}
	if status, _, page := w.visit(path, nil); status != http.StatusGone || !strings.Contains(page, "活动已经结束") || strings.Contains(page, "<form") {
		t.Error(status, page)
	}
	if status, _, _ := w.visit("/f/NOSUCHFORM", nil); status != http.StatusNotFound {
		t.Error(status)
	}
}
