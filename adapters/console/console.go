// Package console is the page at "/" of a demo: phones side by side, drawn from what the platform
// simulators show their people, with buttons that tap and a clock that can be moved ahead. It is a
// person's finger and eye: everything goes over the simulators' real wire.
package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/templates/pages"
)

const (
	mostText   = 32 << 10 // bytes of a typed message; longer ones are worth trying, novels are not
	settleWait = 3 * time.Second
	keepAlive  = 20 * time.Second
	mostTravel = 400 * 24 * time.Hour
)

// Config is what the console shows.
type Config struct {
	Phones  []Phones
	Shown   []Shown                                  // whose phones stand there at first
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
	cfg   Config
	page  *template.Template
	mux   *http.ServeMux
	token string // proves that a form came from our page
	moved chan struct{}
	mu    sync.Mutex
}

// New makes the console.
func New(cfg Config) (*Console, error) {
	c := &Console{cfg: cfg, mux: http.NewServeMux(), moved: make(chan struct{})}
	page, err := template.New("console").Funcs(template.FuncMap{
		"markdown": markdown,
		"clock":    func(t time.Time) string { return t.In(cfg.Zone).Format("15:04") },
		"day":      func(t time.Time) string { return t.In(cfg.Zone).Format("1月2日") },
	}).ParseFS(pages.Files, "console.html")
	if err != nil {
		return nil, fmt.Errorf("console page: %w", err)
	}
	c.page = page
	token := make([]byte, 16)
	rand.Read(token)
	c.token = hex.EncodeToString(token)
	c.mux.HandleFunc("GET /{$}", c.showPage)
	c.mux.HandleFunc("GET /console/phone", c.showPhone)
	c.mux.HandleFunc("GET /console/clock", c.showClock)
	c.mux.HandleFunc("GET /console/events", c.events)
	c.mux.HandleFunc("POST /console/say", c.say)
	c.mux.HandleFunc("POST /console/tap", c.tap)
	c.mux.HandleFunc("POST /console/travel", c.travel)
	c.mux.Handle("GET /console/static/", http.StripPrefix("/console/static/", cached(http.FileServerFS(pages.Static()))))
	return c, nil
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		h.ServeHTTP(w, r)
	})
}

// ServeHTTP serves the page and what its script asks for.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	c.mux.ServeHTTP(w, r)
}

// phone is one phone as the page draws it.
type phone struct {
	Slot     int
	Platform string
	Title    string
	User     Person
	People   []Person
	Chats    []Chat
	Chat     Chat
	Last     uint64
	Token    string
	Phrases  []string
	Trouble  string
}

func (c *Console) platform(name string) Phones {
	for _, p := range c.cfg.Phones {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// phoneOf draws the phone of a request's query: platform, user, chat, slot.
func (c *Console) phoneOf(slot int, platform, user, chat string) (phone, error) {
	p := c.platform(platform)
	if p == nil {
		return phone{}, fmt.Errorf("console: no platform %q", platform)
	}
	out := phone{Slot: slot, Platform: platform, Title: p.Title(), People: p.People(), Last: p.Last(), Token: c.token}
	for _, one := range out.People {
		if one.ID == user {
			out.User = one
		}
	}
	if out.User.ID == "" {
		return phone{}, fmt.Errorf("console: %s has no %q", platform, user)
	}
	chats, err := p.Screen(user)
	if err != nil {
		return phone{}, fmt.Errorf("console: screen of %s: %w", user, err)
	}
	out.Chats = chats
	for _, one := range chats {
		if one.ID == chat || out.Chat.Title == "" {
			out.Chat = one
		}
	}
	out.Phrases = phrases
	return out, nil
}

// phrases are what a newcomer can try with a tap.
var phrases = []string{
	"新客户 上海云帆科技,王强 13812345678,展会来的",
	"云帆建个商机 38万 月底签",
	"云帆推进到报价,明天下午3点提醒我打给王强",
	"撤销", "今天做什么", "我的商机", "看看云帆", "帮助",
}

func (c *Console) showPage(w http.ResponseWriter, r *http.Request) {
	var all []phone
	for i, s := range c.cfg.Shown {
		q := r.URL.Query()
		user, chat := s.User, ""
		if v := q.Get(fmt.Sprintf("u%d", i)); v != "" {
			user = v
		}
		chat = q.Get(fmt.Sprintf("c%d", i))
		p, err := c.phoneOf(i, s.Platform, user, chat)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		all = append(all, p)
	}
	c.render(w, "page", map[string]any{"Phones": all, "Clock": c.clock(r.Context()), "Token": c.token})
}

func (c *Console) showPhone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p, err := c.phoneOf(0, q.Get("platform"), q.Get("user"), q.Get("chat"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	c.render(w, "screen", p)
}

// clockView is the clock in the page's head.
type clockView struct {
	Now   time.Time
	Zone  *time.Location
	Next  time.Time
	Token string
}

// Text is the clock as people read it.
func (v clockView) Text() string {
	t := v.Now.In(v.Zone)
	return t.Format("2006年1月2日 ") + "周" + string([]rune("日一二三四五六")[t.Weekday()]) + t.Format(" 15:04")
}

// NextText is when the next timer rings, "" when none waits.
func (v clockView) NextText() string {
	if v.Next.IsZero() {
		return ""
	}
	return v.Next.In(v.Zone).Format("1月2日 15:04")
}

func (c *Console) clock(ctx context.Context) clockView {
	v := clockView{Now: c.cfg.Now(), Zone: c.cfg.Zone, Token: c.token}
	if c.cfg.NextDue != nil {
		next, err := c.cfg.NextDue(ctx)
		if err != nil {
			c.cfg.Log.Warn("console: next timer", zap.Error(err))
		}
		v.Next = next
	}
	return v
}

func (c *Console) showClock(w http.ResponseWriter, r *http.Request) {
	c.render(w, "clock", c.clock(r.Context()))
}

// form reads a posted form that came from our page.
func (c *Console) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 2*mostText)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "表单太大或不完整", http.StatusBadRequest)
		return false
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("token")), []byte(c.token)) != 1 {
		http.Error(w, "页面过期了，请刷新再试", http.StatusForbidden)
		return false
	}
	return true
}

