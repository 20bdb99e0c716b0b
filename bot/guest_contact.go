package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gendan/bot/chat"
	"gendan/bot/contacts"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// What happens to customers who are contacts of a colleague: they are greeted, linked to a customer where that is beyond doubt,
// and the colleague hears of them.

// contactMet takes note of a new contact and greets them.
func (q *guestTurn) contactMet(e chat.Event) error {
	c := e.Contact
	if c == nil || c.Peer != q.message.From {
		return nil
	}
	seen := contacts.Seen(*c)
	if seen.Since.IsZero() {
		seen.Since = q.message.SentAt
	}
	found, err := q.tx.SeeContact(q.ctx, seen)
	if err != nil {
		return err
	}
	q.g = found.Guest
	news := false
	if !c.Half { // when the colleague has accepted, another event follows
		if news, err = q.tx.ContactNews(q.ctx, q.g.ID, seen.Since); err != nil {
			return err
		}
	}
	greets := c.Greeting != 0 && q.now.Unix() < c.Greeting
	var with *action.OfferBatch
	if greets && q.g.Customer != 0 {
		if with, err = q.bot.actions.WelcomeOffer(q.ctx, q.tx, q.g.Customer); err != nil {
			return err
		}
	}
	params := map[string]any{"guest": q.g.ID, "scene": c.Scene, "made": news}
	if with != nil {
		params["offer"] = with.Steps[0].ID
	}
	if _, err := q.doAs(crm.System, "contact.met", params); err != nil || !greets {
		return err
	}
	words, err := q.bot.pack.Welcome()
	if err != nil {
		return err
	}
	colleague := ""
	if q.g.Owner != 0 {
		u, err := q.bot.store.UserByID(q.ctx, q.g.Owner)
		if err != nil && !errors.Is(err, crm.ErrNotFound) {
			return err
		}
		colleague = u.Name
	}
	text, _ := crm.FillOffer(words, map[string]string{crm.Called: q.g.Name, "品牌": q.bot.outside.Company, "顾问": colleague})
	q.small = true
	if with != nil {
		return q.greetWith(with, text)
	}
	if text != "" {
		q.lines = append(q.lines, text)
	}
	return nil
}

// hello is how a text addresses its reader, who has been greeted already.
var hello = regexp.MustCompile(`^[^，,。！!\s]{0,24}[您你]好[，,！!]\s*`)

// greetWith greets a new contact with what waited to be said to them: one message, for the platform takes one, and only now. When it
// does not get through, the offer takes the next way.
func (q *guestTurn) greetWith(with *action.OfferBatch, greeting string) error {
	s := with.Steps[0]
	said, _ := q.bot.offerWords(q.tx.Keys, s)
	if greeting != "" {
		said = greeting + "\n" + hello.ReplaceAllString(said, "")
	}
	key := action.OfferKey(s.ID, s.Tries+1)
	r := chat.Reply{Key: key, To: q.message.From, Conversation: q.message.Conversation, AnswerTo: q.message.AnswerTo, Text: said,
		Members: []chat.ContactMember{{Key: key, Contact: q.message.From}}}
	row, err := reply(crm.ByContact, lane(r), r)
	if err != nil {
		return err
	}
	row.Kind, row.Subject = kindOffer, int64(s.ID)
	q.tx.Ledger.Outbox = append(q.tx.Ledger.Outbox, row)
	return q.bot.actions.SettleOffers(q.ctx, q.tx, with)
}

// contactGone takes note of a contact who is none any more.
func (q *guestTurn) contactGone(e chat.Event) error {
	known, err := q.tx.PartContact(q.ctx, string(q.message.From))
	if err != nil || !known {
		return err
	}
	_, err = q.doAs(crm.System, "contact.parted", map[string]any{"guest": q.g.ID, "ours": e.On})
	return err
}

// contactNear is how many customers a card about a new contact offers.
const contactNear = 3

