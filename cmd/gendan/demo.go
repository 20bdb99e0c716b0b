package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"gendan/adapters/console"
	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/wecom/wecomtest"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

const (
	demoDingTalkID     = "dingdemogendan"
	demoDingTalkSecret = "demo-secret-of-the-simulator" // the simulator's, which listens on loopback only
	demoKF             = "wkDemoYunzhan"
	demoCardTemplate   = "gendan-card.schema" // the simulator knows this template
)

// demoPerson is a colleague of the demo company; some are on both platforms.
type demoPerson struct {
	id, name, job   string
	role            crm.Role
	team            string
	weCom, dingTalk bool
}

var demoPeople = []demoPerson{
	{"lilei", "李雷", "销售", crm.Rep, "销售一部", true, false},
	{"hanmeimei", "韩梅梅", "销售", crm.Rep, "销售一部", true, false},
	{"chenchen", "陈晨", "销售", crm.Rep, "销售二部", false, true},
	{"wangjing", "王静", "销售主管", crm.TeamLead, "销售一部", true, true},
	{"zhaomin", "赵敏", "客服", crm.Service, "客服部", true, false},
	{"zhouzong", "周正", "总经理", crm.Manager, "", true, true},
	{"xiaoguan", "管小雨", "系统管理员", crm.Admin, "", true, true},
}

// demoWeCom is the demo company as WeCom knows it.
func demoWeCom() wecomtest.Org {
	org := wecomtest.Org{Departments: []wecomtest.Department{{ID: 1, Name: "云栈科技"}}}
	var members []string
	for _, p := range demoPeople {
		if p.weCom {
			org.People = append(org.People, wecomtest.Person{UserID: p.id, Name: p.name, Position: p.job})
			members = append(members, p.id)
		}
	}
	org.Groups = []wecomtest.Group{{ChatID: "wrDemoSales", Name: "销售群", Members: members}}
	org.Accounts = []wecomtest.KFAccount{{OpenKFID: demoKF, Name: "云栈客服", Servicers: []string{"zhaomin", "hanmeimei"}}}
	org.Customers = []wecomtest.Customer{{ID: "wmDemoLiuFang", Name: "刘芳"}, {ID: "wmDemoWangQiang", Name: "王强"}}
	org.Follows = []wecomtest.Follow{{UserID: "lilei", Customer: "wmDemoLiuFang", State: "门店"}}
	return org
}

// peopleDingTalk fills the simulator with the demo company's people.
func peopleDingTalk(d *dingtalktest.Server) {
	var members []string
	for _, p := range demoPeople {
		if p.dingTalk {
			d.AddUser(dingtalktest.User{UserID: p.id, Name: p.name, Title: p.job})
			members = append(members, p.id)
		}
	}
	d.AddGroup(dingtalktest.Group{Title: "销售群", Members: members})
}

