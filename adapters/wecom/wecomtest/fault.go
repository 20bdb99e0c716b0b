package wecomtest

import (
	"net/http"
	"path"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The faults that can be injected.
const (
	FaultDelay     = "delay"     // wait Delay, then go on: API call, long-connection command or callback
	FaultStatus    = "status"    // API call: answer HTTP status Code (503 when 0) without doing anything
	FaultErrcode   = "errcode"   // API call or command: answer errcode Code (-1 when 0) without doing anything
	FaultLostAck   = "lost-ack"  // API call or command: do it, answer nothing (an API call's connection is cut)
	FaultDuplicate = "duplicate" // callback: deliver twice
	FaultReorder   = "reorder"   // callback: hold it until the next one has been delivered
	FaultLose      = "lose"      // callback: never deliver
	FaultRefuse    = "refuse"    // long connection: the handshake fails with HTTP Code (503 when 0)
)

// Fault is something that goes wrong Count times.
type Fault struct {
	Kind  string        `json:"kind"`
	On    string        `json:"on,omitempty"`    // API path ("message/send"), command ("aibot_send_msg") or "callback"; "*" and path patterns work; "" is anything the kind fits
	Door  string        `json:"door,omitempty"`  // callbacks: DoorBot or DoorApp; "" is both
	Count int           `json:"count,omitempty"` // times; 0 is 1, below 0 is until [Server.ClearFaults]
	Code  int           `json:"code,omitempty"`  // errcode or HTTP status
	Delay time.Duration `json:"delay,omitempty"` // wall time, nanoseconds in JSON
}

type faults struct {
	active atomic.Int32 // len(list), so that the usual case costs nothing
	mu     sync.Mutex
	list   []*Fault
}

// Inject arms a fault.
func (s *Server) Inject(f Fault) {
	if f.Count == 0 {
		f.Count = 1
	}
	s.faults.mu.Lock()
	s.faults.list = append(s.faults.list, &f)
	s.faults.active.Store(int32(len(s.faults.list)))
	s.faults.mu.Unlock()
	s.note(Entry{Kind: KindFault, Text: "inject " + f.Kind + " on " + f.On, Code: f.Code})
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
	s.faults.active.Store(0)
}

// Faults lists the faults that are armed.
func (s *Server) Faults() (armed []Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range s.faults.list {
		armed = append(armed, *f)
	}
	return armed
}

// take uses up one of each armed fault of kinds that fits, at most one per kind.
func (f *faults) take(on, door string, kinds ...string) (hit []Fault) {
	if f.active.Load() == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range kinds {
		for i, a := range f.list {
			if a.Kind != kind || a.Door != "" && a.Door != door {
				continue
			}
			if ok, _ := path.Match(a.On, on); a.On != "" && a.On != "*" && !ok {
				continue
			}
			hit = append(hit, *a)
			if a.Count > 0 {
				if a.Count--; a.Count == 0 {
					f.list = append(f.list[:i:i], f.list[i+1:]...)
				}
			}
			break
		}
	}
	f.active.Store(int32(len(f.list)))
	return hit
}

// apiFault plays the faults of an API call; done means that it has been answered, lose that the answer
// is to be cut off.
func (s *Server) apiFault(w http.ResponseWriter, r *http.Request, path string) (lose, done bool) {
	for _, f := range s.faults.take(path, DoorApp, FaultDelay, FaultStatus, FaultErrcode, FaultLostAck) {
		s.note(Entry{Kind: KindFault, Door: DoorApp, Text: f.Kind + " " + path, Code: f.Code})
		switch f.Kind {
		case FaultDelay:
			s.pause(f.Delay)
		case FaultStatus:
			code := f.Code
			if code == 0 {
				code = http.StatusServiceUnavailable
			}
			http.Error(w, http.StatusText(code), code)
			return false, true
		case FaultErrcode:
			s.answer(w, r, nil, f.refusal())
			return false, true
		case FaultLostAck:
			lose = true
		}
	}
	return lose, false
}

var refusals = map[int]string{
	-1: "system busy", 40001: "invalid credential", 40014: "invalid access_token", 42001: "access_token expired", 45009: "api freq out of limit",
	45033: "api concurrent out of limit", 60020: "not allow to access from your ip", 301002: "not allow operate another agent with this accesstoken",
	81013: "user & party & tag all invalid", 93006: "invalid chatid", 846605: "invalid req_id", 846608: "stream message update expired",
}

func (f Fault) refusal() *apiError {
	code := f.Code
	if code == 0 {
		code = -1
	}
	msg := refusals[code]
	if msg == "" {
		msg = "error " + strconv.Itoa(code)
	}
	return &apiError{code, msg}
}

// pause waits d of wall time, or until the server closes.
func (s *Server) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.life.Done():
	}
}
