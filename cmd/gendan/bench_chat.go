package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"gendan/adapters/embedded"
	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/bot/timer"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
	"gendan/templates/messages"
)

// chatFigure is one measurement of chat turns.
type chatFigure struct {
	People int     `json:"people"`
	Door   string  `json:"door"`
	TPS    float64 `json:"turns_per_s"`
	P50    float64 `json:"p50_ms"` // from the callback to the answer handed to the platform
	P99    float64 `json:"p99_ms"`
	Offer  float64 `json:"offered_per_s,omitempty"` // open loop: messages come at this rate, whatever the answers do
	Ratio  float64 `json:"of_pgbench,omitempty"`
	CPU    float64 `json:"cpu_ms"`          // a turn, of this process: people, platform and product
	PgCPU  float64 `json:"postgres_cpu_ms"` // a turn
}

func (f *chatFigure) numbers() []*float64 {
	return []*float64{&f.TPS, &f.P50, &f.P99, &f.Offer, &f.Ratio, &f.CPU, &f.PgCPU}
}

// measured fills in what a loop that began at begun, with before spent, came to.
func (f *chatFigure) measured(b *bench, all times, begun time.Time, before cpu) {
	spent, n := b.spent().since(before), float64(max(1, len(all)))
	f.TPS, f.P50, f.P99 = n/time.Since(begun).Seconds(), all.at(.5), all.at(.99)
	f.CPU, f.PgCPU = spent.own.Seconds()*1000/n, spent.postgres.Seconds()*1000/n
}

type chatResult struct {
	Chat    []chatFigure `json:"chat"`
	Half    chatFigure   `json:"half_load"`
	Pgbench []yardstick  `json:"pgbench"`
	Turns   int64        `json:"turns"`
	Wrong   int64        `json:"wrong_answers"`
	Best    float64      `json:"best_ratio"`
}

// pgbenchClients is pgbench's peer of so many people: one, or as many as serve it best on a small machine.
func pgbenchClients(people int) int { return min(people, 8) }

// benchChat measures whole turns over WeCom's wire: a signed and sealed callback, the inbox, the turn, the
// action, the outbox, message/send. In turn with it pgbench runs on the same server.
func benchChat(ctx context.Context, b *bench) (any, error) {
	st, err := b.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	most := slices.Max(b.people)
	b.say("making %d people with %d customers each, and pgbench's tables at scale %d", most, ownCustomers, b.scale)
	crowd, err := players(ctx, st, most)
	if err != nil {
		return nil, err
	}
	if err := b.preparePgbench(ctx); err != nil {
		return nil, err
	}
	h, err := openHouse(ctx, b, st, crowd)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := b.vacuum(ctx, embedded.Database, pgbenchDatabase); err != nil { // the planner knows the tables that were just filled, on both sides
		return nil, err
	}
	if _, err := h.closedLoop(ctx, b, most, wecomtest.DoorApp, time.Second); err != nil { // warm
		return nil, err
	}
	return chatRounds(ctx, b, h)
}

func (b *bench) vacuum(ctx context.Context, databases ...string) error {
	for _, name := range databases {
		db, err := b.owner(name)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `VACUUM ANALYZE`)
		db.Close()
		if err != nil {
			return fmt.Errorf("vacuum %s: %w", name, err)
		}
	}
	return nil
}

func chatRounds(ctx context.Context, b *bench, h *house) (any, error) {
	figures := make([][]chatFigure, len(b.people)+1) // the last is the long connection
	sticks := map[int][]yardstick{}
	var half []chatFigure
	for round := range b.rounds {
		b.say("round %d of %d", round+1, b.rounds)
		best := 0.0
		for i, n := range b.people {
			y, err := b.runPgbench(ctx, pgbenchClients(n))
			if err != nil {
				return nil, err
			}
			sticks[y.Clients] = append(sticks[y.Clients], y)
			f, err := h.closedLoop(ctx, b, n, wecomtest.DoorApp, b.seconds)
			if err != nil {
				return nil, err
			}
			f.Ratio = f.TPS / y.TPS
			figures[i] = append(figures[i], f)
			best = max(best, f.TPS)
		}
		f, err := h.closedLoop(ctx, b, min(50, len(h.crowd)), wecomtest.DoorBot, b.seconds)
		if err != nil {
			return nil, err
		}
		figures[len(b.people)] = append(figures[len(b.people)], f)
		f, err = h.openLoop(ctx, b, best/2)
		if err != nil {
			return nil, err
		}
		half = append(half, f)
	}
	if err := h.settled(ctx, 0); err != nil {
		return nil, err
	}
	res := chatResult{Half: medians(half, (*chatFigure).numbers), Turns: h.turns.Load(), Wrong: h.wrong.Load()}
	for _, rounds := range figures {
		f := medians(rounds, (*chatFigure).numbers)
		res.Chat = append(res.Chat, f)
		res.Best = max(res.Best, f.Ratio)
	}
	for _, rounds := range sticks {
		res.Pgbench = append(res.Pgbench, medians(rounds, (*yardstick).numbers))
	}
	slices.SortFunc(res.Pgbench, func(a, b yardstick) int { return a.Clients - b.Clients })
	if res.Wrong > 0 {
		return nil, fmt.Errorf("%d of %d answers were not what they should be, such as %q", res.Wrong, res.Turns, h.sample.Load())
	}
	return res, nil
}

