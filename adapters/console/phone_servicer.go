package console

import (
	"fmt"
	"strings"

	"gendan/adapters/wecom/wecomtest"
)

// A colleague who answers customers sees those who wait in the queue, and the sessions in hand, as chats of the WeCom
// phone: WeCom's own customer service window. Writing to one who waits takes the session up.

const servicerPrefix = "kf:"

func servicerChat(t wecomtest.KFTalk) string {
	return servicerPrefix + t.Account.OpenKFID + "/" + t.Customer.ID
}

// servicerChats are the customer service windows of user.
func (p weComPhones) servicerChats(user string, names map[string]string) (chats []Chat) {
	for _, t := range p.s.KFTalks(user) {
		c := Chat{ID: servicerChat(t), Title: "客服 · " + t.Customer.Name, Desk: true, Phrases: []string{"您好，请讲", "我看一下，请稍等", "问题解决了吗？"}}
		for _, b := range p.s.KFView(t.Account.OpenKFID, t.Customer.ID) {
			shown := kfBubble(b, names)
			shown.Mine = b.From == user
			if b.From == t.Customer.ID {
				shown.From = t.Customer.Name
			}
			shown.Buttons = nil // the customer's
			c.Bubbles = append(c.Bubbles, shown)
		}
		desk := Bubble{ID: "desk", From: "微信客服"}
		if n := len(c.Bubbles); n > 0 {
			desk.At = c.Bubbles[n-1].At
		}
		if t.Session.State == wecomtest.KFPool {
			desk.Card = &Card{Title: t.Customer.Name + "在排队", Body: "回一句就接入了，也可以先接入。", State: "pending"}
			desk.Buttons = []Button{{Key: wecomtest.KFTakeUp, Text: "接入", Style: "primary"}}
		} else {
			desk.Card = &Card{Title: "你在接待" + t.Customer.Name, State: "pending"}
			for _, one := range t.Account.Servicers {
				if one != user {
					desk.Buttons = append(desk.Buttons, Button{Key: wecomtest.KFTransfer + ":" + one, Text: "转给" + names[one]})
				}
			}
			desk.Buttons = append(desk.Buttons, Button{Key: wecomtest.KFEnd, Text: "结束会话", Style: "danger"})
		}
		c.Bubbles = append(c.Bubbles, desk)
		chats = append(chats, c)
	}
	return chats
}

// talk finds the customer service window that chat names.
func (p weComPhones) talk(user, chat string) (t wecomtest.KFTalk, err error) {
	for _, t := range p.s.KFTalks(user) {
		if servicerChat(t) == chat {
			return t, nil
		}
	}
	return t, &Refusal{Sentence: "这位客户的会话已经不在你手里了"}
}

// serve writes to the customer of a window.
func (p weComPhones) serve(user, chat, text string) error {
	t, err := p.talk(user, chat)
	if err != nil {
		return err
	}
	if t.Session.State == wecomtest.KFPool {
		if err := p.s.KFManage(t.Account.OpenKFID, user, t.Customer.ID, wecomtest.KFTakeUp, ""); err != nil {
			return kfRefusal(err)
		}
	}
	_, err = p.s.KFServe(t.Account.OpenKFID, user, t.Customer.ID, text)
	return kfRefusal(err)
}

// manage presses a button of a window: take, end, or transfer:userid.
func (p weComPhones) manage(user, chat, key string) error {
	t, err := p.talk(user, chat)
	if err != nil {
		return err
	}
	do, to, _ := strings.Cut(key, ":")
	if do != wecomtest.KFTakeUp && do != wecomtest.KFEnd && do != wecomtest.KFTransfer {
		return fmt.Errorf("no button %q", key)
	}
	return kfRefusal(p.s.KFManage(t.Account.OpenKFID, user, t.Customer.ID, do, to))
}
