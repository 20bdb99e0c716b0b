package dingtalktest

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a clock in the test's hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	c.t = c.t.Add(d)
	c.mu.Unlock()
}

func TestWebhookRules(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{WebhookPerMinute: -1})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "你好", Say{})
	hook := hear(t, c, sent, err)["sessionWebhook"].(string)
	type m = map[string]any
	for _, w := range []struct {
		name    string
		url     string
		body    any
		errcode float64
	}{
		{"text", hook, m{"msgtype": "text", "text": m{"content": "好"}}, 0},
		{"markdown", hook, m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "**x**"}}, 0},
		{"one button", hook, m{"msgtype": "actionCard", "actionCard": m{"title": "t", "text": "x", "singleTitle": "看", "singleURL": "https://x"}}, 0},
		{"two buttons", hook, m{"msgtype": "actionCard", "actionCard": m{"title": "t", "text": "x", "btns": []m{{"title": "看", "actionURL": "https://x"}, {"title": "改", "actionURL": "https://y"}}}}, 0},
		{"link", hook, m{"msgtype": "link", "link": m{"title": "t", "text": "x", "messageUrl": "https://x"}}, 0},
		{"feed", hook, m{"msgtype": "feedCard", "feedCard": m{"links": []m{{"title": "t", "messageURL": "https://x"}}}}, 0},
		{"nothing", hook, m{"msgtype": "empty"}, 0},
		{"an unknown type", hook, m{"msgtype": "image", "image": m{"mediaId": "x"}}, 400105},
		{"no type", hook, m{"text": m{"content": "x"}}, 40035},
		{"no JSON", hook, "{", 40035},
		{"an empty text", hook, m{"msgtype": "text", "text": m{"content": ""}}, 40035},
		{"a markdown without title", hook, m{"msgtype": "markdown", "markdown": m{"text": "x"}}, 40035},
		{"a card without buttons", hook, m{"msgtype": "actionCard", "actionCard": m{"title": "t", "text": "x"}}, 40035},
		{"a markdown too long", hook, m{"msgtype": "markdown", "markdown": m{"title": "t", "text": strings.Repeat("长", 5001)}}, 40035},
		{"a forged session", hook + "x", m{"msgtype": "text", "text": m{"content": "x"}}, 300001},
		{"no session", base + "/robot/sendBySession?session=", m{"msgtype": "text", "text": m{"content": "x"}}, 300001},
	} {
		if status, out := do(t, "POST", w.url, "", w.body); status != 200 || out["errcode"] != w.errcode {
			t.Errorf("%s: %d %v", w.name, status, out)
		}
	}
	resp, err := http.Post(hook, "text/plain", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	e := s.Journal(0, Filter{Kind: KindCall})
	if got := e[len(e)-1].Call.Code; got != "43004" {
		t.Errorf("a wrong content type: %s", got)
	}
	s.SetQuotaUsedUp(true)
	if _, out := do(t, "POST", hook, "", m{"msgtype": "text", "text": m{"content": "x"}}); out["errcode"] != 90030.0 {
		t.Errorf("quota: %v", out)
	}
	s.SetQuotaUsedUp(false)
	s.ExpireWebhooks()
	if _, out := do(t, "POST", hook, "", m{"msgtype": "text", "text": m{"content": "x"}}); out["errcode"] != 300001.0 {
		t.Errorf("expired by hand: %v", out)
	}
}

func TestWebhookLivesAnHourAndAHalf(t *testing.T) {
	t.Parallel()
	at := &clock{t: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}
	s, base := start(t, Config{Now: at.now})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "你好", Say{})
	hook := hear(t, c, sent, err)["sessionWebhook"].(string)
	body := map[string]any{"msgtype": "text", "text": map[string]any{"content": "x"}}
	for _, step := range []struct {
		after time.Duration
		want  float64
	}{{0, 0}, {5399 * time.Second, 0}, {time.Second, 300001}} {
		at.add(step.after)
		if _, out := do(t, "POST", hook, "", body); out["errcode"] != step.want {
			t.Errorf("after %v more: %v", step.after, out)
		}
	}
}

func TestWebhookTwentyAMinute(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	hooks := map[string]string{}
	for _, user := range []string{"lilei", "hanmeimei"} {
		sent, err := s.Say(user, "你好", Say{})
		hooks[user] = hear(t, c, sent, err)["sessionWebhook"].(string)
	}
	body := map[string]any{"msgtype": "text", "text": map[string]any{"content": "x"}}
	for i := range 21 {
		_, out := do(t, "POST", hooks["lilei"], "", body)
		if want := map[bool]float64{true: 130101, false: 0}[i == 20]; out["errcode"] != want {
			t.Errorf("answer %d: %v", i+1, out)
		}
	}
	if _, out := do(t, "POST", hooks["hanmeimei"], "", body); out["errcode"] != 0.0 {
		t.Errorf("another conversation has its own limit: %v", out)
	}
}

func TestWebhookMentions(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "hanmeimei"}})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "你好", Say{Group: group, At: []string{"robot"}})
	hook := hear(t, c, sent, err)["sessionWebhook"].(string)
	type m = map[string]any
	for _, w := range []struct {
		name       string
		body       m
		want       string
		violations int
	}{
		{"written and listed", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "@hanmeimei 看"}, "at": m{"atUserIds": []string{"hanmeimei"}}}, "hanmeimei", 0},
		{"by phone", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "@13800000002 看"}, "at": m{"atMobiles": []string{"13800000002"}}}, "hanmeimei", 0},
		{"a text gets the name appended", m{"msgtype": "text", "text": m{"content": "看"}, "at": m{"atUserIds": []string{"hanmeimei"}}}, "hanmeimei", 0},
		{"only written", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "@hanmeimei 看"}}, "", 0},
		{"not a member", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "@wangqiang 看"}, "at": m{"atUserIds": []string{"wangqiang"}}}, "", 0},
		{"only listed", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "看"}, "at": m{"atUserIds": []string{"hanmeimei"}}}, "", 1},
	} {
		do(t, "POST", hook, "", w.body)
		list, err := s.Bubbles("hanmeimei", group)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(list[len(list)-1].AtUsers, ","); got != w.want || len(s.Violations()) != w.violations {
			t.Errorf("%s: at %q, violations %v", w.name, got, s.Violations())
		}
	}
}
