package bot

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// teller is to whom, when and where something is told; it decides what is masked and which day is 今天.
type teller struct {
	actor  crm.Actor
	now    time.Time
	group  bool   // several people read it: phones and money are masked
	cardID string // of the receipt's card
	page   int    // of a list, from 0
}

func (t *turn) teller() teller {
	return teller{actor: t.actor, now: t.now, group: t.message.Group, cardID: t.cardID("r")}
}

// telling is what a message text is made from.
type telling struct {
	R       action.Result
	Name    string // of the record
	Number  int64
	Kind    string // of the record, as people call it
	Changes []chat.Field
	Line    string // the changes in one line: 阶段 初步接触 → 方案报价，金额 ¥380,000
	Rest    string // the same without the record's own name
	Owner   string // whose record it is, when it is not the speaker's
	Page    int    // of a list, from 0
	More    int    // rows not shown
	Private bool   // nobody else reads it
	View    any    // what a read found
	teller  teller
}

// tell answers with what came of a run: writes together in one receipt with undo, each read by itself. What
// a list numbers is remembered, and how it goes on.
func (t *turn) tell(job pending, out action.Outcome) []chat.Reply {
	who := t.teller()
	who.page = job.Page
	var replies []chat.Reply
	if r, ok := t.bot.receipt(who, out); ok {
		replies = append(replies, r)
		t.mind.Plain = len(out.Results) == 1
	}
	for _, r := range out.Results {
		if action.Writes(r.Name) {
			continue
		}
		f := t.bot.found(who, r)
		if who.group && private(r.Name) { // the group reads the masked form, the asker gets the whole of it
			whole := who
			whole.group = false
			if full := t.bot.found(whole, r).reply; full.Text != f.reply.Text {
				f.reply.Text += "\n" + t.text("details_in_private", nil)
				t.whisper(full)
			}
		}
		replies = append(replies, f.reply)
		if r.Name == "customer.view" { // the numbers above it still mean their rows
			t.mind.Plain = true
			continue
		}
		t.mind.List, t.mind.Plain = f.list, false
		t.mind.Page = nil
		if f.more > 0 {
			t.mind.Page = &page{Calls: job.Calls, Next: job.Page + 1}
		}
	}
	return replies
}

// private tells whether a read shows phones or money.
func private(name string) bool {
	return name == "customer.view" || name == "report.churn" || name == "deal.list" || name == "brief" || name == "record.view" || name == "record.find" || name == "order.list" || name == "rfm.list" || aboutCoupons(name)
}

// receipt says what was written, with the way back; ok is false when nothing was.
func (b *Bot) receipt(who teller, out action.Outcome) (r chat.Reply, ok bool) {
	var lines []string
	for _, r := range out.Results {
		if !action.Writes(r.Name) {
			continue
		}
		ok = true
		v := b.telling(who, r)
		if logged := (action.ActivityLogged{}); r.Name == "activity.log" && json.Unmarshal(r.Data, &logged) == nil && logged.Customer != "" {
			v.View = logged
		}
		if kept, ok := r.RecordChanges(); ok {
			v.View = kept
		}
		if t := (action.TicketRow{}); strings.HasPrefix(r.Name, "ticket.") && json.Unmarshal(r.Data, &t) == nil {
			v.View = t
		}
		if d, ok := dutyOf(r); ok {
			v.View = d
		}
		if h := (action.BriefHour{}); r.Name == "brief.at" && json.Unmarshal(r.Data, &h) == nil {
			v.View = h
		}
		if a, ok := articleIn(r); ok {
			v.View = a
		}
		if o, ok := offerIn(r); ok {
			v.View = o
		}
		if c := couponIn(r); c != nil {
			v.View = c
		}
		if c := campaignIn(r); c != nil {
			v.View = c
		}
		if said := b.say(b.textFor("did", r.Name), v); said != "" {
			lines = append(lines, said)
		}
		lines = append(lines, r.Notes...)
	}
	if !ok {
		return r, false
	}
	r.Text = strings.Join(lines, "\n")
	if out.UndoCode == "" {
		return r, true
	}
	hint := b.say("undo_hint", out.UndoCode)
	r.Card = &chat.Card{
		ID: who.cardID, Title: b.say("receipt_title", out.Results), Body: r.Text, Note: hint,
		Buttons: []chat.Button{{Key: "undo:" + out.UndoCode, Text: "撤销", Command: "撤销 " + out.UndoCode}},
	}
	r.Card.Buttons = append(learnButtons(who.actor, out.Results), r.Card.Buttons...)
	r.Card.Buttons = append(offerButtons(out.Results), r.Card.Buttons...)
	r.Text += "\n" + hint
	return r, true
}

// textFor finds the text of an action, or the general one.
func (b *Bot) textFor(kind, name string) string {
	if own := kind + "_" + name; b.messages.Has(own) {
		return own
	}
	return kind
}

