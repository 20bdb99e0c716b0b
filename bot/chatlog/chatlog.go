// Package chatlog reads forwarded, pasted and exported chat records: bytes in, lines and facts out. It is a
// pure function of the bytes, the moment of reading, our own people's names and the industry pack: no
// database, no network, no clock, the same answer every time. Nothing that is forwarded is ever lost: what
// cannot be read comes back as one line of text with a warning.
package chatlog

import (
	"time"

	"gendan/templates"
)

// Format is the form a record came in.
type Format string

// The formats. Auto asks [Read] to find out; Unknown is the answer when it cannot.
const (
	Auto     Format = "auto"
	KF       Format = "kf"       // WeChat customer service, msgtype merged_msg
	DingTalk Format = "dingtalk" // DingTalk's chatRecord and its observed shapes
	Archive  Format = "archive"  // WeCom's conversation archive, msgtype chatrecord
	Paste    Format = "paste"    // lines copied from a chat window, or a .txt export
	HTML     Format = "html"     // an export as a page
	CSV      Format = "csv"      // an export as a table
	Unknown  Format = "unknown"
)

// Side says whose a line is. The empty Side is unknown.
type Side string

// The sides.
const (
	Us       Side = "us"
	Customer Side = "customer"
)

// Kind is what a line is.
type Kind string

// The kinds of lines. Nested marks a record inside the record; its lines follow with Depth one higher.
const (
	Text     Kind = "text"
	Image    Kind = "image"
	Voice    Kind = "voice"
	Video    Kind = "video"
	File     Kind = "file"
	Link     Kind = "link"
	Location Kind = "location"
	Card     Kind = "card"
	Nested   Kind = "record"
	Recall   Kind = "recall"
	System   Kind = "system"
)

// Options are what the reader of a record knows beforehand.
type Options struct {
	Format Format          // "" is Auto
	Now    time.Time       // the moment of reading, in the company's zone: what has no time of its own counts from here
	Us     []string        // names of our own people; with any, every other named sender is a customer
	Pack   *templates.Pack // the industry's words: products, units, competitors; nil is allowed
}

// Record is a chat record that was read. Its JSON is what `gendan chatlog --json` prints.
type Record struct {
	File         string        `json:"file"`
	Format       Format        `json:"format"`
	Title        string        `json:"title,omitempty"`
	Lines        []Line        `json:"lines"`
	Participants []Participant `json:"participants"`
	Facts        []Fact        `json:"facts"`
	Warnings     []string      `json:"warnings"`
}

// Line is one message of a record.
type Line struct {
	N      int        `json:"n"`            // from 1, in the record's order
	At     *time.Time `json:"at,omitempty"` // in the company's zone; nil when the form has no time
	Sender string     `json:"sender,omitempty"`
	Side   Side       `json:"side,omitempty"`
	Kind   Kind       `json:"kind"`
	Text   string     `json:"text,omitempty"`  // several lines stay one text; a file's name, a link's title, a place
	Quote  string     `json:"quote,omitempty"` // the earlier message that this one answers
	Depth  int        `json:"depth,omitempty"` // 1 and more inside a nested record
}

// Participant is a sender of a record and how much they said, in the order of appearance.
type Participant struct {
	Name  string `json:"name"`
	Side  Side   `json:"side,omitempty"`
	Lines int    `json:"lines"`
}

// FactKind is what a fact is about.
type FactKind string

// The kinds of facts.
const (
	Phone         FactKind = "phone"
	Email         FactKind = "email"
	WeChat        FactKind = "wechat"
	Contact       FactKind = "contact"
	Company       FactKind = "company"
	Product       FactKind = "product"
	Budget        FactKind = "budget"
	Price         FactKind = "price"
	Date          FactKind = "date"
	Need          FactKind = "need"
	Objection     FactKind = "objection"
	Competitor    FactKind = "competitor"
	DecisionMaker FactKind = "decision_maker"
	Promise       FactKind = "promise"
	NextStep      FactKind = "next_step"
	Complaint     FactKind = "complaint"
	Mood          FactKind = "mood"
)

// Fact is something that the lines say.
type Fact struct {
	Kind     FactKind   `json:"kind"`
	Value    any        `json:"value,omitempty"` // a string; a number of yuan for Budget and Price; nil for a Price that is only a discount and a Date that has At
	Text     string     `json:"text,omitempty"`  // Objection: the customer's words
	What     string     `json:"what,omitempty"`  // Date: what happens then
	Who      Side       `json:"who,omitempty"`   // Promise, NextStep: whose turn it is
	At       *time.Time `json:"at,omitempty"`    // Date, Promise, NextStep: when
	Company  string     `json:"company,omitempty"`
	Quantity float64    `json:"quantity,omitempty"` // Product
	Discount float64    `json:"discount,omitempty"` // Price: what is paid, as a fraction
	Lines    []int      `json:"lines"`              // the numbers of the lines that prove it, never empty
}
