package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// FormRow is a lead form of a campaign.
type FormRow struct {
	CampaignLinkRow
	Title  string     `db:"title"`
	Owner  int64      `db:"owner"`   // whose the leads are; 0 is the pool's
	By     int64      `db:"by"`      // who made the form; 0 is nobody known
	State  string     `db:"state"`   // of the campaign
	EndsOn *time.Time `db:"ends_on"` // its last day
}

// AddForm makes a lead form and notes it for undo: a link for everybody that leads to its own page.
func (tx *Tx) AddForm(ctx context.Context, campaign crm.CampaignID, channel, url, token, title string, owner crm.UserID) (id int64, err error) {
	if id, err = tx.AddCampaignLink(ctx, campaign, channel, url, token); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `UPDATE campaign_links SET form = true, title = $2, owner_id = nullif($3::bigint, 0) WHERE id = $1`, id, title, int64(owner)); err != nil {
		return 0, fmt.Errorf("form of campaign %d: %w", campaign, err)
	}
	return id, nil
}

// Form finds a lead form by its token; crm.ErrNotFound. An owner who has left owns nothing new.
func (tx *Tx) Form(ctx context.Context, token string) (f FormRow, err error) {
	if err = tx.Get(ctx, &f, `
		SELECT l.id, l.campaign_id, c.name AS campaign, l.channel, l.token, l.url, 0 AS customer_id, l.created_at, l.title, c.state, c.ends_on,
			coalesce(u.id, 0) AS owner, coalesce(l.created_by, 0) AS by
		FROM campaign_links l JOIN campaigns c ON c.id = l.campaign_id LEFT JOIN users u ON u.id = l.owner_id AND u.active
		WHERE l.token = $1 AND l.form AND l.deleted_at IS NULL AND c.deleted_at IS NULL`, token); err != nil {
		return f, fmt.Errorf("form: %w", err)
	}
	return f, nil
}

// FormLeads counts the leads of a form.
type FormLeads struct {
	ID      int64  `db:"id"`
	Variant string `db:"variant"` // "" is the form without one
	Leads   int    `db:"leads"`
	Fresh   int    `db:"fresh"` // since the time that was asked for
}

// FormLeads counts the leads of forms, whosever they are, by variant.
func (tx *Tx) FormLeads(ctx context.Context, links []int64, since time.Time) (rows []FormLeads, err error) {
	if err = tx.Select(ctx, &rows, `SELECT id, variant, leads, fresh FROM gendan_form_leads($1, $2)`, pq.Array(links), since); err != nil {
		return nil, fmt.Errorf("leads of forms: %w", err)
	}
	return rows, nil
}

// LockPhone makes those who hand in the same phone number wait for each other until the end of the transaction.
func (tx *Tx) LockPhone(ctx context.Context, phone string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('lead form:' || encode($1::bytea, 'hex'), 0))`, tx.Keys.Index("phone", phone)); err != nil {
		return fmt.Errorf("lock of a phone: %w", err)
	}
	return nil
}

// FormAnswer is what a lead said in a form beside who they are.
type FormAnswer struct {
	Link     int64
	Variant  string
	Agreed   time.Time // to be called
	News     time.Time // to hear of offers; zero: they did not
	Customer int64     // whose number it is, when it is a customer's: the lead is converted already
}

// AnswerForm notes a lead's answer to a form.
func (tx *Tx) AnswerForm(ctx context.Context, lead crm.LeadID, a FormAnswer) error {
	if _, err := tx.Exec(ctx, `
		UPDATE leads SET link_id = coalesce(link_id, $2), variant = CASE WHEN link_id IS NULL THEN $3 ELSE variant END, agreed_at = $4, news_at = coalesce(news_at, $5),
			customer_id = coalesce(nullif($6::bigint, 0), customer_id), state = CASE WHEN $6::bigint <> 0 THEN 'converted' ELSE state END
		WHERE id = $1`, int64(lead), a.Link, a.Variant, a.Agreed, orNone(a.News), a.Customer); err != nil {
		return fmt.Errorf("answer of lead %d: %w", lead, err)
	}
	return nil
}

// FormNews is when a lead agreed to hear of offers; zero when they did not.
func (tx *Tx) FormNews(ctx context.Context, lead crm.LeadID) (at time.Time, err error) {
	var t *time.Time
	if err = tx.Get(ctx, &t, `SELECT news_at FROM leads WHERE id = $1`, int64(lead)); err != nil {
		return at, fmt.Errorf("lead %d: %w", lead, err)
	}
	if t != nil {
		at = *t
	}
	return at, nil
}

// LeadOfCampaign finds the lead of a customer that came by a campaign; crm.ErrNotFound.
func (tx *Tx) LeadOfCampaign(ctx context.Context, customer int64, campaign crm.CampaignID) (id crm.LeadID, err error) {
	err = tx.Get(ctx, &id, `SELECT id FROM leads WHERE customer_id = $1 AND campaign_id = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1`, customer, int64(campaign))
	if err != nil {
		return 0, fmt.Errorf("lead of %d: %w", customer, err)
	}
	return id, nil
}

// AllowNews writes down that a customer wants to hear of offers, unless they ever said something else: whoever fills in a
// form has only claimed to be them.
func (tx *Tx) AllowNews(ctx context.Context, customer int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO consents (customer_id, purpose, channel, allowed, via, by, at) SELECT $1, $2, $3, true, 'link', NULL, $4
		WHERE NOT EXISTS (SELECT FROM consents k WHERE k.customer_id = $1 AND k.purpose = $2)
		ON CONFLICT DO NOTHING`, customer, crm.Marketing, crm.AnyChannel, at); err != nil && !errors.Is(err, crm.ErrConflict) {
		return fmt.Errorf("consent of %d: %w", customer, err)
	}
	return nil
}
