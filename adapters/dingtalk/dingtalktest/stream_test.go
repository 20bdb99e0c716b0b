package dingtalktest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"a wrong secret":           {map[string]any{"clientId": s.cfg.ClientID, "clientSecret": "x"}, 401, "authFailed"},
		"a body that is no JSON":   {"{", 400, "MissingBody"},
		"an unknown subscription":  {map[string]any{"clientId": s.cfg.ClientID, "clientSecret": s.cfg.ClientSecret, "subscriptions": []any{map[string]string{"type": "X", "topic": "*"}}}, 400, "param.invalid"},
		"another application's id": {map[string]any{"clientId": "other", "clientSecret": s.cfg.ClientSecret}, 401, "authFailed"},
	} {
		status, out := do(t, "POST", base+"/v1.0/gateway/connections/open", "", c.body)
		if status != c.status || out["code"] != c.code {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
}

func TestOpenAnswersXMLWithoutAccept(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	resp, err := http.Post(base+"/v1.0/gateway/connections/open", "application/json", jsonBody(t, map[string]any{"clientId": s.cfg.ClientID, "clientSecret": s.cfg.ClientSecret}))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(b), "<response>") {
		t.Errorf("%s %v", b, err)
	}
}

func TestTicketWorksOnceAndNotLate(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	try := func(endpoint, ticket string) int {
		ws, resp, err := websocket.DefaultDialer.DialContext(within(t), endpoint+"?ticket="+ticket, nil)
		if err == nil {
			_ = ws.Close()
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	endpoint, ticket := openTicket(t, s, base, allTopics)
	if got := try(endpoint, ticket); got != 101 {
		t.Errorf("first use: %d", got)
	}
	if got := try(endpoint, ticket); got != 401 {
		t.Errorf("second use: %d", got)
	}
	if err := s.Inject(Fault{Kind: FaultExpiredTicket}); err != nil {
		t.Fatal(err)
	}
	endpoint, ticket = openTicket(t, s, base, allTopics)
	if got := try(endpoint, ticket); got != 401 {
		t.Errorf("late use: %d", got)
	}
}

func TestFrameIsStrings(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	if _, err := s.Say("lilei", "你好", Say{}); err != nil {
		t.Fatal(err)
	}
	f := c.next()
	if f["type"] != "CALLBACK" || f["specVersion"] != "1.0" {
		t.Errorf("frame %v", f)
	}
	headers := f["headers"].(map[string]any)
	for _, k := range []string{"appId", "connectionId", "contentType", "messageId", "time", "topic"} {
		if v, isText := headers[k].(string); !isText || v == "" {
			t.Errorf("header %s = %v", k, headers[k])
		}
	}
	if _, isText := f["data"].(string); !isText {
		t.Errorf("data %T", f["data"])
	}
}

func TestPushGoesToSubscribersOnly(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	bot := dial(t, s, base, allTopics[1:2])
	events := dial(t, s, base, allTopics[:1])
	for range 10 {
		if sent, err := s.Say("lilei", "你好", Say{}); err != nil || !sent.Pushed {
			t.Fatalf("%+v %v", sent, err)
		}
		headers, _ := bot.message()
		bot.ack(headers["messageId"], 200, "")
	}
	if _, err := s.Event("org_dept_create", map[string]any{"deptId": []int{2}}); err != nil {
		t.Fatal(err)
	}
	headers, data := events.message()
	if headers["topic"] != "*" || headers["eventType"] != "org_dept_create" || data["eventId"] != headers["eventId"] {
		t.Errorf("event %v %v", headers, data)
	}
	events.ack(headers["messageId"], 200, `{"status":"SUCCESS"}`)
	lost := s.Lost()
	if sent, err := s.Say("lilei", "你好", Say{}); err != nil || !sent.Pushed {
		t.Fatal("the bot's connection is there")
	}
	s.Cut("")
	bot.ended()
	next(t, s, 0, Filter{Kind: KindDisconnect})
	waitFor(t, "no connection", func() bool { return len(s.Connections()) == 0 })
	if sent, err := s.Say("lilei", "有人吗", Say{}); err != nil || sent.Pushed || s.Lost() != lost+1 {
		t.Errorf("%+v %v lost %d", sent, err, s.Lost())
	}
}

func TestUnansweredMessageComesAgain(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{Repush: 100 * time.Millisecond})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "你好", Say{})
	if err != nil {
		t.Fatal(err)
	}
	h1, m1 := c.message()
	h2, m2 := c.message()
	if m1["msgId"] != sent.MsgID || m2["msgId"] != sent.MsgID || h1["messageId"] == h2["messageId"] {
		t.Errorf("%v %v %v %v", h1, m1, h2, m2)
	}
	c.ack(h2["messageId"], 200, `{"response":null}`)
	next(t, s, sent.Seq, Filter{Kind: KindAck, ID: sent.MsgID})
	for !c.silent(300 * time.Millisecond) { // at most one more, pushed before the answer was read
		if len(s.Journal(sent.Seq, Filter{Kind: KindPush, ID: sent.MsgID})) > 3 {
			t.Fatal("pushed after its answer")
		}
	}
}

