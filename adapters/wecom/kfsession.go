package wecom

import (
	"context"
	"fmt"
	"strings"

	"gendan/bot/chat"

	"go.uber.org/zap"
)

// kfStates are the session's states by the words of [chat.Session].
var kfStates = map[string]int{chat.ToBot: kfBot, chat.ToPool: kfPool, chat.ToPerson: kfPerson, chat.ToEnd: kfEnded}

// sendSession changes the session as r asks and then says r. An attempt that was cut off after the change finds
// the change's code in the book, so that the customer hears the words once.
func (k *KF) sendSession(ctx context.Context, account, customer string, r chat.Reply) (chat.MessageID, error) {
	want, ok := kfStates[r.Session.To]
	servicer := ""
	if want == kfPerson {
		servicer, _ = strings.CutPrefix(string(r.Session.Servicer), peerPrefix)
		ok = ok && servicer != "" && personID(servicer) == r.Session.Servicer
	}
	if !ok {
		return "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("wecom: kf: no session %q of %q", r.Session.To, r.Session.Servicer)}
	}
	code, moved, err := k.cfg.Book.KFCodeOf(ctx, r.Key)
	if err != nil {
		return "", &chat.SendError{Fault: chat.Retry, Err: fmt.Errorf("wecom: kf: %w", err)}
	}
	if !moved {
		if code, err = k.move(ctx, account, customer, want, servicer); err != nil {
			return k.unmoved(ctx, r, err)
		}
		if err := k.cfg.Book.KFCode(ctx, r.Key, code); err != nil {
			k.log.Warn("kf: code of a changed session not kept", zap.Error(err)) // it is still good for this attempt
		}
	}
	switch {
	case strings.TrimSpace(r.Text) == "":
		return "", nil
	case code == "" && want == kfBot:
		return k.sendSteps(ctx, account, customer, r)
	case code == "":
		k.log.Info("kf: the session's change leaves us no word", zap.String("key", r.Key), zap.String("to", r.Session.To))
		return "", nil
	}
	id := kfMark(r.Key, 0)
	if err := k.api.kfAnswer(ctx, code, id, "text", kfText(r.Text)); err != nil {
		e := k.report(err)
		if e.Fault == chat.Rejected || e.Fault == chat.Unreached {
			k.log.Info("kf: code of the session's change not taken", zap.String("key", r.Key), zap.Error(err)) // used by an earlier attempt, or over
			return "", nil
		}
		return "", e
	}
	return chat.MessageID(id), nil
}

// move brings the session to the state want, unless it is there.
func (k *KF) move(ctx context.Context, account, customer string, want int, servicer string) (code string, err error) {
	state, has, err := k.api.kfState(ctx, account, customer)
	if err != nil {
		return "", err
	}
	if state == want && (want != kfPerson || has == servicer) {
		return "", nil
	}
	return k.api.kfMove(ctx, account, customer, want, servicer)
}

// unmoved tells the bot that the platform refused a change for good. Only when the inbox does not take that, the
// reply itself fails.
func (k *KF) unmoved(ctx context.Context, r chat.Reply, cause error) (chat.MessageID, error) {
	e := k.report(cause)
	if e.Fault != chat.Rejected && e.Fault != chat.Unreached {
		return "", e
	}
	to := r.Conversation
	if to == "" {
		to = chat.ConversationID(r.To)
	}
	m := chat.Message{Platform: KFName, ID: "unmoved:" + r.Key, Conversation: to, From: chat.PeerID(to), SentAt: k.now().UTC()}
	hear := k.hear.Load()
	if hear == nil || !kfTell(&m, chat.Event{Type: chat.EventUnmoved, To: r.Session.To, New: r.Session.Servicer, Code: e.Code, Advice: e.Advice}) {
		return "", e
	}
	if err := (*hear)(ctx, m); err != nil {
		k.log.Warn("kf: refused change not taken by the inbox", zap.Error(err))
		return "", e
	}
	return "", nil
}
