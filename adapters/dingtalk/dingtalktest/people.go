package dingtalktest

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// User is a person of the organisation, or a guest of an external group.
type User struct {
	UserID      string  `json:"userId"`            // unique, also called staffId
	UnionID     string  `json:"unionId,omitempty"` // "" gets one made from UserID
	Name        string  `json:"name"`
	Mobile      string  `json:"mobile,omitempty"`
	Email       string  `json:"email,omitempty"`
	Title       string  `json:"title,omitempty"`
	Departments []int64 `json:"departments,omitempty"` // nil is the root department
	Admin       bool    `json:"admin,omitempty"`
	Inactive    bool    `json:"inactive,omitempty"` // left or not yet joined: cannot be reached
	Hidden      bool    `json:"hidden,omitempty"`   // outside the application's visible scope
	External    bool    `json:"external,omitempty"` // not of this organisation: no staffId in messages
}

// Department is a node of the organisation's tree; its root has ID 1.
type Department struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	ParentID int64  `json:"parentId,omitempty"` // 0 only for the root
}

// Group is a group chat.
type Group struct {
	ID       string   `json:"id,omitempty"` // openConversationId; "" gets one made from the title
	Title    string   `json:"title"`
	Members  []string `json:"members"`            // UserIDs
	NoRobot  bool     `json:"noRobot,omitempty"`  // the robot is not a member
	External bool     `json:"external,omitempty"` // people of other organisations may be members
}

// conversation is a 1:1 chat with the robot or a group, with what was said in it.
type conversation struct {
	id      string
	user    string // 1:1: the person
	group   *Group // nil in a 1:1 chat
	bubbles []*Bubble
	byID    map[string]*Bubble
	hooks   []int64 // real-time stamps (ns) of the webhook answers of the last minute
}

func (c *conversation) typ() string {
	if c.group != nil {
		return "2"
	}
	return "1"
}

func (c *conversation) has(user string) bool {
	if c.group != nil {
		return slices.Contains(c.group.Members, user)
	}
	return c.user == user
}

// AddUser puts people into the organisation, or replaces those of the same UserID.
func (s *Server) AddUser(users ...User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range users {
		if u.UnionID == "" {
			u.UnionID = "un" + opaque("union", u.UserID)[:22]
		}
		if u.Name == "" {
			u.Name = u.UserID
		}
		if len(u.Departments) == 0 {
			u.Departments = []int64{1}
		}
		if old := s.people[u.UserID]; old != nil {
			delete(s.byMobile, old.Mobile)
			delete(s.byUnion, old.UnionID)
		}
		s.people[u.UserID] = &u
		s.byUnion[u.UnionID] = u.UserID
		if u.Mobile != "" {
			s.byMobile[u.Mobile] = u.UserID
		}
	}
}

// RemoveUser makes a person leave the organisation.
func (s *Server) RemoveUser(userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.people[userID]; u != nil {
		delete(s.byMobile, u.Mobile)
		delete(s.byUnion, u.UnionID)
		delete(s.people, userID)
	}
}

// People lists everybody, by UserID.
func (s *Server) People() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.people))
	for _, u := range s.people {
		out = append(out, *u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].UserID < out[j].UserID })
	return out
}

// AddDepartment puts departments into the tree, or replaces those of the same ID. ParentID 0 means the root.
func (s *Server) AddDepartment(departments ...Department) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range departments {
		if d.ParentID == 0 && d.ID != 1 {
			d.ParentID = 1
		}
		s.departments[d.ID] = &d
	}
}

// AddGroup makes a group chat, or changes the one with the same ID, and returns its openConversationId.
func (s *Server) AddGroup(g Group) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.ID == "" {
		g.ID = "cid" + opaque("group", g.Title)[:22] + "=="
	}
	g.Members = slices.Clone(g.Members)
	if c := s.chats[g.ID]; c != nil {
		c.group = &g
	} else {
		s.chats[g.ID] = &conversation{id: g.ID, group: &g, byID: map[string]*Bubble{}}
	}
	return g.ID
}

// Groups lists the group chats, by title.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Group
	for _, c := range s.chats {
		if c.group != nil {
			g := *c.group
			g.Members = slices.Clone(g.Members)
			out = append(out, g)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Title < out[j].Title })
	return out
}

// Conversation returns the id of a person's 1:1 chat with the robot. It is the same in every run.
func (s *Server) Conversation(userID string) string { return s.conversationID(userID) }

func (s *Server) conversationID(userID string) string {
	return "cid" + opaque("chat", s.cfg.RobotCode+"/"+userID)[:22] + "=="
}

// direct returns the 1:1 chat of a person, making it when new. The caller holds s.mu.
func (s *Server) direct(userID string) *conversation {
	id, ok := s.byRobot[userID]
	if !ok {
		id = s.conversationID(userID)
		s.byRobot[userID] = id
	}
	c := s.chats[id]
	if c == nil {
		c = &conversation{id: id, user: userID, byID: map[string]*Bubble{}}
		s.chats[id] = c
	}
	return c
}

// where finds the chat in which a person speaks: a group, or the 1:1 chat for "". The caller holds s.mu.
func (s *Server) where(userID, group string) (*User, *conversation, error) {
	u := s.people[userID]
	if u == nil {
		return nil, nil, fmt.Errorf("dingtalktest: no person %q", userID)
	}
	if group == "" {
		if u.External {
			return nil, nil, errors.New("dingtalktest: a guest has no 1:1 chat with the robot")
		}
		return u, s.direct(userID), nil
	}
	c := s.chats[group]
	if c == nil || c.group == nil {
		return nil, nil, fmt.Errorf("dingtalktest: no group %q", group)
	}
	if !c.has(userID) {
		return nil, nil, fmt.Errorf("dingtalktest: %q is not a member of %q", userID, c.group.Title)
	}
	return u, c, nil
}

// opaque makes the platform's kind of meaningless but stable identifier.
func opaque(kind, of string) string {
	h := sha256.Sum256([]byte(kind + "\x00" + of))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// senderID is the encrypted id of a person or, with "robot", of the robot.
func senderID(userID string) string { return "$:LWCP_v1:$" + opaque("sender", userID)[:24] }

// SetPublished tells whether the application has a published version; without one, messages lack the
// sender's staffId and isAdmin. A new server is published.
func (s *Server) SetPublished(yes bool) {
	s.mu.Lock()
	s.unpublished = !yes
	s.mu.Unlock()
}

// SetQuotaUsedUp makes the monthly quota used up: API calls are refused and messages arrive without content.
func (s *Server) SetQuotaUsedUp(yes bool) {
	s.mu.Lock()
	s.exhausted = yes
	s.mu.Unlock()
}
