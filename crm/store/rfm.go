package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm"
)

// RFMRules reads how customers are told apart by their value.
func (tx *Tx) RFMRules(ctx context.Context) (rules crm.RFMRules, err error) {
	var text []byte
	if err = tx.Get(ctx, &text, `SELECT rules FROM rfm_rules`); err == nil {
		err = json.Unmarshal(text, &rules)
	}
	if err != nil {
		return rules, fmt.Errorf("rfm rules: %w", err)
	}
	return rules, nil
}

// SetRFMRules puts the pack's rules in place; others than before give everybody new marks. Only the service may.
func (tx *Tx) SetRFMRules(ctx context.Context, rules crm.RFMRules) (changed bool, err error) {
	text, err := json.Marshal(rules)
	if err == nil {
		err = tx.Get(ctx, &changed, `SELECT gendan_set_rfm($1::text::jsonb)`, string(text))
	}
	if err != nil {
		return false, fmt.Errorf("rfm rules: %w", err)
	}
	return changed, nil
}

// RFMBandRow is how many customers have a band; "" are those who never bought.
type RFMBandRow struct {
	RFM       string `db:"rfm"`
	Customers int    `db:"customers"`
	Spent     int64  `db:"spent"` // fen
}

// RFMBands counts the customers that the actor sees, by band.
func (tx *Tx) RFMBands(ctx context.Context) (rows []RFMBandRow, err error) {
	if err = tx.Select(ctx, &rows, `SELECT rfm, customers, spent FROM gendan_rfm_bands()`); err != nil {
		return nil, fmt.Errorf("rfm bands: %w", err)
	}
	return rows, nil
}

// RFMMoveRow is how many customers went from one band to another; "" is the band of those who never bought.
type RFMMoveRow struct {
	Was       string `db:"was"`
	RFM       string `db:"rfm"`
	Customers int    `db:"customers"`
}

// RFMMoves counts who had another band at the end of a span than at its beginning, most first.
func (tx *Tx) RFMMoves(ctx context.Context, since, until time.Time) (rows []RFMMoveRow, err error) {
	if err = tx.Select(ctx, &rows, `SELECT was, rfm, customers FROM gendan_rfm_moves($1, $2)`, since, until); err != nil {
		return nil, fmt.Errorf("rfm moves: %w", err)
	}
	return rows, nil
}
