package dingtalktest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/event"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/logger"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logger.SetLogger(quiet{}) // before the first client: the default one is set up lazily and races
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { http.DefaultClient.CloseIdleConnections() }))
}

type quiet struct{}

func (quiet) Debugf(string, ...interface{})   {}
func (quiet) Infof(string, ...interface{})    {}
func (quiet) Warningf(string, ...interface{}) {}
func (quiet) Errorf(string, ...interface{})   {}
func (quiet) Fatalf(string, ...interface{})   {}

// start runs a simulator with three people and a group until the test ends.
func start(t *testing.T, cfg Config) (*Server, string) {
	t.Helper()
	s := New(cfg)
	base, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddUser(
		User{UserID: "lilei", Name: "李雷", Mobile: "13800000001", Admin: true},
		User{UserID: "hanmeimei", Name: "韩梅梅", Mobile: "13800000002"},
		User{UserID: "wangqiang", Name: "王强"},
	)
	return s, base
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// sdkClient connects the official Go SDK, waits until the server has it too, and hands every frame to handle.
func sdkClient(t *testing.T, s *Server, base string, handle func(kind string, df *payload.DataFrame) (*payload.DataFrameResponse, error)) *client.StreamClient {
	t.Helper()
	before := len(s.Connections())
	cli := client.NewStreamClient(
		client.WithAppCredential(client.NewAppCredentialConfig(s.cfg.ClientID, s.cfg.ClientSecret)),
		client.WithOpenApiHost(base), client.WithMaxPendingHandlers(1000))
	route := func(kind string) func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
		return func(_ context.Context, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
			return handle(kind, df)
		}
	}
	cli.RegisterCallbackRouter(payload.BotMessageCallbackTopic, route("bot"))
	cli.RegisterCallbackRouter(payload.CardInstanceCallbackTopic, route("card"))
	cli.RegisterAllEventRouter(route("event"))
	if err := cli.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cli.Close)
	waitFor(t, "the connection", func() bool { return len(s.Connections()) > before }) // the client has it a moment before the server
	return cli
}

func ok(data string) (*payload.DataFrameResponse, error) {
	r := payload.NewSuccessDataFrameResponse()
	r.SetData(data)
	return r, nil
}

// jsonBody encodes a body; a string is taken as it is, nil is no body.
func jsonBody(t *testing.T, body any) io.Reader {
	t.Helper()
	switch body := body.(type) {
	case nil:
		return http.NoBody
	case string:
		return strings.NewReader(body)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// do makes an HTTP call and returns its status and JSON answer.
func do(t *testing.T, method, url, token string, body any) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t), method, url, jsonBody(t, body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("x-acs-dingtalk-access-token", token)
	}
	return send(t, req)
}

func roundTrip(t *testing.T, req *http.Request) map[string]any {
	t.Helper()
	_, out := send(t, req)
	return out
}

func send(t *testing.T, req *http.Request) (int, map[string]any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return resp.StatusCode, out
}

func accessToken(t *testing.T, s *Server, base string) string {
	t.Helper()
	status, out := do(t, "POST", base+"/v1.0/oauth2/accessToken", "", map[string]string{"appKey": s.cfg.ClientID, "appSecret": s.cfg.ClientSecret})
	if status != 200 || out["accessToken"] == nil {
		t.Fatalf("token: %d %v", status, out)
	}
	return out["accessToken"].(string)
}

