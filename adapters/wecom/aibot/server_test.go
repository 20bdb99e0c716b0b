package aibot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is the platform's end of the wire in the test's hand: every frame is given to answer, which says
// what goes back. The simulator in wecomtest follows the rules; a script can break them.
type script struct {
	t      *testing.T
	url    string
	answer func(c *peer, f frame)

	mu    sync.Mutex
	conns []*peer
	seen  []frame
	wake  chan struct{}
}

// peer is the server's end of a connection, safe to write to from several goroutines.
type peer struct {
	*websocket.Conn
	mu sync.Mutex
}

func (p *peer) WriteMessage(kind int, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Conn.WriteMessage(kind, data)
}

func (p *peer) WriteJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.WriteMessage(websocket.TextMessage, data)
}

func newScript(t *testing.T, answer func(c *peer, f frame)) *script {
	s := &script{t: t, answer: answer, wake: make(chan struct{}, 1)}
	up := websocket.Upgrader{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &peer{Conn: ws}
		defer c.Close()
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		for {
			_, data, err := c.ReadMessage()
			if err != nil {
				return
			}
			var f frame
			if err := json.Unmarshal(data, &f); err != nil {
				t.Errorf("frame %q: %v", data, err)
				return
			}
			s.mu.Lock()
			s.seen = append(s.seen, f)
			s.mu.Unlock()
			select {
			case s.wake <- struct{}{}:
			default:
			}
			answer(c, f)
		}
	}))
	t.Cleanup(func() {
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		srv.Close()
	})
	s.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	return s
}

// frames are those with cmd, in the order they came.
func (s *script) frames(cmd string) (found []frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.seen {
		if f.Cmd == cmd {
			found = append(found, f)
		}
	}
	return found
}

// push sends raw text on the newest connection.
func (s *script) push(raw string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conns[len(s.conns)-1].WriteMessage(websocket.TextMessage, []byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

func ok(c *peer, f frame) {
	_ = c.WriteJSON(map[string]any{"headers": f.Headers, "errcode": 0, "errmsg": "ok"})
}

// run starts a client against s and stops it with the test.
func run(t *testing.T, s *script, cfg Config) *Client {
	t.Helper()
	cfg.URL, cfg.BotID, cfg.Secret = s.url, "aib1", "secret"
	if cfg.BackoffMin == 0 {
		cfg.BackoffMin = 10 * time.Millisecond
	}
	c := New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("Run does not end")
		}
	})
	return c
}

func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func connected(t *testing.T, c *Client) {
	t.Helper()
	until(t, "connected", func() bool { return c.Status().Connected })
}
