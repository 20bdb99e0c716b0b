// Package dingtalktest is a simulator of the DingTalk platform for tests and demos: the stream gateway,
// the session webhook, the robot, card, media, contact and todo APIs on one listener, and Go methods that
// play the people. It speaks the real wire, so that the official SDKs work against it unchanged, and it
// enforces the platform's rules (lives, limits, shapes), so that a mistake of the product shows.
//
// Rules that the platform counts in seconds (card answers, rate windows, repeated pushes) run on real
// time; long lives (access tokens, session webhooks, download codes) run on [Config.Now], so that a demo
// can travel in time.
package dingtalktest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config describes the organisation and its one application. The zero value of every field is usable.
type Config struct {
	CorpID         string // "" is "dingcorp0000000000"
	ClientID       string // also the appKey; "" is "dingtestclient"
	ClientSecret   string // also the appSecret; "" is "dingtestsecret"
	RobotCode      string // "" is ClientID
	RobotName      string // what people write after @; "" is "跟单"
	AgentID        int64  // 0 is 1000001
	CardTemplateID string // a published card template; "" is "gendan-card.schema"

	// Now is the platform's clock for long lives and time stamps; nil is time.Now.
	Now func() time.Time
	// PublicURL is the address under which clients reach the simulator, without a trailing slash, when it
	// is mounted in another server. "" is the address of Start, else the host of the last connections/open.
	PublicURL string
	// Scopes are the permissions granted to the application; nil grants all.
	Scopes []string

	PingEvery        time.Duration // SYSTEM ping on a connection; 0 is 20 s, negative is never
	ConnectionLife   time.Duration // a connection gets its disconnect frame after it; 0 is never
	Grace            time.Duration // from the disconnect frame to the end of TCP; 0 is 10 s
	CardAnswer       time.Duration // limit for the answer to a card callback; 0 is 2 s
	Repush           time.Duration // a bot message without ACK is pushed again after it; 0 is 60 s, negative is never
	EventRepush      time.Duration // an event without SUCCESS is pushed again after it; 0 is 5 s
	QPS              int           // calls a second of one API; 0 is 20, negative is without limit
	WebhookPerMinute int           // webhook answers a minute in one conversation; 0 is 20, negative is without limit
	MonthlyCalls     int           // API calls a month; 0 is without limit
	JournalSize      int           // journal entries kept; 0 is 20 000
	HistorySize      int           // bubbles kept in a conversation; 0 is 200
	MaxCards         int           // cards kept; 0 is 20 000
	MaxFileBytes     int64         // bytes of files kept; 0 is 256 MiB
}

func (c *Config) setDefaults() {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&c.CorpID, "dingcorp0000000000")
	def(&c.ClientID, "dingtestclient")
	def(&c.ClientSecret, "dingtestsecret")
	def(&c.RobotCode, c.ClientID)
	def(&c.RobotName, "跟单")
	def(&c.CardTemplateID, "gendan-card.schema")
	if c.AgentID == 0 {
		c.AgentID = 1000001
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	span := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	span(&c.PingEvery, 20*time.Second)
	span(&c.Grace, 10*time.Second)
	span(&c.CardAnswer, 2*time.Second)
	span(&c.Repush, 60*time.Second)
	span(&c.EventRepush, 5*time.Second)
	number := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	number(&c.QPS, 20)
	number(&c.WebhookPerMinute, 20)
	number(&c.JournalSize, 20000)
	number(&c.HistorySize, 200)
	number(&c.MaxCards, 20000)
	if c.MaxFileBytes == 0 {
		c.MaxFileBytes = 256 << 20
	}
}

