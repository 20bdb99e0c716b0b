package namecard

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gendan/crm"
)

// companyEnds close the name of a firm or a house; the first ones leave no doubt.
var (
	companyEnd = regexp.MustCompile(`(?:有限责任公司|股份有限公司|集团有限公司|有限公司|分公司|总公司|子公司|公司|集团|事务所|研究院|研究所|设计院|工作室|合作社|经营部|营业部|代表处|办事处|商行|商会|协会|学会|基金会|医院|诊所|大学|学院|中学|小学|幼儿园|学校|银行|支行|酒店|宾馆|餐厅|药房|药店|超市|商场|门店|专卖店|旗舰店|工厂|制造厂|加工厂|厂|農場|农场|中心|出版社|报社|电视台|委员会|有限公司[(（][^)）]{1,12}[)）])$`)
	legalEnd   = regexp.MustCompile(`(?:公司|集团|事务所|研究院|医院|大学|学院|银行|厂)(?:[(（][^)）]{1,12}[)）])?(?:[^省市区县路街号楼室]{1,10}(?:分公司|支行|办事处|事业部|营业部|门店|店))?$`)
	englishEnd = regexp.MustCompile(`(?i)\b(?:co\.?\s*,?\s*\.?\s*ltd|company\s+limited|limited|ltd|inc|llc|l\.l\.c|corp(?:oration)?|gmbh|plc|pte|group|holdings|s\.a|b\.v|technologies|industries|university|institute|hospital|company|enterprises?|international|solutions)\b\.?\s*$`)
)

// titleWords are what people are at work.
var titleWords = regexp.MustCompile(`(?:总经理|副总|总裁|总监|经理|主任|主管|主席|董事|监事|会长|秘书|院长|校长|所长|厂长|店长|部长|处长|科长|组长|队长|行长|局长|课长|站长|总工|工程师|设计师|架构师|程序员|销售|采购|顾问|助理|专员|代表|会计|出纳|财务|律师|合伙人|创始人|法人|教授|讲师|老师|研究员|博士|医师|医生|药师|护士|经纪人|策划|编辑|记者|客服|业务员|跟单|技术员|技师|店员|负责人|执行官|首席|总管|司机|理财师|规划师|培训师|督导|招商|外贸|文员|ceo|cto|coo|cfo|cmo|cio|vp|hr|CEO|CTO|COO|CFO|CMO|CIO|VP|HR)`)

var englishTitle = regexp.MustCompile(`(?i)\b(?:manager|director|engineer|president|chairman|ceo|cto|coo|cfo|cmo|vp|vice\s+president|sales|purchas\w*|consultant|assistant|secretary|supervisor|specialist|representative|executive|officer|founder|partner|professor|dr|lawyer|attorney|accountant|designer|architect|developer|head\s+of|lead|buyer|marketing)\b`)

// latinTail is the same title once more in English.
var latinTail = regexp.MustCompile(`[\s/(]*[A-Z][a-z]{2,}[A-Za-z\s&.,)]*$`)

// department is a part of a firm that stands before a title.
var department = regexp.MustCompile(`^[\p{Han}]{2,10}(?:部|中心|事业部|办公室|科|处|室|组)$`)

// addressWords are what places are made of; two of them and a number make an address.
var addressWords = regexp.MustCompile(`省|市|区|县|镇|乡|村|路|街|道|巷|弄|号|幢|栋|座|楼|层|室|大厦|广场|花园|园区|工业园|科技园|产业园|开发区|新区|自治|國|区|縣|鎮|號|樓`)

var englishAddress = regexp.MustCompile(`(?i)\b(?:road|rd|street|st|avenue|ave|building|bldg|tower|plaza|floor|f|room|rm|unit|suite|district|dist|city|province|park|lane|zone|china|p\.?r\.?\s*china|hong\s*kong|shanghai|beijing|shenzhen|guangzhou|no)\b`)

// asCompany is s as the name of a firm; worth is 0 when it is none.
func asCompany(s string) (name string, worth int) {
	if countHan(s) >= 2 {
		name = strings.Trim(joined(s), " ,.，。:：-")
		n := utf8.RuneCountInString(name)
		switch {
		case n < 4 || n > 40 || countDigits(name) > 4 || strings.ContainsAny(name, "@，。,;；"):
			return "", 0
		case strings.Contains(name, "有限公司") || strings.Contains(name, "有限责任公司"):
			return name, 5
		case legalEnd.MatchString(name):
			return name, 4
		case companyEnd.MatchString(name) && !(n <= 6 && department.MatchString(name)) && !titleWords.MatchString(name) && !isAddress(name):
			return name, 2
		}
		return "", 0
	}
	s = strings.Trim(s, " ,-|")
	if n := len(s); n >= 5 && n <= 80 && !strings.Contains(s, "@") && englishEnd.MatchString(s) && !englishTitle.MatchString(s) && countDigits(s) <= 4 {
		return s, 1
	}
	return "", 0
}

