// Package wecomtest is WeCom (企业微信) as its partners see it: the HTTP API and callbacks of a self-built
// app, the long connection of an AI bot, and the people who write to both. It speaks the real wire and
// enforces the platform's rules (signatures, deadlines, one-use codes, quotas), so that an adapter that
// works here works there, and it tells on itself: a journal of all that happened and, for each person,
// what their screen shows.
//
// Deadlines under a minute run on the wall clock; longer lives (tokens, response codes, media, quotas)
// run on [Config].Now, which a demo may move.
package wecomtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gendan/adapters/wecom/msgcrypt"
)

// Config says whose WeCom this is. The zero value is a working corp with [DemoOrg]'s people and made-up
// credentials, which [Server.Config] tells.
type Config struct {
	CorpID  string // "" is "ww5f1a6e7d0c9b2a34"
	AgentID int    // of the self-built app (自建应用); 0 is 1000002
	Secret  string // of the app

	CallbackURL string // where the app's callbacks go; "" delivers none. Verified before the first delivery
	Token       string // of the callback settings
	AESKey      string // EncodingAESKey, 43 characters

	BotID     string // of the AI bot (智能机器人)
	BotSecret string
	BotName   string // as people write it after @; "" is "跟单"

	Org        Org                 // people, departments and groups; no people is DemoOrg()
	PublicURL  string              // http://host:port under which Handler is reached; "" is learned from Start or from requests
	TrustedIPs []string            // addresses that may call the API; none trusts everybody; others get 60020
	Now        func() time.Time    // the long clock; nil is time.Now
	Advance    func(time.Duration) // moves the clock that Now reads; nil: [Server.AdvanceClock] keeps an offset of its own
	Limits     Limits
	OnEntry    func(Entry) // told every journal entry, in order of Seq per chat; must be quick
}

// Limits are the platform's numbers. Zero fields take the documented value, negative ones switch a limit
// off (load tests do that with the quotas).
type Limits struct {
	PerMinute      int           // messages a minute to one member (app) or in one conversation (bot): 30
	PerHour        int           // and an hour: 1000
	InProgress     int           // unanswered messages of one person with the bot: 3
	Callback       time.Duration // answer to a callback within: 5 s
	Verify         time.Duration // answer to a URL verification within: 1 s
	CardUpdate     time.Duration // bot's card update or welcome after the event: 5 s
	Retry          time.Duration // between delivery attempts: 200 ms (the platform's is not documented)
	Stream         time.Duration // a stream must finish within: 6 min
	JournalEntries int           // journal entries kept: 8192
	Bubbles        int           // messages kept per chat: 200
	MediaBytes     int64         // of all media files kept: 256 MiB
	KFPulls        int           // pulls a minute of a customer service account without a ring's token: 60 (the platform's is not documented)
	ContactMonth   int           // group sends to one customer in a calendar month: as many as it has days
	KFPage         int           // messages a page of customer service at most, whatever is asked for; 0 is what is asked for
}

func (l Limits) withDefaults() Limits {
	l.PerMinute = cmp.Or(l.PerMinute, 30)
	l.PerHour = cmp.Or(l.PerHour, 1000)
	l.InProgress = cmp.Or(l.InProgress, 3)
	l.Callback = cmp.Or(l.Callback, 5*time.Second)
	l.Verify = cmp.Or(l.Verify, time.Second)
	l.CardUpdate = cmp.Or(l.CardUpdate, 5*time.Second)
	l.Retry = cmp.Or(l.Retry, 200*time.Millisecond)
	l.Stream = cmp.Or(l.Stream, 6*time.Minute)
	l.JournalEntries = cmp.Or(l.JournalEntries, 8192)
	l.Bubbles = cmp.Or(l.Bubbles, 200)
	l.KFPulls = cmp.Or(l.KFPulls, 60)
	l.MediaBytes = cmp.Or(l.MediaBytes, 256<<20)
	return l
}

// Server is the simulated platform. Make it with [New]; it is safe for concurrent use.
type Server struct {
	cfg     Config
	codec   *msgcrypt.Codec
	mux     http.Handler
	client  *http.Client
	poster  poster
	journal *journal
	faults  faults
	tokens  tokens
	media   mediaStore
	sent    sentMessages
	org     orgState
	kf      kfState
	contact contactState
	chats   chatIndex
	line    line     // the bot's long connection
	hook    callback // the app's callback URL
	held    heldBack // callbacks that a fault reorders
	uploads uploads
	ids     idMaker
	counts  counts

	offset  atomic.Int64           // nanoseconds that the clock was moved by [Server.AdvanceClock]
	baseURL atomic.Pointer[string] // see Config.PublicURL

	life    context.Context // ends with Close
	end     context.CancelFunc
	work    sync.WaitGroup
	workMu  sync.RWMutex // nothing begins after Close
	startMu sync.Mutex
	httpSrv *http.Server
}

