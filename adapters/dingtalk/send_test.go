package dingtalk_test

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

const (
	apiPeople = "/v1.0/robot/oToMessages/batchSend"
	apiGroup  = "/v1.0/robot/groupMessages/send"
	apiHook   = "/robot/sendBySession"
)

func replyTo(user, text string) chat.Reply {
	return chat.Reply{Key: "push", To: chat.PeerID("dingtalk:" + user), Text: text}
}

// refused sends r and gives the refusal.
func (h *house) refused(t *testing.T, r chat.Reply) *chat.SendError {
	t.Helper()
	_, err := h.a.Send(t.Context(), r)
	var e *chat.SendError
	if !errors.As(err, &e) {
		t.Fatalf("error %v", err)
	}
	return e
}

func (h *house) inject(t *testing.T, f ...dingtalktest.Fault) {
	t.Helper()
	if err := h.Inject(f...); err != nil {
		t.Fatal(err)
	}
}

func TestADeadWebhookFallsBackToOpenAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, group := range []string{"", h.group} {
		m := h.say(t, "li", "你好", dingtalktest.Say{Group: group, At: []string{"robot"}})
		h.ExpireWebhooks()
		h.send(t, reply(m, "好"))
		if b := h.last(t, "li", group); b.Text != "好" || b.Via != "openapi" {
			t.Errorf("shown %+v", b)
		}
	}
}

func TestAnExpiredWebhookIsNotTried(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) {
		c.Now = func() time.Time { return time.Now().Add(ahead) }
	})
	m := h.say(t, "li", "你好", dingtalktest.Say{})
	var to struct{ Until int64 }
	if err := json.Unmarshal(m.AnswerTo, &to); err != nil {
		t.Fatal(err)
	}
	m.AnswerTo = json.RawMessage(strings.Replace(string(m.AnswerTo), `"until":`, `"until":1000,"x":`, 1))
	h.send(t, reply(m, "好"))
	if n := h.calls("POST " + apiHook); n != 0 || h.last(t, "li", "").Via != "openapi" {
		t.Errorf("%d webhook calls", n)
	}
}

func TestAWebhookOfAForeignHostIsNeverCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	called := make(chan struct{}, 1)
	go func() {
		if c, err := trap.Accept(); err == nil {
			called <- struct{}{}
			c.Close()
		}
	}()
	for _, url := range []string{"http://" + trap.Addr().String() + "/robot/sendBySession?session=x", "https://oapi.dingtalk.com.evil.example/x",
		strings.Replace(h.url, "http://", "http://user@", 1), "file:///etc/passwd", "::"} {
		b, _ := json.Marshal(map[string]any{"url": url, "conv": "dingtalk:p:li", "until": time.Now().Add(time.Hour).UnixMilli()})
		r := replyTo("li", "好")
		r.AnswerTo = b
		h.send(t, r)
		if got := h.last(t, "li", ""); got.Via != "openapi" {
			t.Errorf("%s: shown %+v", url, got)
		}
	}
	trap.Close()
	select {
	case <-called:
		t.Error("the foreign host was called")
	default:
	}
}

func TestWhatIsMeantForOnePersonIsNotSaidInTheGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "王强电话", dingtalktest.Say{Group: h.group, At: []string{"robot"}})
	r := reply(m, "13812345678")
	for _, conv := range []chat.ConversationID{"", "dingtalk:p:li"} {
		r.Conversation, r.Group = conv, false
		h.send(t, r)
		if b := h.last(t, "li", ""); b.Text != "13812345678" || b.Via != "openapi" {
			t.Errorf("shown %+v", b)
		}
	}
	bubbles, err := h.Bubbles("han", h.group)
	if err != nil || len(bubbles) != 1 {
		t.Errorf("the group sees %+v, %v", bubbles, err)
	}
}

