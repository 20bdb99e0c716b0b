package crm

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What must not be learned from a talk with one customer: it would be told to all others.
var (
	privatePhone  = regexp.MustCompile(`(?:^|\D)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?:\D|$)|(?:^|\D)0\d{2,3}[- ]?\d{7,8}(?:\D|$)|[\w.+-]+@[\w-]+\.[\w.]+`)
	privateNumber = regexp.MustCompile(`(?i)[a-z]{0,6}\d{9,}|[a-z]{1,6}-?\d{7,}|(?:订单|单号|运单|快递单|工单|合同|编号|车牌|卡号|账号)号?\s*[:：#是为]*\s*[a-z]{0,4}-?\d{4,}|#\d{4,}`)
	privatePlace  = regexp.MustCompile(`(?:路|街|巷|道|弄|村|苑|小区|花园|大厦|广场).{0,8}[0-9一二三四五六七八九十]+\s*(?:号|弄|栋|幢|室|单元|楼)`)
	privateName   = regexp.MustCompile(`[王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范姚谭廖邹熊陆郝崔邱秦顾侯邵孟段钱汤尹黎乔贺赖龚]` +
		`(?:先生|女士|小姐|太太|阿姨|大哥|大姐|老板|师傅|经理|主任|总(?:$|[\s，,。！!、:：您你好说那这的])|工(?:$|[\s，,。！!、:：您你好])|哥(?:$|[\s，,。！!您你好])|姐(?:$|[\s，,。！!您你好]))|我(?:姓|叫)|我是[^\s，,。]{1,6}公司`)
	// oneDeed is what was done, or will be, for this very customer.
	oneDeed = regexp.MustCompile(`(?:给|帮|为|替)(?:您|你|他|她)?(?:这边)?(?:查|看|问|催|改|补|发|退|换|安排|申请|登记|预约|处理|取消|重发|重新|核实|联系|反馈)(?:了|好|过|到|完|出|掉|上)|(?:已经?|刚刚?|马上|这就|立刻)(?:给|帮|为|替)(?:您|你)` +
		`|我(?:们|这边)?(?:刚刚?)?(?:查|看|问|核实|联系)(?:了|过|到)|(?:您|你)(?:的)?(?:这|那)(?:单|台|件|批|个订单|张|次)|(?:您|你)的?(?:订单|快递|包裹|货|退款|发票|单子|押金|货款|尾款|账户|余额|设备|机器)(?:已|今|明|昨|刚|还|在|正|是|显示|预计|大概)` +
		`|师傅(?:姓|已经|在路上|马上)|(?:已|已经)(?:发出|寄出|发货|安排|签收|到账|退回|受理|派单|上报|通过)了?(?:$|[，,。！!\s])|特批|破例|下不为例|只给您|单独给您|专门给您|别(?:跟|和|告诉)别人|内部价`)
	// oneDay is a day that is soon past; a rule names one beside what it follows from (今天下单明天到).
	oneDay  = regexp.MustCompile(`今天|今晚|明天|明早|后天|昨天|昨晚|前天|刚才|刚刚|稍后|待会|等会|一会儿?|下周[一二三四五六日天]|本周[一二三四五六日天]|\d{1,2}月\d{1,2}[日号]`)
	dayRule = regexp.MustCompile(`下单|付款|拍下|订购|预订|每|当天|以前|之前|前(?:付|下|拍|订)|春节|国庆|放假|假期|活动|截止`)
	stops   = regexp.MustCompile(`[。！!？?；;\n]`)
)

// PrivateAnswer tells why an answer to one customer must not be given to others: it holds somebody's data, or is true of them
// alone. "" is none. names are those of the customer.
func PrivateAnswer(text string, names ...string) string {
	switch {
	case privatePhone.MatchString(text):
		return "电话或邮箱"
	case privateNumber.MatchString(text):
		return "单号或编号"
	case privateName.MatchString(text) || holdsName(text, names):
		return "客户的称呼"
	case oneDeed.MatchString(text):
		return "只为这位客户办的事"
	}
	for _, s := range stops.Split(text, -1) {
		if oneDay.MatchString(s) && !dayRule.MatchString(s) {
			return "只在这几天成立的时间"
		}
	}
	return ""
}

// PrivateQuestion tells why a customer's question must not be kept as a way of asking: it holds their data. "" is none.
func PrivateQuestion(text string, names ...string) string {
	switch {
	case privatePhone.MatchString(text):
		return "电话或邮箱"
	case privateNumber.MatchString(text):
		return "单号或编号"
	case privatePlace.MatchString(text):
		return "地址"
	case privateName.MatchString(text) || holdsName(text, names):
		return "客户的称呼"
	}
	return ""
}

// holdsName tells whether text holds one of names of at least two characters.
func holdsName(text string, names []string) bool {
	for _, n := range names {
		if n = strings.TrimSpace(n); utf8.RuneCountInString(n) > 1 && strings.Contains(text, n) {
			return true
		}
	}
	return false
}

// The lengths between which a question of a customer is learned, in characters: longer ones are letters.
const (
	wordingLeast = 2
	wordingMost  = 80
)

// Wording is a question as it is kept for an article; "" when it is too short or long.
func Wording(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if n := utf8.RuneCountInString(text); n < wordingLeast || n > wordingMost {
		return ""
	}
	return text
}

// Asked tells whether words are a way of asking a that is known already: by its question, as written or as learned.
func (a *Article) Asked(words string) (written, learned bool) {
	f := Fold(words)
	for _, s := range append([]string{a.Question}, a.Similar...) {
		written = written || Fold(s) == f
	}
	for _, s := range a.Learned {
		learned = learned || Fold(s) == f
	}
	return written, learned
}
