package wecomtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gendan/adapters/wecom/wecomtest"
)

var toApp = wecomtest.Options{Door: wecomtest.DoorApp}

func TestURLVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	good := w.newApp(nil)
	spoil := func(h func(http.ResponseWriter, *http.Request)) string {
		s := httptest.NewServer(http.HandlerFunc(h))
		t.Cleanup(s.Close)
		return s.URL
	}
	tests := []struct {
		name, url, want string
	}{
		{"right", good.URL + "/callback?x=1", ""},
		{"quoted", spoil(func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(rw, "%q", "123")
		}), "instead of the decrypted echostr"},
		{"refusing", spoil(http.NotFound), "404"},
		{"too slow", spoil(func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(5 * time.Second):
			case <-r.Context().Done():
			}
		}), "deadline exceeded"},
		{"nobody there", "http://127.0.0.1:1/", "refused"},
	}
	for _, tt := range tests {
		err := w.SetCallback(within(t), tt.url)
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !contains(got, tt.want) && tt.want != "" {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestCallbackAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{Limits: wecomtest.Limits{Callback: 800 * time.Millisecond, Retry: time.Millisecond}})
	var slow, status atomic.Int64
	a := w.newApp(func(rw http.ResponseWriter, _ string) {
		if slow.Add(-1) >= 0 {
			time.Sleep(1200 * time.Millisecond) // the misbehaviour under test
		}
		if n := status.Load(); n != 0 {
			rw.WriteHeader(int(n))
		}
	})
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	say := func() (wecomtest.Delivery, error, []string) {
		t.Helper()
		r, err := w.Say("lilei", "在吗", toApp)
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.Wait(within(t))
		var heard []string
		for len(a.heard) > 0 {
			heard = append(heard, <-a.heard)
		}
		for _, h := range heard {
			if !contains(h, "<MsgId>"+r.MsgID+"</MsgId>") {
				t.Errorf("attempt without MsgId %s: %s", r.MsgID, h)
			}
		}
		return d, err, heard
	}
	if d, err, heard := say(); err != nil || d.Attempts != 1 || len(heard) != 1 {
		t.Errorf("prompt: %+v %v", d, err)
	}
	slow.Store(2)
	if d, err, heard := say(); err != nil || d.Attempts != 3 || len(heard) != 3 {
		t.Errorf("late twice: %+v %v, heard %d", d, err, len(heard))
	}
	slow.Store(3)
	if d, err, _ := say(); err == nil || d.Attempts != 3 {
		t.Errorf("always late: %+v %v", d, err)
	}
	if w.Counters().Lost != 1 || w.Counters().Retried != 4 {
		t.Errorf("counters: %+v", w.Counters())
	}
	slow.Store(0)
	status.Store(500)
	if d, err, heard := say(); err != nil || d.Attempts != 1 || d.Status != 500 || len(heard) != 1 {
		t.Errorf("an error status is an answer: %+v %v", d, err)
	}
	a.Close()
	if d, err, _ := say(); err == nil || d.Attempts != 3 {
		t.Errorf("nobody there: %+v %v", d, err)
	}
}

func TestCallbackURLOfTheConfigIsVerifiedFirst(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Error("a callback came before the verification")
		}
	}))
	t.Cleanup(s.Close)
	w := newWorld(t, wecomtest.Config{CallbackURL: s.URL, Limits: wecomtest.Limits{Retry: time.Millisecond}})
	r, err := w.Say("lilei", "在吗", toApp)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := r.Wait(within(t)); err == nil || d.Attempts != 3 {
		t.Errorf("%+v %v", d, err)
	}
}

func TestPassiveReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	answer := make(chan []byte, 1)
	a := w.newApp(func(rw http.ResponseWriter, _ string) { rw.Write(<-answer) })
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	inner := func(rest string) string {
		return "<xml><ToUserName><![CDATA[lilei]]></ToUserName><FromUserName><![CDATA[" + w.Config().CorpID + "]]></FromUserName><CreateTime>1</CreateTime>" + rest + "</xml>"
	}
	sealed := func(plain string) []byte { return a.codec.ReplyXML([]byte(plain), "1700000000", "n1") }
	words := func(s string) string { return "<MsgType>text</MsgType><Content>" + s + "</Content>" }
	tests := []struct {
		name   string
		body   []byte
		shown  string // text that lilei sees
		reason string // why it is refused
	}{
		{"nothing", nil, "", ""},
		{"success", []byte("success"), "", ""},
		{"text", sealed(inner(words("好的"))), "好的", ""},
		{"news", sealed(inner("<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>周报</Title><Url>https://x.example</Url></item></Articles>")), "周报\n\nhttps://x.example", ""},
		{"long text", sealed(inner(words(strings.Repeat("a", 2049)))), "", "45002"},
		{"unknown type", sealed(inner("<MsgType>hologram</MsgType>")), "", "40008"},
		{"unknown media", sealed(inner("<MsgType>image</MsgType><Image><MediaId>x</MediaId></Image>")), "", "40007"},
		{"to somebody else", sealed(strings.Replace(inner(words("好的")), "lilei", "hanmeimei", 1)), "", "must be the member"},
		{"in clear", []byte(inner(words("好的"))), "", "holds no sealed text"},
		{"forged", []byte(strings.Replace(string(sealed(inner(words("好的")))), "1700000000", "1700000001", 1)), "", "signature"},
	}
	for _, tt := range tests {
		seq := w.LastSeq()
		answer <- tt.body
		r, err := w.Say("lilei", "在吗", toApp)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Wait(within(t)); err != nil {
			t.Fatal(err)
		}
		shown, reason := "", ""
		for _, e := range w.Journal(seq, 0) {
			switch e.Kind {
			case wecomtest.KindReply:
				shown = w.last("lilei").Text
			case wecomtest.KindRefused:
				reason = e.Text
			}
		}
		if shown != tt.shown || (reason != "") != (tt.reason != "") || !contains(reason, tt.reason) {
			t.Errorf("%s: shown %q, refused %q; want %q and %q", tt.name, shown, reason, tt.shown, tt.reason)
		}
	}
	if r := w.send("lilei", "template_card", buttonCard("t1")); r.Errcode != 0 {
		t.Fatal(r.raw)
	}
	seq := w.LastSeq()
	answer <- sealed(inner("<MsgType>update_button</MsgType><Button><ReplaceName>已处理</ReplaceName></Button>"))
	r, err := w.Tap("lilei", "t1", "undo:42")
	if err != nil {
		t.Fatal(err)
	}
	r.Wait(within(t))
	if e, err := w.Await(within(t), seq, func(e wecomtest.Entry) bool { return e.Kind == wecomtest.KindRefused }); err != nil || !contains(e.Text, "ignored after template_card_event") || w.last("lilei").Greyed != "" {
		t.Errorf("a passive reply to a tap: %+v %v, lilei sees %+v", e, err, w.last("lilei"))
	}
}

func TestKindsThatAppsGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		do   func() (*wecomtest.Receipt, error)
		want string // "" is not delivered
	}{
		{"text", func() (*wecomtest.Receipt, error) { return w.Say("lilei", "好", toApp) }, "<Content><![CDATA[好]]></Content>"},
		{"picture", func() (*wecomtest.Receipt, error) { return w.SendImage("lilei", "a.png", png, toApp) }, "<PicUrl><![CDATA[http://"},
		{"voice", func() (*wecomtest.Receipt, error) { return w.SayVoice("lilei", "好", toApp) }, "<Format><![CDATA[amr]]></Format>"},
		{"film", func() (*wecomtest.Receipt, error) { return w.SendVideo("lilei", "a.mp4", []byte("....ftyp"), toApp) }, "<ThumbMediaId>"},
		{"place", func() (*wecomtest.Receipt, error) {
			return w.SendLocation("lilei", wecomtest.Location{Latitude: 31.23, Longitude: 121.47, Scale: 15, Label: "人民广场"})
		}, "<Location_X>31.23</Location_X>"},
		{"link", func() (*wecomtest.Receipt, error) {
			return w.SendLink("lilei", wecomtest.Link{Title: "官网", URL: "https://yunfan.example"})
		}, "<Url><![CDATA[https://yunfan.example]]></Url>"},
		{"entering", func() (*wecomtest.Receipt, error) { return w.Enter("lilei", wecomtest.DoorApp) }, "<Event><![CDATA[enter_agent]]></Event>"},
		{"file", func() (*wecomtest.Receipt, error) { return w.SendFile("lilei", "a.txt", []byte("x"), toApp) }, ""},
		{"chat log", func() (*wecomtest.Receipt, error) { return w.Forward("lilei", "聊天记录", toApp) }, ""},
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
		} else if got := a.next(t); !contains(got, tt.want) {
			t.Errorf("%s: %s lacks %s", tt.name, got, tt.want)
		}
	}
	if len(a.heard) > 0 {
		t.Errorf("delivered beyond: %s", <-a.heard)
	}
}

func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wecomtest.Config{})
	a := w.newApp(nil)
	if err := w.SetCallback(within(t), a.URL); err != nil {
		t.Fatal(err)
	}
	for _, how := range wecomtest.ForgeWays {
		status, err := w.Forge(within(t), how, "lilei", "转给我")
		want, heard := http.StatusForbidden, 0
		switch how { // those an app tells only by what it remembers
		case wecomtest.ForgeStale:
			want, heard = http.StatusOK, 1
		case wecomtest.ForgeReplay:
			want, heard = http.StatusOK, 2
		}
		if err != nil || status != want || len(a.heard) != heard {
			t.Errorf("%s: %d %v, heard %d", how, status, err, len(a.heard))
		}
		for len(a.heard) > 0 {
			<-a.heard
		}
	}
	if _, err := w.Forge(within(t), "kindly", "lilei", "x"); err == nil {
		t.Error("an unknown way is taken")
	}
}
