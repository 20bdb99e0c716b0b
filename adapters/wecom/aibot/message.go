package aibot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Callback is a message or an event as it came, with the handle that answers it.
type Callback struct {
	ReqID   string          // the platform's handle for answers
	Session string          // the connection it came on; see [Client.Session]
	Message Message         //
	Raw     json.RawMessage // the whole body
}

// Message is the body of a callback. MsgType says which of the parts is set.
type Message struct {
	MsgID      string   `json:"msgid"`
	CreateTime unixTime `json:"create_time"` // Unix seconds; 0 when the platform does not say
	BotID      string   `json:"aibotid"`
	ChatID     string   `json:"chatid"`   // groups only, case-sensitive
	ChatType   string   `json:"chattype"` // "single" or "group"
	From       From     `json:"from"`
	MsgType    string   `json:"msgtype"` // text, mixed, image, voice, file, video, event or something new
	Part
	Quote *Quote `json:"quote"` // what the person answered to; neither its author nor its time is told
	Event *Event `json:"event"`
}

// From is the sender.
type From struct {
	UserID string `json:"userid"`
	CorpID string `json:"corpid"`
}

// Part is the content of a message, of a quote or of an item of a mixed message.
type Part struct {
	Text  *Text  `json:"text"`
	Image *Media `json:"image"`
	Voice *Text  `json:"voice"` // the transcript; there is no sound
	File  *Media `json:"file"`
	Video *Media `json:"video"`
	Mixed *Mixed `json:"mixed"`
}

// Text is a typed text or a transcript.
type Text struct {
	Content string `json:"content"`
}

// Media is a file to fetch with [Files.Fetch] within 5 minutes.
type Media struct {
	URL    string `json:"url"`
	AESKey string `json:"aeskey"` // base64, of this file alone; "" when the file is not encrypted
}

// Mixed is text and pictures in the order they were typed.
type Mixed struct {
	Items []Item `json:"msg_item"`
}

// Item is a part of a mixed message.
type Item struct {
	MsgType string `json:"msgtype"`
	Part
}

// Quote is the quoted message.
type Quote struct {
	MsgType string `json:"msgtype"`
	Part
}

// Event is something that happened other than a message.
type Event struct {
	Type string   `json:"eventtype"` // enter_chat, template_card_event, feedback_event, disconnected_event …
	Tap  *CardTap `json:"template_card_event"`
	// The official SDK types the tap flat on the event while the wire nests it; [CardTap] has whichever came.
	CardType string `json:"card_type"`
	EventKey string `json:"event_key"`
	TaskID   string `json:"task_id"`
}

// CardTap is a pressed button of a template card.
type CardTap struct {
	CardType string `json:"card_type"`
	EventKey string `json:"event_key"`
	TaskID   string `json:"task_id"`
	Selected struct {
		Items []struct {
			QuestionKey string `json:"question_key"`
			OptionIDs   struct {
				IDs []string `json:"option_id"`
			} `json:"option_ids"`
		} `json:"selected_item"`
	} `json:"selected_items"`
}

// The events that matter to us.
const (
	EventEnter        = "enter_chat"
	EventTap          = "template_card_event"
	EventFeedback     = "feedback_event"
	EventDisconnected = "disconnected_event"
)

// ParseMessage reads the body of a callback. What it does not know it leaves out: an unknown MsgType is not
// an error, a body that is no JSON object is.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		// One part of a new shape must not hide who wrote and what kind it was.
		var head struct {
			MsgID    string `json:"msgid"`
			ChatID   string `json:"chatid"`
			ChatType string `json:"chattype"`
			From     From   `json:"from"`
			MsgType  string `json:"msgtype"`
		}
		if json.Unmarshal(body, &head) != nil || head.From.UserID == "" {
			return Message{}, fmt.Errorf("callback body: %w", err)
		}
		return Message{MsgID: head.MsgID, ChatID: head.ChatID, ChatType: head.ChatType, From: head.From, MsgType: head.MsgType}, nil
	}
	if e := m.Event; e != nil && e.Tap == nil && e.Type == EventTap && (e.EventKey != "" || e.TaskID != "") {
		e.Tap = &CardTap{CardType: e.CardType, EventKey: e.EventKey, TaskID: e.TaskID}
	}
	return m, nil
}

// unixTime reads seconds written as a number or as a string; anything else is 0.
type unixTime int64

func (u *unixTime) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		n = 0
	}
	*u = unixTime(n)
	return nil
}
