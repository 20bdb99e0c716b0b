package dingtalktest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// The kinds of journal entries.
const (
	KindConnect    = "connect"    // a stream connection came up; ID is its connectionId
	KindDisconnect = "disconnect" // a stream connection went; ID is its connectionId, Text why
	KindHeard      = "heard"      // a person wrote something; Bubble is what the chat shows
	KindShown      = "shown"      // the robot's message, or card, appeared in a chat; Bubble holds it
	KindCard       = "card"       // a card changed; ID is its outTrackId
	KindRecall     = "recall"     // a robot's message was taken back; ID is its processQueryKey
	KindPush       = "push"       // a frame was written; Frame describes it
	KindAck        = "ack"        // a frame was answered; Ack holds it
	KindLost       = "lost"       // a frame found no connection, or was never answered
	KindTap        = "tap"        // a card button was tapped; Tap holds the outcome
	KindCall       = "call"       // an HTTP call of the application was answered; Call holds it
	KindViolation  = "violation"  // the application broke a rule of the platform; Text says which
)

// Entry is one line of the journal. The fields that belong to its Kind are set.
type Entry struct {
	Seq          uint64     `json:"seq"`
	At           time.Time  `json:"at"` // platform's clock
	Kind         string     `json:"kind"`
	User         string     `json:"user,omitempty"`         // the person, or the person of the 1:1 chat
	Conversation string     `json:"conversation,omitempty"` //
	ID           string     `json:"id,omitempty"`           // of the message, frame, card or connection
	Text         string     `json:"text,omitempty"`         //
	Bubble       *Bubble    `json:"bubble,omitempty"`
	Frame        *Frame     `json:"frame,omitempty"`
	Ack          *Ack       `json:"ack,omitempty"`
	Tap          *TapResult `json:"tap,omitempty"`
	Call         *Call      `json:"call,omitempty"`
}

// Frame is a frame that was pushed.
type Frame struct {
	MessageID  string          `json:"messageId"`
	Type       string          `json:"type"` // SYSTEM, EVENT or CALLBACK
	Topic      string          `json:"topic"`
	Connection string          `json:"connection"`
	Attempt    int             `json:"attempt"` // 1 for the first push
	Data       json.RawMessage `json:"data,omitempty"`
}

// Ack is the application's answer to a frame.
type Ack struct {
	MessageID string        `json:"messageId"`
	Type      string        `json:"type"`
	Topic     string        `json:"topic"`
	Code      int           `json:"code"`
	Message   string        `json:"message,omitempty"`
	Data      string        `json:"data,omitempty"`
	Took      time.Duration `json:"took"` // nanoseconds of real time since the push
	Late      bool          `json:"late,omitempty"`
}

// Call is an HTTP call of the application and its answer.
type Call struct {
	API    string          `json:"api"` // method and path
	Status int             `json:"status"`
	Code   string          `json:"code,omitempty"` // the platform's code of a refusal
	Body   json.RawMessage `json:"body,omitempty"` // the request, when it is JSON and at most 16 KiB
}

// Filter chooses journal entries; empty fields choose all.
type Filter struct {
	Kind         string
	User         string
	Conversation string
	ID           string
	Match        func(Entry) bool
}

func (f Filter) wants(e *Entry) bool {
	return (f.Kind == "" || f.Kind == e.Kind) &&
		(f.User == "" || f.User == e.User) &&
		(f.Conversation == "" || f.Conversation == e.Conversation) &&
		(f.ID == "" || f.ID == e.ID) &&
		(f.Match == nil || f.Match(*e))
}

// key is the one list of waiters that entries chosen by f can reach.
func (f Filter) key() string {
	switch {
	case f.User != "":
		return "u" + f.User
	case f.Conversation != "":
		return "c" + f.Conversation
	}
	return ""
}

type waiter struct {
	f  Filter
	ch chan Entry // room for one
}

// journal is a ring of the latest entries with sequence numbers from 1. Waiters stand in lists by person
// and by conversation, so that hundreds of simulated people do not wake each other.
type journal struct {
	mu      sync.Mutex
	ring    []Entry
	last    uint64
	waiters map[string][]*waiter
}

func newJournal(size int) *journal {
	return &journal{ring: make([]Entry, size), waiters: map[string][]*waiter{}}
}

func (j *journal) add(e Entry) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	j.ring[e.Seq%uint64(len(j.ring))] = e
	j.wake("", &e)
	if e.User != "" {
		j.wake("u"+e.User, &e)
	}
	if e.Conversation != "" {
		j.wake("c"+e.Conversation, &e)
	}
	return e.Seq
}

func (j *journal) wake(key string, e *Entry) {
	list := j.waiters[key]
	if len(list) == 0 {
		return
	}
	kept := list[:0]
	for _, w := range list {
		if w.f.wants(e) {
			w.ch <- *e
		} else {
			kept = append(kept, w)
		}
	}
	clear(list[len(kept):])
	if len(kept) == 0 {
		delete(j.waiters, key)
	} else {
		j.waiters[key] = kept
	}
}

// from calls f with the entries after seq that are still kept, until f says false. The caller holds j.mu.
func (j *journal) from(seq uint64, f func(*Entry) bool) {
	if oldest := j.last - min(j.last, uint64(len(j.ring))); seq < oldest {
		seq = oldest
	}
	for n := seq + 1; n <= j.last; n++ {
		if !f(&j.ring[n%uint64(len(j.ring))]) {
			return
		}
	}
}

func (j *journal) next(ctx context.Context, after uint64, f Filter) (Entry, error) {
	j.mu.Lock()
	var found *Entry
	j.from(after, func(e *Entry) bool {
		if f.wants(e) {
			c := *e
			found = &c
		}
		return found == nil
	})
	if found != nil {
		j.mu.Unlock()
		return *found, nil
	}
	w := &waiter{f: f, ch: make(chan Entry, 1)}
	key := f.key()
	j.waiters[key] = append(j.waiters[key], w)
	j.mu.Unlock()
	select {
	case e := <-w.ch:
		return e, nil
	case <-ctx.Done():
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	list := j.waiters[key]
	for i, other := range list {
		if other == w {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(j.waiters, key)
	} else {
		j.waiters[key] = list
	}
	select {
	case e := <-w.ch:
		return e, nil
	default:
	}
	return Entry{}, fmt.Errorf("dingtalktest: no journal entry kind %q user %q id %q after %d: %w", f.Kind, f.User, f.ID, after, ctx.Err())
}

// Last is the sequence number of the newest journal entry, 0 when there is none.
func (s *Server) Last() uint64 {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.last
}

// Journal returns the kept entries after the sequence number, oldest first.
func (s *Server) Journal(after uint64, f Filter) []Entry {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	var out []Entry
	s.log.from(after, func(e *Entry) bool {
		if f.wants(e) {
			out = append(out, *e)
		}
		return true
	})
	return out
}

// Next returns the first entry after the sequence number that f chooses, waiting for it until ctx ends.
func (s *Server) Next(ctx context.Context, after uint64, f Filter) (Entry, error) {
	return s.log.next(ctx, after, f)
}

// Violations returns what the application did against the platform's rules, oldest first.
func (s *Server) Violations() []string {
	var out []string
	for _, e := range s.Journal(0, Filter{Kind: KindViolation}) {
		out = append(out, e.Text)
	}
	return out
}

// Lost is the number of pushes that found no connection or were never answered.
func (s *Server) Lost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// violation writes down a broken rule. The caller holds s.mu.
func (s *Server) violation(format string, args ...any) {
	s.log.add(Entry{At: s.now(), Kind: KindViolation, Text: fmt.Sprintf(format, args...)})
}
