package wecomtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

const (
	kfid = "wkSimService0001"
	wang = "wmSimWangQiang01"
	liu  = "wmSimLiuFang0001"
)

// kfSent is a body of kf/send_msg to wang.
func kfSent(kind string, content any) map[string]any {
	return map[string]any{"touser": wang, "open_kfid": kfid, "msgtype": kind, kind: content}
}

// must ends the test on an error of a person's doing.
func (w *world) must(_ string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestKFMessagesAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	w.getToken()
	if r := w.post("kf/send_msg", kfSent("text", text("在"))); r.Errcode != 40096 {
		t.Errorf("to somebody who never came: %s", r.raw)
	}
	w.must(w.KFSay(kfid, wang, "在吗"))
	click := func(id, content string) map[string]any {
		return map[string]any{"type": "click", "click": map[string]any{"id": id, "content": content}}
	}
	many := func(n int) (list []any) {
		for range n {
			list = append(list, click("x", "x"))
		}
		return list
	}
	for name, c := range map[string]struct {
		body map[string]any
		code int
	}{
		"long text":          {kfSent("text", text(strings.Repeat("长", 683))), 45002},
		"empty text":         {kfSent("text", text("")), 44004},
		"unknown kind":       {kfSent("template_card", text("x")), 40008},
		"file without media": {kfSent("file", map[string]any{}), 40058},
		"file of nobody":     {kfSent("file", map[string]any{"media_id": "x"}), 40007},
		"link without thumb": {kfSent("link", map[string]any{"title": "a", "url": "https://a"}), 40007},
		"link too long":      {kfSent("link", map[string]any{"title": strings.Repeat("a", 129), "url": "https://a"}), 40058},
		"menu: 11 to tap":    {kfSent("msgmenu", map[string]any{"head_content": "h", "list": many(11)}), 40058},
		"menu: long id":      {kfSent("msgmenu", map[string]any{"list": []any{click(strings.Repeat("i", 129), "x")}}), 40058},
		"menu: long words":   {kfSent("msgmenu", map[string]any{"list": []any{click("i", strings.Repeat("x", 129))}}), 40058},
		"menu: strange":      {kfSent("msgmenu", map[string]any{"list": []any{map[string]any{"type": "dance"}}}), 40058},
		"menu: empty":        {kfSent("msgmenu", map[string]any{}), 44004},
		"menu: long head":    {kfSent("msgmenu", map[string]any{"head_content": strings.Repeat("a", 1025)}), 40058},
		"no account":         {map[string]any{"touser": wang, "open_kfid": "wkNo", "msgtype": "text", "text": text("x")}, 95004},
		"no such customer":   {map[string]any{"touser": "wmNo", "open_kfid": kfid, "msgtype": "text", "text": text("x")}, 40096},
		"bad msgid":          {map[string]any{"touser": wang, "open_kfid": kfid, "msgid": "a b", "msgtype": "text", "text": text("x")}, 40058},
		"long msgid":         {map[string]any{"touser": wang, "open_kfid": kfid, "msgid": strings.Repeat("a", 33), "msgtype": "text", "text": text("x")}, 40058},
	} {
		if r := w.post("kf/send_msg", c.body); r.Errcode != c.code {
			t.Errorf("%s: %s, want %d", name, r.raw, c.code)
		}
	}
	if r := w.post("kf/send_msg", kfSent("msgmenu", map[string]any{"head_content": "h", "list": many(10), "tail_content": "t"})); r.Errcode != 0 || r.MsgID == "" {
		t.Errorf("a good menu: %s", r.raw)
	}
	if view := w.KFView(kfid, wang); len(view) != 2 {
		t.Errorf("refused messages were shown: %+v", view)
	}
	for i, code := range []int{0, 0, 0, 0, 95001} {
		if r := w.post("kf/send_msg", kfSent("text", text("x"))); r.Errcode != code {
			t.Errorf("message %d: %s", i+2, r.raw)
		}
	}
}

