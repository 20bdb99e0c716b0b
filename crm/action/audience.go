package action

import (
	"context"

	"gendan/crm"
)

// audiencePage is how many customers are read at once.
const audiencePage = 5000

// audience are the numbers of the customers of a filter that the actor sees, lowest first, at most that many; it refuses
// when there are none or more than that.
func (r *run) audience(ctx context.Context, f crm.Filter, most int) ([]int64, error) {
	q, err := r.customerQuery(ctx, f)
	if err != nil {
		return nil, err
	}
	var all []int64
	for after := int64(0); ; after = all[len(all)-1] {
		ids, err := r.tx.Audience(ctx, q, after, min(audiencePage, most+1-len(all)))
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
		switch {
		case len(all) > most:
			return nil, crm.Refuse(crm.ErrInvalid, "符合条件的客户超过 %d 位，一次发不了这么多，请加个条件分批发。", most)
		case len(ids) < audiencePage && len(all) == 0:
			return nil, crm.Refuse(crm.ErrNotFound, "没有符合条件的客户，换个条件再试。")
		case len(ids) < audiencePage:
			return all, nil
		}
	}
}
