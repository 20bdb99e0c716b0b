package store

import (
	"encoding/json"
	"time"

	"gendan/crm"
)

// Ledger is what a transaction leaves behind beside the records it changed: audit lines, activities,
// the way back, timers, messages to send, the inbox rows it answers and the conversation's new state.
// Handlers append to it; the store writes it in one statement just before the commit, so that all of
// it happens or none, at the price of one round trip.
type Ledger struct {
	Audit        []AuditLine
	Activities   []ActivityRow
	Timers       []TimerRow
	Cancels      []TimerCancel
	Outbox       []OutboxRow
	Events       []Event
	Undo         *UndoEntry
	Receipt      *Receipt
	InboxDone    []InboxKey
	Conversation *Conversation
}

// AuditLine says who changed what, through which door. Values are sealed: they may hold personal data.
type AuditLine struct {
	Action string          // "deal.update"
	Via    string          // "chat", "card", "rule", "timer", "api", "import", "command"
	Kind   crm.Kind        // of the record
	ID     int64           // of the record
	Diff   json.RawMessage // [{field, old, new}]
	Key    string          // the idempotency key it ran under
}

// ActivityRow is a line of a customer's history (跟进记录). Content is sealed by the store.
type ActivityRow struct {
	ID       crm.ActivityID // from Tx.NextID
	Customer crm.CustomerID
	Deal     crm.DealID
	Contact  crm.ContactID
	Type     string // "note" said by a person; "change" written by the executor; "record" a chat record
	Channel  string // 电话, 微信, 拜访, 邮件, 会议, 短信; "" when not said
	Content  string
	At       time.Time // when it happened, UTC
	NextAt   time.Time // next contact, zero when not said
	Next     string
}

// TimerRow is something that waits. Its truth is the row; Redis only wakes.
type TimerRow struct {
	Kind    string    // "reminder", "brief", "expire"
	Subject int64     // the record's id; what it means depends on Kind
	Due     time.Time // UTC
	Dedupe  string    // unique among all timers: the same key is one timer
	Surface string    // where the ring goes: the outbox surface of its row ("wecom", "dingtalk")
	Peer    string    // whom it rings: chat.PeerID; "" lets the renderer decide
}

// TimerCancel takes back the open timers of a subject.
type TimerCancel struct {
	Kind    string
	Subject int64
}

// OutboxRow is a message on its way out. Either Payload holds the finished chat.Reply, or Kind and
// Subject say what the sender has to render just before it sends, so that it shows the newest state.
type OutboxRow struct {
	Platform  string          // whose adapter sends it
	Lane      string          // rows of one lane leave in order: the conversation, else the peer
	Peer      string          // chat.PeerID
	Kind      string          // "reply"; "reminder", "brief", "notice" … are rendered when sent
	Subject   int64           // with a rendered kind
	Payload   json.RawMessage // chat.Reply, or what a "notice" is made from; sealed by the store
	Key       string          // unique: the same key is one row
	NotBefore time.Time       // zero is at once

	// Lease asks that the row is leased to this process from the commit on, for so long, and handed to who has registered with
	// [Store.OnLeased]: nobody has to claim it. It is when the row is a turn's only one, in the turn's lane, and nothing of
	// that lane waits to be sent; else the row waits to be claimed as others do.
	Lease time.Duration
}

// Event is what happened, for rules to react to.
type Event struct {
	Name  string // "deal.stage_changed"
	Kind  crm.Kind
	ID    int64
	Data  json.RawMessage
	React bool // a rule or a journey listens: it becomes an outbox row of kind [KindReact] too
}

// KindReact is the kind of an outbox row that asks rules and journeys to react to an event: Subject is the event's number.
// It belongs to no platform.
const KindReact = "react"

// UndoEntry is the way back of one run of actions.
type UndoEntry struct {
	Code         string // four characters people can type, unique per user while it lives
	Conversation string
	Title        string // what is taken back, for the question and the receipt
	Steps        []UndoStep
	Expires      time.Time
	Card         string          // Card.ID of the receipt, so that undo can mark it
	Told         json.RawMessage // what colleagues heard of the run, the executor's own; they hear when it is taken back. Sealed
}

// UndoStep restores one record: the columns as they were, if nobody changed it since.
type UndoStep struct {
	Kind    crm.Kind        `json:"kind"`
	ID      int64           `json:"id"`
	From    int             `json:"from,omitempty"`   // the version before our change; 0 when the record was created
	Version int             `json:"version"`          // the version our change made; another means somebody changed it since
	Before  json.RawMessage `json:"before,omitempty"` // column → old value; nil means the record was created: delete it
	Timers  []TimerRow      `json:"timers,omitempty"` // to set again
}

// Receipt keeps the outcome of a run under its idempotency key. It is sealed.
type Receipt struct {
	Key     string
	Outcome json.RawMessage
}

// InboxKey names an inbox row that this transaction has answered.
type InboxKey struct {
	ID         int64
	ReceivedAt time.Time // the partition
}

// Conversation is a chat's memory: what was last spoken of, questions open, cards pending.
type Conversation struct {
	ID     string          // chat.ConversationID
	UserID crm.UserID      // 1:1 only; zero in groups
	State  json.RawMessage // the bot's own; sealed by the store
}
