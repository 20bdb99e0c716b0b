package wecomtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options say where and how a person speaks; the zero value is 1:1 with the bot.
type Options struct {
	Door  string // DoorBot (also "") or DoorApp
	Group string // chatid of a group; the bot hears only what mentions it
	NoAt  bool   // in a group: without @ the bot
	Quote *Quote // what the message answers to
	Reply string // or: ID of the bubble it answers to, instead of Quote
}

// Receipt is what the speaker's client knows of a message, and a way to await its delivery.
type Receipt struct {
	MsgID  string // "" for app events
	ReqID  string // long connection
	Bubble string // what the speaker sees; "" for taps and enters
	done   chan struct{}
	result Delivery
}

// Delivery is what became of a callback.
type Delivery struct {
	Attempts int           // 0: nobody was to be told (a group message without @)
	Status   int           // HTTP status of an app's callback; 0 on the long connection
	Reply    string        // decrypted passive reply of an app
	Took     time.Duration // of the successful attempt, wall time
	Err      error         // why it was lost
}

func (r *Receipt) finish(d Delivery) {
	r.result = d
	close(r.done)
}

// Wait returns when the callback has been delivered or given up. On the long connection delivered means
// handed to the socket: there is no acknowledgement.
func (r *Receipt) Wait(ctx context.Context) (Delivery, error) {
	select {
	case <-r.done:
		return r.result, r.result.Err
	case <-ctx.Done():
		return Delivery{}, ctx.Err()
	}
}

// What a person cannot do, or what does not reach anybody.
var (
	ErrNobody      = errors.New("wecomtest: no such person, group, card or button")
	ErrBusy        = errors.New("wecomtest: three messages of this person are still unanswered")
	ErrUndelivered = errors.New("wecomtest: the platform does not deliver this kind of message here")
	ErrOffline     = errors.New("wecomtest: nobody is connected, the message is lost")
)

// saying is a message on its way from a person.
type saying struct {
	who    *person
	opt    Options
	kind   string // msgtype
	text   string
	files  []*mediaFile
	place  *Location
	link   *Link
	bubble *Bubble
}

// Location is a place that a person shares (app only).
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Scale     int     `json:"scale"`
	Label     string  `json:"label"`
}

// Link is a page that a person shares (app only).
type Link struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
}

// Say lets user write text.
func (s *Server) Say(user, text string, opt Options) (*Receipt, error) {
	return s.speak(user, saying{kind: "text", text: text, opt: opt})
}

// SayVoice lets user speak: a bot hears transcript, an app gets an AMR file.
func (s *Server) SayVoice(user, transcript string, opt Options) (*Receipt, error) {
	f := s.newMedia("voice", "voice.amr", []byte("#!AMR\n"+transcript), false)
	return s.speak(user, saying{kind: "voice", text: transcript, files: []*mediaFile{f}, opt: opt})
}

// SendImage lets user send a picture (PNG or JPEG). In a group it goes out as a mixed message with a mention.
func (s *Server) SendImage(user, name string, data []byte, opt Options) (*Receipt, error) {
	return s.sendFile(user, "image", name, data, opt)
}

// SendFile lets user send a file. Apps do not get files: ErrUndelivered; nor do bots in groups, where a
// file must be quoted.
func (s *Server) SendFile(user, name string, data []byte, opt Options) (*Receipt, error) {
	return s.sendFile(user, "file", name, data, opt)
}

// SendVideo lets user send a film.
func (s *Server) SendVideo(user, name string, data []byte, opt Options) (*Receipt, error) {
	return s.sendFile(user, "video", name, data, opt)
}

func (s *Server) sendFile(user, kind, name string, data []byte, opt Options) (*Receipt, error) {
	f := s.newMedia(kind, name, slices.Clone(data), false)
	return s.speak(user, saying{kind: kind, files: []*mediaFile{f}, opt: opt})
}

// SendMixed lets user send text with pictures in one message (bot only).
func (s *Server) SendMixed(user, text string, pictures [][]byte, opt Options) (*Receipt, error) {
	m := saying{kind: "mixed", text: text, opt: opt}
	for i, data := range pictures {
		m.files = append(m.files, s.newMedia("image", fmt.Sprintf("picture%d.png", i+1), slices.Clone(data), false))
	}
	return s.speak(user, m)
}

// SendLocation lets user share a place with the app.
func (s *Server) SendLocation(user string, place Location) (*Receipt, error) {
	return s.speak(user, saying{kind: "location", text: place.Label, place: &place, opt: Options{Door: DoorApp}})
}

// SendLink lets user share a page with the app.
func (s *Server) SendLink(user string, link Link) (*Receipt, error) {
	return s.speak(user, saying{kind: "link", text: link.Title + "\n" + link.Description + "\n" + link.URL, link: &link, opt: Options{Door: DoorApp}})
}

// Forward lets user forward a chat log: neither door delivers one, which is what the caller gets told.
func (s *Server) Forward(user, title string, opt Options) (*Receipt, error) {
	return s.speak(user, saying{kind: "chatrecord", text: title, opt: opt})
}