// ringContact tells a colleague of a customer among their contacts: with a question when nobody knows whose person it is.
func (b *Bot) ringContact(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	var news action.ContactNews
	if err := json.Unmarshal(c.Payload, &news); err != nil {
		return nil, to, fmt.Errorf("contact %s: %w", c.Key, err)
	}
	if news.Said != "" {
		return b.ringAnswer(ctx, c, news)
	}
	var g crm.Guest
	var notes store.ContactNotes
	customer, whose := "", ""
	var near []store.CustomerRow
	offer := ""
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) (err error) {
		if g, err = tx.Guest(ctx, crm.GuestID(c.Subject)); err != nil {
			return err
		}
		if notes, err = tx.ContactNotes(ctx, g.ID); err != nil {
			return err
		}
		if g.Customer == 0 {
			return nil
		}
		if news.Offer != 0 {
			o, err := tx.OffersByID(ctx, []int64{int64(news.Offer)})
			if err != nil {
				return err
			}
			if len(o) == 1 && o[0].Channel == crm.ByWelcome {
				offer = o[0].Text
			}
		}
		row, err := tx.CustomerByID(ctx, g.Customer)
		customer = row.Name
		if row.OwnerID != int64(g.Owner) {
			whose = row.OwnerName
		}
		return err
	})
	if err != nil || g.Owner == 0 || news.Parted != g.Refuses { // another event has overtaken it
		return nil, to, err
	}
	owner, err := b.store.UserByID(ctx, g.Owner)
	if err != nil {
		return nil, to, err
	}
	peer, err := b.door(ctx, owner.UserID)
	if err != nil {
		return nil, to, err
	}
	if at := afterRest(b.now().UTC(), owner.Location()); at.After(b.now().UTC()) {
		to.wait = at
		return nil, to, nil
	}
	if customer == "" && !news.Parted {
		if near, err = b.nearCustomers(ctx, owner, notes.Remark); err != nil {
			return nil, to, err
		}
	}
	name := clipRunes(g.Name, 20)
	v := map[string]any{"Name": name, "Customer": crm.BrandName(customer), "Source": notes.Source, "Remark": strings.ReplaceAll(notes.Remark, "\n", " "), "Whose": whose, "Parted": news.Parted, "Offer": offer}
	r := chat.Reply{Key: c.Key + ":told", To: chat.PeerID(peer), Text: b.say("friend_news", v)}
	if customer == "" && !news.Parted && name != "" {
		r.Card = &chat.Card{ID: fmt.Sprintf("contact-%d", g.ID), Title: b.say("friend_title", v), Body: b.say("friend_body", v), Note: b.say("friend_note", v)}
		for _, n := range near {
			r.Card.Buttons = append(r.Card.Buttons, chat.Button{Key: fmt.Sprintf("contact:%d:%d", g.ID, n.ID), Text: clipRunes(crm.BrandName(n.Name), 9), Command: spokenName(name) + "是" + n.Name + "的"})
		}
		r.Card.Buttons = append(r.Card.Buttons, chat.Button{Key: fmt.Sprintf("contact:%d:new", g.ID), Text: "建为新客户", Command: spokenName(name) + "是新客户"})
		r.Card.Buttons[0].Style = "primary"
	}
	return []chat.Reply{r}, to, nil
}

// ringAnswer tells whoever looks after a customer what the customer has answered by text message.
func (b *Bot) ringAnswer(ctx context.Context, c store.OutboxClaim, news action.ContactNews) (rings []chat.Reply, to notice, err error) {
	name := ""
	err = b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.CustomerByID(ctx, news.Customer)
		name = row.Name
		return err
	})
	if err != nil {
		return nil, to, err
	}
	owner, err := b.store.UserByID(ctx, news.Owner)
	if err != nil {
		return nil, to, err
	}
	peer, err := b.door(ctx, owner.UserID)
	if err != nil {
		return nil, to, err
	}
	if at := afterRest(b.now().UTC(), owner.Location()); at.After(b.now().UTC()) {
		to.wait = at
		return nil, to, nil
	}
	return []chat.Reply{{Key: c.Key + ":told", To: chat.PeerID(peer), Text: b.say("friend_answer", map[string]any{"Customer": crm.BrandName(name), "Said": news.Said})}}, to, nil
}

