// Package sms is the door by text messages: each is one signed POST to a gateway, which turns it into what the company's SMS
// provider wants. docs/doors.md describes the request.
package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"gendan/bot/chat"
)

const (
	mostText    = 300 // characters of one message: five parts of what networks carry
	perDay      = 10  // messages to one number a day, by this process
	callTimeout = 8 * time.Second
	numbers     = 50_000 // that are counted; beyond, the day begins anew
)

// Config is what the door is made of.
type Config struct {
	URL  string // https://key:secret@host/path
	Now  func() time.Time
	HTTP *http.Client // nil is one with a time limit
}

// Adapter implements [chat.Adapter] as the platform "sms".
type Adapter struct {
	target      string
	key, secret string
	now         func() time.Time
	http        *http.Client

	mu    sync.Mutex
	day   string
	sent  map[string]int
	state chat.Health
}

// New makes the door, or says what is wrong with the setting.
func New(c Config) (*Adapter, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("SMS_URL: write https://key:secret@host/path")
	}
	secret, _ := u.User.Password()
	if u.User.Username() == "" || secret == "" {
		return nil, errors.New("SMS_URL: key and secret are missing: https://key:secret@host/path")
	}
	a := &Adapter{key: u.User.Username(), secret: secret, now: c.Now, http: c.HTTP, sent: map[string]int{}}
	u.User = nil
	a.target = u.String()
	if a.now == nil {
		a.now = time.Now
	}
	if a.http == nil {
		a.http = &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	a.state = chat.Health{Connected: true, Since: a.now()}
	return a, nil
}

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

// post is what the gateway gets.
type post struct {
	ID   string `json:"id"` // the same at every try of one message
	To   string `json:"to"` // digits; + and the country code outside of China
	Text string `json:"text"`
}

// Send posts a message to the gateway.
func (a *Adapter) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	var out struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(r.AnswerTo, &out); err != nil || out.Address == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "address", Err: errors.New("sms: no number")}
	}
	if !a.take(out.Address) {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "daily", Err: fmt.Errorf("sms: %d messages to one number today", perDay)}
	}
	err := a.post(ctx, post{ID: r.Key, To: out.Address, Text: clip(r.Text)})
	if err != nil {
		a.give(out.Address)
	}
	a.note(err)
	return "", err
}

func (a *Adapter) post(ctx context.Context, p post) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	stamp := strconv.FormatInt(a.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Idempotency-Key", p.ID)
	req.Header.Set("X-Gendan-Key", a.key)
	req.Header.Set("X-Gendan-Timestamp", stamp)
	req.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(Sign(a.secret, stamp, body)))
	res, err := a.http.Do(req)
	if err != nil {
		fault := chat.Retry
		if errors.Is(err, context.DeadlineExceeded) {
			fault = chat.Unsure
		}
		return &chat.SendError{Fault: fault, Code: "sms_away", Err: errors.New("sms: the gateway does not answer")} // the cause names the number's URL in some clients
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	code := strconv.Itoa(res.StatusCode)
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return &chat.SendError{Fault: chat.Retry, Code: code, After: time.Duration(min(max(after, 1), 3600)) * time.Second}
	case res.StatusCode/100 == 5:
		return &chat.SendError{Fault: chat.Retry, Code: code, Advice: "短信网关出错了，请看网关的日志。", Err: errors.New("sms: " + oneLine(said))}
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return &chat.SendError{Fault: chat.Retry, Code: code, After: time.Minute, Advice: "短信网关不认签名：请核对 SMS_URL 里的 key 和 secret，以及两边的时钟。"}
	}
	return &chat.SendError{Fault: chat.Rejected, Code: code, Err: errors.New("sms: " + oneLine(said))}
}

// Sign is the signature of a request: HMAC-SHA256 with the secret over the Unix time in seconds, a stop, and the body.
func Sign(secret, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}

// take counts a message to a number; false when it has had its share today.
func (a *Adapter) take(number string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if day := a.now().UTC().Format(time.DateOnly); day != a.day || len(a.sent) > numbers {
		a.day = day
		clear(a.sent)
	}
	if a.sent[number] >= perDay {
		return false
	}
	a.sent[number]++
	return true
}

func (a *Adapter) give(number string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent[number] > 0 {
		a.sent[number]--
	}
}

func (a *Adapter) note(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	connected := err == nil || chat.FaultOf(err) == chat.Rejected
	if connected == a.state.Connected {
		return
	}
	a.state = chat.Health{Connected: connected, Since: a.now()}
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
