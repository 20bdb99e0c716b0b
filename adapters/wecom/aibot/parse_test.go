package aibot

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gendan/adapters/wecom/msgcrypt"
)

func TestParseFrameDropsControlCharacters(t *testing.T) {
	f, err := parseFrame([]byte("{\"cmd\":\"aibot_msg_callback\",\n\t\"headers\":{\"req_id\":\"R\x011\"},\"body\":{\"text\":\"a\x00b\tc\nd\\\"e\"}}"))
	if err != nil {
		t.Fatal(err)
	}
	var b struct{ Text string }
	if err := json.Unmarshal(f.Body, &b); err != nil || b.Text != "ab\tc\nd\"e" || f.Headers.ReqID != "R1" {
		t.Errorf("%q %q %v", f.Headers.ReqID, b.Text, err)
	}
}

func TestParseMessage(t *testing.T) {
	nested := `{"msgid":"e1","create_time":1700000020,"from":{"userid":"zhangsan"},"msgtype":"event","event":{"eventtype":"template_card_event","template_card_event":{"card_type":"button_interaction","event_key":"undo:42","task_id":"t-42","selected_items":{"selected_item":[]}}}}`
	flat := `{"msgid":"e1","create_time":"1700000020","from":{"userid":"zhangsan"},"msgtype":"event","event":{"eventtype":"template_card_event","event_key":"undo:42","task_id":"t-42"}}`
	for _, body := range []string{nested, flat} {
		m, err := ParseMessage([]byte(body))
		if err != nil || m.Event.Tap == nil || m.Event.Tap.EventKey != "undo:42" || m.Event.Tap.TaskID != "t-42" || m.CreateTime != 1700000020 {
			t.Errorf("%s: %+v, %v", body, m, err)
		}
	}
	m, err := ParseMessage([]byte(`{"msgid":"m","from":{"userid":"u"},"msgtype":"text","text":"not an object"}`))
	if err != nil || m.From.UserID != "u" || m.MsgType != "text" || m.Text != nil {
		t.Errorf("a part of a new shape: %+v, %v", m, err)
	}
	if _, err := ParseMessage([]byte(`[]`)); err == nil {
		t.Error("a list was taken for a message")
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"R1"},"body":{"msgid":"m1","from":{"userid":"u"},"msgtype":"mixed","mixed":{"msg_item":[{"msgtype":"text","text":{"content":"x"}}]},"quote":{"msgtype":"file","file":{"url":"https://x"}}}}`))
	f.Add([]byte("{\"headers\":{},\"errcode\":40058,\"errmsg\":\"a\x01b\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := parseFrame(data)
		if err != nil {
			return
		}
		if m, err := ParseMessage(fr.Body); err == nil && m.Event != nil && m.Event.Type == EventTap && m.Event.EventKey != "" && m.Event.Tap == nil {
			t.Error("a flat tap was lost")
		}
	})
}

func TestFetch(t *testing.T) {
	t.Parallel()
	key := msgcrypt.NewKey()
	plain := []byte("hello wecom\n")
	sealed, err := msgcrypt.EncryptFile(key, plain)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			w.Header().Set("Content-Disposition", `attachment; filename="x.txt"; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.txt`)
			_, _ = w.Write(sealed)
		case "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/secret", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	u, _ := url.Parse(srv.URL)
	f := Files{Hosts: []string{u.Host}, Client: srv.Client()}
	ctx := context.Background()

	got, err := f.Fetch(ctx, Media{srv.URL + "/file", key}, 100)
	if err != nil || string(got.Data) != string(plain) || got.Name != "报价.txt" {
		t.Errorf("fetch = %+v, %v", got, err)
	}
	if _, err := f.Fetch(ctx, Media{srv.URL + "/file", key}, 5); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for _, bad := range []string{"http://169.254.169.254/meta", "http://ww-aibot.myqcloud.com/x", "https://qq.com.evil.example/x", "https://evilqq.com/x", "file:///etc/passwd", "::", "https://127.0.0.1/x"} {
		if _, err := f.Fetch(ctx, Media{URL: bad}, 100); !errors.Is(err, ErrHost) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := f.Fetch(ctx, Media{URL: srv.URL + "/away?sign=topsecret"}, 100); !errors.Is(err, ErrHost) || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("redirect: %v", err)
	}
	if _, err := f.Fetch(ctx, Media{URL: srv.URL + "/gone?sign=topsecret"}, 100); err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("404: %v", err)
	}
}

func TestFileName(t *testing.T) {
	for in, want := range map[string]string{
		`attachment; filename="a b.txt"`:                      "a b.txt",
		`attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.txt`: "报价.txt",
		`attachment; filename="%E6%8A%A5%E4%BB%B7.txt"`:       "报价.txt",
		`attachment; filename="../../etc/passwd"`:             "passwd",
		`attachment; filename=报价 单.txt`:                       "报价 单.txt",
		``:                                                    "",
	} {
		if got := FileName(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
