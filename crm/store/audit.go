package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"gendan/crm"
)

// auditLine is a line as the chain covers it.
type auditLine struct {
	Xid      string    `db:"xid"`
	ID       int64     `db:"id"`
	At       time.Time `db:"at"`
	ActorID  int64     `db:"actor_id"`
	Actor    string    `db:"actor"`
	Action   string    `db:"action"`
	Via      string    `db:"via"`
	Kind     string    `db:"kind"`
	RecordID int64     `db:"record_id"`
	Key      string    `db:"key"`
	Diff     []byte    `db:"diff"`
}

const auditColumns = `xid::text AS xid, id, at, actor_id, actor, action, via, kind, record_id, key, diff`

// auditSeal is a link of the chain.
type auditSeal struct {
	Seq   int64  `db:"seq"`
	Xid   string `db:"xid"`
	ID    int64  `db:"id"`
	Above int64  `db:"above"`
	Lines int    `db:"lines"`
	Hash  []byte `db:"hash"`
}

const (
	sealMost  = 1000 // lines in a link
	auditLock = 7204
)

// chain is the hash of a link: keyed, over the hash before and every field of every line, each with its length.
func (k *Keys) chain(seq int64, before []byte, lines []auditLine) []byte {
	var b bytes.Buffer
	field := func(v []byte) {
		b.Write(binary.AppendUvarint(nil, uint64(len(v))))
		b.Write(v)
	}
	number := func(n int64) { b.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	number(seq)
	field(before)
	for _, l := range lines {
		field([]byte(l.Xid))
		number(l.ID)
		number(l.At.UnixMicro())
		number(l.ActorID)
		for _, s := range []string{l.Actor, l.Action, l.Via, l.Kind, l.Key} {
			field([]byte(s))
		}
		number(l.RecordID)
		field(l.Diff)
	}
	return k.mac("audit chain", b.Bytes())
}

// SealAudit adds the audit lines that are final to the chain and tells how many those were. A line is final once no
// transaction older than its own still runs; run it every few seconds, in one process or in several.
func (s *Store) SealAudit(ctx context.Context) (lines int, err error) {
	for {
		var n int
		err := s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) (err error) {
			n, err = tx.sealAudit(ctx)
			return err
		})
		lines += n
		if err != nil || n < sealMost {
			return lines, err
		}
	}
}

func (tx *Tx) sealAudit(ctx context.Context) (int, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, auditLock); err != nil {
		return 0, err
	}
	last := auditSeal{Xid: "0"}
	err := tx.Get(ctx, &last, `SELECT seq, xid::text AS xid, id, above, lines, hash FROM audit_seals ORDER BY seq DESC LIMIT 1`)
	if err != nil && !errors.Is(err, crm.ErrNotFound) {
		return 0, err
	}
	// In a restored database transactions are counted from a lower number: what it has sealed lies below an id.
	var younger bool
	if err := tx.Get(ctx, &younger, `SELECT $1::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot())`, last.Xid); err != nil {
		return 0, err
	}
	if younger {
		last.Xid, last.ID = "0", 0
		if err := tx.Get(ctx, &last.Above, `SELECT coalesce(max(id), 0) FROM audit_seals`); err != nil {
			return 0, err
		}
	}
	var lines []auditLine
	if err := tx.Select(ctx, &lines, `
		SELECT `+auditColumns+` FROM audit
		WHERE (xid, id) > ($1::text::xid8, $2) AND id > $3 AND xid < pg_snapshot_xmin(pg_current_snapshot())
		ORDER BY audit.xid, id
		LIMIT $4`, last.Xid, last.ID, last.Above, sealMost); err != nil || len(lines) == 0 {
		return 0, err
	}
	end := lines[len(lines)-1]
	_, err = tx.Exec(ctx, `INSERT INTO audit_seals (seq, xid, id, above, lines, hash) VALUES ($1, $2::text::xid8, $3, $4, $5, $6)`,
		last.Seq+1, end.Xid, end.ID, last.Above, len(lines), tx.Keys.chain(last.Seq+1, last.Hash, lines))
	return len(lines), err
}

// AuditReport is what VerifyAudit found.
type AuditReport struct {
	Seals    int    // links that are whole
	Lines    int    // lines they cover
	Unsealed int    // lines newer than the last link
	Broken   string // "" when the chain is whole; else what is wrong first, in English
}

