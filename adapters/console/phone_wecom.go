package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	chats = append(chats, p.servicerChats(user, names)...)
	return append(chats, p.contactChats(user, names)...), nil
}

func weComBubble(b wecomtest.Bubble, user string, names map[string]string) Bubble {
	out := Bubble{ID: b.ID, At: b.At, Mine: b.From == user, From: names[b.From], Text: b.Text, Writing: b.Writing, Recalled: b.Recalled}
	out.Marked = slices.Contains(weComMarked, b.Kind)
	if b.From != "" {
		out.Kind = weComKinds[b.Kind]
	}
	if b.Title != "" {
		out.Text, out.Marked = "**"+b.Title+"**\n"+b.Text, true
	}
	if b.File != nil {
		out.File = b.File.Name
	}
	if b.Card != nil {
		out.Card = weComCard(b.Card)
		out.Card.Status = b.Greyed
		out.Card.State = weComState(b)
		for _, one := range b.Card.Buttons {
			out.Buttons = append(out.Buttons, Button{Key: one.Key, Text: one.Text, Style: weComStyle(one.Style), Off: b.Greyed != ""})
		}
	}
	return out
}

// weComMarked are the kinds of messages whose text is Markdown.
var weComMarked = []string{"markdown", "markdown_v2", "stream", "stream_with_template_card"}

// weComKinds are the messages that show an icon.
var weComKinds = map[string]string{"voice": "voice", "image": "image", "file": "file", "emotion": "sticker"}

// weComState reads a card's stage of life as a person does: from its buttons, else from its words, for the
// platform has no field for it.
func weComState(b wecomtest.Bubble) string {
	c := b.Card
	if len(c.Buttons) > 0 && b.Greyed == "" {
		return "pending"
	}
	words := b.Greyed
	if c.MainTitle != nil {
		words += c.MainTitle.Title + c.MainTitle.Desc
	}
	for _, one := range []struct{ word, state string }{
		{"取代", "superseded"}, {"新的卡片", "superseded"}, {"过期", "expired"}, {"已取消", "cancelled"}, {"处理中", "working"}, {"已撤销", "undone"},
	} {
		if strings.Contains(words, one.word) {
			return one.state
		}
	}
	return "done"
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

// weComStyle turns the platform's number of a button style (1 filled, 2 outlined, 3 red) into ours.
func weComStyle(style int) string {
	switch style {
	case 1:
		return "primary"
	case 3:
		return "danger"
	}
	return ""
}

func (p weComPhones) Say(user, chat, text string) error {
	switch {
	case strings.HasPrefix(chat, servicerPrefix):
		return p.serve(user, chat, text)
	case strings.HasPrefix(chat, contactPrefix):
		return contactSay(p.s, user, chat, text)
	case chat == helperChat:
		return &Refusal{Sentence: "群发助手不聊天，点「发送」就发给客户"}
	}
	_, err := p.s.Say(user, text, wecomtest.Options{Group: chat})
	return p.refusal(err)
}

// refusal says why the platform does not let a person do something.
func (p weComPhones) refusal(err error) error {
	switch {
	case errors.Is(err, wecomtest.ErrBusy):
		return &Refusal{"前三句还没答完，企业微信要等它答了才让再发", err}
	case errors.Is(err, wecomtest.ErrUndelivered):
		return &Refusal{"企业微信不把这种消息交给机器人，它什么也没收到", err}
	case errors.Is(err, wecomtest.ErrNobody):
		return &Refusal{"这个按钮已经不在了", err}
	case err == nil && !p.s.Connected():
		return &Refusal{"机器人还没连上企业微信，这句丢了，稍后再发", wecomtest.ErrOffline}
	}
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
		return &Refusal{Sentence: fmt.Sprintf("企业微信没有「%s」这种消息", kind)}
	}
	return p.refusal(err)
}

func (p weComPhones) Tap(user, chat, bubble, key string) error {
	if strings.HasPrefix(chat, servicerPrefix) {
		return p.manage(user, chat, key)
	}
	if chat == helperChat {
		return kfRefusal(p.s.GroupConfirm(user, bubble))
	}
	for _, b := range p.s.View(user) {
		if b.ID == bubble && b.Card != nil {
			_, err := p.s.Tap(user, b.Card.TaskID, key)
			return p.refusal(err)
		}
	}
	return p.refusal(wecomtest.ErrNobody)
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
