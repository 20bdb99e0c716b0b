package dingtalk

import (
	"strings"

	"gendan/bot/chat"
)

// quote reads what a message answers to, in every shape that clients send. A quoted file is added to the
// message's own files, because in groups quoting one is the only way to show it to a robot.
func (r reader) quote(m *chat.Message, n node) {
	replied := n.at("text").at("repliedMsg")
	if !replied.there() {
		replied = n.at("content").at("repliedMsg")
	}
	if !replied.there() {
		replied = n.at("repliedMsg", "quoteMessage")
	}
	id := n.at("originalMsgId").str()
	if !replied.there() {
		if key := n.at("originalProcessQueryKey").str(); key != "" {
			m.Quote = &chat.Quote{ID: key}
		} else if id != "" {
			m.Quote = &chat.Quote{ID: id}
		}
		return
	}
	q := &chat.Quote{ID: first(replied.at("msgId").str(), id)}
	q.Kind, q.Text = quoted(replied)
	// Our own cards and pushes are known by the key that sending them gave.
	if key := n.at("originalProcessQueryKey").str(); key != "" && replied.at("senderId").str() == n.at("chatbotUserId").str() {
		q.ID = key
	}
	m.Quote = q
	if content := replied.at("content"); m.Kind == chat.Text && q.Kind != chat.Record {
		kind := q.Kind
		switch kind {
		case chat.Image, chat.File, chat.Video, chat.Voice:
			r.attach(m, kind, content.at("fileName").str(), content)
		case chat.Mixed:
			for _, it := range content.at("richText", "richTextList").list() {
				r.attach(m, chat.Image, "", it)
			}
		}
	}
}

// quoted is the kind and the words of a quoted message.
func quoted(replied node) (chat.Kind, string) {
	content := replied.at("content")
	words := strings.TrimFunc(first(content.at("text").str(), content.at("content").str(), plain(content),
		replied.at("text").at("content").str()), blank)
	switch kind := replied.at("msgType", "msgtype").str(); kind {
	case "text", "markdown", "reply":
		return chat.Text, words
	case "picture", "image":
		return chat.Image, words
	case "file":
		return chat.File, first(content.at("fileName").str(), words)
	case "audio":
		return chat.Voice, first(content.at("recognition").str(), words)
	case "video":
		return chat.Video, words
	case "richText":
		return quotedRich(content)
	case "chatRecord":
		lines := content.at("summary").str()
		if items := content.at("summary").list(); len(items) > 0 {
			var b strings.Builder
			for _, it := range items {
				b.WriteString(it.str() + "\n")
			}
			lines = b.String()
		}
		return chat.Record, strings.TrimFunc(content.at("title").str()+"\n"+lines, blank)
	case "interactiveCard", "actionCard", "link":
		return chat.Link, first(linkText(replied), words)
	default:
		if words != "" {
			return chat.Text, words
		}
		return chat.Unsupported, ""
	}
}

// quotedRich joins the words of a quoted rich text; here an item's type may be called msgType and its words content.
func quotedRich(content node) (chat.Kind, string) {
	var b strings.Builder
	kind := chat.Text
	for _, it := range content.at("richText", "richTextList").list() {
		switch {
		case it.at("downloadCode", "pictureDownloadCode").there():
			kind = chat.Mixed
		case it.at("atName").there():
			b.WriteString("@" + it.at("atName").str() + " ")
		default:
			b.WriteString(it.at("text", "content").str())
		}
	}
	return kind, strings.TrimFunc(b.String(), blank)
}
