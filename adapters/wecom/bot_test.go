package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
)

const salesGroup = "wrSimSalesGroup0001"

var png = []byte("\x89PNG\r\n\x1a\n and the rest")

func TestEveryKindThatReachesTheBot(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{Limits: wecomtest.Limits{InProgress: -1}}, nil)
	fetch := func(m chat.Message, i int) (string, string) {
		t.Helper()
		f, err := s.a.Fetch(s.ctx(), m.Files[i], 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		return f.Name, string(f.Data)
	}

	if m := s.said(s.SayVoice("lilei", "明天三点提醒我", bot(""))); m.Kind != chat.Voice || m.Text != "明天三点提醒我" || len(m.Files) != 0 {
		t.Errorf("voice: %+v", m)
	}
	m := s.said(s.SendFile("lilei", "聊天记录 1.txt", []byte("王强：预算十八万"), bot("")))
	if name, data := fetch(m, 0); m.Kind != chat.File || m.Files[0].Kind != chat.File || name != "聊天记录 1.txt" || data != "王强：预算十八万" {
		t.Errorf("file: %+v %q %q", m, name, data)
	}
	if _, err := s.a.Download(s.ctx(), m.Files[0], 5); err == nil {
		t.Error("a file larger than wanted came")
	}
	m = s.said(s.SendImage("lilei", "名片.png", png, bot("")))
	if _, data := fetch(m, 0); m.Kind != chat.Image || data != string(png) {
		t.Errorf("image: %+v", m)
	}
	m = s.said(s.SendMixed("lilei", "这是名片", [][]byte{png, png}, bot("")))
	if m.Kind != chat.Mixed || m.Text != "这是名片" || len(m.Files) != 2 {
		t.Errorf("mixed: %+v", m)
	}
	m = s.said(s.SendVideo("lilei", "v.mp4", []byte("0000ftypmp42xxxx"), bot("")))
	if m.Kind != chat.Video || len(m.Files) != 1 {
		t.Errorf("video: %+v", m)
	}
	m = s.said(s.Say("lilei", "记一下这个", wecomtest.Options{Quote: &wecomtest.Quote{Kind: "text", Text: "预算十八万左右"}}))
	if m.Quote == nil || m.Quote.Text != "预算十八万左右" || m.Quote.Kind != chat.Text || m.Text != "记一下这个" {
		t.Errorf("quote: %+v", m)
	}
	m = s.said(s.Raw("lilei", "hologram", json.RawMessage(`{"url":"x"}`), bot("")))
	if m.Kind != chat.Unsupported || m.Text != "hologram" || !strings.Contains(string(m.Raw), `"hologram":{"url":"x"}`) || m.AnswerTo == nil {
		t.Errorf("unknown: %+v", m)
	}
}

func TestGroupsAreHeardWithoutTheMention(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "云帆到哪一步了", bot(salesGroup)))
	if !m.Group || m.Conversation != "wecom:g:"+salesGroup || m.Text != "云帆到哪一步了" || m.From != "wecom:lilei" {
		t.Fatalf("heard %+v", m)
	}
	s.send(answer(m, "k1", "云帆科技在方案报价。"))
	if b := s.last("hanmeimei"); b.Text != "云帆科技在方案报价。" || !strings.HasPrefix(b.Chat, "group:") {
		t.Errorf("hanmeimei sees %s", show(b))
	}
	// A push to the group, and one in private to somebody who only ever spoke in the group.
	s.send(chat.Reply{Key: "k2", Conversation: m.Conversation, Group: true, Text: "今天成交 2 单。"})
	if b := s.last("wangjing"); b.Text != "今天成交 2 单。" {
		t.Errorf("wangjing sees %s", show(b))
	}
	if e := s.refused(push("hanmeimei", "k3", "私下说")); e.Fault != chat.Unreached || e.Code != "93006" {
		t.Errorf("private: %+v", e)
	}
	// A file reaches the bot in a group by being quoted.
	f := s.said(s.SendFile("lilei", "报价.txt", []byte("报价单正文"), bot("")))
	name, err := s.a.Fetch(s.ctx(), f.Files[0], 100)
	if err != nil || name.Name != "报价.txt" {
		t.Fatalf("%+v, %v", name, err)
	}
	view := s.View("lilei")
	q := s.said(s.Say("lilei", "看看这个", wecomtest.Options{Group: salesGroup, Quote: &wecomtest.Quote{Kind: "file", File: view[len(view)-1].File}}))
	if len(q.Files) != 1 || q.Quote == nil || q.Quote.Kind != chat.File || q.Text != "看看这个" {
		t.Fatalf("quoted file: %+v", q)
	}
	if data, err := s.a.Download(s.ctx(), q.Files[0], 100); err != nil || string(data) != "报价单正文" {
		t.Errorf("quoted file: %q, %v", data, err)
	}
}

