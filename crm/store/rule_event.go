package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// Happened is an event as it was kept.
type Happened struct {
	ID    int64
	At    time.Time
	Name  string
	Ref   crm.Ref // the record it is about; its Name is not kept
	Actor crm.UserID
	Data  map[string]any // what came with it
}

type happenedRow struct {
	ID     int64     `db:"id"`
	At     time.Time `db:"at"`
	Name   string    `db:"name"`
	Kind   string    `db:"kind"`
	Record int64     `db:"record_id"`
	Actor  int64     `db:"actor_id"`
	Data   []byte    `db:"data"`
}

func (tx *Tx) happened(row happenedRow) (h Happened, err error) {
	h = Happened{ID: row.ID, At: row.At, Name: row.Name, Ref: crm.Ref{Kind: crm.Kind(row.Kind), ID: row.Record}, Actor: crm.UserID(row.Actor), Data: map[string]any{}}
	if len(row.Data) == 0 {
		return h, nil
	}
	data, err := tx.Keys.Open("events", "data", row.Data)
	if err == nil && len(data) > 0 {
		err = json.Unmarshal(data, &h.Data)
	}
	if err != nil {
		return h, fmt.Errorf("event %d: %w", row.ID, err)
	}
	return h, nil
}

// Events reads what happened by its numbers, in their order; only the service itself may.
func (tx *Tx) Events(ctx context.Context, ids []int64) ([]Happened, error) {
	var rows []happenedRow
	err := tx.Select(ctx, &rows, `
		SELECT id, at, name, kind, record_id, actor_id, data FROM events WHERE id = ANY ($1) ORDER BY id`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return tx.allHappened(rows)
}

// EventsNamed reads what happened under some names since a time, the latest first, at most limit.
func (tx *Tx) EventsNamed(ctx context.Context, names []string, since time.Time, limit int) ([]Happened, error) {
	var rows []happenedRow
	err := tx.Select(ctx, &rows, `
		SELECT id, at, name, kind, record_id, actor_id, data FROM events
		WHERE name = ANY ($1) AND at >= $2 ORDER BY id DESC LIMIT $3`, pq.Array(names), since, limit)
	if err != nil {
		return nil, fmt.Errorf("events named: %w", err)
	}
	return tx.allHappened(rows)
}

func (tx *Tx) allHappened(rows []happenedRow) ([]Happened, error) {
	all := make([]Happened, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = tx.happened(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// RuleListens names all events that an active rule listens to.
func (tx *Tx) RuleListens(ctx context.Context) (names []string, err error) {
	err = tx.Select(ctx, &names, `
		SELECT DISTINCT unnest(listens) FROM rules WHERE active AND deleted_at IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("what rules listen to: %w", err)
	}
	return names, nil
}

// EventMark is how far events and the rows of the outbox have been counted: what is written later has higher numbers.
type EventMark struct {
	Event int64 `json:"event" db:"event"`
	Row   int64 `json:"row" db:"row"`
}

// EventMark is the mark of now. The outbox is read first: the row of an event beyond the mark is beyond it, too.
func (tx *Tx) EventMark(ctx context.Context) (m EventMark, err error) {
	err = tx.Get(ctx, &m.Row, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_ids`)
	if err == nil {
		err = tx.Get(ctx, &m.Event, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_ids`)
	}
	if err != nil {
		return m, fmt.Errorf("mark of events: %w", err)
	}
	return m, nil
}

// ReactSince asks for reactions to what has happened beyond a mark under some names, where nobody has asked for them; only the
// service itself may. n is how many events that are.
func (tx *Tx) ReactSince(ctx context.Context, m EventMark, names []string) (n int, err error) {
	err = tx.Get(ctx, &n, `
		WITH missed AS (
			INSERT INTO outbox (platform, lane, peer, kind, subject, key)
			SELECT '', 'react:' || e.id, '', '`+KindReact+`', e.id, 'react:' || e.id FROM events e
			WHERE e.id > $1 AND e.name = ANY ($3) AND NOT EXISTS (
				SELECT FROM outbox o WHERE o.id > $2 AND o.kind = '`+KindReact+`' AND o.subject = e.id)
			ORDER BY e.id
			RETURNING 1
		)
		SELECT count(*) FROM missed`, m.Event, m.Row, pq.Array(names))
	if err != nil {
		return 0, fmt.Errorf("react since: %w", err)
	}
	return n, nil
}
