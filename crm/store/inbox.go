package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// InboxMessage is a message as a door heard it.
type InboxMessage struct {
	Platform     string          // "wecom"
	MessageID    string          // unique within the platform
	Conversation string          // chat.ConversationID
	Peer         string          // chat.PeerID of the speaker
	SentAt       time.Time       // UTC
	Payload      json.RawMessage // chat.Message; sealed by the store
}

// InboxRow is a stored message that waits for its answer.
type InboxRow struct {
	InboxKey
	InboxMessage
}

// Group commit: what has queued up while the last statement ran goes into the next one. One committer makes the
// largest groups: two take as many messages a second, and twice the processor for each.
const groupMost = 64

type heard struct {
	m      InboxMessage
	key    string
	sealed []byte
	done   chan error // capacity 1
	isNew  bool       // valid after done
}

type hearer struct {
	s     *Store
	queue chan *heard
}

func newHearer(s *Store) *hearer { return &hearer{s: s, queue: make(chan *heard, 4*groupMost)} }

var errClosed = errors.New("store: closed")

// Hear writes a message down and returns when it is durable; isNew is false for a repeat. When ctx ends first the
// message may or may not be stored, which a repeated delivery settles. The doorbell rings after the commit.
func (s *Store) Hear(ctx context.Context, m InboxMessage) (isNew bool, err error) {
	if err := checkMessage(m); err != nil {
		return false, err
	}
	h := &heard{m: m, key: messageKey(m.Platform, m.MessageID), sealed: s.keys.Seal("inbox", "payload", m.Payload), done: make(chan error, 1)}
	select {
	case s.hearer.queue <- h:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case err := <-h.done:
		return h.isNew, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func checkMessage(m InboxMessage) error {
	for _, f := range []string{m.Platform, m.MessageID, m.Conversation, m.Peer} {
		if f == "" || len(f) > 512 || !utf8.ValidString(f) || strings.ContainsRune(f, 0) {
			return fmt.Errorf("store: hear: %w: platform, message id, conversation and peer must be short texts", crm.ErrInvalid)
		}
	}
	if len(m.Payload) == 0 {
		return fmt.Errorf("store: hear: %w: empty payload", crm.ErrInvalid)
	}
	return nil
}

// messageKey is a uuid made of the platform's message id.
func messageKey(platform, id string) string {
	sum := sha256.Sum256([]byte(platform + "\x00" + id))
	return hex.EncodeToString(sum[:16])
}

func (h *hearer) run(ctx context.Context) {
	group := make([]*heard, 0, groupMost)
	for {
		group = group[:0]
		select {
		case m := <-h.queue:
			group = append(group, m)
		case <-ctx.Done():
			h.refuse()
			return
		}
	more:
		for len(group) < groupMost {
			select {
			case m := <-h.queue:
				group = append(group, m)
			default:
				break more
			}
		}
		h.store(ctx, group)
	}
}

// refuse answers those who came while the store closed.
func (h *hearer) refuse() {
	for {
		select {
		case m := <-h.queue:
			m.done <- errClosed
		default:
			return
		}
	}
}

func (h *hearer) store(ctx context.Context, group []*heard) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	err := h.s.insertHeard(ctx, group)
	if err != nil && !broken(err) && ctx.Err() == nil && len(group) > 1 {
		for _, m := range group { // one of them is at fault: only that one shall fail
			h.answer([]*heard{m}, h.s.insertHeard(ctx, []*heard{m}))
		}
		return
	}
	h.answer(group, err)
}

func (h *hearer) answer(group []*heard, err error) {
	for _, m := range group {
		if err == nil {
			h.s.ringHeard(m.m.Conversation) // for a repeat, too: its first delivery may have been our own retry
		}
		m.done <- err
	}
}

// insertHeard stores a group in one statement and sets isNew of each.
func (s *Store) insertHeard(ctx context.Context, group []*heard) error {
	slices.SortStableFunc(group, func(a, b *heard) int { return cmp.Compare(a.key, b.key) }) // equal order in all groups: no deadlock
	first := make([]*heard, 0, len(group))
	for _, m := range group {
		if len(first) == 0 || first[len(first)-1].key != m.key {
			first = append(first, m)
		}
	}
	if len(first) == 1 {
		return s.insertOne(ctx, first[0])
	}
	n := len(first)
	key, platform, id, conversation, peer, sent := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	payload := make([][]byte, n)
	for i, m := range first {
		key[i], platform[i], id[i], conversation[i], peer[i] = m.key, m.m.Platform, m.m.MessageID, m.m.Conversation, m.m.Peer
		sent[i], payload[i] = stamp(m.m.SentAt), m.sealed
		if sent[i] == "" {
			sent[i] = stamp(s.Now())
		}
	}
	var fresh []int
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		fresh = fresh[:0]
		return sqlx.SelectContext(ctx, q, &fresh, `
			WITH u AS MATERIALIZED (
				SELECT nextval('inbox_ids') AS id, now() AS received_at, t.*
				FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[]) WITH ORDINALITY
					AS t (key, platform, message_id, conversation, peer, sent_at, payload, ord)
			), fresh AS (
				INSERT INTO inbox_keys (key, id, received_at)
				SELECT key, id, received_at FROM u ORDER BY ord
				ON CONFLICT DO NOTHING
				RETURNING id
			), i AS (
				INSERT INTO inbox (id, received_at, platform, message_id, conversation, peer, sent_at, payload)
				SELECT id, received_at, platform, message_id, conversation, peer, sent_at::timestamptz, payload
				FROM u JOIN fresh USING (id)
			)
			SELECT ord FROM u JOIN fresh USING (id)`,
			pq.Array(key), pq.Array(platform), pq.Array(id), pq.Array(conversation), pq.Array(peer), pq.Array(sent), pq.Array(payload))
	})
	if err != nil {
		return explain(err, "hear")
	}
	for _, ord := range fresh {
		first[ord-1].isNew = true
	}
	return nil
}