func TestTapOfACardInAGroupChangesItForAll(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "云帆推进", bot(salesGroup)))
	r := answer(m, "k1", "请确认")
	r.Card = undoCard("g-1")
	s.send(r)
	tap := s.said(s.Tap("hanmeimei", "g-1", "undo:42"))
	if !tap.Group || tap.From != "wecom:hanmeimei" {
		t.Fatalf("tap %+v", tap)
	}
	done := answer(tap, "k2", "等李雷确认")
	done.Replaces = "g-1"
	s.send(done)
	if b := s.last("wangjing"); b.Card == nil || b.Card.MainTitle.Title != "等李雷确认" || b.Card.MainTitle.Desc != "" {
		t.Errorf("wangjing sees %s", show(b))
	}
}

func TestWelcome(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Enter("zhaomin", wecomtest.DoorBot))
	if m.Kind != chat.Enter || m.Conversation != "wecom:p:zhaomin" {
		t.Fatalf("heard %+v", m)
	}
	// She never wrote to the bot: only the welcome can reach her.
	s.send(answer(m, "k1", "你好赵敏，发一句「帮助」看看我能做什么。"))
	if b := s.last("zhaomin"); b.Kind != "text" || !strings.HasPrefix(b.Text, "你好赵敏") {
		t.Errorf("zhaomin sees %s", show(b))
	}
	// Too late for a welcome: a push.
	if _, err := s.Say("hanmeimei", "在吗", bot("")); err != nil {
		t.Fatal(err)
	}
	s.next(1)
	late := s.said(s.Enter("hanmeimei", wecomtest.DoorBot))
	s.AdvanceClock(10 * time.Second)
	s.send(answer(late, "k2", "早上好"))
	if b := s.last("hanmeimei"); b.Kind != "markdown" || b.Text != "早上好" {
		t.Errorf("hanmeimei sees %s", show(b))
	}
}

func TestLateTapGetsANewMessageOrNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "云帆推进", bot("")))
	r := answer(m, "k1", "请确认")
	r.Card = undoCard("l-1")
	s.send(r)
	tap := s.said(s.Tap("lilei", "l-1", "undo:42"))
	s.AdvanceClock(6 * time.Second)
	quiet := answer(tap, "k2", "处理中")
	quiet.Replaces, quiet.Quiet = "l-1", true
	n := len(s.got("lilei"))
	s.send(quiet)
	if got := len(s.got("lilei")); got != n {
		t.Errorf("a quiet reply was shown: %s", show(s.last("lilei")))
	}
	loud := answer(tap, "k3", "已撤销。")
	loud.Replaces, loud.Card = "l-1", &chat.Card{ID: "l-1", Title: "云帆科技", State: chat.Undone}
	s.send(loud)
	if b := s.last("lilei"); b.Kind != "markdown" || b.Text != "已撤销。" || b.Card != nil {
		t.Errorf("lilei sees %s", show(b))
	}
}

func TestAnswerWithoutTimeIsPushed(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "你好", bot("")))
	s.AdvanceClock(20 * time.Minute)
	s.send(answer(m, "k1", "迟到的回答"))
	if b := s.last("lilei"); b.Kind != "markdown" || b.Text != "迟到的回答" {
		t.Errorf("lilei sees %s", show(b))
	}
	// The platform says so before our clock does.
	m = s.said(s.Say("lilei", "再问", bot("")))
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_respond_msg", Code: 846605})
	r := answer(m, "k2", "换了连接")
	r.Card = undoCard("w-1")
	s.send(r)
	if b := s.last("lilei"); b.Kind != "template_card" || b.Card.TaskID != "w-1" {
		t.Errorf("lilei sees %s", show(b))
	}
}

func TestRepeatedReplyIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, func(c *Config) { c.AckWithin = time.Second })
	m := s.said(s.Say("lilei", "你好", bot("")))
	r := answer(m, "k1", "已记录。")
	plain := answer(m, "k2", "第二句。")
	r.Card = undoCard("o-1")
	p := push("hanmeimei", "k3", "该打电话了")
	p.Card = undoCard("o-2")
	for range 3 { // a sender that died between sending and marking, twice
		s.send(r)
		s.send(plain)
		s.send(p)
	}
	if n := len(s.got("lilei")); n != 2 {
		t.Errorf("lilei got %d messages: %s", n, show(s.got("lilei")))
	}
	if n := len(s.got("hanmeimei")); n != 1 {
		t.Errorf("hanmeimei got %d messages", n)
	}
	// A lost acknowledgement of such a message may simply be tried again.
	m = s.said(s.Say("lilei", "再来", bot("")))
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "aibot_respond_msg"})
	again := answer(m, "k4", "第三句。")
	if e := s.refused(again); e.Fault != chat.Retry {
		t.Errorf("lost ack of an answer: %+v", e)
	}
	s.send(again)
	if n := len(s.got("lilei")); n != 3 {
		t.Errorf("lilei got %d messages", n)
	}
}

func TestTwoCardsForOneMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "两件事", bot("")))
	for i := range 2 {
		r := answer(m, fmt.Sprint("k", i), fmt.Sprint("第", i, "件"))
		r.Card = undoCard(fmt.Sprint("two-", i))
		s.send(r)
	}
	got := s.got("lilei")
	if len(got) != 2 || got[0].Card == nil || got[1].Card == nil || got[1].Kind != "template_card" {
		t.Errorf("lilei sees %s", show(got))
	}
}

func TestLongTextsAreSplit(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	line := strings.Repeat("跟", 100) + "\n"
	long := strings.Repeat(line, 100) // 30 kB
	m := s.said(s.Say("lilei", "全部", bot("")))
	r := answer(m, "k1", long)
	r.Card = undoCard("long-1")
	s.send(r)
	got := s.got("lilei")
	if len(got) != 3 || got[0].Kind != "stream" || got[1].Kind != "markdown" || got[2].Card == nil {
		t.Fatalf("%d bubbles", len(got))
	}
	if joined := got[0].Text + "\n" + got[1].Text + "\n"; joined != long {
		t.Error("the parts are not the text")
	}
	s.send(push("hanmeimei", "k2", strings.Repeat(line, 10)))
	got = s.got("hanmeimei")
	if len(got) != 2 || len(got[0].Text) > appTextBytes || got[0].Text+"\n"+got[1].Text+"\n" != strings.Repeat(line, 10) {
		t.Errorf("app: %d bubbles", len(got))
	}
}

func TestFilesGoOutByBothDoors(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	big := bytes.Repeat([]byte("报价单"), 200_000) // 1.8 MB: four chunks
	m := s.said(s.Say("lilei", "导出", bot("")))
	r := answer(m, "k1", "导出好了")
	r.Files = []chat.Upload{{Name: "报价单.xlsx", Kind: chat.File, Data: big}, {Name: "图.png", Kind: chat.Image, Data: png}}
	s.send(r)
	got := s.got("lilei")
	if len(got) != 3 || got[1].Kind != "file" || got[1].File.Size != len(big) || got[1].File.Name != "报价单.xlsx" || got[2].Kind != "image" {
		t.Fatalf("lilei sees %s", show(got))
	}
	r = push("hanmeimei", "k2", "导出好了")
	r.Files = []chat.Upload{{Name: "报价单.xlsx", Kind: chat.File, Data: big}}
	s.send(r)
	got = s.got("hanmeimei")
	if len(got) != 2 || got[1].Kind != "file" || got[1].File.Name != "报价单.xlsx" {
		t.Fatalf("hanmeimei sees %s", show(got))
	}
	// A failure in the middle does not repeat what went before.
	r.Key = "k3"
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "media/upload", Code: -1})
	if e := s.refused(r); e.Fault != chat.Retry {
		t.Errorf("upload: %+v", e)
	}
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "media/upload"})
	if e := s.refused(r); e.Fault != chat.Retry {
		t.Errorf("upload with a lost answer: %+v", e)
	}
	s.send(r)
	if n := len(s.got("hanmeimei")); n != 4 {
		t.Errorf("hanmeimei got %d messages, want 4", n)
	}
}

