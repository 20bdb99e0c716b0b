package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// CustomerQuery is a filter as the store knows it: names are numbers, values are checked. Zero values select all; all that is
// given must hold. gendan_filter_sql makes a condition of it.
type CustomerQuery struct {
	Text        string   // a part of the name
	Phone       string   // a whole number, or its last four digits
	Owners      []int64  // any of them; nil is anybody
	Level       string   // exactly
	Industry    string   // a part of it
	Regions     []string // a part of it is any of them
	Source      string   // a part of it
	Tags        []string // all of them
	Stage       string   // of an open deal
	QuietDays   int      // days since the last contact, or since the customer came
	NoOrderDays int      // days since the last order, or since the customer came
	MinSpent    *crm.Money
	MaxSpent    *crm.Money
	MinOrders   *int
	MaxOrders   *int
	Birthday    string // today, tomorrow, this_week, next_week, this_month, next_month; of the customer or a contact
	RFM         string // the pack's name
	Member      *bool
	Tiers       []string // of a member, any of them; nil is any. "" is that of who never rose
	Products    []int64  // bought any of them; nil is anything, empty is what nobody bought
	Regular     []int64  // bought any of them so often that it is a liking
	Segment     int64    // a saved one, looked at in this transaction, see [Tx.LookAtSegment]
	All, Any    []CustomerQuery
	Not         *CustomerQuery

	Limit int // of a page of a search
	Skip  int
}

// tree is q as gendan_filter_sql reads it.
func (q CustomerQuery) tree(k *Keys) map[string]any {
	f := map[string]any{}
	if key := crm.CompanyName(q.Text); key != "" {
		f["text"] = key
		if grams := crm.Bigrams(key); len(grams) > 0 {
			f["grams"] = grams
		}
	}
	if q.Phone != "" {
		f["phone"], f["tail"] = hex.EncodeToString(k.Index("phone", q.Phone)), "00" // no tail is that
		if len(q.Phone) == 4 {
			f["tail"] = hex.EncodeToString(k.Index("phone_tail", q.Phone))
		}
	}
	for name, value := range map[string]string{"level": q.Level, "industry": q.Industry, "source": q.Source, "stage": q.Stage, "birthday": q.Birthday, "rfm": q.RFM} {
		if value != "" {
			f[name] = value
		}
	}
	for name, value := range map[string]int{"quiet_days": q.QuietDays, "no_order_days": q.NoOrderDays, "segment": int(q.Segment)} {
		if value != 0 {
			f[name] = value
		}
	}
	for name, value := range map[string]*int{"min_orders": q.MinOrders, "max_orders": q.MaxOrders} {
		if value != nil {
			f[name] = *value
		}
	}
	for name, value := range map[string]*crm.Money{"min_spent": q.MinSpent, "max_spent": q.MaxSpent} {
		if value != nil {
			f[name] = int64(*value)
		}
	}
	if len(q.Tags) > 0 {
		f["tags"] = q.Tags
	}
	if len(q.Regions) > 0 {
		f["regions"] = q.Regions
	}
	if q.Owners != nil {
		f["owners"] = q.Owners
	}
	if q.Products != nil {
		f["products"] = q.Products
	}
	if q.Regular != nil {
		f["regular"] = q.Regular
	}
	if q.Tiers != nil {
		f["tiers"] = q.Tiers
	}
	if q.Member != nil {
		f["member"] = *q.Member
	}
	for name, branch := range map[string][]CustomerQuery{"all": q.All, "any": q.Any} {
		if len(branch) > 0 {
			all := make([]map[string]any, len(branch))
			for i, b := range branch {
				all[i] = b.tree(k)
			}
			f[name] = all
		}
	}
	if q.Not != nil {
		f["not"] = q.Not.tree(k)
	}
	return f
}

func (q CustomerQuery) json(k *Keys) (string, error) {
	b, err := json.Marshal(q.tree(k))
	return string(b), err
}

// Audience walks the customers of a query that the actor sees: the numbers after one, lowest first, at most limit of them.
func (tx *Tx) Audience(ctx context.Context, q CustomerQuery, after int64, limit int) ([]int64, error) {
	f, err := q.json(tx.Keys)
	if err != nil {
		return nil, fmt.Errorf("audience: %w", err)
	}
	var ids pq.Int64Array
	if err := tx.Get(ctx, &ids, `SELECT gendan_audience($1::text::jsonb, $2, $3, $4)`, f, tx.Now, after, limit); err != nil {
		return nil, fmt.Errorf("audience: %w", err)
	}
	return ids, nil
}

// CountCustomers counts the customers of a query that the actor sees, all of them.
func (tx *Tx) CountCustomers(ctx context.Context, q CustomerQuery) (n int, err error) {
	f, err := q.json(tx.Keys)
	if err == nil {
		err = tx.Get(ctx, &n, `SELECT gendan_count_customers($1::text::jsonb, $2)`, f, tx.Now)
	}
	if err != nil {
		return 0, fmt.Errorf("count customers: %w", err)
	}
	return n, nil
}