// insertOne is insertHeard for a group of one, as all are while little is said: half the work.
func (s *Store) insertOne(ctx context.Context, m *heard) error {
	sent := m.m.SentAt
	if sent.IsZero() {
		sent = s.Now()
	}
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		r, err := q.ExecContext(ctx, `
			WITH fresh AS (
				INSERT INTO inbox_keys (key, id, received_at) VALUES ($1, nextval('inbox_ids'), now())
				ON CONFLICT DO NOTHING
				RETURNING id
			)
			INSERT INTO inbox (id, received_at, platform, message_id, conversation, peer, sent_at, payload)
			SELECT id, now(), $2, $3, $4, $5, $6, $7 FROM fresh`,
			m.key, m.m.Platform, m.m.MessageID, m.m.Conversation, m.m.Peer, sent, m.sealed)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		m.isNew = n == 1
		return err
	})
	return explain(err, "hear")
}

// PendingConversations lists conversations that have messages unanswered for a moment, longest waiting first. The
// sweeper takes them up when a doorbell was lost, with a process or between two.
func (s *Store) PendingConversations(ctx context.Context, limit int) ([]string, error) {
	var list []string
	err := s.system(ctx, func(ctx context.Context, q querier) error {
		list = list[:0]
		return sqlx.SelectContext(ctx, q, &list, `
			SELECT conversation FROM inbox
			WHERE done_at IS NULL AND received_at BETWEEN now() - interval '31 days' AND now() - interval '1 second'
			GROUP BY conversation
			ORDER BY min(id)
			LIMIT $1`, limit)
	})
	return list, explain(err, "pending conversations")
}

// turnLimit is how many unanswered messages a turn gets to see.
const turnLimit = 20

// LockConversation locks the transaction's conversation until its end, so that turns follow one another across all
// processes, and returns its memory and its unanswered messages, oldest first, at most 20. It makes the row when there
// is none. As the first statement of a transaction it also opens it, in the same round trip.
func (tx *Tx) LockConversation(ctx context.Context) (c Conversation, rows []InboxRow, err error) {
	c.ID = tx.Conversation
	found, err := tx.openTurn(ctx)
	if err != nil {
		return c, nil, explain(tx.note(err), "lock conversation")
	}
	defer found.Close()
	var began *time.Time
	for found.Next() {
		var (
			id, user, answer             int64
			received, sent               *time.Time
			platform, messageID, speaker *string
			sealed                       []byte
			drawn                        *int64
		)
		if err := found.Scan(&id, &received, &platform, &messageID, &speaker, &sent, &user, &sealed, &drawn); err != nil {
			return c, nil, fmt.Errorf("lock conversation: %w", tx.note(err))
		}
		if drawn != nil {
			answer = *drawn
		}
		if id == 0 {
			tx.locked, c.UserID, began = true, crm.UserID(user), received
			if c.State, err = tx.Keys.Open("conversations", "state", sealed); err != nil {
				return c, nil, err
			}
			continue
		}
		payload, err := tx.Keys.Open("inbox", "payload", sealed)
		if err != nil {
			return c, nil, fmt.Errorf("inbox %d: %w", id, err)
		}
		if answer != 0 && began != nil && len(rows) == 0 {
			tx.answer = answerRow{id: answer, created: *began}
		}
		rows = append(rows, InboxRow{
			InboxKey{ID: id, ReceivedAt: *received},
			InboxMessage{Platform: *platform, MessageID: *messageID, Conversation: tx.Conversation, Peer: *speaker, SentAt: *sent, Payload: payload},
		})
	}
	return c, rows, explain(tx.note(found.Err()), "lock conversation")
}

// openTurn begins the transaction, unless it has begun, and locks the conversation.
func (tx *Tx) openTurn(ctx context.Context) (*sqlx.Rows, error) {
	scope, id := tx.visible()
	if tx.opened {
		return tx.conn.QueryxContext(ctx, `SELECT * FROM gendan_open_turn($1, $2, $3, $4, $5, $6, $7)`,
			id, scope, tx.teams(), tx.Conversation, turnLimit, tx.Lane, tx.Now)
	}
	var b strings.Builder
	b.Grow(300)
	tx.beginText(&b)
	fmt.Fprintf(&b, `SELECT * FROM gendan_open_turn(%s, '%s', '%s', %s, %d, %s, '%s')`,
		id, scope, tx.teams(), literal(tx.Conversation), turnLimit, literal(tx.Lane), stamp(tx.Now))
	tx.opened = true
	rows, err := tx.conn.QueryxContext(ctx, b.String())
	tx.begun = err == nil
	return rows, err
}
