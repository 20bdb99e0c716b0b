package wecomtest

import (
	"slices"
	"sync"
	"time"
)

// Bubble is a message as a person sees it.
type Bubble struct {
	ID       string     `json:"id"`
	Seq      int64      `json:"seq"`            // journal number of its last change
	Chat     string     `json:"chat"`           // "bot:lilei" and "app:lilei" are 1:1, "group:wr…" is a group
	From     string     `json:"from,omitempty"` // userid; "" is the bot or the app
	At       time.Time  `json:"at"`             // long clock
	Kind     string     `json:"kind"`           // the msgtype: text, markdown, stream, template_card, image, file, …
	Text     string     `json:"text,omitempty"` // text or markdown; for articles title, description and address, a line each
	Title    string     `json:"title,omitempty"`
	URL      string     `json:"url,omitempty"`
	Menu     *KFMenu    `json:"menu,omitempty"`    // of customer service
	MsgID    string     `json:"msgid,omitempty"`   // of customer service
	Card     *Card      `json:"card,omitempty"`    // as this person sees it now
	Greyed   string     `json:"greyed,omitempty"`  // the buttons are off and show this
	Cut      []string   `json:"cut,omitempty"`     // texts of the card that the screen cuts; see [Card.Overlong]
	File     *FileRef   `json:"file,omitempty"`    //
	Images   []FileRef  `json:"images,omitempty"`  // of a mixed message
	Quote    *Quote     `json:"quote,omitempty"`   //
	Writing  bool       `json:"writing,omitempty"` // a stream that has not finished
	Recalled bool       `json:"recalled,omitempty"`
	Feedback string     `json:"feedback,omitempty"` // id under which a verdict may be given
	msgID    string     // of the message it came with
	perUser  []override // groups: cards changed for some members only
}

// override is how one member of a group sees a card.
type override struct {
	user   string
	card   *Card
	greyed string
}

// FileRef is a file in a chat.
type FileRef struct {
	Name    string `json:"name"`
	Size    int    `json:"size"`     // bytes
	MediaID string `json:"media_id"` // also the last part of /_sim/wecom/blob/…, which gives its content
}

// Quote is what a message answers to, as it is delivered: content without author or time.
type Quote struct {
	Kind string   `json:"kind"` // text, image, voice, file, video
	Text string   `json:"text,omitempty"`
	File *FileRef `json:"file,omitempty"`
}

// chat is a conversation: 1:1 with a door, or a group with the bot.
type chat struct {
	index  int    // place in chatIndex
	name   string // Bubble.Chat
	door   string
	user   string // 1:1
	group  string // chatid of a group
	mu     sync.Mutex
	show   []*Bubble
	talked bool  // somebody wrote to the bot here, so that it may push
	meter  meter // what the bot or app sends
	serial int64
	calls  [callsKept]*call // by serial, newest callsKept
}

// callsKept is how many callbacks per chat can still be answered: more than the platform's quota allows
// in the minutes that an answer takes.
const callsKept = 128

func (c *chat) chatType() string {
	if c.group != "" {
		return "group"
	}
	return "single"
}

type chatIndex struct {
	mu     sync.RWMutex
	all    []*chat
	byName map[string]*chat
}

func (x *chatIndex) init() { x.byName = map[string]*chat{} }

func (x *chatIndex) at(i int) *chat {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if i < 0 || i >= len(x.all) {
		return nil
	}
	return x.all[i]
}

func (x *chatIndex) every() []*chat {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Clone(x.all)
}

func (x *chatIndex) open(door, user, group string) *chat {
	name := door + ":" + user
	if group != "" {
		name = "group:" + group
	}
	x.mu.RLock()
	c := x.byName[name]
	x.mu.RUnlock()
	if c != nil {
		return c
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if c = x.byName[name]; c != nil {
		return c
	}
	c = &chat{index: len(x.all), name: name, door: door, group: group}
	if group == "" {
		c.user = user
	}
	x.all = append(x.all, c)
	x.byName[name] = c
	return c
}

func (x *chatIndex) named(name string) *chat {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.byName[name]
}

// add shows a bubble; the caller holds c.mu.
func (s *Server) show(c *chat, b *Bubble) {
	b.Chat, b.At = c.name, s.Now()
	b.ID = s.ids.bubble()
	if b.Card != nil {
		b.Cut = b.Card.Overlong(c.door)
	}
	c.show = append(c.show, b)
	if most := s.cfg.Limits.Bubbles; len(c.show) > 2*most {
		c.show = append(c.show[:0], c.show[len(c.show)-most:]...)
		clear(c.show[len(c.show):cap(c.show)])
	}
}

// seenBy is a copy of the bubble as user sees it; the caller holds the chat's mu.
func (b *Bubble) seenBy(user string) Bubble {
	seen := *b
	for _, o := range b.perUser {
		if o.user == user {
			seen.Card, seen.Greyed = o.card, o.greyed
		}
	}
	seen.perUser = nil
	return seen
}

// View is what user sees now in all chats, oldest first: at most Limits.Bubbles of each chat. Cards in it
// are shared and must not be changed.
func (s *Server) View(user string) []Bubble {
	var seen []Bubble
	for _, c := range s.chatsOf(user) {
		seen = append(seen, s.viewChat(c, user)...)
	}
	slices.SortStableFunc(seen, func(a, b Bubble) int { return a.At.Compare(b.At) })
	return seen
}

// ViewChat is what user sees in one chat; see [Bubble].Chat for its name.
func (s *Server) ViewChat(user, chat string) []Bubble {
	c := s.chats.named(chat)
	if c == nil || !slices.Contains(s.chatsOf(user), c) {
		return nil
	}
	return s.viewChat(c, user)
}

func (s *Server) viewChat(c *chat, user string) []Bubble {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := max(0, len(c.show)-s.cfg.Limits.Bubbles)
	seen := make([]Bubble, 0, len(c.show)-from)
	for _, b := range c.show[from:] {
		seen = append(seen, b.seenBy(user))
	}
	return seen
}

// chatsOf lists the chats that a person has open.
func (s *Server) chatsOf(user string) (found []*chat) {
	names := []string{DoorBot + ":" + user, DoorApp + ":" + user}
	for _, g := range s.org.groupsOf(user) {
		names = append(names, "group:"+g)
	}
	for _, name := range names {
		if c := s.chats.named(name); c != nil {
			found = append(found, c)
		}
	}
	return found
}

// meter counts messages against a limit per minute and per hour.
type meter struct{ times []int64 }

// take counts one at now, unless that is over a limit; limits below 0 are none.
func (m *meter) take(now time.Time, perMinute, perHour int) bool {
	if perMinute < 0 && perHour < 0 {
		return true
	}
	t := now.UnixNano()
	full := func(limit int, span time.Duration) bool {
		n := len(m.times)
		return limit >= 0 && n >= limit && (limit == 0 || m.times[n-limit] > t-int64(span) && m.times[n-limit] <= t)
	}
	if full(perMinute, time.Minute) || full(perHour, time.Hour) {
		return false
	}
	keep := max(perMinute, perHour, 1)
	if len(m.times) >= 2*keep {
		m.times = append(m.times[:0], m.times[len(m.times)-keep:]...)
	}
	m.times = append(m.times, t)
	return true
}
