package dingtalktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// TapResult is what became of a tap on a card button.
type TapResult struct {
	User       string          `json:"user"`
	OutTrackID string          `json:"outTrackId"`
	ActionID   string          `json:"actionId"`
	Pushed     bool            `json:"pushed"`             // a callback frame left for the application
	Answered   bool            `json:"answered"`           // within Config.CardAnswer and with code 200: else the client shows an error
	Code       int             `json:"code,omitempty"`     // of the ACK
	Response   json.RawMessage `json:"response,omitempty"` // of the ACK
	Took       time.Duration   `json:"took"`               // nanoseconds of real time
}

// ErrNoButton tells that the person does not see such a button, or it is disabled.
var ErrNoButton = errors.New("dingtalktest: the card shows no such button")

// Tap presses a button of a card as a person and waits for the application's answer or the platform's
// time limit. params are inputs of the person; the button's own come along. A button that the person does
// not see is refused with ErrNoButton; see TapStale.
func (s *Server) Tap(user, outTrackID, actionID string, params map[string]any) (TapResult, error) {
	return s.tap(user, outTrackID, actionID, params, false)
}

// TapStale presses a button that stood on the card once, as a client does whose screen is old.
func (s *Server) TapStale(user, outTrackID, actionID string, params map[string]any) (TapResult, error) {
	return s.tap(user, outTrackID, actionID, params, true)
}

func (s *Server) tap(user, outTrackID, actionID string, params map[string]any, stale bool) (TapResult, error) {
	out := TapResult{User: user, OutTrackID: outTrackID, ActionID: actionID}
	s.mu.Lock()
	c, u := s.cards[outTrackID], s.people[user]
	if c == nil || u == nil {
		s.mu.Unlock()
		return out, fmt.Errorf("dingtalktest: no card %q or no person %q", outTrackID, user)
	}
	chat := s.sees(c, user)
	if chat == nil {
		s.mu.Unlock()
		return out, fmt.Errorf("dingtalktest: %q does not see card %q", user, outTrackID)
	}
	all := map[string]any{}
	buttons := c.view(user).buttons
	i := slices.IndexFunc(buttons, func(b Button) bool { return b.ID == actionID && !b.Disabled })
	if i < 0 && !stale {
		s.mu.Unlock()
		return out, fmt.Errorf("%w: %q", ErrNoButton, actionID)
	}
	if i >= 0 {
		maps.Copy(all, buttons[i].Params)
	}
	maps.Copy(all, params)
	id := user
	if c.idType == 2 {
		id = u.UnionID
	}
	content, err := json.Marshal(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{actionID}, "params": all}})
	if err != nil {
		s.mu.Unlock()
		return out, fmt.Errorf("dingtalktest: params: %w", err)
	}
	data, _ := json.Marshal(map[string]any{
		"type": "actionCallback", "corpId": s.cfg.CorpID, "outTrackId": outTrackID, "userId": id, "userIdType": c.idType,
		"spaceType": "im", "spaceId": chat.id, "extension": "{}", "content": string(content), "value": string(content),
	})
	if c.callbackType != "STREAM" { // its callbacks go to an HTTP address, which this product never registers
		s.violation("card %s was made without callbackType STREAM: its taps go nowhere", outTrackID)
		s.mu.Unlock()
		s.tapped(out, chat)
		return out, nil
	}
	acked := make(chan struct{})
	p := &pending{typ: "CALLBACK", topic: topicCard, data: data, user: user, conv: chat.id, key: outTrackID, again: -1, done: func(ack Ack) {
		out.Code, out.Answered = ack.Code, ack.Code == 200
		s.apply(c, user, ack, &out)
		c.settle()
		close(acked)
	}}
	c.expect()
	c.lastTap, c.lastTapper = p, user
	s.mu.Unlock()

	start := time.Now()
	pushed := s.push(p, false) != ""
	if pushed {
		t := time.NewTimer(s.cfg.CardAnswer)
		defer t.Stop()
		select {
		case <-acked:
		case <-t.C:
		case <-s.done:
		}
	}
	s.mu.Lock()
	select {
	case <-acked:
	default:
		p.late = true
		c.settle()
	}
	out.Pushed, out.Took = pushed, time.Since(start)
	s.mu.Unlock()
	s.tapped(out, chat)
	return out, nil
}