// VerifyAudit reads the audit trail from the first line to the last and reports whether a line was changed, added or
// removed since it was sealed.
func (s *Store) VerifyAudit(ctx context.Context) (report AuditReport, err error) {
	err = s.As(ctx, crm.System, func(ctx context.Context, tx *Tx) error {
		report = AuditReport{}
		before := auditSeal{Xid: "0"}
		for {
			var seal auditSeal
			err := tx.Get(ctx, &seal, `SELECT seq, xid::text AS xid, id, above, lines, hash FROM audit_seals WHERE seq > $1 ORDER BY seq LIMIT 1`, before.Seq)
			if errors.Is(err, crm.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			if seal.Seq != before.Seq+1 {
				report.Broken = fmt.Sprintf("link %d is missing", before.Seq+1)
				return nil
			}
			if seal.Above != before.Above {
				before.Xid, before.ID = "0", 0
			}
			var lines []auditLine
			if err := tx.Select(ctx, &lines, `
				SELECT `+auditColumns+` FROM audit
				WHERE (xid, id) > ($1::text::xid8, $2) AND (xid, id) <= ($3::text::xid8, $4) AND id > $5
				ORDER BY audit.xid, id`, before.Xid, before.ID, seal.Xid, seal.ID, seal.Above); err != nil {
				return err
			}
			if len(lines) != seal.Lines {
				report.Broken = fmt.Sprintf("link %d was sealed over %d lines and has %d", seal.Seq, seal.Lines, len(lines))
				return nil
			}
			if !bytes.Equal(tx.Keys.chain(seal.Seq, before.Hash, lines), seal.Hash) {
				report.Broken = fmt.Sprintf("link %d, audit lines %d to %d: changed since they were sealed", seal.Seq, lines[0].ID, lines[len(lines)-1].ID)
				return nil
			}
			report.Seals++
			report.Lines += len(lines)
			before = seal
		}
		return tx.Get(ctx, &report.Unsealed, `SELECT count(*) - $1::bigint FROM audit`, report.Lines)
	})
	return report, err
}

// AuditEntry is a line of the audit trail, opened for those who may read it.
type AuditEntry struct {
	ID     int64
	At     time.Time // UTC
	Actor  string
	Action string
	Via    string
	Kind   crm.Kind
	Record int64
	Diff   json.RawMessage
}

// AuditOf lists what happened to a record, newest first, as far as the actor may see.
func (tx *Tx) AuditOf(ctx context.Context, kind crm.Kind, id int64, limit int) ([]AuditEntry, error) {
	var lines []auditLine
	if err := tx.Select(ctx, &lines, `
		SELECT `+auditColumns+` FROM audit WHERE record_id = $1 AND kind = $2 ORDER BY id DESC LIMIT $3`, id, string(kind), limit); err != nil {
		return nil, err
	}
	list := make([]AuditEntry, len(lines))
	for i, l := range lines {
		diff, err := tx.Keys.Open("audit", "diff", l.Diff)
		if err != nil {
			return nil, fmt.Errorf("audit %d: %w", l.ID, err)
		}
		list[i] = AuditEntry{ID: l.ID, At: l.At, Actor: l.Actor, Action: l.Action, Via: l.Via, Kind: crm.Kind(l.Kind), Record: l.RecordID, Diff: diff}
	}
	return list, nil
}

// houseAgain is how long housekeeping that failed waits: what it wants to lock may be in use for an hour, and each attempt
// makes others wait a moment.
const houseAgain = 10 * time.Minute

// Keep seals the audit trail every few seconds and does the housekeeping every day, until ctx ends; then it returns nil.
func (s *Store) Keep(ctx context.Context) error {
	var last time.Time
	wait := time.Duration(0)
	for {
		if time.Since(last) > wait {
			wait = 24 * time.Hour
			if err := s.Housekeep(ctx); err != nil && ctx.Err() == nil {
				wait = houseAgain
				s.log.Warn("housekeeping", zap.Error(err))
			}
			last = time.Now()
		}
		if _, err := s.SealAudit(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("audit not sealed", zap.Error(err))
		}
		if !pause(ctx, 5*time.Second) {
			return nil
		}
	}
}
