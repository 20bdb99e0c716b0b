package dingtalktest

import (
	"io"
	"net/http"
	"time"
)

// token is the application's access token; the platform gives the same one again while it lives.
type token struct {
	value string
	until time.Time
}

// tokenLife is how long an access token works, on the platform's clock.
const tokenLife = 7200 * time.Second

func (s *Server) tokenRoutes(m *http.ServeMux) {
	issue := func(key, secret string) (string, bool) {
		if key != s.cfg.ClientID || secret != s.cfg.ClientSecret {
			return "", false
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.token == nil || !s.now().Before(s.token.until) {
			s.token = &token{value: randomHex(16), until: s.now().Add(tokenLife)}
		}
		return s.token.value, true
	}
	// left is what remains of the token's life, in whole seconds.
	left := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.token == nil {
			return 0
		}
		return int(s.token.until.Sub(s.now()) / time.Second)
	}
	wrong := bad("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
	open := func(pattern string, f func(*call) (any, *refusal), old bool) {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
			if flaw := s.fault(FaultAPI, r.URL.Path, ""); flaw != nil && s.obey(w, r, flaw, old) {
				return
			}
			out, no := f(&call{r: r, body: b})
			s.finish(w, r, nil, old, out, no) // without the body: it holds the secret
		})
	}
	open("POST /v1.0/oauth2/accessToken", func(c *call) (any, *refusal) {
		var in struct{ AppKey, AppSecret string }
		if no := c.into(&in, "param.invalid"); no != nil {
			return nil, no
		}
		t, ok := issue(in.AppKey, in.AppSecret)
		if !ok {
			return nil, wrong
		}
		return map[string]any{"accessToken": t, "expireIn": left()}, nil
	}, false)
	open("POST /v1.0/oauth2/{corpId}/token", func(c *call) (any, *refusal) {
		var in struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
			GrantType    string `json:"grant_type"`
		}
		if no := c.into(&in, "param.invalid"); no != nil {
			return nil, no
		}
		if in.GrantType != "client_credentials" || c.r.PathValue("corpId") != s.cfg.CorpID {
			return nil, bad("param.invalid", "grant_type 或 corpId 不正确")
		}
		t, ok := issue(in.ClientID, in.ClientSecret)
		if !ok {
			return nil, wrong
		}
		return map[string]any{"access_token": t, "expires_in": left()}, nil
	}, false)
	open("GET /gettoken", func(c *call) (any, *refusal) {
		q := c.r.URL.Query()
		t, ok := issue(q.Get("appkey"), q.Get("appsecret"))
		if !ok {
			return nil, refuse(0, "40089", "不合法的corpid或corpsecret")
		}
		return flatResult{"access_token": t, "expires_in": left()}, nil
	}, true)
}

// RevokeTokens makes the access token invalid before its time.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	s.token = nil
	s.mu.Unlock()
}
