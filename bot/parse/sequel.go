package parse

import (
	"regexp"
	"slices"
	"strings"
)

// What a clause without an order of its own orders once more, of the kind that the order before it was.

// sequel gives the action that the clause, in which no phrase was found, orders behind cur, and whether there is one.
func (s *scan) sequel(cur *group, c *clause) (hit, bool) {
	action := ""
	switch {
	case s.handsOther(cur, c): // 1802工单给我，|1803转售后二组
		action = cur.action
	case cur.action == "deal.update" && s.changesOther(c): // #8820签约日改下个月8号，|叮当快药的改成下月底
		action = cur.action
	case cur.action == "points.balance" && addsPoints.MatchString(string(s.norm[c.i:c.j])): // 查下积分余额，|再往上加三百
		action = "points.adjust"
	case cur.action == "lead.convert" && s.givesTo(c): // 喵喵怪的线索转客户，|叫佟丽负责
		action = "lead.assign"
	}
	return hit{action: action, weight: cur.hit.weight, i: c.i, j: c.i, phrase: cur.hit.phrase}, action != ""
}

// addsPoints is a clause that says no more than how many points are added or taken.
var addsPoints = regexp.MustCompile(`^(?:然后|顺便|再|就|那|也|给[他她]|帮[他她])*(?:往上)?(?:加|补|送|扣|减)(?:上|给[他她]|[他她]|了|个|掉)*(?:[0-9]+|[一二两三四五六七八九十百千万]+)(?:个|积)?分?(?:吧|哈)?$`)

// retold makes what a clause behind an order about a ticket says that the customer be told an answer to it: 工单让老黄接，|跟他们说车队会登门道歉.
func (s *scan) retold(cur *group, c *clause) (hit, bool) {
	if !strings.HasPrefix(cur.action, "ticket.") || cur.action == "ticket.list" || cur.action == "ticket.create" {
		return hit{}, false
	}
	i := c.i
	for i < c.j && s.anyAt(i, "并且", "并", "再", "也", "先", "顺便", "然后", "同时", " ") > 0 {
		i += s.anyAt(i, "并且", "并", "再", "也", "先", "顺便", "然后", "同时", " ")
	}
	n := s.anyAt(i, "跟", "和", "给", "向")
	m := s.anyAt(i+n, "他们", "她们", "人家", "对方", "客户", "客人", "他", "她")
	e := i + n + m
	e += s.anyAt(e, "那边")
	v := s.anyAt(e, "说一声", "说一下", "说", "讲一声", "讲一下", "讲", "回一句", "回个话", "解释一下", "解释")
	if n == 0 || m == 0 || v == 0 || s.anyAt(e+v, "好了", "过", "完", "了") > 0 || e+v >= c.j {
		return hit{}, false
	}
	return hit{action: "ticket.reply", weight: 6, i: i, j: e + v, phrase: cur.hit.phrase}, true
}

// changesOther reports whether the clause says of another customer's deal what it becomes: 叮当快药的改成下月底.
func (s *scan) changesOther(c *clause) bool {
	for k := c.i + 2; k < c.j && k < c.i+14; k++ {
		if s.at[k] != nil || s.norm[k] != '的' {
			continue
		}
		e := k + 1 + s.anyAt(k+1, "那单", "那个", "商机", "单子", "那笔")
		e += s.anyAt(e, "就", "也", "则", "先")
		n := s.anyAt(e, "改成", "改到", "改为", "推到", "推进到", "延到", "挪到", "调到", "降到", "涨到", "定到", "定在")
		return n > 0 && e+n < c.j && s.namesOther(&group{action: "deal.update", parts: []*clause{c}})
	}
	return false
}

// givesTo reports whether the clause says no more than who is to look after it: 叫佟丽负责, 给小周跟.
func (s *scan) givesTo(c *clause) bool {
	i := c.i
	for i < c.j && s.anyAt(i, "然后", "再", "就", "以后", "之后", "后面", " ") > 0 {
		i += s.anyAt(i, "然后", "再", "就", "以后", "之后", "后面", " ")
	}
	n := s.anyAt(i, "交给", "分给", "派给", "转给", "归", "叫", "让", "由", "给", "请")
	who, e := s.colleague(i+n, c.j)
	if n == 0 || who == "" {
		return false
	}
	for k := i + n + 2; k < e; k++ { // 佟丽|负责
		if s.anyAt(k, "负责", "跟进", "来跟", "去跟", "接手", "对接") > 0 {
			e = k
		}
	}
	e += s.anyAt(e, "来负责", "负责", "来跟进", "跟进", "来跟", "去跟", "跟", "接手", "接", "对接", "管")
	e += s.anyAt(e, "一下", "吧", "了", "哈")
	return e >= c.j
}

// dealAtEnd joins what a customer wants, for how much and until when, to the deal that the last clause orders in so many words:
// 安踏要订鞋垫五万双，预计三月底签，|开个新商机吧.
func (s *scan) dealAtEnd(groups []*group) []*group {
	n := len(groups)
	if n < 2 || groups[n-1].action != "deal.create" || len(groups[n-1].parts) != 1 {
		return groups
	}
	last := groups[n-1]
	c := last.parts[0]
	if c.j-c.i > last.hit.j-last.hit.i+2 || s.anyAt(c.i, "再", "另", "又", "还", "也", "然后", "顺便") > 0 {
		return groups
	}
	var parts []*clause
	for _, g := range groups[:n-1] {
		wants := g.action == "order.create" && !slices.ContainsFunc(g.parts, func(p *clause) bool { return hasAny(p.text, []string{"下单", "订单", "下个单", "开单"}) })
		expects := g.action == "deal.update" && g.hit.weight <= 4 && g != groups[0] && !slices.ContainsFunc(g.parts, func(p *clause) bool { return hasAny(p.text, []string{"商机", "改", "推", "调"}) })
		if !wants && !expects {
			return groups
		}
		parts = append(parts, g.parts...)
	}
	last.parts = append(parts, c)
	return []*group{last}
}

// sharedPeriod gives a report that says nothing of its time that of the report before it, and one about him or her the colleague
// named before: 十月份的业绩，再来个单数排行; 看看韩雪的商机，她上周业绩也要.
func (f *frame) sharedPeriod(before []*frame) {
	if !strings.HasPrefix(f.action, "report.") {
		return
	}
	period := f.scan.before.period
	if n := len(before); n > 0 {
		if period = nil; strings.HasPrefix(before[n-1].action, "report.") {
			period = before[n-1].params["period"]
		}
	}
	if period != nil && !f.has("period") && f.action != "report.forecast" && f.action != "report.quality" {
		f.set("period", period)
	}
	if f.whom != "" && !f.has("owner") && (f.action == "report.performance" || f.action == "report.quality" || f.action == "report.satisfaction") && f.before("他", "她") >= 0 {
		f.set("owner", f.whom)
	}
}
