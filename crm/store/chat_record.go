package store

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

const (
	lineKeyBytes = 8        // enough among the lines that one company's people have forwarded
	mostOpened   = 64 << 20 // bytes that a sealed record may unfold to
)

// ChatRecordRow is a kept chat record.
type ChatRecordRow struct {
	ID         int64     `db:"id"` // of its activity
	CustomerID int64     `db:"customer_id"`
	Customer   string    `db:"customer"`
	UserName   string    `db:"user_name"` // who recorded it
	At         time.Time `db:"recorded_at"`
	Sealed     []byte    `db:"body"`

	Record crm.ChatRecord `db:"-"`
}

const chatRecordColumns = `
	SELECT r.id, r.customer_id, c.name AS customer, coalesce(u.name, '') AS user_name, r.recorded_at, r.body
	FROM chat_records r
		JOIN customers c ON c.id = r.customer_id AND c.deleted_at IS NULL
		JOIN activities a ON a.id = r.id AND a.created_at = r.created_at AND a.deleted_at IS NULL
		LEFT JOIN users u ON u.id = r.user_id `

// lineKey is the blind index of a key of a record's lines.
func (k *Keys) lineKey(key string) []byte { return k.Index("record_line", key)[:lineKeyBytes] }

func (k *Keys) recordHash(r crm.ChatRecord) []byte { return k.Index("record", r.Whole()) }

func (k *Keys) lineKeys(r crm.ChatRecord) pq.ByteaArray {
	keys, _ := r.Keys()
	out := make(pq.ByteaArray, 0, len(keys))
	for _, key := range keys {
		out = append(out, k.lineKey(key))
	}
	slices.SortFunc(out, bytes.Compare)
	return slices.CompactFunc(out, bytes.Equal)
}

// sealFolded seals v as compressed JSON.
func (k *Keys) sealFolded(table, column string, v any) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return k.Seal(table, column, out.Bytes()), nil
}

func (k *Keys) openFolded(table, column string, sealed []byte, v any) error {
	plain, err := k.Open(table, column, sealed)
	if err != nil {
		return err
	}
	r := flate.NewReader(bytes.NewReader(plain))
	defer r.Close()
	return json.NewDecoder(io.LimitReader(r, mostOpened)).Decode(v)
}

// KeepRecord puts the lines of a chat record beside its activity, which the transaction's ledger writes. The lines that
// other records have as well are compared by whole, the record as it was forwarded.
func (tx *Tx) KeepRecord(ctx context.Context, activity crm.ActivityID, customer crm.CustomerID, kept, whole crm.ChatRecord) error {
	body, err := tx.Keys.sealFolded("chat_records", "body", kept)
	if err != nil {
		return fmt.Errorf("chat record %d: %w", activity, err)
	}
	keys := tx.Keys.lineKeys(whole)
	_, err = tx.Exec(ctx, `
		INSERT INTO chat_records (id, customer_id, user_id, format, title, title_index, lines, body, line_keys, whole, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		int64(activity), int64(customer), int64(tx.Actor.UserID), kept.Format, tx.Keys.SealText("chat_records", "title", kept.Title),
		tx.Keys.Index("record_title", crm.Fold(kept.Title)), len(kept.Lines), body, keys, tx.Keys.recordHash(whole), tx.Now)
	if err != nil {
		return fmt.Errorf("chat record %d: %w", activity, err)
	}
	return nil
}

// LockRecords lets nobody else keep a record of the customer until the transaction ends, so that two people who forward
// the same one at the same moment make one.
func (tx *Tx) LockRecords(ctx context.Context, customer crm.CustomerID) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('gendan chat records', $1))`, int64(customer)); err != nil {
		return fmt.Errorf("records of %d: lock: %w", customer, err)
	}
	return nil
}

// SameRecord is a kept record that shares lines with another one.
type SameRecord struct {
	ID         int64
	CustomerID int64
	Customer   string
	OwnerID    int64
	OwnerName  string
	UserName   string // who recorded it
	At         time.Time
	Seen       bool // the actor sees the customer
	Whole      bool // it is the same from beginning to end
	Shared     int  // keys that both have
	Keys       int  // that it has

	keys [][]byte
}

