package action_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/templates"
)

func (h *house) roi(who string, p params) action.ROIView {
	h.t.Helper()
	var v action.ROIView
	if err := json.Unmarshal(h.must(who, call("report.roi", p)).Results[0].Data, &v); err != nil {
		h.t.Fatal(err)
	}
	return v
}

func TestACampaignCostsWhatWasWrittenDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.must("冯市场", call("campaign.create", params{"campaign": "双11", "budget": 50000, "channel": "抖音", "start": "2026-11-01", "end": "2026-11-11"}))
	if got := out.Results[0]; got.Record.Kind != crm.KindCampaign || got.Record.ID == 0 {
		t.Fatalf("%+v", got)
	}
	h.refused("周主管", crm.ErrConflict, []string{"已经有了"}, call("campaign.create", params{"campaign": "双11 "}))
	h.refused("冯市场", crm.ErrInvalid, []string{"之前"}, call("campaign.create", params{"campaign": "倒着", "start": "2026-11-11", "end": "2026-11-01"}))
	h.refused("冯市场", crm.ErrInvalid, []string{"大于 0"}, call("campaign.cost", params{"campaign": "双11", "amount": -5}))
	if v := h.roi("钱总", params{"campaign": "双11"}); v.All.Spent || v.All.ROI != nil {
		t.Errorf("no cost, and yet a return: %+v", v.All)
	}
	h.must("冯市场", call("campaign.cost", params{"campaign": "双11", "amount": 3000}))
	second := h.must("钱总", call("campaign.cost", params{"campaign": "双11", "amount": 60000, "channel": "小红书"}))
	if notes := strings.Join(second.Results[0].Notes, ""); !strings.Contains(notes, "超预算 ¥13,000") {
		t.Errorf("notes: %s", notes)
	}
	if v := h.roi("冯市场", params{"campaign": "双11"}); v.All.Cost != 6_300_000 || len(v.Channels) != 2 || v.All.ROI == nil || *v.All.ROI != -1 {
		t.Errorf("%+v", v)
	}
	// Taken back by an entry against it: the cost as it was stays, and the sum is right.
	h.must("钱总", call("undo", params{"code": second.UndoCode}))
	if v := h.roi("冯市场", params{"campaign": "双11"}); v.All.Cost != 300_000 {
		t.Errorf("after undo: %+v", v.All)
	}
	h.refused("钱总", crm.ErrConflict, nil, call("undo", params{"code": second.UndoCode}))
	var entries int
	if err := h.owner.QueryRow(`SELECT count(*) FROM campaign_costs`).Scan(&entries); err != nil || entries != 3 {
		t.Errorf("%d entries, %v", entries, err)
	}
	// What has costs is there: making it can no longer be taken back.
	h.refused("冯市场", crm.ErrConflict, []string{"之后又改过"}, call("undo", params{"code": out.UndoCode}))
}

func TestWhatChannelsAndCampaignsBring(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("冯市场", call("campaign.create", params{"campaign": "双11", "channel": "抖音"}))
	h.must("冯市场", call("campaign.cost", params{"campaign": "双11", "amount": 3000}))
	// Two leads of the campaign, one of the channel alone, one of elsewhere.
	for _, l := range []params{
		{"company": "星河贸易", "contact": "赵敏", "source": "抖音", "campaign": "双11"}, {"company": "蓝天餐饮", "contact": "何云", "campaign": "双11"},
		{"company": "绿野茶庄", "contact": "沈青", "source": "抖音"}, {"company": "老街坊", "contact": "钟山", "source": "展会"},
	} {
		h.must("李雷", call("lead.create", l))
	}
	for _, name := range []string{"星河贸易", "绿野茶庄"} {
		h.must("李雷", call("lead.convert", params{"customer": name}))
	}
	h.must("李雷", call("deal.create", params{"customer": "星河贸易", "title": "茶机", "amount": 20000}))
	h.must("李雷", call("order.create", params{"customer": "绿野茶庄", "product": "茶杯", "amount": 500}))
	v := h.roi("冯市场", params{"channel": "抖音"})
	if v.All.Leads != 3 || v.All.Customers != 2 || v.All.Orders != 1 || v.All.Revenue != 50_000 || v.All.PerLead != 100_000 {
		t.Errorf("before the deal is won: %+v", v.All)
	}
	h.must("李雷", call("deal.win", params{"customer": "星河贸易"}))
	// A rep of another team is told the same: a part of the orders against all of the cost would be no return.
	for _, who := range []string{"冯市场", "韩梅梅"} {
		v = h.roi(who, params{"channel": "抖音渠道"})
		if v.All.Orders != 2 || v.All.Revenue != 2_050_000 || v.All.ROI == nil || int(*v.All.ROI*100) != 583 || len(v.Campaigns) != 1 || v.Campaigns[0].Revenue != 2_000_000 {
			t.Errorf("%s: %+v", who, v)
		}
	}
	if v := h.roi("冯市场", params{"campaign": "双11"}); v.All.Leads != 2 || v.All.Orders != 1 || v.All.Revenue != 2_000_000 {
		t.Errorf("the campaign: %+v", v.All)
	}
	if v := h.roi("冯市场", params{"channel": "展会"}); v.All.Leads != 1 || v.All.Spent || v.All.ROI != nil || v.All.PerLead != 0 {
		t.Errorf("展会: %+v", v.All)
	}
	if v := h.roi("冯市场", params{"period": "2026-10"}); !v.All.Nothing() {
		t.Errorf("October: %+v", v.All)
	}
	// A customer written down with where they come from counts as well, once.
	h.must("李雷", call("customer.create", params{"customer": "自来客", "source": "抖音"}), call("order.create", params{"customer": "自来客", "product": "茶杯", "amount": 100}))
	if v := h.roi("冯市场", params{"channel": "抖音"}); v.All.Customers != 3 || v.All.Orders != 3 || v.All.Revenue != 2_060_000 || v.All.First != 2_060_000 || v.All.Linear != 2_060_000 {
		t.Errorf("with a customer of the source: %+v", v.All)
	}
}