func TestKFPages(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now, Limits: wecomtest.Limits{KFPulls: 40}})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	w.getToken()
	type page struct {
		Next string `json:"next_cursor"`
		More int    `json:"has_more"`
		List []struct {
			ID   string `json:"msgid"`
			Text struct{ Content string }
		} `json:"msg_list"`
	}
	pull := func(cursor, token string, limit, code int) (p page) {
		t.Helper()
		r := w.post("kf/sync_msg", map[string]any{"open_kfid": kfid, "cursor": cursor, "token": token, "limit": limit})
		if r.Errcode != code {
			t.Fatalf("%s, want %d", r.raw, code)
		}
		if err := json.Unmarshal([]byte(r.raw), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for i := range 10 {
		w.must(w.KFSay(kfid, wang, fmt.Sprint(i)))
	}
	ring := a.next(t)
	_, rest, _ := strings.Cut(ring, "<Token><![CDATA[")
	token, _, _ := strings.Cut(rest, "]]>")
	if !strings.Contains(ring, "<OpenKfId><![CDATA["+kfid+"]]>") || token == "" || strings.Contains(ring, "FromUserName") {
		t.Fatalf("ring %s", ring)
	}
	var all []string
	cursor, empty := "", 0
	for {
		p := pull(cursor, token, 2, 0)
		if len(p.List) == 0 && p.More == 1 {
			empty++
		}
		for _, m := range p.List {
			all = append(all, m.Text.Content)
		}
		cursor = p.Next
		if p.More == 0 {
			break
		}
	}
	if strings.Join(all, "") != "0123456789" || empty == 0 {
		t.Errorf("pulled %q with %d empty pages", all, empty)
	}
	pull("nonsense", token, 10, 40058)
	pull("", "ENCnonsense", 10, 95007)
	pull("", "", 1001, 40058)
	c.Advance(10 * time.Minute)
	pull("", token, 10, 95007)
	for range 40 {
		pull(cursor, "", 10, 0)
	}
	pull(cursor, "", 10, 45009)
	c.Advance(3*24*time.Hour - 10*time.Minute)
	w.getToken()
	if p := pull("", "", 10, 0); len(p.List) != 0 || p.More != 0 {
		t.Errorf("after three days: %+v", p)
	}
}

func TestKFCodesWorkOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	w.getToken()
	code := func(account, customer string) string {
		t.Helper()
		id, err := w.KFEnter(account, customer, "s", "p")
		w.must(id, err)
		r := w.post("kf/sync_msg", map[string]any{"open_kfid": kfid, "limit": 1000})
		var p struct {
			List []struct {
				ID    string `json:"msgid"`
				Event struct {
					Code string `json:"welcome_code"`
				}
			} `json:"msg_list"`
		}
		if err := json.Unmarshal([]byte(r.raw), &p); err != nil {
			t.Fatal(err)
		}
		for _, m := range p.List {
			if m.ID == id {
				return m.Event.Code
			}
		}
		r = w.post("kf/sync_msg", map[string]any{"open_kfid": kfid, "limit": 1000}) // the page came empty
		if err := json.Unmarshal([]byte(r.raw), &p); err != nil {
			t.Fatal(err)
		}
		return p.List[len(p.List)-1].Event.Code
	}
	say := func(code, kind string, content any, want int) {
		t.Helper()
		if r := w.post("kf/send_msg_on_event", map[string]any{"code": code, "msgtype": kind, kind: content}); r.Errcode != want {
			t.Errorf("%s, want %d", r.raw, want)
		}
	}
	first := code(kfid, wang)
	say(first, "image", map[string]any{"media_id": "x"}, 40008)
	say(first, "text", text("您好"), 0)
	say(first, "text", text("您好"), 41050)
	say("other", "text", text("您好"), 41050)
	if again := code(kfid, wang); again != "" {
		t.Error("a second welcome within two days")
	}
	late := code(kfid, liu)
	c.Advance(20 * time.Second)
	say(late, "text", text("您好"), 41050)
	w.must(w.KFSay(kfid, liu, "在吗"))
	move := func(body map[string]any, want int) string {
		t.Helper()
		body["open_kfid"], body["external_userid"] = kfid, liu
		r := w.post("kf/service_state/trans", body)
		if r.Errcode != want {
			t.Errorf("%s, want %d", r.raw, want)
		}
		var out struct {
			Code string `json:"msg_code"`
		}
		if err := json.Unmarshal([]byte(r.raw), &out); err != nil {
			t.Fatal(err)
		}
		return out.Code
	}
	queue := move(map[string]any{"service_state": 2}, 0)
	say(queue, "msgmenu", map[string]any{"head_content": "x"}, 40008)
	c.Advance(time.Hour)
	w.getToken()
	say(queue, "text", text("排队中"), 0)
	move(map[string]any{"service_state": 3}, 40058)
	move(map[string]any{"service_state": 3, "servicer_userid": "lilei"}, 95014)
	if move(map[string]any{"service_state": 3, "servicer_userid": "zhaomin"}, 0) == "" {
		t.Error("no code at the first taking over")
	}
	if move(map[string]any{"service_state": 3, "servicer_userid": "hanmeimei"}, 0) != "" {
		t.Error("a code at the second taking over")
	}
	end := move(map[string]any{"service_state": 4}, 0)
	say(end, "text", text("再见"), 0)
	move(map[string]any{"service_state": 2}, 95013)
	move(map[string]any{"service_state": 9}, 40058)
}

