package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// messageQuery finds a text we sent; failing that, a message we received, by its place in the inbox.
const (
	saidQuery  = `SELECT text FROM messages WHERE platform = $1 AND message_id = $2 ORDER BY sent_at DESC LIMIT 1`
	heardQuery = `
		SELECT i.payload
		FROM inbox_keys k JOIN inbox i ON i.id = k.id AND i.received_at = k.received_at
		WHERE k.key = $1`
)

// MessageText is the text of a message that we sent or received, by the platform's id, for quotes that come
// without their text. It returns [crm.ErrNotFound] when we do not know it.
func (s *Store) MessageText(ctx context.Context, platform, messageID string) (text string, err error) {
	err = s.system(ctx, func(ctx context.Context, q querier) error {
		var said, heard [][]byte
		if err := sqlx.SelectContext(ctx, q, &said, saidQuery, platform, messageID); err != nil {
			return err
		}
		if len(said) > 0 {
			text, err = s.keys.OpenText("messages", "text", said[0])
			return err
		}
		if err := sqlx.SelectContext(ctx, q, &heard, heardQuery, messageKey(platform, messageID)); err != nil {
			return err
		}
		if len(heard) == 0 {
			return sql.ErrNoRows
		}
		payload, err := s.keys.Open("inbox", "payload", heard[0])
		if err != nil {
			return err
		}
		var m struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			return fmt.Errorf("inbox payload: %w", err)
		}
		if m.Text == "" {
			return sql.ErrNoRows
		}
		text = m.Text
		return nil
	})
	return text, explain(err, "message %s %s", platform, messageID)
}

// MessageText is like [Store.MessageText] within a turn: only what we said in its own conversation.
func (tx *Tx) MessageText(ctx context.Context, platform, messageID string) (string, error) {
	var sealed []byte
	if err := tx.Get(ctx, &sealed, saidQuery, platform, messageID); err != nil {
		return "", err
	}
	return tx.Keys.OpenText("messages", "text", sealed)
}
