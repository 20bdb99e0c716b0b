package action

import (
	"context"

	"gendan/crm"
)

// orderBooked is what follows in the same transaction when an order was written down. It belongs into the second pass.
func (r *run) orderBooked(ctx context.Context, c *customer, o crm.Order, res *Result) error {
	return r.earnOrder(ctx, c, o, res)
}
