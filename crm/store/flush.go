package store

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// flusher builds the one statement that writes a ledger: a common table expression for each part that has
// anything. The text depends only on which parts those are and whether each has one row or several, so it is put
// together once in the program and prepared once a connection. One row, the usual case, goes in as VALUES: half
// the work of a set made from arrays.
type flusher struct {
	tx    *Tx
	name  []byte // of the statement: the names of its parts
	parts []part
	args  []any
}

// part is a common table expression; each $N in its text is its own Nth argument.
type part struct {
	name, text string
	args       int // how many arguments come before its own
}

// ledgerTexts are the statements put together so far, by the names of their parts.
var ledgerTexts sync.Map

// add appends a part. Whatever texts a name may stand for, its variant tells them apart.
func (f *flusher) add(name string, variant byte, text string, args ...any) {
	f.name = append(append(f.name, name...), variant)
	f.parts = append(f.parts, part{name, text, len(f.args)})
	f.args = append(f.args, args...)
}

// statement is the parts as one statement that ends in last.
func (f *flusher) statement(last string) string {
	key := string(f.name)
	if text, ok := ledgerTexts.Load(key); ok {
		return text.(string)
	}
	var b strings.Builder
	for i, p := range f.parts {
		b.WriteString([]string{"WITH ", ",\n"}[min(i, 1)])
		b.WriteString(p.name + " AS (")
		b.WriteString(argument.ReplaceAllStringFunc(p.text, func(dollar string) string {
			n, _ := strconv.Atoi(dollar[1:]) // digits, or it would not have matched
			return "$" + strconv.Itoa(p.args+n)
		}))
		b.WriteByte(')')
	}
	b.WriteString("\n" + last)
	ledgerTexts.Store(key, b.String())
	return b.String()
}

var argument = regexp.MustCompile(`\$[0-9]+`)

// The variants of a part.
const (
	oneRow   = '1'
	manyRows = '*'
)

// stamp is t as Postgres reads it in an array; zero is "" and means "none".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999Z")
}

