package dingtalktest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
)

// Robot is the sender of the robot's bubbles.
const Robot = "robot"

// Bubble is one message as a chat shows it.
type Bubble struct {
	ID       string    `json:"id"`            // msgId of a person's message, processQueryKey or own id of the robot's
	Key      string    `json:"key,omitempty"` // processQueryKey or carrierId, when the robot's message has one
	Seq      uint64    `json:"seq"`           // of the journal entry that showed it
	At       time.Time `json:"at"`            // platform's clock
	From     string    `json:"from"`          // UserID, or Robot
	FromName string    `json:"fromName"`
	MsgType  string    `json:"msgtype"` // "text", "markdown", "actionCard", "card", "picture", "file" …
	Via      string    `json:"via,omitempty"`
	Title    string    `json:"title,omitempty"`
	Text     string    `json:"text,omitempty"`
	Buttons  []Button  `json:"buttons,omitempty"`
	Links    []Link    `json:"links,omitempty"` // links inside the markdown
	AtUsers  []string  `json:"atUsers,omitempty"`
	Quote    *Quote    `json:"quote,omitempty"`
	File     *File     `json:"file,omitempty"`
	Card     *CardView `json:"card,omitempty"` // what the viewer sees of a card
	Recalled bool      `json:"recalled,omitempty"`

	content map[string]any // of a person's message, for quotes
	only    []string       // visible to these people only; nil is everybody
}

// Button is something to press under a message: a card's button, or a link of an ActionCard.
type Button struct {
	ID       string         `json:"id,omitempty"` // actionId of a card button
	Text     string         `json:"text"`
	Style    string         `json:"style,omitempty"`
	URL      string         `json:"url,omitempty"`
	Params   map[string]any `json:"params,omitempty"` // sent with the tap
	Disabled bool           `json:"disabled,omitempty"`
}

// Link is a link in a markdown text. Sends is what a tap sends as the tapping person, for a dtmd link.
type Link struct {
	Text  string `json:"text"`
	URL   string `json:"url"`
	Sends string `json:"sends,omitempty"`
}

// Quote is the message that another one replies to.
type Quote struct {
	ID   string `json:"id"`
	From string `json:"from"`
	Text string `json:"text"`
}

// File is a file or picture that the robot sent.
type File struct {
	Name    string `json:"name,omitempty"`
	MediaID string `json:"mediaId,omitempty"`
	URL     string `json:"url,omitempty"`
	Size    int    `json:"size,omitempty"` // bytes; 0 when unknown
}

// Chat is one conversation on a person's screen, oldest bubble first.
type Chat struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Group   bool     `json:"group,omitempty"`
	Bubbles []Bubble `json:"bubbles"`
}

// Screen is what a person sees: the 1:1 chat with the robot first, then the groups by title.
type Screen struct {
	User  string `json:"user"`
	Name  string `json:"name"`
	Chats []Chat `json:"chats"`
}

func (b *Bubble) preview() string {
	t := b.Text
	if t == "" {
		t = b.Title
	}
	if r := []rune(t); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return t
}

// show puts a bubble into a chat and the journal. The caller holds s.mu.
func (s *Server) show(c *conversation, b *Bubble, kind string) uint64 {
	if b.MsgType == "markdown" {
		b.Links = linksOf(b.Text)
	}
	c.bubbles = append(c.bubbles, b)
	c.byID[b.ID] = b
	for over := len(c.bubbles) - s.cfg.HistorySize; over > 0; over-- {
		delete(c.byID, c.bubbles[0].ID)
		c.bubbles[0] = nil
		c.bubbles = c.bubbles[1:]
	}
	shown := *b
	b.Seq = s.log.add(Entry{At: b.At, Kind: kind, User: c.user, Conversation: c.id, ID: b.ID, Text: b.Text, Bubble: &shown})
	return b.Seq
}

