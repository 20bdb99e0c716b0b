package wecomtest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

func TestSubscribeRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.dial()
	if got := b.ask("ping", "", nil); got.Errcode != 40001 {
		t.Errorf("ping before subscribe: %+v", got)
	}
	if got := b.ask("aibot_subscribe", "", map[string]string{"bot_id": w.Config().BotID, "secret": "wrong"}); got.Errcode != 40001 || w.Connected() {
		t.Errorf("wrong secret: %+v", got)
	}
	if got := b.ask("aibot_subscribe", "", map[string]string{"bot_id": w.Config().BotID, "secret": w.Config().BotSecret}); got.Errcode != 0 || !w.Connected() {
		t.Errorf("right secret: %+v", got)
	}
	if got := b.ask("aibot_dance", "", nil); got.Errcode != 40035 {
		t.Errorf("unknown command: %+v", got)
	}
	if err := b.ws.WriteMessage(1, []byte(`{"cmd":`)); err != nil {
		t.Fatal(err)
	}
	if got := b.read(); got.Errcode != 47001 {
		t.Errorf("half a frame: %+v", got)
	}
}

func TestOneConnectionPerBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	first := w.bot()
	second := w.bot()
	got := first.read()
	if got.Cmd != "aibot_event_callback" || !contains(string(got.Body), `"eventtype":"disconnected_event"`) {
		t.Fatalf("the first is told %+v %s", got, got.Body)
	}
	if _, _, err := first.ws.ReadMessage(); err == nil {
		t.Error("the first stays open")
	}
	if heard := w.said(second, "lilei", "在吗"); heard.Cmd != "aibot_msg_callback" {
		t.Errorf("the second hears %+v", heard)
	}
}

func TestNothingIsKeptWhileDisconnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	w.DropConnection()
	if _, _, err := b.ws.ReadMessage(); err == nil {
		t.Error("the dropped connection still reads")
	}
	for seq := w.LastSeq(); w.Connected(); seq++ {
		if _, err := w.WaitJournal(within(t), seq, 1); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 { // more than three: what nobody heard is not in progress
		r, err := w.Say("lilei", "在吗", wecomtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Wait(within(t)); !errors.Is(err, wecomtest.ErrOffline) {
			t.Errorf("said to nobody: %v", err)
		}
	}
	if got := w.Counters().Lost; got != 5 {
		t.Errorf("%d lost", got)
	}
	b = w.bot()
	if got := w.said(b, "lilei", "现在呢"); !contains(string(got.Body), "现在呢") {
		t.Errorf("after reconnecting: %s", got.Body)
	}
}

func TestAnswerRules(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now, Limits: wecomtest.Limits{PerMinute: -1, InProgress: -1}})
	b := w.bot()
	stream := func(id, content string, finish bool) m {
		return m{"msgtype": "stream", "stream": m{"id": id, "content": content, "finish": finish}}
	}
	withCard := func(task string) m {
		a := stream("s", "好", false)
		a["msgtype"], a["template_card"] = "stream_with_template_card", buttonCard(task)
		return a
	}
	tests := []struct {
		name   string
		before []any // answers that are right
		wait   time.Duration
		answer any
		want   int
	}{
		{"stream", nil, 0, stream("s", "好", true), 0},
		{"text", nil, 0, m{"msgtype": "text", "text": text("好")}, 40008},
		{"markdown", nil, 0, m{"msgtype": "markdown", "markdown": text("好")}, 40008},
		{"no type", nil, 0, m{"stream": m{}}, 40058},
		{"stream without its object", nil, 0, m{"msgtype": "stream"}, 40058},
		{"stream without id", nil, 0, stream("", "好", true), 40058},
		{"stream of 20480 bytes", nil, 0, stream("s", strings.Repeat("a", 20480), true), 0},
		{"stream of 20481 bytes", nil, 0, stream("s", strings.Repeat("a", 20481), true), 45002},
		{"stream after 5:59", nil, 359 * time.Second, stream("s", "好", true), 0},
		{"stream after 6 minutes", nil, 6 * time.Minute, stream("s", "好", true), 846608},
		{"frame after the end", []any{stream("s", "好", true)}, 0, stream("s", "再", true), 846608},
		{"another stream after the end", []any{stream("s", "好", true)}, 0, stream("t", "再", true), 0},
		{"blanks do not end it", []any{stream("s", " \n", true)}, 0, stream("s", "好", true), 0},
		{"pictures before the end", nil, 0, m{"msgtype": "stream", "stream": m{"id": "s", "content": "x", "msg_item": []any{m{}}}}, 40058},
		{"card", nil, 0, m{"msgtype": "template_card", "template_card": buttonCard("a1")}, 0},
		{"card after 23 hours", nil, 23 * time.Hour, m{"msgtype": "template_card", "template_card": buttonCard("a2")}, 0},
		{"card after 24 hours", nil, 24 * time.Hour, m{"msgtype": "template_card", "template_card": buttonCard("a3")}, 846605},
		{"card of a known task", nil, 0, m{"msgtype": "template_card", "template_card": buttonCard("a1")}, 42014},
		{"faulty card", nil, 0, m{"msgtype": "template_card", "template_card": m{"card_type": "x"}}, 42031},
		{"no card", nil, 0, m{"msgtype": "template_card"}, 40058},
		{"stream with card", nil, 0, withCard("b1"), 0},
		{"stream with card, the second", []any{withCard("b2")}, 0, withCard("b3"), 40058},
	}
	for _, tt := range tests {
		reqID := w.said(b, "lilei", tt.name).Headers.ReqID
		for _, a := range tt.before {
			if got := b.ask("aibot_respond_msg", reqID, a); got.Errcode != 0 {
				t.Fatalf("%s: before: %+v", tt.name, got)
			}
		}
		c.Advance(tt.wait)
		if got := b.ask("aibot_respond_msg", reqID, tt.answer); got.Errcode != tt.want {
			t.Errorf("%s: %+v, want %d", tt.name, got, tt.want)
		}
	}
	for name, id := range map[string]string{"an invented req_id": "zYiT5A1AQVaghhPBWxgzAwAA", "no req_id": "none"} {
		if got := b.ask("aibot_respond_msg", id, stream("s", "好", true)); got.Errcode != 846605 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestStreamReplacesItsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	reqID := w.said(b, "lilei", "x").Headers.ReqID
	for i, content := range []string{"一", "一二", "三"} {
		b.stream(reqID, "s", content, i == 2)
		if got := w.last("lilei"); got.Text != content || got.Writing != (i < 2) || len(w.View("lilei")) != 2 {
			t.Errorf("frame %d: lilei sees %+v", i, got)
		}
	}
}

func TestEventWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{CardUpdate: time.Second}})
	b := w.bot()
	hello := map[string]any{"msgtype": "text", "text": text("你好")}
	reqID := w.said(b, "lilei", "x").Headers.ReqID
	if got := b.ask("aibot_respond_welcome_msg", reqID, hello); got.Errcode != 846605 {
		t.Errorf("welcome to a message: %+v", got)
	}

	enter := func(user string) string {
		t.Helper()
		if _, err := w.Enter(user, wecomtest.DoorBot); err != nil {
			t.Fatal(err)
		}
		return b.read().Headers.ReqID
	}
	id := enter("lilei")
	if got := b.stream(id, "s", "好", true); got.Errcode != 846605 {
		t.Errorf("a stream to an event: %+v", got)
	}
	if got := b.ask("aibot_respond_welcome_msg", id, map[string]any{"msgtype": "markdown", "markdown": text("x")}); got.Errcode != 40008 {
		t.Errorf("welcome in markdown: %+v", got)
	}
	if got := b.ask("aibot_respond_welcome_msg", id, hello); got.Errcode != 0 || w.last("lilei").Text != "你好" {
		t.Errorf("welcome: %+v", got)
	}
	if got := b.ask("aibot_respond_welcome_msg", id, hello); got.Errcode != 846605 {
		t.Errorf("a second welcome: %+v", got)
	}
	late := enter("hanmeimei")
	time.Sleep(1100 * time.Millisecond) // the deadline under test
	if got := b.ask("aibot_respond_welcome_msg", late, hello); got.Errcode != 846608 {
		t.Errorf("a late welcome: %+v", got)
	}

	if got := b.ask("aibot_respond_msg", reqID, map[string]any{"msgtype": "template_card", "template_card": buttonCard("t1")}); got.Errcode != 0 {
		t.Fatalf("card: %+v", got)
	}
	tap := func() string {
		t.Helper()
		if _, err := w.Tap("lilei", "t1", "undo:42"); err != nil {
			t.Fatal(err)
		}
		return b.read().Headers.ReqID
	}
	update := func(id string, extra map[string]any) int {
		body := map[string]any{"response_type": "update_template_card", "template_card": buttonCard("t1")}
		for k, v := range extra {
			body[k] = v
		}
		return b.ask("aibot_respond_update_msg", id, body).Errcode
	}
	for name, tt := range map[string]struct {
		extra map[string]any
		want  int
	}{
		"right":                   {nil, 0},
		"no response_type":        {map[string]any{"response_type": ""}, 40058},
		"no card":                 {map[string]any{"template_card": nil}, 40058},
		"another task":            {map[string]any{"template_card": buttonCard("t2")}, 42016},
		"userids in a 1:1 chat":   {map[string]any{"userids": []string{"lilei"}}, 40058},
		"a faulty card":           {map[string]any{"template_card": map[string]any{"card_type": "x", "task_id": "t1"}}, 42031},
		"buttons replaced by one": {map[string]any{"template_card": buttonCard("t1")}, 0},
	} {
		if got := update(tap(), tt.extra); got != tt.want {
			t.Errorf("update, %s: %d, want %d", name, got, tt.want)
		}
	}
	id = tap()
	time.Sleep(1100 * time.Millisecond) // the deadline under test
	if got := update(id, nil); got != 846608 {
		t.Errorf("a late update: %d", got)
	}
	if got := update(reqID, nil); got != 846605 {
		t.Errorf("an update to a message: %d", got)
	}
}

func TestEnterChatOnceADay(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	w.bot()
	told := func() int {
		t.Helper()
		r, err := w.Enter("lilei", wecomtest.DoorBot)
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Wait(within(t))
		if err != nil {
			t.Fatal(err)
		}
		return d.Attempts
	}
	for i, want := range []int{1, 0} {
		if got := told(); got != want {
			t.Errorf("time %d: %d", i, got)
		}
	}
	c.Advance(24 * time.Hour)
	if told() != 1 {
		t.Error("the next day is not told")
	}
}

func TestPushRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	group := w.Groups()[0].ChatID
	w.said(b, "lilei", "x")
	push := func(chat, msgtype string, kind int) frame {
		content := any(text("好"))
		if msgtype == "template_card" {
			content = buttonCard("p1")
		}
		return b.ask("aibot_send_msg", "", map[string]any{"chatid": chat, "chat_type": kind, "msgtype": msgtype, msgtype: content})
	}
	tests := []struct {
		name, chat, msgtype string
		kind, want          int
	}{
		{"to somebody who wrote", "lilei", "markdown", 1, 0},
		{"without saying which kind", "lilei", "markdown", 0, 0},
		{"a card", "lilei", "template_card", 1, 0},
		{"a known card", "lilei", "template_card", 1, 42014},
		{"to somebody who never wrote", "hanmeimei", "markdown", 1, 93006},
		{"to nobody", "nobody", "markdown", 0, 93006},
		{"to no chat", "", "markdown", 0, 86201},
		{"a person as group", "lilei", "markdown", 2, 93006},
		{"text", "lilei", "text", 1, 40008},
		{"stream", "lilei", "stream", 1, 40008},
		{"to a group where nobody wrote", group, "markdown", 2, 93006},
	}
	for _, tt := range tests {
		if got := push(tt.chat, tt.msgtype, tt.kind); got.Errcode != tt.want {
			t.Errorf("%s: %+v, want %d", tt.name, got, tt.want)
		}
	}
	if _, err := w.Say("wangjing", "进展", wecomtest.Options{Group: group}); err != nil {
		t.Fatal(err)
	}
	if got := b.read(); !contains(string(got.Body), `"chatid":"`+group+`","chattype":"group"`) || !contains(string(got.Body), "@跟单 进展") {
		t.Errorf("a mention: %s", got.Body)
	}
	for _, kind := range []int{0, 2} {
		if got := push(group, "markdown", kind); got.Errcode != 0 {
			t.Errorf("to the group: %+v", got)
		}
	}
	if got := w.last("hanmeimei"); got.Chat != "group:"+group || got.Text != "好" {
		t.Errorf("hanmeimei sees %+v", got)
	}
	if got := w.View("zhaomin"); len(got) != 0 {
		t.Errorf("zhaomin, who is not in it, sees %+v", got)
	}
}

