// Package sms is the door by text messages. SMS_URL names where they leave: a gateway of the company's own, to which each is one
// signed POST, or a provider whose protocol is spoken here (Aliyun). docs/doors.md describes both, and what comes back: answers
// of customers (退订) and receipts.
package sms

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"gendan/bot/chat"
)

const (
	mostText    = 300 // characters of one message: five parts of what networks carry
	perDay      = 10  // messages to one number a day
	callTimeout = 8 * time.Second
	numbers     = 50_000 // that this process counts without a counter; beyond, the day begins anew
)

// Counter counts what a number gets in a day, for all processes.
type Counter interface {
	// TakeSMS books message key for number; ok is false when number has had most today. A key that is booked costs nothing
	// again, and again tells so: what became of an earlier attempt is not known.
	TakeSMS(ctx context.Context, number, key string, most int) (ok, again bool, err error)
	// GiveSMS takes a booking back: the message did not leave.
	GiveSMS(ctx context.Context, number, key string) error
}

// Config is what the door is made of.
type Config struct {
	URL   string // https://key:secret@host/path, or aliyun://key:secret@host/?sign=…&template=…
	Now   func() time.Time
	HTTP  *http.Client // nil is one with a time limit
	Count Counter      // nil counts in this process
	Take  Take         // what to do with customers' answers; nil drops them
	Told  Told         // what to do with receipts; nil drops them
}

// gate is where messages leave.
type gate interface {
	// post hands a message over and returns the number that it has there. Errors are [*chat.SendError].
	post(ctx context.Context, p post) (id chat.MessageID, err error)
	// had tells whether the message has left by an attempt whose end is not known. A gate that knows ids again need not look.
	had(ctx context.Context, p post) (id chat.MessageID, yes bool, err error)
}

// Adapter implements [chat.Adapter] as the platform "sms".
type Adapter struct {
	c    Config
	gate gate
	back inbound

	mu    sync.Mutex
	day   string
	sent  map[string]map[string]bool // keys of messages by number, without a counter
	state chat.Health
}

// New makes the door, or says what is wrong with the setting.
func New(c Config) (*Adapter, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("SMS_URL: write https://key:secret@host/path or aliyun://key:secret@dysmsapi.aliyuncs.com/?sign=…&template=…")
	}
	secret, _ := u.User.Password()
	if u.User.Username() == "" || secret == "" {
		return nil, errors.New("SMS_URL: key and secret are missing: https://key:secret@host/path")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTP == nil {
		// A redirect would carry numbers to another host than the configured one.
		c.HTTP = &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	a := &Adapter{c: c, sent: map[string]map[string]bool{}, state: chat.Health{Connected: true, Since: c.Now()}}
	who := identity{key: u.User.Username(), secret: secret}
	u.User = nil
	switch u.Scheme {
	case "http", "https":
		a.gate, a.back = newGateway(u, who, c), inbound{secret: secret}
	case "aliyun", "aliyun+http":
		a.gate, a.back, err = newAliyun(u, who, c)
	default:
		err = errors.New("SMS_URL: the scheme is https or aliyun")
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// identity is who we are to the gate.
type identity struct{ key, secret string }

// Name is "sms".
func (a *Adapter) Name() string { return "sms" }

// Limits tells how long a message may be.
func (a *Adapter) Limits() chat.Limits { return chat.Limits{TextBytes: 3 * mostText} }

// Run waits: nothing comes in by this door.
func (a *Adapter) Run(ctx context.Context, _ chat.Handler) error {
	<-ctx.Done()
	return nil
}

// Ready is always so: the gateway is asked each time.
func (a *Adapter) Ready() bool { return true }

// Download has nothing to fetch.
func (a *Adapter) Download(context.Context, chat.Attachment, int64) ([]byte, error) {
	return nil, errors.New("sms: no attachments")
}

// People is nobody.
func (a *Adapter) People(context.Context) ([]chat.Person, error) { return nil, nil }

// Health says how the last message went.
func (a *Adapter) Health() chat.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// Send hands a message to the gate. The same key is counted once.
func (a *Adapter) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	var out struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(r.AnswerTo, &out); err != nil || out.Address == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "address", Err: errors.New("sms: no number")}
	}
	number := strings.TrimPrefix(out.Address, "+86")
	ok, again, err := a.take(ctx, number, r.Key)
	switch {
	case err != nil:
		return "", &chat.SendError{Fault: chat.Retry, Code: "count", After: time.Second, Err: fmt.Errorf("sms: %w", err)}
	case !ok:
		return "", &chat.SendError{Fault: chat.Rejected, Code: "daily", Err: fmt.Errorf("sms: %d messages to one number today", perDay)}
	}
	p := post{ID: r.Key, To: number, Text: clip(r.Text), card: r.Card}
	if again {
		if id, yes, err := a.gate.had(ctx, p); err != nil || yes {
			return id, err
		}
	}
	id, err := a.gate.post(ctx, p)
	if err != nil && !again && chat.FaultOf(err) != chat.Unsure { // it has certainly not left
		a.give(context.WithoutCancel(ctx), number, r.Key)
	}
	a.note(err)
	return id, err
}

// take counts message key to a number; false when it has had its share today.
func (a *Adapter) take(ctx context.Context, number, key string) (ok, again bool, err error) {
	if a.c.Count != nil {
		return a.c.Count.TakeSMS(ctx, number, key, perDay)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if day := a.c.Now().UTC().Format(time.DateOnly); day != a.day || len(a.sent) > numbers {
		a.day = day
		clear(a.sent)
	}
	had := a.sent[number]
	if had[key] && key != "" {
		return true, true, nil
	}
	if len(had) >= perDay {
		return false, false, nil
	}
	if had == nil {
		had = map[string]bool{}
		a.sent[number] = had
	}
	had[cmp.Or(key, fmt.Sprint(len(had)))] = true
	return true, false, nil
}

func (a *Adapter) give(ctx context.Context, number, key string) {
	if a.c.Count != nil {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		_ = a.c.Count.GiveSMS(ctx, number, key) // then one less leaves today
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sent[number], key)
}

func (a *Adapter) note(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	connected := err == nil || chat.FaultOf(err) == chat.Rejected
	if connected == a.state.Connected {
		return
	}
	a.state = chat.Health{Connected: connected, Since: a.c.Now()}
	if !connected {
		a.state.Detail = "短信发不出去，请检查 SMS_URL 和网关。"
	}
}

func oneLine(b []byte) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(b), "")), " ")
}

func clip(s string) string {
	if r := []rune(s); len(r) > mostText {
		return string(r[:mostText-1]) + "…"
	}
	return s
}
