package wecomtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

// contacts is a platform where 李雷 and 韩梅梅 have 王强, each with a remark and a source of their own.
func contacts(t *testing.T, limits wecomtest.Limits) (*world, *clock) {
	t.Helper()
	c := newClock()
	org := wecomtest.DemoOrg()
	org.Tags = []wecomtest.Tag{{ID: "etVIP", Name: "重点", Group: "级别"}, {ID: "etTea", Name: "抹茶", Group: "口味"}}
	org.Follows = []wecomtest.Follow{
		{UserID: "lilei", Customer: wang, Remark: "王总", State: "src_door", AddWay: 1, Tags: []string{"etVIP"}},
		{UserID: "hanmeimei", Customer: wang, Company: "云帆", Mobiles: []string{"13812345678"}, Tags: []string{"etTea"}},
	}
	w := newWorld(t, wecomtest.Config{Org: org, Now: c.Now, Limits: limits})
	w.getToken()
	return w, c
}

// groupSend is a body of add_msg_template from user to customers.
func groupSend(user, said string, customers ...string) map[string]any {
	return map[string]any{"chat_type": "single", "sender": user, "external_userid": customers, "text": text(said)}
}

func TestContactsHaveSeveralFollowers(t *testing.T) {
	t.Parallel()
	w, _ := contacts(t, wecomtest.Limits{})
	var one struct {
		Contact struct{ UnionID string } `json:"external_contact"`
		Follow  []struct {
			UserID, Remark, State string
			Tags                  []struct {
				Name string `json:"tag_name"`
			}
		} `json:"follow_user"`
	}
	raw := w.do("GET", "externalcontact/get?external_userid="+wang+"&access_token="+w.token, nil).raw
	if err := json.Unmarshal([]byte(raw), &one); err != nil || len(one.Follow) != 2 || one.Contact.UnionID == "" {
		t.Fatalf("%v %s", err, raw)
	}
	if f := one.Follow; f[0].Remark != "王总" || f[0].State != "src_door" || f[0].Tags[0].Name != "重点" || f[1].Remark != "" || f[1].Tags[0].Name != "抹茶" {
		t.Errorf("%s", raw)
	}
	if r := w.post("externalcontact/mark_tag", map[string]any{"userid": "lilei", "external_userid": wang, "add_tag": []string{"etTea"}, "remove_tag": []string{"etVIP"}}); r.Errcode != 0 {
		t.Errorf("%s", r.raw)
	}
	if f := w.Follows(); strings.Join(f[0].Tags, ",") != "etTea" || strings.Join(f[1].Tags, ",") != "etTea" {
		t.Errorf("%+v", f)
	}
	for body, code := range map[string]int{`{"userid":"lilei","external_userid":"` + wang + `"}`: 40058, `{"userid":"zhaomin","external_userid":"` + wang + `","remark":"x"}`: 84061} {
		if r := w.post("externalcontact/remark", json.RawMessage(body)); r.Errcode != code {
			t.Errorf("remark %s: %s", body, r.raw)
		}
	}
	if n := w.Counters().Said; n != 0 {
		t.Errorf("changes by the API were told: %d", n)
	}
}

func TestWelcomeOnceWithinTwentySeconds(t *testing.T) {
	t.Parallel()
	w, _ := contacts(t, wecomtest.Limits{})
	welcome := func(code string) int {
		return w.post("externalcontact/send_welcome_msg", map[string]any{"welcome_code": code, "text": text("您好")}).Errcode
	}
	code, _, err := w.ContactAdd(wecomtest.Adding{User: "lilei", Customer: liu, State: "src"})
	if err != nil || code == "" {
		t.Fatal(code, err)
	}
	if r := w.post("externalcontact/send_welcome_msg", map[string]any{"welcome_code": code}); r.Errcode != 40063 {
		t.Errorf("nothing to say: %s", r.raw)
	}
	if got := []int{welcome("other"), welcome(code), welcome(code)}; got[0] != 41050 || got[1] != 0 || got[2] != 41050 {
		t.Errorf("%v", got)
	}
	if seen := w.ContactView("lilei", liu); len(seen) != 1 || seen[0].Text != "您好" {
		t.Errorf("%+v", seen)
	}
	if err := w.ContactSay(liu, "lilei", liu, "在吗"); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := w.ContactAdd(wecomtest.Adding{User: "lilei", Customer: liu}); code != "" {
		t.Error("a welcome code though the two have chatted")
	}
	w.SetConsoleWelcome("hanmeimei", true)
	if code, _, _ := w.ContactAdd(wecomtest.Adding{User: "hanmeimei", Customer: liu}); code != "" {
		t.Error("a welcome code beside the console's welcome")
	}
	late, _, err := w.ContactAdd(wecomtest.Adding{User: "wangjing", Customer: liu})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ContactSay("wangjing", "wangjing", liu, "您好"); err != nil {
		t.Fatal(err)
	}
	if got := welcome(late); got != 41051 {
		t.Errorf("after the first words: %d", got)
	}
}

