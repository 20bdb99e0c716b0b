package action_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store/storetest"
)

// system runs calls as the service itself.
func (h *house) system(key string, calls ...action.Call) (action.Outcome, error) {
	h.t.Helper()
	return h.x.Run(context.Background(), action.Request{Actor: crm.System, Calls: calls, Key: key, Via: "api", Now: h.now})
}

func (h *house) mustSystem(calls ...action.Call) action.Outcome {
	h.t.Helper()
	h.key++
	out, err := h.system(fmt.Sprintf("system:%d", h.key), calls...)
	if err != nil || out.Ask != nil || out.Pick != nil {
		h.t.Fatalf("%s: %+v: %v", calls[0].Name, out, err)
	}
	return out
}

// asked reads the newest survey's message out of the outbox: its token and where it goes.
func (h *house) asked() (id int64, ask action.SurveyAsk) {
	h.t.Helper()
	var sealed []byte
	if err := h.owner.QueryRow(`SELECT subject, payload FROM outbox WHERE kind = 'survey.ask' ORDER BY id DESC LIMIT 1`).Scan(&id, &sealed); err != nil {
		h.t.Fatal("no survey leaves: ", err)
	}
	plain, err := h.store.Keys().Open("outbox", "payload", sealed)
	if err == nil {
		err = json.Unmarshal(plain, &ask)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return id, ask
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// surveyHouse is a house whose surveys leave by SMS and mail, with a customer of 李雷's and a closed ticket of 孙客服's.
func surveyHouse(t *testing.T) (h *house, ticket int64) {
	t.Helper()
	h = newHouse(t)
	h.x = action.New(h.store, action.Config{Doors: action.SurveyDoors{Link: "https://crm.example.com", SMS: true, Mail: true, Kf: true}})
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}))
	out := h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "设备漏油", "kind": "故障", "assignee": "me"}))
	return h, out.Results[0].Record.ID
}

