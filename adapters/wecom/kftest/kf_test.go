// Package kftest_test plays the customers' door over the real wire, with real Postgres.
package kftest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

const (
	kfid     = "wkSimService0001"
	wang     = "wmSimWangQiang01"
	liu      = "wmSimLiuFang0001"
	wangChat = chat.ConversationID("kf:" + kfid + "/" + wang)
)

// desk is a simulated WeCom with a store; processes of ours join it.
type desk struct {
	*wecomtest.Server
	t   testing.TB
	url string // of the database
	key *store.Keys

	mu    sync.Mutex
	heard []chat.Message // by all processes, in order, each once
	ids   map[string]int // how often each was offered
	base  string
}

// process is one process of ours: a store, an adapter with its customers' door, a callback.
type process struct {
	*wecom.KF
	t     testing.TB
	store *store.Store
	a     *wecom.Adapter
	web   *httptest.Server
	stop  context.CancelFunc
	done  chan struct{}
}

func newDesk(t testing.TB, cfg wecomtest.Config) *desk {
	t.Helper()
	d := &desk{t: t, Server: wecomtest.New(cfg), url: storetest.Database(t), key: store.NewKeys(), ids: map[string]int{}}
	base, err := d.Start("")
	if err != nil {
		t.Fatal(err)
	}
	d.base = base
	t.Cleanup(d.Close)
	return d
}

// takes is what the inbox of process p does with a message.
func (d *desk) takes(p *process) chat.Handler {
	return func(ctx context.Context, m chat.Message) error {
		payload, err := json.Marshal(m)
		if err != nil {
			return err
		}
		isNew, err := p.store.Hear(ctx, store.InboxMessage{
			Platform: m.Platform, MessageID: m.ID, Conversation: string(m.Conversation), Peer: string(m.From), SentAt: m.SentAt, Payload: payload,
		})
		if err != nil {
			return err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ids[m.ID]++
		if isNew {
			d.heard = append(d.heard, m)
		}
		return nil
	}
}

// join starts a process; hear nil is the inbox, change may spoil the configuration.
func (d *desk) join(hear func(p *process) chat.Handler, change func(*wecom.KFConfig)) *process {
	d.t.Helper()
	p := &process{t: d.t, done: make(chan struct{})}
	p.store = storetest.Open(d.t, d.url, storetest.WithKeys(d.key), storetest.WithClock(d.Now))
	c := d.Config()
	var err error
	p.a, err = wecom.New(wecom.Config{
		CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey, APIURL: d.base,
		Elector: p.store.Elector(nil), Now: d.Now,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	cfg := wecom.KFConfig{Accounts: []string{kfid}, Book: p.store, Poll: time.Minute, Glance: 50 * time.Millisecond, HearRetry: 20 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	if p.KF, err = p.a.KF(cfg); err != nil {
		d.t.Fatal(err)
	}
	if hear == nil {
		hear = d.takes
	}
	p.web = httptest.NewServer(p.a.Callback())
	ctx, stop := context.WithCancel(context.Background())
	p.stop = sync.OnceFunc(func() {
		stop()
		<-p.done
		p.web.Close()
	})
	go func() {
		defer close(p.done)
		if err := p.Run(ctx, hear(p)); err != nil {
			d.t.Error(err)
		}
	}()
	d.t.Cleanup(p.stop)
	return p
}

// rings lets the platform's rings go to p.
func (d *desk) rings(p *process) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	until(d.t, "the callback is verified", func() bool { return d.SetCallback(ctx, p.web.URL+"/callback/wecom") == nil })
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

// got is what was heard of the messages ids, in the order heard.
func (d *desk) got() []chat.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]chat.Message(nil), d.heard...)
}

func (d *desk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.heard)
}

