// Package httpapi is the HTTP door: every action for programs (POST /api/v1/actions/{name}), signed capture for shops, forms
// and ERP systems (POST /api/v1/tickets, /api/v1/leads), and the pages that customers open without an account: the ticket
// form, a ticket's status, a survey. Everything runs through the executor; nothing here knows the store.
package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/action"
)

const (
	callTimeout = 15 * time.Second // one action
	mostBody    = 256 << 10        // bytes of an action's parameters
)

// Config is what the door is made of.
type Config struct {
	Run     func(context.Context, action.Request) (action.Outcome, error) // [action.Executor.Run]
	Preview func(context.Context, action.Request) (action.Outcome, error) // [action.Executor.Preview]

	// Person finds whose key a bearer token is: crm.ErrNotFound when it is nobody's.
	Person func(ctx context.Context, token string) (crm.Actor, error)

	// Derive makes 16 bytes of a value that nobody can make without the service's own key, the same in every process.
	Derive func(purpose, value string) []byte

	CaptureKeys map[string]string // keys of the programs that may capture, by the name of the source; nil: none may
	Company     string            // as customers know it, for the pages; "" leaves it out
	Now         func() time.Time  // UTC; nil is time.Now
	Log         *zap.Logger       // nil logs nothing
}

// Door is an http.Handler for /api/v1/, /f/, /t/ and /s/.
type Door struct {
	c     Config
	mux   *http.ServeMux
	page  *template.Template
	asks  limiter // of a person's programs
	forms limiter // of an address: what makes a ticket
	looks limiter // of an address: pages and answers
	cross *http.CrossOriginProtection
}

// New makes the door.
func New(c Config) (*Door, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	for source, key := range c.CaptureKeys {
		if source == "" || len(key) < 16 {
			return nil, fmt.Errorf("httpapi: the key of source %q is shorter than 16 characters", source)
		}
	}
	d := &Door{c: c, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(),
		asks: limiter{burst: 60, every: 50 * time.Millisecond}, forms: limiter{burst: 5, every: time.Minute}, looks: limiter{burst: 60, every: time.Second}}
	if err := d.pages(); err != nil {
		return nil, fmt.Errorf("httpapi: %w", err)
	}
	d.mux.HandleFunc("POST /api/v1/actions/{name}", d.action)
	d.mux.HandleFunc("GET /api/v1/openapi.json", d.openAPI)
	for path, c := range captures {
		d.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { d.capture(w, r, c) })
	}
	d.coupons()
	d.mux.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost && r.Method != http.MethodGet {
			fail(w, http.StatusMethodNotAllowed, apiError{Code: "method", Message: "这里只接受 POST（执行）和 GET（openapi.json）"})
			return
		}
		fail(w, http.StatusNotFound, apiError{Code: "not_found", Message: "没有这个接口，GET /api/v1/openapi.json 列出全部接口"})
	})
	return d, nil
}

// ServeHTTP answers programs and browsers.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	d.mux.ServeHTTP(w, r)
}

// apiError is what programs read of a refusal: interfaces.md of the contract promises code and message.
type apiError struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`           // Chinese, one sentence
	Param   string          `json:"param,omitempty"`   // the parameter that has to be said again or chosen
	Options []action.Option `json:"options,omitempty"` // records to choose from
}

func fail(w http.ResponseWriter, status int, e apiError) {
	answer(w, status, map[string]apiError{"error": e})
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs: a programmer's mistake, which net/http ends the one request for
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// refused answers what an action's error means: the business's no with its sentence, anything else with a number that
// stands in the log.
func (d *Door) refused(w http.ResponseWriter, err error, what string) {
	status, code, sentence := d.explain(err, what)
	fail(w, status, apiError{Code: code, Message: sentence})
}

// explain tells the status, the code and the sentence of an error.
func (d *Door) explain(err error, what string) (status int, code, sentence string) {
	var no *crm.Refusal
	if !errors.As(err, &no) {
		number := strings.ToLower(rand.Text()[:4])
		d.c.Log.Error("http door", zap.String("number", number), zap.String("what", what), zap.Error(err))
		if errors.Is(err, context.DeadlineExceeded) {
			return http.StatusServiceUnavailable, "busy", "现在太忙了，请稍后用同一个 Idempotency-Key 再试"
		}
		return http.StatusInternalServerError, "internal", "出了点问题（编号 " + number + "），请稍后用同一个 Idempotency-Key 再试"
	}
	switch {
	case errors.Is(no, crm.ErrNotFound):
		return http.StatusNotFound, "not_found", no.Sentence
	case errors.Is(no, crm.ErrDenied):
		return http.StatusForbidden, "denied", no.Sentence
	case errors.Is(no, crm.ErrConflict):
		return http.StatusConflict, "conflict", no.Sentence
	}
	return http.StatusUnprocessableEntity, "invalid", no.Sentence
}

// body reads at most most bytes; when it could not it has answered.
func body(w http.ResponseWriter, r *http.Request, most int64) (b []byte, ok bool) {
	b, err := readAll(http.MaxBytesReader(w, r.Body, most))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		fail(w, http.StatusRequestEntityTooLarge, apiError{Code: "too_long", Message: fmt.Sprintf("内容太长了，最多 %d KB", most>>10)})
		return nil, false
	case err != nil:
		fail(w, http.StatusBadRequest, apiError{Code: "body", Message: "内容没有收完整，请再发一次"})
		return nil, false
	}
	return b, true
}

// address is where a request comes from. A proxy of our own network adds the true one as the last of X-Forwarded-For; from
// anybody else that header is only a claim. Of IPv6 the network counts, since one household has a whole one.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if from := r.Header.Values("X-Forwarded-For"); len(from) > 0 && (at.IsLoopback() || at.IsPrivate()) {
		all := strings.Split(from[len(from)-1], ",")
		if told, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			at = told
		}
	}
	at = at.Unmap()
	if at.Is6() {
		if net, err := at.Prefix(64); err == nil {
			return net.String()
		}
	}
	return at.String()
}
