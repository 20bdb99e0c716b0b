package chat

import "time"

// Contact is a customer among a colleague's contacts on a platform, such as WeCom's customer contact (客户联系). The same
// customer may be a contact of several colleagues; each has a Peer of its own.
type Contact struct {
	Peer     PeerID    `json:"peer"`               // of the customer with this colleague
	Owner    PeerID    `json:"owner"`              // the colleague
	Name     string    `json:"name,omitempty"`     // as the customer calls themselves; "" when it could not be read
	UnionID  string    `json:"union_id,omitempty"` // the same person at other doors has the same
	Works    string    `json:"works,omitempty"`    // company and position that the platform vouches for
	Remark   string    `json:"remark,omitempty"`   // what the colleague wrote down: a name,
	Company  string    `json:"company,omitempty"`  // a company,
	Mobiles  []string  `json:"mobiles,omitempty"`  // and telephone numbers
	Tags     []string  `json:"tags,omitempty"`     // names of the platform's tags, where it tells them
	Scene    string    `json:"scene,omitempty"`    // set when the code or link was made by which they came
	Channel  string    `json:"channel,omitempty"`  // the channels account (视频号) they came from
	Way      string    `json:"way,omitempty"`      // how they came, in Chinese: 扫二维码, 搜索手机号
	Since    time.Time `json:"since,omitzero"`     //
	Half     bool      `json:"half,omitempty"`     // the colleague has not accepted yet
	Greeting int64     `json:"greeting,omitempty"` // Unix seconds until when an answer to the event is shown as a welcome; 0: none is
}

// ContactTask is a message to one contact that waits for the colleague's tap, for WeCom lets nothing reach a customer otherwise.
type ContactTask struct {
	Key      string    // of the reply
	Contact  PeerID    //
	Message  MessageID // the platform's number of the task; "" while it is being made
	Begun    time.Time // when the first attempt began
	Again    bool      // an earlier attempt began, and its end is not known
	Stop     bool      // it shall not be sent any more
	Reminded time.Time // when the colleague was reminded; zero: never
	Kept     bool      // it shall stop, and the platform does not take it back
}

// ContactMember is one customer's part of a message to several contacts of one colleague.
type ContactMember struct {
	Key     string `json:"key"` // what is told of how it ended is told of this
	Contact PeerID `json:"contact"`
}

// The ends of a [ContactTask].
const (
	TaskSent     = "sent"      // the customer has it
	TaskUnknown  = "no_friend" // the customer is no contact of the colleague any more
	TaskOverCap  = "over_cap"  // the customer has had all group messages that the platform allows in a month
	TaskStopped  = "stopped"   // we took it back before the colleague's tap
	TaskAgain    = "again"     // we took it back for the sake of another customer's part: it may be made anew
	TaskExpired  = "expired"   // the colleague never tapped
	TaskRefused  = "refused"   // the platform did not take it
	TaskVanished = "vanished"  // the platform knows it no more
)

// ContactLook is what a look at a task found.
type ContactLook struct {
	End      string    // one of the ends; "" while it waits
	At       time.Time // of the end
	Reminded time.Time // when the colleague was reminded, zero: not now
	Next     time.Time // when to look again, without an End
	Kept     bool      // it shall stop, and the platform does not take it back: the colleague must not tap
	Stop     bool      // that it shall stop was known when it was looked at
}
