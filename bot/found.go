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

// row notes the record that the next number of a list stands for.
func (f *finding) row(kind crm.Kind, id int64, name string) {
	f.list = append(f.list, crm.Ref{Kind: kind, ID: id, Name: name})
}

// viewOf reads the data of r into the struct that its action fills, and notes the records that it numbers.
// f.more is set to how many there are in all.
func viewOf(r action.Result, f *finding) (any, error) {
	view, ok := views[r.Name]
	if !ok {
		return nil, fmt.Errorf("no view for %s: %w", r.Name, crm.ErrInvalid)
	}
	v, err := view(r.Data, f)
	if err != nil {
		return nil, fmt.Errorf("data of %s: %w", r.Name, err)
	}
	return v, nil
}

// views are what reads find, by action.
var views = map[string]func(data []byte, f *finding) (any, error){
	"guest.invite": one[action.GuestInvited],
	"offer.list": read(func(v *action.OfferListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindOffer, row.ID, row.Customer)
		}
		f.more = v.Total
	}),
	"offer.preview":       one[action.OfferPreviewed],
	"consent.view":        one[action.ConsentsView],
	"report.satisfaction": one[action.SatisfactionView],
	"customer.view":       one[action.CustomerView],
	"customer.search": read(func(v *action.SearchResult, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"deal.list": read(func(v *action.DealListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindDeal, row.ID, row.Title)
		}
		f.more = v.Total
	}),
	"lead.list": read(func(v *action.LeadListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindLead, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"lead.view": one[action.LeadItem],
	"reminder.list": read(func(v *action.ReminderListView, f *finding) {
		f.list = append(f.list, reminders(v.Rows)...)
		f.more = v.Total
	}),
	"task.list": read(func(v *action.TaskListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindTask, row.ID, row.Content)
		}
		f.more = v.Total
	}),
	"ticket.list": read(func(v *action.TicketListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindTicket, row.ID, row.Content)
		}
		f.more = v.Total
	}),
	"ticket.view": one[action.TicketView],
	"record.view": read(func(v *action.RecordLines, f *finding) {
		if v.Left > 0 {
			f.more = -1 // a page of a record is longer than a page of a list
		}
		if !v.ShownInFull {
			for i := range v.Rows {
				v.Rows[i].Text = hidePrivate(v.Rows[i].Text)
			}
		}
	}),
	"record.find": read(func(v *action.RecordsFound, f *finding) {
		f.more = v.Total
	}),
	"order.list": read(func(v *action.PurchasesView, f *finding) {
		f.more = v.Total
	}),
	"event.list": read(func(v *action.EventListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindGathering, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"event.view": read(func(v *action.EventView, f *finding) {
		f.more = v.Total
	}),
	"points.balance": one[action.PointsView],
	"points.history": read(func(v *action.PointsHistoryView, f *finding) {
		f.more = v.Total
	}),
	"tier.list":   one[action.TierListView],
	"device.view": one[action.DeviceView],
	"device.list": read(func(v *action.DeviceListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindDevice, row.ID, row.Serial)
		}
		f.more = v.Total
	}),
	"shift.list":    one[action.DutyListView],
	"report.breach": one[action.BreachReport],
	"appointment.list": read(func(v *action.AppointmentListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindAppointment, row.ID, row.Customer)
		}
		f.more = v.Total
	}),
	"slot.list":   one[action.SlotListView],
	"health.view": one[action.HealthView],
	"health.list": read(func(v *action.HealthListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"visit.list": read(func(v *action.HealthListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"report.churn": read(func(v *action.ChurnView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"cycle.list": read(func(v *action.CycleView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"recommend.view": one[action.RecommendationView],
	"library.find": read(func(v *action.LibraryFound, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindArticle, int64(row.ID), row.Title)
		}
	}),
	"article.list": read(func(v *action.ArticleListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindArticle, int64(row.ID), row.Title)
		}
		f.more = v.Total
	}),
	"brief": one[action.BriefView], // by record number: a brief is also pushed, outside of any conversation's memory
	"help": read(func(v *action.Help, f *finding) {
		if v.Topic != "" {
			v.Actions = slices.DeleteFunc(v.Actions, func(s action.Spec) bool { return s.Example == "" })
			f.more = len(v.Actions)
		}
	}),
	"product.list": read(func(v *action.ProductListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindProduct, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"segment.list": read(func(v *action.SegmentListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindSegment, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"segment.view": read(func(v *action.SegmentView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCustomer, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"rfm.list": one[action.RFMView],
	"campaign.list": read(func(v *action.CampaignListView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCampaign, row.ID, row.Name)
		}
		f.more = v.Total
	}),
	"campaign.view": one[action.CampaignDetail],
	"report.roi":    one[action.ROIView],
	"journey.list":  one[action.JourneysView],
	"journey.view":  one[action.JourneyDetail],
	"report.recall": one[action.RecallView],
	"rule.list":     one[action.RuleList],
	"rule.view":     one[action.RuleView],
	"rule.try":      one[action.RuleTry],
	"rule.why":      one[action.RuleWhyView],
	"coupon.view":   one[action.CouponView],
	"coupon.list": read(func(v *action.CouponsView, f *finding) {
		for _, row := range v.Rows {
			f.row(crm.KindCoupon, row.ID, row.Title)
		}
		f.more = v.Total
	}),
	"report.coupon": one[action.CouponReport],
}

// one reads what has no rows to be numbered and no pages.
func one[V any](data []byte, _ *finding) (any, error) {
	v := new(V)
	if len(data) == 0 {
		return v, nil
	}
	return v, json.Unmarshal(data, v)
}

// read reads a view, whose rows and how many there are note then takes down.
func read[V any](note func(v *V, f *finding)) func(data []byte, f *finding) (any, error) {
	return func(data []byte, f *finding) (any, error) {
		v, err := one[V](data, f)
		if err == nil {
			note(v.(*V), f)
		}
		return v, err
	}
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
