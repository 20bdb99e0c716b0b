package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
)

// LeadRow is a lead as it is kept.
type LeadRow struct {
	ID           int64     `db:"id"`
	OwnerID      *int64    `db:"owner_id"`
	OwnerName    string    `db:"owner_name"`
	Company      string    `db:"company"`
	Contact      string    `db:"contact"`
	Title        string    `db:"title"`
	Source       string    `db:"source"`
	Region       string    `db:"region"`
	Industry     string    `db:"industry"`
	Campaign     string    `db:"campaign"`
	State        string    `db:"state"`
	CustomerID   *int64    `db:"customer_id"`
	CreatedAt    time.Time `db:"created_at"`
	Version      int       `db:"version"`
	SealedNeed   []byte    `db:"need"`
	SealedPhone  []byte    `db:"phone"`
	SealedEmail  []byte    `db:"email"`
	SealedWechat []byte    `db:"wechat"`

	Need, Phone, Email, Wechat string `db:"-"`
}

// Lead is the row as the rules know it.
func (r LeadRow) Lead() crm.Lead {
	l := crm.Lead{ID: crm.LeadID(r.ID), OwnerName: r.OwnerName, Company: r.Company, Contact: r.Contact, Title: r.Title, Phone: r.Phone,
		Wechat: r.Wechat, Email: r.Email, Source: r.Source, Region: r.Region, Industry: r.Industry, Need: r.Need, Campaign: r.Campaign,
		State: r.State, Version: r.Version}
	if r.OwnerID != nil {
		l.OwnerID = crm.UserID(*r.OwnerID)
	}
	if r.CustomerID != nil {
		l.CustomerID = crm.CustomerID(*r.CustomerID)
	}
	return l
}

const leadColumns = `l.id, l.owner_id, coalesce(u.name, '') AS owner_name, l.company, l.contact, l.title, l.source, l.region,
	l.industry, l.campaign, l.state, l.customer_id, l.created_at, l.version, l.need, l.phone, l.email, l.wechat`

// AddLead creates l and notes it for undo.
func (tx *Tx) AddLead(ctx context.Context, l crm.Lead) (crm.LeadID, error) {
	k, id := tx.Keys, int64(0)
	err := tx.Get(ctx, &id, `
		INSERT INTO leads (company, company_key, contact, contact_key, title, source, region, industry, campaign, need,
			phone, phone_index, phone_tail, email, wechat, owner_id, created_by, created_at, updated_at, campaign_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, nullif($16::bigint, 0), $17, $18, $18, nullif($19::bigint, 0))
		RETURNING id`,
		strings.TrimSpace(l.Company), crm.CompanyName(l.Company), strings.TrimSpace(l.Contact), crm.Fold(l.Contact), l.Title, l.Source, l.Region,
		l.Industry, l.Campaign, k.SealText("leads", "need", l.Need),
		k.SealText("leads", "phone", l.Phone), k.Index("phone", l.Phone), k.Index("phone_tail", crm.LastFour(l.Phone)),
		k.SealText("leads", "email", l.Email), k.SealText("leads", "wechat", l.Wechat),
		int64(l.OwnerID), orNull(int64(tx.Actor.UserID)), tx.Now, int64(l.CampaignID))
	if err != nil {
		return 0, fmt.Errorf("lead: %w", err)
	}
	tx.Created(crm.KindLead, id, 1)
	return crm.LeadID(id), nil
}

// LeadByID finds a lead that the actor sees; crm.ErrNotFound.
func (tx *Tx) LeadByID(ctx context.Context, id crm.LeadID) (LeadRow, error) {
	var row [1]LeadRow
	err := tx.Get(ctx, &row[0], `
		SELECT `+leadColumns+` FROM leads l LEFT JOIN users u ON u.id = l.owner_id
		WHERE l.id = $1 AND l.deleted_at IS NULL`, int64(id))
	if err != nil {
		return row[0], fmt.Errorf("lead %d: %w", id, err)
	}
	return row[0], tx.openLeads(row[:])
}

// LeadsNamed finds open leads whose company or person answers to what was said, newest first.
func (tx *Tx) LeadsNamed(ctx context.Context, said string, limit int) ([]LeadRow, error) {
	var rows []LeadRow
	err := tx.Select(ctx, &rows, `
		SELECT `+leadColumns+` FROM leads l LEFT JOIN users u ON u.id = l.owner_id
		WHERE l.deleted_at IS NULL AND l.state = 'open'
			AND (l.company_key = $1 OR l.contact_key = $2 OR length($1) >= 2 AND position($1 IN l.company_key) > 0)
		ORDER BY (l.company_key = $1 OR l.contact_key = $2) DESC, l.created_at DESC LIMIT $3`,
		crm.CompanyName(said), crm.Fold(said), limit)
	if err != nil {
		return nil, fmt.Errorf("leads named: %w", err)
	}
	return rows, tx.openLeads(rows)
}

// NewLeads lists the open leads of owner (or of the pool, with owner 0) since, newest first.
func (tx *Tx) NewLeads(ctx context.Context, owner crm.UserID, since time.Time, limit int) ([]LeadRow, error) {
	var rows []LeadRow
	err := tx.Select(ctx, &rows, `
		SELECT `+leadColumns+` FROM leads l LEFT JOIN users u ON u.id = l.owner_id
		WHERE l.deleted_at IS NULL AND l.state = 'open' AND l.created_at >= $2
			AND (l.owner_id = $1 OR l.owner_id IS NULL AND $1 = 0)
		ORDER BY l.created_at DESC LIMIT $3`, int64(owner), since, limit)
	if err != nil {
		return nil, fmt.Errorf("new leads: %w", err)
	}
	return rows, tx.openLeads(rows)
}

func (tx *Tx) openLeads(rows []LeadRow) error {
	for i := range rows {
		r := &rows[i]
		for _, f := range []struct {
			column string
			sealed *[]byte
			text   *string
		}{{"need", &r.SealedNeed, &r.Need}, {"phone", &r.SealedPhone, &r.Phone}, {"email", &r.SealedEmail, &r.Email}, {"wechat", &r.SealedWechat, &r.Wechat}} {
			text, err := tx.Keys.OpenText("leads", f.column, *f.sealed)
			if err != nil {
				return fmt.Errorf("lead %d: %w", r.ID, err)
			}
			*f.text, *f.sealed = text, nil
		}
	}
	return nil
}
