package store

import (
	"context"
	"encoding/json"
	"fmt"

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