func TestRefusalsAreUnderstood(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fault dingtalktest.Fault
		hook  bool // answer by webhook instead of a push
		want  chat.Fault
		after time.Duration // at least
		tells string        // in Advice
	}{
		{"too many calls a second", dingtalktest.Fault{API: apiPeople, Status: 403, Code: "Forbidden.AccessDenied.QpsLimitForApi"}, false, chat.Retry, time.Second, ""},
		{"monthly quota", dingtalktest.Fault{API: apiPeople, Status: 403, Code: "Forbidden.AccessDenied.ApiCountLimitForOrg"}, false, chat.Retry, time.Hour, "额度"},
		{"address not allowed", dingtalktest.Fault{API: apiPeople, Status: 403, Code: "Forbidden.AccessDenied.IpNotInWhiteList"}, false, chat.Retry, time.Minute, "白名单"},
		{"robot stopped", dingtalktest.Fault{API: apiPeople, Status: 400, Code: "bot.stopped"}, false, chat.Rejected, 0, "停用"},
		{"wrong parameter", dingtalktest.Fault{API: apiPeople, Status: 400, Code: "invalidParameter.msgParam.invalid"}, false, chat.Rejected, 0, ""},
		{"busy", dingtalktest.Fault{API: apiPeople, Status: 500, Code: "system.busy"}, false, chat.Retry, time.Second, ""},
		{"unknown error", dingtalktest.Fault{API: apiPeople, Status: 500, Code: "unknownError"}, false, chat.Unsure, 0, ""},
		{"gateway gave up but it was sent", dingtalktest.Fault{API: apiPeople, Status: 504, After: true}, false, chat.Unsure, 0, ""},
		{"connection cut", dingtalktest.Fault{API: apiPeople, Drop: true}, false, chat.Unsure, 0, ""},
		{"webhook too fast", dingtalktest.Fault{API: apiHook, Code: "130101"}, true, chat.Retry, time.Second, ""},
		{"webhook quota", dingtalktest.Fault{API: apiHook, Code: "90030"}, true, chat.Retry, time.Hour, "额度"},
		{"webhook content audit", dingtalktest.Fault{API: apiHook, Code: "430102"}, true, chat.Rejected, 0, "审核"},
		{"webhook gateway", dingtalktest.Fault{API: apiHook, Status: 502}, true, chat.Unsure, 0, ""},
		{"webhook cut", dingtalktest.Fault{API: apiHook, Drop: true}, true, chat.Unsure, 0, ""},
	}
	h := newHouse(t)
	m := h.say(t, "li", "你好", dingtalktest.Say{})
	for _, c := range cases {
		c.fault.Kind = dingtalktest.FaultAPI
		h.inject(t, c.fault)
		r := replyTo("li", "你好")
		if c.hook {
			r = reply(m, "你好")
		}
		e := h.refused(t, r)
		if e.Fault != c.want || e.After < c.after || !strings.Contains(e.Advice, c.tells) || c.tells == "" && e.Advice != "" {
			t.Errorf("%s: %+v", c.name, e)
		}
		if c.tells != "" && !strings.Contains(h.a.Health().Detail, c.tells) {
			t.Errorf("%s: health says %q", c.name, h.a.Health().Detail)
		}
		h.ClearFaults()
	}
}

func TestATimeOutIsUnsure(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.Timeout = 300 * time.Millisecond })
	h.send(t, replyTo("li", "早"))
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiPeople, Delay: 5 * time.Second})
	if e := h.refused(t, replyTo("li", "你好")); e.Fault != chat.Unsure {
		t.Errorf("%+v", e)
	}
}

func TestAnUnreachablePlatformIsRetried(t *testing.T) {
	t.Parallel()
	h, cfg := newPlatform(t)
	h.Close()
	a, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Send(t.Context(), replyTo("li", "你好"))
	if chat.FaultOf(err) != chat.Retry || strings.Contains(err.Error(), "access_token") {
		t.Error(err)
	}
}

func TestPeopleWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if e := h.refused(t, replyTo("gone", "你好")); e.Fault != chat.Unreached || e.Advice == "" {
		t.Errorf("%+v", e)
	}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultFlow, User: "li"})
	if e := h.refused(t, replyTo("li", "你好")); e.Fault != chat.Retry || e.After == 0 {
		t.Errorf("%+v", e)
	}
	h.AddGroup(dingtalktest.Group{ID: h.group, Title: "云帆项目群", Members: []string{"li"}, NoRobot: true})
	if e := h.refused(t, chat.Reply{Conversation: chat.ConversationID("dingtalk:g:" + h.group), Group: true, Text: "好"}); e.Fault != chat.Unreached || e.Advice == "" {
		t.Errorf("%+v", e)
	}
	if e := h.refused(t, chat.Reply{To: "wecom:li", Text: "好"}); e.Fault != chat.Unreached {
		t.Errorf("%+v", e)
	}
}

func TestAMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *dingtalktest.Config, _ *dingtalk.Config) { s.Scopes = []string{"qyapi_base"} })
	if e := h.refused(t, replyTo("li", "你好")); e.Fault != chat.Rejected || !strings.Contains(e.Advice, "qyapi_robot_sendmsg") {
		t.Errorf("%+v", e)
	}
	if _, err := h.a.People(t.Context()); err == nil || !strings.Contains(h.a.Health().Detail, "通讯录") {
		t.Errorf("%v; health %q", err, h.a.Health().Detail)
	}
}

func TestARevokedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, replyTo("li", "一"))
	h.RevokeTokens()
	h.send(t, replyTo("li", "二"))
	h.RevokeTokens()
	if _, err := h.a.People(t.Context()); err != nil { // the legacy API says it otherwise
		t.Error(err)
	}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: apiPeople, Status: 400, Code: "InvalidAuthentication", Times: -1})
	before := h.calls("POST " + apiPeople)
	if e := h.refused(t, replyTo("li", "三")); e.Fault != chat.Retry || e.Advice == "" {
		t.Errorf("%+v", e)
	}
	if n := h.calls("POST "+apiPeople) - before; n != 2 {
		t.Errorf("%d tries", n)
	}
}

func TestOwnLimitsComeBeforeThePlatforms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.say(t, "li", "你好", dingtalktest.Say{})
	for range 20 {
		h.send(t, reply(m, "好"))
	}
	e := h.refused(t, reply(m, "好"))
	if e.Fault != chat.Retry || e.After < 10*time.Second || e.After > time.Minute+time.Second {
		t.Errorf("%+v", e)
	}
	if n := h.calls("POST " + apiHook); n != 20 {
		t.Errorf("%d webhook calls", n)
	}
	var limited *chat.SendError
	for range 60 {
		if _, err := h.a.Send(t.Context(), replyTo("li", "推")); errors.As(err, &limited) {
			break
		}
	}
	if limited == nil || limited.Fault != chat.Retry || limited.After <= 0 {
		t.Errorf("%+v", limited)
	}
	for _, c := range h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindCall}) {
		if strings.Contains(c.Call.Code, "QpsLimit") || c.Call.Code == "130101" {
			t.Errorf("the platform had to refuse: %+v", c.Call)
		}
	}
}

func TestALongTextIsCutIntoMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	line := strings.Repeat("云帆科技", 20) + "\n"
	text := strings.TrimSpace(strings.Repeat(line, 100))
	h.send(t, replyTo("li", text))
	bubbles, err := h.Bubbles("li", "")
	if err != nil || len(bubbles) < 3 {
		t.Fatalf("%d messages, %v", len(bubbles), err)
	}
	var all []string
	for _, b := range bubbles {
		all = append(all, b.Text)
	}
	if strings.Join(all, "\n") != text {
		t.Error("something was lost")
	}
	h.inject(t, dingtalktest.Fault{Kind: dingtalktest.FaultAPI, API: "/none"})
}

func TestHalfALongTextIsUnsure(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.CallsPerSecond = 1 })
	text := strings.Repeat("云", 5000)
	if e := h.refused(t, replyTo("li", text)); e.Fault != chat.Unsure {
		t.Errorf("%+v", e)
	}
}

func TestUsageIsCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *dingtalktest.Config, c *dingtalk.Config) { c.MonthlyCalls, c.MonthlyWebhooks = 20, 20 })
	m := h.say(t, "li", "你好", dingtalktest.Say{})
	h.send(t, reply(m, "好"))
	h.send(t, replyTo("li", "好"))
	u := h.a.Usage(t.Context())
	if u.Calls != 1 || u.Webhooks != 1 || u.CallsLeft != 19 || u.HooksLeft != 19 || len(u.Month) != 7 {
		t.Errorf("%+v", u)
	}
	for range 18 {
		h.send(t, replyTo("li", "好"))
	}
	if d := h.a.Health().Detail; !strings.Contains(d, "还剩约 1 次") {
		t.Error(d)
	}
}
