package action_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/action"
)

// targets are 李雷's records.
type targets struct {
	customer, lead, deal, reminder, task, ticket int64
}

// stranger lists, for every action, calls that try to read or change 李雷's records.
func stranger(name string, t targets) []params {
	number := fmt.Sprintf("#%d", t.customer)
	both := func(p params) []params {
		byNumber := params{}
		for k, v := range p {
			byNumber[k] = v
		}
		byNumber["customer"] = number
		p["customer"] = "秘密花园"
		return []params{p, byNumber}
	}
	switch name {
	case "customer.create":
		return []params{{"customer": "上海秘密花园科技"}, {"customer": "上海秘密花园科技有限公司", "contact": "张三"}}
	case "customer.view":
		return both(params{})
	case "customer.search":
		return []params{{"query": "秘密"}, {"query": "8888"}, {"filter": params{"owner": "李雷"}}, {"filter": params{"tags": []string{"机密"}}}, {}}
	case "customer.update":
		return both(params{"field": "行业", "value": "餐饮"})
	case "customer.tag":
		return append(both(params{"tags": []string{"我的"}}), both(params{"remove": []string{"机密"}})...)
	case "customer.transfer":
		return both(params{"owner": "me"})
	case "contact.create":
		return both(params{"contact": "赵六"})
	case "lead.create":
		return []params{{"company": "秘密花园科技", "contact": "钱七"}}
	case "lead.assign":
		return []params{{"lead": t.lead, "owner": "me"}, {"customer": "秘密线索", "owner": "me"}}
	case "lead.convert", "lead.view":
		return []params{{"lead": t.lead}, {"customer": "秘密线索"}, {}}
	case "lead.list":
		return []params{{}, {"owner": "李雷"}, {"free": true}, {"period": "2026"}}
	case "activity.log":
		return both(params{"content": "聊了聊"})
	case "record.keep":
		return both(params{"draft": 1})
	case "record.offer":
		return []params{{"customer": "秘密花园", "draft": 1}}
	case "record.view":
		return append(both(params{}), params{"record": t.customer + 4}, params{})
	case "record.find":
		return append(both(params{"query": "绝密"}), params{"query": "绝密"})
	case "deal.create":
		return both(params{"amount": 100})
	case "deal.update":
		return append(both(params{"stage": "合同签订"}), params{"deal": t.deal, "stage": "合同签订"}, params{"deal": t.deal, "amount": 1})
	case "deal.win":
		return append(both(params{}), params{"deal": t.deal})
	case "deal.lose":
		return append(both(params{"reason": "x"}), params{"deal": t.deal})
	case "deal.list":
		return append(both(params{}), params{"owner": "李雷"}, params{}, params{"stage": "方案报价"})
	case "reminder.create":
		return both(params{"at": "2026-11-19T15:00:00+08:00", "content": "联系"})
	case "reminder.list":
		return []params{{"owner": "李雷"}, {}}
	case "reminder.done":
		return append(both(params{}), params{"reminder": t.reminder}, params{"reminder": t.task})
	case "reminder.snooze":
		return append(both(params{"at": "2026-11-20T15:00:00+08:00"}), params{"reminder": t.reminder, "at": "2026-11-20T15:00:00+08:00"})
	case "task.create":
		return both(params{"assignee": "me", "content": "看看"})
	case "customer.share", "customer.unshare", "share.deny":
		return append(both(params{"to": "me"}), both(params{"to": "孙客服"})...)
	case "share.ask":
		return both(params{})
	case "reminder.cancel":
		return append(both(params{}), params{"reminder": t.reminder}, params{"reminder": t.task}, params{"content": "提醒"}, params{})
	case "task.list":
		return append(both(params{}), params{"owner": "李雷"}, params{"given": true}, params{})
	case "task.update":
		return append(both(params{"due": "2026-11-25"}), params{"task": t.task, "content": "改了"}, params{"words": "任务", "due": "2026-11-25"})
	case "task.cancel":
		return append(both(params{}), params{"task": t.task}, params{"content": "任务"}, params{})
	case "task.done":
		return append(both(params{}), params{"task": t.task}, params{})
	case "ticket.create":
		return append(both(params{"content": "漏油", "deal": t.deal}), params{"content": "漏油", "customer": "秘密花园"}, params{"content": "漏油", "deal": t.deal}) // it may be told, and shows nothing
	case "ticket.view", "ticket.take", "ticket.wait", "ticket.close", "ticket.reopen", "ticket.escalate":
		return append(both(params{}), params{"ticket": t.ticket}, params{})
	case "ticket.assign":
		return append(both(params{"assignee": "me"}), params{"ticket": t.ticket, "assignee": "me"})
	case "ticket.reply", "ticket.note", "ticket.split":
		return append(both(params{"content": "好的"}), params{"ticket": t.ticket, "content": "好的"})
	case "ticket.answered":
		return append(both(params{"content": "好的"}), params{"ticket": t.ticket, "content": "好的"})
	case "ticket.breach":
		return []params{{"ticket": t.ticket, "clock": "first", "due": "2026-11-18T12:00:00+08:00"}}
	case "guest.link", "guest.invite":
		return append(both(params{}), both(params{"ticket": t.ticket})...)
	case "shift.on", "shift.list", "report.breach":
		return []params{{}, {"owner": "李雷"}}
	case "shift.off":
		return []params{{"owner": "李雷", "until": "2026-11-20"}}
	case "shift.set":
		return []params{{"owner": "李雷", "hours": "周一至周五 9:00-18:00"}}
	case "skill.set":
		return []params{{"owner": "李雷", "skills": []string{"打印机"}}}
	case "ticket.said":
		return []params{{"ticket": t.ticket, "content": "在吗"}, {"guest": 1, "content": "在吗"}}
	case "ticket.capture":
		return []params{{"content": "在吗", "phone": "13888888888"}}
	case "contact.met", "contact.parted":
		return []params{{"guest": 1}}
	case "sms.received":
		return []params{{"from": "13888888888", "content": "TD", "message": "m1"}}
	case "mail.received":
		return []params{{"from": "a@example.com", "message": "m1", "content": "在吗", "ticket": t.ticket}}
	case "ticket.status", "survey.open":
		return []params{{"link": strings.Repeat("ab", 32)}}
	case "survey.send":
		return append(both(params{}), params{"ticket": t.ticket})
	case "survey.campaign":
		return []params{{"filter": params{"tags": []string{"机密"}}}}
	case "survey.answer":
		return []params{{"link": strings.Repeat("ab", 32), "score": 1}, {"survey": t.ticket + 1, "guest": 1, "score": 1}}
	case "report.satisfaction":
		return []params{{}, {"owner": "李雷"}}
	case "ticket.update":
		return append(both(params{"priority": "低"}), params{"ticket": t.ticket, "priority": "低"})
	case "ticket.handoff":
		return append(both(params{"to": "周主管", "content": "查一下"}), params{"ticket": t.ticket, "to": "周主管", "content": "查一下"})
	case "ticket.merge":
		return []params{{"ticket": t.ticket, "into": t.ticket + 1}, {"ticket": 999999, "into": t.ticket}}
	case "ticket.list":
		return append(both(params{}), params{"owner": "李雷"}, params{"free": true}, params{"status": "overdue"}, params{})
	case "order.create":
		return both(params{"product": "空压机", "amount": 5})
	case "order.list", "device.list", "health.view":
		return both(params{})
	case "points.balance", "points.history", "member.create":
		return both(params{})
	case "points.adjust":
		return both(params{"points": 5})
	case "points.redeem":
		return both(params{"gift": "一杯"})
	case "event.create":
		return []params{{"event": "品鉴会"}}
	case "event.signup", "event.attend":
		return both(params{"event": "品鉴会"})
	case "event.list":
		return []params{{}}
	case "event.view":
		return []params{{"event": "品鉴会"}}
	case "tier.list":
		return []params{{}}
	case "device.create":
		return both(params{"serial": "SN1234567"})
	case "repair.update":
		return append(both(params{"step": "检测"}), params{"ticket": t.ticket, "step": "检测"})
	case "appointment.create":
		return both(params{"at": "2026-11-20T14:00:00+08:00", "technician": "me"})
	case "appointment.move":
		return append(both(params{"at": "2026-11-23T14:00:00+08:00"}), params{"appointment": t.customer, "at": "2026-11-23T14:00:00+08:00"})
	case "appointment.done", "appointment.cancel":
		return append(both(params{}), params{"appointment": t.customer}, params{})
	case "appointment.list":
		return append(both(params{}), params{"owner": "李雷"}, params{})
	case "slot.list":
		return []params{{"owner": "李雷"}, {}}
	case "health.list", "visit.list":
		return []params{{"owner": "李雷"}, {}}
	case "device.view":
		return []params{{"serial": "NOSUCH1"}, {"device": t.customer}}
	case "library.find":
		return []params{{"query": "绝密"}}
	case "article.list":
		return []params{{}}
	case "article.create":
		return []params{{"ticket": t.ticket}, {"question": "a", "answer": "b"}}
	case "article.update", "article.confirm", "article.remove":
		return []params{{"article": t.ticket, "answer": "b"}}
	case "article.learn", "article.unlearn":
		return []params{{"article": t.ticket, "question": "票怎么开"}}
	case "campaign.create", "campaign.stop", "campaign.view":
		return []params{{"campaign": "双11"}}
	case "campaign.list", "report.roi":
		return []params{{}}
	case "campaign.cost":
		return []params{{"campaign": "双11", "amount": 5}}
	case "campaign.form":
		return []params{{"campaign": "双11"}}
	case "lead.form", "lead.submit":
		return []params{{"token": "NOSUCH", "name": "a", "phone": "13812345678", "agreed": true}}
	case "campaign.link":
		return []params{{"campaign": "双11", "url": "https://a.cn"}}
	case "campaign.send":
		return []params{{"campaign": "双11", "content": "八折", "filter": params{"tags": []string{"机密"}}}}
	case "campaign.open":
		return []params{{"token": "NOSUCH"}}
	case "customer.open":
		return []params{{"token": "ta-1-NOSUCH-00"}}
	case "customer.merge":
		return []params{{"customer": "秘密花园", "into": "别家"}, {"customer": number, "into": "别家"}, {"customer": "别家", "into": number}}
	case "product.create":
		return []params{{"product": "抹茶"}}
	case "segment.save":
		return []params{{"name": "常客", "filter": params{"min_orders": 1}}, {"name": "李雷的", "filter": params{"owner": "李雷"}}}
	case "segment.view", "segment.remove":
		return []params{{"segment": "常客"}, {"segment": "李雷的"}, {"segment": "没有"}}
	case "recommend.view", "coupon.list", "offer.stop", "offer.resume", "consent.view":
		return both(params{})
	case "coupon.send":
		return append(both(params{"discount": 0.8}), params{"discount": 0.8, "filter": params{"tags": []string{"机密"}}}, params{"discount": 0.8, "filter": params{"owner": "李雷"}})
	case "coupon.redeem", "coupon.view", "coupon.open":
		return []params{{"code": "K7F29QWE3MNB"}, {"token": "NOSUCH"}}
	case "coupon.void":
		return append(both(params{}), params{"code": "K7F29QWE3MNB"})
	case "coupon.remind", "coupon.expire", "offer.answered", "consent.said", "consent.open", "rule.tell":
		return append(both(params{"content": "在吗"}), params{"batch": t.customer, "coupon": t.customer, "offer": t.customer, "guest": 1, "token": "NOSUCH"})
	case "journey.start", "journey.stop":
		return append(both(params{"journey": "沉睡召回"}), params{"journey": "沉睡召回", "filter": params{"owner": "李雷"}})
	case "journey.view", "journey.pause", "journey.resume", "report.recall":
		return []params{{"journey": "沉睡召回"}, {}}
	case "offer.edit", "offer.skip", "offer.send":
		return []params{{"offer": t.customer, "content": "您好"}, {"offer": 999999, "content": "您好"}}
	case "offer.preview", "message.send":
		return append(both(params{"content": "新品到货"}), params{"content": "新品到货", "filter": params{"tags": []string{"机密"}}})
	case "consent.set":
		return both(params{"allowed": true, "purpose": "营销"})
	case "rule.view", "rule.try", "rule.on", "rule.off", "rule.save":
		return []params{{"rule": "30天没下单提醒负责人"}, {"rule": "没有"}}
	case "rule.why":
		return append(both(params{}), params{"rule": "30天没下单提醒负责人"})
	case "product.list", "segment.list", "rfm.list", "cycle.list", "report.churn", "report.coupon", "journey.list", "offer.list", "rule.list":
		return []params{{}, {"owner": "李雷"}}
	case "brief.at":
		return []params{{"at": "08:30"}, {"at": "off"}}
	case "brief", "help":
		return []params{{}}
	case "undo":
		return []params{{}, {"code": "A7F2"}}
	}
	return nil
}