// linkedHouse is a company whose customers can open pages.
func linkedHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.x = action.New(h.store, action.Config{Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()), Service: templates.Default().Service,
		Doors: action.SurveyDoors{Link: "https://crm.example.com/", SMS: true}})
	return h
}

// open follows a tracking link as the door does.
func (h *house) open(token, visitor string) (action.CampaignOpened, error) {
	h.t.Helper()
	h.key++
	out, err := h.x.Run(h.t.Context(), action.Request{Actor: crm.System, Calls: []action.Call{call("campaign.open", params{"token": token, "visitor": visitor})}, Via: "api", Now: h.now})
	var v action.CampaignOpened
	if err == nil {
		err = json.Unmarshal(out.Results[0].Data, &v)
	}
	return v, err
}

func TestALinkCountsVisitorsAndLeads(t *testing.T) {
	t.Parallel()
	h := linkedHouse(t)
	h.must("冯市场", call("campaign.create", params{"campaign": "双11", "channel": "抖音"}))
	h.refused("冯市场", crm.ErrInvalid, []string{"哪个网址"}, call("campaign.link", params{"campaign": "双11"}))
	h.refused("冯市场", crm.ErrInvalid, []string{"不是网址"}, call("campaign.link", params{"campaign": "双11", "url": "javascript:alert(1)"}))
	var link action.CampaignLinkView
	out := h.must("冯市场", call("campaign.link", params{"campaign": "双11", "channel": "小红书", "url": "https://shop.example.com/a"}))
	if err := json.Unmarshal(out.Results[0].Data, &link); err != nil || link.Link != "https://crm.example.com/l/"+link.Token || len(link.Token) != 16 {
		t.Fatalf("%+v, %v", link, err)
	}
	for _, visitor := range []string{"aa", "aa", "bb", ""} { // the same twice, and one that only looks
		if to, err := h.open(link.Token, visitor); err != nil || !strings.HasPrefix(to.URL, "https://shop.example.com/a?utm_source=") || !strings.HasSuffix(to.URL, "utm_campaign="+link.Token) {
			t.Fatal(to, err)
		}
	}
	if _, err := h.open("NOSUCHTOKEN", "aa"); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
	// A program hands a lead in that carries the token, and its own name as the source.
	if _, err := h.x.Run(t.Context(), action.Request{Actor: crm.System, Via: "api", Now: h.now, Key: "capture:1",
		Calls: []action.Call{call("lead.create", params{"contact": "何云", "phone": "13712345678", "source": "shop", "campaign": link.Token})}}); err != nil {
		t.Fatal(err)
	}
	v := h.roi("冯市场", params{"channel": "小红书"})
	if v.All.Clicks != 2 || v.All.Leads != 1 || len(v.Campaigns) != 1 || v.Campaigns[0].Name != "双11" {
		t.Errorf("%+v", v)
	}
	var d action.CampaignDetail
	if err := json.Unmarshal(h.must("韩梅梅", call("campaign.view", params{"campaign": "双11"})).Results[0].Data, &d); err != nil || len(d.Links) != 1 || d.Links[0].Clicks != 2 || d.ROI.Leads != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	// A link that is taken back leads nowhere.
	h.must("冯市场", call("undo", params{"code": out.UndoCode}))
	if _, err := h.open(link.Token, "cc"); !errors.Is(err, crm.ErrNotFound) {
		t.Error(err)
	}
}

