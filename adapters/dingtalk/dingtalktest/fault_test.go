package dingtalktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

func inject(t *testing.T, s *Server, faults ...Fault) {
	t.Helper()
	if err := s.Inject(faults...); err != nil {
		t.Fatal(err)
	}
}

func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	say := func() Sent {
		t.Helper()
		sent, err := s.Say("lilei", "你好", Say{})
		if err != nil || !sent.Pushed {
			t.Fatalf("%+v %v", sent, err)
		}
		return sent
	}
	take := func() (frame, msg any) {
		h, m := c.message()
		c.ack(h["messageId"], 200, "")
		return h["messageId"], m["msgId"]
	}

	inject(t, s, Fault{Kind: FaultDuplicate})
	sent := say()
	f1, m1 := take()
	f2, m2 := take()
	if m1 != sent.MsgID || m2 != sent.MsgID || f1 == f2 {
		t.Errorf("duplicate: %v %v %v %v", f1, m1, f2, m2)
	}

	inject(t, s, Fault{Kind: FaultDuplicateFrame})
	sent = say()
	f1, m1 = take()
	f2, m2 = take()
	if m1 != sent.MsgID || m2 != sent.MsgID || f1 != f2 {
		t.Errorf("duplicate frame: %v %v %v %v", f1, m1, f2, m2)
	}

	inject(t, s, Fault{Kind: FaultReverse})
	first, second := say(), say()
	if _, m := take(); m != second.MsgID {
		t.Errorf("reverse: %v first", m)
	}
	if _, m := take(); m != first.MsgID {
		t.Errorf("reverse: %v second", m)
	}

}

func TestLossFaults(t *testing.T) {
	t.Parallel()
	// A message that nobody is connected for when it comes again is lost: dialling after the cut takes less than this.
	s, base := start(t, Config{Repush: 3 * time.Second})
	c := dial(t, s, base, nil)
	say := func() Sent {
		t.Helper()
		sent, err := s.Say("lilei", "你好", Say{})
		if err != nil || !sent.Pushed {
			t.Fatalf("%+v %v", sent, err)
		}
		return sent
	}
	// take returns the next message that is not the one passed over; one may come twice on a slow machine.
	take := func(but any) any {
		for {
			h, m := c.message()
			c.ack(h["messageId"], 200, "")
			if m["msgId"] != but {
				return m["msgId"]
			}
		}
	}
	inject(t, s, Fault{Kind: FaultLose})
	sent := say()
	if m := take(nil); m != sent.MsgID { // comes again after Repush
		t.Errorf("lost and pushed again: %v", m)
	}
	if e := s.Journal(sent.Seq, Filter{Kind: KindPush, ID: sent.MsgID}); len(e) < 2 || e[1].Frame.Attempt != 2 {
		t.Errorf("attempts %+v", e)
	}

	lost := sent.MsgID
	inject(t, s, Fault{Kind: FaultCutFrame})
	sent = say()
	c.ended()
	c = dial(t, s, base, nil)
	if m := take(lost); m != sent.MsgID {
		t.Errorf("after a cut frame: %v", m)
	}
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{Repush: 300 * time.Millisecond})
	c := dial(t, s, base, nil)
	inject(t, s, Fault{Kind: FaultBlackHole})
	sent, err := s.Say("lilei", "你好", Say{})
	if err != nil || !sent.Pushed {
		t.Fatalf("%+v %v", sent, err)
	}
	if !c.silent(100 * time.Millisecond) {
		t.Error("a black hole lets a frame through")
	}
	s.ClearFaults()
	if _, m := c.message(); m["msgId"] != sent.MsgID {
		t.Errorf("not pushed again: %v", m)
	}
}

