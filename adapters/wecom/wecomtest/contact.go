package wecomtest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// DoorContact is customer contact (客户联系): the chats of members with customers, the group-send helper (客户群发助手), and
// the faults of its events.
const DoorContact = "contact"

const (
	welcomeLife  = 20 * time.Second // of a welcome code, by the wall clock
	groupSendMax = 10_000           // customers of one task
	remindMax    = 3                // reminders of one task a day (K)
)

// Follow is a customer among a member's contacts. The same customer may be of several members, each with a remark, tags and
// a source of their own.
type Follow struct {
	UserID      string    `json:"userid"`
	Customer    string    `json:"external_userid"`
	Remark      string    `json:"remark,omitempty"`
	Description string    `json:"description,omitempty"`
	Company     string    `json:"remark_corp_name,omitempty"`
	Mobiles     []string  `json:"remark_mobiles,omitempty"`
	Tags        []string  `json:"tags,omitempty"` // ids of [Tag]
	State       string    `json:"state,omitempty"`
	AddWay      int       `json:"add_way,omitempty"`
	Channel     string    `json:"channel,omitempty"` // nickname of the channels account (视频号) with add_way 10
	At          time.Time `json:"at,omitzero"`       // zero is now

	Gone bool `json:"gone,omitempty"` // the customer deleted the member, whose list keeps them (K)
}

// Tag is a tag of the corp for customers (企业标签).
type Tag struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Group string `json:"group_name"`
}

// contactState is all of customer contact.
type contactState struct {
	mu         sync.Mutex
	follows    []*Follow // in the order in which they came
	tags       []Tag
	unlicensed map[string]bool // members without the feature
	codes      map[string]*welcomeCode
	tasks      map[string]*groupTask
	order      []string             // msgids
	months     map[string]int       // group sends received: customer and month
	talked     map[string]bool      // member and customer have chatted: no welcome any more
	greeted    map[string]bool      // members whose welcome stands in the admin console
	shows      map[string][]*Bubble // by [contactChat]
}

// welcomeCode is a code for send_welcome_msg.
type welcomeCode struct {
	follow *Follow
	made   time.Time // wall clock
	used   bool
}

func (k *contactState) init(org Org, now time.Time) {
	k.unlicensed, k.codes, k.tasks = map[string]bool{}, map[string]*welcomeCode{}, map[string]*groupTask{}
	k.months, k.talked, k.greeted = map[string]int{}, map[string]bool{}, map[string]bool{}
	k.shows, k.tags = map[string][]*Bubble{}, slices.Clone(org.Tags)
	for _, f := range org.Follows {
		k.follow(f, now)
	}
}

// follow adds a follow, or changes the one of those two. The caller holds k.mu, except in init.
func (k *contactState) follow(f Follow, now time.Time) *Follow {
	f.At = cmp.Or(f.At, now)
	f.Mobiles, f.Tags = slices.Clone(f.Mobiles), slices.Clone(f.Tags)
	if old := k.find(f.UserID, f.Customer); old != nil {
		*old = f
		return old
	}
	k.follows = append(k.follows, &f)
	return &f
}

// find is the follow of the two; nil when there is none. The caller holds k.mu.
func (k *contactState) find(user, customer string) *Follow {
	for _, f := range k.follows {
		if f.UserID == user && f.Customer == customer {
			return f
		}
	}
	return nil
}

// of lists the follows of a customer, or of a member. The caller holds k.mu.
func (k *contactState) of(is func(f *Follow) bool) (found []*Follow) {
	for _, f := range k.follows {
		if is(f) {
			found = append(found, f)
		}
	}
	return found
}

// contactChat names the chat of a member with a customer, in [Bubble].Chat and the journal.
func contactChat(user, customer string) string { return DoorContact + ":" + user + "/" + customer }

// customer is who has that id; nil when nobody has.
func (s *Server) customer(id string) *Customer {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	if c := s.kf.customers[id]; c != nil {
		one := *c
		return &one
	}
	return nil
}

// parties checks that both are somebody.
func (s *Server) parties(user, customer string) (*person, *Customer, error) {
	p, c := s.org.find(user), s.customer(customer)
	if p == nil {
		return nil, nil, fmt.Errorf("%w: person %q", ErrNobody, user)
	}
	if c == nil {
		return nil, nil, fmt.Errorf("%w: customer %q", ErrNobody, customer)
	}
	return p, c, nil
}

// contactShow shows a bubble in the chat of a member with a customer; the caller holds contact.mu.
func (s *Server) contactShow(user, customer string, b *Bubble, e Entry) {
	chat := contactChat(user, customer)
	b.Chat, b.At, b.ID = chat, s.Now(), s.ids.bubble()
	show := append(s.contact.shows[chat], b)
	if most := s.cfg.Limits.Bubbles; len(show) > 2*most {
		show = append([]*Bubble(nil), show[len(show)-most:]...)
	}
	s.contact.shows[chat] = show
	e.Door, e.User, e.Chat = DoorContact, customer, chat
	b.Seq = s.note(e)
}

// ContactView is what a customer sees in WeChat of the chat with a member, oldest first.
func (s *Server) ContactView(user, customer string) (seen []Bubble) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	show := s.contact.shows[contactChat(user, customer)]
	for _, b := range show[max(0, len(show)-s.cfg.Limits.Bubbles):] {
		seen = append(seen, *b)
	}
	return seen
}

// Follows lists who has whom among their contacts, in the order in which they came.
func (s *Server) Follows() (all []Follow) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	for _, f := range s.contact.follows {
		one := *f
		one.Mobiles, one.Tags = slices.Clone(f.Mobiles), slices.Clone(f.Tags)
		all = append(all, one)
	}
	return all
}

// AddTag makes a tag of the corp, or changes one of that ID.
func (s *Server) AddTag(t Tag) error {
	if t.ID == "" || t.Name == "" || t.Group == "" {
		return fmt.Errorf("wecomtest: a tag needs id, name and group_name")
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	s.contact.tags = append(slices.DeleteFunc(s.contact.tags, func(o Tag) bool { return o.ID == t.ID }), t)
	return nil
}

// SetUnlicensed takes the feature of customer contact (and its API licence) from a member, or gives it back.
func (s *Server) SetUnlicensed(user string, without bool) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	s.contact.unlicensed[user] = without
}

// SetConsoleWelcome says that the admin console has a welcome for a member: their new customers come without a welcome code.
func (s *Server) SetConsoleWelcome(user string, has bool) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	s.contact.greeted[user] = has
}
