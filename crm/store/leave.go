package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// ordinary tells whether the ledger is that of an ordinary turn, at most one row of each part, which gendan_leave can
// write and commit in one round trip.
func (tx *Tx) ordinary() bool {
	l := tx.Ledger
	if len(l.Audit) > 1 || len(l.Activities) > 1 || len(l.Timers) > 1 || len(l.Cancels) > 0 || len(l.Outbox) > 1 || len(l.Events) > 1 ||
		len(l.InboxDone) != 1 || l.Receipt != nil || !tx.locked || l.Conversation == nil || l.Conversation.ID != tx.Conversation {
		return false
	}
	if len(l.Outbox) == 1 {
		o := l.Outbox[0]
		return o.NotBefore.IsZero() && (o.Key == "" || o.Kind == "reply") // another kind's key is to be remembered
	}
	return true
}

// arguments are the literals of a call, in order.
type arguments struct{ text strings.Builder }

func (a *arguments) raw(s string) {
	if a.text.Len() > 0 {
		a.text.WriteByte(',')
	}
	a.text.WriteString(s)
}

func (a *arguments) none(n int) {
	for range n {
		a.raw("NULL")
	}
}

func (a *arguments) number(n int64) { a.raw(strconv.FormatInt(n, 10)) }
func (a *arguments) word(s string)  { a.raw(literal(s)) }

func (a *arguments) time(t time.Time) {
	if t.IsZero() {
		a.none(1)
		return
	}
	a.raw("'" + stamp(t) + "'")
}

func (a *arguments) bytes(b []byte) {
	if b == nil {
		a.none(1)
		return
	}
	a.raw(`'\x`)
	a.text.WriteString(hex.EncodeToString(b))
	a.text.WriteByte('\'')
}

// leave writes an ordinary ledger and commits.
func (tx *Tx) leave(ctx context.Context) (done flushed, err error) {
	a := &arguments{}
	a.text.Grow(6000)
	if err := tx.leaveArguments(a); err != nil {
		return done, err
	}
	for _, o := range tx.Ledger.Outbox {
		done.platforms = append(done.platforms, o.Platform)
	}
	var id sql.NullInt64
	var due sql.NullTime
	rows, err := tx.conn.QueryxContext(ctx, `SELECT * FROM gendan_leave(`+a.text.String()+`); COMMIT`)
	if err != nil {
		return done, tx.cut(err)
	}
	for rows.Next() {
		if err := rows.Scan(&id, &due); err != nil {
			rows.Close()
			return done, tx.cut(err)
		}
	}
	if err := rows.Err(); err != nil { // of either statement: the rows end with the whole message
		return done, tx.cut(err)
	}
	tx.opened = false
	if id.Valid {
		done.timers = []TimerDue{{ID: id.Int64, Due: due.Time}}
	}
	return done, nil
}

// cut says what an error of the last message means. Unless Postgres itself refused something, it may have committed;
// what runs in turns is safe to repeat.
func (tx *Tx) cut(err error) error {
	if e := (*pq.Error)(nil); !errors.As(err, &e) {
		tx.opened = false
		discard(tx.conn)
	}
	return explain(tx.note(err), "ledger")
}

func (tx *Tx) leaveArguments(a *arguments) error {
	l, seal := tx.Ledger, tx.Keys.Seal
	a.time(tx.Now)
	a.number(int64(tx.Actor.UserID))
	a.word(tx.Conversation)
	a.bytes(seal("conversations", "state", l.Conversation.State))
	a.number(int64(l.Conversation.UserID))
	a.number(l.InboxDone[0].ID)
	a.time(l.InboxDone[0].ReceivedAt)
	if len(l.Outbox) == 0 {
		a.none(7)
	}
	for _, o := range l.Outbox {
		a.word(o.Platform)
		a.word(o.Lane)
		a.word(o.Peer)
		a.word(o.Kind)
		a.number(o.Subject)
		a.word(o.Key)
		a.bytes(seal("outbox", "payload", o.Payload))
	}
	if len(l.Audit) == 0 {
		a.none(7)
	}
	for _, line := range l.Audit {
		a.word(line.Action)
		a.word(tx.Actor.Name)
		a.word(line.Via)
		a.word(string(line.Kind))
		a.number(line.ID)
		a.word(line.Key)
		a.bytes(seal("audit", "diff", line.Diff))
	}
	if len(l.Activities) == 0 {
		a.none(10)
	}
	for _, act := range l.Activities {
		at := act.At
		if at.IsZero() {
			at = tx.Now
		}
		a.number(int64(act.ID))
		a.number(int64(act.Customer))
		a.number(int64(act.Deal))
		a.number(int64(act.Contact))
		a.word(act.Type)
		a.word(act.Channel)
		a.bytes(tx.Keys.SealText("activities", "content", act.Content))
		a.time(at)
		a.time(act.NextAt)
		a.bytes(tx.Keys.SealText("activities", "next", act.Next))
	}
	if len(l.Events) == 0 {
		a.none(4)
	}
	for _, e := range l.Events {
		a.word(e.Name)
		a.word(string(e.Kind))
		a.number(e.ID)
		a.bytes(seal("events", "data", e.Data))
	}
	if err := tx.leaveUndo(a); err != nil {
		return err
	}
	if len(l.Timers) == 0 {
		a.none(6)
	}
	for _, t := range l.Timers {
		a.word(t.Kind)
		a.number(t.Subject)
		a.time(t.Due)
		a.word(t.Dedupe)
		a.word(t.Surface)
		a.word(t.Peer)
	}
	return nil
}

func (tx *Tx) leaveUndo(a *arguments) error {
	u := tx.Ledger.Undo
	if u == nil || u.Code == "" || len(u.Steps) == 0 {
		a.none(7)
		return nil
	}
	steps, err := json.Marshal(u.Steps)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	a.word(u.Code)
	a.word(u.Conversation)
	a.bytes(tx.Keys.SealText("undo", "title", u.Title))
	a.bytes(tx.Keys.Seal("undo", "steps", steps))
	a.word(u.Card)
	a.time(u.Expires)
	a.bytes(tx.Keys.Seal("undo", "told", u.Told))
	return nil
}
