package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gendan/adapters/dingtalk/dingtalktest"
)

// DingTalk are the phones of the people of a simulated DingTalk.
func DingTalk(s *dingtalktest.Server) Phones { return dingTalkPhones{s} }

type dingTalkPhones struct{ s *dingtalktest.Server }

func (dingTalkPhones) Name() string  { return "dingtalk" }
func (dingTalkPhones) Title() string { return "钉钉" }

func (p dingTalkPhones) People() []Person {
	var all []Person
	for _, one := range p.s.People() {
		all = append(all, Person{ID: one.UserID, Name: one.Name, Job: one.Title})
	}
	return all
}

func (p dingTalkPhones) Screen(user string) ([]Chat, error) {
	screen, err := p.s.View(user)
	if err != nil {
		return nil, err
	}
	var chats []Chat
	for _, c := range screen.Chats {
		shown := Chat{ID: c.ID, Title: c.Title, Group: c.Group}
		if !c.Group {
			shown.ID = ""
		}
		for _, b := range c.Bubbles {
			shown.Bubbles = append(shown.Bubbles, dingTalkBubble(b, user))
		}
		chats = append(chats, shown)
	}
	return chats, nil
}

func dingTalkBubble(b dingtalktest.Bubble, user string) Bubble {
	out := Bubble{ID: b.ID, At: b.At, Mine: b.From == user, Text: b.Text, Recalled: b.Recalled}
	if b.From != dingtalktest.Robot {
		out.From, out.Kind = b.FromName, dingTalkKinds[b.MsgType]
	}
	out.Marked = b.MsgType == "markdown" || b.MsgType == "card"
	if b.File != nil {
		out.File = b.File.Name
	}
	for _, l := range b.Links {
		if l.Sends != "" {
			out.Buttons = append(out.Buttons, Button{Key: "dtmd:" + l.Sends, Text: l.Text})
			out.Text = strings.Replace(out.Text, "["+l.Text+"]("+l.URL+")", "", 1)
		}
	}
	if b.Card != nil {
		d := b.Card.Data
		out.Card = &Card{Title: d["title"], Body: strings.TrimSpace(d["body"] + "\n" + d["body2"] + "\n" + d["body3"]), Note: d["note"], Status: d["status"], State: d["state"]}
		out.Text = ""
		for _, one := range b.Buttons {
			out.Buttons = append(out.Buttons, Button{Key: one.ID, Text: one.Text, Style: dingTalkStyle(one.Style), Off: one.Disabled})
		}
	}
	return out
}

// dingTalkKinds are the messages that show an icon.
var dingTalkKinds = map[string]string{"audio": "voice", "picture": "image", "file": "file", "unknownMsgType": "sticker"}

func dingTalkStyle(style string) string {
	switch style {
	case "blue":
		return "primary"
	case "red":
		return "danger"
	}
	return ""
}

func (p dingTalkPhones) Say(user, chat, text string) error {
	o := dingtalktest.Say{Group: chat}
	if chat != "" {
		o.At = []string{dingtalktest.Robot}
	}
	return dingTalkRefusal(p.s.Say(user, text, o))
}

// dingTalkRefusal says what became of a message that nobody got.
func dingTalkRefusal(sent dingtalktest.Sent, err error) error {
	switch {
	case err != nil:
		return &Refusal{"钉钉不让这么发：" + strings.TrimPrefix(err.Error(), "dingtalktest: "), err}
	case !sent.Pushed:
		return &Refusal{"机器人还没连上钉钉，它连上后会收到这句", nil}
	}
	return nil
}

func (p dingTalkPhones) Send(user, kind, content string) error {
	var none dingtalktest.Say
	var sent dingtalktest.Sent
	var err error
	switch kind {
	case "voice":
		sent, err = p.s.Send(user, "audio", map[string]any{"recognition": content, "duration": 3000}, none)
	case "image":
		sent, err = p.s.Send(user, "picture", map[string]any{"downloadCode": p.s.AddFile("picture.png", onePixel)}, none)
	case "file":
		sent, err = p.s.Send(user, "file", map[string]any{"fileName": content, "downloadCode": p.s.AddFile(content, []byte("%PDF-1.4\n"))}, none)
	case "record":
		sent, err = p.s.Send(user, "chatRecord", dingtalktest.ChatRecord([2]string{"王总", content}), none)
	case "sticker":
		sent, err = p.s.Send(user, "unknownMsgType", map[string]any{"unknownMsgType": "用户发送了一条消息，机器人暂不支持接收。"}, none)
	default:
		err = fmt.Errorf("no %q on this phone", kind)
	}
	return dingTalkRefusal(sent, err)
}

// onePixel is the smallest picture: a transparent PNG of one pixel.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

func (p dingTalkPhones) Tap(user, chat, bubble, key string) error {
	if link, ok := strings.CutPrefix(key, "dtmd:"); ok {
		return dingTalkRefusal(p.s.Dtmd(user, chat, bubble, link))
	}
	bubbles, err := p.s.Bubbles(user, chat)
	if err != nil {
		return err
	}
	for _, b := range bubbles {
		if b.ID != bubble || b.Card == nil {
			continue
		}
		did, err := p.s.Tap(user, b.Card.OutTrackID, key, nil)
		switch {
		case errors.Is(err, dingtalktest.ErrNoButton):
			return &Refusal{"这个按钮已经不在了", err}
		case err == nil && !did.Answered:
			return &Refusal{"机器人没有及时回应这个按钮，请再按一次", nil}
		}
		return err
	}
	return &Refusal{"这张卡片已经不在了", dingtalktest.ErrNoButton}
}

// Open does nothing: DingTalk tells a robot nothing about an opened chat.
func (p dingTalkPhones) Open(string) error { return nil }

func (p dingTalkPhones) Last() uint64 { return p.s.Last() }

func (p dingTalkPhones) Wait(ctx context.Context, after uint64) error {
	_, err := p.s.Next(ctx, after, dingtalktest.Filter{})
	return err
}
