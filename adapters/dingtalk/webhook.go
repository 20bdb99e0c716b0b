package dingtalk

import (
	"context"
	"net/http"
)

// codeDeadWebhook is errcode 300001, session 不存在: the webhook expired or was never ours.
const codeDeadWebhook = "300001"

// post sends b by the session webhook. In a group the person answered is mentioned.
func (a *Adapter) post(ctx context.Context, b body, to address) error {
	if wait := a.budget.hook(ctx, to.conv); wait > 0 {
		return ownLimit(wait, "webhook messages a minute in this conversation")
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	return a.request(ctx, http.MethodPost, to.hook.URL, "", webhookMessage(b, to), nil)
}

// webhookMessage is the JSON that a session webhook takes. A mention shows only when the words have it too; for
// plain text the client adds it by itself.
func webhookMessage(b body, to address) map[string]any {
	m := map[string]any{}
	mention := to.group != "" && to.user != ""
	if mention {
		m["at"] = map[string]any{"atUserIds": []string{to.user}, "isAtAll": false}
	}
	if !b.Markdown {
		m["msgtype"], m["text"] = "text", map[string]string{"content": b.Text}
		return m
	}
	text := b.Text
	if mention {
		text = "@" + to.user + "  \n" + text
	}
	m["msgtype"], m["markdown"] = "markdown", map[string]string{"title": b.Title, "text": text}
	return m
}
