package chatlog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanName takes the decoration off a sender: 【头衔】, @微信, (wxid), <mail>. self is true when the decoration
// says that it is the one who exported the record: 张三(我).
func cleanName(s string) (name string, self bool) {
	s = plain(s)
	s = strings.TrimSpace(strings.TrimPrefix(s, "> "))
	if bold := strings.Trim(s, "*_`# "); bold != "" && bold != s && (strings.HasPrefix(s, "**") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "`")) {
		s = bold
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") && !strings.ContainsAny(inner[:len(inner)-1], "[]") {
		s = strings.TrimSpace(inner[:len(inner)-1])
	}
	s = strings.TrimPrefix(s, "@")
	for strings.HasPrefix(s, "【") {
		end := strings.Index(s, "】")
		if end < 0 || end+len("】") == len(s) {
			break
		}
		s = strings.TrimSpace(s[end+len("】"):])
	}
	for strings.ContainsAny(s, "@<>[]()") || strings.HasSuffix(s, "）") {
		before := s
		if i := strings.LastIndexByte(s, '@'); i > 0 && !strings.ContainsAny(s[i:], ")）>]") {
			s = s[:i]
		}
		if i := strings.LastIndexByte(s, '<'); i > 0 && strings.HasSuffix(s, ">") {
			s = s[:i]
		}
		if i := strings.LastIndexByte(s, '['); i > 0 && strings.HasSuffix(s, "]") && strings.Contains(s[i:], "@chatroom") {
			s = s[:i]
		}
		for _, b := range [...][2]string{{"(", ")"}, {"（", "）"}} {
			i := strings.LastIndex(s, b[0])
			if i < 0 || !strings.HasSuffix(s, b[1]) {
				continue
			}
			inner := s[i+len(b[0]) : len(s)-len(b[1])]
			if inner == "我" || inner == "本人" || inner == "me" || inner == "Me" {
				self = true
			} else if !identifier(inner) {
				continue
			}
			if i == 0 {
				s = inner
			} else {
				s = s[:i]
			}
		}
		if s = strings.TrimSpace(s); s == before {
			break
		}
	}
	return s, self
}

// identifier tells an account (wxid_a1, 10001, a@b.c) from words in brackets that belong to the name (采购部).
func identifier(s string) bool {
	if s == "" {
		return true
	}
	switch s {
	case "微信", "企业微信", "群主", "管理员", "外部", "客户", "同事":
		return true
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// invisible drops the marks that clients and phones sprinkle into names, and makes their blanks plain.
var invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "",
	"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\ufeff", "", "\u00a0", " ", "\u2009", " ", "\u202f", " ", "\u2005", " ", "\u3000", " ", "\t", " ")

// plain is s with plain blanks and without invisible marks; most lines need no change.
func plain(s string) string {
	for _, r := range s {
		if r == '\t' || r == 0xa0 || r == 0x3000 || r == 0xfeff || r >= 0x2005 && r <= 0x2069 && (r <= 0x200f || r >= 0x202a && r <= 0x202f || r >= 0x2066) {
			return strings.TrimSpace(invisible.Replace(s))
		}
	}
	return strings.TrimSpace(s)
}

// mayBeName tells what can stand at the head of a message from a sentence.
func mayBeName(s string) bool {
	if s == "" || runeCount(s, 40) > 40 || strings.ContainsAny(s, "，。！？；、?!;\"“”\n") {
		return false
	}
	if strings.HasPrefix(s, "http") {
		return false
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") { // [张三] is a name, [图片] is not
		if _, placeholder := placeholders[strings.TrimSuffix(inner, "]")]; placeholder {
			return false
		}
	}
	for _, r := range s {
		if unicode.IsLetter(r) || r > 0x2000 && !unicode.IsPunct(r) && !unicode.IsSpace(r) {
			return true
		}
	}
	// only digits and signs: a phone number as a name, never a bare count
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n >= 5 && !strings.Contains(s, ":")
}

// mayLabel is the stricter test for 名字: before a colon without a time.
func mayLabel(s string) bool {
	if !mayBeName(s) || runeCount(s, 24) > 24 || fieldWords[s] || strings.ContainsAny(s, "(（=/\\") && !strings.ContainsAny(s, ")）") {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsDigit(r) && !strings.ContainsFunc(s, unicode.IsLetter) {
		return false
	}
	return true
}

// fieldWords stand before a colon without speaking.
var fieldWords = words(`地址 收货地址 联系地址 公司地址 电话 手机 手机号 电话号码 联系电话 联系方式 联系人 收件人 收货人 姓名 公司 公司名称 单位 单位名称 税号
	开户行 账号 账户 户名 备注 说明 时间 日期 地点 数量 型号 规格 品名 品牌 产品 单价 价格 总价 合计 小计 金额 预算 报价 交期 付款 付款方式 注意 注 比如 例如 另外 PS ps
	http https 微信 微信号 邮箱 邮件 Email email QQ 标题 正文 主题 内容 要求 需求 问题 答案 结论 总结 目的 原因 优点 缺点 步骤 方案 附件 链接 网址 编号 单号 订单号
	快递 快递单号 合同号 发票 发票抬头 抬头 颜色 尺寸 尺码 重量 材质 保质期 产地 型号规格 其他 其它 温馨提示 提示 重点 要点 消息分组 消息对象 引用 回复 发送人 发件人 抄送
	客户名称 客户 姓名电话 职位 部门 行业 来源 状态 阶段 跟进 下一步 进度 结果 会议时间 会议地点 参会人 主持人 今天 明天 昨天 上午 下午 第一 第二 第三 一 二 三 四 五 我的意思 意思是 就是说 也就是说 总之 密码 用户名 账号密码 验证码 地点时间 人数 套餐 面积 户型 楼层 车型 车牌 入住 离店 房型 Note note TODO Tips tips`)

// speakers are labels of a retold talk, with the side they stand for.
var speakers = map[string]Side{
	"我": Us, "我方": Us, "我们": Us, "我司": Us, "本人": Us, "自己": Us, "我自己": Us, "me": Us, "Me": Us, "客服": Us, "销售": Us, "业务员": Us, "业务": Us,
	"客户": Customer, "顾客": Customer, "对方": Customer, "买家": Customer, "客人": Customer, "用户": Customer, "甲方": Customer, "家长": Customer, "业主": Customer,
}

// openLabels are labels of a retold talk that say nothing about sides.
var openLabels = words(`A B C D 甲 乙 丙 Q 问 答`)

// spoken drops the verb from the label of a retold talk: 客户问, 我说.
func spoken(label string) string {
	for _, verb := range [...]string{"问", "说", "答", "回", "回复", "回答", "表示"} {
		if who, ok := strings.CutSuffix(label, verb); ok && speakers[who] != "" {
			return who
		}
	}
	return label
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}
