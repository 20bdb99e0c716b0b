package action

import (
	"context"
	"encoding/json"
	"fmt"

	"gendan/crm"
	"gendan/crm/store"
)

// segmentNamed finds a saved segment and reads its filter.
func (r *run) segmentNamed(ctx context.Context, name string) (s store.SegmentRow, f crm.Filter, err error) {
	s, err = r.tx.SegmentNamed(ctx, name)
	if notFound(err) {
		return s, f, crm.Refuse(crm.ErrNotFound, "还没有存过人群「%s」，说「人群列表」看看有哪些。", name)
	}
	if err != nil {
		return s, f, err
	}
	if err := json.Unmarshal(s.Filter, &f); err != nil {
		return s, f, fmt.Errorf("segment %d: %w", s.ID, err)
	}
	return s, f, nil
}
