package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm/action"
)

// visit opens or posts a page as a browser from address would; the redirect to the result is followed.
func (w *world) visit(path string, form url.Values, headers ...string) (status int, at, page string) {
	w.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, w.url+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.RequestURI(), string(b)
}

var tokenIn = regexp.MustCompile(`name="token" value="([^"]+)"`)

// blank opens the form and gives its token, as old as a person would need to fill it in.
func (w *world) blank() string {
	w.t.Helper()
	_, _, page := w.visit("/f/ticket", nil)
	m := tokenIn.FindStringSubmatch(page)
	if m == nil {
		w.t.Fatal("no form: ", page)
	}
	w.pass(5 * time.Second)
	return m[1]
}

func filled(token string) url.Values {
	return url.Values{"token": {token}, "text": {"机器不转了 <b>急</b>"}, "name": {"王强"}, "phone": {"138 1234 5678"}, "firm": {"云帆"}, "kind": {"故障"}, "website": {""}}
}

func TestTheFormMakesOneTicketAndTellsNobodyWhoIsACustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("李雷", "customer.create", `{"customer":"上海云帆科技","contact":"王强","phone":"13812345678"}`)
	token := w.blank()
	status, at, page := w.visit("/f/ticket", filled(token))
	number := regexp.MustCompile(`id="number">#(\d+)<`).FindStringSubmatch(page)
	if status != 200 || !strings.HasPrefix(at, "/t/") || number == nil || !strings.Contains(page, "待受理") {
		t.Fatalf("%d %s %s", status, at, page)
	}
	if strings.Contains(page, "云帆科技") || strings.Contains(page, "不转") || strings.Contains(page, "李雷") {
		t.Errorf("the page tells more than the state: %s", page)
	}
	_, again, _ := w.visit("/f/ticket", filled(token)) // pressed twice
	if again != at || w.count(`SELECT count(*) FROM tickets`) != 1 {
		t.Errorf("%s and %s, %d tickets", at, again, w.count(`SELECT count(*) FROM tickets`))
	}
	if n := w.count(`SELECT count(*) FROM tickets WHERE source = 'form' AND customer_id IS NOT NULL AND kind = '故障'`); n != 1 {
		t.Errorf("%d tickets of the customer", n)
	}
	other := filled(w.blank())
	other.Set("phone", "13900000000")
	_, at2, page2 := w.visit("/f/ticket", other)
	strip := regexp.MustCompile(`#\d+`)
	if strip.ReplaceAllString(page, "#") != strip.ReplaceAllString(page2, "#") {
		t.Errorf("the pages of a customer and of a stranger differ:\n%s\n%s", page, page2)
	}
	if len(at2) < len("/t/")+22 {
		t.Errorf("the link is short: %s", at2)
	}
	if status, _, page := w.visit(at[:len(at)-len("?new=1")-1]+"x", nil); status != 404 || !strings.Contains(page, "打不开") {
		t.Errorf("a guessed link: %d %s", status, page)
	}
	for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
		res, err := http.Get(w.url + "/f/ticket")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.Header.Get(header) == "" {
			t.Errorf("no %s", header)
		}
	}
}

func TestTheFormKeepsWhatWasTypedAndRefusesWhatIsNoPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name   string
		change func(url.Values)
		head   []string
		status int
		says   string
	}{
		{"nothing written", func(f url.Values) { f.Set("text", " ") }, nil, 422, "请写一下"},
		{"no phone", func(f url.Values) { f.Set("phone", "") }, nil, 422, "手机号"},
		{"a wrong phone", func(f url.Values) { f.Set("phone", "12345") }, nil, 422, "手机号好像不对"},
		{"too long", func(f url.Values) { f.Set("text", strings.Repeat("长", 2001)) }, nil, 422, "2000"},
		{"much too long", func(f url.Values) { f.Set("text", strings.Repeat("长", 30_000)) }, nil, 413, "太长"},
		{"a forged token", func(f url.Values) { f.Set("token", "A.b.c") }, nil, 422, "太久"},
		{"a robot", func(f url.Values) { f.Set("website", "http://spam") }, nil, 200, "已收到"},
		{"from another site", func(url.Values) {}, []string{"Sec-Fetch-Site", "cross-site"}, 403, "没有提交"},
		{"another origin", func(url.Values) {}, []string{"Origin", "https://evil.example"}, 403, "没有提交"},
	} {
		f := filled(w.blank())
		c.change(f)
		status, _, page := w.visit("/f/ticket", f, c.head...)
		if status != c.status || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d %s", c.name, status, page)
		}
		if status == 422 && strings.TrimSpace(f.Get("text")) != "" && f.Get("text") == "机器不转了 <b>急</b>" && !strings.Contains(page, "机器不转了 &lt;b&gt;急&lt;/b&gt;") {
			t.Errorf("%s: what was typed is lost: %s", c.name, page)
		}
	}
	_, _, page := w.visit("/f/ticket", nil)
	fast := filled(tokenIn.FindStringSubmatch(page)[1])
	if status, _, page := w.visit("/f/ticket", fast); status != 422 || !strings.Contains(page, "太快") {
		t.Errorf("a machine's pace: %d %s", status, page)
	}
	old := filled(w.blank())
	w.pass(13 * time.Hour)
	if status, _, page := w.visit("/f/ticket", old); status != 422 || !strings.Contains(page, "太久") {
		t.Errorf("a form of yesterday: %d %s", status, page)
	}
	if n := w.count(`SELECT count(*) FROM tickets`); n != 0 {
		t.Errorf("%d tickets", n)
	}
}

