package action_test

import (
	"context"
	"strings"
	"testing"

	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// What identifies or reaches a person, and every free text, is nowhere in clear in the database; the owner reads it.
func TestPersonalDataIsSealed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678", "email": "wq@yunfan.cn"}),
		call("contact.create", params{"customer": "云帆", "contact": "李娜", "wechat": "lina_wx_99", "phone": "02158881234"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "地址", "value": "浦东世纪大道88号"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "老板微信", "value": "boss_wx_77"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "备用", "value": "找小赵 139 1234 5678"}))
	h.must("李雷", call("customer.update", params{"customer": "云帆", "field": "年产值", "value": "三个亿"}))
	h.must("李雷", call("activity.log", params{"customer": "云帆", "content": "预算吃紧的秘密", "next_at": "2026-11-20T09:00:00+08:00", "next": "悄悄报价"}),
		call("reminder.create", params{"at": "2026-11-20T09:00:00+08:00", "content": "提醒里的秘密"}), call("task.create", params{"assignee": "me", "content": "任务里的秘密"}))
	h.must("李雷", call("lead.create", params{"company": "星河", "phone": "13712345678", "need": "需求里的秘密", "wechat": "lead_wx_55"}))
	h.must("李雷", call("deal.create", params{"customer": "云帆"}), call("deal.lose", params{"customer": "云帆", "reason": "原因里的秘密"}))
	h.must("李雷", call("undo", nil))
	dump := storetest.Dump(t, h.store)
	for _, s := range []string{"13812345678", "wq@yunfan", "lina_wx", "58881234", "世纪大道", "boss_wx", "139 1234", "预算吃紧", "悄悄报价", "提醒里的", "任务里的", "13712345678",
		"需求里的", "lead_wx", "原因里的"} {
		if i := strings.Index(dump, s); i >= 0 {
			t.Errorf("%q is in the dump: …%s…", s, dump[max(0, i-100):min(len(dump), i+60)])
		}
	}
	v := h.view("李雷", "云帆")
	if v.Address != "浦东世纪大道88号" || v.Fields["老板微信"] != "boss_wx_77" || v.Fields["年产值"] != "三个亿" || v.Contacts[1].Wechat != "lina_wx_99" {
		t.Errorf("%+v", v)
	}
}

// Without an actor the application reads no row of any business table.
func TestNobodySeesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "上海云帆科技", "contact": "王强", "phone": "13812345678"}), call("deal.create", params{"customer": "云帆"}),
		call("activity.log", params{"customer": "云帆", "content": "x"}), call("reminder.create", params{"at": "2026-11-20T09:00:00+08:00"}))
	h.must("冯市场", call("lead.create", params{"company": "星河"}), call("task.create", params{"assignee": "me", "content": "x"}))
	h.must("李雷", call("ticket.create", params{"customer": "云帆", "content": "x"}))
	h.must("李雷", call("ticket.note", params{"content": "y"}))
	for _, table := range []string{"customers", "contacts", "deals", "activities", "reminders", "tasks", "leads", "tickets", "ticket_entries"} {
		if n := h.count(`SELECT count(*) FROM ` + table); n == 0 {
			t.Errorf("%s: nothing there to hide", table)
		}
		err := h.store.As(t.Context(), crm.Actor{}, func(ctx context.Context, tx *store.Tx) error {
			var n int
			if err := tx.Get(ctx, &n, `SELECT count(*) FROM `+table); err != nil {
				return err
			}
			found, err := tx.CustomersNamed(ctx, "云帆")
			if n != 0 || len(found) != 0 {
				t.Errorf("%s: %d rows seen, %d customers found", table, n, len(found))
			}
			return err
		})
		if err != nil {
			t.Error(table, err)
		}
	}
}
