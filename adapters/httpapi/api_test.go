package httpapi_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/adapters/httpapi"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

const shopKey = "the-shop's-own-secret"

// world is the door on a real server, an executor and a database of its own.
type world struct {
	t      *testing.T
	url    string
	now    time.Time
	mu     sync.Mutex
	store  *store.Store
	x      *action.Executor
	owner  *sql.DB
	tokens map[string]string // by name
	actors map[string]crm.Actor
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC), tokens: map[string]string{}, actors: map[string]crm.Actor{}}
	w.t, _ = t.(*testing.T)
	w.store = storetest.New(t, storetest.WithClock(w.clock))
	w.owner = storetest.Owner(t, w.store)
	w.x = action.New(w.store, action.Config{Doors: action.SurveyDoors{Link: "http://survey.test", SMS: true}})
	for _, p := range []store.NewUser{
		{Name: "李雷", Role: crm.Rep, Team: "华东组"}, {Name: "韩梅梅", Role: crm.Rep, Team: "华东组"}, {Name: "孙倩", Role: crm.Service, Team: "客服部"},
	} {
		id, err := w.store.AddUser(context.Background(), p)
		if err == nil {
			w.tokens[p.Name], err = w.store.AddToken(context.Background(), id)
		}
		if err == nil {
			w.actors[p.Name], err = w.store.UserByID(context.Background(), id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := httpapi.New(httpapi.Config{Run: w.x.Run, Preview: w.x.Preview, Person: w.store.UserByToken, Derive: w.store.Keys().Index,
		CaptureKeys: map[string]string{"shop": shopKey}, Company: "云帆服务", Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// reply is what a program gets.
type reply struct {
	Status int    `json:"-"`
	Body   string `json:"-"`
	ID     int64
	Link   string `json:"status"` // of a captured ticket
	Error  struct {
		Code, Message, Param string
		Options              []action.Option
	}
	Replayed bool
	Out      action.Outcome `json:"-"`
}

func (w *world) send(req *http.Request) reply {
	w.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	r := reply{Status: res.StatusCode, Body: string(b)}
	if err := json.Unmarshal(b, &r); err != nil && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		w.t.Errorf("%s: %v", b, err)
	}
	if err := json.Unmarshal(b, &r.Out); err != nil && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		w.t.Errorf("%s: %v", b, err)
	}
	return r
}

// do calls an action as who; headers come in pairs.
func (w *world) do(who, name, body string, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+"/api/v1/actions/"+name, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token := w.tokens[who]; token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.send(req)
}

func (w *world) count(query string) (n int) {
	w.t.Helper()
	if err := w.owner.QueryRow(query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestActionsRunAsThePersonWhoseKeyItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.do("李雷", "customer.create", `{"customer":"上海云帆科技","contact":"王强","phone":"13812345678"}`)
	if r.Status != 200 || len(r.Out.Results) != 1 || r.Out.Results[0].Record.Name != "上海云帆科技" || r.Out.UndoCode == "" {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if r := w.do("李雷", "customer.view", `{"customer":"云帆"}`); r.Status != 200 || !strings.Contains(r.Body, "13812345678") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if r := w.do("韩梅梅", "customer.view", `{"customer":"云帆"}`); r.Status != 403 || r.Error.Code != "denied" || strings.Contains(r.Body, "138") {
		t.Errorf("another rep: %d %s", r.Status, r.Body)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'customer.create' AND via = 'api' AND actor = '李雷'`); n != 1 {
		t.Errorf("%d audit lines", n)
	}
	for _, c := range []struct {
		who, name, body string
		headers         []string
		status          int
		code, param     string
	}{
		{"", "customer.view", `{}`, nil, 401, "no_token", ""},
		{"", "customer.view", `{}`, []string{"Authorization", "Bearer gendan_wrong"}, 401, "bad_token", ""},
		{"", "customer.view", `{}`, []string{"Authorization", "Basic abc"}, 401, "no_token", ""},
		{"李雷", "customer.fly", `{}`, nil, 404, "no_such_action", ""},
		{"李雷", "customer.view", `{"customer":"没有这家"}`, nil, 404, "not_found", ""},
		{"李雷", "customer.view", `{`, nil, 422, "json", ""},
		{"李雷", "customer.view", `[]`, nil, 422, "json", ""},
		{"李雷", "customer.view", `null`, nil, 422, "json", ""},
		{"李雷", "customer.view", `{"custmer":"云帆"}`, nil, 422, "unknown_param", "custmer"},
		{"李雷", "customer.view", ``, nil, 422, "ask", "customer"},
		{"李雷", "deal.create", `{"customer":"云帆","amount":"多"}`, nil, 422, "invalid", ""},
		{"李雷", "reminder.create", `{"at":"morgen","content":"x"}`, nil, 422, "", ""},
		{"李雷", "customer.view", `{"customer":"云帆"}`, []string{"Content-Type", "text/plain"}, 415, "media_type", ""},
		{"李雷", "customer.view", `{"customer":"` + strings.Repeat("长", 100_000) + `"}`, nil, 413, "too_long", ""},
		{"李雷", "customer.view", `{"customer":"云帆"}`, []string{"Idempotency-Key", strings.Repeat("k", 300)}, 400, "bad_key", ""},
		{"李雷", "survey.answer", `{"score":5}`, nil, 403, "denied", ""},
		{"李雷", "ticket.capture", `{"content":"x"}`, nil, 403, "denied", ""},
	} {
		r := w.do(c.who, c.name, c.body, c.headers...)
		if r.Status != c.status || c.code != "" && r.Error.Code != c.code || c.param != "" && r.Error.Param != c.param || r.Error.Message == "" {
			t.Errorf("%s %s %.40s: %d %s, want %d %s %s", c.who, c.name, c.body, r.Status, r.Body, c.status, c.code, c.param)
		}
	}
	if r := w.do("李雷", "customer.tag", `{"customer":"云帆","tags":["VIP"]}`); r.Status != 200 {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	w.do("李雷", "customer.create", `{"customer":"云帆网络"}`)
	r = w.do("李雷", "customer.view", `{"customer":"云"}`)
	if r.Status != 409 || r.Error.Code != "pick" || r.Error.Param != "customer" || len(r.Error.Options) != 2 {
		t.Fatalf("a name that two have: %d %s", r.Status, r.Body)
	}
	if r := w.do("李雷", "customer.view", fmt.Sprintf(`{"customer":"#%d"}`, r.Error.Options[1].Ref.ID)); r.Status != 200 {
		t.Errorf("the one chosen: %d %s", r.Status, r.Body)
	}
}

func TestTheSameKeyGivesTheSameReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	ids := map[int64]int{}
	for range 12 {
		group.Go(func() {
			r := w.do("李雷", "customer.create", `{"customer":"上海云帆科技"}`, "Idempotency-Key", "order-77")
			mu.Lock()
			defer mu.Unlock()
			if r.Status != 200 || len(r.Out.Results) != 1 {
				t.Errorf("%d %s", r.Status, r.Body)
				return
			}
			ids[r.Out.Results[0].Record.ID]++
		})
	}
	group.Wait()
	if len(ids) != 1 || w.count(`SELECT count(*) FROM customers`) != 1 {
		t.Errorf("records %v", ids)
	}
	if r := w.do("李雷", "task.create", `{"assignee":"me","content":"x"}`, "Idempotency-Key", "order-77"); r.Status != 422 || r.Error.Code != "key_reused" {
		t.Errorf("the key of another action: %d %s", r.Status, r.Body)
	}
	if r := w.do("韩梅梅", "customer.create", `{"customer":"百川机械"}`, "Idempotency-Key", "order-77"); r.Status != 200 || r.Out.Replayed {
		t.Errorf("somebody else's key of the same name: %d %s", r.Status, r.Body)
	}
	before := w.count(`SELECT count(*) FROM customers`)
	req := w.do("李雷", "customer.create?preview=1", `{"customer":"只看看科技"}`)
	if req.Status != 200 || w.count(`SELECT count(*) FROM customers`) != before || req.Out.UndoCode != "" {
		t.Errorf("a preview: %d %s", req.Status, req.Body)
	}
}

func TestOneWhoAsksTooMuchWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	statuses := map[int]int{}
	for range 70 {
		statuses[w.do("李雷", "help", `{}`).Status]++
	}
	if statuses[200] != 60 || statuses[429] != 10 {
		t.Errorf("%v", statuses)
	}
	w.pass(time.Second)
	if r := w.do("李雷", "help", `{}`); r.Status != 200 {
		t.Errorf("a second later: %d", r.Status)
	}
	if r := w.do("孙倩", "help", `{}`); r.Status != 200 {
		t.Errorf("another one: %d", r.Status)
	}
}

func TestOpenAPIDescribesEveryActionThatAPersonMayRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, err := http.Get(w.url + "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct {
		OpenAPI string
		Paths   map[string]struct {
			Post struct {
				OperationID string
				RequestBody struct {
					Content map[string]struct {
						Schema struct {
							Properties map[string]any
							Required   []string
						}
					}
				}
				Responses map[string]any
			}
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, a := range action.VocabularyOf(crm.Actor{Role: crm.Admin}) {
		p := doc.Paths["/api/v1/actions/"+a.Name].Post
		if len(p.RequestBody.Content["application/json"].Schema.Properties) != len(a.Params) || p.Responses["200"] == nil {
			t.Errorf("%s: %+v", a.Name, p)
		}
	}
	if doc.OpenAPI != "3.1.0" || doc.Paths["/api/v1/tickets"].Post.OperationID == "" || doc.Paths["/api/v1/leads"].Post.OperationID == "" {
		t.Errorf("%s, %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for _, inner := range []string{"survey.answer", "ticket.capture", "ticket.said"} {
		if _, ok := doc.Paths["/api/v1/actions/"+inner]; ok {
			t.Errorf("%s is described to callers", inner)
		}
	}
}

// capture hands in body as the shop would.
func (w *world) capture(path, body, secret, key string, at time.Time) reply {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set("X-Gendan-Source", "shop")
	req.Header.Set("X-Gendan-Timestamp", stamp)
	req.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(httpapi.Sign(secret, stamp, key, []byte(body))))
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return w.send(req)
}

// Whoever cannot sign is not let try more by writing another source's name each time, and leaves nothing behind by that.
func TestInventedSourcesShareOneLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	statuses := map[int]int{}
	for i := range 70 {
		req, err := http.NewRequest(http.MethodPost, w.url+"/api/v1/tickets", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Gendan-Source", fmt.Sprint("shop", i))
		statuses[w.send(req).Status]++
	}
	if statuses[401] != 60 || statuses[429] != 10 {
		t.Errorf("%v", statuses)
	}
	if r := w.capture("/api/v1/tickets", `{"content":"少一件","phone":"13812345678"}`, shopKey, "", w.now); r.Status != 200 {
		t.Errorf("the shop itself: %d %s", r.Status, r.Body)
	}
}

func TestCaptureTakesWhatIsSignedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"id":"o-1","content":"收到的货少一件","name":"王强","phone":"13812345678","order":"20261118"}`
	post := func(body, key string, at time.Time) reply {
		t.Helper()
		r := w.capture("/api/v1/tickets", body, shopKey, key, at)
		if r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		return r
	}
	first := post(body, "", w.now)
	again := post(body, "", w.now.Add(time.Minute)) // the shop tries again, signed anew
	if first.ID == 0 || again.ID != first.ID || first.Replayed || !again.Replayed || first.Link != again.Link || !strings.HasPrefix(first.Link, "/t/") {
		t.Errorf("%+v, then %+v", first, again)
	}
	res, err := http.Get(w.url + first.Link)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || !bytes.Contains(page, []byte(fmt.Sprintf("#%d", first.ID))) || bytes.Contains(page, []byte("少一件")) {
		t.Errorf("%d %s", res.StatusCode, page)
	}
	keyless := `{"content":"没有编号的"}`
	if a, b := post(keyless, "", w.now), post(keyless, "", w.now); a.ID != b.ID { // the very same request, caught and sent again
		t.Errorf("%+v and %+v", a, b)
	}
	if a, b := post(keyless, "k1", w.now), post(keyless, "k2", w.now); a.ID == b.ID {
		t.Error("two keys are one ticket")
	}
	for name, r := range map[string]reply{
		"another secret": w.capture("/api/v1/tickets", body, "somebody else's secret", "", w.now),
		"an old one":     w.capture("/api/v1/tickets", body, shopKey, "", w.now.Add(-6*time.Minute)),
		"from tomorrow":  w.capture("/api/v1/tickets", body, shopKey, "", w.now.Add(6*time.Minute)),
	} {
		if r.Status != 401 || r.Error.Message == "" {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	// A caught request cannot be made another one by another key: the key is signed.
	req, _ := http.NewRequest(http.MethodPost, w.url+"/api/v1/tickets", strings.NewReader(keyless))
	stamp := strconv.FormatInt(w.now.Unix(), 10)
	req.Header.Set("X-Gendan-Source", "shop")
	req.Header.Set("X-Gendan-Timestamp", stamp)
	req.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(httpapi.Sign(shopKey, stamp, "k1", []byte(keyless))))
	req.Header.Set("Idempotency-Key", "k3")
	if r := w.send(req); r.Status != 401 {
		t.Errorf("another key under the same signature: %d", r.Status)
	}
	lead := w.capture("/api/v1/leads", `{"id":7,"company":"星河贸易","contact":"赵敏","phone":"13712345678","need":"想要报价"}`, shopKey, "", w.now)
	if lead.Status != 200 || w.count(`SELECT count(*) FROM leads WHERE owner_id IS NULL AND source = 'shop'`) != 1 {
		t.Errorf("%d %s", lead.Status, lead.Body)
	}
	w.do("李雷", "customer.create", `{"customer":"上海云帆科技"}`)
	order := w.capture("/api/v1/orders", `{"id":"SO-1","customer":"云帆","product":"空压机","quantity":2,"amount":50000}`, shopKey, "", w.now)
	if order.Status != 200 || w.count(`SELECT count(*) FROM orders WHERE amount = 5000000 AND owner_id IS NOT NULL`) != 1 {
		t.Errorf("%d %s", order.Status, order.Body)
	}
	if r := w.capture("/api/v1/orders", `{"customer":"没有这家","product":"x"}`, shopKey, "", w.now); r.Status != 409 && r.Status != 404 {
		t.Errorf("an order of nobody: %d %s", r.Status, r.Body)
	}
	if r := w.capture("/api/v1/tickets", `{"content":""}`, shopKey, "", w.now); r.Status != 422 || r.Error.Code != "ask" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if r := w.capture("/api/v1/tickets", `{"content":"x","link":"00"}`, shopKey, "", w.now); r.Status != 422 || r.Error.Code != "unknown_param" {
		t.Errorf("a link of the sender's own: %d %s", r.Status, r.Body)
	}
}
