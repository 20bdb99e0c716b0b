package dingtalktest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// robotCard is the body of createAndDeliver for a card in a person's 1:1 chat.
func robotCard(s *Server, id, user string, change map[string]any) map[string]any {
	b := map[string]any{
		"cardTemplateId": s.cfg.CardTemplateID, "outTrackId": id, "callbackType": "STREAM", "userIdType": 1,
		"cardData": map[string]any{"cardParamMap": map[string]any{"title": "云帆", "status": "待确认",
			"buttons": `[{"id":"ok","text":"确认","color":"blue","params":{"v":"3"}},{"id":"no","text":"取消","disabled":true}]`}},
		"openSpaceId": "dtv1.card//IM_ROBOT." + user, "imRobotOpenDeliverModel": map[string]any{"spaceType": "IM_ROBOT", "robotCode": s.cfg.RobotCode},
	}
	for k, v := range change {
		b[k] = v
	}
	return b
}

const createPath = "/v1.0/card/instances/createAndDeliver"

func TestCardRules(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	s.AddTemplate(Template{ID: "draft.schema"})
	token := accessToken(t, s, base)
	if status, out := do(t, "POST", base+createPath, token, robotCard(s, "taken", "lilei", nil)); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	type m = map[string]any
	data := func(p m) m { return m{"cardData": m{"cardParamMap": p}} }
	for _, c := range []struct {
		name   string
		change m
		code   any
	}{
		{"good", nil, nil},
		{"no template", m{"cardTemplateId": ""}, "param.cardTemplateIdEmpty"},
		{"unknown template", m{"cardTemplateId": "x.schema"}, "param.templateNotExist"},
		{"unpublished template", m{"cardTemplateId": "draft.schema"}, "param.templateUnpublished"},
		{"no outTrackId", m{"outTrackId": ""}, "param.outTrackIdEmpty"},
		{"outTrackId again", m{"outTrackId": "taken"}, "param.cardAlreadyExist"},
		{"no data", m{"cardData": nil}, "param.cardPublicDataEmpty"},
		{"a number", data(m{"amount": 38}), "param.invalid"},
		{"a truth value", data(m{"show": true}), "param.invalid"},
		{"an object", data(m{"items": []int{1}}), "param.invalid"},
		{"a long key", data(m{strings.Repeat("k", 101): "x"}), "param.invalid"},
		{"a long value", data(m{"body": strings.Repeat("x", 1025)}), "param.invalid"},
		{"a value of 1 KB", data(m{"body": strings.Repeat("x", 1024)}), nil},
		{"no space", m{"openSpaceId": ""}, "param.openSpaceIdEmpty"},
		{"a strange space", m{"openSpaceId": "IM_ROBOT.lilei"}, "param.openSpaceIdInvalid"},
		{"an unknown space", m{"openSpaceId": "dtv1.card//IM_MARS.x"}, "param.openSpaceIdInvalid"},
		{"lower case", m{"openSpaceId": "dtv1.card//im_robot.lilei"}, nil},
		{"no deliver model", m{"imRobotOpenDeliverModel": nil}, "param.openDeliverModelEmpty"},
		{"no spaceType", m{"imRobotOpenDeliverModel": m{"robotCode": "x"}}, "param.openDeliverModelError"},
		{"no supportForward", m{"imRobotOpenSpaceModel": m{}}, "param.openSpaceModelInvalid"},
		{"private data of nobody", m{"privateData": m{"nobody": m{"cardParamMap": m{"x": "1"}}}}, "param.userIdNotExist"},
		{"a wrong callbackType", m{"callbackType": "stream"}, "param.invalid"},
	} {
		status, out := do(t, "POST", base+createPath, token, robotCard(s, "c-"+c.name, "lilei", c.change))
		if out["code"] != c.code || (status == 200) != (c.code == nil) {
			t.Errorf("%s: %d %v", c.name, status, out)
		}
	}
	for _, path := range []string{"/v1.0/card/instances", "/v1.0/card/streaming"} {
		if status, out := do(t, "PUT", base+path, token, m{"outTrackId": "never", "guid": "1", "key": "k"}); status != 400 || out["code"] != "param.cardNotExist" {
			t.Errorf("%s: %d %v", path, status, out)
		}
	}
}

