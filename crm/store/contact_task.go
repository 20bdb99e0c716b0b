package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// ContactTask is a message to a contact that waits for a colleague's tap; see the platform's group-send helper.
type ContactTask struct {
	Key      string     `db:"key"`     // of the reply
	Peer     string     `db:"peer"`    // of the contact
	Message  string     `db:"message"` // the platform's number; "" while it is being made
	Begun    time.Time  `db:"begun_at"`
	Stop     bool       `db:"stop"`
	Reminded *time.Time `db:"reminded_at"`
	Kept     *time.Time `db:"kept_at"` // the platform would not take it back
	Again    bool       `db:"again"`   // it was begun before
}

const contactTaskColumns = `key, peer, message, begun_at, stop, reminded_at, kept_at`

// ContactMember is one customer's part of a message: a key of its own, and the contact.
type ContactMember struct {
	Key  string
	Peer string
}

// ContactBegin notes that messages are being made one task, by the reply of key bundle. Those that are known come back as they
// stand, and Again is set.
func (s *Store) ContactBegin(ctx context.Context, bundle string, members []ContactMember) (all []ContactTask, err error) {
	keys, peers := make([]string, len(members)), make([]string, len(members))
	for i, m := range members {
		keys[i], peers[i] = m.Key, m.Peer
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		all = nil
		return sqlx.SelectContext(ctx, q, &all, `
			INSERT INTO contact_tasks AS t (key, peer, bundle, begun_at, look_at) SELECT u.key, u.peer, $3, $4, $4 FROM unnest($1::text[], $2::text[]) AS u (key, peer) ORDER BY 1
			ON CONFLICT (key) DO UPDATE SET peer = CASE WHEN t.peer = '' THEN excluded.peer ELSE t.peer END, bundle = CASE WHEN t.bundle = '' THEN excluded.bundle ELSE t.bundle END
			RETURNING `+contactTaskColumns+`, xmax <> 0 AS again`, pq.Array(keys), pq.Array(peers), bundle, s.Now())
	})
	return all, explain(err, "contact task")
}

// ContactMade keeps the platform's number of a task that was made of these messages; ok is false when it is that of another bundle.
func (s *Store) ContactMade(ctx context.Context, keys []string, message string) (ok bool, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		r, err := q.ExecContext(ctx, `
			UPDATE contact_tasks SET message = $2, look_at = $3
			WHERE key = ANY ($1::text[]) AND ended_at IS NULL AND NOT EXISTS (
				SELECT FROM contact_tasks o JOIN contact_tasks mine ON mine.key = ($1::text[])[1] WHERE o.message = $2 AND o.bundle <> mine.bundle)`, pq.Array(keys), message, s.Now())
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n > 0
		return err
	})
	return ok, explain(err, "contact task")
}

// ContactDue lists what belongs to up to most tasks that are to be looked at, the longest due first and all of a task together.
// Messages that must not reach their customers any more are among them, marked to be stopped.
func (s *Store) ContactDue(ctx context.Context, most int) (due []ContactTask, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		due = nil
		if err := s.holdContactTasks(ctx, q); err != nil {
			return err
		}
		return sqlx.SelectContext(ctx, q, &due, `
			WITH due AS (
				SELECT message, min(look_at) AS look_at FROM contact_tasks WHERE ended_at IS NULL AND message <> '' AND look_at <= $1 GROUP BY message ORDER BY 2, 1 LIMIT $2
			)
			SELECT `+contactTaskColumns+`, true AS again FROM contact_tasks t JOIN due d USING (message)
			WHERE t.ended_at IS NULL ORDER BY d.look_at, message, key`, s.Now(), most)
	})
	return due, explain(err, "contact tasks")
}

// holdContactTasks refuses offers that wait for a colleague's tap while their customer has opened a ticket or said no: a task
// lives for weeks, and what was allowed when it was made may not be any more.
func (s *Store) holdContactTasks(ctx context.Context, q querier) error {
	var rows []struct {
		Offer  int64  `db:"offer"`
		Key    string `db:"key"`
		Ticket int64  `db:"ticket"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT h.offer, h.key, h.ticket FROM (
			SELECT o.id AS offer, t.key,
				CASE WHEN o.purpose = 'marketing' THEN coalesce((SELECT min(k.id) FROM tickets k
					WHERE k.customer_id = o.customer_id AND k.deleted_at IS NULL AND k.state <> 'closed'), 0) ELSE 0 END AS ticket,
				`+offerRefused+` AS refused
			FROM contact_tasks t JOIN offers o ON o.id = CASE WHEN t.key ~ '^offer:[0-9]{1,18}:[0-9]+$' THEN split_part(t.key, ':', 2)::bigint END
			WHERE t.ended_at IS NULL AND t.message <> '' AND NOT t.stop AND o.state = 'queued' AND o.channel = 'contact'
				AND t.key = 'offer:' || o.id || ':' || o.tries) h
		WHERE h.ticket <> 0 OR h.refused`)
	if err != nil || len(rows) == 0 {
		return err
	}
	var offers []int64
	var keys, why []string
	for _, r := range rows {
		reason := "客户不同意"
		if r.Ticket != 0 {
			reason = crm.TicketBars(crm.TicketID(r.Ticket))
		}
		offers, keys, why = append(offers, r.Offer), append(keys, r.Key), append(why, reason)
	}
	_, err = q.ExecContext(ctx, `
		WITH stopped AS (
			UPDATE contact_tasks SET stop = true, look_at = least(look_at, $4) WHERE key = ANY ($1::text[]) AND ended_at IS NULL)
		UPDATE offers o SET state = 'refused', reason = u.why, version = o.version + 1, updated_at = $4
		FROM unnest($2::bigint[], $3::text[]) AS u (id, why) WHERE o.id = u.id AND o.state = 'queued'`,
		pq.Array(keys), pq.Array(offers), pq.Array(why), s.Now())
	return err
}

