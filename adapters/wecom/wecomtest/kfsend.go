package wecomtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// KFMenu is a menu message (msgmenu).
type KFMenu struct {
	Head string       `json:"head_content,omitempty"`
	List []KFMenuItem `json:"list"`
	Tail string       `json:"tail_content,omitempty"`
}

// KFMenuItem is an entry of a menu: of one of four types.
type KFMenuItem struct {
	Type  string `json:"type"` // click, view, miniprogram or text
	Click *struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	} `json:"click,omitempty"`
	View *struct {
		URL     string `json:"url"`
		Content string `json:"content"`
	} `json:"view,omitempty"`
	Mini *struct {
		AppID    string `json:"appid"`
		PagePath string `json:"pagepath"`
		Content  string `json:"content"`
	} `json:"miniprogram,omitempty"`
	Text *struct {
		Content   string `json:"content"`
		NoNewLine int    `json:"no_newline"`
	} `json:"text,omitempty"`
}

// Words are what an entry shows.
func (i *KFMenuItem) Words() string {
	switch {
	case i.Click != nil:
		return i.Click.Content
	case i.View != nil:
		return i.View.Content
	case i.Mini != nil:
		return i.Mini.Content
	case i.Text != nil:
		return i.Text.Content
	}
	return ""
}

// kfContent is the part of a message that its msgtype names.
type kfContent struct {
	Text  *textBody  `json:"text"`
	Image *mediaBody `json:"image"`
	Voice *mediaBody `json:"voice"`
	Video *mediaBody `json:"video"`
	File  *mediaBody `json:"file"`
	Link  *struct {
		Title string `json:"title"`
		Desc  string `json:"desc"`
		URL   string `json:"url"`
		Thumb string `json:"thumb_media_id"`
	} `json:"link"`
	Location *struct {
		Name      string  `json:"name"`
		Address   string  `json:"address"`
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
	} `json:"location"`
	CALink *struct {
		LinkURL string `json:"link_url"`
	} `json:"ca_link"`
	Menu *KFMenu `json:"msgmenu"`
}

// kfBubble checks the content and makes a bubble of it.
func (s *Server) kfBubble(kind string, body []byte) (*Bubble, *apiError) {
	var c kfContent
	if json.Unmarshal(body, &c) != nil {
		return nil, fail(47001, "data format error")
	}
	b := &Bubble{Kind: kind}
	media := func(m *mediaBody) (*Bubble, *apiError) {
		if m == nil || m.MediaID == "" {
			return nil, fail(40058, "missing media_id")
		}
		ref, err := s.media.ref(m.MediaID, kind, s.Now())
		b.File = ref
		return b, err
	}
	switch {
	case kind == "text" && (c.Text == nil || c.Text.Content == ""):
		return nil, fail(44004, "empty content")
	case kind == "text" && len(c.Text.Content) > 2048:
		return nil, fail(45002, "content too long")
	case kind == "text":
		b.Text = c.Text.Content
	case kind == "image":
		return media(c.Image)
	case kind == "voice":
		return media(c.Voice)
	case kind == "video":
		return media(c.Video)
	case kind == "file":
		return media(c.File)
	case kind == "link":
		if l := c.Link; l == nil || l.Title == "" || l.URL == "" || len(l.Title) > 128 || len(l.Desc) > 512 || len(l.URL) > 2048 {
			return nil, fail(40058, "invalid link")
		}
		if _, err := s.media.ref(c.Link.Thumb, "image", s.Now()); err != nil {
			return nil, err
		}
		b.Title, b.Text, b.URL = c.Link.Title, c.Link.Desc, c.Link.URL
	case kind == "location" && c.Location != nil:
		b.Text = strings.TrimSpace(c.Location.Name + "\n" + c.Location.Address)
	case kind == "ca_link" && c.CALink != nil && c.CALink.LinkURL != "":
		b.URL = c.CALink.LinkURL
	case kind == "msgmenu" && c.Menu != nil:
		if err := c.Menu.check(); err != nil {
			return nil, err
		}
		b.Text, b.Menu = c.Menu.Head, c.Menu
	default:
		return nil, fail(40008, "invalid msgtype %s", kind)
	}
	return b, nil
}