func TestCardDelivery(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	s.AddUser(User{UserID: "left", Inactive: true})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "hanmeimei"}})
	bare := s.AddGroup(Group{Title: "没有机器人", Members: []string{"lilei"}, NoRobot: true})
	token := accessToken(t, s, base)
	deliver := func(id, space string) []any {
		t.Helper()
		status, out := do(t, "POST", base+createPath, token, robotCard(s, id, "lilei", map[string]any{
			"openSpaceId": space, "imGroupOpenDeliverModel": map[string]any{"robotCode": s.cfg.RobotCode, "recipients": []string{"lilei"}}}))
		if status != 200 {
			t.Fatalf("%s: %d %v", id, status, out)
		}
		return out["result"].(map[string]any)["deliverResults"].([]any)
	}
	good := func(r any) bool {
		m := r.(map[string]any)
		return m["success"] == true && m["carrierId"] != ""
	}
	both := deliver("both", "dtv1.card//IM_GROUP."+group+";IM_ROBOT.lilei")
	if len(both) != 2 || !good(both[0]) || !good(both[1]) {
		t.Errorf("both: %v", both)
	}
	for name, space := range map[string]string{"nobody": "IM_ROBOT.nobody", "left": "IM_ROBOT.left", "no group": "IM_GROUP.cidX", "no robot": "IM_GROUP." + bare} {
		if r := deliver(name, "dtv1.card//"+space); good(r[0]) || r[0].(map[string]any)["errorMsg"] == "" {
			t.Errorf("%s: %v", name, r)
		}
	}
	if err := s.Inject(Fault{Kind: FaultDeliver}); err != nil {
		t.Fatal(err)
	}
	if r := deliver("fault", "dtv1.card//IM_ROBOT.lilei"); good(r[0]) {
		t.Errorf("fault: %v", r)
	}
	if list, _ := s.Bubbles("hanmeimei", group); len(list) != 0 {
		t.Errorf("only the recipients see it: %+v", list)
	}
	if list, _ := s.Bubbles("lilei", group); len(list) != 1 || len(list[0].Buttons) != 2 {
		t.Errorf("the recipient sees %+v", list)
	}

	status, out := do(t, "POST", base+"/v1.0/card/instances", token, robotCard(s, "steps", "lilei", nil))
	if status != 200 || out["result"] != "steps" {
		t.Fatalf("create: %d %v", status, out)
	}
	step := func() (int, map[string]any) {
		return do(t, "POST", base+"/v1.0/card/instances/deliver", token, robotCard(s, "steps", "lilei", nil))
	}
	if status, out := step(); status != 400 || out["message"] != "spaces of card is empty" {
		t.Errorf("deliver without a space: %d %v", status, out)
	}
	do(t, "PUT", base+"/v1.0/card/instances/spaces", token, map[string]any{"outTrackId": "steps", "imRobotOpenSpaceModel": map[string]any{"supportForward": false}})
	if status, out := step(); status != 200 || !good(out["result"].([]any)[0]) {
		t.Errorf("deliver: %d %v", status, out)
	}
}

