package store

import (
	"context"
	"fmt"

	"gendan/crm"
)

// HeldOut are the names of the journeys that leave a customer out for comparison now.
func (tx *Tx) HeldOut(ctx context.Context, customer crm.CustomerID) (names []string, err error) {
	if err = tx.Select(ctx, &names, `
		SELECT j.name FROM journey_people p JOIN journeys j ON j.id = p.journey_id
		WHERE p.customer_id = $1 AND p.state = 'control' AND p.until > $2 AND j.deleted_at IS NULL ORDER BY j.id LIMIT 5`, int64(customer), tx.Now); err != nil {
		return nil, fmt.Errorf("journeys that hold out %d: %w", customer, err)
	}
	return names, nil
}
