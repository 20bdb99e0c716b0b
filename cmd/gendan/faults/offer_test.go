package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// TestKill9SendsOffersOnce kills gendan at random instants while offers leave by an SMS gateway that drops what it has had
// already, as docs/doors.md asks of it. In the end each customer has one message, each offer is sent, and each is once in its
// customer's record.
func TestKill9SendsOffersOnce(t *testing.T) {
	t.Parallel()
	h := build(t, plan{people: staff(1, app)})
	var mu sync.Mutex
	keys, requests := map[string]map[string]bool{}, 0 // by number: ids of the messages that it has
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ ID, To, Text string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("Idempotency-Key") != m.ID {
			t.Errorf("%v, key %q, id %q", err, r.Header.Get("Idempotency-Key"), m.ID)
		}
		mu.Lock()
		requests++
		if keys[m.To] == nil {
			keys[m.To] = map[string]bool{}
		}
		keys[m.To][m.ID] = true
		mu.Unlock()
		time.Sleep(30 * time.Millisecond) // a death falls here as often as not: the message is out, and gendan does not know
	}))
	t.Cleanup(gateway.Close)
	h.set["SMS_URL"] = strings.Replace(gateway.URL, "http://", "http://key:secret-of-the-gateway@", 1) + "/send"
	away := 12 - time.Now().UTC().Hour() // in that zone it is noon: nobody's night is disturbed
	h.set["GENDAN_TZ"] = fmt.Sprintf("Etc/GMT%+d", -away)
	if away == 0 {
		h.set["GENDAN_TZ"] = "UTC"
	}
	h.hire()
	const offers = 200
	st, err := store.Open(t.Context(), store.Config{URL: h.set["DATABASE_URL"], Keys: h.keys})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var boss crm.Actor
	if boss, err = st.UserByPeer(t.Context(), "wecom:"+h.people[0].id); err != nil {
		t.Fatal(err)
	}
	x := action.New(st, action.Config{})
	for i := range offers {
		p, err := json.Marshal(map[string]any{"customer": fmt.Sprintf("顾客%04d", i), "contact": "王强", "phone": fmt.Sprintf("138%08d", i)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Run(t.Context(), action.Request{Actor: boss, Key: fmt.Sprintf("new:%d", i), Via: "api", Now: time.Now().UTC(), Calls: []action.Call{{Name: "customer.create", Params: p}}}); err != nil {
			t.Fatal(err)
		}
	}
	err = st.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
		var ids []int64
		if err := tx.Select(ctx, &ids, `SELECT id FROM customers ORDER BY id`); err != nil {
			return err
		}
		var all []crm.Offer
		due := make([]time.Time, len(ids))
		for i, id := range ids {
			all = append(all, crm.Offer{CustomerID: crm.CustomerID(id), Purpose: crm.Care, Source: "test", Text: "{{称呼}}，节日快乐", Key: fmt.Sprintf("test:%d", id), Auto: true})
			due[i] = tx.Now
		}
		added, err := tx.AddOffers(ctx, all, due, nil)
		if err == nil && len(added) != offers {
			err = fmt.Errorf("%d offers", len(added))
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: action.KindOffers, Kind: action.KindOffers})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sofar := func() int {
		mu.Lock()
		defer mu.Unlock()
		return requests
	}
	c := h.serve()
	deaths := 0
	for h.count(`SELECT count(*) FROM offers WHERE state = 'sent'`) < offers && deaths < 8 {
		before := sofar() // a death before the first message of a life tries nothing; on a slow machine that takes a while
		for end := time.Now().Add(10 * time.Second); sofar() == before && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(rand.N(50 * time.Millisecond))
		if h.count(`SELECT count(*) FROM offers WHERE state = 'sent'`) == offers {
			break
		}
		c.kill()
		c = h.serve()
		deaths++
	}
	until(t, "all offers are sent", 60*time.Second, func() bool { return h.count(`SELECT count(*) FROM offers WHERE state = 'sent'`) == offers })
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d deaths; %d requests for %d messages", deaths, requests, offers)
	if deaths < 3 || requests == offers {
		t.Errorf("%d deaths and %d requests for %d messages prove nothing", deaths, requests, offers)
	}
	if len(keys) != offers {
		t.Errorf("%d customers have a message, want %d", len(keys), offers)
	}
	for number, ids := range keys {
		if len(ids) != 1 {
			t.Errorf("%s has %d messages: %v", number, len(ids), ids)
		}
	}
	for what, query := range map[string]string{
		"lines of record":  `SELECT count(*) FROM activities WHERE channel = '短信'`,
		"customers' lines": `SELECT count(DISTINCT customer_id) FROM activities WHERE channel = '短信'`,
		"events":           `SELECT count(*) FROM events WHERE name = 'offer.sent'`,
		"counted":          `SELECT sum(sms)::int FROM reach_counts`,
	} {
		if n := h.count(query); n != offers {
			t.Errorf("%d %s, want %d", n, what, offers)
		}
	}
}
