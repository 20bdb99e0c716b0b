package bot

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"gendan/bot/parse"
	"gendan/crm/action"
)

// freshFor is how long what was spoken of is plainly still the subject: a follow-up without a name
// (「推进到谈判」) within it is done at once, a later one is shown first.
const freshFor = 30 * time.Minute

// standIns are company names that the parser reads without doubt. One of them takes the place of a pronoun or
// of nothing, so that a follow-up is read like a whole sentence; it never leaves the bot.
var standIns = []string{"云帆科技", "恒通电子", "长青医药"}

// pronouns mean the customer or deal last spoken of.
var pronouns = regexp.MustCompile(`^((?:帮我|麻烦|请)?(?:再)?(?:看看|看一下|看下|看|查一下|查下|查|给|把|跟|和)?)` +
	`(刚才那个客户|刚才那家公司|刚才那家|刚才那个|刚才的客户|刚刚那个客户|刚刚那个|刚才那单|上面那个客户|上面那个|上一个客户|` +
	`这个客户|那个客户|这客户|那客户|这家公司|那家公司|这家|那家|这个商机|那个商机|这个单子|那个单子|这个项目|那个项目|` +
	`这单|那单|这笔单子|这笔|他们家|他们公司|他们|她们|他家|他|她|它|TA|ta|对方|该客户|此客户)`)

// isPronoun tells whether a customer's name is none, but a word for the one last spoken of.
func isPronoun(name string) bool {
	at := pronouns.FindString(name)
	return at != "" && strings.TrimRight(strings.TrimPrefix(name, at), "的 ") == ""
}

// read makes the parser's reading of text, with what the conversation knows: a pronoun at the head means the
// customer last spoken of, and so does an order without a name. Free text keeps its words.
func (t *turn) read(text string) parse.Result {
	if a, ok := shownList(text); ok {
		return parse.Result{Text: text, Actions: []parse.Action{a}, Confidence: 1}
	}
	if res, ok := t.weekly(text); ok {
		return res
	}
	if res, ok := t.noted(text); ok {
		return res
	}
	if name := howIs.FindStringSubmatch(text); name != nil && t.isCustomer(name[1]) {
		return parse.Result{Text: text, Actions: []parse.Action{{Name: "customer.view", Params: map[string]any{"customer": name[1]}}}, Confidence: 1}
	}
	res := t.clauses(text, t.readInContext(text))
	if right := slips.Replace(text); right != text {
		again := t.clauses(right, t.readInContext(right))
		if more := says(again) > says(res) && again.Confidence >= sureEnough; more || again.Confidence > res.Confidence && (len(res.Actions) == 0 || res.Confidence < sureEnough) {
			again.Text, res = text, again
		}
	}
	if asking(text) && res.Confidence >= sureEnough && orders(res.Actions) {
		res.Confidence = sureEnough - 0.1 // who asks 「李雷今天做了什么」 orders nothing: shown first
	}
	if len(res.Actions) == 1 && res.Confidence >= sureEnough && orders(res.Actions) && several.MatchString(text) {
		res.Confidence = sureEnough - 0.1 // 「华星和远航都推进到谈判」 read as one of them
	}
	return res
}

// slips are words of orders as they are typed in a hurry; nobody says them for anything else.
var slips = strings.NewReplacer("推进道", "推进到", "推进刀", "推进到", "推近到", "推进到", "推金到", "推进到", "提现我", "提醒我", "题醒我", "提醒我", "提型我", "提醒我", "提行我", "提醒我")

// says counts what a reading orders: 推进道谈判，22万改成20万 read as it stands gives the amount alone.
func says(res parse.Result) (n int) {
	for _, a := range res.Actions {
		n += 1 + len(a.Params)
	}
	return n
}

// howIs asks how a customer is doing: 云帆怎么样.
var howIs = regexp.MustCompile(`^(?:看看|看下|查下)?(.{2,16}?)(?:那边|这家)?(?:现在|最近)?(?:怎么样|咋样|如何|啥情况|什么情况)(?:了|呢|啊)?[?？]*$`)

// several is an order about more than one name.
var several = regexp.MustCompile(`[\p{Han}A-Za-z0-9](?:和|、|与|跟|,|，| )[\p{Han}A-Za-z0-9]+都(?:推进|推到|加|打|改|转|标|签|赢|输|丢)`)

// orders tells whether actions would write something other than a reminder, whose words may hold a question.
func orders(actions []parse.Action) bool {
	for _, a := range actions {
		if action.Writes(a.Name) && a.Name != "reminder.create" && a.Name != "undo" {
			return true
		}
	}
	return false
}

