package chat

import "encoding/json"

// The parties of a customer's session, for [Session.To].
const (
	ToBot    = "bot"    // the bot answers
	ToPool   = "pool"   // the queue of whoever is on duty
	ToPerson = "person" // a colleague, [Session.Servicer], answers in the platform's own window
	ToEnd    = "end"    // nobody: the session is over until the customer writes again
)

// Session moves a customer's session. The adapter makes the change first and then says Reply.Text with what
// the platform allows for it, one text; when the change is refused (a colleague off duty, a session that is
// over) nothing is said. A session that is where it shall be already is no error: then Text goes out if the
// platform still lets the bot speak.
//
// Who wrote the reply is not there any more when the platform refuses, so the refusal comes as a message: an
// [Event] of the type [EventUnmoved]. Then Send itself succeeds.
type Session struct {
	To       string `json:"to"`                 // ToBot, ToPool, ToPerson or ToEnd
	Servicer PeerID `json:"servicer,omitempty"` // with ToPerson: the colleague, "wecom:zhaomin"
}

// Entry is what a platform tells of a customer who opened the chat by a link: Raw of an [Enter] message.
type Entry struct {
	Scene      string `json:"scene,omitempty"`       // set when the link was made
	SceneParam string `json:"scene_param,omitempty"` // added to the link where it was put up, decoded
	Channel    string `json:"channel,omitempty"`     // the video channel it was opened from
	UnionID    string `json:"union_id,omitempty"`    // the person across the company's WeChat accounts
	Greeting   bool   `json:"greeting,omitempty"`    // AnswerTo allows a greeting, until Until
	Until      int64  `json:"until,omitempty"`       // Unix seconds; a greeting sent later is dropped
}

// The kinds of [Event].
const (
	EventSession  = "session"  // somebody else talks with the customer now, by a colleague's or the platform's doing
	EventFailed   = "failed"   // a message that Send had handed over did not reach the customer
	EventRecalled = "recalled" // the customer, or a colleague (By), took a message back
	EventUnmoved  = "unmoved"  // a change that [Reply.Session] asked for was refused
	EventDuty     = "duty"     // a colleague came on duty or went off; From is the colleague
	EventRefused  = "refused"  // a colleague (By) refuses the customer's messages, or takes them again
	EventMet      = "met"      // a colleague has a new customer among their contacts; Contact tells who
	EventParted   = "parted"   // the customer is no contact of a colleague (Contact.Owner) any more; On: by the colleague's doing
)

// Event is Raw of an [EventKind] message. Which fields are set depends on Type.
type Event struct {
	Type    string    `json:"type"`              //
	To      string    `json:"to,omitempty"`      // session: ToBot, ToPool, ToPerson or ToEnd as things are now; unmoved: what was asked for
	Change  string    `json:"change,omitempty"`  // session: "taken" from the pool, "moved" to another, "ended", "reopened"
	Old     PeerID    `json:"old,omitempty"`     // session: who talked before
	New     PeerID    `json:"new,omitempty"`     // session: who talks now; unmoved: who should have
	Message MessageID `json:"message,omitempty"` // failed: what Send returned; recalled: Message.ID of what was taken back
	Code    string    `json:"code,omitempty"`    // failed, unmoved: the platform's number of the reason
	Advice  string    `json:"advice,omitempty"`  // failed, unmoved: one Chinese sentence: why, and what to do
	On      bool      `json:"on,omitempty"`      // duty: came on; refused: refuses; parted: by the colleague
	Contact *Contact  `json:"contact,omitempty"` // met, parted
}

// EventOf reads m's Event; ok is false when m holds none.
func EventOf(m Message) (e Event, ok bool) {
	ok = m.Kind == EventKind && json.Unmarshal(m.Raw, &e) == nil && e.Type != ""
	return e, ok
}

// EntryOf reads what an Enter message tells beside the fact; the zero Entry when that is nothing.
func EntryOf(m Message) (e Entry) {
	if m.Kind != Enter || json.Unmarshal(m.Raw, &e) != nil {
		return Entry{}
	}
	return e
}
