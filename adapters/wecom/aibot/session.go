package aibot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

const (
	writeWithin = 10 * time.Second
	maxFrame    = 16 << 20 // bytes; texts and cards are far smaller, files come by URL
)

// session is one connection from dial to close.
type session struct {
	c  *Client
	ws *websocket.Conn
	id string
	up atomic.Bool // the subscription was accepted

	writing sync.Mutex

	mu      sync.Mutex
	flights map[string]*flight // by req_id: sent, not acknowledged
	sent    int                // frames so far
	orphans []orphan           // refusals without a req_id that wait for the frame they mean, oldest first
	cause   error              // why it ended, when we know better than the socket
	over    bool
}

// flight is a frame on its way to an acknowledgement.
type flight struct {
	cmd string
	n   int        // of session.sent
	ack chan frame // buffered; closed without a value when the connection ends
}

// orphan is a refusal that the platform sent without the req_id of the frame it refuses.
type orphan struct {
	frame
	after int // session.sent when it came: it means one of these frames
}

func newSession(c *Client, ws *websocket.Conn) *session {
	var b [6]byte
	rand.Read(b[:])
	ws.SetReadLimit(maxFrame)
	return &session{c: c, ws: ws, id: hex.EncodeToString(b[:]), flights: map[string]*flight{}}
}

// newReqID makes a req_id of our own, in the official SDK's form.
func newReqID(cmd string) string {
	var b [4]byte
	rand.Read(b[:])
	return cmd + "_" + strconv.FormatInt(time.Now().UnixMilli(), 10) + "_" + hex.EncodeToString(b[:])
}

// request sends a frame and waits for what the platform says. One frame per req_id at a time: see lane.
func (s *session) request(ctx context.Context, cmd, reqID string, body any) (json.RawMessage, error) {
	data, err := encode(cmd, reqID, body)
	if err != nil {
		return nil, err
	}
	f := &flight{cmd: cmd, ack: make(chan frame, 1)}
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return nil, fmt.Errorf("%s: %w", cmd, ErrOffline)
	}
	s.sent++
	f.n = s.sent
	s.flights[reqID] = f
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		if s.flights[reqID] == f {
			delete(s.flights, reqID)
		}
		s.mu.Unlock()
	}()
	if err := s.write(data); err != nil {
		s.fail(fmt.Errorf("write: %w", err))
		return nil, fmt.Errorf("%s: %w: %w", cmd, ErrNoAck, err)
	}
	timer := time.NewTimer(s.c.cfg.AckWithin)
	defer timer.Stop()
	select {
	case ack, ok := <-f.ack:
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: %w: connection ended", cmd, ErrNoAck)
		case ack.ErrCode != 0:
			return nil, &Error{Cmd: cmd, Code: ack.ErrCode, Msg: ack.ErrMsg}
		}
		return ack.Body, nil
	case <-timer.C:
		return nil, fmt.Errorf("%s: %w within %s", cmd, ErrNoAck, s.c.cfg.AckWithin)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w: %w", cmd, ErrNoAck, ctx.Err())
	}
}

func (s *session) write(data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, data)
}

// receive reads until the connection ends and tells why it did.
func (s *session) receive() error {
	for {
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.cause != nil {
				return s.cause
			}
			return fmt.Errorf("read: %w", err)
		}
		if kind != websocket.TextMessage {
			continue
		}
		f, err := parseFrame(data)
		if err != nil {
			s.c.log.Warn("aibot: unreadable frame", zap.Error(err))
			continue
		}
		switch f.Cmd {
		case cmdMessage, cmdEvent:
			s.hear(f)
		case "":
			s.acknowledge(f)
		default:
			s.c.log.Info("aibot: unknown command", zap.String("cmd", f.Cmd))
		}
	}
}

func (s *session) hear(f frame) {
	m, err := ParseMessage(f.Body)
	if err != nil {
		s.c.log.Warn("aibot: unreadable callback", zap.Error(err))
		return
	}
	if m.Event != nil && m.Event.Type == EventDisconnected {
		s.fail(ErrKicked)
		return
	}
	if s.c.cfg.Hear != nil {
		s.c.cfg.Hear(Callback{ReqID: f.Headers.ReqID, Session: s.id, Message: m, Raw: f.Body})
	}
}

// acknowledge hands f to the request that waits for it. Some refusals come without a req_id: see match.
func (s *session) acknowledge(f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Headers.ReqID == "" {
		s.orphans = append(s.orphans, orphan{f, s.sent})
	} else if fl, ok := s.flights[f.Headers.ReqID]; ok {
		delete(s.flights, f.Headers.ReqID)
		fl.ack <- f
	}
	s.match()
}

// match finds the frames that refusals without a req_id mean: the platform answers every frame, so when as many
// such refusals have come as frames sent before them still wait, they belong together. Several that wait are not
// left to time out, for their repetitions would go out together, and be refused together, again and again. The caller
// holds s.mu.
func (s *session) match() {
	for k := 1; k <= len(s.orphans); {
		var waiting []string
		for id, fl := range s.flights {
			if fl.cmd != cmdPing && fl.n <= s.orphans[k-1].after {
				waiting = append(waiting, id)
			}
		}
		if len(waiting) > k {
			k++
			continue
		}
		slices.SortFunc(waiting, func(a, b string) int { return s.flights[a].n - s.flights[b].n })
		for i, id := range waiting {
			s.flights[id].ack <- s.orphans[i].frame
			delete(s.flights, id)
		}
		s.orphans = slices.Delete(s.orphans, 0, k)
		k = 1
	}
}

// keepAlive pings until the connection ends; the second ping without an acknowledgement ends it.
func (s *session) keepAlive(ctx context.Context) {
	tick := time.NewTicker(s.c.cfg.PingEvery)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		pingCtx, cancel := context.WithTimeout(ctx, s.c.cfg.PingEvery)
		_, err := s.request(pingCtx, cmdPing, newReqID(cmdPing), nil)
		cancel()
		var refused *Error
		if err == nil || errors.As(err, &refused) {
			missed = 0
			continue
		}
		if missed++; missed >= 2 {
			s.fail(fmt.Errorf("two pings without an answer: %w", err))
			return
		}
	}
}

// fail ends the connection for a reason of our own.
func (s *session) fail(cause error) {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = cause
	}
	s.mu.Unlock()
	s.ws.Close()
}

// end closes the socket and lets everybody who waits for an acknowledgement go.
func (s *session) end() {
	s.ws.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for id, f := range s.flights {
		delete(s.flights, id)
		close(f.ack)
	}
}
