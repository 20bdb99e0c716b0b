package action_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
	"gendan/templates"
)

// house is a company with two reps, their lead, a manager, a service agent and a marketer, on a database of its own.
type house struct {
	t     *testing.T
	store *store.Store
	x     *action.Executor
	now   time.Time
	who   map[string]crm.Actor
	focus map[string]action.Focus
	key   int
	owner *sql.DB // the database without row-level security
}

// wednesday is 2026-11-18 10:00 in Shanghai.
var wednesday = time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: wednesday, who: map[string]crm.Actor{}, focus: map[string]action.Focus{}}
	h.store = storetest.New(t, storetest.WithClock(func() time.Time { return h.now }))
	h.owner = storetest.Owner(t, h.store)
	h.x = action.New(h.store, action.Config{Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()), Service: templates.Default().Service})
	for _, p := range []store.NewUser{
		{Name: "李雷", Role: crm.Rep, Team: "华东组", Peers: []string{"wecom:lilei"}},
		{Name: "韩梅梅", Role: crm.Rep, Team: "华南组", Peers: []string{"dingtalk:hmm"}},
		{Name: "周主管", Role: crm.TeamLead, Team: "华东组", Peers: []string{"wecom:zhou"}},
		{Name: "钱总", Role: crm.Manager, Peers: []string{"wecom:qian"}},
		{Name: "孙客服", Role: crm.Service, Team: "客服部", Peers: []string{"wecom:sun"}},
		{Name: "冯市场", Role: crm.Marketer, Team: "市场部"},
		{Name: "郑管理", Role: crm.Admin},
	} {
		id, err := h.store.AddUser(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if h.who[p.Name], err = h.store.UserByID(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// params is JSON written in a test.
type params = map[string]any

func call(name string, p params) action.Call {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return action.Call{Name: name, Params: b}
}

func (h *house) request(who string, calls ...action.Call) action.Request {
	h.key++
	return action.Request{Actor: h.who[who], Calls: calls, Key: who + time.Duration(h.key).String(), Via: "chat", Now: h.now,
		Focus: h.focus[who], Conversation: "wecom:c-" + who}
}

// do runs calls as who and keeps what was last spoken of, as the bot does.
func (h *house) do(who string, calls ...action.Call) (action.Outcome, error) {
	h.t.Helper()
	return h.run(h.request(who, calls...))
}

func (h *house) run(req action.Request) (action.Outcome, error) {
	h.t.Helper()
	out, err := h.x.Run(context.Background(), req)
	if err == nil && out.Pick == nil && out.Ask == nil {
		h.focus[req.Actor.Name] = out.Focus
	}
	return out, err
}

// must is do where nothing may stand in the way.
func (h *house) must(who string, calls ...action.Call) action.Outcome {
	h.t.Helper()
	out, err := h.do(who, calls...)
	if err != nil {
		h.t.Fatalf("%s %s: %v", who, calls[0].Name, err)
	}
	if out.Pick != nil || out.Ask != nil {
		h.t.Fatalf("%s %s: pick %+v ask %+v", who, calls[0].Name, out.Pick, out.Ask)
	}
	return out
}

// refused checks that calls end in a refusal or a question that says all of words, and answers the sentence.
func (h *house) refused(who string, cause error, words []string, calls ...action.Call) string {
	h.t.Helper()
	out, err := h.do(who, calls...)
	sentence := ""
	var refusal *crm.Refusal
	switch {
	case errors.As(err, &refusal):
		sentence = refusal.Sentence
		if cause != nil && !errors.Is(err, cause) {
			h.t.Errorf("%s %s: %v, want %v", who, calls[0].Name, err, cause)
		}
	case err != nil:
		h.t.Fatalf("%s %s: not a refusal: %v", who, calls[0].Name, err)
	case out.Ask != nil:
		sentence = out.Ask.Question
	case out.Pick != nil:
		h.t.Fatalf("%s %s: pick %+v", who, calls[0].Name, out.Pick)
	default:
		h.t.Fatalf("%s %s: done, want a refusal: %+v", who, calls[0].Name, out)
	}
	if !strings.HasSuffix(sentence, "。") && !strings.HasSuffix(sentence, "？") {
		h.t.Errorf("%s %s: %q is no whole sentence", who, calls[0].Name, sentence)
	}
	for _, w := range words {
		if !strings.Contains(sentence, w) {
			h.t.Errorf("%s %s: %q lacks %q", who, calls[0].Name, sentence, w)
		}
	}
	return sentence
}

// data reads what a read found.
func data[T any](t *testing.T, out action.Outcome) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(out.Results[len(out.Results)-1].Data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) view(who, customer string) action.CustomerView {
	h.t.Helper()
	return data[action.CustomerView](h.t, h.must(who, call("customer.view", params{"customer": customer})))
}

// count asks the database, as its owner.
func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	var n int
	if err := h.owner.QueryRow(query, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// TestMain keeps random runs few: each is a real database's work. -rapid.checks=200 looks deeper.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// hire adds a colleague.
func (h *house) hire(name string, role crm.Role, team string, peers ...string) {
	h.t.Helper()
	id, err := h.store.AddUser(h.t.Context(), store.NewUser{Name: name, Role: role, Team: team, Peers: peers})
	if err == nil {
		h.who[name], err = h.store.UserByID(h.t.Context(), id)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}