// orNone is t, or NULL when it is zero.
func orNone(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// flush writes the ledger in one statement; nothing at all when it is empty.
func (tx *Tx) flush(ctx context.Context) (done flushed, err error) {
	l, f := tx.Ledger, &flusher{tx: tx, args: make([]any, 0, 64)}
	f.audit(l.Audit)
	f.activities(l.Activities)
	f.cancels(l.Cancels, l.Timers)
	f.timers(l.Timers)
	if done.leased = f.leased(l.Outbox, len(l.InboxDone) > 0); done.leased == nil {
		done.platforms = f.outbox(l.Outbox, len(l.InboxDone) > 0)
	}
	if f.events(l.Events) {
		done.platforms = append(done.platforms, "")
	}
	if err := f.undo(l.Undo); err != nil {
		return done, err
	}
	f.receipt(l.Receipt)
	f.inboxDone(l.InboxDone)
	f.conversation(l.Conversation)
	if len(f.parts) == 0 {
		return done, nil
	}
	if err := tx.begin(ctx); err != nil {
		return done, explain(err, "ledger")
	}
	if len(l.Timers) == 0 {
		_, err := tx.conn.ExecContext(ctx, f.statement("SELECT"), f.args...)
		return done, explain(tx.note(err), "ledger")
	}
	err = tx.conn.SelectContext(ctx, &done.timers, f.statement("SELECT id, due FROM set_timers"), f.args...)
	return done, explain(tx.note(err), "ledger")
}

func (f *flusher) audit(lines []AuditLine) {
	if len(lines) == 0 {
		return
	}
	const into = `INSERT INTO audit (at, actor_id, actor, action, via, kind, record_id, key, diff) `
	if len(lines) == 1 {
		a := lines[0]
		f.add("new_audit", oneRow, into+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			f.tx.Now, int64(f.tx.Actor.UserID), auditName(f.tx.Actor), a.Action, a.Via, string(a.Kind), a.ID, a.Key, f.tx.Keys.Seal("audit", "diff", a.Diff))
		return
	}
	n := len(lines)
	action, via, kind, key := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	id, diff := make([]int64, n), make([][]byte, n)
	for i, a := range lines {
		action[i], via[i], kind[i], key[i], id[i] = a.Action, a.Via, string(a.Kind), a.Key, a.ID
		diff[i] = f.tx.Keys.Seal("audit", "diff", a.Diff)
	}
	f.add("new_audit", manyRows, into+`
		SELECT $1::timestamptz, $2::bigint, $3::text, action, via, kind, record_id, key, diff
		FROM unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bytea[]) AS u (action, via, kind, record_id, key, diff)`,
		f.tx.Now, int64(f.tx.Actor.UserID), auditName(f.tx.Actor),
		pq.Array(action), pq.Array(via), pq.Array(kind), pq.Array(id), pq.Array(key), pq.Array(diff))
}

// auditName is how the audit calls who acted. What a customer is called is sealed with the guest and stands in no line that
// is kept in the clear for good; the line's record tells which guest it was.
func auditName(a crm.Actor) string {
	if a.UserID == 0 && strings.HasPrefix(a.Name, crm.GuestActor) {
		return crm.GuestActor
	}
	return a.Name
}

func (f *flusher) activities(rows []ActivityRow) {
	if len(rows) == 0 {
		return
	}
	const into = `INSERT INTO activities (id, customer_id, deal_id, contact_id, user_id, type, channel, content, at, next_at, next) `
	if len(rows) == 1 {
		a := rows[0]
		at := a.At
		if at.IsZero() {
			at = f.tx.Now
		}
		f.add("new_activities", oneRow, into+`
			VALUES (coalesce(nullif($1::bigint, 0), nextval('record_numbers')), $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11)`,
			int64(a.ID), int64(a.Customer), int64(a.Deal), int64(a.Contact), orNull(int64(f.tx.Actor.UserID)), a.Type, a.Channel,
			f.tx.Keys.SealText("activities", "content", a.Content), at, orNone(a.NextAt), f.tx.Keys.SealText("activities", "next", a.Next))
		return
	}
	n := len(rows)
	id, customer, deal, contact := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	kind, channel, at, nextAt := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	content, next := make([][]byte, n), make([][]byte, n)
	for i, a := range rows {
		id[i], customer[i], deal[i], contact[i] = int64(a.ID), int64(a.Customer), int64(a.Deal), int64(a.Contact)
		kind[i], channel[i], nextAt[i] = a.Type, a.Channel, stamp(a.NextAt)
		at[i] = stamp(a.At)
		if a.At.IsZero() {
			at[i] = stamp(f.tx.Now)
		}
		content[i] = f.tx.Keys.SealText("activities", "content", a.Content)
		next[i] = f.tx.Keys.SealText("activities", "next", a.Next)
	}
	f.add("new_activities", manyRows, into+`
		SELECT CASE WHEN id = 0 THEN nextval('record_numbers') ELSE id END, customer, nullif(deal, 0), nullif(contact, 0),
			$1::bigint, type, channel, content, at::timestamptz, nullif(next_at, '')::timestamptz, next
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::text[], $11::bytea[])
			AS u (id, customer, deal, contact, type, channel, content, at, next_at, next)`,
		orNull(int64(f.tx.Actor.UserID)), pq.Array(id), pq.Array(customer), pq.Array(deal), pq.Array(contact),
		pq.Array(kind), pq.Array(channel), pq.Array(content), pq.Array(at), pq.Array(nextAt), pq.Array(next))
}

// cancels closes open timers of subjects, but none that this ledger sets anew.
func (f *flusher) cancels(cancels []TimerCancel, set []TimerRow) {
	if len(cancels) == 0 {
		return
	}
	kind, subject := make([]string, len(cancels)), make([]int64, len(cancels))
	for i, c := range cancels {
		kind[i], subject[i] = c.Kind, c.Subject
	}
	keep := make([]string, len(set))
	for i, t := range set {
		keep[i] = t.Dedupe
	}
	f.add("cancelled_timers", manyRows, `
		UPDATE timers AS t SET state = 2, closed_at = now()
		FROM unnest($1::text[], $2::bigint[]) AS u (kind, subject)
		WHERE t.kind = u.kind AND t.subject = u.subject AND t.state = 0 AND t.dedupe <> ALL ($3::text[])`,
		pq.Array(kind), pq.Array(subject), pq.Array(keep))
}

// timers sets timers. A key that was cancelled is opened again; one that is open moves to the new time; one that has
// fired stays fired.
func (f *flusher) timers(rows []TimerRow) {
	if len(rows) == 0 {
		return
	}
	const (
		into  = `INSERT INTO timers AS t (kind, subject, due, dedupe, surface, peer) `
		again = `
			ON CONFLICT (dedupe) DO UPDATE
			SET state = 0, closed_at = NULL, due = excluded.due, surface = excluded.surface, peer = excluded.peer
			WHERE t.state <> 1
			RETURNING t.id, t.due`
	)
	rows = lastOf(rows, func(t TimerRow) string { return t.Dedupe })
	if len(rows) == 1 {
		t := rows[0]
		f.add("set_timers", oneRow, into+`VALUES ($1, $2, $3, $4, $5, $6)`+again, t.Kind, t.Subject, t.Due, t.Dedupe, t.Surface, t.Peer)
		return
	}
	n := len(rows)
	kind, due, dedupe, surface, peer := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	subject := make([]int64, n)
	for i, t := range rows {
		kind[i], subject[i], due[i], dedupe[i], surface[i], peer[i] = t.Kind, t.Subject, stamp(t.Due), t.Dedupe, t.Surface, t.Peer
	}
	f.add("set_timers", manyRows, into+`
		SELECT kind, subject, due::timestamptz, dedupe, surface, peer
		FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) AS u (kind, subject, due, dedupe, surface, peer)`+again,
		pq.Array(kind), pq.Array(subject), pq.Array(due), pq.Array(dedupe), pq.Array(surface), pq.Array(peer))
}

// outbox writes messages. The keys of replies to messages that are marked answered here need no remembering: nobody
// can answer those again.
func (f *flusher) outbox(rows []OutboxRow, answers bool) (platforms []string) {
	if len(rows) == 0 {
		return nil
	}
	seen, remember := map[string]bool{}, false
	rows = slices.DeleteFunc(slices.Clone(rows), func(o OutboxRow) bool {
		twice := o.Key != "" && seen[o.Key]
		seen[o.Key] = true
		return twice
	})
	for _, o := range rows {
		if !slices.Contains(platforms, o.Platform) {
			platforms = append(platforms, o.Platform)
		}
		remember = remember || o.Key != "" && !(answers && o.Kind == "reply")
	}
	const columns = `platform, lane, peer, kind, subject, key, payload, not_before`
	if len(rows) == 1 && !remember && rows[0].NotBefore.IsZero() {
		o := rows[0]
		f.add("new_outbox", oneRow, `INSERT INTO outbox (platform, lane, peer, kind, subject, key, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			o.Platform, o.Lane, o.Peer, o.Kind, o.Subject, o.Key, f.tx.Keys.Seal("outbox", "payload", o.Payload))
		return platforms
	}
	n := len(rows)
	platform, lane, peer, kind, key, notBefore := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	subject, payload := make([]int64, n), make([][]byte, n)
	for i, o := range rows {
		platform[i], lane[i], peer[i], kind[i], key[i] = o.Platform, o.Lane, o.Peer, o.Kind, o.Key
		subject[i], payload[i], notBefore[i] = o.Subject, f.tx.Keys.Seal("outbox", "payload", o.Payload), stamp(o.NotBefore)
	}
	args := []any{pq.Array(platform), pq.Array(lane), pq.Array(peer), pq.Array(kind), pq.Array(subject), pq.Array(key), pq.Array(payload), pq.Array(notBefore)}
	if !remember {
		f.add("new_outbox", manyRows, `
			INSERT INTO outbox (`+columns+`)
			SELECT platform, lane, peer, kind, subject, key, payload, coalesce(nullif(not_before, '')::timestamptz, '-infinity')
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bytea[], $8::text[]) AS u (`+columns+`)`, args...)
		return platforms
	}
	f.add("out", manyRows, `
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bytea[], $8::text[]) WITH ORDINALITY
			AS u (`+columns+`, ord)`, args...)
	f.add("out_keys", manyRows, `INSERT INTO outbox_keys (key) SELECT key FROM out WHERE key <> '' ON CONFLICT DO NOTHING RETURNING key`)
	f.add("new_outbox", 'k', `
		INSERT INTO outbox (`+columns+`)
		SELECT platform, lane, peer, kind, subject, key, payload, coalesce(nullif(not_before, '')::timestamptz, '-infinity')
		FROM out
		WHERE key = '' OR key IN (SELECT key FROM out_keys)
		ORDER BY ord`)
	return platforms
}

// events writes what happened, and the rows that ask for reactions; whether there are any is answered.
func (f *flusher) events(rows []Event) (reacts bool) {
	if len(rows) == 0 {
		return false
	}
	for _, e := range rows {
		reacts = reacts || e.React
	}
	const into = `INSERT INTO events (at, actor_id, name, kind, record_id, data) `
	if len(rows) == 1 && !reacts {
		e := rows[0]
		f.add("new_events", oneRow, into+`VALUES ($1, $2, $3, $4, $5, $6)`,
			f.tx.Now, int64(f.tx.Actor.UserID), e.Name, string(e.Kind), e.ID, f.tx.Keys.Seal("events", "data", e.Data))
		return false
	}
	n := len(rows)
	name, kind, id, data, react := make([]string, n), make([]string, n), make([]int64, n), make([][]byte, n), make([]bool, n)
	for i, e := range rows {
		name[i], kind[i], id[i], data[i], react[i] = e.Name, string(e.Kind), e.ID, f.tx.Keys.Seal("events", "data", e.Data), e.React
	}
	if !reacts {
		f.add("new_events", manyRows, into+`
			SELECT $1::timestamptz, $2::bigint, name, kind, record_id, data
			FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bytea[]) AS u (name, kind, record_id, data)`,
			f.tx.Now, int64(f.tx.Actor.UserID), pq.Array(name), pq.Array(kind), pq.Array(id), pq.Array(data))
		return false
	}
	f.add("happened", manyRows, `
		SELECT nextval('event_ids') AS id, u.*
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[], $5::boolean[]) WITH ORDINALITY AS u (name, kind, record_id, data, react, ord)`,
		pq.Array(name), pq.Array(kind), pq.Array(id), pq.Array(data), pq.Array(react))
	f.add("new_events", 'r', `
		INSERT INTO events (id, at, actor_id, name, kind, record_id, data)
		SELECT id, $1::timestamptz, $2::bigint, name, kind, record_id, data FROM happened`, f.tx.Now, int64(f.tx.Actor.UserID))
	f.add("new_reacts", manyRows, `
		INSERT INTO outbox (platform, lane, peer, kind, subject, key)
		SELECT '', 'react:' || id, '', '`+KindReact+`', id, 'react:' || id FROM happened WHERE react ORDER BY ord`)
	return true
}

// undo keeps the way back; an entry without a code is none.
func (f *flusher) undo(u *UndoEntry) error {
	if u == nil || u.Code == "" || len(u.Steps) == 0 {
		return nil
	}
	steps, err := json.Marshal(u.Steps)
	if err != nil {
		return err
	}
	f.add("new_undo", oneRow, `
		INSERT INTO undo (user_id, code, conversation, title, steps, card, created_at, expires_at, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		int64(f.tx.Actor.UserID), u.Code, u.Conversation, f.tx.Keys.SealText("undo", "title", u.Title),
		f.tx.Keys.Seal("undo", "steps", steps), u.Card, f.tx.Now, u.Expires, f.tx.Keys.Seal("undo", "told", u.Told))
	return nil
}

