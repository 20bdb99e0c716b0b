package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// OutboxClaim is a message to send, leased to the caller: nobody else gets it until the lease ends.
type OutboxClaim struct {
	ID        int64     `db:"id"`
	CreatedAt time.Time `db:"created_at"`
	Platform  string    `db:"platform"`
	Lane      string    `db:"lane"`
	Peer      string    `db:"peer"`
	Kind      string    `db:"kind"` // "reply", or what to render: "reminder", "brief" …
	Subject   int64     `db:"subject"`
	Key       string    `db:"key"`
	Payload   []byte    `db:"payload"`  // chat.Reply as JSON; nil for a kind to render
	Attempts  int       `db:"attempts"` // earlier ones
	Lost      int       `db:"lost"`     // of them, those of which nobody knows the end: their process died

	owner int64     // the process that has leased it
	until time.Time // the end of the lease at the earliest, by this machine's clock
}

// Refusals are the earlier attempts that came to an end.
func (c OutboxClaim) Refusals() int { return max(0, c.Attempts-c.Lost) }

// OutboxMark names a claimed row and says how sending it went.
type OutboxMark struct {
	ID           int64
	CreatedAt    time.Time
	Platform     string    // sent
	Conversation string    // sent: where it was said
	MessageID    string    // sent: the platform's id; "" when it gives none
	Text         string    // sent: kept, sealed, for quotes; "" is not kept
	NotBefore    time.Time // retry: by the service's clock
	Code         string    // retry and dead: the platform's code
	Advice       string    // dead: a sentence for the administrator
	Untried      bool      // retry: nothing was tried, so no attempt is counted
}

// outboxDays is how long a row stays open. Whatever is older is no news to anybody, and so old partitions
// are never visited.
const outboxDays = `31 days`

// ClaimOutbox leases up to limit rows to the caller, oldest first: of each lane only the first open one, so that
// what people read keeps its order. A row that waits for its retry, or is leased, holds up its lane; one whose time
// has not come does not. Platform "" are the rows that belong to no adapter. The lease ends before its time when this
// process falls silent: see [Store.Holds].
func (s *Store) ClaimOutbox(ctx context.Context, platform string, limit int, lease time.Duration) ([]OutboxClaim, error) {
	me, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	var rows []OutboxClaim
	var until time.Time
	query := `SELECT * FROM gendan_claim_outbox($1, $2, $3, make_interval(secs => $4), $5) ORDER BY id`
	if platform == "" {
		query = claimDue
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		rows, until = rows[:0], time.Now().Add(lease)
		return sqlx.SelectContext(ctx, q, &rows, query, platform, s.Now(), limit, lease.Seconds(), me)
	})
	if err != nil {
		return nil, explain(err, "claim outbox")
	}
	for i := range rows {
		rows[i].owner, rows[i].until = me, until
		if rows[i].Payload, err = s.keys.Open("outbox", "payload", rows[i].Payload); err != nil {
			return nil, fmt.Errorf("outbox %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}

// claimDue claims what is to be rendered, in the order in which people shall read it: by its time; of one instant first what
// has waited for it, oldest first, then what timers rang, by kind and subject. The timers of an instant ring in several
// statements at once, so what is due then is left until all of them have rung, at most for a moment.
const claimDue = `
	SELECT c.*
	FROM gendan_claim_outbox($1, least($2::timestamptz, (
		SELECT min(due) - interval '1 microsecond' FROM timers
		WHERE state = 0 AND surface = '' AND due > $2::timestamptz - interval '300 milliseconds' AND due <= $2::timestamptz
	)), $3, make_interval(secs => $4), $5) c
	JOIN outbox o ON o.id = c.id AND o.created_at = c.created_at
	ORDER BY o.not_before, c.key LIKE 'timer:%', CASE WHEN c.key LIKE 'timer:%' THEN c.kind END, CASE WHEN c.key LIKE 'timer:%' THEN c.subject END, c.id`

// marks turns marks into the columns that the statements below take.
type marks struct {
	ids                                                      []int64
	first, last                                              time.Time
	messageIDs, codes, advice, platforms, conversations, msg []string
	texts                                                    [][]byte
	waits                                                    []float64
	untried                                                  []int64 // 1 where nothing was tried
}

func (s *Store) marks(list []OutboxMark) marks {
	m := marks{first: list[0].CreatedAt, last: list[0].CreatedAt}
	now := s.Now()
	for _, k := range list {
		m.ids = append(m.ids, k.ID)
		if k.CreatedAt.Before(m.first) {
			m.first = k.CreatedAt
		}
		if k.CreatedAt.After(m.last) {
			m.last = k.CreatedAt
		}
		m.messageIDs, m.codes, m.advice = append(m.messageIDs, k.MessageID), append(m.codes, k.Code), append(m.advice, k.Advice)
		m.waits, m.untried = append(m.waits, max(0, k.NotBefore.Sub(now).Seconds())), append(m.untried, 0)
		if k.Untried {
			m.untried[len(m.untried)-1] = 1
		}
		if k.MessageID != "" && k.Text != "" {
			m.platforms, m.conversations = append(m.platforms, k.Platform), append(m.conversations, k.Conversation)
			m.msg, m.texts = append(m.msg, k.MessageID), append(m.texts, s.keys.SealText("messages", "text", k.Text))
		}
	}
	return m
}

// OutboxSent closes rows that were sent, all in one statement, and keeps their texts for quotes. It returns when
// that is durable.
func (s *Store) OutboxSent(ctx context.Context, list []OutboxMark) error {
	if len(list) == 0 {
		return nil
	}
	query, args := s.marks(list).sent()
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, query, args...)
		return err
	}), "outbox sent")
}

