package wecomtest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// xmlWriter writes the flat XML of callbacks: text in CDATA, numbers bare.
type xmlWriter struct{ buf []byte }

func (w *xmlWriter) text(name, value string) *xmlWriter {
	w.buf = append(append(append(w.buf, '<'), name...), "><![CDATA["...)
	w.buf = append(w.buf, strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>")...)
	w.buf = append(append(append(w.buf, "]]></"...), name...), '>')
	return w
}

func (w *xmlWriter) number(name, value string) *xmlWriter {
	w.buf = append(append(append(w.buf, '<'), name...), '>')
	w.buf = append(w.buf, value...)
	w.buf = append(append(append(w.buf, "</"...), name...), '>')
	return w
}

// begin writes the elements that all callbacks share.
func (s *Server) begin(user, msgType string) *xmlWriter {
	w := &xmlWriter{buf: make([]byte, 0, 512)}
	w.buf = append(w.buf, "<xml>"...)
	return w.text("ToUserName", s.cfg.CorpID).text("FromUserName", user).
		number("CreateTime", strconv.FormatInt(s.Now().Unix(), 10)).text("MsgType", msgType)
}

func (s *Server) finishXML(w *xmlWriter) []byte {
	w.number("AgentID", strconv.Itoa(s.cfg.AgentID))
	return append(w.buf, "</xml>"...)
}

// sayToApp delivers one of the six kinds that apps get.
func (s *Server) sayToApp(c *chat, m *saying) (*Receipt, error) {
	user := m.who.UserID
	r := &Receipt{done: make(chan struct{}), MsgID: s.ids.appMsgID(s.Now())}
	delivered := slices.Contains([]string{"text", "image", "voice", "video", "location", "link"}, m.kind) && m.opt.Group == ""
	m.bubble.msgID = r.MsgID
	c.mu.Lock()
	s.show(c, m.bubble)
	kind := KindSaid
	if !delivered {
		kind = KindRefused
	}
	m.bubble.Seq = s.note(Entry{Kind: kind, Door: DoorApp, User: user, Chat: c.name, ID: r.MsgID, Text: m.text})
	r.Bubble = m.bubble.ID
	c.mu.Unlock()
	if !delivered {
		return nil, fmt.Errorf("%w: %s to an app", ErrUndelivered, m.kind)
	}
	s.counts.said.Add(1)
	w := s.begin(user, m.kind)
	switch m.kind {
	case "text":
		w.text("Content", m.text)
	case "image":
		w.text("PicUrl", s.APIURL()+publicImagePath+m.files[0].id).text("MediaId", m.files[0].id)
	case "voice":
		w.text("MediaId", m.files[0].id).text("Format", "amr")
	case "video":
		w.text("MediaId", m.files[0].id).text("ThumbMediaId", m.files[0].id)
	case "location":
		w.number("Location_X", decimal(m.place.Latitude)).number("Location_Y", decimal(m.place.Longitude)).
			number("Scale", strconv.Itoa(m.place.Scale)).text("Label", m.place.Label).text("AppType", "wxwork")
	case "link":
		w.text("Title", m.link.Title).text("Description", m.link.Description).text("Url", m.link.URL).text("PicUrl", "")
	}
	w.number("MsgId", r.MsgID)
	s.callApp(&notice{user: user, chat: c.name, id: r.MsgID, plain: s.finishXML(w), receipt: r})
	return r, nil
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (s *Server) enterApp(p *person) (*Receipt, error) {
	c := s.chats.open(DoorApp, p.UserID, "")
	s.counts.said.Add(1)
	s.note(Entry{Kind: KindSaid, Door: DoorApp, User: p.UserID, Chat: c.name, Text: "enter"})
	return s.AppEvent(p.UserID, "enter_agent", [][2]string{{"EventKey", ""}})
}

// AppEvent sends the app any event about a person, with further elements as text in the order given.
func (s *Server) AppEvent(user, event string, elements [][2]string) (*Receipt, error) {
	w := s.begin(user, "event").text("Event", event)
	for _, e := range elements {
		w.text(e[0], e[1])
	}
	r := &Receipt{done: make(chan struct{})}
	s.callApp(&notice{user: user, chat: DoorApp + ":" + user, plain: s.finishXML(w), event: event, receipt: r})
	return r, nil
}

// tapForApp sends the event of a tap with a response code of its own.
func (s *Server) tapForApp(c *chat, b *Bubble, p *person, card *Card, key string, menu bool, selected map[string][]string) (*Receipt, error) {
	s.sent.mu.Lock()
	msg := s.sent.byID[b.msgID]
	s.sent.mu.Unlock()
	if msg == nil {
		return nil, fmt.Errorf("%w: card %q is too old", ErrNobody, card.TaskID)
	}
	event := "template_card_event"
	if menu {
		event = "template_card_menu_event"
	}
	code := s.sent.newCode(msg, s.ids.opaque("", 32), s.Now())
	w := s.begin(p.UserID, "event").text("Event", event).text("EventKey", key).text("TaskId", card.TaskID).
		text("CardType", card.CardType).text("ResponseCode", code)
	if !menu {
		w.buf = append(w.buf, "<SelectedItems>"...)
		for _, q := range card.selection(selected) {
			w.buf = append(w.buf, "<SelectedItem>"...)
			w.text("QuestionKey", q.key)
			w.buf = append(w.buf, "<OptionIds>"...)
			for _, id := range q.ids {
				w.text("OptionId", id)
			}
			w.buf = append(w.buf, "</OptionIds></SelectedItem>"...)
		}
		w.buf = append(w.buf, "</SelectedItems>"...)
	}
	r := &Receipt{done: make(chan struct{})}
	s.callApp(&notice{user: p.UserID, chat: c.name, id: code, plain: s.finishXML(w), event: event, receipt: r})
	return r, nil
}

// answered is a question of a card with the options chosen.
type answered struct {
	key string
	ids []string
}

// selection is what goes out with a tap: chosen by the person, or preset on the card.
func (c *Card) selection(chosen map[string][]string) (all []answered) {
	add := func(q *CardSelect) {
		if q == nil {
			return
		}
		ids := chosen[q.QuestionKey]
		if ids == nil && q.SelectedID != "" {
			ids = []string{q.SelectedID}
		}
		for _, o := range q.Options {
			if chosen[q.QuestionKey] == nil && o.IsChecked {
				ids = append(ids, o.ID)
			}
		}
		if ids != nil {
			all = append(all, answered{q.QuestionKey, ids})
		}
	}
	add(c.ButtonSelection)
	add(c.Checkbox)
	for i := range c.Selects {
		add(&c.Selects[i])
	}
	return all
}

// replyXML is the inside of a passive reply.
type replyXML struct {
	ToUserName   string
	FromUserName string
	MsgType      string
	Content      string
	Image        *struct{ MediaId string }
	Voice        *struct{ MediaId string }
	Video        *struct{ MediaId, Title, Description string }
	Articles     *struct {
		Items []struct{ Title, Description, PicUrl, Url string } `xml:"item"`
	}
	Button *struct{ ReplaceName string }
}

// eventsWithReply are those whose passive reply the platform reads. It ignores one to template_card_event.
var eventsWithReply = []string{"subscribe", "enter_agent", "LOCATION", "click", "view", "view_miniprogram", "scancode_waitmsg", "template_card_menu_event"}

// passiveReply checks what an app answered to its callback, shows it, and returns it decrypted.
func (s *Server) passiveReply(n *notice, status int, body []byte) string {
	text := strings.TrimSpace(string(body))
	if status != http.StatusOK || text == "" || text == "success" {
		return ""
	}
	refuse := func(why string) string {
		s.counts.refused.Add(1)
		s.note(Entry{Kind: KindRefused, Door: DoorApp, User: n.user, Chat: n.chat, ID: n.id, Text: "passive reply: " + why, Body: clip(body)})
		return ""
	}
	plain, err := s.codec.OpenReplyXML(body)
	if err != nil {
		return refuse(err.Error())
	}
	var in replyXML
	if err := xml.Unmarshal(plain, &in); err != nil {
		return refuse(err.Error())
	}
	if in.ToUserName != n.user || in.FromUserName != s.cfg.CorpID {
		return refuse("ToUserName must be the member and FromUserName the corp")
	}
	if n.event != "" && !slices.Contains(eventsWithReply, n.event) {
		return refuse("ignored after " + n.event)
	}
	b, apiErr := s.replyBubble(&in)
	if apiErr != nil {
		return refuse(apiErr.Error())
	}
	s.counts.replies.Add(1)
	if b != nil {
		c := s.chats.open(DoorApp, n.user, "")
		c.mu.Lock()
		s.show(c, b)
		b.Seq = s.note(Entry{Kind: KindReply, Door: DoorApp, User: n.user, Chat: c.name, ID: n.id, Text: in.MsgType, Body: string(plain)})
		c.mu.Unlock()
	}
	return string(plain)
}

func (s *Server) replyBubble(in *replyXML) (*Bubble, *apiError) {
	var c content
	switch in.MsgType {
	case "text":
		c.Text = &textBody{in.Content}
	case "image":
		c.Image = new(mediaBody)
		if in.Image != nil {
			c.Image.MediaID = in.Image.MediaId
		}
	case "voice":
		c.Voice = new(mediaBody)
		if in.Voice != nil {
			c.Voice.MediaID = in.Voice.MediaId
		}
	case "video":
		c.Video = new(mediaBody)
		if in.Video != nil {
			c.Video = &mediaBody{in.Video.MediaId, in.Video.Title, in.Video.Description}
		}
	case "news":
		c.News = new(newsBody)
		if in.Articles != nil {
			for _, a := range in.Articles.Items {
				c.News.Articles = append(c.News.Articles, article{Title: a.Title, Description: a.Description, URL: a.Url, PicURL: a.PicUrl})
			}
		}
	case "update_button", "update_template_card":
		return nil, nil // only after template_card_menu_event, and nothing here changes by it
	default:
		return nil, fail(40008, "invalid message type %q", in.MsgType)
	}
	return s.bubble(in.MsgType, &c, 2048)
}
