package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gendan/adapters/wecom/msgcrypt"
	"gendan/bot/chat"

	"go.uber.org/zap"
)

// errNotReceiving means that Run is not running.
var errNotReceiving = errors.New("wecom: not receiving")

const (
	callbackWithin = 4500 * time.Millisecond // the platform waits 5 s
	callbackMost   = 1 << 20                 // bytes of a body; the platform's are a few kilobytes
	callbackAge    = 24 * time.Hour          // a callback signed longer ago is a replay: the inbox forgets message ids in the end
)

// Callback serves the app's address (/callback/wecom): GET proves to the platform that we hold the keys, POST
// takes messages and events. A message is acknowledged, by an empty body, only when it is durable. Otherwise
// the connection is cut without an answer: the platform tries again (three times in all) after a broken
// connection only, never after a completed reply, whatever its status. What is not signed and sealed with
// our keys is refused unread.
func (a *Adapter) Callback() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.codec == nil {
			http.Error(w, "no app is configured", http.StatusNotFound)
			return
		}
		switch r.Method {
		case http.MethodGet:
			a.proveKeys(w, r)
		case http.MethodPost:
			a.takeCallback(w, r)
		default:
			w.Header().Set("Allow", "GET, POST")
			http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		}
	})
}

// proveKeys answers the platform's check of the address with the bare decrypted text.
func (a *Adapter) proveKeys(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	plain, err := a.codec.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), q.Get("echostr"))
	if err != nil {
		a.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(plain) // a platform that hung up asks again
}

func (a *Adapter) takeCallback(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, callbackMost))
	if err != nil {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	doc, err := a.open(r.URL.Query(), body)
	if err != nil {
		a.refuse(w, err)
		return
	}
	f, err := readAppFields(doc)
	if err != nil {
		a.refuse(w, err)
		return
	}
	if f.event == kfRing {
		if k := a.kf.Load(); k != nil {
			ctx, cancel := context.WithTimeout(r.Context(), callbackWithin)
			defer cancel()
			k.ring(ctx, f.openKfID, f.token)
		}
		return
	}
	if f.event == contactChange {
		if c := a.contact.Load(); c != nil {
			ctx, cancel := context.WithTimeout(r.Context(), callbackWithin)
			defer cancel()
			if err := c.changed(ctx, &f); err != nil {
				a.log.Error("wecom: contact event not taken, the platform is made to try again", zap.String("change", f.changeType), zap.Error(err))
				panic(http.ErrAbortHandler)
			}
		}
		return
	}
	now := a.now()
	m, ok := appMessage(doc, f, now)
	if !ok {
		a.log.Debug("wecom: event without a conversation", zap.String("event", f.event), zap.String("change", f.changeType))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callbackWithin)
	defer cancel()
	if m.Kind == chat.TapKind {
		a.codes.tapped(ctx, m.Tap.Card, f.code)
	}
	a.doors.used(f.from, appDoor)
	if err := a.insist(ctx, m); err != nil {
		a.log.Error("wecom: callback not taken by the inbox, the platform is made to try again", zap.String("id", m.ID), zap.Error(err))
		panic(http.ErrAbortHandler)
	}
}

// insist offers m to the inbox until it is taken or the platform's patience ends.
func (a *Adapter) insist(ctx context.Context, m chat.Message) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := errNotReceiving
		if hear := a.hear.Load(); hear != nil {
			err = (*hear)(ctx, m)
		}
		if err == nil || errors.Is(err, errNotReceiving) && a.ended.Load() {
			return err // when stopping, the platform's next attempt goes to another process or the next start
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// refuse answers a callback that is not the platform's, or is damaged. It tells nothing about why.
func (a *Adapter) refuse(w http.ResponseWriter, err error) {
	a.log.Warn("wecom: callback refused", zap.Error(err))
	http.Error(w, "refused", http.StatusForbidden)
}

// open verifies and decrypts the body of a POST to the callback.
func (a *Adapter) open(q url.Values, body []byte) ([]byte, error) {
	sealed, err := msgcrypt.FromXML(body)
	if err != nil {
		return nil, err
	}
	doc, err := a.codec.Open(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), sealed)
	if err != nil {
		return nil, err
	}
	signed, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil {
		return nil, errors.New("wecom: callback without a time")
	}
	if age := a.now().Sub(time.Unix(signed, 0)).Abs(); age > callbackAge {
		return nil, fmt.Errorf("wecom: callback signed %s from now: a replay, or a wrong clock here", age.Round(time.Minute))
	}
	return doc, nil
}
