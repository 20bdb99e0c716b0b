package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/embedded"
	"gendan/adapters/sms"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
	"gendan/templates/messages"
)

// sendsResult is a run of personal messages: from the moment they are due to the SMS gateway, each filled for its customer,
// decided about under the customer's lock, counted, written into the record and marked.
type sendsResult struct {
	Messages   int       `json:"messages"`
	Customers  int       `json:"customers_reached"`
	Doubles    int       `json:"doubles"`  // customers who got more than one message
	Requests   int       `json:"requests"` // that the gateway has had
	Seconds    float64   `json:"seconds"`
	Rate       float64   `json:"messages_per_s"`
	P50        float64   `json:"p50_ms"` // from the decision to the gateway
	P99        float64   `json:"p99_ms"`
	RSSFirst   float64   `json:"rss_first_mb"` // after a tenth of the messages
	RSSLast    float64   `json:"rss_last_mb"`  // after nine tenths
	RSSMax     float64   `json:"rss_max_mb"`
	CPU        float64   `json:"cpu_ms"` // a message, of this process: product and gateway
	PgCPU      float64   `json:"postgres_cpu_ms"`
	LoadBefore string    `json:"load_before"` // of the machine: others' work, too
	Pgbench    yardstick `json:"pgbench"`     // alone, on the same server, before and after: the mean
	Ratio      float64   `json:"of_pgbench"`  // messages to pgbench's transactions
}

// sendClients is how many clients pgbench has.
const sendClients = 32

// arrival is the first message that a number had: a hash of its id, and when it came. It is of one size, and there is one for each
// number from the start, so that what the gateway remembers does not look like the product's memory.
type arrival struct {
	id uint64
	at int64 // nanoseconds of Unix time, 0: nothing came yet
}

// countingGateway takes text messages: it notes which number had which message when.
type countingGateway struct {
	mu    sync.Mutex
	got   []arrival // by what follows 138 in the number
	seed  maphash.Seed
	some  int // numbers that have had one
	twice int
	all   int
}

func newCountingGateway(numbers int) *countingGateway {
	g := &countingGateway{got: make([]arrival, numbers), seed: maphash.MakeSeed()}
	for i := range g.got {
		g.got[i].id = 1 // touched: the memory is there before anything is measured
	}
	return g
}

func (g *countingGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ ID, To, Text string }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n, err := strconv.Atoi(strings.TrimPrefix(m.To, "138"))
	if err != nil || n < 0 || n >= len(g.got) {
		http.Error(w, "no such number", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all++
	id := maphash.String(g.seed, m.ID)
	switch first := &g.got[n]; {
	case first.at == 0:
		*first = arrival{id, time.Now().UnixNano()}
		g.some++
	case first.id != id:
		g.twice++
	}
}

func (g *countingGateway) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.some
}

// benchSends plans b.sends personal messages that are all due at once, and measures until the gateway has the last one.
func benchSends(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	b.say("making %d customers with a phone number each; pgbench's tables at scale %d", b.sends, b.scale)
	owner, err := st.AddUser(ctx, store.NewUser{Name: "李雷", Role: crm.Rep, Peers: []string{"wecom:lilei"}})
	if err != nil {
		return nil, err
	}
	if err := b.makeReachable(ctx, owner); err != nil {
		return nil, err
	}
	if err := b.preparePgbench(ctx); err != nil {
		return nil, err
	}
	if err := b.vacuum(ctx, embedded.Database, pgbenchDatabase); err != nil {
		return nil, err
	}
	res := sendsResult{Messages: b.sends, LoadBefore: load()}
	before, err := b.runPgbench(ctx, sendClients)
	if err != nil {
		return nil, err
	}
	if err := b.send(ctx, st, &res); err != nil {
		return nil, err
	}
	after, err := b.runPgbench(ctx, sendClients)
	if err != nil {
		return nil, err
	}
	res.Pgbench = yardstick{Clients: before.Clients, TPS: (before.TPS + after.TPS) / 2, MeanMS: (before.MeanMS + after.MeanMS) / 2, CPU: (before.CPU + after.CPU) / 2, PgCPU: (before.PgCPU + after.PgCPU) / 2}
	res.Ratio = res.Rate / res.Pgbench.TPS
	return res, nil
}

