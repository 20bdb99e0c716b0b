package wecomtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// botBody is a callback's body.
type botBody struct {
	MsgID      string          `json:"msgid"`
	CreateTime int64           `json:"create_time"`
	BotID      string          `json:"aibotid"`
	ChatID     string          `json:"chatid,omitempty"`
	ChatType   string          `json:"chattype"`
	From       botFrom         `json:"from"`
	MsgType    string          `json:"msgtype"`
	Text       *textBody       `json:"text,omitempty"`
	Voice      *textBody       `json:"voice,omitempty"`
	Image      *botFile        `json:"image,omitempty"`
	File       *botFile        `json:"file,omitempty"`
	Video      *botFile        `json:"video,omitempty"`
	Mixed      *botMixed       `json:"mixed,omitempty"`
	Quote      *botItem        `json:"quote,omitempty"`
	Event      json.RawMessage `json:"event,omitempty"`
}

type botFrom struct {
	UserID string `json:"userid"`
}

type botFile struct {
	URL    string `json:"url"`
	AESKey string `json:"aeskey"`
}

type botMixed struct {
	Items []botItem `json:"msg_item"`
}

// botItem is a part of a mixed message, or a quote.
type botItem struct {
	MsgType string    `json:"msgtype"`
	Text    *textBody `json:"text,omitempty"`
	Voice   *textBody `json:"voice,omitempty"`
	Image   *botFile  `json:"image,omitempty"`
	File    *botFile  `json:"file,omitempty"`
	Video   *botFile  `json:"video,omitempty"`
	Mixed   *botMixed `json:"mixed,omitempty"`
}

func (s *Server) botFile(f *mediaFile) *botFile {
	address, key := s.botURL(f)
	return &botFile{address, key}
}

// sayToBot delivers a message to the bot, if the platform delivers that kind there.
func (s *Server) sayToBot(c *chat, m *saying) (*Receipt, error) {
	user := m.who.UserID
	r := &Receipt{MsgID: s.ids.botMsgID(), done: make(chan struct{})}
	m.bubble.msgID = r.MsgID
	group := m.opt.Group != ""
	heard := !group || !m.opt.NoAt
	deliverable := m.kind != "chatrecord" && m.kind != "location" && m.kind != "link" &&
		!(group && (m.kind == "voice" || m.kind == "file" || m.kind == "video"))

	c.mu.Lock()
	var k *call
	if heard && deliverable {
		k = s.newCall(c, callMessage, user)
		if !s.admitMessage(m.who, k.at, k) {
			c.mu.Unlock()
			s.note(Entry{Kind: KindRefused, Door: DoorBot, User: user, Chat: c.name, Text: "three messages in progress: " + m.text})
			return nil, ErrBusy
		}
		r.ReqID = k.reqID
		c.talked = true
	}
	s.show(c, m.bubble)
	r.Bubble = m.bubble.ID
	kind := KindSaid
	if !deliverable {
		kind = KindRefused
	}
	m.bubble.Seq = s.note(Entry{Kind: kind, Door: DoorBot, User: user, Chat: c.name, ID: r.MsgID, ReqID: r.ReqID, Text: m.bubble.Text})
	c.mu.Unlock()

	if !deliverable {
		return nil, fmt.Errorf("%w: %s to a bot", ErrUndelivered, m.kind)
	}
	s.counts.said.Add(1)
	if !heard {
		r.finish(Delivery{})
		return r, nil
	}
	body, err := s.botMessage(c, m, r.MsgID)
	if err != nil {
		return nil, err
	}
	s.callBot(cmdMessage, c, k, r, body)
	return r, nil
}

// botMessage writes the body of a message callback.
func (s *Server) botMessage(c *chat, m *saying, msgID string) ([]byte, error) {
	b := s.envelope(c, m.who.UserID, msgID, m.kind)
	switch m.kind {
	case "text":
		b.Text = &textBody{m.bubble.Text}
	case "voice":
		b.Voice = &textBody{m.text}
	case "image":
		b.Image = s.botFile(m.files[0])
	case "file":
		b.File = s.botFile(m.files[0])
	case "video":
		b.Video = s.botFile(m.files[0])
	case "mixed":
		b.Mixed = &botMixed{}
		if m.bubble.Text != "" {
			b.Mixed.Items = append(b.Mixed.Items, botItem{MsgType: "text", Text: &textBody{m.bubble.Text}})
		}
		for _, f := range m.files {
			b.Mixed.Items = append(b.Mixed.Items, botItem{MsgType: "image", Image: s.botFile(f)})
		}
	default: // a kind of tomorrow: its content stands under its own name
		return s.rawMessage(b, m)
	}
	if m.opt.Quote != nil {
		b.Quote = s.botQuote(m.opt.Quote)
	}
	return json.Marshal(b)
}

func (s *Server) rawMessage(b *botBody, m *saying) ([]byte, error) {
	if !json.Valid([]byte(m.text)) {
		return nil, fmt.Errorf("wecomtest: content of %s is no JSON", m.kind)
	}
	body, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	name, _ := json.Marshal(m.kind)
	body = append(body[:len(body)-1], ',')
	body = append(append(body, name...), ':')
	return append(append(body, m.text...), '}'), nil
}

