package wecom

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"gendan/bot/chat"
)

const (
	kfPageMost   = 1000             // messages a pull, the platform's most
	kfWindow     = 48 * time.Hour   // how long after a customer's message we may write
	kfGreetSpan  = 20 * time.Second // life of a welcome code and of the code at a session's end
	kfPoolSpan   = 48 * time.Hour   // life of a code at the entry to the queue or out of it
	kfAhead      = 48 * time.Hour   // a message of later than that was sent now
	kfGreetSpare = 2 * time.Second  // what the way to the platform may take
)

// The origins of a message in a page (kf/sync_msg).
const (
	kfByCustomer = 3
	kfBySystem   = 4
	kfByServicer = 5
)

// kfPage is an answer of kf/sync_msg. The messages are read one by one, so that one that is damaged leaves the
// others whole.
type kfPage struct {
	Next    string            `json:"next_cursor"`
	HasMore int               `json:"has_more"`
	List    []json.RawMessage `json:"msg_list"`
}

// kfMessage is one entry of a page.
type kfMessage struct {
	ID       string          `json:"msgid"`
	Account  string          `json:"open_kfid"`
	Customer string          `json:"external_userid"`
	SendTime int64           `json:"send_time"`
	Origin   int             `json:"origin"`
	Servicer string          `json:"servicer_userid"`
	Type     string          `json:"msgtype"`
	Body     json.RawMessage `json:"-"` // the object named like the type
}

// kfContent has the fields of all kinds of content that we read.
type kfContent struct {
	Content string `json:"content"`
	MenuID  string `json:"menu_id"`
	MediaID string `json:"media_id"`
	Name    string `json:"name"`
	Address string `json:"address"`
	Title   string `json:"title"`
	Desc    string `json:"desc"`
	URL     string `json:"url"`
	UserID  string `json:"userid"`
	Head    string `json:"head_content"`
	Tail    string `json:"tail_content"`
	List    []struct {
		Click *struct{ Content string } `json:"click"`
		View  *struct{ Content string } `json:"view"`
	} `json:"list"`
	OrderID  string `json:"order_id"`
	Products string `json:"product_titles"`
	Nickname string `json:"nickname"`
}

// kfEvent has the fields of all events.
type kfEvent struct {
	Type       string `json:"event_type"`
	Account    string `json:"open_kfid"`
	Customer   string `json:"external_userid"`
	Scene      string `json:"scene"`
	SceneParam string `json:"scene_param"`
	Welcome    string `json:"welcome_code"`
	Channels   struct {
		Nickname     string `json:"nickname"`
		ShopNickname string `json:"shop_nickname"`
	} `json:"wechat_channels"`
	FailID      string `json:"fail_msgid"`
	FailType    int    `json:"fail_type"`
	Servicer    string `json:"servicer_userid"`
	Status      int    `json:"status"`
	ChangeType  int    `json:"change_type"`
	OldServicer string `json:"old_servicer_userid"`
	NewServicer string `json:"new_servicer_userid"`
	Code        string `json:"msg_code"`
	RecallID    string `json:"recall_msgid"`
	Reject      int    `json:"reject_switch"`
}

// kfHandle is what [chat.Message.AnswerTo] of a customer's message holds.
type kfHandle struct {
	To    string `json:"to"`              // toMessage, toEnter or toEvent
	Code  string `json:"code,omitempty"`  // of kf/send_msg_on_event, good once
	Until int64  `json:"until,omitempty"` // Unix seconds: the code's end
}

// toEvent marks the handle of an event that the platform lets us answer.
const toEvent = "event"

func (h kfHandle) raw() json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings and a number
	}
	return b
}

