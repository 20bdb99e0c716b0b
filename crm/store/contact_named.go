package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"
)

// PeopleNamed lists the names of the actor's contacts that are among keys, which are folded names (see [crm.Fold]).
func (tx *Tx) PeopleNamed(ctx context.Context, keys []string) (names []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	err = tx.Select(ctx, &names, `SELECT DISTINCT name FROM contacts WHERE deleted_at IS NULL AND name_key = ANY($1) ORDER BY name LIMIT 200`, pq.Array(keys))
	if err != nil {
		return nil, fmt.Errorf("people named: %w", err)
	}
	return names, nil
}
