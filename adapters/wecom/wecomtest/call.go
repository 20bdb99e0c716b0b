package wecomtest

import "time"

// What a call to the bot was about, which decides how it may be answered.
const (
	callMessage = "message"
	callEnter   = "enter"
	callTap     = "tap"
	callOther   = "event"
)

// replyLife is how long a message may be answered under its req_id.
const replyLife = 24 * time.Hour

// call is a callback on the long connection with what has been answered to it. Its chat's mu guards it.
type call struct {
	reqID    string
	kind     string
	user     string
	at       time.Time // long clock
	sent     time.Time // wall clock, with the monotonic reading: for the 5 s deadlines
	taskID   string    // callTap
	bubble   string    // callTap: ID of the card's bubble
	answered bool      // welcome or update was given
	cardSent bool      // stream_with_template_card had its card
	streams  []stream
}

type stream struct {
	id   string
	show *Bubble
	done bool
}

// newCall registers a callback that may be answered. The caller holds c.mu.
func (s *Server) newCall(c *chat, kind, user string) *call {
	c.serial++
	k := &call{reqID: newReqID(c.index, c.serial), kind: kind, user: user, at: s.Now(), sent: time.Now()}
	c.calls[c.serial%callsKept] = k
	return k
}

// findCall returns the call of a req_id with its chat locked, or nil and nothing locked.
func (s *Server) findCall(reqID string) (*chat, *call) {
	place, serial, ok := readReqID(reqID)
	if !ok || serial < 0 {
		return nil, nil
	}
	c := s.chats.at(place)
	if c == nil {
		return nil, nil
	}
	c.mu.Lock()
	if k := c.calls[serial%callsKept]; k != nil && k.reqID == reqID {
		return c, k
	}
	c.mu.Unlock()
	return nil, nil
}

// admitMessage counts a message against the three that a person may have in progress with the bot.
func (s *Server) admitMessage(p *person, now time.Time, k *call) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := p.open[:0]
	for _, o := range p.open {
		if now.Sub(o.at) < s.cfg.Limits.Stream {
			open = append(open, o)
		}
	}
	clear(p.open[len(open):])
	p.open = open
	if most := s.cfg.Limits.InProgress; most >= 0 {
		if len(p.open) >= most {
			return false
		}
		p.open = append(p.open, k)
	}
	return true
}

// settle ends a message's being in progress.
func (s *Server) settle(k *call) {
	p := s.org.find(k.user)
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, o := range p.open {
		if o == k {
			p.open = append(p.open[:i], p.open[i+1:]...)
			return
		}
	}
}
