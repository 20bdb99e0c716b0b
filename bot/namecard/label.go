package namecard

import (
	"regexp"
	"strings"
)

// slot is what a label says about the value behind it.
type slot int

const (
	none slot = iota
	mobile
	phone
	fax
	mail
	weChat
	mobileAndWeChat
	phoneAndFax
	qq
	address
	website
	zip
	person
	company
	title
	other // bank accounts, tax numbers: nothing of a card
)

// labelWords are how cards name their values. Longer words come first where one begins another.
var labelWords = []struct {
	slot  slot
	words string
}{
	{mobileAndWeChat, `手机\s*(?:号)?\s*[/(&、+]\s*微信(?:同号)?\)?|微信\s*[/(&、+]\s*手机\)?|手机微信(?:同号)?|电话\s*[/(&、+]\s*微信(?:同号)?\)?|微信\s*[/(&、+]\s*电话\)?|mobile\s*[/&]\s*wechat|wechat\s*[/&]\s*mobile`},
	{phoneAndFax, `电话\s*[/&、]\s*传真|传真\s*[/&、]\s*电话|tel\.?\s*[/&]\s*fax\.?|电传`},
	{mobile, `手机号码?|手\s*机|移动电话|行动电话|流动电话|手提|mobile\s*phone|mobile|mob\.?|cell\s*phone|cell|手机\s*mobile|m\.?p\.?|h\.?p\.?`},
	{fax, `传\s*真|傳\s*真|fax(?:\s*no)?\.?|facsimile`},
	{phone, `联系电话|办公电话|公司电话|固定电话|服务热线|咨询热线|销售热线|客服热线|客服电话|全国热线|热线电话|电\s*话|電\s*話|座\s*机|总\s*机|热\s*线|直\s*线|直\s*拨|固\s*话|telephone|tel(?:\s*no)?\.?|phone|direct\s*line|direct|office|hotline`},
	{mail, `电子邮箱|电子邮件|電子郵件|电\s*邮|電\s*郵|邮\s*箱|邮\s*件|e-?\s?mail(?:\s*address)?|mail`},
	{weChat, `微信号码?|微\s*信|wechat(?:\s*id)?|weixin|wei\s?xin|v信|wx`},
	{qq, `qq\s*号码?|qq|扣扣`},
	{zip, `邮政编码|邮\s*编|郵\s*編|post\s*code|postal\s*code|zip(?:\s*code)?|p\.c\.?`},
	{address, `公司地址|办公地址|通讯地址|联系地址|注册地址|工厂地址|总部地址|详细地址|地\s*址|厂\s*址|总\s*部|工\s*厂|address|addr\.?|add\.?`},
	{website, `公司网址|官方网站|公司网站|网\s*址|網\s*址|网\s*站|官\s*网|主\s*页|website|web\s*site|web|homepage|url|http`},
	{person, `姓\s*名|联系人|联\s*络\s*人|name|contact`},
	{company, `公司名称|单位名称|公司|单位|公\s*司|企业|company|corp`},
	{title, `职\s*务|职\s*位|职\s*称|岗\s*位|部\s*门|title|position|dept\.?|department`},
	{other, `开户行|开户银行|银行账号|账\s*号|帐\s*号|税\s*号|统一社会信用代码|纳税人识别号|信用代码|户\s*名`},
	{mobile, `m`}, {phone, `t|p|d|o`}, {fax, `f`}, {mail, `e`}, {address, `a`}, {website, `w`},
}