func TestConversationQuota(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now, Limits: wecomtest.Limits{PerHour: 50}})
	b := w.bot()
	reqID := w.said(b, "lilei", "x").Headers.ReqID
	for range 10 { // one message, however many frames
		if got := b.stream(reqID, "s", "好", false); got.Errcode != 0 {
			t.Fatalf("stream: %+v", got)
		}
	}
	push := func() int {
		return b.ask("aibot_send_msg", "", map[string]any{"chatid": "lilei", "msgtype": "markdown", "markdown": text("x")}).Errcode
	}
	for i := range 29 {
		if got := push(); got != 0 {
			t.Fatalf("push %d: %d", i, got)
		}
	}
	if got := push(); got != 45009 {
		t.Errorf("the 31st in a minute: %d", got)
	}
	b.stream(reqID, "s", "好", true)
	other := w.said(b, "hanmeimei", "x").Headers.ReqID
	if got := b.stream(other, "s", "好", true); got.Errcode != 0 {
		t.Errorf("another conversation: %+v", got)
	}
	c.Advance(time.Minute)
	for i := range 20 {
		if got := push(); got != 0 {
			t.Fatalf("push %d of the next minute: %d", i, got)
		}
	}
	if got := push(); got != 45009 {
		t.Errorf("the 51st in an hour: %d", got)
	}
}

func TestThreeMessagesInProgress(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := newWorld(t, wecomtest.Config{Now: c.Now})
	b := w.bot()
	var ids []string
	for range 3 {
		ids = append(ids, w.said(b, "lilei", "x").Headers.ReqID)
	}
	busy := func() bool {
		_, err := w.Say("lilei", "y", wecomtest.Options{})
		if err != nil && !errors.Is(err, wecomtest.ErrBusy) {
			t.Fatal(err)
		}
		if err == nil {
			b.read()
		}
		return err != nil
	}
	if !busy() {
		t.Error("a fourth gets through")
	}
	w.said(b, "hanmeimei", "别人不受影响")
	b.stream(ids[0], "s", "正在", false)
	if !busy() {
		t.Error("a stream that goes on is no answer")
	}
	b.stream(ids[0], "s", "好", true)
	if busy() {
		t.Error("after an answer there is room for one")
	}
	if !busy() {
		t.Error("and only for one")
	}
	c.Advance(6 * time.Minute)
	if busy() {
		t.Error("after six minutes they are given up")
	}
	busy()
	busy()
	if !busy() {
		t.Error("and three more fill it again")
	}
	w.ResetCounters()
	if busy() {
		t.Error("a reset forgets them")
	}
}

func TestKindsThatBotsGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{InProgress: -1}})
	b := w.bot()
	group := wecomtest.Options{Group: w.Groups()[0].ChatID}
	one := wecomtest.Options{}
	tests := []struct {
		name string
		do   func() (*wecomtest.Receipt, error)
		want string // "" is not delivered
	}{
		{"voice", func() (*wecomtest.Receipt, error) { return w.SayVoice("lilei", "好", one) }, `"voice":{"content":"好"}`},
		{"picture", func() (*wecomtest.Receipt, error) { return w.SendImage("lilei", "a.png", png, one) }, `"image":{"url":"http://`},
		{"film", func() (*wecomtest.Receipt, error) { return w.SendVideo("lilei", "a.mp4", []byte("x"), one) }, `"video":{"url":"http://`},
		{"mixed", func() (*wecomtest.Receipt, error) { return w.SendMixed("lilei", "看", [][]byte{png}, one) }, `"msg_item":[{"msgtype":"text","text":{"content":"看"}},{"msgtype":"image"`},
		{"picture in a group", func() (*wecomtest.Receipt, error) { return w.SendImage("lilei", "a.png", png, group) }, `"msgtype":"mixed"`},
		{"quote", func() (*wecomtest.Receipt, error) {
			return w.Say("lilei", "看", wecomtest.Options{Quote: &wecomtest.Quote{Kind: "voice", Text: "好"}})
		}, `"quote":{"msgtype":"voice","voice":{"content":"好"}}`},
		{"quoted bubble", func() (*wecomtest.Receipt, error) {
			return w.Say("lilei", "看", wecomtest.Options{Reply: w.View("lilei")[1].ID})
		}, `"quote":{"msgtype":"image","image":{"url":"http`},
		{"a kind of tomorrow", func() (*wecomtest.Receipt, error) {
			return w.Raw("lilei", "hologram", json.RawMessage(`{"x":1}`), one)
		}, `"msgtype":"hologram","hologram":{"x":1}`},
		{"file in a group", func() (*wecomtest.Receipt, error) { return w.SendFile("lilei", "a.txt", []byte("x"), group) }, ""},
		{"voice in a group", func() (*wecomtest.Receipt, error) { return w.SayVoice("lilei", "x", group) }, ""},
		{"chat log", func() (*wecomtest.Receipt, error) { return w.Forward("lilei", "聊天记录", one) }, ""},
	}
	for _, tt := range tests {
		_, err := tt.do()
		if tt.want == "" {
			if !errors.Is(err, wecomtest.ErrUndelivered) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := b.read(); !contains(string(got.Body), tt.want) {
			t.Errorf("%s: %s lacks %s", tt.name, got.Body, tt.want)
		}
	}
	for name, err := range map[string]error{
		"nobody":              second(w.Say("nobody", "x", one)),
		"a group of others":   second(w.Say("zhaomin", "x", group)),
		"a card that is none": second(w.Tap("lilei", "none", "x")),
		"a bubble of nobody":  second(w.Say("lilei", "x", wecomtest.Options{Reply: "none"})),
	} {
		if !errors.Is(err, wecomtest.ErrNobody) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ *wecomtest.Receipt, err error) error { return err }

func TestGroupCardForSome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	group := w.Groups()[0].ChatID
	if _, err := w.Say("lilei", "投票", wecomtest.Options{Group: group}); err != nil {
		t.Fatal(err)
	}
	card := map[string]any{"msgtype": "template_card", "template_card": buttonCard("g1")}
	if got := b.ask("aibot_respond_msg", b.read().Headers.ReqID, card); got.Errcode != 0 {
		t.Fatalf("card: %+v", got)
	}
	if _, err := w.Tap("hanmeimei", "g1", "undo:42"); err != nil {
		t.Fatal(err)
	}
	tap := b.read()
	if !contains(string(tap.Body), `"chatid":"`+group) || !contains(string(tap.Body), `"userid":"hanmeimei"`) {
		t.Errorf("tap: %s", tap.Body)
	}
	body := map[string]any{"response_type": "update_template_card", "userids": []string{"hanmeimei"}, "template_card": noticeCard("g1")}
	if got := b.ask("aibot_respond_update_msg", tap.Headers.ReqID, body); got.Errcode != 0 {
		t.Fatalf("update: %+v", got)
	}
	if got := w.last("hanmeimei").Card.CardType; got != "text_notice" {
		t.Errorf("hanmeimei sees %s", got)
	}
	if got := w.last("lilei").Card.CardType; got != "button_interaction" {
		t.Errorf("lilei sees %s", got)
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	b := w.bot()
	reqID := w.said(b, "lilei", "x").Headers.ReqID
	b.ask("aibot_respond_msg", reqID, map[string]any{"msgtype": "stream", "stream": map[string]any{"id": "s", "content": "好", "finish": true, "feedback": map[string]any{"id": "f1"}}})
	if _, err := w.Judge("lilei", w.last("lilei").ID, 2, "不对"); err != nil {
		t.Fatal(err)
	}
	if got := b.read(); !contains(string(got.Body), `"feedback_event":{"content":"不对","id":"f1"`) {
		t.Errorf("feedback: %s", got.Body)
	}
	if _, err := w.Judge("lilei", "none", 1, ""); !errors.Is(err, wecomtest.ErrNobody) {
		t.Errorf("feedback on nothing: %v", err)
	}
}
