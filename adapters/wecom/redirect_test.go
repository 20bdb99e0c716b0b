package wecom

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"gendan/bot/chat"
)

// TestRedirectsAreNotFollowed: an address that sends us elsewhere gets neither the token there nor what people wrote.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var led atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { led.Add(1) }))
	defer elsewhere.Close()
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			_, _ = w.Write([]byte(`{"errcode":0,"errmsg":"ok","access_token":"secret-token","expires_in":7200}`))
			return
		}
		http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	}))
	defer platform.Close()
	a, err := New(Config{CorpID: "ww1", AgentID: 1, Secret: "s", APIURL: platform.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Send(t.Context(), chat.Reply{Key: "k", To: "wecom:lilei", Text: "王强 13812345678"})
	if err == nil || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("sent: %v", err)
	}
	_, err = a.Send(t.Context(), chat.Reply{Key: "f", To: "wecom:lilei", Files: []chat.Upload{{Name: "a.png", Kind: chat.Image, Data: []byte("png")}}}) // by the SDK
	if err == nil {
		t.Error("uploaded")
	}
	if n := led.Load(); n != 0 {
		t.Errorf("%d requests were led elsewhere", n)
	}
}