// labels matches one label and what ends it: a colon, or for a word a blank or the value itself.
var labels = func() (all []labelRule) {
	for _, l := range labelWords {
		end := `\s*[:：;]\s*`
		if len(l.words) > 8 {
			end = `(?:\s*(?:/|\()?\s*(?:tel|mob(?:ile)?|fax|e-?mail|add(?:ress)?|web|wechat|cell|phone)?\.?\)?)??(?:\s*[:：;.]\s*|\s+|$)`
		} else {
			end = `(?:\s*[:：;.]\s*|\s+)`
		}
		all = append(all, labelRule{l.slot, regexp.MustCompile(`(?i)(?:^|[\s|/,，;；(（)）\d])((?:` + l.words + `)` + end + `)`), len(l.words) <= 8})
		if len(l.words) > 8 { // Chinese words need nothing behind them: 手机13812345678
			all = append(all, labelRule{l.slot, regexp.MustCompile(`(?i)(?:^|[\s|/,，;；(（)）\d])((?:` + l.words + `)\s*[:：;]?\s*)[+(\d]`), false})
		}
	}
	for _, l := range []struct { // words run together, as a reader of pictures gives them: 张江路88号电话:021
		slot  slot
		words string
	}{{mobile, "手机"}, {phone, "电话"}, {fax, "传真"}, {mail, "邮箱"}, {zip, "邮编"}, {website, "网址"}, {address, "地址"}, {weChat, "微信"}} {
		all = append(all, labelRule{l.slot, regexp.MustCompile(`\p{Han}(` + l.words + `\s*[:：]\s*)`), false})
	}
	return all
}()

type labelRule struct {
	slot   slot
	match  *regexp.Regexp
	letter bool // a single letter: only before something that it can mean
}

// part is a piece of a line: what its label says, and the value.
type part struct {
	slot slot
	text string
	line int
}

// split cuts a line at its labels and at wide gaps.
func split(line string, n int) (parts []part) {
	type cut struct {
		from, to int // of the label
		slot     slot
	}
	var cuts []cut
	for _, rule := range labels {
		at := 0
		for at <= len(line) {
			m := rule.match.FindStringSubmatchIndex(line[at:])
			if m == nil {
				break
			}
			c := cut{at + m[2], at + m[3], rule.slot}
			at += m[3]
			if m[3] == m[2] {
				at++
			}
			if rule.letter && !plausible(rule.slot, line[c.to:]) {
				continue
			}
			if (rule.slot == company || rule.slot == person || rule.slot == title || rule.slot == website || rule.slot == address) && !strings.ContainsAny(line[c.from:c.to], ":：;") {
				continue // 公司 and name are words as well: these need a colon
			}
			taken := false
			for _, o := range cuts {
				if c.from < o.to && o.from < c.to {
					taken = true
				}
			}
			if !taken {
				cuts = append(cuts, c)
			}
		}
	}
	for i := range cuts {
		for j := i + 1; j < len(cuts); j++ {
			if cuts[j].from < cuts[i].from {
				cuts[i], cuts[j] = cuts[j], cuts[i]
			}
		}
	}
	add := func(s slot, text string) {
		text = strings.Trim(text, " |/,，;；:：")
		if s == none {
			for _, piece := range gaps.Split(text, -1) {
				if piece = strings.Trim(piece, " |/,，;；:："); piece != "" {
					parts = append(parts, part{none, piece, n})
				}
			}
			return
		}
		parts = append(parts, part{s, text, n}) // a label alone speaks of the next line
	}
	at, now := 0, none
	for _, c := range cuts {
		if c.from > at || now != none {
			add(now, line[at:c.from])
		}
		at, now = c.to, c.slot
	}
	add(now, line[at:])
	return parts
}

var gaps = regexp.MustCompile(`\s{2,}|\s*\|\s*`)

// plausible reports whether what follows a single letter can be what the letter means.
func plausible(s slot, rest string) bool {
	rest = strings.TrimSpace(rest)
	switch s {
	case mobile, phone, fax:
		return len(rest) > 6 && strings.ContainsRune("+(0123456789lIO", rune(rest[0])) && countDigits(rest[:min(len(rest), 20)]) >= 6
	case mail:
		return strings.Contains(rest, "@")
	case website:
		return websiteForm.MatchString(rest)
	}
	return len(rest) > 8
}