func TestGroupSendsAreConfirmedAndCounted(t *testing.T) {
	t.Parallel()
	w, c := contacts(t, wecomtest.Limits{ContactMonth: 2})
	send := func(body map[string]any) reply { t.Helper(); return w.post("externalcontact/add_msg_template", body) }
	for name, one := range map[string]struct {
		body map[string]any
		code int
	}{
		"nothing":    {groupSend("lilei", "", wang), 40063},
		"too long":   {groupSend("lilei", strings.Repeat("长", 1334), wang), 45002},
		"nobody's":   {groupSend("zhaomin", "您好", wang), 41048},
		"no sender":  {groupSend("nobody", "您好", wang), 60111},
		"empty tags": {map[string]any{"sender": "lilei", "text": text("您好"), "tag_filter": map[string]any{"group_list": nil}}, 40058},
	} {
		if r := send(one.body); r.Errcode != one.code {
			t.Errorf("%s: %s, want %d", name, r.raw, one.code)
		}
	}
	// Tags: OR inside a group of them, AND across groups; with no sender the newest follow sends.
	tagged := send(map[string]any{"text": text("给喜欢抹茶的"), "tag_filter": map[string]any{"group_list": []any{map[string]any{"tag_list": []string{"etTea", "etNo"}}}}})
	if tagged.Errcode != 0 || len(w.GroupTasks("hanmeimei")) != 1 || len(w.GroupTasks("lilei")) != 0 {
		t.Fatalf("%s %+v", tagged.raw, w.GroupTasks("lilei"))
	}
	var ids []string
	for range 3 {
		r := send(groupSend("lilei", "您好", wang, "wmNobody"))
		if r.Errcode != 0 || !strings.Contains(r.raw, "wmNobody") {
			t.Fatalf("%s", r.raw)
		}
		ids = append(ids, r.MsgID)
	}
	status := func(id string) string {
		return w.post("externalcontact/get_groupmsg_send_result", map[string]any{"msgid": id, "userid": "lilei"}).raw
	}
	if !strings.Contains(status(ids[0]), `"status":0`) || len(w.ContactView("lilei", wang)) != 0 {
		t.Errorf("before the tap: %s", status(ids[0]))
	}
	for _, id := range ids {
		if err := w.GroupConfirm("lilei", id); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(status(ids[1]), `"status":1`) || !strings.Contains(status(ids[2]), `"status":3`) || w.GroupSends(wang) != 2 {
		t.Errorf("%s\n%s, %d", status(ids[1]), status(ids[2]), w.GroupSends(wang))
	}
	if r := send(groupSend("lilei", "您好", wang)); r.Errcode != 41048 {
		t.Errorf("over the month's share: %s", r.raw)
	}
	c.Advance(13 * 24 * time.Hour) // the first of December
	w.getToken()
	r := send(groupSend("lilei", "十二月好", wang))
	if r.Errcode != 0 {
		t.Fatalf("a new month: %s", r.raw)
	}
	for i := range 4 {
		if got := w.post("externalcontact/remind_groupmsg_send", map[string]any{"msgid": r.MsgID}).Errcode; (got == 0) != (i < 3) {
			t.Errorf("reminder %d: %d", i, got)
		}
	}
	if got := w.post("externalcontact/cancel_groupmsg_send", map[string]any{"msgid": r.MsgID}); got.Errcode != 0 {
		t.Errorf("%s", got.raw)
	}
	if err := w.GroupConfirm("lilei", r.MsgID); err == nil {
		t.Error("a task that was taken back was confirmed")
	}
}

func TestContactControl(t *testing.T) {
	t.Parallel()
	w, _ := contacts(t, wecomtest.Limits{})
	if r := w.post("externalcontact/add_msg_template", groupSend("lilei", "周末有礼", wang)); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "contact", "", 200, `"remark":"王总"`},
		{"POST", "contact/add", `{"user":"lilei","customer":"` + liu + `","state":"src_door","add_way":1}`, 200, `"welcome_code":"`},
		{"POST", "contact/add", `{"user":"lilei","customer":"wmNobody"}`, 404, `"error"`},
		{"POST", "contact/follow", `{"userid":"zhaomin","external_userid":"` + liu + `"}`, 200, `"ok":true`},
		{"POST", "contact/tag", `{"id":"etNew","name":"新客","group_name":"级别"}`, 200, `"ok":true`},
		{"POST", "contact/edit", `{"userid":"lilei","external_userid":"` + liu + `","remark_corp_name":"星河"}`, 200, `"ok":true`},
		{"GET", "contact/tasks?user=lilei", "", 200, `"text":"周末有礼"`},
		{"POST", "contact/confirm", `{"user":"lilei"}`, 200, `"ok":true`},
		{"POST", "contact/confirm", `{"user":"lilei"}`, 404, `"error"`},
		{"GET", "contact/view?user=lilei&customer=" + wang, "", 200, `"received":1`},
		{"POST", "contact/say", `{"user":"lilei","customer":"` + wang + `","text":"在吗"}`, 200, `"ok":true`},
		{"POST", "contact/unlicensed", `{"user":"zhaomin","on":true}`, 200, `"ok":true`},
		{"POST", "contact/console-welcome", `{"user":"zhaomin","on":true}`, 200, `"ok":true`},
		{"POST", "contact/leave", `{"user":"lilei","customer":"` + wang + `"}`, 200, `"ok":true`},
		{"POST", "contact/say", `{"user":"lilei","customer":"` + wang + `","text":"在吗"}`, 409, `"error"`},
		{"GET", "contact", "", 200, `"gone":true`},
	} {
		if status, body := w.control(c.method, c.path, c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
}