func TestAClosedTicketIsAskedAboutOnceAndALowScoreIsCalledBack(t *testing.T) {
	t.Parallel()
	h, ticket := surveyHouse(t)
	h.refused("孙客服", crm.ErrConflict, []string{"还没有关闭"}, call("survey.send", params{"ticket": ticket}))
	h.must("孙客服", call("ticket.close", params{"ticket": ticket, "resolution": "换了密封圈"}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'survey.due' AND state = 0`); n != 1 {
		t.Fatalf("%d timers", n)
	}
	h.must("孙客服", call("ticket.reopen", params{"ticket": ticket}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'survey.due' AND state = 0`); n != 0 {
		t.Errorf("%d timers of an open ticket", n)
	}
	h.must("孙客服", call("ticket.close", params{"ticket": ticket, "resolution": "换了密封圈"}))
	h.mustSystem(call("survey.send", params{"ticket": ticket}))
	id, ask := h.asked()
	if ask.Address != "13812345678" || len(ask.Token) != 22 {
		t.Errorf("asks %+v", ask)
	}
	if n := h.count(`SELECT count(*) FROM surveys WHERE door = 'sms' AND agent_id IS NOT NULL AND owner_id IS NOT NULL AND expires_at = sent_at + interval '30 days'`); n != 1 {
		t.Errorf("%d surveys", n)
	}
	h.refused("孙客服", crm.ErrConflict, []string{"已经发过"}, call("survey.send", params{"ticket": ticket}))
	h.refused("李雷", crm.ErrConflict, []string{"刚收到过调查"}, call("survey.send", params{"customer": "云帆"}))

	// nobody answers for a customer, and nobody without the link
	for _, who := range []string{"孙客服", "郑管理"} {
		h.refused(who, crm.ErrDenied, nil, call("survey.answer", params{"link": hashOf(ask.Token), "score": 5}))
	}
	if _, err := h.system("x", call("survey.answer", params{"link": hashOf("wrong"), "score": 5})); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("a wrong link: %v", err)
	}
	if _, err := h.system("x", call("survey.answer", params{"survey": id, "guest": 7, "score": 5})); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("another guest's survey: %v", err)
	}
	if out, err := h.system("x", call("survey.answer", params{"link": hashOf(ask.Token), "score": 6})); err != nil || out.Ask == nil {
		t.Errorf("a score that is not offered: %+v %v", out, err)
	}

	out := h.mustSystem(call("survey.answer", params{"link": hashOf(ask.Token), "score": 2, "via": "link"}))
	var v action.SurveyAnswerView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || !v.Counted || v.Score != 2 || !v.Low || v.Worded {
		t.Errorf("%+v %v", v, err)
	}
	out = h.mustSystem(call("survey.answer", params{"link": hashOf(ask.Token), "score": 5, "words": "等了三天才来人"}))
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || v.Counted || v.Score != 2 || !v.Worded {
		t.Errorf("%+v %v", v, err)
	}
	h.mustSystem(call("survey.answer", params{"link": hashOf(ask.Token), "words": "再写一句"}))
	if n := h.count(`SELECT count(*) FROM survey_answers WHERE score = 2`); n != 1 {
		t.Errorf("%d answers", n)
	}
	tasks := h.must("李雷", call("task.list", params{}))
	if got := string(tasks.Results[0].Data); !strings.Contains(got, "回访") || !strings.Contains(got, "2 分") || strings.Count(got, "回访") != 1 {
		t.Errorf("tasks of the owner: %s", got)
	}
	if n := h.count(`SELECT count(*) FROM outbox WHERE kind = 'survey.low'`); n != 2 { // the score, then the words
		t.Errorf("%d call-backs told", n)
	}
	seen := string(h.must("孙客服", call("ticket.view", params{"ticket": ticket})).Results[0].Data)
	if !strings.Contains(seen, "客户评价 2 分") || !strings.Contains(seen, "等了三天") {
		t.Errorf("the ticket says %s", seen)
	}
	history, _ := json.Marshal(h.view("李雷", "云帆").Activities)
	if !strings.Contains(string(history), "客户评价 2 分") {
		t.Errorf("the history says %s", history)
	}
	report := h.must("钱总", call("report.satisfaction", params{}))
	var rep action.SatisfactionView
	if err := json.Unmarshal(report.Results[0].Data, &rep); err != nil || rep.All.Answered != 1 || rep.All.Average != 2 || len(rep.Weeks) != 1 || rep.Weeks[0].Name != "11-16" ||
		len(rep.Agents) != 1 || rep.Agents[0].Name != "孙客服" {
		t.Errorf("report %+v %v", rep, err)
	}
	h.now = h.now.Add(31 * 24 * time.Hour)
	if _, err := h.system("y", call("survey.answer", params{"link": hashOf(ask.Token), "words": "晚了"})); err != nil {
		t.Errorf("an answered survey after its time: %v", err)
	}
}

func TestAnswersAreCountedOnceHoweverManyComeAtOnce(t *testing.T) {
	t.Parallel()
	h, ticket := surveyHouse(t)
	h.must("孙客服", call("ticket.close", params{"ticket": ticket}))
	h.mustSystem(call("survey.send", params{"ticket": ticket}))
	_, ask := h.asked()
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		counted int
		scores  = map[int]bool{}
	)
	for i := range 50 {
		group.Go(func() {
			out, err := h.x.Run(context.Background(), action.Request{Actor: crm.System, Via: "api", Now: h.now,
				Calls: []action.Call{call("survey.answer", params{"link": hashOf(ask.Token), "score": 1 + i%2, "words": fmt.Sprintf("第%d句", i)})}})
			if err != nil {
				t.Error(err)
				return
			}
			var v action.SurveyAnswerView
			if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			scores[v.Score] = true
			if v.Counted {
				counted++
			}
		})
	}
	group.Wait()
	if counted != 1 || len(scores) != 1 {
		t.Errorf("%d were counted, and %d scores were shown", counted, len(scores))
	}
	for what, want := range map[string]int{
		`SELECT count(*) FROM survey_answers`: 1, `SELECT count(*) FROM tasks`: 1, `SELECT count(*) FROM outbox WHERE kind = 'survey.low'`: 1,
		`SELECT count(*) FROM ticket_entries WHERE side = 'change' AND user_id IS NULL`: 1,
	} {
		if n := h.count(what); n != want {
			t.Errorf("%s: %d", what, n)
		}
	}
}

func TestTwoWhoAskAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	h, ticket := surveyHouse(t)
	h.must("孙客服", call("ticket.close", params{"ticket": ticket}))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			calls := call("survey.send", params{"ticket": ticket})
			if i%2 == 0 {
				calls = call("survey.send", params{"customer": "上海云帆科技"})
			}
			_, err := h.x.Run(context.Background(), action.Request{Actor: crm.System, Via: "timer", Now: h.now, Calls: []action.Call{calls}})
			if err != nil && !errors.Is(err, crm.ErrConflict) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := h.count(`SELECT count(*) FROM surveys`); n != 1 {
		t.Errorf("%d surveys", n)
	}
}

func TestMergedTicketsAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	h, first := surveyHouse(t)
	second := h.must("孙客服", call("ticket.create", params{"customer": "云帆", "content": "还是漏油", "assignee": "me"})).Results[0].Record.ID
	h.must("孙客服", call("ticket.merge", params{"ticket": second, "into": first}))
	if n := h.count(`SELECT count(*) FROM timers WHERE kind = 'survey.due'`); n != 0 {
		t.Errorf("%d timers", n)
	}
	h.refused("孙客服", crm.ErrConflict, []string{"并入"}, call("survey.send", params{"ticket": second}))
}

func TestACampaignAsksEachCustomerOnceAndLeavesTheRestedInPeace(t *testing.T) {
	t.Parallel()
	h, ticket := surveyHouse(t)
	for i := range 3 {
		h.must("李雷", call("customer.create", params{"customer": fmt.Sprintf("江南%d号厂", i+1), "level": "重点客户", "contact": "张三", "phone": fmt.Sprintf("1391234567%d", i)}))
	}
	h.must("李雷", call("customer.create", params{"customer": "无号码厂", "level": "重点客户"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "级别", "value": "重点客户"}))
	h.must("孙客服", call("ticket.close", params{"ticket": ticket}))
	h.mustSystem(call("survey.send", params{"ticket": ticket}))
	segment := params{"filter": params{"level": "重点客户"}, "metric": "nps"}
	h.refused("李雷", crm.ErrDenied, []string{"主管"}, call("survey.campaign", segment))
	if out, err := h.do("钱总", call("survey.campaign", params{})); err != nil || out.Ask == nil {
		t.Errorf("a campaign to everybody: %+v %v", out, err)
	}
	out := h.must("钱总", call("survey.campaign", segment))
	var v action.CampaignView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || v.Asked != 3 || v.Rested != 1 || v.Closed != 1 || out.Risk != action.High {
		t.Errorf("%+v risk %q: %v", v, out.Risk, err)
	}
	h.refused("钱总", crm.ErrConflict, []string{"没有能发的"}, call("survey.campaign", segment))
	if n := h.count(`SELECT count(*) FROM surveys WHERE metric = 'nps' AND campaign_id IS NOT NULL`); n != 3 {
		t.Errorf("%d surveys", n)
	}
	h.now = h.now.Add(8 * 24 * time.Hour)
	h.must("钱总", call("survey.campaign", segment))
}

func TestSurveysWithoutADoorAreHandedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.x = action.New(h.store, action.Config{Doors: action.SurveyDoors{Link: "https://crm.example.com"}})
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技"}))
	out := h.must("李雷", call("survey.send", params{"customer": "云帆"}))
	if len(out.Results[0].Notes) != 1 || !strings.Contains(out.Results[0].Notes[0], "https://crm.example.com/s/") {
		t.Errorf("%+v", out.Results[0])
	}
	_, token, _ := strings.Cut(out.Results[0].Notes[0], "/s/")
	h.mustSystem(call("survey.answer", params{"link": hashOf(token), "score": 5}))
	h.x = action.New(h.store, action.Config{})
	h.must("李雷", call("customer.create", params{"customer": "百川机械"}))
	h.refused("李雷", crm.ErrInvalid, []string{"GENDAN_URL"}, call("survey.send", params{"customer": "百川"}))
}

