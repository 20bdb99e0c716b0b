// Package aibot is a client of the WeCom AI bot's long connection (企业微信智能机器人长连接): one WebSocket over which
// messages and card taps come in, and answers, cards, pushes and uploads go out. The platform keeps one
// connection per bot alive and kicks the older one when a second subscribes.
//
// A [Client] is made by [New], lives while [Client.Run] runs and reconnects by itself until it is kicked.
package aibot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

// DefaultURL is the platform's address; a private deployment has its own.
const DefaultURL = "wss://openws.work.weixin.qq.com"

// Config is what a client needs. Zero durations take the protocol's values.
type Config struct {
	URL    string // wss://…; "" is [DefaultURL]
	BotID  string
	Secret string
	// Hear is given every callback on the receiving goroutine, in order: it must be quick and must not wait
	// for an answer of this client.
	Hear func(Callback)
	Log  *zap.Logger // nil is silent

	PingEvery  time.Duration // 30 s; two pings without acknowledgement end the connection
	AckWithin  time.Duration // 5 s
	BackoffMin time.Duration // 1 s, doubled after each failure …
	BackoffMax time.Duration // … up to 30 s
	Steady     time.Duration // 30 s: a connection that lived as long starts the backoff afresh
}

// Status is how the connection does.
type Status struct {
	Connected bool      // subscribed and alive
	Since     time.Time // of the present state
	Err       error     // why the last attempt or connection ended; nil while connected
	Attempts  int       // failed attempts since the last connection
}

// Client is safe for concurrent use. One Run at a time.
type Client struct {
	cfg Config
	log *zap.Logger

	mu      sync.Mutex
	session *session // nil while not subscribed
	status  Status
	lanes   map[string]*lane // by req_id
}

// New makes a client; nothing is dialled before [Client.Run].
func New(cfg Config) *Client {
	if cfg.URL == "" {
		cfg.URL = DefaultURL
	}
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&cfg.PingEvery, 30*time.Second)
	def(&cfg.AckWithin, 5*time.Second)
	def(&cfg.BackoffMin, time.Second)
	def(&cfg.BackoffMax, 30*time.Second)
	def(&cfg.Steady, 30*time.Second)
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	return &Client{cfg: cfg, log: cfg.Log, status: Status{Since: time.Now()}, lanes: map[string]*lane{}}
}

// Run keeps a connection until ctx ends, and returns nil then, or until it is kicked, which is [ErrKicked].
// It leaves no goroutine behind and may be called again afterwards.
func (c *Client) Run(ctx context.Context) error {
	wait := c.cfg.BackoffMin
	for {
		began := time.Now()
		up, err := c.connect(ctx)
		if ctx.Err() != nil {
			c.setStatus(nil, nil)
			return nil
		}
		c.setStatus(nil, err)
		if errors.Is(err, ErrKicked) {
			return err
		}
		if up && time.Since(began) >= c.cfg.Steady {
			wait = c.cfg.BackoffMin
		}
		pause := wait/2 + rand.N(wait/2+1)
		c.log.Warn("aibot: connection lost", zap.Error(err), zap.Duration("again_in", pause))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		wait = min(2*wait, c.cfg.BackoffMax)
	}
}

// Status tells how the connection does.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Session names the present connection, "" when there is none. A callback's req_id is sure to be good only
// on the connection it came on.
func (c *Client) Session() string {
	if s := c.current(); s != nil {
		return s.id
	}
	return ""
}

func (c *Client) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *Client) setStatus(s *session, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.status
	c.session = s
	c.status = Status{Connected: s != nil, Since: was.Since, Err: err}
	if s == nil && err != nil {
		c.status.Attempts = was.Attempts + 1
	}
	if was.Connected != c.status.Connected {
		c.status.Since = time.Now()
	}
}

// connect lives one connection: dial, subscribe, receive. It tells whether the subscription was accepted.
func (c *Client) connect(ctx context.Context) (up bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, Proxy: websocket.DefaultDialer.Proxy}
	ws, resp, err := dialer.DialContext(ctx, c.cfg.URL, nil)
	if err != nil {
		if resp != nil {
			return false, fmt.Errorf("dial: %s: %w", resp.Status, err)
		}
		return false, fmt.Errorf("dial: %w", err)
	}
	s := newSession(c, ws)
	stop := context.AfterFunc(ctx, func() { ws.Close() })
	var work sync.WaitGroup
	defer func() {
		stop()
		cancel()
		s.end()
		work.Wait()
	}()

	work.Go(func() {
		body := map[string]string{"bot_id": c.cfg.BotID, "secret": c.cfg.Secret}
		if _, err := s.request(ctx, cmdSubscribe, newReqID(cmdSubscribe), body); err != nil {
			s.fail(fmt.Errorf("subscribe: %w", err))
			return
		}
		c.setStatus(s, nil)
		s.up.Store(true)
		c.log.Info("aibot: connected", zap.String("session", s.id))
		s.keepAlive(ctx)
	})
	err = s.receive()
	c.mu.Lock()
	if c.session == s {
		c.session = nil
	}
	c.mu.Unlock()
	return s.up.Load(), err
}