func (t *turn) readInContext(text string) parse.Result {
	plain := t.parse(text)
	for i := range plain.Actions {
		for _, p := range []string{"customer", "into"} {
			if name, ok := plain.Actions[i].Params[p].(string); ok && isPronoun(name) {
				plain.Actions[i].Params = maps.Clone(plain.Actions[i].Params)
				delete(plain.Actions[i].Params, p)
			}
		}
	}
	if t.mind.Focus.Customer.ID == 0 {
		return plain
	}
	if t.meant(plain.Actions) && len(plain.Actions) == 1 && plain.Actions[0].Name == "reminder.create" && len(plain.Problems) == 0 {
		plain.Confidence = max(plain.Confidence, sureEnough) // 他 was what was doubtful about it
	}
	name := standIn(text)
	if at := pronouns.FindStringSubmatch(text); at != nil {
		rest := strings.TrimPrefix(text, at[0])
		whole := parse.Parse(at[1]+name+rest, t.local(), t.bot.pack)
		if len(whole.Actions) > 0 && whole.Confidence >= plain.Confidence {
			return t.personal(withoutStandIn(whole, name, at[2]), at[2])
		}
		return plain
	}
	if !t.fresh() || len(plain.Actions) == 0 || plain.Confidence >= sureEnough || len(plain.Problems) > 0 {
		return plain
	}
	whole := parse.Parse(name+text, t.local(), t.bot.pack)
	if whole = withoutStandIn(whole, name, ""); len(whole.Problems) == 0 && sameReading(plain.Actions, whole.Actions) {
		plain.Confidence = max(plain.Confidence, whole.Confidence)
	}
	return plain
}

// personFields are what a person has as well as a company: 她的电话 is the contact's.
var personFields = map[string]string{"电话": "phone", "手机": "phone", "手机号": "phone", "邮箱": "email", "微信": "wechat", "生日": "birthday", "职务": "title", "职位": "title"}

// personal reads 他 and 她 as the contact last spoken of where a person is meant. With none the change is shown
// first: the company's telephone is not overwritten on a guess.
func (t *turn) personal(res parse.Result, pronoun string) parse.Result {
	if !slices.Contains([]string{"他", "她", "TA", "ta", "对方"}, pronoun) {
		return res
	}
	f := t.mind.Focus
	for i, a := range res.Actions {
		field, _ := a.Params["field"].(string)
		param := personFields[field]
		if a.Name != "customer.update" || param == "" {
			continue
		}
		if f.Contact.ID == 0 || f.Contact.Name == "" {
			res.Confidence = min(res.Confidence, sureEnough-0.1)
			continue
		}
		res.Actions[i] = parse.Action{Name: "contact.create", Params: map[string]any{
			"customer": fmt.Sprintf("#%d", f.Customer.ID), "contact": f.Contact.Name, param: a.Params["value"],
		}}
	}
	return res
}

// inside are pronouns in free text that mean the customer last spoken of: 提醒我明天给他打电话.
var inside = regexp.MustCompile(`(?:给|跟|和|找|约|问|催|联系|回访|拜访|向|替|帮|去)(?:他|她|它|TA|对方|这个客户|这家|那家|那个客户)(?:[^们人日]|$)`)

// meant ties reminders, tasks and notes that speak of 他 to the customer last spoken of, and reports whether there was one. Their words stay.
func (t *turn) meant(actions []parse.Action) (tied bool) {
	if !t.fresh() {
		return false
	}
	for i, a := range actions {
		content, _ := a.Params["content"].(string)
		if a.Params["customer"] != nil || !inside.MatchString(content) {
			continue
		}
		if a.Name == "reminder.create" || a.Name == "task.create" || a.Name == "activity.log" {
			actions[i].Params = maps.Clone(a.Params)
			actions[i].Params["customer"] = fmt.Sprintf("#%d", t.mind.Focus.Customer.ID)
			tied = true
		}
	}
	return tied
}

// fresh tells whether the subject of the conversation is plain: it was spoken of just now, and no list of
// other records came in between.
func (t *turn) fresh() bool {
	return t.mind.idle < freshFor && (len(t.mind.List) == 0 || t.mind.Plain)
}

// standIn is a name that text does not hold.
func standIn(text string) string {
	for _, n := range standIns {
		if !strings.Contains(text, n) {
			return n
		}
	}
	return "远山仪表"
}

// withoutStandIn gives the reading back its own words: where the stand-in is the customer none is named, and
// in free text stands what was said.
func withoutStandIn(res parse.Result, name, said string) parse.Result {
	actions := make([]parse.Action, len(res.Actions))
	for i, a := range res.Actions {
		actions[i] = parse.Action{Name: a.Name, Params: make(map[string]any, len(a.Params))}
		for k, v := range a.Params {
			s, isText := v.(string)
			switch {
			case isText && s == name:
				continue
			case isText:
				v = strings.ReplaceAll(s, name, said)
			}
			actions[i].Params[k] = v
		}
	}
	res.Actions = actions
	return res
}

func sameReading(a, b []parse.Action) bool {
	return slices.EqualFunc(a, b, func(x, y parse.Action) bool {
		return x.Name == y.Name && reflect.DeepEqual(x.Params, y.Params)
	})
}
