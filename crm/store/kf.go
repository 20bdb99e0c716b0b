package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// KFCursor is where the next pull of a customer service account begins; "" is the beginning.
func (s *Store) KFCursor(ctx context.Context, account string) (cursor string, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return orNothing(sqlx.GetContext(ctx, q, &cursor, `SELECT cursor FROM kf_accounts WHERE account = $1`, account))
	})
	return cursor, explain(err, "kf cursor of %s", account)
}

// KFAdvance remembers where the next pull begins.
func (s *Store) KFAdvance(ctx context.Context, account, cursor string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			INSERT INTO kf_accounts (account, cursor) VALUES ($1, $2)
			ON CONFLICT (account) DO UPDATE SET cursor = excluded.cursor, moved_at = now()`, account, cursor)
		return err
	}), "kf cursor of %s", account)
}

// KFRing notes a ring for whichever process pulls the account.
func (s *Store) KFRing(ctx context.Context, account, token string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			INSERT INTO kf_accounts AS a (account, token, rings) VALUES ($1, $2, 1)
			ON CONFLICT (account) DO UPDATE SET token = excluded.token, rings = a.rings + 1`, account, token)
		return err
	}), "kf ring of %s", account)
}

// KFRung tells the token of the last noted ring and how many there were.
func (s *Store) KFRung(ctx context.Context, account string) (token string, rings int64, err error) {
	var row struct {
		Token string
		Rings int64
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return orNothing(sqlx.GetContext(ctx, q, &row, `SELECT token, rings FROM kf_accounts WHERE account = $1`, account))
	})
	return row.Token, row.Rings, explain(err, "kf rings of %s", account)
}

// KFHeard begins new allowances of messages to customers, each at most once in the list, with what they said last: the
// ids of their messages of the second at. What is older than the last, or was counted in its second, changes nothing:
// a page may come twice.
func (s *Store) KFHeard(ctx context.Context, account string, customers []string, ids [][]string, at []time.Time) error {
	lists, times := make([]string, len(customers)), make([]string, len(customers))
	for i := range customers {
		list, err := json.Marshal(ids[i])
		if err != nil {
			return explain(err, "kf heard")
		}
		lists[i], times[i] = string(list), stamp(at[i])
	}
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			INSERT INTO kf_customers AS k (account, customer, heard_at, heard)
			SELECT $1, u.customer, u.at::timestamptz, ARRAY (SELECT jsonb_array_elements_text(u.ids::jsonb))
			FROM unnest($2::text[], $3::text[], $4::text[]) AS u (customer, ids, at)
			ORDER BY u.customer
			ON CONFLICT (account, customer) DO UPDATE SET
				heard_at = excluded.heard_at,
				heard = CASE WHEN k.heard_at = excluded.heard_at THEN k.heard || excluded.heard ELSE excluded.heard END,
				sent = '{}', spent = false
			WHERE excluded.heard_at > k.heard_at OR excluded.heard_at = k.heard_at AND NOT k.heard @> excluded.heard`,
			account, pq.Array(customers), pq.Array(lists), pq.Array(times))
		return err
	}), "kf heard")
}

// KFTake books our message key against the allowance: most messages within life of the customer's last one. A key that
// is booked costs nothing again. ok is false when nothing is left.
func (s *Store) KFTake(ctx context.Context, account, customer, key string, most int, life time.Duration) (ok bool, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		r, err := q.ExecContext(ctx, `
			UPDATE kf_customers SET sent = CASE WHEN $3 = ANY (sent) THEN sent ELSE sent || $3::text END
			WHERE account = $1 AND customer = $2
				AND ($3 = ANY (sent) OR NOT spent AND cardinality(sent) < $4 AND heard_at > $5)`,
			account, customer, key, most, s.Now().Add(-life))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n == 1
		return err
	})
	return ok, explain(err, "kf allowance")
}

// KFGiveBack takes a booking back.
func (s *Store) KFGiveBack(ctx context.Context, account, customer, key string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			UPDATE kf_customers SET sent = array_remove(sent, $3) WHERE account = $1 AND customer = $2`, account, customer, key)
		return err
	}), "kf allowance")
}

// KFSpent notes that the platform allows nothing more until the customer writes again.
func (s *Store) KFSpent(ctx context.Context, account, customer string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE kf_customers SET spent = true WHERE account = $1 AND customer = $2`, account, customer)
		return err
	}), "kf allowance")
}

// KFName is what a customer is called; known is false for one whose name was never told.
func (s *Store) KFName(ctx context.Context, account, customer string) (name, union string, known bool, err error) {
	var row struct {
		Name  []byte
		Union []byte `db:"union_id"`
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return orNothing(sqlx.GetContext(ctx, q, &row, `
			SELECT name, union_id FROM kf_customers WHERE account = $1 AND customer = $2`, account, customer))
	})
	if err != nil || row.Name == nil {
		return "", "", false, explain(err, "kf name")
	}
	if name, err = s.keys.OpenText("kf_customers", "name", row.Name); err == nil && row.Union != nil {
		union, err = s.keys.OpenText("kf_customers", "union_id", row.Union)
	}
	return name, union, err == nil, explain(err, "kf name")
}

// KFNamed keeps what a customer is called.
func (s *Store) KFNamed(ctx context.Context, account, customer, name, union string) error {
	sealed := s.keys.SealText("kf_customers", "name", name)
	var sealedUnion []byte
	if union != "" {
		sealedUnion = s.keys.SealText("kf_customers", "union_id", union)
	}
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			INSERT INTO kf_customers (account, customer, name, union_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account, customer) DO UPDATE SET name = excluded.name, union_id = excluded.union_id`,
			account, customer, sealed, sealedUnion)
		return err
	}), "kf name")
}

// KFCode keeps the code that a changed session gave, by the key of the reply that asked for the change. The first one
// stays.
func (s *Store) KFCode(ctx context.Context, key, code string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `
			INSERT INTO kf_codes (key, code) SELECT $1::text, $2::text FROM gendan_forget_kf_codes() ON CONFLICT DO NOTHING`, key, code)
		return err
	}), "kf code")
}

// KFCodeOf is the code kept for a reply's key; known is false when that reply changed no session.
func (s *Store) KFCodeOf(ctx context.Context, key string) (code string, known bool, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		switch err := sqlx.GetContext(ctx, q, &code, `SELECT code FROM kf_codes WHERE key = $1`, key); {
		case errors.Is(err, sql.ErrNoRows):
			known = false
			return nil
		default:
			known = err == nil
			return err
		}
	})
	return code, known, explain(err, "kf code")
}

// orNothing makes no row no error.
func orNothing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// OutboxUndelivered makes a sent customer message a dead letter: the platform said afterwards that it did not arrive.
// It returns what the row was about, or [crm.ErrNotFound] when none was sent with that number in the last 31 days, or
// it is known already. The platform may say so before the sender has marked the row: then the open rows of the peer keep the
// number, and the one that was sent with it is closed as a dead letter ([Tx.OutboxSent]).
func (tx *Tx) OutboxUndelivered(ctx context.Context, peer, messageID, code, advice string) (DeadLetter, error) {
	var d DeadLetter
	if messageID == "" {
		return d, explain(crm.ErrNotFound, "undelivered message")
	}
	const dead = `
		UPDATE outbox SET state = 2, closed_at = now(), code = $2, advice = $3
		WHERE platform = 'kf' AND message_id = $1 AND message_id <> '' AND state + 0 = 1 AND created_at > now() - interval '` + outboxDays + `'
		RETURNING id, created_at, closed_at, platform, peer, kind, subject, attempts, code, advice`
	err := tx.Get(ctx, &d, dead, messageID, code, advice)
	if !errors.Is(err, crm.ErrNotFound) {
		return d, explain(err, "undelivered message %s", messageID)
	}
	early, err := tx.Exec(ctx, `
		UPDATE outbox SET message_id = $1, code = $2, advice = $3
		WHERE platform = 'kf' AND peer = $4 AND state = 0 AND owner <> 0`, messageID, code, advice, peer)
	if err == nil && early > 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return d, explain(err, "undelivered message %s", messageID)
	}
	// it was marked between the two
	return d, explain(tx.Get(ctx, &d, dead, messageID, code, advice), "undelivered message %s", messageID)
}
