package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

const (
	contactTextBytes = 4000             // of a welcome or group message
	contactFilesMost = 9                // attachments of one
	welcomeSpan      = 20 * time.Second // a welcome code lives
	welcomeSpare     = 2 * time.Second  // of it that sending may take
	lostAnswer       = 3 * time.Second  // before the platform's list is asked what became of a lost answer
)

// contactHandle is what [chat.Message.AnswerTo] of a new contact holds.
type contactHandle struct {
	Code  string `json:"code,omitempty"`  // of send_welcome_msg, good once
	Until int64  `json:"until,omitempty"` // Unix seconds: the code's end
}

func (h contactHandle) raw() json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // a string and a number
	}
	return b
}

// contactBody is a welcome or group message. The SDK's type of the same writes an empty object for every kind that an
// attachment is not, and an empty tag filter: what the platform makes of those is not documented.
type contactBody struct {
	Text  map[string]string `json:"text,omitempty"`
	Files []map[string]any  `json:"attachments,omitempty"`
}

// Send makes r a task of the colleague, or a welcome when r answers a new contact whose code still lives. The returned
// number is the task's: whether the customer got it is told to the [ContactBook] later. A key that was made a task already
// makes no second one.
func (c *Contact) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	to := string(r.Conversation)
	if to == "" {
		to = string(r.To)
	}
	user, customer, ok := contactParties(to)
	if !ok {
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: contact: no customer in %q and %q", r.Conversation, r.To)}
	}
	if r.Quiet {
		return "", nil // nothing that a customer has seen can be changed
	}
	if r.Key == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Err: errors.New("wecom: contact: a reply without a key could be sent twice")}
	}
	var h contactHandle
	if len(r.AnswerTo) > 0 && json.Unmarshal(r.AnswerTo, &h) == nil && h.Code != "" {
		return c.welcome(ctx, h, r)
	}
	return c.task(ctx, user, customer, r)
}

// body is r as the platform takes it.
func (c *Contact) body(ctx context.Context, r chat.Reply) (b contactBody, err error) {
	if text, _ := clipBytes(strings.TrimSpace(r.Text), contactTextBytes); text != "" {
		b.Text = map[string]string{"content": text}
	}
	for i, f := range r.Files[:min(len(r.Files), contactFilesMost)] {
		kind := mediaKind(f.Kind)
		id, err := c.uploads.get(ctx, uploadKey(ContactName, r, i), func(ctx context.Context) (string, error) {
			return c.api.upload(ctx, kind, f.Name, f.Data)
		})
		if err != nil {
			return b, err
		}
		b.Files = append(b.Files, map[string]any{"msgtype": kind, kind: map[string]string{"media_id": id}})
	}
	if b.Text == nil && b.Files == nil {
		return b, &chat.SendError{Fault: chat.Rejected, Err: errors.New("wecom: contact: nothing to say")}
	}
	return b, nil
}

// welcome greets a new contact. What comes too late, or is not wanted by the platform, is worth nothing and dropped.
func (c *Contact) welcome(ctx context.Context, h contactHandle, r chat.Reply) (chat.MessageID, error) {
	end := unixOr(h.Until, c.now())
	if !c.now().Before(end.Add(-welcomeSpare)) {
		c.log.Info("contact: a welcome came too late", zap.String("key", r.Key))
		return "", nil
	}
	body, err := c.body(ctx, r)
	if err != nil {
		return "", c.report(err)
	}
	err = c.api.call(ctx, "externalcontact/send_welcome_msg", nil, struct {
		Code string `json:"welcome_code"`
		contactBody
	}{h.Code, body}, nil)
	switch code := kfCode(err); {
	case err == nil:
		c.setTrouble("")
		return "", nil
	case code == 41050, code == 41051: // used (by an attempt whose answer was lost) or over; or the two have chatted
		c.log.Info("contact: welcome not taken", zap.Int("code", code))
		return "", nil
	}
	return "", c.report(err)
}

// task makes a group send of one customer.
func (c *Contact) task(ctx context.Context, user, customer string, r chat.Reply) (chat.MessageID, error) {
	t, err := c.cfg.Book.ContactBegin(ctx, r.Key, contactPeer(user, customer))
	switch {
	case err != nil:
		return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: contact: %w", err)}
	case t.Message != "":
		return t.Message, nil // made by an attempt whose end was not heard
	case t.Stop:
		return "", &chat.SendError{Fault: chat.Rejected, Code: chat.TaskStopped, Err: errors.New("wecom: contact: stopped before it was made")}
	}
	body, err := c.body(ctx, r)
	if err != nil {
		return "", c.report(err)
	}
	if t.Again {
		id, err := c.made(ctx, t, user, customer, body.Text["content"])
		if err != nil {
			return "", c.report(err)
		}
		if id != "" {
			return id, nil
		}
	}
	var out struct {
		Failed []string `json:"fail_list"`
		ID     string   `json:"msgid"`
	}
	err = c.api.call(ctx, "externalcontact/add_msg_template", nil, struct {
		ChatType  string   `json:"chat_type"`
		Customers []string `json:"external_userid"`
		Sender    string   `json:"sender"`
		contactBody
	}{"single", []string{customer}, user, body}, &out)
	if err == nil && (out.ID == "" || slices.Contains(out.Failed, customer)) {
		err = &APIError{Path: "externalcontact/add_msg_template", Code: 41048, Msg: "the customer is in fail_list"}
	}
	if err != nil {
		e := c.report(err)
		if e.Fault == chat.Rejected || e.Fault == chat.Unreached {
			if err := c.cfg.Book.ContactLooked(ctx, r.Key, chat.ContactLook{End: chat.TaskRefused, At: c.now()}); err != nil {
				c.log.Warn("contact: refusal not noted", zap.Error(err))
			}
		}
		return "", e
	}
	c.setTrouble("")
	if _, err := c.cfg.Book.ContactMade(ctx, r.Key, chat.MessageID(out.ID)); err != nil {
		// The next attempt finds the task in the platform's list.
		return "", &chat.SendError{Fault: chat.Retry, After: lostAnswer, Err: fmt.Errorf("wecom: contact: %w", err)}
	}
	return chat.MessageID(out.ID), nil
}

// made looks for the task that an earlier attempt may have made: of this text, by this colleague, for this customer, of no
// other key. It returns "" when there is none.
func (c *Contact) made(ctx context.Context, t chat.ContactTask, user, customer, text string) (chat.MessageID, error) {
	list, err := c.api.groupMessages(ctx, t.Begun.Add(-time.Hour), c.now().Add(time.Hour))
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if strings.TrimSpace(m.Text.Content) != text {
			continue
		}
		found, err := c.api.groupResult(ctx, m.ID, user)
		if err != nil {
			return "", err
		}
		if _, ok := found[customer]; !ok {
			continue
		}
		ok, err := c.cfg.Book.ContactMade(ctx, t.Key, chat.MessageID(m.ID))
		if err != nil {
			return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: contact: %w", err)}
		}
		if ok {
			return chat.MessageID(m.ID), nil
		}
	}
	return "", nil
}
