package console

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// beijing has no summer time.
var beijing = time.FixedZone("Asia/Shanghai", 8*3600)

// monday is when these tests happen.
var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, beijing)

// counter is a console on two real simulators to which no bot is connected.
type counter struct {
	*Console
	t       *testing.T
	url     string
	now     atomic.Int64 // Unix, nanoseconds
	wecom   *wecomtest.Server
	dingtop *dingtalktest.Server
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t}
	c.now.Store(monday.UnixNano())
	clock := func() time.Time { return time.Unix(0, c.now.Load()) }
	c.wecom = wecomtest.New(wecomtest.Config{Now: clock, Org: wecomtest.Org{
		People: []wecomtest.Person{{UserID: "lilei", Name: "李雷", Position: "销售"}, {UserID: "han", Name: `韩"><script>梅`}},
		Groups: []wecomtest.Group{{ChatID: "wrG", Name: "销售<b>群", Members: []string{"lilei", "han"}}},
	}})
	t.Cleanup(c.wecom.Close)
	c.dingtop = dingtalktest.New(dingtalktest.Config{Now: clock})
	t.Cleanup(c.dingtop.Close)
	c.dingtop.AddUser(dingtalktest.User{UserID: "chen", Name: "陈晨"}, dingtalktest.User{UserID: "wang", Name: "王静"})
	var err error
	c.Console, err = New(Config{
		Phones: []Phones{WeCom(c.wecom), DingTalk(c.dingtop)},
		Shown:  []Shown{{"wecom", "lilei"}, {"dingtalk", "chen"}},
		Now:    clock, Travel: func(to time.Time) { c.now.Store(to.UnixNano()) }, Zone: beijing, Log: zaptest.NewLogger(t),
		NextDue: func(context.Context) (time.Time, error) { return monday.Add(5 * time.Hour), nil },
		Phrases: func(platform, user string) []string { return []string{platform + " & <" + user + ">"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// get fetches a page.
func (c *counter) get(path string) (int, string, http.Header) {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, nil)
}

// post sends a form, as the script does it when scripted.
func (c *counter) post(path string, f url.Values, scripted bool) (int, string, http.Header) {
	c.t.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Referer": {c.url + "/?u1=dingtalk:wang&hurt=1"}}
	if scripted {
		h.Set("X-Requested-With", "console")
	}
	return c.do(http.MethodPost, path, strings.NewReader(f.Encode()), h)
}

func (c *counter) do(method, path string, body io.Reader, h http.Header) (int, string, http.Header) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for k, v := range h {
		req.Header[k] = v
	}
	client := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// on is a form of a phone.
func (c *counter) on(platform, user string, more ...string) url.Values {
	f := url.Values{"token": {c.token}, "platform": {platform}, "user": {user}, "chat": {""}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestRefusedForms(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	for _, one := range []struct {
		name, path string
		form       url.Values
		status     int
		want       string
	}{
		{"without a token", "/console/say", url.Values{"platform": {"wecom"}, "user": {"lilei"}, "text": {"hi"}}, 403, "页面过期了"},
		{"with another token", "/console/tap", c.on("wecom", "lilei", "token", "0000"), 403, "页面过期了"},
		{"of an unknown platform", "/console/say", c.on("slack", "lilei", "text", "hi"), 422, "没有这台手机"},
		{"of an unknown person", "/console/say", c.on("dingtalk", "lilei", "text", "hi"), 422, "没有这台手机"},
		{"without words", "/console/say", c.on("wecom", "lilei"), 422, "先写点什么"},
		{"with bytes that are no text", "/console/say", c.on("wecom", "lilei", "text", "\xff\xfe"), 422, "不是文字"},
		{"too long", "/console/say", c.on("wecom", "lilei", "text", strings.Repeat("长", mostText/3+1)), 422, "太长"},
		{"far too long", "/console/say", c.on("wecom", "lilei", "text", strings.Repeat("长", 2*mostText)), 413, "太长"},
		{"of an unknown kind", "/console/say", c.on("wecom", "lilei", "kind", "hologram"), 422, "没有「hologram」"},
		{"voice without words", "/console/say", c.on("dingtalk", "chen", "kind", "voice"), 422, "先在输入框写下"},
		{"a picture in a group", "/console/say", c.on("wecom", "lilei", "kind", "image", "chat", "wrG"), 422, "在群里只能发文字"},
		{"what WeCom never delivers", "/console/say", c.on("wecom", "lilei", "kind", "record"), 422, "不把这种消息交给机器人"},
		{"to nobody on WeCom", "/console/say", c.on("wecom", "lilei", "text", "在吗"), 422, "还没连上企业微信"},
		{"to nobody on DingTalk", "/console/say", c.on("dingtalk", "chen", "text", "在吗"), 422, "还没连上钉钉"},
		{"into a group that is none", "/console/say", c.on("dingtalk", "chen", "text", "hi", "chat", "cid=="), 422, "钉钉不让这么发"},
		{"a tap on nothing", "/console/tap", c.on("wecom", "lilei", "bubble", "b1", "key", "confirm"), 422, "已经不在了"},
		{"a tap on nothing there", "/console/tap", c.on("dingtalk", "chen", "bubble", "b1", "key", "confirm"), 422, "已经不在了"},
		{"to the past", "/console/travel", c.on("", "", "at", "2020-01-01T10:00"), 422, "只能往前走"},
		{"to no time", "/console/travel", c.on("", ""), 422, "先选好"},
		{"a form that is none", "/console/say?%zz", c.on("wecom", "lilei"), 400, "表单不完整"},
	} {
		t.Run(one.name, func(t *testing.T) {
			status, text, h := c.post(one.path, one.form, true)
			if status != one.status || !strings.Contains(text, one.want) || !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
				t.Errorf("script: %d %s %q, want %d %q", status, h.Get("Content-Type"), text, one.status, one.want)
			}
			status, text, _ = c.post(one.path, one.form, false)
			at := strings.Index(text, `id="trouble" role="alert">`)
			if status != one.status || at < 0 || !strings.Contains(text[at:min(len(text), at+300)], one.want) || !strings.Contains(text, `data-user="wang"`) {
				t.Errorf("page: %d, want %d, the sentence %q, and the phone chosen before", status, one.status, one.want)
			}
		})
	}
	for _, path := range []string{"/console/say", "/console/tap", "/console/travel", "/console/open"} {
		if status, _, _ := c.get(path); status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

func TestTravelReturnsToTheSamePhones(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	status, _, h := c.post("/console/travel", c.on("", "", "to", "tomorrow 15:00"), false)
	if got := h.Get("Location"); status != http.StatusSeeOther || got != "/?u1=dingtalk%3Awang&wait=6" {
		t.Errorf("%d to %q", status, got)
	}
	if want := time.Date(2026, 11, 24, 15, 0, 0, 0, beijing); !c.cfg.Now().Equal(want) {
		t.Errorf("the clock is at %v", c.cfg.Now())
	}
	_, text, _ := c.get("/console/clock")
	for _, want := range []string{"2026年11月24日 周二 15:00", "已快进 1 天 5 小时", `min="2026-11-24T15:01"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the clock lacks %q:\n%s", want, text)
		}
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	for _, one := range []struct{ name, query, want string }{
		{"at first", "", ""},
		{"somebody of another platform", "u0=dingtalk:wang", "u0=dingtalk%3Awang"},
		{"a group", "c0=wrG&u1=wecom:han", "c0=wrG&u1=wecom%3Ahan"},
		{"nobody we know", "u0=wecom:ghost&u1=slack:x&u9=wecom:han", ""},
		{"what stands there anyway", "u0=wecom:lilei", ""},
	} {
		q, _ := url.ParseQuery(one.query)
		if got := c.query(c.choices(q)); got != one.want {
			t.Errorf("%s: %q, want %q", one.name, got, one.want)
		}
	}
	_, text, _ := c.get("/?u1=wecom:han&c0=wrG")
	for _, want := range []string{
		`<input type="hidden" name="u1" value="wecom:han">`, // the first phone's form keeps the second's choice
		`<input type="hidden" name="c0" value="wrG">`,
		`href="/?c0=wrG&amp;c1=wrG&amp;u1=wecom%3Ahan#phone1"`,
		"韩&#34;&gt;&lt;script&gt;梅",
		"销售&lt;b&gt;群",
		"wecom &amp; &lt;han&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(text, "<script>梅") {
		t.Error("a name became part of the page")
	}
	for _, path := range []string{"/console/phone", "/console/phone?slot=2", "/console/phone?slot=-1", "/console/phone?slot=x", "/other", "/console/static/none.js"} {
		if status, _, _ := c.get(path); status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

// TestPageWaitsForTheAnswer: a browser without script loads the page again while the person has the last word, but not for ever.
func TestPageWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	if _, _, h := c.get("/?wait=6"); h.Get("Refresh") != "" {
		t.Errorf("nobody waits, and the page has %q", h.Get("Refresh"))
	}
	_, _, _ = c.post("/console/say", c.on("dingtalk", "chen", "text", "在吗"), true)
	for query, want := range map[string]string{
		"":                         "",
		"wait=0":                   "",
		"wait=7":                   "",
		"wait=x":                   "",
		"wait=1":                   "2; url=/",
		"u0=wecom:lilei&wait=6":    "2; url=/?wait=5",
		"u0=dingtalk:chen&wait=2":  "2; url=/?u0=dingtalk%3Achen&wait=1",
		"u1=wecom:han&wait=6":      "",
		"u1=wecom:han&wait=6&wait": "",
	} {
		if _, _, h := c.get("/?" + query); h.Get("Refresh") != want {
			t.Errorf("%s: %q, want %q", query, h.Get("Refresh"), want)
		}
	}
}

func TestMessagesStayText(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	evil := "<script>hurt()</script> **粗** [x](javascript:hurt())"
	_, _, _ = c.post("/console/say", c.on("dingtalk", "chen", "text", evil), true)
	_, text, _ := c.get("/console/phone?slot=1")
	if want := "&lt;script&gt;hurt()&lt;/script&gt; **粗** [x](javascript:hurt())"; !strings.Contains(text, want) {
		t.Errorf("the phone lacks %s", want)
	}
	if _, text, _ = c.get("/console/wire"); !strings.Contains(text, `<b class="dingtalk">`) {
		t.Errorf("the wire does not show the message that found nobody:\n%s", text)
	}
}

func TestPageIsSelfContained(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, text, h := c.get("/")
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(text, " style=") || strings.Contains(text, " onclick=") {
		t.Error("the page needs an unsafe policy")
	}
	for _, m := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the page goes out to %s", m[1])
		}
		if strings.HasPrefix(m[1], "/console/static/") {
			if status, _, h := c.get(m[1]); status != 200 || !strings.Contains(h.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %s", m[1], status, h.Get("Cache-Control"))
			}
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/console/events", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	// A platform may have more news than one for what a person does: others' are passed over.
	want := func(event, data string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+event && lines.Scan() && lines.Text() == "data: "+data {
				return
			}
		}
		t.Fatalf("no %s of %s: %v", event, data, lines.Err())
	}
	want("hello", c.start)
	_, _ = c.dingtop.Say("chen", "在吗", dingtalktest.Say{})
	want("news", "dingtalk")
	_, _ = c.wecom.Say("lilei", "在吗", wecomtest.Options{})
	want("news", "wecom")
	c.post("/console/travel", c.on("", "", "to", "10m"), true)
	want("clock", "-")
}

func TestRefusalKeepsItsCause(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	err := WeCom(c.wecom).Send("lilei", "record", "x")
	var r *Refusal
	if !errors.As(err, &r) || !errors.Is(err, wecomtest.ErrUndelivered) {
		t.Errorf("%v", err)
	}
}
