package wecom

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gendan/bot/chat"

	"github.com/silenceper/wechat/v2/work/kf"
)

// FuzzKFPage reads pages as anybody could have sent them: what comes out can be stored and answered.
func FuzzKFPage(f *testing.F) {
	deep := strings.Repeat(`{"msgtype":"merged_msg","merged_msg":{"item":[`, 4000)
	for _, seed := range []string{
		`{"errcode":0,"errmsg":"ok","next_cursor":"c","has_more":1,"msg_list":[{"msgid":"m1","open_kfid":"wk1","external_userid":"wm1","send_time":1700000000,"origin":3,"msgtype":"text","text":{"content":"你好","menu_id":"card:key"}}]}`,
		`{"msg_list":[{"msgid":"m2","external_userid":"wm1","send_time":"1700000000","origin":"3","msgtype":"text","text":{"content":7}}]}`,
		`{"msg_list":[{"msgid":"m3","external_userid":"wm1","origin":3,"msgtype":"merged_msg","merged_msg":{"title":"群聊的聊天记录","item":[{"send_time":1,"msgtype":"text","sender_name":"张三","msg_content":"{\"msgtype\":"}]}}]}`,
		`{"msg_list":[{"msgid":"m4","origin":4,"msgtype":"event","event":{"event_type":"enter_session","external_userid":"wm1","scene_param":"%zz","welcome_code":"w"}}]}`,
		`{"msg_list":[{"msgid":"m5","origin":4,"msgtype":"event","event":{"event_type":"msg_send_fail","external_userid":"wm1","fail_msgid":"gAAAA_1","fail_type":99}}]}`,
		`{"msg_list":[{"msgid":"m6","origin":5,"external_userid":"wm1","servicer_userid":"zhaomin","msgtype":"msgmenu","msgmenu":{"head_content":"h","list":[{"type":"click","click":null},{"view":{"content":"v"}}]}}]}`,
		`{"msg_list":[null,1,"x",[],{},{"msgid":"m7"},{"msgid":"m8","external_userid":"a/b","msgtype":"text"}]}`,
		`{"msg_list":[{"msgid":"m9","external_userid":"wm1","send_time":9223372036854775807,"origin":3,"msgtype":"msgid","event":[]}]}`,
		`{"msg_list":[{"msgid":"m10","external_userid":"wm1","origin":3,"msgtype":"merged_msg","merged_msg":` + deep + strings.Repeat("]}}", 4000) + `}]}`,
		`{"msg_list":[{"msgid":"m11","origin":4,"msgtype":"event","event":{"event_type":"servicer_status_change","servicer_userid":"a\u0000b","status":1}}]}`,
		`{"msg_list":{}}`, `{"msg_list":[{"msgid":"\ud800","external_userid":"wm1","msgtype":"text","text":{"content":"\ud800\u0000"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	now := time.Unix(1700000000, 0)
	f.Fuzz(func(t *testing.T, data []byte) {
		var p kfPage
		if decodeAnswer("kf/sync_msg", data, &p) != nil {
			return
		}
		for _, raw := range p.List {
			m, ok := kfDecode("wk1", raw, now)
			if !ok {
				continue
			}
			if m.ID == "" || m.From == "" || m.Conversation == "" || m.Kind == "" || m.Platform != KFName || strings.ContainsRune(m.ID+m.Text, 0) || !utf8.ValidString(m.Text) {
				t.Errorf("%+v of %s", m, raw)
			}
			if _, _, ours := kfParties(string(m.Conversation)); !ours && (m.Kind != chat.EventKind || m.Conversation != "kf:wk1") {
				t.Errorf("conversation %q", m.Conversation)
			}
			if m.Kind == chat.EventKind {
				if _, ok := chat.EventOf(m); !ok {
					t.Errorf("event without one: %s", m.Raw)
				}
			}
			stored, err := json.Marshal(m)
			if err != nil {
				t.Errorf("%+v: %v", m, err)
			}
			var back chat.Message
			if err := json.Unmarshal(stored, &back); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestMenusWithinThePlatformsBounds lays out cards that do not fit.
func TestMenusWithinThePlatformsBounds(t *testing.T) {
	t.Parallel()
	c := &chat.Card{ID: "c-1", Title: "标题", Body: strings.Repeat("长", 400), Note: "尾", Fields: []chat.Field{{Name: "金额", Old: "1", Value: "2"}}}
	for range 12 {
		c.Buttons = append(c.Buttons, chat.Button{Key: "k", Text: strings.Repeat("按", 60)})
	}
	m, whole, ok := kfMenuOf(c)
	if !ok || whole || len(m.List) != kfMenuMost || len(m.Head) > kfHeadBytes || !utf8.ValidString(m.Head) || len(m.List[0].Click.Content) > kfItemBytes {
		t.Errorf("%v %v %d entries, %d bytes", ok, whole, len(m.List), len(m.Head))
	}
	c.Buttons = []chat.Button{{Key: strings.Repeat("k", 130), Text: "x"}}
	if _, _, ok := kfMenuOf(c); ok {
		t.Error("an entry whose id the platform refuses was laid out")
	}
	c.Body, c.Buttons = "内容", []chat.Button{{Key: "a:b", Text: "好"}}
	m, whole, ok = kfMenuOf(c)
	if !ok || !whole || m.Head != "标题\n内容\n金额：1 → 2" || m.Tail != "尾" {
		t.Errorf("%+v %v %v", m, whole, ok)
	}
	if card, button, ok := kfTapped(m.List[0].Click.ID); !ok || card != "c-1" || button != "a:b" {
		t.Errorf("tapped %q %q %v", card, button, ok)
	}
	for _, id := range []string{"", "x", ":k", "c:", "字:k"} {
		if _, _, ok := kfTapped(id); ok {
			t.Errorf("%q is no entry of ours", id)
		}
	}
	c.State = chat.Done
	if _, _, ok := kfMenuOf(c); ok {
		t.Error("a card that is done can be tapped")
	}
}

func TestMarksOfMessages(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range []string{"", "a", "a:1", strings.Repeat("长", 500)} {
		for _, n := range []int{0, 1, 17} {
			m := kfMark(key, n)
			if len(m) > 32 || seen[m] || strings.Trim(m, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
				t.Errorf("%q", m)
			}
			seen[m] = true
			if got := kfFirst(m); string(got) != kfMark(key, 0) {
				t.Errorf("first of %s is %s", m, got)
			}
		}
	}
	for _, other := range []string{"", "x_1", "6XbmJyEk_2", "g_0"} {
		if string(kfFirst(other)) != other {
			t.Errorf("%q is no mark of ours", other)
		}
	}
}

// TestWhatTheSDKLosesOfCustomerService is why sync_msg, the session and the sending are calls of our own. When it
// fails, the SDK has learned something.
func TestWhatTheSDKLosesOfCustomerService(t *testing.T) {
	t.Parallel()
	var sent string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]string{
			"/cgi-bin/kf/sync_msg":          `{"errcode":0,"msg_list":[{"msgid":"m","origin":5,"servicer_userid":"zhaomin","send_time":1700000000,"msgtype":"text","text":{"content":"x","big":12345678901234567890}}]}`,
			"/cgi-bin/kf/service_state/get": `{"errcode":0,"service_state":3,"servicer_userid":"zhaomin"}`,
			"/cgi-bin/kf/send_msg":          `{"errcode":95018,"errmsg":"send msg session status invalid"}`,
		}[r.URL.Path]
		if strings.HasSuffix(r.URL.Path, "send_msg") {
			b := make([]byte, 4096)
			n, _ := r.Body.Read(b)
			sent = string(b[:n])
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(srv.Close)
	a := testAPI(t, srv.URL)
	err := a.kfSDK(context.Background(), "x", func(c *kf.Client) (int64, string, error) {
		page, err := c.SyncMsg(kf.SyncMsgOptions{OpenKfID: "wk1"})
		if err != nil || len(page.MsgList) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		if one := string(page.MsgList[0].OriginData); strings.Contains(one, "12345678901234567890") {
			t.Errorf("numbers survive now: %s", one)
		}
		state, err := c.ServiceStateGet(kf.ServiceStateGetOptions{})
		if err != nil || state.ServiceUserID != "" {
			t.Errorf("the servicer is told now: %+v %v", state, err)
		}
		if _, err := c.SendMsg(map[string]any{"text": "<&>"}); err == nil || strings.Contains(err.Error(), "95018") {
			t.Errorf("an error has its code now: %v", err)
		}
		return 0, "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(sent, "<&>") {
		t.Logf("the SDK sent %q", sent)
	}
	if state, servicer, err := a.kfState(context.Background(), "wk1", "wm1"); err != nil || state != kfPerson || servicer != "zhaomin" {
		t.Errorf("ours: %d %q %v", state, servicer, err)
	}
	if err := a.kfSend(context.Background(), "wk1", "wm1", "id", "text", map[string]string{"content": "<&>"}); kfCode(err) != 95018 || !strings.Contains(sent, "<&>") {
		t.Errorf("ours: %v, sent %q", err, sent)
	}
}

// testAPI is a client whose token is there already.
func testAPI(t *testing.T, base string) *api {
	t.Helper()
	a, err := New(Config{CorpID: "ww1", AgentID: 1, Secret: "s", APIURL: base})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	if err := a.app.cache.Set(a.app.key, "token", time.Hour); err != nil {
		t.Fatal(err)
	}
	return a.app
}
