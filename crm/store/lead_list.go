package store

import (
	"context"
	"fmt"
	"time"

	"gendan/crm"
)

// LeadFilter selects open leads; zero values select all that the actor sees.
type LeadFilter struct {
	Owners   []int64   // whose, any of them; nil is anybody's
	NoOwner  bool      // only those in the pool
	Source   string    // as written
	From, To time.Time // written down in this time, To excluded
	Limit    int       // rows; at most 1000 are counted
}

// countLeads is where counting leads stops.
const countLeads = 1001

// Leads lists open leads, newest first, and how many there are; the count stops at 1001.
func (tx *Tx) Leads(ctx context.Context, f LeadFilter) (rows []LeadRow, total int, err error) {
	from, args := f.from(tx.Actor)
	err = tx.Select(ctx, &rows, `
		SELECT `+leadColumns+`
		FROM (SELECT * FROM (`+from+`) l ORDER BY l.created_at DESC LIMIT $1) l
		LEFT JOIN users u ON u.id = l.owner_id
		ORDER BY l.created_at DESC`, append([]any{f.Limit + 1}, args...)...)
	if err != nil {
		return nil, 0, fmt.Errorf("leads: %w", err)
	}
	if total = len(rows); total > f.Limit { // there are more than are shown
		rows = rows[:f.Limit]
		if err = tx.Get(ctx, &total, `SELECT count(*) FROM (SELECT FROM (`+from+`) l LIMIT $1) q`, append([]any{countLeads}, args...)...); err != nil {
			return nil, 0, fmt.Errorf("leads: %w", err)
		}
	}
	return rows, total, tx.openLeads(rows)
}

// from composes what is listed for actor, the newest of it at least $1 rows; every value is an argument, from $2 on. The leads of
// several people are the newest of each: an index has them in order, which it has of none together. What a team's lead sees is
// put together so, too, for the policy alone would look at every newer lead of others.
func (f LeadFilter) from(actor crm.Actor) (text string, args []any) {
	where := `l.deleted_at IS NULL AND l.state = 'open'`
	arg := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args)+1)
	}
	if f.Source != "" {
		where += ` AND l.source = ` + arg(f.Source)
	}
	if !f.From.IsZero() {
		where += ` AND l.created_at >= ` + arg(f.From)
	}
	if !f.To.IsZero() {
		where += ` AND l.created_at < ` + arg(f.To)
	}
	newest := func(whose string) string {
		return `(SELECT l.* FROM leads l WHERE ` + where + whose + ` ORDER BY l.created_at DESC LIMIT $1)`
	}
	each := func(people string) string {
		return `SELECT n.* FROM (SELECT DISTINCT unnest(` + people + `) AS id) o CROSS JOIN LATERAL ` + newest(` AND l.owner_id = o.id`) + ` n`
	}
	pool := newest(` AND l.owner_id IS NULL`)
	switch {
	case f.NoOwner:
		return pool, args
	case len(f.Owners) == 1:
		return newest(` AND l.owner_id = ` + arg(f.Owners[0])), args
	case f.Owners != nil:
		return each(arg(pqInts(f.Owners)) + `::bigint[]`), args
	case actor.Scope == crm.ScopeTeam:
		return each(`gendan_led() || gendan_actor()`) + ` UNION ALL ` + pool, args
	}
	return newest(``), args
}
