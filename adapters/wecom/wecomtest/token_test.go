package wecomtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

func TestTokenLife(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	first := w.getToken()
	if first.ExpiresIn != 7200 || first.AccessToken == "" || len(first.AccessToken) > 512 {
		t.Fatalf("gettoken: %s", first.raw)
	}
	c.Advance(time.Hour)
	if again := w.getToken(); again.AccessToken != first.AccessToken || again.ExpiresIn != 3600 {
		t.Errorf("within its life: %s", again.raw)
	}
	use := func() reply { return w.post("getcallbackip", nil) }
	if r := use(); r.Errcode != 0 {
		t.Errorf("a living token: %s", r.raw)
	}
	c.Advance(time.Hour)
	if r := use(); r.Errcode != 42001 {
		t.Errorf("after 7200 s: %s", r.raw)
	}
	if again := w.getToken(); again.AccessToken == first.AccessToken {
		t.Error("a dead token is handed out again")
	}
	for _, code := range []int{40014, 42001} {
		w.ExpireTokens(code)
		if r := use(); r.Errcode != code {
			t.Errorf("ended early with %d: %s", code, r.raw)
		}
		w.getToken()
	}
	if w.TokensIssued() != 4 {
		t.Errorf("%d tokens were issued", w.TokensIssued())
	}
}

func TestGetTokenRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	c := w.Config()
	for name, tt := range map[string]struct {
		corp, secret string
		want         int
	}{
		"another corp":   {"wwother", c.Secret, 40013},
		"another secret": {c.CorpID, "wrong", 40001},
		"no secret":      {c.CorpID, "", 41004},
	} {
		if r := w.do(http.MethodGet, fmt.Sprintf("gettoken?corpid=%s&corpsecret=%s", tt.corp, tt.secret), nil); r.Errcode != tt.want {
			t.Errorf("%s: %s, want %d", name, r.raw, tt.want)
		}
	}
	if r := w.do(http.MethodPost, "message/send", "{}"); r.Errcode != 41001 {
		t.Errorf("without token: %s", r.raw)
	}
	if r := w.do(http.MethodPost, "message/send?access_token=nonsense", "{}"); r.Errcode != 40014 {
		t.Errorf("with nonsense: %s", r.raw)
	}
}

func TestTrustedIPs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{TrustedIPs: []string{"203.0.113.7"}})
	w.getToken()
	if r := w.post("getcallbackip", nil); r.Errcode != 60020 {
		t.Errorf("from elsewhere: %s", r.raw)
	}
	near := newWorld(t, wecomtest.Config{TrustedIPs: []string{"127.0.0.1"}})
	if r := near.post("getcallbackip", nil); r.Errcode != 0 {
		t.Errorf("from a trusted address: %s", r.raw)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	tests := []struct {
		name, path, body, want string
		code                   int
	}{
		{"a member", "user/get?userid=lilei", "", `"name":"李雷"`, 0},
		{"nobody", "user/get?userid=nobody", "", "", 60111},
		{"members of a department", "user/simplelist?department_id=2", "", `"name":"韩梅梅"`, 0},
		{"members below the root", "user/list?department_id=1&fetch_child=1", "", `"name":"赵敏"`, 0},
		{"no department", "user/simplelist?department_id=99", "", "", 60123},
		{"ids", "user/list_id", `{"limit":2}`, `"next_cursor":"2"`, 0},
		{"more ids", "user/list_id", `{"cursor":"2"}`, `{"userid":"zhaomin","department":3}`, 0},
		{"a bad cursor", "user/list_id", `{"cursor":"x"}`, "", 40035},
		{"departments", "department/list", "", `"name":"销售一部"`, 0},
		{"department ids", "department/simplelist", "", `"parentid":1`, 0},
		{"by mobile", "user/getuserid", `{"mobile":"13900000002"}`, `"userid":"hanmeimei"`, 0},
		{"by a mobile of nobody", "user/getuserid", `{"mobile":"13900009999"}`, "", 46004},
		{"addresses", "getcallbackip", "", `"ip_list":[`, 0},
	}
	for _, tt := range tests {
		r := w.post(tt.path, tt.body)
		if r.Errcode != tt.code || !contains(r.raw, tt.want) {
			t.Errorf("%s: %s, want %d and %s", tt.name, r.raw, tt.code, tt.want)
		}
		if contains(r.raw, "1390000") || contains(r.raw, "mobile") {
			t.Errorf("%s hands out a phone number: %s", tt.name, r.raw)
		}
	}
}
