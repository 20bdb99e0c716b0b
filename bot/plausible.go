package bot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gendan/crm"
	"gendan/crm/action"
)

// noNames are words that stand where a name would, and are nobody's.
var noNames = map[string]bool{
	"所有人": true, "所有": true, "全部": true, "全公司": true, "公司": true, "我们公司": true, "全体": true, "全员": true, "全组": true, "团队": true, "我们组": true, "大家": true, "每个人": true,
	"我们": true, "咱们": true, "你们": true, "他们": true, "别人": true, "同事": true, "同事们": true, "客户": true, "商机": true, "谁": true, "几点": true, "哪个": true, "停了": true,
	"今天": true, "明天": true, "昨天": true, "本周": true, "这周": true, "上周": true, "下周": true, "本月": true, "这个月": true, "上个月": true, "下个月": true,
}

// notNamed are what no name is: an amount, the tail of a sentence, a question.
var notNamed = regexp.MustCompile(`^[-−+]?[0-9][0-9.,，]*\s*(?:万|亿|千|百|元|块|个|号|点|分|%)?$|^[0-9][0-9.,，]*\s*(?:万|亿|元|块)|^[的了掉]|[，。！？；\n]|有几个|多少|什么|怎么`)

// couldBeNamed tells whether somebody may be called said. What is not is never offered to be created, and never looked for aloud.
func couldBeNamed(said string) bool {
	said = strings.TrimSpace(said)
	return !noNames[said] && !notNamed.MatchString(said)
}

// couldBePerson tells whether said, an answer to who somebody is, is a name and not a sentence about something else.
func couldBePerson(said string) bool {
	if !couldBeNamed(said) || strings.ContainsAny(said, "，,。！!？?；;\n") {
		return false
	}
	han := strings.ContainsFunc(said, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	return !han || utf8.RuneCountInString(said) <= 12 && !strings.ContainsFunc(said, unicode.IsSpace)
}

// answers tells whether what an answer left in param may stand there.
func answers(param string, v any) bool {
	said, is := v.(string)
	switch {
	case !is || said == "" || strings.HasPrefix(said, "#"):
		return true
	case param == "contact":
		return couldBePerson(said)
	case nameParams[param]:
		return couldBeNamed(said)
	}
	return true
}

// pointed is a correction that names what it corrects first: 「刘工电话错了 是13911113333」.
var pointed = regexp.MustCompile(`^(?:刚才|上面)?(?:那个|那条)?([^，,。\s]{1,10}?)的?(?:电话|手机号?|号码|金额|价格|时间|日期|邮箱|微信|职位|名字)?(?:写|记|打|输|说|弄|搞)?错了?[，,。\s]*(?:应该)?是(.+)$|^([^，,。\s]{1,10}?)(?:那个|那里|那块|那儿)[，,\s]*应该是(.+)$`)

// phoneAlone is a mobile number and nothing else, as it is sent after what it belongs to.
var phoneAlone = regexp.MustCompile(`^(?:(?:他|她)?的?(?:电话|手机号?|号码)是?[:： ]*)?(1[3-9][0-9]{9})$`)

// wantsPhone tells whether what was said last begins a record of somebody and does not have their number.
func (t *turn) wantsPhone(job *pending) bool {
	var calls []action.Call
	switch {
	case job != nil && !t.wroteSince(job):
		calls = job.Calls
	case job == nil && t.mind.Last != nil && t.now.Sub(t.mind.Last.At).Seconds() <= correctFor:
		calls = t.mind.Last.Calls
	}
	if len(calls) != 1 || paramOf(calls[0], "phone") != "" {
		return false
	}
	switch calls[0].Name {
	case "customer.create", "lead.create", "contact.create":
		return true
	}
	return false
}

// plainly is text as the correction that it is, when what it names first is in what was said last.
func (t *turn) plainly(text string, job *pending) string {
	if phoneAlone.MatchString(text) && t.wantsPhone(job) {
		return "不对，是" + phoneAlone.FindStringSubmatch(text)[1]
	}
	m := pointed.FindStringSubmatch(text)
	if m == nil || objections.MatchString(text) {
		return text
	}
	calls := ""
	switch {
	case job != nil && !t.wroteSince(job):
		for _, c := range job.Calls {
			calls += string(c.Params)
		}
	case t.mind.Last != nil && t.now.Sub(t.mind.Last.At).Seconds() <= correctFor:
		for _, c := range t.mind.Last.Calls {
			calls += string(c.Params)
		}
	}
	if !strings.Contains(crm.Fold(calls), crm.Fold(m[1]+m[3])) {
		return text
	}
	return "不对，是" + m[2] + m[4]
}

// nobodyNamed is a name in calls that could be nobody's, "" when there is none: such a reading is none.
func nobodyNamed(calls []action.Call) string {
	for _, c := range calls {
		if name := paramOf(c, "customer"); name != "" && !couldBeNamed(name) {
			return name
		}
	}
	return ""
}
