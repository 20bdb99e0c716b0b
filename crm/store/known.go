package store

import (
	"context"
	"fmt"
)

// The kinds of names that [Tx.KnownNames] gives.
const (
	KnownFirm    = "firm"
	KnownPerson  = "person" // a customer that is a household
	KnownProduct = "product"
)

// KnownName is a name that the actor is likely to say.
type KnownName struct {
	ID   int64  `db:"id"` // of the customer; 0 for a product
	Name string `db:"name"`
	Kind string `db:"kind"` // KnownFirm, KnownPerson or KnownProduct
}

// KnownNames lists the names of the customers that the actor works on, those seen besides, and the products of the
// actor's deals: at most most of each sort, newest change first. A name may come twice.
func (tx *Tx) KnownNames(ctx context.Context, most int) (names []KnownName, err error) {
	if err = tx.Select(ctx, &names, `SELECT id, name, kind FROM gendan_known_names($1)`, most); err != nil {
		return nil, fmt.Errorf("known names: %w", err)
	}
	return names, nil
}
