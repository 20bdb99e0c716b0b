package console

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gendan/adapters/wecom/wecomtest"
)

// desk is a simulated customer service without a bot.
func desk(t *testing.T) (*wecomtest.Server, Phones, Phones) {
	t.Helper()
	s := wecomtest.New(wecomtest.Config{})
	t.Cleanup(s.Close)
	return s, Customers(s), WeCom(s)
}

const (
	deskAccount = "wkSimService0001"
	wang        = "wmSimWangQiang01"
)

func chatOf(t *testing.T, p Phones, user, title string) Chat {
	t.Helper()
	chats, err := p.Screen(user)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(chats, func(c Chat) bool { return c.Title == title })
	if i < 0 {
		t.Fatalf("%s has no chat %q but %+v", user, title, chats)
	}
	return chats[i]
}

func refused(t *testing.T, err error) {
	t.Helper()
	var no *Refusal
	if !errors.As(err, &no) || no.Sentence == "" {
		t.Errorf("%v is no refusal", err)
	}
}

func TestCustomersPhone(t *testing.T) {
	t.Parallel()
	s, p, _ := desk(t)
	if people := p.People(); len(people) != 2 || people[0].Name != "王强" || people[0].Job != "客户" {
		t.Errorf("%+v", people)
	}
	before := p.Last()
	if err := p.Open(wang); err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{p.Say(wang, "", "在吗"), p.Send(wang, "image", ""), p.Send(wang, "file", "合同.pdf"), p.Send(wang, "record", "张三：又坏了\n李四: 找厂家"), p.Send(wang, "voice", "")} {
		if step != nil {
			t.Fatal(step)
		}
	}
	refused(t, p.Send(wang, "sticker", ""))
	refused(t, p.Tap(wang, "", "", "nothing"))
	if err := p.Wait(t.Context(), before); err != nil {
		t.Error(err)
	}
	c := chatOf(t, p, wang, "云栈客服")
	if c.ID != "" || len(c.Bubbles) != 5 || !c.Bubbles[0].Mine || c.Bubbles[0].Text != "在吗" || c.Bubbles[2].File != "合同.pdf" {
		t.Errorf("%+v", c)
	}
	if err := s.KFRecall("", wang, c.Bubbles[0].ID); err != nil {
		t.Fatal(err)
	}
	if b := chatOf(t, p, wang, "云栈客服").Bubbles[0]; !b.Recalled || strings.Contains(b.Text, "在吗") {
		t.Errorf("%+v", b)
	}
	if got := p.Wire(10); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestServicersWindow(t *testing.T) {
	t.Parallel()
	s, p, w := desk(t)
	if err := p.Say(wang, "", "转人工"); err != nil {
		t.Fatal(err)
	}
	if chats, err := w.Screen("zhaomin"); err != nil || len(chats) != 1 {
		t.Fatalf("a session in the bot's hand is shown: %+v %v", chats, err)
	}
	pool(t, s)
	c := chatOf(t, w, "zhaomin", "客服 · 王强")
	if len(c.Bubbles) != 2 || c.Bubbles[0].Text != "转人工" || c.Bubbles[0].From != "王强" || c.Bubbles[0].Mine || c.Bubbles[1].Buttons[0].Key != "take" {
		t.Fatalf("%+v", c)
	}
	chatOf(t, w, "hanmeimei", "客服 · 王强")
	if chats, _ := w.Screen("lilei"); len(chats) != 2 { // the bot and the group
		t.Errorf("lilei answers no customers: %+v", chats)
	}
	if err := w.Say("zhaomin", c.ID, "您好，我是赵敏"); err != nil {
		t.Fatal(err)
	}
	seen := chatOf(t, p, wang, "云栈客服").Bubbles
	if b := seen[len(seen)-1]; b.Text != "您好，我是赵敏" || b.From != "赵敏" || b.Mine {
		t.Errorf("wang sees %+v", b)
	}
	c = chatOf(t, w, "zhaomin", "客服 · 王强")
	if b := c.Bubbles[1]; !b.Mine || !c.Desk || len(c.Phrases) == 0 {
		t.Errorf("%+v", b)
	}
	refused(t, w.Say("hanmeimei", c.ID, "我来")) // it is zhaomin's now
	if err := w.Tap("zhaomin", c.ID, "desk", "transfer:hanmeimei"); err != nil {
		t.Fatal(err)
	}
	if err := w.Tap("hanmeimei", c.ID, "desk", "end"); err != nil {
		t.Fatal(err)
	}
	refused(t, w.Tap("hanmeimei", c.ID, "desk", "end"))
	if st, err := s.KFSessionOf("", wang); err != nil || st.State != wecomtest.KFEnded {
		t.Errorf("%+v %v", st, err)
	}
}

// pool puts wang into the queue, as a bot does.
func pool(t *testing.T, s *wecomtest.Server) {
	t.Helper()
	if err := s.KFQueue(deskAccount, wang); err != nil {
		t.Fatal(err)
	}
}
