package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/config"
	workcontext "github.com/silenceper/wechat/v2/work/context"
)

// The SDK sends everything through one process-wide http.Client that has no timeout, knows no other host than
// the platform's and mostly ignores contexts. sdkTransport takes that client's place, once: a request finds
// its adapter, base address and context by a ticket, which token requests carry in their context and the
// others behind their access_token.

// ticket is one SDK call under way.
type ticket struct {
	ctx context.Context
	api *api
}

type ticketKey struct{}

// sdkTransport routes the SDK's requests; it holds the tickets of the calls under way.
type sdkTransport struct {
	mu      sync.Mutex
	last    int64
	tickets map[string]ticket
}

// sdkRoutes is a variable of the package because the SDK's client is one.
var sdkRoutes = sync.OnceValue(func() *sdkTransport {
	t := &sdkTransport{tickets: map[string]ticket{}}
	util.DefaultHTTPClient = &http.Client{Transport: t, Timeout: time.Minute, CheckRedirect: noRedirect}
	return t
})

const ticketMark = "~gendan"

func (t *sdkTransport) issue(k ticket) (id string, done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	id = strconv.FormatInt(t.last, 10)
	t.tickets[id] = k
	return id, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.tickets, id)
	}
}

// RoundTrip sends req to the address of the adapter that it belongs to.
func (t *sdkTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	k, ok := req.Context().Value(ticketKey{}).(ticket)
	q := req.URL.Query()
	if token, id, found := strings.Cut(q.Get("access_token"), ticketMark); found {
		t.mu.Lock()
		k, ok = t.tickets[id]
		t.mu.Unlock()
		q.Set("access_token", token)
	}
	if !ok {
		// Another user of the SDK in this process: as it would have been without us.
		return http.DefaultTransport.RoundTrip(req)
	}
	out := req.Clone(k.ctx)
	out.URL = k.api.url(strings.TrimPrefix(req.URL.Path, "/cgi-bin/"), q)
	out.Host = ""
	return k.api.client.Transport.RoundTrip(out)
}

// sdk runs a call of the SDK within ctx, with a token that is fetched anew, once, when the platform says
// that it is over.
func (a *api) sdk(ctx context.Context, call func(c *workcontext.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 4*a.timeout)
	defer cancel()
	return a.withToken(ctx, func(token string) error {
		id, done := sdkRoutes().issue(ticket{ctx, a})
		defer done()
		err := call(&workcontext.Context{
			Config:            &config.Config{CorpID: a.corp},
			AccessTokenHandle: fixedToken(token + ticketMark + id),
		})
		var refused *util.CommonError
		if errors.As(err, &refused) {
			return &APIError{Path: "sdk", Code: int(refused.ErrCode), Msg: scrub(refused.ErrMsg)}
		}
		return scrubError(err)
	})
}

// fixedToken is a credential that is already there.
type fixedToken string

// GetAccessToken returns it.
func (t fixedToken) GetAccessToken() (string, error) { return string(t), nil }

var (
	secretsInText = regexp.MustCompile(`(corpsecret|access_token|secret)=[^&\s"]+`)
	codeInText    = regexp.MustCompile(`errcode=(-?\d+)`)
)

// scrub takes secrets and tokens out of a text: the SDK's errors hold whole addresses.
func scrub(s string) string { return secretsInText.ReplaceAllString(s, "$1=***") }

// scrubbed is an error whose text was scrubbed; it still unwraps to what is behind it.
type scrubbed struct {
	text  string
	cause error
}

func (e *scrubbed) Error() string { return e.text }
func (e *scrubbed) Unwrap() error { return e.cause }

// scrubError makes err fit for a log. A *url.Error is left out of the chain, for its fields hold the address.
func scrubError(err error) error {
	if err == nil {
		return nil
	}
	cause := err
	var ue *url.Error
	if errors.As(err, &ue) {
		cause = ue.Err
	} else if text := err.Error(); scrub(text) == text {
		return err
	} else {
		cause = nil
	}
	return &scrubbed{scrub(err.Error()), cause}
}

// tokenError reads the platform's code out of the SDK's text, where it is all that is left of it.
func tokenError(err error) error {
	if m := codeInText.FindStringSubmatch(err.Error()); m != nil {
		code, _ := strconv.Atoi(m[1])
		return &APIError{Path: "gettoken", Code: code, Msg: scrub(err.Error())}
	}
	return fmt.Errorf("gettoken: %w", scrubError(err))
}
