package dingtalktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (s *Server) robotRoutes(m *http.ServeMux) {
	const send = "qyapi_robot_sendmsg"
	s.api(m, "POST /v1.0/robot/oToMessages/batchSend", send, s.batchSend)
	s.api(m, "POST /v1.0/robot/groupMessages/send", send, s.groupSend)
	s.api(m, "POST /v1.0/robot/otoMessages/batchRecall", send, s.recall)
	s.api(m, "POST /v1.0/robot/groupMessages/recall", send, s.recall)
	s.api(m, "GET /v1.0/robot/oToMessages/readStatus", send, s.readStatus)
	s.api(m, "POST /v1.0/robot/groupMessages/query", send, s.groupRead)
	s.api(m, "POST /v1.0/robot/groups/query", send, s.robotGroups)
}

// robotMessage is the part of a send that both calls share. MsgParam must be a JSON string holding JSON.
type robotMessage struct {
	RobotCode string          `json:"robotCode"`
	MsgKey    string          `json:"msgKey"`
	MsgParam  json.RawMessage `json:"msgParam"`
}

// msgParams are the fields that a msgKey needs in its msgParam.
var msgParams = map[string][]string{
	"sampleText":        {"content"},
	"sampleMarkdown":    {"title", "text"},
	"sampleImageMsg":    {"photoURL"},
	"sampleLink":        {"title", "text", "messageUrl"},
	"sampleActionCard":  {"title", "text", "singleTitle", "singleURL"},
	"sampleActionCard2": actionCardFields(2),
	"sampleActionCard3": actionCardFields(3),
	"sampleActionCard4": actionCardFields(4),
	"sampleActionCard5": actionCardFields(5),
	"sampleActionCard6": {"title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"},
	"sampleAudio":       {"mediaId", "duration"},
	"sampleFile":        {"mediaId", "fileName", "fileType"},
	"sampleVideo":       {"videoMediaId", "videoType", "picMediaId", "duration"},
}

func actionCardFields(n int) []string {
	out := []string{"title", "text"}
	for i := 1; i <= n; i++ {
		out = append(out, "actionTitle"+strconv.Itoa(i), "actionURL"+strconv.Itoa(i))
	}
	return out
}

// buttonFields are the pairs of title and address that an ActionCard's msgParam can hold.
var buttonFields = func() [][2]string {
	out := [][2]string{{"singleTitle", "singleURL"}}
	for i := 1; i <= 5; i++ {
		n := strconv.Itoa(i)
		out = append(out, [2]string{"actionTitle" + n, "actionURL" + n}, [2]string{"buttonTitle" + n, "buttonUrl" + n})
	}
	return out
}()

// bubble checks the message and makes what it looks like. The caller holds s.mu.
func (in *robotMessage) bubble(s *Server) (*Bubble, *refusal) {
	switch {
	case in.RobotCode == "":
		return nil, bad("invalidParameter.robotCode.empty", "robotCode 为空")
	case in.RobotCode != s.cfg.RobotCode:
		return nil, bad("invalidParameter.robotCode.notExsit", "robotCode 不存在")
	case in.MsgKey == "":
		return nil, bad("invalidParameter.msgKey.empty", "msgKey 为空")
	}
	need, ok := msgParams[in.MsgKey]
	if !ok {
		return nil, bad("invalidParameter.msgKey.invalid", "msgKey %s 不存在", in.MsgKey)
	}
	wrong := func(why string) (*Bubble, *refusal) {
		return nil, bad("invalidParameter.msgParam.invalid", "msgParam 不正确：%s", why)
	}
	var text string
	if json.Unmarshal(in.MsgParam, &text) != nil {
		return wrong("必须是 JSON 字符串")
	}
	if len(text) > 15000 {
		return wrong("超过 15000 字节")
	}
	var p map[string]any
	if json.Unmarshal([]byte(text), &p) != nil {
		return wrong("字符串内容不是 JSON")
	}
	get := func(k string) string { v, _ := p[k].(string); return v }
	for _, k := range need {
		if get(k) == "" {
			return wrong("缺少 " + k)
		}
	}
	b := &Bubble{At: s.now(), From: Robot, FromName: s.cfg.RobotName, Via: "openapi", Title: get("title"), Text: get("text")}
	switch in.MsgKey {
	case "sampleText":
		b.MsgType, b.Text = "text", get("content")
	case "sampleMarkdown":
		b.MsgType = "markdown"
	case "sampleLink":
		b.MsgType, b.Links = "link", []Link{{Text: b.Title, URL: get("messageUrl")}}
	case "sampleImageMsg":
		b.MsgType, b.Text = "picture", "[图片]"
		b.File = s.fileOf(get("photoURL"), "")
	case "sampleFile":
		b.MsgType, b.Text = "file", "[文件] "+get("fileName")
		b.File = s.fileOf(get("mediaId"), get("fileName"))
	case "sampleAudio":
		b.MsgType, b.Text = "audio", "[语音]"
		b.File = s.fileOf(get("mediaId"), "")
	case "sampleVideo":
		b.MsgType, b.Text = "video", "[视频]"
		b.File = s.fileOf(get("videoMediaId"), "")
	default:
		b.MsgType = "actionCard"
		for _, k := range buttonFields {
			if title := get(k[0]); title != "" {
				b.Buttons = append(b.Buttons, Button{Text: title, URL: get(k[1])})
			}
		}
	}
	if b.File != nil && b.File.MediaID != "" && !s.files.hasMedia(b.File.MediaID) {
		return wrong("mediaId 不存在")
	}
	return b, nil
}

