package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// guestTurn is a message of a customer, or about one, being answered. What a customer writes is data: it is never read as an
// order, and only the actions that stand here by name are run for a customer.
type guestTurn struct {
	*turn
	g      crm.Guest
	talk   *guestTalk
	words  *templates.Guest
	lines  []string         // of the one message that answers: the platform counts them
	menu   []chat.Button    //
	move   *chat.Session    // who shall talk with the customer from now on
	ticket *store.TicketRow // the latest open one of this very guest; nil when there is none
	closed *store.TicketRow // with no open one: the latest that was closed a short while ago
	found  *desk            // once it was looked for
	deeds  int              // runs of actions so far
	small  bool             // small talk: nothing that whoever takes over need read
}

// guestTalk is what a conversation with a customer remembers. It is sealed with the conversation.
type guestTalk struct {
	Lines  []guestLine `json:"lines,omitempty"`  // the last ones, for whoever takes over
	Asked  *guestAsked `json:"asked,omitempty"`  // what was answered last
	Want   string      `json:"want,omitempty"`   // "report": the next words are what it is about; "matter": of the ticket that waits for it
	Why    string      `json:"why,omitempty"`    // it was handed over last
	Acked  time.Time   `json:"acked,omitzero"`   // when words were last confirmed as added to a ticket
	Prompt time.Time   `json:"prompt,omitzero"`  // when the menu was last shown
	Parted time.Time   `json:"parted,omitzero"`  // when thanks for a closed ticket were last answered
	Calmed time.Time   `json:"calmed,omitzero"`  // when anger was last answered
	Marked time.Time   `json:"marked,omitzero"`  // the first message of which colleagues were told as angry
	Marks  int         `json:"marks,omitempty"`  // and how many since
	Raised []int64     `json:"raised,omitempty"` // the last tickets that were raised for it
	Handed []int64     `json:"handed,omitempty"`
	Count  int         `json:"count,omitempty"` // messages in this minute
	Minute time.Time   `json:"minute,omitzero"`
}

