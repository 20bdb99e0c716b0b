package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"gendan/crm"
)

// AddCampaignSend writes down what goes to customers of a campaign together, and notes it for undo. hash is that of what is
// said and given.
func (tx *Tx) AddCampaignSend(ctx context.Context, campaign crm.CampaignID, hash, texts string, people int) (id int64, err error) {
	if err := tx.Get(ctx, &id, `
		INSERT INTO campaign_sends (campaign_id, hash, texts, people, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`,
		int64(campaign), hash, tx.Keys.SealText("campaign_sends", "texts", texts), people, int64(tx.Actor.UserID), tx.Now); err != nil {
		return 0, fmt.Errorf("send of campaign %d: %w", campaign, err)
	}
	tx.Created(crm.KindCampaignSend, id, 1)
	return id, nil
}

// CampaignTold are those of customers who get, or got, the same from a campaign before.
func (tx *Tx) CampaignTold(ctx context.Context, campaign crm.CampaignID, hash string, customers []int64) (told map[int64]bool, err error) {
	var ids []int64
	if err := tx.Select(ctx, &ids, `
		SELECT DISTINCT o.customer_id FROM campaign_sends s JOIN offers o ON o.campaign_id = s.campaign_id AND split_part(o.step, '/', 1) = s.id::text
		WHERE s.campaign_id = $1 AND s.hash = $2 AND s.deleted_at IS NULL AND o.state <> 'stopped' AND o.deleted_at IS NULL AND o.customer_id = ANY ($3)`,
		int64(campaign), hash, pq.Array(customers)); err != nil {
		return nil, fmt.Errorf("told by campaign %d: %w", campaign, err)
	}
	told = make(map[int64]bool, len(ids))
	for _, id := range ids {
		told[id] = true
	}
	return told, nil
}

// CampaignSentRow counts a variant of a send.
type CampaignSentRow struct {
	Step    string `db:"step"` // of the offers: number of the send, stop, letter of the variant
	People  int    `db:"people"`
	Waiting int    `db:"waiting"`
	Sent    int    `db:"sent"`
	Failed  int    `db:"failed"` // refused, skipped, stopped too
	Clicked int    `db:"clicked"`
}

// CampaignSent counts what a campaign sends: the company's numbers, whoever looks.
func (tx *Tx) CampaignSent(ctx context.Context, campaign crm.CampaignID) (rows []CampaignSentRow, err error) {
	if err := tx.Select(ctx, &rows, `SELECT * FROM gendan_campaign_sent($1) ORDER BY step`, int64(campaign)); err != nil {
		return nil, fmt.Errorf("sent by campaign %d: %w", campaign, err)
	}
	return rows, nil
}

// CampaignOfSend is the campaign of a send, and how much of it has left already.
func (tx *Tx) CampaignOfSend(ctx context.Context, send int64) (campaign crm.CampaignID, left int, err error) {
	var row struct {
		Campaign int64 `db:"campaign_id"`
		Left     int   `db:"left"`
	}
	if err := tx.Get(ctx, &row, `
		SELECT s.campaign_id, (SELECT count(*) FROM offers o WHERE o.campaign_id = s.campaign_id AND split_part(o.step, '/', 1) = s.id::text AND o.state IN ('queued', 'sent')) AS left
		FROM campaign_sends s WHERE s.id = $1`, send); err != nil {
		return 0, 0, fmt.Errorf("send %d: %w", send, err)
	}
	return crm.CampaignID(row.Campaign), row.Left, nil
}
