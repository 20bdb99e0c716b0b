package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// kfMost is how many messages the platform lets us send after each of a customer's.
const kfMost = 5

// kfMarkLen is the length of what all messages of a reply have in front of their numbers.
const kfMarkLen = 26

// kfMark is the msgid of part n of the reply key: [0-9A-Za-z_-], at most 32.
func kfMark(key string, n int) string {
	sum := sha256.Sum256([]byte(key))
	return "g" + base64.RawURLEncoding.EncodeToString(sum[:18]) + "_" + strconv.Itoa(n)
}

// kfFirst is what Send returned for the reply that the message id was a part of.
func kfFirst(id string) chat.MessageID {
	if mark, n, ok := cutLast(id, "_"); ok && len(mark) == kfMarkLen-1 && mark[0] == 'g' {
		if _, err := strconv.Atoi(n); err == nil {
			return chat.MessageID(mark + "_0")
		}
	}
	return chat.MessageID(id)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Send hands r to the customer. A card becomes a menu, which says what the card says; what has no room there, and
// what is no card, goes as text. After a change of the session, or on an event that allows it, one text goes out with
// the platform's code. More than five messages after the customer's last one, or later than 48 hours, are
// [chat.Unreached].
func (k *KF) Send(ctx context.Context, r chat.Reply) (chat.MessageID, error) {
	to := string(r.Conversation)
	if to == "" {
		to = string(r.To)
	}
	account, customer, ok := kfParties(to)
	if !ok {
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: kf: no customer in %q and %q", r.Conversation, r.To)}
	}
	if k.accounts[account] == nil {
		return "", &chat.SendError{Fault: chat.Rejected, Code: "95004", Advice: kfVerdicts[95004].advice, Err: fmt.Errorf("wecom: kf: account %s is not served here", account)}
	}
	if !k.Ready() {
		return "", &chat.SendError{Fault: chat.NotReady, Err: errors.New("wecom: kf: nothing to count by")}
	}
	if r.Quiet {
		return "", nil // nothing that a customer has seen can be changed
	}
	if r.Key == "" {
		return "", &chat.SendError{Fault: chat.Rejected, Err: errors.New("wecom: kf: a reply without a key could be sent twice")}
	}
	if r.Session != nil {
		return k.sendSession(ctx, account, customer, r)
	}
	var h kfHandle
	if len(r.AnswerTo) > 0 && json.Unmarshal(r.AnswerTo, &h) != nil {
		h = kfHandle{}
	}
	if h.Code != "" {
		return k.sendOnEvent(ctx, h, r)
	}
	return k.sendSteps(ctx, account, customer, r)
}

// sendOnEvent answers an event with its code: a greeting, or a word when a colleague took over or ended it. What
// comes too late is worth nothing and dropped.
func (k *KF) sendOnEvent(ctx context.Context, h kfHandle, r chat.Reply) (chat.MessageID, error) {
	if !k.now().Before(unixOr(h.Until, k.now()).Add(-kfGreetSpare)) {
		k.log.Info("kf: came too late for its code", zap.String("key", r.Key), zap.String("to", h.To))
		return "", nil
	}
	id := kfMark(r.Key, 0)
	menu, _, isMenu := kfMenuOf(r.Card)
	var err error
	switch {
	case h.To == toEnter && isMenu:
		err = k.api.kfAnswer(ctx, h.Code, id, "msgmenu", menu)
	case strings.TrimSpace(r.Text) == "":
		return "", nil
	default:
		err = k.api.kfAnswer(ctx, h.Code, id, "text", kfText(r.Text))
	}
	if err != nil {
		e := k.report(err)
		if e.Fault == chat.Rejected || e.Fault == chat.Unreached {
			k.log.Info("kf: code not taken", zap.String("to", h.To), zap.Error(err)) // used, or over by the platform's clock
			return "", nil
		}
		return "", e
	}
	return chat.MessageID(id), nil
}

// kfText is one text as the platform takes it.
func kfText(s string) map[string]string {
	short, _ := clipBytes(inert(s, textTags), kfTextBytes)
	return map[string]string{"content": short}
}

// kfStep is one message of a reply.
type kfStep struct {
	kind    string
	content func(ctx context.Context) (any, error)
}

func (k *KF) kfSteps(r chat.Reply) (steps []kfStep) {
	fixed := func(kind string, v any) {
		steps = append(steps, kfStep{kind, func(context.Context) (any, error) { return v, nil }})
	}
	menu, whole, isMenu := kfMenuOf(r.Card)
	if !isMenu || !whole {
		for _, part := range split(inert(r.Text, textTags), kfTextBytes) {
			fixed("text", map[string]string{"content": part})
		}
	}
	if isMenu {
		if !whole && len(steps) > 0 { // the text has said it
			menu.Head, _ = clipBytes(r.Card.Title, kfHeadBytes)
			menu.Tail = ""
		}
		fixed("msgmenu", menu)
	}
	for i, f := range r.Files {
		kind := mediaKind(f.Kind)
		steps = append(steps, kfStep{kind, func(ctx context.Context) (any, error) {
			id, err := k.uploads.get(ctx, uploadKey(KFName, r, i), func(ctx context.Context) (string, error) {
				return k.api.upload(ctx, kind, f.Name, f.Data)
			})
			return map[string]string{"media_id": id}, err
		}})
	}
	return steps
}

// sendSteps sends r by send_msg. A repeated attempt leaves out what this process knows to be out, and repeats the rest
// under the same ids, which costs no allowance and shows nothing twice.
func (k *KF) sendSteps(ctx context.Context, account, customer string, r chat.Reply) (first chat.MessageID, err error) {
	for n, s := range k.kfSteps(r) {
		id := kfMark(r.Key, n)
		if n == 0 {
			first = chat.MessageID(id)
		}
		if k.sent.has(r.Key, partText(n)) {
			continue
		}
		content, err := s.content(ctx)
		if err != nil {
			return "", k.report(err)
		}
		ok, err := k.cfg.Book.KFTake(ctx, account, customer, id, kfMost, kfWindow)
		if err != nil {
			return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: kf: %w", err)}
		}
		if !ok {
			return "", &chat.SendError{Fault: chat.Unreached, Code: "95001", Advice: kfSpentAdvice, Err: errors.New("wecom: kf: the customer has had what the platform allows")}
		}
		if err := k.api.kfSend(ctx, account, customer, id, s.kind, content); err != nil {
			return "", k.refused(ctx, account, customer, id, err)
		}
		k.setTrouble("")
		k.sent.mark(r.Key, partText(n))
	}
	return first, nil
}

// refused books a refusal of the message id and tells what it means.
func (k *KF) refused(ctx context.Context, account, customer, id string, cause error) error {
	e := k.report(cause)
	var err error
	switch code := kfCode(cause); {
	case code == 95001:
		err = k.cfg.Book.KFSpent(ctx, account, customer)
	case code != 0: // the platform has answered: it was not sent
		err = k.cfg.Book.KFGiveBack(ctx, account, customer, id)
	}
	if err != nil {
		k.log.Warn("kf: allowance", zap.Error(err))
	}
	return e
}
