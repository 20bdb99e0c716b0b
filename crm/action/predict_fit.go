package action

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gendan/crm/predict"
	"gendan/crm/store"
)

// models are what was learned of all customers, ready to tell of one.
type models struct {
	bgnbd  *predict.BGNBD // nil: too few came back to learn from
	cycles predict.Cycles
	life   map[int64]float64 // days that one of a product lasts, where somebody said so
}

// dayOf is the number of the day in Shanghai on which an instant falls.
func dayOf(at time.Time) float64 { return math.Floor(float64(at.Unix()+8*3600) / 86400) }

// midnight is when the day of that number begins in Shanghai.
func midnight(day float64) time.Time { return time.Unix(int64(day)*86400-8*3600, 0).UTC() }

// fitModels learns from what customers bought and writes down the models as of now. Of very many customers it looks at an even part.
func (x *Executor) fitModels(ctx context.Context, tx *store.Tx) error {
	buyers, err := tx.Buyers(ctx)
	if err != nil {
		return err
	}
	nth := (buyers + x.churn.FitMost - 1) / max(1, x.churn.FitMost)
	rows, err := tx.PurchasesSample(ctx, nth)
	if err != nil {
		return err
	}
	goods, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	category, life := map[int64]string{}, lifeOf(goods)
	for _, g := range goods {
		category[g.ID] = g.Category
	}
	segments, err := tx.SegmentsOf(ctx, nth)
	if err != nil {
		return err
	}
	var histories []predict.History
	var series []predict.Series
	var orders []predict.Order
	today := dayOf(tx.Now)
	eachBuyer(rows, func(id int64, mine []store.PurchaseRow) {
		if h, ok := predict.HistoryOf(daysOf(mine), today); ok {
			histories = append(histories, h)
		}
		for _, s := range seriesOf(mine, life) {
			if len(s.gaps) > 0 {
				series = append(series, predict.Series{Product: s.product, Gaps: s.gaps})
			}
		}
		for i, p := range mine {
			if p.ProductID == 0 {
				continue
			}
			if n := len(orders); n == 0 || orders[n-1].Customer != id || i > 0 && mine[i-1].Purchase != p.Purchase {
				orders = append(orders, predict.Order{Customer: id})
			}
			o := &orders[len(orders)-1]
			o.Items = append(o.Items, p.ProductID)
		}
	})
	if m, err := predict.FitBGNBD(histories); err == nil { // with too few the rule of silence speaks alone
		if err := tx.KeepModel(ctx, "bgnbd", m, m.N); err != nil {
			return err
		}
	}
	cycles := predict.FitCycles(series, life)
	var kept []store.ProductCycleRow
	for p, k := range cycles.Products {
		kept = append(kept, store.ProductCycleRow{ProductID: p, Mean: k.Mean, Between: k.Between, Within: k.Within, Customers: k.Customers, Known: k.Known})
	}
	if err := tx.KeepProductCycles(ctx, kept); err != nil {
		return err
	}
	if err := tx.KeepModel(ctx, "cycles", cycles.Any, len(series)); err != nil {
		return err
	}
	return keepBaskets(ctx, tx, predict.FitBaskets(orders, category, segments))
}

// basketsKept is what of the baskets belongs to no product.
type basketsKept struct {
	Customers int            `json:"customers"`
	Segments  map[string]int `json:"segments"` // customers by segment

	Mixed map[string][]string `json:"mixed,omitempty"` // categories that share customers
}

