package wecomtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gendan/adapters/wecom/msgcrypt"
	"gendan/adapters/wecom/wecomtest"
)

// world is a running platform with the tools to talk to it.
type world struct {
	*wecomtest.Server
	t     *testing.T
	token string
}

func newWorld(t *testing.T, cfg wecomtest.Config) *world {
	t.Helper()
	s := wecomtest.New(cfg)
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &world{Server: s, t: t}
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

type reply struct {
	Errcode      int    `json:"errcode"`
	Errmsg       string `json:"errmsg"`
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	MsgID        string `json:"msgid"`
	InvalidUser  any    `json:"invaliduser"`
	ResponseCode string `json:"response_code"`
	MediaID      string `json:"media_id"`
	URL          string `json:"url"`
	raw          string
}

// getToken fetches and keeps an access_token.
func (w *world) getToken() reply {
	w.t.Helper()
	c := w.Config()
	r := w.do(http.MethodGet, "gettoken?corpid="+c.CorpID+"&corpsecret="+c.Secret, nil)
	w.token = r.AccessToken
	return r
}

func (w *world) do(method, path string, body any) (r reply) {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(within(w.t), method, w.APIURL()+"/cgi-bin/"+path, in)
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
	r.raw = string(data)
	if err := json.Unmarshal(data, &r); err != nil && resp.StatusCode == http.StatusOK {
		w.t.Fatalf("%s answered %q: %v", path, data, err)
	}
	return r
}

// post calls the API with a token.
func (w *world) post(path string, body any) reply {
	w.t.Helper()
	if w.token == "" {
		w.getToken()
	}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return w.do(http.MethodPost, path+sep+"access_token="+url.QueryEscape(w.token), body)
}

// send is message/send of one type to somebody.
func (w *world) send(to, msgtype string, content any) reply {
	w.t.Helper()
	return w.post("message/send", map[string]any{"touser": to, "agentid": w.Config().AgentID, "msgtype": msgtype, msgtype: content})
}

func text(s string) map[string]any { return map[string]any{"content": s} }

func buttonCard(task string) map[string]any {
	return map[string]any{"card_type": "button_interaction", "main_title": map[string]any{"title": "云帆科技"},
		"button_list": []any{map[string]any{"text": "撤销", "style": 2, "key": "undo:42"}}, "task_id": task}
}

func noticeCard(task string) map[string]any {
	return map[string]any{"card_type": "text_notice", "main_title": map[string]any{"title": "已撤销"},
		"card_action": map[string]any{"type": 1, "url": "https://crm.example.com/a/42"}, "task_id": task}
}

// bot is a long connection.
type bot struct {
	t  *testing.T
	ws *websocket.Conn
	n  int
}

type frame struct {
	Cmd     string `json:"cmd"`
	Headers struct {
		ReqID string `json:"req_id"`
	} `json:"headers"`
	Errcode int             `json:"errcode"`
	Errmsg  string          `json:"errmsg"`
	Body    json.RawMessage `json:"body"`
}

func (w *world) dial() *bot {
	w.t.Helper()
	ws, _, err := websocket.DefaultDialer.DialContext(within(w.t), w.WSURL(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { ws.Close() })
	return &bot{t: w.t, ws: ws}
}

// bot connects and subscribes.
func (w *world) bot() *bot {
	w.t.Helper()
	b := w.dial()
	if got := b.ask("aibot_subscribe", "", map[string]string{"bot_id": w.Config().BotID, "secret": w.Config().BotSecret}); got.Errcode != 0 {
		w.t.Fatalf("subscribe: %+v", got)
	}
	return b
}

func (b *bot) write(cmd, reqID string, body any) {
	b.t.Helper()
	if err := b.ws.WriteJSON(map[string]any{"cmd": cmd, "headers": map[string]string{"req_id": reqID}, "body": body}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bot) read() frame {
	b.t.Helper()
	b.ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	var f frame
	if err := b.ws.ReadJSON(&f); err != nil {
		b.t.Fatal(err)
	}
	return f
}

// ask sends a frame and reads its acknowledgement; "" makes a req_id.
func (b *bot) ask(cmd, reqID string, body any) frame {
	b.t.Helper()
	if b.n++; reqID == "" {
		reqID = fmt.Sprintf("%s_%d", cmd, b.n)
	}
	b.write(cmd, reqID, body)
	return b.read()
}

func (b *bot) stream(reqID, id, content string, finish bool) frame {
	b.t.Helper()
	return b.ask("aibot_respond_msg", reqID, map[string]any{"msgtype": "stream", "stream": map[string]any{"id": id, "finish": finish, "content": content}})
}

// said lets a person write to the bot and reads the callback.
func (w *world) said(b *bot, user, content string) frame {
	w.t.Helper()
	if _, err := w.Say(user, content, wecomtest.Options{}); err != nil {
		w.t.Fatal(err)
	}
	return b.read()
}

// last is the newest bubble that user sees.
func (w *world) last(user string) wecomtest.Bubble {
	w.t.Helper()
	view := w.View(user)
	if len(view) == 0 {
		w.t.Fatalf("%s sees nothing", user)
	}
	return view[len(view)-1]
}

// app is a self-built app's callback server.
type app struct {
	*httptest.Server
	codec *msgcrypt.Codec
	heard chan string // decrypted bodies
}

// newApp makes an app; answer may write a reply to a decrypted callback, nil answers nothing.
func (w *world) newApp(answer func(http.ResponseWriter, string)) *app {
	c := w.Config()
	codec, err := msgcrypt.New(c.Token, c.AESKey, c.CorpID)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &app{codec: codec, heard: make(chan string, 100)}
	a.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		sealed := q.Get("echostr")
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			sealed, _ = msgcrypt.FromXML(body)
		}
		plain, err := codec.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), sealed)
		switch {
		case err != nil:
			http.Error(rw, err.Error(), http.StatusForbidden)
		case r.Method == http.MethodGet:
			rw.Write(plain)
		default:
			a.heard <- string(plain)
			if answer != nil {
				answer(rw, string(plain))
			}
		}
	}))
	w.t.Cleanup(a.Close)
	return a
}

func (a *app) next(t *testing.T) string {
	t.Helper()
	select {
	case plain := <-a.heard:
		return plain
	case <-time.After(20 * time.Second):
		t.Fatal("no callback came")
		return ""
	}
}

// dialFor subscribes for a benchmark.
func dialFor(t testing.TB, s *wecomtest.Server) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.DialContext(t.Context(), s.WSURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sub := map[string]any{"cmd": "aibot_subscribe", "headers": map[string]string{"req_id": "s1"},
		"body": map[string]string{"bot_id": s.Config().BotID, "secret": s.Config().BotSecret}}
	var ack frame
	if err := ws.WriteJSON(sub); err != nil {
		t.Fatal(err)
	}
	if err := ws.ReadJSON(&ack); err != nil || ack.Errcode != 0 {
		t.Fatalf("subscribe: %+v, %v", ack, err)
	}
	return ws
}

// echoVerification is an app that answers a verification and takes all else in silence.
func echoVerification(s *wecomtest.Server, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		io.Copy(io.Discard, r.Body)
		return
	}
	c, q := s.Config(), r.URL.Query()
	codec, err := msgcrypt.New(c.Token, c.AESKey, c.CorpID)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	plain, err := codec.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), q.Get("echostr"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	w.Write(plain)
}
