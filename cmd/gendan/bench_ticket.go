package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gendan/adapters/embedded"
	"gendan/adapters/wecom/wecomtest"
	"gendan/crm"
	"gendan/crm/store"
)

// The tickets bench: how many agents write down complaints, and for how many sales people's customers.
const (
	ticketAgents = 200
	ticketOwners = 200
)

// ticketResult is how soon owners hear of complaints that come at a fixed rate, whatever becomes of them.
type ticketResult struct {
	Rate      float64   `json:"offered_per_s"`
	Seconds   float64   `json:"seconds"`
	Tickets   int64     `json:"tickets"`
	Done      float64   `json:"tickets_per_s"`
	P50       float64   `json:"p50_ms"` // from when the agent's message was to come to the card in the owner's chat
	P99       float64   `json:"p99_ms"`
	Max       float64   `json:"max_ms"`
	AnswerP50 float64   `json:"answer_p50_ms"` // to the agent's receipt
	AnswerP99 float64   `json:"answer_p99_ms"`
	CPU       float64   `json:"cpu_ms"` // a ticket, of this process: agents, platform and product
	PgCPU     float64   `json:"postgres_cpu_ms"`
	Pgbench   yardstick `json:"pgbench"` // alone, on the same server, before and after: the mean
}

// ticketMark is how a complaint is known in its owner's chat.
var ticketMark = regexp.MustCompile(`N([0-9]{7})`)

// complaints is the load: when each complaint was to come, and when its owner saw it.
type complaints struct {
	mu    sync.Mutex
	due   []time.Time
	owner []string
	seen  []int
	told  times
	all   chan struct{} // closed when everybody has heard
	left  int
}

// shown takes what an owner's phone shows; it reports whether it was a complaint.
func (c *complaints) shown(h *house, e wecomtest.Entry) bool {
	m := ticketMark.FindStringSubmatch(e.Body)
	if m == nil {
		return false
	}
	n, err := strconv.Atoi(m[1])
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || n >= len(c.due) || c.owner[n] != e.User {
		return false // the agent's own receipt
	}
	h.counted.Add(1)
	if c.seen[n]++; c.seen[n] > 1 {
		return true // what did not fit into the card came as text before it
	}
	c.told = append(c.told, time.Since(c.due[n]))
	if c.left--; c.left == 0 {
		close(c.all)
	}
	return true
}

// benchTickets lets agents tell of complaints over WeCom's wire, at a fixed rate, and measures until the customer's owner has
// the card in the chat: callback, inbox, turn, ticket with its deadlines and timers, outbox, rendering as the owner, push.
func benchTickets(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	b.say("making %d sales people with %d customers each and %d agents; pgbench's tables at scale %d", ticketOwners, ownCustomers, ticketAgents, b.scale)
	owners, err := players(ctx, st, ticketOwners)
	if err != nil {
		return nil, err
	}
	agents, err := agentPlayers(ctx, st, ticketAgents)
	if err != nil {
		return nil, err
	}
	if err := b.preparePgbench(ctx); err != nil {
		return nil, err
	}
	h, err := openHouse(ctx, b, st, append(agents, owners...))
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := b.vacuum(ctx, embedded.Database, pgbenchDatabase); err != nil {
		return nil, err
	}
	if _, err := h.complain(ctx, b, agents, owners, min(b.rate, 50), 2*time.Second); err != nil { // warm
		return nil, err
	}
	before, err := b.runPgbench(ctx, pgbenchClients(ticketAgents))
	if err != nil {
		return nil, err
	}
	res, err := h.complain(ctx, b, agents, owners, b.rate, b.minute)
	if err != nil {
		return nil, err
	}
	after, err := b.runPgbench(ctx, pgbenchClients(ticketAgents))
	if err != nil {
		return nil, err
	}
	res.Pgbench = yardstick{Clients: before.Clients, TPS: (before.TPS + after.TPS) / 2, MeanMS: (before.MeanMS + after.MeanMS) / 2,
		CPU: (before.CPU + after.CPU) / 2, PgCPU: (before.PgCPU + after.PgCPU) / 2}
	return res, h.settled(ctx, h.counted.Load())
}