// SameRecords lists the kept records that share lines with r, seen or not, most shared first, and a function that tells
// whether a key of r is in one of them; see [crm.ChatRecord.Since].
func (tx *Tx) SameRecords(ctx context.Context, r crm.ChatRecord) (same []SameRecord, known func(customer int64) func(key string) bool, err error) {
	keys := tx.Keys.lineKeys(r)
	var rows []struct {
		ID       int64         `db:"id"`
		Customer int64         `db:"customer"`
		Name     string        `db:"known_as"`
		OwnerID  int64         `db:"owner"`
		Owner    string        `db:"owner_name"`
		User     string        `db:"user_name"`
		At       time.Time     `db:"recorded_at"`
		Keys     pq.ByteaArray `db:"line_keys"`
		Same     bool          `db:"same"`
		Seen     bool          `db:"seen"`
	}
	err = tx.Select(ctx, &rows, `
		SELECT s.id, s.customer, s.known_as, s.owner, coalesce(o.name, '') AS owner_name, coalesce(u.name, '') AS user_name, s.recorded_at,
			s.line_keys, s.same, EXISTS (SELECT FROM customers c WHERE c.id = s.customer) AS seen
		FROM gendan_same_records($1, $2) s LEFT JOIN users o ON o.id = s.owner LEFT JOIN users u ON u.id = s.recorded_by`,
		keys, tx.Keys.recordHash(r))
	if err != nil {
		return nil, nil, fmt.Errorf("same records: %w", err)
	}
	mine := make(map[string]bool, len(keys))
	for _, k := range keys {
		mine[string(k)] = true
	}
	for _, row := range rows {
		s := SameRecord{ID: row.ID, CustomerID: row.Customer, Customer: row.Name, OwnerID: row.OwnerID, OwnerName: row.Owner, UserName: row.User, At: row.At,
			Seen: row.Seen, Whole: row.Same, Keys: len(row.Keys), keys: row.Keys}
		for _, k := range row.Keys {
			if mine[string(k)] {
				s.Shared++
			}
		}
		if s.Whole || s.Shared > 0 && 2*s.Shared >= min(len(keys), s.Keys) {
			same = append(same, s)
		}
	}
	slices.SortStableFunc(same, func(a, b SameRecord) int { return b.Shared - a.Shared })
	known = func(customer int64) func(string) bool {
		there := map[string]bool{}
		for _, s := range same {
			for _, k := range s.keys {
				if s.CustomerID == customer {
					there[string(k)] = true
				}
			}
		}
		return func(key string) bool { return there[string(tx.Keys.lineKey(key))] }
	}
	return same, known, nil
}

// TitledCustomers lists the customers whose earlier records bear the title; the caller reads them under its own sight.
func (tx *Tx) TitledCustomers(ctx context.Context, title string) (ids []int64, err error) {
	index := tx.Keys.Index("record_title", crm.Fold(title))
	if index == nil {
		return nil, nil
	}
	err = tx.Select(ctx, &ids, `SELECT t.customer FROM gendan_titled_customers($1) t JOIN customers c ON c.id = t.customer AND c.deleted_at IS NULL`, index)
	if err != nil {
		return nil, fmt.Errorf("titled records: %w", err)
	}
	return ids, nil
}

// ChatRecord reads a kept record by its activity's number; crm.ErrNotFound.
func (tx *Tx) ChatRecord(ctx context.Context, activity crm.ActivityID) (row ChatRecordRow, err error) {
	if err = tx.Get(ctx, &row, chatRecordColumns+`WHERE r.id = $1`, int64(activity)); err != nil {
		return row, fmt.Errorf("chat record %d: %w", activity, err)
	}
	return row, row.open(tx.Keys)
}

