package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindOffer is an outbox row that holds the finished message of an offer (Subject) for a customer's door. It is a reply of which
// the offer learns how it ended.
const kindOffer = "offer"

const (
	offersSweep = 30 * time.Second // how often offers are looked for that nothing woke
	cardsAtOnce = 3                // offers that ask an owner by a card each; more come as one list
	listedOnes  = 8                // of which so many are shown
)

// keepOffers finds offers whose time has come although nothing woke: what woke was lost with a clock that jumped, or undone.
func (b *Bot) keepOffers(ctx context.Context) error {
	never := make(chan struct{})
	for pause(ctx, never, offersSweep) {
		err := b.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Now = b.now().UTC()
			waiting, err := tx.OffersWaiting(ctx)
			if err == nil && waiting {
				tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: action.KindOffers, Kind: action.KindOffers,
					Key: fmt.Sprintf("offers:sweep:%d", tx.Now.Truncate(offersSweep).Unix())})
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			b.log.Error("sweep offers", zap.Error(err))
		}
	}
	return nil
}

// offerDoors are the doors of this service, for the ladder.
func (b *Bot) offerDoors() action.OfferDoors {
	has := func(platform string) bool { return b.adapters[platform] != nil }
	return action.OfferDoors{Kf: has(crm.ByKf), Contact: has(crm.ByContact), SMS: has(crm.BySMS), Mail: has(crm.ByMail),
		Colleague: func(peers []string) string {
			if open := b.doors(peers, ""); len(open) > 0 {
				return open[0]
			}
			return ""
		}}
}

// ringOffer does what a row about offers asks for, in the transaction that closes the row.
func (b *Bot) ringOffer(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	switch c.Kind {
	case action.KindOfferDigest:
		return b.ringOfferDigest(ctx, tx, c)
	case action.KindOfferEnd:
		return b.offerEnded(ctx, tx, c)
	}
	return b.ringOffers(ctx, tx)
}

// ringOffers decides about a batch of offers that are due and makes their messages, all in the transaction that closes the row
// that woke. When there are more, it leaves a row for them, so that others are told in between.
func (b *Bot) ringOffers(ctx context.Context, tx *store.Tx) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	batch, err := b.actions.OffersDue(ctx, tx, b.offerDoors())
	if err != nil {
		return nil, err
	}
	var asks []*action.OfferStep
	bundles := map[string]*store.Bundle{}
	for _, s := range batch.Steps {
		switch {
		case s.Choice.Channel == "":
		case s.Ask:
			asks = append(asks, s)
		case s.Choice.Channel == crm.ByContact:
			b.bundleOffer(bundles, s)
		default:
			if err := b.sendOffer(ctx, tx, s); err != nil {
				return nil, err
			}
		}
	}
	if err := b.actions.SettleOffers(ctx, tx, batch); err != nil {
		return nil, err
	}
	if err := keepBundles(ctx, tx, bundles); err != nil {
		return nil, err
	}
	cards := b.askOwners(asks)
	if batch.More {
		tx.Ledger.Outbox = append(tx.Ledger.Outbox, store.OutboxRow{Lane: action.KindOffers, Kind: action.KindOffers})
		return cards, nil
	}
	tasks, err := b.closeBundles(ctx, tx)
	return append(cards, tasks...), err
}