// startDemo starts both simulators, points the settings at them, lets the demo company in and makes the
// console.
func (sv *service) startDemo(ctx context.Context, listen string) (stop func(), err error) {
	w := wecomtest.New(wecomtest.Config{Org: demoWeCom(), Now: sv.clock.Now})
	d := dingtalktest.New(dingtalktest.Config{ClientID: demoDingTalkID, ClientSecret: demoDingTalkSecret, CardTemplateID: demoCardTemplate, Now: sv.clock.Now})
	peopleDingTalk(d)
	stop = func() {
		w.Close()
		d.Close()
	}
	weComURL, err := w.Start("")
	if err == nil {
		var dingTalkURL string
		if dingTalkURL, err = d.Start(); err == nil {
			c := w.Config()
			s := &sv.settings
			s.WeComAPIURL, s.WeComWSURL = weComURL, wsURL(weComURL)
			s.WeComCorpID, s.WeComAgentID, s.WeComSecret, s.WeComToken, s.WeComAESKey = c.CorpID, c.AgentID, c.Secret, c.Token, c.AESKey
			s.WeComBotID, s.WeComBotSecret = c.BotID, c.BotSecret
			s.WeComKF = []string{demoKF}
			s.DingTalkAPIURL, s.DingTalkOAPIURL = dingTalkURL, dingTalkURL
			s.DingTalkClientID, s.DingTalkClientSecret, s.DingTalkCardTemplate = demoDingTalkID, demoDingTalkSecret, demoCardTemplate
			sv.log.Info("simulators", zap.String("wecom", weComURL), zap.String("dingtalk", dingTalkURL))
		}
	}
	if err == nil {
		sv.later = append(sv.later, func(ctx context.Context) error { return keepCallback(ctx, w, "http://"+listen+"/callback/wecom") })
		err = sv.demoCompany(ctx)
	}
	if err == nil {
		sv.console, err = sv.demoConsole(w, d)
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

func (sv *service) demoConsole(w *wecomtest.Server, d *dingtalktest.Server) (*console.Console, error) {
	return console.New(console.Config{
		Phones:  []console.Phones{console.WeCom(w), console.DingTalk(d), console.Customers(w)},
		Shown:   []console.Shown{{Platform: "wecom", User: "lilei"}, {Platform: "dingtalk", User: "chenchen"}, {Platform: "kf", User: "wmDemoLiuFang"}},
		Phrases: demoPhrases,
		Now:     sv.clock.Now, Zone: sv.settings.Zone, Log: sv.log.Named("console"),
		Travel: func(t time.Time) {
			sv.clock.Travel(t)
			sv.alarm.Poke()
		},
		NextDue: func(ctx context.Context) (time.Time, error) {
			due, _, err := sv.servers.store.NextDue(ctx)
			return due, err
		},
	})
}

// demoPhrases are what a newcomer can say on a phone with a tap, in the order of a story.
func demoPhrases(platform, user string) []string {
	story := map[string][]string{
		"wecom:lilei": {
			"新客户 上海云帆科技,王强 13812345678,展会来的", "云帆建个商机 38万 月底签", "云帆推进到报价,明天下午3点提醒我打给王强", "撤销",
			"看看张小雨", "张小雨的积分", "给张小雨发一张8折券 10天有效", "许安然买过什么",
		},
		"dingtalk:chenchen": {
			"新客户 深圳启明电子,赵倩 13712345678,抖音来的", "启明建个商机 26万 月底签", "启明推进到报价,明天下午3点提醒我打给赵倩", "撤销",
		},
		"wecom:hanmeimei":   {"云帆推进到谈判", "看看云帆", "看看百川", "百川推进到谈判,95万", "方敏的积分", "罗一鸣买过什么"},
		"wecom:wangjing":    {"把云帆转给韩梅梅", "看看云帆", "柯尼光电的线索分给李雷"},
		"dingtalk:wangjing": {"把云帆转给韩梅梅", "看看云帆", "柯尼光电的线索分给李雷"},
	}[platform+":"+user]
	if platform == "kf" {
		return []string{"在吗", "扫码枪又坏了，扫不出来", "转人工"}
	}
	return append(story, "今天做什么", "我的商机", "帮助")
}

// demoCompany lets the demo company's people in and gives them a little history. It does nothing where that
// was done before.
func (sv *service) demoCompany(ctx context.Context) error {
	st := sv.servers.store
	users, err := st.ListUsers(ctx)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return nil
	}
	for _, p := range demoPeople {
		n := store.NewUser{Name: p.name, Role: p.role, Team: p.team}
		if p.weCom {
			n.Peers = append(n.Peers, "wecom:"+p.id)
		}
		if p.dingTalk {
			n.Peers = append(n.Peers, "dingtalk:"+p.id)
		}
		if _, err := st.AddUser(ctx, n); err != nil && !errors.Is(err, crm.ErrConflict) {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return sv.demoHistory(ctx)
}

// demoDeed is something that a colleague did some days before the demo began.
type demoDeed struct {
	who    string // peer
	days   int
	action string
	params map[string]any
}

var demoDeeds = []demoDeed{
	{"wecom:lilei", 24, "customer.create", map[string]any{"customer": "杭州华星电子有限公司", "industry": "电子", "region": "浙江", "level": "重点客户", "source": "展会", "contact": "刘芳", "title": "采购经理", "phone": "13900001111"}},
	{"wecom:lilei", 23, "deal.create", map[string]any{"customer": "华星电子", "product": "扫码枪", "quantity": 60, "amount": 180000, "stage": "方案报价"}},
	{"wecom:lilei", 12, "activity.log", map[string]any{"customer": "华星电子", "channel": "电话", "content": "刘芳说预算十八万左右，等集团批复"}},
	{"wecom:lilei", 15, "customer.create", map[string]any{"customer": "远航物流", "industry": "物流", "region": "江苏", "source": "转介绍", "contact": "钱多", "phone": "13900002222"}},
	{"wecom:lilei", 14, "deal.create", map[string]any{"customer": "远航物流", "title": "远航仓库改造", "amount": 460000, "stage": "商务谈判"}},
	{"wecom:hanmeimei", 20, "customer.create", map[string]any{"customer": "百川机械", "industry": "装备制造", "region": "山东", "level": "战略客户", "source": "官网", "contact": "胡建国", "title": "总经理", "phone": "13900003333"}},
	{"wecom:hanmeimei", 19, "deal.create", map[string]any{"customer": "百川机械", "product": "打标机", "quantity": 3, "amount": 960000}},
	{"dingtalk:chenchen", 18, "customer.create", map[string]any{"customer": "锦程商贸", "industry": "贸易", "region": "广东", "source": "抖音", "contact": "林晓", "phone": "13900004444"}},
	{"dingtalk:chenchen", 17, "deal.create", map[string]any{"customer": "锦程商贸", "product": "收银机", "quantity": 12, "amount": 54000, "stage": "需求分析"}},
	{"dingtalk:chenchen", 9, "customer.create", map[string]any{"customer": "朗坤智能", "industry": "智能制造", "region": "广东", "contact": "秦明"}},
	{"wecom:wangjing", 1, "lead.create", map[string]any{"company": "柯尼光电", "contact": "谭咏", "phone": "13900005555", "source": "展会", "need": "要看激光打标机的整体方案"}},
}

func (sv *service) demoHistory(ctx context.Context) error {
	st, now := sv.servers.store, sv.clock.Now()
	do := action.New(st, action.Config{Campaigns: templates.MustCampaigns(templates.Default()), Points: templates.MustPoints(templates.Default()), Field: templates.MustField(templates.Default()), Rules: templates.MustRules(templates.Default()), Journeys: templates.MustJourneys(templates.Default()), Service: templates.Default().Service, Stages: templates.Default().StageNames()})
	deeds := demoDeeds
	for _, a := range demoArticles {
		deeds = append(deeds[:len(deeds):len(deeds)], demoDeed{"wecom:zhaomin", 30, "article.create", a})
	}
	for i, d := range deeds {
		actor, err := st.UserByPeer(ctx, d.who)
		if err != nil {
			return fmt.Errorf("%s: %w", d.who, err)
		}
		params, err := json.Marshal(d.params)
		if err != nil {
			return err
		}
		out, err := do.Run(ctx, action.Request{
			Actor: actor, Calls: []action.Call{{Name: d.action, Params: params}}, Key: fmt.Sprintf("demo:%d", i), Via: "command",
			Now: now.AddDate(0, 0, -d.days),
		})
		if err != nil {
			return fmt.Errorf("%s of %s: %w", d.action, d.who, err)
		}
		if out.Pick != nil || out.Ask != nil {
			return fmt.Errorf("%s of %s: needs an answer", d.action, d.who)
		}
	}
	return demoShop(ctx, st, do, now)
}
