package bot

import (
	"encoding/json"
	"regexp"

	"gendan/bot/parse"
	"gendan/crm/action"
)

// quietDays is how long a customer was not spoken to who is named to somebody asking whom to see to.
const quietDays = 7

// whomNext asks whom to see to: 这周要跟进谁, 今天该联系哪些客户.
var whomNext = regexp.MustCompile(`^(?:看看|看一下|看下|查一下|查查)?(?:我|我们)?(今天|今日|明天|后天|[这本下]个?(?:周|星期|礼拜|月)|最近|接下来|现在)?(?:我|我们)?(?:还)?(?:` +
	`(?:要|该|得|应该|需要)(?:去)?(?:跟进|回访|联系|跟|找)(?:谁|哪些(?:人|客户)?|哪几?家|哪几个(?:人|客户)?|什么客户)|` +
	`(?:有)?(?:谁|哪些客户|哪几家|哪几个客户)(?:要|该|得|需要)(?:跟进|回访|联系|跟)(?:的)?|(?:要|该|得|需要)(?:跟进|回访|联系)的(?:客户|人)?(?:有谁|有哪些|是谁)?)(?:了|呢|啊|呀)?[?？]?$`)

// whomNow answers somebody who asks whom to see to: what is due today, or the reminders of the time asked about, or, when nothing was agreed,
// those who were not spoken to for long. It reports whether text asked that.
func (t *turn) whomNow(text string) (bool, error) {
	m := whomNext.FindStringSubmatch(text)
	if m == nil {
		return false, nil
	}
	look := func(name string, params map[string]any) pending {
		return pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text}
	}
	quiet := look("customer.search", map[string]any{"filter": map[string]any{"owner": "me", "no_contact_days": quietDays}})
	switch m[1] {
	case "", "今天", "今日", "现在":
		return true, t.run(look("brief", map[string]any{}), 1)
	case "最近", "接下来":
		return true, t.run(quiet, 1)
	}
	res := parse.Parse(m[1]+"要联系谁", t.local(), t.bot.pack)
	if len(res.Actions) != 1 || res.Actions[0].Name != "reminder.list" {
		return false, nil
	}
	agreed := look(res.Actions[0].Name, res.Actions[0].Params)
	out, err := t.do(agreed, "")
	if err != nil {
		return true, err
	}
	var v action.ReminderListView
	if len(out.Results) != 1 || json.Unmarshal(out.Results[0].Data, &v) != nil || v.Total > 0 {
		return true, t.ran(agreed, out)
	}
	if out, err = t.do(quiet, ""); err != nil {
		return true, err
	}
	var silent action.SearchResult
	if len(out.Results) != 1 || json.Unmarshal(out.Results[0].Data, &silent) != nil {
		return true, t.ran(quiet, out)
	}
	before, found := len(t.replies), map[string]any{"Said": m[1], "Days": quietDays, "Total": silent.Total}
	if silent.Total == 0 {
		t.say(t.text("whom_quiet", found))
		t.stillOpen(quiet)
		return true, nil
	}
	if err := t.ran(quiet, out); err != nil {
		return true, err
	}
	t.replies[before].Text = t.text("whom_quiet", found) + t.replies[before].Text
	return true, nil
}