// sendOffer makes the message of an offer for the door that was chosen.
func (b *Bot) sendOffer(ctx context.Context, tx *store.Tx, s *action.OfferStep) error {
	key := action.OfferKey(s.ID, s.Tries+1)
	text, say := b.offerWords(tx.Keys, s)
	channel := s.Choice.Channel
	r := chat.Reply{Key: key, Text: text}
	switch channel {
	case crm.ByKf:
		all, err := b.tellGuest(ctx, tx, &s.Guest, 0, "", key, text)
		if err != nil {
			return err
		}
		if len(all) != 1 {
			return fmt.Errorf("offer %d: %d messages for a guest who can be reached", s.ID, len(all))
		}
		r = all[0]
	case crm.BySMS, crm.ByMail:
		r.To, r.Text = chat.PeerID(fmt.Sprintf("%s:offer-%d", channel, s.ID)), b.signed(channel, text)
		out := outward{Address: s.Address}
		if channel == crm.ByMail {
			out.Subject, out.MessageID = say("offer_mail_subject"), fmt.Sprintf("gendan.offer.%d.%d@%s", s.ID, s.Tries+1, b.outside.MailHost)
			if crm.Unasked(s.Purpose) {
				out.Unsubscribe = b.actions.UnsubscribeURL(tx.Keys.UnsubscribeToken(s.CustomerID))
			}
		}
		r.AnswerTo = mustJSON(out)
	default:
		return fmt.Errorf("offer %d: %w: channel %q", s.ID, crm.ErrInvalid, channel)
	}
	row, err := reply(channel, lane(r), r)
	if err != nil {
		return err
	}
	row.Kind, row.Subject = kindOffer, int64(s.ID)
	tx.Ledger.Outbox = append(tx.Ledger.Outbox, row)
	return nil
}

// offerWords is what the customer reads of an offer by the door that was chosen, and how other words of that door are said.
func (b *Bot) offerWords(keys *store.Keys, s *action.OfferStep) (text string, say func(name string) string) {
	v := map[string]any{"Text": s.Filled, "Unasked": crm.Unasked(s.Purpose), "Company": b.outside.Company, "Purpose": s.Purpose,
		"Unsubscribe": b.actions.UnsubscribeURL(keys.UnsubscribeToken(s.CustomerID))}
	say = func(name string) string {
		text := b.say(name, v)
		if s.To.Language == crm.InTraditional {
			text = crm.Traditional(text)
		}
		return text
	}
	s.Said = s.Filled
	if s.To.Language == crm.InTraditional {
		s.Said = crm.Traditional(s.Filled)
	}
	return say("offer_" + s.Choice.Channel), say
}

// askTelling is what an owner is told of an offer.
type askTelling struct {
	Number   int64
	Customer string
	Short    string
	Purpose  string
	Channel  string
	Text     string
	Reason   string
	Link     bool // to be handed on
}

func offerAsk(s *action.OfferStep) askTelling {
	short := crm.BrandName(s.Customer)
	if s.To != nil && s.To.Person {
		short = s.Customer
	}
	text := s.Filled
	if s.To != nil && s.To.Language == crm.InTraditional {
		text = crm.Traditional(text)
	}
	return askTelling{Number: int64(s.ID), Customer: s.Customer, Short: short, Purpose: crm.PurposeChinese(s.Purpose), Channel: crm.ChannelChinese(s.Choice.Channel),
		Text: text, Reason: s.Reason, Link: s.Choice.Channel == crm.ByLink}
}

// askOwners makes the cards by which owners send, edit, skip or stop; whoever has many to decide about gets one list.
func (b *Bot) askOwners(asks []*action.OfferStep) (all []chat.Reply) {
	by := map[string][]*action.OfferStep{}
	var order []string
	for _, s := range asks {
		if s.Peer == "" {
			continue
		}
		if by[s.Peer] == nil {
			order = append(order, s.Peer)
		}
		by[s.Peer] = append(by[s.Peer], s)
	}
	for _, peer := range order {
		list := by[peer]
		if len(list) > cardsAtOnce {
			all = append(all, b.offerListCard(peer, "offer_asks", list, ""))
			continue
		}
		for _, s := range list {
			all = append(all, b.offerCard(peer, s))
		}
	}
	return all
}

