// Package contacttest_test plays the door of contacts over the real wire, with real Postgres.
package contacttest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/bot/contacts"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

const (
	wang = "wmSimWangQiang01"
	liu  = "wmSimLiuFang0001"
	peer = chat.PeerID("contact:lilei/" + wang)
)

// TestMain checks that no process of ours leaves anything running.
func TestMain(m *testing.M) {
	// Postgres of the tests lives as long as they do.
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultClient.CloseIdleConnections()
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("gendan/adapters/embedded.fork.func1"), goleak.IgnoreAnyFunction("gendan/adapters/embedded.(*supervisor).watch"),
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// desk is a simulated WeCom with a store; processes of ours join it.
type desk struct {
	*wecomtest.Server
	t    testing.TB
	url  string // of the database
	key  *store.Keys
	base string

	mu    sync.Mutex
	db    *sql.DB
	heard []chat.Message // by all processes, each once
	ids   map[string]int // how often each was offered
}

// process is one process of ours: a store, an adapter with the door of contacts, a callback.
type process struct {
	*wecom.Contact
	desk  *desk
	store *store.Store
	web   *httptest.Server
	stop  func()
}

// tea is a platform where 李雷 has 王强 for a contact.
func tea() wecomtest.Config {
	org := wecomtest.DemoOrg()
	org.Follows = []wecomtest.Follow{{UserID: "lilei", Customer: wang, State: "src_door", AddWay: 1}}
	return wecomtest.Config{Org: org, Now: (&at{time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}).now}
}

// at is a clock that stands still but for the simulator's offset.
type at struct{ time.Time }

func (a *at) now() time.Time { return a.Time }

func newDesk(t testing.TB, cfg wecomtest.Config) *desk {
	t.Helper()
	d := &desk{t: t, Server: wecomtest.New(cfg), url: storetest.Database(t), key: store.NewKeys(), ids: map[string]int{}}
	base, err := d.Start("")
	if err != nil {
		t.Fatal(err)
	}
	d.base = base
	t.Cleanup(d.Close)
	return d
}

// hear is what the inbox of a process does with a message.
func (d *desk) hear(s *store.Store) chat.Handler {
	return func(ctx context.Context, m chat.Message) error {
		payload, err := json.Marshal(m)
		if err != nil {
			return err
		}
		isNew, err := s.Hear(ctx, store.InboxMessage{
			Platform: m.Platform, MessageID: m.ID, Conversation: string(m.Conversation), Peer: string(m.From), SentAt: m.SentAt, Payload: payload,
		})
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ids[m.ID]++
		if isNew {
			d.heard = append(d.heard, m)
		}
		return nil
	}
}

// join starts a process of ours.
func (d *desk) join(change func(*wecom.ContactConfig)) *process {
	d.t.Helper()
	p := &process{desk: d}
	p.store = storetest.Open(d.t, d.url, storetest.WithKeys(d.key), storetest.WithClock(d.Now))
	c := d.Config()
	a, err := wecom.New(wecom.Config{
		CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey, APIURL: d.base,
		Elector: p.store.Elector(nil), Now: d.Now, Log: zaptest.NewLogger(d.t),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	cfg := wecom.ContactConfig{Book: contacts.Book{Store: p.store}, Poll: 20 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	if p.Contact, err = a.Contact(cfg); err != nil {
		d.t.Fatal(err)
	}
	p.web = httptest.NewServer(a.Callback())
	ctx, stop := context.WithCancel(context.Background())
	var runs sync.WaitGroup
	runs.Go(func() { _ = p.Run(ctx, d.hear(p.store)) })
	runs.Go(func() { _ = a.Run(ctx, d.hear(p.store)) })
	p.stop = sync.OnceFunc(func() {
		stop()
		runs.Wait()
		p.web.Close()
	})
	d.t.Cleanup(p.stop)
	return p
}

// rings lets the platform's events come to p.
func (p *process) rings() *process {
	p.desk.t.Helper()
	if err := p.desk.SetCallback(p.desk.t.Context(), p.web.URL); err != nil {
		p.desk.t.Fatal(err)
	}
	return p
}

// until waits for what a test expects.
func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("not in time: %s", what)
		}
	}
}

// send gives a reply to the door.
func (p *process) send(key, text string) (chat.MessageID, error) {
	return p.Send(p.desk.t.Context(), chat.Reply{Key: key, To: peer, Text: text})
}

// outcome is how a task ended, "" while it waits.
func (p *process) outcome(key string) (end string) {
	p.desk.t.Helper()
	err := owner(p).QueryRow(`SELECT coalesce((SELECT outcome FROM contact_tasks WHERE key = $1), 'none')`, key).Scan(&end)
	if err != nil {
		p.desk.t.Fatal(err)
	}
	return end
}

// owner is the database past all policies.
func owner(p *process) *sql.DB {
	p.desk.mu.Lock()
	defer p.desk.mu.Unlock()
	if p.desk.db == nil {
		p.desk.db = storetest.Owner(p.desk.t, p.store)
	}
	return p.desk.db
}
