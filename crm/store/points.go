package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// accountRow is a row of points_accounts.
type accountRow struct {
	Customer   int64          `db:"customer_id"`
	Member     bool           `db:"member"`
	Joined     *time.Time     `db:"joined_at"`
	JoinedKind string         `db:"joined_kind"`
	JoinedID   int64          `db:"joined_id"`
	Balance    int64          `db:"balance"`
	Owed       int64          `db:"owed"`
	Earned     int64          `db:"earned"`
	Ends       pq.StringArray `db:"ends"`
	Lefts      pq.Int64Array  `db:"lefts"`
	Warned     string         `db:"warned"`
	Tier       string         `db:"tier"`
	TierUntil  string         `db:"tier_until"`
	TierWarned bool           `db:"tier_warned"`
	Seq        int            `db:"seq"`
	Version    int            `db:"version"`
	Birthdays  pq.StringArray `db:"birthdays"`
}

const accountColumns = `a.customer_id, a.member, a.joined_at, a.joined_kind, a.joined_id, a.balance, a.owed, a.earned, a.ends::text[] AS ends, a.lefts,
	coalesce(a.warned::text, '') AS warned, a.tier, coalesce(a.tier_until::text, '') AS tier_until, a.tier_warned, a.seq, a.version,
	coalesce((SELECT f.birthdays FROM customer_facts f WHERE f.customer_id = a.customer_id), '{}') AS birthdays`

func (r accountRow) account() *crm.PointsAccount {
	a := &crm.PointsAccount{Customer: crm.CustomerID(r.Customer), Member: r.Member, JoinedBy: crm.PointsSource{Kind: crm.Kind(r.JoinedKind), ID: r.JoinedID},
		Balance: r.Balance, Owed: r.Owed, Earned: r.Earned, Lots: lotsOf(r.Ends, r.Lefts), Warned: r.Warned, Tier: r.Tier, TierUntil: r.TierUntil,
		TierWarn: r.TierWarned, Birthdays: r.Birthdays, Seq: r.Seq, Version: r.Version}
	if r.Joined != nil {
		a.Joined = *r.Joined
	}
	return a
}

func lotsOf(ends []string, points []int64) []crm.PointsLot {
	lots := make([]crm.PointsLot, len(ends))
	for i := range ends {
		lots[i] = crm.PointsLot{Last: ends[i], Points: points[i]}
	}
	return lots
}

// lotArrays are the days and the points of lots as Postgres writes arrays.
func lotArrays(lots []crm.PointsLot) (days, points string) {
	var d, n strings.Builder
	for i, l := range lots {
		if i > 0 {
			d.WriteByte(',')
			n.WriteByte(',')
		}
		d.WriteString(l.Last)
		fmt.Fprint(&n, l.Points)
	}
	return "{" + d.String() + "}", "{" + n.String() + "}"
}

