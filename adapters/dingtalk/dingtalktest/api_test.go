package dingtalktest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	at := &clock{t: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}
	s, base := start(t, Config{Now: at.now, QPS: -1})
	first := accessToken(t, s, base)
	at.add(time.Hour)
	if again := accessToken(t, s, base); again != first {
		t.Error("a living token is given again")
	}
	_, out := do(t, "GET", base+"/gettoken?appkey="+s.cfg.ClientID+"&appsecret="+s.cfg.ClientSecret, "", nil)
	if out["access_token"] != first || out["expires_in"] != 3600.0 {
		t.Errorf("gettoken: %v", out)
	}
	_, out = do(t, "POST", base+"/v1.0/oauth2/"+s.cfg.CorpID+"/token", "", map[string]string{"client_id": s.cfg.ClientID, "client_secret": s.cfg.ClientSecret, "grant_type": "client_credentials"})
	if out["access_token"] != first {
		t.Errorf("token: %v", out)
	}
	query := map[string]any{"pageNumber": 1, "pageSize": 10}
	check := func(what, token string, status int, code any, errcode float64) {
		t.Helper()
		if got, out := do(t, "POST", base+"/v1.0/robot/groups/query", token, query); got != status || out["code"] != code {
			t.Errorf("%s: %d %v", what, got, out)
		}
		if _, out := do(t, "POST", base+"/topapi/v2/department/listsub?access_token="+token, "", map[string]int{"dept_id": 1}); out["errcode"] != errcode {
			t.Errorf("%s, legacy: %v", what, out)
		}
	}
	check("a good token", first, 200, nil, 0)
	check("a wrong token", "x", 400, "InvalidAuthentication", 40014)
	at.add(time.Hour)
	check("an old token", first, 400, "InvalidAuthentication", 40014)
	second := accessToken(t, s, base)
	check("a new token", second, 200, nil, 0)
	s.RevokeTokens()
	check("a revoked token", second, 400, "InvalidAuthentication", 40014)

	if status, out := do(t, "POST", base+"/v1.0/oauth2/accessToken", "", map[string]string{"appKey": s.cfg.ClientID, "appSecret": "x"}); status != 400 || out["code"] != "invalidClientIdOrSecret" {
		t.Errorf("a wrong secret: %d %v", status, out)
	}
}

func TestScopesAndRates(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{Scopes: []string{"qyapi_robot_sendmsg"}, QPS: 1})
	token := accessToken(t, s, base)
	status, out := do(t, "POST", base+"/v1.0/card/instances", token, map[string]any{})
	detail, _ := out["accessdenieddetail"].(map[string]any)
	if status != 403 || out["code"] != "Forbidden.AccessDenied.AccessTokenPermissionDenied" || detail["requiredScopes"].([]any)[0] != "Card.Instance.Write" {
		t.Errorf("scope: %d %v", status, out)
	}
	if _, out := do(t, "POST", base+"/topapi/v2/user/get?access_token="+token, "", map[string]string{"userid": "lilei"}); out["errcode"] != 88.0 {
		t.Errorf("legacy scope: %v", out)
	}
	codes := map[any]int{}
	for range 20 {
		_, out := do(t, "POST", base+"/v1.0/robot/groups/query", token, map[string]int{"pageNumber": 1})
		codes[out["code"]]++
	}
	if codes["Forbidden.AccessDenied.QpsLimitForApi"] == 0 {
		t.Errorf("rate: %v", codes)
	}
}