func (b *Bot) telling(who teller, r action.Result) telling {
	v := telling{R: r, Name: r.Record.Name, Number: r.Record.ID, Kind: r.Record.Kind.Chinese(), Owner: r.Owner, Private: !who.group, teller: who}
	var all, rest []string
	for _, c := range r.Changes {
		f := chat.Field{Name: c.Field, Old: c.Old, Value: c.New}
		if c.Secret && who.group {
			f.Old, f.Value = masked(f.Old), masked(f.Value)
		}
		if f.Value == "" {
			f.Value = "（清空）"
		}
		v.Changes = append(v.Changes, f)
		part := f.Name + " " + f.Value
		if f.Old != "" {
			part = f.Name + " " + f.Old + " → " + f.Value
		}
		all = append(all, part)
		if f.Value != v.Name {
			rest = append(rest, part)
		}
	}
	v.Line, v.Rest = strings.Join(all, "，"), strings.Join(rest, "，")
	return v
}

// Said is the new value of a field, "" when it is not among the changes.
func (v telling) Said(field string) string {
	for _, c := range v.Changes {
		if c.Name == field {
			return c.Value
		}
	}
	return ""
}

// Old is what a field was before.
func (v telling) Old(field string) string {
	for _, c := range v.Changes {
		if c.Name == field {
			return c.Old
		}
	}
	return ""
}

// Nth is the number of row i of a list.
func (v telling) Nth(i int) int { return i + 1 }

// When is a time as people say it.
func (v telling) When(t time.Time) string {
	return crm.SayTime(t, v.teller.now, v.teller.actor.Location())
}

// Day is a day as people say it.
func (v telling) Day(t time.Time) string {
	zone := v.teller.actor.Location()
	return crm.SayDay(t.In(zone), v.teller.now.In(zone))
}

// Whose is a colleague's name as the teller's reader is told it: their own is 你, except where others read along.
func (v telling) Whose(name string) string {
	if name == v.teller.actor.Name && !v.teller.group {
		return "你"
	}
	return name
}

// Short is what people call a customer: 云帆.
func (v telling) Short(name string) string { return crm.BrandName(name) }

// Money is an amount, masked where others read it.
func (v telling) Money(m crm.Money) string {
	if v.teller.group {
		return masked(m.String())
	}
	return m.String()
}

// Phone is a number, masked where others read it.
func (v telling) Phone(p string) string {
	if v.teller.group {
		return masked(p)
	}
	return p
}

// difference is the card that shows what a run would change.
func (b *Bot) difference(t *turn, out action.Outcome) chat.Card {
	var card chat.Card
	var titles, notes, numbered []string
	var each []chat.Field
	for _, r := range out.Results {
		if !action.Writes(r.Name) {
			continue
		}
		v := b.telling(t.teller(), r)
		if logged := (action.ActivityLogged{}); r.Name == "activity.log" && json.Unmarshal(r.Data, &logged) == nil && logged.Customer != "" {
			v.View = logged
		}
		if o, ok := offerIn(r); ok {
			v.View = o
		}
		title := b.say(b.textFor("will", r.Name), v)
		titles = append(titles, title)
		if each = append(each, chat.Field{Name: strconv.Itoa(len(each) + 1), Value: title + "：" + v.Line}); r.Name == "reminder.done" {
			each[len(each)-1].Value = title // its one change is that it is done
		}
		card.Fields = append(card.Fields, v.Changes...)
		for _, note := range r.Notes {
			notes, numbered = append(notes, note), append(numbered, strconv.Itoa(len(each))+"："+note)
		}
	}
	if len(titles) > mostAtOnce || repeated(card.Fields) {
		titles, card.Fields, notes = []string{b.say("confirm_many", len(titles))}, each, numbered
	}
	if most := rowsPerPage; len(card.Fields) > most && !t.wholeDraft {
		rest := len(card.Fields) - most
		card.Fields = append(card.Fields[:most:most], chat.Field{Name: "…", Value: b.say("confirm_rest", rest)})
	}
	card.Title = b.say("confirm_title", strings.Join(titles, "；"))
	card.Body = strings.Join(notes, "\n")
	return card
}

// repeated tells whether two changes bear one name, so that it is not plain which record each is of.
func repeated(fields []chat.Field) bool {
	seen := map[string]bool{}
	for _, f := range fields {
		if seen[f.Name] {
			return true
		}
		seen[f.Name] = true
	}
	return false
}

// undone tells what was taken back.
func (b *Bot) undone(t *turn, out action.Outcome) string {
	var lines []string
	for _, r := range out.Results {
		v := b.telling(t.teller(), r)
		if u := (action.Undone{}); json.Unmarshal(r.Data, &u) == nil {
			v.View = u
		}
		lines = append(lines, b.say(b.textFor("did", r.Name), v))
		lines = append(lines, r.Notes...)
	}
	return strings.Join(lines, "\n")
}

// masked hides what is private, but leaves enough to recognise it by: the ends of a number.
func masked(s string) string {
	if strings.Contains(s, "¥") {
		return hidePrivate(s)
	}
	r := []rune(s)
	switch {
	case len(r) == 0:
		return ""
	case len(r) < 8:
		return "＊＊＊"
	}
	return string(r[:3]) + "****" + string(r[len(r)-4:])
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
