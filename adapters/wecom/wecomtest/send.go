package wecomtest

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	responseCodeLife = 72 * time.Hour
	recallLife       = 24 * time.Hour
	sentKept         = 50_000 // messages that can still be recalled or updated
)

// sentMessage is what an app sent, to any number of people.
type sentMessage struct {
	id      string
	at      time.Time
	agentID int
	taskID  string
	mu      sync.Mutex
	seen    map[string]*Bubble // by userid; each in that person's app chat
}

func (m *sentMessage) shownTo(user string) *Bubble {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[user]
}

func (m *sentMessage) showTo(user string, b *Bubble) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[user] = b
}

func (m *sentMessage) audience() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.seen))
}

// responseCode changes one card once.
type responseCode struct {
	msg  *sentMessage
	made time.Time
	used bool
}

// sentMessages remembers messages and response codes, the oldest forgotten first.
type sentMessages struct {
	mu     sync.Mutex
	byID   map[string]*sentMessage
	byTask map[string]*sentMessage
	order  []string
	codes  map[string]*responseCode
	codeQ  []string
	dup    map[[32]byte]time.Time // content and receivers, until when a repeat is dropped
}

func (m *sentMessages) init() {
	m.byID, m.byTask = map[string]*sentMessage{}, map[string]*sentMessage{}
	m.codes, m.dup = map[string]*responseCode{}, map[[32]byte]time.Time{}
}

// keep remembers a message; a task_id that is taken is a fault.
func (m *sentMessages) keep(msg *sentMessage) *apiError {
	m.mu.Lock()
	defer m.mu.Unlock()
	if msg.taskID != "" {
		if m.byTask[msg.taskID] != nil {
			return fail(42014, "task_id used before")
		}
		m.byTask[msg.taskID] = msg
	}
	m.byID[msg.id] = msg
	m.order = append(m.order, msg.id)
	for len(m.order) > sentKept {
		old := m.byID[m.order[0]]
		delete(m.byID, old.id)
		if m.byTask[old.taskID] == old {
			delete(m.byTask, old.taskID)
		}
		m.order = m.order[1:]
	}
	return nil
}

func (m *sentMessages) newCode(msg *sentMessage, code string, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.codes[code] = &responseCode{msg: msg, made: now}
	m.codeQ = append(m.codeQ, code)
	for len(m.codeQ) > sentKept {
		delete(m.codes, m.codeQ[0])
		m.codeQ = m.codeQ[1:]
	}
	return code
}

// spend uses a response code up.
func (m *sentMessages) spend(code string, now time.Time) (*sentMessage, *apiError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rc := m.codes[code]
	switch {
	case rc == nil:
		return nil, fail(40058, "invalid response_code")
	case rc.used:
		return nil, fail(42022, "response_code can only be used once")
	case now.Sub(rc.made) >= responseCodeLife:
		return nil, fail(42022, "response_code expired")
	}
	rc.used = true
	return rc.msg, nil
}

// repeats tells whether the same was sent to the same people within the interval, and remembers it.
func (m *sentMessages) repeats(key [32]byte, now time.Time, interval time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until, ok := m.dup[key]; ok && now.Before(until) {
		return true
	}
	if len(m.dup) >= sentKept {
		clear(m.dup)
	}
	m.dup[key] = now.Add(interval)
	return false
}

// sendRequest is the body of message/send.
type sendRequest struct {
	ToUser   string `json:"touser"`
	ToParty  string `json:"toparty"`
	ToTag    string `json:"totag"`
	MsgType  string `json:"msgtype"`
	AgentID  agent  `json:"agentid"`
	DupCheck int    `json:"enable_duplicate_check"`
	DupSpan  int    `json:"duplicate_check_interval"` // seconds
	content
}

// agent is an agentid: a number, or the text of one as the Go SDK sends it.
type agent int

func (a *agent) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	*a = agent(n)
	return err
}

// content is the part of a message that its msgtype names.
type content struct {
	Text     *textBody    `json:"text"`
	Markdown *textBody    `json:"markdown"`
	Image    *mediaBody   `json:"image"`
	Voice    *mediaBody   `json:"voice"`
	Video    *mediaBody   `json:"video"`
	File     *mediaBody   `json:"file"`
	TextCard *textCard    `json:"textcard"`
	News     *newsBody    `json:"news"`
	MPNews   *newsBody    `json:"mpnews"`
	Mini     *miniProgram `json:"miniprogram_notice"`
	Card     *Card        `json:"template_card"`
}

type textBody struct {
	Content string `json:"content"`
}

