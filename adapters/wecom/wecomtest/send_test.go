package wecomtest_test

import (
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestSendTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	article := map[string]any{"title": "周报", "description": "本周", "url": "https://crm.example.com"}
	articles := func(n int) map[string]any {
		list := []any{}
		for range n {
			list = append(list, article)
		}
		return map[string]any{"articles": list}
	}
	tests := []struct {
		name, msgtype string
		content       any
		want          int
	}{
		{"text", "text", text("你好"), 0},
		{"text of 2048 bytes", "text", text(strings.Repeat("a", 2048)), 0},
		{"text of 2049 bytes", "text", text(strings.Repeat("a", 2049)), 45002},
		{"683 Chinese characters are 2049 bytes", "text", text(strings.Repeat("好", 683)), 45002},
		{"empty text", "text", text(" \n"), 44004},
		{"text without its object", "text", nil, 40058},
		{"markdown", "markdown", text("**好**"), 0},
		{"long markdown", "markdown", text(strings.Repeat("a", 2049)), 45002},
		{"text card", "textcard", map[string]any{"title": "周报", "description": "看", "url": "https://x.example"}, 0},
		{"text card without url", "textcard", map[string]any{"title": "周报", "description": "看"}, 40058},
		{"text card with a long button", "textcard", map[string]any{"title": "周报", "description": "看", "url": "https://x.example", "btntxt": "点击查看详情"}, 45002},
		{"news", "news", articles(8), 0},
		{"news of nine", "news", articles(9), 45008},
		{"news of none", "news", articles(0), 45008},
		{"news with a long title", "news", map[string]any{"articles": []any{map[string]any{"title": strings.Repeat("a", 129), "url": "https://x.example"}}}, 45002},
		{"mini program notice", "miniprogram_notice", map[string]any{"appid": "wx1", "title": "会议室预订"}, 0},
		{"mini program with a short title", "miniprogram_notice", map[string]any{"appid": "wx1", "title": "会议"}, 45002},
		{"card", "template_card", noticeCard(""), 0},
		{"unknown media", "image", map[string]any{"media_id": "x"}, 40007},
		{"unknown type", "hologram", text("?"), 40008},
	}
	for _, tt := range tests {
		if r := w.send("lilei", tt.msgtype, tt.content); r.Errcode != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, r.raw, tt.want)
		}
	}
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	org := wecomtest.DemoOrg()
	org.People = append(org.People, wecomtest.Person{UserID: "gone", Name: "离职", Inactive: true})
	w := newWorld(t, wecomtest.Config{Org: org})
	send := func(fields map[string]any) reply {
		body := map[string]any{"agentid": 1000002, "msgtype": "text", "text": text("通知")}
		for k, v := range fields {
			body[k] = v
		}
		return w.post("message/send", body)
	}
	many := strings.TrimSuffix(strings.Repeat("u|", 1001), "|")
	tests := []struct {
		name    string
		to      map[string]any
		want    int
		invalid string
	}{
		{"one", map[string]any{"touser": "lilei"}, 0, ""},
		{"in another case", map[string]any{"touser": "LILEI"}, 0, ""},
		{"some unknown", map[string]any{"touser": "lilei|NoBody|gone"}, 0, "nobody|gone"},
		{"all unknown", map[string]any{"touser": "nobody"}, 81013, ""},
		{"nobody at all", map[string]any{"touser": "", "toparty": ""}, 40035, ""},
		{"a department", map[string]any{"toparty": "3"}, 0, ""},
		{"too many", map[string]any{"touser": many}, 40031, ""},
		{"another app", map[string]any{"touser": "lilei", "agentid": 1000003}, 301002, ""},
		{"agentid as text, as the Go SDK sends it", map[string]any{"touser": "lilei", "agentid": "1000002"}, 0, ""},
	}
	for _, tt := range tests {
		r := send(tt.to)
		if got, _ := r.InvalidUser.(string); r.Errcode != tt.want || got != tt.invalid {
			t.Errorf("%s: %s, want %d and %q", tt.name, r.raw, tt.want, tt.invalid)
		}
	}
	before := len(w.View("zhaomin"))
	if r := send(map[string]any{"touser": "@all"}); r.Errcode != 0 || len(w.View("zhaomin")) != before+1 || len(w.View("gone")) != 0 {
		t.Errorf("@all: %s", r.raw)
	}
	if r := w.post("message/send", "{broken"); r.Errcode != 47001 {
		t.Errorf("broken JSON: %s", r.raw)
	}
}

func TestSilentLimitsPerMember(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now, Limits: wecomtest.Limits{Bubbles: 5000}})
	for range 31 {
		if r := w.send("lilei|hanmeimei", "text", text("x")); r.Errcode != 0 || r.MsgID == "" {
			t.Fatalf("send: %s", r.raw)
		}
	}
	if got := len(w.View("lilei")); got != 30 {
		t.Errorf("lilei sees %d of 31 in a minute", got)
	}
	if got := w.Counters().Dropped; got != 2 {
		t.Errorf("%d counted as dropped", got)
	}
	for range 60 {
		c.Advance(time.Minute)
		for range 25 {
			w.send("lilei", "text", text("x"))
		}
	}
	if got := len(w.View("lilei")); got > 1030+25 || got < 1000 {
		t.Errorf("lilei sees %d in an hour and a bit", got)
	}
}

