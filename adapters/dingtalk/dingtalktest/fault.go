package dingtalktest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path"
	"time"
)

// The kinds of faults.
const (
	FaultAPI            = "api"             // an HTTP call is delayed, refused, cut, or done without saying so
	FaultDuplicate      = "duplicate"       // the next bot message is pushed twice: one msgId, two messageIds
	FaultDuplicateFrame = "duplicate-frame" // the same with one messageId
	FaultReverse        = "reverse"         // the next two bot messages are pushed in reverse order
	FaultCutFrame       = "cut-frame"       // the connection breaks in the middle of the next bot message
	FaultLose           = "lose"            // the next bot message is pushed into a dead connection: nobody gets it, until it is pushed again
	FaultBlackHole      = "black-hole"      // connections stay up but nothing passes, until the fault ends; see ClearFaults
	FaultExpiredTicket  = "expired-ticket"  // the next ticket is expired when it is given out
	FaultCreateAt       = "create-at-string"
	FaultContentString  = "content-string"   // content is a JSON string
	FaultRichTextType   = "richtext-untyped" // rich text items without type
	FaultNoReplied      = "no-replied"       // a quote without repliedMsg, only originalMsgId
	FaultDeliver        = "deliver"          // the next card delivery answers HTTP 200 with success false
	FaultFlow           = "flow"             // batchSend lists User (or everybody) as rate limited
)

// Fault is a flaw to come. It hits Times matching occasions; 0 is one, negative is all until ClearFaults.
type Fault struct {
	Kind  string `json:"kind"`
	API   string `json:"api,omitempty"`  // FaultAPI: path of the call, with * as in path.Match; "" is every call
	User  string `json:"user,omitempty"` // only messages of, or sends to, this person; "" is everybody
	Times int    `json:"times,omitempty"`

	// For FaultAPI:
	Delay   time.Duration `json:"delay,omitempty"`  // nanoseconds of real time before anything happens
	Status  int           `json:"status,omitempty"` // answer with this HTTP status; a webhook or oapi call without it answers 200
	Code    string        `json:"code,omitempty"`   // and this code: a number on webhook and oapi calls
	Message string        `json:"message,omitempty"`
	After   bool          `json:"after,omitempty"` // the call is carried out first: the unknown outcome
	Drop    bool          `json:"drop,omitempty"`  // cut the TCP connection instead of answering
}

// Inject arms faults.
func (s *Server) Inject(faults ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		switch f.Kind {
		case FaultAPI, FaultDuplicate, FaultDuplicateFrame, FaultReverse, FaultCutFrame, FaultLose, FaultExpiredTicket, FaultCreateAt,
			FaultContentString, FaultRichTextType, FaultNoReplied, FaultDeliver, FaultFlow:
		case FaultBlackHole:
			for _, c := range s.conns {
				c.hole.Store(true)
			}
			continue
		default:
			return fmt.Errorf("dingtalktest: no fault %q", f.Kind)
		}
		if f.Times == 0 {
			f.Times = 1
		}
		s.faults = append(s.faults, &f)
	}
	return nil
}

// Faults lists what is armed and not used up.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// ClearFaults ends every fault. What a black hole swallowed stays lost.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	s.faults = nil
	held := s.held
	s.held = nil
	for _, c := range s.conns {
		c.hole.Store(false)
	}
	s.mu.Unlock()
	if held != nil {
		s.push(held, false)
	}
}

// fault uses up one occasion of the first matching fault; nil when there is none.
func (s *Server) fault(kind, api, user string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faultLocked(kind, api, user)
}

func (s *Server) faultLocked(kind, api, user string) *Fault {
	for i, f := range s.faults {
		if f.Kind != kind || f.User != "" && f.User != user {
			continue
		}
		if f.API != "" && f.API != api {
			if ok, _ := path.Match(f.API, api); !ok {
				continue
			}
		}
		hit := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return &hit
	}
	return nil
}

func (f *Fault) refusal(old bool) *refusal {
	no := &refusal{status: f.Status, code: f.Code, message: f.Message}
	if no.message == "" {
		no.message = "injected fault"
	}
	if no.status == 0 && !old {
		no.status = http.StatusBadGateway
	}
	if no.code == "" {
		switch {
		case old:
			no.code = "-1"
		case no.status == http.StatusServiceUnavailable:
			no.code = "ServiceUnavailable"
		case no.status == http.StatusGatewayTimeout:
			no.code = "GatewayTimeout"
		default:
			no.code = "system.busy"
		}
	}
	return no
}

