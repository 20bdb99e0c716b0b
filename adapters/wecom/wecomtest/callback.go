package wecomtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"gendan/adapters/wecom/msgcrypt"
)

// attempts is how often a callback is tried in all.
const attempts = 3

// callback is the URL in the app's settings.
type callback struct {
	mu       sync.Mutex
	url      string
	verified bool
	slots    chan struct{} // limits deliveries under way
}

func (h *callback) init(address string) {
	h.url, h.slots = address, make(chan struct{}, 256)
}

func (h *callback) state() (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url, h.verified
}

// SetCallback puts a URL into the app's settings, which the platform accepts only after verifying it.
func (s *Server) SetCallback(ctx context.Context, address string) error {
	if err := s.verify(ctx, address); err != nil {
		return err
	}
	s.hook.mu.Lock()
	s.hook.url, s.hook.verified = address, true
	s.hook.mu.Unlock()
	return nil
}

// verify asks the URL to decrypt an echostr within a second.
func (s *Server) verify(ctx context.Context, address string) error {
	plain := strconv.FormatUint(rand.Uint64(), 10)
	target, sealed, err := s.signed(address, []byte(plain))
	if err != nil {
		return err
	}
	q := target.Query()
	q.Set("echostr", sealed)
	target.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.Verify)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return fmt.Errorf("wecomtest: callback URL: %w", err)
	}
	status, body, err := s.exchange(req)
	switch {
	case err == nil && status != http.StatusOK:
		err = fmt.Errorf("HTTP status %d", status)
	case err == nil && string(body) != plain:
		err = fmt.Errorf("answered %q instead of the decrypted echostr", clip(body))
	}
	if err != nil {
		s.note(Entry{Kind: KindAPI, Door: DoorApp, Text: "callback URL refused: " + err.Error(), Code: status})
		return fmt.Errorf("wecomtest: callback URL %s: %w", address, err)
	}
	s.note(Entry{Kind: KindAPI, Door: DoorApp, Text: "callback URL verified"})
	return nil
}

// signed seals plain and puts the signature into the address.
func (s *Server) signed(address string, plain []byte) (*url.URL, string, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, "", fmt.Errorf("wecomtest: callback URL: %w", err)
	}
	stamp, nonce := strconv.FormatInt(s.Now().Unix(), 10), strconv.FormatUint(rand.Uint64N(1e10), 10)
	sealed, signature := s.codec.Seal(plain, stamp, nonce)
	query := "msg_signature=" + signature + "&timestamp=" + stamp + "&nonce=" + nonce
	if target.RawQuery != "" {
		query = target.RawQuery + "&" + query
	}
	target.RawQuery = query
	return target, sealed, nil
}

