package wecomtest

import (
	"net/http"
	"sync"
	"time"
)

// tokenLife is how long an access_token lives, by the long clock.
const tokenLife = 7200 * time.Second

// tokens hands out the app's access_token: the same one during its life.
type tokens struct {
	mu      sync.Mutex
	current string
	until   time.Time
	dead    map[string]int // ended tokens and the code they answer with
	queue   []string       // of dead, oldest first
	issued  int
}

func (t *tokens) init() { t.dead = map[string]int{} }

func (t *tokens) get(now time.Time, fresh func() string) (string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == "" || !now.Before(t.until) {
		t.bury(42001)
		t.current, t.until = fresh(), now.Add(tokenLife)
		t.issued++
	}
	return t.current, int(t.until.Sub(now) / time.Second)
}

// bury ends the current token; the caller holds t.mu.
func (t *tokens) bury(code int) {
	if t.current == "" {
		return
	}
	t.dead[t.current] = code
	t.queue = append(t.queue, t.current)
	if len(t.queue) > 64 {
		delete(t.dead, t.queue[0])
		t.queue = t.queue[1:]
	}
	t.current = ""
}

func (t *tokens) check(token string, now time.Time) *apiError {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token == t.current && !now.Before(t.until) {
		t.bury(42001)
	}
	switch {
	case token == t.current:
		return nil
	case t.dead[token] == 42001:
		return fail(42001, "access_token expired")
	default:
		return fail(40014, "invalid access_token")
	}
}

// ExpireTokens ends the access_token before its time; further calls with it get code, 42001 (expired) or
// 40014 (invalid): both are seen in the field.
func (s *Server) ExpireTokens(code int) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.bury(code)
}

// TokensIssued counts the access_tokens made so far.
func (s *Server) TokensIssued() int {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	return s.tokens.issued
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	s.learnURL(r)
	s.counts.apiCalls.Add(1)
	lose, done := s.apiFault(w, r, "gettoken")
	if done {
		return
	}
	q := r.URL.Query()
	var err *apiError
	fields := map[string]any{}
	switch {
	case q.Get("corpid") != s.cfg.CorpID:
		err = fail(40013, "invalid corpid")
	case q.Get("corpsecret") == "":
		err = fail(41004, "corpsecret missing")
	case q.Get("corpsecret") != s.cfg.Secret:
		err = fail(40001, "invalid credential")
	default:
		fields["access_token"], fields["expires_in"] = s.tokens.get(s.Now(), func() string { return s.ids.opaque("", 160) })
	}
	s.note(Entry{Kind: KindAPI, Door: DoorApp, Text: "gettoken", Code: codeOf(err)})
	if lose {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, r, fields, err)
}