// hears waits for the message that act caused.
func (d *desk) hears(id string, err error) chat.Message {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	var found chat.Message
	until(d.t, "message "+id, func() bool {
		for _, m := range d.got() {
			if m.ID == id {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// hearsEvent waits for the next event of the type.
func (d *desk) hearsEvent(kind string, n int) (m chat.Message, e chat.Event) {
	d.t.Helper()
	until(d.t, fmt.Sprintf("event %s number %d", kind, n), func() bool {
		seen := 0
		for _, one := range d.got() {
			if ev, ok := chat.EventOf(one); ok && ev.Type == kind {
				if seen++; seen == n {
					m, e = one, ev
					return true
				}
			}
		}
		return false
	})
	return m, e
}

func (p *process) say(r chat.Reply) chat.MessageID {
	p.t.Helper()
	if r.Conversation == "" {
		r.Conversation = wangChat
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	id, err := p.Send(ctx, r)
	if err != nil {
		p.t.Fatalf("%s: %v", r.Key, err)
	}
	return id
}

// refuses sends r, which must fail.
func (p *process) refuses(r chat.Reply) *chat.SendError {
	p.t.Helper()
	if r.Conversation == "" {
		r.Conversation = wangChat
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := p.Send(ctx, r)
	var e *chat.SendError
	if !errors.As(err, &e) {
		p.t.Fatalf("%s: %v instead of a refusal", r.Key, err)
	}
	return e
}

// last is the newest bubble on wang's screen.
func (d *desk) last() wecomtest.Bubble {
	d.t.Helper()
	view := d.KFView(kfid, wang)
	if len(view) == 0 {
		d.t.Fatal("wang sees nothing")
	}
	return view[len(view)-1]
}

func (d *desk) state(want int) {
	d.t.Helper()
	if s, err := d.KFSessionOf(kfid, wang); err != nil || s.State != want {
		d.t.Fatalf("session %+v (%v), want state %d", s, err, want)
	}
}

func TestEveryKindThatACustomerSends(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	m := d.hears(d.KFSay(kfid, wang, " 扫码枪坏了 "))
	if m.Kind != chat.Text || m.Text != "扫码枪坏了" || m.From != chat.PeerID(wangChat) || m.Conversation != wangChat || m.FromName != "王强" || m.Platform != "kf" || m.By != "" || m.Group {
		t.Errorf("text: %+v", m)
	}
	png := []byte("\x89PNG\r\n\x1a\nxxxx")
	m = d.hears(d.KFSend(kfid, wang, "image", "坏了.png", png))
	if m.Kind != chat.Image || len(m.Files) != 1 {
		t.Fatalf("image: %+v", m)
	}
	if b, err := p.Download(context.Background(), m.Files[0], 1000); err != nil || string(b) != string(png) {
		t.Errorf("image: %q, %v", b, err)
	}
	m = d.hears(d.KFSend(kfid, wang, "file", "合同.pdf", []byte("%PDF-1.4\n")))
	if m.Kind != chat.File || len(m.Files) != 1 {
		t.Errorf("file: %+v", m)
	}
	m = d.hears(d.KFForward(kfid, wang, "群聊的聊天记录", []wecomtest.KFLine{{Name: "张三", Text: "机器又卡了"}, {Name: "李四", Text: "找厂家"}}))
	if m.Kind != chat.Record || m.Text != "群聊的聊天记录" || !strings.Contains(string(m.Raw), "merged_msg") || !strings.Contains(string(m.Raw), "机器又卡了") {
		t.Errorf("record: %+v %s", m, m.Raw)
	}
	for kind, c := range map[string]struct {
		body string
		kind chat.Kind
		text string
	}{
		"location":              {`{"latitude":31.2,"longitude":121.4,"name":"张江","address":"碧波路 1 号"}`, chat.Location, "张江\n碧波路 1 号"},
		"link":                  {`{"title":"标题","desc":"描述","url":"https://a.example","pic_url":""}`, chat.Link, "标题\n描述\nhttps://a.example"},
		"channels_shop_product": {`{"product_id":"1","title":"扫码枪"}`, chat.Link, "扫码枪"},
		"business_card":         {`{"userid":"zhaomin"}`, chat.Unsupported, "business_card"},
		"note":                  {`{}`, chat.Unsupported, "note"},
		"of_tomorrow":           {`[1,2]`, chat.Unsupported, "of_tomorrow"},
		"text":                  {`"no object"`, chat.Unsupported, "text"},
		"image":                 {`{"media_id":7}`, chat.Unsupported, "image"},
		"merged_msg":            {`[]`, chat.Unsupported, "merged_msg"},
	} {
		if m := d.hears(d.KFRaw(kfid, wang, kind, json.RawMessage(c.body))); m.Kind != c.kind || m.Text != c.text || m.From == "" {
			t.Errorf("%s: %+v", kind, m)
		}
	}
}

func TestCustomerIsGreetedAndAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	enter := d.hears(d.KFEnter(kfid, wang, "expo2026", "展位 A1"))
	entry := chat.EntryOf(enter)
	if enter.Kind != chat.Enter || entry.Scene != "expo2026" || entry.SceneParam != "展位 A1" || !entry.Greeting || entry.UnionID != "ozSimWangQiang" || enter.FromName != "王强" {
		t.Fatalf("enter: %+v %+v", enter, entry)
	}
	card := &chat.Card{ID: "hi-1", Title: "您好，我是云栈客服", Buttons: []chat.Button{{Key: "repair", Text: "报修"}, {Key: "human", Text: "转人工"}}}
	p.say(chat.Reply{Key: "hi", AnswerTo: enter.AnswerTo, Text: "您好，我是云栈客服", Card: card})
	if b := d.last(); b.Kind != "msgmenu" || b.Text != "您好，我是云栈客服" || len(b.Menu.List) != 2 {
		t.Fatalf("wang sees %+v", b)
	}
	tap := d.hears(d.KFTap(kfid, wang, "", "报修"))
	if tap.Kind != chat.TapKind || tap.Tap.Card != "hi-1" || tap.Tap.Button != "repair" || tap.Text != "报修" {
		t.Fatalf("tap: %+v", tap)
	}
	// The tap is a message: the welcome is no more, five answers are allowed.
	again := d.hears(d.KFEnter(kfid, wang, "", ""))
	if chat.EntryOf(again).Greeting || again.AnswerTo != nil {
		t.Errorf("second enter: %+v", again)
	}
	p.say(chat.Reply{Key: "a0", Text: `<a href="https://bad.example">点我</a>`})
	if b := d.last(); strings.Contains(b.Text, "<a ") {
		t.Errorf("a link that nobody wrote goes to the customer: %s", b.Text)
	}
	id := p.say(chat.Reply{Key: "a1", AnswerTo: tap.AnswerTo, Text: "请说一下是哪台设备。"})
	if b := d.last(); b.Text != "请说一下是哪台设备。" || b.MsgID != string(id) {
		t.Errorf("wang sees %+v, sent %s", b, id)
	}
	n := len(d.KFView(kfid, wang))
	if again := p.say(chat.Reply{Key: "a1", AnswerTo: tap.AnswerTo, Text: "请说一下是哪台设备。"}); again != id || len(d.KFView(kfid, wang)) != n {
		t.Error("the same reply was shown twice")
	}
}

func TestGreetingThatComesTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	enter := d.hears(d.KFEnter(kfid, wang, "", ""))
	d.AdvanceClock(19 * time.Second)
	if id := p.say(chat.Reply{Key: "hi", AnswerTo: enter.AnswerTo, Text: "您好"}); id != "" || len(d.KFView(kfid, wang)) != 0 {
		t.Error("a greeting went out after its time")
	}
}

func TestFiveMessagesAfterEachOfTheCustomers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	d.hears(d.KFSay(kfid, wang, "在吗"))
	for i := range 3 {
		p.say(chat.Reply{Key: fmt.Sprint("a", i), Text: "在的"})
	}
	// Another process after this one knows what was sent.
	p.stop()
	p = d.join(nil, nil)
	d.rings(p)
	for i := range 2 {
		p.say(chat.Reply{Key: fmt.Sprint("b", i), Text: "请讲"})
	}
	refused := d.Counters().Refused // not all calls: the loop pulls in the background
	e := p.refuses(chat.Reply{Key: "c", Text: "还有"})
	if e.Fault != chat.Unreached || e.Code != "95001" || !strings.Contains(e.Advice, "5 条") {
		t.Errorf("sixth: %+v", e)
	}
	if d.Counters().Refused != refused {
		t.Error("the platform was asked although the allowance is known to be used up")
	}
	d.hears(d.KFSay(kfid, wang, "喂"))
	p.say(chat.Reply{Key: "c", Text: "还有"})
	// A long answer counts by the message.
	long := strings.Repeat("很长的回答。\n", 400)
	if e := p.refuses(chat.Reply{Key: "long", Text: long + long}); e.Code != "95001" {
		t.Errorf("long: %+v", e)
	}
	// Two days later nothing may be sent.
	d.hears(d.KFSay(kfid, wang, "好"))
	d.AdvanceClock(48 * time.Hour)
	if e := p.refuses(chat.Reply{Key: "late", Text: "您好"}); e.Fault != chat.Unreached || e.Code != "95001" {
		t.Errorf("late: %+v", e)
	}
}

func TestThePlatformCountsForItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	d.hears(d.KFSay(kfid, wang, "在吗"))
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/send_msg", Code: 95001})
	if e := p.refuses(chat.Reply{Key: "a", Text: "在"}); e.Fault != chat.Unreached || e.Code != "95001" {
		t.Errorf("refused: %+v", e)
	}
	// The fault was for one call: asked again, the platform would take it.
	if e := p.refuses(chat.Reply{Key: "b", Text: "在"}); e.Code != "95001" {
		t.Errorf("asked again after the platform's no: %+v", e)
	}
	d.hears(d.KFSay(kfid, wang, "喂"))
	// A refusal for another reason costs nothing; a lost answer is no second message.
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "kf/send_msg", Code: 45009, Count: 6})
	for i := range 6 {
		if e := p.refuses(chat.Reply{Key: fmt.Sprint("r", i), Text: "在"}); e.Fault != chat.Retry {
			t.Errorf("busy: %+v", e)
		}
	}
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultLostAck, On: "kf/send_msg"})
	if e := p.refuses(chat.Reply{Key: "c", Text: "一遍"}); e.Fault != chat.Retry {
		t.Errorf("lost answer: %+v", e)
	}
	p.say(chat.Reply{Key: "c", Text: "一遍"})
	shown := 0
	for _, b := range d.KFView(kfid, wang) {
		if b.Text == "一遍" {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("shown %d times", shown)
	}
	for i := range 4 {
		p.say(chat.Reply{Key: fmt.Sprint("d", i), Text: "在"})
	}
}

func TestSessionsGoFromHandToHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	to := func(key, to string, who chat.PeerID, text string) chat.Reply {
		return chat.Reply{Key: key, Text: text, Session: &chat.Session{To: to, Servicer: who}}
	}
	d.hears(d.KFSay(kfid, wang, "在吗"))
	d.state(wecomtest.KFNew)
	p.say(to("1", chat.ToBot, "", "我是机器人。"))
	d.state(wecomtest.KFBot)
	if d.last().Text != "我是机器人。" {
		t.Error("nothing said in the bot's hand")
	}
	p.say(to("2", chat.ToPool, "", "正在为您转人工。"))
	d.state(wecomtest.KFPool)
	if d.last().Text != "正在为您转人工。" {
		t.Error("nothing said at the queue")
	}
	n := len(d.KFView(kfid, wang))
	p.say(to("2", chat.ToPool, "", "正在为您转人工。"))
	if len(d.KFView(kfid, wang)) != n {
		t.Error("said twice")
	}
	// The queue, then the bot: refused, and told.
	p.say(to("3", chat.ToBot, "", "我又来了。"))
	if m, e := d.hearsEvent(chat.EventUnmoved, 1); e.To != chat.ToBot || e.Code != "95016" || e.Advice == "" || m.Conversation != wangChat {
		t.Errorf("%+v %+v", m, e)
	}
	if e := p.refuses(chat.Reply{Key: "4", Text: "插话"}); e.Fault != chat.Unreached || e.Code != "95018" {
		t.Errorf("talked past the queue: %+v", e)
	}
	if err := d.KFDuty(kfid, "hanmeimei", false); err != nil {
		t.Fatal(err)
	}
	if m, e := d.hearsEvent(chat.EventDuty, 1); e.On || m.From != "wecom:hanmeimei" {
		t.Errorf("duty: %+v %+v", m, e)
	}
	if there, err := p.OnDuty(context.Background(), string(wangChat)); err != nil || len(there) != 1 || there[0] != "wecom:zhaomin" {
		t.Errorf("on duty: %v %v", there, err)
	}
	p.say(to("5", chat.ToPerson, "wecom:hanmeimei", "韩梅梅为您服务。"))
	if _, e := d.hearsEvent(chat.EventUnmoved, 2); e.Code != "95014" || e.New != "wecom:hanmeimei" || !strings.Contains(e.Advice, "接待") {
		t.Errorf("off duty: %+v", e)
	}
	d.state(wecomtest.KFPool)
	p.say(to("6", chat.ToPerson, "wecom:zhaomin", "赵敏为您服务。"))
	d.state(wecomtest.KFPerson)
	if d.last().Text != "赵敏为您服务。" {
		t.Error("nothing said at the transfer")
	}
	// What the colleague writes in WeCom's window is heard as theirs.
	m := d.hears(d.KFServe(kfid, "zhaomin", wang, "您好，我是赵敏"))
	if m.By != "wecom:zhaomin" || m.Text != "您好，我是赵敏" || m.Conversation != wangChat || string(m.From) != string(wangChat) {
		t.Errorf("by a colleague: %+v", m)
	}
	if err := d.KFDuty(kfid, "hanmeimei", true); err != nil {
		t.Fatal(err)
	}
	if err := d.KFManage(kfid, "zhaomin", wang, wecomtest.KFTransfer, "hanmeimei"); err != nil {
		t.Fatal(err)
	}
	if _, e := d.hearsEvent(chat.EventSession, 1); e.Change != "moved" || e.Old != "wecom:zhaomin" || e.New != "wecom:hanmeimei" || e.To != chat.ToPerson {
		t.Errorf("transfer: %+v", e)
	}
	if err := d.KFManage(kfid, "hanmeimei", wang, wecomtest.KFEnd, ""); err != nil {
		t.Fatal(err)
	}
	m, e := d.hearsEvent(chat.EventSession, 2)
	if e.Change != "ended" || e.To != chat.ToEnd || e.Old != "wecom:hanmeimei" || m.AnswerTo == nil {
		t.Fatalf("end: %+v %+v", m, e)
	}
	p.say(chat.Reply{Key: "7", AnswerTo: m.AnswerTo, Text: "感谢您的来信，请给这次服务打个分：1–5。"})
	if !strings.Contains(d.last().Text, "打个分") {
		t.Error("the word at the end was not said")
	}
	p.say(chat.Reply{Key: "7b", AnswerTo: m.AnswerTo, Text: "再说一次"}) // the code is used: dropped
	if strings.Contains(d.last().Text, "再说") {
		t.Error("a code worked twice")
	}
	// An ended session stays ended until the customer writes.
	p.say(to("8", chat.ToPool, "", "x"))
	if _, e := d.hearsEvent(chat.EventUnmoved, 3); e.Code != "95013" {
		t.Errorf("ended: %+v", e)
	}
	if e := p.refuses(chat.Reply{Key: "9", Text: "x"}); e.Code != "95013" || e.Fault != chat.Unreached {
		t.Errorf("ended: %+v", e)
	}
	d.hears(d.KFSay(kfid, wang, "再问一下"))
	p.say(to("10", chat.ToEnd, "", "好的，再见。"))
	d.state(wecomtest.KFEnded)
	if d.last().Text != "好的，再见。" {
		t.Error("no word at the end by the bot")
	}
}