func TestShapeFaults(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	inject(t, s, Fault{Kind: FaultCreateAt}, Fault{Kind: FaultContentString}, Fault{Kind: FaultRichTextType})
	rich := map[string]any{"richText": []any{map[string]any{"type": "picture", "downloadCode": "x"}}}
	sent, err := s.Send("lilei", "richText", rich, Say{})
	m := hear(t, c, sent, err)
	if _, isText := m["createAt"].(string); !isText {
		t.Errorf("createAt %T", m["createAt"])
	}
	if got := m["content"]; got != `{"richText":[{"downloadCode":"x"}]}` {
		t.Errorf("content %v", got)
	}
	sent, err = s.Send("lilei", "richText", rich, Say{}) // once only
	if m := hear(t, c, sent, err); m["content"].(map[string]any)["richText"].([]any)[0].(map[string]any)["type"] != "picture" {
		t.Errorf("content %v", m["content"])
	}
	inject(t, s, Fault{Kind: FaultNoReplied, User: "lilei"})
	sent, err = s.Say("lilei", "这个", Say{Quote: sent.MsgID})
	if m := hear(t, c, sent, err); m["originalMsgId"] == nil || m["text"].(map[string]any)["repliedMsg"] != nil {
		t.Errorf("quote %v", m)
	}
}

func TestAPIFaults(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "你好", Say{})
	hook := hear(t, c, sent, err)["sessionWebhook"].(string)
	token := accessToken(t, s, base)
	const path = "/v1.0/robot/oToMessages/batchSend"
	push := map[string]any{"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei"}, "msgKey": "sampleText", "msgParam": `{"content":"好"}`}
	answer := map[string]any{"msgtype": "text", "text": map[string]string{"content": "好"}}
	shown := func() int {
		list, err := s.Bubbles("lilei", "")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := shown()

	inject(t, s, Fault{Kind: FaultAPI, API: path, Status: 503, Times: 2})
	for i, want := range []int{503, 503, 200} {
		if status, out := do(t, "POST", base+path, token, push); status != want {
			t.Errorf("call %d: %d %v", i, status, out)
		}
	}
	inject(t, s, Fault{Kind: FaultAPI, API: "/v1.0/robot/*/*", Status: 504, After: true})
	if status, _ := do(t, "POST", base+path, token, push); status != 504 || shown() != before+2 {
		t.Errorf("done and then 504: %d, shown %d", status, shown())
	}
	inject(t, s, Fault{Kind: FaultAPI, API: path, Code: "param.contentUnsafe", Status: 400})
	if status, out := do(t, "POST", base+path, token, push); status != 400 || out["code"] != "param.contentUnsafe" {
		t.Errorf("audit: %d %v", status, out)
	}
	inject(t, s, Fault{Kind: FaultAPI, API: "/robot/sendBySession", Code: "130101"})
	if status, out := do(t, "POST", hook, "", answer); status != 200 || out["errcode"] != 130101.0 {
		t.Errorf("webhook: %d %v", status, out)
	}
	inject(t, s, Fault{Kind: FaultAPI, API: "/robot/sendBySession", Status: 502, After: true})
	if status, _ := do(t, "POST", hook, "", answer); status != 502 || shown() != before+3 {
		t.Errorf("webhook done and then 502: %d, shown %d", status, shown())
	}
	inject(t, s, Fault{Kind: FaultAPI, API: path, Drop: true})
	b, _ := json.Marshal(push)
	req, err := http.NewRequestWithContext(within(t), "POST", base+path, io.NopCloser(bytes.NewReader(b))) // no retry by net/http
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-acs-dingtalk-access-token", token)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Errorf("dropped: %d", resp.StatusCode)
	}
	inject(t, s, Fault{Kind: FaultAPI, API: path, Delay: 100 * time.Millisecond})
	start := time.Now()
	if status, _ := do(t, "POST", base+path, token, push); status != 200 || time.Since(start) < 100*time.Millisecond {
		t.Errorf("delay: %d after %v", status, time.Since(start))
	}
	inject(t, s, Fault{Kind: FaultAPI, API: "/v1.0/gateway/connections/open", Status: 503})
	if status, _ := do(t, "POST", base+"/v1.0/gateway/connections/open", "", map[string]string{}); status != 503 {
		t.Errorf("open: %d", status)
	}
	if err := s.Inject(Fault{Kind: "nonsense"}); err == nil {
		t.Error("an unknown fault was accepted")
	}
	inject(t, s, Fault{Kind: FaultAPI, Status: 500, Times: -1})
	for range 3 {
		if status, _ := do(t, "POST", base+path, token, push); status != 500 {
			t.Errorf("for ever: %d", status)
		}
	}
	s.ClearFaults()
	if status, _ := do(t, "POST", base+path, token, push); status != 200 {
		t.Errorf("after ClearFaults: %d", status)
	}
}
