package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindNotice is an outbox row that tells a colleague what somebody else did to what is theirs.
const kindNotice = action.KindNotice

// notice is one message to a colleague, on its way.
type notice struct {
	to   crm.Actor
	peer string
	wait time.Time // not before this; zero is at once

	leave func(tx *store.Tx) // what the transaction that closes the row leaves behind besides; nil is nothing
}

// noticeTo finds whom a notice is for and when it may be told. crm.ErrNotFound when the person is gone or has no door.
func (b *Bot) noticeTo(ctx context.Context, c store.OutboxClaim) (n notice, err error) {
	if n.to, err = b.store.UserByID(ctx, crm.UserID(c.Subject)); err != nil {
		return n, err
	}
	if n.peer, err = b.door(ctx, n.to.UserID); err != nil {
		return n, err
	}
	now := b.now().UTC()
	if at := b.pace.next(n.to, now); at.After(now) {
		n.wait = at
	}
	return n, nil
}

// ringNotice makes the one message of all notices to a person that have come due, and closes their rows.
func (b *Bot) ringNotice(ctx context.Context, tx *store.Tx, c store.OutboxClaim, to notice) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	behind, err := tx.OutboxLane(ctx, c, mostTogether)
	if err != nil {
		return nil, err
	}
	var told []byNews
	for i, row := range append([]store.OutboxClaim{c}, behind...) {
		var n action.Notice
		if err := json.Unmarshal(row.Payload, &n); err != nil {
			return nil, fmt.Errorf("notice %s: %w", row.Key, err)
		}
		for _, news := range n.News {
			told = withNews(told, byNews{n.By, news})
		}
		if i > 0 {
			if err := tx.OutboxRendered(ctx, row); err != nil {
				return nil, err
			}
		}
	}
	lines, card := b.noticeText(told, to.to)
	if len(lines) == 0 {
		return nil, nil
	}
	if len(lines) > 1 {
		card = nil // a card says one thing; the lines tell what to type
	}
	text := strings.Join(lines, "\n")
	if len(behind) > 0 && len(lines) > 1 {
		text = b.say("notice_digest", map[string]any{"Count": len(lines), "Text": text})
	}
	return []chat.Reply{{Key: c.Key + ":told", To: chat.PeerID(to.peer), Text: text, Card: card}}, nil
}

// mostTogether is how many notices one message tells at most.
const mostTogether = 30

// byNews is a piece of news and who did it.
type byNews struct {
	by string
	action.News
}

// withNews adds a piece of news. What was taken back before anybody was told of it is no news, nor is the taking back.
func withNews(told []byNews, n byNews) []byNews {
	if n.Undone {
		for i, other := range slices.Backward(told) {
			if !other.Undone && other.by == n.by && other.Topic == n.Topic && other.Record.Kind == n.Record.Kind && other.Record.ID == n.Record.ID {
				return slices.Delete(told, i, i+1)
			}
		}
	}
	return append(told, n)
}

// noticeText is what the news say to user, a line for each piece, and the card of one that asks something.
func (b *Bot) noticeText(told []byNews, user crm.Actor) (lines []string, card *chat.Card) {
	now := b.now().UTC()
	for _, news := range told {
		v := b.news(news.by, news.News, user, now)
		if news.Topic == action.ShareAsked {
			v.Day = now.Format(time.DateOnly)
			card = b.shareCard(v)
		}
		name := "notice_" + string(news.Topic)
		if news.Undone {
			name = "notice_undone"
			v.What = b.say("undone_"+string(news.Topic), v)
		}
		if line := b.say(name, v); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, card
}

// newsTelling is what the text of a piece of news is made from.
type newsTelling struct {
	action.News
	By     string
	What   string // with Undone: what was taken back
	Name   string // of the record
	Number int64
	Kind   string // of the record, as people call it
	Called string // kind and name: 客户 上海云帆科技; the name alone where it says the kind
	Short  string // what to call the customer: 云帆
	Line   string // the changes in one line
	When   string // of a reminder, by the reader's clock
	Day    string // of a task, by the reader's clock
}

func (b *Bot) news(by string, n action.News, reader crm.Actor, now time.Time) newsTelling {
	who := teller{actor: reader, now: now}
	v := newsTelling{News: n, By: by, Name: n.Record.Name, Number: n.Record.ID, Kind: n.Record.Kind.Chinese(),
		Line: b.telling(who, action.Result{Record: n.Record, Changes: n.Changes}).Line}
	customer := n.Customer
	if n.Record.Kind == crm.KindCustomer {
		customer = n.Record.Name
	}
	v.Short = crm.BrandName(customer)
	v.Called = v.Kind + " " + v.Name
	if strings.HasSuffix(v.Name, v.Kind) {
		v.Called = " " + v.Name
	}
	if !n.At.IsZero() {
		v.When = crm.SayTime(n.At, now, reader.Location())
	}
	if day, err := time.Parse(time.DateOnly, n.Due); err == nil {
		v.Day = crm.SayDay(day, now.In(reader.Location()))
	}
	return v
}