func TestCardUpdate(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "hanmeimei"}})
	token := accessToken(t, s, base)
	type m = map[string]any
	do(t, "POST", base+createPath, token, robotCard(s, "c", "lilei", m{
		"privateData": m{"lilei": m{"cardParamMap": m{"mine": "1"}}}, "openSpaceId": "dtv1.card//IM_GROUP." + group, "imGroupOpenDeliverModel": m{"robotCode": s.cfg.RobotCode}}))
	update := func(body m) {
		t.Helper()
		body["outTrackId"] = "c"
		if status, out := do(t, "PUT", base+"/v1.0/card/instances", token, body); status != 200 {
			t.Fatalf("%d %v", status, out)
		}
	}
	see := func(user string) string {
		v, _, _ := s.Card("c", user)
		delete(v.Data, "buttons")
		b, _ := json.Marshal(v.Data)
		return string(b)
	}
	if got := see("lilei") + see("hanmeimei"); got != `{"mine":"1","status":"待确认","title":"云帆"}{"status":"待确认","title":"云帆"}` {
		t.Error(got)
	}
	update(m{"cardData": m{"cardParamMap": m{"status": "已确认"}}, "cardUpdateOptions": m{"updateCardDataByKey": true}})
	if got := see("hanmeimei"); got != `{"status":"已确认","title":"云帆"}` {
		t.Error(got)
	}
	update(m{"privateData": m{"lilei": m{"cardParamMap": m{"more": "2"}}}, "cardUpdateOptions": m{"updatePrivateDataByKey": true}})
	if got := see("lilei"); got != `{"mine":"1","more":"2","status":"已确认","title":"云帆"}` {
		t.Error(got)
	}
	update(m{"cardData": m{"cardParamMap": m{"only": "this"}}, "privateData": m{"lilei": m{"cardParamMap": m{"x": "y"}}}})
	if got := see("lilei"); got != `{"only":"this","x":"y"}` {
		t.Error(got)
	}
	for _, c := range []struct {
		content    string
		full, last bool
	}{{"你", false, false}, {"好", false, false}, {"你好!", true, true}} {
		do(t, "PUT", base+"/v1.0/card/streaming", token, m{"outTrackId": "c", "guid": c.content, "key": "content", "content": c.content, "isFull": c.full, "isFinalize": c.last})
	}
	if v, _, _ := s.Card("c", ""); v.Data["content"] != "你好!" || v.Data["flowStatus"] != "3" {
		t.Errorf("streamed %v", v.Data)
	}
}

func TestTap(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "hanmeimei"}})
	c := dial(t, s, base, nil)
	token := accessToken(t, s, base)
	do(t, "POST", base+createPath, token, robotCard(s, "c", "lilei", map[string]any{"openSpaceId": "dtv1.card//IM_GROUP." + group, "imGroupOpenDeliverModel": map[string]any{"robotCode": s.cfg.RobotCode}}))

	for name, try := range map[string]func() error{
		"a button that is not there": func() error { _, err := s.Tap("lilei", "c", "x", nil); return err },
		"a disabled button":          func() error { _, err := s.Tap("lilei", "c", "no", nil); return err },
		"somebody who does not see":  func() error { _, err := s.Tap("wangqiang", "c", "ok", nil); return err },
		"an unknown card":            func() error { _, err := s.Tap("lilei", "d", "ok", nil); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s was tapped", name)
		}
	}
	if _, err := s.Tap("lilei", "c", "x", nil); !errors.Is(err, ErrNoButton) {
		t.Errorf("%v", err)
	}

	// tap presses and answers as told; nil does not answer.
	tap := func(user string, params map[string]any, answer *string) (TapResult, map[string]any, any) {
		t.Helper()
		var r TapResult
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { r, err = s.Tap(user, "c", "ok", params) })
		headers, data := c.message()
		if answer != nil {
			c.ack(headers["messageId"], 200, *answer)
		}
		wg.Wait()
		if err != nil || !r.Pushed {
			t.Fatalf("%+v %v", r, err)
		}
		return r, data, headers["messageId"]
	}
	answer := `{"response":{"cardUpdateOptions":{"updateCardDataByKey":true,"updatePrivateDataByKey":true},"cardData":{"cardParamMap":{"status":"处理中"}},"userPrivateData":{"cardParamMap":{"voted":"true"}}}}`
	r, data, _ := tap("hanmeimei", map[string]any{"input": "好"}, &answer)
	if !r.Answered || r.Code != 200 || data["content"] != `{"cardPrivateData":{"actionIds":["ok"],"params":{"input":"好","v":"3"}}}` || data["value"] != data["content"] || data["spaceId"] != group || data["userId"] != "hanmeimei" {
		t.Errorf("%+v %v", r, data)
	}
	status := func(user string) string { v, _, _ := s.Card("c", user); return v.Data["status"] + v.Data["voted"] }
	if status("hanmeimei") != "处理中true" || status("lilei") != "待确认" {
		t.Errorf("after the answer: %s, %s", status("hanmeimei"), status("lilei"))
	}
	do(t, "PUT", base+"/v1.0/card/instances", token, map[string]any{"outTrackId": "c", "cardData": map[string]any{"cardParamMap": map[string]string{"title": "云帆科技"}}, "cardUpdateOptions": map[string]bool{"updateCardDataByKey": true}})
	if status("hanmeimei") != "处理中true" || status("lilei") != "处理中" {
		t.Errorf("after the update: %s, %s", status("hanmeimei"), status("lilei"))
	}
	none := `{"response":null}`
	if r, _, _ := tap("lilei", nil, &none); !r.Answered {
		t.Errorf("an empty answer is an answer: %+v", r)
	}
	r, _, id := tap("lilei", nil, nil)
	if r.Answered || r.Took < 2*time.Second {
		t.Errorf("without an answer: %+v", r)
	}
	before := s.Last()
	c.ack(id, 200, answer)
	if e := next(t, s, before, Filter{Kind: KindAck}); !e.Ack.Late || status("lilei") != "处理中" {
		t.Errorf("a late answer changes nothing: %+v %s", e.Ack, status("lilei"))
	}
	if v := s.Violations(); v != nil {
		t.Errorf("violations %v", v)
	}
	number := `{"response":{"cardData":{"cardParamMap":{"n":1}}}}`
	tap("lilei", nil, &number)
	if v := s.Violations(); len(v) != 1 {
		t.Errorf("an answer with a number: %v", v)
	}
	var stale sync.WaitGroup
	stale.Go(func() {
		if r, err := s.TapStale("lilei", "c", "gone", nil); err != nil || !r.Answered {
			t.Errorf("a stale tap: %+v %v", r, err)
		}
	})
	headers, _ := c.message()
	c.ack(headers["messageId"], 200, none)
	stale.Wait()
}

