package wecomtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// botContentBytes is the longest stream or markdown of a bot.
const botContentBytes = 20480

// answer is the body of aibot_respond_msg, _welcome_msg, _update_msg and aibot_send_msg.
type answer struct {
	MsgType      string      `json:"msgtype"`
	ResponseType string      `json:"response_type"`
	ChatID       string      `json:"chatid"`
	ChatType     int         `json:"chat_type"`
	UserIDs      []string    `json:"userids"`
	Stream       *streamBody `json:"stream"`
	content
}

type streamBody struct {
	ID       string            `json:"id"`
	Finish   bool              `json:"finish"`
	Content  string            `json:"content"`
	Items    []json.RawMessage `json:"msg_item"`
	Feedback *Feedback         `json:"feedback"`
}

func missing(field string) *apiError {
	return fail(40058, "missing field `body.%s`. invalid Request Parameter", field)
}

func (q *request) answer() (*answer, *apiError) {
	a := new(answer)
	if err := json.Unmarshal(q.Body, a); err != nil {
		return nil, fail(40058, "%s. invalid Request Parameter", err)
	}
	return a, nil
}

// respond answers a message: aibot_respond_msg.
func (s *Server) respond(q *request) *apiError {
	a, err := q.answer()
	if err != nil {
		return err
	}
	c, k := s.findCall(q.Headers.ReqID)
	if k == nil {
		return fail(846605, "invalid req_id")
	}
	defer c.mu.Unlock()
	age := s.Now().Sub(k.at)
	if k.kind != callMessage || age >= replyLife {
		return fail(846605, "invalid req_id")
	}
	switch a.MsgType {
	case "stream", "stream_with_template_card":
		if age >= s.cfg.Limits.Stream {
			return fail(846608, "stream message update expired (>%d minutes), cannot update", int(s.cfg.Limits.Stream/time.Minute))
		}
		return s.respondStream(c, k, q, a)
	case "template_card", "image", "voice", "video", "file":
		b, err := s.botBubble(a)
		if err != nil {
			return err
		}
		if err := s.fresh(c, b.Card); err != nil {
			return err
		}
		if !s.quota(c) {
			return fail(45009, "api freq out of limit")
		}
		s.showReply(c, k, q, b)
		s.settle(k)
		return nil
	case "":
		return missing("msgtype")
	default:
		return fail(40008, "invalid message type")
	}
}

// respondStream begins, changes or ends a stream: every frame replaces the whole text. The caller holds
// c.mu.
func (s *Server) respondStream(c *chat, k *call, q *request, a *answer) *apiError {
	body, card := a.Stream, a.Card
	switch {
	case body == nil:
		return missing("stream")
	case body.ID == "":
		return missing("stream.id")
	case len(body.Content) > botContentBytes:
		return fail(45002, "content size out of limit")
	case len(body.Items) > 10 || len(body.Items) > 0 && !body.Finish:
		return fail(40058, "`body.stream.msg_item`: at most 10, with finish only")
	}
	i := slices.IndexFunc(k.streams, func(t stream) bool { return t.id == body.ID })
	switch {
	case i >= 0 && k.streams[i].done: // before anything else about the frame: a repeat is known by its stream
		return fail(846608, "stream message is finished, cannot update")
	case a.MsgType == "stream":
		card = nil
	case card != nil && k.cardSent:
		return fail(40058, "`body.template_card` was sent before")
	}
	if card != nil {
		if err := card.check(); err != nil {
			return err
		}
		if err := s.fresh(c, card); err != nil {
			return err
		}
	}
	if i < 0 {
		if !s.quota(c) {
			return fail(45009, "api freq out of limit")
		}
		b := &Bubble{Kind: "stream"}
		if body.Feedback != nil {
			b.Feedback = body.Feedback.ID
		}
		s.show(c, b)
		k.streams = append(k.streams, stream{id: body.ID, show: b})
		i = len(k.streams) - 1
	}
	t := &k.streams[i]
	t.show.Text = body.Content
	t.done = body.Finish && strings.TrimSpace(body.Content) != "" // blanks alone do not end a stream
	t.show.Writing = !t.done
	if card != nil {
		k.cardSent = true
		t.show.Card, t.show.Cut = card, card.Overlong(DoorBot)
	}
	s.counts.replies.Add(1)
	text := "stream"
	if t.done {
		text = "stream finished"
		s.settle(k)
	}
	t.show.Seq = s.note(Entry{Kind: KindReply, Door: DoorBot, User: k.user, Chat: c.name, ReqID: k.reqID, Text: text, Body: string(q.Body)})
	return nil
}

// showReply shows an answer that is no stream; the caller holds c.mu.
func (s *Server) showReply(c *chat, k *call, q *request, b *Bubble) {
	s.show(c, b)
	s.counts.replies.Add(1)
	b.Seq = s.note(Entry{Kind: KindReply, Door: DoorBot, User: k.user, Chat: c.name, ReqID: k.reqID, Text: b.Kind, Body: string(q.Body)})
}

// botBubble checks and draws content of a bot that is no stream.
func (s *Server) botBubble(a *answer) (*Bubble, *apiError) {
	body := map[string]*mediaBody{"image": a.Image, "voice": a.Voice, "video": a.Video, "file": a.File}
	if m, isMedia := body[a.MsgType]; isMedia {
		if m == nil || m.MediaID == "" {
			return nil, missing(a.MsgType + ".media_id")
		}
	} else if a.MsgType == "template_card" && a.Card == nil {
		return nil, missing("template_card")
	}
	b, err := s.bubble(a.MsgType, &a.content, botContentBytes)
	if err != nil {
		return nil, err
	}
	if b.Card != nil && b.Card.Feedback != nil {
		b.Feedback = b.Card.Feedback.ID
	}
	return b, nil
}

