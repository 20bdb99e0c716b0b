package console

import (
	"strings"

	"gendan/adapters/wecom/wecomtest"
)

// A colleague has customers among their WeChat contacts: each is a chat of the two, which the bot does not see. What the bot
// wants a customer to read waits in the group-send helper for the colleague's tap.

const (
	contactPrefix = wecomtest.DoorContact + ":"
	helperChat    = "contact-tasks"
)

// contactChats are the group-send helper of user, and the chats with customers in which something was said.
func (p weComPhones) contactChats(user string, names map[string]string) (chats []Chat) {
	customers := map[string]string{}
	for _, c := range p.s.Customers() {
		customers[c.ID] = c.Name
	}
	if tasks := p.s.GroupTasks(user); len(tasks) > 0 {
		helper := Chat{ID: helperChat, Title: "群发助手", Desk: true, Phrases: []string{}}
		for _, t := range tasks {
			helper.Bubbles = append(helper.Bubbles, groupTask(t, customers))
		}
		chats = append(chats, helper)
	}
	for _, f := range p.s.Follows() {
		if f.UserID != user {
			continue
		}
		if seen := p.s.ContactView(user, f.Customer); len(seen) > 0 {
			c := Chat{ID: seen[0].Chat, Title: "微信 · " + customers[f.Customer], Desk: true, Phrases: []string{"好的", "我帮您看一下"}}
			for _, b := range seen {
				c.Bubbles = append(c.Bubbles, contactBubble(b, user, customers, names))
			}
			chats = append(chats, c)
		}
	}
	return chats
}

// contactBubble is a message between a colleague and a customer as reader sees it.
func contactBubble(b wecomtest.Bubble, reader string, customers, names map[string]string) Bubble {
	out := kfBubble(b, names)
	out.Mine, out.Kind = b.From == reader, ""
	if name := customers[b.From]; name != "" {
		out.From = name
	}
	if b.URL != "" {
		out.Text = strings.TrimSpace(out.Text + "\n" + b.URL)
	}
	return out
}

// groupStates are what became of a task for a customer.
var groupStates = map[int]string{wecomtest.GroupSent: "已送达", wecomtest.GroupNoFriend: "对方已不是好友", wecomtest.GroupTooMany: "对方本月群发已满"}

// groupTask is a task with its tap.
func groupTask(t wecomtest.GroupTask, customers map[string]string) Bubble {
	var to []string
	for _, id := range t.Customers {
		name := customers[id]
		if state := groupStates[t.Status[id]]; state != "" {
			name += "（" + state + "）"
		}
		to = append(to, name)
	}
	out := Bubble{ID: t.ID, At: t.At, From: "群发助手", Card: &Card{Title: "发给" + strings.Join(to, "、"), Body: t.Text, Note: "企业请你发送，点了客户才收到", State: "pending"}}
	if t.Reminded > 0 {
		out.Card.Note = "管理员提醒你发送"
	}
	switch {
	case !t.Done.IsZero():
		out.Card.State, out.Card.Status, out.Card.Note = "done", "已发送", ""
	case t.Stopped:
		out.Card.State, out.Card.Status, out.Card.Note = "cancelled", "已撤回", ""
	default:
		out.Buttons = []Button{{Key: "confirm", Text: "发送", Style: "primary"}}
	}
	return out
}

// friends are the chats of a customer with colleagues in which something was said.
func (p kfPhones) friends(user string, names map[string]string) (chats []Chat) {
	for _, f := range p.s.Follows() {
		if f.Customer != user {
			continue
		}
		seen := p.s.ContactView(f.UserID, user)
		if len(seen) == 0 {
			continue
		}
		c := Chat{ID: seen[0].Chat, Title: names[f.UserID], Desk: true, Phrases: []string{"好的，谢谢", "多少钱？"}}
		for _, b := range seen {
			c.Bubbles = append(c.Bubbles, contactBubble(b, user, nil, names))
		}
		chats = append(chats, c)
	}
	return chats
}

// contactSay types a text in the chat of a colleague with a customer; from is the one whose phone it is.
func contactSay(s *wecomtest.Server, from, chat, text string) error {
	user, customer, _ := strings.Cut(strings.TrimPrefix(chat, contactPrefix), "/")
	return kfRefusal(s.ContactSay(from, user, customer, text))
}