// View is a person's screen now.
func (s *Server) View(userID string) (Screen, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.people[userID]
	if u == nil {
		return Screen{}, fmt.Errorf("dingtalktest: no person %q", userID)
	}
	out := Screen{User: userID, Name: u.Name}
	if !u.External {
		out.Chats = append(out.Chats, s.chatOf(userID, s.direct(userID)))
	}
	var groups []Chat
	for _, c := range s.chats {
		if c.group != nil && c.has(userID) {
			groups = append(groups, s.chatOf(userID, c))
		}
	}
	sort.Slice(groups, func(i, j int) bool { return groups[i].Title < groups[j].Title })
	out.Chats = append(out.Chats, groups...)
	return out, nil
}

// Bubbles returns what a person sees in one chat: group is an openConversationId, "" the 1:1 chat.
func (s *Server) Bubbles(userID, group string) ([]Bubble, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, c, err := s.where(userID, group)
	if err != nil {
		return nil, err
	}
	return s.chatOf(userID, c).Bubbles, nil
}

func (s *Server) chatOf(userID string, c *conversation) Chat {
	out := Chat{ID: c.id, Title: s.cfg.RobotName, Group: c.group != nil, Bubbles: []Bubble{}}
	if c.group != nil {
		out.Title = c.group.Title
	}
	for _, b := range c.bubbles {
		if b.only != nil && !slices.Contains(b.only, userID) {
			continue
		}
		if b.Recalled {
			continue // silently gone
		}
		out.Bubbles = append(out.Bubbles, s.asSeenBy(b, userID))
	}
	return out
}

// asSeenBy is a bubble with the viewer's own state of a card. The caller holds s.mu.
func (s *Server) asSeenBy(b *Bubble, userID string) Bubble {
	out := *b
	if b.Card != nil {
		if card := s.cards[b.Card.OutTrackID]; card != nil {
			v := card.view(userID)
			out.Card, out.Buttons = &v, v.buttons
			out.Title, out.Text = v.Data["title"], v.text()
		}
	}
	return out
}

var markdownLink = regexp.MustCompile(`!?\[([^\]\n]*)\]\(([^)\s]+)\)`)

const dtmd = "dtmd://dingtalkclient/sendMessage?"

// linksOf finds the links of a markdown text, pictures left out.
func linksOf(text string) []Link {
	var out []Link
	for _, m := range markdownLink.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[0], "!") {
			continue
		}
		l := Link{Text: m[1], URL: m[2]}
		if q, ok := strings.CutPrefix(m[2], dtmd); ok {
			if v, err := url.ParseQuery(q); err == nil {
				l.Sends = v.Get("content")
			}
		}
		out = append(out, l)
	}
	return out
}

// Dtmd taps a dtmd link in a markdown message of the robot: its text is sent as the person into the same
// chat. link is the label, the text it sends, or the whole address; group is the chat, "" the 1:1 one. In
// a group the text reaches the robot only when it begins with its @name, as nobody is really mentioned.
func (s *Server) Dtmd(user, group, bubbleID, link string) (Sent, error) {
	s.mu.Lock()
	_, c, err := s.where(user, group)
	if err != nil {
		s.mu.Unlock()
		return Sent{}, err
	}
	var b Bubble
	if shown := c.byID[bubbleID]; shown != nil && !shown.Recalled {
		b = *shown
	}
	s.mu.Unlock()
	switch {
	case b.ID == "":
		return Sent{}, fmt.Errorf("dingtalktest: no message %q in this chat", bubbleID)
	case b.MsgType != "markdown":
		return Sent{}, fmt.Errorf("dingtalktest: dtmd links do nothing in a %s", b.MsgType)
	}
	for _, l := range b.Links {
		if l.Sends == "" || (link != l.Text && link != l.Sends && link != l.URL) {
			continue
		}
		o := Say{Group: group}
		if strings.HasPrefix(l.Sends, "@"+s.cfg.RobotName) {
			o.At = []string{Robot}
		}
		return s.Say(user, l.Sends, o)
	}
	return Sent{}, fmt.Errorf("dingtalktest: no dtmd link %q in message %q", link, bubbleID)
}
