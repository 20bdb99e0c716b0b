package faults

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
)

// order is a message that makes exactly one record, which carries its number.
type order struct {
	*said
	n int
}

// firstOrder makes all numbers five digits long, so that none is part of another.
const firstOrder = 10_000

// words is what p says to make record n: a visit, a deal or a reminder.
func words(p person, n int) string {
	switch n % 3 {
	case 0:
		return fmt.Sprintf("拜访了%s,看了第%d号样品", p.firm, n)
	case 1:
		return fmt.Sprintf("%s建个商机 %d元", p.firm, n)
	default:
		return fmt.Sprintf("明天下午3点提醒我带上第%d号合同", n)
	}
}

// mark is how the answer to order n is known.
func mark(n int) string {
	switch n % 3 {
	case 0:
		return fmt.Sprintf("第%d号样品", n)
	case 1:
		return fmt.Sprintf("¥%d,%03d，", n/1000, n%1000)
	default:
		return fmt.Sprintf("带上第%d号合同", n)
	}
}

// crowd lets everybody write numbered messages, in their own rhythm, until it is told to stop.
type crowd struct {
	h      *house
	mu     sync.Mutex
	orders []order
	errs   []error
	halt   chan struct{}
	work   sync.WaitGroup
}

// hurry starts a crowd. Everybody begins with a burst and then goes on more slowly: the platforms allow about 20
// answers a minute in one conversation, and what waits for that proves nothing here.
func (h *house) hurry(seed uint64) *crowd {
	const burst, brisk, calm = 6, 400 * time.Millisecond, 4 * time.Second
	c := &crowd{h: h, halt: make(chan struct{})}
	next := firstOrder
	for i, p := range h.people {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		c.work.Go(func() {
			for said := 0; ; said++ {
				wait := brisk
				if said >= burst {
					wait = calm
				}
				select {
				case <-c.halt:
					return
				case <-time.After(wait + time.Duration(dice.Int64N(int64(wait)))):
				}
				c.mu.Lock()
				n := next
				next++
				c.mu.Unlock()
				s, err := h.trySay(p, words(p, n))
				c.mu.Lock()
				if err != nil {
					c.errs = append(c.errs, err)
				} else {
					c.orders = append(c.orders, order{s, n})
				}
				c.mu.Unlock()
			}
		})
	}
	return c
}

// stop ends the crowd and returns what it said.
func (c *crowd) stop() []order {
	close(c.halt)
	c.work.Wait()
	for _, err := range c.errs {
		c.h.t.Error(err)
	}
	return c.orders
}

// effects counts the records of each order, as they stand in the database.
func (h *house) effects() map[int]int {
	h.t.Helper()
	found := map[int]int{}
	read := func(query string, number func(sealed []byte) (int, error)) {
		rows, err := h.db().Query(query)
		if err != nil {
			h.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				h.t.Fatal(err)
			}
			n, err := number(b)
			if err != nil {
				h.t.Fatal(err)
			}
			found[n]++
		}
		if err := rows.Err(); err != nil {
			h.t.Fatal(err)
		}
	}
	sealed := func(table, format string) func([]byte) (int, error) {
		return func(b []byte) (n int, err error) {
			text, err := h.keys.OpenText(table, "content", b)
			if err == nil {
				_, err = fmt.Sscanf(text, format, &n)
			}
			return n, err
		}
	}
	read(`SELECT content FROM activities WHERE type = 'note'`, sealed("activities", "看了第%d号样品"))
	read(`SELECT content FROM reminders`, sealed("reminders", "带上第%d号合同"))
	read(`SELECT (amount / 100)::text FROM deals`, func(b []byte) (n int, err error) {
		_, err = fmt.Sscan(string(b), &n)
		return n, err
	})
	return found
}

