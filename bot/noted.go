package bot

import (
	"maps"
	"regexp"
	"strings"

	"gendan/bot/parse"
)

// A note and a reminder in one breath: 记一下云帆要报价提醒我明天发.
var (
	noteAndRing = regexp.MustCompile(`^((?:帮我|麻烦)?(?:记一下|记一笔|记录一下|记下|记个|备注一下|备注)[^，,。；;]{4,40}?)((?:(?:大?后天|明天|今天|今晚|明早|[本下]?周[一二三四五六日天]|[本下]?星期[一二三四五六日天]|早上|上午|中午|下午|晚上|[0-9一二两三四五六七八九十]{1,3}点半?)+)?提醒我.+)$`)
	bareDeed    = regexp.MustCompile(`^(发|寄|送|报|做|出|给|回)(?:一下|过去|给(?:他|她|他们|对方))?$`)
	askedFor    = regexp.MustCompile(`^(?:他们|他|她)?(?:还|也|又)?(?:想|需)?要(?:一份|一个|一下|份|个)?([^，,。]{2,10})$`)
)

// noted reads such a message as the two orders that it is, and says in the reminder what was asked for. ok is false when text is no such thing.
func (t *turn) noted(text string) (res parse.Result, ok bool) {
	m := noteAndRing.FindStringSubmatch(text)
	if m == nil {
		return res, false
	}
	res = t.readInContext(m[1] + "，" + m[2])
	if len(res.Actions) != 2 || len(res.Problems) > 0 || res.Actions[0].Name != "activity.log" || res.Actions[1].Name != "reminder.create" {
		return res, false
	}
	said, _ := res.Actions[0].Params["content"].(string)
	deed, _ := res.Actions[1].Params["content"].(string)
	if d, w := bareDeed.FindStringSubmatch(deed), askedFor.FindStringSubmatch(said); d != nil && w != nil {
		params := maps.Clone(res.Actions[1].Params)
		params["content"] = d[1] + strings.TrimSpace(w[1])
		res.Actions[1].Params = params
	}
	if named(res.Actions, t.ownNames()) {
		res.Confidence = max(res.Confidence, sureEnough)
	}
	res.Text = text
	return res, true
}
