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
	Again    bool       `db:"again"` // it was begun before
}

const contactTaskColumns = `key, peer, message, begun_at, stop, reminded_at`

// ContactBegin notes that a message is being made a task. One that is known comes back as it stands, and Again is set.
func (s *Store) ContactBegin(ctx context.Context, key, peer string) (t ContactTask, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &t, `
			INSERT INTO contact_tasks AS t (key, peer, begun_at, look_at) VALUES ($1, $2, $3, $3)
			ON CONFLICT (key) DO UPDATE SET peer = CASE WHEN t.peer = '' THEN excluded.peer ELSE t.peer END
			RETURNING `+contactTaskColumns+`, xmax <> 0 AS again`, key, peer, s.Now())
	})
	return t, explain(err, "contact task")
}

// ContactMade keeps the platform's number of a task; ok is false when another has that number.
func (s *Store) ContactMade(ctx context.Context, key, message string) (ok bool, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		r, err := q.ExecContext(ctx, `
			UPDATE contact_tasks SET message = $2, look_at = $3
			WHERE key = $1 AND NOT EXISTS (SELECT FROM contact_tasks o WHERE o.message = $2 AND o.key <> $1)`, key, message, s.Now())
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n == 1
		return err
	})
	return ok, explain(err, "contact task")
}

// ContactDue lists tasks that are to be looked at, the longest due first. Those that must not reach their customers any more
// are among them, marked to be stopped.
func (s *Store) ContactDue(ctx context.Context, most int) (due []ContactTask, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		due = nil
		if err := s.holdContactTasks(ctx, q); err != nil {
			return err
		}
		return sqlx.SelectContext(ctx, q, &due, `
			SELECT `+contactTaskColumns+`, true AS again FROM contact_tasks
			WHERE ended_at IS NULL AND message <> '' AND look_at <= $1 ORDER BY look_at LIMIT $2`, s.Now(), most)
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

// ContactLook is what a look at a task found: how it ended, or when to look again.
type ContactLook struct {
	Outcome  string // "" while it waits
	At       time.Time
	Reminded time.Time
	Next     time.Time
	Gone     bool // the customer is no contact of the colleague any more
}

// ContactLooked keeps what a look found. An end is kept once, and reported to the offer whose message it was; ended is false
// when it was known already.
func (s *Store) ContactLooked(ctx context.Context, key string, look ContactLook) (ended bool, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		tx.Now = s.Now()
		ended = false
		if look.Outcome == "" {
			_, err := tx.Exec(ctx, `
				UPDATE contact_tasks SET look_at = $2, reminded_at = coalesce($3, reminded_at) WHERE key = $1 AND ended_at IS NULL`,
				key, look.Next, timeOrNull(look.Reminded))
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE contact_tasks SET ended_at = $2, outcome = $3 WHERE key = $1 AND ended_at IS NULL`, key, look.At, look.Outcome)
		if err != nil || n == 0 {
			return err
		}
		ended = true
		if look.Gone {
			if _, err := tx.Exec(ctx, `
				UPDATE guests SET refuses = true, refused_at = $2
				WHERE peer = (SELECT peer FROM contact_tasks WHERE key = $1) AND platform = 'contact' AND NOT refuses`, key, look.At); err != nil {
				return err
			}
		}
		return tx.contactEnded(ctx, key, look)
	})
	return ended, explain(err, "contact task")
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
