package action

import (
	"context"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// CycleList lists who should buy what again.
type CycleList struct {
	Period string `json:"period,omitempty" doc:"时间段，不说就是七天以内"`
	Owner  string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
}

// CycleView is Data of cycle.list.
type CycleView struct {
	Owner string         `json:"owner,omitempty"`
	Until string         `json:"until"` // the last day that is looked at
	Rows  []CycleViewRow `json:"rows,omitempty"`
	Total int            `json:"total"`
}

// CycleViewRow is a customer who should buy a product again.
type CycleViewRow struct {
	ID      int64  `json:"id"` // of the customer
	Name    string `json:"name"`
	Owner   string `json:"owner,omitempty"`
	Product string `json:"product"`
	Last    string `json:"last"`  // when it was bought
	Days    int    `json:"days"`  // that it is expected to last
	Due     string `json:"due"`   // the day by which half of such customers have bought
	Late    int    `json:"late"`  // days past that, 0 before
	From    string `json:"from"`  // eight of ten buy between this day
	To      string `json:"to"`    // and this one
	Times   int    `json:"times"` // bought so often
	Own     bool   `json:"own"`   // it stands on the customer's own rhythm
}

func cycleList(ctx context.Context, r *run, p *CycleList) (*Result, error) {
	owners, name, err := r.whose(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	today := r.now.In(r.zone)
	from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, r.zone)
	until := from.AddDate(0, 0, 8)
	if p.Period != "" {
		if from, until, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	rows, err := r.tx.CyclesDue(ctx, owners, from, until, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := CycleView{Owner: name, Until: crm.SayDay(until.AddDate(0, 0, -1).In(r.zone), today)}
	for _, row := range rows {
		v.Total = row.Total
		v.Rows = append(v.Rows, r.cycleRow(row))
	}
	return view(&Result{}, v)
}

func (r *run) cycleRow(row store.CycleDueRow) CycleViewRow {
	day := func(at time.Time) string { return crm.SayDay(at.In(r.zone), r.now.In(r.zone)) }
	line := CycleViewRow{ID: row.CustomerID, Name: row.Customer, Owner: row.OwnerName, Product: row.Product, Last: day(row.LastAt), Days: max(1, int(row.Days+0.5)),
		Due: day(row.DueAt), From: day(row.LowAt), To: day(row.HighAt), Times: row.Times, Own: row.Own > 0}
	line.Late = max(0, int(dayOf(r.now)-dayOf(row.DueAt)))
	return line
}