// offerCard asks an owner about one offer.
func (b *Bot) offerCard(peer string, s *action.OfferStep) chat.Reply {
	v, kind, n := offerAsk(s), "offer_ask", action.OfferKey(s.ID, s.Tries+1)
	yes := chat.Button{Key: fmt.Sprintf("offer:send:%d", s.ID), Text: "发送", Style: "primary", Command: fmt.Sprintf("发送触达 #%d", s.ID)}
	if v.Link {
		yes.Text = "已转发"
	}
	buttons := []chat.Button{yes,
		{Key: fmt.Sprintf("offer:edit:%d", s.ID), Text: "改一下", Command: fmt.Sprintf("触达 #%d 改成：", s.ID)},
		{Key: fmt.Sprintf("offer:skip:%d", s.ID), Text: "跳过", Command: fmt.Sprintf("跳过触达 #%d", s.ID)},
		{Key: fmt.Sprintf("offer:stop:%d", s.CustomerID), Text: "以后别发", Style: "danger", Command: "以后别给" + v.Short + "发营销"}}
	if s.Choice.Channel == crm.ByContact {
		kind, buttons = "offer_task", buttons[1:]
	}
	body, hint := b.say(kind, v), b.say(kind+"_hint", v)
	return chat.Reply{Key: n + ":ask", To: chat.PeerID(peer), Text: body + "\n" + hint,
		Card: &chat.Card{ID: strings.ReplaceAll(n, ":", "-"), Title: b.say(kind+"_title", v), Body: body, Buttons: buttons}}
}

// offerListCard tells an owner of many offers at once.
func (b *Bot) offerListCard(peer, kind string, list []*action.OfferStep, when string) chat.Reply {
	var rows []askTelling
	for _, s := range list[:min(len(list), listedOnes)] {
		v := offerAsk(s)
		v.Text = cut(strings.Join(strings.Fields(v.Text), " "), 40)
		rows = append(rows, v)
	}
	v := map[string]any{"Count": len(list), "Rows": rows, "More": max(0, len(list)-listedOnes), "First": rows[0].Number, "When": when}
	text := b.say(kind, v)
	key := fmt.Sprintf("%s:%d:%d", kind, list[0].ID, list[0].Tries)
	card := &chat.Card{ID: strings.NewReplacer(":", "-", "_", "-").Replace(key), Title: b.say(kind+"_title", v), Body: text}
	if kind == "offer_asks" {
		card.Buttons = append(card.Buttons, chat.Button{Key: "offer:send:all", Text: "全部发送", Style: "primary", Command: "全部发送"})
	}
	card.Buttons = append(card.Buttons, chat.Button{Key: "offer:skip:all", Text: "全部跳过", Command: "全部跳过"})
	return chat.Reply{Key: key, To: chat.PeerID(peer), Text: text, Card: card}
}

// ringOfferDigest tells an owner in the morning what will leave by itself today.
func (b *Bot) ringOfferDigest(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	list, err := b.actions.OffersToday(ctx, tx, crm.UserID(c.Subject))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	peers, err := tx.PeersOf(ctx, crm.UserID(c.Subject))
	if err != nil {
		return nil, err
	}
	open := b.doors(peers, "")
	if len(open) == 0 {
		return nil, nil
	}
	return []chat.Reply{b.offerListCard(open[0], "offer_digest", list, crm.SayTime(list[0].Due, tx.Now, crm.Shanghai))}, nil
}

// tappedOffer does what a button of an offer's card says.
func (t *turn) tappedOffer(tap *chat.Tap, rest string) error {
	verb, which, _ := strings.Cut(rest, ":")
	var id int64
	if which != "all" {
		if _, err := fmt.Sscanf(which, "%d", &id); err != nil {
			t.say(t.text("button_unknown", nil))
			return nil
		}
	}
	job := pending{Card: tap.Card, Title: t.text("offer_title", nil), Sure: true}
	call := func(name string, params map[string]any) action.Call {
		return action.Call{Name: name, Params: mustJSON(params)}
	}
	switch verb {
	case "send", "skip":
		params := map[string]any{"offer": id}
		if which == "all" {
			params = map[string]any{"all": true}
		}
		job.Calls = []action.Call{call("offer."+verb, params)}
	case "edit":
		job.Calls = []action.Call{call("offer.edit", map[string]any{"offer": id})}
	case "stop":
		job.Calls = []action.Call{call("offer.stop", map[string]any{"customer": fmt.Sprintf("#%d", id)})}
	default:
		t.say(t.text("button_unknown", nil))
		return nil
	}
	return t.run(job, 1)
}