func (f *flusher) receipt(r *Receipt) {
	if r == nil || r.Key == "" {
		return
	}
	f.add("new_receipt", oneRow, `INSERT INTO receipts (key, user_id, outcome) VALUES ($1, $2, $3)`,
		r.Key, int64(f.tx.Actor.UserID), f.tx.Keys.Seal("receipts", "outcome", r.Outcome))
}

func (f *flusher) inboxDone(keys []InboxKey) {
	if len(keys) == 0 {
		return
	}
	if len(keys) == 1 {
		f.add("answered", oneRow, `UPDATE inbox SET done_at = now() WHERE id = $1 AND received_at = $2`, keys[0].ID, keys[0].ReceivedAt)
		return
	}
	ids := make([]int64, len(keys))
	first, last := keys[0].ReceivedAt, keys[0].ReceivedAt
	for i, k := range keys {
		ids[i] = k.ID
		if k.ReceivedAt.Before(first) {
			first = k.ReceivedAt
		}
		if k.ReceivedAt.After(last) {
			last = k.ReceivedAt
		}
	}
	// "+ 0" would not help here: done_at is no number. The id is unique and the times prune the partitions.
	f.add("answered", manyRows, `UPDATE inbox SET done_at = now() WHERE id = ANY ($1::bigint[]) AND received_at BETWEEN $2 AND $3`,
		pq.Array(ids), first, last)
}

// conversation keeps a chat's memory. A turn has locked its row, and made it if need be.
func (f *flusher) conversation(c *Conversation) {
	if c == nil || c.ID == "" {
		return
	}
	state := f.tx.Keys.Seal("conversations", "state", c.State)
	if f.tx.locked && c.ID == f.tx.Conversation {
		f.add("kept_conversation", oneRow, `UPDATE conversations SET user_id = $2, state = $3, updated_at = now() WHERE id = $1`, c.ID, int64(c.UserID), state)
		return
	}
	f.add("kept_conversation", manyRows, `
		INSERT INTO conversations AS c (id, user_id, state, updated_at) VALUES ($1, $2, $3, now())
		ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, state = excluded.state, updated_at = excluded.updated_at`,
		c.ID, int64(c.UserID), state)
}

// lastOf keeps the last row of each key, in their order.
func lastOf[T any](rows []T, key func(T) string) []T {
	last := map[string]int{}
	for i, r := range rows {
		last[key(r)] = i
	}
	if len(last) == len(rows) {
		return rows
	}
	var kept []T
	for i, r := range rows {
		if last[key(r)] == i {
			kept = append(kept, r)
		}
	}
	return kept
}
