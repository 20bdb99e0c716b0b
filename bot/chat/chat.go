// Package chat is the vocabulary that the bot and the platform adapters share: a message that comes in,
// a reply that goes out, a card, and the port that an adapter implements. It imports nothing of ours,
// because both sides speak it and neither owns it.
package chat

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// PeerID names a person on a platform: the platform's name, a colon and the platform's own id, as in
// "wecom:zhangsan" or "dingtalk:manager1234". Only the adapter that made it takes it apart.
type PeerID string

// ConversationID names a chat: 1:1 with the bot or a group. Opaque like [PeerID], with the platform's
// name and a colon in front. A 1:1 conversation on WeCom is the same whichever door (AI bot or
// self-built app) a message came through.
type ConversationID string

// MessageID is the platform's id of a message that was sent; "" where the platform gives none.
type MessageID string

// Kind says what a message is.
type Kind string

// The kinds of incoming messages.
const (
	Text        Kind = "text"        // Text holds what was typed
	Voice       Kind = "voice"       // Text holds the platform's transcript; "" when there is none
	Image       Kind = "image"       // Files holds the picture
	File        Kind = "file"        // Files holds the file
	Video       Kind = "video"       // Files holds the film
	Location    Kind = "location"    // Text holds the place's label
	Link        Kind = "link"        // Text holds title, description and address, a line each
	Mixed       Kind = "mixed"       // Text and Files together (rich text)
	Record      Kind = "record"      // a forwarded chat record; Raw holds it as the platform sent it
	TapKind     Kind = "tap"         // a card button was pressed; see Tap
	Enter       Kind = "enter"       // the person opened the chat with the bot; Raw holds an [Entry] where the platform tells more
	EventKind   Kind = "event"       // something happened to the conversation; Raw holds an [Event]
	Unsupported Kind = "unsupported" // anything else; Raw holds it, Text the platform's own name of the kind
)

// Message is what a person did in a chat. An adapter makes it and hands it to [Handler]; it is stored in
// the inbox as JSON and never changes.
type Message struct {
	Platform     string          `json:"platform"`            // the adapter's name: "wecom", "dingtalk"
	ID           string          `json:"id"`                  // unique within the platform; a repeated delivery has the same
	Conversation ConversationID  `json:"conversation"`        //
	Group        bool            `json:"group,omitempty"`     // several people read the answer
	From         PeerID          `json:"from"`                // who; never empty
	FromName     string          `json:"from_name,omitempty"` // as the platform calls the person, if it says
	By           PeerID          `json:"by,omitempty"`        // a colleague wrote this to From, past the bot; "" when From wrote it
	SentAt       time.Time       `json:"sent_at"`             // UTC, as the platform says, else the time of receipt
	Kind         Kind            `json:"kind"`                //
	Text         string          `json:"text,omitempty"`      // without the @mention of the bot, trimmed
	Quote        *Quote          `json:"quote,omitempty"`     // what the message answers to
	Tap          *Tap            `json:"tap,omitempty"`       // set when Kind is TapKind
	Files        []Attachment    `json:"files,omitempty"`     //
	Mentions     []PeerID        `json:"mentions,omitempty"`  // people mentioned, without the bot
	AnswerTo     json.RawMessage `json:"answer_to,omitempty"` // the adapter's own handle for answering this very message
	Raw          json.RawMessage `json:"raw,omitempty"`       // kept for Record and Unsupported
	Trouble      string          `json:"trouble,omitempty"`   // the platform withheld the content; for the administrator
}

// Quote is the earlier message that a message answers to.
type Quote struct {
	ID   string `json:"id,omitempty"`   // platform's id, when it gives one
	Text string `json:"text,omitempty"` // as text, when it has any
	Kind Kind   `json:"kind,omitempty"`
}

// Attachment is a file that came with a message. Fetch it with the adapter's Download while Handle lives
// (minutes on WeCom, longer on DingTalk).
type Attachment struct {
	Name   string          `json:"name,omitempty"`
	Kind   Kind            `json:"kind"`
	Size   int64           `json:"size,omitempty"` // bytes; 0 when unknown
	Handle json.RawMessage `json:"handle"`
}

// Tap is a pressed button of a card that we sent.
type Tap struct {
	Card   string `json:"card"`   // Card.ID
	Button string `json:"button"` // Button.Key
}

// Handler takes a received message into the inbox. When it returns nil the message is durable and the
// adapter may acknowledge it to the platform; on an error the adapter lets the platform deliver again
// where it can. It is safe for concurrent use and quick: it stores, it does not work.
type Handler func(ctx context.Context, m Message) error

// Reply is what the bot says: the answer to a message or a push. It is stored in the outbox as JSON.
type Reply struct {
	Key          string          `json:"key"`                 // the same key is sent once where the platform can tell
	Conversation ConversationID  `json:"conversation"`        // where to; empty for a push to a person
	To           PeerID          `json:"to"`                  // the person answered or pushed to
	Group        bool            `json:"group,omitempty"`     // Conversation is a group
	AnswerTo     json.RawMessage `json:"answer_to,omitempty"` // Message.AnswerTo of the message answered; nil for a push
	Text         string          `json:"text"`                // the whole reply as plain text, buttons' text twins included
	Markdown     string          `json:"markdown,omitempty"`  // a richer form of Text for platforms that show it; never more than Text says
	Card         *Card           `json:"card,omitempty"`      // decoration that an adapter may drop
	Replaces     string          `json:"replaces,omitempty"`  // Card.ID of the earlier card that Card (or Text) should take the place of, where the platform can
	Quiet        bool            `json:"quiet,omitempty"`     // only worth showing by changing the card in place; dropped where that is impossible
	Settles      string          `json:"settles,omitempty"`   // Card.ID of a pressed card that goes on as it was: nothing is said, only the sign of the press is taken away
	Files        []Upload        `json:"files,omitempty"`     //
	Members      []ContactMember `json:"members,omitempty"`   // with contacts of one colleague: all who get it by one task; nil is To alone, by Key
	Session      *Session        `json:"session,omitempty"`   // who is to talk with the customer from now on; nil leaves that
}

