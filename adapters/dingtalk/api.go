package dingtalk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// maxAnswer is the longest API answer that is read, bytes.
const maxAnswer = 8 << 20

// apiError is a refusal in either of DingTalk's forms, or a call that got no answer.
type apiError struct {
	Status  int      // HTTP status; 0 when there was no answer
	Code    string   // "Forbidden.AccessDenied.QpsLimitForApi", "40014", …
	Message string   // the platform's words
	Scopes  []string // permissions that are missing
	Sent    bool     // the request may have reached the platform
	Err     error    // transport error
}

func (e *apiError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("dingtalk answered %d %s: %s", e.Status, e.Code, shorten(e.Message, 200))
}

func (e *apiError) Unwrap() error { return e.Err }

// newTransport makes a transport of the adapter's own, so that Run can close its idle connections.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   128,
		IdleConnTimeout:       60 * time.Second,
		ForceAttemptHTTP2:     true,
		ExpectContinueTimeout: time.Second,
	}
}

// noRedirect keeps tokens and messages at the host they were meant for.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// call asks the new OpenAPI at path, with the token and its one renewal. Every call is counted against the quotas.
func (a *Adapter) call(ctx context.Context, method, path string, in, out any) error {
	return a.authorised(ctx, path, func(ctx context.Context, tok string) error {
		return a.request(ctx, method, a.cfg.APIURL+path, tok, in, out)
	})
}

// legacy asks the old API at path ("/topapi/…"), whose token travels in the address.
func (a *Adapter) legacy(ctx context.Context, path string, in, out any) error {
	return a.authorised(ctx, path, func(ctx context.Context, tok string) error {
		return a.request(ctx, http.MethodPost, a.cfg.OAPIURL+path+"?access_token="+url.QueryEscape(tok), "", in, out)
	})
}

// authorised runs do with a token, and once more with a new one when the platform does not know it any more.
func (a *Adapter) authorised(ctx context.Context, api string, do func(context.Context, string) error) error {
	for attempt := 0; ; attempt++ {
		tok, err := a.tokens.get(ctx)
		if err != nil {
			return fault(err, true) // whatever became of that call, api was not called
		}
		if wait := a.budget.call(ctx, api); wait > 0 {
			return ownLimit(wait, "calls of "+api+" a second")
		}
		err = func() error {
			ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
			defer cancel()
			return do(ctx, tok)
		}()
		var e *apiError
		if attempt > 0 || !errors.As(err, &e) || !e.badToken() {
			return err
		}
		a.tokens.drop(ctx, tok)
	}
}

// badToken reports an access token that is wrong or over.
func (e *apiError) badToken() bool {
	switch e.Code {
	case "InvalidAuthentication", "40014", "42001", "40001":
		return true
	}
	return false
}

// request sends in as JSON and reads the answer into out, understanding both kinds of refusal.
func (a *Adapter) request(ctx context.Context, method, address, tok string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("request: %w", scrub(err))
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	if tok != "" {
		req.Header.Set("x-acs-dingtalk-access-token", tok)
	}
	return a.do(req, out)
}

// do sends req. A transport error knows whether the platform can have received it.
func (a *Adapter) do(req *http.Request, out any) error {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	resp, err := a.http.Do(req.WithContext(ctx))
	if err != nil {
		return &apiError{Sent: connected.Load(), Err: scrub(err)}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &apiError{Status: resp.StatusCode, Sent: true, Err: fmt.Errorf("read answer: %w", err)}
	}
	if refused := readRefusal(resp.StatusCode, data); refused != nil {
		return refused
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return &apiError{Status: resp.StatusCode, Sent: true, Err: fmt.Errorf("answer: %w", err)}
	}
	return nil
}

// readRefusal understands {"code","message"} with an error status, {"errcode"≠0} with 200, and an answer that
// is no JSON at all (the firewall in front of the platform).
func readRefusal(status int, data []byte) error {
	n, err := parseNode(data)
	if err != nil && status >= 400 && status < 500 {
		return &apiError{Status: status, Code: "notJSON", Message: "refused by something in front of the platform"}
	}
	if status >= 200 && status < 300 {
		if code := n.at("errcode").str(); code != "" && code != "0" {
			if sub := n.at("sub_code").str(); code == "88" && sub != "" {
				code += "." + sub
			}
			return &apiError{Status: status, Code: code, Message: n.at("errmsg").str()}
		}
		if n.at("punish").there() {
			return &apiError{Status: status, Code: "1111", Message: "address banned for minutes"}
		}
		if err != nil {
			return &apiError{Status: status, Sent: true, Code: "notJSON", Message: "answer is no JSON"}
		}
		return nil
	}
	e := &apiError{Status: status, Code: n.at("code", "errcode").str(), Message: n.at("message", "errmsg").str(), Sent: true}
	for _, s := range n.at("accessdenieddetail", "accessDeniedDetail").at("requiredScopes").list() {
		e.Scopes = append(e.Scopes, s.str())
	}
	return e
}

// scrub takes the address, which may hold a token or a session, out of a transport error.
func scrub(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	host := "?"
	if p, perr := url.Parse(u.URL); perr == nil {
		host = p.Host
	}
	return fmt.Errorf("%s %s: %w", strings.ToLower(u.Op), host, u.Err)
}
