package bot

// points tells a customer their own points: those of the customer that this guest is known to be, and nobody else's,
// whatever name or number the message holds.
func (q *guestTurn) points() error {
	q.small = true
	if q.g.Customer == 0 {
		q.tell("guest_points_unknown", nil)
		q.offer(buttonHuman)
		return nil
	}
	v, err := q.bot.actions.PointsOf(q.ctx, q.tx, q.g.Customer)
	if err != nil {
		return err
	}
	q.tell("guest_points", map[string]any{"View": v})
	return nil
}
