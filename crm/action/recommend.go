package action

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"gendan/crm/predict"
)

// RecommendView asks what to offer a customer.
type RecommendView struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// RecommendationView is Data of recommend.view.
type RecommendationView struct {
	ID       int64            `json:"id"`
	Customer string           `json:"customer"`
	Rows     []RecommendedRow `json:"rows,omitempty"`
	Again    []CycleViewRow   `json:"again,omitempty"` // what should be bought again
	Bought   int              `json:"bought"`          // products that the customer has
	Learned  int              `json:"learned"`         // customers it was learned from; 0: nothing yet
}

// RecommendedRow is a product to offer.
type RecommendedRow struct {
	Product string  `json:"product"`
	ID      int64   `json:"id"`
	Reason  string  `json:"reason"` // 「买了笔记本的客户常买鼠标」 and by how much
	Why     string  `json:"why"`    // together, follows, segment, popular
	Lift    float64 `json:"lift"`
	N       int     `json:"customers"`
}

// recommendMost is how many products are offered at once.
const recommendMost = 5

func recommendView(ctx context.Context, r *run, p *RecommendView) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	v, err := r.recommend(ctx, c.ID, recommendMost)
	if err != nil {
		return nil, err
	}
	v.ID, v.Customer = c.ID, c.Name
	return view(&Result{Record: c.ref()}, v)
}

// recommend suggests at most so many products for a customer, with reasons, and says what should be bought again.
func (r *run) recommend(ctx context.Context, customer int64, most int) (v RecommendationView, err error) {
	shelf, err := r.tx.ShelfOf(ctx, customer)
	if notFound(err) {
		return v, nil // made in this very run
	}
	if err != nil {
		return v, err
	}
	models, err := r.tx.Models(ctx)
	if err != nil {
		return v, err
	}
	var kept basketsKept
	if row, ok := models["baskets"]; ok {
		if err := json.Unmarshal(row.Params, &kept); err != nil {
			return v, fmt.Errorf("model baskets: %w", err)
		}
	}
	v.Bought, v.Learned = len(shelf.Owned), kept.Customers
	b := predict.Baskets{Customers: kept.Customers, Segments: kept.Segments, Bought: map[int64]int{}, BySegment: map[string]map[int64]int{shelf.Segment: {}},
		Category: map[int64]string{}, Pairs: map[int64][]predict.Pair{}, Follow: map[string][]predict.CategoryPair{}, Mixed: kept.Mixed}
	if shelf.Segment == "" {
		b.Segments = nil
	}
	names, used := map[int64]string{}, map[int64]bool{}
	for _, g := range shelf.Goods {
		names[g.ID], b.Category[g.ID], used[g.ID] = g.Name, g.Category, g.LifeDays > 0
	}
	for _, x := range shelf.Buyers {
		if names[x.ProductID] == "" {
			continue
		}
		if x.Segment == "" {
			b.Bought[x.ProductID] = x.Buyers
		} else {
			b.BySegment[shelf.Segment][x.ProductID] = x.Buyers
		}
	}
	for _, x := range shelf.Pairs {
		b.Pairs[x.ProductID] = append(b.Pairs[x.ProductID], predict.Pair{Other: x.OtherID, N: x.Together, Share: x.Share, Lift: x.Lift})
	}
	for _, x := range shelf.Follows {
		b.Follow[x.Category] = append(b.Follow[x.Category], predict.CategoryPair{Other: x.Other, N: x.Together, Lift: x.Lift})
	}
	for _, s := range b.Suggest(shelf.Owned, shelf.Segment, func(x int64) bool { return slices.Contains(shelf.Owned, x) }, most) {
		v.Rows = append(v.Rows, RecommendedRow{Product: names[s.Item], ID: s.Item, Why: string(s.Why), Lift: math.Round(s.Lift*10) / 10, N: s.N,
			Reason: why(s, names, b.Category, shelf.Segment)})
	}
	again, err := r.tx.CyclesOf(ctx, customer, 3)
	if err != nil {
		return v, err
	}
	for _, row := range again {
		v.Again = append(v.Again, r.cycleRow(row))
	}
	return v, nil
}

// why says what a suggestion stands on.
func why(s predict.Suggestion, names map[int64]string, category map[int64]string, segment string) string {
	percent := int(math.Round(100 * s.Share))
	switch s.Why {
	case predict.Together:
		return fmt.Sprintf("买了%s的客户常买%s：%d 位里有 %d%%，是平常的 %.1f 倍", names[s.From], names[s.Item], int(math.Round(float64(s.N)/s.Share)), percent, s.Lift)
	case predict.Follows:
		return fmt.Sprintf("买过%s的客户接着常买%s", category[s.From], category[s.Item])
	case predict.Segment:
		kind, name, _ := strings.Cut(segment, ":")
		if kind == "source" {
			name += "来"
		}
		return fmt.Sprintf("%s的客户爱买，每 100 位有 %d 位买过", name, percent)
	}
	return fmt.Sprintf("大家常买，每 100 位有 %d 位买过", max(1, percent))
}
