// Package store is Postgres: the truth of everything. One file a topic, the SQL beside its Go.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"

	"gendan/crm"
)

var errNotYet = errors.New("store: not yet written")

// Config says where Postgres is and how to use it.
type Config struct {
	URL        string           // postgres://…, the primary
	ReplicaURL string           // for reports; "" uses the primary
	Keys       *Keys            // seals personal data
	Log        *zap.Logger      // nil is silent
	MaxConns   int              // connections of this process; 0 is 12
	Now        func() time.Time // the clock; nil is time.Now
}

// Store is the door to Postgres.
type Store struct{ cfg Config }

// Open connects.
func Open(ctx context.Context, cfg Config) (*Store, error) { return nil, errNotYet }

// Migrate brings the schema up to date.
func Migrate(ctx context.Context, url string, log *zap.Logger) error { return errNotYet }

// Close ends all connections.
func (s *Store) Close() error { return nil }

// Now is the store's clock, UTC.
func (s *Store) Now() time.Time { return time.Now().UTC() }

// Keys seals and opens.
func (s *Store) Keys() *Keys { return s.cfg.Keys }

// As runs fn in a transaction as actor.
func (s *Store) As(ctx context.Context, actor crm.Actor, fn func(ctx context.Context, tx *Tx) error) error {
	return errNotYet
}

// AsIn is As inside a conversation.
func (s *Store) AsIn(ctx context.Context, actor crm.Actor, conversation string, fn func(ctx context.Context, tx *Tx) error) error {
	return errNotYet
}

// Tx is a transaction.
type Tx struct {
	Actor        crm.Actor
	Conversation string
	Now          time.Time // UTC; set from the store's clock, the caller may overwrite it
	Ledger       *Ledger
	Keys         *Keys
	conn         *sqlx.Conn
}

// Get scans one row into dest (struct or scalar); crm.ErrNotFound when there is none.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error { return errNotYet }

// Select scans all rows into the slice dest.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	return errNotYet
}

// Exec runs a statement and tells how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return 0, errNotYet
}

// Query runs a statement for rows of any shape; close them.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	return nil, errNotYet
}

// NextID draws the next record number.
func (tx *Tx) NextID(ctx context.Context) (int64, error) { return 0, errNotYet }

// Col is a column and its new value.
type Col struct {
	Name  string
	Value any
}

// Set changes columns of one record with version check and notes the way back.
func (tx *Tx) Set(ctx context.Context, kind crm.Kind, id int64, version int, set []Col) (newVersion int, err error) {
	return 0, errNotYet
}

// Created notes that a record was created in this transaction, for undo.
func (tx *Tx) Created(kind crm.Kind, id int64, version int) {}

// Restore applies one undo step; crm.ErrConflict when somebody changed the record since.
func (tx *Tx) Restore(ctx context.Context, step UndoStep) (newVersion int, err error) {
	return 0, errNotYet
}

// Receipt finds the outcome kept under key; ok is false when there is none.
func (tx *Tx) Receipt(ctx context.Context, key string) (outcome json.RawMessage, ok bool, err error) {
	return nil, false, errNotYet
}

// SavedUndo is an undo entry as it was kept.
type SavedUndo struct {
	ID int64
	UndoEntry
	UserID   crm.UserID
	Created  time.Time
	UndoneAt time.Time // zero while it can still be taken back
}

// FindUndo finds the actor's entry by code; "" finds the actor's latest in conversation that is not yet undone.
// crm.ErrNotFound when there is none.
func (tx *Tx) FindUndo(ctx context.Context, conversation, code string) (SavedUndo, error) {
	return SavedUndo{}, errNotYet
}

// MarkUndone closes an undo entry; crm.ErrConflict when it was closed before.
func (tx *Tx) MarkUndone(ctx context.Context, id int64) error { return errNotYet }

// LockConversation locks the transaction's conversation.
func (tx *Tx) LockConversation(ctx context.Context) (Conversation, []InboxRow, error) {
	return Conversation{}, nil, errNotYet
}

// InboxMessage is what a door hears.
type InboxMessage struct {
	Platform     string
	MessageID    string
	Conversation string
	Peer         string
	SentAt       time.Time
	Payload      json.RawMessage // chat.Message
}

// InboxRow is a message that waits for its answer.
type InboxRow struct {
	InboxKey
	InboxMessage
}

// Hear stores m; durable when it returns.
func (s *Store) Hear(ctx context.Context, m InboxMessage) (isNew bool, err error) {
	return false, errNotYet
}

// OnHeard registers the in-process doorbell.
func (s *Store) OnHeard(fn func(conversation string)) {}

// PendingConversations lists conversations with messages unanswered for a moment.
func (s *Store) PendingConversations(ctx context.Context, limit int) ([]string, error) {
	return nil, errNotYet
}

// UserByPeer finds who a peer is.
func (s *Store) UserByPeer(ctx context.Context, peer string) (crm.Actor, error) {
	return crm.Actor{}, errNotYet
}

// OutboxClaim is a message to send, leased to the caller.
type OutboxClaim struct {
	ID        int64
	CreatedAt time.Time
	Platform  string
	Lane      string
	Peer      string
	Kind      string
	Subject   int64
	Key       string
	Payload   json.RawMessage
	Attempts  int // before this one
}

// OutboxMark names a claimed row and how it went.
type OutboxMark struct {
	ID           int64
	CreatedAt    time.Time
	MessageID    string    // sent: the platform's id, "" when none
	Conversation string    // sent: where it can be quoted
	Text         string    // sent: kept sealed for quotes
	NotBefore    time.Time // retry: when
	Code         string    // retry, dead: the platform's code
	Advice       string    // dead: a sentence for the administrator
}

// ClaimOutbox leases up to limit heads of lanes.
func (s *Store) ClaimOutbox(ctx context.Context, platform string, limit int, lease time.Duration) ([]OutboxClaim, error) {
	return nil, errNotYet
}

// OutboxSent marks rows sent.
func (s *Store) OutboxSent(ctx context.Context, marks []OutboxMark) error { return errNotYet }

// OutboxRetry gives rows back for another try at NotBefore.
func (s *Store) OutboxRetry(ctx context.Context, marks []OutboxMark) error { return errNotYet }

// OutboxDead closes rows that can never be sent.
func (s *Store) OutboxDead(ctx context.Context, marks []OutboxMark) error { return errNotYet }

// OnOutbox registers the in-process doorbell, rung after commit for each platform with new rows.
func (s *Store) OnOutbox(fn func(platform string)) {}

// MessageText finds the text of a message we sent or received, for quotes; crm.ErrNotFound.
func (s *Store) MessageText(ctx context.Context, platform, messageID string) (string, error) {
	return "", errNotYet
}

// MessageText is like Store.MessageText within the turn's transaction: only messages of its conversation.
func (tx *Tx) MessageText(ctx context.Context, platform, messageID string) (string, error) {
	return "", errNotYet
}
