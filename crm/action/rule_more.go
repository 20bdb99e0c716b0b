package action

import (
	"context"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// moreFacts reads the facts that only some triggers need.
func (x *Executor) moreFacts(ctx context.Context, tx *store.Tx, rule crm.Rule, meetings []*meeting) error {
	return nil
}

// dueAgain are the customers whose next purchase is expected before a time.
func (x *Executor) dueAgain(ctx context.Context, tx *store.Tx, before time.Time, after int64, limit int) ([]int64, error) {
	return nil, nil
}

// churning are the customers whose risk to go lies within the trigger's bounds.
func (x *Executor) churning(ctx context.Context, tx *store.Tx, w crm.RuleWhen, after int64, limit int) ([]int64, error) {
	return nil, nil
}

// moved are the customers that came into the trigger's segment, or left it, since the last look.
func (x *Executor) moved(ctx context.Context, tx *store.Tx, row store.RuleRow, after int64, limit int, now time.Time) ([]int64, error) {
	return nil, nil
}
