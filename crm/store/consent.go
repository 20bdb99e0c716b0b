package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// ConsentRow is what a customer allows, and how it was said.
type ConsentRow struct {
	Purpose string     `db:"purpose"`
	Channel string     `db:"channel"`
	Allowed bool       `db:"allowed"`
	Via     string     `db:"via"` // "chat", "kf", "sms", "mail", "link", "api"
	By      crm.UserID `db:"by"`  // 0: the customer
	ByName  string     `db:"by_name"`
	At      time.Time  `db:"at"`
}

// Own tells whether the customer said it, and no colleague.
func (c ConsentRow) Own() bool { return c.By == 0 }

// ConsentsOf is all that a customer has said.
func (tx *Tx) ConsentsOf(ctx context.Context, customer crm.CustomerID) (rows []ConsentRow, err error) {
	err = tx.Select(ctx, &rows, `
		SELECT k.purpose, k.channel, k.allowed, k.via, coalesce(k.by, 0) AS by, coalesce(u.name, '') AS by_name, k.at
		FROM consents k LEFT JOIN users u ON u.id = k.by WHERE k.customer_id = $1 ORDER BY k.purpose, k.channel`, int64(customer))
	if err != nil {
		return nil, fmt.Errorf("consents of %d: %w", customer, err)
	}
	return rows, nil
}

// SetConsents writes down what a customer allows; the actor of no number is the customer. A yes to all channels takes back what
// was said against single ones. A customer's own no stays theirs when a colleague says it once more: else the colleague could
// take it back afterwards.
func (tx *Tx) SetConsents(ctx context.Context, customer crm.CustomerID, via string, said ...crm.Consent) error {
	var purpose, channel []string
	var allowed []bool
	for _, c := range said {
		purpose, channel, allowed = append(purpose, c.Purpose), append(channel, c.Channel), append(allowed, c.Allowed)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO consents AS k (customer_id, purpose, channel, allowed, via, by, at)
		SELECT $1::bigint, purpose, channel, allowed, $5::text, $6::bigint, $7::timestamptz FROM unnest($2::text[], $3::text[], $4::boolean[]) AS u (purpose, channel, allowed)
		ON CONFLICT (customer_id, purpose, channel) DO UPDATE SET allowed = excluded.allowed, via = excluded.via, by = excluded.by, at = excluded.at
		WHERE k.allowed OR k.by IS NOT NULL OR excluded.allowed OR excluded.by IS NULL`,
		int64(customer), pq.Array(purpose), pq.Array(channel), pq.Array(allowed), via, orNull(int64(tx.Actor.UserID)), tx.Now)
	if err == nil {
		_, err = tx.Exec(ctx, `
			UPDATE consents k SET allowed = true, via = $4, by = $5, at = $6
			FROM unnest($2::text[], $3::text[], $7::boolean[]) AS u (purpose, channel, allowed)
			WHERE k.customer_id = $1 AND k.purpose = u.purpose AND u.channel = '*' AND u.allowed AND NOT k.allowed`,
			int64(customer), pq.Array(purpose), pq.Array(channel), via, orNull(int64(tx.Actor.UserID)), tx.Now, pq.Array(allowed))
	}
	if err != nil {
		return fmt.Errorf("consents of %d: %w", customer, err)
	}
	return nil
}

// StopOffers ends everything of those purposes that has not left to a customer yet. It returns what was on its way.
func (tx *Tx) StopOffers(ctx context.Context, customer crm.CustomerID, reason string, purposes ...string) (stopped []int64, err error) {
	err = tx.Select(ctx, &stopped, `
		UPDATE offers SET state = 'stopped', reason = $3, version = version + 1, updated_at = $4
		WHERE customer_id = $1 AND purpose = ANY ($2::text[]) AND state IN ('planned', 'asked', 'queued') AND deleted_at IS NULL
		RETURNING id`, int64(customer), pq.Array(purposes), reason, tx.Now)
	if err != nil {
		return nil, fmt.Errorf("stop offers to %d: %w", customer, err)
	}
	return stopped, nil
}

// ReachCountOf is how often a customer was reached; it locks nothing.
func (tx *Tx) ReachCountOf(ctx context.Context, customer crm.CustomerID) (n crm.ReachCount, err error) {
	var rows []struct {
		Month   time.Time `db:"month"`
		Unasked int       `db:"unasked"`
	}
	if err := tx.Select(ctx, &rows, `SELECT month, unasked FROM reach_counts WHERE customer_id = $1`, int64(customer)); err != nil {
		return n, fmt.Errorf("reach of %d: %w", customer, err)
	}
	if len(rows) > 0 {
		n.Month, n.Unasked = rows[0].Month.UTC(), rows[0].Unasked
	}
	return n, nil
}

// unsubscribeField names the blind index that signs the links by which customers end offers.
const unsubscribeField = "offer.unsubscribe"

// UnsubscribeToken is what stands in the link by which a customer ends, or allows, offers. Nobody else can make one: it is
// signed with a key of this installation.
func (k *Keys) UnsubscribeToken(customer crm.CustomerID) string {
	return k.signed(unsubscribeField, int64(customer))
}

// ReadUnsubscribeToken reads what [Keys.UnsubscribeToken] made; ok is false for everything else.
func (k *Keys) ReadUnsubscribeToken(token string) (customer crm.CustomerID, ok bool) {
	id, ok := k.readSigned(unsubscribeField, token)
	return crm.CustomerID(id), ok
}

// CustomersByMail are the customers of whom a contact has that mail address.
func (tx *Tx) CustomersByMail(ctx context.Context, address string) (ids []int64, err error) {
	err = tx.Select(ctx, &ids, `SELECT DISTINCT customer_id FROM contacts WHERE email_index = $1 AND deleted_at IS NULL ORDER BY customer_id`, tx.Keys.Index("email", crm.Fold(address)))
	if err != nil {
		return nil, fmt.Errorf("customers by mail: %w", err)
	}
	return ids, nil
}
