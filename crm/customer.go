package crm

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Customer (客户) is a company or a household that buys. A conversation, an import or a converted lead
// creates it; its owner (负责人) changes with a transfer.
type Customer struct {
	ID            CustomerID
	Name          string
	OwnerID       UserID
	OwnerName     string   // filled by reads
	Collaborators []UserID // colleagues who work with it as its owner does
	Industry      string
	Region        string
	Level         string // 战略客户, 重点客户, 普通客户
	Source        string
	Tags          []string
	Fields        map[string]string // custom fields by label
	LastContactAt *time.Time        // UTC
	NextContactAt *time.Time        // UTC
	Version       int
}

// WorksOn tells whether u owns c or collaborates on it.
func (c Customer) WorksOn(u UserID) bool {
	if c.OwnerID == u {
		return true
	}
	for _, id := range c.Collaborators {
		if id == u {
			return true
		}
	}
	return false
}

// Levels are the customer levels, most important first.
var Levels = []string{"战略客户", "重点客户", "普通客户"}

// FindLevel gives the level that said means: 「重点」 is 重点客户. It refuses with ErrInvalid.
func FindLevel(said string) (string, error) {
	short := strings.TrimSuffix(Fold(said), "客户")
	for _, level := range Levels {
		if strings.TrimSuffix(level, "客户") == short {
			return level, nil
		}
	}
	return "", Refuse(ErrInvalid, "没有「%s」这个级别，可选：%s。", said, strings.Join(Levels, "、"))
}

// CheckCustomerName refuses what cannot be a customer's name.
func CheckCustomerName(name string) error {
	switch n := runeCount(Fold(name)); {
	case n < 2:
		return Refuse(ErrInvalid, "客户名「%s」太短了，请说全一点，比如「上海云帆科技」。", name)
	case n > 60:
		return Refuse(ErrInvalid, "客户名有 %d 个字，太长了，请只说公司名或人名。", n)
	}
	return nil
}

// Contact (联系人) is a person at a customer.
type Contact struct {
	ID         ContactID
	CustomerID CustomerID
	Name       string
	Title      string
	Phone      string // digits
	Email      string
	Wechat     string
	Birthday   string // "2006-01-02" or "01-02"
	Version    int
}

// CheckBirthday refuses what is no day of the year.
func CheckBirthday(day string) error {
	for _, layout := range []string{time.DateOnly, "01-02"} {
		if _, err := time.Parse(layout, day); err == nil {
			return nil
		}
	}
	return Refuse(ErrInvalid, "没有「%s」这一天，生日请说成「6月1日」或「1990年6月1日」。", day)
}

// saidBirthday is a day as people say it: 5月20号, 1990年5月20日, 1990-05-20, 五月二十.
var saidBirthday = regexp.MustCompile(`^(?:([0-9]{4})[年./-])?([0-9]{1,2}|[一二三四五六七八九十]{1,2})[月./-]([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?$`)

// Birthday is the normal form, MM-DD or YYYY-MM-DD, of a birthday as people say it; ok is false when it is none.
func Birthday(said string) (day string, ok bool) {
	m := saidBirthday.FindStringSubmatch(strings.Join(strings.Fields(said), ""))
	if m == nil {
		return "", false
	}
	day = fmt.Sprintf("%02d-%02d", dayNumber(m[2]), dayNumber(m[3]))
	if m[1] != "" {
		day = m[1] + "-" + day
	}
	return day, CheckBirthday(day) == nil
}

// dayNumber reads a number below 40 in digits or in characters.
func dayNumber(said string) (n int) {
	if n, err := strconv.Atoi(said); err == nil {
		return n
	}
	digits := []rune("一二三四五六七八九")
	for _, r := range said {
		if r == '十' {
			n = max(n, 1) * 10
			continue
		}
		n += slices.Index(digits, r) + 1
	}
	return n
}

// Field labels of customer.update that have a column of their own. Any other label is a custom field.
const (
	LabelName     = "名称"
	LabelIndustry = "行业"
	LabelRegion   = "地区"
	LabelLevel    = "客户级别"
	LabelSource   = "来源"
	LabelPhone    = "电话"
	LabelAddress  = "地址"
	LabelBirthday = "生日" // a person's: it is kept with the contact
)

// FieldLabel gives the long form of a field's label: 级别 and 客户级别 are one field.
func FieldLabel(said string) string {
	label := strings.TrimSpace(said)
	switch strings.TrimPrefix(label, "客户") {
	case "级别", "等级", "level":
		return LabelLevel
	case "名称", "名字", "名", "全称", "公司名", "公司名称":
		return LabelName
	case "行业", "所属行业":
		return LabelIndustry
	case "地区", "区域", "所在地", "城市", "所在地区":
		return LabelRegion
	case "来源", "渠道":
		return LabelSource
	case "电话", "手机", "手机号", "联系电话", "座机", "公司电话":
		return LabelPhone
	case "地址", "公司地址", "详细地址":
		return LabelAddress
	case "规模", "人员规模", "公司规模":
		return "规模"
	}
	return label
}

// CheckField refuses labels and values of custom fields that cannot be meant.
func CheckField(label, value string) error {
	switch {
	case runeCount(label) == 0 || runeCount(label) > 12:
		return Refuse(ErrInvalid, "要改哪个字段？比如「云帆 行业改成制造业」。")
	case strings.TrimSpace(value) == "":
		return Refuse(ErrInvalid, "「%s」要改成什么？说一下新的内容就行。", label)
	case runeCount(value) > 500:
		return Refuse(ErrInvalid, "「%s」的内容有 %d 个字，最多 500 个字，请说短一点。", label, runeCount(value))
	}
	return nil
}

// privateWords are in the labels of fields that hold personal data.
var privateWords = []string{"电话", "手机", "座机", "微信", "邮箱", "邮件", "email", "mail", "qq", "身份证", "证件", "护照", "住址", "地址", "账号", "账户", "卡号", "生日", "联系"}

// PrivateField tells whether a custom field holds personal data, by its label or by what its text looks like: such
// a text is sealed and cannot be searched for.
func PrivateField(label, value string) bool {
	folded := Fold(label)
	for _, w := range privateWords {
		if strings.Contains(folded, w) {
			return true
		}
	}
	digits := 0
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			if digits++; digits >= 7 {
				return true
			}
		case r == '@':
			return true
		case r != ' ' && r != '-':
			digits = 0
		}
	}
	return false
}

// CheckTags refuses tags that cannot be meant and answers the rest, trimmed, each once.
func CheckTags(tags []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, t := range tags {
		t = strings.Trim(strings.TrimSpace(t), "#＃")
		switch {
		case t == "" || seen[t]:
			continue
		case runeCount(t) > 12:
			return nil, Refuse(ErrInvalid, "标签「%s」太长了，最多 12 个字。", t)
		}
		seen[t] = true
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, Refuse(ErrInvalid, "要打什么标签？比如「云帆 打标签 VIP」。")
	}
	return out, nil
}
