package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// What comes due about a customer that nobody asked for: a device's end, a visit, a fall of health, an owner who is gone.
// Each goes to whoever has to care, with what to do next as buttons.

// nightMinute is when a night of health begins, in minutes after midnight; what it finds is told from morningMinute on.
const (
	nightMinute   = 3 * 60
	morningMinute = 8*60 + 30
)

// isCare tells whether a kind of outbox row is about caring for a customer.
func isCare(kind string) bool {
	switch kind {
	case action.KindDevice, action.KindVisit, action.KindHealth, action.KindOrphan:
		return true
	}
	return false
}

// nextNight is the timer of the first night of health after now, in the company's zone.
func nextNight(now time.Time, zone *time.Location) store.TimerRow {
	local := now.In(zone)
	due := time.Date(local.Year(), local.Month(), local.Day(), nightMinute/60, nightMinute%60, 0, 0, zone)
	if !due.After(now) {
		due = due.AddDate(0, 0, 1)
	}
	return store.TimerRow{Kind: action.KindNight, Due: due.UTC(), Dedupe: "night:" + due.Format(time.DateOnly)}
}

// ringNight takes a step of a night and leaves the row of the next one; the last leaves the timer of the night after.
func (b *Bot) ringNight(ctx context.Context, tx *store.Tx, c store.OutboxClaim) error {
	tx.Now = b.now().UTC()
	var step action.HealthStep
	if len(c.Payload) > 0 {
		if err := json.Unmarshal(c.Payload, &step); err != nil {
			return fmt.Errorf("night: %w", err)
		}
	}
	local := tx.Now.In(b.store.Zone())
	morning := time.Date(local.Year(), local.Month(), local.Day(), morningMinute/60, morningMinute%60, 0, 0, local.Location())
	next, _, err := b.actions.HealthStep(ctx, tx, step, morning)
	if err != nil {
		return err
	}
	if next.Ended {
		tx.Ledger.Timers = append(tx.Ledger.Timers, nextNight(tx.Now, b.store.Zone()))
		return b.actions.CrowdNight(ctx, tx)
	}
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: "night", Kind: action.KindNight, Payload: mustJSON(next),
		Key: fmt.Sprintf("night:%d:%d:%d", next.At.Unix(), next.After, next.Seed)})
	return nil
}

// careTelling is what the texts of this file are made from.
type careTelling struct {
	Customer string // 云帆
	Full     string // 上海云帆科技
	Number   int64  // of the customer
	Level    string
	Owner    string
	Name     string // of the device
	What     string // of the device: warranty, life
	Day      string
	Days     int
	Last     string // when it was last spoken to
	Fall     action.HealthFall
	Text     string
	Buttons  []chat.Button
}

// ringCare makes the message to whoever has to care; nobody hears at night. What is no longer so says nothing.
func (b *Bot) ringCare(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	now := b.now().UTC()
	var v careTelling
	var care store.CareRow
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		customer := crm.CustomerID(c.Subject)
		v = careTelling{}
		if c.Kind == action.KindDevice {
			d, err := tx.DeviceByID(ctx, crm.DeviceID(c.Subject))
			if err != nil {
				return err
			}
			if !v.deviceEnds(d, c.Key, now) {
				return crm.ErrNotFound
			}
			customer = crm.CustomerID(d.CustomerID)
		}
		care, err = tx.Care(ctx, customer)
		return err
	})
	if err != nil {
		return nil, to, err
	}
	v.Customer, v.Full, v.Number, v.Level, v.Owner = crm.BrandName(care.Name), care.Name, care.ID, care.Level, care.OwnerName
	if care.LastAt != nil {
		v.Last = crm.SayDay(care.LastAt.In(crm.Shanghai), now.In(crm.Shanghai))
	}
	switch c.Kind {
	case action.KindVisit:
		if care.VisitDue == nil || c.Key != "timer:"+action.VisitKey(crm.CustomerID(care.ID), *care.VisitDue) {
			return nil, to, crm.ErrNotFound // visited since
		}
	case action.KindHealth:
		if err := json.Unmarshal(c.Payload, &v.Fall); err != nil {
			return nil, to, fmt.Errorf("fall of %d: %w", care.ID, err)
		}
	case action.KindOrphan:
		if care.Active {
			return nil, to, crm.ErrNotFound
		}
		rings, err = b.tellManagers(ctx, c, v)
		return rings, to, err
	}
	if !care.Active {
		return nil, to, crm.ErrNotFound
	}
	if to.to, err = b.store.UserByID(ctx, crm.UserID(care.OwnerID)); err != nil {
		return nil, to, err
	}
	peer, err := b.door(ctx, to.to.UserID)
	if err != nil {
		return nil, to, err
	}
	if at := afterRest(now, to.to.Location()); at.After(now) {
		to.wait = at
		return nil, to, nil
	}
	return []chat.Reply{b.careReply(c, v, peer)}, notice{}, nil
}

