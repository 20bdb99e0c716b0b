package dingtalktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// maxMarkdown is the longest markdown text of a webhook, in characters.
const maxMarkdown = 5000

// newHook makes the session webhook of a chat. It holds its own data, signed, so that nothing is kept for
// the many that are never used. The caller holds s.mu.
func (s *Server) newHook(c *conversation, now time.Time) (address string, until time.Time) {
	s.count++
	until = now.Add(hookLife)
	b, _ := json.Marshal(hook{c.id, until.UnixMilli(), s.count})
	return s.base + "/robot/sendBySession?session=" + base64.RawURLEncoding.EncodeToString(s.seal(b)), until
}

type hook struct {
	Chat  string `json:"c"`
	Until int64  `json:"u"` // ms
	N     uint64 `json:"n"`
}

func (s *Server) seal(b []byte) []byte {
	h := hmac.New(sha256.New, s.hookKey)
	h.Write(b)
	return append(h.Sum(nil)[:12], b...)
}

// ExpireWebhooks makes every session webhook given out so far invalid.
func (s *Server) ExpireWebhooks() {
	s.mu.Lock()
	s.hookDead = s.count
	s.mu.Unlock()
}

// hooked finds the chat of a session webhook; nil when it is dead. The caller holds s.mu.
func (s *Server) hooked(session string) *conversation {
	raw, err := base64.RawURLEncoding.DecodeString(session)
	if err != nil || len(raw) < 12 || !hmac.Equal(s.seal(raw[12:]), raw) {
		return nil
	}
	var h hook
	if json.Unmarshal(raw[12:], &h) != nil || h.N <= s.hookDead || s.now().UnixMilli() >= h.Until {
		return nil
	}
	return s.chats[h.Chat]
}

func (s *Server) hookRoutes(m *http.ServeMux) {
	const path = "/robot/sendBySession"
	m.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return
		}
		flaw := s.fault(FaultAPI, path, "")
		if flaw != nil && s.obey(w, r, flaw, true) {
			return
		}
		no := s.bySession(r, body)
		if flaw != nil && flaw.After {
			s.deny(w, r, body, flaw, true)
			return
		}
		code, answer := "", map[string]any{"errcode": 0, "errmsg": "ok"}
		if no != nil {
			code, answer = no.code, legacyError(no, randomHex(8))
		}
		s.record(r, body, http.StatusOK, code)
		writeJSON(w, http.StatusOK, answer)
	})
}

// bySession takes an answer by session webhook into the chat.
func (s *Server) bySession(r *http.Request, body []byte) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.hooked(r.URL.Query().Get("session"))
	if c == nil {
		return refuse(0, "300001", "session 不存在")
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return refuse(0, "43004", "无效的HTTP HEADER Content-Type")
	}
	var in webhookBody
	if err := json.Unmarshal(body, &in); err != nil {
		return refuse(0, "40035", "不合法的参数：%v", err)
	}
	if s.exhausted {
		return refuse(0, "90030", "本月 webhook 调用次数已用完")
	}
	if s.cfg.WebhookPerMinute > 0 {
		now := time.Now().UnixNano()
		for len(c.hooks) > 0 && now-c.hooks[0] >= int64(time.Minute) {
			c.hooks = c.hooks[1:]
		}
		if len(c.hooks) >= s.cfg.WebhookPerMinute {
			return refuse(0, "130101", "send too fast, exceed %d times per minute", s.cfg.WebhookPerMinute)
		}
		c.hooks = append(c.hooks, now)
	}
	if in.MsgType == "empty" {
		return nil
	}
	b, no := in.bubble()
	if no != nil {
		return no
	}
	b.ID, b.At, b.From, b.FromName, b.Via = s.id("wh"), s.now(), Robot, s.cfg.RobotName, "webhook"
	if c.group != nil {
		b.AtUsers = s.highlighted(in, b, c)
	}
	s.show(c, b, KindShown)
	return nil
}