func TestUploadOutlivesTheAttempt(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	s.said(s.Say("lilei", "导出", bot("")))
	for user, on := range map[string]string{"lilei": "aibot_upload_media_chunk", "hanmeimei": "media/upload"} {
		s.Inject(wecomtest.Fault{Kind: wecomtest.FaultDelay, On: on, Delay: 1500 * time.Millisecond})
		r := push(user, "k-"+user, "导出好了")
		r.Files = []chat.Upload{{Name: "a.csv", Kind: chat.File, Data: []byte("客户,电话")}}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := s.a.Send(ctx, r)
		cancel()
		if chat.FaultOf(err) != chat.Retry || !errors.Is(err, errUploading) {
			t.Errorf("%s: %v", user, err)
		}
		s.send(r)
		if got := s.got(user); len(got) != 2 || got[1].File.Name != "a.csv" {
			t.Errorf("%s sees %s", user, show(got))
		}
	}
	uploads := 0
	for _, e := range s.Journal(0, 0) {
		if e.Kind == wecomtest.KindAPI && (e.Text == "media/upload" || e.Text == "aibot_upload_media_finish") {
			uploads++
		}
	}
	if uploads != 2 {
		t.Errorf("%d uploads for two files", uploads)
	}
}

func TestDroppedConnectionComesBackAndOldAnswersWork(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "你好", bot("")))
	was := s.a.bot.Session()
	s.DropConnection()
	s.until("another connection", func() bool { now := s.a.bot.Session(); return now != "" && now != was })
	s.send(answer(m, "k1", "还在。"))
	if b := s.last("lilei"); b.Text != "还在。" {
		t.Errorf("lilei sees %s", show(b))
	}
}

func TestInboxThatComesBackHearsAllInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	s.setFail(errors.New("database away"))
	for i := range 3 {
		if _, err := s.Say("lilei", fmt.Sprint(i), bot("")); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond)
	s.setFail(nil)
	for i := range 3 {
		if m := s.next(i); m.Text != fmt.Sprint(i) {
			t.Errorf("message %d: %q", i, m.Text)
		}
	}
}

func TestMessageThatTheInboxNeverTakesIsOwnedUpTo(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, func(c *Config) { c.HearPatience = 50 * time.Millisecond })
	s.setFail(errors.New("database away"))
	if _, err := s.Say("lilei", "你好", bot("")); err != nil {
		t.Fatal(err)
	}
	s.until("the apology", func() bool { return len(s.got("lilei")) > 0 })
	if b := s.last("lilei"); !strings.Contains(b.Text, "请过几分钟再发一次") {
		t.Errorf("lilei sees %s", show(b))
	}
}

// turns is an Elector among adapters of one process.
type turns struct{ mu sync.Mutex }

func (e *turns) Lead(ctx context.Context, _ string, work func(context.Context) error) error {
	for !e.mu.TryLock() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	defer e.mu.Unlock()
	return work(ctx)
}

