// Package dingtalk is the DingTalk (钉钉) door: it receives over stream mode (two WebSockets, no public
// address), answers by the session webhook of a message and pushes by the robot's OpenAPI, shows cards
// and hears their buttons, and lists the directory.
//
// Inside, three things stay apart: transport (api.go, token.go, stream.go), conversion between the wire
// and package chat as pure functions (message.go, quote.go, render.go, cardparam.go), and the receiving
// loop (frames.go).
package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"gendan/bot/chat"
)

// Name is the platform's name and the prefix of its PeerIDs and ConversationIDs.
const Name = "dingtalk"

// The platform's own hosts, used where Config leaves them empty.
const (
	DefaultAPIURL  = "https://api.dingtalk.com"
	DefaultOAPIURL = "https://oapi.dingtalk.com"
)

// Config is what [New] needs. ClientID and ClientSecret are required; everything else has a default.
type Config struct {
	ClientID     string // AppKey of the internal application
	ClientSecret string // AppSecret
	RobotCode    string // "" is ClientID, as the console makes it by default
	RobotName    string // name shown in chats; lets groups have tappable links and lets "@name" be cut from texts
	// CardTemplateID is the published id of card-template.json ("….schema"); "" shows cards as Markdown
	// with links. See docs/dingtalk-card.md.
	CardTemplateID string

	APIURL  string // new OpenAPI and stream, "" is DefaultAPIURL
	OAPIURL string // legacy API and session webhooks, "" is DefaultOAPIURL
	// FileHosts are further domains that downloads may come from; DingTalk's own are always allowed.
	FileHosts []string

	Log   *zap.Logger           // nil is silent
	Redis redis.UniversalClient // shares token and counters between processes; nil keeps them in this one
	Now   func() time.Time      // nil is time.Now

	Streams   int           // connections of this process; 0 is 2
	Stagger   time.Duration // start of the next connection after the one before; 0 is 45 s
	KeepAlive time.Duration // idle time before a WebSocket ping; 0 is 15 s
	Silence   time.Duration // a connection that was pinged before and is silent for so long is replaced; 0 is 90 s
	Timeout   time.Duration // of one HTTP call; 0 is 8 s
	Patience  time.Duration // how long a message waits unacknowledged for the inbox to take it; 0 is 20 s

	// CallsPerSecond is the platform's rate for each API and HooksPerMinute the one of webhook messages into a
	// conversation; above them Send asks to wait instead of being refused, which would count as well. 0 is 20, negative is without limit.
	CallsPerSecond, HooksPerMinute int

	MonthlyCalls    int64 // quota of metered API calls a month; 0 is 10 000 (standard edition)
	MonthlyWebhooks int64 // quota of webhook messages a month; 0 is 5 000

	// OnEvent, when set, stores a subscribed event before it is acknowledged; on an error DingTalk is
	// asked to push it again later.
	OnEvent func(ctx context.Context, e Event) error
	// OnDirectoryChange, when set, is called after people or departments changed: time for a sync. It must not block.
	OnDirectoryChange func()
}

// Adapter is the DingTalk door. Make it with [New], run it once with Run.
type Adapter struct {
	cfg     Config
	log     *zap.Logger
	http    *http.Client // API calls and webhooks
	files   *http.Client // temporary download addresses, guarded
	shared  *shared
	tokens  *tokens
	budget  *budget
	cards   *shownCards
	tapping *tapping
	state   state
	running atomic.Bool
}

var _ chat.Adapter = (*Adapter)(nil)

// New checks cfg and makes an Adapter; nothing is connected before Run.
func New(cfg Config) (*Adapter, error) {
	if cfg.ClientID == "" || cfg.ClientSecret == "" {
		return nil, errors.New("dingtalk: ClientID and ClientSecret are required")
	}
	def(&cfg.RobotCode, cfg.ClientID)
	def(&cfg.APIURL, DefaultAPIURL)
	def(&cfg.OAPIURL, DefaultOAPIURL)
	def(&cfg.Streams, 2)
	def(&cfg.Stagger, 45*time.Second)
	def(&cfg.KeepAlive, 15*time.Second)
	def(&cfg.Silence, 90*time.Second)
	def(&cfg.Timeout, 8*time.Second)
	def(&cfg.Patience, 20*time.Second)
	def(&cfg.CallsPerSecond, 20)
	def(&cfg.HooksPerMinute, 20)
	def(&cfg.MonthlyCalls, 10_000)
	def(&cfg.MonthlyWebhooks, 5_000)
	for _, base := range []*string{&cfg.APIURL, &cfg.OAPIURL} {
		*base = strings.TrimRight(*base, "/")
		u, err := url.Parse(*base)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("dingtalk: %q is no http address", *base)
		}
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &Adapter{cfg: cfg, log: cfg.Log.Named(Name)}
	a.http = &http.Client{Transport: newTransport(), CheckRedirect: noRedirect}
	a.files = newFileClient(a)
	a.shared = newShared(cfg)
	a.budget = newBudget(cfg, a.shared)
	a.tokens = newTokens(a)
	a.cards = newShownCards(a.shared)
	a.tapping = newTapping(a.shared)
	a.state.since = cfg.Now()
	pipeSDKLog(a.log)
	return a, nil
}

// def sets *v to d when it has its zero value.
func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Name is "dingtalk".
func (a *Adapter) Name() string { return Name }

// Limits tells what DingTalk shows. A webhook text holds about 5 000 characters, so a Chinese one about
// 15 000 bytes; longer replies are cut into several messages. Card instances can be changed for ever, cards shown as
// Markdown never. A session webhook lives 90 minutes.
func (a *Adapter) Limits() chat.Limits {
	return chat.Limits{
		TextBytes:    maxTextBytes,
		Buttons:      6,
		CardUpdate:   a.cfg.CardTemplateID != "",
		CardWindow:   0,
		AnswerWithin: 90 * time.Minute,
	}
}

// Usage is what was counted against the quotas of the calendar month (of the platform, Asia/Shanghai).
type Usage struct {
	Month     string // "2026-11"
	Calls     int64  // metered OpenAPI calls
	CallsLeft int64
	Webhooks  int64 // messages by session webhook
	HooksLeft int64
}

// Usage tells how much of the month's quotas all processes that share Redis have used.
func (a *Adapter) Usage(ctx context.Context) Usage { return a.budget.usage(ctx) }
