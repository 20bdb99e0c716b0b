package dingtalktest

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"
)

// maxAttempts bounds how often one frame is pushed.
const maxAttempts = 20

// pending is a pushed frame that waits for its ACK.
type pending struct {
	id      string   // messageId of the latest push
	ids     []string // of all pushes: an answer to any of them counts
	typ     string   // EVENT or CALLBACK
	topic   string
	headers map[string]string // beyond those of every frame
	data    []byte
	user    string
	conv    string
	key     string // msgId, eventId or outTrackId, for the journal
	attempt int
	at      time.Time // real time of the latest push
	timer   *time.Timer
	again   time.Duration // pushed again after this long without an answer; 0 is never
	done    func(Ack)     // called once, under Server.mu, with the answer; may be nil
	late    bool          // the time limit for the answer is over
}

func (p *pending) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// push sends the frame to one connection that subscribed to it, and reports which; "" when none could
// take it. keepID pushes it under the messageId it had before.
func (s *Server) push(p *pending, keepID bool) string {
	s.mu.Lock()
	c, b := s.prepare(p, keepID)
	s.mu.Unlock()
	if c == nil {
		return ""
	}
	if err := c.send(b); err != nil {
		c.cut()
	}
	return c.id
}

// prepare chooses the connection, registers the frame as pending and encodes it. The caller holds s.mu.
func (s *Server) prepare(p *pending, keepID bool) (*conn, []byte) {
	if s.closed {
		return nil, nil
	}
	p.stop()
	p.attempt++
	if !keepID {
		p.id = s.id("fr_")
	} else if old := s.pending[p.id]; old != nil {
		old.stop()
	}
	p.ids = append(p.ids, p.id)
	p.at = time.Now()
	c := s.choose(p.typ + " " + p.topic)
	if c == nil {
		s.lost++
		s.log.add(Entry{At: s.now(), Kind: KindLost, User: p.user, Conversation: p.conv, ID: p.key, Text: "no connection subscribed to " + p.topic})
		if p.typ == "EVENT" {
			s.later(p)
		}
		return nil, nil
	}
	h := map[string]string{
		"appId": s.cfg.ClientID, "connectionId": c.id, "contentType": "application/json", "messageId": p.id,
		"time": strconv.FormatInt(s.now().UnixMilli(), 10), "topic": p.topic,
	}
	maps.Copy(h, p.headers)
	s.pending[p.id] = p
	s.later(p)
	s.log.add(Entry{At: s.now(), Kind: KindPush, User: p.user, Conversation: p.conv, ID: p.key,
		Frame: &Frame{MessageID: p.id, Type: p.typ, Topic: p.topic, Connection: c.id, Attempt: p.attempt, Data: p.data}})
	b, _ := json.Marshal(frame{"1.0", p.typ, h, string(p.data)})
	return c, b
}

// later arms the repeated push of an unanswered frame, or its oblivion. The caller holds s.mu.
func (s *Server) later(p *pending) {
	after := p.again
	if after <= 0 {
		after = time.Minute
	}
	attempt := p.attempt
	p.timer = time.AfterFunc(after, func() {
		s.mu.Lock()
		if p.attempt != attempt || s.closed { // answered or pushed again meanwhile
			s.mu.Unlock()
			return
		}
		if p.again <= 0 || p.attempt >= maxAttempts {
			s.forget(p)
			s.lost++
			s.log.add(Entry{At: s.now(), Kind: KindLost, User: p.user, Conversation: p.conv, ID: p.key, Text: "never answered"})
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		s.track(func() { s.push(p, false) })
	})
}

// forget ends the wait for an answer. The caller holds s.mu.
func (s *Server) forget(p *pending) {
	p.stop()
	for _, id := range p.ids {
		if s.pending[id] == p {
			delete(s.pending, id)
		}
	}
}

// answered takes a frame that the application sent.
func (s *Server) answered(c *conn, raw []byte) {
	var in struct {
		Code    int               `json:"code"`
		Headers map[string]string `json:"headers"`
		Message string            `json:"message"`
		Data    string            `json:"data"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := json.Unmarshal(raw, &in); err != nil {
		s.violation("answer on connection %s is not an ACK: %v", c.id, err)
		return
	}
	p := s.pending[in.Headers["messageId"]]
	if p == nil {
		return // of a SYSTEM frame, or repeated
	}
	ack := Ack{MessageID: in.Headers["messageId"], Type: p.typ, Topic: p.topic, Code: in.Code, Message: in.Message, Data: in.Data, Took: time.Since(p.at), Late: p.late}
	s.log.add(Entry{At: s.now(), Kind: KindAck, User: p.user, Conversation: p.conv, ID: p.key, Ack: &ack})
	p.stop()
	if p.typ == "EVENT" {
		var d struct{ Status string }
		_ = json.Unmarshal([]byte(in.Data), &d)
		if in.Code != 200 || d.Status != "SUCCESS" {
			s.later(p) // LATER, or failed: the event comes again
			return
		}
	}
	p.attempt += maxAttempts // disarms a timer that just fired
	s.forget(p)
	if p.done != nil && !p.late {
		p.done(ack)
	}
}

// Event pushes an event of the organisation, as "user_leave_org", with its data (encoded to JSON), and
// repeats it until the application answers SUCCESS. It returns the eventId.
func (s *Server) Event(eventType string, data any) (string, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	id := s.id("ev-")
	now := strconv.FormatInt(s.now().UnixMilli(), 10)
	var fields map[string]any
	if json.Unmarshal(b, &fields) == nil && fields != nil {
		if fields["eventId"] == nil {
			fields["eventId"] = id
		}
		if fields["timeStamp"] == nil {
			fields["timeStamp"] = s.now().UnixMilli()
		}
		b, _ = json.Marshal(fields)
	}
	p := &pending{typ: "EVENT", topic: topicEvent, data: b, key: id, again: s.cfg.EventRepush, headers: map[string]string{
		"eventType": eventType, "eventId": id, "eventBornTime": now, "eventCorpId": s.cfg.CorpID, "eventUnifiedAppId": opaque("app", s.cfg.ClientID)[:24],
	}}
	s.mu.Unlock()
	s.push(p, false)
	return id, nil
}