// Raw lets user send the bot a message of any msgtype with any content, for kinds not known today.
func (s *Server) Raw(user, msgtype string, content json.RawMessage, opt Options) (*Receipt, error) {
	return s.speak(user, saying{kind: msgtype, text: string(content), opt: opt})
}

func (s *Server) speak(user string, m saying) (*Receipt, error) {
	if m.who = s.org.find(user); m.who == nil {
		return nil, fmt.Errorf("%w: person %q", ErrNobody, user)
	}
	user = m.who.UserID
	if m.opt.Door == "" {
		m.opt.Door = DoorBot
	}
	if m.opt.Group != "" {
		g := s.org.group(m.opt.Group)
		if g == nil || !slices.Contains(g.Members, user) {
			return nil, fmt.Errorf("%w: group %q with %s in it", ErrNobody, m.opt.Group, user)
		}
		if m.kind == "image" && !m.opt.NoAt {
			m.kind = "mixed" // in groups a picture reaches a bot only beside a mention
		}
	}
	c := s.chats.open(m.opt.Door, user, m.opt.Group)
	if m.opt.Reply != "" {
		if m.opt.Quote = s.quote(c, m.opt.Reply); m.opt.Quote == nil {
			return nil, fmt.Errorf("%w: bubble %q", ErrNobody, m.opt.Reply)
		}
	}
	b := &Bubble{From: user, Kind: m.kind, Text: m.text, Quote: m.opt.Quote}
	if m.opt.Group != "" && !m.opt.NoAt {
		b.Text = strings.TrimSpace("@" + s.cfg.BotName + " " + m.text)
	}
	for i, f := range m.files {
		ref := FileRef{Name: f.name, Size: len(f.data), MediaID: f.id}
		if i == 0 && m.kind != "mixed" {
			b.File = &ref
		} else {
			b.Images = append(b.Images, ref)
		}
	}
	m.bubble = b
	if m.opt.Door == DoorApp {
		return s.sayToApp(c, &m)
	}
	return s.sayToBot(c, &m)
}

// quote makes the quote of a bubble.
func (s *Server) quote(c *chat, id string) *Quote {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.show {
		if b.ID != id {
			continue
		}
		q := &Quote{Kind: b.Kind, Text: b.Text, File: b.File}
		switch {
		case q.Kind == "mixed" && len(b.Images) > 0:
			q.File = &b.Images[0]
		case b.Card != nil && q.Text == "" && b.Card.MainTitle != nil:
			q.Text = b.Card.MainTitle.Title
		}
		if !slices.Contains([]string{"text", "image", "mixed", "voice", "file", "video"}, q.Kind) {
			q.Kind = "text"
		}
		return q
	}
	return nil
}

// Tap lets user press the button with key on the card of that task_id: the newest such card on their
// screen. A card whose buttons are gone, or that never had this one, is ErrNobody.
func (s *Server) Tap(user, taskID, key string) (*Receipt, error) {
	return s.TapSelected(user, taskID, key, nil)
}

// TapSelected is Tap with the options chosen, by question_key.
func (s *Server) TapSelected(user, taskID, key string, selected map[string][]string) (*Receipt, error) {
	p := s.org.find(user)
	if p == nil {
		return nil, fmt.Errorf("%w: person %q", ErrNobody, user)
	}
	user = p.UserID
	c, b, card := s.findCard(user, taskID)
	if b == nil {
		return nil, fmt.Errorf("%w: card %q on the screen of %s", ErrNobody, taskID, user)
	}
	found, menu := card.hasKey(key)
	if !found || b.Greyed != "" && !menu {
		return nil, fmt.Errorf("%w: button %q on card %q", ErrNobody, key, taskID)
	}
	s.counts.said.Add(1)
	s.note(Entry{Kind: KindSaid, Door: c.door, User: user, Chat: c.name, Text: "tap " + key, ID: taskID})
	if c.door == DoorApp {
		return s.tapForApp(c, b, p, card, key, menu, selected)
	}
	return s.tapForBot(c, b.ID, p, card, key, selected)
}

// findCard is the newest card with that task_id that user sees, and how they see it.
func (s *Server) findCard(user, taskID string) (*chat, *Bubble, *Card) {
	var best *Bubble
	var where *chat
	for _, c := range s.chatsOf(user) {
		c.mu.Lock()
		for i := len(c.show) - 1; i >= 0; i-- {
			seen := c.show[i].seenBy(user)
			if seen.Card != nil && seen.Card.TaskID == taskID && !seen.Recalled {
				if best == nil || seen.At.After(best.At) {
					best, where = &seen, c
				}
				break
			}
		}
		c.mu.Unlock()
	}
	if best == nil {
		return nil, nil, nil
	}
	return where, best, best.Card
}

// Enter lets user open the chat with the bot or the app. A bot is told once a day: otherwise the receipt's
// Delivery has no attempts.
func (s *Server) Enter(user, door string) (*Receipt, error) {
	p := s.org.find(user)
	if p == nil {
		return nil, fmt.Errorf("%w: person %q", ErrNobody, user)
	}
	if door == DoorApp {
		return s.enterApp(p)
	}
	return s.enterBot(p)
}