func TestUpdateDuringCallback(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	c := dial(t, s, base, nil)
	token := accessToken(t, s, base)
	do(t, "POST", base+createPath, token, robotCard(s, "c", "lilei", nil))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = s.Tap("lilei", "c", "ok", nil) })
	headers, _ := c.message()
	do(t, "PUT", base+"/v1.0/card/instances", token, map[string]any{"outTrackId": "c", "cardData": map[string]any{"cardParamMap": map[string]string{"status": "好"}}})
	c.ack(headers["messageId"], 200, `{"response":null}`)
	wg.Wait()
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "unanswered") {
		t.Errorf("violations %v", v)
	}
}

func TestTapWithoutStream(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	dial(t, s, base, allTopics[1:2]) // no card topic
	token := accessToken(t, s, base)
	do(t, "POST", base+createPath, token, robotCard(s, "http", "lilei", map[string]any{"callbackType": "HTTP"}))
	do(t, "POST", base+createPath, token, robotCard(s, "nobody", "lilei", nil))
	for _, id := range []string{"http", "nobody"} {
		if r, err := s.Tap("lilei", id, "ok", nil); err != nil || r.Pushed || r.Answered {
			t.Errorf("%s: %+v %v", id, r, err)
		}
	}
}

func TestButtons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data map[string]string
		want string
	}{
		"buttons":           {map[string]string{"buttons": `[{"id":"a","text":"甲"}]`}, "a"},
		"msgButtons":        {map[string]string{"msgButtons": `[{"actionId":"b","label":"乙"}]`}, "b"},
		"sys_full_json_obj": {map[string]string{"sys_full_json_obj": `{"msgButtons":[{"id":"c","text":"丙","request":true}]}`}, "c"},
		"fixed":             {map[string]string{"btn1_text": "丁", "btn1_id": "d"}, "d"},
		"an empty list":     {map[string]string{"buttons": `[]`, "btn1_text": "丁"}, ""},
		"none":              {map[string]string{"title": "x"}, ""},
	} {
		got := ""
		for _, b := range buttonsOf(c.data) {
			got += b.ID
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