func TestOneOfTwoProcessesConnects(t *testing.T) {
	t.Parallel()
	e := &turns{}
	elect := func(c *Config) { c.Elector = e }
	s := &stage{t: t, Server: wecomtest.New(wecomtest.Config{})}
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	one, two := s.adapter(withBot, elect), s.adapter(withBot, elect)
	stopOne := s.run(one)
	s.until("one connected", one.Ready)
	s.run(two)
	s.until("two stands by", func() bool { return strings.Contains(two.Health().Detail, "待命") })
	if two.Ready() {
		t.Error("both are ready")
	}
	s.a = two
	if e := s.refused(push("lilei", "k0", "x")); e.Fault != chat.NotReady {
		t.Errorf("send without the connection: %+v", e)
	}
	stopOne()
	s.until("two connected", two.Ready)
	if h := two.Health(); !h.Connected || h.Detail != "" {
		t.Errorf("health %+v", h)
	}
	for _, j := range s.Journal(0, 0) {
		if j.Kind == wecomtest.KindConn && j.Text == "kicked" {
			t.Error("they kicked each other")
		}
	}
}

func TestKickedConnectionStaysAwayAndSaysWhy(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, func(c *Config) { c.KickedPause = time.Hour })
	s.said(s.Say("lilei", "你好", bot("")))
	s.KickConnection()
	s.until("the reason", func() bool { return strings.Contains(s.a.Health().Detail, "被另一个程序占用") })
	if s.a.Health().Connected || s.Connected() {
		t.Error("still connected")
	}
	// The app stands in meanwhile.
	if !s.a.Ready() {
		t.Error("the app does not stand in")
	}
	s.send(push("lilei", "k1", "该打电话了"))
	if b := s.last("lilei"); !strings.HasPrefix(b.Chat, "app:") {
		t.Errorf("lilei sees %s", show(b))
	}
}

func TestAppStandsInForALostBot(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, func(c *Config) { c.StandIn = 50 * time.Millisecond })
	m := s.said(s.Say("lilei", "你好", bot("")))
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultRefuse, On: "connect", Count: -1})
	s.DropConnection()
	s.until("the outage", func() bool { return !s.a.bot.Status().Connected && s.a.Ready() })
	s.send(answer(m, "k1", "回答"))
	if b := s.last("lilei"); !strings.HasPrefix(b.Chat, "app:") || b.Text != "回答" {
		t.Errorf("lilei sees %s", show(b))
	}
	if h := s.a.Health(); h.Connected || !strings.Contains(h.Detail, "自动重试") {
		t.Errorf("health %+v", h)
	}
}

func TestWrongBotSecretIsNamed(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, Server: wecomtest.New(wecomtest.Config{})}
	if _, err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.a = s.adapter(withBot, func(c *Config) { c.BotSecret = "wrong" })
	s.run(s.a)
	s.until("the advice", func() bool {
		h := s.a.Health()
		return !h.Connected && strings.Contains(h.Detail, "WECOM_BOT_SECRET") && strings.Contains(h.Detail, "40001")
	})
}

func TestRefusalsOfUnknownMeaning(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	m := s.said(s.Say("lilei", "你好", bot("")))
	// Of an answer: it is pushed instead.
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_respond_msg", Code: 846699})
	s.send(answer(m, "k1", "回答"))
	if b := s.last("lilei"); b.Kind != "markdown" || b.Text != "回答" {
		t.Errorf("lilei sees %s", show(b))
	}
	// Of a push: the app takes over.
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_send_msg", Code: 846699})
	s.send(push("lilei", "k2", "提醒"))
	if b := s.last("lilei"); b.Chat != "app:lilei" || b.Text != "提醒" {
		t.Errorf("lilei sees %s", show(b))
	}
	// Of passing ones nothing changes doors.
	m = s.said(s.Say("lilei", "再来", bot("")))
	for _, code := range []int{45009, 45033, -1} {
		s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "aibot_respond_msg", Code: code})
		if e := s.refused(answer(m, "k3", "第二句")); e.Fault != chat.Retry || e.After <= 0 {
			t.Errorf("%d: %+v", code, e)
		}
	}
	s.send(answer(m, "k3", "第二句"))
}

func TestLateGreetingIsDropped(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot, wecomtest.Config{}, nil)
	m := s.said(s.Enter("zhaomin", wecomtest.DoorBot))
	s.AdvanceClock(10 * time.Second)
	s.send(answer(m, "k1", "你好"))
	if n := len(s.got("zhaomin")); n != 0 {
		t.Errorf("zhaomin got %d messages", n)
	}
}
