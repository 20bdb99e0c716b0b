package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// NewLinkToken makes the token of a tracking link: 80 bits, letters and digits that are not mistaken for others.
func NewLinkToken() string { return rand.Text()[:16] }

// CampaignLinkRow is a tracking link as it is kept.
type CampaignLinkRow struct {
	ID         int64     `db:"id"`
	CampaignID int64     `db:"campaign_id"`
	Campaign   string    `db:"campaign"`
	Channel    string    `db:"channel"`
	Token      string    `db:"token"`
	SealedURL  []byte    `db:"url"`
	CustomerID int64     `db:"customer_id"` // 0: for everybody
	CreatedAt  time.Time `db:"created_at"`
	Clicks     int       `db:"clicks"`
	Form       bool      `db:"form"` // it leads to a form of ours
	Total      int       `db:"total"`

	URL string `db:"-"`
}

func (tx *Tx) openLinks(rows []CampaignLinkRow) error {
	for i := range rows {
		var err error
		if rows[i].URL, err = tx.Keys.OpenText("campaign_links", "url", rows[i].SealedURL); err != nil {
			return fmt.Errorf("link %d: %w", rows[i].ID, err)
		}
		rows[i].SealedURL = nil
	}
	return nil
}

// AddCampaignLink makes a link for everybody and notes it for undo.
func (tx *Tx) AddCampaignLink(ctx context.Context, campaign crm.CampaignID, channel, url, token string) (id int64, err error) {
	if err := tx.Get(ctx, &id, `INSERT INTO campaign_links (campaign_id, channel, token, url, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`,
		int64(campaign), channel, token, tx.Keys.SealText("campaign_links", "url", url), orNull(int64(tx.Actor.UserID)), tx.Now); err != nil {
		return 0, fmt.Errorf("link of campaign %d: %w", campaign, err)
	}
	tx.Created(crm.KindCampaignLink, id, 1)
	return id, nil
}

// AddCustomerLinks makes a link for each customer, in one statement.
func (tx *Tx) AddCustomerLinks(ctx context.Context, campaign crm.CampaignID, send int64, channel string, customers []int64, urls, tokens []string) error {
	sealed := make([][]byte, len(urls))
	for i, url := range urls {
		sealed[i] = tx.Keys.SealText("campaign_links", "url", url)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO campaign_links (campaign_id, send_id, channel, customer_id, url, token, created_by, created_at, updated_at)
		SELECT $1, $2, $3, u.customer, u.url, u.token, $7, $8, $8 FROM unnest($4::bigint[], $5::bytea[], $6::text[]) AS u (customer, url, token)`,
		int64(campaign), send, channel, pq.Array(customers), pq.Array(sealed), pq.Array(tokens), orNull(int64(tx.Actor.UserID)), tx.Now); err != nil {
		return fmt.Errorf("links of campaign %d: %w", campaign, err)
	}
	return nil
}

// CampaignLinks are the links of a campaign for everybody, newest first, with the visitors that came by each.
func (tx *Tx) CampaignLinks(ctx context.Context, campaign crm.CampaignID, limit int) (rows []CampaignLinkRow, err error) {
	if err := tx.Select(ctx, &rows, `
		WITH l AS (
			SELECT id, campaign_id, channel, token, url, created_at, form, count(*) OVER () AS total FROM campaign_links
			WHERE campaign_id = $1 AND customer_id IS NULL AND deleted_at IS NULL ORDER BY id DESC LIMIT $2
		)
		SELECT l.*, coalesce(k.clicks, 0) AS clicks FROM l LEFT JOIN gendan_link_clicks((SELECT array_agg(id) FROM l)) k ON k.id = l.id ORDER BY l.id DESC`,
		int64(campaign), limit); err != nil {
		return nil, fmt.Errorf("links of campaign %d: %w", campaign, err)
	}
	return rows, tx.openLinks(rows)
}

// CampaignLink finds a link by its token; crm.ErrNotFound.
func (tx *Tx) CampaignLink(ctx context.Context, token string) (row CampaignLinkRow, err error) {
	if err := tx.Get(ctx, &row, `
		SELECT l.id, l.campaign_id, c.name AS campaign, l.channel, l.token, l.url, coalesce(l.customer_id, 0) AS customer_id, l.created_at
		FROM campaign_links l JOIN campaigns c ON c.id = l.campaign_id
		WHERE l.token = $1 AND l.deleted_at IS NULL AND c.deleted_at IS NULL`, token); err != nil {
		return row, fmt.Errorf("link: %w", err)
	}
	one := []CampaignLinkRow{row}
	err = tx.openLinks(one)
	return one[0], err
}

// AddClick counts a visitor of a link, once a day; fresh tells whether they are new.
func (tx *Tx) AddClick(ctx context.Context, l CampaignLinkRow, visitor []byte, day string) (fresh bool, err error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO campaign_clicks (link_id, campaign_id, channel, customer_id, visitor, day, at) VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6::date, $7)
		ON CONFLICT (link_id, day, visitor) DO NOTHING`, l.ID, l.CampaignID, l.Channel, l.CustomerID, visitor, day, tx.Now)
	if err != nil {
		return false, fmt.Errorf("click on link %d: %w", l.ID, err)
	}
	return n > 0, nil
}

// CampaignSaid is the campaign that a lead says it came by.
type CampaignSaid struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	Channel string `db:"channel"`
	Link    bool   `db:"link"` // said by the token of one of its links: Channel is the link's
}

// CampaignSaid finds a campaign by its name or by the token of one of its links; crm.ErrNotFound when it is none of ours.
func (tx *Tx) CampaignSaid(ctx context.Context, said string) (c CampaignSaid, err error) {
	if said == "" || len(said) > 200 {
		return c, fmt.Errorf("campaign: %w", crm.ErrNotFound)
	}
	if err = tx.Get(ctx, &c, `
		SELECT id, name, channel, link FROM (
			SELECT c.id, c.name, l.channel, true AS link FROM campaign_links l JOIN campaigns c ON c.id = l.campaign_id
			WHERE l.token = $1 AND l.deleted_at IS NULL AND c.deleted_at IS NULL
			UNION ALL
			SELECT c.id, c.name, c.channel, false FROM campaigns c WHERE c.name_key = $2 AND c.deleted_at IS NULL
		) x ORDER BY link DESC LIMIT 1`, said, crm.Fold(said)); err != nil {
		return c, fmt.Errorf("campaign %q: %w", said, err)
	}
	return c, nil
}
