package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/adapters/wecom/msgcrypt"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// A server of net/http lingers half a second over a connection that it cut.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// stage is an adapter on the simulator's wire, and the inbox it writes to.
type stage struct {
	*wecomtest.Server
	t   *testing.T
	a   *Adapter
	url string // of the callback

	mu    sync.Mutex
	heard []chat.Message
	read  int   // messages that the test has looked at
	fail  error // what the inbox answers
}

const (
	withBot = 1 << iota
	withApp
)

func newStage(t *testing.T, doors int, sim wecomtest.Config, change func(*Config)) *stage {
	t.Helper()
	s := &stage{t: t, Server: wecomtest.New(sim)}
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.a = s.adapter(doors, change)
	s.run(s.a)
	if doors&withApp != 0 {
		srv := httptest.NewServer(s.a.Callback())
		t.Cleanup(srv.Close)
		s.url = srv.URL
		if err := s.SetCallback(s.ctx(), srv.URL); err != nil {
			t.Fatal(err)
		}
	}
	if doors&withBot != 0 {
		s.until("connected", s.a.Ready)
	}
	return s
}

// adapter makes one against the simulator without running it.
func (s *stage) adapter(doors int, change func(*Config)) *Adapter {
	s.t.Helper()
	sim := s.Config()
	cfg := Config{APIURL: s.APIURL(), WSURL: s.WSURL(), Now: s.Now, BackoffMin: 10 * time.Millisecond, KickedPause: 100 * time.Millisecond}
	if doors&withBot != 0 {
		cfg.BotID, cfg.BotSecret = sim.BotID, sim.BotSecret
	}
	if doors&withApp != 0 {
		cfg.CorpID, cfg.AgentID, cfg.Secret, cfg.Token, cfg.AESKey = sim.CorpID, sim.AgentID, sim.Secret, sim.Token, sim.AESKey
	}
	if change != nil {
		change(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// run receives until the test ends.
func (s *stage) run(a *Adapter) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := a.Run(ctx, s.hear); err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}()
	stop = func() {
		cancel()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			s.t.Error("Run does not end")
		}
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *stage) hear(_ context.Context, m chat.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	for _, old := range s.heard {
		if old.ID == m.ID {
			return nil // the inbox is unique by platform and id
		}
	}
	s.heard = append(s.heard, m)
	return nil
}

func (s *stage) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *stage) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

// next waits for message n (from 0).
func (s *stage) next(n int) chat.Message {
	s.t.Helper()
	s.until(fmt.Sprintf("message %d heard", n), func() bool { return s.count() > n })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = n + 1
	return s.heard[n]
}