// A rep neither reads nor changes another rep's records, by whatever action and however they are pointed at.
func TestARepCannotReachAnotherRepsRecords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var at targets
	out := h.must("李雷", call("customer.create", params{"customer": "上海秘密花园科技", "contact": "王秘", "phone": "13577778888", "industry": "绝密行业"}),
		call("deal.create", params{"customer": "秘密花园", "title": "绝密商机", "amount": 987654, "stage": "方案报价"}),
		call("activity.log", params{"customer": "秘密花园", "content": "绝密谈话"}),
		call("reminder.create", params{"at": "2026-11-20T09:00:00+08:00", "content": "绝密提醒", "customer": "秘密花园"}),
		call("task.create", params{"assignee": "周主管", "content": "绝密任务", "customer": "秘密花园"}))
	at.customer, at.deal, at.reminder, at.task = out.Results[0].Record.ID, out.Results[1].Record.ID, out.Results[3].Record.ID, out.Results[4].Record.ID
	h.must("李雷", call("customer.tag", params{"customer": "秘密花园", "tags": []string{"机密"}}))
	at.lead = h.must("李雷", call("lead.create", params{"company": "秘密线索公司", "contact": "孙密", "phone": "18055556666", "need": "绝密需求"})).Results[0].Record.ID
	at.ticket = h.must("李雷", call("ticket.create", params{"customer": "秘密花园", "content": "绝密投诉"})).Results[0].Record.ID
	before := fingerprint(h)
	secrets := []string{"王秘", "13577778888", "8888", "绝密", "987654", "987,654", "机密", "孙密", "180555"}
	for _, spec := range action.Vocabulary() {
		calls := stranger(spec.Name, at)
		if calls == nil {
			t.Errorf("%s: no way to try it is written down", spec.Name)
		}
		for _, p := range calls {
			h.focus["韩梅梅"] = action.Focus{Customer: crm.Ref{Kind: crm.KindCustomer, ID: at.customer}, Deal: crm.Ref{Kind: crm.KindDeal, ID: at.deal},
				Lead: crm.Ref{Kind: crm.KindLead, ID: at.lead}, Reminder: crm.Ref{Kind: crm.KindReminder, ID: at.reminder}, Ticket: crm.Ref{Kind: crm.KindTicket, ID: at.ticket}}
			if len(p) > 0 || spec.Name == "undo" { // once with what the bot might wrongly remember, once without
				h.focus["韩梅梅"] = action.Focus{}
			}
			said, _ := json.Marshal(p)
			out, err := h.do("韩梅梅", call(spec.Name, p))
			var refusal *crm.Refusal
			if err != nil && !errors.As(err, &refusal) {
				t.Errorf("%s %s: %v", spec.Name, said, err)
			}
			answer, _ := json.Marshal(out)
			text := string(answer)
			if err != nil {
				text += err.Error()
			}
			for _, s := range secrets {
				if strings.Contains(text, s) && !strings.Contains(string(said), s) {
					t.Errorf("%s %s tells %q: %s", spec.Name, said, s, text)
				}
			}
			if after := fingerprint(h); after != before {
				t.Fatalf("%s %s changed 李雷's records:\n%s\n%s", spec.Name, said, before, after)
			}
		}
	}
	// His lead of the team sees and changes them, the other team's would not.
	if v := h.view("周主管", "秘密花园"); v.Contacts[0].Phone != "135****8888" || v.ShownInFull {
		t.Errorf("lead sees %+v", v.Contacts)
	}
	h.must("周主管", call("deal.update", params{"customer": "秘密花园", "stage": "商务谈判"}))
}

