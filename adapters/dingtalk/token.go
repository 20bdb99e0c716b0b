package dingtalk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// refreshEarly is how long before its end a token is replaced.
const refreshEarly = 5 * time.Minute

// tokens keeps the application's access token, good for both hosts: in this process, and in Redis for the others.
type tokens struct {
	a      *Adapter
	flight singleflight.Group
	mu     sync.Mutex
	have   token
}

type token struct {
	Value string    `json:"value"`
	Until time.Time `json:"until"`
}

func newTokens(a *Adapter) *tokens { return &tokens{a: a} }

// get gives a token that lives for a while yet.
func (t *tokens) get(ctx context.Context) (string, error) {
	if tok := t.held(); tok != "" {
		return tok, nil
	}
	ch := t.flight.DoChan("", func() (any, error) {
		// One asker's impatience must not fail the others that wait for the same call.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.a.cfg.Timeout)
		defer cancel()
		return t.renew(ctx)
	})
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("token: %w", ctx.Err())
	case r := <-ch:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	}
}

func (t *tokens) held() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.have.Value != "" && t.a.cfg.Now().Before(t.have.Until) {
		return t.have.Value
	}
	return ""
}

// renew takes the token that another process put into Redis, or asks DingTalk.
func (t *tokens) renew(ctx context.Context) (string, error) {
	if tok := t.held(); tok != "" {
		return tok, nil
	}
	if tok, ok := t.shared(ctx); ok {
		t.keep(tok)
		return tok.Value, nil
	}
	var out struct {
		AccessToken string `json:"accessToken"`
		ExpireIn    int64  `json:"expireIn"`
	}
	body := map[string]string{"appKey": t.a.cfg.ClientID, "appSecret": t.a.cfg.ClientSecret}
	if err := t.a.request(ctx, http.MethodPost, t.a.cfg.APIURL+"/v1.0/oauth2/accessToken", "", body, &out); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if out.AccessToken == "" {
		return "", fmt.Errorf("token: empty")
	}
	life := time.Duration(out.ExpireIn) * time.Second
	tok := token{Value: out.AccessToken, Until: t.a.cfg.Now().Add(max(life-refreshEarly, life/2))}
	t.keep(tok)
	t.share(ctx, tok, life)
	return tok.Value, nil
}

func (t *tokens) keep(tok token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.have = tok
}

func (t *tokens) shared(ctx context.Context) (tok token, ok bool) {
	if err := json.Unmarshal(t.a.shared.get(ctx, "token"), &tok); err != nil {
		return tok, false
	}
	return tok, tok.Value != "" && t.a.cfg.Now().Before(tok.Until)
}

// share gives tok to the other processes; without that every process asks for itself.
func (t *tokens) share(ctx context.Context, tok token, life time.Duration) {
	b, err := json.Marshal(tok)
	if err != nil || life <= 0 {
		return
	}
	t.a.shared.set(ctx, "token", b, life)
}

// drop forgets bad, which the platform refused, here and in Redis, unless it was replaced meanwhile.
func (t *tokens) drop(ctx context.Context, bad string) {
	t.mu.Lock()
	if t.have.Value == bad {
		t.have = token{}
	}
	t.mu.Unlock()
	if tok, ok := t.shared(ctx); ok && tok.Value == bad {
		t.a.shared.set(ctx, "token", nil, time.Second)
	}
}