// LockPoints locks the accounts of customers until the end of the transaction, in the order of their numbers, and makes those
// that are not there yet. What it returns is as it stands once the lock is held. Customers that the actor does not see
// are an error.
func (tx *Tx) LockPoints(ctx context.Context, customers ...crm.CustomerID) (map[crm.CustomerID]*crm.PointsAccount, error) {
	ids := make([]int64, len(customers))
	for i, c := range customers {
		ids[i] = int64(c)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var rows []accountRow
	// The update changes nothing: it is there for the lock, and for the row as it is after waiting for it.
	if err := tx.Select(ctx, &rows, `
		INSERT INTO points_accounts AS a (customer_id, created_at, updated_at)
		SELECT u.id, $2::timestamptz, $2::timestamptz FROM unnest($1::bigint[]) u (id) ORDER BY u.id
		ON CONFLICT (customer_id) DO UPDATE SET version = a.version
		RETURNING `+accountColumns, pq.Array(ids), tx.Now); err != nil {
		return nil, fmt.Errorf("lock points: %w", err)
	}
	m := make(map[crm.CustomerID]*crm.PointsAccount, len(rows))
	for _, r := range rows {
		m[crm.CustomerID(r.Customer)] = r.account()
	}
	return m, nil
}

// Points is the account of a customer as it stands; of one that never had points it is empty.
func (tx *Tx) Points(ctx context.Context, customer crm.CustomerID) (*crm.PointsAccount, error) {
	var row accountRow
	err := tx.Get(ctx, &row, `SELECT `+accountColumns+` FROM points_accounts a WHERE a.customer_id = $1`, int64(customer))
	if errors.Is(err, crm.ErrNotFound) {
		return &crm.PointsAccount{Customer: customer}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("points of %d: %w", customer, err)
	}
	return row.account(), nil
}

// PointsBook is what a transaction writes of points: accounts that it holds locked, and what happened to them.
type PointsBook struct {
	Accounts []*crm.PointsAccount
	Entries  []crm.PointsEntry
	Tiers    []crm.TierChange
	Warn     func(*crm.PointsAccount) (points, tier string) // days on which to tell that something ends; "" for never
}

// KeepPoints writes accounts and the entries that made them what they are, in one statement. It gives the entries their
// numbers. [crm.ErrConflict] tells that an entry with one of the keys is there.
func (tx *Tx) KeepPoints(ctx context.Context, b PointsBook) error {
	if len(b.Accounts) == 0 {
		return nil
	}
	type column = []string
	var ends, lefts, joined, kinds, nextEnds, warnOn, warned, tiers, until, tierOn column
	var ids, balances, owed, earned, joinedIDs, seqs, versions []int64
	var members, tierWarned []bool
	for _, a := range b.Accounts {
		days, points := lotArrays(a.Lots)
		on, tierDay := b.Warn(a)
		ids, balances, owed, earned, seqs = append(ids, int64(a.Customer)), append(balances, a.Balance), append(owed, a.Owed), append(earned, a.Earned), append(seqs, int64(a.Seq))
		ends, lefts, joined, kinds = append(ends, days), append(lefts, points), append(joined, stamp(a.Joined)), append(kinds, string(a.JoinedBy.Kind))
		joinedIDs, versions, members, tierWarned = append(joinedIDs, a.JoinedBy.ID), append(versions, int64(a.Version)), append(members, a.Member), append(tierWarned, a.TierWarn)
		nextEnds, warnOn, warned = append(nextEnds, a.NextEnd()), append(warnOn, on), append(warned, a.Warned)
		tiers, until, tierOn = append(tiers, a.Tier), append(until, a.TierUntil), append(tierOn, tierDay)
	}
	if _, err := tx.Exec(ctx, `
		UPDATE points_accounts a
		SET balance = u.balance, owed = u.owed, earned = u.earned, ends = u.ends::date[], lefts = u.lefts::bigint[], joined_at = nullif(u.joined, '')::timestamptz,
			joined_kind = u.joined_kind, joined_id = u.joined_id, member = u.member, next_end = nullif(u.next_end, '')::date, warn_on = nullif(u.warn_on, '')::date,
			warned = nullif(u.warned, '')::date, tier = u.tier, tier_until = nullif(u.tier_until, '')::date, tier_warn_on = nullif(u.tier_on, '')::date,
			tier_warned = u.tier_warned, seq = u.seq, version = u.version, updated_at = $18::timestamptz
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::boolean[],
				$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::boolean[], $19::bigint[], $20::bigint[])
			AS u (id, balance, owed, earned, ends, lefts, joined, joined_kind, joined_id, member, next_end, warn_on, warned, tier, tier_until, tier_on, tier_warned, seq, version)
		WHERE a.customer_id = u.id`,
		pq.Array(ids), pq.Array(balances), pq.Array(owed), pq.Array(earned), pq.Array(ends), pq.Array(lefts), pq.Array(joined), pq.Array(kinds), pq.Array(joinedIDs),
		pq.Array(members), pq.Array(nextEnds), pq.Array(warnOn), pq.Array(warned), pq.Array(tiers), pq.Array(until), pq.Array(tierOn), pq.Array(tierWarned), tx.Now,
		pq.Array(seqs), pq.Array(versions)); err != nil {
		return fmt.Errorf("points: %w", err)
	}
	if err := tx.addPoints(ctx, b.Entries); err != nil {
		return err
	}
	return tx.addTiers(ctx, b.Tiers)
}

// addPoints adds entries to the ledger.
func (tx *Tx) addPoints(ctx context.Context, entries []crm.PointsEntry) error {
	n := len(entries)
	if n == 0 {
		return nil
	}
	customer, seq, points, owed, balance := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	source, reverses, amount, by, gifts := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	at, kind, ends, parts, sourceKind := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	counts, gift, key, note := make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i := range entries {
		e := &entries[i]
		if e.At.IsZero() {
			e.At = tx.Now
		}
		customer[i], seq[i], points[i], owed[i], balance[i] = int64(e.Customer), int64(e.Seq), e.Points, e.Owed, e.Balance
		source[i], reverses[i], amount[i], by[i] = e.Source.ID, int64(e.Reverses), int64(e.Amount), int64(e.By)
		gifts[i] = int64(e.Gifts)
		at[i], kind[i], sourceKind[i], counts[i], gift[i], key[i] = stamp(e.At), e.Kind, string(e.Source.Kind), e.Counts, e.Gift, e.Key
		ends[i], parts[i] = lotArrays(e.Lots)
		if e.Note != "" {
			note[i] = tx.Seal("points_ledger", "note", e.Note)
		}
	}
	var made []struct {
		ID       int64 `db:"id"`
		Customer int64 `db:"customer_id"`
		Seq      int   `db:"seq"`
	}
	err := tx.Select(ctx, &made, `
		INSERT INTO points_ledger (customer_id, seq, at, kind, points, owed, balance, ends, parts, source_kind, source_id, reverses, amount, counts, user_id, gift, gifts, note, key)
		SELECT u.customer, u.seq, u.at::timestamptz, u.kind, u.points, u.owed, u.balance, u.ends::date[], u.parts::bigint[], u.source_kind, u.source,
			nullif(u.reverses, 0), u.amount, nullif(u.counts, '')::date, nullif(u.who, 0), u.gift, u.gifts, u.note, nullif(u.key, '')
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[],
				$12::bigint[], $13::bigint[], $14::text[], $15::bigint[], $16::text[], $17::bytea[], $18::text[], $19::bigint[])
			AS u (customer, seq, at, kind, points, owed, balance, ends, parts, source_kind, source, reverses, amount, counts, who, gift, note, key, gifts)
		RETURNING id, customer_id, seq`,
		pq.Array(customer), pq.Array(seq), pq.Array(at), pq.Array(kind), pq.Array(points), pq.Array(owed), pq.Array(balance), pq.Array(ends), pq.Array(parts),
		pq.Array(sourceKind), pq.Array(source), pq.Array(reverses), pq.Array(amount), pq.Array(counts), pq.Array(by), pq.Array(gift), pq.Array(note), pq.Array(key), pq.Array(gifts))
	if err != nil {
		return fmt.Errorf("points ledger: %w", err)
	}
	for _, m := range made {
		for i := range entries {
			if int64(entries[i].Customer) == m.Customer && entries[i].Seq == m.Seq {
				entries[i].ID = crm.PointsID(m.ID)
			}
		}
	}
	return nil
}

// addTiers adds to the history of tiers.
func (tx *Tx) addTiers(ctx context.Context, changes []crm.TierChange) error {
	n := len(changes)
	if n == 0 {
		return nil
	}
	customer, source := make([]int64, n), make([]int64, n)
	why, from, fromEnd, to, toEnd, kind := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, c := range changes {
		customer[i], source[i], why[i], from[i], fromEnd[i], to[i], toEnd[i], kind[i] = int64(c.Customer), c.Source.ID, c.Why, c.From, c.FromEnd, c.To, c.ToEnd, string(c.Source.Kind)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO points_tiers (customer_id, at, why, from_tier, from_until, to_tier, to_until, source_kind, source_id)
		SELECT u.customer, $9::timestamptz, u.why, u.old, nullif(u.old_end, '')::date, u.new, nullif(u.new_end, '')::date, u.kind, u.source
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
			AS u (customer, why, old, old_end, new, new_end, kind, source)`,
		pq.Array(customer), pq.Array(why), pq.Array(from), pq.Array(fromEnd), pq.Array(to), pq.Array(toEnd), pq.Array(kind), pq.Array(source), tx.Now); err != nil {
		return fmt.Errorf("tiers: %w", err)
	}
	return nil
}
