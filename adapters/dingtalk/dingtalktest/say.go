package dingtalktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// hookLife is how long a session webhook works, on the platform's clock.
const hookLife = 5400 * time.Second

// Say says where and how a person writes.
type Say struct {
	Group     string   `json:"group,omitempty"`     // openConversationId; "" is the 1:1 chat with the robot
	At        []string `json:"at,omitempty"`        // UserIDs, and "robot"; a group message without "robot" is not delivered
	Quote     string   `json:"quote,omitempty"`     // id of the bubble that the message replies to
	KeepNames bool     `json:"keepNames,omitempty"` // leave "@name" of mentioned people in the delivered text; some clients do
	Platform  string   `json:"platform,omitempty"`  // senderPlatform; "" is "Win"
}

// Sent is what became of a person's message.
type Sent struct {
	MsgID      string `json:"msgId"`
	Pushed     bool   `json:"pushed"`               // a frame left for the application
	Connection string `json:"connection,omitempty"` // on this connection; "" when none was there
	Seq        uint64 `json:"seq"`                  // of the journal entry, to wait for what follows
}

// Say writes a text as a person.
func (s *Server) Say(user, text string, o Say) (Sent, error) {
	return s.Send(user, "text", map[string]any{"content": text}, o)
}

// groupKinds are the message types that can be sent to a robot in a group.
var groupKinds = map[string]bool{"text": true, "richText": true, "picture": true}

// mediaKinds are the message types whose content needs a downloadCode.
var mediaKinds = map[string]bool{"picture": true, "audio": true, "video": true, "file": true}

// Send writes any message as a person: msgtype is "text", "richText", "picture", "audio", "video", "file",
// "chatRecord", "unknownMsgType", "interactiveCard" and so on, content what stands under "content" in the
// frame (under "text" for a text). Media without a downloadCode get one, of a small file.
func (s *Server) Send(user, msgtype string, content any, o Say) (Sent, error) {
	fields, err := asMap(content)
	if err != nil {
		return Sent{}, fmt.Errorf("dingtalktest: content: %w", err)
	}
	s.mu.Lock()
	u, c, err := s.where(user, o.Group)
	if err != nil {
		s.mu.Unlock()
		return Sent{}, err
	}
	atRobot := c.group == nil || slices.Contains(o.At, "robot")
	if c.group != nil && atRobot && !groupKinds[msgtype] {
		s.mu.Unlock()
		return Sent{}, fmt.Errorf("dingtalktest: a %s cannot be sent to a robot in a group", msgtype)
	}
	if c.group != nil && atRobot && c.group.NoRobot {
		s.mu.Unlock()
		return Sent{}, errors.New("dingtalktest: the robot is not in this group")
	}
	var quoted *Bubble
	if o.Quote != "" {
		if quoted = c.byID[o.Quote]; quoted == nil {
			s.mu.Unlock()
			return Sent{}, fmt.Errorf("dingtalktest: no message %q to quote in this chat", o.Quote)
		}
	}
	if mediaKinds[msgtype] {
		s.giveCode(msgtype, fields)
	}
	if msgtype == "chatRecord" {
		s.files.killCodes(fields)
	}
	now := s.now()
	msgID := s.id("msg") + "=="
	shown := &Bubble{ID: msgID, At: now, From: user, FromName: u.Name, MsgType: msgtype, Text: s.asSeen(msgtype, fields, o), AtUsers: o.At, content: fields}
	if quoted != nil {
		shown.Quote = &Quote{ID: quoted.ID, From: quoted.From, Text: quoted.preview()}
	}
	seq := s.show(c, shown, KindHeard)
	out := Sent{MsgID: msgID, Seq: seq}
	if !atRobot {
		s.mu.Unlock()
		return out, nil
	}
	m := s.message(u, c, msgID, msgtype, fields, quoted, o, now)
	shape := s.shapeFault(user, m)
	data, err := json.Marshal(m)
	if err != nil {
		s.mu.Unlock()
		return Sent{}, fmt.Errorf("dingtalktest: content: %w", err)
	}
	s.mu.Unlock()
	p := &pending{typ: "CALLBACK", topic: topicBot, data: data, user: user, conv: c.id, key: msgID, again: s.cfg.Repush}
	out.Connection = s.deliver(p, shape)
	out.Pushed = out.Connection != ""
	return out, nil
}

