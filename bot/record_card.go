package bot

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/action"
)

const (
	evidenceRunes = 36 // of a line that proves a field
	mostItems     = 24 // a card that nobody reads to its end is no card
)

// showDraft shows what would be recorded, each field with what it was and the line that says it, and waits for a word or
// a tap. The difference is the executor's own, from a run that writes nothing.
func (t *turn) showDraft(d recordDraft) error {
	row, err := t.tx.Draft(t.ctx, d.ID)
	if err != nil {
		return err
	}
	if err := t.summarise(&d, row.Draft); err != nil {
		return err
	}
	x, err := t.itemsOf(&d, row.Draft)
	if err != nil {
		return err
	}
	notes, err := x.preview()
	var no *crm.Refusal
	if errors.As(err, &no) { // not even the record itself may be kept
		t.mind.behind(no.Wall)
		t.say(no.Sentence)
		return nil
	}
	if err != nil {
		return err
	}
	if err := x.limit(); err != nil {
		return err
	}
	d.Card, d.Later = t.cardID("k"), false
	if d.Lacking != "" {
		notes = append([]string{t.text(d.Lacking, map[string]any{"Lines": len(row.Draft.Record.Lines)})}, notes...)
	}
	if owner := x.owner(); owner != "" {
		notes = append(notes, t.text("record_owner", map[string]any{"Owner": owner, "Complaint": x.complaint()}))
	} else if x.complaint() {
		notes = append(notes, t.text("record_complaint", nil))
	}
	view := map[string]any{
		"Customer": d.Customer, "Why": d.Why, "Lines": len(row.Draft.Record.Lines), "Title": row.Draft.Record.Title, "Mood": x.mood(),
		"When": x.when(), "New": x.left, "Hours": int(recordLife.Hours()), "Notes": notes, "Fields": x.fields(),
	}
	d.Title = t.text("record_title", view)
	card := chat.Card{ID: d.Card, Title: d.Title, Body: t.text("record_body", view), Fields: x.fields(), Note: t.text("record_note", view), Buttons: []chat.Button{
		{Key: "record:all", Text: "全部确认", Style: "primary", Command: "确认"},
		{Key: "record:note", Text: "只记跟进", Command: "只记跟进"},
		{Key: "record:no", Text: "不要", Command: "不要"},
	}}
	t.waitRecord(d)
	t.reply(chat.Reply{Text: t.text("record_card", view), Card: &card})
	return nil
}

// waitRecord makes d the draft that waits.
func (t *turn) waitRecord(d recordDraft) {
	t.supersede()
	t.supersedeRecord()
	d.Expires = t.now.Add(recordLife)
	t.mind.Record = &d
	t.tx.Ledger.Timers = append(t.tx.Ledger.Timers, t.expiry(pending{Card: d.Card, Expires: d.Expires}))
	if d.Customer.ID != 0 {
		t.mind.Focus = action.Focus{Customer: d.Customer}
	}
}

// askWhose asks whose record it is: which of several customers, or what nobody has recognised.
func (t *turn) askWhose(d recordDraft, draft crm.RecordDraft, w whose) error {
	d.Card = t.cardID("k")
	view := map[string]any{"Lines": len(draft.Record.Lines), "Title": draft.Record.Title, "Options": d.Options, "New": d.New, "Hours": int(recordLife.Hours()), "Two": len(d.Options) > 1}
	d.Title = t.text("record_whose_title", view)
	card := chat.Card{ID: d.Card, Title: d.Title}
	for i, o := range d.Options {
		n := strconv.Itoa(i + 1)
		why := ""
		if i < len(w.seen) {
			why = t.text("record_why_"+w.seen[i].why, nil)
		}
		card.Fields = append(card.Fields, chat.Field{Name: n, Value: strings.TrimSpace(o.Name + " " + why)})
		if i < 4 {
			card.Buttons = append(card.Buttons, chat.Button{Key: "record:pick:" + n, Text: cut(o.Name, 10), Command: n})
		}
	}
	if d.New != "" {
		card.Buttons = append(card.Buttons, chat.Button{Key: "record:new", Text: "新建客户", Command: createWord})
	}
	card.Buttons = append(card.Buttons, chat.Button{Key: "record:no", Text: "不要", Command: "不要"})
	view["Fields"] = card.Fields
	card.Body, card.Note = t.text("record_whose_body", view), t.text("record_whose_note", view)
	t.waitRecord(d)
	t.reply(chat.Reply{Text: t.text("record_whose", view), Card: &card})
	return nil
}

// preview runs the calls without writing and takes what they would change: what a field was. A call that is refused or
// unclear is left out and said; so a record is kept as far as the speaker's rights go.
func (x *drafting) preview() (notes []string, err error) {
	for range mostItems {
		out, refused, err := x.try(x.calls())
		if err != nil {
			return nil, err
		}
		if refused == "" {
			x.compare(out)
			return append(notes, x.notesOf(out)...), nil
		}
		at, sentence, err := x.culprit()
		if err != nil {
			return nil, err
		}
		if at == nil {
			return nil, crm.Refuse(crm.ErrInvalid, "%s", refused)
		}
		for i := range x.items {
			if x.items[i].call == at.call && x.items[i].group == at.group {
				x.items[i].off = true
				x.d.Off = append(x.d.Off, x.items[i].key)
			}
		}
		if !slices.Contains(notes, sentence) {
			notes = append(notes, sentence)
		}
	}
	return notes, nil
}