// New makes a platform; nothing listens yet: call [Server.Start], or mount [Server.Handler]. It panics on an
// AESKey that is none, which is the programmer's mistake.
func New(cfg Config) *Server {
	cfg.CorpID = cmp.Or(cfg.CorpID, "ww5f1a6e7d0c9b2a34")
	cfg.AgentID = cmp.Or(cfg.AgentID, 1000002)
	cfg.Secret = cmp.Or(cfg.Secret, "sim-app-secret-0123456789abcdefghijklmnopq")
	cfg.Token = cmp.Or(cfg.Token, "simCallbackToken")
	cfg.AESKey = cmp.Or(cfg.AESKey, "c2ltdWxhdGVkLXdlY29tLWNhbGxiYWNrLWtleS0wMSE")
	cfg.BotID = cmp.Or(cfg.BotID, "aibSimulatedBot0001")
	cfg.BotSecret = cmp.Or(cfg.BotSecret, "sim-bot-secret-0123456789abcdefghijklmnopq")
	cfg.BotName = cmp.Or(cfg.BotName, "跟单")
	if len(cfg.Org.People) == 0 {
		cfg.Org = DemoOrg()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Limits = cfg.Limits.withDefaults()
	codec, err := msgcrypt.New(cfg.Token, cfg.AESKey, cfg.CorpID)
	if err != nil {
		panic(fmt.Sprintf("wecomtest: Config.AESKey: %v", err))
	}
	s := &Server{cfg: cfg, codec: codec}
	s.life, s.end = context.WithCancel(context.Background())
	s.client = &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 512, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	s.journal = newJournal(cfg.Limits.JournalEntries, cfg.OnEntry)
	s.org.init(cfg.Org)
	s.kf.init(cfg.Org)
	s.contact.init(cfg.Org, s.Now())
	s.chats.init()
	s.tokens.init()
	s.media.init(cfg.Limits.MediaBytes)
	s.sent.init()
	s.uploads.init()
	s.hook.init(cfg.CallbackURL)
	s.mux = s.routes()
	return s
}

// Config returns the configuration with all defaults filled in: the credentials an adapter needs.
func (s *Server) Config() Config { return s.cfg }

// Handler serves the API under /cgi-bin/, the long connection on any upgrade request to "/" or "/ws", media
// downloads, and the control interface under /_sim/wecom/.
func (s *Server) Handler() http.Handler { return s.mux }

// Start listens on addr ("" is any port of 127.0.0.1) and returns the base URL. Stop it with [Server.Close].
func (s *Server) Start(addr string) (string, error) {
	s.startMu.Lock()
	defer s.startMu.Unlock()
	if s.httpSrv != nil {
		return "", errors.New("wecomtest: started twice")
	}
	ln, err := net.Listen("tcp", cmp.Or(addr, "127.0.0.1:0"))
	if err != nil {
		return "", fmt.Errorf("wecomtest: %w", err)
	}
	base := "http://" + ln.Addr().String()
	if s.cfg.PublicURL == "" {
		s.baseURL.CompareAndSwap(nil, &base)
	}
	s.httpSrv = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second}
	s.spawn(func() {
		s.httpSrv.Serve(ln) // returns ErrServerClosed after Close
	})
	return base, nil
}

// Close ends the listener, the long connection and all deliveries, and waits for them.
func (s *Server) Close() {
	s.workMu.Lock()
	s.end()
	s.workMu.Unlock()
	s.startMu.Lock()
	if s.httpSrv != nil {
		s.httpSrv.Close()
	}
	s.startMu.Unlock()
	s.line.drop()
	s.work.Wait()
	s.client.CloseIdleConnections()
	s.poster.close()
}

// spawn runs f in the background; false after Close.
func (s *Server) spawn(f func()) bool {
	s.workMu.RLock()
	defer s.workMu.RUnlock()
	if s.life.Err() != nil {
		return false
	}
	s.work.Go(f)
	return true
}

// APIURL is the platform's base URL, for WECOM_API_URL: paths below it start with /cgi-bin/.
func (s *Server) APIURL() string {
	if s.cfg.PublicURL != "" {
		return strings.TrimSuffix(s.cfg.PublicURL, "/")
	}
	if base := s.baseURL.Load(); base != nil {
		return *base
	}
	return "http://127.0.0.1"
}

// WSURL is the address of the long connection, for WECOM_WS_URL.
func (s *Server) WSURL() string { return "ws" + strings.TrimPrefix(s.APIURL(), "http") + "/ws" }

// Now is the long clock.
func (s *Server) Now() time.Time { return s.cfg.Now().Add(time.Duration(s.offset.Load())) }

// AdvanceClock moves the long clock by d, through Config.Advance where there is one.
func (s *Server) AdvanceClock(d time.Duration) {
	if s.cfg.Advance != nil {
		s.cfg.Advance(d)
		return
	}
	s.offset.Add(int64(d))
}

// learnURL remembers under which address clients reach us, until Start or Config.PublicURL says.
func (s *Server) learnURL(r *http.Request) {
	if s.cfg.PublicURL != "" || s.baseURL.Load() != nil || r.Host == "" {
		return
	}
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	s.baseURL.CompareAndSwap(nil, &base)
}