func TestCapturedTicketsFindTheirCustomerByPhoneAlone(t *testing.T) {
	t.Parallel()
	h, _ := surveyHouse(t)
	token := "some-token"
	out := h.mustSystem(call("ticket.capture", params{"content": "机器不转了", "name": "王强", "phone": "138-1234-5678", "company": "别人家", "source": "form", "link": hashOf(token)}))
	id := out.Results[0].Record.ID
	if n := h.count(`SELECT count(*) FROM tickets WHERE source = 'form' AND customer_id IS NOT NULL AND contact_id IS NOT NULL AND guest_id IS NOT NULL AND created_by IS NULL`); n != 1 {
		t.Errorf("%d tickets", n)
	}
	h.mustSystem(call("ticket.capture", params{"content": "另一台也不转", "phone": "13912345678", "company": "上海云帆科技"}))
	if n := h.count(`SELECT count(*) FROM tickets WHERE customer_id IS NULL`); n != 1 {
		t.Errorf("%d tickets without a customer: a company's name that anybody can claim is no proof", n)
	}
	status := h.mustSystem(call("ticket.status", params{"link": hashOf(token)}))
	var v action.TicketStatusView
	if err := json.Unmarshal(status.Results[0].Data, &v); err != nil || v.Number != id || v.State != "待受理" {
		t.Errorf("%+v %v", v, err)
	}
	for _, secret := range []string{"云帆", "王强", "138", "不转"} {
		if strings.Contains(string(status.Results[0].Data), secret) {
			t.Errorf("the status tells %q: %s", secret, status.Results[0].Data)
		}
	}
	h.refused("郑管理", crm.ErrDenied, nil, call("ticket.capture", params{"content": "x"}))
	if out, err := h.system("z", call("ticket.capture", params{"content": "x", "phone": "123"})); err != nil || out.Ask == nil {
		t.Errorf("%+v %v", out, err)
	}
	h.mustSystem(call("lead.create", params{"company": "星河贸易", "contact": "赵敏", "phone": "13712345678", "source": "官网"}))
	if n := h.count(`SELECT count(*) FROM leads WHERE owner_id IS NULL AND created_by IS NULL`); n != 1 {
		t.Errorf("%d leads in the pool", n)
	}
}

func TestMailsBecomeTicketsAndWordsToThem(t *testing.T) {
	t.Parallel()
	h, _ := surveyHouse(t)
	mail := func(p params) int64 {
		t.Helper()
		return h.mustSystem(call("mail.received", p)).Results[0].Record.ID
	}
	first := mail(params{"from": "WQ@example.com", "name": "王强", "subject": "打印机坏了", "content": "卡纸", "message": "1@x", "files": []string{"照片.jpg"}})
	seen := string(h.must("孙客服", call("ticket.view", params{"ticket": first})).Results[0].Data)
	for _, word := range []string{"打印机坏了", "卡纸", "照片.jpg", "wq@example.com"} {
		if !strings.Contains(seen, word) {
			t.Errorf("the ticket lacks %s: %s", word, seen)
		}
	}
	for name, p := range map[string]params{
		"by its thread":              {"from": "wq@example.com", "content": "还是不行", "message": "2@x", "references": []string{"0@y", "1@x"}},
		"a colleague in the thread":  {"from": "boss@example.com", "content": "请尽快", "message": "3@x", "references": []string{"1@x"}},
		"by the number in its title": {"from": "wq@example.com", "subject": fmt.Sprintf("Re: [#%d] x", first), "ticket": first, "content": "补充", "message": "4@x"},
	} {
		if id := mail(p); id != first {
			t.Errorf("%s: ticket %d, want %d", name, id, first)
		}
	}
	if id := mail(params{"from": "thief@example.com", "ticket": first, "content": "他们怎么说？", "message": "5@x"}); id == first {
		t.Error("a stranger who writes a number gets into the ticket")
	}
	if id := mail(params{"from": "wq@example.com", "content": "还是不行", "message": "2@x", "references": []string{"1@x"}}); id != first {
		t.Errorf("the same mail again is ticket %d", id)
	}
	if n := h.count(`SELECT count(*) FROM ticket_entries WHERE side = 'customer' AND key = '` + h.store.Keys().MailKey("2@x") + `'`); n != 1 {
		t.Errorf("%d entries of one mail", n)
	}
	h.must("孙客服", call("ticket.reply", params{"ticket": first, "content": "明天上门"}))
	if n := h.count(`SELECT count(*) FROM outbox o JOIN guests g ON g.id = o.subject WHERE o.kind = 'guest' AND g.platform = 'mail'`); n != 1 {
		t.Errorf("%d answers on their way", n)
	}
	dump := storetest.Dump(t, h.store)
	for _, secret := range []string{"wq@example.com", "13812345678"} {
		if strings.Contains(dump, secret) {
			t.Errorf("%s stands in the clear", secret)
		}
	}
}
