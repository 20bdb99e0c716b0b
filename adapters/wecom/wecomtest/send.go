package wecomtest

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sendRequest is the body of message/send.
type sendRequest struct {
	ToUser   string `json:"touser"`
	ToParty  string `json:"toparty"`
	ToTag    string `json:"totag"`
	MsgType  string `json:"msgtype"`
	AgentID  agent  `json:"agentid"`
	DupCheck int    `json:"enable_duplicate_check"`
	DupSpan  int    `json:"duplicate_check_interval"` // seconds
	content
}

// agent is an agentid: a number, or the text of one as the Go SDK sends it.
type agent int

func (a *agent) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	*a = agent(n)
	return err
}

func (s *Server) apiSend(c *apiCall) (map[string]any, *apiError) {
	var req sendRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if int(req.AgentID) != s.cfg.AgentID {
		return nil, fail(301002, "not allow operate another agent with this accesstoken")
	}
	to, bad, err := s.receivers(&req)
	if err != nil {
		return nil, err
	}
	b, err := s.bubble(req.MsgType, &req.content, 2048)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{
		"invaliduser": strings.Join(bad.users, "|"), "invalidparty": strings.Join(bad.parties, "|"),
		"invalidtag": strings.Join(bad.tags, "|"), "unlicenseduser": "", "msgid": "",
	}
	if len(to) == 0 {
		return nil, fail(81013, "user & party & tag all invalid")
	}
	msg := &sentMessage{id: s.ids.opaque("sim", 24), at: s.Now(), agentID: s.cfg.AgentID, seen: map[string]*Bubble{}}
	fields["msgid"] = msg.id
	if req.DupCheck == 1 && s.repeated(&req, c.body) {
		for _, p := range to {
			s.drop(p.UserID, msg.id, "duplicate", c.body)
		}
		return fields, nil
	}
	if b.Card != nil {
		msg.taskID = b.Card.TaskID
	}
	if err := s.sent.keep(msg); err != nil {
		return nil, err
	}
	body := string(c.body)
	for _, p := range to {
		s.push(p, msg, *b, body)
	}
	if b.Card != nil && b.Card.callsBack() {
		fields["response_code"] = s.sent.newCode(msg, s.ids.opaque("", 32), msg.at)
	}
	return fields, nil
}

// push shows b to one person, unless the silent limit per member is reached.
func (s *Server) push(p *person, msg *sentMessage, b Bubble, body string) {
	c := s.chats.open(DoorApp, p.UserID, "")
	c.mu.Lock()
	if !c.meter.take(s.Now(), s.cfg.Limits.PerMinute, s.cfg.Limits.PerHour) {
		c.mu.Unlock()
		s.drop(p.UserID, msg.id, "over 30 a minute or 1000 an hour", []byte(body))
		return
	}
	b.msgID = msg.id
	s.show(c, &b)
	msg.showTo(p.UserID, &b)
	b.Seq = s.note(Entry{Kind: KindPush, Door: DoorApp, User: p.UserID, Chat: c.name, ID: msg.id, Text: b.Kind, Body: body})
	c.mu.Unlock()
	s.counts.pushes.Add(1)
}

func (s *Server) drop(user, id, why string, body []byte) {
	s.counts.dropped.Add(1)
	s.note(Entry{Kind: KindDropped, Door: DoorApp, User: user, ID: id, Text: why, Body: string(body)})
}

type badReceivers struct{ users, parties, tags []string }

// receivers resolves touser, toparty and totag.
func (s *Server) receivers(req *sendRequest) (to []*person, bad badReceivers, err *apiError) {
	users, parties, tags := split(req.ToUser), split(req.ToParty), split(req.ToTag)
	switch {
	case len(users)+len(parties)+len(tags) == 0:
		return nil, bad, fail(40035, "touser, toparty and totag are all empty")
	case len(users) > 1000 || len(parties) > 100 || len(tags) > 100:
		return nil, bad, fail(40031, "too many receivers")
	}
	add := func(p *person) {
		if !p.Inactive && !slices.Contains(to, p) {
			to = append(to, p)
		}
	}
	if req.ToUser == "@all" {
		for _, p := range s.org.everybody() {
			add(s.org.find(p.UserID))
		}
		return to, bad, nil
	}
	for _, u := range users {
		if p := s.org.find(u); p != nil && !p.Inactive {
			add(p)
		} else {
			bad.users = append(bad.users, strings.ToLower(u))
		}
	}
	for _, d := range parties {
		id, convErr := strconv.Atoi(d)
		if convErr != nil || !s.org.hasDepartment(id) {
			bad.parties = append(bad.parties, d)
			continue
		}
		for _, p := range s.org.inDepartment(id, true) {
			add(s.org.find(p.UserID))
		}
	}
	bad.tags = tags // nobody is tagged here
	return to, bad, nil
}

func split(list string) []string {
	return slices.DeleteFunc(strings.Split(list, "|"), func(s string) bool { return s == "" })
}

// repeated asks the duplicate check: same content, same receivers, inside the interval.
func (s *Server) repeated(req *sendRequest, body []byte) bool {
	span := time.Duration(req.DupSpan) * time.Second
	if span <= 0 {
		span = 30 * time.Minute
	}
	var generic map[string]json.RawMessage
	json.Unmarshal(body, &generic)
	key := sha256.Sum256(slices.Concat([]byte(req.ToUser+"\x00"+req.ToParty+"\x00"+req.ToTag+"\x00"+req.MsgType+"\x00"), generic[req.MsgType]))
	return s.sent.repeats(key, s.Now(), min(span, 4*time.Hour))
}