// next waits for a journal entry.
func next(t *testing.T, s *Server, after uint64, f Filter) Entry {
	t.Helper()
	e, err := s.Next(within(t), after, f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSDKHearsAnswersAndTaps(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	got := make(chan map[string]any, 10)
	cards := make(chan map[string]any, 10)
	events := make(chan *event.EventHeader, 10)
	handle := func(kind string, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		var m map[string]any
		if err := json.Unmarshal([]byte(df.Data), &m); err != nil {
			t.Errorf("data is not JSON: %v", err)
		}
		switch kind {
		case "bot":
			got <- m
			return ok(`{"response":null}`)
		case "card":
			cards <- m
			return ok(`{"response":{"cardUpdateOptions":{"updateCardDataByKey":true,"updatePrivateDataByKey":true},"cardData":{"cardParamMap":{"status":"处理中"}},"userPrivateData":{"cardParamMap":{"voted":"true"}}}}`)
		default:
			events <- event.NewEventHeaderFromDataFrame(df)
			return event.NewSuccessResponse()
		}
	}
	sdkClient(t, s, base, handle)
	sdkClient(t, s, base, handle)
	if n := len(s.Connections()); n != 2 {
		t.Fatalf("%d connections, want 2", n)
	}

	sent, err := s.Say("lilei", "云帆推进到报价", Say{})
	if err != nil || !sent.Pushed {
		t.Fatalf("say: %+v %v", sent, err)
	}
	m := <-got
	if m["text"].(map[string]any)["content"] != "云帆推进到报价" || m["senderStaffId"] != "lilei" || m["conversationType"] != "1" {
		t.Fatalf("message: %v", m)
	}
	next(t, s, sent.Seq, Filter{Kind: KindAck, ID: sent.MsgID})

	_, answer := do(t, "POST", m["sessionWebhook"].(string), "", map[string]any{"msgtype": "text", "text": map[string]string{"content": "云帆科技 → 方案报价。"}})
	if answer["errcode"] != 0.0 {
		t.Fatalf("webhook: %v", answer)
	}
	if e := next(t, s, sent.Seq, Filter{Kind: KindShown, User: "lilei"}); e.Bubble.Text != "云帆科技 → 方案报价。" {
		t.Fatalf("shown: %+v", e.Bubble)
	}

	token := accessToken(t, s, base)
	status, out := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, map[string]any{
		"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei"}, "msgKey": "sampleText", "msgParam": `{"content":"该打电话了"}`})
	if status != 200 || out["processQueryKey"] == nil {
		t.Fatalf("batchSend: %d %v", status, out)
	}

	status, out = do(t, "POST", base+"/v1.0/card/instances/createAndDeliver", token, map[string]any{
		"cardTemplateId": s.cfg.CardTemplateID, "outTrackId": "c1", "callbackType": "STREAM", "userIdType": 1,
		"cardData":    map[string]any{"cardParamMap": map[string]string{"title": "提醒", "buttons": `[{"id":"done","text":"完成","params":{"n":"1"}}]`}},
		"openSpaceId": "dtv1.card//IM_ROBOT.lilei", "imRobotOpenDeliverModel": map[string]any{"spaceType": "IM_ROBOT", "robotCode": s.cfg.RobotCode},
	})
	if status != 200 {
		t.Fatalf("card: %d %v", status, out)
	}
	tap, err := s.Tap("lilei", "c1", "done", nil)
	if err != nil || !tap.Answered {
		t.Fatalf("tap: %+v %v", tap, err)
	}
	c := <-cards
	if c["userId"] != "lilei" || c["content"] != `{"cardPrivateData":{"actionIds":["done"],"params":{"n":"1"}}}` || c["value"] != c["content"] {
		t.Fatalf("callback: %v", c)
	}
	if v, _, _ := s.Card("c1", "lilei"); v.Data["status"] != "处理中" || v.Data["voted"] != "true" {
		t.Fatalf("the tapper sees %v", v.Data)
	}

	before := s.Last()
	id, err := s.Event("user_leave_org", map[string]any{"userId": []string{"wangqiang"}})
	if err != nil {
		t.Fatal(err)
	}
	if h := <-events; h.EventType != "user_leave_org" || h.EventId != id || h.EventBornTime == 0 || h.EventCorpId != s.cfg.CorpID {
		t.Fatalf("event: %+v", h)
	}
	next(t, s, before, Filter{Kind: KindAck, ID: id})
	if v := s.Violations(); v != nil {
		t.Fatalf("violations: %v", v)
	}
}

func TestSDKReconnects(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{Grace: 200 * time.Millisecond})
	var mu sync.Mutex
	heard := map[string]int{}
	handle := func(_ string, df *payload.DataFrame) (*payload.DataFrameResponse, error) {
		var m struct{ MsgID string }
		if err := json.Unmarshal([]byte(df.Data), &m); err != nil {
			return nil, err
		}
		mu.Lock()
		heard[m.MsgID]++
		mu.Unlock()
		return ok(`{"response":null}`)
	}
	sdkClient(t, s, base, handle)
	sdkClient(t, s, base, handle)
	waitFor(t, "two connections", func() bool { return len(s.Connections()) == 2 })
	say := func(n int) {
		for range n {
			after := s.Last()
			sent, err := s.Say("lilei", "你好", Say{})
			if err != nil || !sent.Pushed {
				t.Fatalf("say: %+v %v", sent, err)
			}
			next(t, s, after, Filter{Kind: KindAck, ID: sent.MsgID})
		}
	}
	say(20)
	old := s.Connections()
	if n := s.Disconnect(old[0]); n != 1 {
		t.Fatalf("disconnected %d", n)
	}
	say(20) // all go to the other one
	waitFor(t, "two connections again", func() bool {
		now := s.Connections()
		return len(now) == 2 && !slices.Contains(now, old[0])
	})
	if n := s.Cut(old[1]); n != 1 {
		t.Fatalf("cut %d", n)
	}
	waitFor(t, "the cut one is noticed", func() bool { return !slices.Contains(s.Connections(), old[1]) })
	say(20)
	waitFor(t, "two connections after the cut", func() bool { return len(s.Connections()) == 2 })
	mu.Lock()
	defer mu.Unlock()
	for id, n := range heard {
		if n != 1 {
			t.Errorf("%s heard %d times", id, n)
		}
	}
	if len(heard) != 60 || s.Lost() != 0 {
		t.Errorf("heard %d, lost %d", len(heard), s.Lost())
	}
}
