package parse

import (
	"fmt"
	"strings"
	"testing"
)

// told gives what a text is understood as in one line: the actions with the parameters that are asked for.
func told(text string, params ...string) string {
	var all []string
	for _, a := range Parse(text, wednesday, nil).Actions {
		one := a.Name
		for _, p := range params {
			if v, ok := a.Params[p]; ok {
				one += fmt.Sprintf(" %v", v)
			}
		}
		all = append(all, one)
	}
	return strings.Join(all, "; ")
}

func TestAnOrderOfSeveralIsOneOrderEach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, params, want string }{
		{"提醒科技和拜访通这两家都转给阿杰", "customer owner", "customer.transfer 提醒科技 阿杰; customer.transfer 拜访通 阿杰"},
		{"转转和闲鱼两家都打上二手电商的标签", "customer", "customer.tag 转转; customer.tag 闲鱼"},
		{"给云帆、百川、锦程各发一张八折券", "customer", "coupon.send 云帆; coupon.send 百川; coupon.send 锦程"},
		{"张伟、李雷这两位会员每人补20积分", "customer points", "points.adjust 张伟 20; points.adjust 李雷 20"},
		{"云帆跟百川都推进到报价，再提醒我明天回访", "customer", "deal.update 云帆; deal.update 百川; reminder.create 云帆"},
		{"云帆和百川的级别都改成重点客户", "customer value", "customer.update 云帆 重点客户; customer.update 百川 重点客户"},
		{"晨光回款五万，得力回款一万八，都是昨天到的", "customer amount at", "payment.record 晨光 50000 2026-11-17T09:00:00+08:00; payment.record 得力 18000 2026-11-17T09:00:00+08:00"},
		{"李娜的业绩、周航的业绩，都看这个月的", "owner period", "report.performance 李娜 2026-11; report.performance 周航 2026-11"},
		{"给得物打标签潮牌、账期长，再转给欧阳", "customer", "customer.tag 得物; customer.transfer 得物"},
		{"喜欢普洱的、这周生日的，都有谁", "", "customer.search"},
		{"云帆和百川合并", "customer into", "customer.merge 云帆 百川"},
	} {
		if got := told(c.text, strings.Fields(c.params)...); got != c.want {
			t.Errorf("%s:\n\t%s\n\twant %s", c.text, got, c.want)
		}
	}
}

func TestALaterOrderLeavesOutWhatTheyShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, params, want string }{
		{"看看吴迪的商机，李娜呢", "owner", "deal.list 吴迪; deal.list 李娜"},
		{"云帆这周的工单看下，百川呢？", "customer period", "ticket.list 云帆 2026-W47; ticket.list 百川 2026-W47"},
		{"上周排名看看，这周的也要", "period", "report.ranking 2026-W46; report.ranking 2026-W47"},
		{"展会的投入产出算一下 抖音渠道的也给个数", "channel", "report.roi 展会; report.roi 抖音"},
		{"看看海康的档案，还有大华的也看下", "customer", "customer.view 海康; customer.view 大华"},
		{"把启元给吴迪，铭扬给李娜，博雅给我", "customer owner", "customer.transfer 启元 吴迪; customer.transfer 铭扬 李娜; customer.transfer 博雅 me"},
		{"提醒我后天上午给云帆寄样，周五下午去百川开会", "at customer", "reminder.create 2026-11-20T09:00:00+08:00 云帆; reminder.create 2026-11-20T14:00:00+08:00 百川"},
		{"把云帆网络合并到云帆科技，然后转给李娜", "customer", "customer.merge 云帆网络; customer.transfer 云帆科技"},
		{"刚跟九牧的裘总打完电话他说卫浴展之前都没空看方案下周五上午提醒我再约", "customer content", "activity.log 九牧 他说卫浴展之前都没空看方案; reminder.create 九牧 再约"},
		{"良品铺子下单货架30组，三只松鼠下单冷藏柜8台", "customer quantity", "order.create 良品铺子 30; order.create 三只松鼠 8"},
		{"提醒我明天去云帆，后天他们搬家", "at", "reminder.create 2026-11-19T09:00:00+08:00"},
		{"驳回512，折扣给太低；513也驳回，没附合同", "approval reason", "approval.reject 512 折扣给太低; approval.reject 513 没附合同"},
	} {
		if got := told(c.text, strings.Fields(c.params)...); got != c.want {
			t.Errorf("%s:\n\t%s\n\twant %s", c.text, got, c.want)
		}
	}
}

func TestANewLeadIsHandedOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, params, want string }{
		{"线索一条 大华股份 陈工 13811112222 让吴迪去跟", "company customer owner", "lead.create 大华股份; lead.assign 大华股份 吴迪"},
		{"录个线索：百川，胡总13811112222，官网来的。分配给销售二部，再提醒我明天问问进展", "company customer owner", "lead.create 百川; lead.assign 百川 销售二部; reminder.create 百川"},
		{"抖音来的线索 南风音乐 边经理 15012348888 要做私域 建好给孟瑶", "company need customer owner", "lead.create 南风音乐 要做私域; lead.assign 南风音乐 孟瑶"},
		{"新线索：云帆科技 王总 13800001111 想买服务器给分公司用", "need", "lead.create 想买服务器给分公司用"},
		{"来了个线索 张先生 13900001111 要给孩子报名", "need", "lead.create 要给孩子报名"},
		{"登记线索：蓝鲸物流的乜经理 18611223344，想上TMS；提醒我明天上午十点给他打电话", "customer", "lead.create; reminder.create 蓝鲸物流"},
	} {
		if got := told(c.text, strings.Fields(c.params)...); got != c.want {
			t.Errorf("%s:\n\t%s\n\twant %s", c.text, got, c.want)
		}
	}
}

func TestWhatIsSentGoesToThoseThatWereFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, params, want string }{
		{"把三个月没下单的会员找出来，给他们每人发一张8折券", "filter", "customer.search map[member:true no_order_days:90]; coupon.send map[member:true no_order_days:90]"},
		{"给华东的沉睡客户走“唤醒三步曲”旅程，另外每人再发个七五折券", "filter", "journey.start map[region:华东 rfm:沉睡]; coupon.send map[region:华东 rfm:沉睡]"},
		{"买过跑鞋的会员发一张满400减80的券，再走“冬季焕新”", "filter journey", "coupon.send map[bought:跑鞋 member:true]; journey.start map[bought:跑鞋 member:true] 冬季焕新"},
		{"云帆下单打印机3台，再给他们发张满1000减80的券", "customer", "order.create 云帆; coupon.send 云帆"},
	} {
		if got := told(c.text, strings.Fields(c.params)...); got != c.want {
			t.Errorf("%s:\n\t%s\n\twant %s", c.text, got, c.want)
		}
	}
}

func TestWhatSomebodyIsSaidToForbidIsTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"旺旺的简姐微信说采购在走内部比价，让我别催，等她消息": "activity.log",
		"先不要联系格力的翟总":                 "",
		"云帆的合同先别发":                   "",
	} {
		if got := told(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