type mediaBody struct {
	MediaID     string `json:"media_id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type textCard struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	BtnTxt      string `json:"btntxt"`
}

type newsBody struct {
	Articles []article `json:"articles"`
}

type article struct {
	Title        string `json:"title"`
	Description  string `json:"description"`
	URL          string `json:"url"`
	PicURL       string `json:"picurl"`
	AppID        string `json:"appid"`
	ThumbMediaID string `json:"thumb_media_id"`
	Content      string `json:"content"`
	Digest       string `json:"digest"`
}

type miniProgram struct {
	AppID string      `json:"appid"`
	Page  string      `json:"page"`
	Title string      `json:"title"`
	Desc  string      `json:"description"`
	Items []CardTitle `json:"content_item"`
}

// bubble checks a message of an app and draws it; most is the byte limit of text and markdown.
func (s *Server) bubble(kind string, c *content, most int) (*Bubble, *apiError) {
	b := &Bubble{Kind: kind}
	missing := func() (*Bubble, *apiError) { return nil, fail(40058, "missing field `%s`", kind) }
	switch kind {
	case "text", "markdown":
		body := c.Text
		if kind == "markdown" {
			body = c.Markdown
		}
		if body == nil {
			return missing()
		}
		if strings.TrimSpace(body.Content) == "" {
			return nil, fail(44004, "text content is empty")
		}
		if !utf8.ValidString(body.Content) {
			return nil, fail(40033, "invalid characters")
		}
		if len(body.Content) > most {
			return nil, fail(45002, "content size out of limit")
		}
		b.Text = body.Content
	case "image", "voice", "video", "file":
		body := map[string]*mediaBody{"image": c.Image, "voice": c.Voice, "video": c.Video, "file": c.File}[kind]
		if body == nil {
			return missing()
		}
		if len(body.Title) > 128 || len(body.Description) > 512 {
			return nil, fail(45002, "title or description size out of limit")
		}
		f, err := s.media.ref(body.MediaID, kind, s.Now())
		if err != nil {
			return nil, err
		}
		b.File, b.Title, b.Text = f, body.Title, body.Description
	case "textcard":
		t := c.TextCard
		if t == nil || t.Title == "" || t.Description == "" || t.URL == "" {
			return nil, fail(40058, "textcard needs title, description and url")
		}
		if runes(t.Title) > 128 || runes(t.Description) > 512 || len(t.URL) > 2048 || runes(t.BtnTxt) > 4 {
			return nil, fail(45002, "textcard size out of limit")
		}
		b.Title, b.Text, b.URL = t.Title, t.Description, t.URL
	case "news", "mpnews":
		body := c.News
		if kind == "mpnews" {
			body = c.MPNews
		}
		if body == nil {
			return missing()
		}
		if len(body.Articles) < 1 || len(body.Articles) > 8 {
			return nil, fail(45008, "articles must be 1 to 8")
		}
		return s.articles(b, body.Articles)
	case "miniprogram_notice":
		m := c.Mini
		if m == nil || m.AppID == "" {
			return missing()
		}
		if n := runes(m.Title); n < 4 || n > 12 || len(m.Items) > 10 {
			return nil, fail(45002, "miniprogram_notice: title of 4 to 12 characters, at most 10 items")
		}
		b.Title, b.Text = m.Title, m.Desc
	case "template_card":
		if c.Card == nil {
			return missing()
		}
		if err := c.Card.check(); err != nil {
			return nil, err
		}
		b.Card = c.Card
	default:
		return nil, fail(40008, "invalid message type")
	}
	return b, nil
}

func (s *Server) articles(b *Bubble, list []article) (*Bubble, *apiError) {
	var lines []string
	for _, a := range list {
		if a.Title == "" || b.Kind == "news" && a.URL == "" && a.AppID == "" {
			return nil, fail(40058, "article needs title and url")
		}
		if len(a.Title) > 128 || len(a.Description) > 512 || len(a.Digest) > 512 || len(a.Content) > 666<<10 {
			return nil, fail(45002, "article size out of limit")
		}
		if b.Kind == "mpnews" {
			if _, err := s.media.ref(a.ThumbMediaID, "image", s.Now()); err != nil {
				return nil, err
			}
		}
		lines = append(lines, a.Title, a.Description+a.Digest, a.URL)
	}
	b.Title, b.URL = list[0].Title, list[0].URL
	b.Text = strings.Join(lines, "\n")
	return b, nil
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func (s *Server) apiSend(c *apiCall) (map[string]any, *apiError) {
	var req sendRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if int(req.AgentID) != s.cfg.AgentID {
		return nil, fail(301002, "not allow operate another agent with this accesstoken")
	}
	to, bad, err := s.receivers(&req)
	if err != nil {
		return nil, err
	}
	b, err := s.bubble(req.MsgType, &req.content, 2048)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{
		"invaliduser": strings.Join(bad.users, "|"), "invalidparty": strings.Join(bad.parties, "|"),
		"invalidtag": strings.Join(bad.tags, "|"), "unlicenseduser": "", "msgid": "",
	}
	if len(to) == 0 {
		return nil, fail(81013, "user & party & tag all invalid")
	}
	msg := &sentMessage{id: s.ids.opaque("sim", 24), at: s.Now(), agentID: s.cfg.AgentID, seen: map[string]*Bubble{}}
	fields["msgid"] = msg.id
	if req.DupCheck == 1 && s.repeated(&req, c.body) {
		for _, p := range to {
			s.drop(p.UserID, msg.id, "duplicate", c.body)
		}
		return fields, nil
	}
	if b.Card != nil {
		msg.taskID = b.Card.TaskID
	}
	if err := s.sent.keep(msg); err != nil {
		return nil, err
	}
	body := string(c.body)
	for _, p := range to {
		s.push(p, msg, *b, body)
	}
	if b.Card != nil && b.Card.callsBack() {
		fields["response_code"] = s.sent.newCode(msg, s.ids.opaque("", 32), msg.at)
	}
	return fields, nil
}

// push shows b to one person, unless the silent limit per member is reached.
func (s *Server) push(p *person, msg *sentMessage, b Bubble, body string) {
	c := s.chats.open(DoorApp, p.UserID, "")
	c.mu.Lock()
	if !c.meter.take(s.Now(), s.cfg.Limits.PerMinute, s.cfg.Limits.PerHour) {
		c.mu.Unlock()
		s.drop(p.UserID, msg.id, "over 30 a minute or 1000 an hour", []byte(body))
		return
	}
	b.msgID = msg.id
	s.show(c, &b)
	msg.showTo(p.UserID, &b)
	b.Seq = s.note(Entry{Kind: KindPush, Door: DoorApp, User: p.UserID, Chat: c.name, ID: msg.id, Text: b.Kind, Body: body})
	c.mu.Unlock()
	s.counts.pushes.Add(1)
}

func (s *Server) drop(user, id, why string, body []byte) {
	s.counts.dropped.Add(1)
	s.note(Entry{Kind: KindDropped, Door: DoorApp, User: user, ID: id, Text: why, Body: string(body)})
}

type badReceivers struct{ users, parties, tags []string }

// receivers resolves touser, toparty and totag.
func (s *Server) receivers(req *sendRequest) (to []*person, bad badReceivers, err *apiError) {
	users, parties, tags := split(req.ToUser), split(req.ToParty), split(req.ToTag)
	switch {
	case len(users)+len(parties)+len(tags) == 0:
		return nil, bad, fail(40035, "touser, toparty and totag are all empty")
	case len(users) > 1000 || len(parties) > 100 || len(tags) > 100:
		return nil, bad, fail(40031, "too many receivers")
	}
	add := func(p *person) {
		if !p.Inactive && !slices.Contains(to, p) {
			to = append(to, p)
		}
	}
	if req.ToUser == "@all" {
		for _, p := range s.org.everybody() {
			add(s.org.find(p.UserID))
		}
		return to, bad, nil
	}
	for _, u := range users {
		if p := s.org.find(u); p != nil && !p.Inactive {
			add(p)
		} else {
			bad.users = append(bad.users, strings.ToLower(u))
		}
	}
	for _, d := range parties {
		id, convErr := strconv.Atoi(d)
		if convErr != nil || !s.org.hasDepartment(id) {
			bad.parties = append(bad.parties, d)
			continue
		}
		for _, p := range s.org.inDepartment(id, true) {
			add(s.org.find(p.UserID))
		}
	}
	bad.tags = tags // nobody is tagged here
	return to, bad, nil
}

func split(list string) []string {
	return slices.DeleteFunc(strings.Split(list, "|"), func(s string) bool { return s == "" })
}

// repeated asks the duplicate check: same content, same receivers, inside the interval.
func (s *Server) repeated(req *sendRequest, body []byte) bool {
	span := time.Duration(req.DupSpan) * time.Second
	if span <= 0 {
		span = 30 * time.Minute
	}
	var generic map[string]json.RawMessage
	json.Unmarshal(body, &generic)
	key := sha256.Sum256(slices.Concat([]byte(req.ToUser+"\x00"+req.ToParty+"\x00"+req.ToTag+"\x00"+req.MsgType+"\x00"), generic[req.MsgType]))
	return s.sent.repeats(key, s.Now(), min(span, 4*time.Hour))
}
