package parse

import (
	"encoding/json"
	"testing"
)

// TestSaidAround: names, counts and amounts whose edges are said by what stands around them.
func TestSaidAround(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"龙腾供应链下单 螺丝 二万个 三千二", `[{"name":"order.create","params":{"amount":3200,"customer":"龙腾供应链","product":"螺丝","quantity":20000}}]`},
		{"云帆订了A4纸200箱，八千六", `[{"name":"order.create","params":{"amount":8600,"customer":"云帆","product":"A4纸","quantity":200}}]`},
		{"陶然居来个订单，碗碟三百套，千把块", `[{"name":"order.create","params":{"amount":1000,"customer":"陶然居","product":"碗碟","quantity":300}}]`},
		{"和盛机械 刹车片20箱 1600元 下个订单", `[{"name":"order.create","params":{"amount":1600,"customer":"和盛机械","product":"刹车片","quantity":20}}]`},
		{"把K2酒店用品转给王强", `[{"name":"customer.transfer","params":{"customer":"K2酒店用品","owner":"王强"}}]`},
		{"2091号线索归老黄，2092号那条给我", `[{"name":"lead.assign","params":{"lead":2091,"owner":"老黄"}},{"name":"lead.assign","params":{"lead":2092,"owner":"me"}}]`},
		{"请把云帆移交至渠道部，谢谢", `[{"name":"customer.transfer","params":{"customer":"云帆","owner":"渠道部"}}]`},
		{"老宋调走了，云帆交接给韩雪", `[{"name":"customer.transfer","params":{"customer":"云帆","owner":"韩雪"}}]`},
		{"积分兑换 陶姐 保温杯 200分", `[{"name":"points.redeem","params":{"customer":"陶姐","gift":"保温杯","points":200}}]`},
		{"查查云帆的积分，再给他们扣50分，兑错了", `[{"name":"points.balance","params":{"customer":"云帆"}},{"name":"points.adjust","params":{"customer":"云帆","points":-50,"reason":"兑错了"}}]`},
		{"周五晚上七点提醒林峰盯一下合同", `[{"name":"reminder.create","params":{"assignee":"林峰","at":"2026-11-20T19:00:00+08:00","content":"盯一下合同"}}]`},
		{"1小时后提醒我看看星河酒店有没有签字", `[{"name":"reminder.create","params":{"at":"2026-11-18T11:00:00+08:00","content":"看看星河酒店有没有签字","customer":"星河酒店"}}]`},
		{"明天上午十点提醒我和首尔那边开会", `[{"name":"reminder.create","params":{"at":"2026-11-19T10:00:00+08:00","content":"和首尔那边开会"}}]`},
		{"后天中午提醒我跟百川闻总吃饭", `[{"name":"reminder.create","params":{"at":"2026-11-20T12:00:00+08:00","contact":"闻总","content":"跟百川闻总吃饭","customer":"百川"}}]`},
		{"设个提醒 周五早上九点 去机场接龚博士", `[{"name":"reminder.create","params":{"at":"2026-11-20T09:00:00+08:00","contact":"龚博士","content":"去机场接龚博士"}}]`},
		{"半小时后叫我下楼取快递", `[{"name":"reminder.create","params":{"at":"2026-11-18T10:30:00+08:00","content":"下楼取快递"}}]`},
		{"云帆规模写错了应该是300人，改过来", `[{"name":"customer.update","params":{"customer":"云帆","field":"规模","value":"300人"}}]`},
		{"云帆的人数从80人改成120人", `[{"name":"customer.update","params":{"customer":"云帆","field":"人数","value":"120人"}}]`},
		{"把云帆的规模补上，60人", `[{"name":"customer.update","params":{"customer":"云帆","field":"规模","value":"60人"}}]`},
		{"把林巧加到云帆的联系人里，4月5号生日", `[{"name":"contact.create","params":{"birthday":"04-05","contact":"林巧","customer":"云帆"}}]`},
		{"贺工是云帆那边管采购的，电话13800138000，存成联系人", `[{"name":"contact.create","params":{"contact":"贺工","customer":"云帆","phone":"13800138000"}}]`},
		{"把 Nestle 这个客户 merge 到 雀巢", `[{"name":"customer.merge","params":{"customer":"Nestle","into":"雀巢"}}]`},
		{"旧记录“云帆网络”合到“云帆科技”里去", `[{"name":"customer.merge","params":{"customer":"云帆网络","into":"云帆科技"}}]`},
		{"客户去重：云帆 → 云帆科技", `[{"name":"customer.merge","params":{"customer":"云帆","into":"云帆科技"}}]`},
		{"微信上问了云帆的王经理，说样品周五到", `[{"name":"activity.log","params":{"channel":"微信","contact":"王经理","content":"说样品周五到","customer":"云帆"}}]`},
		{"刚通完电话，对方说预算砍了", `[{"name":"activity.log","params":{"channel":"电话","content":"对方说预算砍了"}}]`},
		{"立一个商机，ERP系统，金额20万", `[{"name":"deal.create","params":{"amount":200000,"product":"ERP系统"}}]`},
		{"show一下周凯下个月的deal", `[{"name":"deal.list","params":{"owner":"周凯","period":"2026-12"}}]`},
	} {
		got, err := json.Marshal(Parse(c.text, wednesday, nil).Actions)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestBesideEachOther: orders beside each other, and ways of asking that were no orders once.
func TestBesideEachOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"云帆的工单换给老黄，顺便升级一下", `[{"name":"ticket.assign","params":{"assignee":"老黄","customer":"云帆"}},{"name":"ticket.escalate","params":{"customer":"云帆"}}]`},
		{"1701号工单assign给Tony，回复客户：备件明天到", `[{"name":"ticket.assign","params":{"assignee":"Tony","ticket":1701}},{"name":"ticket.reply","params":{"content":"备件明天到","ticket":1701}}]`},
		{"云帆推到谈判，百川推到签约", `[{"name":"deal.update","params":{"customer":"云帆","stage":"商务谈判"}},{"name":"deal.update","params":{"customer":"百川","stage":"合同签订"}}]`},
		{"小红书本月投产比看下，官网本月的投产比也要", `[{"name":"report.roi","params":{"channel":"小红书","period":"2026-11"}},{"name":"report.roi","params":{"channel":"官网","period":"2026-11"}}]`},
		{"后天上午提醒我催华润置地付款，后天下午四点再提醒我给好利来寄样", `[{"name":"reminder.create","params":{"at":"2026-11-20T09:00:00+08:00","content":"催华润置地付款","customer":"华润置地"}},{"name":"reminder.create","params":{"at":"2026-11-20T16:00:00+08:00","content":"给好利来寄样","customer":"好利来"}}]`},
		{"星河酒店的工单记录调出来", `[{"name":"ticket.list","params":{"customer":"星河酒店"}}]`},
		{"搜一下“火锅”", `[{"name":"customer.search","params":{"query":"火锅"}}]`},
		{"作文怎么写", `[]`},
	} {
		got, err := json.Marshal(Parse(c.text, wednesday, nil).Actions)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}
