package dingtalktest

import (
	"encoding/json"
	"strings"
	"testing"
)

// hear lets a person write and returns the data that the application got.
func hear(t *testing.T, c *raw, sent Sent, err error) map[string]any {
	t.Helper()
	if err != nil || !sent.Pushed {
		t.Fatalf("not pushed: %+v %v", sent, err)
	}
	headers, m := c.message()
	c.ack(headers["messageId"], 200, `{"response":null}`)
	if m["msgId"] != sent.MsgID {
		t.Fatalf("msgId %v, want %s", m["msgId"], sent.MsgID)
	}
	return m
}

func TestDirectMessage(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	sent, err := s.Say("lilei", "云帆推进到报价", Say{})
	m := hear(t, c, sent, err)
	for k, want := range map[string]any{
		"conversationType": "1", "conversationId": s.Conversation("lilei"), "senderStaffId": "lilei", "senderNick": "李雷", "isAdmin": true,
		"msgtype": "text", "robotCode": s.cfg.RobotCode, "chatbotCorpId": s.cfg.CorpID, "senderPlatform": "Win",
	} {
		if m[k] != want {
			t.Errorf("%s = %v, want %v", k, m[k], want)
		}
	}
	if m["sessionWebhookExpiredTime"].(float64)-m["createAt"].(float64) != 5400000 {
		t.Error("the webhook does not live 1.5 hours")
	}
	for _, k := range []string{"conversationTitle", "atUsers"} {
		if m[k] != nil {
			t.Errorf("%s = %v in a 1:1 chat", k, m[k])
		}
	}
}

func TestGroupMessage(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	s.AddUser(User{UserID: "guest", Name: "客户老张", External: true})
	group := s.AddGroup(Group{Title: "云帆项目群", Members: []string{"lilei", "hanmeimei", "guest"}, External: true})
	c := dial(t, s, base, nil)

	sent, err := s.Say("lilei", "@跟单 云帆转给@韩梅梅 处理", Say{Group: group, At: []string{"robot", "hanmeimei"}})
	m := hear(t, c, sent, err)
	if got := m["text"].(map[string]any)["content"]; got != " 云帆转给 处理" {
		t.Errorf("text %q", got)
	}
	at := m["atUsers"].([]any)
	if len(at) != 2 || at[0].(map[string]any)["staffId"] != nil || at[0].(map[string]any)["dingtalkId"] != m["chatbotUserId"] || at[1].(map[string]any)["staffId"] != "hanmeimei" {
		t.Errorf("atUsers %v", at)
	}
	if m["conversationType"] != "2" || m["conversationTitle"] != "云帆项目群" || m["conversationId"] != group || m["isInAtList"] != true {
		t.Errorf("message %v", m)
	}

	sent, err = s.Say("guest", "多少钱", Say{Group: group, At: []string{"robot"}})
	m = hear(t, c, sent, err)
	for _, k := range []string{"senderStaffId", "senderUnionId", "isAdmin", "senderCorpId"} {
		if m[k] != nil {
			t.Errorf("%s = %v of a guest", k, m[k])
		}
	}

	if sent, err := s.Say("lilei", "大家好", Say{Group: group}); err != nil || sent.Pushed {
		t.Errorf("a message without @ was pushed: %+v %v", sent, err)
	}
	if b, err := s.Bubbles("hanmeimei", group); err != nil || len(b) != 3 || b[2].Text != "大家好" {
		t.Errorf("the group shows %v %v", b, err)
	}
}

func TestImpossibleMessages(t *testing.T) {
	t.Parallel()
	s, _ := start(t, Config{})
	s.AddUser(User{UserID: "guest", External: true})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "guest"}})
	bare := s.AddGroup(Group{Title: "没有机器人", Members: []string{"lilei"}, NoRobot: true})
	at := []string{"robot"}
	for name, c := range map[string]struct {
		user, kind string
		o          Say
	}{
		"voice to a robot in a group":   {"lilei", "audio", Say{Group: group, At: at}},
		"a file to a robot in a group":  {"lilei", "file", Say{Group: group, At: at}},
		"a video to a robot in a group": {"lilei", "video", Say{Group: group, At: at}},
		"a log with @ in a group":       {"lilei", "chatRecord", Say{Group: group, At: at}},
		"somebody unknown":              {"nobody", "text", Say{}},
		"a group that is not there":     {"lilei", "text", Say{Group: "cidX"}},
		"not a member":                  {"hanmeimei", "text", Say{Group: group}},
		"a guest in a 1:1 chat":         {"guest", "text", Say{}},
		"a robot that is not there":     {"lilei", "text", Say{Group: bare, At: at}},
		"a quote of nothing":            {"lilei", "text", Say{Quote: "msgX"}},
	} {
		if sent, err := s.Send(c.user, c.kind, map[string]any{"content": "x"}, c.o); err == nil {
			t.Errorf("%s: accepted %+v", name, sent)
		}
	}
}

