package knowledge

import (
	"regexp"
	"strings"

	"gendan/bot/parse"
)

var (
	person = regexp.MustCompile(`转人工|人工客服|转接?(到)?(人工|真人|客服)|找(个)?(真人|活人|人工)|不要机器人|别.{0,3}机器人|真人(客服|服务)|人工服务|^人工$|叫(你们)?(经理|老板|领导|负责人)|(给|帮)我(转|接)(一下)?(人|客服)|和(真)?人(说|聊)`)
	angry  = regexp.MustCompile(`投诉(你|他|她|们|到|一下|一个|商家|快递|客服)|我(要|想|得)投诉|(要|去)(投诉|举报|曝光|起诉)|12315|消协|工商局|差评|垃圾|骗子|骗人|骗钱|坑人|坑爹|黑店|黑心|无良|奸商|忽悠|什么破|破玩意|破东西|烂(货|透|东西|机器)|太(差|坑|烂|恶心|过分|气人|垃圾|不负责)|气死|恶心|欺负人|欺骗|` +
		`再也不(买|来|用|去)|态度(太|很|这么|那么|极)?(差|恶劣|不好)|没人(管|理|回|接)(我|了|事|人|电话|消息|$)|说话不算(数|话)|受够|忍无可忍|^滚|滚(蛋|开|远|出去|吧)|他妈|妈的|傻[逼比叉]|退钱|赔钱(！|。|了|$)|什么(态度|意思嘛|玩意)|不(靠谱|要脸)|失望|律师函|法院见|我要赔偿|给个说法|讨个?说法|敷衍|推(来推去|卸|脱)|糊弄|太慢了吧|等了(这么久|半天|一上午|一下午|好久|[一二三四五六七八九十两几\d]+(个)?(天|小时|星期|周|月|多))`)
	// acknowledged is what only says that something was heard.
	acknowledged = regexp.MustCompile(`^(收到|好的?|知道|明白|了解|清楚|ok|行|可以|谢谢|多谢|感谢|嗯+|哦+)(了|啦|哈|的|谢谢|你|您|收到|知道了)*$`)
	// mine is one's own thing: an order, a parcel, a repair, a bill.
	mine   = regexp.MustCompile(`(我|俺|咱|本人|我家|我们家|我女儿|我儿子|我孩子|我家孩子|我妈|我爸|我老婆|我老公|我朋友|我们公司|我司)(的|那|这|昨|前|上|今|刚|下|买|订|拍|寄|报|约|送|交|充|付|退|申|修|定|办|投|提|做|租|存|预约|约)|帮(我|忙)?(查|看看|看下|看一下|催)|(查|看)(一)?下我|这个?(单|订单|快递)|那个?(单|订单|快递)`)
	status = regexp.MustCompile(`(怎么样了$|是几点|到哪|到了(吗|没|么)|在哪(里|儿)?了|哪(里|儿)了|发(货)?了(吗|没|么)|发货了?没|寄(出)?了(吗|没|么)|(修|弄|做|办|审|批|装|处理|打|退|开|出|好)(理)?(好|完|下来|出来)?了(吗|没有|没|么)|好了(吗|没|么)|进度|怎么还(没|不)|咋还(没|不)|还没(有)?(到|收|发|退|来|好|修|寄|给|送|审|安|回|处理|消息|动|结果)|还(不|没).{0,4}(呢|啊)$|` +
		`没(有)?(动静|消息|更新|人联系)|什么时候(能|才|可以)?(到|好|发|送|退|修好|来|轮到|寄|处理|出)|啥时候(能|才|可以)?(到|好|发|送|退|修好|来|轮到|寄)|几点(能)?到|多久(能|才)?(到|好|发|修好)|还要(等)?多久|还(要|得)(等)?几天|还剩|还有(多少|几)|是多少$|余额|多少(积分|钱)了|结果(出来|怎么样|如何|是什么)|通过了(吗|没|么)|成功了(吗|没|么)|是哪天|排到|卡在|催)`)
	number    = regexp.MustCompile(`(单号|订单号?|工单号?|运单号?|编号|号码)(是|为|:|：)?#?[a-z]{0,4}\d{4,}|[a-z]{0,3}\d{9,}|#\d{3,}`)
	generally = regexp.MustCompile(`怎么(查|看|样查)|如何查|在哪(里|儿)?(查|看|可以查)|哪(里|儿)(可以|能)?(查|看)|一般|通常|正常|大概多久`)
	overdue   = regexp.MustCompile(`(昨天|前天|上周|上个月|上月|[一二三四五六七八九十两几\d]+(个)?(天|周|星期|月|小时)(了|前|过去)|好久|半个?月|月初|早上|上午|周[一二三四五六日]).{0,14}(还没|还不|怎么没|咋没|没(收|到|发|退|来|动)|到哪|发了(吗|没))|都.{0,6}(天|小时|周|月)了`)
)

// manner tells what no list of answers can serve, whatever it holds: greetings, calls for a person, anger, and what
// only a look at one's own order can tell.
func manner(text string, p *phrase, x *Index) Reason {
	s := strings.Join(strings.Fields(string(parse.Folded(text))), "")
	switch {
	case len(p.terms) == 0 && p.core == "" || len(p.terms) == 0 && p.kinds == 0:
		return Greeting
	case person.MatchString(s):
		return Person
	case acknowledged.MatchString(strings.TrimRight(s, "。！!~，,.")) && !x.known(p):
		return Greeting
	case x.known(p): // the list itself asks this
		return Sure
	case angry.MatchString(s):
		return Complaint
	case number.MatchString(s):
		return Personal
	case overdue.MatchString(s):
		return Personal
	case mine.MatchString(s) && status.MatchString(s) && !generally.MatchString(s):
		return Personal
	}
	return Sure
}

// Teachable tells whether text asks anything that a list could learn: it is no greeting, no call for a person, no anger, not
// about one's own order, and says something in three characters or more.
func Teachable(text string, words *Words) bool {
	x := Index{reader: reader{words: words}}
	if words == nil {
		x.reader.words = NewWords(nil, nil, nil, nil)
	}
	p := x.reader.read(text)
	return manner(text, &p, &x) == Sure && len([]rune(p.core)) > 2
}
