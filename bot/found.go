package bot

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// finding is what a read found, ready to be told: the words, and the records that its numbers stand for.
type finding struct {
	reply chat.Reply
	list  []crm.Ref
	more  int // rows after these
}

// rowsPerPage is how many rows a list shows before 「更多」; package action cuts its pages alike.
const rowsPerPage = 10

// found tells what a read found.
func (b *Bot) found(who teller, r action.Result) finding {
	v := b.telling(who, r)
	v.Page = who.page
	var f finding
	view, err := viewOf(r, &f)
	if err != nil {
		b.log.Error("view", zap.String("action", r.Name), zap.Error(err))
		f.reply.Text = b.say("trouble", map[string]any{"Number": "view"})
		return f
	}
	if f.more >= 0 {
		f.more = max(0, f.more-rowsPerPage*(who.page+1))
	} else {
		f.more = 1
	}
	if h, is := view.(*action.Help); is && h.Topic != "" {
		from := min(rowsPerPage*who.page, len(h.Actions))
		h.Actions = h.Actions[from:min(from+rowsPerPage, len(h.Actions))]
	}
	v.View, v.More = view, f.more
	f.reply.Text = b.say(b.textFor("found", r.Name), v)
	if r.Name == "ticket.view" {
		x := v.Ticket()
		f.reply.Card = b.ticketCard(x, who.cardID, b.say("ticket_title", x))
		f.reply.Card.Body = b.say("ticket_view_body", v)
	}
	if card := b.ruleCard(view, who.cardID); card != nil {
		card.Body, f.reply.Card = f.reply.Text, card
	}
	if card := b.predictCard(who, view, f.reply.Text); card != nil {
		f.reply.Card = card
	}
	for _, n := range r.Notes {
		f.reply.Text += "\n" + n
	}
	return f
}

// viewOf reads the data of r into the struct that its action fills, and notes the records that it numbers.
// f.more is set to how many there are in all.
func viewOf(r action.Result, f *finding) (any, error) {
	read := func(v any) error {
		if len(r.Data) == 0 {
			return nil
		}
		if err := json.Unmarshal(r.Data, v); err != nil {
			return fmt.Errorf("data of %s: %w", r.Name, err)
		}
		return nil
	}
	if v, ok := journeyFound(r.Name); ok {
		return v, read(v)
	}
	if v, ok := ruleFound(r.Name); ok {
		return v, read(v)
	}
	if aboutCoupons(r.Name) {
		return couponFound(r, f, read)
	}
	if v, ok, err := crowdFound(r, f, read); ok {
		return v, err
	}
	if v, ok, err := campaignFound(r, f, read); ok {
		return v, err
	}
	switch r.Name {
	case "guest.invite":
		var v action.GuestInvited
		return &v, read(&v)
	case "offer.list":
		var v action.OfferListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindOffer, ID: row.ID, Name: row.Customer})
		}
		f.more = v.Total
		return &v, err
	case "offer.preview":
		var v action.OfferPreviewed
		return &v, read(&v)
	case "consent.view":
		var v action.ConsentsView
		return &v, read(&v)
	case "report.satisfaction":
		var v action.SatisfactionView
		return &v, read(&v)
	case "customer.view":
		var v action.CustomerView
		return &v, read(&v)
	case "customer.search":
		var v action.SearchResult
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "deal.list":
		var v action.DealListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindDeal, ID: row.ID, Name: row.Title})
		}
		f.more = v.Total
		return &v, err
	case "lead.list":
		var v action.LeadListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindLead, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "lead.view":
		var v action.LeadItem
		return &v, read(&v)
	case "reminder.list":
		var v action.ReminderListView
		err := read(&v)
		f.list = append(f.list, reminders(v.Rows)...)
		f.more = v.Total
		return &v, err
	case "task.list":
		var v action.TaskListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindTask, ID: row.ID, Name: row.Content})
		}
		f.more = v.Total
		return &v, err
	case "ticket.list":
		var v action.TicketListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindTicket, ID: row.ID, Name: row.Content})
		}
		f.more = v.Total
		return &v, err
	case "ticket.view":
		var v action.TicketView
		return &v, read(&v)
	case "record.view":
		var v action.RecordLines
		err := read(&v)
		if v.Left > 0 {
			f.more = -1 // a page of a record is longer than a page of a list
		}
		if !v.ShownInFull {
			for i := range v.Rows {
				v.Rows[i].Text = hidePrivate(v.Rows[i].Text)
			}
		}
		return &v, err
	case "record.find":
		var v action.RecordsFound
		err := read(&v)
		f.more = v.Total
		return &v, err
	case "order.list":
		var v action.PurchasesView
		err := read(&v)
		f.more = v.Total
		return &v, err
	case "event.list":
		var v action.EventListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindGathering, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "event.view":
		var v action.EventView
		err := read(&v)
		f.more = v.Total
		return &v, err
	case "points.balance":
		var v action.PointsView
		return &v, read(&v)
	case "points.history":
		var v action.PointsHistoryView
		err := read(&v)
		f.more = v.Total
		return &v, err
	case "tier.list":
		var v action.TierListView
		return &v, read(&v)
	case "device.view":
		var v action.DeviceView
		return &v, read(&v)
	case "device.list":
		var v action.DeviceListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindDevice, ID: row.ID, Name: row.Serial})
		}
		f.more = v.Total
		return &v, err
	case "shift.list":
		var v action.DutyListView
		return &v, read(&v)
	case "report.breach":
		var v action.BreachReport
		return &v, read(&v)
	case "appointment.list":
		var v action.AppointmentListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindAppointment, ID: row.ID, Name: row.Customer})
		}
		f.more = v.Total
		return &v, err
	case "slot.list":
		var v action.SlotListView
		return &v, read(&v)
	case "health.view":
		var v action.HealthView
		return &v, read(&v)
	case "health.list", "visit.list":
		var v action.HealthListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "report.churn":
		var v action.ChurnView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "cycle.list":
		var v action.CycleView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, err
	case "recommend.view":
		var v action.RecommendationView
		return &v, read(&v)
	case "library.find":
		var v action.LibraryFound
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindArticle, ID: int64(row.ID), Name: row.Title})
		}
		return &v, err
	case "article.list":
		var v action.ArticleListView
		err := read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindArticle, ID: int64(row.ID), Name: row.Title})
		}
		f.more = v.Total
		return &v, err
	case "brief":
		var v action.BriefView
		return &v, read(&v) // by record number: a brief is also pushed, outside of any conversation's memory
	case "help":
		var v action.Help
		err := read(&v)
		if v.Topic != "" {
			v.Actions = slices.DeleteFunc(v.Actions, func(s action.Spec) bool { return s.Example == "" })
			f.more = len(v.Actions)
		}
		return &v, err
	}
	return nil, fmt.Errorf("no view for %s: %w", r.Name, crm.ErrInvalid)
}