func TestMonthlyQuota(t *testing.T) {
	t.Parallel()
	at := &clock{t: time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)}
	s, base := start(t, Config{QPS: -1, MonthlyCalls: 3, Now: at.now})
	token := accessToken(t, s, base)
	ask := func() any {
		_, out := do(t, "POST", base+"/v1.0/robot/groups/query", token, map[string]int{"pageNumber": 1})
		return out["code"]
	}
	for i := range 5 {
		if got, over := ask(), i >= 3; (got == "Forbidden.AccessDenied.ApiCountLimitForOrg") != over {
			t.Errorf("call %d: %v", i+1, got)
		}
	}
	at.add(24 * time.Hour)
	token = accessToken(t, s, base)
	if got := ask(); got != nil {
		t.Errorf("in the next month: %v", got)
	}
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	_, base := start(t, Config{})
	if status, out := do(t, "POST", base+"/v1.0/robot/nothing", "", map[string]any{}); status != 404 || out["code"] != "InvalidAction.NotFound" {
		t.Errorf("%d %v", status, out)
	}
}

func TestBatchSendRules(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	s.AddUser(User{UserID: "left", Inactive: true}, User{UserID: "hidden", Hidden: true})
	token := accessToken(t, s, base)
	type m = map[string]any
	good := func(change m) m {
		b := m{"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei"}, "msgKey": "sampleText", "msgParam": `{"content":"好"}`}
		for k, v := range change {
			b[k] = v
		}
		return b
	}
	for _, c := range []struct {
		name string
		body any
		code any
	}{
		{"good", good(nil), nil},
		{"no body", nil, "MissingBody"},
		{"no JSON", "{", "invalidParameter.param.invalid"},
		{"no robot", good(m{"robotCode": ""}), "invalidParameter.robotCode.empty"},
		{"another robot", good(m{"robotCode": "x"}), "invalidParameter.robotCode.notExsit"},
		{"nobody", good(m{"userIds": []string{}}), "invalidParameter.userIds.empty"},
		{"21 people", good(m{"userIds": strings.Split(strings.Repeat("a,", 20)+"a", ",")}), "invalidParameter.userIds.overMax"},
		{"no key", good(m{"msgKey": ""}), "invalidParameter.msgKey.empty"},
		{"unknown key", good(m{"msgKey": "sampleActionCard1"}), "invalidParameter.msgKey.invalid"},
		{"msgParam as object", good(m{"msgParam": m{"content": "x"}}), "invalidParameter.msgParam.invalid"},
		{"msgParam no JSON", good(m{"msgParam": "x"}), "invalidParameter.msgParam.invalid"},
		{"msgParam lacks a field", good(m{"msgKey": "sampleMarkdown", "msgParam": `{"text":"x"}`}), "invalidParameter.msgParam.invalid"},
		{"msgParam too long", good(m{"msgParam": `{"content":"` + strings.Repeat("x", 15000) + `"}`}), "invalidParameter.msgParam.invalid"},
		{"a media that is not there", good(m{"msgKey": "sampleImageMsg", "msgParam": `{"photoURL":"@lADx"}`}), "invalidParameter.msgParam.invalid"},
		{"buttons", good(m{"msgKey": "sampleActionCard2", "msgParam": `{"title":"t","text":"x","actionTitle1":"a","actionURL1":"u","actionTitle2":"b","actionURL2":"v"}`}), nil},
	} {
		status, out := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, c.body)
		if out["code"] != c.code || (status == 200) != (c.code == nil) {
			t.Errorf("%s: %d %v", c.name, status, out)
		}
	}
	list, err := s.Bubbles("lilei", "")
	if err != nil || len(list) != 2 || len(list[1].Buttons) != 2 || list[1].Buttons[1].URL != "v" {
		t.Errorf("shown %+v %v", list, err)
	}
	if err := s.Inject(Fault{Kind: FaultFlow, User: "hanmeimei"}); err != nil {
		t.Fatal(err)
	}
	_, out := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, good(m{"userIds": []string{"lilei", "nobody", "left", "hidden", "hanmeimei"}}))
	if invalid, flow := out["invalidStaffIdList"].([]any), out["flowControlledStaffIdList"].([]any); len(invalid) != 3 || len(flow) != 1 {
		t.Errorf("%v", out)
	}
}

