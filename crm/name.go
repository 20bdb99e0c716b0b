package crm

import (
	"strings"
	"unicode"
)

// legalForms end the names of firms without telling one from another; longest first.
var legalForms = []string{
	"股份有限责任公司", "有限责任公司", "股份有限公司", "有限公司", "股份公司", "总公司", "公司",
	"coltd", "limited", "gmbh", "corp", "inc", "ltd", "llc",
}

// trades are the words for a line of business that people leave out when they speak of a firm.
var trades = []string{
	"信息技术", "网络科技", "信息科技", "电子商务", "智能科技", "生物科技", "文化传媒", "企业管理", "国际贸易", "供应链管理",
	"科技", "网络", "信息", "技术", "贸易", "商贸", "实业", "电子", "软件", "传媒", "文化", "咨询", "服务", "医疗", "医药", "教育", "物流",
	"投资", "智能", "装备", "机械", "机电", "制造", "工程", "建设", "建材", "食品", "餐饮", "酒店", "地产", "置业", "新材料", "材料", "能源",
	"环保", "生物", "化工", "汽车", "重工", "电器", "电气", "电力", "银行", "保险", "证券", "控股", "集团", "工业", "农业", "旅游", "广告", "设计",
	"设备", "器材", "仪器", "五金", "装饰", "服饰", "家居", "家具", "供应链", "数据", "数码", "通信", "通讯", "自动化", "国际",
}

// CompanyName is how a firm's name is compared: folded, without its legal form. Two customers with one
// CompanyName are one customer.
func CompanyName(name string) string { return trimLegal(Fold(name)) }

func trimLegal(folded string) string {
	for cut := true; cut; {
		cut = false
		for _, form := range legalForms {
			if rest, ok := strings.CutSuffix(folded, form); ok && runeCount(rest) >= 2 {
				folded, cut = rest, true
				break
			}
		}
	}
	return folded
}

// CoreName is the part of a firm's name that people say: without legal form, place and 集团.
// 「上海云帆科技（集团）有限公司」 and 「云帆科技（上海）」 are both 「云帆科技」.
func CoreName(name string) string {
	core := CompanyName(dropBracketedPlace(name))
	if rest, ok := strings.CutSuffix(core, "集团"); ok && runeCount(rest) >= 2 {
		core = rest
	}
	if rest := trimPlace(core); rest != core && runeCount(rest) >= 2 && !isTrade(rest) {
		core = rest
	}
	return core
}

// PlacelessName is a firm's name without legal form and without the first place only: 「玉林帆科技」 of 「杭州玉林帆科技有限公司」,
// whose brand begins like another place.
func PlacelessName(name string) string {
	folded := CompanyName(name)
	if rest, ok := trimFirstPlace(folded); ok && runeCount(rest) >= 2 && !isTrade(rest) {
		return rest
	}
	return folded
}

// BrandName is the core without the line of business: 「云帆」 of 「上海云帆科技」. It is the core itself
// when nothing worth saying would remain.
func BrandName(name string) string {
	core := CoreName(name)
	for _, t := range trades {
		if rest, ok := strings.CutSuffix(core, t); ok && runeCount(rest) >= 2 && !isTrade(rest) {
			return rest
		}
	}
	return core
}

// dropBracketedPlace takes 「（上海）」 out of a name; other brackets stay.
func dropBracketedPlace(name string) string {
	open := strings.IndexAny(name, "（(")
	if open < 0 {
		return name
	}
	inner := name[open:]
	size := strings.IndexAny(inner, "）)")
	if size < 0 {
		return name
	}
	word := Fold(inner[:size])
	if word == "" || trimPlace(word) != "" {
		return name
	}
	return name[:open] + strings.TrimLeft(inner[size:], "）)")
}

func isTrade(s string) bool {
	for _, t := range trades {
		if s == t {
			return true
		}
	}
	return false
}

// LooksLikePerson tells whether a name has the shape of a Chinese person's: a common surname and one or
// two characters more, and no word of business.
func LooksLikePerson(name string) bool {
	folded := Fold(name)
	n := runeCount(folded)
	if n < 2 || n > 4 || strings.IndexFunc(folded, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) >= 0 {
		return false
	}
	surname := Surname(folded)
	if surname == "" || strings.Contains(rareSurnames, surname) || n-runeCount(surname) > 2 || n == runeCount(surname) {
		return false
	}
	return BrandName(folded) == folded && !isTrade(string([]rune(folded)[n-2:]))
}

func runeCount(s string) int { return len([]rune(s)) }