// house is the product and the platform around it, in this process, with real sockets between them.
type house struct {
	sim     *wecomtest.Server
	crowd   []*player
	byUser  map[string]*player
	stop    context.CancelFunc
	done    *errgroup.Group
	web     *http.Server
	owner   interface{ Close() error }
	count   func(ctx context.Context, query string) (int64, error)
	turns   atomic.Int64
	wrong   atomic.Int64
	sample  atomic.Value
	pushed  atomic.Pointer[complaints] // takes what colleagues hear of others' doing
	counted atomic.Int64               // of these
}

// openHouse starts the simulator and the product, as serve does but without quotas.
func openHouse(ctx context.Context, b *bench, st *store.Store, crowd []*player) (_ *house, err error) {
	h := &house{crowd: crowd, byUser: map[string]*player{}}
	org := wecomtest.Org{}
	for _, p := range crowd {
		h.byUser[p.user] = p
		org.People = append(org.People, wecomtest.Person{UserID: p.user, Name: p.user})
	}
	h.sim = wecomtest.New(wecomtest.Config{Org: org, OnEntry: h.shown, Limits: wecomtest.Limits{PerMinute: -1, PerHour: -1, InProgress: -1, Bubbles: 4}})
	address, err := h.sim.Start("")
	if err != nil {
		return nil, err
	}
	c := h.sim.Config()
	adapter, err := wecom.New(wecom.Config{
		CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey, BotID: c.BotID, BotSecret: c.BotSecret,
		APIURL: address, WSURL: h.sim.WSURL(), PerMinute: -1, PerHour: -1,
		Log: b.log.Named("wecom"), Redis: b.redis, Elector: st.Elector(b.redis),
	})
	if err != nil {
		return nil, err
	}
	pack := templates.Default()
	said, err := messages.Load()
	if err != nil {
		return nil, err
	}
	talk := bot.New(bot.Config{
		Store: st, Actions: action.New(st, action.Config{Field: templates.MustField(pack), Service: pack.Service, Stages: pack.StageNames()}), Pack: pack, Messages: said,
		Adapters: []chat.Adapter{adapter}, Log: b.log.Named("bot"), Now: time.Now,
	})
	alarm := timer.New(st, b.redis, time.Now, b.log.Named("timer"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/callback/wecom", adapter.Callback())
	h.web = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: zap.NewStdLog(b.log)}
	running, stop := context.WithCancel(ctx)
	h.stop = stop
	h.done, running = errgroup.WithContext(running)
	h.done.Go(func() error { return talk.Run(running) })
	h.done.Go(func() error { return alarm.Run(running) })
	h.done.Go(func() error { return st.Keep(running) })
	h.done.Go(func() error { return ignoreClosed(h.web.Serve(listener)) })
	db, err := b.owner(embedded.Database)
	if err != nil {
		return nil, err
	}
	h.owner = db
	h.count = func(ctx context.Context, query string) (n int64, err error) {
		err = db.QueryRowContext(ctx, query).Scan(&n)
		return n, err
	}
	if err := h.sim.SetCallback(ctx, "http://"+listener.Addr().String()+"/callback/wecom"); err != nil {
		return nil, err
	}
	for start := time.Now(); !adapter.Ready(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			return nil, errors.New("the long connection did not come up")
		}
	}
	return h, nil
}

func (h *house) close() {
	h.stop()
	_ = h.web.Close()
	_ = h.done.Wait() // it ends because we stopped it
	h.sim.Close()
	_ = h.owner.Close()
}