// ContactLook is what a look at a task found of one customer's part: how it ended, or when to look again.
type ContactLook struct {
	Key      string
	Outcome  string // "" while it waits
	At       time.Time
	Reminded time.Time
	Next     time.Time
	Gone     bool // the customer is no contact of the colleague any more
	Kept     bool // it shall stop, and the platform does not let us take it back
	Stop     bool // that it shall stop was known when it was looked at
}

// ContactLooked keeps what looks found. An end is kept once, and reported to the offer whose message it was.
func (s *Store) ContactLooked(ctx context.Context, looks []ContactLook) error {
	var wait, ended, gone []ContactLook
	for _, l := range looks {
		if l.Outcome == "" {
			wait = append(wait, l)
			continue
		}
		ended = append(ended, l)
		if l.Gone {
			gone = append(gone, l)
		}
	}
	err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		tx.Now = s.Now()
		if err := tx.contactWaits(ctx, wait); err != nil {
			return err
		}
		if len(ended) == 0 {
			return nil
		}
		keys, outcomes, at := make([]string, len(ended)), make([]string, len(ended)), make([]string, len(ended))
		by := make(map[string]ContactLook, len(ended))
		for i, l := range ended {
			keys[i], outcomes[i], at[i], by[l.Key] = l.Key, l.Outcome, stamp(l.At), l
		}
		var fresh []string
		if err := tx.Select(ctx, &fresh, `
			UPDATE contact_tasks t SET ended_at = u.at::timestamptz, outcome = u.outcome FROM unnest($1::text[], $2::text[], $3::text[]) AS u (key, outcome, at)
			WHERE t.key = u.key AND t.ended_at IS NULL RETURNING t.key`, pq.Array(keys), pq.Array(outcomes), pq.Array(at)); err != nil {
			return err
		}
		var left []string
		for _, l := range gone {
			left = append(left, l.Key)
		}
		if len(left) > 0 {
			if _, err := tx.Exec(ctx, `
				UPDATE guests SET refuses = true, refused_at = $2
				WHERE peer IN (SELECT peer FROM contact_tasks WHERE key = ANY ($1::text[])) AND platform = 'contact' AND NOT refuses`, pq.Array(left), gone[0].At); err != nil {
				return err
			}
		}
		for _, key := range fresh {
			if err := tx.contactEnded(ctx, key, by[key]); err != nil {
				return err
			}
		}
		return nil
	})
	return explain(err, "contact tasks")
}

// contactWaits keeps when to look again at what still waits; what cannot be taken back is told once. What was stopped
// while it was looked at is looked at again at once.
func (tx *Tx) contactWaits(ctx context.Context, wait []ContactLook) error {
	if len(wait) == 0 {
		return nil
	}
	n := len(wait)
	keys, next, reminded, kept, stop := make([]string, n), make([]string, n), make([]string, n), make([]bool, n), make([]bool, n)
	for i, l := range wait {
		keys[i], next[i], reminded[i], kept[i], stop[i] = l.Key, stamp(l.Next), stamp(l.Reminded), l.Kept, l.Stop
	}
	var told []string
	if err := tx.Select(ctx, &told, `
		WITH b AS (
			SELECT t.key, u.next, u.reminded, u.stop, u.kept AND t.kept_at IS NULL AS fresh FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $6::boolean[]) AS u (key, next, reminded, kept, stop)
			JOIN contact_tasks t ON t.key = u.key WHERE t.ended_at IS NULL
		), w AS (
			UPDATE contact_tasks t SET look_at = CASE WHEN t.stop AND NOT b.stop THEN t.look_at ELSE b.next::timestamptz END, reminded_at = coalesce(nullif(b.reminded, '')::timestamptz, t.reminded_at), kept_at = CASE WHEN b.fresh THEN $5 ELSE t.kept_at END
			FROM b WHERE t.key = b.key
		)
		SELECT key FROM b WHERE fresh ORDER BY key`, pq.Array(keys), pq.Array(next), pq.Array(reminded), pq.Array(kept), tx.Now, pq.Array(stop)); err != nil {
		return err
	}
	return tx.tellKept(ctx, told)
}

// StopContactTasks marks the tasks of replies by these keys: they must not reach their customers any more. Whoever looks after
// tasks takes them back from the colleagues, unless one was faster.
func (tx *Tx) StopContactTasks(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `SELECT gendan_stop_contact_tasks($1, $2)`, pq.Array(keys), tx.Now)
	return explain(err, "contact tasks: stop")
}
