package main

import (
	"context"
	"fmt"
	"time"

	"gendan/crm/action"
	"gendan/templates"
)

// keepRFM puts the pack's rules of customers' value in place.
func keepRFM(actions *action.Executor, pack *templates.Pack) error {
	rules, err := pack.Customers()
	if err != nil {
		return fmt.Errorf("GENDAN_PACK: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return actions.KeepRFM(ctx, rules.RFM)
}
