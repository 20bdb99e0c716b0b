package dingtalktest

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// The stream topics of the platform that the simulator pushes.
const (
	topicBot   = "/v1.0/im/bot/messages/get"
	topicCard  = "/v1.0/card/instances/callback"
	topicEvent = "*"
)

// ticketLife is how long a ticket of connections/open can be used, on real time.
const ticketLife = 90 * time.Second

type ticket struct {
	born   time.Time
	topics map[string]bool
}

// conn is a stream connection. Its fields after ws are guarded by Server.mu except where noted.
type conn struct {
	id      string
	ws      *websocket.Conn
	topics  map[string]bool // "CALLBACK /v1.0/…", "EVENT *"
	leaving bool            // got its disconnect frame: no pushes any more
	end     chan struct{}   // closed when leaving begins
	hole    atomic.Bool     // swallows everything, see FaultBlackHole
	heard   atomic.Int64    // real time of the last frame read, ns
	write   sync.Mutex      // one writer at a time
}

// cut ends the connection without a closing handshake.
func (c *conn) cut() { _ = c.ws.UnderlyingConn().Close() }

func (c *conn) send(b []byte) error {
	if c.hole.Load() {
		return nil
	}
	c.write.Lock()
	defer c.write.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return c.ws.WriteMessage(websocket.TextMessage, b)
}

// frame is a message of the gateway. Header values and data are strings on the wire.
type frame struct {
	SpecVersion string            `json:"specVersion"`
	Type        string            `json:"type"`
	Headers     map[string]string `json:"headers"`
	Data        string            `json:"data"`
}

// open answers POST /v1.0/gateway/connections/open.
func (s *Server) open(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID      string `json:"clientId"`
		ClientSecret  string `json:"clientSecret"`
		Subscriptions []struct{ Type, Topic string }
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	refuse := func(status int, code, message string) {
		s.record(r, nil, status, code)
		writeJSON(w, status, map[string]any{"code": code, "message": message, "requestid": randomHex(8)})
	}
	if f := s.fault(FaultAPI, r.URL.Path, ""); f != nil {
		if s.obey(w, r, f, false) {
			return
		}
	}
	switch {
	case err != nil:
		refuse(http.StatusBadRequest, "MissingBody", "请求体不是合法的 JSON")
		return
	case in.ClientID != s.cfg.ClientID || in.ClientSecret != s.cfg.ClientSecret:
		refuse(http.StatusUnauthorized, "authFailed", "鉴权失败")
		return
	}
	topics := map[string]bool{}
	for _, sub := range in.Subscriptions {
		switch sub.Type {
		case "EVENT", "CALLBACK", "SYSTEM":
			topics[sub.Type+" "+sub.Topic] = true
		default:
			refuse(http.StatusBadRequest, "param.invalid", "订阅类型不存在："+sub.Type)
			return
		}
	}
	t := &ticket{born: time.Now(), topics: topics}
	if s.fault(FaultExpiredTicket, "", "") != nil {
		t.born = t.born.Add(-2 * ticketLife)
	}
	key := randomHex(16) // URL-safe: the SDKs append it without escaping
	s.mu.Lock()
	if s.base == "" {
		s.base = "http://" + r.Host
	}
	endpoint := "ws" + strings.TrimPrefix(s.base, "http") + "/connect"
	for k, old := range s.tickets {
		if time.Since(old.born) > ticketLife {
			delete(s.tickets, k)
		}
	}
	s.tickets[key] = t
	s.mu.Unlock()
	s.record(r, nil, http.StatusOK, "")
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = fmt.Fprintf(w, "<response><endpoint>%s</endpoint><ticket>%s</ticket></response>", endpoint, key)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"endpoint": endpoint, "ticket": key})
}

// connect answers GET /connect: the WebSocket of a ticket.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	key := r.URL.Query().Get("ticket")
	t := s.tickets[key]
	delete(s.tickets, key)
	id := s.id("conn-")
	if t == nil || time.Since(t.born) > ticketLife || s.closed {
		s.mu.Unlock()
		http.Error(w, "ticket expired or used", http.StatusUnauthorized)
		return
	}
	s.wg.Add(1) // under the lock, so that Close waits for it
	s.mu.Unlock()
	defer s.wg.Done()
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade answered
	}
	c := &conn{id: id, ws: ws, topics: t.topics, end: make(chan struct{})}
	c.heard.Store(time.Now().UnixNano())
	pong := ws.PingHandler()
	ws.SetPingHandler(func(data string) error {
		c.heard.Store(time.Now().UnixNano())
		if c.hole.Load() {
			return nil
		}
		return pong(data)
	})
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.cut()
		return
	}
	s.conns[c.id] = c
	s.log.add(Entry{At: s.now(), Kind: KindConnect, ID: c.id})
	s.mu.Unlock()

	stop := make(chan struct{})
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keep(c, stop) })
	why := s.read(c)
	close(stop)
	_ = ws.Close()
	keeper.Wait()
	s.mu.Lock()
	delete(s.conns, c.id)
	s.log.add(Entry{At: s.now(), Kind: KindDisconnect, ID: c.id, Text: why})
	s.mu.Unlock()
}