// webhookBody is what a webhook takes.
type webhookBody struct {
	MsgType string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Markdown *struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"markdown"`
	ActionCard *struct {
		Title          string `json:"title"`
		Text           string `json:"text"`
		SingleTitle    string `json:"singleTitle"`
		SingleURL      string `json:"singleURL"`
		BtnOrientation string `json:"btnOrientation"`
		Btns           []struct {
			Title     string `json:"title"`
			ActionURL string `json:"actionURL"`
		} `json:"btns"`
	} `json:"actionCard"`
	Link *struct {
		Title      string `json:"title"`
		Text       string `json:"text"`
		MessageURL string `json:"messageUrl"`
		PicURL     string `json:"picUrl"`
	} `json:"link"`
	FeedCard *struct {
		Links []struct {
			Title      string `json:"title"`
			MessageURL string `json:"messageURL"`
			PicURL     string `json:"picURL"`
		} `json:"links"`
	} `json:"feedCard"`
	At *struct {
		AtUserIDs []string `json:"atUserIds"`
		AtMobiles []string `json:"atMobiles"`
		IsAtAll   bool     `json:"isAtAll"`
	} `json:"at"`
}

func (in *webhookBody) bubble() (*Bubble, *refusal) {
	missing := func(what string) (*Bubble, *refusal) {
		return nil, refuse(0, "40035", "缺少参数 %s", what)
	}
	b := &Bubble{MsgType: in.MsgType}
	switch in.MsgType {
	case "text":
		if in.Text == nil || in.Text.Content == "" {
			return missing("text.content")
		}
		b.Text = in.Text.Content
	case "markdown":
		if in.Markdown == nil || in.Markdown.Title == "" || in.Markdown.Text == "" {
			return missing("markdown.title 或 markdown.text")
		}
		b.Title, b.Text = in.Markdown.Title, in.Markdown.Text
		if n := utf8.RuneCountInString(b.Text); n > maxMarkdown {
			return nil, refuse(0, "40035", "markdown.text 有 %d 个字符，超过 %d", n, maxMarkdown)
		}
	case "actionCard":
		a := in.ActionCard
		if a == nil || a.Title == "" || a.Text == "" {
			return missing("actionCard.title 或 actionCard.text")
		}
		b.Title, b.Text = a.Title, a.Text
		if a.SingleTitle != "" {
			b.Buttons = append(b.Buttons, Button{Text: a.SingleTitle, URL: a.SingleURL})
		}
		for _, x := range a.Btns {
			b.Buttons = append(b.Buttons, Button{Text: x.Title, URL: x.ActionURL})
		}
		if len(b.Buttons) == 0 {
			return missing("actionCard.btns")
		}
	case "link":
		if in.Link == nil || in.Link.Title == "" || in.Link.MessageURL == "" {
			return missing("link.title 或 link.messageUrl")
		}
		b.Title, b.Text, b.Links = in.Link.Title, in.Link.Text, []Link{{Text: in.Link.Title, URL: in.Link.MessageURL}}
	case "feedCard":
		if in.FeedCard == nil || len(in.FeedCard.Links) == 0 {
			return missing("feedCard.links")
		}
		for _, l := range in.FeedCard.Links {
			b.Links = append(b.Links, Link{Text: l.Title, URL: l.MessageURL})
		}
		b.Title = in.FeedCard.Links[0].Title
	case "":
		return missing("msgtype")
	default:
		return nil, refuse(0, "400105", "不支持的消息类型：%s", in.MsgType)
	}
	return b, nil
}

// highlighted returns the members that the message really mentions: listed in at, and for markdown and
// ActionCard also written as @userId or @mobile in the text. The client appends the names to a plain text.
// The caller holds s.mu.
func (s *Server) highlighted(in webhookBody, b *Bubble, c *conversation) []string {
	if in.At == nil || b.MsgType == "link" || b.MsgType == "feedCard" {
		return nil
	}
	if in.At.IsAtAll {
		return []string{"@all"}
	}
	var out []string
	add := func(user, written string) {
		if user == "" || !c.has(user) {
			return
		}
		if b.MsgType != "text" && !strings.Contains(b.Text, "@"+written) {
			s.violation("at lists %s, but the %s does not contain @%s: nobody is highlighted", written, b.MsgType, written)
			return
		}
		if b.MsgType == "text" && !strings.Contains(b.Text, "@"+written) {
			b.Text += fmt.Sprintf(" @%s", s.people[user].Name)
		}
		out = append(out, user)
	}
	for _, id := range in.At.AtUserIDs {
		if s.people[id] != nil {
			add(id, id)
		}
	}
	for _, mobile := range in.At.AtMobiles {
		add(s.byMobile[mobile], mobile)
	}
	return out
}