// fingerprint is the state of 李雷's records and what hangs on them.
func fingerprint(h *house) string {
	h.t.Helper()
	var s string
	err := h.owner.QueryRow(`
		SELECT concat_ws(' ',
			(SELECT string_agg(id || '.' || version, ',' ORDER BY id) FROM customers WHERE owner_id = $1),
			(SELECT string_agg(id || '.' || version || deleted_at, ',' ORDER BY id) FROM deals WHERE owner_id = $1),
			(SELECT string_agg(id || '.' || version, ',' ORDER BY id) FROM leads WHERE owner_id = $1),
			(SELECT string_agg(id || '.' || version, ',' ORDER BY id) FROM reminders WHERE user_id = $1 OR customer_id IS NOT NULL),
			(SELECT string_agg(id || '.' || version, ',' ORDER BY id) FROM tasks WHERE customer_id IS NOT NULL),
			(SELECT string_agg(id || '.' || version || coalesce(deleted_at::text, ''), ',' ORDER BY id) FROM tickets WHERE created_by = $1),
			(SELECT count(*) FROM ticket_entries WHERE ticket_id IN (SELECT id FROM tickets WHERE created_by = $1)), (SELECT count(*) FROM activities), (SELECT count(*) FROM contacts),
			(SELECT count(*) FROM coupons), (SELECT count(*) FROM offers), (SELECT count(*) FROM consents), (SELECT count(*) FROM points_ledger), (SELECT count(*) FROM journey_people))`, int64(h.who["李雷"].UserID)).Scan(&s)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// What each role may do, to a customer of 李雷's that it sees.
func TestRolesDoTheirWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "北京长风汽车", "contact": "马力", "phone": "13611112222"}), call("deal.create", params{"customer": "长风", "amount": 5000}))
	may := map[string]map[string]bool{ // action → who may
		"customer.view":   {"李雷": true, "周主管": true, "钱总": true, "孙客服": true, "冯市场": true, "郑管理": true},
		"customer.tag":    {"李雷": true, "周主管": true, "钱总": true, "冯市场": true, "郑管理": true},
		"customer.update": {"李雷": true, "周主管": true, "钱总": true, "郑管理": true},
		"activity.log":    {"李雷": true, "周主管": true, "钱总": true, "孙客服": true, "冯市场": true, "郑管理": true},
		"deal.update":     {"李雷": true, "周主管": true, "钱总": true, "郑管理": true},
		"deal.win":        {},
		"task.create":     {"李雷": true, "周主管": true, "钱总": true, "孙客服": true, "冯市场": true, "郑管理": true, "韩梅梅": true},
		"lead.create":     {"李雷": true, "周主管": true, "钱总": true, "冯市场": true, "郑管理": true, "韩梅梅": true},
	}
	p := map[string]func(i int) params{
		"customer.view": func(int) params { return params{"customer": "长风汽车"} },
		"customer.tag": func(i int) params {
			return params{"customer": "长风汽车", "tags": []string{fmt.Sprint("标签", i)}}
		},
		"customer.update": func(i int) params {
			return params{"customer": "长风汽车", "field": "规模", "value": fmt.Sprint(i, "人")}
		},
		"activity.log": func(int) params { return params{"customer": "长风汽车", "content": "打了电话"} },
		"deal.update":  func(i int) params { return params{"customer": "长风汽车", "amount": 6000 + i} },
		"task.create": func(int) params {
			return params{"assignee": "李雷", "content": "寄样品", "customer": "长风汽车"}
		},
		"lead.create": func(i int) params { return params{"contact": fmt.Sprint("某某", i), "company": "新公司"} },
	}
	delete(may, "deal.win")
	for name, allowed := range may {
		for i, who := range []string{"李雷", "韩梅梅", "周主管", "钱总", "孙客服", "冯市场", "郑管理"} {
			out, err := h.do(who, call(name, p[name](i)))
			if done := err == nil && out.Ask == nil && out.Pick == nil; done != allowed[who] {
				t.Errorf("%s by %s: done %v, want %v (%v)", name, who, done, allowed[who], err)
			}
			if err != nil && !errors.Is(err, crm.ErrDenied) {
				t.Errorf("%s by %s: %v", name, who, err)
			}
		}
	}
}
