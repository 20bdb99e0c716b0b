package action_test

import (
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/templates"
)

func TestTheCardOfACustomerShowsAllOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.x = action.New(h.store, action.Config{Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()),
		Service: templates.Default().Service, Doors: action.SurveyDoors{Link: "https://crm.example/"}})
	h.must("李雷", call("customer.create", params{"customer": "阿一茶铺", "contact": "王强", "phone": "13812345678"}))
	h.must("李雷", call("member.create", params{"customer": "阿一茶铺"}))
	for i := range 4 {
		h.order("阿一茶铺", 100+i, "抹茶拿铁", "奶茶", 30)
	}
	h.order("阿一茶铺", 104, "抹茶星冰乐", "奶茶", 30)
	h.must("李雷", call("offer.stop", params{"customer": "阿一茶铺"}))
	v := h.view("李雷", "阿一茶铺")
	if v.Value == nil || v.Value.Band != "沉睡" || v.Value.Orders != 5 || v.Value.Spent != crm.Yuan(150) {
		t.Errorf("%+v", v.Value)
	}
	if got := strings.Join(v.Likes, "，"); got != "奶茶类 5 次，抹茶拿铁 4 次" {
		t.Error(got)
	}
	if v.Points == nil || len(v.Stopped) == 0 {
		t.Errorf("%+v", v.Cared)
	}
	// The page is for whom the link was made, for a short time, and only while they may see the customer.
	token := v.Page[strings.LastIndex(v.Page, "/")+1:]
	open := func(token string) (out action.Outcome, err error) {
		return h.x.Run(t.Context(), action.Request{Actor: crm.System, Via: "api", Now: h.now, Calls: []action.Call{call("customer.open", params{"token": token})}})
	}
	out, err := open(token)
	if err != nil || !strings.HasPrefix(v.Page, "https://crm.example/k/") {
		t.Fatal(v.Page, err)
	}
	if page := data[action.CustomerView](t, out); page.Name != "阿一茶铺" || page.Contacts[0].Phone != "13812345678" || page.Value == nil {
		t.Errorf("%+v", page)
	}
	for _, bad := range []string{token + "0", strings.Replace(token, "-", "-1", 1), "", "a-b-c-d"} {
		if _, err := open(bad); err == nil {
			t.Error(bad, "opens")
		}
	}
	h.now = h.now.Add(31 * time.Minute)
	if _, err := open(token); err == nil {
		t.Error("opens after its time")
	}
	token = h.store.Keys().PageToken(crm.CustomerID(v.ID), h.who["韩梅梅"].UserID, h.now.Add(time.Minute))
	if _, err := open(token); err == nil {
		t.Error("opens for who may not see the customer")
	}
}

func TestWhatChatsSpeakOfIsALiking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "阿一茶铺"}))
	for _, p := range []string{"抹茶", "红茶"} {
		h.must("李雷", call("product.create", params{"product": p, "category": "茶饮"}))
	}
	h.must("李雷", call("record.keep", params{"customer": "阿一茶铺", "draft": h.forward("李雷", "昨天的抹茶真好喝", "抹茶还有吗", "红茶不要了", "红茶别送", "红茶一杯")}))
	if got := strings.Join(h.view("李雷", "阿一茶铺").Mentions, "，"); got != "抹茶 2 次" {
		t.Error(got)
	}
}
