package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
)

// tokenPrefix makes a key to the HTTP door known for what it is, to people and to scanners of leaked secrets.
const tokenPrefix = "gendan_"

// usedEvery is how exactly it is kept when a key was used last.
const usedEvery = time.Hour

// AddToken makes a key to the HTTP door for a colleague. It is told once, here: only its hash is kept.
func (s *Store) AddToken(ctx context.Context, user crm.UserID) (token string, err error) {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO api_tokens (hash, user_id, created_at) VALUES ($1, $2, $3)`, tokenHash(token), int64(user), tx.Now)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("token of user %d: %w", user, err)
	}
	return token, nil
}

// RevokeTokens ends all keys of a colleague and tells how many there were.
func (s *Store) RevokeTokens(ctx context.Context, user crm.UserID) (n int64, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) (err error) {
		n, err = tx.Exec(ctx, `UPDATE api_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL`, int64(user), tx.Now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("tokens of user %d: %w", user, err)
	}
	return n, nil
}

// UserByToken is the colleague whose key token is: [crm.ErrNotFound] when it is nobody's, was revoked, or the colleague is
// disabled.
func (s *Store) UserByToken(ctx context.Context, token string) (crm.Actor, error) {
	if !strings.HasPrefix(token, tokenPrefix) || len(token) > 100 {
		return crm.Actor{}, fmt.Errorf("token: %w", crm.ErrNotFound)
	}
	hash := tokenHash(token)
	actor, err := s.oneActor(ctx, `JOIN api_tokens k ON k.user_id = u.id WHERE k.hash = $1 AND k.revoked_at IS NULL AND u.active`, hash)
	if errors.Is(err, crm.ErrNotFound) {
		return actor, fmt.Errorf("token: %w", crm.ErrNotFound) // without its hash
	}
	if err != nil {
		return actor, err
	}
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		_, err := q.ExecContext(ctx, `UPDATE api_tokens SET used_at = $2 WHERE hash = $1 AND (used_at IS NULL OR used_at < $3)`, hash, s.Now(), s.Now().Add(-usedEvery))
		return err
	})
	return actor, explain(err, "token used")
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
