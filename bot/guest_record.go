package bot

// forwardedRecord keeps a chat record that a customer forwards.
func (q *guestTurn) forwardedRecord() error {
	q.heard(kindWords(q.message.Kind))
	return nil
}