func (m *KFMenu) check() *apiError {
	if len(m.Head) > 1024 || len(m.Tail) > 1024 || len(m.List) > 50 {
		return fail(40058, "msgmenu too long")
	}
	taps := 0
	for i, one := range m.List {
		bad := false
		switch one.Type {
		case "click":
			bad = one.Click == nil || len(one.Click.ID) > 128 || one.Click.Content == "" || len(one.Click.Content) > 128
			taps++
		case "view":
			bad = one.View == nil || one.View.URL == "" || len(one.View.URL) > 2048 || one.View.Content == "" || len(one.View.Content) > 1024
			taps++
		case "miniprogram":
			bad = one.Mini == nil || one.Mini.AppID == "" || one.Mini.PagePath == "" || one.Mini.Content == ""
			taps++
		case "text":
			bad = one.Text == nil || one.Text.Content == "" || len(one.Text.Content) > 256
		default:
			bad = true
		}
		if bad {
			return fail(40058, "invalid msgmenu.list[%d]", i)
		}
	}
	if taps > 10 {
		return fail(40058, "msgmenu: more than 10 entries to tap")
	}
	if m.Head == "" && len(m.List) == 0 && m.Tail == "" {
		return fail(44004, "empty content")
	}
	return nil
}

// apiKFSend is kf/send_msg.
func (s *Server) apiKFSend(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		ToUser   string `json:"touser"`
		OpenKFID string `json:"open_kfid"`
		MsgID    string `json:"msgid"`
		MsgType  string `json:"msgtype"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	t, err := s.kfParties(kfParties{p.OpenKFID, p.ToUser})
	if err != nil {
		return nil, err
	}
	if len(p.MsgID) > 32 || !kfPlain(p.MsgID) {
		return nil, fail(40058, "invalid msgid")
	}
	if p.MsgID != "" && t.ids[p.MsgID] {
		return map[string]any{"msgid": p.MsgID}, nil // shown once
	}
	b, err := s.kfBubble(p.MsgType, c.body)
	switch state := t.now(s.Now()); {
	case err != nil:
		return nil, err
	case state == KFEnded && s.Now().Sub(t.heard) < kfWindow:
		return nil, fail(95013, "conversation end")
	case state == KFPool || state == KFPerson:
		return nil, fail(95018, "send msg session status invalid")
	case state == KFEnded, t.sent >= kfAllowance:
		return nil, fail(95001, "send msg count limit")
	}
	t.sent++
	return s.kfShow(t, b, p.MsgID, c.body), nil
}

// kfShow shows what was sent, or lets it fail afterwards. The caller holds kf.mu.
func (s *Server) kfShow(t *kfTalk, b *Bubble, id string, body []byte) map[string]any {
	if id == "" {
		id = s.kfMsgID()
	}
	t.ids[id] = true
	b.msgID = id
	s.counts.pushes.Add(1)
	if t.fail >= 0 {
		s.note(Entry{Kind: KindDropped, Door: DoorKF, User: t.customer.ID, Chat: t.chat(), ID: id, Code: t.fail, Text: "msg_send_fail", Body: string(body)})
		s.kfEvent(t, "msg_send_fail", map[string]any{"fail_msgid": id, "fail_type": t.fail})
		t.fail = -1
		return map[string]any{"msgid": id}
	}
	s.reveal(t, b, Entry{Kind: KindPush, ID: id, Text: b.Kind, Body: string(body)})
	return map[string]any{"msgid": id}
}

// apiKFAnswer is kf/send_msg_on_event: a welcome (text or menu), or one text at a change of the session. The number of
// a code that is used or over is a guess.
func (s *Server) apiKFAnswer(c *apiCall) (map[string]any, *apiError) {
	var p struct {
		Code    string `json:"code"`
		MsgID   string `json:"msgid"`
		MsgType string `json:"msgtype"`
	}
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	code := s.kf.codes[p.Code]
	switch {
	case code == nil:
		return nil, fail(41050, "invalid code")
	case code.over(s.Now()):
		return nil, fail(41050, "code used or expired")
	case p.MsgType != "text" && !(p.MsgType == "msgmenu" && code.menu):
		return nil, fail(40008, "invalid msgtype %s", p.MsgType)
	case len(p.MsgID) > 32 || !kfPlain(p.MsgID):
		return nil, fail(40058, "invalid msgid")
	}
	b, err := s.kfBubble(p.MsgType, c.body)
	if err != nil {
		return nil, err
	}
	code.used = true
	return s.kfShow(code.talk, b, p.MsgID, c.body), nil
}

// kfText is a menu as one text, for those who look at it without a screen.
func (m *KFMenu) text() string {
	words := []string{m.Head}
	for i := range m.List {
		words = append(words, fmt.Sprintf("[%s]", m.List[i].Words()))
	}
	return strings.TrimSpace(strings.Join(append(words, m.Tail), "\n"))
}