// TestEveryChangeOfASession asks for each state from each state.
func TestEveryChangeOfASession(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	to := []string{0: "", 1: chat.ToBot, 2: chat.ToPool, 3: chat.ToPerson, 4: chat.ToEnd}
	way := [][]string{0: nil, 1: {chat.ToBot}, 2: {chat.ToPool}, 3: {chat.ToPerson}, 4: {chat.ToEnd}}
	allowed := [5][5]bool{
		0: {1: true, 2: true, 3: true, 4: true},
		1: {1: true, 2: true, 3: true, 4: true},
		2: {2: true, 3: true, 4: true},
		3: {3: true, 4: true},
		4: {4: true},
	}
	n, refused := 0, 0
	reply := func(to string) chat.Reply {
		n++
		return chat.Reply{Key: fmt.Sprint("k", n), Session: &chat.Session{To: to, Servicer: "wecom:zhaomin"}}
	}
	for from := range 5 {
		for want := 1; want <= 4; want++ {
			if s, err := d.KFSessionOf(kfid, wang); err != nil {
				t.Fatal(err)
			} else if s.State != wecomtest.KFNew && s.State != wecomtest.KFEnded {
				p.say(reply(chat.ToEnd))
			}
			d.hears(d.KFSay(kfid, wang, "在吗"))
			for _, step := range way[from] {
				p.say(reply(step))
			}
			d.state(from)
			p.say(reply(to[want]))
			if allowed[from][want] {
				d.state(want)
				continue
			}
			refused++
			if _, e := d.hearsEvent(chat.EventUnmoved, refused); e.To != to[want] || e.Advice == "" {
				t.Errorf("%d to %d: %+v", from, want, e)
			}
			d.state(from)
		}
	}
}

func TestMessageThatDidNotArriveIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	d.hears(d.KFSay(kfid, wang, "在吗"))
	if err := d.KFFail(kfid, wang, 10); err != nil {
		t.Fatal(err)
	}
	id := p.say(chat.Reply{Key: "a", Text: "在"})
	if _, e := d.hearsEvent(chat.EventFailed, 1); e.Message != id || e.Code != "10" || !strings.Contains(e.Advice, "拒收") {
		t.Errorf("%+v, sent %s", e, id)
	}
	// The second part of an answer fails: the answer is known by what Send returned.
	id = p.say(chat.Reply{Key: "two", Text: strings.Repeat("长", 700)})
	body := fmt.Sprintf(`{"event_type":"msg_send_fail","open_kfid":%q,"external_userid":%q,"fail_msgid":%q,"fail_type":6}`, kfid, wang, strings.TrimSuffix(string(id), "0")+"1")
	if _, err := d.KFRaw(kfid, wang, "event", json.RawMessage(body)); err != nil {
		t.Fatal(err)
	}
	if _, e := d.hearsEvent(chat.EventFailed, 2); e.Message != id || e.Code != "6" {
		t.Errorf("%+v, sent %s", e, id)
	}
}

func TestWhatIsTakenBackIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	m := d.hears(d.KFSay(kfid, wang, "你们是骗子"))
	if err := d.KFRecall(kfid, wang, m.ID); err != nil {
		t.Fatal(err)
	}
	if back, e := d.hearsEvent(chat.EventRecalled, 1); string(e.Message) != m.ID || back.By != "" || back.Conversation != wangChat {
		t.Errorf("%+v %+v", back, e)
	}
	p.say(chat.Reply{Key: "1", Session: &chat.Session{To: chat.ToPerson, Servicer: "wecom:zhaomin"}})
	m = d.hears(d.KFServe(kfid, "zhaomin", wang, "打错了"))
	if err := d.KFServicerRecall(kfid, "zhaomin", wang, m.ID); err != nil {
		t.Fatal(err)
	}
	if back, e := d.hearsEvent(chat.EventRecalled, 2); string(e.Message) != m.ID || back.By != "wecom:zhaomin" {
		t.Errorf("%+v %+v", back, e)
	}
	if err := d.KFReject(kfid, "zhaomin", wang, true); err != nil {
		t.Fatal(err)
	}
	if back, e := d.hearsEvent(chat.EventRefused, 1); !e.On || back.By != "wecom:zhaomin" {
		t.Errorf("%+v %+v", back, e)
	}
}