func TestOneAddressMakesFewTickets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := 0
	for range 8 {
		f := filled(w.blank())
		if status, _, _ := w.visit("/f/ticket", f, "X-Forwarded-For", "9.9.9.9, 203.0.113.5"); status == 429 {
			limited++
		}
	}
	if limited < 2 || w.count(`SELECT count(*) FROM tickets`) != 8-limited {
		t.Errorf("%d were too many, %d tickets", limited, w.count(`SELECT count(*) FROM tickets`))
	}
	if status, _, _ := w.visit("/f/ticket", filled(w.blank()), "X-Forwarded-For", "203.0.113.6"); status != 200 {
		t.Errorf("another address: %d", status)
	}
}

// surveyed makes a survey of a customer and gives the path of its page.
func (w *world) surveyed(metric string) string {
	w.t.Helper()
	w.do("李雷", "customer.create", `{"customer":"上海云帆科技"}`)
	r := w.do("李雷", "survey.send", fmt.Sprintf(`{"customer":"云帆","metric":%q}`, metric))
	if r.Status != 200 || len(r.Out.Results[0].Notes) == 0 {
		w.t.Fatalf("%d %s", r.Status, r.Body)
	}
	_, path, _ := strings.Cut(r.Out.Results[0].Notes[0], "http://survey.test")
	return path
}

func TestASurveyIsAnsweredByOneTapAndAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.surveyed("csat")
	status, _, page := w.visit(path, nil)
	if status != 200 || strings.Count(page, `name="score"`) != 5 || strings.Contains(page, "云帆科技") || strings.Contains(page, "李雷") {
		t.Fatalf("%d %s", status, page)
	}
	if w.count(`SELECT count(*) FROM survey_answers`) != 0 {
		t.Error("opening the page has answered it")
	}
	if status, _, _ := w.visit(path, url.Values{"score": {"9"}}); status != 422 {
		t.Errorf("a score of 9: %d", status)
	}
	if status, _, page := w.visit(path, url.Values{"score": {"4"}}); status != 200 || !strings.Contains(page, "谢谢") || !strings.Contains(page, `name="words"`) {
		t.Errorf("%d %s", status, page)
	}
	if _, _, page := w.visit(path, url.Values{"score": {"1"}}); !strings.Contains(page, `id="score">4<`) {
		t.Errorf("a second tap: %s", page)
	}
	if _, _, page := w.visit(path, url.Values{"words": {"师傅很细心"}}); strings.Contains(page, `name="words"`) {
		t.Errorf("after the word: %s", page)
	}
	if n := w.count(`SELECT count(*) FROM survey_answers WHERE score = 4 AND words IS NOT NULL AND via = 'link'`); n != 1 {
		t.Errorf("%d answers", n)
	}
	if status, _, _ := w.visit("/s/AAAAAAAAAAAAAAAAAAAAAA", nil); status != 404 {
		t.Errorf("a guessed link: %d", status)
	}
}

func TestASurveyEndsAfterThirtyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.surveyed("nps")
	if _, _, page := w.visit(path, nil); strings.Count(page, `name="score"`) != 11 {
		t.Errorf("%s", page)
	}
	w.pass(31 * 24 * time.Hour)
	if status, _, _ := w.visit(path, nil); status != 410 {
		t.Errorf("shown: %d", status)
	}
	if status, _, _ := w.visit(path, url.Values{"score": {"9"}}); status != 404 {
		t.Errorf("answered: %d", status)
	}
	if w.count(`SELECT count(*) FROM survey_answers`) != 0 {
		t.Error("it was counted")
	}
}

func TestFiftyTapsAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.surveyed("csat")
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			form := url.Values{"score": {fmt.Sprint(1 + i%5)}}
			req, err := http.NewRequest(http.MethodPost, w.url+path, strings.NewReader(form.Encode()))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			if res.StatusCode != 200 {
				t.Errorf("%d", res.StatusCode)
			}
		})
	}
	group.Wait()
	if n := w.count(`SELECT count(*) FROM survey_answers`); n != 1 {
		t.Errorf("%d answers", n)
	}
	r, err := w.x.Run(t.Context(), action.Request{Actor: w.actors["李雷"], Now: w.clock(), Via: "api", Calls: []action.Call{{Name: "report.satisfaction"}}})
	if err != nil || !strings.Contains(string(r.Results[0].Data), `"answered":1`) {
		t.Errorf("%+v %v", r, err)
	}
}
