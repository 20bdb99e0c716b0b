package bot

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// visitTelling is what the texts of an appointment's rings are made from.
type visitTelling struct {
	Full       string // the customer
	Number     int64
	When       string
	Technician string
	Content    string
	Address    string
	Contact    string
	Ticket     int64
	Evening    bool
	Text       string
}

// ringAppointment reminds both sides of an appointment: the technician in chat, the evening before and a while before it
// begins; the customer the evening before, see [Bot.tellVisit]. An appointment that moved, ended or was called off since says nothing.
func (b *Bot) ringAppointment(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	now := b.now().UTC()
	tx.Now = now
	a, err := tx.AppointmentByID(ctx, crm.AppointmentID(c.Subject))
	if err != nil {
		return nil, err
	}
	ring := c.Key[strings.LastIndexByte(c.Key, ':')+1:]
	if a.State != crm.StateOpen || !a.From.After(now) || c.Key != "timer:"+action.AppointmentKey(crm.AppointmentID(a.ID), a.Version, ring) {
		return nil, nil
	}
	v := visitTelling{Full: a.Customer, Number: a.ID, Technician: a.Technician, Content: a.Content, Address: a.Address, Contact: a.Contact, Ticket: a.TicketID,
		Evening: ring == action.RingEvening}
	var rings []chat.Reply
	if peer, zone, ok := b.reach(ctx, crm.UserID(a.TechnicianID)); ok {
		v.When = crm.SayTime(a.From, now, zone) + "-" + a.To.In(zone).Format("15:04")
		rings = append(rings, b.visitReply(c, v, peer))
	}
	if !v.Evening {
		return rings, nil
	}
	told, err := b.tellVisit(ctx, tx, a, action.VisitEve, a.Technician, c.Key)
	return append(rings, told...), err
}

// reach is where a colleague is reached and by which clock; ok is false when nowhere.
func (b *Bot) reach(ctx context.Context, id crm.UserID) (peer string, zone *time.Location, ok bool) {
	user, err := b.store.UserByID(ctx, id)
	if err != nil {
		return "", nil, false
	}
	if peer, err = b.door(ctx, id); err != nil {
		return "", nil, false
	}
	return peer, user.Location(), true
}

// visitReply is the reminder with its buttons.
func (b *Bot) visitReply(c store.OutboxClaim, v visitTelling, peer string) chat.Reply {
	number := strconv.FormatInt(v.Number, 10)
	v.Text = b.say("ring_appointment", v)
	card := &chat.Card{
		ID: "visit-" + short(c.Key), Title: b.say("ring_appointment_title", v), Body: v.Text,
		Buttons: []chat.Button{
			{Key: "visit:done:" + number, Text: "完成", Style: "primary", Command: "预约 #" + number + " 完成了"},
			{Key: "visit:cancel:" + number, Text: "取消", Command: "取消预约 #" + number},
		},
	}
	return chat.Reply{Key: "visit:" + c.Key, To: chat.PeerID(peer), Text: b.say("ring_appointment_text", v), Card: card}
}

// The text twins of the buttons.
var (
	visitDone   = regexp.MustCompile(`^(?:上门)?预约\s*[#＃]\s*([0-9]{4,12})\s*(?:已经)?(?:完成|做完|结束)(?:了)?$`)
	visitCancel = regexp.MustCompile(`^取消(?:上门)?预约\s*[#＃]\s*([0-9]{4,12})$`)
)

// visiting does what a text twin of these buttons says. It reports whether text was one.
func (t *turn) visiting(text string) (bool, error) {
	text = strings.TrimRight(text, "。.!！ ")
	for verb, form := range map[string]*regexp.Regexp{"done": visitDone, "cancel": visitCancel} {
		if m := form.FindStringSubmatch(text); m != nil {
			return true, t.visit(verb, m[1], "")
		}
	}
	return false, nil
}

// visit ends an appointment, one way or the other; card is where the button was.
func (t *turn) visit(verb, number, card string) error {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || verb != "done" && verb != "cancel" {
		t.say(t.text("button_unknown", nil))
		return nil
	}
	call := action.Call{Name: "appointment." + verb, Params: mustJSON(map[string]any{"appointment": id})}
	return t.run(pending{Calls: []action.Call{call}, Card: card, Title: t.text("visit_title", nil), Sure: card != ""}, 1)
}
