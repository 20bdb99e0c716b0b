package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"gendan/bot/chat"
)

// errForeign refuses a message for a robot that is not ours.
var errForeign = errors.New("message for another robot")

// maxInbound is the longest frame data that is read, bytes; DingTalk's own are far smaller.
const maxInbound = 4 << 20

// answerTo is what Message.AnswerTo holds: the session webhook and whom to mention.
type answerTo struct {
	URL   string              `json:"url"`
	Until int64               `json:"until"` // ms since 1970
	Conv  chat.ConversationID `json:"conv"`  // where the webhook speaks
	User  string              `json:"user,omitempty"`
	Nick  string              `json:"nick,omitempty"`
}

// fileHandle is what Attachment.Handle holds: the code that messageFiles/download takes, and its robot.
type fileHandle struct {
	Code  string `json:"code"`
	Robot string `json:"robot"`
}

// reader turns the data of bot message frames into messages.
type reader struct {
	robotCode string
	robotName string
	now       func() time.Time
}

// message reads the data of a frame of topic /v1.0/im/bot/messages/get. frameID stands in for a missing msgId.
// It fails on data that is no JSON object, on a message that names another robot ([errForeign]) and on one without sender or id.
func (r reader) message(data []byte, frameID string) (chat.Message, error) {
	if len(data) > maxInbound {
		return chat.Message{}, fmt.Errorf("bot message of %d bytes", len(data))
	}
	n, err := parseNode(data)
	if err != nil {
		return chat.Message{}, fmt.Errorf("bot message: %w", err)
	}
	if code := n.at("robotCode").str(); code != "" && code != r.robotCode {
		return chat.Message{}, errForeign
	}
	from := peer(n.at("senderStaffId").str(), n.at("senderId").str())
	m := chat.Message{
		Platform: Name,
		ID:       first(n.at("msgId").str(), frameID),
		From:     from,
		FromName: n.at("senderNick").str(),
		Group:    isGroup(n),
		SentAt:   r.now().UTC(),
	}
	if m.ID == "" || from == "" {
		return chat.Message{}, errors.New("bot message without id or sender")
	}
	m.Conversation = conversation(m.Group, n.at("conversationId").str(), from)
	if ms := n.at("createAt").num(); ms > 0 {
		m.SentAt = time.UnixMilli(ms).UTC()
	}
	m.Mentions = mentions(n)
	m.AnswerTo = handle(n, from, m.Conversation)
	r.fill(&m, n)
	m.Trouble = trouble(n)
	return m, nil
}

// fill reads what depends on the msgtype.
func (r reader) fill(m *chat.Message, n node) {
	kind, content := n.at("msgtype").str(), n.at("content")
	switch kind {
	case "text", "reply", "markdown":
		m.Kind, m.Text = chat.Text, typed(n)
	case "audio":
		m.Kind, m.Text = chat.Voice, content.at("recognition").str()
		r.attach(m, chat.Voice, "", content)
	case "picture", "image":
		m.Kind = chat.Image
		r.attach(m, chat.Image, "", content)
	case "video":
		m.Kind = chat.Video
		r.attach(m, chat.Video, "", content)
	case "file":
		m.Kind = chat.File
		r.attach(m, chat.File, content.at("fileName").str(), content)
	case "richText":
		r.richText(m, n, content)
	case "chatRecord":
		m.Kind, m.Raw = chat.Record, content.raw()
	case "interactiveCard", "actionCard", "link":
		m.Kind, m.Text = chat.Link, linkText(n)
		if m.Text == "" {
			m.Kind, m.Text, m.Raw = chat.Unsupported, kind, n.raw()
		}
	default:
		m.Kind, m.Text = chat.Text, typed(n)
		if m.Text == "" {
			m.Kind, m.Text, m.Raw = chat.Unsupported, first(kind, "unknown"), n.raw()
		}
	}
	if m.Kind == chat.Record && m.Raw == nil {
		m.Raw = json.RawMessage(`{}`)
	}
	if m.Kind != chat.Unsupported && m.Kind != chat.Record {
		m.Text = r.clean(m.Text, m.Group)
	}
	r.quote(m, n)
}

// typed is the words of a text-like message, wherever the client put them.
func typed(n node) string {
	t, c := n.at("text"), n.at("content")
	return first(t.at("content").str(), c.at("text", "content").str(), plain(t), plain(c))
}

