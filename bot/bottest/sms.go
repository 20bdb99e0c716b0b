package bottest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gendan/adapters/sms"
	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// phoneMark begins the names of those who are reached by text message: 短信13812345678> TD is what they answer.
const phoneMark = "短信"

// byItself tells whether a step comes by no platform.
func byItself(st step) bool {
	return st.who == planner || st.kind == "form" || strings.HasPrefix(st.who, phoneMark)
}

// secretLink is a link that nobody can guess.
var secretLink = regexp.MustCompile(`/([scl])/[0-9A-Za-z_-]{16,}`)

// gateway is the company's SMS gateway: it keeps what it is given, each message once.
type gateway struct {
	mu     sync.Mutex
	seen   map[string]bool
	links  map[string]string // phone → path of the newest link
	sent   []string          // as lines of a transcript
	shown  int
	refuse int // so many of the next messages
	calls  int
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ ID, To, Text string }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.refuse > 0 {
		g.refuse--
		http.Error(w, "no such number", http.StatusUnprocessableEntity)
		return
	}
	if !g.seen[m.ID] {
		g.seen[m.ID] = true
		if all := linkIn.FindAllStringSubmatch(m.Text, -1); len(all) > 0 {
			g.links[m.To] = all[0][1]
		}
		g.sent = append(g.sent, "→"+phoneMark+m.To+"> "+secretLink.ReplaceAllString(m.Text, "/$1/····"))
	}
}

// news are the messages since the last look, by number: what goes to different people at once has no order of its own.
func (g *gateway) news() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	lines := slices.Clone(g.sent[g.shown:])
	g.shown = len(g.sent)
	slices.SortStableFunc(lines, func(a, b string) int {
		a, _, _ = strings.Cut(a, ">")
		b, _, _ = strings.Cut(b, ">")
		return strings.Compare(a, b)
	})
	return lines
}

// texting opens the door by text messages, to a gateway of the test's own.
func (w *world) texting() chat.Adapter {
	w.gateway = &gateway{seen: map[string]bool{}, links: map[string]string{}}
	server := httptest.NewServer(w.gateway)
	w.t.Cleanup(server.Close)
	a, err := sms.New(sms.Config{URL: strings.Replace(server.URL, "http://", "http://key:secret@", 1) + "/send", Now: w.clock.Now, Count: w.store})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// actPhone is an answer to a text message, or with !refuse: the number of messages that the gateway will not take.
func (w *world) actPhone(st step) error {
	if st.kind == "refuse" {
		w.gateway.mu.Lock()
		defer w.gateway.mu.Unlock()
		_, err := fmt.Sscanf(st.text, "%d", &w.gateway.refuse)
		return err
	}
	if st.kind == "open" {
		return w.openLink(strings.TrimPrefix(st.who, phoneMark), st.text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	params, err := json.Marshal(action.SMSReceived{From: strings.TrimPrefix(st.who, phoneMark), Content: st.text, Message: st.line})
	if err != nil {
		return err
	}
	who := crm.System
	who.Name = crm.GuestActor
	_, err = w.actions.Run(ctx, action.Request{Actor: who, Via: "sms", Key: "sms:" + st.line, Now: w.clock.Now().UTC(), Calls: []action.Call{{Name: "sms.received", Params: params}}})
	return err
}

// planner is the speaker that plans personal offers, as a journey would: 触达> 王强：{{称呼}}，新茶到了.
const planner = "触达"

// actPlanner plans an offer that its customer's owner has to send; one that begins with !auto: leaves by itself.
func (w *world) actPlanner(st step) error {
	name, text, ok := strings.Cut(st.text, "：")
	if !ok {
		return fmt.Errorf("no customer in %q", st.text)
	}
	now := w.clock.Now()
	o := crm.Offer{CustomerID: crm.CustomerID(w.customer(name)), Purpose: crm.Marketing, Source: "story", Text: text, Key: fmt.Sprintf("story:%d:%s", now.Unix(), st.text), Auto: st.kind == "auto"}
	return w.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = now
		if _, err := tx.AddOffers(ctx, []crm.Offer{o}, []time.Time{now}, nil); err != nil {
			return err
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: action.KindOffers, Kind: action.KindOffers})
		return nil
	})
}

// customer is the number of the customer of that name.
func (w *world) customer(name string) (id int64) {
	if err := w.db.QueryRow(`SELECT id FROM customers WHERE name LIKE '%' || $1 || '%' AND deleted_at IS NULL ORDER BY id LIMIT 1`, name).Scan(&id); err != nil {
		w.t.Fatalf("customer %s: %v", name, err)
	}
	return id
}