// kfDecode reads one entry of account's page. ok is false for what cannot be told to anybody: it has no message
// id, or belongs to no customer. What is of no known kind, or damaged inside, comes as [chat.Unsupported].
func kfDecode(account string, raw json.RawMessage, now time.Time) (m chat.Message, ok bool) {
	var k kfMessage
	_ = json.Unmarshal(raw, &k) // a field of another type than documented leaves the others read
	if k.ID == "" || len(k.ID) > 256 || strings.ContainsRune(k.ID, 0) {
		return m, false
	}
	if k.SendTime > now.Add(kfAhead).Unix() {
		k.SendTime = 0
	}
	m = chat.Message{Platform: KFName, ID: k.ID, SentAt: unixOr(k.SendTime, now)}
	if k.Type != "" {
		var all map[string]json.RawMessage
		if json.Unmarshal(raw, &all) == nil {
			k.Body = all[k.Type]
		}
	}
	if k.Type == "event" {
		return m, kfReadEvent(&m, account, &k)
	}
	if !kfID(k.Customer) {
		return m, false
	}
	kfAt(&m, account, k.Customer)
	if k.Origin == kfByServicer {
		m.By = personID(k.Servicer)
	}
	m.AnswerTo = kfHandle{To: toMessage}.raw()
	kfReadContent(&m, &k, raw)
	return m, true
}

// kfAt puts m into the conversation with customer.
func kfAt(m *chat.Message, account, customer string) {
	peer := kfPeer(account, customer)
	m.From, m.Conversation = chat.PeerID(peer), chat.ConversationID(peer)
}

// kfReadContent fills m with what was said.
func kfReadContent(m *chat.Message, k *kfMessage, raw json.RawMessage) {
	var c kfContent
	bad := json.Unmarshal(k.Body, &c) != nil
	media := func(kind chat.Kind, name string) {
		m.Kind = kind
		if c.MediaID == "" {
			bad = true
			return
		}
		m.Files = []chat.Attachment{{Kind: kind, Name: name, Handle: fileHandle{Door: appDoor, Media: c.MediaID}.raw()}}
	}
	switch k.Type {
	case "text":
		m.Kind, m.Text = chat.Text, strings.TrimSpace(c.Content)
		if card, button, ok := kfTapped(c.MenuID); ok && m.By == "" {
			m.Kind, m.Tap = chat.TapKind, &chat.Tap{Card: card, Button: button}
		}
	case "image":
		media(chat.Image, "")
	case "voice":
		media(chat.Voice, "voice.amr")
	case "video":
		media(chat.Video, "")
	case "file":
		media(chat.File, c.Name)
	case "location":
		m.Kind, m.Text = chat.Location, lines(c.Name, c.Address)
	case "link":
		m.Kind, m.Text = chat.Link, lines(c.Title, c.Desc, c.URL)
	case "msgmenu":
		m.Kind, m.Text = chat.Text, kfMenuText(&c)
	case "channels_shop_product", "channels", "miniprogram":
		m.Kind, m.Text = chat.Link, lines(c.Title, c.Nickname)
	case "channels_shop_order":
		m.Kind, m.Text = chat.Link, lines(c.OrderID, c.Products)
	case "merged_msg":
		m.Kind, m.Text = chat.Record, strings.TrimSpace(c.Title)
		if !bad {
			m.Raw = kfRecord(k.Body)
			return
		}
	default:
		bad = true
	}
	if bad {
		m.Kind, m.Text, m.Files, m.Tap = chat.Unsupported, k.Type, nil, nil
		m.Raw = kfKept(raw)
	}
	m.Text = strings.ReplaceAll(strings.ToValidUTF8(m.Text, ""), "\x00", "")
}

// kfRecord is a forwarded chat record as the reader of records knows it.
func kfRecord(body json.RawMessage) json.RawMessage {
	return json.RawMessage(`{"msgtype":"merged_msg","merged_msg":` + string(body) + `}`)
}

// kfKept is raw as it may be kept: whatever it is, but not without end.
func kfKept(raw json.RawMessage) json.RawMessage {
	const most = 64 << 10
	if len(raw) <= most && json.Valid(raw) {
		return raw
	}
	b, err := json.Marshal(strings.ToValidUTF8(string(raw[:min(len(raw), most)]), ""))
	if err != nil {
		return nil
	}
	return b
}

// kfMenuText is a menu that a colleague sent, as text.
func kfMenuText(c *kfContent) string {
	parts := []string{c.Head}
	for _, e := range c.List {
		switch {
		case e.Click != nil:
			parts = append(parts, e.Click.Content)
		case e.View != nil:
			parts = append(parts, e.View.Content)
		}
	}
	return lines(append(parts, c.Tail)...)
}

