package bot

import (
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// ticketTelling is what the texts about a ticket are made from.
type ticketTelling struct {
	V     action.TicketView
	N     action.TicketNews // what happened; zero when the ticket is just shown
	Short string            // what to call the customer: 云帆
	Mine  bool              // the reader handles it
	Me    bool              // the news names the reader
	Line  string            // the changes of the news in one line
	who   teller
}

func ticketFor(who teller, v action.TicketView, n action.TicketNews) ticketTelling {
	me := who.actor.UserID
	short := crm.BrandName(v.Customer)
	if short == "" && v.Guest {
		short = crm.Guest{Name: clipRunes(v.GuestName, 12)}.Called()
	}
	return ticketTelling{V: v, N: n, Short: short, Mine: v.OwnerID == me && me != 0, Me: n.ToID == me && me != 0, who: who}
}

// Money is an amount, masked where others read it.
func (x ticketTelling) Money(m crm.Money) string { return telling{teller: x.who}.Money(m) }

// Whose is a colleague's name as the reader is told it.
func (x ticketTelling) Whose(name string) string {
	return telling{teller: x.who, Private: !x.who.group}.Whose(name)
}

// Brief is what was said, cut to what a card's title holds.
func (x ticketTelling) Brief() string {
	return cut(strings.Join(strings.Fields(x.N.Content), " "), 18)
}

// mostHistory is how many lines of the customer's history a ticket's card shows.
const mostHistory = 2

// Activities are the last lines of the customer's history.
func (x ticketTelling) Activities() []action.ActivityRow {
	return x.V.Activities[:min(len(x.V.Activities), mostHistory)]
}

// Ticket is the ticket that a read found.
func (v telling) Ticket() ticketTelling {
	if t, ok := v.View.(*action.TicketView); ok {
		return ticketFor(v.teller, *t, action.TicketNews{})
	}
	return ticketTelling{who: v.teller}
}

// TaskState is a task's state as people say it, "" of an open one.
func (v telling) TaskState(state string) string {
	return map[string]string{crm.StateDone: "已完成", crm.StateCancelled: "已取消"}[state]
}

// ticketCard is a ticket as a card under a title of its own: who, what, bought before, talked lately, who handles it, until
// when; and the buttons that its reader can use now.
func (b *Bot) ticketCard(x ticketTelling, id, title string) *chat.Card {
	number := strconv.FormatInt(x.V.ID, 10)
	button := func(verb, text, command string) chat.Button {
		return chat.Button{Key: "ticket:" + verb + ":" + number, Text: text, Command: command + " " + number}
	}
	card := &chat.Card{ID: id, Title: title, Body: b.say("ticket_body", x), Note: b.say("ticket_hint", x)}
	switch {
	case x.V.State == crm.TicketClosed:
		if x.V.May["reopen"] {
			card.Buttons = append(card.Buttons, button("reopen", "重新打开", "重开"))
		}
	case x.Mine && x.V.State == crm.TicketNew: // given to them, not accepted yet
		card.Buttons = append(card.Buttons, button("take", "我来处理", "处理"), button("reply", "回复客户", "回复"), button("give", "转交", "转交"))
	case x.Mine:
		card.Buttons = append(card.Buttons, button("reply", "回复客户", "回复"), button("give", "转交", "转交"), button("close", "关闭", "关闭"))
	default:
		card.Buttons = append(card.Buttons, button("take", "我来处理", "处理"), button("give", "转交", "转交"))
	}
	if len(card.Buttons) > 0 {
		card.Buttons[0].Style = "primary"
	}
	if x.V.CustomerID != 0 {
		card.Buttons = append(card.Buttons, button("customer", "查看客户", "查看客户"))
	}
	return card
}

// ticketReply shows a ticket under a line of news.
func (b *Bot) ticketReply(x ticketTelling, id, title string) chat.Reply {
	card := b.ticketCard(x, id, title)
	return chat.Reply{Text: strings.Join([]string{card.Title, card.Body, card.Note + "。"}, "\n"), Card: card}
}

// Row is a ticket for a line of a list: its words cut short.
func (v telling) Row(t action.TicketRow) action.TicketRow {
	t.Content, t.Customer = cut(t.Content, 24), crm.BrandName(t.Customer)
	return t
}
