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
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chat"
)

// gateway is a server of the company's own: it turns our request into what the provider wants.
type gateway struct {
	target string
	who    identity
	rich   bool // it knows 5G messages
	c      Config
}

// newGateway reads the setting; ?rich=1 is ours and does not go along.
func newGateway(u *url.URL, who identity, c Config) *gateway {
	q := u.Query()
	rich := q.Get("rich") == "1"
	if q.Has("rich") {
		q.Del("rich")
		u.RawQuery = q.Encode()
	}
	return &gateway{target: u.String(), who: who, rich: rich, c: c}
}

// post is what the gateway gets.
type post struct {
	ID   string `json:"id"`             // the same at every try of one message
	To   string `json:"to"`             // digits; + and the country code outside of China
	Text string `json:"text"`           //
	Rich *rich  `json:"rich,omitempty"` // the same as a 5G message; a phone that shows none gets Text
	card *chat.Card
}

// rich is a 5G message (RCS, 短信 5G): a card that says no more than the text.
type rich struct {
	Title   string   `json:"title"`
	Body    string   `json:"body"`
	Link    string   `json:"link,omitempty"`    // of the card's button
	Buttons []string `json:"buttons,omitempty"` // suggested answers
}

var (
	firstLink = regexp.MustCompile(`https?://[^\s，。！）】]+`)
	signature = regexp.MustCompile(`^【([^】]{1,30})】\s*`)
)

// asRich is p as a 5G message.
func asRich(p post) *rich {
	body := p.Text
	out := &rich{Link: firstLink.FindString(body)}
	if m := signature.FindStringSubmatch(body); m != nil {
		out.Title, body = m[1], strings.TrimPrefix(body, m[0])
	}
	if p.card != nil {
		out.Title = p.card.Title
		for _, b := range p.card.Buttons {
			out.Buttons = append(out.Buttons, b.Text)
		}
	}
	if out.Link != "" {
		body = strings.TrimRight(strings.Replace(body, out.Link, "", 1), " ：:\n")
	}
	out.Body = body
	return out
}

// post signs and posts a message.
func (g *gateway) post(ctx context.Context, p post) (chat.MessageID, error) {
	if g.rich {
		p.Rich = asRich(p)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("sms: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.target, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("sms: %w", err)
	}
	stamp := strconv.FormatInt(g.c.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Idempotency-Key", p.ID)
	req.Header.Set("X-Gendan-Key", g.who.key)
	req.Header.Set("X-Gendan-Timestamp", stamp)
	req.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(Sign(g.who.secret, stamp, body)))
	res, err := g.c.HTTP.Do(req)
	if err != nil {
		return "", away(err)
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	code := strconv.Itoa(res.StatusCode)
	switch {
	case res.StatusCode/100 == 2:
		return "", nil
	case res.StatusCode == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return "", &chat.SendError{Fault: chat.Retry, Code: code, After: time.Duration(min(max(after, 1), 3600)) * time.Second}
	case res.StatusCode/100 == 5:
		return "", &chat.SendError{Fault: chat.Retry, Code: code, Advice: "短信网关出错了，请看网关的日志。", Err: errors.New("sms: " + oneLine(said))}
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return "", &chat.SendError{Fault: chat.Retry, Code: code, After: time.Minute, Advice: "短信网关不认签名：请核对 SMS_URL 里的 key 和 secret，以及两边的时钟。"}
	}
	return "", &chat.SendError{Fault: chat.Rejected, Code: code, Err: errors.New("sms: " + oneLine(said))}
}

// had is always no: the gateway knows the id of an earlier attempt and sends it once.
func (g *gateway) had(context.Context, post) (chat.MessageID, bool, error) { return "", false, nil }

// away is an error of a gate that did not answer. Its cause names the number's URL in some clients, and is left out.
func away(err error) error {
	fault := chat.Unsure
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		fault = chat.Retry
	}
	return &chat.SendError{Fault: fault, Code: "sms_away", Err: errors.New("sms: the gateway does not answer")}
}

// Sign is the signature of a request: HMAC-SHA256 with the secret over the Unix time in seconds, a stop, and the body.
func Sign(secret, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}
