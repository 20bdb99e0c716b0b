package crm

import "time"

// GuestID is the key of a [Guest].
type GuestID int64

// Guest is somebody who writes at a door for customers, as that door knows them: by a session of its own, and by
// nothing that the person claims to be.
type Guest struct {
	ID       GuestID
	Platform string // "kf"
	Peer     string // chat.PeerID
	Name     string // as the platform calls them; "" when it does not say
	UnionID  string // the person across the company's WeChat accounts; "" when not known

	Customer CustomerID // whose person this is: said by a colleague or by a link that we signed; 0 is not known
	Contact  ContactID  // which of them
	Owner    UserID     // platform "contact": the colleague whose contact this is, when we know them
	Refuses  bool       // takes no messages; of a contact: is none any more

	Scene   string // of the link by which they came first
	Session string // who talks with them: chat.ToBot, ToPool, ToPerson, ToEnd; "" is the bot
	Agent   UserID // with ToPerson: the colleague, when known

	Sent   int       // messages to them since their last one
	Unsent string    // what could not be told them; it goes with the next answer
	Spoke  time.Time // their last message; zero when they only opened the chat

	FirstSeen time.Time
	LastSeen  time.Time
}

// Called is what colleagues call the guest.
func (g Guest) Called() string {
	if g.Name == "" {
		return "微信客户"
	}
	return "微信客户「" + g.Name + "」"
}

// GuestActor is how the names of actors begin that are customers.
const GuestActor = "客户"

// Actor runs what the guest causes: with the service's own sight, so that only actions made for guests may be given it,
// never one that the guest's words name.
func (g Guest) Actor() Actor { return Actor{Name: GuestActor + " " + g.Name, Scope: ScopeSystem} }

// The platform's bounds of what may be said to a guest: WeChat customer service, kf/send_msg.
const (
	GuestMessages = 5              // after each message of theirs
	GuestWindow   = 48 * time.Hour // and only so long
)

// GuestEnded is the Session of a guest whose session is over, as chat.ToEnd: until they write again the platform lets nobody
// say anything to them.
const GuestEnded = "end"

// Reachable tells whether one more message reaches the guest at now.
func (g Guest) Reachable(now time.Time) bool {
	return g.Session != GuestEnded && g.Sent < GuestMessages && now.Before(g.Spoke.Add(GuestWindow))
}
