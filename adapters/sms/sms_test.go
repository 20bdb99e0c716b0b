package sms

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gendan/bot/chat"
)

func message(to, text string) chat.Reply {
	raw, err := json.Marshal(map[string]string{"address": to})
	if err != nil {
		panic(err)
	}
	return chat.Reply{Key: "survey:7", To: "sms:survey-7", Text: text, AnswerTo: raw}
}

func TestMessagesAreSignedAndLimited(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)
	status, seen := http.StatusOK, []post{}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		want := "sha256=" + hex.EncodeToString(Sign("s3cret", r.Header.Get("X-Gendan-Timestamp"), b))
		if r.Header.Get("X-Gendan-Signature") != want || r.Header.Get("X-Gendan-Key") != "shop" || r.Header.Get("Idempotency-Key") == "" || r.Header.Get("X-Gendan-Timestamp") != "1794967200" {
			t.Errorf("headers %v", r.Header)
		}
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.String(), "s3cret") {
			t.Error("the secret goes over the wire")
		}
		var p post
		if err := json.Unmarshal(b, &p); err != nil {
			t.Error(err)
		}
		seen = append(seen, p)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
	}))
	defer gateway.Close()
	a, err := New(Config{URL: strings.Replace(gateway.URL, "http://", "http://shop:s3cret@", 1) + "/send", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), message("13812345678", "您好"+strings.Repeat("长", 400))); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0].To != "13812345678" || len([]rune(seen[0].Text)) != mostText {
		t.Errorf("%+v", seen)
	}
	for _, c := range []struct {
		status int
		want   chat.Fault
	}{{429, chat.Retry}, {500, chat.Retry}, {400, chat.Rejected}, {401, chat.Retry}} {
		status = c.status
		_, err := a.Send(t.Context(), message("13812345678", "x"))
		if chat.FaultOf(err) != c.want || err == nil {
			t.Errorf("%d: %v", c.status, err)
		}
		if err != nil && strings.Contains(err.Error(), "138") {
			t.Errorf("the error tells the number: %v", err)
		}
	}
	if a.Health().Connected {
		t.Error("a gateway that refuses our signature is well")
	}
	status = 200
	sent := 1
	for range 12 {
		r := message("13812345678", "x")
		r.Key = fmt.Sprint("offer:", sent)
		if _, err := a.Send(t.Context(), r); err == nil {
			sent++
		} else if chat.FaultOf(err) != chat.Rejected {
			t.Error(err)
		}
	}
	if sent != perDay || !a.Health().Connected {
		t.Errorf("%d messages to one number on one day, %+v", sent, a.Health())
	}
	now = now.Add(24 * time.Hour)
	if ok, _, _ := a.take(t.Context(), "13812345678", "k"); !ok {
		t.Error("the next day begins full")
	}
	gateway.Close()
	if _, err := a.Send(t.Context(), message("13900000000", "x")); chat.FaultOf(err) != chat.Retry || strings.Contains(err.Error(), "139") {
		t.Errorf("a gateway that is away: %v", err)
	}
}

func TestWrongSettingsAreNamedWithoutTheirSecret(t *testing.T) {
	for _, u := range []string{"", "ftp://k:passw0rd@h", "https://h/x", "https://k@h", "https://k:passw0rd@", "://k:passw0rd"} {
		if _, err := New(Config{URL: u}); err == nil || strings.Contains(err.Error(), "passw0rd") {
			t.Errorf("%q: %v", u, err)
		}
	}
}
