package bot

// guestHeldMost is how many coupons one message tells of.
const guestHeldMost = 5

// coupons tells a customer their own coupons: those of the customer that this guest is known to be, and nobody else's,
// whatever name or number the message holds.
func (q *guestTurn) coupons() error {
	q.small = true
	if q.g.Customer == 0 {
		q.tell("guest_coupons_unknown", nil)
		q.offer(buttonHuman)
		return nil
	}
	held, total, err := q.bot.actions.CouponsHeld(q.ctx, q.tx, q.g.Customer, guestHeldMost)
	if err != nil {
		return err
	}
	q.tell("guest_coupons", map[string]any{"Rows": held, "Total": total, "More": total - len(held)})
	return nil
}