// deviceEnds fills in which end of d the key of a ring is about; false when that end has moved or is past.
func (v *careTelling) deviceEnds(d store.DeviceRow, key string, now time.Time) bool {
	v.Name = strings.TrimSpace(d.Product + " " + d.Serial)
	for what, day := range map[string]string{"warranty": d.Warranty, "life": d.Life} {
		if key != "timer:"+action.DeviceKey(crm.DeviceID(d.ID), what, day) {
			continue
		}
		end, err := time.ParseInLocation(time.DateOnly, day, crm.Shanghai)
		if err != nil {
			return false
		}
		v.What, v.Day, v.Days = what, crm.SayDay(end, now.In(crm.Shanghai)), int(end.Sub(now).Hours()/24)+1
		return v.Days > 0
	}
	return false
}

// careReply is the message with its buttons, and their text twins.
func (b *Bot) careReply(c store.OutboxClaim, v careTelling, peer string) chat.Reply {
	number := strconv.FormatInt(v.Number, 10)
	v.Text = b.say("ring_"+c.Kind, v)
	v.Buttons = []chat.Button{
		{Key: "care:task:" + number, Text: "建回访任务", Style: "primary", Command: "回访任务 #" + number},
		{Key: "care:meet:" + number, Text: "约拜访", Command: "约拜访 #" + number},
	}
	card := &chat.Card{ID: "care-" + short(c.Key), Title: b.say("ring_"+c.Kind+"_title", v), Body: v.Text, Buttons: v.Buttons}
	return chat.Reply{Key: "care:" + c.Key, To: chat.PeerID(peer), Text: b.say("care_text", v), Card: card}
}

// tellManagers tells every manager who can be reached.
func (b *Bot) tellManagers(ctx context.Context, c store.OutboxClaim, v careTelling) (rings []chat.Reply, err error) {
	users, err := b.store.ListUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("managers: %w", err)
	}
	for _, u := range users {
		if !u.Active || u.Role != crm.Manager || len(u.Peers) == 0 {
			continue
		}
		peer, err := b.door(ctx, u.ID)
		if err != nil {
			continue // no door that is open
		}
		rings = append(rings, chat.Reply{Key: fmt.Sprintf("care:%s:%d", c.Key, u.ID), To: chat.PeerID(peer), Text: b.say("ring_"+c.Kind, v)})
	}
	return rings, nil
}

// The text twins of the buttons.
var careSaid = regexp.MustCompile(`^(?:建|建个)?(回访任务|约拜访)\s*[#＃]\s*([0-9]{4,12})$`)

// ticketHead begins an order about a numbered record.
var ticketHead = regexp.MustCompile(`^(?:工单|维修单|退换单)?\s*[#＃]?[0-9]{4,12}`)

// ticketOrdered begins what is said to be done with a ticket: what follows is how, and no step of a thing on its way (1033
// 关闭 已寄出新的).
var ticketOrdered = regexp.MustCompile(`^\s*(?:号)?(?:工单)?[，,：:\s]*(?:关闭|关掉|关单|关了|结单|结案|办结|回复|答复|告诉客户|备注|内部备注|转交|转给|转派|重开|重新打开|升级|上报|拆)`)

// caring does what a text twin of these buttons says, or that a thing has come a step further (#1033 修好了 待取件), which
// would else read as the end of its ticket. It reports whether text was one.
func (t *turn) caring(text string) (bool, error) {
	if at := ticketHead.FindString(text); at != "" && !ticketOrdered.MatchString(text[len(at):]) {
		if res := t.read(text); len(res.Actions) == 1 && res.Actions[0].Name == "repair.update" {
			return true, t.parsed(text, res)
		}
	}
	m := careSaid.FindStringSubmatch(strings.TrimRight(text, "。.!！ "))
	if m == nil {
		return t.visiting(text)
	}
	verb := map[string]string{"回访任务": "task", "约拜访": "meet"}[m[1]]
	return true, t.care(verb, m[2], "")
}

// tappedCare does what a button of such a message says.
func (t *turn) tappedCare(tap *chat.Tap, rest string) error {
	verb, number, _ := strings.Cut(rest, ":")
	if verb == "meet" {
		return t.care(verb, number, "") // it asks when, so the card stays
	}
	return t.care(verb, number, tap.Card)
}

// care makes a task to call on a customer by the working day after tomorrow's, or a reminder to visit, for which it asks
// the time.
func (t *turn) care(verb, number, card string) error {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	about := "#" + number
	row, err := t.tx.CustomerByID(t.ctx, crm.CustomerID(id))
	if err != nil {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	call := action.Call{Name: "reminder.create", Params: mustJSON(map[string]any{"customer": about, "content": "拜访" + crm.BrandName(row.Name)})}
	if verb == "task" {
		day := t.local()
		for n := 0; n < 2; {
			if day = day.AddDate(0, 0, 1); t.bot.actions.Workday(day) {
				n++
			}
		}
		call = action.Call{Name: "task.create", Params: mustJSON(map[string]any{"customer": about, "assignee": "me",
			"content": "回访" + crm.BrandName(row.Name), "due": day.Format(time.DateOnly)})}
	}
	return t.run(pending{Calls: []action.Call{call}, Card: card, Title: t.text("care_title", nil), Sure: true}, 1)
}
