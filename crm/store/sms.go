package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"gendan/crm"
)

// smsNumber names the blind index of numbers that text messages go to.
const smsNumber = "sms.number"

// TakeSMS books the text message key for a number today, if the number has had fewer than most. A key that is booked costs
// nothing again, and again tells so.
func (s *Store) TakeSMS(ctx context.Context, number, key string, most int) (ok, again bool, err error) {
	var row struct {
		Ok    bool `db:"ok"`
		Again bool `db:"again"`
	}
	day := s.Now().In(crm.Shanghai).Format(time.DateOnly)
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &row, `
			INSERT INTO sms_days AS d (number, day, sent)
			SELECT $1, $2, '{}' FROM gendan_forget_sms_days($2::date - 2)
			ON CONFLICT (number, day) DO UPDATE SET sent = d.sent
			RETURNING $3::text = ANY (sent) AS again, $3::text = ANY (sent) OR cardinality(sent) < $4 AS ok`,
			s.keys.Index(smsNumber, number), day, key, most)
	})
	if err != nil || !row.Ok || row.Again {
		return row.Ok, row.Again, explain(err, "text messages of a number")
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		r, err := q.ExecContext(ctx, `
			UPDATE sms_days SET sent = sent || $3::text WHERE number = $1 AND day = $2 AND cardinality(sent) < $4 AND NOT $3 = ANY (sent)`,
			s.keys.Index(smsNumber, number), day, key, most)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n == 1
		return err
	})
	return ok, false, explain(err, "text messages of a number")
}

// GiveSMS takes a booking back: the message did not leave.
func (s *Store) GiveSMS(ctx context.Context, number, key string) error {
	return explain(s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE sms_days SET sent = array_remove(sent, $3) WHERE number = $1 AND day >= $2::date - 1`,
			s.keys.Index(smsNumber, number), s.Now().In(crm.Shanghai).Format(time.DateOnly), key)
		return err
	}), "text messages of a number")
}

// SMSReceipt keeps what the provider said of a text message after it had taken it. A message that did not arrive is reported to the
// offer whose message it was, once.
func (s *Store) SMSReceipt(ctx context.Context, key string, ok bool, code string) error {
	return explain(s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		tx.Now = s.Now()
		n, err := tx.Exec(ctx, `INSERT INTO sms_receipts (key, ok, code, at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING`, key, ok, code, tx.Now)
		if err != nil || n == 0 || ok {
			return err
		}
		return tx.contactEnded(ctx, key, ContactLook{Outcome: SMSLost, At: tx.Now})
	}), "receipt of a text message")
}

// SMSLost is the outcome of a text message that its provider could not deliver.
const SMSLost = "undelivered"

// CustomersOfPhone lists all customers who have a number, or a contact or a linked guest who has.
func (tx *Tx) CustomersOfPhone(ctx context.Context, phone string) (ids []crm.CustomerID, err error) {
	err = tx.Select(ctx, &ids, `
		SELECT c.id FROM customers c WHERE c.phone_index = $1 AND c.deleted_at IS NULL
		UNION SELECT c.id FROM contacts p JOIN customers c ON c.id = p.customer_id AND c.deleted_at IS NULL
			WHERE p.phone_index = $1 AND p.deleted_at IS NULL
		UNION SELECT c.id FROM guests g JOIN customers c ON c.id = g.customer_id AND c.deleted_at IS NULL
			WHERE g.phone_keys @> ARRAY[$1::bytea] AND g.phone_keys <> '{}'
		ORDER BY 1`, tx.Keys.Index("phone", phone))
	return ids, explain(err, "customers of a number")
}
