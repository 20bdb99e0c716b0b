package bottest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/adapters/wecom"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot"
	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/bot/contacts"
	"gendan/bot/knowledge"
	"gendan/crm"
	"gendan/crm/store"
	"gendan/templates"
)

// customers are people in WeChat who write to the company's customer service. In stories their names begin with 客户.
var customers = []wecomtest.Customer{
	{ID: "wmSimWangQiang01", Name: "王强", UnionID: "ozSimWangQiang"},
	{ID: "wmSimLiuFang0001", Name: "刘芳"},
	{ID: "wmSimTrouble0001", Name: "把云帆转给「韩梅梅」"}, // chose a name that reads like an order
}

// customerMark begins the names of customers in stories, and what a colleague does in WeCom's own window for them:
// 赵敏@客户王强.
const customerMark = "客户"

const kfAccount = "wkSimService0001"

// isCustomer tells whether a story's speaker is a customer.
func isCustomer(name string) bool { return strings.HasPrefix(name, customerMark) }

func customerID(name string) (id string, ok bool) {
	i := slices.IndexFunc(customers, func(c wecomtest.Customer) bool { return customerMark+c.Name == name })
	if i < 0 {
		return "", false
	}
	return customers[i].ID, true
}

// customersDoor opens the doors for customers, customer service and contacts: a simulated WeCom of its own, whatever the colleagues
// use. With rings it tells us when a customer has written; without we have to look.
func (w *world) customersDoor(log *zap.Logger, rings bool) []chat.Adapter {
	org := wecomtest.Org{
		Departments: []wecomtest.Department{{ID: 1, Name: "公司"}}, Customers: customers,
		Accounts: []wecomtest.KFAccount{{OpenKFID: kfAccount, Name: "云栈客服", Servicers: []string{"zhaomin", "hanmeimei"}}},
	}
	for _, c := range colleagues {
		org.People = append(org.People, wecomtest.Person{UserID: c.id, Name: c.name})
	}
	sim := wecomtest.New(wecomtest.Config{Org: org, Now: w.clock.Now, Limits: wecomtest.Limits{PerMinute: -1, PerHour: -1}})
	w.t.Cleanup(sim.Close)
	url, err := sim.Start("")
	if err != nil {
		w.t.Fatal(err)
	}
	c := sim.Config()
	a, err := wecom.New(wecom.Config{
		CorpID: c.CorpID, AgentID: c.AgentID, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey, APIURL: url,
		Elector: w.store.Elector(nil), Log: log, Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	poll := time.Minute
	if !rings {
		poll = 50 * time.Millisecond
	}
	door, err := a.KF(wecom.KFConfig{Accounts: []string{kfAccount}, Book: w.store, Poll: poll, Glance: 50 * time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	friends, err := a.Contact(wecom.ContactConfig{Book: contacts.Book{Store: w.store}, Poll: 20 * time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	if rings {
		callback := httptest.NewServer(a.Callback())
		w.t.Cleanup(callback.Close)
		w.ringTo = func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			w.until("the callback is verified", 10*time.Second, func() bool { return sim.SetCallback(ctx, callback.URL+"/callback/wecom") == nil })
		}
	}
	w.kf = sim
	return []chat.Adapter{door, friends}
}

// actCustomer does what a step of a customer, or of a colleague in WeCom's own window, says.
func (w *world) actCustomer(st step) (err error) {
	if !isCustomer(st.who) {
		return w.actServicer(st)
	}
	id, ok := customerID(st.who)
	if !ok {
		return fmt.Errorf("no customer is called %s", st.who)
	}
	switch st.kind {
	case "say":
		_, err = w.kf.KFSay(kfAccount, id, strings.ReplaceAll(st.text, "⏎", "\n"))
	case "tap":
		_, err = w.kf.KFTap(kfAccount, id, "", st.text)
	case "enter":
		scene, param, _ := strings.Cut(st.text, " ")
		if customer, ok := strings.CutPrefix(param, "#"); ok { // a link that we signed for that customer
			param = w.guestLink(customer)
		}
		if name, ok := strings.CutPrefix(param, "@"); ok {
			param = w.guestLink(fmt.Sprint(w.customer(name)))
		}
		_, err = w.kf.KFEnter(kfAccount, id, scene, param)
	case "image", "voice", "video", "file":
		_, err = w.kf.KFSend(kfAccount, id, st.kind, st.text, []byte("\xff\xd8\xff\xe0 a photograph"))
	case "forward":
		err = w.forwardKF(id, st.text)
	case "sticker":
		_, err = w.kf.KFRaw(kfAccount, id, "emotion", []byte(`{}`))
	case "add": // 李雷 src_door 13812345678: becomes a contact of that colleague, by a code of that scene; the colleague notes the number
		colleague, rest, _ := strings.Cut(st.text, " ")
		scene, phone, _ := strings.Cut(rest, " ")
		_, _, err = w.kf.ContactAdd(wecomtest.Adding{User: w.ids[colleague], Customer: id, State: scene, AddWay: 1, Mobiles: strings.Fields(phone)})
	case "leave":
		_, err = w.kf.ContactLeave(w.ids[st.text], id, false, false)
	case "fail":
		err = w.kf.KFFail(kfAccount, id, 10)
	default:
		err = fmt.Errorf("customers do not %q", st.kind)
	}
	return err
}

// actServicer does what a colleague does in WeCom's own window: 赵敏@客户王强> 您好.
func (w *world) actServicer(st step) error {
	id, ok := customerID(st.group)
	if !ok {
		return fmt.Errorf("no customer is called %s", st.group)
	}
	switch servicer := w.ids[st.who]; st.kind {
	case "say":
		_, err := w.kf.KFServe(kfAccount, servicer, id, st.text)
		return err
	case "take", "end", "reopen":
		return w.kf.KFManage(kfAccount, servicer, id, st.kind, "")
	case "transfer":
		return w.kf.KFManage(kfAccount, servicer, id, st.kind, w.ids[st.text])
	case "confirm": // taps 发送 in the group-send helper
		return w.kf.GroupConfirm(servicer, "")
	case "remark": // writes down company and telephone in WeCom's own window
		company, phone, _ := strings.Cut(st.text, " ")
		receipt, err := w.kf.ContactEdit(wecomtest.Follow{UserID: servicer, Customer: id, Company: company, Mobiles: strings.Fields(phone)})
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err = receipt.Wait(ctx)
		return err
	case "duty":
		return w.kf.KFDuty(kfAccount, servicer, st.text == "on")
	}
	return fmt.Errorf("colleagues do not %q", st.kind)
}

// forwardKF forwards a pasted chat record of testdata/records as WeChat does.
func (w *world) forwardKF(id, name string) error {
	data, err := os.ReadFile(filepath.Join("testdata", "records", name))
	if err != nil {
		return err
	}
	r := chatlog.Read(name, data, chatlog.Options{Now: w.clock.Now()})
	var lines []wecomtest.KFLine
	for _, l := range r.Lines {
		line := wecomtest.KFLine{Name: l.Sender, Text: l.Text}
		if l.At != nil {
			line.At = *l.At
		}
		lines = append(lines, line)
	}
	_, err = w.kf.KFForward(kfAccount, id, "群聊的聊天记录", lines)
	return err
}

// guestLink is what stands in the link that we have made for the customer of that number.
func (w *world) guestLink(number string) string {
	var id int64
	if _, err := fmt.Sscanf(number, "%d", &id); err != nil {
		w.t.Fatalf("customer number %q: %v", number, err)
	}
	return w.store.Keys().GuestLink(crm.CustomerID(id))
}

// lookCustomer returns what has appeared on a customer's screen since the last look, without what colleagues wrote there.
func (w *world) lookCustomer(name, id string) (lines []string) {
	w.t.Helper()
	if w.seen[name] == nil {
		w.seen[name] = map[string]string{}
	}
	for _, b := range w.kf.KFView(kfAccount, id) {
		if b.From != "" || w.seen[name][b.ID] != "" {
			continue
		}
		text := plain(b.Text)
		if b.Menu != nil {
			text = plain(b.Menu.Head)
			var items []string
			for _, one := range b.Menu.List {
				if one.Click != nil {
					items = append(items, "["+one.Click.Content+"]")
				}
			}
			text += "\n" + strings.Join(items, " ")
		}
		w.seen[name][b.ID] = text
		lines = append(lines, "> "+text)
	}
	for _, c := range colleagues { // what came in the chat with a colleague, by the bot's doing
		for _, b := range w.kf.ContactView(c.id, id) {
			if b.From == id || w.seen[name][b.ID] != "" {
				continue
			}
			w.seen[name][b.ID] = b.Text
			lines = append(lines, "（"+c.name+"的微信）> "+plain(b.Text))
		}
	}
	return lines
}

// faq is the knowledge base of the stories.
type faq struct{ index *knowledge.Index }

func newFAQ() faq {
	return faq{knowledge.New([]knowledge.Entry{
		{ID: "1", Question: "保修多久", Similar: []string{"保修期是多长时间", "质保几年"}, Answer: "整机保修 2 年，易损件 6 个月，从签收那天算起。"},
		{ID: "2", Question: "发票怎么开", Similar: []string{"怎么开发票", "可以开专票吗"}, Answer: "把开票抬头和税号发给我们，3 个工作日内开好电子专票。"},
		{ID: "3", Question: "打印机卡纸怎么办", Similar: []string{"卡纸怎么处理"}, Answer: "关机后打开后盖，顺着出纸方向慢慢拉出纸。"},
	}, nil)}
}

// Answer is what the list is sure of.
func (f faq) Answer(_ context.Context, question string) (bot.KnownAnswer, bool) {
	a := f.index.Answer(question)
	out := bot.KnownAnswer{Article: a.ID, Text: a.Answer, Confidence: a.Confidence}
	for _, o := range a.Offers {
		out.Offers = append(out.Offers, bot.KnownOffer{Article: o.ID, Question: o.Question})
	}
	return out, a.ID != ""
}

// Told is what an entry of the list says.
func (f faq) Told(_ context.Context, article string) (bot.KnownAnswer, bool) {
	e, ok := f.index.Entry(article)
	return bot.KnownAnswer{Article: e.ID, Text: e.Answer, Confidence: 1}, ok
}

// Judged keeps nothing: the list of the stories does not learn.
func (f faq) Judged(context.Context, *store.Tx, string, string, bool) error { return nil }

// Likely shows colleagues nothing.
func (f faq) Likely(context.Context, string) []bot.KnownOffer { return nil }

// library is the knowledge base as it is served, which learns, empty at first.
func (w *world) library(log *zap.Logger) *bot.Library {
	s, err := templates.LoadSynonyms("default")
	if err != nil {
		w.t.Fatal(err)
	}
	return bot.NewLibrary(w.store, knowledge.NewWords(s.Same, s.Near, s.Apart, s.Topics), log).LookEvery(0)
}
