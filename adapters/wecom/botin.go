package wecom

import (
	"strings"
	"time"

	"gendan/adapters/wecom/aibot"
	"gendan/bot/chat"
)

// hearBot takes a callback of the AI bot to the inbox; it runs on the receiving goroutine.
func (a *Adapter) hearBot(cb aibot.Callback) {
	m, ok := botMessage(cb, a.cfg.BotName, a.now())
	if !ok {
		return
	}
	if !m.Group {
		a.doors.used(cb.Message.From.UserID, botDoor)
	}
	answer := cb.ReqID
	if m.Kind == chat.TapKind || m.Kind == chat.Enter {
		answer = ""
	}
	a.inlet.put(m, answer)
}

// botMessage turns a callback of the AI bot into a message. ok is false for events that say nothing to a
// conversation.
func botMessage(cb aibot.Callback, botName string, now time.Time) (m chat.Message, ok bool) {
	b := cb.Message
	if b.From.UserID == "" {
		return chat.Message{}, false
	}
	m = chat.Message{
		Platform: Name, ID: "bot:" + orElse(b.MsgID, cb.ReqID), From: personID(b.From.UserID),
		Conversation: personChat(b.From.UserID), SentAt: unixOr(int64(b.CreateTime), now),
	}
	if b.ChatType == "group" || b.ChatID != "" && b.ChatType == "" {
		m.Group, m.Conversation = true, groupChat(b.ChatID)
	}
	h := handle{Door: botDoor, To: toMessage, At: now.UnixMilli(), ReqID: cb.ReqID, Session: cb.Session}

	if b.MsgType == "event" {
		if b.Event == nil {
			return chat.Message{}, false
		}
		switch {
		case b.Event.Type == aibot.EventEnter:
			m.Kind, h.To = chat.Enter, toEnter
		case b.Event.Type == aibot.EventTap && b.Event.Tap != nil:
			tap := b.Event.Tap
			m.Kind, m.Tap = chat.TapKind, &chat.Tap{Card: tap.TaskID, Button: tap.EventKey}
			h.To, h.Card = toTap, tap.TaskID
		default:
			return chat.Message{}, false
		}
		m.AnswerTo = h.raw()
		return m, true
	}

	var known bool
	if m.Kind, m.Text, m.Files, known = botPart(b.MsgType, b.Part); !known {
		m.Kind, m.Text, m.Raw = chat.Unsupported, b.MsgType, cb.Raw
	} else if m.Group && (m.Kind == chat.Text || m.Kind == chat.Mixed) {
		m.Text = stripMention(m.Text, botName)
	}
	if q := b.Quote; q != nil {
		kind, text, files, known := botPart(q.MsgType, q.Part)
		if known {
			m.Quote = &chat.Quote{Kind: kind, Text: text}
			m.Files = append(m.Files, files...) // in a group quoting is the only way to hand the bot a file
		}
	}
	m.AnswerTo = h.raw()
	return m, true
}

// botPart reads the content of a message or a quote; known is false for a kind that is new to us, or whose
// content is not where it should be.
func botPart(kind string, p aibot.Part) (k chat.Kind, text string, files []chat.Attachment, known bool) {
	media := func(kind chat.Kind, m *aibot.Media) (chat.Kind, string, []chat.Attachment, bool) {
		if m == nil {
			return "", "", nil, false
		}
		return kind, "", []chat.Attachment{{Kind: kind, Handle: fileHandle{Door: botDoor, URL: m.URL, Key: m.AESKey}.raw()}}, true
	}
	switch {
	case kind == "text" && p.Text != nil:
		return chat.Text, strings.TrimSpace(p.Text.Content), nil, true
	case kind == "voice" && p.Voice != nil:
		return chat.Voice, strings.TrimSpace(p.Voice.Content), nil, true
	case kind == "image":
		return media(chat.Image, p.Image)
	case kind == "file":
		return media(chat.File, p.File)
	case kind == "video":
		return media(chat.Video, p.Video)
	case kind == "mixed" && p.Mixed != nil:
		var texts []string
		for _, item := range p.Mixed.Items {
			if item.MsgType == "mixed" {
				continue // never nested by the platform; a hostile one would recurse
			}
			_, t, f, _ := botPart(item.MsgType, item.Part)
			texts, files = append(texts, t), append(files, f...)
		}
		return chat.Mixed, lines(texts...), files, true
	}
	return "", "", nil, false
}

// mentionSpace is what clients put behind a mention: blanks and U+2005 (four-per-em space).
const mentionSpace = " \t\n\u2005\u00a0\u3000"

// stripMention removes the mention of the bot from a group message. The platform leaves "@name" in the text
// and does not say which words are the name: with botName that very mention goes, wherever it stands; without
// it the first word when it is a mention, else a lone mention at the end.
func stripMention(text, botName string) string {
	text = strings.TrimSpace(text)
	if botName != "" {
		before, after, found := strings.Cut(text, "@"+botName)
		if found {
			return strings.TrimSpace(strings.TrimRight(before, mentionSpace) + " " + strings.TrimLeft(after, mentionSpace))
		}
		return text
	}
	if strings.HasPrefix(text, "@") {
		i := strings.IndexAny(text, mentionSpace)
		if i < 0 {
			return ""
		}
		return strings.Trim(text[i:], mentionSpace)
	}
	if i := strings.LastIndexAny(text, mentionSpace); i >= 0 {
		last := strings.TrimLeft(text[i:], mentionSpace)
		if strings.HasPrefix(last, "@") && strings.Count(text, "@") == 1 {
			return strings.TrimRight(text[:i], mentionSpace)
		}
	}
	return text
}
