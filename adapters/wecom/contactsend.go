package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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
	members := r.Members
	if len(members) == 0 {
		members = []chat.ContactMember{{Key: r.Key, Contact: contactPeer(user, customer)}}
	}
	return c.task(ctx, user, members, r)
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

// welcome greets a new contact. What comes too late, or is not wanted by the platform, is worth nothing and dropped; but whoever
// has a part in it to be told of (Members) is told that the customer was not reached.
func (c *Contact) welcome(ctx context.Context, h contactHandle, r chat.Reply) (chat.MessageID, error) {
	end := unixOr(h.Until, c.now())
	if !c.now().Before(end.Add(-welcomeSpare)) {
		c.log.Info("contact: a welcome came too late", zap.String("key", r.Key))
		return "", missed(r, "too late")
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
		return "", missed(r, strconv.FormatInt(int64(code), 10))
	}
	return "", c.report(err)
}

// missed tells of a welcome that was more than a greeting that it was not taken.
func missed(r chat.Reply, why string) error {
	if len(r.Members) == 0 {
		return nil
	}
	return &chat.SendError{Fault: chat.Unreached, Code: why, Err: errors.New("wecom: contact: the welcome was not taken")}
}