func TestEventComesAgainUntilSuccess(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{EventRepush: 50 * time.Millisecond})
	id, err := s.Event("user_add_org", map[string]any{"userId": []string{"x"}}) // before anybody is connected
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s, base, nil)
	for _, answer := range []struct {
		code int
		data string
	}{{200, `{"status":"LATER"}`}, {500, `{"status":"LATER"}`}, {500, ""}, {200, `{"status":"SUCCESS"}`}} {
		headers, data := c.message()
		if headers["eventId"] != id || data["eventId"] != id {
			t.Fatalf("event %v %v", headers, data)
		}
		c.ack(headers["messageId"], answer.code, answer.data)
	}
	if !c.silent(300 * time.Millisecond) {
		t.Error("the event came again after SUCCESS")
	}
}

func TestDisconnectFrame(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{Grace: 300 * time.Millisecond})
	c := dial(t, s, base, nil)
	waitFor(t, "a connection", func() bool { return len(s.Connections()) == 1 })
	sent, err := s.Say("lilei", "还在处理", Say{})
	if err != nil {
		t.Fatal(err)
	}
	headers, _ := c.message()
	if n := s.Disconnect(""); n != 1 {
		t.Fatalf("%d connections", n)
	}
	f := c.next()
	h := f["headers"].(map[string]any)
	if f["type"] != "SYSTEM" || h["topic"] != "disconnect" || h["messageId"] != nil || f["data"] != `{"reason":"connection is expired"}` {
		t.Errorf("frame %v", f)
	}
	c.ack(headers["messageId"], 200, "") // the running handler may still answer
	next(t, s, sent.Seq, Filter{Kind: KindAck, ID: sent.MsgID})
	if sent, err := s.Say("lilei", "你好", Say{}); err != nil || sent.Pushed {
		t.Errorf("pushed to a leaving connection: %+v %v", sent, err)
	}
	start := time.Now()
	c.ended()
	if d := time.Since(start); d < 100*time.Millisecond {
		t.Errorf("cut after %v", d)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{PingEvery: time.Second})
	c := dial(t, s, base, nil)
	f := c.next()
	h := f["headers"].(map[string]any)
	var data map[string]string
	if f["type"] != "SYSTEM" || h["topic"] != "ping" || json.Unmarshal([]byte(f["data"].(string)), &data) != nil || data["opaque"] == "" {
		t.Errorf("ping %v", f)
	}
	c.ended() // it never answers
}

func TestConnectionLife(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{ConnectionLife: 50 * time.Millisecond, Grace: 50 * time.Millisecond})
	dial(t, s, base, nil).ended()
}

func TestSystemFrames(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	waitFor(t, "a connection", func() bool { return len(s.Connections()) == 1 })
	s.System("KEEPALIVE", "{}")
	if f := c.next(); f["type"] != "SYSTEM" || f["headers"].(map[string]any)["topic"] != "KEEPALIVE" {
		t.Errorf("frame %v", f)
	}
}

func TestAnswerThatIsNoJSON(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	next(t, s, 0, Filter{Kind: KindViolation})
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}
