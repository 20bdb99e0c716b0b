package wecomtest

import "slices"

// apiKFState is kf/service_state/get.
func (s *Server) apiKFState(c *apiCall) (map[string]any, *apiError) {
	var p kfParties
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	t, err := s.kfParties(p)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"service_state": t.now(s.Now())}
	if t.state == KFPerson {
		out["servicer_userid"] = t.servicer
	}
	return out, nil
}

// kfParties names a session.
type kfParties struct {
	OpenKFID string `json:"open_kfid"`
	Customer string `json:"external_userid"`
}

// kfParties finds the talk of p; the caller holds kf.mu.
func (s *Server) kfParties(p kfParties) (*kfTalk, *apiError) {
	a := s.kf.accounts[p.OpenKFID]
	if a == nil {
		return nil, fail(95004, "open_kfid not exist")
	}
	t := a.talks[p.Customer]
	if t == nil {
		return nil, fail(40096, "invalid external userid")
	}
	return t, nil
}

// kfMoves are the changes of a session that the API may make.
var kfMoves = map[int][]int{
	KFNew:    {KFBot, KFPool, KFPerson, KFEnded},
	KFBot:    {KFPool, KFPerson, KFEnded},
	KFPool:   {KFPerson, KFEnded},
	KFPerson: {KFPerson, KFEnded},
}

// apiKFMove is kf/service_state/trans. It makes no event: those tell of what people do. The number of a change that is
// not allowed (95016) is a guess; the others were seen in the field.
func (s *Server) apiKFMove(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		kfParties
		State    int    `json:"service_state"`
		Servicer string `json:"servicer_userid"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	t, err := s.kfParties(p.kfParties)
	if err != nil {
		return nil, err
	}
	state := t.now(s.Now())
	switch {
	case p.State < KFNew || p.State > KFEnded:
		return nil, fail(40058, "invalid service_state")
	case p.State == KFPerson && p.Servicer == "":
		return nil, fail(40058, "missing servicer_userid")
	case state == KFEnded:
		return nil, fail(95013, "conversation end")
	case !slices.Contains(kfMoves[state], p.State):
		return nil, fail(95016, "service state can not change from %d to %d", state, p.State)
	case p.State == KFPerson && (!slices.Contains(t.account.Servicers, p.Servicer) || t.account.offDuty[p.Servicer]):
		return nil, fail(95014, "user is not the servicer on duty")
	}
	t.state, t.servicer = p.State, ""
	out := map[string]any{}
	switch p.State {
	case KFPool:
		if !t.pooled {
			out["msg_code"] = s.newKFCode(t, kfPoolLife, false)
		}
		t.pooled = true
	case KFPerson:
		t.servicer = p.Servicer
		if !t.manned {
			out["msg_code"] = s.newKFCode(t, kfPoolLife, false)
		}
		t.manned = true
	case KFEnded:
		out["msg_code"] = s.newKFCode(t, kfWelcomeLife, false)
	}
	s.note(Entry{Kind: KindUpdate, Door: DoorKF, User: t.customer.ID, Chat: t.chat(), Code: p.State, Text: "session " + p.Servicer})
	return out, nil
}
