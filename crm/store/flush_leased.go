package store

import "time"

// answerRow is the number of the outbox that a turn has drawn for its answer, and the time that its row will have; zero when the
// answer has to wait for others of its lane.
type answerRow struct {
	id      int64
	created time.Time
}

// leased writes a turn's only message with a lease of this process's, as if it had been claimed, and gives the claim; nil when
// that cannot be, and nothing is written.
func (f *flusher) leased(rows []OutboxRow, answers bool) *OutboxClaim {
	if len(rows) != 1 || !answers || f.tx.answer.id == 0 {
		return nil
	}
	o, until := rows[0], time.Now().Add(rows[0].Lease)
	if o.Lease <= 0 || o.Kind != "reply" || o.Lane != f.tx.Lane || !o.NotBefore.IsZero() {
		return nil
	}
	me := f.tx.store.presentNow()
	if me == 0 {
		return nil
	}
	f.add("new_outbox", 'l', `
		INSERT INTO outbox (id, created_at, platform, lane, peer, kind, subject, key, payload, free_at, attempts, owner)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + make_interval(secs => $10), 1, $11)`,
		f.tx.answer.id, f.tx.answer.created, o.Platform, o.Lane, o.Peer, o.Kind, o.Subject, o.Key, f.tx.Keys.Seal("outbox", "payload", o.Payload),
		o.Lease.Seconds(), me)
	return &OutboxClaim{
		ID: f.tx.answer.id, CreatedAt: f.tx.answer.created, Platform: o.Platform, Lane: o.Lane, Peer: o.Peer, Kind: o.Kind, Subject: o.Subject, Key: o.Key,
		Payload: o.Payload, owner: me, until: until,
	}
}

// presentNow is this process's number, 0 before its first lease and when it has not been heard just now.
func (s *Store) presentNow() int64 {
	s.presence.mu.Lock()
	defer s.presence.mu.Unlock()
	if time.Since(s.presence.beat) >= freshFor {
		return 0
	}
	return s.presence.id
}