func TestGroupSendRules(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei"}})
	bare := s.AddGroup(Group{Title: "没有机器人", Members: []string{"lilei"}, NoRobot: true})
	token := accessToken(t, s, base)
	for _, c := range []struct {
		name, group string
		code        any
	}{
		{"good", group, nil},
		{"none", "", "invalidParameter.openConversationId.invalid"},
		{"unknown", "cidX", "openConversationId.notExisted"},
		{"a 1:1 chat", s.Conversation("lilei"), "openConversationId.notExisted"},
		{"robot not a member", bare, "invalid.openConversationId"},
	} {
		status, out := do(t, "POST", base+"/v1.0/robot/groupMessages/send", token, map[string]any{"robotCode": s.cfg.RobotCode, "openConversationId": c.group, "msgKey": "sampleText", "msgParam": `{"content":"好"}`})
		if out["code"] != c.code || (status == 200) != (c.code == nil) {
			t.Errorf("%s: %d %v", c.name, status, out)
		}
	}
	_, out := do(t, "POST", base+"/v1.0/robot/groups/query", token, map[string]int{"pageNumber": 1, "pageSize": 10})
	if ids := out["openConversationIds"].([]any); len(ids) != 1 || ids[0] != group {
		t.Errorf("groups %v", out)
	}
}