func (s *Server) botQuote(q *Quote) *botItem {
	item := &botItem{MsgType: q.Kind}
	var file *botFile
	if q.File != nil {
		if f := s.media.get(q.File.MediaID); f != nil {
			file = s.botFile(f)
		}
	}
	switch q.Kind {
	case "voice":
		item.Voice = &textBody{q.Text}
	case "image":
		item.Image = file
	case "file":
		item.File = file
	case "video":
		item.Video = file
	case "mixed":
		item.Mixed = &botMixed{Items: []botItem{{MsgType: "text", Text: &textBody{q.Text}}}}
		if file != nil {
			item.Mixed.Items = append(item.Mixed.Items, botItem{MsgType: "image", Image: file})
		}
	default:
		item.MsgType, item.Text = "text", &textBody{q.Text}
	}
	return item
}

func (s *Server) envelope(c *chat, user, msgID, msgType string) *botBody {
	return &botBody{MsgID: msgID, CreateTime: s.Now().Unix(), BotID: s.cfg.BotID, ChatID: c.group, ChatType: c.chatType(),
		From: botFrom{user}, MsgType: msgType}
}

// callBot hands a callback to the long connection. Nothing is kept for later: with nobody connected it
// is lost.
func (s *Server) callBot(cmd string, c *chat, k *call, r *Receipt, body []byte) {
	if s.life.Err() != nil {
		r.finish(Delivery{Err: s.life.Err()})
		return
	}
	send := func(lost bool, repeat int) {
		sock := s.line.current()
		if lost || sock == nil {
			why := "not connected"
			if lost {
				why = "fault"
			}
			s.lose(DoorBot, k.user, c.name, r.MsgID, k.reqID, why, body)
			s.forget(c, k)
			r.finish(Delivery{Err: ErrOffline})
			return
		}
		begun := time.Now()
		frame := pushFrame(cmd, k.reqID, body)
		s.note(Entry{Kind: KindCallback, Door: DoorBot, User: k.user, Chat: c.name, ID: r.MsgID, ReqID: k.reqID, Attempt: 1, Body: string(body)})
		ok := sock.send(frame)
		for range repeat {
			sock.send(frame)
		}
		if !ok {
			s.lose(DoorBot, k.user, c.name, r.MsgID, k.reqID, "connection broke", body)
			s.forget(c, k)
			r.finish(Delivery{Attempts: 1, Err: ErrOffline})
			return
		}
		s.counts.delivered.Add(1)
		r.finish(Delivery{Attempts: 1, Took: time.Since(begun)})
	}
	switch f := s.fateOf(DoorBot); {
	case f.hold:
		s.holdBack(func() { send(f.lost, f.repeat) })
	case f.wait > 0:
		s.spawn(func() { f.play(s, send) })
	default:
		f.play(s, send)
	}
}

// forget settles a call that never reached the bot.
func (s *Server) forget(c *chat, k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.settle(k)
}

// event sends an event callback with its detail under the event's name.
func (s *Server) event(c *chat, kind, user, name string, detail map[string]any, prepare func(*call)) (*Receipt, error) {
	r := &Receipt{MsgID: s.ids.botMsgID(), done: make(chan struct{})}
	event := map[string]any{"eventtype": name}
	if detail != nil {
		event[name] = detail
	}
	b := s.envelope(c, user, r.MsgID, "event")
	var err error
	if b.Event, err = json.Marshal(event); err != nil {
		return nil, err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	k := s.newCall(c, kind, user)
	if prepare != nil {
		prepare(k)
	}
	c.mu.Unlock()
	r.ReqID = k.reqID
	s.callBot(cmdEvent, c, k, r, body)
	return r, nil
}

// enterBot opens the 1:1 chat: an event the first time a day.
func (s *Server) enterBot(p *person) (*Receipt, error) {
	c := s.chats.open(DoorBot, p.UserID, "")
	today := s.Now().In(platformZone).Format(time.DateOnly)
	p.mu.Lock()
	again := p.entered == today
	p.entered = today
	p.mu.Unlock()
	s.counts.said.Add(1)
	s.note(Entry{Kind: KindSaid, Door: DoorBot, User: p.UserID, Chat: c.name, Text: "enter"})
	if again {
		r := &Receipt{done: make(chan struct{})}
		r.finish(Delivery{})
		return r, nil
	}
	return s.event(c, callEnter, p.UserID, "enter_chat", nil, nil)
}

// platformZone is where the platform's days begin.
var platformZone = time.FixedZone("UTC+8", 8*3600)

// tapForBot sends the event of a tap; it is sent once, whatever happens.
func (s *Server) tapForBot(c *chat, bubble string, p *person, card *Card, key string, selected map[string][]string) (*Receipt, error) {
	items := []map[string]any{}
	for _, q := range card.selection(selected) {
		items = append(items, map[string]any{"question_key": q.key, "option_ids": map[string]any{"option_id": q.ids}})
	}
	detail := map[string]any{"card_type": card.CardType, "event_key": key, "task_id": card.TaskID,
		"selected_items": map[string]any{"selected_item": items}}
	return s.event(c, callTap, p.UserID, "template_card_event", detail, func(k *call) {
		k.taskID, k.bubble = card.TaskID, bubble
	})
}

// Judge lets user give a verdict on an answer that asked for one: 1 good, 2 bad, 3 withdrawn.
func (s *Server) Judge(user, bubbleID string, verdict int, words string) (*Receipt, error) {
	for _, c := range s.chatsOf(user) {
		for _, b := range s.viewChat(c, user) {
			if b.ID == bubbleID && b.Feedback != "" {
				return s.event(c, callOther, user, "feedback_event", map[string]any{"id": b.Feedback, "type": verdict, "content": words, "inaccurate_reason_list": []int{}}, nil)
			}
		}
	}
	return nil, errors.Join(ErrNobody, fmt.Errorf("wecomtest: %s sees no bubble %q that asks for feedback", user, bubbleID))
}