func TestUnpublishedAndQuota(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	s.SetPublished(false)
	sent, err := s.Say("lilei", "你好", Say{})
	if m := hear(t, c, sent, err); m["senderStaffId"] != nil || m["isAdmin"] != nil {
		t.Errorf("unpublished: %v", m)
	}
	s.SetPublished(true)
	s.SetQuotaUsedUp(true)
	sent, err = s.Say("lilei", "你好", Say{})
	if m := hear(t, c, sent, err); m["errCode"] != 20001.0 || m["text"] != nil || m["senderStaffId"] != "lilei" {
		t.Errorf("quota: %v", m)
	}
}

func TestMessageKinds(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	c := dial(t, s, base, nil)
	for _, k := range []struct {
		kind    string
		content any
		want    string // a piece of the data
		shown   string
	}{
		{"picture", nil, `"pictureDownloadCode"`, "[图片]"},
		{"audio", map[string]any{"recognition": "明天三点"}, `"recognition":"明天三点"`, "[语音] 明天三点"},
		{"video", nil, `"videoType":"mp4"`, "[视频]"},
		{"file", map[string]any{"fileName": "报价.xlsx"}, `"fileName":"报价.xlsx"`, "[文件] 报价.xlsx"},
		{"richText", map[string]any{"richText": []any{map[string]any{"text": "看下"}, map[string]any{"type": "picture", "downloadCode": "x"}}}, `"richText":[`, "看下[图片]"},
		{"chatRecord", ChatRecord([2]string{"王总", "多少钱"}), `"summary":"[\"王总:多少钱\"]"`, "王总:多少钱"},
		{"unknownMsgType", map[string]any{"unknownMsgType": "暂不支持"}, `"unknownMsgType":"暂不支持"`, "[unknownMsgType]"},
		{"interactiveCard", map[string]any{"biz_custom_action_url": "dingtalk://x"}, `dingtalk://x`, "[interactiveCard]"},
	} {
		sent, err := s.Send("lilei", k.kind, k.content, Say{})
		m := hear(t, c, sent, err)
		b, _ := json.Marshal(m)
		if m["msgtype"] != k.kind || !strings.Contains(string(b), k.want) {
			t.Errorf("%s: %s", k.kind, b)
		}
		if list, err := s.Bubbles("lilei", ""); err != nil || list[len(list)-1].Text != k.shown {
			t.Errorf("%s is shown as %+v %v", k.kind, list[len(list)-1], err)
		}
		if k.kind == "chatRecord" && m["isForwardMsg"] != "1" {
			t.Error("a forwarded log lacks isForwardMsg")
		}
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{QPS: -1})
	c := dial(t, s, base, nil)
	token := accessToken(t, s, base)
	first, err := s.Say("lilei", "云帆的报价是40万", Say{})
	m := hear(t, c, first, err)
	do(t, "POST", m["sessionWebhook"].(string), "", map[string]any{"msgtype": "text", "text": map[string]string{"content": "记下了"}})
	_, out := do(t, "POST", base+"/v1.0/robot/oToMessages/batchSend", token, map[string]any{"robotCode": s.cfg.RobotCode, "userIds": []string{"lilei"},
		"msgKey": "sampleMarkdown", "msgParam": `{"title":"t","text":"**早报**"}`})
	key := out["processQueryKey"].(string)
	status, out := do(t, "POST", base+"/v1.0/card/instances/createAndDeliver", token, robotCard(s, "q1", "lilei", nil))
	if status != 200 {
		t.Fatalf("card: %v", out)
	}
	carrier := out["result"].(map[string]any)["deliverResults"].([]any)[0].(map[string]any)["carrierId"].(string)
	list, err := s.Bubbles("lilei", "")
	if err != nil {
		t.Fatal(err)
	}
	voice, err := s.Send("lilei", "audio", map[string]any{"recognition": "三十八万"}, Say{})
	hear(t, c, voice, err)

	for _, q := range []struct {
		name, id, msgType, text, key string
		robot                        bool
	}{
		{"own text", first.MsgID, "text", "云帆的报价是40万", "", false},
		{"webhook answer", list[1].ID, "text", "记下了", "", true},
		{"push", key, "markdown", "**早报**", key, true},
		{"card", carrier, "interactiveCard", "", carrier, true},
		{"voice", voice.MsgID, "audio", "", "", false},
	} {
		sent, err := s.Say("lilei", "这个", Say{Quote: q.id})
		m := hear(t, c, sent, err)
		r := m["text"].(map[string]any)["repliedMsg"].(map[string]any)
		content, _ := r["content"].(map[string]any)
		if m["originalMsgId"] != q.id || r["msgType"] != q.msgType || q.text != "" && content["text"] != q.text {
			t.Errorf("%s: %v", q.name, m)
		}
		if q.name == "voice" && content["recognition"] != "三十八万" {
			t.Errorf("voice: %v", r)
		}
		if got, _ := m["originalProcessQueryKey"].(string); got != q.key {
			t.Errorf("%s: originalProcessQueryKey %q, want %q", q.name, got, q.key)
		}
		if (r["senderId"] == m["chatbotUserId"]) != q.robot {
			t.Errorf("%s: sender %v", q.name, r["senderId"])
		}
	}
	sent, err := s.Send("lilei", "richText", map[string]any{"richText": []any{map[string]any{"text": "这个"}}}, Say{Quote: first.MsgID})
	if m := hear(t, c, sent, err); m["content"].(map[string]any)["repliedMsg"] == nil {
		t.Errorf("a rich text carries its quote in content: %v", m)
	}
}

