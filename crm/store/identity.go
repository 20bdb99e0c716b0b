package store

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
)

// Identify notes how a customer is known elsewhere: kind is shop, contact, phone, mail or kf. A name that is known stays
// with whom it is.
func (tx *Tx) Identify(ctx context.Context, customer crm.CustomerID, kind, value string) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO customer_identities (kind, key, customer_id, value, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		kind, tx.Keys.Index("identity."+kind, strings.TrimSpace(value)), int64(customer), tx.Keys.SealText("customer_identities", "value", value), tx.Now); err != nil {
		return fmt.Errorf("identity of %d: %w", customer, err)
	}
	return nil
}

// Identified finds the customer known by a name elsewhere; crm.ErrNotFound when nobody is, or nobody whom the actor sees.
func (tx *Tx) Identified(ctx context.Context, kind, value string) (id crm.CustomerID, err error) {
	if err = tx.Get(ctx, &id, `
		SELECT i.customer_id FROM customer_identities i JOIN customers c ON c.id = i.customer_id AND c.deleted_at IS NULL
		WHERE i.kind = $1 AND i.key = $2`, kind, tx.Keys.Index("identity."+kind, strings.TrimSpace(value))); err != nil {
		return 0, fmt.Errorf("identity: %w", err)
	}
	return id, nil
}

// IdentityRow is a name by which a customer is known elsewhere.
type IdentityRow struct {
	Kind   string `db:"kind"`
	Sealed []byte `db:"value"`
	Value  string `db:"-"`
}

// IdentitiesOf lists how a customer is known elsewhere.
func (tx *Tx) IdentitiesOf(ctx context.Context, customer crm.CustomerID) (rows []IdentityRow, err error) {
	if err = tx.Select(ctx, &rows, `SELECT kind, value FROM customer_identities WHERE customer_id = $1 ORDER BY kind, created_at LIMIT 50`, int64(customer)); err != nil {
		return nil, fmt.Errorf("identities of %d: %w", customer, err)
	}
	for i := range rows {
		if rows[i].Value, err = tx.Keys.OpenText("customer_identities", "value", rows[i].Sealed); err != nil {
			return nil, fmt.Errorf("identities of %d: %w", customer, err)
		}
	}
	return rows, nil
}