// nearCustomers are the owner's customers whose names resemble what was written down of a contact.
func (b *Bot) nearCustomers(ctx context.Context, owner crm.Actor, remark string) (near []store.CustomerRow, err error) {
	err = b.store.As(ctx, owner, func(ctx context.Context, tx *store.Tx) error {
		near = nil
		for said := range strings.SplitSeq(remark, "\n") {
			if len([]rune(said)) < 2 {
				continue
			}
			rows, err := tx.CustomersNamed(ctx, said)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.ID != 0 && len(near) < contactNear {
					near = append(near, row)
				}
			}
		}
		return nil
	})
	return near, err
}

// contactOf and contactNew say whose customer somebody is who is a new contact of the speaker.
var (
	contactOf  = regexp.MustCompile(`^(?:新加的|新的)?(?:微信)?(?:客户|好友)?\s*[「“"]?([^「」“”"]{1,24}?)[」”"]?\s*(?:就|其实)?是\s*(.{2,40}?)的(?:人|客户|联系人)?$`)
	contactIs  = regexp.MustCompile(`^(?:新加的|新的)?微信(?:客户|好友)\s*[「“"]?([^「」“”"]{1,24}?)[」”"]?\s*(?:就|其实)?是\s*([^的吗？?]{2,20})(?:的\S{1,8})?$`)
	contactNew = regexp.MustCompile(`^(?:新加的|新的)?(?:微信)?(?:客户|好友)?\s*[「“"]?([^「」“”"]{1,24}?)[」”"]?\s*是(?:个|一个)?(?:新|个人)客户$`)
)

// contactCommand reads whose customer a new contact of the speaker is. Who is no new contact is not meant.
func (t *turn) contactCommand(text string) (handled bool, err error) {
	m, fresh := contactNew.FindStringSubmatch(text), true
	if m == nil {
		m, fresh = contactOf.FindStringSubmatch(text), false
	}
	if m == nil {
		m = contactIs.FindStringSubmatch(text)
	}
	if m == nil || t.actor.UserID == 0 {
		return false, nil
	}
	list, err := t.tx.NewContacts(t.ctx, t.actor.UserID)
	if err != nil {
		return false, err
	}
	said := crm.Fold(m[1])
	for _, g := range list {
		if g.Name == "" || crm.Fold(spokenName(clipRunes(g.Name, 20))) != said {
			continue
		}
		customer := ""
		if !fresh {
			customer = m[2]
		}
		return true, t.linkContact(g, customer, pending{Text: text, Sure: true})
	}
	return false, nil
}

// spokenName is a contact's name as one says it in a sentence: people choose their own, and put into it what they like.
func spokenName(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("「」“”\"", r)
	}), " ")
}

// numberName is a name that says nothing but a number.
var numberName = regexp.MustCompile(`^[0-9０-９]*$`)

// linkContact makes a new contact of the speaker one of a customer's people; of a new customer by their own name when customer is "".
func (t *turn) linkContact(g crm.Guest, customer string, job pending) error {
	if customer == "" {
		if customer = strings.TrimLeft(spokenName(g.Name), "#＃ "); numberName.MatchString(customer) {
			customer = "微信客户" + customer // a number alone would mean a record
		}
		notes, err := t.tx.ContactNotes(t.ctx, g.ID)
		if err != nil {
			return err
		}
		params := map[string]any{"customer": customer}
		if notes.Source != "" {
			params["source"] = notes.Source
		}
		job.Calls = append(job.Calls, action.Call{Name: "customer.create", Params: mustJSON(params)})
	}
	job.Calls = append(job.Calls, action.Call{Name: "guest.link", Params: mustJSON(map[string]any{"guest": g.ID, "customer": customer})})
	return t.run(job, 1)
}

// tappedContact does what a button of a new contact's card says: by numbers, since the contact chose the name, and no words of
// theirs may be taken for an order of the colleague.
func (t *turn) tappedContact(rest string) error {
	guest, which, _ := strings.Cut(rest, ":")
	list, err := t.tx.NewContacts(t.ctx, t.actor.UserID)
	if err != nil {
		return err
	}
	for _, g := range list {
		if strconv.FormatInt(int64(g.ID), 10) != guest {
			continue
		}
		customer := ""
		if which != "new" {
			customer = "#" + which
		}
		return t.linkContact(g, customer, pending{Text: t.message.Text, Sure: true})
	}
	t.say(t.text("button_unknown", nil))
	return nil
}
