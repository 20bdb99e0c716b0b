package store

import (
	"context"
	"fmt"
)

// PointsDue is what of an account comes due on a day.
type PointsDue string

// What comes due.
const (
	PointsWarn PointsDue = "warn"      // to tell that points end
	PointsEnd  PointsDue = "end"       // points end
	TierWarn   PointsDue = "tier_warn" // to tell that a tier ends
	TierEnd    PointsDue = "tier_end"  // a tier ends
)

// PointsDue lists accounts of which something has come due by a day, 2006-01-02, the longest due first: what is good through a
// day ends on the day after it. Whoever deals with an account takes it out of the index that this reads.
func (tx *Tx) PointsDue(ctx context.Context, what PointsDue, today string, limit int) (ids []int64, err error) {
	where, ok := map[PointsDue]string{PointsWarn: `warn_on <= $1::date ORDER BY warn_on`, PointsEnd: `next_end < $1::date ORDER BY next_end`,
		TierWarn: `tier_warn_on <= $1::date ORDER BY tier_warn_on`, TierEnd: `tier_until < $1::date ORDER BY tier_until`}[what]
	if !ok {
		return nil, fmt.Errorf("points due: %q", what)
	}
	if err := tx.Select(ctx, &ids, `SELECT customer_id FROM points_accounts WHERE `+where+`, customer_id LIMIT $2`, today, limit); err != nil {
		return nil, fmt.Errorf("points due: %w", err)
	}
	return ids, nil
}
