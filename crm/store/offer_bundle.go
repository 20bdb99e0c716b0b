package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/lib/pq"
)

// BundleMember is one offer's part of a [Bundle].
type BundleMember struct {
	Offer int64  `db:"offer_id"`
	Key   string `db:"key"`  // of the offer's message
	Peer  string `db:"peer"` // of the contact
}

// Bundle are equal messages of one colleague that become one task.
type Bundle struct {
	ID      int64
	Mark    string // what makes them equal; not kept in the open
	Text    string
	Members []BundleMember
}

// BundleMost is how many customers a task may have.
const BundleMost = 10_000

// AddToBundles puts messages to those of the same mark that wait for the last of them, or begins a bundle with them.
func (tx *Tx) AddToBundles(ctx context.Context, all []Bundle) error {
	slices.SortFunc(all, func(a, b Bundle) int { return slices.Compare([]byte(a.Mark), []byte(b.Mark)) }) // so that no two wait for each other
	for _, b := range all {
		var id int64
		if err := tx.Get(ctx, &id, `
			INSERT INTO offer_bundles AS b (mark, text, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (mark) WHERE made_at IS NULL DO UPDATE SET mark = excluded.mark RETURNING id`,
			tx.Keys.Index("offer.bundle", b.Mark), tx.Keys.SealText("offer_bundles", "text", b.Text), tx.Now); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
		offers, keys, peers := make([]int64, len(b.Members)), make([]string, len(b.Members)), make([]string, len(b.Members))
		for i, m := range b.Members {
			offers[i], keys[i], peers[i] = m.Offer, m.Key, m.Peer
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO offer_bundle_members (bundle_id, offer_id, key, peer) SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::text[]) AS u
			ON CONFLICT (bundle_id, offer_id) DO UPDATE SET key = excluded.key, peer = excluded.peer`, id, pq.Array(offers), pq.Array(keys), pq.Array(peers)); err != nil {
			return fmt.Errorf("bundle %d: %w", id, err)
		}
	}
	return nil
}

// CloseBundles closes the bundles that wait, and returns them. One that another transaction adds to is left to that one.
func (tx *Tx) CloseBundles(ctx context.Context) ([]Bundle, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Text []byte `db:"text"`
	}
	if err := tx.Select(ctx, &rows, `
		UPDATE offer_bundles b SET made_at = $1 FROM (SELECT id FROM offer_bundles WHERE made_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED) o
		WHERE b.id = o.id RETURNING b.id, b.text`, tx.Now); err != nil {
		return nil, fmt.Errorf("close bundles: %w", err)
	}
	all := make([]Bundle, 0, len(rows))
	for _, r := range rows {
		b := Bundle{ID: r.ID}
		var err error
		if b.Text, err = tx.Keys.OpenText("offer_bundles", "text", r.Text); err != nil {
			return nil, fmt.Errorf("bundle %d: %w", r.ID, err)
		}
		if err := tx.Select(ctx, &b.Members, `SELECT offer_id, key, peer FROM offer_bundle_members WHERE bundle_id = $1 ORDER BY offer_id`, r.ID); err != nil {
			return nil, fmt.Errorf("bundle %d: %w", r.ID, err)
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Bundle) int { return int(a.ID - b.ID) })
	return all, nil
}