func keepBaskets(ctx context.Context, tx *store.Tx, b *predict.Baskets) error {
	var pairs []store.ProductPairRow
	for from, list := range b.Pairs {
		for _, p := range list {
			pairs = append(pairs, store.ProductPairRow{ProductID: from, OtherID: p.Other, Together: p.N, Share: p.Share, Lift: p.Lift})
		}
	}
	var follows []store.FollowRow
	for from, list := range b.Follow {
		for _, f := range list {
			follows = append(follows, store.FollowRow{Category: from, Other: f.Other, Together: f.N, Lift: f.Lift})
		}
	}
	var buyers []store.BuyersRow
	for p, n := range b.Bought {
		buyers = append(buyers, store.BuyersRow{ProductID: p, Buyers: n})
	}
	for s, list := range b.BySegment {
		for p, n := range list {
			buyers = append(buyers, store.BuyersRow{Segment: s, ProductID: p, Buyers: n})
		}
	}
	if err := tx.KeepPairs(ctx, pairs); err != nil {
		return err
	}
	if err := tx.KeepFollows(ctx, follows); err != nil {
		return err
	}
	if err := tx.KeepBuyers(ctx, buyers); err != nil {
		return err
	}
	return tx.KeepModel(ctx, "baskets", basketsKept{b.Customers, b.Segments, b.Mixed}, b.Customers)
}

// loadModels reads what was learned last.
func loadModels(ctx context.Context, tx *store.Tx) (m models, err error) {
	rows, err := tx.Models(ctx)
	if err != nil {
		return m, err
	}
	if row, ok := rows["bgnbd"]; ok {
		m.bgnbd = &predict.BGNBD{}
		if err := json.Unmarshal(row.Params, m.bgnbd); err != nil {
			return m, fmt.Errorf("model bgnbd: %w", err)
		}
	}
	if row, ok := rows["cycles"]; ok {
		if err := json.Unmarshal(row.Params, &m.cycles.Any); err != nil {
			return m, fmt.Errorf("model cycles: %w", err)
		}
	}
	cycles, err := tx.ProductCycles(ctx)
	if err != nil {
		return m, err
	}
	m.cycles.Products = map[int64]predict.ProductCycle{}
	for _, k := range cycles {
		m.cycles.Products[k.ProductID] = predict.ProductCycle{Mean: k.Mean, Between: k.Between, Within: k.Within, Customers: k.Customers, Known: k.Known}
	}
	goods, err := tx.Catalogue(ctx)
	m.life = lifeOf(goods)
	return m, err
}

func lifeOf(goods []store.LifeRow) map[int64]float64 {
	life := map[int64]float64{}
	for _, g := range goods {
		if g.LifeDays > 0 {
			life[g.ID] = float64(g.LifeDays)
		}
	}
	return life
}

// eachBuyer hands over the purchases of each customer; those of one stand together.
func eachBuyer(rows []store.PurchaseRow, do func(id int64, mine []store.PurchaseRow)) {
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && rows[to].CustomerID == rows[from].CustomerID {
			to++
		}
		do(rows[from].CustomerID, rows[from:to])
		from = to
	}
}

func daysOf(rows []store.PurchaseRow) []float64 {
	days := make([]float64, len(rows))
	for i, r := range rows {
		days[i] = dayOf(r.At)
	}
	return days
}

// bought is how one customer bought one product.
type bought struct {
	product int64
	times   int       // days on which it was bought
	last    time.Time // the last of them
	pieces  float64   // that were bought then, 1 for what is not used up piece by piece
	gaps    []float64 // days between purchases; of what is used up, for one piece
}

// seriesOf draws the series out of a customer's purchases, in the order of first purchases. What is bought on one day is one purchase; of a
// product that is known to be used up, two pieces last twice as long.
func seriesOf(rows []store.PurchaseRow, life map[int64]float64) []bought {
	var all []bought
	at := map[int64]int{}
	for _, r := range rows {
		if r.ProductID == 0 {
			continue
		}
		pieces := 1.0
		if life[r.ProductID] > 0 && r.Quantity > 1 {
			pieces = r.Quantity
		}
		i, known := at[r.ProductID]
		if !known {
			at[r.ProductID] = len(all)
			all = append(all, bought{product: r.ProductID, times: 1, last: r.At, pieces: pieces})
			continue
		}
		b := &all[i]
		gap := dayOf(r.At) - dayOf(b.last)
		if gap < 1 {
			if life[r.ProductID] > 0 {
				b.pieces += pieces
			}
			continue
		}
		b.gaps = append(b.gaps, gap/b.pieces)
		b.times, b.last, b.pieces = b.times+1, r.At, pieces
	}
	return all
}