// makeReachable writes the customers, in a few statements: their numbers are sealed as ever.
func (b *bench) makeReachable(ctx context.Context, owner crm.UserID) error {
	db, err := b.owner(embedded.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	const batch = 5000
	for from := 0; from < b.sends; from += batch {
		n := min(batch, b.sends-from)
		names, phones, index := make([]string, n), make([][]byte, n), make([][]byte, n)
		for i := range n {
			phone := fmt.Sprintf("138%08d", from+i)
			names[i], phones[i], index[i] = fmt.Sprintf("顾客%06d", from+i), b.keys.SealText("customers", "phone", phone), b.keys.Index("phone", phone)
		}
		if _, err := db.ExecContext(ctx, `
			INSERT INTO customers (name, name_key, name_core, terms, person, owner_id, created_by, phone, phone_index)
			SELECT name, name, name, '{}', true, $1, $1, phone, ix FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS u (name, phone, ix)`,
			int64(owner), pq.Array(names), pq.Array(phones), pq.Array(index)); err != nil {
			return fmt.Errorf("customers: %w", err)
		}
	}
	return nil
}

// send runs the product and the gateway until all messages are there.
func (b *bench) send(ctx context.Context, st *store.Store, res *sendsResult) error {
	gateway := newCountingGateway(b.sends)
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	server := &http.Server{Handler: gateway}
	go server.Serve(listen) // ends with Close
	defer server.Close()
	door, err := sms.New(sms.Config{URL: "http://key:secret-of-the-gateway@" + listen.Addr().String() + "/send", Now: st.Now, Count: st})
	if err != nil {
		return err
	}
	said, err := messages.Load()
	if err != nil {
		return err
	}
	pack := templates.Default()
	reach := templates.MustReach(pack)
	reach.QuietFrom, reach.QuietTo = 0, 0 // a measurement may run at night
	product := bot.New(bot.Config{Store: st, Actions: action.New(st, action.Config{Reach: &reach.ReachPolicy, Says: reach.Says}), Pack: pack, Messages: said,
		Adapters: []chat.Adapter{door}, Log: b.log, Now: st.Now, Outside: bot.Outside{Company: "云栈茶铺"}})
	run, stop := context.WithCancel(ctx)
	group, run := errgroup.WithContext(run)
	group.Go(func() error { return product.Run(run) })
	defer func() {
		stop()
		if err := group.Wait(); err != nil && ctx.Err() == nil {
			b.say("the product ended: %v", err)
		}
	}()
	spent := b.spent()
	begun := time.Now()
	if err := planSends(ctx, st); err != nil {
		return err
	}
	planned := time.Since(begun)
	for tenth := 1; ; {
		n := gateway.count()
		rss := resident()
		if n >= b.sends/10*tenth {
			b.say("%d messages after %.1f s, %.0f MB", n, time.Since(begun).Seconds(), rss)
			tenth++
		}
		res.RSSMax = max(res.RSSMax, rss)
		if res.RSSFirst == 0 && n >= b.sends/10 {
			res.RSSFirst = rss
		}
		if res.RSSLast == 0 && n >= b.sends*9/10 {
			res.RSSLast = rss
		}
		if n >= b.sends {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-run.Done():
			return fmt.Errorf("the product ended at %d messages", n)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Since(begun) > 20*time.Minute {
			return fmt.Errorf("only %d of %d messages in 20 minutes", n, b.sends)
		}
	}
	res.Seconds = time.Since(begun).Seconds()
	res.Rate = float64(b.sends) / res.Seconds
	used := b.spent().since(spent)
	res.CPU, res.PgCPU = ms(used.own)/float64(b.sends), ms(used.postgres)/float64(b.sends)
	b.say("%d messages planned in %.1f s, all at the gateway after %.1f s", b.sends, planned.Seconds(), res.Seconds)
	gateway.mu.Lock()
	res.Customers, res.Doubles, res.Requests = gateway.some, gateway.twice, gateway.all
	gateway.mu.Unlock()
	return b.sendLatency(ctx, gateway, res)
}

// planSends plans a message to every customer, as a campaign would: in batches, one statement each.
func planSends(ctx context.Context, st *store.Store) error {
	for after := int64(0); ; {
		var ids []int64
		err := st.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			ids = nil
			if err := tx.Select(ctx, &ids, `SELECT id FROM customers WHERE id > $1 ORDER BY id LIMIT 5000`, after); err != nil || len(ids) == 0 {
				return err
			}
			offers, due := make([]crm.Offer, len(ids)), make([]time.Time, len(ids))
			for i, id := range ids {
				due[i] = tx.Now
				offers[i] = crm.Offer{CustomerID: crm.CustomerID(id), Purpose: crm.Care, Source: "bench", Key: "bench:" + strconv.FormatInt(id, 10), Auto: true,
					Text: "{{称呼}}您好，{{门店}}的新茶到了，{{负责人}}给您留了一盒", Fills: map[string]string{"门店": "西湖店"}}
			}
			_, err := tx.AddOffers(ctx, offers, due, nil)
			tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: action.KindOffers, Kind: action.KindOffers})
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// sendLatency is how long messages took from their decision to the gateway.
func (b *bench) sendLatency(ctx context.Context, gateway *countingGateway, res *sendsResult) error {
	db, err := b.owner(embedded.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, `SELECT id, tries, queued_at FROM offers WHERE queued_at IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("offers: %w", err)
	}
	defer rows.Close()
	gateway.mu.Lock()
	defer gateway.mu.Unlock()
	came := make(map[uint64]int64, len(gateway.got))
	for _, a := range gateway.got {
		came[a.id] = a.at
	}
	var took times
	for rows.Next() {
		var id int64
		var try int
		var at time.Time
		if err := rows.Scan(&id, &try, &at); err != nil {
			return fmt.Errorf("offers: %w", err)
		}
		if got := came[maphash.String(gateway.seed, action.OfferKey(crm.OfferID(id), try))]; got > 0 {
			took = append(took, time.Unix(0, got).Sub(at))
		}
	}
	slices.Sort(took)
	res.P50, res.P99 = took.at(0.50), took.at(0.99)
	return rows.Err()
}

// resident is this process's memory in MB.
func resident() float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