// obey carries out a FaultAPI and tells whether the call is answered by that.
func (s *Server) obey(w http.ResponseWriter, r *http.Request, f *Fault, old bool) bool {
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return true
		case <-s.done:
			return true
		}
	}
	if f.After || f.Status == 0 && f.Code == "" && !f.Drop {
		return false
	}
	s.deny(w, r, nil, f, old)
	return true
}

// deny answers as the fault says.
func (s *Server) deny(w http.ResponseWriter, r *http.Request, body []byte, f *Fault, old bool) {
	no := f.refusal(old)
	s.record(r, body, no.status, no.code)
	switch {
	case f.Drop:
		drop(w)
	case old && no.status == 0:
		writeJSON(w, http.StatusOK, legacyError(no, randomHex(8)))
	case old:
		writeJSON(w, no.status, legacyError(no, randomHex(8)))
	default:
		writeJSON(w, no.status, map[string]any{"code": no.code, "message": no.message, "requestid": randomHex(8)})
	}
}

func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			if t, ok := c.(*net.TCPConn); ok {
				_ = t.SetLinger(0)
			}
			_ = c.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// shapeFault changes the shape of a message as injected and returns the fault of its push, if any. The
// caller holds s.mu.
func (s *Server) shapeFault(user string, m map[string]any) string {
	if s.faultLocked(FaultCreateAt, "", user) != nil {
		m["createAt"] = fmt.Sprint(m["createAt"])
		m["sessionWebhookExpiredTime"] = fmt.Sprint(m["sessionWebhookExpiredTime"])
	}
	body, _ := m["content"].(map[string]any)
	if body != nil {
		if items, ok := body["richText"].([]any); ok && s.faultLocked(FaultRichTextType, "", user) != nil {
			for _, it := range items {
				if item, ok := it.(map[string]any); ok {
					delete(item, "type")
				}
			}
		}
	}
	if m["originalMsgId"] != nil && s.faultLocked(FaultNoReplied, "", user) != nil {
		for _, k := range []string{"text", "content"} {
			if b, ok := m[k].(map[string]any); ok {
				delete(b, "repliedMsg")
				delete(b, "isReplyMsg")
			}
		}
	}
	if body != nil && s.faultLocked(FaultContentString, "", user) != nil {
		b, _ := json.Marshal(body)
		m["content"] = string(b)
	}
	for _, kind := range []string{FaultDuplicate, FaultDuplicateFrame, FaultReverse, FaultCutFrame, FaultLose} {
		if s.faultLocked(kind, "", user) != nil {
			return kind
		}
	}
	return ""
}

// deliver pushes a bot message, flawed as told, and returns the connection.
func (s *Server) deliver(p *pending, flaw string) string {
	s.mu.Lock()
	held := s.held
	s.held = nil
	if flaw == FaultReverse && held == nil {
		s.held = p
		s.mu.Unlock()
		return "held"
	}
	s.mu.Unlock()
	var conn string
	switch flaw {
	case FaultDuplicate, FaultDuplicateFrame:
		first := *p
		first.again = -1 // it is p that is pushed again
		s.push(&first, false)
		p.id = first.id
		conn = s.push(p, flaw == FaultDuplicateFrame)
	case FaultCutFrame, FaultLose:
		s.mu.Lock()
		c, b := s.prepare(p, false)
		s.mu.Unlock()
		if c == nil {
			break
		}
		conn = c.id
		if flaw == FaultCutFrame {
			c.tear(b)
		}
	default:
		conn = s.push(p, false)
	}
	if held != nil {
		s.push(held, false)
	}
	return conn
}

// tear writes half of a WebSocket frame and resets the connection.
func (c *conn) tear(payload []byte) {
	c.write.Lock()
	defer c.write.Unlock()
	raw := c.ws.UnderlyingConn()
	half := payload[:min(len(payload)/2, 60)]
	_ = raw.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = raw.Write(append([]byte{0x81, 126, byte(len(payload) >> 8), byte(len(payload))}, half...))
	_ = raw.Close()
}