func TestACampaignSpeaksToEachCustomerOnce(t *testing.T) {
	t.Parallel()
	h := linkedHouse(t)
	for i, name := range []string{"云帆", "星河", "蓝天", "绿野", "长风", "远山"} {
		h.must("李雷", call("customer.create", params{"customer": name + "贸易", "contact": "王强", "phone": "1381234000" + string(rune('0'+i)), "industry": "餐饮"}))
	}
	h.must("李雷", call("offer.stop", params{"customer": "远山贸易"}))
	h.must("冯市场", call("campaign.create", params{"campaign": "双11", "filter": params{"industry": "餐饮"}}))
	send := call("campaign.send", params{"campaign": "双11", "content": "{{称呼}}，全场八折", "content2": "双11来了", "amount_off": 20, "min_spend": 100})
	pre, err := h.x.Preview(t.Context(), h.request("冯市场", send))
	if err != nil || pre.Risk != action.High {
		t.Fatalf("%+v, %v", pre, err)
	}
	var v action.CampaignSendView
	if err := json.Unmarshal(pre.Results[0].Data, &v); err != nil || v.People != 5 || v.Cost != 10_000 || len(v.Left) != 1 || len(v.Variants) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	out := h.must("冯市场", send)
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil || v.Variants[0].People+v.Variants[1].People != 5 {
		t.Errorf("%+v, %v", v, err)
	}
	h.refused("冯市场", crm.ErrConflict, nil, send) // nobody gets the same twice
	var offers, coupons, links int
	count := func() {
		t.Helper()
		if err := h.owner.QueryRow(`SELECT (SELECT count(*) FROM offers WHERE campaign_id IS NOT NULL AND state IN ('planned', 'asked')),
			(SELECT count(*) FROM coupons k JOIN coupon_batches b ON b.id = k.batch_id WHERE b.campaign_id IS NOT NULL AND k.state = 'issued'),
			(SELECT count(*) FROM campaign_links WHERE customer_id IS NOT NULL)`).Scan(&offers, &coupons, &links); err != nil {
			t.Fatal(err)
		}
	}
	if count(); offers != 5 || coupons != 5 || links != 5 {
		t.Fatalf("%d offers, %d coupons, %d links", offers, coupons, links)
	}
	// A customer's own link: a click is theirs, and what they buy within the window is brought by it, half by each of two touches.
	var token string
	if err := h.owner.QueryRow(`SELECT l.token FROM campaign_links l JOIN customers c ON c.id = l.customer_id WHERE c.name = '云帆贸易'`).Scan(&token); err != nil {
		t.Fatal(err)
	}
	if to, err := h.open(token, "aa"); err != nil || !strings.HasPrefix(to.URL, "https://crm.example.com/c/") || strings.Contains(to.URL, "?") {
		t.Errorf("%v, %v", to, err)
	}
	h.now = h.now.AddDate(0, 0, 2)
	h.must("李雷", call("order.create", params{"customer": "云帆贸易", "product": "茶杯", "amount": 300}))
	h.now = h.now.AddDate(0, 0, 31)
	h.must("李雷", call("order.create", params{"customer": "云帆贸易", "product": "茶杯", "amount": 900}))
	if v := h.roi("冯市场", params{"campaign": "双11"}); v.All.Clicks != 1 || v.All.Orders != 1 || v.All.Revenue != 30_000 || v.Channels[0].Name != "群发" {
		t.Errorf("%+v", v)
	}
	// Stopping stops what has not left, and its coupons.
	h.must("冯市场", call("campaign.stop", params{"campaign": "双11"}))
	if count(); offers != 0 || coupons != 0 {
		t.Errorf("after the stop: %d offers, %d coupons", offers, coupons)
	}
	h.refused("冯市场", crm.ErrConflict, []string{"已经停了"}, send)
}

func TestASendIsTakenBack(t *testing.T) {
	t.Parallel()
	h := linkedHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆贸易", "contact": "王强", "phone": "13812340000", "industry": "餐饮"}))
	h.must("冯市场", call("campaign.create", params{"campaign": "双11", "filter": params{"industry": "餐饮"}}))
	send := call("campaign.send", params{"campaign": "双11", "content": "全场八折", "discount": 0.8})
	out := h.must("冯市场", send)
	h.must("冯市场", call("undo", params{"code": out.UndoCode}))
	var waiting, good int
	if err := h.owner.QueryRow(`SELECT (SELECT count(*) FROM offers WHERE state IN ('planned', 'asked')), (SELECT count(*) FROM coupons WHERE state = 'issued')`).Scan(&waiting, &good); err != nil || waiting != 0 || good != 0 {
		t.Errorf("%d wait, %d coupons, %v", waiting, good, err)
	}
	h.must("冯市场", send) // and can be said again
}

func TestWhoMayCampaign(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, who := range []string{"冯市场", "周主管", "钱总", "郑管理"} {
		h.must(who, call("campaign.create", params{"campaign": "推广" + string(rune('A'+i))}))
	}
	for _, who := range []string{"李雷", "孙客服"} {
		for name, p := range map[string]params{"campaign.create": {"campaign": "X"}, "campaign.cost": {"campaign": "推广A", "amount": 5}, "campaign.link": {"campaign": "推广A", "url": "https://a.cn"},
			"campaign.send": {"campaign": "推广A", "content": "x"}, "campaign.stop": {"campaign": "推广A"}} {
			h.refused(who, crm.ErrDenied, []string{"不能做推广"}, call(name, p))
		}
		h.must(who, call("campaign.view", params{"campaign": "推广A"}))
		h.must(who, call("campaign.list", params{}))
	}
	h.refused("钱总", crm.ErrDenied, nil, call("campaign.open", params{"token": "x"}))
}
