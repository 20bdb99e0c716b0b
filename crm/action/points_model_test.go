package action_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lib/pq"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// Whatever several people do to the same customers at the same time, each ledger reads as if it had been done one by one: every
// entry is what a plain model, which keeps each point by itself, makes of the entries before it.
func TestRandomHistoriesAreHistories(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	customers := []string{"张小姐", "王先生", "李小姐"}
	for _, c := range customers {
		h.must("李雷", call("customer.create", params{"customer": c}))
	}
	var wg sync.WaitGroup
	for g := range 6 {
		rnd := rand.New(rand.NewPCG(7, uint64(g)))
		wg.Go(func() {
			var codes []string
			for i := range 12 {
				c := customers[rnd.IntN(len(customers))]
				var do action.Call
				switch rnd.IntN(5) {
				case 0:
					do = call("order.create", params{"customer": c, "amount": 1 + rnd.IntN(400)})
				case 1:
					do = call("points.redeem", params{"customer": c, "gift": "定制礼盒", "points": 1 + rnd.IntN(150)})
				case 2:
					do = call("points.adjust", params{"customer": c, "points": 1 + rnd.IntN(50)})
				case 3:
					do = call("points.adjust", params{"customer": c, "points": -1 - rnd.IntN(50)})
				case 4:
					if len(codes) == 0 {
						continue
					}
					n := rnd.IntN(len(codes))
					do = call("undo", params{"code": codes[n]})
					codes = slices.Delete(codes, n, n+1)
				}
				out, err := h.x.Run(context.Background(), action.Request{Actor: h.who["李雷"], Calls: []action.Call{do}, Key: fmt.Sprintf("%d:%d", g, i), Via: "api", Now: h.now})
				if err != nil && !errors.Is(err, crm.ErrConflict) {
					t.Errorf("%s %s: %v", do.Name, do.Params, err)
				}
				if out.UndoCode != "" {
					codes = append(codes, out.UndoCode)
				}
			}
		})
	}
	wg.Go(func() { // and nights on which nearly everything ends
		rules := crm.DefaultPointsRules
		x := action.New(h.store, action.Config{Points: rules})
		for range 3 {
			for step := (action.PointsStep{}); !step.Ended; {
				if err := h.store.As(context.Background(), crm.System, func(ctx context.Context, tx *store.Tx) error {
					tx.Now = h.now.AddDate(0, 14, 0)
					next, _, err := x.PointsStep(ctx, tx, step)
					if err == nil {
						step = next
					}
					return err
				}); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	wg.Wait()
	h.sums()
	h.replay()
}

// replay checks each customer's ledger against the plain model.
func (h *house) replay() {
	h.t.Helper()
	rows, err := h.owner.Query(`SELECT l.id, l.customer_id, l.seq, l.kind, l.points, l.owed, l.balance, l.ends::text[], l.parts, coalesce(l.reverses, 0) FROM points_ledger l ORDER BY customer_id, seq`)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	type entry struct {
		id, customer, points, owed, balance, reverses int64
		seq                                           int
		kind                                          string
		ends                                          []string
		parts                                         []int64
	}
	var points []string // of the customer: the last day of each
	var owed int64
	var customer int64
	n := 0
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.id, &e.customer, &e.seq, &e.kind, &e.points, &e.owed, &e.balance, pq.Array(&e.ends), pq.Array(&e.parts), &e.reverses); err != nil {
			h.t.Fatal(err)
		}
		if e.customer != customer {
			customer, points, owed = e.customer, nil, 0
		}
		n++
		before := slices.Clone(points)
		spend := func(n int64, first string) {
			for ; n > 0 && first != "" && slices.Contains(points, first); n-- {
				i := slices.Index(points, first)
				points = slices.Delete(points, i, i+1)
			}
			if n > int64(len(points)) {
				h.t.Errorf("%d #%d: %d spent of %d", e.customer, e.seq, n, len(points))
				n = int64(len(points))
			}
			points = points[n:]
		}
		switch {
		case e.kind == crm.PointsExpire:
			spend(-e.points, "")
		case e.points < 0 && e.kind == crm.PointsRefund:
			first := ""
			for i := range e.ends { // what was given ends on one of these days
				if int64(count(before, e.ends[i])) != -e.parts[i] || len(e.ends) == 1 {
					first = e.ends[i]
				}
			}
			spend(-e.points, first)
		case e.points < 0:
			spend(-e.points, "")
		default:
			for i := range e.ends {
				for range e.parts[i] {
					points = append(points, e.ends[i])
				}
			}
			slices.Sort(points)
		}
		owed += e.owed
		if int64(len(points)) != e.balance || owed < 0 || owed > 0 && e.balance > 0 {
			h.t.Errorf("%d #%d %s %+d: balance %d owed %d, by the model %d", e.customer, e.seq, e.kind, e.points, e.balance, owed, len(points))
		}
		for i := range e.ends {
			if moved := int64(count(points, e.ends[i]) - count(before, e.ends[i])); moved != e.parts[i] {
				h.t.Errorf("%d #%d %s: %+d of %s, by the model %+d", e.customer, e.seq, e.kind, e.parts[i], e.ends[i], moved)
			}
		}
	}
	if err := rows.Err(); err != nil || n < 20 {
		h.t.Errorf("%d entries, %v", n, err)
	}
}

func count(list []string, s string) (n int) {
	for _, l := range list {
		if l == s {
			n++
		}
	}
	return n
}
