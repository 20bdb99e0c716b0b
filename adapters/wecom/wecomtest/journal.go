package wecomtest

import (
	"context"
	"sync"
	"time"
)

// What a journal entry tells.
const (
	KindSaid     = "said"     // a person wrote, sent or tapped; Body is the content
	KindCallback = "callback" // we delivered (or tried to); Code is the HTTP status of an app's callback, Body the plaintext
	KindLost     = "lost"     // nobody was connected, or all attempts failed: the bot will never hear it
	KindRefused  = "refused"  // the person could not send it, or the platform does not deliver that kind
	KindReply    = "reply"    // a bot's answer on the long connection, or an app's passive reply
	KindPush     = "push"     // a bot's aibot_send_msg or an app's message/send, one entry per receiver
	KindDropped  = "dropped"  // accepted with errcode 0, yet shown to nobody (silent rate limit, duplicate)
	KindUpdate   = "update"   // a card was changed
	KindRecall   = "recall"   // a message was taken back
	KindAPI      = "api"      // any other call; Text is path or command, Code the errcode
	KindConn     = "conn"     // long connection: connected, subscribed, kicked, closed
	KindFault    = "fault"    // a fault was injected or took effect
)

// The doors to people: which surface of the platform.
const (
	DoorBot = "bot" // AI bot (智能机器人)
	DoorApp = "app" // self-built app (自建应用)
)

// Entry is a line of the journal.
type Entry struct {
	Seq     int64     `json:"seq"`               // from 1, without gaps
	At      time.Time `json:"at"`                // long clock
	Kind    string    `json:"kind"`              // one of the Kind constants
	Door    string    `json:"door,omitempty"`    // DoorBot or DoorApp
	User    string    `json:"user,omitempty"`    // who spoke, or who sees it
	Chat    string    `json:"chat,omitempty"`    // see [Bubble].Chat
	ID      string    `json:"id,omitempty"`      // msgid, or the response code of an update
	ReqID   string    `json:"req_id,omitempty"`  // long connection
	Attempt int       `json:"attempt,omitempty"` // of a callback, from 1
	Code    int       `json:"code,omitempty"`    // errcode answered, or HTTP status received
	Micros  int64     `json:"micros,omitempty"`  // wall time a callback took
	Text    string    `json:"text,omitempty"`    // in short: command, reason
	Body    string    `json:"body,omitempty"`    // what went over the wire, decrypted
}

// journal is a ring of the newest entries.
type journal struct {
	tell    func(Entry)
	mu      sync.Mutex
	ring    []Entry
	last    int64
	waiting bool
	wake    chan struct{}
}

func newJournal(size int, tell func(Entry)) *journal {
	return &journal{ring: make([]Entry, size), wake: make(chan struct{}), tell: tell}
}

func (j *journal) add(e Entry) int64 {
	j.mu.Lock()
	j.last++
	e.Seq = j.last
	j.ring[e.Seq%int64(len(j.ring))] = e
	if j.waiting {
		close(j.wake)
		j.wake, j.waiting = make(chan struct{}), false
	}
	j.mu.Unlock()
	if j.tell != nil {
		j.tell(e)
	}
	return e.Seq
}

// since returns up to limit entries after seq, oldest first, and a channel that closes at the next entry.
func (j *journal) since(seq int64, limit int) ([]Entry, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq = max(seq, j.last-int64(len(j.ring)), 0)
	var found []Entry
	for n := seq + 1; n <= j.last && len(found) < limit; n++ {
		found = append(found, j.ring[n%int64(len(j.ring))])
	}
	j.waiting = true
	return found, j.wake
}

func (s *Server) note(e Entry) int64 {
	e.At = s.Now()
	return s.journal.add(e)
}

// Journal returns the entries after seq (0: from the oldest kept), at most limit (0: 1000), oldest first.
func (s *Server) Journal(seq int64, limit int) []Entry {
	if limit <= 0 {
		limit = 1000
	}
	found, _ := s.journal.since(seq, limit)
	return found
}

// LastSeq is the newest entry's number.
func (s *Server) LastSeq() int64 {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.last
}

// WaitJournal returns the entries after seq as soon as there is one, or ctx's error.
func (s *Server) WaitJournal(ctx context.Context, seq int64, limit int) ([]Entry, error) {
	if limit <= 0 {
		limit = 1000
	}
	for {
		found, wake := s.journal.since(seq, limit)
		if len(found) > 0 {
			return found, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Await returns the first entry after seq that match accepts, or ctx's error.
func (s *Server) Await(ctx context.Context, seq int64, match func(Entry) bool) (Entry, error) {
	for {
		found, err := s.WaitJournal(ctx, seq, 0)
		if err != nil {
			return Entry{}, err
		}
		for _, e := range found {
			if match(e) {
				return e, nil
			}
			seq = e.Seq
		}
	}
}
