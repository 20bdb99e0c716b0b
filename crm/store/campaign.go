package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// CampaignRow is a campaign as it is kept, with what was spent on it.
type CampaignRow struct {
	ID        int64      `db:"id"`
	Name      string     `db:"name"`
	Budget    int64      `db:"budget"` // fen
	Channel   string     `db:"channel"`
	RawFilter []byte     `db:"filter"`
	StartsOn  *time.Time `db:"starts_on"`
	EndsOn    *time.Time `db:"ends_on"`
	State     string     `db:"state"`
	Version   int        `db:"version"`
	ByName    string     `db:"by_name"`
	CreatedAt time.Time  `db:"created_at"`
	Cost      int64      `db:"cost"` // fen
	Total     int        `db:"total"`

	Filter crm.Filter `db:"-"`
}

// Campaign is the row as the rules know it.
func (c CampaignRow) Campaign() crm.Campaign {
	out := crm.Campaign{ID: crm.CampaignID(c.ID), Name: c.Name, Budget: crm.Money(c.Budget), Channel: c.Channel, Filter: c.Filter, State: c.State}
	if c.StartsOn != nil {
		out.Start = c.StartsOn.Format(time.DateOnly)
	}
	if c.EndsOn != nil {
		out.End = c.EndsOn.Format(time.DateOnly)
	}
	return out
}

// CreateCampaign creates c and notes it for undo; crm.ErrConflict when the name is taken, the transaction goes on.
func (tx *Tx) CreateCampaign(ctx context.Context, c crm.Campaign) (crm.CampaignID, error) {
	filter, err := json.Marshal(c.Filter)
	if err != nil {
		return 0, fmt.Errorf("campaign filter: %w", err)
	}
	var id int64
	err = tx.Get(ctx, &id, `
		INSERT INTO campaigns (name, name_key, budget, channel, filter, starts_on, ends_on, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5::text::jsonb, nullif($6::text, '')::date, nullif($7::text, '')::date, $8, $9, $9)
		ON CONFLICT (name_key) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
		c.Name, crm.Fold(c.Name), int64(c.Budget), c.Channel, string(filter), c.Start, c.End, int64(tx.Actor.UserID), tx.Now)
	if errors.Is(err, crm.ErrNotFound) {
		return 0, fmt.Errorf("campaign %q: %w", c.Name, crm.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("campaign: %w", err)
	}
	tx.Created(crm.KindCampaign, id, 1)
	return crm.CampaignID(id), nil
}

// CampaignQuery selects campaigns; zero values select all.
type CampaignQuery struct {
	ID       int64
	Name     string    // holds it, or is held by it
	From, To time.Time // runs within
	Limit    int
	Skip     int
}

// Campaigns lists campaigns, those that run first, then the newest; Total of each is of all.
func (tx *Tx) Campaigns(ctx context.Context, q CampaignQuery) (rows []CampaignRow, err error) {
	if err := tx.Select(ctx, &rows, `
		SELECT c.id, c.name, c.budget, c.channel, c.filter, c.starts_on, c.ends_on, c.state, c.version, coalesce(u.name, '') AS by_name, c.created_at,
			count(*) OVER () AS total, coalesce((SELECT sum(k.amount) FROM campaign_costs k WHERE k.campaign_id = c.id), 0)::bigint AS cost
		FROM campaigns c LEFT JOIN users u ON u.id = c.created_by
		WHERE c.deleted_at IS NULL AND ($1 = 0 OR c.id = $1) AND ($2 = '' OR position($2 IN c.name_key) > 0 OR position(c.name_key IN $2) > 0)
			AND ($3::timestamptz IS NULL OR c.ends_on IS NULL OR c.ends_on >= $3::timestamptz::date) AND ($4::timestamptz IS NULL OR coalesce(c.starts_on, c.created_at::date) < $4)
		ORDER BY c.state, c.id DESC LIMIT $5 OFFSET $6`,
		q.ID, crm.Fold(q.Name), orNone(q.From), orNone(q.To), q.Limit, q.Skip); err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	for i := range rows {
		if err := json.Unmarshal(rows[i].RawFilter, &rows[i].Filter); err != nil {
			return nil, fmt.Errorf("filter of campaign %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}

// CampaignNames are the names of campaigns by number, also of those taken back.
func (tx *Tx) CampaignNames(ctx context.Context, ids []int64) (map[int64]string, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := tx.Select(ctx, &rows, `SELECT id, name FROM campaigns WHERE id = ANY ($1)`, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("names of campaigns: %w", err)
	}
	names := make(map[int64]string, len(rows))
	for _, row := range rows {
		names[row.ID] = row.Name
	}
	return names, nil
}

// TouchCampaign notes that something hangs on a campaign now: its making can no longer be taken back. It locks the row.
func (tx *Tx) TouchCampaign(ctx context.Context, id crm.CampaignID) error {
	if _, err := tx.Exec(ctx, `UPDATE campaigns SET version = version + 1, updated_at = $2 WHERE id = $1`, int64(id), tx.Now); err != nil {
		return fmt.Errorf("campaign %d: %w", id, err)
	}
	return nil
}

// AddCampaignCost writes down what was spent and notes it for undo.
func (tx *Tx) AddCampaignCost(ctx context.Context, campaign crm.CampaignID, channel string, amount crm.Money) (id int64, err error) {
	if err := tx.Get(ctx, &id, `INSERT INTO campaign_costs (campaign_id, channel, amount, at, created_by) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		int64(campaign), channel, int64(amount), tx.Now, int64(tx.Actor.UserID)); err != nil {
		return 0, fmt.Errorf("cost of campaign %d: %w", campaign, err)
	}
	tx.Created(crm.KindCampaignCost, id, 1)
	return id, nil
}

