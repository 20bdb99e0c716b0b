package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
)

func TestEveryKindThatReachesTheApp(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	m := s.said(s.SendImage("lilei", "名片.png", png, viaApp))
	if m.Kind != chat.Image || len(m.Files) != 1 {
		t.Fatalf("image: %+v", m)
	}
	if f, err := s.a.Fetch(s.ctx(), m.Files[0], 100); err != nil || string(f.Data) != string(png) || f.Name != "名片.png" {
		t.Errorf("image: %+v, %v", f, err)
	}
	if _, err := s.a.Download(s.ctx(), m.Files[0], 5); err == nil {
		t.Error("a file larger than wanted came")
	}
	if m := s.said(s.SayVoice("lilei", "x", viaApp)); m.Kind != chat.Voice || m.Text != "" || m.Files[0].Name != "voice.amr" {
		t.Errorf("voice: %+v", m)
	}
	if m := s.said(s.SendVideo("lilei", "v.mp4", []byte("0000ftypmp42xxxx"), viaApp)); m.Kind != chat.Video || len(m.Files) != 1 {
		t.Errorf("video: %+v", m)
	}
	if m := s.said(s.SendLocation("lilei", wecomtest.Location{Latitude: 31.2, Longitude: 121.4, Label: "世纪大道 1 号"})); m.Kind != chat.Location || m.Text != "世纪大道 1 号" {
		t.Errorf("location: %+v", m)
	}
	if m := s.said(s.SendLink("lilei", wecomtest.Link{Title: "标题", Description: "描述", URL: "https://a.example/?x=1&y=2"})); m.Kind != chat.Link || m.Text != "标题\n描述\nhttps://a.example/?x=1&y=2" {
		t.Errorf("link: %+v", m)
	}
	if m := s.said(s.Enter("lilei", wecomtest.DoorApp)); m.Kind != chat.Enter {
		t.Errorf("enter: %+v", m)
	}
	if m := s.said(s.AppEvent("lilei", "click", [][2]string{{"EventKey", "今天做什么"}})); m.Kind != chat.Text || m.Text != "今天做什么" {
		t.Errorf("menu: %+v", m)
	}
	// Not part of a conversation, acknowledged all the same.
	n := s.count()
	for _, event := range []string{"subscribe", "LOCATION", "change_contact", "of_tomorrow"} {
		rec, err := s.AppEvent("lilei", event, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := rec.Wait(s.ctx()); err != nil || d.Status != http.StatusOK || d.Attempts != 1 {
			t.Errorf("%s: %+v, %v", event, d, err)
		}
	}
	if s.count() != n {
		t.Error("an event became a message")
	}
}

func TestAppCardOutlivesFiveSeconds(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	r := push("lilei", "k1", "确认写入云帆科技？")
	r.Card = undoCard("a-1")
	s.send(r)
	// Nobody tapped; ten minutes later the card says that it is over, by the code of its sending.
	s.AdvanceClock(10 * time.Minute)
	gone := push("lilei", "k2", "这张卡片过期了。")
	gone.Replaces, gone.Quiet, gone.Card = "a-1", true, &chat.Card{ID: "a-1", Title: "云帆科技", State: chat.Expired}
	s.send(gone)
	if b := s.last("lilei"); b.Card.CardType != noticeCard || !strings.HasPrefix(b.Card.MainTitle.Desc, "已过期") {
		t.Fatalf("lilei sees %s", show(b))
	}
	// The code is used up: quiet says nothing, loud sends a message.
	n := len(s.got("lilei"))
	gone.Key = "k3"
	s.send(gone)
	if len(s.got("lilei")) != n {
		t.Error("a quiet reply was shown")
	}
	gone.Key, gone.Quiet = "k4", false
	s.send(gone)
	if b := s.last("lilei"); b.Kind != "text" || b.Text != "这张卡片过期了。" {
		t.Fatalf("lilei sees %s", show(b))
	}
}

func TestCardChangesByTheTapAndAgainByTheCodeOfItsSending(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	r := push("lilei", "k1", "确认写入云帆科技？")
	r.Card = undoCard("t-1")
	s.send(r)
	tap := s.said(s.Tap("lilei", "t-1", "undo:42"))
	done := answer(tap, "k2", "已写入。")
	done.Replaces, done.Card = "t-1", &chat.Card{ID: "t-1", Title: "云帆科技", State: chat.Done}
	s.send(done)
	undone := push("lilei", "k3", "已撤销。")
	undone.Replaces, undone.Card = "t-1", &chat.Card{ID: "t-1", Title: "云帆科技", State: chat.Undone}
	s.send(undone)
	if got := s.got("lilei"); len(got) != 1 || got[0].Card.MainTitle.Desc != "已撤销" {
		t.Errorf("lilei sees %s", show(got))
	}
	// The same tap answered again by a sender that died before marking: its code is used, the others too.
	done.Quiet = true
	s.send(done)
	if got := s.got("lilei"); len(got) != 1 {
		t.Errorf("lilei sees %s", show(got))
	}
}

func TestNewCardTakesThePlaceOfAnOldOne(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	r := push("lilei", "k1", "选哪个云帆？")
	r.Card = undoCard("n-1")
	s.send(r)
	next := push("lilei", "k2", "确认写入？")
	next.Replaces, next.Card = "n-1", undoCard("n-2")
	s.send(next)
	got := s.got("lilei")
	if len(got) != 2 || !strings.Contains(got[0].Card.MainTitle.Desc, "新的卡片") || got[1].Card.TaskID != "n-2" || len(got[1].Card.Buttons) != 1 {
		t.Fatalf("lilei sees %s", show(got))
	}
	// A passing refusal keeps the code for the next attempt.
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "message/update_template_card", Code: 45033})
	done := push("lilei", "k3", "已写入。")
	done.Replaces, done.Card = "n-2", &chat.Card{ID: "n-2", Title: "云帆科技", State: chat.Done, Note: "已写入 1 项"}
	if e := s.refused(done); e.Fault != chat.Retry {
		t.Errorf("update: %+v", e)
	}
	s.send(done)
	if got := s.got("lilei"); len(got) != 2 || got[1].Card.MainTitle.Desc != "已写入 1 项" {
		t.Errorf("lilei sees %s", show(got))
	}
}

