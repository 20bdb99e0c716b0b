package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gendan/bot/chat"
)

var testNow = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)

func testReader() reader {
	return reader{robotCode: "robot1", robotName: "跟单", now: func() time.Time { return testNow }}
}

// wire is a bot message with the usual fields and more, which may also take fields away (null).
func wire(more string) string {
	m := map[string]any{"conversationId": "cidA==", "conversationType": "1", "chatbotUserId": "$bot", "msgId": "m1==",
		"createAt": 1763431200000, "senderId": "$me", "senderStaffId": "li", "senderNick": "李雷", "robotCode": "robot1"}
	var over map[string]any
	if err := json.Unmarshal([]byte("{"+more+"}"), &over); err != nil {
		panic(fmt.Sprintf("%s: %v", more, err))
	}
	for k, v := range over {
		m[k] = v
	}
	b, _ := json.Marshal(m)
	return string(b)
}

func TestEveryShapeOfMessageIsRead(t *testing.T) {
	t.Parallel()
	type want struct {
		kind  chat.Kind
		text  string
		quote *chat.Quote
		files []string // "kind name code"
		at    []chat.PeerID
		raw   string
	}
	cases := []struct {
		name, data string
		want       want
	}{
		{"text", `"msgtype":"text","text":{"content":"  云帆推进到报价\n"}`, want{kind: chat.Text, text: "云帆推进到报价"}},
		{"odd blanks around the text", `"msgtype":"text","text":{"content":"\u2005\u00a0\u3000\u200b你好\ufeff "}`, want{kind: chat.Text, text: "你好"}},
		{"text as a JSON string", `"msgtype":"text","text":"{\"content\":\"你好\"}"`, want{kind: chat.Text, text: "你好"}},
		{"a text that is JSON itself", `"msgtype":"text","text":{"content":"{\"a\":1}"}`, want{kind: chat.Text, text: `{"a":1}`}},
		{"group text with people", `"conversationType":"2","msgtype":"text","text":{"content":" 转给 "},
			"atUsers":[{"dingtalkId":"$bot"},{"dingtalkId":"$han","staffId":"han"},{"dingtalkId":"$out"}]`,
			want{kind: chat.Text, text: "转给", at: []chat.PeerID{"dingtalk:han", "dingtalk:?$out"}}},
		{"the robot's name left in", `"conversationType":2,"msgtype":"text","text":{"content":"@跟单\u2005帮助"}`, want{kind: chat.Text, text: "帮助"}},
		{"picture", `"msgtype":"picture","content":{"downloadCode":"d1","pictureDownloadCode":"p1"}`, want{kind: chat.Image, files: []string{"image  d1"}}},
		{"content as a string", `"msgtype":"picture","content":"{\"downloadCode\":\"d1\"}"`, want{kind: chat.Image, files: []string{"image  d1"}}},
		{"picture with one code only", `"msgtype":"picture","content":{"pictureDownloadCode":"p1"}`, want{kind: chat.Image, files: []string{"image  p1"}}},
		{"voice with words", `"msgtype":"audio","content":{"downloadCode":"d1","recognition":"明天下午三点提醒我","duration":4321}`,
			want{kind: chat.Voice, text: "明天下午三点提醒我", files: []string{"voice  d1"}}},
		{"voice that was not understood", `"msgtype":"audio","content":{"downloadCode":"d1","duration":"4"}`, want{kind: chat.Voice, files: []string{"voice  d1"}}},
		{"film", `"msgtype":"video","content":{"downloadCode":"d1","videoType":"mp4","duration":"5"}`, want{kind: chat.Video, files: []string{"video  d1"}}},
		{"file", `"msgtype":"file","content":{"downloadCode":"d1","fileName":"报价.xlsx","fileId":"1"}`, want{kind: chat.File, files: []string{"file 报价.xlsx d1"}}},
		{"rich text", `"msgtype":"richText","content":{"richText":[{"text":"看下 "},{"type":"picture","downloadCode":"d1"},{"type":"at","atName":"韩梅梅","atUserId":"han"},{"type":"skill","skillData":{"skillId":"1"}},{"text":"\n这个"}]}`,
			want{kind: chat.Mixed, text: "看下 @韩梅梅 \n这个", files: []string{"image  d1"}, at: []chat.PeerID{"dingtalk:han"}}},
		{"rich text of the older shape", `"msgtype":"richText","content":{"richText":{"richTextList":[{"pictureDownloadCode":"d1"},{"text":"图"}]}}`,
			want{kind: chat.Mixed, text: "图", files: []string{"image  d1"}}},
		{"rich text in a list of its own", `"msgtype":"richText","content":{"richTextList":[{"text":"图"}]}`, want{kind: chat.Text, text: "图"}},
		{"rich text of pictures only", `"msgtype":"richText","content":"{\"richText\":[{\"downloadCode\":\"d1\"},{\"downloadCode\":\"d2\"},{\"text\":\"\\n\"}]}"`,
			want{kind: chat.Image, files: []string{"image  d1", "image  d2"}}},
		{"rich text that mentions the robot", `"msgtype":"richText","content":{"richText":[{"type":"at","atName":"跟单","atUserId":"$bot"},{"text":" 记一下"}]}`, want{kind: chat.Text, text: "记一下"}},
		{"forwarded record", `"msgtype":"chatRecord","content":{"summary":"[\"王总:多少钱\"]","chatRecord":"[]"}`,
			want{kind: chat.Record, raw: `{"chatRecord":"[]","summary":"[\"王总:多少钱\"]"}`}},
		{"forwarded record as a string", `"msgtype":"chatRecord","content":"{\"summary\":\"[]\"}"`, want{kind: chat.Record, raw: `"{\"summary\":\"[]\"}"`}},
		{"forwarded record without content", `"msgtype":"chatRecord"`, want{kind: chat.Record, raw: `{}`}},
		{"document from the drive", `"msgtype":"interactiveCard","content":{"biz_custom_action_url":"dingtalk://dingtalkclient/page/yunpan?type=file"}`,
			want{kind: chat.Link, text: "dingtalk://dingtalkclient/page/yunpan?type=file"}},
		{"card of another bot", `"msgtype":"interactiveCard","content":{}`, want{kind: chat.Unsupported, text: "interactiveCard", raw: "*"}},
		{"action card", `"msgtype":"actionCard","content":{"title":"报名","text":"周五","actionUrlItemList":[{"actionUrl":"https://a.example"}]}`,
			want{kind: chat.Link, text: "报名\n周五\nhttps://a.example"}},
		{"markdown", `"msgtype":"markdown","content":{"text":"# 云帆"}`, want{kind: chat.Text, text: "# 云帆"}},
		{"markdown in text", `"msgtype":"markdown","text":{"content":"# 云帆"}`, want{kind: chat.Text, text: "# 云帆"}},
		{"reply as a type", `"msgtype":"reply","text":{"content":"好的"}`, want{kind: chat.Text, text: "好的"}},
		{"unknown", `"msgtype":"unknownMsgType","content":{"unknownMsgType":"用户发送了一条消息，机器人暂不支持接收。"}`, want{kind: chat.Unsupported, text: "unknownMsgType", raw: "*"}},
		{"a type of tomorrow", `"msgtype":"hologram","content":{"x":1}`, want{kind: chat.Unsupported, text: "hologram", raw: "*"}},
		{"a type of tomorrow with words", `"msgtype":"aiText","content":{"text":"你好"}`, want{kind: chat.Text, text: "你好"}},
		{"no type at all", ``, want{kind: chat.Unsupported, text: "unknown", raw: "*"}},

		{"quoted text", `"msgtype":"text","text":{"content":"改成38万","isReplyMsg":true,"repliedMsg":{"msgType":"text","msgId":"q1","content":{"text":"报价是40万"}}},"originalMsgId":"q1"`,
			want{kind: chat.Text, text: "改成38万", quote: &chat.Quote{ID: "q1", Text: "报价是40万", Kind: chat.Text}}},
		{"quoted content as a string", `"msgtype":"text","text":{"content":"改","repliedMsg":{"msgType":"text","msgId":"q1","content":"{\"text\":\"报价\"}"}}`,
			want{kind: chat.Text, text: "改", quote: &chat.Quote{ID: "q1", Text: "报价", Kind: chat.Text}}},
		{"quoted content as bare words", `"msgtype":"text","text":{"content":"改","repliedMsg":{"msgType":"text","msgId":"q1","content":"报价"}}`,
			want{kind: chat.Text, text: "改", quote: &chat.Quote{ID: "q1", Text: "报价", Kind: chat.Text}}},
		{"quoted picture", `"msgtype":"text","text":{"content":"存一下","repliedMsg":{"msgType":"picture","msgId":"q1","content":{"downloadCode":"d1"}}}`,
			want{kind: chat.Text, text: "存一下", quote: &chat.Quote{ID: "q1", Kind: chat.Image}, files: []string{"image  d1"}}},
		{"quoted file", `"msgtype":"text","text":{"content":"存一下","repliedMsg":{"msgType":"file","msgId":"q1","content":{"fileName":"a.pdf","downloadCode":"d1"}}}`,
			want{kind: chat.Text, text: "存一下", quote: &chat.Quote{ID: "q1", Text: "a.pdf", Kind: chat.File}, files: []string{"file a.pdf d1"}}},
		{"quoted voice", `"msgtype":"text","text":{"content":"照做","repliedMsg":{"msgType":"audio","msgId":"q1","content":{"recognition":"明天回访"}}}`,
			want{kind: chat.Text, text: "照做", quote: &chat.Quote{ID: "q1", Text: "明天回访", Kind: chat.Voice}}},
		{"quoted rich text", `"msgtype":"text","text":{"content":"记下","repliedMsg":{"msgType":"richText","msgId":"q1","content":{"richText":[{"msgType":"text","content":"地址"},{"msgType":"at","atName":"李雷"},{"msgType":"picture","downloadCode":"d1"}]}}}`,
			want{kind: chat.Text, text: "记下", quote: &chat.Quote{ID: "q1", Text: "地址@李雷", Kind: chat.Mixed}, files: []string{"image  d1"}}},
		{"quoted card of ours", `"msgtype":"text","text":{"content":"确认","repliedMsg":{"msgType":"interactiveCard","msgId":"q1","senderId":"$bot"}},"originalMsgId":"q1","originalProcessQueryKey":"pqk1"`,
			want{kind: chat.Text, text: "确认", quote: &chat.Quote{ID: "pqk1", Kind: chat.Link}}},
		{"quoted record", `"msgtype":"text","text":{"content":"记到云帆","repliedMsg":{"msgType":"chatRecord","msgId":"q1","content":{"title":"溯煜与祝欣莹的聊天记录","summary":"溯煜:[图片]\n祝欣莹:好的"}}}`,
			want{kind: chat.Text, text: "记到云帆", quote: &chat.Quote{ID: "q1", Text: "溯煜与祝欣莹的聊天记录\n溯煜:[图片]\n祝欣莹:好的", Kind: chat.Record}}},
		{"quoted something", `"msgtype":"text","text":{"content":"这个","repliedMsg":{"msgType":"unknownMsgType","msgId":"q1"}}`,
			want{kind: chat.Text, text: "这个", quote: &chat.Quote{ID: "q1", Kind: chat.Unsupported}}},
		{"quote without its words", `"msgtype":"text","text":{"content":"这个"},"originalMsgId":"q1"`, want{kind: chat.Text, text: "这个", quote: &chat.Quote{ID: "q1"}}},
		{"quote inside rich text", `"msgtype":"richText","content":{"isReplyMsg":true,"repliedMsg":{"msgType":"text","msgId":"q1","content":{"text":"报价"}},"richText":[{"text":"改"}]}`,
			want{kind: chat.Text, text: "改", quote: &chat.Quote{ID: "q1", Text: "报价", Kind: chat.Text}}},
		{"quote of the older shape", `"msgtype":"text","text":{"content":"改"},"quoteMessage":{"msgId":"q1","msgtype":"text","text":{"content":"报价"},"senderNick":"王"}`,
			want{kind: chat.Text, text: "改", quote: &chat.Quote{ID: "q1", Text: "报价", Kind: chat.Text}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := testReader().message([]byte(wire(c.data)), "f1")
			if err != nil {
				t.Fatal(err)
			}
			got := want{kind: m.Kind, text: m.Text, quote: m.Quote, at: m.Mentions, raw: string(m.Raw)}
			for _, f := range m.Files {
				var h fileHandle
				if err := json.Unmarshal(f.Handle, &h); err != nil || h.Robot != "robot1" {
					t.Errorf("handle %s", f.Handle)
				}
				got.files = append(got.files, fmt.Sprintf("%s %s %s", f.Kind, f.Name, h.Code))
			}
			if c.want.raw == "*" && got.raw != "" {
				got.raw = "*"
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCommonFieldsAreReadLeniently(t *testing.T) {
	t.Parallel()
	m, err := testReader().message([]byte(wire(`"createAt":"1763431200000","conversationType":2,"conversationTitle":"群","msgtype":"text","text":{"content":"a"},
		"sessionWebhook":"https://oapi.dingtalk.com/robot/sendBySession?session=s","sessionWebhookExpiredTime":"1763436600000"`)), "")
	if err != nil {
		t.Fatal(err)
	}
	if !m.SentAt.Equal(time.UnixMilli(1763431200000)) || !m.Group || m.Conversation != "dingtalk:g:cidA==" {
		t.Errorf("read %+v", m)
	}
	var h answerTo
	if err := json.Unmarshal(m.AnswerTo, &h); err != nil || h.Until != 1763436600000 || h.User != "li" || h.Nick != "李雷" {
		t.Errorf("answer to %s", m.AnswerTo)
	}
}

func TestSomebodyWithoutStaffIDIsNobodyWeKnow(t *testing.T) {
	t.Parallel()
	m, err := testReader().message([]byte(wire(`"senderStaffId":null,"msgtype":"text","text":{"content":"a"}`)), "")
	if err != nil || m.From != "dingtalk:?$me" || m.Conversation != "dingtalk:p:?$me" {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestOverQuotaMessageSaysWhyItIsEmpty(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`"msgtype":"text","errCode":20001,"errMsg":"超量"`, `"errCode":"20001"`, `"msgtype":"text","content":{"errCode":20001}`} {
		m, err := testReader().message([]byte(wire(data)), "")
		if err != nil || !strings.Contains(m.Trouble, "20001") || m.Text == "" && m.Kind == chat.Unsupported {
			t.Errorf("%s: %+v, %v", data, m, err)
		}
	}
	m, err := testReader().message([]byte(wire(`"msgtype":"text","errCode":0,"text":{"content":"a"}`)), "")
	if err != nil || m.Trouble != "" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestRefusedMessages(t *testing.T) {
	t.Parallel()
	if _, err := testReader().message([]byte(wire(`"robotCode":"other"`)), ""); !errors.Is(err, errForeign) {
		t.Errorf("foreign robot: %v", err)
	}
	for _, data := range []string{``, `null`, `[]`, `"x"`, `{`, wire(`"msgId":null`), wire(`"senderId":null,"senderStaffId":""`), `{} {}`} {
		if _, err := testReader().message([]byte(data), ""); err == nil {
			t.Errorf("%q is taken", data)
		}
	}
	if m, err := testReader().message([]byte(wire(`"msgId":null,"msgtype":"text","text":{"content":"a"}`)), "frame1"); err != nil || m.ID != "frame1" {
		t.Errorf("%+v, %v", m, err)
	}
}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{wire(`"msgtype":"text","text":{"content":"a"}`), wire(`"msgtype":"richText","content":"{\"richText\":[{\"downloadCode\":\"d\"}]}"`),
		wire(`"msgtype":"chatRecord","content":[1]`), wire(`"msgtype":"text","text":{"content":"a","repliedMsg":{"msgType":"richText","content":{"richText":[{}]}}}`), `{"errCode":20001}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := testReader().message(data, "frame")
		if err != nil {
			return
		}
		if m.ID == "" || m.From == "" || m.Conversation == "" || m.Kind == "" || m.Platform != Name {
			t.Fatalf("incomplete %+v", m)
		}
		if (m.Kind == chat.Record || m.Kind == chat.Unsupported) && len(m.Raw) == 0 {
			t.Fatal("nothing kept")
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("cannot be stored: %v", err)
		}
		var back chat.Message
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzTap(f *testing.F) {
	f.Add([]byte(`{"outTrackId":"c1","userId":"li","content":"{\"cardPrivateData\":{\"actionIds\":[\"ok\"]}}"}`))
	f.Add([]byte(`{"outTrackId":"c1","userId":"li","value":"{\"cardPrivateData\":{\"actionIds\":[\"ok\"],\"params\":{\"group\":true}}}","spaceId":"cid"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tap, err := readTap(data)
		if err != nil {
			return
		}
		m := tap.message(shownCard{Card: tap.outTrackID}, "f", testNow)
		if m.From == "" || m.Conversation == "" || m.Tap.Button == "" || m.Tap.Card == "" {
			t.Fatalf("incomplete %+v", m)
		}
	})
}