func TestDuplicateCheck(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	send := func(words string, check int) {
		t.Helper()
		if r := w.post("message/send", map[string]any{"touser": "lilei", "agentid": 1000002, "msgtype": "text", "text": text(words),
			"enable_duplicate_check": check, "duplicate_check_interval": 600}); r.Errcode != 0 {
			t.Fatalf("send: %s", r.raw)
		}
	}
	shown := func(want int, when string) {
		t.Helper()
		if got := len(w.View("lilei")); got != want {
			t.Errorf("%s: lilei sees %d, want %d", when, got, want)
		}
	}
	send("A", 1)
	send("A", 1)
	shown(1, "the same again")
	send("B", 1)
	shown(2, "something else")
	send("A", 0)
	shown(3, "unchecked")
	c.Advance(11 * time.Minute)
	send("A", 1)
	shown(4, "after the interval")
}

func TestUpdateCardRules(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	n := 0
	code := func() string {
		n++
		r := w.send("lilei|hanmeimei", "template_card", buttonCard("task-"+strings.Repeat("x", n)))
		if r.ResponseCode == "" {
			t.Fatalf("no response code: %s", r.raw)
		}
		return r.ResponseCode
	}
	grey := map[string]any{"replace_name": "已完成"}
	update := func(rc string, extra map[string]any) reply {
		body := map[string]any{"userids": []string{"lilei"}, "agentid": 1000002, "response_code": rc}
		for k, v := range extra {
			body[k] = v
		}
		return w.post("message/update_template_card", body)
	}
	tests := []struct {
		name  string
		rc    func() string
		extra map[string]any
		want  int
	}{
		{"buttons", code, map[string]any{"button": grey}, 0},
		{"a whole card", code, map[string]any{"template_card": noticeCard("")}, 0},
		{"another app", code, map[string]any{"button": grey, "agentid": 7}, 42015},
		{"another card's task", code, map[string]any{"template_card": noticeCard("other")}, 42016},
		{"no button name", code, map[string]any{"button": map[string]any{}}, 42020},
		{"neither form", code, nil, 40058},
		{"a faulty card", code, map[string]any{"template_card": map[string]any{"card_type": "x"}}, 42031},
		{"no code", func() string { return "" }, map[string]any{"button": grey}, 40058},
		{"an invented code", func() string { return "rc" }, map[string]any{"button": grey}, 40058},
		{"a code of 71 hours", func() string { rc := code(); c.Advance(71 * time.Hour); return rc }, map[string]any{"button": grey}, 0},
		{"a code of 72 hours", func() string { rc := code(); c.Advance(72 * time.Hour); return rc }, map[string]any{"button": grey}, 42022},
	}
	for _, tt := range tests {
		rc := tt.rc()
		w.token = "" // the clock has moved
		if r := update(rc, tt.extra); r.Errcode != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, r.raw, tt.want)
		}
	}
	r := update(code(), map[string]any{"userids": []string{"lilei", "zhaomin"}, "template_card": noticeCard("")})
	if got, _ := r.InvalidUser.([]any); len(got) != 1 || got[0] != "zhaomin" {
		t.Errorf("somebody who never got the card: %s", r.raw)
	}
	if b := w.last("lilei"); b.Card.MainTitle.Title != "已撤销" {
		t.Errorf("lilei sees %+v", b.Card)
	}
	if b := w.last("hanmeimei"); b.Card.MainTitle.Title != "云帆科技" {
		t.Errorf("hanmeimei, who was not named, sees %+v", b.Card)
	}
	if r := w.send("lilei", "template_card", noticeCard("")); r.ResponseCode != "" {
		t.Errorf("a card without anything to tap has a response code: %s", r.raw)
	}
	if r := w.send("lilei", "template_card", buttonCard("task-x")); r.Errcode != 42014 {
		t.Errorf("a task_id used before: %s", r.raw)
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	r := w.send("lilei", "text", text("错了"))
	recall := func(id string) int { return w.post("message/recall", map[string]any{"msgid": id}).Errcode }
	if got := recall(r.MsgID); got != 0 || !w.last("lilei").Recalled {
		t.Errorf("recall: %d, lilei sees %+v", got, w.last("lilei"))
	}
	if got := recall("nonsense"); got != 40058 {
		t.Errorf("recall of nonsense: %d", got)
	}
	old := w.send("lilei", "text", text("旧"))
	c.Advance(24 * time.Hour)
	w.getToken()
	if got := recall(old.MsgID); got != 40058 {
		t.Errorf("recall after a day: %d", got)
	}
}
