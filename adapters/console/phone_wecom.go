package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gendan/adapters/wecom/wecomtest"
)

// WeCom are the phones of the people of a simulated WeCom.
func WeCom(s *wecomtest.Server) Phones { return weComPhones{s} }

type weComPhones struct{ s *wecomtest.Server }

func (weComPhones) Name() string  { return "wecom" }
func (weComPhones) Title() string { return "企业微信" }

func (p weComPhones) People() []Person {
	var all []Person
	for _, one := range p.s.People() {
		all = append(all, Person{ID: one.UserID, Name: one.Name, Job: one.Position})
	}
	return all
}

func (p weComPhones) Screen(user string) ([]Chat, error) {
	names := map[string]string{}
	for _, one := range p.s.People() {
		names[one.UserID] = one.Name
	}
	private := Chat{Title: p.s.Config().BotName}
	groups := map[string]*Chat{}
	var order []string
	for _, g := range p.s.Groups() {
		for _, m := range g.Members {
			if m == user {
				groups[g.ChatID] = &Chat{ID: g.ChatID, Title: g.Name, Group: true}
				order = append(order, g.ChatID)
			}
		}
	}
	for _, b := range p.s.View(user) {
		shown := weComBubble(b, user, names)
		if id, ok := strings.CutPrefix(b.Chat, "group:"); ok {
			if g := groups[id]; g != nil {
				g.Bubbles = append(g.Bubbles, shown)
			}
			continue
		}
		private.Bubbles = append(private.Bubbles, shown)
	}
	chats := []Chat{private}
	for _, id := range order {
		chats = append(chats, *groups[id])
	}
	return chats, nil
}

func weComBubble(b wecomtest.Bubble, user string, names map[string]string) Bubble {
	out := Bubble{ID: b.ID, At: b.At, Mine: b.From == user, From: names[b.From], Text: b.Text, Writing: b.Writing, Recalled: b.Recalled}
	if b.Title != "" {
		out.Text = "**" + b.Title + "**\n" + b.Text
	}
	if b.File != nil {
		out.File = b.File.Name
	}
	if b.Card != nil {
		out.Card = weComCard(b.Card)
		out.Card.Status = b.Greyed
		for _, one := range b.Card.Buttons {
			out.Buttons = append(out.Buttons, Button{Key: one.Key, Text: one.Text, Style: weComStyle(one.Style), Off: b.Greyed != ""})
		}
	}
	return out
}

func weComCard(c *wecomtest.Card) *Card {
	card := &Card{Body: c.SubTitle}
	if c.MainTitle != nil {
		card.Title = c.MainTitle.Title
		card.Note = c.MainTitle.Desc
	}
	if c.Quote != nil {
		card.Body = strings.TrimSpace(card.Body + "\n" + c.Quote.QuoteText)
	}
	if c.Emphasis != nil && c.Emphasis.Title != "" {
		card.Status = c.Emphasis.Title
	}
	for _, f := range c.Horizontal {
		card.Fields = append(card.Fields, Field{f.KeyName, f.Value})
	}
	for _, f := range c.Vertical {
		card.Fields = append(card.Fields, Field{f.Title, f.Desc})
	}
	return card
}

// weComStyle turns a button style (1 blue, 2 grey text … 3 red, 4) into ours.
func weComStyle(style int) string {
	switch style {
	case 1:
		return "primary"
	case 2, 3:
		return "danger"
	}
	return ""
}

func (p weComPhones) Say(user, chat, text string) error {
	_, err := p.s.Say(user, text, wecomtest.Options{Group: chat})
	return err
}

func (p weComPhones) Send(user, kind, content string) (err error) {
	switch kind {
	case "voice":
		_, err = p.s.SayVoice(user, content, wecomtest.Options{})
	case "image":
		_, err = p.s.SendImage(user, "picture.png", onePixel, wecomtest.Options{})
	case "file":
		_, err = p.s.SendFile(user, content, []byte("%PDF-1.4\n"), wecomtest.Options{})
	case "record":
		_, err = p.s.Forward(user, content, wecomtest.Options{})
	case "sticker":
		_, err = p.s.Raw(user, "emotion", json.RawMessage(`{}`), wecomtest.Options{})
	default:
		err = fmt.Errorf("console: no %q on a WeCom phone", kind)
	}
	return err
}

func (p weComPhones) Tap(user, _, bubble, key string) error {
	for _, b := range p.s.View(user) {
		if b.ID == bubble && b.Card != nil {
			_, err := p.s.Tap(user, b.Card.TaskID, key)
			return err
		}
	}
	return wecomtest.ErrNobody
}

func (p weComPhones) Open(user string) error {
	_, err := p.s.Enter(user, wecomtest.DoorBot)
	return err
}

func (p weComPhones) Last() uint64 { return uint64(p.s.LastSeq()) }

func (p weComPhones) Wait(ctx context.Context, after uint64) error {
	_, err := p.s.Await(ctx, int64(after), func(wecomtest.Entry) bool { return true })
	return err
}