// OutboxSent is [Store.OutboxSent] as a part of a transaction. It returns the rows that are dead letters instead, because the platform had
// already said that they did not arrive ([Tx.OutboxUndelivered]).
func (tx *Tx) OutboxSent(ctx context.Context, list []OutboxMark) (lost []int64, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	query, args := tx.store.marks(list).sent()
	var closed []struct {
		ID    int64 `db:"id"`
		State int   `db:"state"`
	}
	if err := tx.Select(ctx, &closed, query+` RETURNING o.id, o.state`, args...); err != nil {
		return nil, explain(err, "outbox sent")
	}
	for _, row := range closed {
		if row.State == 2 {
			lost = append(lost, row.ID)
		}
	}
	return lost, nil
}

// sent is the statement that closes the rows, and keeps their texts where there are any.
func (m marks) sent() (query string, args []any) {
	const sent = `
		UPDATE outbox o
		SET state = CASE WHEN o.message_id = u.message_id AND u.message_id <> '' THEN 2 ELSE 1 END, closed_at = now(), message_id = u.message_id
		FROM unnest($1::bigint[], $2::text[]) AS u (id, message_id)
		WHERE o.id = u.id AND o.created_at BETWEEN $3 AND $4 AND o.state + 0 = 0`
	args = []any{pq.Array(m.ids), pq.Array(m.messageIDs), m.first, m.last}
	if len(m.msg) == 0 {
		return sent, args
	}
	return `
		WITH kept AS (
			INSERT INTO messages (platform, message_id, conversation, text)
			SELECT * FROM unnest($5::text[], $6::text[], $7::text[], $8::bytea[])
			ON CONFLICT DO NOTHING
		)` + sent, append(args, pq.Array(m.platforms), pq.Array(m.msg), pq.Array(m.conversations), pq.Array(m.texts))
}