// message builds the data of the bot message frame. The caller holds s.mu.
func (s *Server) message(u *User, c *conversation, msgID, msgtype string, fields map[string]any, quoted *Bubble, o Say, now time.Time) map[string]any {
	platform := o.Platform
	if platform == "" {
		platform = "Win"
	}
	robot := senderID("robot/" + s.cfg.RobotCode)
	hook, until := s.newHook(c, now)
	m := map[string]any{
		"conversationId": c.id, "conversationType": c.typ(), "chatbotCorpId": s.cfg.CorpID, "chatbotUserId": robot,
		"msgId": msgID, "createAt": now.UnixMilli(), "senderId": senderID(u.UserID), "senderNick": u.Name,
		"senderPlatform": platform, "robotCode": s.cfg.RobotCode, "openThreadId": c.id,
		"sessionWebhook": hook, "sessionWebhookExpiredTime": until.UnixMilli(), "msgtype": msgtype,
	}
	if !u.External {
		m["senderCorpId"] = s.cfg.CorpID
		if !s.unpublished {
			m["senderStaffId"], m["senderUnionId"], m["isAdmin"] = u.UserID, u.UnionID, u.Admin
		}
	}
	if c.group != nil {
		m["conversationTitle"], m["isInAtList"] = c.group.Title, true
		at := []map[string]any{{"dingtalkId": robot}}
		for _, id := range o.At {
			if p := s.people[id]; p != nil {
				one := map[string]any{"dingtalkId": senderID(id)}
				if !p.External && !s.unpublished {
					one["staffId"], one["unionId"] = id, p.UnionID
				}
				at = append(at, one)
			}
		}
		m["atUsers"] = at
	}
	if s.exhausted {
		m["errCode"], m["errMsg"] = 20001, "本月消息服务已超量，服务暂停"
		return m
	}
	if msgtype == "text" {
		text, _ := fields["content"].(string)
		t := map[string]any{"content": s.withoutNames(text, c, o)}
		s.addQuote(m, t, quoted)
		m["text"] = t
		return m
	}
	body := maps.Clone(fields)
	if msgtype == "chatRecord" {
		m["isForwardMsg"] = "1"
	}
	s.addQuote(m, body, quoted)
	m["content"] = body
	return m
}

// withoutNames does to a group text what the platform does: the @name of the robot goes and leaves a
// blank, and the names of mentioned people go too. The caller holds s.mu.
func (s *Server) withoutNames(text string, c *conversation, o Say) string {
	if c.group == nil {
		return text
	}
	text = strings.Replace(text, "@"+s.cfg.RobotName, "", 1)
	for _, id := range o.At {
		if p := s.people[id]; p != nil && !o.KeepNames {
			text = strings.ReplaceAll(text, "@"+p.Name, "")
		}
	}
	return " " + strings.TrimLeft(text, " ")
}

// addQuote puts the replied-to message into a message and its body. The caller holds s.mu.
func (s *Server) addQuote(m, body map[string]any, q *Bubble) {
	if q == nil {
		return
	}
	m["originalMsgId"] = q.ID
	body["isReplyMsg"] = true
	replied := map[string]any{"msgId": q.ID, "createdAt": q.At.UnixMilli(), "senderId": senderID(q.From)}
	if q.From == Robot {
		replied["senderId"] = senderID("robot/" + s.cfg.RobotCode)
		if q.Key != "" {
			m["originalProcessQueryKey"] = q.Key
		}
	}
	switch q.MsgType {
	case "text", "markdown":
		replied["msgType"], replied["content"] = q.MsgType, map[string]any{"text": q.Text}
	case "card", "interactiveCard", "actionCard":
		replied["msgType"] = "interactiveCard" // without a body
	case "picture", "file", "audio", "video":
		content := map[string]any{}
		for _, k := range []string{"downloadCode", "fileName", "recognition", "duration"} {
			if v, ok := q.content[k]; ok {
				content[k] = v
			}
		}
		replied["msgType"], replied["content"] = q.MsgType, content
	case "richText":
		replied["msgType"], replied["content"] = q.MsgType, map[string]any{"richText": q.content["richText"]}
	case "chatRecord":
		replied["msgType"], replied["content"] = q.MsgType, map[string]any{"title": "聊天记录", "summary": q.Text}
	default:
		replied["msgType"] = "unknownMsgType"
	}
	body["repliedMsg"] = replied
}

// asSeen is a person's message as the chat shows it. The caller holds s.mu.
func (s *Server) asSeen(msgtype string, f map[string]any, o Say) string {
	str := func(k string) string { v, _ := f[k].(string); return v }
	switch msgtype {
	case "text":
		text := str("content")
		if o.Group != "" && slices.Contains(o.At, "robot") && !strings.Contains(text, "@"+s.cfg.RobotName) {
			text = "@" + s.cfg.RobotName + " " + text
		}
		return text
	case "picture":
		return "[图片]"
	case "audio":
		return "[语音] " + str("recognition")
	case "video":
		return "[视频]"
	case "file":
		return "[文件] " + str("fileName")
	case "richText":
		var b strings.Builder
		items, _ := f["richText"].([]any)
		for _, it := range items {
			item, _ := it.(map[string]any)
			switch {
			case item["text"] != nil:
				fmt.Fprint(&b, item["text"])
			case item["atName"] != nil:
				fmt.Fprintf(&b, "@%v ", item["atName"])
			case item["downloadCode"] != nil || item["type"] == "picture":
				b.WriteString("[图片]")
			}
		}
		return b.String()
	case "chatRecord":
		var lines []string
		if json.Unmarshal([]byte(str("summary")), &lines) == nil {
			return strings.Join(lines, "\n")
		}
		return str("summary")
	}
	return "[" + msgtype + "]"
}

// ChatRecord is the content of a forwarded chat log as DingTalk sends it: names stand only in the summary.
// Each line is a name and a text.
func ChatRecord(lines ...[2]string) map[string]any {
	summary, record := []string{}, []map[string]string{}
	for _, l := range lines {
		summary = append(summary, l[0]+":"+l[1])
		record = append(record, map[string]string{"senderId": senderID(l[0]), "msgType": "text", "content": l[1]})
	}
	a, _ := json.Marshal(summary)
	b, _ := json.Marshal(record)
	return map[string]any{"summary": string(a), "chatRecord": string(b)}
}

// asMap turns content into generic JSON. A nil content is an empty object.
func asMap(content any) (map[string]any, error) {
	b, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	if m == nil {
		m = map[string]any{}
	}
	return m, nil
}