// shown hears what the platform shows to people.
func (h *house) shown(e wecomtest.Entry) {
	if e.Kind != wecomtest.KindPush && e.Kind != wecomtest.KindReply {
		return
	}
	if c := h.pushed.Load(); c != nil && c.shown(h, e) {
		return
	}
	if p := h.byUser[e.User]; p != nil {
		select {
		case p.heard <- e:
		default: // more than one answer to a message: settled counts them
		}
	}
}

const patience = 30 * time.Second // with one answer

// turn lets p say something and waits for the answer.
func (h *house) turn(ctx context.Context, p *player, door string) error {
	return h.ask(ctx, p, p.next(), door)
}

// ask lets p say l and waits for the answer.
func (h *house) ask(ctx context.Context, p *player, l line, door string) error {
	if _, err := h.sim.Say(p.user, l.say, wecomtest.Options{Door: door}); err != nil {
		return err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case e := <-p.heard:
		h.turns.Add(1)
		if !l.told(e) {
			h.wrong.Add(1)
			h.sample.Store(l.say + " → " + e.Body)
		}
		return nil
	case <-late.C:
		return fmt.Errorf("no answer to %q within %s", l.say, patience)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closedLoop lets n people write for d, each again as soon as they are answered.
func (h *house) closedLoop(ctx context.Context, b *bench, n int, door string, d time.Duration) (f chatFigure, err error) {
	var (
		mu  sync.Mutex
		all times
	)
	before, begun := b.spent(), time.Now()
	end := begun.Add(d)
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range h.crowd[:n] {
		g.Go(func() error {
			var own times
			for {
				start := time.Now()
				if !start.Before(end) {
					break
				}
				if err := h.turn(ctx, p, door); err != nil {
					return err
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return f, err
	}
	f = chatFigure{People: n, Door: door}
	f.measured(b, all, begun, before)
	b.say("%d people by the %s door: %.0f turns/s, p50 %.2f ms, p99 %.2f ms; processor a turn: %.2f ms and %.2f ms in Postgres", n, door, f.TPS, f.P50, f.P99, f.CPU, f.PgCPU)
	return f, nil
}

// openLoop lets messages come at rate a second, from whoever is free, and counts the time from when each was to
// come: a stall is paid for by all that come during it.
func (h *house) openLoop(ctx context.Context, b *bench, rate float64) (f chatFigure, err error) {
	free := make(chan *player, len(h.crowd))
	for _, p := range h.crowd {
		free <- p
	}
	var (
		mu  sync.Mutex
		all times
	)
	g, ctx := errgroup.WithContext(ctx)
	before, begun := b.spent(), time.Now()
	for i := 0; ; i++ {
		at := begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if at.Sub(begun) >= b.seconds {
			break
		}
		time.Sleep(time.Until(at))
		var p *player
		select {
		case p = <-free:
		case <-ctx.Done():
			return f, g.Wait()
		}
		g.Go(func() error {
			if err := h.turn(ctx, p, wecomtest.DoorApp); err != nil {
				return err
			}
			took := time.Since(at)
			free <- p
			mu.Lock()
			all = append(all, took)
			mu.Unlock()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return f, err
	}
	f = chatFigure{People: len(h.crowd), Door: wecomtest.DoorApp, Offer: rate}
	f.measured(b, all, begun, before)
	b.say("half load: %.0f messages/s offered, %.0f turns/s, p50 %.2f ms, p99 %.2f ms", rate, f.TPS, f.P50, f.P99)
	return f, nil
}

// settled makes sure that nothing was cut short: every message is answered, every answer sent, each once; told is how many
// messages colleagues got besides.
func (h *house) settled(ctx context.Context, told int64) error {
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		open, err := h.count(ctx, `SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL) + (SELECT count(*) FROM outbox WHERE state = 0 AND platform <> '' AND kind = 'reply')`)
		if err != nil {
			return err
		}
		if open == 0 {
			break
		}
		if time.Since(start) > patience {
			return fmt.Errorf("%d rows of inbox and outbox are still open", open)
		}
	}
	heard, err := h.count(ctx, `SELECT count(*) FROM inbox`)
	if err != nil {
		return err
	}
	c := h.sim.Counters()
	if turns := h.turns.Load(); heard != turns || c.Pushes+c.Replies != turns+told || c.Lost > 0 || c.Retried > 0 {
		return fmt.Errorf("%d turns, but %d messages heard, %d answers shown, %d lost, %d retried", turns, heard, c.Pushes+c.Replies, c.Lost, c.Retried)
	}
	return nil
}
