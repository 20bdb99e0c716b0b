package wecomtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// KFEnter lets customer open the chat with account ("" is the first) by a link made with scene, with param added to
// the address. A welcome code comes along when there was none, and no message, for two days.
func (s *Server) KFEnter(account, customer, scene, param string) (msgID string, err error) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	t, err := s.kf.talk(account, customer)
	if err != nil {
		return "", err
	}
	if len(scene) > 32 || len(param) > 128 {
		return "", fmt.Errorf("wecomtest: scene has 32 bytes at most, scene_param 128")
	}
	now := s.Now()
	fields := map[string]any{"scene": scene, "scene_param": url.QueryEscape(param)}
	if now.Sub(t.heard) >= kfWindow && now.Sub(t.welcomed) >= kfWindow {
		t.welcomed = now
		fields["welcome_code"] = s.newKFCode(t, kfWelcomeLife, true)
	}
	s.counts.said.Add(1)
	s.note(Entry{Kind: KindSaid, Door: DoorKF, User: customer, Chat: t.chat(), Text: "enter"})
	return s.kfEvent(t, "enter_session", fields), nil
}

// kfSaid appends what the customer sent and shows it on their screen; the caller holds kf.mu.
func (s *Server) kfSaid(t *kfTalk, b *Bubble, kind string, content any) string {
	now := s.Now()
	if t.now(now) == KFEnded {
		t.state, t.servicer, t.pooled, t.manned = KFNew, "", false, false
	}
	t.heard, t.sent = now, 0
	s.counts.said.Add(1)
	b.From, b.Kind = t.customer.ID, kind
	b.msgID = s.kfAppend(t.account, map[string]any{"external_userid": t.customer.ID, "origin": 3, "msgtype": kind, kind: content})
	s.reveal(t, b, Entry{Kind: KindSaid, ID: b.msgID, Text: b.Text})
	return b.msgID
}

// kfDo runs do with the talk, locked.
func (s *Server) kfDo(account, customer string, do func(t *kfTalk) (string, error)) (string, error) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	t, err := s.kf.talk(account, customer)
	if err != nil {
		return "", err
	}
	return do(t)
}

// KFSay types a text to account.
func (s *Server) KFSay(account, customer, text string) (msgID string, err error) {
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		if text == "" {
			return "", fmt.Errorf("wecomtest: nothing to say")
		}
		return s.kfSaid(t, &Bubble{Text: text}, "text", map[string]any{"content": text}), nil
	})
}

// KFSend sends a file of kind image, voice, video or file.
func (s *Server) KFSend(account, customer, kind, name string, data []byte) (msgID string, err error) {
	if err := checkMedia(kind, data); err != nil {
		return "", fmt.Errorf("wecomtest: %w", err)
	}
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		f := s.newMedia(kind, name, data, false)
		b := &Bubble{File: &FileRef{Name: name, Size: len(data), MediaID: f.id}}
		return s.kfSaid(t, b, kind, map[string]any{"media_id": f.id}), nil
	})
}

// KFLine is a line of a forwarded record.
type KFLine struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// KFForward forwards a chat record (merged_msg) of texts.
func (s *Server) KFForward(account, customer, title string, lines []KFLine) (msgID string, err error) {
	items := []map[string]any{}
	for _, l := range lines {
		inner, err := json.Marshal(map[string]any{"msgtype": "text", "text": map[string]any{"content": l.Text}})
		if err != nil {
			return "", err
		}
		if l.At.IsZero() {
			l.At = s.Now()
		}
		items = append(items, map[string]any{"send_time": l.At.Unix(), "msgtype": "text", "sender_name": l.Name, "msg_content": string(inner)})
	}
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		return s.kfSaid(t, &Bubble{Text: title, Title: "[聊天记录]"}, "merged_msg", map[string]any{"title": title, "item": items}), nil
	})
}

