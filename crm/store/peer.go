package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"gendan/crm"
)

// PeersOf lists the chat identities of user: the platform they spoke on last first.
func (s *Store) PeersOf(ctx context.Context, user crm.UserID) ([]string, error) {
	var peers []string
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		peers = peers[:0]
		return sqlx.SelectContext(ctx, q, &peers, `
			SELECT i.peer
			FROM identities i
			WHERE i.user_id = $1 AND i.active
			ORDER BY (
				SELECT max(c.updated_at) FROM conversations c
				WHERE c.user_id = $1 AND c.user_id <> 0 AND starts_with(c.id, i.platform || ':')
			) DESC NULLS LAST, i.created_at, i.peer`, int64(user))
	})
	return peers, explain(err, "identities of user %d", user)
}

// BriefMinute is when user has the morning brief, in minutes after midnight of their zone; -1 is never.
func (s *Store) BriefMinute(ctx context.Context, user crm.UserID) (minute int, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		return sqlx.GetContext(ctx, q, &minute, `SELECT brief_minute FROM users WHERE id = $1 AND active`, int64(user))
	})
	return minute, explain(err, "brief of user %d", user)
}
