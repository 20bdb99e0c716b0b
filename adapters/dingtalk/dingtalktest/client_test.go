package dingtalktest

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// raw is a bare stream client that shows the wire as it is.
type raw struct {
	t      *testing.T
	ws     *websocket.Conn
	frames chan map[string]any // closed when the connection ended
	mu     sync.Mutex
}

var allTopics = []map[string]string{{"type": "EVENT", "topic": "*"}, {"type": "CALLBACK", "topic": topicBot}, {"type": "CALLBACK", "topic": topicCard}}

func openTicket(t *testing.T, s *Server, base string, topics []map[string]string) (endpoint, ticket string) {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t), "POST", base+"/v1.0/gateway/connections/open", jsonBody(t, map[string]any{
		"clientId": s.cfg.ClientID, "clientSecret": s.cfg.ClientSecret, "subscriptions": topics}))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct{ Endpoint, Ticket string }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != 200 {
		t.Fatalf("open: %d %v", resp.StatusCode, err)
	}
	return out.Endpoint, out.Ticket
}

// dial connects with the topics; nil is all.
func dial(t *testing.T, s *Server, base string, topics []map[string]string) *raw {
	t.Helper()
	if topics == nil {
		topics = allTopics
	}
	before := len(s.Journal(0, Filter{Kind: KindConnect}))
	endpoint, ticket := openTicket(t, s, base, topics)
	ws, resp, err := websocket.DefaultDialer.DialContext(within(t), endpoint+"?ticket="+ticket, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	c := &raw{t: t, ws: ws, frames: make(chan map[string]any, 1000)}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(c.frames)
		for {
			var f map[string]any
			if ws.ReadJSON(&f) != nil {
				return
			}
			c.frames <- f
		}
	})
	t.Cleanup(func() { _ = ws.Close(); wg.Wait() })
	waitFor(t, "the connection", func() bool {
		e := s.Journal(0, Filter{Kind: KindConnect})
		return len(e) > before
	})
	return c
}

func (c *raw) next() map[string]any {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if !ok {
			c.t.Fatal("the connection ended")
		}
		return f
	case <-time.After(time.Minute):
		c.t.Fatal("no frame came")
	}
	return nil
}

// message takes the next frame and decodes its data.
func (c *raw) message() (headers, data map[string]any) {
	c.t.Helper()
	f := c.next()
	headers, _ = f["headers"].(map[string]any)
	text, ok := f["data"].(string)
	if !ok || json.Unmarshal([]byte(text), &data) != nil {
		c.t.Fatalf("data is not a string of JSON: %v", f["data"])
	}
	return headers, data
}

func (c *raw) ack(messageID any, code int, data string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ws.WriteJSON(map[string]any{"code": code, "headers": map[string]any{"messageId": messageID, "contentType": "application/json"}, "message": "OK", "data": data}); err != nil {
		c.t.Error(err)
	}
}

// ended waits for the end of the connection, passing over frames.
func (c *raw) ended() {
	c.t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case _, ok := <-c.frames:
			if !ok {
				return
			}
		case <-timeout:
			c.t.Fatal("the connection did not end")
		}
	}
}

// silent tells whether no frame came within d.
func (c *raw) silent(d time.Duration) bool {
	select {
	case <-c.frames:
		return false
	case <-time.After(d):
		return true
	}
}