// OutboxRetry gives rows back: each may be claimed again from NotBefore on, and holds up its lane until then. A row that
// is no longer leased to this process is left alone.
func (s *Store) OutboxRetry(ctx context.Context, list []OutboxMark) error {
	if len(list) == 0 {
		return nil
	}
	me, err := s.present(ctx)
	if err != nil {
		return err
	}
	m := s.marks(list)
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			UPDATE outbox o
			SET free_at = clock_timestamp() + make_interval(secs => u.wait), code = u.code, owner = 0, attempts = greatest(0, o.attempts - u.untried)
			FROM unnest($1::bigint[], $2::text[], $3::float8[], $7::int[]) AS u (id, code, wait, untried)
			WHERE o.id = u.id AND o.created_at BETWEEN $4 AND $5 AND o.state + 0 = 0 AND o.owner = $6`,
			pq.Array(m.ids), pq.Array(m.codes), pq.Array(m.waits), m.first, m.last, me, pq.Array(m.untried))
		return err
	}), "outbox retry")
}

// OutboxDead closes rows that can never be sent. An administrator sees them in [Store.DeadLetters].
func (s *Store) OutboxDead(ctx context.Context, list []OutboxMark) error {
	if len(list) == 0 {
		return nil
	}
	m := s.marks(list)
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			UPDATE outbox o
			SET state = 2, closed_at = now(), code = u.code, advice = u.advice
			FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (id, code, advice)
			WHERE o.id = u.id AND o.created_at BETWEEN $4 AND $5 AND o.state + 0 = 0`,
			pq.Array(m.ids), pq.Array(m.codes), pq.Array(m.advice), m.first, m.last)
		return err
	}), "outbox dead")
}

// DeadLetter is a message that never reached its reader.
type DeadLetter struct {
	ID        int64     `db:"id"`
	CreatedAt time.Time `db:"created_at"`
	ClosedAt  time.Time `db:"closed_at"`
	Platform  string    `db:"platform"`
	Peer      string    `db:"peer"`
	Kind      string    `db:"kind"`
	Subject   int64     `db:"subject"`
	Attempts  int       `db:"attempts"`
	Code      string    `db:"code"`
	Advice    string    `db:"advice"`
}

// DeadLetters lists the latest dead letters, newest first, at most 100.
func (s *Store) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	var list []DeadLetter
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		list = list[:0]
		return sqlx.SelectContext(ctx, q, &list, `
			SELECT id, created_at, closed_at, platform, peer, kind, subject, attempts, code, advice
			FROM outbox WHERE state = 2 ORDER BY id DESC LIMIT 100`)
	})
	return list, explain(err, "dead letters")
}

// OutboxReviveDead opens a dead letter again, after the administrator has mended its cause.
func (s *Store) OutboxReviveDead(ctx context.Context, id int64) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			UPDATE outbox SET state = 0, closed_at = NULL, free_at = '-infinity', attempts = 0, lost = 0, owner = 0
			WHERE id = $1 AND state = 2 AND created_at > now() - interval '`+outboxDays+`'`, id)
		return err
	}), "revive dead letter %d", id)
}

// OutboxStat is how one platform's outbox stands.
type OutboxStat struct {
	Platform string     `db:"platform"`
	Open     int        `db:"open"`   // could be sent now
	Later    int        `db:"later"`  // waits for its time or its retry
	Dead     int        `db:"dead"`   // of the last 31 days
	Oldest   *time.Time `db:"oldest"` // of the open ones; nil when there are none
}

// OutboxStats tells how each platform's outbox stands, for /metrics and the administrator.
func (s *Store) OutboxStats(ctx context.Context) ([]OutboxStat, error) {
	var list []OutboxStat
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		list = list[:0]
		return sqlx.SelectContext(ctx, q, &list, `
			SELECT platform,
				count(*) FILTER (WHERE state = 0 AND not_before <= $1 AND free_at <= clock_timestamp()) AS open,
				count(*) FILTER (WHERE state = 0 AND NOT (not_before <= $1 AND free_at <= clock_timestamp())) AS later,
				count(*) FILTER (WHERE state = 2) AS dead,
				min(created_at) FILTER (WHERE state = 0 AND not_before <= $1) AS oldest
			FROM (
				SELECT platform, state, not_before, free_at, created_at FROM outbox WHERE state = 0
				UNION ALL
				SELECT platform, state, not_before, free_at, created_at FROM outbox WHERE state = 2 AND created_at > now() - interval '`+outboxDays+`'
			) o
			GROUP BY platform ORDER BY platform`, s.Now())
	})
	return list, explain(err, "outbox stats")
}
