package wecom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/credential"
)

// APIError is a refusal of the HTTP API.
type APIError struct {
	Path string // below /cgi-bin/
	Code int    // errcode, or the HTTP status when it is not 200
	Msg  string // errmsg, without secrets
	HTTP bool   // Code is an HTTP status
}

func (e *APIError) Error() string {
	if e.HTTP {
		return fmt.Sprintf("wecom: %s: HTTP %d", e.Path, e.Code)
	}
	return fmt.Sprintf("wecom: %s: errcode %d: %s", e.Path, e.Code, e.Msg)
}

// errToken marks an error that happened before anything was sent, while fetching a token.
var errToken = errors.New("no access token")

// api is a client of the HTTP API in the name of one app. Tokens come from the SDK's credential with our own
// cache; calls that the SDK lacks or gets wrong go out from here.
type api struct {
	corp    string
	agent   int
	base    *url.URL
	timeout time.Duration
	client  *http.Client
	cache   *tokenCache
	key     string // of the token in the cache, as the SDK spells it
	tokens  credential.AccessTokenContextHandle
	turn    chan struct{} // the SDK holds a mutex while it fetches; waiting here can be given up
}

func newAPI(cfg Config, base *url.URL, s *shelf) *api {
	// The SDK's cache key holds corp and agent only, so that two secrets of one corp would overwrite each
	// other's token: the secret's hash makes the agent unique.
	sum := sha256.Sum256([]byte(cfg.Secret))
	agent := itoa(cfg.AgentID) + "-" + hex.EncodeToString(sum[:4])
	cache := &tokenCache{shelf: s}
	sdkRoutes()
	return &api{
		corp: cfg.CorpID, agent: cfg.AgentID, base: base, timeout: cfg.HTTPTimeout, cache: cache,
		client: &http.Client{CheckRedirect: noRedirect, Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 16,
			MaxConnsPerHost:     64,
			IdleConnTimeout:     90 * time.Second,
		}},
		key:    credential.CacheKeyWorkPrefix + "_access_token_" + cfg.CorpID + "_" + agent,
		tokens: credential.NewWorkAccessTokenWithAgentID(cfg.CorpID, cfg.Secret, agent, credential.CacheKeyWorkPrefix, cache),
		turn:   make(chan struct{}, 1),
	}
}

// noRedirect keeps a call where it was sent: elsewhere its address, which holds the token, and its body are nobody's business.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// url is the address of path, which is below /cgi-bin/.
func (a *api) url(p string, q url.Values) *url.URL {
	u := *a.base
	u.Path = path.Join("/", a.base.Path, "cgi-bin", p)
	u.RawQuery = q.Encode()
	return &u
}

func (a *api) token(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", errToken, ctx.Err())
	}
	t, err := a.tokens.GetAccessTokenContext(context.WithValue(ctx, ticketKey{}, ticket{ctx, a}))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errToken, tokenError(err))
	}
	return t, nil
}

// forget drops a token that the platform no longer takes, unless it was replaced meanwhile.
func (a *api) forget(token string) {
	if a.cache.Get(a.key) == token {
		_ = a.cache.Delete(a.key) // our cache never fails
	}
}

// withToken runs call, and once more with a new token when the platform says that the first is over.
func (a *api) withToken(ctx context.Context, call func(token string) error) error {
	for again := false; ; again = true {
		token, err := a.token(ctx)
		if err != nil {
			return err
		}
		err = call(token)
		var refused *APIError
		if again || !errors.As(err, &refused) || refused.HTTP || refused.Code != 40014 && refused.Code != 42001 {
			return err
		}
		a.forget(token)
	}
}

// call posts in as JSON, or gets when in is nil, and reads the answer into out unless that is nil. Errors
// are [*APIError] where the platform answered.
func (a *api) call(ctx context.Context, p string, q url.Values, in, out any) error {
	var body []byte
	if in != nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(in); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		body = buf.Bytes()
	}
	return a.withToken(ctx, func(token string) error {
		resp, done, err := a.do(ctx, p, q, token, body)
		if err != nil {
			return err
		}
		defer done()
		data, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
		if err != nil {
			return fmt.Errorf("%s: answer: %w", p, err)
		}
		return decodeAnswer(p, data, out)
	})
}

// do sends one request; done must be called when the body has been read.
func (a *api) do(ctx context.Context, p string, q url.Values, token string, body []byte) (resp *http.Response, done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	full := url.Values{"access_token": {token}}
	for k, v := range q {
		full[k] = v
	}
	method := http.MethodGet
	var content io.Reader
	if body != nil {
		method, content = http.MethodPost, bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url(p, full).String(), content)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("%s: %w", p, scrubError(err))
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err = a.client.Do(req)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("%s: %w", p, scrubError(err))
	}
	done = func() {
		resp.Body.Close()
		cancel()
	}
	if resp.StatusCode != http.StatusOK {
		done()
		return nil, nil, &APIError{Path: p, Code: resp.StatusCode, HTTP: true}
	}
	return resp, done, nil
}

func decodeAnswer(p string, data []byte, out any) error {
	var head struct {
		Code int    `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%s: answer: %w", p, err)
	}
	if head.Code != 0 {
		return &APIError{Path: p, Code: head.Code, Msg: scrub(head.Msg)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s: answer: %w", p, err)
	}
	return nil
}

// close lets idle connections go.
func (a *api) close() { a.client.CloseIdleConnections() }

// plainName is name in ASCII, for the platform's stumbling over others: the extension stays.
func plainName(name string) string {
	ext := path.Ext(name)
	for _, r := range ext {
		if r > 0x7e || r < 0x20 {
			ext = ""
		}
	}
	return "file" + strings.ToLower(ext)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