func (s *Server) batchSend(c *call) (any, *refusal) {
	var in struct {
		robotMessage
		UserIDs []string `json:"userIds"`
	}
	if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(in.UserIDs) == 0:
		return nil, bad("invalidParameter.userIds.empty", "userIds 为空")
	case len(in.UserIDs) > 20:
		return nil, bad("invalidParameter.userIds.overMax", "userIds 超过 20 个")
	}
	b, no := in.bubble(s)
	if no != nil {
		return nil, no
	}
	sent := &sentMessage{key: s.id("pqk"), at: s.now(), read: map[string]time.Time{}}
	invalid, slow := []string{}, []string{}
	for i, id := range in.UserIDs {
		u := s.people[id]
		switch {
		case slices.Contains(in.UserIDs[:i], id):
			continue
		case u == nil || u.Inactive || u.Hidden || u.External:
			invalid = append(invalid, id)
			continue
		case s.faultLocked(FaultFlow, "", id) != nil:
			slow = append(slow, id)
			continue
		}
		one := *b
		one.ID, one.Key = sent.key, sent.key
		chat := s.direct(id)
		s.show(chat, &one, KindShown)
		sent.chats = append(sent.chats, chat.id)
	}
	s.keepSend(sent)
	return map[string]any{"processQueryKey": sent.key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": slow}, nil
}

func (s *Server) groupSend(c *call) (any, *refusal) {
	var in struct {
		robotMessage
		OpenConversationID string `json:"openConversationId"`
	}
	if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, no := in.bubble(s)
	if no != nil {
		return nil, no
	}
	chat := s.chats[in.OpenConversationID]
	switch {
	case in.OpenConversationID == "":
		return nil, bad("invalidParameter.openConversationId.invalid", "openConversationId 为空")
	case chat == nil || chat.group == nil:
		return nil, bad("openConversationId.notExisted", "openConversationId 不存在")
	case chat.group.NoRobot:
		return nil, bad("invalid.openConversationId", "机器人不在群内")
	}
	sent := &sentMessage{key: s.id("pqk"), at: s.now(), chats: []string{chat.id}, group: true, read: map[string]time.Time{}}
	b.ID, b.Key = sent.key, sent.key
	s.show(chat, b, KindShown)
	s.keepSend(sent)
	return map[string]any{"processQueryKey": sent.key}, nil
}

func (s *Server) robotGroups(c *call) (any, *refusal) {
	var in struct {
		PageNumber int `json:"pageNumber"`
		PageSize   int `json:"pageSize"`
	}
	if no := c.into(&in, "invalidParameter.param.invalid"); no != nil {
		return nil, no
	}
	ids := []string{}
	for _, g := range s.Groups() {
		if !g.NoRobot {
			ids = append(ids, g.ID)
		}
	}
	size := in.PageSize
	if size <= 0 {
		size = 20
	}
	from := min(max(in.PageNumber-1, 0)*size, len(ids))
	to := min(from+size, len(ids))
	return map[string]any{"openConversationIds": ids[from:to], "hasMore": to < len(ids)}, nil
}