// try runs calls without writing. refused is the sentence that says why they cannot run.
func (x *drafting) try(calls []action.Call) (out action.Outcome, refused string, err error) {
	req := x.t.request(pending{Calls: calls, Focus: &action.Focus{}}, "draft") // a doubt: what would change is told, nothing is written
	out, err = x.t.bot.actions.Do(x.t.ctx, x.t.tx, req)
	var no *crm.Refusal
	switch {
	case errors.As(err, &no):
		return out, no.Sentence, nil
	case err != nil:
		return out, "", err
	case out.Ask != nil:
		return out, out.Ask.Question, nil
	case out.Pick != nil:
		return out, fmt.Sprintf("「%s」分不清是哪一个。", out.Pick.Said), nil
	}
	return out, "", nil
}

// culprit finds the first item whose call cannot run, and why. The record itself and its customer are no items to leave
// out: when they cannot run, the refusal is the answer.
func (x *drafting) culprit() (at *item, sentence string, err error) {
	base := slices.DeleteFunc(x.calls(), func(c action.Call) bool { return c.Name != "customer.create" && c.Name != "record.keep" })
	if _, refused, err := x.try(base); err != nil || refused != "" {
		return nil, refused, err
	}
	for i := range x.items {
		it := &x.items[i]
		if it.off || it.call == "" || it.call == "customer.create" || it.call == "record.keep" {
			continue
		}
		for _, c := range x.calls() {
			if c.Name != it.call {
				continue
			}
			if _, refused, err := x.try(append(slices.Clone(base), c)); err != nil {
				return nil, "", err
			} else if refused != "" {
				return it, refused, nil
			}
		}
	}
	return nil, "", nil
}

// compare puts into the items what their fields were.
func (x *drafting) compare(out action.Outcome) {
	for _, r := range out.Results {
		for _, c := range r.Changes {
			if c.Old == "" {
				continue
			}
			for i := range x.items {
				it := &x.items[i]
				if it.call == r.Name && it.label == c.Field && it.text == c.New {
					it.old = c.Old
				}
			}
		}
	}
}

// notesOf are the sentences worth saying of what would be written.
func (x *drafting) notesOf(out action.Outcome) (notes []string) {
	for _, r := range out.Results {
		for _, n := range r.Notes {
			if !slices.Contains(notes, n) && r.Name != "contact.create" {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

// limit leaves out what a card cannot show.
func (x *drafting) limit() error {
	if len(x.items) > mostItems {
		x.items = x.items[:mostItems]
	}
	return nil
}

// fields are the items as the card shows them, numbered; what is left out or is so already does not show, and keeps its
// number.
func (x *drafting) fields() (fields []chat.Field) {
	group := x.t.message.Group
	for _, i := range x.items {
		if i.off || i.same {
			continue
		}
		f := chat.Field{Name: fmt.Sprintf("%d %s", i.n, i.label), Old: i.old, Value: i.text, Evidence: x.evidence(i.lines)}
		if i.typed {
			f.Evidence = x.t.text("record_typed", nil)
		}
		if group { // others read along: what the customer wrote is for the speaker alone
			f.Evidence, _, _ = strings.Cut(f.Evidence, " ")
			if slices.Contains([]string{"电话", "邮箱", "微信"}, i.label) {
				f.Old, f.Value = masked(f.Old), masked(f.Value)
			}
			f.Old, f.Value = mails.ReplaceAllString(hideSums(f.Old), "＊＊＊"), mails.ReplaceAllString(hideSums(f.Value), "＊＊＊")
		}
		fields = append(fields, f)
	}
	return fields
}

// evidence is the line that proves an item: 「第3行 王强：…」.
func (x *drafting) evidence(lines []int) string {
	if len(lines) == 0 {
		return ""
	}
	l, ok := x.draft.Record.Line(lines[len(lines)-1]) // the last one said wins
	if !ok {
		return ""
	}
	return fmt.Sprintf("第%d行 %s", l.N, l.Said(evidenceRunes))
}

// owner is whose customer it is, when it is a colleague's.
func (x *drafting) owner() string {
	if x.row.ID == 0 || x.row.OwnerID == int64(x.t.actor.UserID) {
		return ""
	}
	return x.row.OwnerName
}

func (x *drafting) complaint() bool {
	return slices.ContainsFunc(x.items, func(i item) bool { return i.label == "投诉" && !i.off })
}

// mood is the customer's, in a word; "" when it is nothing to speak of.
func (x *drafting) mood() string {
	for _, f := range x.facts {
		if f.Kind == chatlog.Mood {
			return map[any]string{"positive": "积极", "negative": "不满"}[f.Value]
		}
	}
	return ""
}

// when is the day on which the record was said.
func (x *drafting) when() string {
	at := x.draft.Record.At()
	if at.IsZero() {
		return ""
	}
	return crm.SayDay(at.In(x.t.actor.Location()), x.t.local())
}
