package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gendan/adapters/wecom/wecomtest"
)

// Customers are the phones of people in WeChat who write to a customer service account of a simulated WeCom.
func Customers(s *wecomtest.Server) Phones { return kfPhones{s} }

type kfPhones struct{ s *wecomtest.Server }

func (kfPhones) Name() string  { return "kf" }
func (kfPhones) Title() string { return "微信" }

func (p kfPhones) People() []Person {
	var all []Person
	for _, one := range p.s.Customers() {
		all = append(all, Person{ID: one.ID, Name: one.Name, Job: "客户"})
	}
	return all
}

func (p kfPhones) Screen(user string) ([]Chat, error) {
	names := p.colleagues()
	var chats []Chat
	for i, a := range p.s.KFAccounts() {
		c := Chat{ID: a.OpenKFID, Title: a.Name}
		if i == 0 {
			c.ID = ""
		}
		for _, b := range p.s.KFView(a.OpenKFID, user) {
			shown := kfBubble(b, names)
			shown.Mine = b.From == user
			if !shown.Mine && shown.From == "" {
				shown.From = a.Name // customers are not told who of us is a machine
			}
			c.Bubbles = append(c.Bubbles, shown)
		}
		chats = append(chats, c)
	}
	return append(chats, p.friends(user, names)...), nil
}

func (p kfPhones) colleagues() map[string]string {
	names := map[string]string{}
	for _, one := range p.s.People() {
		names[one.UserID] = one.Name
	}
	return names
}

// kfBubble is a message of customer service; names are those of who may have written it.
func kfBubble(b wecomtest.Bubble, names map[string]string) Bubble {
	out := Bubble{ID: b.ID, At: b.At, From: names[b.From], Text: b.Text, Recalled: b.Recalled}
	if b.From != "" {
		out.Kind = weComKinds[b.Kind]
	}
	if b.Recalled {
		out.Text, out.Kind = "撤回了一条消息", ""
		return out
	}
	if b.Title != "" {
		out.Text = strings.TrimSpace(b.Title + "\n" + b.Text)
	}
	if b.File != nil {
		out.File = b.File.Name
		if b.Kind != "file" {
			out.Kind = weComKinds[b.Kind]
		}
	}
	if b.Menu != nil {
		out.Text = b.Menu.Head
		if b.Menu.Tail != "" {
			out.Card = &Card{Note: b.Menu.Tail, State: "pending"}
		}
		for i := range b.Menu.List {
			one := &b.Menu.List[i]
			if one.Click != nil {
				out.Buttons = append(out.Buttons, Button{Key: one.Click.ID, Text: one.Click.Content})
				continue
			}
			out.Text = strings.TrimSpace(out.Text + "\n" + one.Words())
		}
	}
	return out
}

func (p kfPhones) Say(user, chat, text string) error {
	if strings.HasPrefix(chat, contactPrefix) {
		return contactSay(p.s, user, chat, text)
	}
	_, err := p.s.KFSay(chat, user, text)
	return kfRefusal(err)
}

// kfRefusal says why the platform does not let a person do something.
func kfRefusal(err error) error {
	switch {
	case errors.Is(err, wecomtest.ErrUndelivered):
		return &Refusal{"微信客服现在不让这样做：会话不在你手里，或者过了时间", err}
	case errors.Is(err, wecomtest.ErrNobody):
		return &Refusal{"这条消息或按钮已经不在了", err}
	}
	return err
}

func (p kfPhones) Send(user, kind, content string) (err error) {
	switch kind {
	case "image":
		_, err = p.s.KFSend("", user, "image", "picture.png", onePixel)
	case "file":
		_, err = p.s.KFSend("", user, "file", content, []byte("%PDF-1.4\n"))
	case "voice":
		_, err = p.s.KFSend("", user, "voice", "voice.amr", []byte("#!AMR\nvoice"))
	case "record":
		var said []wecomtest.KFLine
		for i, l := range strings.Split(content, "\n") {
			name, text, ok := strings.Cut(strings.Replace(l, "：", ":", 1), ":")
			if !ok {
				name, text = []string{"张工", "李工"}[i%2], l
			}
			if text = strings.TrimSpace(text); text != "" {
				said = append(said, wecomtest.KFLine{Name: strings.TrimSpace(name), Text: text, At: p.s.Now()})
			}
		}
		_, err = p.s.KFForward("", user, "群聊的聊天记录", said)
	default:
		return &Refusal{Sentence: fmt.Sprintf("微信客服没有「%s」这种消息", kind)}
	}
	return kfRefusal(err)
}

func (p kfPhones) Tap(user, chat, bubble, key string) error {
	_, err := p.s.KFTap(chat, user, bubble, key)
	return kfRefusal(err)
}

// Open scans the code on the demo's stand: the scene is where the customer comes from.
func (p kfPhones) Open(user string) error {
	_, err := p.s.KFEnter("", user, "demo", "演示台")
	return kfRefusal(err)
}

func (p kfPhones) Last() uint64 { return uint64(p.s.LastSeq()) }

func (p kfPhones) Wait(ctx context.Context, after uint64) error {
	_, err := p.s.Await(ctx, int64(after), func(e wecomtest.Entry) bool {
		return (e.Door == wecomtest.DoorKF || e.Door == wecomtest.DoorContact) && e.Kind != wecomtest.KindCallback
	})
	return err
}

// Wire is empty: customer service goes over WeCom's wire, which shows it.
func (kfPhones) Wire(int) []Line { return nil }
