package dingtalk

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gendan/bot/chat"
)

func TestRepliesBecomeWords(t *testing.T) {
	t.Parallel()
	card := &chat.Card{Title: "推进？", Buttons: []chat.Button{{Text: "确认", Command: "确认 7F3K"}, {Text: "详情"}}}
	dead := &chat.Card{Title: "推进？", State: chat.Done, Buttons: card.Buttons}
	link := "[确认](dtmd://dingtalkclient/sendMessage?content=%E7%A1%AE%E8%AE%A4%207F3K)"
	inGroup := "[确认](dtmd://dingtalkclient/sendMessage?content=%40%E8%B7%9F%E5%8D%95%20%E7%A1%AE%E8%AE%A4%207F3K)"
	cases := []struct {
		name  string
		reply chat.Reply
		robot string
		want  []body
	}{
		{"text", chat.Reply{Text: "好 *的*"}, "", []body{{Text: "好 *的*"}}},
		{"markdown", chat.Reply{Text: "标题\n正文", Markdown: "**标题**"}, "", []body{{Markdown: true, Title: "标题", Text: "**标题**"}}},
		{"buttons", chat.Reply{Text: "138****5678\n#12 [a](b)", Card: card}, "", []body{{Markdown: true, Title: "推进？", Text: "138＊＊＊＊5678  \n＃12 [a］(b)\n\n" + link}}},
		{"buttons in a group", chat.Reply{Text: "好", Card: card, Group: true}, "跟单", []body{{Markdown: true, Title: "推进？", Text: "好\n\n" + inGroup}}},
		{"buttons in a group of an unknown name", chat.Reply{Text: "好", Card: card, Group: true}, "", []body{{Text: "好"}}},
		{"a card that is over", chat.Reply{Text: "好", Card: dead}, "", []body{{Text: "好"}}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, render(c.reply, c.robot)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	long := render(chat.Reply{Text: strings.Repeat("云", maxTextRunes), Card: card}, "")
	if len(long) != 2 || !strings.Contains(long[1].Text, link) {
		t.Errorf("%d messages", len(long))
	}
	for _, b := range render(chat.Reply{Text: strings.Repeat("𠮷", 9000)}, "") {
		if !fits(b.Text) || b.Text == "" || strings.ContainsRune(b.Text, '\ufffd') {
			t.Errorf("cut badly: %d bytes", len(b.Text))
		}
	}
}

func TestCardsBecomeVariables(t *testing.T) {
	t.Parallel()
	p, ok := cardParams(chat.Card{ID: "c1", Title: "推进？\n", Body: "云帆",
		Fields:  []chat.Field{{Name: "金额", Old: "40万", Value: "38万", Evidence: "改成38万"}, {Name: "阶段", Value: "报价"}},
		Buttons: []chat.Button{{Key: "ok", Text: "确认", Style: "primary"}, {Key: "del", Text: "删除", Style: "danger"}, {Key: "no", Text: "取消"}}}, true)
	want := map[string]string{"card": "c1", "title": "推进？", "note": "", "state": "pending", "status": "", "body2": "", "body3": "",
		"body": "云帆\n\n**金额**　40万 → 38万\n\n> 改成38万\n\n**阶段**　报价",
		"buttons": `[{"id":"ok","text":"确认","color":"blue","status":"normal","event":{"type":"sendCardRequest","params":{"actionId":"ok","params":{"group":"true"}}}},` +
			`{"id":"del","text":"删除","color":"red","status":"normal","event":{"type":"sendCardRequest","params":{"actionId":"del","params":{"group":"true"}}}},` +
			`{"id":"no","text":"取消","color":"gray","status":"normal","event":{"type":"sendCardRequest","params":{"actionId":"no","params":{"group":"true"}}}}]`}
	if diff := cmp.Diff(want, p); diff != "" || !ok {
		t.Error(diff)
	}
	for _, s := range []chat.State{chat.Working, chat.Done, chat.Cancelled, chat.Expired, chat.Superseded, chat.Undone} {
		p, ok := cardParams(chat.Card{ID: "c1", State: s, Buttons: []chat.Button{{Key: "ok", Text: "确认"}}}, false)
		if !ok || p["buttons"] != "[]" || p["status"] == "" || p["state"] != string(s) {
			t.Errorf("%s: %v", s, p)
		}
	}
	if p, ok := cardParams(chat.Card{ID: "c1", Body: strings.Repeat(strings.Repeat("云", 300)+"\n", 3)}, false); !ok || p["body3"] == "" {
		t.Errorf("three parts: %v", ok)
	}
	for _, c := range []chat.Card{{Body: strings.Repeat(strings.Repeat("云", 300)+"\n", 4)}, {Body: strings.Repeat("云", 400)},
		{Buttons: []chat.Button{{Key: strings.Repeat("k", 128), Text: "a"}, {Key: strings.Repeat("k", 128), Text: "a"}, {Key: strings.Repeat("k", 128), Text: "a"},
			{Key: strings.Repeat("k", 128), Text: "a"}, {Key: strings.Repeat("k", 128), Text: "a"}, {Key: strings.Repeat("k", 128), Text: "a"}}}} {
		if p, ok := cardParams(c, false); ok {
			t.Errorf("fits: %v", p)
		}
	}
}

func TestTapsAreRead(t *testing.T) {
	t.Parallel()
	tap := func(more string) string {
		return `{"type":"actionCallback","outTrackId":"c1","userId":"li","spaceType":"im","spaceId":"cidA==",` + more + `}`
	}
	ok := `"content":"{\"cardPrivateData\":{\"actionIds\":[\"ok\"],\"params\":{}}}"`
	cases := []struct {
		name, data string
		shown      shownCard
		want       chat.Message // Conversation, Group and Tap
	}{
		{"known in a group", tap(ok), shownCard{Card: "c2", Asker: "dingtalk:li", Conversation: "dingtalk:g:cidB==", Group: true},
			chat.Message{Conversation: "dingtalk:g:cidB==", Group: true, Tap: &chat.Tap{Card: "c2", Button: "ok"}}},
		{"known in 1:1", tap(ok), shownCard{Card: "c1", Asker: "dingtalk:li", Conversation: "dingtalk:p:li"},
			chat.Message{Conversation: "dingtalk:p:li", Tap: &chat.Tap{Card: "c1", Button: "ok"}}},
		{"forgotten: answered to the person alone", tap(ok), shownCard{Card: "c1"},
			chat.Message{Conversation: "dingtalk:p:li", Tap: &chat.Tap{Card: "c1", Button: "ok"}}},
		{"forgotten, but the button tells the group", tap(`"content":"{\"cardPrivateData\":{\"actionIds\":[\"ok\"],\"params\":{\"group\":\"true\"}}}"`), shownCard{Card: "c1"},
			chat.Message{Conversation: "dingtalk:g:cidA==", Group: true, Tap: &chat.Tap{Card: "c1", Button: "ok"}}},
		{"only value is filled", tap(`"content":"","value":"{\"cardPrivateData\":{\"actionIds\":[\"no\"]}}"`), shownCard{Card: "c1"},
			chat.Message{Conversation: "dingtalk:p:li", Tap: &chat.Tap{Card: "c1", Button: "no"}}},
		{"the button stands in the parameters", tap(`"content":{"cardPrivateData":{"params":{"action":"no"}}}`), shownCard{Card: "c1"},
			chat.Message{Conversation: "dingtalk:p:li", Tap: &chat.Tap{Card: "c1", Button: "no"}}},
	}
	for _, c := range cases {
		read, err := readTap([]byte(c.data))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m := read.message(c.shown, "f1", testNow)
		if m.Kind != chat.TapKind || m.From != "dingtalk:li" || m.ID != "tap:f1" {
			t.Errorf("%s: %+v", c.name, m)
		}
		if diff := cmp.Diff(c.want, chat.Message{Conversation: m.Conversation, Group: m.Group, Tap: m.Tap}); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	for _, bad := range []string{``, `[]`, tap(`"content":"x"`), `{"userId":"li",` + ok + `}`, `{"outTrackId":"c1",` + ok + `}`} {
		if _, err := readTap([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestDownloadAddressesAreGuarded(t *testing.T) {
	t.Parallel()
	a := newTestAdapter(t, Config{FileHosts: []string{"files.example.cn"}})
	for address, want := range map[string]bool{
		"https://down-cdn.dingtalk.com/a":                    true,
		"https://zjk-dualstack.oss-cn-hangzhou.aliyuncs.com": true,
		"https://x.files.example.cn/a":                       true,
		"http://down-cdn.dingtalk.com/a":                     false,
		"https://dingtalk.com.evil.example/a":                false,
		"https://evildingtalk.com/a":                         false,
		"https://169.254.169.254/latest":                     false,
		"https://user@down-cdn.dingtalk.com/a":               false,
		"file:///etc/passwd":                                 false,
		DefaultOAPIURL + "/a":                                true,
	} {
		u, err := url.Parse(address)
		if err != nil || a.mayFetch(u) != want {
			t.Errorf("%s: %v, %v", address, !want, err)
		}
	}
	for ip, want := range map[string]bool{"47.96.1.1": true, "10.0.0.1": false, "192.168.1.1": false, "127.0.0.1": false, "169.254.169.254": false,
		"100.100.100.200": false, "::1": false, "fd00::1": false, "::ffff:10.0.0.1": false, "0.0.0.0": false, "2400:3200::1": true} {
		if public(netip.MustParseAddr(ip)) != want {
			t.Errorf("%s: %v", ip, !want)
		}
	}
	if err := publicOnly(t.Context(), "tcp", "10.0.0.1:443", nil); err == nil {
		t.Error("a private address is dialled")
	}
}

// A platform that hands out addresses of other hosts and redirects to them must not make us fetch from there.
func TestDownloadsDoNotLeaveTheAllowedHosts(t *testing.T) {
	t.Parallel()
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the inside was asked") }))
	defer secret.Close()
	var give string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1.0/oauth2/accessToken":
			_, _ = w.Write([]byte(`{"accessToken":"t","expireIn":7200}`))
		case pathDownload:
			_ = json.NewEncoder(w).Encode(map[string]string{"downloadUrl": give})
		default:
			http.Redirect(w, r, secret.URL, http.StatusFound)
		}
	}))
	defer srv.Close()
	a := newTestAdapter(t, Config{APIURL: srv.URL, OAPIURL: srv.URL})
	defer a.http.CloseIdleConnections()
	defer a.files.CloseIdleConnections()
	at := chat.Attachment{Handle: []byte(`{"code":"c"}`)}
	for _, give = range []string{secret.URL, srv.URL + "/file"} {
		if _, err := a.Download(t.Context(), at, 10); err == nil {
			t.Errorf("%s is fetched", give)
		}
	}
}

func TestRefusalsOfOddShapes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		status int
		body   string
		want   chat.Fault
		code   string
	}{
		{200, `<html>banned</html>`, chat.Unsure, "notJSON"},
		{200, `{"status":1111,"wait":5,"source":"x5","punish":"deny"}`, chat.Retry, "1111"},
		{200, `{"errcode":"40035","errmsg":"x"}`, chat.Rejected, "40035"},
		{200, `{"errcode":88,"sub_code":"60011","errmsg":"x"}`, chat.Rejected, "88.60011"},
		{403, `<html>`, chat.Retry, "notJSON"},
		{429, `{}`, chat.Retry, ""},
		{503, ``, chat.Unsure, "http"},
		{429, `{"code":"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}`, chat.Retry, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"},
	}
	for _, c := range cases {
		f := fault(readRefusal(c.status, []byte(c.body)), false)
		if f.Fault != c.want || f.Code != c.code {
			t.Errorf("%d %s: %s %q", c.status, c.body, f.Fault, f.Code)
		}
	}
	if err := readRefusal(200, []byte(`{"errcode":0}`)); err != nil {
		t.Error(err)
	}
	err := scrub(&url.Error{Op: "Post", URL: "https://oapi.dingtalk.com/x?access_token=secret", Err: net.ErrClosed})
	if strings.Contains(err.Error(), "secret") || !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestRatesAreKept(t *testing.T) {
	t.Parallel()
	var w window
	at := time.Unix(1000, 0)
	for i := range 20 {
		if wait := w.take(at.Add(time.Duration(i)*time.Millisecond), 20, time.Second); wait != 0 {
			t.Fatalf("call %d waits %s", i, wait)
		}
	}
	if wait := w.take(at.Add(20*time.Millisecond), 20, time.Second); wait != 980*time.Millisecond {
		t.Errorf("waits %s", wait)
	}
	if wait := w.take(at.Add(time.Second), 20, time.Second); wait != 0 {
		t.Errorf("waits %s", wait)
	}
	if wait := w.take(at, -1, time.Second); wait != 0 {
		t.Errorf("waits %s without a limit", wait)
	}
}

func newTestAdapter(t *testing.T, cfg Config) *Adapter {
	t.Helper()
	cfg.ClientID, cfg.ClientSecret = "id", "secret"
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{}, {ClientID: "a"}, {ClientID: "a", ClientSecret: "b", APIURL: "oapi.dingtalk.com"}, {ClientID: "a", ClientSecret: "b", OAPIURL: "ftp://x"}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