func TestRecallAndRead(t *testing.T) {
	t.Parallel()
	at := &clock{t: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}
	s, base := start(t, Config{Now: at.now, QPS: -1})
	c := dial(t, s, base, nil)
	send := func() (token, key string) {
		token = accessToken(t, s, base)
		_, out := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, map[string]any{"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei", "hanmeimei"}, "msgKey": "sampleText", "msgParam": `{"content":"好"}`})
		return token, out["processQueryKey"].(string)
	}
	token, key := send()
	if err := s.Read("lilei", key); err != nil {
		t.Fatal(err)
	}
	headers, data := c.message()
	if headers["eventType"] != "robot_msg_read" || data["processQueryKey"] != key {
		t.Errorf("event %v %v", headers, data)
	}
	c.ack(headers["messageId"], 200, `{"status":"SUCCESS"}`)
	_, out := do(t, "GET", base+"/v1.0/robot/oToMessages/readStatus?robotCode="+s.cfg.RobotCode+"&processQueryKey="+key, token, nil)
	if list := out["messageReadInfoList"].([]any); list[0].(map[string]any)["readStatus"] != "READ" || list[1].(map[string]any)["readStatus"] != "UNREAD" {
		t.Errorf("read %v", out)
	}
	recall := func(token, key string) (any, any) {
		_, out := do(t, "POST", base+"/v1.0/robot/otoMessages/batchRecall", token, map[string]any{"robotCode": s.cfg.RobotCode, "processQueryKeys": []string{key}})
		return out["successResult"], out["failedResult"].(map[string]any)[key]
	}
	if done, why := recall(token, key); len(done.([]any)) != 1 || why != nil {
		t.Errorf("recall: %v %v", done, why)
	}
	if list, _ := s.Bubbles("hanmeimei", ""); len(list) != 0 {
		t.Errorf("still shown: %+v", list)
	}
	_, key = send()
	at.add(25 * time.Hour)
	token = accessToken(t, s, base)
	if _, why := recall(token, key); why != "processQueryKey.expireTime" {
		t.Errorf("late recall: %v", why)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	at := &clock{t: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}
	s, base := start(t, Config{Now: at.now, QPS: -1})
	c := dial(t, s, base, nil)
	token := accessToken(t, s, base)
	code := s.AddFile("a.txt", []byte("内容"))
	get := func(robot, code string) (int, map[string]any) {
		return do(t, "POST", base+"/v1.0/robot/messageFiles/download", token, map[string]string{"robotCode": robot, "downloadCode": code})
	}
	status, out := get(s.cfg.RobotCode, code)
	link, _ := out["downloadUrl"].(string)
	if status != 200 || link == "" {
		t.Fatalf("%d %v", status, out)
	}
	fetch := func() (int, string) {
		resp, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	if status, text := fetch(); status != 200 || text != "内容" {
		t.Errorf("%d %q", status, text)
	}
	sent, err := s.Send("lilei", "chatRecord", map[string]any{"chatRecord": []any{map[string]any{"msgType": "picture", "downloadCode": code + "z"}}}, Say{})
	hear(t, c, sent, err)
	if status, out := get("other", code); status != 400 {
		t.Errorf("another robot: %d %v", status, out)
	}
	if status, out := get(s.cfg.RobotCode, code+"z"); status != 500 || out["code"] != "unknownError" {
		t.Errorf("a picture of a log: %d %v", status, out)
	}
	at.add(time.Hour)
	if status, _ := fetch(); status != 403 {
		t.Errorf("an old link: %d", status)
	}
	at.add(50 * time.Minute)
	if status, _ := get(s.cfg.RobotCode, code); status != 200 {
		t.Errorf("a living code: %d", status)
	}
	at.add(9 * time.Minute)
	at.add(2 * time.Minute)
	token = accessToken(t, s, base)
	if status, _ := get(s.cfg.RobotCode, code); status != 500 {
		t.Errorf("an old code: %d", status)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	token := accessToken(t, s, base)
	upload := func(typ, name string, size int) (float64, map[string]any) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, err := w.CreateFormFile("media", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(make([]byte, size))
		_ = w.Close()
		req, err := http.NewRequestWithContext(within(t), "POST", base+"/media/upload?type="+typ+"&access_token="+token, &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", w.FormDataContentType())
		out := roundTrip(t, req)
		return out["errcode"].(float64), out
	}
	for _, c := range []struct {
		name, typ, file string
		size            int
		want            float64
	}{
		{"picture", "image", "a.PNG", 10, 0},
		{"sheet", "file", "a.xlsx", 10, 0},
		{"an unknown type", "x", "a.png", 10, 40004},
		{"a wrong ending", "image", "a.svg", 10, 40004},
		{"too big", "voice", "a.amr", 2<<20 + 1, 40006},
		{"empty", "image", "a.png", 0, 40035},
	} {
		code, out := upload(c.typ, c.file, c.size)
		if code != c.want {
			t.Errorf("%s: %v", c.name, out)
		}
		if id, _ := out["media_id"].(string); c.want == 0 {
			if _, data, ok := s.Media(id); !ok || len(data) != c.size || !strings.HasPrefix(id, "@") {
				t.Errorf("%s: media %q", c.name, id)
			}
			if status, _ := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, map[string]any{"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei"},
				"msgKey": "sampleImageMsg", "msgParam": `{"photoURL":"` + id + `"}`}); status != 200 {
				t.Errorf("%s cannot be sent: %d", c.name, status)
			}
		}
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	s.AddDepartment(Department{ID: 2, Name: "销售部"}, Department{ID: 3, Name: "华东", ParentID: 2})
	s.AddUser(User{UserID: "zhao", Name: "赵", Departments: []int64{3}}, User{UserID: "hidden", Hidden: true, Mobile: "13900000000"})
	token := accessToken(t, s, base)
	legacy := func(path string, body any) map[string]any {
		_, out := do(t, "POST", base+path+"?access_token="+token, "", body)
		return out
	}
	union := s.People()[0].UnionID
	for _, c := range []struct {
		path string
		body map[string]any
		want float64
	}{
		{"/topapi/v2/user/get", map[string]any{"userid": "lilei"}, 0},
		{"/topapi/v2/user/get", map[string]any{"userid": "nobody"}, 60121},
		{"/topapi/v2/user/get", map[string]any{"userid": "hidden"}, 60121},
		{"/topapi/v2/user/get", map[string]any{}, 33012},
		{"/topapi/v2/user/getbymobile", map[string]any{"mobile": "13800000001"}, 0},
		{"/topapi/v2/user/getbymobile", map[string]any{"mobile": "13900000000"}, 60121},
		{"/topapi/user/getbyunionid", map[string]any{"unionid": union}, 0},
		{"/topapi/user/getbyunionid", map[string]any{"unionid": "x"}, 60122},
		{"/topapi/v2/user/list", map[string]any{"dept_id": 1, "size": 101}, 40035},
		{"/topapi/v2/user/list", map[string]any{"dept_id": 9, "size": 10}, 60003},
		{"/topapi/v2/department/listsub", map[string]any{"dept_id": 9}, 60003},
		{"/topapi/v2/department/get", map[string]any{"dept_id": 2}, 0},
		{"/topapi/v2/department/listsubid", map[string]any{"dept_id": 2}, 0},
		{"/topapi/user/listid", map[string]any{"dept_id": 3}, 0},
		{"/topapi/user/count", map[string]any{"only_active": true}, 0},
	} {
		if out := legacy(c.path, c.body); out["errcode"] != c.want {
			t.Errorf("%s %v: %v", c.path, c.body, out)
		}
	}
	page := legacy("/topapi/v2/user/list", map[string]any{"dept_id": 1, "cursor": 0, "size": 2})["result"].(map[string]any)
	if page["has_more"] != true || page["next_cursor"] != 2.0 || len(page["list"].([]any)) != 2 {
		t.Errorf("first page %v", page)
	}
	page = legacy("/topapi/v2/user/list", map[string]any{"dept_id": 1, "cursor": 2, "size": 2})["result"].(map[string]any)
	if page["has_more"] != false || len(page["list"].([]any)) != 1 {
		t.Errorf("second page %v", page)
	}
	subs := legacy("/topapi/v2/department/listsub", map[string]any{"dept_id": 1})["result"].([]any)
	if len(subs) != 1 || subs[0].(map[string]any)["name"] != "销售部" {
		t.Errorf("subs %v", subs)
	}
	_, out := do(t, "POST", base+"/v1.0/contact/users/search", token, map[string]any{"queryWord": "李", "offset": 0, "size": 10})
	if ids := out["list"].([]any); len(ids) != 1 || ids[0] != "lilei" {
		t.Errorf("search %v", out)
	}
}

func TestTodo(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	token := accessToken(t, s, base)
	var union string
	for _, u := range s.People() {
		if u.UserID == "lilei" {
			union = u.UnionID
		}
	}
	path := base + "/v1.0/todo/users/" + union + "/tasks"
	task := func(executor string) map[string]any {
		return map[string]any{"sourceId": "r1", "subject": "回访云帆", "executorIds": []string{executor}, "dueTime": 1700000000000}
	}
	if status, out := do(t, "POST", path+"?operatorId="+union, token, task("lilei")); status != 400 || out["code"] != "todo.taskCreate.paramError" {
		t.Errorf("a userId as executor: %d %v", status, out)
	}
	status, out := do(t, "POST", path+"?operatorId="+union, token, task(union))
	id, _ := out["id"].(string)
	if status != 200 || id == "" {
		t.Fatalf("%d %v", status, out)
	}
	if status, _ := do(t, "POST", path, token, task(union)); status != 400 {
		t.Errorf("the same sourceId again: %d", status)
	}
	if _, out := do(t, "GET", path+"/sources/r1", token, nil); out["id"] != id {
		t.Errorf("by source %v", out)
	}
	if _, out := do(t, "PUT", path+"/"+id, token, map[string]any{"done": true}); out["result"] != true {
		t.Errorf("update %v", out)
	}
	if list := s.Todos("lilei"); len(list) != 1 || !list[0].Done {
		t.Errorf("todos %+v", list)
	}
	if status, _ := do(t, "DELETE", path+"/"+id, token, nil); status != 200 {
		t.Errorf("delete: %d", status)
	}
	if status, out := do(t, "GET", path+"/"+id, token, nil); status != 400 || out["code"] != "ResourceNotFound.TaskNotExist" {
		t.Errorf("a deleted task: %d %v", status, out)
	}
}
