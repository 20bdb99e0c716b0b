package wecomtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The statuses of a group send to one customer.
const (
	GroupWaits     = 0 // the member has not confirmed
	GroupSent      = 1
	GroupNoFriend  = 2 // the customer is no contact of the member any more
	GroupTooMany   = 3 // the customer has had all group sends of the month
	groupPageMost  = 1000
	groupListPages = 100
)

// groupTask is a group send (客户群发) that its members have to confirm.
type groupTask struct {
	id       string
	made     time.Time
	text     string
	files    []attachment
	senders  []*groupSender
	stopped  bool
	reminded []time.Time
}

// groupSender is a member's part of a task.
type groupSender struct {
	user      string
	done      time.Time // zero: not confirmed yet
	customers []string
	status    map[string]int
}

// attachment is one of a message to customers; the part that its msgtype names must be there.
type attachment struct {
	Type  string     `json:"msgtype"`
	Image *mediaBody `json:"image,omitempty"`
	Video *mediaBody `json:"video,omitempty"`
	File  *mediaBody `json:"file,omitempty"`
	Link  *struct {
		Title string `json:"title"`
		Pic   string `json:"picurl"`
		Desc  string `json:"desc"`
		URL   string `json:"url"`
	} `json:"link,omitempty"`
	Mini *struct {
		Title string `json:"title"`
		Pic   string `json:"pic_media_id"`
		AppID string `json:"appid"`
		Page  string `json:"page"`
	} `json:"miniprogram,omitempty"`
}

// outgoing is what welcome messages and group sends have in common.
type outgoing struct {
	Text  *textBody    `json:"text"`
	Files []attachment `json:"attachments"`
}

// check looks at a message to customers; the bubbles are what they will see.
func (s *Server) checkOutgoing(o *outgoing) *apiError {
	text := ""
	if o.Text != nil {
		text = o.Text.Content
	}
	switch {
	case text == "" && len(o.Files) == 0:
		return fail(40063, "some parameters are empty: text and attachments")
	case len(text) > 4000:
		return fail(45002, "content too long")
	case len(o.Files) > 9:
		return fail(40058, "attachments has 9 entries at most")
	}
	for _, a := range o.Files {
		if _, err := s.attached(a); err != nil {
			return err
		}
	}
	return nil
}

// attached is an attachment as a bubble.
func (s *Server) attached(a attachment) (*Bubble, *apiError) {
	missing := fail(40058, "attachment %q without its content", a.Type)
	b := &Bubble{Kind: a.Type}
	media := func(m *mediaBody, kind string) *apiError {
		if m == nil || m.MediaID == "" {
			return missing
		}
		ref, err := s.media.ref(m.MediaID, kind, s.Now())
		b.File = ref
		return err
	}
	switch a.Type {
	case "image":
		return b, media(a.Image, "image")
	case "video":
		return b, media(a.Video, "video")
	case "file":
		return b, media(a.File, "file")
	case "link":
		if a.Link == nil || a.Link.Title == "" || a.Link.URL == "" {
			return nil, missing
		}
		if len(a.Link.Title) > 128 || len(a.Link.Desc) > 512 || len(a.Link.URL) > 2048 {
			return nil, fail(45002, "content too long")
		}
		b.Title, b.Text, b.URL = a.Link.Title, a.Link.Desc, a.Link.URL
		return b, nil
	case "miniprogram":
		if a.Mini == nil || a.Mini.Title == "" || a.Mini.AppID == "" || a.Mini.Page == "" || a.Mini.Pic == "" {
			return nil, missing
		}
		b.Title = a.Mini.Title
		return b, nil
	}
	return nil, fail(40008, "invalid message type %q", a.Type)
}

// deliver shows a message in the chat of a member with a customer; the caller holds contact.mu.
func (s *Server) contactDeliver(user, customer, id, text string, files []attachment, what string) {
	if text != "" {
		s.contactShow(user, customer, &Bubble{Kind: "text", From: user, Text: text, MsgID: id}, Entry{Kind: KindPush, ID: id, Text: what, Body: text})
	}
	for _, a := range files {
		if b, err := s.attached(a); err == nil {
			b.From, b.MsgID = user, id
			s.contactShow(user, customer, b, Entry{Kind: KindPush, ID: id, Text: what})
		}
	}
}

func (s *Server) apiWelcome(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		Code string `json:"welcome_code"`
		outgoing
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	code := s.contact.codes[req.Code]
	if code == nil || code.used || time.Since(code.made) >= welcomeLife {
		return nil, fail(41050, "invalid welcome code")
	}
	f := code.follow
	if s.contact.talked[contactChat(f.UserID, f.Customer)] {
		return nil, fail(41051, "external user has started chatting")
	}
	if err := s.checkOutgoing(&req.outgoing); err != nil {
		return nil, err
	}
	code.used = true
	text := ""
	if req.Text != nil {
		text = req.Text.Content
	}
	s.contactDeliver(f.UserID, f.Customer, "", text, req.Files, "welcome")
	return nil, nil
}