// plain is n when it is a string that holds no JSON.
func plain(n node) string {
	if s, ok := n.opened().v.(string); ok {
		return s
	}
	return ""
}

// richText reads words, pictures and mentions; items often lack their type.
func (r reader) richText(m *chat.Message, n, content node) {
	items := content.at("richText", "richTextList")
	if inner := items.at("richTextList"); inner.there() {
		items = inner
	}
	robot := n.at("chatbotUserId").str()
	var b strings.Builder
	for _, it := range items.list() {
		switch {
		case it.at("downloadCode", "pictureDownloadCode", "pictureUrl").there():
			r.attach(m, chat.Image, "", it)
		case it.at("type", "msgType").str() == "at" || it.at("atName").there():
			id := it.at("atUserId").str()
			if id != "" && id == robot {
				continue
			}
			b.WriteString("@" + it.at("atName").str() + " ")
			if id != "" {
				m.Mentions = addPeer(m.Mentions, peer(id, ""))
			}
		default:
			b.WriteString(it.at("text", "content").str())
		}
	}
	m.Text = b.String()
	switch words := strings.TrimFunc(m.Text, blank) != ""; {
	case len(m.Files) == 0:
		m.Kind = chat.Text
	case words:
		m.Kind = chat.Mixed
	default:
		m.Kind = chat.Image
	}
}

// attach adds the file of content, if it has a code to fetch it by.
func (r reader) attach(m *chat.Message, kind chat.Kind, name string, content node) {
	code := content.at("downloadCode", "pictureDownloadCode").str()
	if code == "" {
		return
	}
	h, err := json.Marshal(fileHandle{Code: code, Robot: r.robotCode})
	if err != nil {
		return
	}
	m.Files = append(m.Files, chat.Attachment{Name: name, Kind: kind, Size: max(0, content.at("fileSize", "size").num()), Handle: h})
}

// linkText is title, words and address of a shared card or document, a line each.
func linkText(n node) string {
	c := n.at("content")
	if !c.there() {
		c = n.at("link")
	}
	lines := []string{c.at("title").str(), c.at("text", "description").str(),
		c.at("biz_custom_action_url", "messageUrl", "actionUrl", "singleURL", "url").str()}
	for _, it := range c.at("actionUrlItemList").list() {
		lines = append(lines, it.at("actionUrl").str())
	}
	var b strings.Builder
	for _, l := range lines {
		if l = strings.TrimFunc(l, blank); l != "" {
			b.WriteString(l + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// clean trims blanks of every kind and, in a group, the mention of the robot where a client left it in.
func (r reader) clean(s string, group bool) string {
	s = strings.TrimFunc(s, blank)
	if group && r.robotName != "" {
		for strings.HasPrefix(s, "@"+r.robotName) {
			s = strings.TrimFunc(strings.TrimPrefix(s, "@"+r.robotName), blank)
		}
	}
	return s
}

// blank reports what may be cut from the ends of a text: Unicode spaces and the invisible marks that clients put around mentions.
func blank(c rune) bool {
	return unicode.IsSpace(c) || c == '\u200b' || c == '\u2060' || c == '\ufeff' || c == '\u200e' || c == '\u200f'
}

// handle makes Message.AnswerTo; nil without a webhook.
func handle(n node, from chat.PeerID, conv chat.ConversationID) json.RawMessage {
	h := answerTo{Conv: conv, URL: n.at("sessionWebhook").str(), Until: n.at("sessionWebhookExpiredTime").num(), Nick: n.at("senderNick").str()}
	if h.URL == "" {
		return nil
	}
	h.User, _ = staffID(from)
	b, err := json.Marshal(h)
	if err != nil {
		return nil
	}
	return b
}

// trouble says why a message came without its content: the month's push quota is used up (errCode 20001).
func trouble(n node) string {
	code := n.at("errCode", "errcode").str()
	if code == "" {
		code = n.at("content").at("errCode", "errcode").str()
	}
	if code == "" || code == "0" {
		return ""
	}
	return "钉钉没有把这条消息的内容给我们（" + code + "）：本月消息推送额度很可能用完了，请管理员到钉钉开放平台查看用量并升级版本或购买额度。"
}

// first is the first of s that is not empty.
func first(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
