package dingtalktest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// plain makes a call beside the test's goroutine; its answer is empty when the call failed.
func plain(method, url, body string) map[string]any {
	out := map[string]any{}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return out
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return out
}

func TestControl(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	c := dial(t, s, base, nil)
	type m = map[string]any
	sim := func(method, path string, body any, want int) m {
		t.Helper()
		status, out := do(t, method, base+"/_sim/dingtalk/"+path, "", body)
		if status != want {
			t.Fatalf("%s %s: %d %v", method, path, status, out)
		}
		return out
	}
	heard := func() m {
		h, data := c.message()
		c.ack(h["messageId"], 200, `{"response":null,"status":"SUCCESS"}`)
		return data
	}

	out := sim("POST", "people", m{"people": []m{{"userId": "zhao", "name": "赵"}}, "groups": []m{{"title": "新群", "members": []string{"zhao"}}}, "departments": []m{{"id": 2, "name": "销售"}}, "remove": []string{"wangqiang"}}, 200)
	group := out["groups"].([]any)[0].(string)
	if list := sim("GET", "people", nil, 200)["people"].([]any); len(list) != 3 {
		t.Errorf("people %v", list)
	}
	out = sim("POST", "say", m{"user": "zhao", "text": "你好", "group": group, "at": []string{"robot"}}, 200)
	data := heard()
	if out["pushed"] != true || data["msgId"] != out["msgId"] {
		t.Errorf("say %v", out)
	}
	sim("POST", "say", m{"user": "nobody", "text": "x"}, 400)
	sim("POST", "send", m{"user": "zhao", "msgtype": "file", "fileName": "a.txt", "dataBase64": "eA=="}, 200)
	if f := heard(); f["content"].(m)["fileName"] != "a.txt" {
		t.Errorf("file %v", f)
	}

	hook := data["sessionWebhook"].(string)
	do(t, "POST", hook, "", m{"msgtype": "markdown", "markdown": m{"title": "t", "text": "[好](dtmd://dingtalkclient/sendMessage?content=@跟单%20好)"}})
	chats := sim("GET", "view?user=zhao", nil, 200)["chats"].([]any)
	bubbles := chats[1].(m)["bubbles"].([]any)
	sim("POST", "dtmd", m{"user": "zhao", "group": group, "messageId": bubbles[1].(m)["id"], "link": "好"}, 200)
	heard()
	sim("GET", "view?user=nobody", nil, 404)

	token := accessToken(t, s, base)
	do(t, "POST", base+createPath, token, robotCard(s, "c", "zhao", nil))
	if card := sim("GET", "cards/c?user=zhao", nil, 200); len(card["buttons"].([]any)) != 2 {
		t.Errorf("card %v", card)
	}
	sim("GET", "cards/x", nil, 404)
	done := make(chan m, 1)
	go func() {
		done <- plain("POST", base+"/_sim/dingtalk/tap", `{"user":"zhao","outTrackId":"c","actionId":"ok"}`)
	}()
	heard()
	if tap := <-done; tap["answered"] != true {
		t.Errorf("tap %v", tap)
	}

	sim("POST", "event", m{"eventType": "user_leave_org", "data": m{"userId": []string{"x"}}}, 200)
	if e := heard(); e["userId"] == nil {
		t.Errorf("event %v", e)
	}
	now := s.Now()
	sim("POST", "clock", m{"advance": "3h"}, 200)
	if d := s.Now().Sub(now); d < 3*time.Hour {
		t.Errorf("travelled %v", d)
	}
	sim("GET", "clock", nil, 200)
	sim("POST", "fault", m{"kind": FaultAPI, "delay": "6s"}, 200)
	if list := s.Faults(); len(list) != 1 || list[0].Delay != 6*time.Second {
		t.Errorf("delay %+v", list)
	}
	sim("POST", "fault", m{"kind": FaultAPI, "delay": "soon"}, 400)
	s.ClearFaults()
	sim("POST", "fault", m{"kind": FaultDuplicate}, 200)
	sim("POST", "fault", m{"kind": "nonsense"}, 400)
	if list := s.Faults(); len(list) != 1 || list[0].Kind != FaultDuplicate {
		t.Errorf("armed %+v", list)
	}
	sim("DELETE", "fault", nil, 200)
	if list := s.Faults(); len(list) != 0 {
		t.Errorf("still armed %+v", list)
	}
	if cfg := sim("GET", "config", nil, 200); cfg["DINGTALK_API_URL"] != base {
		t.Errorf("config %v", cfg)
	}
	for _, what := range []string{"revoke-tokens", "expire-webhooks", "quota-used-up", "quota-restored", "unpublish", "publish"} {
		sim("POST", "fault", m{"do": what}, 200)
	}
	sim("POST", "fault", m{"do": "nonsense"}, 400)
	if list := sim("GET", "acks", nil, 200)["entries"].([]any); len(list) < 5 {
		t.Errorf("acks %v", list)
	}
	last := s.Last()
	go func() {
		done <- plain("GET", base+"/_sim/dingtalk/journal?kind=heard&user=zhao&wait=10s&after="+strconv.FormatUint(last, 10), "")
	}()
	sim("POST", "say", m{"user": "zhao", "text": "还在吗"}, 200)
	heard()
	if e, _ := (<-done)["entries"].([]any); len(e) != 1 || e[0].(m)["text"] != "还在吗" {
		t.Errorf("journal %v", e)
	}
	if state := sim("GET", "state", nil, 200); len(state["connections"].([]any)) != 1 || len(state["violations"].([]any)) != 0 {
		t.Errorf("state %v", state)
	}
	if n := sim("POST", "disconnect", m{"cut": true}, 200)["connections"]; n != 1.0 {
		t.Errorf("cut %v", n)
	}
	c.ended()
}
