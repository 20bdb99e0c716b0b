// Package llm asks a language model behind any OpenAI-compatible endpoint (POST {url}/chat/completions). It is a door out:
// it keeps to the one configured address, to a budget, a time limit and a size, rests when the endpoint fails, and logs
// neither what it asks nor what is answered.
package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"gendan/bot/chat"
)

const (
	defaultTimeout  = 8 * time.Second
	defaultAtOnce   = 2
	defaultPerHour  = 30
	defaultPerDay   = 2000
	defaultFailures = 5
	defaultRest     = time.Minute
	mostAnswer      = 256 << 10 // bytes of an answer
	mostTokens      = 800
)

// Config is what a client is made of.
type Config struct {
	URL   string // of the API, such as https://api.example.com/v1; /chat/completions is added
	Model string // as the endpoint calls it
	Key   string // sent as a bearer token; "" sends none

	PerHour int // calls of one person an hour; 0 is 30, below 0 any number
	PerDay  int // calls of all together a day; 0 is 2,000, below 0 any number

	Timeout time.Duration         // of one call; 0 is 8 s
	Rest    time.Duration         // after too many failures; 0 is a minute
	AtOnce  int                   // calls at a time in this process; 0 is 2
	Redis   redis.UniversalClient // counts for all processes together; nil counts in this one
	Now     func() time.Time      // nil is time.Now
	Log     *zap.Logger           // nil logs nothing
}

// The reasons for which nothing was asked. Whoever asked goes on without a model.
var (
	ErrBusy    = errors.New("llm: as many calls as may be are under way")
	ErrResting = errors.New("llm: resting after failures")
	ErrBudget  = errors.New("llm: the budget is spent")
)

// Client asks the model. Safe for concurrent use.
type Client struct {
	c       Config
	target  string
	http    *http.Client
	places  chan struct{}
	breaker breaker
	budget  budget

	mu     sync.Mutex
	counts map[string]int64 // by outcome
	ill    string           // why the last call failed; "" when it did not
}

// New makes a client, or says what is wrong with the settings.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("llm: %q is no http or https address", redacted(u))
	}
	if c.Model == "" {
		return nil, errors.New("llm: no model is named")
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Rest == 0 {
		c.Rest = defaultRest
	}
	if c.AtOnce == 0 {
		c.AtOnce = defaultAtOnce
	}
	if c.PerHour == 0 {
		c.PerHour = defaultPerHour
	}
	if c.PerDay == 0 {
		c.PerDay = defaultPerDay
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	target := strings.TrimRight(u.String(), "/")
	if !strings.HasSuffix(target, "/chat/completions") {
		target += "/chat/completions"
	}
	return &Client{
		c: c, target: target, places: make(chan struct{}, c.AtOnce), counts: map[string]int64{},
		http: &http.Client{
			// Another address than the configured one is never followed: it would be handed the question and the key.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 4, MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: time.Minute},
		},
		breaker: breaker{most: defaultFailures, rest: c.Rest},
		budget:  budget{redis: c.Redis, perHour: c.PerHour, perDay: c.PerDay},
	}, nil
}

// redacted is an address without its user and password.
func redacted(u *url.URL) string {
	if u == nil {
		return "LLM_URL"
	}
	return u.Redacted()
}

// Ask puts one question. An error means that there is no answer and that the caller does what it does without a model;
// trying again at once is of no use.
func (c *Client) Ask(ctx context.Context, q chat.ModelRequest) (a chat.ModelAnswer, err error) {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	default:
		c.count("busy")
		return a, ErrBusy
	}
	now := c.c.Now()
	probe, ok := c.breaker.enter(now)
	if !ok {
		c.count("resting")
		return a, ErrResting
	}
	if !c.budget.take(ctx, q.Person, now) {
		c.breaker.leave(probe)
		if c.count("budget") == 1 {
			c.c.Log.Warn("llm: the budget is spent, people are answered without a model", zap.Int("per person an hour", c.c.PerHour), zap.Int("a day", c.c.PerDay))
		}
		return a, ErrBudget
	}
	within, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	a, err = c.call(within, q)
	switch {
	case err == nil:
		c.count("ok")
		c.breaker.succeeded()
		c.is("")
	case ctx.Err() != nil: // given up by the caller: no fault of the endpoint
		c.breaker.leave(probe)
	default:
		c.count("failed")
		c.breaker.failed(probe, c.c.Now())
		c.is(err.Error())
	}
	return a, err
}

// is notes how the endpoint does and logs it when that has changed.
func (c *Client) is(ill string) {
	c.mu.Lock()
	before := c.ill
	c.ill = ill
	c.mu.Unlock()
	switch {
	case before == "" && ill != "":
		c.c.Log.Warn("llm: no answer, people are answered without a model", zap.String("why", ill))
	case before != "" && ill == "":
		c.c.Log.Info("llm: answers again")
	}
}

func (c *Client) count(outcome string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[outcome]++
	return c.counts[outcome]
}

// Counts tells how many questions ended how since the start: ok, failed, busy, resting, budget.
func (c *Client) Counts() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]int64{"ok": 0, "failed": 0, "busy": 0, "resting": 0, "budget": 0}
	for k, v := range c.counts {
		all[k] = v
	}
	return all
}

// State is "ok", or why the last call failed, for /readyz. A model that does not answer is no illness of the service.
func (c *Client) State() string {
	c.mu.Lock()
	ill := c.ill
	c.mu.Unlock()
	switch {
	case ill == "":
		return "ok"
	case c.breaker.resting(c.c.Now()):
		return "resting: " + ill
	}
	return ill
}
