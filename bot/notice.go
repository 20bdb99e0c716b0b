package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// kindNotice is an outbox row that tells a colleague what somebody else did to what is theirs.
const kindNotice = action.KindNotice

// ringNotice makes the one message that tells a colleague of a run.
func (b *Bot) ringNotice(ctx context.Context, c store.OutboxClaim) ([]chat.Reply, error) {
	var n action.Notice
	if err := json.Unmarshal(c.Payload, &n); err != nil {
		return nil, fmt.Errorf("notice %s: %w", c.Key, err)
	}
	user, err := b.store.UserByID(ctx, crm.UserID(c.Subject))
	if err != nil {
		return nil, err
	}
	peer, err := b.door(ctx, user.UserID)
	if err != nil {
		return nil, err
	}
	now := b.now().UTC()
	var lines []string
	var card *chat.Card
	for _, news := range n.News {
		v := b.news(n.By, news, user, now)
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
	if len(lines) == 0 {
		return nil, nil
	}
	return []chat.Reply{{Key: c.Key + ":told", To: chat.PeerID(peer), Text: strings.Join(lines, "\n"), Card: card}}, nil
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
