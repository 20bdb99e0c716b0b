// Package wecom joins the bot to WeCom (企业微信) by two doors: the AI bot (智能机器人) over its long connection, and a
// self-built app (自建应用) with an encrypted callback and the HTTP API. Either may be absent. Both at once are one
// identity and one conversation per person: "wecom:<userid>" and "wecom:p:<userid>", groups "wecom:g:<chatid>".
//
// An answer leaves by the door its message came through; a push prefers the AI bot and falls back to the
// app, which also reaches people who never wrote to the bot.
package wecom

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/adapters/wecom/msgcrypt"
	"gendan/bot/chat"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// Name is the platform's name in [chat.PeerID] and [chat.ConversationID].
const Name = "wecom"

// DefaultAPIURL is the platform's HTTP API.
const DefaultAPIURL = "https://qyapi.weixin.qq.com"

// Config is what the adapter needs. The AI bot is on when BotID and BotSecret are set, the app's sending side
// when CorpID, AgentID and Secret are, its callback when Token and AESKey are as well.
type Config struct {
	CorpID  string
	AgentID int
	Secret  string
	Token   string // of the callback
	AESKey  string // EncodingAESKey of the callback, 43 characters

	BotID     string
	BotSecret string
	BotName   string // as people mention it in groups; "" strips the first mention of a message

	APIURL string // "" is [DefaultAPIURL]
	WSURL  string // "" is [aibot.DefaultURL]

	Log     *zap.Logger           // nil is silent
	Redis   redis.UniversalClient // shares tokens, response codes and budgets; nil keeps them in this process
	Elector Elector               // nil: this process always holds the bot's connection
	Now     func() time.Time      // nil is time.Now

	HomeURL string // where a tap on a finished card leads; "" is WeCom's own page

	// PerMinute and PerHour are what one conversation may get: 0 is the platform's 30 and 1000, below 0 is any
	// number, for load tests.
	PerMinute, PerHour int

	PingEvery    time.Duration // of the long connection; 0 is the protocol's 30 s
	AckWithin    time.Duration // how long to wait for the platform's word on a frame; 0 is 5 s
	BackoffMin   time.Duration // first pause before reconnecting; 0 is 1 s
	KickedPause  time.Duration // how long to stay away after another connection took over; 0 is 30 s
	StandIn      time.Duration // how long the bot may be unconnected before the app stands in for it; 0 is 15 s
	HTTPTimeout  time.Duration // of one API call; 0 is 15 s
	HearPatience time.Duration // how long an AI-bot message is offered to the inbox again; 0 is 2 minutes
}

// Elector chooses one process among several. Lead waits until this process is the leader of name, runs work
// and gives leadership up when work returns. The context of work ends when leadership is lost. Lead
// returns the error of work, or one of its own, and nil or ctx's error when ctx ends.
type Elector interface {
	Lead(ctx context.Context, name string, work func(ctx context.Context) error) error
}

// Adapter implements [chat.Adapter]. [New] makes it; it receives while [Adapter.Run] runs.
type Adapter struct {
	cfg     Config
	log     *zap.Logger
	now     func() time.Time
	codec   *msgcrypt.Codec // nil without a callback
	bot     *aibot.Client   // nil without an AI bot
	app     *api            // nil without an app
	files   aibot.Files
	codes   *cardCodes
	budget  *budget
	sent    progress
	doors   doors
	uploads uploads
	inlet   *inlet
	kf      atomic.Pointer[KF] // the customers' door, nil without one
	contact atomic.Pointer[Contact]
	hear    atomic.Pointer[chat.Handler]
	ended   atomic.Bool // Run has returned

	mu    sync.Mutex
	state link
	since time.Time
	// trouble is the app's last lasting refusal (wrong secret, untrusted address) in words, "" when it works.
	trouble string
}

var _ chat.Adapter = (*Adapter)(nil)

// New makes the adapter. Errors name the setting that is wrong.
func New(cfg Config) (*Adapter, error) {
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.APIURL == "" {
		cfg.APIURL = DefaultAPIURL
	}
	if cfg.HomeURL == "" {
		cfg.HomeURL = "https://work.weixin.qq.com/"
	}
	base, err := url.Parse(cfg.APIURL)
	if err != nil || base.Host == "" {
		return nil, errors.New("wecom: WECOM_API_URL is no address")
	}
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&cfg.KickedPause, 30*time.Second)
	def(&cfg.StandIn, 15*time.Second)
	def(&cfg.HTTPTimeout, 15*time.Second)
	def(&cfg.HearPatience, 2*time.Minute)

	shelf := &shelf{redis: cfg.Redis, now: cfg.Now, log: cfg.Log}
	a := &Adapter{
		cfg: cfg, log: cfg.Log, now: cfg.Now, since: cfg.Now(),
		codes:   &cardCodes{shelf},
		budget:  newBudget(shelf, cfg.PerMinute, cfg.PerHour),
		sent:    progress{now: cfg.Now},
		uploads: uploads{now: cfg.Now},

		files: aibot.Files{},
	}
	a.inlet = newInlet(a)
	if cfg.CorpID != "" && cfg.AgentID != 0 && cfg.Secret != "" {
		a.app = newAPI(cfg, base, shelf)
	}
	if cfg.Token != "" || cfg.AESKey != "" {
		if cfg.CorpID == "" {
			return nil, errors.New("wecom: WECOM_CORP_ID is missing beside the callback's token and key")
		}
		if a.codec, err = msgcrypt.New(cfg.Token, cfg.AESKey, cfg.CorpID); err != nil {
			return nil, errors.New("wecom: WECOM_AES_KEY is not the 43 characters of the platform's settings")
		}
	}
	if cfg.BotID != "" && cfg.BotSecret != "" {
		a.bot = aibot.New(aibot.Config{
			URL: cfg.WSURL, BotID: cfg.BotID, Secret: cfg.BotSecret, Hear: a.hearBot,
			Log: cfg.Log, PingEvery: cfg.PingEvery, AckWithin: cfg.AckWithin, BackoffMin: cfg.BackoffMin,
		})
	}
	if a.bot == nil && a.app == nil && a.codec == nil {
		return nil, errors.New("wecom: neither an AI bot (WECOM_BOT_ID, WECOM_BOT_SECRET) nor an app (WECOM_CORP_ID, WECOM_AGENT_ID, WECOM_SECRET) is set")
	}
	for _, s := range []string{cfg.APIURL, cfg.WSURL} {
		// Simulators and private deployments serve files from the hosts they were given by.
		if u, err := url.Parse(s); err == nil && u.Host != "" && s != DefaultAPIURL && s != aibot.DefaultURL {
			a.files.Hosts = append(a.files.Hosts, u.Host)
		}
	}
	a.files.Client = &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 30 * time.Second, IdleConnTimeout: 30 * time.Second,
	}}
	return a, nil
}

// Name is "wecom".
func (a *Adapter) Name() string { return Name }

// Limits tells what texts and cards may hold: those of the AI bot where there is one, else of the app.
func (a *Adapter) Limits() chat.Limits {
	if a.bot != nil {
		return chat.Limits{TextBytes: botTextBytes, Buttons: 6, CardUpdate: true, CardWindow: tapWindow, AnswerWithin: streamWindow}
	}
	return chat.Limits{TextBytes: appTextBytes, Buttons: 6, CardUpdate: true, CardWindow: codeLife, AnswerWithin: codeLife}
}