func TestKFControlInterface(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	w.getToken()
	at := func(path, body string, status int, want string) {
		t.Helper()
		method := "POST"
		if body == "" {
			method = "GET"
		}
		if got, answer := w.control(method, path, body); got != status || !strings.Contains(answer, want) {
			t.Errorf("%s %s: %d %s, want %d %s", path, body, got, answer, status, want)
		}
	}
	who := `"customer":"` + wang + `"`
	at("kf", "", 200, `"open_kfid":"`+kfid+`"`)
	at("kf/enter", `{`+who+`,"scene":"expo"}`, 200, `"msgid"`)
	at("kf/enter", `{`+who+`,"scene":"`+strings.Repeat("x", 33)+`"}`, 400, `scene`)
	at("kf/say", `{`+who+`,"text":"在吗"}`, 200, `"msgid"`)
	at("kf/say", `{"chat":"kf:`+kfid+`/`+wang+`","text":"在吗"}`, 200, `"msgid"`)
	at("kf/say", `{"customer":"wmNobody","text":"在吗"}`, 404, `wmNobody`)
	at("kf/say", `{`+who+`,"kind":"note","content":{}}`, 200, `"msgid"`)
	at("kf/file", `{`+who+`,"kind":"image","name":"a.png","base64":"iVBORw0KGgoAAAA="}`, 200, `"msgid"`)
	at("kf/file", `{`+who+`,"kind":"image","name":"a.png","base64":"AAAAAAAAAAA="}`, 400, `JPG`)
	at("kf/record", `{`+who+`,"text":"群聊的聊天记录","lines":[{"name":"张三","text":"坏了"}]}`, 200, `"msgid"`)
	at("kf/tap", `{`+who+`,"item":"报修"}`, 404, `报修`)
	if r := w.post("kf/send_msg", kfSent("msgmenu", map[string]any{"head_content": "选", "list": []any{map[string]any{"type": "click", "click": map[string]any{"id": "r", "content": "报修"}}}})); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	at("kf/tap", `{`+who+`,"item":"报修"}`, 200, `"msgid"`)
	at("kf/view?customer="+wang, "", 200, `"left":5`)
	at("kf/serve", `{`+who+`,"servicer":"zhaomin","text":"我来"}`, 409, `session`)
	at("kf/session", `{`+who+`,"servicer":"zhaomin","do":"take"}`, 409, `take`)
	at("kf/session", `{`+who+`,"servicer":"lilei","do":"take"}`, 404, `lilei`)
	if r := w.post("kf/service_state/trans", map[string]any{"open_kfid": kfid, "external_userid": wang, "service_state": 2}); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	at("kf/session", `{`+who+`,"servicer":"zhaomin","do":"take"}`, 200, `ok`)
	at("kf/serve", `{`+who+`,"servicer":"zhaomin","text":"我来"}`, 200, `"msgid"`)
	at("kf/session", `{`+who+`,"servicer":"zhaomin","do":"end"}`, 200, `ok`)
	at("kf/session", `{`+who+`,"servicer":"zhaomin","do":"reopen"}`, 200, `ok`)
	at("kf/duty", `{"servicer":"zhaomin","on":false}`, 200, `ok`)
	at("kf/reject", `{`+who+`,"servicer":"zhaomin","on":true}`, 200, `ok`)
	at("kf/fail", `{`+who+`,"type":10}`, 200, `ok`)
	at("kf/recall", `{`+who+`,"id":"nothing"}`, 404, `nothing`)
	at("kf/accounts", `{"open_kfid":"wkNew","name":"售后","servicers":["zhaomin"]}`, 200, `ok`)
	at("kf/accounts", `{"open_kfid":"wkNew","name":"售后","servicers":["nobody"]}`, 404, `nobody`)
	at("kf/customers", `{"external_userid":"wmNew","name":"新客户"}`, 200, `ok`)
	at("kf/say", `{"account":"wkNew","customer":"wmNew","text":"在吗"}`, 200, `"msgid"`)
	for path, in := range map[string]map[string]any{
		"kf/servicer/add":      {"open_kfid": "wkNew", "userid_list": []string{"lilei", "nobody"}},
		"kf/servicer/del":      {"open_kfid": "wkNew", "userid_list": []string{"zhaomin"}},
		"kf/add_contact_way":   {"open_kfid": "wkNew", "scene": "a_b-1"},
		"kf/account/list":      {},
		"kf/customer/batchget": {"external_userid_list": []string{wang, "wmNobody"}},
	} {
		if r := w.post(path, in); r.Errcode != 0 {
			t.Errorf("%s: %s", path, r.raw)
		}
	}
	if accounts := w.KFAccounts(); len(accounts) != 2 || len(accounts[1].Servicers) != 1 || accounts[1].Servicers[0] != "lilei" {
		t.Errorf("%+v", accounts)
	}
	if r := w.post("kf/customer/batchget", map[string]any{"external_userid_list": []string{wang, "wmNobody"}}); !strings.Contains(r.raw, `"nickname":"王强"`) || !strings.Contains(r.raw, `"invalid_external_userid":["wmNobody"]`) {
		t.Errorf("names: %s", r.raw)
	}
}
