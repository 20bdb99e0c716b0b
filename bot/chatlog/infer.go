package chatlog

import "strings"

// sellerSays and buyerSays are words that in a talk about business come from one side only. 您 alone is said by
// both.
var (
	sellerSays = []string{"给您", "为您", "帮您", "发您", "跟您", "联系您", "回您", "到您", "您看", "我司", "您这边", "您放心", "底价", "包安装", "包邮", "含税价", "起订", "起印", "起做", "欢迎光临", "欢迎欢迎", "我们送", "宝~", "亲 ", "亲，", "亲~",
		"您先别急", "给您优惠", "可以给到", "可以做到", "我们这边可以", "没问题您", "您需要", "请问您", "贵公司大概", "您公司", "安排师傅", "师傅上门", "质保", "售后给", "报价单发", "我报给", "给你优惠", "打九", "打八", "送您", "退给您", "寄您"}
	buyerSays = []string{"多少钱", "怎么收", "怎么卖", "什么价", "啥价", "能便宜", "便宜点", "便宜些", "太贵", "有点贵", "贵了", "打折吗", "打折不", "能打折", "你们家", "你家", "贵司", "想订", "想买", "想做", "想换", "想要", "报个价", "报价吗", "预算",
		"能不能少", "再少点", "你们什么时候", "你们能", "你们有", "有没有货", "有货吗", "能发货吗", "还没到", "退款", "退货", "投诉", "上限", "老板不批", "领导说", "要订", "先要", "我要", "给我"}
)

// inferSides says who sells and who buys when a record has exactly two people and the words of both agree
// clearly. In doubt it says nothing: a wrong side is worse than none.
func inferSides(r *Record) {
	type votes struct{ sell, buy int }
	of := map[string]*votes{}
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Sender == "" || l.Depth > 0 {
			continue
		}
		if l.Side != "" {
			return
		}
		v := of[l.Sender]
		if v == nil {
			if len(of) == 2 {
				return
			}
			v = &votes{}
			of[l.Sender] = v
		}
		if i >= maxVotes || len(l.Text) > maxFactLine {
			continue
		}
		v.sell += saysAny(l.Text, sellerSays)
		v.buy += saysAny(l.Text, buyerSays)
	}
	if len(of) != 2 {
		return
	}
	lead := map[string]int{}

	for name, v := range of {
		lead[name] = v.sell - v.buy
	}
	for seller, a := range lead {
		for buyer, b := range lead {
			if seller == buyer || a-b < 3 || a < 0 || b > 0 || of[buyer].buy == 0 && of[seller].sell < 3 {
				continue
			}
			for i := range r.Lines {
				switch l := &r.Lines[i]; {
				case l.Depth > 0:
				case l.Sender == seller:
					l.Side = Us
				case l.Sender == buyer:
					l.Side = Customer
				}
			}
			return
		}
	}
}

// maxVotes is how many lines are heard: the beginning of a talk shows who is who.
const maxVotes = 400

func saysAny(s string, words []string) int {
	for _, w := range words {
		if strings.Contains(s, w) {
			return 1
		}
	}
	return 0
}
