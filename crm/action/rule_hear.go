package action

import (
	"context"

	"gendan/crm/store"
)

// rulesHear lets rules react to events; what has to be done again goes into failed.
func (x *Executor) rulesHear(ctx context.Context, events []store.Happened, failed map[int64]error) {}
