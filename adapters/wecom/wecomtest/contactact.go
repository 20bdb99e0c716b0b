package wecomtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Adding is a customer and a member who come together.
type Adding struct {
	User     string `json:"user"`     // the member
	Customer string `json:"customer"` // external_userid
	State    string `json:"state"`    // of the code or link that was scanned
	AddWay   int    `json:"add_way"`  // 1: by a QR code
	Channel  string `json:"channel"`  // with add_way 10
	Half     bool   `json:"half"`     // the customer's request still waits for the member (add_half_external_contact)

	// What the member writes down at once, as with a contact card that was scanned in the phone.
	Remark  string   `json:"remark"`
	Company string   `json:"remark_corp_name"`
	Mobiles []string `json:"remark_mobiles"`
}

// ContactAdd lets customer and member become contacts; the app hears add_external_contact. It returns the welcome code of
// the event, "" when there is none: the two have chatted, or the admin console has a welcome for the member.
func (s *Server) ContactAdd(a Adding) (welcome string, receipt *Receipt, err error) {
	if _, _, err := s.parties(a.User, a.Customer); err != nil {
		return "", nil, err
	}
	if len([]rune(a.State)) > 30 {
		return "", nil, fmt.Errorf("wecomtest: state has 30 characters at most")
	}
	s.contact.mu.Lock()
	if s.contact.unlicensed[a.User] {
		s.contact.mu.Unlock()
		return "", nil, fmt.Errorf("%w: %s has no customer contact", ErrUndelivered, a.User)
	}
	f := &Follow{UserID: a.User, Customer: a.Customer, At: s.Now()}
	if !a.Half {
		f = s.contact.follow(Follow{UserID: a.User, Customer: a.Customer, State: a.State, AddWay: a.AddWay, Channel: a.Channel,
			Remark: a.Remark, Company: a.Company, Mobiles: a.Mobiles}, s.Now())
	}
	if !s.contact.talked[contactChat(a.User, a.Customer)] && !s.contact.greeted[a.User] {
		welcome = s.ids.opaque("", 24)
		s.contact.codes[welcome] = &welcomeCode{follow: f, made: time.Now()}
	}
	s.contact.mu.Unlock()
	s.counts.said.Add(1)
	change := "add_external_contact"
	if a.Half {
		change = "add_half_external_contact"
	}
	s.note(Entry{Kind: KindSaid, Door: DoorContact, User: a.Customer, Chat: contactChat(a.User, a.Customer), Text: change})
	receipt = s.contactEvent(change, a.User, a.Customer, [][2]string{{"State", a.State}, {"WelcomeCode", welcome}})
	return welcome, receipt, nil
}

// contactEvent tells the app of a change; elements without a value are left out, as the platform does.
func (s *Server) contactEvent(change, user, customer string, elements [][2]string) *Receipt {
	w := s.begin("sys", "event").text("Event", "change_external_contact").text("ChangeType", change).
		text("UserID", user).text("ExternalUserID", customer)
	for _, e := range elements {
		if e[1] != "" {
			w.text(e[0], e[1])
		}
	}
	r := &Receipt{done: make(chan struct{})}
	if address, _ := s.hook.state(); address == "" {
		r.finish(Delivery{})
		return r // nobody is to be told
	}
	s.callApp(&notice{door: DoorContact, user: user, chat: contactChat(user, customer), plain: append(w.buf, "</xml>"...), event: "change_external_contact", receipt: r})
	return r
}

// ContactSay types a text in the chat of the two, whoever of them from is. No app hears it; from then on there is no welcome.
func (s *Server) ContactSay(from, user, customer, text string) error {
	if _, _, err := s.parties(user, customer); err != nil {
		return err
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	f := s.contact.find(user, customer)
	if f == nil || f.Gone || text == "" || from != user && from != customer {
		return fmt.Errorf("%w: %s and %s are no contacts", ErrUndelivered, user, customer)
	}
	s.contact.talked[contactChat(user, customer)] = true
	s.contactShow(user, customer, &Bubble{Kind: "text", From: from, Text: text}, Entry{Kind: KindSaid, Text: "between the two"})
	return nil
}

// ContactEdit changes what a member wrote down of a customer in the phone: remark, company, mobiles, tags, description.
func (s *Server) ContactEdit(edit Follow) (*Receipt, error) {
	s.contact.mu.Lock()
	f := s.contact.find(edit.UserID, edit.Customer)
	if f == nil {
		s.contact.mu.Unlock()
		return nil, fmt.Errorf("%w: contact %s of %s", ErrNobody, edit.Customer, edit.UserID)
	}
	f.Remark, f.Company, f.Mobiles, f.Tags, f.Description = edit.Remark, edit.Company, edit.Mobiles, edit.Tags, edit.Description
	s.contact.mu.Unlock()
	return s.contactEvent("edit_external_contact", edit.UserID, edit.Customer, nil), nil
}

// ContactLeave ends a follow: the customer deletes the member (del_follow_user), or with byMember the other way
// (del_external_contact), which has a Source when the customer was handed on to a colleague.
func (s *Server) ContactLeave(user, customer string, byMember, handedOn bool) (*Receipt, error) {
	s.contact.mu.Lock()
	f := s.contact.find(user, customer)
	if f == nil {
		s.contact.mu.Unlock()
		return nil, fmt.Errorf("%w: contact %s of %s", ErrNobody, customer, user)
	}
	f.Gone = true
	change, source := "del_follow_user", ""
	if byMember {
		change = "del_external_contact"
		if handedOn {
			source = "DELETE_BY_TRANSFER"
		}
		s.contact.follows = s.contact.of(func(o *Follow) bool { return o != f })
	}
	s.contact.mu.Unlock()
	s.note(Entry{Kind: KindSaid, Door: DoorContact, User: customer, Chat: contactChat(user, customer), Text: change})
	return s.contactEvent(change, user, customer, [][2]string{{"Source", source}}), nil
}

// month is the calendar month in which group sends to customer count, in the platform's zone.
func (s *Server) month(customer string) (key string, most int) {
	now := s.Now().In(time.FixedZone("CST", 8*3600))
	most = s.cfg.Limits.ContactMonth
	if most == 0 {
		most = time.Date(now.Year(), now.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	return customer + " " + strconv.Itoa(now.Year()) + "-" + strconv.Itoa(int(now.Month())), most
}

// full tells that customer has had all group sends of the month; the caller holds contact.mu.
func (s *Server) full(customer string) bool {
	key, most := s.month(customer)
	return most >= 0 && s.contact.months[key] >= most
}

// GroupSends is how many group sends customer received this month.
func (s *Server) GroupSends(customer string) int {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	key, _ := s.month(customer)
	return s.contact.months[key]
}

// readContactChat reads what [contactChat] made.
func readContactChat(name string) (user, customer string, ok bool) {
	rest, found := strings.CutPrefix(name, DoorContact+":")
	user, customer, cut := strings.Cut(rest, "/")
	return user, customer, found && cut
}
