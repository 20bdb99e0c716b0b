package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
)

// address is where a reply goes.
type address struct {
	group string   // openConversationId, "" for a person
	user  string   // staff id of the person; in a group the one answered; "" when unknown
	hook  answerTo // URL is "" when it cannot be used
	conv  chat.ConversationID
}

// Send hands r to DingTalk, by the best surface that works: the card with its own template, else Markdown with
// links, else text; and these by session webhook while it lives (free of the API quota, may mention the asker),
// else by the robot's OpenAPI. A card is sent once per Card.ID however often it is tried; other messages have no
// such key, so a time-out gives [chat.Unsure].
func (a *Adapter) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	id, err := a.send(ctx, r)
	if err != nil {
		f := fault(err, false)
		a.notice(f)
		return id, f
	}
	return id, nil
}

func (a *Adapter) send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	to, err := a.address(r)
	if err != nil {
		return "", err
	}
	id, done, err := a.sendCard(ctx, r, to)
	if err != nil {
		return "", err
	}
	if !done {
		if r.Quiet {
			return "", nil
		}
		if id, err = a.sendWords(ctx, r, to); err != nil {
			return "", err
		}
	}
	for i, f := range r.Files {
		fid, err := a.sendFile(ctx, f, to)
		if err != nil {
			if i > 0 || done || r.Text != "" {
				err = partly(err)
			}
			return id, err
		}
		id = first2(id, fid)
	}
	return id, nil
}

func first2(a, b chat.MessageID) chat.MessageID {
	if a != "" {
		return a
	}
	return b
}

// partly turns err into [chat.Unsure], because a part of the reply is out already and a repeat would double it.
func partly(err error) error {
	f := *fault(err, false)
	f.Fault, f.After = chat.Unsure, 0
	return &f
}

// address finds where r goes; [chat.Unreached] when it names nobody we can write to.
func (a *Adapter) address(r chat.Reply) (address, error) {
	to := address{conv: r.Conversation}
	if to.conv == "" {
		to.conv = conversation(false, "", r.To)
	}
	if hook := a.webhook(r.AnswerTo); hook.Conv == to.conv {
		to.hook = hook // what is meant for one person must not be said in the group that the person asked in
	}
	conv := string(to.conv)
	if id, ok := strings.CutPrefix(conv, Name+":g:"); ok {
		to.group = id
	}
	to.user, _ = staffID(r.To)
	if id, ok := strings.CutPrefix(conv, Name+":p:"); ok && !strings.HasPrefix(id, "?") && to.user == "" {
		to.user = id
	}
	if to.group == "" && to.user == "" && to.hook.URL == "" {
		return to, &chat.SendError{Fault: chat.Unreached, Code: "noStaffId", Err: errors.New("dingtalk: reply names nobody that can be reached")}
	}
	return to, nil
}

// webhookMargin is how long before its end a session webhook is no longer trusted.
const webhookMargin = 30 * time.Second

// webhook reads AnswerTo and keeps its URL only while it lives and points to the configured legacy host: what
// comes in must not choose where we post.
func (a *Adapter) webhook(raw json.RawMessage) answerTo {
	var h answerTo
	if len(raw) == 0 || json.Unmarshal(raw, &h) != nil {
		return answerTo{}
	}
	if !a.trusted(h.URL) {
		if h.URL != "" {
			a.log.Warn("session webhook of a foreign host refused")
		}
		h.URL = ""
	}
	if h.Until > 0 && !a.cfg.Now().Add(webhookMargin).Before(time.UnixMilli(h.Until)) {
		h.URL = ""
	}
	return h
}

// trusted reports whether address has the scheme and host of the configured legacy API.
func (a *Adapter) trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	base, err := url.Parse(a.cfg.OAPIURL)
	return err == nil && u.Scheme == base.Scheme && strings.EqualFold(u.Host, base.Host)
}

// sendWords sends r without card instances, in as many messages as its length needs.
func (a *Adapter) sendWords(ctx context.Context, r chat.Reply, to address) (chat.MessageID, error) {
	if r.Text == "" && r.Markdown == "" {
		return "", nil
	}
	var id chat.MessageID
	for i, b := range render(r, a.cfg.RobotName) {
		part, err := a.sendBody(ctx, b, &to)
		if err != nil {
			if i > 0 {
				err = partly(err)
			}
			return id, err
		}
		id = first2(id, part)
	}
	return id, nil
}

// sendBody sends one message. A webhook that turns out dead is given up for the rest of the reply.
func (a *Adapter) sendBody(ctx context.Context, b body, to *address) (chat.MessageID, error) {
	if to.hook.URL != "" {
		err := a.post(ctx, b, *to)
		var e *apiError
		if err == nil || !errors.As(err, &e) || e.Code != codeDeadWebhook {
			return "", err
		}
		a.log.Info("session webhook is over, sending by OpenAPI", zap.String("conversation", string(to.conv)))
		to.hook.URL = ""
	}
	if b.Markdown {
		return a.push(ctx, *to, "sampleMarkdown", map[string]string{"title": b.Title, "text": b.Text})
	}
	return a.push(ctx, *to, "sampleText", map[string]string{"content": b.Text})
}