// offerButtons are the next steps after an offer was edited.
func offerButtons(results []action.Result) (buttons []chat.Button) {
	if len(results) != 1 || results[0].Name != "offer.edit" {
		return nil
	}
	id := results[0].Record.ID
	return []chat.Button{{Key: fmt.Sprintf("offer:send:%d", id), Text: "发送", Style: "primary", Command: fmt.Sprintf("发送触达 #%d", id)},
		{Key: fmt.Sprintf("offer:skip:%d", id), Text: "跳过", Command: fmt.Sprintf("跳过触达 #%d", id)}}
}

// offerIn is what a run about offers has done, for its receipt.
func offerIn(r action.Result) (v any, ok bool) {
	switch r.Name {
	case "offer.send", "offer.skip":
		v = &action.OffersDone{}
	case "offer.stop", "offer.resume":
		v = &action.OfferStopped{}
	case "offer.edit":
		v = &action.OfferView{}
	case "message.send":
		v = &action.MessageView{}
	default:
		return nil, false
	}
	return v, len(r.Data) > 0 && json.Unmarshal(r.Data, v) == nil
}

// offerEnded takes note of how a message ended at a door that tells it later.
func (b *Bot) offerEnded(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	var end store.OfferEnd
	if err := json.Unmarshal(c.Payload, &end); err != nil {
		return nil, fmt.Errorf("offer %d: %w", c.Subject, err)
	}
	if end.Back != nil {
		return b.offersBack(ctx, tx, c, *end.Back)
	}
	why := map[string]string{chat.TaskUnknown: "客户已经不是好友", chat.TaskOverCap: "客户这个月收的群发到上限了", chat.TaskExpired: "没有人在群发助手里点发送",
		chat.TaskRefused: "企业微信没有收下", chat.TaskVanished: "群发任务不见了", store.SMSLost: "短信没有送到"}[end.Outcome]
	switch end.Outcome {
	case chat.TaskSent:
		return nil, b.actions.OffersLeft(ctx, tx, []int64{c.Subject})
	case chat.TaskAgain:
		return nil, b.actions.OfferAgain(ctx, tx, crm.OfferID(c.Subject), end.Try)
	}
	if err := b.actions.OffersWithdrawn(ctx, tx, []int64{c.Subject}); err != nil || end.Outcome == chat.TaskStopped {
		return nil, err
	}
	return b.offerStuck(ctx, tx, crm.OfferID(c.Subject), end.Try, why)
}

// offerStuck lets an offer take the next step of the ladder, once; when there is none its owner hears of it.
func (b *Bot) offerStuck(ctx context.Context, tx *store.Tx, id crm.OfferID, try int, why string) ([]chat.Reply, error) {
	o, failed, err := b.actions.OfferStuck(ctx, tx, id, try, why)
	if errors.Is(err, crm.ErrNotFound) || err == nil && !failed {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	peers, err := tx.PeersOf(ctx, o.OwnerID)
	if err != nil {
		return nil, err
	}
	open := b.doors(peers, "")
	if len(open) == 0 {
		return nil, nil
	}
	v := askTelling{Number: int64(o.ID), Customer: o.Customer, Purpose: crm.PurposeChinese(o.Purpose), Text: o.Text, Reason: why}
	return []chat.Reply{{Key: action.OfferKey(o.ID, o.Tries) + ":failed", To: chat.PeerID(open[0]), Text: b.say("offer_failed", v)}}, nil
}
