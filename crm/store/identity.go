package store

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
)

// The kinds of names by which a customer is known elsewhere.
const (
	KnownByShop    = "shop"    // a member number, as shop/number; told by Identify
	KnownByPhone   = "phone"   // of the customer, a contact or a linked guest
	KnownByMail    = "mail"    // of a contact or a linked guest
	KnownByUnion   = "union"   // a person's id across the doors of one platform
	KnownByKf      = "kf"      // an account at WeChat customer service
	KnownByContact = "contact" // a contact of a colleague
)

// identityKey is what a name is found by: its blind index where it is sealed, else itself; nil for no name.
func (k *Keys) identityKey(kind, value string) []byte {
	value = strings.TrimSpace(value)
	switch kind {
	case KnownByPhone:
		return k.Index("phone", crm.CleanPhone(value))
	case KnownByMail:
		return k.Index("email", crm.Fold(value))
	case KnownByUnion:
		return k.unionKey(value)
	case KnownByKf, KnownByContact:
		return []byte(value)
	}
	return k.Index("identity."+kind, value)
}

// Identify notes a shop's member number of a customer. One that is known stays with whom it is, and the owners of the two are
// asked whether they are one. All other names follow from the records by themselves; see migration 0111.
func (tx *Tx) Identify(ctx context.Context, customer crm.CustomerID, shop, member string) error {
	value := shop + "/" + member
	if _, err := tx.Exec(ctx, `SELECT gendan_identify($1, $2, $3, $4, $5)`, int64(customer), KnownByShop, tx.Keys.identityKey(KnownByShop, value),
		tx.Keys.SealText("customer_identities", "value", value), tx.Now); err != nil {
		return fmt.Errorf("identity of %d: %w", customer, err)
	}
	return nil
}

// Identified finds the one customer known by a name elsewhere; crm.ErrNotFound when nobody is, several are, or nobody whom the
// actor sees.
func (tx *Tx) Identified(ctx context.Context, kind, value string) (id crm.CustomerID, err error) {
	key := tx.Keys.identityKey(kind, value)
	if len(key) == 0 {
		return 0, fmt.Errorf("identity: %w", crm.ErrNotFound)
	}
	if err = tx.Get(ctx, &id, `SELECT c.id FROM customers c WHERE c.id = gendan_known_by($1, $2) AND c.deleted_at IS NULL`, kind, key); err != nil {
		return 0, fmt.Errorf("identity: %w", err)
	}
	return id, nil
}

// AskKnownBefore has owners asked about customers who had the same name elsewhere before such names were watched: about at most that many
// pairs in 20 hours, however often it is called. It tells how many it asked about now. Only the service may.
func (tx *Tx) AskKnownBefore(ctx context.Context, most int) (asked int, err error) {
	if err = tx.Get(ctx, &asked, `SELECT gendan_ask_known_before($1, $2)`, tx.Now, most); err != nil {
		return 0, fmt.Errorf("names of before: %w", err)
	}
	return asked, nil
}

// MergeProposal is a pair of customers that seem to be one, since both are known by the same name.
type MergeProposal struct {
	First int64  `db:"first_id"` // the older one
	Other int64  `db:"other_id"`
	Kind  string `db:"kind"`
	Key   []byte `db:"key"`
	Phone string `db:"-"` // the number that they share; "" when it is no number, or not kept with a contact or customer
}

// MergeProposal reads a proposal; crm.ErrNotFound when there is none. Only the service may.
func (tx *Tx) MergeProposal(ctx context.Context, id int64) (p MergeProposal, err error) {
	var row struct {
		MergeProposal
		Phone []byte `db:"phone"`
		Held  []byte `db:"held"`
	}
	if err = tx.Get(ctx, &row, `
		SELECT p.first_id, p.other_id, p.kind, p.key,
			(SELECT q.phone FROM contacts q WHERE q.phone_index = p.key AND q.deleted_at IS NULL LIMIT 1) AS phone,
			(SELECT c.phone FROM customers c WHERE c.phone_index = p.key AND c.deleted_at IS NULL LIMIT 1) AS held
		FROM merge_proposals p WHERE p.id = $1`, id); err != nil {
		return p, fmt.Errorf("merge proposal %d: %w", id, err)
	}
	p = row.MergeProposal
	if p.Kind != KnownByPhone {
		return p, nil
	}
	if p.Phone, err = tx.Keys.OpenText("contacts", "phone", row.Phone); err == nil && p.Phone == "" {
		p.Phone, err = tx.Keys.OpenText("customers", "phone", row.Held)
	}
	if err != nil {
		return p, fmt.Errorf("merge proposal %d: %w", id, err)
	}
	return p, nil
}
