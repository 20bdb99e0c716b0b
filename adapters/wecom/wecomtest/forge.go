package wecomtest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gendan/adapters/wecom/msgcrypt"
)

// Ways to make a callback that an app must refuse, or must not act on twice.
const (
	ForgeSignature = "signature" // a signature of somebody who lacks the token
	ForgeAltered   = "altered"   // sealed text changed after signing
	ForgeTruncated = "truncated" // body cut in the middle, as by a broken connection
	ForgeKey       = "key"       // sealed with another AES key, signed with the right token
	ForgeReceiver  = "receiver"  // rightly sealed and signed, meant for another corp
	ForgeGarbage   = "garbage"   // no XML at all
	ForgeStale     = "stale"     // right, with a timestamp of two days ago
	ForgeReplay    = "replay"    // right, and sent twice to the byte: the answer is the second one's
)

// ForgeWays lists all of them.
var ForgeWays = [...]string{ForgeSignature, ForgeAltered, ForgeTruncated, ForgeKey, ForgeReceiver, ForgeGarbage, ForgeStale, ForgeReplay}

// Forge posts a text message of user to the app's callback URL, spoilt in that way, and returns the HTTP
// status of the answer. Nobody sees the message.
func (s *Server) Forge(ctx context.Context, how, user, text string) (int, error) {
	address, _ := s.hook.state()
	if address == "" {
		return 0, fmt.Errorf("wecomtest: no callback URL is set")
	}
	w := s.begin(user, "text").text("Content", text).number("MsgId", s.ids.appMsgID(s.Now()))
	query, body, times, err := s.forged(how, s.finishXML(w))
	if err != nil {
		return 0, err
	}
	target, err := url.Parse(address)
	if err != nil {
		return 0, fmt.Errorf("wecomtest: callback URL: %w", err)
	}
	target.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.Callback)
	defer cancel()
	status := 0
	for range times {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Content-Type", "text/xml")
		if status, _, err = s.exchange(req); err != nil {
			return 0, err
		}
	}
	s.note(Entry{Kind: KindFault, Door: DoorApp, User: user, Text: "forged callback: " + how, Code: status})
	return status, nil
}

func (s *Server) forged(how string, plain []byte) (query url.Values, body []byte, times int, err error) {
	at, codec, times := s.Now(), s.codec, 1
	switch how {
	case ForgeStale:
		at = at.Add(-48 * time.Hour)
	case ForgeReplay:
		times = 2
	case ForgeSignature:
		codec, err = msgcrypt.New("notTheToken", s.cfg.AESKey, s.cfg.CorpID)
	case ForgeKey:
		codec, err = msgcrypt.New(s.cfg.Token, msgcrypt.NewKey(), s.cfg.CorpID)
	case ForgeReceiver:
		codec, err = msgcrypt.New(s.cfg.Token, s.cfg.AESKey, "wwsomebodyelse00000")
	case ForgeAltered, ForgeTruncated, ForgeGarbage:
	default:
		err = fmt.Errorf("wecomtest: no way %q to forge", how)
	}
	if err != nil {
		return nil, nil, 0, err
	}
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), strconv.FormatUint(rand.Uint64N(1e10), 10)
	sealed, signature := codec.Seal(plain, stamp, nonce)
	if how == ForgeAltered {
		b := []byte(sealed)
		b[len(b)/2] ^= 1
		sealed = string(b)
	}
	body = msgcrypt.CallbackXML(s.cfg.CorpID, s.cfg.AgentID, sealed)
	switch how {
	case ForgeTruncated:
		body = body[:len(body)/2]
	case ForgeGarbage:
		body = []byte("\x00\xff{]garbage")
	}
	return url.Values{"msg_signature": {signature}, "timestamp": {stamp}, "nonce": {nonce}}, body, times, nil
}

// RawFrame writes any bytes to the bot's long connection, valid or not; false when nobody is connected.
func (s *Server) RawFrame(data []byte) bool {
	k := s.line.current()
	if k == nil {
		return false
	}
	s.note(Entry{Kind: KindFault, Door: DoorBot, Text: "raw frame", Body: clip(data)})
	return k.send(bytes.Clone(data))
}
