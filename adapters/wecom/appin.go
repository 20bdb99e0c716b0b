package wecom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"gendan/bot/chat"
)

// appFields are the fields of an app's callback that we read, as text.
type appFields struct {
	from, createTime, msgType, msgID string

	content, mediaID, format           string
	label, title, description, url     string
	event, eventKey, taskID, code      string
	changeType, externalUserID, userID string
	x, y, scanResult                   string
	token, openKfID                    string // kf_msg_or_event
	state, welcome, source             string // change_external_contact
}

// readAppFields takes the fields out of a decrypted callback.
func readAppFields(doc []byte) (appFields, error) {
	var f appFields
	err := eachField(doc, func(name, content []byte) {
		if p := f.field(string(name)); p != nil {
			*p = fieldText(content)
			return
		}
		switch string(name) {
		case "SendLocationInfo", "ScanCodeInfo":
			// The deeper ones are as flat again. What is broken inside leaves its fields empty.
			_ = eachChild(content, func(name, content []byte) {
				if p := f.field(string(name)); p != nil {
					*p = fieldText(content)
				}
			})
		}
	})
	return f, err
}

// field is where the text of the element name goes, nil for one we do not read.
func (f *appFields) field(name string) *string {
	switch name {
	case "FromUserName":
		return &f.from
	case "CreateTime":
		return &f.createTime
	case "MsgType":
		return &f.msgType
	case "MsgId":
		return &f.msgID
	case "Content":
		return &f.content
	case "MediaId":
		return &f.mediaID
	case "Format":
		return &f.format
	case "Label":
		return &f.label
	case "Title":
		return &f.title
	case "Description":
		return &f.description
	case "Url":
		return &f.url
	case "Event":
		return &f.event
	case "EventKey":
		return &f.eventKey
	case "TaskId":
		return &f.taskID
	case "ResponseCode":
		return &f.code
	case "ChangeType":
		return &f.changeType
	case "ExternalUserID":
		return &f.externalUserID
	case "UserID":
		return &f.userID
	case "Location_X":
		return &f.x
	case "Location_Y":
		return &f.y
	case "ScanResult":
		return &f.scanResult
	case "Token":
		return &f.token
	case "OpenKfId":
		return &f.openKfID
	case "State":
		return &f.state
	case "WelcomeCode":
		return &f.welcome
	case "Source":
		return &f.source
	}
	return nil
}

// id is the message's own, or for events, which have none, a hash of what tells two apart.
func (f *appFields) id() string {
	if f.msgID != "" {
		return "app:" + f.msgID
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		f.from, f.createTime, f.event, f.changeType, f.eventKey, f.taskID, f.code, f.externalUserID, f.userID,
	}, "\x00")))
	return "app:e" + hex.EncodeToString(sum[:16])
}

// fileHandle is what [chat.Attachment.Handle] holds: a media_id of the app, or an address of the bot's platform.
type fileHandle struct {
	Door  door   `json:"door"`
	Media string `json:"media,omitempty"` // app
	URL   string `json:"url,omitempty"`   // bot, good for 5 minutes
	Key   string `json:"key,omitempty"`   // bot
}

func (h fileHandle) raw() json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings only
	}
	return b
}

// appMessage turns a callback of the app into a message. ok is false for events that say nothing to a
// conversation. Raw of an unknown kind is the decrypted XML as a JSON string.
func appMessage(doc []byte, f appFields, now time.Time) (m chat.Message, ok bool) {
	m = chat.Message{
		Platform: Name, ID: f.id(), From: personID(f.from), Conversation: personChat(f.from),
		SentAt: unixOr(atoi(f.createTime), now),
	}
	h := handle{Door: appDoor, To: toMessage, At: now.UnixMilli()}
	media := func(kind chat.Kind, name string) {
		m.Kind = kind
		m.Files = []chat.Attachment{{Kind: kind, Name: name, Handle: fileHandle{Door: appDoor, Media: f.mediaID}.raw()}}
	}
	switch f.msgType {
	case "text":
		m.Kind, m.Text = chat.Text, strings.TrimSpace(f.content)
	case "image":
		media(chat.Image, "")
	case "voice":
		media(chat.Voice, "voice."+orElse(f.format, "amr"))
	case "video":
		media(chat.Video, "")
	case "location":
		m.Kind, m.Text = chat.Location, f.place()
	case "link":
		m.Kind, m.Text = chat.Link, lines(f.title, f.description, f.url)
	case "event":
		if ok := appEvent(&m, &h, f); !ok {
			return chat.Message{}, false
		}
	default:
		m.Kind, m.Text = chat.Unsupported, f.msgType
		if raw, err := json.Marshal(string(doc)); err == nil {
			m.Raw = raw
		}
	}
	m.AnswerTo = h.raw()
	return m, f.from != ""
}

// appEvent fills m from an event; false for one that is no part of a conversation.
func appEvent(m *chat.Message, h *handle, f appFields) bool {
	switch f.event {
	case "enter_agent":
		m.Kind, h.To = chat.Enter, toEnter
	case "template_card_event", "template_card_menu_event":
		m.Kind, m.Tap = chat.TapKind, &chat.Tap{Card: f.taskID, Button: f.eventKey}
		h.To, h.Card, h.Code = toTap, f.taskID, f.code
	case "click":
		// A menu entry's key is written by whoever made the menu: it is what the entry types for the person.
		m.Kind, m.Text = chat.Text, strings.TrimSpace(f.eventKey)
	case "location_select":
		m.Kind, m.Text = chat.Location, f.place()
	case "scancode_waitmsg":
		m.Kind, m.Text = chat.Text, strings.TrimSpace(f.scanResult)
	default:
		return false
	}
	return m.Kind != chat.Text || m.Text != ""
}

// place is a location in words: its label, else the coordinates.
func (f *appFields) place() string {
	if f.label != "" || f.x == "" {
		return f.label
	}
	return f.x + "," + f.y
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// lines joins what is not empty, a line each.
func lines(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}
