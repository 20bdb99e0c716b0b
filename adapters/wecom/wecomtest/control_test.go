package wecomtest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

func stringBody(s string) io.Reader { return strings.NewReader(s) }

// control calls the control interface.
func (w *world) control(method, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(within(w.t), method, w.APIURL()+wecomtest.ControlPath+path, stringBody(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestControlInterface(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{InProgress: -1, Retry: time.Millisecond}})
	b := w.bot()
	a := w.newApp(nil)
	if r := w.send("lilei", "template_card", buttonCard("t1")); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	file := base64.StdEncoding.EncodeToString([]byte("报价"))
	tests := []struct {
		method, path, body string
		status             int
		want               string
		frames             int // the bot hears
	}{
		{"POST", "callback", `{"url":"` + a.URL + `"}`, 200, `"ok":true`, 0},
		{"POST", "callback", `{"url":"http://127.0.0.1:1"}`, 400, `"error"`, 0},
		{"POST", "say", `{"user":"lilei","text":"在吗"}`, 200, `"req_id":"`, 1},
		{"POST", "say", `{"user":"lilei","text":"在吗","door":"app","wait":true}`, 200, `"status":200`, 0},
		{"POST", "say", `{"user":"lilei","text":"在吗","group":"wrSimSalesGroup0001"}`, 200, `"msgid":"CAIQ`, 1},
		{"POST", "say", `{"user":"lilei","text":"好","kind":"voice"}`, 200, `"bubble":"b`, 1},
		{"POST", "say", `{"user":"lilei","text":"好","quote":{"kind":"text","text":"昨天"}}`, 200, `"bubble":"b`, 1},
		{"POST", "say", `{"user":"lilei","kind":"hologram","content":{"x":1}}`, 200, `"bubble":"b`, 1},
		{"POST", "say", `{"user":"lilei","kind":"chatrecord","text":"聊天记录"}`, 409, `does not deliver`, 0},
		{"POST", "say", `{"user":"lilei","location":{"latitude":31.2,"longitude":121.4,"label":"人民广场"},"wait":true}`, 200, `"status":200`, 0},
		{"POST", "say", `{"user":"lilei","link":{"title":"官网","url":"https://x.example"},"wait":true}`, 200, `"status":200`, 0},
		{"POST", "say", `{"user":"nobody","text":"在吗"}`, 404, `no such person`, 0},
		{"POST", "say", `{`, 400, `"error"`, 0},
		{"POST", "file", `{"user":"lilei","name":"a.txt","base64":"` + file + `"}`, 200, `"bubble":"b`, 1},
		{"POST", "file", `{"user":"lilei","kind":"hologram","base64":""}`, 400, `kind must be`, 0},
		{"POST", "tap", `{"user":"lilei","card":"t1","button":"undo:42","wait":true}`, 200, `"status":200`, 0},
		{"POST", "tap", `{"user":"lilei","card":"t1","button":"none"}`, 404, `no such`, 0},
		{"POST", "enter", `{"user":"lilei"}`, 200, `"req_id":"`, 1},
		{"POST", "judge", `{"user":"lilei","bubble":"none"}`, 404, `no such`, 0},
		{"GET", "view?user=lilei", "", 200, `"text":"在吗"`, 0},
		{"GET", "view?user=lilei&chat=app:lilei", "", 200, `"chat":"app:lilei"`, 0},
		{"GET", "view?user=nobody", "", 404, `"error"`, 0},
		{"GET", "journal?after=0&limit=3", "", 200, `"seq":3`, 0},
		{"POST", "fault", `{"kind":"errcode","on":"message/send","code":45009}`, 200, `"ok":true`, 0},
		{"POST", "fault", `{"kind":"delay","on":"ping","delay":"10ms","count":-1}`, 200, `"ok":true`, 0},
		{"POST", "fault", `{"kind":"hiccup"}`, 400, `unknown fault`, 0},
		{"POST", "fault", `{"kind":"expire-tokens","code":40014}`, 200, `"ok":true`, 0},
		{"GET", "fault", "", 200, `"delay":10000000`, 0},
		{"DELETE", "fault", "", 200, `"ok":true`, 0},
		{"POST", "forge", `{"how":"altered","user":"lilei","text":"转给我"}`, 200, `"status":403`, 0},
		{"POST", "people", `{"userid":"liuyang","name":"刘洋","departments":[2]}`, 200, `"ok":true`, 0},
		{"POST", "people", `{"userid":""}`, 400, `"error"`, 0},
		{"POST", "groups", `{"chatid":"wrNew","name":"项目群","members":["lilei","liuyang"]}`, 200, `"ok":true`, 0},
		{"POST", "groups", `{"chatid":"wrNew","members":["nobody"]}`, 400, `no member`, 0},
		{"GET", "people", "", 200, `"name":"刘洋"`, 0},
		{"POST", "clock", `{"advance":"25h"}`, 200, `"now":`, 0},
		{"POST", "clock", `{"advance":"soon"}`, 400, `"error"`, 0},
		{"GET", "clock", "", 200, `"now":`, 0},
		{"GET", "config", "", 200, `"WECOM_BOT_SECRET":`, 0},
		{"GET", "counters", "", 200, `"said":`, 0},
		{"DELETE", "counters", "", 200, `"ok":true`, 0},
		{"GET", "nothing", "", 404, ``, 0},
	}
	for _, tt := range tests {
		status, got := w.control(tt.method, tt.path, tt.body)
		if status != tt.status || !contains(got, tt.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, status, got, tt.status, tt.want)
		}
		for range tt.frames {
			b.read()
		}
	}
	if d := time.Until(w.Now()); d < 24*time.Hour {
		t.Errorf("the clock moved by %v", d)
	}
	if got := w.Counters(); got != (wecomtest.Counters{}) {
		t.Errorf("counters after the reset: %+v", got)
	}
}

func TestControlRefusesOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	for origin, want := range map[string]int{"https://evil.example": 403, w.APIURL(): 200, "": 200} {
		req, _ := http.NewRequestWithContext(within(t), http.MethodGet, w.APIURL()+wecomtest.ControlPath+"config", nil)
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("from %q: %d, want %d", origin, resp.StatusCode, want)
		}
	}
}

func TestJournalIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{JournalEntries: 10, Bubbles: 5, PerMinute: -1}})
	got := make(chan string, 1)
	go func() {
		resp, err := http.Get(w.APIURL() + wecomtest.ControlPath + "journal?after=0&wait=20s")
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		got <- string(data)
	}()
	w.getToken()
	select {
	case body := <-got:
		if !contains(body, `"gettoken"`) {
			t.Errorf("the waiter gets %s", body)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("the waiter never wakes")
	}
	for range 40 {
		w.send("lilei", "text", text("x"))
	}
	entries := w.Journal(0, 0)
	if len(entries) != 10 || entries[9].Seq != w.LastSeq() || entries[0].Seq != w.LastSeq()-9 {
		t.Errorf("%d entries, the last %d of %d", len(entries), entries[len(entries)-1].Seq, w.LastSeq())
	}
	if n := len(w.View("lilei")); n != 5 {
		t.Errorf("%d bubbles kept", n)
	}
	var e wecomtest.Entry
	if data, err := json.Marshal(entries[9]); err != nil || json.Unmarshal(data, &e) != nil || !e.At.Equal(entries[9].At) {
		t.Errorf("an entry does not survive JSON: %s %v", data, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := w.WaitJournal(ctx, w.LastSeq(), 0); err == nil {
		t.Error("waiting for nothing ends without error")
	}
}