// agentPlayers makes n people of the service desk.
func agentPlayers(ctx context.Context, st *store.Store, n int) ([]*player, error) {
	all := make([]*player, n)
	for i := range n {
		p := &player{user: fmt.Sprintf("agent%04d", i), heard: make(chan wecomtest.Entry, 64)}
		all[i] = p
		if _, err := st.AddUser(ctx, store.NewUser{Name: fmt.Sprintf("客服%04d", i), Role: crm.Service, Team: "客服部", Peers: []string{"wecom:" + p.user}}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complain lets complaints come at rate a second for d, from whichever agent is free.
func (h *house) complain(ctx context.Context, b *bench, agents, owners []*player, rate float64, d time.Duration) (res ticketResult, err error) {
	total := int(rate * d.Seconds())
	c := &complaints{due: make([]time.Time, total), owner: make([]string, total), seen: make([]int, total), all: make(chan struct{}), left: total}
	h.pushed.Store(c)
	defer h.pushed.Store(nil)
	free := make(chan *player, len(agents))
	for _, p := range agents {
		free <- p
	}
	var answers times
	var mu sync.Mutex
	before, begun := b.spent(), time.Now()
	g, inside := errgroup.WithContext(ctx)
	for i := range total {
		at := begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		time.Sleep(time.Until(at))
		owner := owners[i%len(owners)]
		brand := owner.brands[i/len(owners)%len(owner.brands)]
		c.mu.Lock()
		c.due[i], c.owner[i] = at, owner.user
		c.mu.Unlock()
		var p *player
		select {
		case p = <-free:
		case <-inside.Done():
			return res, g.Wait()
		}
		g.Go(func() error {
			say := line{fmt.Sprintf("%s投诉打印机卡纸N%07d,很着急", brand, i), "已建工单"}
			if err := h.ask(inside, p, say, wecomtest.DoorApp); err != nil {
				return err
			}
			took := time.Since(at)
			free <- p
			mu.Lock()
			answers = append(answers, took)
			mu.Unlock()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return res, err
	}
	if wrong := h.wrong.Load(); wrong > 0 {
		return res, fmt.Errorf("%d answers were not what they should be, such as %q", wrong, h.sample.Load())
	}
	select {
	case <-c.all:
	case <-time.After(patience):
		return res, fmt.Errorf("owners have not heard of %d of %d tickets", c.left, total)
	case <-ctx.Done():
		return res, ctx.Err()
	}
	spent, n := b.spent().since(before), float64(total)
	took := time.Since(begun)
	res = ticketResult{Rate: rate, Seconds: d.Seconds(), Tickets: int64(total), Done: n / took.Seconds(), P50: c.told.at(.5), P99: c.told.at(.99), Max: c.told.at(1),
		AnswerP50: answers.at(.5), AnswerP99: answers.at(.99), CPU: spent.own.Seconds() * 1000 / n, PgCPU: spent.postgres.Seconds() * 1000 / n}
	b.say("%.0f tickets/s offered for %s: owner's chat p50 %.1f ms, p99 %.1f ms, max %.1f ms; receipt p50 %.1f ms, p99 %.1f ms; processor a ticket: %.2f ms and %.2f ms in Postgres",
		rate, d, res.P50, res.P99, res.Max, res.AnswerP50, res.AnswerP99, res.CPU, res.PgCPU)
	return res, nil
}

// table writes the figures for a document.
func (f ticketResult) table(w *strings.Builder) {
	w.WriteString("| | a second | p50 | p99 | max | processor each: own + Postgres |\n|---|---|---|---|---|---|\n")
	fmt.Fprintf(w, "| pgbench, clients: %d | %.0f | mean %.2f ms | | | %.2f + %.2f ms |\n", f.Pgbench.Clients, f.Pgbench.TPS, f.Pgbench.MeanMS, f.Pgbench.CPU, f.Pgbench.PgCPU)
	fmt.Fprintf(w, "| agent's message → owner's chat, %.0f/s offered for %.0f s | **%.0f** | %.1f ms | **%.1f ms** | %.1f ms | %.2f + %.2f ms |\n",
		f.Rate, f.Seconds, f.Done, f.P50, f.P99, f.Max, f.CPU, f.PgCPU)
	fmt.Fprintf(w, "| agent's message → agent's receipt | | %.1f ms | %.1f ms | | |\n\n%d tickets, each shown to its owner once.\n\n", f.AnswerP50, f.AnswerP99, f.Tickets)
}