func companyWorth(s string) int { _, worth := asCompany(s); return worth }

// asTitle is s as a position; worth is 0 when it is none.
func asTitle(s string) (title string, worth int) {
	if countHan(s) >= 2 {
		title = strings.Trim(joined(strings.ReplaceAll(s, "  ", " / ")), " ,.，。:：-|")
		if m := latinTail.FindStringIndex(title); m != nil {
			title = title[:m[0]] // 总经理 General Manager
		}
		n := utf8.RuneCountInString(title)
		if n > 24 || countDigits(title) > 2 || strings.ContainsAny(title, "@，。") || companyWorth(title) > 1 {
			return "", 0
		}
		if titleWords.MatchString(crm.Fold(title)) {
			return title, 3
		}
		return "", 0
	}
	s = strings.Trim(s, " ,-|")
	if n := len(s); n >= 2 && n <= 60 && englishTitle.MatchString(s) && countDigits(s) == 0 && !englishEnd.MatchString(s) && !strings.Contains(s, "@") {
		return s, 1
	}
	return "", 0
}

func titleWorth(s string) int { _, worth := asTitle(s); return worth }

// asName is s as a person's name; worth is 0 when it is none.
func asName(s string) (name string, worth int) {
	if h := countHan(s); h >= 2 {
		name = joined(strings.Trim(s, " ,.，。:：-|"))
		if n := utf8.RuneCountInString(name); strings.ContainsRune(name, '·') && n <= 16 && onlyHan(strings.ReplaceAll(name, "·", "")) {
			return name, 4
		}
		for _, after := range []string{"先生", "女士", "小姐", "老师"} {
			if rest, ok := strings.CutSuffix(name, after); ok && utf8.RuneCountInString(rest) >= 2 {
				name = rest
			}
		}
		n := utf8.RuneCountInString(name)
		surname := crm.Surname(name)
		switch {
		case !onlyHan(name) || n > 4 || surname == "" || surname == name:
			return "", 0
		case titleWords.MatchString(crm.Fold(name)) || department.MatchString(name) || companyWorth(name) > 0 || notNames.MatchString(name):
			return "", 0
		case n == 4 && len(surname) < 6:
			return name, 1
		}
		if crm.LooksLikePerson(name) {
			return name, 4
		}
		return name, 3
	}
	if englishName(s) {
		return strings.Join(strings.Fields(s), " "), 1
	}
	return "", 0
}

func nameWorth(s string) int { _, worth := asName(s); return worth }

// notNames are words on cards that begin like a surname.
var notNames = regexp.MustCompile(`电话|手机|传真|邮箱|地址|网址|微信|邮编|号码|公司|科技|名片|经营|主营|业务|产品|服务|销售|专业|质量|诚信|创新|扫一扫|扫码|关注|二维码|公众|中国|上海|北京|广州|深圳|大厦|广场|工业|国际|集团|热线|官方|全国|免费|欢迎|合作|方案|解决|制造|研发|设计|安装|维修|批发|零售|高新|同号|高级|资深|部门|职务|姓名|时间|周[一二三四五六日]`)

var englishNameForm = regexp.MustCompile(`^(?:(?:Mr|Ms|Mrs|Dr)\.?\s+)?[A-Z][a-z'\-]+(?:[\s.\-]+[A-Z][a-z'\-]*\.?|\s+[A-Z]{2,12}){1,3}$|^[A-Z]{2,12}(?:,?\s+[A-Z][A-Za-z'\-]+){1,2}$`)

// englishName reports whether s has the shape of a name in Latin letters.
func englishName(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) >= 4 && len(s) <= 40 && englishNameForm.MatchString(s) && !englishTitle.MatchString(s) && !englishEnd.MatchString(s) && !englishAddress.MatchString(s) && !englishWords.MatchString(s)
}

var englishWords = regexp.MustCompile(`(?i)\b(?:tel|fax|mobile|mail|web|add|address|phone|technology|technologies|trading|industrial|machinery|electronic\w*|the|and|of|for|service|products?|department|international|import|export|business|card|wechat|scan|medical|logistics|software|science|new|energy|materials?|automation|equipment)\b`)

func onlyHan(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) < 0
}

// isAddress reports whether s is a place.
func isAddress(s string) bool {
	if countHan(s) >= 4 {
		n := len(addressWords.FindAllString(s, -1))
		return n >= 3 || n >= 2 && strings.ContainsAny(s, "0123456789一二三四五六七八九十号")
	}
	return len(englishAddress.FindAllString(s, -1)) >= 2 && (strings.ContainsAny(s, "0123456789") || strings.Contains(s, ","))
}
