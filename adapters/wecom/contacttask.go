package wecom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// contactMost is how many customers a group send may have.
const contactMost = 10_000

// part is one customer's part of a task.
type part struct {
	chat.ContactTask
	customer string
}

// task makes one group send of members, all of them contacts of user. What was stopped meanwhile is left out; but a task that an
// earlier attempt has made is taken over as it is, so that whoever looks after tasks takes it back.
func (c *Contact) task(ctx context.Context, user string, members []chat.ContactMember, r chat.Reply) (chat.MessageID, error) {
	if len(members) > contactMost {
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: contact: %d customers in one task", len(members))}
	}
	for _, m := range members {
		if u, _, ok := contactParties(string(m.Contact)); !ok || u != user {
			return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: contact: %q is no contact of %q", m.Contact, user)}
		}
	}
	begun, err := c.cfg.Book.ContactBegin(ctx, r.Key, members)
	if err != nil {
		return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: contact: %w", err)}
	}
	parts, live, again := make([]part, len(begun)), 0, false
	for i, t := range begun {
		if t.Message != "" {
			return t.Message, nil // made by an attempt whose end was not heard
		}
		_, customer, _ := contactParties(string(t.Contact))
		parts[i], again = part{t, customer}, again || t.Again
		if !t.Stop {
			live++
		}
	}
	body, err := c.body(ctx, r)
	if err != nil {
		return "", c.report(err)
	}
	if again {
		id, err := c.made(ctx, parts, user, body.Text["content"])
		if err != nil {
			return "", c.report(err)
		}
		if id != "" {
			return id, nil
		}
	}
	var stopped []string
	for _, p := range parts {
		if p.Stop {
			stopped = append(stopped, p.Key)
		}
	}
	c.end(ctx, stopped, chat.TaskStopped)
	if live == 0 {
		return "", stoppedBefore
	}
	return c.make(ctx, user, slices.DeleteFunc(parts, func(p part) bool { return p.Stop }), body)
}

// stoppedBefore is the end of a message nobody shall get any more.
var stoppedBefore = &chat.SendError{Fault: chat.Rejected, Code: chat.TaskStopped, Err: errors.New("wecom: contact: stopped before it was made")}

// make asks the platform for the task. Customers whom it does not take are told so one by one; an error is the whole task's.
func (c *Contact) make(ctx context.Context, user string, parts []part, body contactBody) (chat.MessageID, error) {
	customers := make([]string, len(parts))
	for i, p := range parts {
		customers[i] = p.customer
	}
	var out struct {
		Failed []string `json:"fail_list"`
		ID     string   `json:"msgid"`
	}
	err := c.api.call(ctx, "externalcontact/add_msg_template", nil, struct {
		ChatType  string   `json:"chat_type"`
		Customers []string `json:"external_userid"`
		Sender    string   `json:"sender"`
		contactBody
	}{"single", customers, user, body}, &out)
	var keys, refused []string
	for _, p := range parts {
		if err != nil || out.ID == "" || slices.Contains(out.Failed, p.customer) {
			refused = append(refused, p.Key)
			continue
		}
		keys = append(keys, p.Key)
	}
	if err == nil && len(keys) == 0 {
		err = &APIError{Path: "externalcontact/add_msg_template", Code: 41048, Msg: "all customers are in fail_list"}
	}
	if err != nil {
		e := c.report(err)
		if e.Fault == chat.Rejected || e.Fault == chat.Unreached {
			c.end(ctx, refused, chat.TaskRefused)
		}
		return "", e
	}
	c.setTrouble("")
	if _, err := c.cfg.Book.ContactMade(ctx, keys, chat.MessageID(out.ID)); err != nil {
		// The next attempt finds the task in the platform's list.
		return "", &chat.SendError{Fault: chat.Retry, After: lostAnswer, Err: fmt.Errorf("wecom: contact: %w", err)}
	}
	c.end(ctx, refused, chat.TaskRefused)
	return chat.MessageID(out.ID), nil
}

// end notes how messages ended of which there is no task.
func (c *Contact) end(ctx context.Context, keys []string, end string) {
	if len(keys) == 0 {
		return
	}
	looks := make(map[string]chat.ContactLook, len(keys))
	for _, key := range keys {
		looks[key] = chat.ContactLook{End: end, At: c.now()}
	}
	if err := c.cfg.Book.ContactLooked(ctx, looks); err != nil {
		c.log.Warn("contact: end not noted", zap.Int("messages", len(keys)), zap.Error(err))
	}
}

// made looks for the task that an earlier attempt may have made: of this text, by this colleague, for these customers, of no other
// bundle. It returns "" when there is none. Who is not in it was refused then.
func (c *Contact) made(ctx context.Context, parts []part, user, text string) (chat.MessageID, error) {
	begun := parts[0].Begun
	for _, p := range parts {
		if p.Begun.Before(begun) {
			begun = p.Begun
		}
	}
	list, err := c.api.groupMessages(ctx, begun.Add(-time.Hour), c.now().Add(time.Hour))
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
		var keys, missing []string
		for _, p := range parts {
			if _, ok := found[p.customer]; ok {
				keys = append(keys, p.Key)
			} else {
				missing = append(missing, p.Key)
			}
		}
		if len(keys) == 0 || len(keys) != len(found) { // another's: a task of ours has none but these
			continue
		}
		ok, err := c.cfg.Book.ContactMade(ctx, keys, chat.MessageID(m.ID))
		if err != nil {
			return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: contact: %w", err)}
		}
		if ok {
			c.end(ctx, missing, chat.TaskRefused)
			return chat.MessageID(m.ID), nil
		}
	}
	return "", nil
}