// heard is which of the platforms' message ids stand in the inbox.
func (h *house) heard(orders []order) map[string]bool {
	h.t.Helper()
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.inboxID())
	}
	rows, err := h.db().Query(`SELECT message_id FROM inbox WHERE message_id = ANY($1)`, pq.Array(ids))
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			h.t.Fatal(err)
		}
		if found[id] {
			h.t.Errorf("message %s stands in the inbox twice", id)
		}
		found[id] = true
	}
	return found
}

// answers is what each person's screen says to each order.
func (h *house) answers(orders []order) map[int][]bubble {
	h.t.Helper()
	found := map[int][]bubble{}
	for _, p := range h.people {
		list := h.screen(p)
		for _, o := range orders {
			if o.who.id != p.id {
				continue
			}
			for _, b := range list {
				if strings.Contains(b.text, mark(o.n)) {
					found[o.n] = append(found[o.n], b)
				}
			}
		}
	}
	return found
}

// tally is the balance of what was said and what came of it.
type tally struct {
	said, acknowledged, heard, lost int
	doubled                         []order // answered more than once
	most                            int     // answers to one of them
}

// open counts the messages that wait for an answer, and the answers that wait to be sent.
func (h *house) open() int {
	return h.count(`SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL) + (SELECT count(*) FROM outbox WHERE state = 0 AND not_before < now())`)
}

// waiting logs what waits and why.
func (h *house) waiting() {
	h.t.Helper()
	rows, err := h.db().Query(`
		SELECT format('inbox: %s from %s, received %s ago', message_id, peer, now() - received_at) FROM inbox WHERE done_at IS NULL
		UNION ALL
		SELECT format('outbox: %s to %s, tries %s, code %s, free at %s, made %s ago', key, lane, attempts, code, free_at, now() - created_at) FROM outbox WHERE state = 0 AND not_before < now()
		LIMIT 40`)
	if err != nil {
		h.t.Log(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err == nil {
			h.t.Log(line)
		}
	}
	h.t.Log(rows.Err())
}

// settle waits until nothing is open in inbox and outbox and then holds every order to the promise: one effect
// and an answer if gendan took it, neither if it did not. Orders with a second answer are returned for the test
// to judge.
func (h *house) settle(orders []order, most time.Duration) tally {
	h.t.Helper()
	begun := time.Now()
	for h.open() != 0 {
		if time.Since(begun) > most {
			h.waiting()
			h.t.Fatalf("after %s there still are messages without an answer", most)
		}
		time.Sleep(20 * time.Millisecond)
	}
	h.t.Logf("all quiet after %s", time.Since(begun).Round(time.Millisecond))
	effects, heard, answers := h.effects(), h.heard(orders), h.answers(orders)
	r := tally{said: len(orders)}
	for _, o := range orders {
		ack, in, n, a := h.acknowledged(o.said), heard[o.inboxID()], effects[o.n], len(answers[o.n])
		delete(effects, o.n)
		if ack {
			r.acknowledged++
		}
		want := 0
		if in {
			r.heard++
			want = 1
		} else {
			r.lost++
		}
		switch {
		case ack && !in:
			h.t.Errorf("%s: %q was acknowledged and does not stand in the inbox", o.who.door, o.text)
		case n != want:
			h.t.Errorf("%s: %q has %d effects, want %d", o.who.door, o.text, n, want)
		case a < want || want == 0 && a > 0:
			h.t.Errorf("%s: %q has %d answers, want %d", o.who.door, o.text, a, want)
		case a > 1:
			r.doubled, r.most = append(r.doubled, o), max(r.most, a)
		}
	}
	for n, k := range effects {
		h.t.Errorf("%d records numbered %d, which nobody ordered", k, n)
	}
	return r
}

func (r tally) log(t testing.TB) {
	t.Helper()
	t.Logf("%d messages: %d acknowledged, %d in the inbox with one effect and an answer each, %d lost by the platforms while nobody was connected; %d answered more than once",
		r.said, r.acknowledged, r.heard, r.lost, len(r.doubled))
}