func TestDtmd(t *testing.T) {
	t.Parallel()
	s, base := start(t, Config{})
	group := s.AddGroup(Group{Title: "群", Members: []string{"lilei", "hanmeimei"}})
	c := dial(t, s, base, nil)
	answer := func(o Say, msgtype, text string) Bubble {
		sent, err := s.Say("lilei", "你好", o)
		m := hear(t, c, sent, err)
		body := map[string]any{"msgtype": msgtype, msgtype: map[string]any{"title": "t", "text": text, "content": text}}
		if _, out := do(t, "POST", m["sessionWebhook"].(string), "", body); out["errcode"] != 0.0 {
			t.Fatalf("webhook %v", out)
		}
		list, err := s.Bubbles("lilei", o.Group)
		if err != nil {
			t.Fatal(err)
		}
		return list[len(list)-1]
	}
	const confirm = "[确认](dtmd://dingtalkclient/sendMessage?content=%E7%A1%AE%E8%AE%A4%207F3K) ![图](dtmd://x)"
	b := answer(Say{}, "markdown", confirm)
	if len(b.Links) != 1 || b.Links[0].Sends != "确认 7F3K" {
		t.Fatalf("links %+v", b.Links)
	}
	for _, link := range []string{"确认", "确认 7F3K", b.Links[0].URL} {
		sent, err := s.Dtmd("lilei", "", b.ID, link)
		if m := hear(t, c, sent, err); m["text"].(map[string]any)["content"] != "确认 7F3K" {
			t.Errorf("heard %v", m)
		}
	}
	if _, err := s.Dtmd("lilei", "", b.ID, "取消"); err == nil {
		t.Error("a link that is not there was tapped")
	}
	plain := answer(Say{}, "text", confirm)
	if _, err := s.Dtmd("lilei", "", plain.ID, "确认"); err == nil {
		t.Error("a plain text has no links")
	}
	inGroup := Say{Group: group, At: []string{"robot"}}
	b = answer(inGroup, "markdown", confirm)
	if sent, err := s.Dtmd("hanmeimei", group, b.ID, "确认"); err != nil || sent.Pushed {
		t.Errorf("without the robot's name it does not reach the robot: %+v %v", sent, err)
	}
	b = answer(inGroup, "markdown", "[确认](dtmd://dingtalkclient/sendMessage?content=%40%E8%B7%9F%E5%8D%95%20%E7%A1%AE%E8%AE%A4)")
	sent, err := s.Dtmd("hanmeimei", group, b.ID, "确认")
	if m := hear(t, c, sent, err); m["senderStaffId"] != "hanmeimei" || m["text"].(map[string]any)["content"] != " 确认" {
		t.Errorf("heard %v", m)
	}
}