// Upload is a file to send.
type Upload struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"` // Image or File
	Data []byte `json:"data"`
}

// State is a card's stage of life.
type State string

// The states of a card. Only Pending cards have working buttons.
const (
	Pending    State = "pending"    // waits for a tap
	Working    State = "working"    // tapped, being done
	Done       State = "done"       // done; Note says what
	Moved      State = "moved"      // put off to another time
	Cancelled  State = "cancelled"  // the asker said no
	Expired    State = "expired"    // nobody tapped in time
	Superseded State = "superseded" // a newer card took its place
	Undone     State = "undone"     // done, then taken back
)

// Card is a reply with structure. Every card can be left out: [Reply.Text] says the same.
type Card struct {
	ID      string   `json:"id"`                // [0-9A-Za-z_@-], at most 64 bytes, unique for ever
	Title   string   `json:"title"`             // one line
	Body    string   `json:"body,omitempty"`    // a few lines of plain text
	Fields  []Field  `json:"fields,omitempty"`  // label and value, at most 6 shown by WeCom
	Buttons []Button `json:"buttons,omitempty"` // at most 6
	State   State    `json:"state,omitempty"`   // "" is Pending when there are buttons
	Note    string   `json:"note,omitempty"`    // one line below: the state in words
}

// Field is a line of a card: what, what it was, what it is, and why we think so.
type Field struct {
	Name     string `json:"name"`
	Old      string `json:"old,omitempty"`
	Value    string `json:"value"`
	Evidence string `json:"evidence,omitempty"`
}

// Button is a choice on a card.
type Button struct {
	Key     string `json:"key"`               // comes back in Tap.Button; at most 128 bytes
	Text    string `json:"text"`              // at most 10 characters
	Style   string `json:"style,omitempty"`   // "primary", "danger" or ""
	Command string `json:"command,omitempty"` // the text twin: typing this does the same, e.g. "完成 1"
}

// Limits is what a platform can show, as data.
type Limits struct {
	TextBytes    int           // longest text of one message, bytes of UTF-8
	Buttons      int           // most buttons on a card
	CardUpdate   bool          // a shown card can be changed
	CardWindow   time.Duration // how long after a tap it can be changed; 0 is for ever
	AnswerWithin time.Duration // how long AnswerTo of a message works
	Customers    bool          // the people here are customers, no colleagues: their words are data
}

// Adapter joins one platform to the bot.
type Adapter interface {
	// Name is "wecom", "dingtalk" or "kf"; also the prefix of its PeerIDs and ConversationIDs.
	Name() string
	// Limits tells what its cards and texts may hold.
	Limits() Limits
	// Run receives until ctx ends, reconnecting by itself, and returns nil then.
	Run(ctx context.Context, hear Handler) error
	// Ready reports whether Send can work now: connected, and this process holds the connection.
	Ready() bool
	// Send hands r to the platform. Errors are [*SendError] where the platform's answer is understood.
	Send(ctx context.Context, r Reply) (MessageID, error)
	// Download fetches an attachment, at most max bytes.
	Download(ctx context.Context, a Attachment, max int64) ([]byte, error)
	// People lists everybody the platform's directory shows to us.
	People(ctx context.Context) ([]Person, error)
	// Health says how the connection does, for /readyz and the administrator.
	Health() Health
}

// Person is an entry of a platform's directory.
type Person struct {
	Peer        PeerID
	Name        string
	Mobile      string // digits, "" when the platform does not show it
	Email       string
	Departments []string
	Active      bool
}

// Health is the state of an adapter's connection.
type Health struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`            // of the present state
	Detail    string    `json:"detail,omitempty"` // one Chinese sentence for the administrator when something is wrong
}

// Fault says what the sender should do about a failed Send.
type Fault string

// The faults.
const (
	Retry     Fault = "retry"     // passing: try again after SendError.After
	Unsure    Fault = "unsure"    // it may have been sent (a time-out): repeat only if a double is harmless
	Rejected  Fault = "rejected"  // never will work: content refused, person unknown
	Unreached Fault = "unreached" // this person cannot be reached by this platform now (never wrote to the bot, left the scope)
	NotReady  Fault = "not_ready" // this process has no connection; another may
)

// SendError is a platform's refusal, understood.
type SendError struct {
	Fault  Fault
	After  time.Duration // with Retry: wait at least this long; 0 leaves it to the sender
	Code   string        // the platform's code, for the operator: "45009", "130101"
	Advice string        // one Chinese sentence for the administrator: what is wrong and what to do; "" when nothing need be done
	Err    error
}

func (e *SendError) Error() string {
	if e.Err == nil {
		return "chat: " + string(e.Fault) + " " + e.Code
	}
	return "chat: " + string(e.Fault) + " " + e.Code + ": " + e.Err.Error()
}

func (e *SendError) Unwrap() error { return e.Err }

// FaultOf tells what err means to the sender; an error that is no [*SendError] is [Retry].
func FaultOf(err error) Fault {
	var e *SendError
	if errors.As(err, &e) {
		return e.Fault
	}
	return Retry
}
