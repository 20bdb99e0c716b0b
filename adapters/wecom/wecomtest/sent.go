package wecomtest

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	responseCodeLife = 72 * time.Hour
	recallLife       = 24 * time.Hour
	sentKept         = 50_000 // messages that can still be recalled or updated
)

// sentMessage is what an app sent, to any number of people.
type sentMessage struct {
	id      string
	at      time.Time
	agentID int
	taskID  string
	mu      sync.Mutex
	seen    map[string]*Bubble // by userid; each in that person's app chat
}

func (m *sentMessage) shownTo(user string) *Bubble {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[user]
}

func (m *sentMessage) showTo(user string, b *Bubble) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[user] = b
}

func (m *sentMessage) audience() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.seen))
}

// responseCode changes one card once.
type responseCode struct {
	msg  *sentMessage
	made time.Time
	used bool
}

// sentMessages remembers messages and response codes, the oldest forgotten first.
type sentMessages struct {
	mu     sync.Mutex
	byID   map[string]*sentMessage
	byTask map[string]*sentMessage
	order  []string
	codes  map[string]*responseCode
	codeQ  []string
	dup    map[[32]byte]time.Time // content and receivers, until when a repeat is dropped
}

func (m *sentMessages) init() {
	m.byID, m.byTask = map[string]*sentMessage{}, map[string]*sentMessage{}
	m.codes, m.dup = map[string]*responseCode{}, map[[32]byte]time.Time{}
}

// keep remembers a message; a task_id that is taken is a fault.
func (m *sentMessages) keep(msg *sentMessage) *apiError {
	m.mu.Lock()
	defer m.mu.Unlock()
	if msg.taskID != "" {
		if m.byTask[msg.taskID] != nil {
			return fail(42014, "task_id used before")
		}
		m.byTask[msg.taskID] = msg
	}
	m.byID[msg.id] = msg
	m.order = append(m.order, msg.id)
	for len(m.order) > sentKept {
		old := m.byID[m.order[0]]
		delete(m.byID, old.id)
		if m.byTask[old.taskID] == old {
			delete(m.byTask, old.taskID)
		}
		m.order = m.order[1:]
	}
	return nil
}

func (m *sentMessages) newCode(msg *sentMessage, code string, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.codes[code] = &responseCode{msg: msg, made: now}
	m.codeQ = append(m.codeQ, code)
	for len(m.codeQ) > sentKept {
		delete(m.codes, m.codeQ[0])
		m.codeQ = m.codeQ[1:]
	}
	return code
}

// spend uses a response code up.
func (m *sentMessages) spend(code string, now time.Time) (*sentMessage, *apiError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rc := m.codes[code]
	switch {
	case rc == nil:
		return nil, fail(40058, "invalid response_code")
	case rc.used:
		return nil, fail(42022, "response_code can only be used once")
	case now.Sub(rc.made) >= responseCodeLife:
		return nil, fail(42022, "response_code expired")
	}
	rc.used = true
	return rc.msg, nil
}

// repeats tells whether the same was sent to the same people within the interval, and remembers it.
func (m *sentMessages) repeats(key [32]byte, now time.Time, interval time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until, ok := m.dup[key]; ok && now.Before(until) {
		return true
	}
	if len(m.dup) >= sentKept {
		clear(m.dup)
	}
	m.dup[key] = now.Add(interval)
	return false
}
