package console

import (
	"context"
	"time"
)

// Phones are the phones of one platform's people: what they see, and what they can do. The console draws
// them, and written conversations are played on them.
type Phones interface {
	// Name is the platform's name, "wecom" or "dingtalk".
	Name() string
	// Title is the platform's name as people say it.
	Title() string
	// People lists whose phones there are.
	People() []Person
	// Screen is what user sees now: the chat with the bot first, then groups.
	Screen(user string) ([]Chat, error)
	// Say types text into chat ("" is the 1:1 chat with the bot); in a group the bot is mentioned.
	Say(user, chat, text string) error
	// Send sends the bot something else: kind is "voice" (content is the transcript), "image", "file",
	// "sticker" or "record" (a forwarded chat log).
	Send(user, kind, content string) error
	// Tap presses the button with key under a bubble.
	Tap(user, chat, bubble, key string) error
	// Open opens the chat with the bot, as a person does for the first time in a day.
	Open(user string) error
	// Last is the number of the newest thing that happened on the platform.
	Last() uint64
	// Wait returns when something has happened after that number.
	Wait(ctx context.Context, after uint64) error
	// Wire is what went over the wire last, at most n lines, newest first.
	Wire(n int) []Line
}

// Line is a line of a platform's journal.
type Line struct {
	Seq      uint64
	At       time.Time
	Platform string
	ToBot    bool   // from the platform to the bot; else the other way
	What     string // command, topic or path
	Note     string // who, what became of it
	Body     string // JSON as it went over the wire, cut to a few KiB; may be empty
}

// Refusal is something that the platform does not let a person do. Its text is for that person.
type Refusal struct {
	Sentence string
	Err      error
}

func (r *Refusal) Error() string { return r.Sentence }

func (r *Refusal) Unwrap() error { return r.Err }

// Person is somebody with a phone.
type Person struct {
	ID   string // the platform's
	Name string
	Job  string
}

// Chat is one conversation on a screen.
type Chat struct {
	ID      string // "" is the 1:1 chat with the bot
	Title   string
	Group   bool
	Desk    bool     // what is said here goes to a customer, not to the bot
	Phrases []string // what could be said here, for a tap, in place of the person's own
	Bubbles []Bubble // oldest first
}

// Bubble is one message on a screen.
type Bubble struct {
	ID       string
	At       time.Time
	Mine     bool   // by the person whose phone it is
	From     string // name of the speaker, "" is the bot
	Text     string // plain text, or Markdown where Marked
	Marked   bool
	Kind     string // of a person's message that is no text: "voice", "image", "file", "sticker"
	Card     *Card
	Buttons  []Button
	File     string // name of a file
	Writing  bool   // not finished yet
	Recalled bool
}

// Card is the part of a bubble that is laid out.
type Card struct {
	Title  string
	Body   string // Markdown
	Fields []Field
	Note   string
	Status string // a word for its state: 已完成, 已撤销
	State  string // "pending", "working", "done", "cancelled", "expired", "superseded" or "undone", as chat.State
}

// Field is a line of a card.
type Field struct{ Name, Value string }

// Button is something to press.
type Button struct {
	Key   string
	Text  string
	Style string // "primary", "danger" or ""
	Off   bool
}
