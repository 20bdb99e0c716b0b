package action

import (
	"context"

	"gendan/crm"
)

// shownBelongings is how many purchases and devices the card of a customer shows.
const shownBelongings = 3

// belongings adds to the card of a customer what was bought and what we look after.
func (r *run) belongings(ctx context.Context, customer crm.CustomerID, v *CustomerView) error {
	bought, err := r.tx.PurchasesOf(ctx, customer, shownBelongings, 0)
	if err != nil {
		return err
	}
	if bought.Count > 0 {
		p := r.purchasesView(bought)
		v.Bought = &p
	}
	points, err := r.pointsView(ctx, customer)
	if err != nil {
		return err
	}
	if points.Member {
		points.Customer, v.Points = v.Name, &points
	}
	devices, count, err := r.tx.DevicesOf(ctx, customer, shownBelongings, 0)
	if err != nil {
		return err
	}
	v.DeviceCount = count
	for _, d := range devices {
		v.Devices = append(v.Devices, r.deviceView(d))
	}
	return nil
}
