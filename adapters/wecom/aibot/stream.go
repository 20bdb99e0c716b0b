package aibot

import (
	"context"
	"sync"
)

// maxWaiting is how many frames may wait for one req_id, as in the official SDK.
const maxWaiting = 500

// lane lets one frame per req_id be under way at a time: the platform acknowledges by req_id, so two at
// once could not be told apart.
type lane struct {
	turn  chan struct{} // holds one token while a frame is under way
	users int           // frames under way or waiting
}

// enter waits for the lane of reqID and returns what leaves it.
func (c *Client) enter(ctx context.Context, reqID string) (release func(), err error) {
	c.mu.Lock()
	l := c.lanes[reqID]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		c.lanes[reqID] = l
	}
	if l.users >= maxWaiting {
		c.mu.Unlock()
		return nil, ErrBusy
	}
	l.users++
	c.mu.Unlock()
	leave := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(c.lanes, reqID)
		}
	}
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// Stream is an answer that grows before the reader's eyes. Each state replaces the one before; it must be
// finished within 6 minutes of the message. Safe for concurrent use.
type Stream struct {
	c     *Client
	reqID string
	id    string

	mu      sync.Mutex
	sending bool
	next    *string // the newest state that waits for the acknowledgement of an older one
	done    bool
}

// Stream begins a streaming answer to the message of reqID; id names the stream, unique per message.
func (c *Client) Stream(reqID, id string) *Stream {
	return &Stream{c: c, reqID: reqID, id: id}
}

// Update shows content. While an earlier state waits for its acknowledgement it only leaves content behind,
// in place of what was left before, and returns nil at once; the call that waits then sends the newest. After
// [Stream.Finish] it does nothing.
func (s *Stream) Update(ctx context.Context, content string) error {
	s.mu.Lock()
	if s.done {
		s.mu.Unlock()
		return nil
	}
	if s.sending {
		s.next = &content
		s.mu.Unlock()
		return nil
	}
	s.sending = true
	s.mu.Unlock()
	for {
		err := s.c.Respond(ctx, s.reqID, StreamBody(s.id, content, false, nil))
		s.mu.Lock()
		if err != nil || s.done || s.next == nil {
			s.sending, s.next = false, nil
			s.mu.Unlock()
			return err
		}
		content, s.next = *s.next, nil
		s.mu.Unlock()
	}
}

// Finish shows the final content, with a card unless that is nil, and closes the stream. Content must hold
// more than blanks: those do not close it.
func (s *Stream) Finish(ctx context.Context, content string, card any) error {
	s.mu.Lock()
	s.done, s.next = true, nil
	s.mu.Unlock()
	return s.c.Respond(ctx, s.reqID, StreamBody(s.id, content, true, card))
}