// Server is the simulated platform. It is an http.Handler for all of DingTalk's hosts at once and for the
// control interface under /_sim/dingtalk/. Its methods are safe for concurrent use. Close ends it.
type Server struct {
	cfg     Config
	mux     *http.ServeMux
	log     *journal
	run     string // unique to this run, so that ids differ between runs
	hookKey []byte // signs session webhooks

	done chan struct{}  // closed by Close
	wg   sync.WaitGroup // everything the server started

	mu          sync.Mutex
	closed      bool
	base        string        // learnt address, see Config.PublicURL
	travel      time.Duration // added to Config.Now
	count       uint64        // source of ids
	http        *http.Server
	people      map[string]*User // by UserID
	byUnion     map[string]string
	byMobile    map[string]string
	departments map[int64]*Department
	chats       map[string]*conversation // by conversation id
	byRobot     map[string]string        // "UserID" → id of the 1:1 conversation
	unpublished bool
	exhausted   bool // the monthly quota is used up
	calls       map[string]int
	windows     map[string]*window
	token       *token
	hookDead    uint64 // webhooks issued up to this id are dead
	tickets     map[string]*ticket
	conns       map[string]*conn
	pending     map[string]*pending
	held        *pending // the message that FaultReverse keeps back until the next one
	faults      []*Fault
	templates   map[string]*Template
	cards       map[string]*card
	cardOrder   []string
	files       *fileStore
	sends       map[string]*sentMessage // by processQueryKey
	sendOrder   []string
	todos       map[string]*Todo
	todoOrder   []string
	lost        int
}

// New returns a simulator with an organisation of no people but the one department 1.
func New(cfg Config) *Server {
	cfg.setDefaults()
	s := &Server{
		cfg: cfg, run: randomHex(4), hookKey: randomBytes(16), done: make(chan struct{}),
		log: newJournal(cfg.JournalSize), base: strings.TrimRight(cfg.PublicURL, "/"),
		people: map[string]*User{}, byUnion: map[string]string{}, byMobile: map[string]string{},
		departments: map[int64]*Department{1: {ID: 1, Name: "公司"}},
		chats:       map[string]*conversation{}, byRobot: map[string]string{},
		calls: map[string]int{}, windows: map[string]*window{}, tickets: map[string]*ticket{},
		conns: map[string]*conn{}, pending: map[string]*pending{},
		templates: map[string]*Template{cfg.CardTemplateID: {ID: cfg.CardTemplateID, Published: true}},
		cards:     map[string]*card{}, files: newFileStore(cfg.MaxFileBytes),
		sends: map[string]*sentMessage{}, todos: map[string]*Todo{},
	}
	s.mux = s.routes()
	return s
}

// ServeHTTP answers for every host of the platform and for the control interface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Handler is the server as a handler, to be mounted at the root of a listener.
func (s *Server) Handler() http.Handler { return s }

// Start listens on a free loopback port and returns the address, as "http://127.0.0.1:40001".
func (s *Server) Start() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("dingtalktest: listen: %w", err)
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	base := "http://" + l.Addr().String()
	s.mu.Lock()
	if s.closed || s.http != nil {
		s.mu.Unlock()
		return "", errors.Join(errors.New("dingtalktest: closed or already started"), l.Close())
	}
	s.http = srv
	if s.cfg.PublicURL == "" {
		s.base = base
	}
	s.mu.Unlock()
	s.wg.Go(func() { _ = srv.Serve(l) })
	return base, nil
}

// URL is the address that the simulator hands out; "" while none is known.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// Close cuts every connection and returns when nothing of the server runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.wg.Wait()
		return
	}
	s.closed = true
	close(s.done)
	srv := s.http
	conns := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	for _, p := range s.pending {
		p.stop()
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.cut()
	}
	if srv != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = srv.Shutdown(ctx)
		cancel()
		_ = srv.Close()
	}
	s.wg.Wait()
}

// Now is the platform's time: Config.Now and what Travel added.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is Now for holders of s.mu.
func (s *Server) now() time.Time { return s.cfg.Now().Add(s.travel) }

// Travel moves the platform's clock by d beyond Config.Now.
func (s *Server) Travel(d time.Duration) {
	s.mu.Lock()
	s.travel += d
	s.mu.Unlock()
}

// id returns a new identifier that no other run of the simulator used. The caller holds s.mu.
func (s *Server) id(prefix string) string {
	s.count++
	return fmt.Sprintf("%s%s%x", prefix, s.run, s.count)
}

// track runs f in a goroutine that Close waits for, unless the server is closed.
func (s *Server) track(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wg.Go(f)
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return b
}

func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }
