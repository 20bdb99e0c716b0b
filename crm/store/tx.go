package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"gendan/crm"
)

// Tx is a transaction on behalf of one person. [Store.As] makes it and ends it. Not for concurrent use.
type Tx struct {
	Actor        crm.Actor
	Conversation string    // chat.ConversationID the transaction may read and answer; "" outside chat
	Lane         string    // what an answer in this conversation leaves in order with; "" when that is not known before it opens
	Now          time.Time // UTC: the service's clock at the beginning; the caller may set another
	Ledger       *Ledger   // written just before the commit
	Keys         *Keys

	conn    *sqlx.Conn
	store   *Store
	opened  bool // BEGIN has been sent
	begun   bool // and has succeeded
	locked  bool // the conversation's row is there and ours until the end
	answer  answerRow
	replica bool  // on the replica: it only reads
	failed  error // the first error of a statement: what follows cannot commit
}

// As runs fn in one transaction that sees and changes what actor may, writes the ledger and commits. When fn
// returns an error nothing remains, and As returns that error. fn is run again, up to three times, after
// losing a race that Postgres decided, so it must keep nothing outside of tx.
func (s *Store) As(ctx context.Context, actor crm.Actor, fn func(ctx context.Context, tx *Tx) error) error {
	return s.AsIn(ctx, actor, "", fn)
}

// AsIn is [Store.As] in a conversation: the transaction may also lock it, read its messages and answer them.
func (s *Store) AsIn(ctx context.Context, actor crm.Actor, conversation string, fn func(ctx context.Context, tx *Tx) error) error {
	for try, start := 0, time.Now(); ; try++ {
		done, began, err := s.attempt(ctx, actor, conversation, fn)
		switch {
		case err == nil:
			s.ring(done)
			return nil
		case again(err) && try < 3: // a race lost
		case !began && broken(err) && time.Since(start) < patience: // Postgres is away and nothing has begun
		default:
			return err
		}
		if !pause(ctx, time.Duration(try+1)*20*time.Millisecond) {
			return err
		}
	}
}

// flushed is what the doorbells need to know of a committed ledger.
type flushed struct {
	platforms []string
	timers    []TimerDue
	leased    *OutboxClaim
}

func (s *Store) attempt(ctx context.Context, actor crm.Actor, conversation string, fn func(context.Context, *Tx) error) (done flushed, began bool, err error) {
	conn, err := s.app.Connx(ctx)
	if err != nil {
		return done, false, fmt.Errorf("store: %w", err)
	}
	defer conn.Close()
	tx := &Tx{Actor: actor, Conversation: conversation, Now: s.Now(), Ledger: &Ledger{}, Keys: s.keys, conn: conn, store: s}
	defer func() {
		if tx.opened { // an error, or a panic in fn
			rollback(ctx, conn)
		}
	}()
	if err := fn(ctx, tx); err != nil {
		return done, tx.begun, err
	}
	if tx.failed != nil {
		return done, tx.begun, fmt.Errorf("store: a statement failed and fn went on: %w", tx.failed)
	}
	if done, err = tx.flush(ctx); err != nil || !tx.opened {
		return done, tx.begun, err
	}
	tx.opened = false
	if _, err := conn.ExecContext(ctx, `COMMIT`); err != nil {
		discard(conn) // it may have committed; what runs in turns is safe to repeat
		if broken(err) && done.leased != nil && s.committed(ctx, conversation, *done.leased) {
			return done, true, nil
		}
		return done, true, fmt.Errorf("store: commit: %w", err)
	}
	return done, true, nil
}

// committed tells whether a turn has committed although Postgres broke off before it said so: nobody else sends the answer that it has
// leased to this process, and until the lease ends it would lie there. A backend that has lost only us may be at it still, and
// has the conversation's row until it is through; Postgres may be away for as long as the lease lasts.
func (s *Store) committed(ctx context.Context, conversation string, answer OutboxClaim) (there bool) {
	ctx, cancel := context.WithDeadline(ctx, answer.until)
	defer cancel()
	for {
		err := s.system(ctx, func(ctx context.Context, q querier) error {
			if _, err := q.ExecContext(ctx, `SELECT FROM conversations WHERE id = $1 FOR UPDATE`, conversation); err != nil {
				return err
			}
			return sqlx.GetContext(ctx, q, &there, `SELECT EXISTS (SELECT FROM outbox WHERE id = $1 AND created_at = $2)`, answer.ID, answer.CreatedAt)
		})
		if err == nil || !broken(err) || ctx.Err() != nil {
			return there && err == nil
		}
	}
}

// begin opens the transaction and names the actor in one round trip, unless that is done. It waits for the first
// statement, because the one that opens a turn does both in one.
func (tx *Tx) begin(ctx context.Context) error {
	if tx.opened {
		return nil
	}
	var b strings.Builder
	b.Grow(300)
	tx.beginText(&b)
	scope, id := tx.visible()
	b.WriteString(`SELECT set_config('gendan.actor','`)
	b.WriteString(id)
	b.WriteString(`',true),set_config('gendan.scope','`)
	b.WriteString(scope)
	b.WriteString(`',true),set_config('gendan.teams','`)
	b.WriteString(tx.teams())
	b.WriteString(`',true),set_config('gendan.conversation',`)
	b.WriteString(literal(tx.Conversation))
	b.WriteString(`,true)`)
	tx.opened = true
	if _, err := tx.conn.ExecContext(ctx, b.String()); err != nil {
		tx.opened = false
		discard(tx.conn)
		return tx.note(fmt.Errorf("store: begin: %w", err))
	}
	tx.begun = true
	return nil
}

func (tx *Tx) beginText(b *strings.Builder) {
	b.WriteString(`BEGIN; `)
	if tx.store.pooled {
		b.WriteString(`SET LOCAL ROLE gendan_app; `)
	}
}

// visible is the actor's scope and number as the policies read them: fixed words and digits.
func (tx *Tx) visible() (scope, id string) {
	switch tx.Actor.Scope {
	case crm.ScopeOwn, crm.ScopeTeam, crm.ScopeAll, crm.ScopeSystem:
		return string(tx.Actor.Scope), strconv.FormatInt(int64(tx.Actor.UserID), 10)
	}
	return string(crm.ScopeNone), "0" // whoever may see nothing is nobody
}

// teams is the actor's teams as an array's text: digits, commas and braces.
func (tx *Tx) teams() string {
	if len(tx.Actor.Teams) == 0 {
		return "{}"
	}
	b := []byte{'{'}
	for i, t := range tx.Actor.Teams {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(t), 10)
	}
	return string(append(b, '}'))
}

// literal is s as a literal of SQL. Postgres knows no zero bytes.
func literal(s string) string { return pq.QuoteLiteral(strings.ReplaceAll(s, "\x00", "")) }

func rollback(ctx context.Context, conn *sqlx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `ROLLBACK`); err != nil {
		discard(conn)
	}
}

// discard takes a connection of unknown state out of the pool.
func discard(conn *sqlx.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// note remembers an error that has ended the transaction; no row is none.
func (tx *Tx) note(err error) error {
	if err != nil && tx.failed == nil && !errors.Is(err, sql.ErrNoRows) {
		tx.failed = err
	}
	return err
}

// Get scans the first row into dest: a struct with db tags, or a single value. It returns
// [crm.ErrNotFound] when there is none.
func (tx *Tx) Get(ctx context.Context, dest any, query string, args ...any) error {
	if err := tx.begin(ctx); err != nil {
		return explain(err, "get")
	}
	return explain(tx.note(tx.conn.GetContext(ctx, dest, query, args...)), "get")
}

// Select scans all rows into the slice that dest points to.
func (tx *Tx) Select(ctx context.Context, dest any, query string, args ...any) error {
	if err := tx.begin(ctx); err != nil {
		return explain(err, "select")
	}
	return explain(tx.note(tx.conn.SelectContext(ctx, dest, query, args...)), "select")
}

// Exec runs a statement and tells how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := tx.begin(ctx); err != nil {
		return 0, explain(err, "exec")
	}
	r, err := tx.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, explain(tx.note(err), "exec")
	}
	return r.RowsAffected()
}

// Query runs a statement whose rows the caller scans and closes before the next statement.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	if err := tx.begin(ctx); err != nil {
		return nil, explain(err, "query")
	}
	rows, err := tx.conn.QueryxContext(ctx, query, args...)
	return rows, explain(tx.note(err), "query")
}

// NextID draws the next record number.
func (tx *Tx) NextID(ctx context.Context) (id int64, err error) {
	return id, tx.Get(ctx, &id, `SELECT nextval('record_numbers')`)
}

// Seal seals a text for table.column; see [Keys.Seal].
func (tx *Tx) Seal(table, column, plain string) []byte { return tx.Keys.SealText(table, column, plain) }

// OpenText opens what Seal sealed.
func (tx *Tx) OpenText(table, column string, sealed []byte) (string, error) {
	return tx.Keys.OpenText(table, column, sealed)
}

// OnHeard registers a doorbell, rung in this process after messages of a conversation have been stored. It must
// return at once. Register before the first message.
func (s *Store) OnHeard(fn func(conversation string)) {
	s.bells.Lock()
	defer s.bells.Unlock()
	s.onHeard = append(s.onHeard, fn)
}

// OnOutbox registers a doorbell, rung in this process after the commit of rows for a platform. It must return at once.
func (s *Store) OnOutbox(fn func(platform string)) {
	s.bells.Lock()
	defer s.bells.Unlock()
	s.onOut = append(s.onOut, fn)
}

// OnTimers registers a listener for timers set and committed in this process. It must return at once.
func (s *Store) OnTimers(fn func(set []TimerDue)) {
	s.bells.Lock()
	defer s.bells.Unlock()
	s.onTimer = append(s.onTimer, fn)
}

// OnLeased registers who sends what was committed in this process with a lease; see [OutboxRow.Lease]. It must return at once.
func (s *Store) OnLeased(fn func(c OutboxClaim)) {
	s.bells.Lock()
	defer s.bells.Unlock()
	s.onLeased = append(s.onLeased, fn)
}

func (s *Store) ring(f flushed) {
	s.bells.RLock()
	defer s.bells.RUnlock()
	if f.leased != nil {
		for _, fn := range s.onLeased {
			fn(*f.leased)
		}
	}
	for _, p := range f.platforms {
		for _, fn := range s.onOut {
			fn(p)
		}
	}
	if len(f.timers) > 0 {
		for _, fn := range s.onTimer {
			fn(f.timers)
		}
	}
}

func (s *Store) ringHeard(conversation string) {
	s.bells.RLock()
	defer s.bells.RUnlock()
	for _, fn := range s.onHeard {
		fn(conversation)
	}
}
