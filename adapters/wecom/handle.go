package wecom

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
)

// door is a way in and out of WeCom.
type door string

const (
	botDoor door = "bot"
	appDoor door = "app"
)

// What a handle answers.
const (
	toMessage = "msg"
	toEnter   = "enter"
	toTap     = "tap"
)

// handle is what [chat.Message.AnswerTo] holds: enough to answer that message by the door it came through.
type handle struct {
	Door    door   `json:"door"`
	To      string `json:"to"`             // toMessage, toEnter or toTap
	At      int64  `json:"at"`             // when it was received, Unix milliseconds
	ReqID   string `json:"req,omitempty"`  // bot
	Session string `json:"conn,omitempty"` // bot: the connection it came on
	Card    string `json:"card,omitempty"` // toTap: the card's task_id
	Code    string `json:"code,omitempty"` // app, toTap: the response_code, good once
}

func (h handle) raw() json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // a struct of strings and a number
	}
	return b
}

// parseHandle reads an AnswerTo; the zero handle for none or one that is not ours.
func parseHandle(raw json.RawMessage) handle {
	var h handle
	if len(raw) > 0 && json.Unmarshal(raw, &h) != nil {
		return handle{}
	}
	return h
}

// age is how long ago the message was received.
func (h handle) age(now time.Time) time.Duration {
	return now.Sub(time.UnixMilli(h.At))
}

const (
	personPrefix = Name + ":p:"
	groupPrefix  = Name + ":g:"
	peerPrefix   = Name + ":"
)

func personID(user string) chat.PeerID            { return chat.PeerID(peerPrefix + user) }
func personChat(user string) chat.ConversationID  { return chat.ConversationID(personPrefix + user) }
func groupChat(chatID string) chat.ConversationID { return chat.ConversationID(groupPrefix + chatID) }
func itoa(n int) string                           { return strconv.Itoa(n) }
func atoi(s string) int64                         { n, _ := strconv.ParseInt(s, 10, 64); return n }
func unixOr(sec int64, now time.Time) (t time.Time) {
	if sec <= 0 {
		return now.UTC()
	}
	return time.Unix(sec, 0).UTC()
}

// target is where a reply goes.
type target struct {
	user string // userid, also of the person answered in a group
	chat string // chatid of a group, "" for 1:1
}

// targetOf reads where r goes; ok is false when it names nobody of WeCom.
func targetOf(r chat.Reply) (t target, ok bool) {
	t.user, _ = strings.CutPrefix(string(r.To), peerPrefix)
	if !strings.HasPrefix(string(r.To), peerPrefix) {
		t.user = ""
	}
	if id, found := strings.CutPrefix(string(r.Conversation), groupPrefix); found {
		t.chat = id
	} else if id, found := strings.CutPrefix(string(r.Conversation), personPrefix); found {
		t.user = id
	}
	return t, t.user != "" || t.chat != ""
}

// key names the conversation of t in budgets.
func (t target) key() string {
	if t.chat != "" {
		return "g:" + t.chat
	}
	return "p:" + t.user
}
