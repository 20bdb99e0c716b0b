package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
)

// said is a message that somebody sent, and what the platform knows of it.
type said struct {
	who     person
	text    string
	id      string // the platform's
	offline bool   // the platform had nobody to deliver it to

	receipt *wecomtest.Receipt
	mu      sync.Mutex
	taken   bool // gendan acknowledged it
}

// inboxID is what the inbox calls the message.
func (s *said) inboxID() string {
	switch s.who.door {
	case bot:
		return "bot:" + s.id
	case app:
		return "app:" + s.id
	}
	return s.id
}

// say lets p write text.
func (h *house) say(p person, text string) *said {
	h.t.Helper()
	s, err := h.trySay(p, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// trySay is say for other goroutines than the test's.
func (h *house) trySay(p person, text string) (*said, error) {
	s := &said{who: p, text: text}
	if p.door == ding {
		sent, err := h.ding.Say(p.id, text, dingtalktest.Say{})
		if err != nil {
			return nil, fmt.Errorf("%s says %q: %w", p.name, text, err)
		}
		s.id, s.offline = sent.MsgID, !sent.Pushed
		return s, nil
	}
	opt := wecomtest.Options{}
	if p.door == app {
		opt.Door = wecomtest.DoorApp
	}
	r, err := h.wecom.Say(p.id, text, opt)
	switch {
	case errors.Is(err, wecomtest.ErrOffline):
		s.offline = true
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("%s says %q: %w", p.name, text, err)
	}
	s.id, s.receipt = r.MsgID, r
	if p.door == app {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			d, err := r.Wait(ctx)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.taken = err == nil && d.Err == nil && d.Status == 200
		}()
	}
	return s, nil
}

// acknowledged tells whether gendan took the message in the platform's terms: HTTP 200 from the callback, or a
// stream ACK. The long connection of WeCom's AI bot has no such thing.
func (h *house) acknowledged(s *said) bool {
	if s.who.door == ding {
		for _, e := range h.ding.Journal(0, dingtalktest.Filter{Kind: dingtalktest.KindAck, ID: s.id}) {
			if e.Ack.Code == 200 {
				return true
			}
		}
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// bubble is a message on a person's screen that the bot wrote.
type bubble struct {
	kind, text string
	at         time.Time
}

// screen is what the bot has said to p, as p sees it now.
func (h *house) screen(p person) (list []bubble) {
	if p.door == ding {
		all, err := h.ding.Bubbles(p.id, "")
		if err != nil {
			h.t.Fatal(err)
		}
		for _, b := range all {
			if b.From == dingtalktest.Robot {
				text := b.Title + "\n" + b.Text
				if b.Card != nil {
					for _, v := range b.Card.Data {
						text += "\n" + v
					}
				}
				list = append(list, bubble{b.MsgType, text, b.At})
			}
		}
		return list
	}
	for _, b := range h.wecom.View(p.id) {
		if b.From != "" {
			continue
		}
		text := b.Title + "\n" + b.Text
		if c := b.Card; c != nil {
			text += "\n" + c.SubTitle
			if c.MainTitle != nil {
				text += "\n" + c.MainTitle.Title + "\n" + c.MainTitle.Desc
			}
			for _, f := range c.Horizontal {
				text += "\n" + f.KeyName + f.Value
			}
		}
		list = append(list, bubble{b.Kind, text, b.At})
	}
	return list
}

// shows waits until p's screen shows all of words in one message.
func (h *house) shows(p person, most time.Duration, words ...string) {
	h.t.Helper()
	begun := time.Now()
	for {
		list := h.screen(p)
		for _, b := range list {
			all := true
			for _, w := range words {
				all = all && strings.Contains(b.text, w)
			}
			if all {
				return
			}
		}
		if time.Since(begun) > most {
			h.t.Fatalf("%s does not see %q within %s, but: %+v", p.name, words, most, list)
		}
		time.Sleep(15 * time.Millisecond)
	}
}

// replies lets p write text and waits for a message that was not on the screen as it is now, with word in it: what is
// said next finds this one answered.
func (h *house) replies(p person, text, word string) {
	h.t.Helper()
	old := map[string]bool{}
	for _, b := range h.screen(p) {
		old[b.text] = true
	}
	defer func() {
		if list := h.screen(p); h.t.Failed() {
			for _, b := range list[max(0, len(list)-3):] {
				h.t.Log("on the screen: " + b.text)
			}
		}
	}()
	h.say(p, text)
	until(h.t, p.name+" reads "+word+" after "+text, 45*time.Second, func() bool {
		for _, b := range h.screen(p) {
			if !old[b.text] && strings.Contains(b.text, word) {
				return true
			}
		}
		return false
	})
}

// writes lets p say what is to be written and waits for the receipt, which holds the word receipt. When the bot shows first
// what it understood, p confirms, as people do: a question never passes for a receipt.
func (h *house) writes(p person, text, receipt string) {
	h.t.Helper()
	before, confirmed := len(h.screen(p)), false
	h.say(p, text)
	until(h.t, p.name+" has "+receipt+" for "+text, 45*time.Second, func() bool {
		list := h.screen(p)
		for _, b := range list[min(before, len(list)):] {
			asked := strings.Contains(b.text, "仅你可确认") || strings.Contains(b.text, "请确认")
			switch {
			case asked && !confirmed:
				confirmed = true
				h.say(p, "确认")
			case !asked && strings.Contains(b.text, receipt):
				return true
			}
		}
		return false
	})
}

// opening makes everybody's customer, in conversation.
func (h *house) opening() {
	h.t.Helper()
	for _, p := range h.people {
		h.say(p, "新客户 "+p.firm)
	}
	for _, p := range h.people {
		h.shows(p, 20*time.Second, "已新建客户 "+p.firm)
	}
}
