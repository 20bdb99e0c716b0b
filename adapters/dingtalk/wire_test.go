package dingtalk_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gendan/adapters/dingtalk"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/bot/chat"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections() // the SDK opens connections through it
	}), goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

// inbox is a handler that keeps what it heard; fail makes it refuse.
type inbox struct {
	mu   sync.Mutex
	got  []chat.Message
	fail func(chat.Message) error
	more chan struct{}
}

func newInbox() *inbox { return &inbox{more: make(chan struct{}, 1)} }

func (b *inbox) hear(_ context.Context, m chat.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		if err := b.fail(m); err != nil {
			return err
		}
	}
	b.got = append(b.got, m)
	select {
	case b.more <- struct{}{}:
	default:
	}
	return nil
}

func (b *inbox) all() []chat.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

// find waits for the first message that ok likes.
func (b *inbox) find(t *testing.T, ok func(chat.Message) bool) chat.Message {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		for _, m := range b.all() {
			if ok(m) {
				return m
			}
		}
		select {
		case <-b.more:
		case <-deadline:
			t.Fatalf("not heard; heard %+v", b.all())
		}
	}
}

func (b *inbox) byID(t *testing.T, id string) chat.Message {
	t.Helper()
	return b.find(t, func(m chat.Message) bool { return m.ID == id })
}

// house is a simulated platform with two people and a group, and an adapter connected to it.
type house struct {
	*dingtalktest.Server
	a     *dingtalk.Adapter
	in    *inbox
	group string
	url   string
}

type option func(*dingtalktest.Config, *dingtalk.Config)

func newPlatform(t *testing.T, opts ...option) (*house, dingtalk.Config) {
	t.Helper()
	sim := dingtalktest.Config{Scopes: nil}
	cfg := dingtalk.Config{
		ClientID: "dingtestclient", ClientSecret: "dingtestsecret", CardTemplateID: "gendan-card.schema",
		Stagger: 50 * time.Millisecond, Timeout: 5 * time.Second, RobotName: "跟单",
	}
	for _, o := range opts {
		o(&sim, &cfg)
	}
	s := dingtalktest.New(sim)
	url, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddDepartment(dingtalktest.Department{ID: 2, Name: "销售部"}, dingtalktest.Department{ID: 3, Name: "华东组", ParentID: 2})
	s.AddUser(
		dingtalktest.User{UserID: "li", Name: "李雷", Mobile: "13800000001", Email: "li@example.com", Departments: []int64{2, 3}},
		dingtalktest.User{UserID: "han", Name: "韩梅梅", Mobile: "13800000002", Departments: []int64{3}},
	)
	h := &house{Server: s, in: newInbox(), url: url}
	h.group = s.AddGroup(dingtalktest.Group{Title: "云帆项目群", Members: []string{"li", "han"}})
	cfg.APIURL, cfg.OAPIURL = url, url
	return h, cfg
}

// newHouse starts platform and adapter and waits until both connections are up.
func newHouse(t *testing.T, opts ...option) *house {
	t.Helper()
	h, cfg := newPlatform(t, opts...)
	h.start(t, cfg)
	streams := cfg.Streams
	if streams == 0 {
		streams = 2
	}
	eventually(t, "connections", func() bool { return len(h.Connections()) == streams && h.a.Ready() })
	return h
}

func (h *house) start(t *testing.T, cfg dingtalk.Config) {
	t.Helper()
	a, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.a = a
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, h.in.hear) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not return")
		}
		for _, v := range h.Violations() {
			t.Errorf("violation: %s", v)
		}
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// say writes a text as a person and gives the message as it was heard.
func (h *house) say(t *testing.T, user, text string, o dingtalktest.Say) chat.Message {
	t.Helper()
	sent, err := h.Say(user, text, o)
	if err != nil {
		t.Fatal(err)
	}
	return h.in.byID(t, sent.MsgID)
}

func (h *house) sendKind(t *testing.T, user, kind string, content any, o dingtalktest.Say) chat.Message {
	t.Helper()
	sent, err := h.Send(user, kind, content, o)
	if err != nil {
		t.Fatal(err)
	}
	return h.in.byID(t, sent.MsgID)
}

// reply is an answer to m.
func reply(m chat.Message, text string) chat.Reply {
	return chat.Reply{Key: "k-" + m.ID, Conversation: m.Conversation, To: m.From, Group: m.Group, AnswerTo: m.AnswerTo, Text: text}
}

func (h *house) send(t *testing.T, r chat.Reply) chat.MessageID {
	t.Helper()
	id, err := h.a.Send(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// last is the newest bubble of the robot that user sees.
func (h *house) last(t *testing.T, user, group string) dingtalktest.Bubble {
	t.Helper()
	bubbles, err := h.Bubbles(user, group)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range slices.Backward(bubbles) {
		if b.From == dingtalktest.Robot {
			return b
		}
	}
	t.Fatal("the robot said nothing")
	return dingtalktest.Bubble{}
}

func (h *house) calls(api string) (n int) {
	for _, e := range h.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindCall}) {
		if e.Call.API == api {
			n++
		}
	}
	return n
}

func mustJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
