package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// predictMinute is when a night of predictions begins, in minutes after midnight: before that of health.
const predictMinute = 2*60 + 20

// predictSoon is when the first one of all begins after the start.
const predictSoon = time.Minute

// nextPredict is the timer of the first night of predictions after now; where there was none yet it is soon.
func nextPredict(now time.Time, zone *time.Location, never bool) store.TimerRow {
	if never {
		return store.TimerRow{Kind: action.KindPredict, Due: now.Add(predictSoon).UTC(), Dedupe: "predict:first"}
	}
	local := now.In(zone)
	due := time.Date(local.Year(), local.Month(), local.Day(), predictMinute/60, predictMinute%60, 0, 0, zone)
	if !due.After(now) {
		due = due.AddDate(0, 0, 1)
	}
	return store.TimerRow{Kind: action.KindPredict, Due: due.UTC(), Dedupe: "predict:" + due.Format(time.DateOnly)}
}

// predictTimers are the timers of predictions that have to stand.
func (b *Bot) predictTimers(ctx context.Context) (timers []store.TimerRow, err error) {
	never := false
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		never, err = b.actions.PredictNever(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	timers = []store.TimerRow{nextPredict(b.now(), b.store.Zone(), false)}
	if never {
		timers = append(timers, nextPredict(b.now(), b.store.Zone(), true))
	}
	return timers, nil
}

// ringPredict takes a step of a night in a transaction of its own, for a fit takes seconds, and leaves the row of the next step; the last one
// leaves the timer of the night after. A step that is taken twice does the same again.
func (b *Bot) ringPredict(ctx context.Context, c store.OutboxClaim) error {
	var step action.PredictStep
	if len(c.Payload) > 0 {
		if err := json.Unmarshal(c.Payload, &step); err != nil {
			return fmt.Errorf("predictions: %w", err)
		}
	}
	return b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Now = b.now().UTC()
		next, _, err := b.actions.PredictStep(ctx, tx, step)
		if err != nil {
			return err
		}
		if next.Ended {
			tx.Ledger.Timers = append(tx.Ledger.Timers, nextPredict(tx.Now, b.store.Zone(), false))
			return nil
		}
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "predict", Kind: action.KindPredict, Payload: mustJSON(next),
			Key: fmt.Sprintf("predict:%d:%d", next.At.Unix(), next.After)})
		return nil
	})
}

// predictCard is the card below a list of customers at risk or due: what to do for the first of them. Nil where nobody is.
func (b *Bot) predictCard(who teller, view any, text string) *chat.Card {
	if who.group || who.page > 0 || who.cardID == "" {
		return nil
	}
	switch v := view.(type) {
	case *action.ChurnView:
		if len(v.Rows) == 0 {
			return nil
		}
		card := &chat.Card{ID: who.cardID, Title: b.say("predict_churn_title", v), Body: text}
		for i, row := range v.Rows[:min(2, len(v.Rows))] {
			number, style, coupon := strconv.FormatInt(row.ID, 10), "", "给"+crm.BrandName(row.Name)+"发一张8折券 10天有效"
			if i == 0 {
				style = "primary"
			}
			card.Buttons = append(card.Buttons,
				chat.Button{Key: "care:task:" + number, Text: "回访" + nick(row.Name), Style: style, Command: "回访任务 #" + number},
				chat.Button{Key: "run:" + coupon, Text: "券给" + nick(row.Name), Command: coupon})
		}
		return card
	case *action.CycleView:
		if len(v.Rows) == 0 {
			return nil
		}
		card := &chat.Card{ID: who.cardID, Title: b.say("predict_cycle_title", v), Body: text}
		seen := map[int64]bool{}
		for _, row := range v.Rows {
			if !seen[row.ID] && len(card.Buttons) < 3 {
				seen[row.ID] = true
				number := strconv.FormatInt(row.ID, 10)
				card.Buttons = append(card.Buttons, chat.Button{Key: "care:task:" + number, Text: "回访" + nick(row.Name), Command: "回访任务 #" + number})
			}
		}
		return card
	}
	return nil
}

// nick is a customer's name as a button holds it.
func nick(name string) string {
	name = crm.BrandName(name)
	if r := []rune(name); len(r) > 6 {
		return string(r[:5]) + "…"
	}
	return name
}