// CounterCampaignCost adds an entry against a cost, at the time of that one, so that every span sums up as if neither was.
func (tx *Tx) CounterCampaignCost(ctx context.Context, id int64) (against int64, err error) {
	if err := tx.Get(ctx, &against, `
		INSERT INTO campaign_costs (campaign_id, channel, amount, at, undoes, created_by)
		SELECT campaign_id, channel, -amount, at, id, $2 FROM campaign_costs WHERE id = $1 AND undoes IS NULL RETURNING id`,
		id, int64(tx.Actor.UserID)); err != nil {
		return 0, fmt.Errorf("cost %d: take back: %w", id, err)
	}
	return against, nil
}

// TouchedRow is one touch of one order.
type TouchedRow struct {
	Purchase int64     `db:"purchase"` // number of the order or the deal
	BoughtAt time.Time `db:"bought_at"`
	Amount   int64     `db:"amount"` // fen
	Campaign int64     `db:"campaign"`
	Channel  string    `db:"channel"`
	Kind     string    `db:"kind"`
	At       time.Time `db:"touched_at"`
}

// Touched are the orders of a span with the touches that may count, order by order: the company's, without names.
func (tx *Tx) Touched(ctx context.Context, from, to time.Time, rules crm.CampaignRules) (rows []TouchedRow, err error) {
	if err := tx.Select(ctx, &rows, `SELECT * FROM gendan_touched($1, $2, make_interval(secs => $3), make_interval(secs => $4)) ORDER BY purchase`,
		from, to, rules.Window(crm.TouchClick).Seconds(), rules.Window(crm.TouchLead).Seconds()); err != nil {
		return nil, fmt.Errorf("touched orders: %w", err)
	}
	return rows, nil
}

// CameRow counts who came by a campaign and a channel, and what was spent.
type CameRow struct {
	Campaign  int64  `db:"campaign"` // 0: a channel alone
	Channel   string `db:"channel"`
	Cost      int64  `db:"cost"`  // fen
	Costs     int    `db:"costs"` // entries
	Leads     int    `db:"leads"`
	Customers int    `db:"customers"`
	Clicks    int    `db:"clicks"`
}

// Came counts who came in a span.
func (tx *Tx) Came(ctx context.Context, from, to time.Time) (rows []CameRow, err error) {
	if err := tx.Select(ctx, &rows, `SELECT * FROM gendan_came($1, $2)`, from, to); err != nil {
		return nil, fmt.Errorf("who came by campaigns: %w", err)
	}
	return rows, nil
}