// KFRaw sends any msgtype with any content.
func (s *Server) KFRaw(account, customer, kind string, content json.RawMessage) (msgID string, err error) {
	if !json.Valid(content) {
		return "", fmt.Errorf("wecomtest: content is no JSON")
	}
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		return s.kfSaid(t, &Bubble{Text: "[" + kind + "]"}, kind, content), nil
	})
}

// KFTap taps an entry of a menu on the customer's screen, by the entry's id or its words: the newest menu that has it,
// or the one of the bubble. It goes out as the entry's words with its id.
func (s *Server) KFTap(account, customer, bubble, item string) (msgID string, err error) {
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		for _, b := range slices.Backward(t.show) {
			if b.Menu == nil || b.Recalled || bubble != "" && b.ID != bubble {
				continue
			}
			for _, one := range b.Menu.List {
				if one.Click != nil && (one.Click.ID == item || one.Click.Content == item) {
					return s.kfSaid(t, &Bubble{Text: one.Click.Content}, "text",
						map[string]any{"content": one.Click.Content, "menu_id": one.Click.ID}), nil
				}
			}
		}
		return "", fmt.Errorf("%w: menu entry %q on the screen of %s", ErrNobody, item, customer)
	})
}

// KFRecall lets the customer take back a message of theirs, by its msgid or bubble.
func (s *Server) KFRecall(account, customer, id string) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		return s.kfTakeBack(t, id, func(b *Bubble) bool { return b.From == customer }, "user_recall_msg", map[string]any{})
	})
	return err
}

// kfTakeBack recalls a bubble that mine accepts; the caller holds kf.mu.
func (s *Server) kfTakeBack(t *kfTalk, id string, mine func(*Bubble) bool, event string, fields map[string]any) (string, error) {
	for _, b := range t.show {
		if (b.msgID == id || b.ID == id) && mine(b) && !b.Recalled {
			if s.Now().Sub(b.At) >= 2*time.Minute {
				return "", fmt.Errorf("%w: a message can be taken back for two minutes", ErrUndelivered)
			}
			b.Recalled, b.Text = true, ""
			b.Seq = s.note(Entry{Kind: KindRecall, Door: DoorKF, User: t.customer.ID, Chat: t.chat(), ID: b.msgID})
			fields["recall_msgid"] = b.msgID
			return s.kfEvent(t, event, fields), nil
		}
	}
	return "", fmt.Errorf("%w: message %q", ErrNobody, id)
}

// KFFail lets the next message to customer be accepted, and then fail with fail_type (10: the customer refused it).
func (s *Server) KFFail(account, customer string, failType int) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		t.fail = failType
		return "", nil
	})
	return err
}

// KFView is what the customer sees of account, oldest first.
func (s *Server) KFView(account, customer string) (seen []Bubble) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.account(account)
	if a == nil || a.talks[customer] == nil {
		return nil
	}
	show := a.talks[customer].show
	for _, b := range show[max(0, len(show)-s.cfg.Limits.Bubbles):] {
		one := *b
		one.MsgID = b.msgID
		if one.Menu != nil && one.Text == "" {
			one.Text = one.Menu.text()
		}
		seen = append(seen, one)
	}
	return seen
}

// KFSession tells how a session stands.
type KFSession struct {
	State    int    `json:"service_state"`
	Servicer string `json:"servicer_userid,omitempty"`
	Left     int    `json:"left"` // messages that may still be sent
}

// KFSessionOf tells how customer's session with account stands.
func (s *Server) KFSessionOf(account, customer string) (KFSession, error) {
	var out KFSession
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		out = KFSession{State: t.now(s.Now()), Servicer: t.servicer}
		if out.State <= KFBot {
			out.Left = max(0, kfAllowance-t.sent)
		}
		return "", nil
	})
	return out, err
}

// shortAccount reads "kf:<open_kfid>/<external_userid>", as bots name a conversation.
func shortAccount(name string) (account, customer string, ok bool) {
	rest, found := strings.CutPrefix(name, DoorKF+":")
	account, customer, cut := strings.Cut(rest, "/")
	return account, customer, found && cut
}
