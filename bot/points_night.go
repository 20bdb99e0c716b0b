package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gendan/crm/action"
	"gendan/crm/store"
)

// pointsMinute is when a night of points begins, in minutes after midnight: what ends with a day has ended by then.
const pointsMinute = 4*60 + 10

// nextPointsNight is the timer of the first night of points after now.
func nextPointsNight(now time.Time, zone *time.Location) store.TimerRow {
	local := now.In(zone)
	due := time.Date(local.Year(), local.Month(), local.Day(), pointsMinute/60, pointsMinute%60, 0, 0, zone)
	if !due.After(now) {
		due = due.AddDate(0, 0, 1)
	}
	return store.TimerRow{Kind: action.KindPointsNight, Due: due.UTC(), Dedupe: "points:" + due.Format(time.DateOnly)}
}

// ringPointsNight takes a step of a night of points and leaves the row of the next one; the last leaves the timer of the
// night after.
func (b *Bot) ringPointsNight(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	tx.Now = b.now().UTC()
	var step action.PointsStep
	if len(c.Payload) > 0 {
		if err := json.Unmarshal(c.Payload, &step); err != nil {
			return fmt.Errorf("night of points: %w", err)
		}
	}
	next, _, err := b.actions.PointsStep(ctx, tx, step)
	if err != nil {
		return err
	}
	if next.Ended {
		tx.Ledger.Timers = append(tx.Ledger.Timers, nextPointsNight(tx.Now, b.store.Zone()))
		return nil
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "points", Kind: action.KindPointsNight, Payload: mustJSON(next),
		Key: fmt.Sprintf("points-night:%s:%d:%d", next.Today, next.Part, next.Page)})
	return nil
}

// ringPointsLoaded gives a page of loaded orders their points, and leaves the row of the next page.
func (b *Bot) ringPointsLoaded(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	tx.Now = b.now().UTC()
	more, err := b.actions.PointsLoaded(ctx, tx)
	if err != nil || !more {
		return err
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: c.Lane, Kind: action.KindPointsLoaded, Key: action.KindPointsLoaded + ":after:" + strconv.FormatInt(c.ID, 10)})
	return nil
}