// ChatRecords lists the newest records that the actor sees, of one customer or with 0 of all.
func (tx *Tx) ChatRecords(ctx context.Context, customer crm.CustomerID, limit int) (rows []ChatRecordRow, err error) {
	where, args := `ORDER BY r.created_at DESC, r.id DESC LIMIT $1`, []any{limit}
	if customer != 0 {
		where, args = `WHERE r.customer_id = $2 `+where, append(args, int64(customer))
	}
	if err = tx.Select(ctx, &rows, chatRecordColumns+where, args...); err != nil {
		return nil, fmt.Errorf("chat records: %w", err)
	}
	for i := range rows {
		if err := rows[i].open(tx.Keys); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (r *ChatRecordRow) open(k *Keys) error {
	if err := k.openFolded("chat_records", "body", r.Sealed, &r.Record); err != nil {
		return fmt.Errorf("chat record %d: %w", r.ID, err)
	}
	r.Sealed = nil
	return nil
}

// DraftRow is a forwarded record that waits, or was put aside.
type DraftRow struct {
	ID       int64     `db:"id"`
	State    string    `db:"state"` // open, kept, dropped
	Activity *int64    `db:"activity_id"`
	Created  time.Time `db:"created_at"`
	Sealed   []byte    `db:"body"`

	Draft crm.RecordDraft `db:"-"`
}

// PutDraft writes down what was forwarded, once for each person and text, and answers its number.
func (tx *Tx) PutDraft(ctx context.Context, d crm.RecordDraft) (id int64, err error) {
	body, err := tx.Keys.sealFolded("record_drafts", "body", d)
	if err != nil {
		return 0, fmt.Errorf("record draft: %w", err)
	}
	err = tx.Get(ctx, &id, `
		INSERT INTO record_drafts (user_id, body, whole, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (user_id, whole) DO UPDATE SET body = excluded.body, state = 'open', updated_at = excluded.updated_at
		RETURNING id`, int64(tx.Actor.UserID), body, tx.Keys.recordHash(d.Record), tx.Now)
	if err != nil {
		return 0, fmt.Errorf("record draft: %w", err)
	}
	return id, nil
}

// Draft reads one of the actor's; crm.ErrNotFound.
func (tx *Tx) Draft(ctx context.Context, id int64) (d DraftRow, err error) {
	if err = tx.Get(ctx, &d, `SELECT id, state, activity_id, created_at, body FROM record_drafts WHERE id = $1`, id); err != nil {
		return d, fmt.Errorf("record draft %d: %w", id, err)
	}
	return d, d.open(tx.Keys)
}

// LastDraft is the actor's newest that has not become a record; crm.ErrNotFound.
func (tx *Tx) LastDraft(ctx context.Context) (d DraftRow, err error) {
	err = tx.Get(ctx, &d, `
		SELECT id, state, activity_id, created_at, body FROM record_drafts d
		WHERE user_id = $1 AND (state <> 'kept' OR NOT EXISTS (SELECT FROM activities a WHERE a.id = d.activity_id AND a.deleted_at IS NULL))
		ORDER BY updated_at DESC, id DESC LIMIT 1`, int64(tx.Actor.UserID))
	if err != nil {
		return d, fmt.Errorf("last record draft: %w", err)
	}
	return d, d.open(tx.Keys)
}

func (d *DraftRow) open(k *Keys) error {
	if err := k.openFolded("record_drafts", "body", d.Sealed, &d.Draft); err != nil {
		return fmt.Errorf("record draft %d: %w", d.ID, err)
	}
	d.Sealed = nil
	return nil
}

// EndDraft says what became of a draft: kept as an activity's record, or dropped when activity is 0.
func (tx *Tx) EndDraft(ctx context.Context, id int64, activity crm.ActivityID) error {
	state := "kept"
	if activity == 0 {
		state = "dropped"
	}
	n, err := tx.Exec(ctx, `UPDATE record_drafts SET state = $2, activity_id = nullif($3::bigint, 0), updated_at = $4 WHERE id = $1`, id, state, int64(activity), tx.Now)
	if err == nil && n == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("record draft %d: %w", id, err)
	}
	return nil
}
