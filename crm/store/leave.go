package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// mostCalls is how many rows of a part go in by a call each; a set made from arrays is cheaper for more.
const mostCalls = 4

// ordinary tells how many calls of gendan_leave write the ledger, each at most one row of each part; 0 when it is not
// the ledger of an ordinary turn. They and the commit go in one message.
func (tx *Tx) ordinary() (calls int) {
	l := tx.Ledger
	calls = max(1, len(l.Audit), len(l.Activities), len(l.Timers), len(l.Outbox), len(l.Events))
	if calls > mostCalls || len(l.Cancels) > 0 || len(l.InboxDone) != 1 || l.Receipt != nil ||
		!tx.locked || l.Conversation == nil || l.Conversation.ID != tx.Conversation {
		return 0
	}
	for i, o := range l.Outbox {
		remembered := o.Key != "" && o.Kind != "reply"
		twice := slices.ContainsFunc(l.Outbox[:i], func(other OutboxRow) bool { return o.Key != "" && other.Key == o.Key })
		if remembered || twice || !o.NotBefore.IsZero() {
			return 0
		}
	}
	for i, t := range l.Timers {
		if slices.ContainsFunc(l.Timers[:i], func(other TimerRow) bool { return other.Dedupe == t.Dedupe }) {
			return 0
		}
	}
	return calls
}

// arguments are the literals of the calls in a message, in order.
type arguments struct {
	text  strings.Builder
	begun bool // this call has arguments
}

func (a *arguments) raw(s string) {
	if a.begun {
		a.text.WriteByte(',')
	}
	a.begun = true
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
func (tx *Tx) leave(ctx context.Context, calls int) (done flushed, err error) {
	a := &arguments{}
	a.text.Grow(6000)
	for i := range calls {
		a.begun = false
		a.text.WriteString(`SELECT * FROM gendan_leave(`)
		if err := tx.leaveArguments(a, i); err != nil {
			return done, err
		}
		a.text.WriteString(`); `)
	}
	a.text.WriteString(`COMMIT`)
	for _, o := range tx.Ledger.Outbox {
		if !slices.Contains(done.platforms, o.Platform) {
			done.platforms = append(done.platforms, o.Platform)
		}
	}
	rows, err := tx.conn.QueryxContext(ctx, a.text.String())
	if err != nil {
		return done, tx.cut(err)
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var id sql.NullInt64
			var due sql.NullTime
			if err := rows.Scan(&id, &due); err != nil {
				return done, tx.cut(err)
			}
			if id.Valid {
				done.timers = append(done.timers, TimerDue{ID: id.Int64, Due: due.Time})
			}
		}
	}
	if err := rows.Err(); err != nil { // of the commit, too: the rows end with the message
		return done, tx.cut(err)
	}
	tx.opened = false
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

// leaveArguments are those of call number i.
func (tx *Tx) leaveArguments(a *arguments, i int) error {
	l, seal := tx.Ledger, tx.Keys.Seal
	a.time(tx.Now)
	a.number(int64(tx.Actor.UserID))
	a.word(tx.Conversation)
	if i == 0 {
		a.bytes(seal("conversations", "state", l.Conversation.State))
		a.number(int64(l.Conversation.UserID))
		a.number(l.InboxDone[0].ID)
		a.time(l.InboxDone[0].ReceivedAt)
	} else {
		a.none(4)
	}
	if i < len(l.Outbox) {
		o := l.Outbox[i]
		a.word(o.Platform)
		a.word(o.Lane)
		a.word(o.Peer)
		a.word(o.Kind)
		a.number(o.Subject)
		a.word(o.Key)
		a.bytes(seal("outbox", "payload", o.Payload))
	} else {
		a.none(7)
	}
	if i < len(l.Audit) {
		line := l.Audit[i]
		a.word(line.Action)
		a.word(tx.Actor.Name)
		a.word(line.Via)
		a.word(string(line.Kind))
		a.number(line.ID)
		a.word(line.Key)
		a.bytes(seal("audit", "diff", line.Diff))
	} else {
		a.none(7)
	}
	tx.leaveActivity(a, i)
	if i < len(l.Events) {
		e := l.Events[i]
		a.word(e.Name)
		a.word(string(e.Kind))
		a.number(e.ID)
		a.bytes(seal("events", "data", e.Data))
	} else {
		a.none(4)
	}
	if err := tx.leaveUndo(a, i); err != nil {
		return err
	}
	if i < len(l.Timers) {
		t := l.Timers[i]
		a.word(t.Kind)
		a.number(t.Subject)
		a.time(t.Due)
		a.word(t.Dedupe)
		a.word(t.Surface)
		a.word(t.Peer)
	} else {
		a.none(6)
	}
	return nil
}

func (tx *Tx) leaveActivity(a *arguments, i int) {
	if i >= len(tx.Ledger.Activities) {
		a.none(10)
		return
	}
	act := tx.Ledger.Activities[i]
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

func (tx *Tx) leaveUndo(a *arguments, i int) error {
	u := tx.Ledger.Undo
	if i > 0 || u == nil || u.Code == "" || len(u.Steps) == 0 {
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
