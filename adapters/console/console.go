// Package console is the page at "/" of a demo: phones side by side, drawn from what the platform
// simulators show their people, with buttons that tap and a clock that can be moved ahead. It is a
// person's finger and eye: everything goes over the simulators' real wire.
package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/templates/pages"
)

// Config is what the console shows.
type Config struct {
	Phones  []Phones
	Shown   []Shown                                  // whose phones stand there at first
	Phrases func(platform, user string) []string     // what that person could say, for a tap; may be nil
	Now     func() time.Time                         // the demo's clock
	Travel  func(t time.Time)                        // moves it ahead
	NextDue func(context.Context) (time.Time, error) // when the next timer rings; zero time for none; may be nil
	Zone    *time.Location
	Log     *zap.Logger
}

// Shown is a phone on the page.
type Shown struct{ Platform, User string }

// Console is an http.Handler.
type Console struct {
	cfg    Config
	page   *template.Template
	mux    *http.ServeMux
	token  string // proves that a form came from our page
	start  string // another one at each start, so that an old page knows that it is old
	mu     sync.Mutex
	moved  chan struct{} // closes when the clock is moved
	travel time.Duration // moved ahead so far
}

// New makes the console.
func New(cfg Config) (*Console, error) {
	c := &Console{cfg: cfg, mux: http.NewServeMux(), moved: make(chan struct{}), token: rand.Text(), start: rand.Text()}
	version, err := versionOf(pages.Static())
	if err != nil {
		return nil, fmt.Errorf("console page: %w", err)
	}
	c.page, err = template.New("console").Funcs(template.FuncMap{
		"markdown": markdown,
		"plain":    plain,
		"args":     func(p phone, r row) rowArgs { return rowArgs{p, r} },
		"clock":    func(t time.Time) string { return t.In(cfg.Zone).Format("15:04") },
		"second":   func(t time.Time) string { return t.In(cfg.Zone).Format("15:04:05") },
		"asset":    func(name string) string { return "/console/static/" + name + "?v=" + version },
	}).ParseFS(pages.Files, "console.html")
	if err != nil {
		return nil, fmt.Errorf("console page: %w", err)
	}
	c.mux.HandleFunc("GET /{$}", c.showPage)
	c.mux.HandleFunc("GET /console/phone", c.showPhone)
	c.mux.HandleFunc("GET /console/clock", c.showClock)
	c.mux.HandleFunc("GET /console/wire", c.showWire)
	c.mux.HandleFunc("GET /console/events", c.events)
	c.mux.HandleFunc("POST /console/say", c.posted(c.say))
	c.mux.HandleFunc("POST /console/tap", c.posted(c.tap))
	c.mux.HandleFunc("POST /console/open", c.posted(c.open))
	c.mux.HandleFunc("POST /console/travel", c.posted(c.goTo))
	c.mux.Handle("GET /console/static/", http.StripPrefix("/console/static/", cached(http.FileServerFS(pages.Static()))))
	return c, nil
}

// versionOf is a short name for the content of all files, so that a browser keeps them until they change.
func versionOf(files fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, path)
		sum.Write(b)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6]), err
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		h.ServeHTTP(w, r)
	})
}

// ServeHTTP serves the page and what its script asks for.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // to ourselves only: a page without script returns to what it showed
	c.mux.ServeHTTP(w, r)
}

func (c *Console) render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := c.page.ExecuteTemplate(&b, name, data); err != nil {
		c.cfg.Log.Error("console page", zap.String("template", name), zap.Error(err))
		http.Error(w, "页面出错了，请看服务的日志", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
