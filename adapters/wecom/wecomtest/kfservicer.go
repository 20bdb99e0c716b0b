package wecomtest

import (
	"fmt"
	"slices"
)

// mine checks that servicer works for the talk's account; the caller holds kf.mu.
func (t *kfTalk) mine(servicer string) error {
	if !slices.Contains(t.account.Servicers, servicer) {
		return fmt.Errorf("%w: servicer %q of %s", ErrNobody, servicer, t.account.OpenKFID)
	}
	return nil
}

// KFServe lets a servicer write to customer in WeCom's own window. The session must be theirs.
func (s *Server) KFServe(account, servicer, customer, text string) (msgID string, err error) {
	return s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		if err := t.mine(servicer); err != nil {
			return "", err
		}
		if t.now(s.Now()) != KFPerson || t.servicer != servicer {
			return "", fmt.Errorf("%w: the session is not %s's", ErrUndelivered, servicer)
		}
		b := &Bubble{From: servicer, Kind: "text", Text: text}
		b.msgID = s.kfAppend(t.account, map[string]any{
			"external_userid": customer, "origin": 5, "servicer_userid": servicer, "msgtype": "text", "text": map[string]any{"content": text},
		})
		s.reveal(t, b, Entry{Kind: KindPush, ID: b.msgID, Text: "servicer " + servicer, Body: text})
		return b.msgID, nil
	})
}

// What a servicer does with a session, for [Server.KFManage].
const (
	KFTakeUp   = "take"     // from the queue
	KFTransfer = "transfer" // to a colleague
	KFEnd      = "end"      //
	KFReopen   = "reopen"   // one that had ended, or that had gone to a colleague
)

// KFManage lets a servicer take customer's session, transfer it to another, end it or open it again; the app hears an
// event with a code for one text.
func (s *Server) KFManage(account, servicer, customer, do, to string) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		if err := t.mine(servicer); err != nil {
			return "", err
		}
		state, fields := t.now(s.Now()), map[string]any{}
		wrong := fmt.Errorf("%w: %s in state %d", ErrUndelivered, do, state)
		switch do {
		case KFTakeUp:
			if state != KFPool {
				return "", wrong
			}
			t.state, t.servicer, t.manned = KFPerson, servicer, true
			fields["change_type"], fields["new_servicer_userid"], fields["msg_code"] = 1, servicer, s.newKFCode(t, kfPoolLife, false)
		case KFTransfer:
			if state != KFPerson || t.servicer != servicer {
				return "", wrong
			}
			if err := t.mine(to); err != nil {
				return "", err
			}
			t.servicer = to
			fields["change_type"], fields["old_servicer_userid"], fields["new_servicer_userid"] = 2, servicer, to
		case KFEnd:
			if state != KFPerson || t.servicer != servicer {
				return "", wrong
			}
			t.state, t.servicer = KFEnded, ""
			fields["change_type"], fields["old_servicer_userid"], fields["msg_code"] = 3, servicer, s.newKFCode(t, kfWelcomeLife, false)
		case KFReopen:
			if state != KFEnded || s.Now().Sub(t.heard) >= kfWindow {
				return "", wrong
			}
			t.state, t.servicer = KFPerson, servicer
			fields["change_type"], fields["new_servicer_userid"] = 4, servicer
		default:
			return "", fmt.Errorf("wecomtest: a session is not to %q", do)
		}
		s.note(Entry{Kind: KindUpdate, Door: DoorKF, User: customer, Chat: t.chat(), Code: t.state, Text: "session " + do + " " + servicer})
		return s.kfEvent(t, "session_status_change", fields), nil
	})
	return err
}

// KFDuty lets a servicer begin or stop to receive customers of account.
func (s *Server) KFDuty(account, servicer string, on bool) error {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	a := s.kf.account(account)
	if a == nil || !slices.Contains(a.Servicers, servicer) {
		return fmt.Errorf("%w: servicer %q of %q", ErrNobody, servicer, account)
	}
	a.offDuty[servicer] = !on
	status := 2
	if on {
		status = 1
	}
	s.kfAppend(a, map[string]any{"origin": 4, "msgtype": "event", "event": map[string]any{
		"event_type": "servicer_status_change", "servicer_userid": servicer, "status": status, "open_kfid": a.OpenKFID,
	}})
	return nil
}

// KFServicerRecall lets a servicer take back what they wrote.
func (s *Server) KFServicerRecall(account, servicer, customer, id string) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		return s.kfTakeBack(t, id, func(b *Bubble) bool { return b.From == servicer }, "servicer_recall_msg", map[string]any{"servicer_userid": servicer})
	})
	return err
}

// KFReject lets a servicer refuse customer's messages, or take them again.
func (s *Server) KFReject(account, servicer, customer string, reject bool) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		if err := t.mine(servicer); err != nil {
			return "", err
		}
		n := 0
		if reject {
			n = 1
		}
		return s.kfEvent(t, "reject_customer_msg_switch_change", map[string]any{"servicer_userid": servicer, "reject_switch": n}), nil
	})
	return err
}

// KFTalk is a conversation of the servicers' window (客服会话).
type KFTalk struct {
	Account   KFAccount
	Customer  Customer
	Session   KFSession
	LastHeard int64 // Unix seconds of the customer's last message
}

// KFTalks lists what servicer sees in WeCom's own window: whoever waits in the queue, and their own sessions.
func (s *Server) KFTalks(servicer string) (all []KFTalk) {
	s.kf.mu.Lock()
	defer s.kf.mu.Unlock()
	for _, id := range s.kf.order {
		a := s.kf.accounts[id]
		if !slices.Contains(a.Servicers, servicer) {
			continue
		}
		for _, customer := range s.kf.people {
			t := a.talks[customer]
			if t == nil {
				continue
			}
			if state := t.now(s.Now()); state == KFPool || state == KFPerson && t.servicer == servicer {
				one := KFTalk{Account: a.KFAccount, Customer: *t.customer, LastHeard: t.heard.Unix()}
				one.Account.Servicers = slices.Clone(a.Servicers)
				one.Session = KFSession{State: state, Servicer: t.servicer}
				all = append(all, one)
			}
		}
	}
	return all
}

// KFQueue puts customer into the queue, as the account's own rules may do without the app.
func (s *Server) KFQueue(account, customer string) error {
	_, err := s.kfDo(account, customer, func(t *kfTalk) (string, error) {
		if state := t.now(s.Now()); state > KFBot {
			return "", fmt.Errorf("%w: state %d", ErrUndelivered, state)
		}
		t.state, t.pooled = KFPool, true
		s.note(Entry{Kind: KindUpdate, Door: DoorKF, User: customer, Chat: t.chat(), Code: t.state, Text: "session queue"})
		return "", nil
	})
	return err
}