func (s *stage) until(what string, cond func() bool) {
	s.t.Helper()
	until(s.t, what, cond)
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (s *stage) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

// said hears what somebody did: the next message that was not looked at.
func (s *stage) said(r *wecomtest.Receipt, err error) chat.Message {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.next(s.read)
}

// answer is a reply to m.
func answer(m chat.Message, key, text string) chat.Reply {
	return chat.Reply{Key: key, Conversation: m.Conversation, To: m.From, Group: m.Group, AnswerTo: m.AnswerTo, Text: text}
}

func push(user, key, text string) chat.Reply {
	return chat.Reply{Key: key, To: personID(user), Text: text}
}

func (s *stage) send(r chat.Reply) chat.MessageID {
	s.t.Helper()
	id, err := s.a.Send(s.ctx(), r)
	if err != nil {
		s.t.Fatalf("send %s: %v", r.Key, err)
	}
	return id
}

// refused sends and returns the fault.
func (s *stage) refused(r chat.Reply) *chat.SendError {
	s.t.Helper()
	_, err := s.a.Send(s.ctx(), r)
	var e *chat.SendError
	if !errors.As(err, &e) {
		s.t.Fatalf("send %s: %v, want a SendError", r.Key, err)
	}
	return e
}

// last is the newest bubble that somebody got.
func (s *stage) last(user string) wecomtest.Bubble {
	s.t.Helper()
	got := s.got(user)
	if len(got) == 0 {
		s.t.Fatalf("%s got nothing", user)
	}
	return got[len(got)-1]
}

// got is all that somebody was sent.
func (s *stage) got(user string) (found []wecomtest.Bubble) {
	for _, b := range s.View(user) {
		if b.From == "" {
			found = append(found, b)
		}
	}
	return found
}

func bot(group string) wecomtest.Options { return wecomtest.Options{Group: group} }

var viaApp = wecomtest.Options{Door: wecomtest.DoorApp}

func undoCard(id string) *chat.Card {
	return &chat.Card{ID: id, Title: "云帆科技", Fields: []chat.Field{{Name: "阶段", Old: "需求确认", Value: "方案报价"}},
		Buttons: []chat.Button{{Key: "undo:42", Text: "撤销"}}}
}

func show(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestBotHearsAnswersAndPushes(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "今天见了云帆", bot("")))
	if m.Platform != "wecom" || m.From != "wecom:lilei" || m.Conversation != "wecom:p:lilei" || m.Kind != chat.Text || m.Text != "今天见了云帆" || m.Group {
		t.Fatalf("heard %+v", m)
	}
	r := answer(m, "k1", "已记录跟进：云帆科技。")
	r.Card = undoCard("c-1")
	s.send(r)
	if b := s.last("lilei"); b.Kind != "stream" || b.Writing || b.Text != r.Text || b.Card == nil || b.Card.Buttons[0].Key != "undo:42" || len(b.Cut) > 0 {
		t.Fatalf("lilei sees %s", show(b))
	}
	tap := s.said(s.Tap("lilei", "c-1", "undo:42"))
	if tap.Kind != chat.TapKind || *tap.Tap != (chat.Tap{Card: "c-1", Button: "undo:42"}) {
		t.Fatalf("tap %+v", tap)
	}
	done := answer(tap, "k2", "已撤销：云帆科技回到需求确认。")
	done.Replaces, done.Card = "c-1", &chat.Card{ID: "c-1", Title: "云帆科技", State: chat.Undone, Note: "已撤销，回到需求确认"}
	n := len(s.got("lilei"))
	s.send(done)
	if b := s.last("lilei"); b.Card.CardType != noticeCard || b.Card.MainTitle.Desc != "已撤销，回到需求确认" || len(s.got("lilei")) != n {
		t.Fatalf("lilei sees %s", show(b))
	}
	s.send(push("lilei", "k3", "该给王强打电话了。"))
	if b := s.last("lilei"); b.Kind != "markdown" || b.Text != "该给王强打电话了。" {
		t.Fatalf("lilei sees %s", show(b))
	}
}

func TestAppHearsAndSends(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "云帆推进到报价 ]]> <b>&amp;", viaApp))
	if m.From != "wecom:lilei" || m.Conversation != "wecom:p:lilei" || m.Text != "云帆推进到报价 ]]> <b>&amp;" {
		t.Fatalf("heard %+v", m)
	}
	if id := s.send(answer(m, "k1", "云帆科技 → 方案报价。")); id == "" {
		t.Error("no message id")
	}
	if b := s.last("lilei"); b.Kind != "text" || b.Text != "云帆科技 → 方案报价。" {
		t.Fatalf("lilei sees %s", show(b))
	}
	// A card that changes twice: by the code of its sending, and by the code of a tap.
	r := push("lilei", "k2", "云帆科技：需求确认 → 方案报价")
	r.Card = undoCard("c-2")
	s.send(r)
	tap := s.said(s.Tap("lilei", "c-2", "undo:42"))
	done := answer(tap, "k3", "处理中")
	done.Replaces, done.Card = "c-2", &chat.Card{ID: "c-2", Title: "云帆科技", State: chat.Working}
	s.send(done)
	if b := s.last("lilei"); b.Card.CardType != noticeCard || b.Card.MainTitle.Desc != "处理中…" {
		t.Fatalf("lilei sees %s", show(b))
	}
}

func TestForgedTruncatedAndForeignCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	var seen *http.Request
	var body string
	// Take a good callback off the wire.
	grab := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			b := new(strings.Builder)
			buf := make([]byte, 1<<16)
			for {
				n, err := r.Body.Read(buf)
				b.Write(buf[:n])
				if err != nil {
					break
				}
			}
			seen, body = r, b.String()
			return
		}
		s.a.Callback().ServeHTTP(w, r)
	}))
	defer grab.Close()
	if err := s.SetCallback(s.ctx(), grab.URL); err != nil {
		t.Fatal(err)
	}
	rec, err := s.Say("lilei", "你好", viaApp)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Wait(s.ctx()); err != nil {
		t.Fatal(err)
	}
	post := func(query, body string) int {
		resp, err := http.Post(s.url+"?"+query, "text/xml", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	q := seen.URL.RawQuery
	i := strings.Index(body, "<Encrypt><![CDATA[") + 40
	for name, bad := range map[string][2]string{
		"another signature": {strings.Replace(q, "msg_signature=", "msg_signature=0", 1), body},
		"no signature":      {"", body},
		"another time":      {strings.Replace(q, "timestamp=1", "timestamp=2", 1), body},
		"altered text":      {q, body[:i] + "A" + body[i+1:]},
		"truncated body":    {q, body[:len(body)-60]},
		"empty body":        {q, ""},
		"not XML":           {q, "{}"},
	} {
		if body[i] == 'A' && name == "altered text" {
			bad[1] = body[:i] + "B" + body[i+1:]
		}
		if code := post(bad[0], bad[1]); code != http.StatusForbidden {
			t.Errorf("%s: HTTP %d", name, code)
		}
	}
	if n := s.count(); n != 0 {
		t.Fatalf("%d messages heard", n)
	}
	for range 3 {
		if code := post(q, body); code != http.StatusOK {
			t.Errorf("the good one: HTTP %d", code)
		}
	}
	if n := s.count(); n != 1 {
		t.Errorf("replayed: %d messages heard", n)
	}
}

func TestPlatformTriesAgainWhenTheInboxFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{Limits: wecomtest.Limits{Callback: 400 * time.Millisecond}}, nil)
	s.setFail(errors.New("database away"))
	rec, err := s.Say("lilei", "你好", viaApp)
	if err != nil {
		t.Fatal(err)
	}
	seq := s.LastSeq()
	if _, err := s.Await(s.ctx(), 0, func(e wecomtest.Entry) bool { return e.Kind == wecomtest.KindCallback && e.Attempt == 1 }); err != nil {
		t.Fatal(err, seq)
	}
	s.setFail(nil)
	if d, err := rec.Wait(s.ctx()); err != nil || d.Attempts < 2 {
		t.Errorf("delivery %+v, %v", d, err)
	}
	if m := s.next(0); m.Text != "你好" {
		t.Errorf("heard %+v", m)
	}
}

func TestCallbackWhileNobodyReceives(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, Server: wecomtest.New(wecomtest.Config{})}
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.a = s.adapter(withApp, nil)
	srv := httptest.NewServer(s.a.Callback())
	t.Cleanup(srv.Close)
	if err := s.SetCallback(s.ctx(), srv.URL); err != nil {
		t.Fatal(err)
	}
	early, err := s.Say("lilei", "早", viaApp)
	if err != nil {
		t.Fatal(err)
	}
	stop := s.run(s.a)
	if _, err := early.Wait(s.ctx()); err != nil {
		t.Error("a message during the start was lost:", err)
	}
	if m := s.next(0); m.Text != "早" {
		t.Errorf("heard %+v", m)
	}
	stop()
	late, err := s.Say("lilei", "晚", viaApp)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := late.Wait(s.ctx()); err == nil || d.Attempts < 3 || s.count() != 1 {
		t.Errorf("after the end: %+v, %v", d, err)
	}
}

func BenchmarkCallback(b *testing.B) {
	sim := wecomtest.New(wecomtest.Config{}).Config()
	a, err := New(Config{CorpID: sim.CorpID, Token: sim.Token, AESKey: sim.AESKey})
	if err != nil {
		b.Fatal(err)
	}
	hear := chat.Handler(func(context.Context, chat.Message) error { return nil })
	a.hear.Store(&hear)
	sealed, signature := a.codec.Seal([]byte(tapXML), "1700000000", "abc")
	body := string(msgcrypt.CallbackXML(sim.CorpID, sim.AgentID, sealed))
	h := a.Callback()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r := httptest.NewRequest(http.MethodPost, "/callback/wecom?msg_signature="+signature+"&timestamp=1700000000&nonce=abc", strings.NewReader(body))
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	})
}
