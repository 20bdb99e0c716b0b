package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm/action"
	"gendan/crm/store"
)

// demoProducts are what the demo company sells beside its machines: drinks for people, cartridges for offices.
var demoProducts = []map[string]any{
	{"product": "抹茶拿铁", "category": "奶茶", "price": 26},
	{"product": "抹茶蛋糕", "category": "甜品", "price": 32},
	{"product": "红茶", "category": "奶茶", "price": 18},
	{"product": "硒鼓 CF217A", "category": "耗材", "price": 320, "life_days": 90},
	{"product": "A4 打印纸", "category": "耗材", "price": 145, "life_days": 30},
	{"product": "激光打印机", "category": "设备", "price": 1680},
}

// demoBuyer is a customer who buys: what, every how many days, from first to last (days before now).
type demoBuyer struct {
	who, name string
	params    map[string]any
	buys      []demoBuy
	member    bool
	tags      []string
}

type demoBuy struct {
	product, category        string
	quantity, amount         float64
	first, last, everyInDays int
}

// demoBuyers show each thing that can be told of buyers: regulars, one who likes matcha, some who fell silent or left, a new
// one, offices that need a new drum every three months, and two records of one person.
var demoBuyers = []demoBuyer{
	{who: "wecom:lilei", name: "张小雨", params: map[string]any{"phone": "13700001001", "region": "上海"}, member: true, tags: []string{"少糖"},
		buys: []demoBuy{{"抹茶拿铁", "奶茶", 1, 26, 180, 4, 11}, {"抹茶蛋糕", "甜品", 1, 32, 150, 20, 43}}},
	{who: "wecom:lilei", name: "陈思远", params: map[string]any{"phone": "13700001002", "region": "上海"}, member: true,
		buys: []demoBuy{{"红茶", "奶茶", 2, 36, 200, 45, 14}}},
	{who: "wecom:lilei", name: "许安然", params: map[string]any{"phone": "13700001003", "region": "江苏"}, member: true,
		buys: []demoBuy{{"抹茶拿铁", "奶茶", 2, 52, 330, 160, 21}}},
	{who: "wecom:hanmeimei", name: "罗一鸣", params: map[string]any{"phone": "13700001004", "region": "浙江"},
		buys: []demoBuy{{"红茶", "奶茶", 1, 18, 3, 3, 30}}},
	{who: "wecom:hanmeimei", name: "方敏", params: map[string]any{"phone": "13700001005", "region": "浙江"}, member: true,
		buys: []demoBuy{{"抹茶拿铁", "奶茶", 1, 26, 420, 380, 10}}},
	{who: "wecom:lilei", name: "明德会计师事务所", params: map[string]any{"industry": "财务", "region": "上海", "level": "普通客户", "contact": "董洁", "phone": "13700002001"},
		buys: []demoBuy{{"激光打印机", "设备", 2, 3360, 355, 355, 90}, {"硒鼓 CF217A", "耗材", 2, 640, 350, 85, 88}, {"A4 打印纸", "耗材", 3, 435, 340, 10, 33}}},
	{who: "wecom:hanmeimei", name: "启航教育", params: map[string]any{"industry": "教育", "region": "浙江", "level": "重点客户", "contact": "周立", "phone": "13700002002"},
		buys: []demoBuy{{"激光打印机", "设备", 6, 10080, 350, 350, 90}, {"硒鼓 CF217A", "耗材", 6, 1920, 300, 30, 91}}},
	{who: "wecom:hanmeimei", name: "启航教育杭州校区", params: map[string]any{"industry": "教育", "region": "浙江", "contact": "周立", "phone": "13700002003"},
		buys: []demoBuy{{"A4 打印纸", "耗材", 5, 725, 40, 40, 30}}},
}

// demoDays is how long ago the demo company began to sell.
const demoDays = 420

// demoShop writes a year of what was sold, oldest first, as the people who sold it.
func demoShop(ctx context.Context, st *store.Store, do *action.Executor, now time.Time) error {
	run := func(who, key string, ago int, name string, params map[string]any) error {
		actor, err := st.UserByPeer(ctx, who)
		if err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		raw, err := json.Marshal(params)
		if err != nil {
			return err
		}
		out, err := do.Run(ctx, action.Request{Actor: actor, Calls: []action.Call{{Name: name, Params: raw}}, Key: "demo shop:" + key, Via: "command", Now: now.AddDate(0, 0, -ago)})
		if err == nil && (out.Pick != nil || out.Ask != nil) {
			err = fmt.Errorf("needs an answer: %+v %+v", out.Pick, out.Ask)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", name, key, err)
		}
		return nil
	}
	for _, p := range demoProducts {
		if err := run("wecom:lilei", fmt.Sprint(p["product"]), demoDays, "product.create", p); err != nil {
			return err
		}
	}
	for _, b := range demoBuyers {
		first := 0
		for _, buy := range b.buys {
			first = max(first, buy.first)
		}
		b.params["customer"] = b.name
		if err := run(b.who, b.name, first+1, "customer.create", b.params); err != nil {
			return err
		}
		if b.member {
			if err := run(b.who, b.name+" member", first+1, "member.create", map[string]any{"customer": b.name}); err != nil {
				return err
			}
		}
		if len(b.tags) > 0 {
			if err := run(b.who, b.name+" tags", first, "customer.tag", map[string]any{"customer": b.name, "tags": b.tags}); err != nil {
				return err
			}
		}
	}
	for ago := demoDays; ago > 0; ago-- {
		for _, b := range demoBuyers {
			for _, buy := range b.buys {
				if ago > buy.first || ago < buy.last || (buy.first-ago)%buy.everyInDays != 0 {
					continue
				}
				if err := run(b.who, fmt.Sprintf("%s %s %d", b.name, buy.product, ago), ago, "order.create", map[string]any{
					"customer": b.name, "product": buy.product, "category": buy.category, "quantity": buy.quantity, "amount": buy.amount}); err != nil {
					return err
				}
			}
		}
	}
	return run("wecom:lilei", "segment", 1, "segment.save", map[string]any{"name": "沉睡的会员", "filter": map[string]any{"no_order_days": 30, "member": true, "min_orders": 1}})
}