// apiGroupSend makes a task; nothing reaches a customer by it.
func (s *Server) apiGroupSend(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ChatType  string   `json:"chat_type"`
		Customers []string `json:"external_userid"`
		Sender    string   `json:"sender"`
		TagFilter *struct {
			Groups []struct {
				Tags []string `json:"tag_list"`
			} `json:"group_list"`
		} `json:"tag_filter"`
		outgoing
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.ChatType != "" && req.ChatType != "single" {
		return nil, fail(40058, "only chat_type single is here")
	}
	// The platform's page says nothing of an empty filter; a client that means none had better send none.
	if req.TagFilter != nil && len(req.TagFilter.Groups) == 0 {
		return nil, fail(40058, "tag_filter without group_list")
	}
	if len(req.Customers) > groupSendMax {
		return nil, fail(40058, "external_userid has %d entries at most", groupSendMax)
	}
	if req.Sender == "" && len(req.Customers) == 0 && req.TagFilter == nil {
		return nil, fail(41048, "no customer to send")
	}
	if req.Sender != "" && s.org.find(req.Sender) == nil {
		return nil, fail(60111, "userid not found")
	}
	if err := s.checkOutgoing(&req.outgoing); err != nil {
		return nil, err
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	if req.Sender != "" && s.contact.unlicensed[req.Sender] {
		return nil, fail(84074, "no external contact permission")
	}
	t := &groupTask{id: s.ids.opaque("msgGSim", 21), made: s.Now(), files: req.Files}
	if req.Text != nil {
		t.text = req.Text.Content
	}
	tagged := func(f *Follow) bool {
		for i := range req.TagFilter.Groups {
			if !slices.ContainsFunc(req.TagFilter.Groups[i].Tags, func(id string) bool { return slices.Contains(f.Tags, id) }) {
				return false
			}
		}
		return true
	}
	wanted := req.Customers
	if len(wanted) == 0 { // everybody of the sender, or with the tags
		for _, f := range s.contact.follows {
			if !slices.Contains(wanted, f.Customer) && (req.Sender == "" || f.UserID == req.Sender) {
				wanted = append(wanted, f.Customer)
			}
		}
	}
	failed := []string{}
	for _, id := range wanted {
		var from *Follow // with several members the newest follow sends (K: the platform says the latest one)
		for _, f := range s.contact.follows {
			if f.Customer == id && (req.Sender == "" || f.UserID == req.Sender) && !s.contact.unlicensed[f.UserID] && (req.TagFilter == nil || tagged(f)) {
				from = f
			}
		}
		if from == nil || s.full(id) {
			if slices.Contains(req.Customers, id) {
				failed = append(failed, id)
			}
			continue
		}
		t.add(from.UserID, id)
	}
	if len(t.senders) == 0 {
		return map[string]any{"fail_list": failed}, fail(41048, "no customer to send")
	}
	s.contact.tasks[t.id] = t
	s.contact.order = append(s.contact.order, t.id)
	for _, one := range t.senders {
		s.note(Entry{Kind: KindPush, Door: DoorContact, User: one.user, ID: t.id, Text: "group send task", Body: t.text})
	}
	return map[string]any{"fail_list": failed, "msgid": t.id}, nil
}

func (t *groupTask) add(user, customer string) {
	i := slices.IndexFunc(t.senders, func(g *groupSender) bool { return g.user == user })
	if i < 0 {
		i = len(t.senders)
		t.senders = append(t.senders, &groupSender{user: user, status: map[string]int{}})
	}
	t.senders[i].customers = append(t.senders[i].customers, customer)
}

// GroupTask is a task in a member's group-send helper.
type GroupTask struct {
	ID        string         `json:"msgid"`
	User      string         `json:"userid"`
	At        time.Time      `json:"at"`
	Text      string         `json:"text"`
	Files     int            `json:"files,omitempty"`
	Customers []string       `json:"customers"`
	Status    map[string]int `json:"status"`        // by customer, once confirmed
	Done      time.Time      `json:"done,omitzero"` // when the member confirmed
	Stopped   bool           `json:"stopped,omitempty"`
	Reminded  int            `json:"reminded,omitempty"`
}

// GroupTasks lists the tasks of a member, oldest first.
func (s *Server) GroupTasks(user string) (all []GroupTask) {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	for _, id := range s.contact.order {
		t := s.contact.tasks[id]
		for _, g := range t.senders {
			if g.user != user {
				continue
			}
			status := map[string]int{}
			for k, v := range g.status {
				status[k] = v
			}
			all = append(all, GroupTask{ID: id, User: user, At: t.made, Text: t.text, Files: len(t.files), Customers: slices.Clone(g.customers),
				Status: status, Done: g.done, Stopped: t.stopped, Reminded: len(t.reminded)})
		}
	}
	return all
}

// GroupConfirm is the member's tap on 发送 in the group-send helper: every customer who still is a contact and has had fewer
// than the month's share gets the message. id "" is the oldest that waits.
func (s *Server) GroupConfirm(user, id string) error {
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	for _, one := range s.contact.order {
		t := s.contact.tasks[one]
		for _, g := range t.senders {
			if g.user != user || id != "" && one != id || !g.done.IsZero() || t.stopped {
				continue
			}
			g.done = s.Now()
			for _, customer := range g.customers {
				g.status[customer] = s.groupDeliver(t, g.user, customer)
			}
			s.note(Entry{Kind: KindSaid, Door: DoorContact, User: user, ID: t.id, Text: "group send confirmed"})
			return nil
		}
	}
	return fmt.Errorf("%w: group send task %q of %s that waits", ErrNobody, id, user)
}

func (s *Server) groupDeliver(t *groupTask, user, customer string) int {
	f := s.contact.find(user, customer)
	switch {
	case f == nil || f.Gone:
		return GroupNoFriend
	case s.full(customer):
		return GroupTooMany
	}
	key, _ := s.month(customer)
	s.contact.months[key]++
	s.contactDeliver(user, customer, t.id, t.text, t.files, "group send")
	return GroupSent
}

// task finds the task of a call.
func (s *Server) groupTaskOf(c *apiCall, into any, id *string) (*groupTask, *apiError) {
	if err := c.decode(into); err != nil {
		return nil, err
	}
	t := s.contact.tasks[*id]
	if t == nil {
		return nil, fail(41063, "invalid group msgid") // (K)
	}
	return t, nil
}

func (s *Server) apiGroupRemind(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ID string `json:"msgid"`
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	t, err := s.groupTaskOf(c, &req, &req.ID)
	if err != nil {
		return nil, err
	}
	today := slices.DeleteFunc(slices.Clone(t.reminded), func(at time.Time) bool { return s.Now().Sub(at) >= 24*time.Hour })
	if t.stopped || len(today) >= remindMax {
		return nil, fail(41093, "reminded too often, or over") // (K)
	}
	t.reminded = append(t.reminded, s.Now())
	for _, g := range t.senders {
		if g.done.IsZero() {
			s.note(Entry{Kind: KindPush, Door: DoorContact, User: g.user, ID: t.id, Text: "group send reminder"})
		}
	}
	return nil, nil
}

func (s *Server) apiGroupCancel(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ID string `json:"msgid"`
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	t, err := s.groupTaskOf(c, &req, &req.ID)
	if err != nil {
		return nil, err
	}
	t.stopped = true
	s.note(Entry{Kind: KindUpdate, Door: DoorContact, ID: t.id, Text: "group send stopped"})
	return nil, nil
}

func (s *Server) apiGroupList(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ChatType string `json:"chat_type"`
		From     int64  `json:"start_time"`
		To       int64  `json:"end_time"`
		Limit    int    `json:"limit"`
		Cursor   string `json:"cursor"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.ChatType != "single" && req.ChatType != "group" || req.To < req.From || req.To-req.From > 31*24*3600 || req.Limit > groupListPages {
		return nil, fail(40058, "chat_type, a span of a month at most, limit of 100 at most")
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	var hits []map[string]any
	for _, id := range slices.Backward(s.contact.order) {
		t := s.contact.tasks[id]
		if at := t.made.Unix(); at < req.From || at > req.To || req.ChatType == "group" {
			continue
		}
		files, _ := json.Marshal(t.files)
		hits = append(hits, map[string]any{"msgid": id, "creator": "", "create_time": t.made.Unix(), "create_type": 0,
			"text": map[string]any{"content": t.text}, "attachments": json.RawMessage(files)})
	}
	page, next, err := paged(hits, req.Cursor, req.Limit, groupListPages)
	return map[string]any{"group_msg_list": page, "next_cursor": next}, err
}

func (s *Server) apiGroupTask(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ID     string `json:"msgid"`
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor"`
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	t, err := s.groupTaskOf(c, &req, &req.ID)
	if err != nil {
		return nil, err
	}
	var list []map[string]any
	for _, g := range t.senders {
		one := map[string]any{"userid": g.user, "status": 0}
		if !g.done.IsZero() {
			one["status"], one["send_time"] = 2, g.done.Unix()
		}
		list = append(list, one)
	}
	page, next, err := paged(list, req.Cursor, req.Limit, groupPageMost)
	return map[string]any{"task_list": page, "next_cursor": next}, err
}

func (s *Server) apiGroupResult(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		ID     string `json:"msgid"`
		User   string `json:"userid"`
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor"`
	}
	s.contact.mu.Lock()
	defer s.contact.mu.Unlock()
	t, err := s.groupTaskOf(c, &req, &req.ID)
	if err != nil {
		return nil, err
	}
	var list []map[string]any
	for _, g := range t.senders {
		if !strings.EqualFold(g.user, req.User) {
			continue
		}
		for _, customer := range g.customers {
			one := map[string]any{"external_userid": customer, "userid": g.user, "status": g.status[customer]}
			if g.status[customer] == GroupSent {
				one["send_time"] = g.done.Unix()
			}
			list = append(list, one)
		}
	}
	page, next, err := paged(list, req.Cursor, req.Limit, groupPageMost)
	return map[string]any{"send_list": page, "next_cursor": next}, err
}