func (c *Console) say(w http.ResponseWriter, r *http.Request) {
	if !c.form(w, r) {
		return
	}
	f := r.PostForm
	p := c.platform(f.Get("platform"))
	if p == nil || f.Get("text") == "" {
		c.back(w, r)
		return
	}
	before := p.Last()
	if err := p.Say(f.Get("user"), f.Get("chat"), f.Get("text")); err != nil {
		c.trouble(w, r, err)
		return
	}
	c.settle(r, p, before)
	c.back(w, r)
}

func (c *Console) tap(w http.ResponseWriter, r *http.Request) {
	if !c.form(w, r) {
		return
	}
	f := r.PostForm
	p := c.platform(f.Get("platform"))
	if p == nil {
		c.back(w, r)
		return
	}
	before := p.Last()
	if err := p.Tap(f.Get("user"), f.Get("chat"), f.Get("bubble"), f.Get("key")); err != nil {
		c.trouble(w, r, err)
		return
	}
	c.settle(r, p, before)
	c.back(w, r)
}

// settle gives the bot a moment, so that a browser without script finds the answer on the page it gets.
func (c *Console) settle(r *http.Request, p Phones, before uint64) {
	if scripted(r) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), settleWait)
	defer cancel()
	for seen := before; p.Wait(ctx, seen) == nil; seen = p.Last() {
		quiet, stop := context.WithTimeout(ctx, 300*time.Millisecond)
		err := p.Wait(quiet, p.Last())
		stop()
		if err != nil {
			return
		}
	}
}

func (c *Console) travel(w http.ResponseWriter, r *http.Request) {
	if !c.form(w, r) {
		return
	}
	to, err := destination(r.PostForm.Get("to"), c.cfg.Now(), c.clock(r.Context()).Next, c.cfg.Zone)
	if err != nil {
		c.trouble(w, r, err)
		return
	}
	c.cfg.Travel(to)
	c.mu.Lock()
	close(c.moved)
	c.moved = make(chan struct{})
	c.mu.Unlock()
	c.back(w, r)
}

// destination reads where the clock should go: "+10m", "+1h", "next", "brief" (the next 08:50), "tomorrow 15:00" or a
// local "2006-01-02T15:04".
func destination(to string, now, next time.Time, zone *time.Location) (time.Time, error) {
	local := now.In(zone)
	at := func(days, hour, minute int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, hour, minute, 0, 0, zone)
	}
	var t time.Time
	switch to {
	case "next":
		if next.IsZero() {
			return t, errors.New("没有在等的提醒")
		}
		t = next
	case "brief":
		if t = at(0, 8, 50); !t.After(now) {
			t = at(1, 8, 50)
		}
	case "tomorrow 15:00":
		t = at(1, 15, 0)
	default:
		if d, err := time.ParseDuration(to); err == nil {
			t = now.Add(d)
		} else if t, err = time.ParseInLocation("2006-01-02T15:04", to, zone); err != nil {
			return t, fmt.Errorf("看不懂时间「%s」", to)
		}
	}
	switch {
	case t.Before(now):
		return t, errors.New("时间只能往前走")
	case t.Sub(now) > mostTravel:
		return t, errors.New("一次最多往前走一年")
	}
	return t, nil
}

// events tells the page which platform has news, as server-sent events.
func (c *Console) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	news := make(chan string, 8)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	for _, p := range c.cfg.Phones {
		group.Go(func() {
			for after := p.Last(); p.Wait(ctx, after) == nil; {
				after = p.Last()
				select {
				case news <- p.Name():
				case <-ctx.Done():
					return
				}
			}
		})
	}
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	fmt.Fprint(w, "event: hello\ndata: -\n\n")
	for {
		if out.Flush() != nil {
			return
		}
		c.mu.Lock()
		moved := c.moved
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case name := <-news:
			fmt.Fprintf(w, "event: news\ndata: %s\n\n", name)
		case <-moved:
			fmt.Fprint(w, "event: clock\ndata: -\n\n")
		case <-alive.C:
			fmt.Fprint(w, ": still here\n\n")
		}
	}
}

// scripted tells whether the page's script made the request; it draws by itself.
func scripted(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "console" }

// back returns to the page as it stood.
func (c *Console) back(w http.ResponseWriter, r *http.Request) {
	if scripted(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	to := "/"
	if from, err := url.Parse(r.Referer()); err == nil && from.RawQuery != "" {
		to += "?" + from.RawQuery
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (c *Console) trouble(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusUnprocessableEntity)
}

func (c *Console) render(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := c.page.ExecuteTemplate(&b, name, data); err != nil {
		c.cfg.Log.Error("console page", zap.String("template", name), zap.Error(err))
		http.Error(w, "页面出错了", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}