// exchange sends a request and reads a short answer.
func (s *Server) exchange(req *http.Request) (int, []byte, error) {
	resp, err := s.client.Do(req)
	if err != nil {
		var withURL *url.Error
		if errors.As(err, &withURL) {
			err = withURL.Err // the signed address says nothing to a reader
		}
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, body, err
}

// notice is a callback of the app on its way.
type notice struct {
	user, chat, id string
	plain          []byte
	event          string // "" for messages
	receipt        *Receipt
	door           string // DoorKF for rings of customer service; "" is DoorApp
}

// callApp delivers in the background.
func (s *Server) callApp(n *notice) {
	door := cmp.Or(n.door, DoorApp)
	f := s.fateOf(door)
	send := func(lost bool, repeat int) {
		if lost {
			s.lose(door, n.user, n.chat, n.id, "", "fault", n.plain)
			n.receipt.finish(Delivery{Err: ErrOffline})
			return
		}
		d := s.tryCallback(n)
		for range repeat {
			s.tryCallback(n)
		}
		n.receipt.finish(d)
	}
	if f.hold {
		s.holdBack(func() { send(f.lost, f.repeat) })
		return
	}
	begun := s.spawn(func() {
		select {
		case s.hook.slots <- struct{}{}:
			defer func() { <-s.hook.slots }()
		case <-s.life.Done():
			n.receipt.finish(Delivery{Err: s.life.Err()})
			return
		}
		f.play(s, send)
	})
	if !begun {
		n.receipt.finish(Delivery{Err: s.life.Err()})
	}
}

// tryCallback makes up to three attempts with the same content.
func (s *Server) tryCallback(n *notice) (d Delivery) {
	for d.Attempts < attempts {
		d.Attempts++
		if d.Attempts > 1 {
			s.counts.retried.Add(1)
			s.pause(s.cfg.Limits.Retry)
		}
		begun := time.Now()
		var body []byte
		d.Status, body, d.Err = s.postCallback(n)
		d.Took = time.Since(begun)
		e := Entry{Kind: KindCallback, Door: cmp.Or(n.door, DoorApp), User: n.user, Chat: n.chat, ID: n.id, Attempt: d.Attempts,
			Code: d.Status, Micros: d.Took.Microseconds(), Body: string(n.plain)}
		if d.Err != nil {
			e.Text = d.Err.Error()
		}
		s.note(e)
		if d.Err == nil {
			s.counts.delivered.Add(1)
			d.Reply = s.passiveReply(n, d.Status, body)
			return d
		}
		if s.life.Err() != nil {
			break
		}
	}
	s.lose(cmp.Or(n.door, DoorApp), n.user, n.chat, n.id, "", d.Err.Error(), n.plain)
	return d
}

func (s *Server) postCallback(n *notice) (int, []byte, error) {
	address, verified := s.hook.state()
	if address == "" {
		return 0, nil, errors.New("no callback URL is set")
	}
	if !verified {
		if err := s.SetCallback(s.life, address); err != nil {
			return 0, nil, err
		}
	}
	target, sealed, err := s.signed(address, n.plain)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(s.life, s.cfg.Limits.Callback)
	defer cancel()
	body := msgcrypt.CallbackXML(s.cfg.CorpID, s.cfg.AgentID, sealed)
	if target.Scheme == "http" {
		return s.poster.post(ctx, target, body)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "text/xml")
	return s.exchange(req)
}

// lose counts and notes a callback that will never arrive.
func (s *Server) lose(door, user, chat, id, reqID, why string, plain []byte) {
	s.counts.lost.Add(1)
	s.note(Entry{Kind: KindLost, Door: door, User: user, Chat: chat, ID: id, ReqID: reqID, Text: why, Body: string(plain)})
}

// heldBack are callbacks that wait for the next one to overtake them.
type heldBack struct {
	mu   sync.Mutex
	list []func()
}

// fate is what becomes of a callback by the faults that were ordered for it.
type fate struct {
	lost, hold bool
	repeat     int
	wait       time.Duration
	overtaken  []func() // callbacks that were held back for this one
}

// fateOf takes the faults of the next callback. It is asked in the order in which people speak, before deliveries run side by side: a callback
// that is held back is surely overtaken by the one that comes after it.
func (s *Server) fateOf(door string) (f fate) {
	for _, hit := range s.faults.take("callback", door, FaultLose, FaultReorder, FaultDuplicate, FaultDelay) {
		s.note(Entry{Kind: KindFault, Door: door, Text: hit.Kind + " callback"})
		switch hit.Kind {
		case FaultLose:
			f.lost = true
		case FaultReorder:
			f.hold = true
		case FaultDuplicate:
			f.repeat = 1
		case FaultDelay:
			f.wait = hit.Delay
		}
	}
	if !f.hold {
		s.held.mu.Lock()
		f.overtaken, s.held.list = s.held.list, nil
		s.held.mu.Unlock()
	}
	return f
}

// holdBack keeps a delivery for the next callback.
func (s *Server) holdBack(send func()) {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	s.held.list = append(s.held.list, send)
}

// play delivers as the fate wants it, and then what was held back.
func (f fate) play(s *Server, send func(lost bool, repeat int)) {
	if f.wait > 0 {
		s.pause(f.wait)
	}
	send(f.lost, f.repeat)
	for _, late := range f.overtaken {
		late()
	}
}

func clip(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), 80)]), "?") }