func TestTokenIsSharedAndRenewed(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := s.a.Send(s.ctx(), push("lilei", fmt.Sprint("k", i), "x")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	fetched := 0
	for _, e := range s.Journal(0, 0) {
		if e.Text == "gettoken" {
			fetched++
		}
	}
	if fetched != 1 {
		t.Errorf("%d fetches for 20 sends", fetched)
	}
	for _, code := range []int{42001, 40014} {
		s.ExpireTokens(code)
		s.send(push("hanmeimei", fmt.Sprint("t", code), fmt.Sprint("after ", code)))
		if b := s.last("hanmeimei"); b.Text != fmt.Sprint("after ", code) {
			t.Errorf("%d: hanmeimei sees %s", code, show(b))
		}
		// The SDK's own calls too.
		s.ExpireTokens(code)
		if _, err := s.a.People(s.ctx()); err != nil {
			t.Errorf("%d: people: %v", code, err)
		}
	}
	// A platform that refuses every token is not asked for ever.
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "message/send", Code: 42001, Count: -1})
	if e := s.refused(push("lilei", "never", "x")); e.Fault != chat.Retry || e.Code != "42001" {
		t.Errorf("%+v", e)
	}
}

func TestRefusalsEndInARetryAnotherSurfaceOrAdvice(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	for i, c := range []struct {
		fault  wecomtest.Fault
		want   chat.Fault
		advice string
	}{
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: -1}, chat.Retry, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 45009}, chat.Retry, "频率"},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 45033}, chat.Retry, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 60020}, chat.Retry, "可信IP"},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 301002}, chat.Retry, "WECOM_AGENT_ID"},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 81013}, chat.Unreached, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 45002}, chat.Rejected, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultErrcode, Code: 99999}, chat.Rejected, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultStatus, Code: 503}, chat.Retry, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultStatus, Code: 504}, chat.Unsure, ""},
		{wecomtest.Fault{Kind: wecomtest.FaultLostAck}, chat.Unsure, ""},
	} {
		c.fault.On = "message/send"
		s.Inject(c.fault)
		e := s.refused(push("wangjing", fmt.Sprint("k", i), fmt.Sprint("x", i)))
		if e.Fault != c.want || (c.advice == "") != (e.Advice == "") || !strings.Contains(e.Advice, c.advice) {
			t.Errorf("%s %d: %+v", c.fault.Kind, c.fault.Code, e)
		}
		s.ClearFaults()
	}
	if h := s.a.Health(); h.Connected || !strings.Contains(h.Detail, "301002") {
		t.Errorf("health: %+v", h)
	}
	s.send(push("lilei", "ok", "好了"))
	if h := s.a.Health(); !h.Connected || h.Detail != "" {
		t.Errorf("health after a success: %+v", h)
	}
	if e := s.refused(push("nobody", "n", "x")); e.Fault != chat.Unreached {
		t.Errorf("unknown member: %+v", e)
	}
	if e := s.refused(chat.Reply{Key: "d", To: "dingtalk:x", Text: "x"}); e.Fault != chat.Rejected {
		t.Errorf("of another platform: %+v", e)
	}
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{TrustedIPs: []string{"203.0.113.9"}}, nil)
	if e := s.refused(push("lilei", "k", "x")); e.Code != "60020" || !strings.Contains(e.Advice, "可信IP」中加上 127.0.0.1") {
		t.Errorf("untrusted address: %+v", e)
	}
	s.a = s.adapter(withApp, func(c *Config) { c.Secret = "another" })
	e := s.refused(push("lilei", "k", "x"))
	if strings.Contains(e.Error(), "another") || e.Code != "40001" && e.Code != "60020" {
		t.Errorf("wrong secret: %+v", e)
	}
	for _, bad := range []Config{{}, {CorpID: "x", Token: "t", AESKey: "short"}, {Token: "t", AESKey: "k"}, {BotID: "b", BotSecret: "s", APIURL: "::"}} {
		if _, err := New(bad); err == nil || !strings.Contains(err.Error(), "WECOM_") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	s.send(push("lilei", "warm", "x"))
	token, err := s.a.app.token(s.ctx())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.a.close()
	look := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Fatalf("%s worked", what)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if text := fmt.Sprintf("%v %+v", e, e); strings.Contains(text, token) || strings.Contains(text, s.Config().Secret) {
				t.Errorf("%s: %s", what, text)
			}
		}
	}
	_, err = s.a.Send(s.ctx(), push("lilei", "k1", "x"))
	look("send", err)
	if chat.FaultOf(err) != chat.Retry {
		t.Errorf("nothing was sent, yet %v", chat.FaultOf(err))
	}
	_, err = s.a.People(s.ctx())
	look("people", err)
	_, err = s.a.app.upload(s.ctx(), "file", "x.txt", []byte("123456"))
	look("upload", err)
	s.a.app.forget(token)
	_, err = s.a.app.token(s.ctx())
	look("token", err)
	if !errors.Is(err, errToken) {
		t.Errorf("token: %v", err)
	}
}

func TestSDKCallsCanBeGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	s.Inject(wecomtest.Fault{Kind: wecomtest.FaultDelay, On: "department/list", Delay: 5 * time.Second})
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := s.a.People(ctx); err == nil || time.Since(begun) > 3*time.Second {
		t.Errorf("people: %v after %s", err, time.Since(begun))
	}
}

func TestTwoCorpsInOneProcess(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			name := fmt.Sprint("只在", i)
			s := wecomtest.New(wecomtest.Config{Secret: fmt.Sprint("secret-of-corp-", i), Org: wecomtest.Org{
				People: []wecomtest.Person{{UserID: "boss", Name: name, Mobile: "13900000001"}, {UserID: "gone", Name: "离开", Inactive: true}}}})
			if _, err := s.Start(""); err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			st := &stage{t: t, Server: s}
			a := st.adapter(withApp, nil)
			defer a.close()
			for range 10 {
				people, err := a.People(st.ctx())
				if err != nil || len(people) != 2 || people[0].Name != name || people[0].Peer != "wecom:boss" || !people[0].Active || people[1].Active || people[0].Mobile != "" {
					t.Errorf("corp %d: %+v, %v", i, people, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestPeopleAreInTheirDepartments(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp, wecomtest.Config{}, nil)
	people, err := s.a.People(s.ctx())
	if err != nil || len(people) != 4 {
		t.Fatalf("%+v, %v", people, err)
	}
	for _, p := range people {
		if p.Peer == "wecom:zhaomin" && (p.Name != "赵敏" || strings.Join(p.Departments, ",") != "客户服务部" || !p.Active) {
			t.Errorf("%+v", p)
		}
	}
}

func TestAppReachesWhoNeverWroteToTheBot(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	s.send(push("zhaomin", "k1", "欢迎"))
	if b := s.last("zhaomin"); b.Chat != "app:zhaomin" || b.Text != "欢迎" {
		t.Errorf("zhaomin sees %s", show(b))
	}
	// An answer leaves by the door of its message, pushes by the last one used.
	m := s.said(s.Say("lilei", "由应用", viaApp))
	s.send(answer(m, "k2", "应用答"))
	s.send(push("lilei", "k3", "应用推"))
	m = s.said(s.Say("lilei", "由机器人", bot("")))
	s.send(push("lilei", "k4", "机器人推"))
	s.send(answer(m, "k5", "机器人答"))
	var doors []string
	for _, b := range s.got("lilei") {
		doors = append(doors, b.Chat+" "+b.Text)
	}
	if want := []string{"app:lilei 应用答", "app:lilei 应用推", "bot:lilei 机器人推", "bot:lilei 机器人答"}; strings.Join(doors, "|") != strings.Join(want, "|") {
		t.Errorf("%q", doors)
	}
}

func TestBudgetStopsBeforeThePlatformDropsSilently(t *testing.T) {
	t.Parallel()
	s := newStage(t, withBot|withApp, wecomtest.Config{}, nil)
	s.said(s.Say("lilei", "你好", bot("")))
	for _, user := range []string{"lilei", "hanmeimei"} { // bot and app
		for i := range 30 {
			s.send(push(user, fmt.Sprint(user, i), fmt.Sprint(i)))
		}
		e := s.refused(push(user, "over", "31"))
		if e.Fault != chat.Retry || e.After <= 0 || e.After > 62*time.Second {
			t.Errorf("%s: %+v", user, e)
		}
		s.AdvanceClock(e.After)
		s.send(push(user, "over", "31"))
		if n := len(s.got(user)); n != 31 {
			t.Errorf("%s got %d", user, n)
		}
	}
	if d := s.Counters().Dropped; d != 0 {
		t.Errorf("%d dropped in silence", d)
	}
}
