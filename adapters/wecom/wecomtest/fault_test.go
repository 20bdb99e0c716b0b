package wecomtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gendan/adapters/wecom/wecomtest"
)

func TestFaultsOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	w.getToken()
	send := func() int { return w.send("lilei", "text", text("x")).Errcode }

	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "message/send", Code: 45009, Count: 2})
	if a, b, c := send(), send(), send(); a != 45009 || b != 45009 || c != 0 {
		t.Errorf("quota twice: %d %d %d", a, b, c)
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "message/*", Code: 60020, Count: -1})
	if r := w.post("getcallbackip", nil); r.Errcode != 0 {
		t.Errorf("another path: %s", r.raw)
	}
	for range 3 {
		if got := send(); got != 60020 {
			t.Errorf("until cleared: %d", got)
		}
	}
	if got := w.Faults(); len(got) != 1 || got[0].Code != 60020 {
		t.Errorf("armed: %+v", got)
	}
	w.ClearFaults()
	if got := send(); got != 0 {
		t.Errorf("after clearing: %d", got)
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultStatus, Code: 502})
	resp, err := http.Get(w.APIURL() + "/cgi-bin/gettoken")
	if err != nil || resp.StatusCode != 502 {
		t.Errorf("status: %v %v", resp, err)
	}
	resp.Body.Close()

	before := len(w.View("lilei"))
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "message/send"})
	body := `{"touser":"lilei","agentid":1000002,"msgtype":"text","text":{"content":"x"}}`
	req, err := http.NewRequestWithContext(within(t), http.MethodPost, w.APIURL()+"/cgi-bin/message/send?access_token="+w.token, stringBody(body))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Errorf("a lost answer came: %d", resp.StatusCode)
	}
	if got := len(w.View("lilei")); got != before+1 {
		t.Errorf("a lost answer has to be done: %d bubbles after %d", got, before)
	}

	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultDelay, On: "message/send", Delay: 150 * time.Millisecond})
	begun := time.Now()
	if got := send(); got != 0 || time.Since(begun) < 150*time.Millisecond {
		t.Errorf("delayed: %d after %v", got, time.Since(begun))
	}
}

func TestFaultsOfTheLongConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{InProgress: -1}})
	b := w.bot()
	reqID := w.said(b, "lilei", "x").Headers.ReqID

	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_respond_msg", Code: 45033})
	if got := b.stream(reqID, "s", "好", false); got.Errcode != 45033 {
		t.Errorf("errcode: %+v", got)
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "aibot_respond_msg"})
	b.write("aibot_respond_msg", reqID, map[string]any{"msgtype": "stream", "stream": map[string]any{"id": "s", "content": "好了", "finish": true}})
	if got := b.ask("ping", "p1", nil); got.Headers.ReqID != "p1" || w.last("lilei").Text != "好了" {
		t.Errorf("lost ack: %+v, lilei sees %+v", got, w.last("lilei"))
	}

	say := func(words string) {
		t.Helper()
		if _, err := w.Say("lilei", words, wecomtest.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	hears := func(words string) {
		t.Helper()
		if got := b.read(); !contains(string(got.Body), `"content":"`+words+`"`) {
			t.Errorf("heard %s, want %s", got.Body, words)
		}
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultDuplicate, On: "callback", Door: wecomtest.DoorBot})
	say("两遍")
	hears("两遍")
	hears("两遍")
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultReorder})
	say("先")
	say("后")
	hears("后")
	hears("先")
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultLose, On: "callback"})
	say("丢")
	say("在")
	hears("在")
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultDelay, On: "callback", Delay: 100 * time.Millisecond})
	say("慢")
	say("快")
	hears("快")
	hears("慢")

	if !w.RawFrame([]byte(`{"cmd":"aibot_msg_call`)) {
		t.Error("nobody is connected")
	}
	if _, data, err := b.ws.ReadMessage(); err != nil || string(data) != `{"cmd":"aibot_msg_call` {
		t.Errorf("raw frame: %q %v", data, err)
	}

	w.KickConnection()
	if got := b.read(); !contains(string(got.Body), "disconnected_event") {
		t.Errorf("kick: %s", got.Body)
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultRefuse, On: "connect", Code: 503})
	if _, resp, err := websocket.DefaultDialer.DialContext(within(t), w.WSURL(), nil); err == nil || resp == nil || resp.StatusCode != 503 {
		t.Errorf("refused handshake: %v %v", resp, err)
	}
	w.bot()
}

func TestDuplicateAndReorderedCallbacksOfAnApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	say := func(words string) *wecomtest.Receipt {
		t.Helper()
		r, err := w.Say("lilei", words, toApp)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultDuplicate, On: "callback"})
	if _, err := say("两遍").Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	if one, two := a.next(t), a.next(t); one != two {
		t.Errorf("twice: %s and %s", one, two)
	}
	w.Inject(wecomtest.Fault{Kind: wecomtest.FaultReorder, On: "callback"})
	seq := w.LastSeq()
	first := say("先")
	if _, err := w.Await(within(t), seq, func(e wecomtest.Entry) bool { return e.Text == "reorder callback" }); err != nil {
		t.Fatal(err)
	}
	say("后")
	if _, err := first.Wait(within(t)); err != nil {
		t.Fatal(err)
	}
	if one, two := a.next(t), a.next(t); !contains(one, "后") || !contains(two, "先") {
		t.Errorf("reordered: %s and %s", one, two)
	}
}
