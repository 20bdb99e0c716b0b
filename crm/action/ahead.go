package action

import "context"

// AheadView is what a customer will probably do, on their card.
type AheadView struct {
	Risk  *ChurnRow       `json:"risk,omitempty"`  // nil while there is none worth a line
	Again []CycleViewRow  `json:"again,omitempty"` // what should be bought again, the soonest first
	Offer *RecommendedRow `json:"offer,omitempty"` // what goes best with what they have
}

// ahead adds to the card of a customer who has bought something what they will probably do.
func (r *run) ahead(ctx context.Context, customer int64, v *CustomerView) error {
	if v.Bought == nil {
		return nil
	}
	var a AheadView
	p, err := r.tx.PredictionOf(ctx, customer)
	if err != nil {
		return err
	}
	if p != nil && p.RisenAt != nil {
		a.Risk = &ChurnRow{ID: customer, Name: v.Name, Risk: shownRisk(p.Risk), Silent: silentDays(p.LastOrder, r.now), Reason: churnReason(*p, r.now)}
	}
	offered, err := r.recommend(ctx, customer, 1)
	if err != nil {
		return err
	}
	a.Again = offered.Again[:min(2, len(offered.Again))]
	if len(offered.Rows) > 0 && offered.Rows[0].Why == "together" {
		a.Offer = &offered.Rows[0]
	}
	if a.Risk != nil || len(a.Again) > 0 || a.Offer != nil {
		v.Ahead = &a
	}
	return nil
}
