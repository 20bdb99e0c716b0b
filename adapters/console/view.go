package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

// breakAfter is the silence after which a chat shows the time anew.
const breakAfter = 5 * time.Minute

// choice is whose phone stands in a slot of the page, and which of its chats is open.
type choice struct{ platform, user, chat string }

// choices are the slots of a page. As a query u0=wecom:lilei says whose phone the first is and c0=… which
// chat; a slot that stands as at first is left out.
type choices []choice

// choices reads a query. What nobody has (any more) falls back to the phone that stood there at first.
func (c *Console) choices(q url.Values) choices {
	all := make(choices, len(c.cfg.Shown))
	for i, s := range c.cfg.Shown {
		all[i] = choice{s.Platform, s.User, q.Get("c" + strconv.Itoa(i))}
		if platform, user, _ := strings.Cut(q.Get("u"+strconv.Itoa(i)), ":"); c.has(platform, user) {
			all[i].platform, all[i].user = platform, user
		}
	}
	return all
}

func (c *Console) has(platform, user string) bool {
	p := c.platform(platform)
	return p != nil && slices.ContainsFunc(p.People(), func(one Person) bool { return one.ID == user })
}

func (c *Console) platform(name string) Phones {
	for _, p := range c.cfg.Phones {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// hidden is a hidden field of a form.
type hidden struct{ Name, Value string }

// fields are the query of all slots but the one left out.
func (c *Console) fields(all choices, without int) (out []hidden) {
	for i, one := range all {
		if i == without {
			continue
		}
		if s := c.cfg.Shown[i]; one.platform != s.Platform || one.user != s.User {
			out = append(out, hidden{"u" + strconv.Itoa(i), one.platform + ":" + one.user})
		}
		if one.chat != "" {
			out = append(out, hidden{"c" + strconv.Itoa(i), one.chat})
		}
	}
	return out
}

func (c *Console) query(all choices) string {
	q := url.Values{}
	for _, f := range c.fields(all, -1) {
		q.Set(f.Name, f.Value)
	}
	return q.Encode()
}

// phone is one phone as the page draws it.
type phone struct {
	choice
	Slot      int
	Title     string // of the platform
	User      Person
	Platforms []peopleOf
	Others    []hidden // what the other slots show
	Tabs      []tab
	Open      Chat
	Customer  bool // a customer's phone
	Rows      []row
	Token     string
	Phrases   []string
	Greets    bool // opening the chat is something that the platform tells the bot
}

// Platform is for the page.
func (p phone) Platform() string { return p.platform }

// peopleOf are the people of a platform, to choose a phone from.
type peopleOf struct {
	Name, Title string
	People      []pick
}

type pick struct {
	Value, Text string
	On          bool
}

// tab is a chat to switch to.
type tab struct {
	ID, Title, Link string
	On              bool
	Last            string // newest bubble of somebody else
}

// row is a bubble with what stands around it.
type row struct {
	Bubble
	Break   string // time above it, after a silence
	Initial string // on the picture of the speaker
	Bot     bool
}

// rowArgs are what the page needs to draw a row.
type rowArgs struct {
	Phone phone
	Row   row
}

// draw draws the phone in slot.
func (c *Console) draw(all choices, slot int) (phone, error) {
	one := all[slot]
	p := c.platform(one.platform)
	out := phone{choice: one, Slot: slot, Title: p.Title(), Others: c.fields(all, slot), Token: c.token, Greets: one.platform == "wecom" || one.platform == "kf"}
	for _, other := range c.cfg.Phones {
		group := peopleOf{Name: other.Name(), Title: other.Title()}
		for _, person := range other.People() {
			on := other.Name() == one.platform && person.ID == one.user
			if on {
				out.User = person
			}
			text := person.Name
			if person.Job != "" {
				text += " · " + person.Job
			}
			group.People = append(group.People, pick{other.Name() + ":" + person.ID, text, on})
		}
		out.Platforms = append(out.Platforms, group)
	}
	chats, err := p.Screen(one.user)
	if err != nil {
		return phone{}, err
	}
	at := max(0, slices.IndexFunc(chats, func(chat Chat) bool { return chat.ID == one.chat }))
	for i, chat := range chats {
		to := slices.Clone(all)
		to[slot].chat = chat.ID
		t := tab{ID: chat.ID, Title: chat.Title, Link: "/?" + c.query(to), On: i == at}
		for _, b := range chat.Bubbles {
			if !b.Mine {
				t.Last = b.ID
			}
		}
		out.Tabs = append(out.Tabs, t)
	}
	if len(chats) > 0 {
		out.Open = chats[at]
		out.chat = out.Open.ID
	}
	out.Customer = one.platform == "kf"
	out.Rows = c.rows(out.Open, out.User)
	if out.Open.Desk {
		out.Phrases = out.Open.Phrases
	} else if c.cfg.Phrases != nil {
		out.Phrases = c.cfg.Phrases(one.platform, one.user)
	}
	return out, nil
}

// rows puts times and names around the bubbles of a chat.
func (c *Console) rows(chat Chat, me Person) []row {
	var rows []row
	var before time.Time
	for _, b := range chat.Bubbles {
		r := row{Bubble: b, Bot: !b.Mine && b.From == ""}
		if b.At.Sub(before) >= breakAfter {
			r.Break = dayAndTime(b.At, c.cfg.Now(), c.cfg.Zone)
		}
		before = b.At
		switch {
		case b.Mine:
			r.Initial = lastRune(me.Name)
		case r.Bot:
			r.Initial, r.From = "跟", "跟单"
		default:
			r.Initial = lastRune(b.From)
		}
		rows = append(rows, r)
	}
	return rows
}

// lastRune is what a picture without photo shows of a Chinese name.
func lastRune(name string) string {
	r := []rune(name)
	if len(r) == 0 {
		return "·"
	}
	return string(r[len(r)-1])
}

// dayAndTime is t as people say it at now: 15:04, 昨天 15:04, 明天 15:04, else 1月2日 周一 15:04.
func dayAndTime(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	day := func(t time.Time) int {
		return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	switch day(t) - day(now) {
	case -1:
		return t.Format("昨天 15:04")
	case 0:
		return t.Format("15:04")
	case 1:
		return t.Format("明天 15:04")
	}
	return t.Format("1月2日 ") + weekday(t) + t.Format(" 15:04")
}

func weekday(t time.Time) string { return "周" + string([]rune("日一二三四五六")[t.Weekday()]) }

// pageView is the whole page.
type pageView struct {
	Phones  []phone
	Clock   clockView
	Wire    []Line
	Start   string
	Trouble string // one sentence; "" is none
}

func (c *Console) showPage(w http.ResponseWriter, r *http.Request) {
	c.drawPage(w, r, http.StatusOK, r.URL.Query(), "")
}

func (c *Console) drawPage(w http.ResponseWriter, r *http.Request, status int, q url.Values, trouble string) {
	view := pageView{Clock: c.clock(r.Context()), Wire: c.wire(), Start: c.start, Trouble: trouble}
	all := c.choices(q)
	for slot := range all {
		p, err := c.draw(all, slot)
		if err != nil {
			c.broken(w, err)
			return
		}
		view.Phones = append(view.Phones, p)
	}
	if n, err := strconv.Atoi(q.Get("wait")); err == nil && n > 0 && n <= mostLooks && slices.ContainsFunc(view.Phones, phone.waits) {
		w.Header().Set("Refresh", strconv.Itoa(lookEvery)+"; url="+c.waiting(all, n-1))
	}
	c.render(w, status, "page", view)
}

// waiting is the address of a page that was just written on: a browser without script, which hears of nothing, loads it again up to looks
// times while the answer is missing.
func (c *Console) waiting(all choices, looks int) string {
	var q []string
	if s := c.query(all); s != "" {
		q = append(q, s)
	}
	if looks > 0 {
		q = append(q, "wait="+strconv.Itoa(looks))
	}
	if len(q) == 0 {
		return "/"
	}
	return "/?" + strings.Join(q, "&")
}

// waits tells whether the last word in the open chat is the person's own.
func (p phone) waits() bool { return len(p.Rows) > 0 && p.Rows[len(p.Rows)-1].Mine }

// showPhone draws one phone of a page's query anew.
func (c *Console) showPhone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	all := c.choices(q)
	slot, err := strconv.Atoi(q.Get("slot"))
	if err != nil || slot < 0 || slot >= len(all) {
		http.Error(w, "没有这台手机", http.StatusNotFound)
		return
	}
	p, err := c.draw(all, slot)
	if err != nil {
		c.broken(w, err)
		return
	}
	c.render(w, http.StatusOK, "phone", p)
}

func (c *Console) broken(w http.ResponseWriter, err error) {
	c.cfg.Log.Error("console", zap.Error(err))
	http.Error(w, "手机画不出来，请看服务的日志", http.StatusInternalServerError)
}