func TestFilesAndLongAnswersForCustomers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	d.rings(p)
	d.hears(d.KFSay(kfid, wang, "说明书发我"))
	p.say(chat.Reply{Key: "f", Text: "请看附件。", Files: []chat.Upload{{Name: "说明书.pdf", Kind: chat.File, Data: []byte("%PDF-1.4\nx")}}})
	view := d.KFView(kfid, wang)
	if len(view) != 3 || view[1].Text != "请看附件。" || view[2].File == nil || view[2].Kind != "file" {
		t.Fatalf("wang sees %+v", view)
	}
	// What is out is not sent again when a later part fails.
	texts := func() (n int) {
		for _, e := range d.Journal(0, 100000) {
			if e.Kind == wecomtest.KindAPI && e.Text == "kf/send_msg" {
				n++
			}
		}
		return n
	}
	before := texts()
	d.Inject(wecomtest.Fault{Kind: wecomtest.FaultErrcode, On: "media/upload", Code: 45009})
	two := chat.Reply{Key: "f2", Text: "再看一个。", Files: []chat.Upload{{Name: "价格.pdf", Kind: chat.File, Data: []byte("%PDF-1.4\ny")}}}
	if e := p.refuses(two); e.Fault != chat.Retry {
		t.Errorf("upload refused: %+v", e)
	}
	p.say(two)
	if n := texts() - before; n != 2 {
		t.Errorf("two parts took %d calls", n)
	}
	d.hears(d.KFSay(kfid, wang, "好"))
	seen := len(d.KFView(kfid, wang))
	// A menu that says everything goes alone; one that cannot has the text before it.
	card := &chat.Card{ID: "c-1", Title: "这样可以吗？", Body: strings.Repeat("很长", 300), Buttons: []chat.Button{{Key: "y", Text: "可以"}}}
	p.say(chat.Reply{Key: "m", Text: "这样可以吗？" + card.Body + "\n回复「可以」", Card: card})
	view = d.KFView(kfid, wang)[seen:]
	if len(view) != 2 || view[0].Kind != "text" || view[1].Menu == nil || view[1].Text != "这样可以吗？" {
		t.Fatalf("wang sees %+v", view)
	}
}

