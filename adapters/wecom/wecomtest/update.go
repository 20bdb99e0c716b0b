package wecomtest

import "slices"

// updateRequest is the body of message/update_template_card.
type updateRequest struct {
	UserIDs      []string `json:"userids"`
	PartyIDs     []int    `json:"partyids"`
	TagIDs       []int    `json:"tagids"`
	AtAll        int      `json:"atall"`
	AgentID      agent    `json:"agentid"`
	ResponseCode string   `json:"response_code"`
	Button       *struct {
		ReplaceName string `json:"replace_name"`
	} `json:"button"`
	Card *Card `json:"template_card"`
}

func (s *Server) apiUpdateCard(c *apiCall) (map[string]any, *apiError) {
	var req updateRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if int(req.AgentID) != s.cfg.AgentID {
		return nil, fail(42015, "agentid does not match the sender's")
	}
	if len(req.UserIDs) > 1000 || len(req.PartyIDs) > 100 || len(req.TagIDs) > 100 {
		return nil, fail(40031, "too many receivers")
	}
	if req.ResponseCode == "" {
		return nil, fail(40058, "missing field `response_code`")
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	msg, err := s.sent.spend(req.ResponseCode, s.Now())
	if err != nil {
		return nil, err
	}
	if req.Card != nil && req.Card.TaskID != "" && req.Card.TaskID != msg.taskID {
		return nil, fail(42016, "task_id is not this card's")
	}
	users, invalid := s.updated(&req, msg)
	for _, u := range users {
		s.redraw(msg, u, &req, string(c.body))
	}
	return map[string]any{"invaliduser": invalid}, nil
}

func (r *updateRequest) check() *apiError {
	switch {
	case r.Card != nil:
		return r.Card.check()
	case r.Button == nil:
		return fail(40058, "button or template_card missing")
	case r.Button.ReplaceName == "":
		return fail(42020, "button.replace_name missing")
	}
	return nil
}

// updated resolves who is to see the change: only those who got the card can.
func (s *Server) updated(req *updateRequest, msg *sentMessage) (users, invalid []string) {
	invalid = []string{}
	got := func(u string) bool { return msg.shownTo(u) != nil }
	add := func(u string) {
		if got(u) && !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	if req.AtAll == 1 || len(req.UserIDs)+len(req.PartyIDs)+len(req.TagIDs) == 0 {
		users = msg.audience()
	}
	for _, u := range req.UserIDs {
		if p := s.org.find(u); p != nil && got(p.UserID) {
			add(p.UserID)
		} else {
			invalid = append(invalid, u)
		}
	}
	for _, d := range req.PartyIDs {
		for _, p := range s.org.inDepartment(d, true) {
			add(p.UserID)
		}
	}
	return users, invalid
}

// redraw changes the card on one person's screen.
func (s *Server) redraw(msg *sentMessage, user string, req *updateRequest, body string) {
	c := s.chats.open(DoorApp, user, "")
	c.mu.Lock()
	defer c.mu.Unlock()
	b := msg.shownTo(user)
	if req.Card != nil {
		card := *req.Card
		if card.TaskID == "" {
			card.TaskID = msg.taskID
		}
		b.Card, b.Greyed, b.Cut = &card, card.ReplaceText, card.Overlong(DoorApp)
	} else {
		b.Greyed = req.Button.ReplaceName
	}
	s.counts.updates.Add(1)
	b.Seq = s.note(Entry{Kind: KindUpdate, Door: DoorApp, User: user, Chat: c.name, ID: msg.id, Body: body})
}

func (s *Server) apiRecall(c *apiCall) (map[string]any, *apiError) {
	var req struct {
		MsgID string `json:"msgid"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	s.sent.mu.Lock()
	msg := s.sent.byID[req.MsgID]
	s.sent.mu.Unlock()
	if msg == nil {
		return nil, fail(40058, "invalid msgid")
	}
	if s.Now().Sub(msg.at) >= recallLife {
		return nil, fail(40058, "message is older than 24 hours")
	}
	for _, user := range msg.audience() {
		b := msg.shownTo(user)
		chat := s.chats.open(DoorApp, user, "")
		chat.mu.Lock()
		b.Recalled = true
		b.Seq = s.note(Entry{Kind: KindRecall, Door: DoorApp, User: user, Chat: chat.name, ID: msg.id})
		chat.mu.Unlock()
	}
	return nil, nil
}