func reminders(rows []action.ReminderRow) (list []crm.Ref) {
	for _, row := range rows {
		list = append(list, crm.Ref{Kind: crm.KindReminder, ID: row.ID, Name: row.Content})
	}
	return list
}

// more shows the next page of the last list.
func (t *turn) more() error {
	p := t.mind.Page
	if p == nil {
		t.say(t.text("page_end", nil))
		return nil
	}
	return t.run(pending{Calls: p.Calls, Page: p.Next, Sure: true}, 1)
}

// openRow shows the record of a row of the last list: 「1」 or 「第二个」 after 「我的客户」.
func (t *turn) openRow(cmd parse.Command) error {
	n := cmd.Number
	if n == -1 {
		n = len(t.mind.List)
	}
	if n < 1 || n > len(t.mind.List) {
		t.say(t.text("list_range", map[string]any{"Most": len(t.mind.List)}))
		return nil
	}
	list, ref := t.mind.List, t.mind.List[n-1]
	if err := t.about(ref); err != nil {
		return err
	}
	t.mind.List = list // so that another number still means another row
	switch customer := t.mind.Focus.Customer; {
	case ref.Kind == crm.KindTicket:
		err := t.ticketDo(ref.ID, ticketVerb{action: "ticket.view", params: map[string]any{}}, "")
		t.mind.List = list
		return err
	case ref.Kind == crm.KindLead:
		err := t.run(pending{Calls: []action.Call{{Name: "lead.view", Params: mustJSON(map[string]any{"lead": ref.ID})}}}, 1)
		t.mind.List = list
		return err
	case ref.Kind == crm.KindReminder, ref.Kind == crm.KindTask:
		t.say(t.text("list_reminder", map[string]any{"Name": ref.Name, "N": n}))
		return nil
	case customer.ID == 0:
		t.say(t.text("list_gone", nil))
		return nil
	default:
		focus := t.mind.Focus
		err := t.run(pending{Calls: []action.Call{{Name: "customer.view", Params: mustJSON(map[string]any{"customer": fmt.Sprintf("#%d", customer.ID)})}}}, 1)
		t.mind.Focus, t.mind.List = focus, list
		return err
	}
}

// onRow does what is said about one row of the last list: 「第二个推进到谈判」. The list stays for the next one.
func (t *turn) onRow(text, rest string, ref crm.Ref) error {
	list := t.mind.List
	if err := t.about(ref); err != nil {
		return err
	}
	defer func() {
		if len(t.mind.List) == 0 {
			t.mind.List = list
		}
	}()
	if ref.Kind == crm.KindTicket {
		if handled, err := t.ticketOrder(ref.ID, rest, text); handled || err != nil {
			return err
		}
		return t.puzzled(text)
	}
	if ok, err := t.correctedFocus(rest); ok || err != nil {
		return err
	}
	if ref.Kind == crm.KindReminder || ref.Kind == crm.KindTask {
		t.say(t.text("list_reminder", map[string]any{"Name": ref.Name, "N": 1 + slices.IndexFunc(list, func(r crm.Ref) bool { return r == ref })}))
		return nil
	}
	it := "这单"
	if ref.Kind == crm.KindLead {
		it = "这条线索"
	}
	res := t.read(it + rest)
	if len(res.Actions) == 0 {
		return t.puzzled(text)
	}
	res.Text = text
	return t.parsed(text, res)
}