func TestAccountsAndLinks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	ctx := context.Background()
	if all, err := p.Accounts(ctx); err != nil || len(all) != 1 || all[0].ID != kfid || all[0].Name != "云栈客服" {
		t.Errorf("%v %v", all, err)
	}
	if link, err := p.Link(ctx, kfid, "expo2026"); err != nil || !strings.HasPrefix(link, "https://work.weixin.qq.com/kfid/") {
		t.Errorf("%q %v", link, err)
	}
	if _, err := p.Link(ctx, kfid, "展会"); err == nil {
		t.Error("a scene in Chinese was taken")
	}
	if _, err := p.OnDuty(ctx, "wkNobody"); err == nil || chat.FaultOf(err) != chat.Rejected {
		t.Errorf("servicers of no account: %v", err)
	}
	d.ExpireTokens(42001)
	if all, err := p.Accounts(ctx); err != nil || len(all) != 1 {
		t.Errorf("after the token's end: %v %v", all, err)
	}
}

func TestWrongPeersAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wecomtest.Config{})
	p := d.join(nil, nil)
	for _, to := range []chat.ConversationID{"wecom:p:lilei", "kf:", "kf:x", "kf:/", "kf:a/", "kf:wkOther/wm1", "kf:" + kfid + "/wm/2", "kf:" + kfid + "/王强"} {
		if e := p.refuses(chat.Reply{Key: "k", Conversation: to, Text: "x"}); e.Fault != chat.Rejected {
			t.Errorf("%s: %+v", to, e)
		}
	}
	if e := p.refuses(chat.Reply{Text: "x"}); e.Fault != chat.Rejected {
		t.Errorf("without a key: %+v", e)
	}
	if e := p.refuses(chat.Reply{Key: "s", Session: &chat.Session{To: chat.ToPerson, Servicer: "dingtalk:x"}}); e.Fault != chat.Rejected {
		t.Errorf("servicer of another platform: %+v", e)
	}
	if _, err := p.a.KF(wecom.KFConfig{Accounts: []string{"wk 1"}, Book: p.store}); err == nil {
		t.Error("an account with a blank was taken")
	}
	if l := p.Limits(); !l.Customers || l.CardUpdate || p.Name() != "kf" {
		t.Errorf("%+v", l)
	}
	if res, err := http.Get(p.web.URL); err == nil {
		res.Body.Close()
	}
}