// guestLine is one message of the dialogue.
type guestLine struct {
	Ours bool      `json:"ours,omitempty"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// guestAsked is a question that the knowledge base has answered, or for which it has shown what may be meant.
type guestAsked struct {
	Article  string       `json:"article"` // "" while they should choose
	Question string       `json:"question"`
	At       time.Time    `json:"at"`
	Offers   []KnownOffer `json:"offers,omitempty"`
}

const (
	guestLines      = 16               // of a dialogue that are remembered
	guestLineMost   = 300              // characters of each
	guestReadMost   = 2000             // characters of a message that are understood; the rest is kept with it
	guestAckEvery   = 10 * time.Minute // how often added words are confirmed
	guestAskLife    = 30 * time.Minute // 没解决 means the last answer so long
	guestClosedLife = 72 * time.Hour   // 还是不行 means a closed ticket so long
)

// customersDoor tells whether the people of a platform are customers. A process that serves no such door still must not take
// a customer's words for orders.
func (b *Bot) customersDoor(platform string) bool {
	if a := b.adapters[platform]; a != nil {
		return a.Limits().Customers
	}
	return platform == "kf" || platform == "contact"
}

// guest answers a message that came by a customers' door.
func (t *turn) guest() error {
	m := t.message
	event, isEvent := chat.EventOf(m)
	if isEvent && event.Type == chat.EventDuty || !t.bot.customersDoor(platformOf(string(m.From))) {
		return nil // about a colleague
	}
	words, err := t.bot.pack.Guest()
	if err != nil {
		return err
	}
	t.tx.Now = t.now
	if t.memory.Guest == nil {
		t.memory.Guest = &guestTalk{}
	}
	q := &guestTurn{turn: t, talk: t.memory.Guest, words: words}
	if q.g, err = t.tx.MeetGuest(t.ctx, m.Platform, string(m.From), m.FromName); err != nil {
		return err
	}
	t.actor = q.g.Actor()
	if err := q.findTicket(); err != nil {
		return err
	}
	switch {
	case isEvent:
		err = q.happened(event)
	case m.By != "":
		err = q.colleagueWrote()
	case m.Kind == chat.Enter:
		err = q.entered()
	default:
		if q.withPerson() && t.now.Sub(q.g.Spoke) >= crm.GuestWindow { // the platform ends it then, and need not say so
			q.g.Session, q.g.Agent = "", 0
		}
		q.g.Spoke, q.g.Sent = t.now, 0
		err = q.spoke()
	}
	if err != nil {
		return err
	}
	return q.answer()
}

// spoke answers what a customer said or tapped.
func (q *guestTurn) spoke() error {
	if q.g.Session == chat.ToEnd { // the platform begins a new session with every message after an end
		q.g.Session, q.g.Agent = "", 0
	}
	m := q.message
	if m.Kind == chat.TapKind && m.Tap != nil {
		return q.tapped(m.Tap.Button)
	}
	if m.Kind == chat.Record {
		return q.forwardedRecord()
	}
	text := q.said()
	q.heard(text)
	if done, err := q.subscribes(text); done || err != nil {
		return err
	}
	if q.withPerson() { // a colleague answers in the platform's own window; here it is only kept
		if s := readGuestWords(q.words, text, true); s.thanks || s.greeting || !holdsWords(text) {
			return nil
		}
		return q.keep(text)
	}
	switch {
	case m.Kind == chat.Unsupported: // a sticker, a game, a kind that nobody knows
		return q.wordless(text)
	case m.Text == "" && len(m.Files) > 0, m.Kind == chat.Location:
		return q.sentThing(text)
	}
	return q.typed(text)
}

// withPerson tells whether a colleague, or the queue for one, has the session: the bot cannot speak there.
func (q *guestTurn) withPerson() bool {
	return q.g.Session == chat.ToPerson || q.g.Session == chat.ToPool
}

// said is the message as words: what is no text is named.
func (q *guestTurn) said() string {
	m := q.message
	parts := []string{}
	if text := strings.TrimSpace(strings.ToValidUTF8(m.Text, "")); text != "" {
		switch m.Kind {
		case chat.Link:
			text = "[链接] " + text
		case chat.Location:
			text = "[位置] " + text
		case chat.Unsupported:
			text = "[" + clipRunes(text, 40) + "]"
		}
		parts = append(parts, text)
	}
	for _, f := range m.Files {
		parts = append(parts, fileWords(f))
	}
	if len(parts) == 0 {
		parts = append(parts, kindWords(m.Kind))
	}
	return strings.Join(parts, "\n")
}

// fileWords names a file that a customer sent.
func fileWords(f chat.Attachment) string {
	s := strings.TrimSuffix(kindWords(f.Kind), "]")
	if f.Name != "" {
		s += " " + clipRunes(f.Name, 60)
	}
	return s + "]"
}

// kindWords names a message without words.
func kindWords(k chat.Kind) string {
	switch k {
	case chat.Image:
		return "[图片]"
	case chat.Voice:
		return "[语音]"
	case chat.Video:
		return "[视频]"
	case chat.File:
		return "[文件]"
	case chat.Location:
		return "[位置]"
	case chat.Link:
		return "[链接]"
	case chat.Record:
		return "[聊天记录]"
	}
	return "[表情或其他消息]"
}

// heard and told keep the dialogue for whoever takes over.
func (q *guestTurn) heard(text string) { q.line(false, text) }
func (q *guestTurn) told(text string)  { q.line(true, text) }

func (q *guestTurn) line(ours bool, text string) {
	l := append(q.talk.Lines, guestLine{Ours: ours, At: q.now, Text: clipRunes(text, guestLineMost)})
	if len(l) > guestLines {
		l = l[len(l)-guestLines:]
	}
	q.talk.Lines = l
}

// clipRunes cuts s to most characters, the last an ellipsis.
func clipRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}

// findTicket looks for the guest's open ticket.
func (q *guestTurn) findTicket() error {
	rows, _, err := q.tx.Tickets(q.ctx, store.TicketFilter{Guest: q.g.ID, State: "all", Limit: 10})
	if err != nil {
		return err
	}
	q.ticket, q.closed = nil, nil
	for i := range rows {
		t := &rows[i]
		if t.Open() {
			q.ticket, q.closed = t, nil
			return nil
		}
		if q.closed == nil && t.MergedInto == 0 && t.ClosedAt != nil && q.now.Sub(*t.ClosedAt) < guestClosedLife {
			q.closed = t
		}
	}
	return nil
}

// do runs one action for the guest.
func (q *guestTurn) do(name string, params map[string]any) (action.Outcome, error) {
	return q.doAs(q.g.Actor(), name, params)
}

// doAs runs one action. Each run of a turn has a key of its own.
func (q *guestTurn) doAs(actor crm.Actor, name string, params map[string]any) (action.Outcome, error) {
	q.deeds++
	r := action.Request{
		Actor: actor, Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Via: "kf", Now: q.now, Once: true,
		Key: fmt.Sprintf("in:%s:%s:%d", q.message.Platform, q.message.ID, q.deeds), Conversation: string(q.message.Conversation),
	}
	out, err := q.bot.actions.Do(q.ctx, q.tx, r)
	q.tx.Ledger.Undo = nil // a customer takes nothing back
	if err != nil {
		return out, fmt.Errorf("%s for a customer: %w", name, err)
	}
	if out.Ask != nil || out.Pick != nil {
		return out, fmt.Errorf("%s for a customer: it asks %+v %+v: %w", name, out.Ask, out.Pick, crm.ErrInvalid)
	}
	return out, nil
}

// tell adds words to the one message that answers.
func (q *guestTurn) tell(name string, data map[string]any) {
	if text := q.text(name, data); text != "" {
		q.lines = append(q.lines, text)
	}
}

// offer adds choices to it; those that are there already are not repeated.
func (q *guestTurn) offer(buttons ...chat.Button) {
	for _, b := range buttons {
		known := false
		for _, have := range q.menu {
			known = known || have.Key == b.Key
		}
		if !known {
			q.menu = append(q.menu, b)
		}
	}
}

// answer makes the one message that answers and writes down how the talk stands.
func (q *guestTurn) answer() error {
	if q.move != nil {
		switch q.g.Session = q.move.To; q.move.To {
		case chat.ToPerson:
		default:
			q.g.Agent = 0
		}
	}
	if q.g.Unsent != "" && q.message.By == "" && q.message.Kind != chat.EventKind && !q.withPerson() {
		q.lines = append([]string{q.g.Unsent}, q.lines...)
		q.g.Unsent = ""
	}
	if len(q.lines) > 0 || q.move != nil {
		text := strings.Join(q.lines, "\n")
		r := chat.Reply{Text: text, Session: q.move}
		if len(q.menu) > 0 && q.move == nil {
			r.Card = &chat.Card{ID: q.cardID("g"), Title: text, Buttons: q.menu}
			r.Text += "\n" + q.text("guest_menu_words", map[string]any{"Buttons": q.menu})
		}
		if !q.small {
			q.told(text)
		}
		q.g.Sent++
		q.reply(r)
	}
	return q.tx.PutGuest(q.ctx, q.g)
}

// gather takes the messages of a burst that wait behind the turn's own into it, so that they make one entry and one answer,
// and reports false when this guest's messages wait a while: who writes more than guestMinute in a minute is heard every
// guestPause.
func (t *turn) gather(rows []store.InboxRow, first store.InboxRow) bool {
	plain := func(m chat.Message) bool {
		return m.By == "" && (m.Kind == chat.Text || m.Kind == chat.Image || m.Kind == chat.Voice || m.Kind == chat.Video || m.Kind == chat.File || m.Kind == chat.Link)
	}
	if !plain(t.message) {
		return true
	}
	talk := t.memory.Guest
	if talk == nil {
		talk = &guestTalk{}
		t.memory.Guest = talk
	}
	if minute := t.now.Truncate(time.Minute); !talk.Minute.Equal(minute) {
		talk.Minute, talk.Count = minute, 0
	}
	if talk.Count >= guestMinute && len(rows) < gatherMost && t.now.Sub(first.ReceivedAt) < guestPause && t.now.Sub(t.message.SentAt) < guestPause {
		return false
	}
	talk.Count++
	for _, row := range inOrder(rows) {
		if row.ID == first.ID {
			continue
		}
		var m chat.Message
		if err := json.Unmarshal(row.Payload, &m); err != nil || !plain(m) || m.From != t.message.From {
			if err != nil {
				t.bot.log.Error("message of a customer", zap.Int64("inbox", row.ID), zap.Error(err))
			}
			break
		}
		talk.Count++
		t.also = append(t.also, store.InboxKey{ID: row.ID, ReceivedAt: row.ReceivedAt})
		if words := strings.TrimSpace(m.Text); words != "" {
			t.message.Text = strings.TrimSpace(t.message.Text + "\n" + words)
		}
		t.message.Files = append(t.message.Files, m.Files...)
		if t.message.Kind != m.Kind {
			t.message.Kind = chat.Mixed
		}
	}
	return true
}

// inOrder are rows in the order in which their messages were sent.
func inOrder(rows []store.InboxRow) []store.InboxRow {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b store.InboxRow) int {
		x, _ := sentAt(a)
		y, _ := sentAt(b)
		return x.Compare(y)
	})
	return rows
}

const (
	guestMinute = 15               // messages in a minute that are each answered at once
	guestPause  = 10 * time.Second // then they are heard so often
	gatherMost  = 20               // as many as a turn gets to see
)