// read takes the connection's answers until it ends, and says why it ended.
func (s *Server) read(c *conn) string {
	for {
		typ, b, err := c.ws.ReadMessage()
		if err != nil {
			return err.Error()
		}
		c.heard.Store(time.Now().UnixNano())
		if typ == websocket.TextMessage && !c.hole.Load() {
			s.answered(c, b)
		}
	}
}

// keep pings the connection and ends it: when it is silent for three pings, when its life is over, and
// Config.Grace after its disconnect frame.
func (s *Server) keep(c *conn, stop <-chan struct{}) {
	never := make(chan time.Time)
	var ping, life <-chan time.Time = never, never
	if s.cfg.PingEvery > 0 {
		t := time.NewTicker(s.cfg.PingEvery)
		defer t.Stop()
		ping = t.C
	}
	if s.cfg.ConnectionLife > 0 {
		t := time.NewTimer(s.cfg.ConnectionLife)
		defer t.Stop()
		life = t.C
	}
	for {
		select {
		case <-stop:
			return
		case <-ping:
			if time.Since(time.Unix(0, c.heard.Load())) > 3*s.cfg.PingEvery && !c.hole.Load() {
				c.cut()
				continue
			}
			s.system(c, "ping", fmt.Sprintf(`{"opaque":"%s"}`, randomHex(8)))
		case <-life:
			s.Disconnect(c.id)
		case <-c.end:
			t := time.NewTimer(s.cfg.Grace)
			defer t.Stop()
			select {
			case <-stop:
				return
			case <-t.C:
				c.cut()
				return
			}
		}
	}
}

// system writes a SYSTEM frame. disconnect frames have no messageId.
func (s *Server) system(c *conn, topic, data string) {
	h := map[string]string{"topic": topic, "contentType": "application/json"}
	if topic != "disconnect" {
		s.mu.Lock()
		h["messageId"] = s.id("sys_")
		h["connectionId"], h["appId"] = c.id, s.cfg.ClientID
		h["time"] = strconv.FormatInt(s.now().UnixMilli(), 10)
		s.mu.Unlock()
	}
	b, _ := json.Marshal(frame{"1.0", "SYSTEM", h, data})
	if c.send(b) != nil {
		c.cut()
	}
}

// System writes a SYSTEM frame with this topic ("KEEPALIVE", "CONNECTED", "ping") to every connection.
func (s *Server) System(topic, data string) {
	for _, c := range s.connections("") {
		s.system(c, topic, data)
	}
}

func (s *Server) connections(id string) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*conn
	for _, c := range s.conns {
		if id == "" || c.id == id {
			out = append(out, c)
		}
	}
	return out
}

// Connections returns the ids of the stream connections that pushes can go to.
func (s *Server) Connections() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, c := range s.conns {
		if !c.leaving {
			out = append(out, c.id)
		}
	}
	return out
}

// Disconnect sends the disconnect frame to a connection, or with "" to all, and cuts it Config.Grace
// later. Nothing is pushed to it any more. It returns how many connections that were.
func (s *Server) Disconnect(connection string) int {
	n := 0
	for _, c := range s.connections(connection) {
		s.mu.Lock()
		fresh := !c.leaving
		c.leaving = true
		s.mu.Unlock()
		if fresh {
			n++
			s.system(c, "disconnect", `{"reason":"connection is expired"}`)
			close(c.end)
		}
	}
	return n
}

// Cut resets a connection, or with "" all, as a broken network does. It returns how many that were.
func (s *Server) Cut(connection string) int {
	list := s.connections(connection)
	for _, c := range list {
		c.cut()
	}
	return len(list)
}

// choose picks one at random of the connections that subscribed to the topic. The caller holds s.mu.
func (s *Server) choose(subscription string) *conn {
	var fit []*conn
	for _, c := range s.conns {
		if !c.leaving && c.topics[subscription] {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[rand.IntN(len(fit))]
}