// TapAgain pushes the newest callback of a card once more under the same messageId, as the platform does when an answer got
// lost on its way, and waits until the application has answered.
func (s *Server) TapAgain(outTrackID string) error {
	s.mu.Lock()
	c := s.cards[outTrackID]
	if c == nil || c.lastTap == nil {
		s.mu.Unlock()
		return fmt.Errorf("dingtalktest: card %q was never pressed", outTrackID)
	}
	again, user, acked := *c.lastTap, c.lastTapper, make(chan struct{})
	again.late, again.attempt, again.ids = false, 0, nil
	again.done = func(ack Ack) {
		s.apply(c, user, ack, &TapResult{})
		c.settle()
		close(acked)
	}
	c.expect()
	s.mu.Unlock()
	if s.push(&again, true) == "" {
		return errors.New("dingtalktest: no connection takes callbacks")
	}
	t := time.NewTimer(s.cfg.CardAnswer)
	defer t.Stop()
	select {
	case <-acked:
		return nil
	case <-t.C:
		return errors.New("dingtalktest: the repeated callback was not answered in time")
	}
}

// expect counts a callback that waits for its answer. The caller holds Server.mu.
func (c *card) expect() {
	if c.waiting++; c.waiting == 1 {
		c.idle = make(chan struct{})
	}
}

// settle counts a callback whose answer came, or can no longer come. The caller holds Server.mu.
func (c *card) settle() {
	if c.waiting--; c.waiting == 0 {
		close(c.idle)
	}
}

func (s *Server) tapped(r TapResult, chat *conversation) {
	s.log.add(Entry{At: s.Now(), Kind: KindTap, User: r.User, Conversation: chat.id, ID: r.OutTrackID, Text: r.ActionID, Tap: &r})
}

// sees finds a chat in which the person sees the card. The caller holds s.mu.
func (s *Server) sees(c *card, user string) *conversation {
	for _, p := range c.places {
		chat, sent := s.chats[p.chat], s.sends[p.sent]
		if chat.has(user) && (p.only == nil || slices.Contains(p.only, user)) && (sent == nil || !sent.gone) {
			return chat
		}
	}
	return nil
}

// apply does to the card what the answer of a callback says: private data of the tapper at once, public
// data in the tapper's view until the next update shows it to everybody. The caller holds s.mu.
func (s *Server) apply(c *card, user string, ack Ack, out *TapResult) {
	var in struct {
		Response *struct {
			Options         updateOptions `json:"cardUpdateOptions"`
			CardData        *params       `json:"cardData"`
			UserPrivateData *params       `json:"userPrivateData"`
		} `json:"response"`
	}
	if ack.Code != 200 || ack.Data == "" {
		return
	}
	if err := json.Unmarshal([]byte(ack.Data), &in); err != nil {
		s.violation("answer to the callback of card %s: %v", c.id, err)
		return
	}
	var raw struct{ Response json.RawMessage }
	_ = json.Unmarshal([]byte(ack.Data), &raw)
	out.Response = raw.Response
	if in.Response == nil {
		return
	}
	public, no := in.Response.CardData.strings()
	if no == nil {
		var private map[string]string
		if private, no = in.Response.UserPrivateData.strings(); no == nil && len(private) > 0 {
			if in.Response.Options.PrivateByKey && c.private[user] != nil {
				maps.Copy(c.private[user], private)
			} else {
				c.private[user] = private
			}
		}
	}
	if no != nil {
		s.violation("answer to the callback of card %s: %s", c.id, no.message)
		return
	}
	if in.Response.CardData != nil && len(public) > 0 {
		if !in.Response.Options.DataByKey { // replaces the whole map in the tapper's view
			for k := range c.data {
				if _, ok := public[k]; !ok {
					public[k] = ""
				}
			}
		}
		maps.Copy(c.answered, public)
		c.tappers[user] = true
	}
	if in.Response.CardData != nil || in.Response.UserPrivateData != nil {
		s.changed(c, user)
	}
}