// kfReadEvent fills m from an event; false for one that says nothing.
func kfReadEvent(m *chat.Message, account string, k *kfMessage) bool {
	var e kfEvent
	if json.Unmarshal(k.Body, &e) != nil || e.Type == "" {
		return false
	}
	if e.Type == "servicer_status_change" {
		if !kfID(e.Servicer) {
			return false
		}
		m.From, m.Conversation = personID(e.Servicer), chat.ConversationID(kfPrefix+account)
		return kfTell(m, chat.Event{Type: chat.EventDuty, On: e.Status == 1})
	}
	customer := orElse(e.Customer, k.Customer)
	if !kfID(customer) {
		return false
	}
	kfAt(m, account, customer)
	switch e.Type {
	case "enter_session":
		return kfEntered(m, &e)
	case "msg_send_fail":
		f := kfFailures[e.FailType]
		return kfTell(m, chat.Event{Type: chat.EventFailed, Message: kfFirst(e.FailID), Code: itoa(e.FailType), Advice: orElse(f, kfFailures[0])})
	case "session_status_change":
		return kfMoved(m, &e)
	case "user_recall_msg", "servicer_recall_msg":
		if e.Type == "servicer_recall_msg" {
			m.By = personID(e.Servicer)
		}
		return kfTell(m, chat.Event{Type: chat.EventRecalled, Message: chat.MessageID(e.RecallID)})
	case "reject_customer_msg_switch_change":
		m.By = personID(e.Servicer)
		return kfTell(m, chat.Event{Type: chat.EventRefused, On: e.Reject == 1})
	}
	return false
}

// kfTell makes m the event e.
func kfTell(m *chat.Message, e chat.Event) bool {
	raw, err := json.Marshal(e)
	m.Kind, m.Raw = chat.EventKind, raw
	return err == nil
}

// kfEntered is a customer who opened the chat by a link.
func kfEntered(m *chat.Message, e *kfEvent) bool {
	entry := chat.Entry{Scene: e.Scene, SceneParam: e.SceneParam, Channel: orElse(e.Channels.Nickname, e.Channels.ShopNickname)}
	if plain, err := url.QueryUnescape(e.SceneParam); err == nil {
		entry.SceneParam = plain
	}
	if e.Welcome != "" {
		entry.Greeting, entry.Until = true, m.SentAt.Add(kfGreetSpan).Unix()
		m.AnswerTo = kfHandle{To: toEnter, Code: e.Welcome, Until: entry.Until}.raw()
	}
	raw, err := json.Marshal(entry)
	m.Kind, m.Raw = chat.Enter, raw
	return err == nil
}

// kfMoved is a change of the session that a colleague or the platform made.
func kfMoved(m *chat.Message, e *kfEvent) bool {
	ev := chat.Event{Type: chat.EventSession, To: chat.ToPerson}
	if e.OldServicer != "" {
		ev.Old = personID(e.OldServicer)
	}
	if e.NewServicer != "" {
		ev.New = personID(e.NewServicer)
	}
	span := kfPoolSpan
	switch e.ChangeType {
	case 1:
		ev.Change = "taken"
	case 2:
		ev.Change = "moved"
	case 3:
		ev.Change, ev.To, span = "ended", chat.ToEnd, kfGreetSpan
	case 4:
		ev.Change = "reopened"
	default:
		return false
	}
	if e.Code != "" {
		m.AnswerTo = kfHandle{To: toEvent, Code: e.Code, Until: m.SentAt.Add(span).Unix()}.raw()
	}
	return kfTell(m, ev)
}

// kfFailures are the reasons of msg_send_fail, for whoever looks after the customer.
var kfFailures = map[int]string{
	0:  "微信没有说明原因，请在企业微信客服窗口里看看这位客户的会话。",
	1:  "客服账号已被删除，请在管理后台「微信客服」里检查。",
	2:  "应用已被关闭，请在管理后台重新启用。",
	4:  "客户超过 48 小时没有来信，请等他再发消息，或者打电话。",
	5:  "会话已经结束，请等客户再发消息，或者打电话。",
	6:  "客户来信后已经回满 5 条，请等他再发消息。",
	8:  "企业还没有完成认证，请在管理后台认证。",
	10: "客户拒收了消息，请换电话联系。",
	11: "没有成员登录企业微信，消息发不出去，请有人登录。",
	12: "这种消息不能发给客户，请换成文字。",
	13: "触发了微信的安全限制，请换一种说法，或者打电话。",
}