// fresh refuses a card whose task_id is on another card of this chat; the caller holds c.mu.
func (s *Server) fresh(c *chat, card *Card) *apiError {
	if card == nil || card.TaskID == "" {
		return nil
	}
	for _, b := range c.show {
		if b.Card != nil && b.From == "" && b.Card.TaskID == card.TaskID {
			return fail(42014, "task_id used before")
		}
	}
	return nil
}

// quota counts an answer or push of the bot; the caller holds c.mu.
func (s *Server) quota(c *chat) bool {
	return c.meter.take(s.Now(), s.cfg.Limits.PerMinute, s.cfg.Limits.PerHour)
}

// welcome answers enter_chat within 5 s: aibot_respond_welcome_msg.
func (s *Server) welcome(q *request) *apiError {
	a, err := q.answer()
	if err != nil {
		return err
	}
	c, k := s.findCall(q.Headers.ReqID)
	if k == nil {
		return fail(846605, "invalid req_id")
	}
	defer c.mu.Unlock()
	if err := s.inTime(k, callEnter); err != nil {
		return err
	}
	if a.MsgType != "text" && a.MsgType != "template_card" {
		return fail(40008, "invalid message type")
	}
	b, err := s.botBubble(a)
	if err == nil {
		err = s.fresh(c, b.Card)
	}
	if err != nil {
		return err
	}
	if !s.quota(c) {
		return fail(45009, "api freq out of limit")
	}
	k.answered = true
	s.showReply(c, k, q, b)
	return nil
}

// inTime checks that an event is of the kind, was not answered, and is younger than 5 s of wall time.
func (s *Server) inTime(k *call, kind string) *apiError {
	switch {
	case k.kind != kind || k.answered:
		return fail(846605, "invalid req_id")
	case time.Since(k.sent) >= s.cfg.Limits.CardUpdate:
		return fail(846608, "reply to the event expired")
	}
	return nil
}

// updateBotCard changes a tapped card within 5 s: aibot_respond_update_msg.
func (s *Server) updateBotCard(q *request) *apiError {
	a, err := q.answer()
	if err != nil {
		return err
	}
	c, k := s.findCall(q.Headers.ReqID)
	if k == nil {
		return fail(846605, "invalid req_id")
	}
	defer c.mu.Unlock()
	if err := s.inTime(k, callTap); err != nil {
		return err
	}
	switch {
	case a.ResponseType != "update_template_card":
		return fail(40058, "`body.response_type` must be update_template_card")
	case a.Card == nil:
		return missing("template_card")
	case a.Card.TaskID != k.taskID:
		return fail(42016, "task_id is not the tapped card's")
	case len(a.UserIDs) > 0 && c.group == "":
		return fail(40058, "`body.userids` is for groups only")
	}
	if err := a.Card.check(); err != nil {
		return err
	}
	i := slices.IndexFunc(c.show, func(b *Bubble) bool { return b.ID == k.bubble })
	if i < 0 {
		return fail(42016, "card is gone")
	}
	k.answered = true
	b := c.show[i]
	if len(a.UserIDs) == 0 {
		b.Card, b.Greyed, b.Cut, b.perUser = a.Card, a.Card.ReplaceText, a.Card.Overlong(DoorBot), nil
	}
	for _, u := range a.UserIDs {
		b.perUser = slices.DeleteFunc(b.perUser, func(o override) bool { return o.user == u })
		b.perUser = append(b.perUser, override{u, a.Card, a.Card.ReplaceText})
	}
	s.counts.updates.Add(1)
	b.Seq = s.note(Entry{Kind: KindUpdate, Door: DoorBot, User: k.user, Chat: c.name, ReqID: k.reqID, ID: k.taskID, Body: string(q.Body)})
	return nil
}

// botSend pushes to somebody who has talked to the bot: aibot_send_msg. The same frame twice is two
// messages.
func (s *Server) botSend(q *request) *apiError {
	a, err := q.answer()
	if err != nil {
		return err
	}
	if a.ChatID == "" {
		return fail(86201, "chatid missing")
	}
	if !slices.Contains([]string{"markdown", "template_card", "file", "image", "voice", "video"}, a.MsgType) {
		return fail(40008, "invalid message type")
	}
	c := s.receiver(a)
	if c == nil {
		return fail(93006, "invalid chatid")
	}
	b, err := s.botBubble(a)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.talked {
		return fail(93006, "invalid chatid: nobody there has messaged the bot")
	}
	if err := s.fresh(c, b.Card); err != nil {
		return err
	}
	if !s.quota(c) {
		return fail(45009, "api freq out of limit")
	}
	s.show(c, b)
	s.counts.pushes.Add(1)
	b.Seq = s.note(Entry{Kind: KindPush, Door: DoorBot, User: c.user, Chat: c.name, ReqID: q.Headers.ReqID, Text: b.Kind, Body: string(q.Body)})
	return nil
}

// receiver is the chat that a push names: chat_type 1 is a person, 2 a group, 0 a group or else a person.
func (s *Server) receiver(a *answer) *chat {
	if a.ChatType != 1 && s.org.group(a.ChatID) != nil {
		return s.chats.open(DoorBot, "", a.ChatID)
	}
	if a.ChatType == 2 {
		return nil
	}
	if p := s.org.find(a.ChatID); p != nil && !p.Inactive {
		return s.chats.open(DoorBot, p.UserID, "")
	}
	return nil
}
