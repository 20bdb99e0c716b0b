package action

import (
	"context"
	"slices"

	"gendan/crm"
)

// RFMList tells how many customers are worth what, and who moved.
type RFMList struct {
	Period string `json:"period,omitempty" doc:"看哪段时间的变化，不说是最近30天"`
}

// RFMBandView is how many customers have a band.
type RFMBandView struct {
	Name      string    `json:"name"`
	Customers int       `json:"customers"`
	Spent     crm.Money `json:"spent"` // in all
}

// RFMMoveView is how many customers went from one band to another.
type RFMMoveView struct {
	From      string `json:"from,omitempty"` // absent: they had bought nothing before
	To        string `json:"to,omitempty"`   // absent: what they bought was taken back
	Customers int    `json:"customers"`
}

// RFMView is Data of rfm.list.
type RFMView struct {
	Bands  []RFMBandView `json:"bands"`  // in the order of the rules
	Nobody int           `json:"nobody"` // customers who never bought
	From   string        `json:"from"`   // 2006-01-02
	To     string        `json:"to"`     // the last day
	Moves  []RFMMoveView `json:"moves,omitempty"`
	Total  int           `json:"total"` // customers who bought
}

func rfmList(ctx context.Context, r *run, p *RFMList) (*Result, error) {
	local := r.now.In(r.zone)
	period := local.AddDate(0, 0, -29).Format("2006-01-02") + "/" + local.Format("2006-01-02")
	if p.Period != "" {
		period = p.Period
	}
	from, to, err := span(period, r.zone)
	if err != nil {
		return nil, r.bad("period", err)
	}
	if _, err := r.tx.AgeRFM(ctx, mostAged); err != nil {
		return nil, err
	}
	rules, err := r.tx.RFMRules(ctx)
	if err != nil {
		return nil, err
	}
	bands, err := r.tx.RFMBands(ctx)
	if err != nil {
		return nil, err
	}
	moves, err := r.tx.RFMMoves(ctx, from, to)
	if err != nil {
		return nil, err
	}
	v := RFMView{From: from.In(r.zone).Format("2006-01-02"), To: to.In(r.zone).AddDate(0, 0, -1).Format("2006-01-02")}
	for _, name := range rules.Names() {
		v.Bands = append(v.Bands, RFMBandView{Name: name})
	}
	for _, b := range bands {
		if b.RFM == "" {
			v.Nobody += b.Customers
			continue
		}
		i := slices.IndexFunc(v.Bands, func(x RFMBandView) bool { return x.Name == b.RFM })
		if i < 0 { // of rules that were before
			v.Bands = append(v.Bands, RFMBandView{Name: b.RFM})
			i = len(v.Bands) - 1
		}
		v.Bands[i].Customers, v.Bands[i].Spent = b.Customers, crm.Money(b.Spent)
		v.Total += b.Customers
	}
	for _, m := range moves[:min(len(moves), pageSize)] {
		v.Moves = append(v.Moves, RFMMoveView{From: m.Was, To: m.RFM, Customers: m.Customers})
	}
	return view(&Result{}, v)
}
