package bot

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gendan/bot/parse"
	"gendan/crm"
)

// A reminder of every week rings on one day of it. One of several days (每周二和周四) is a reminder for each.
var (
	weekDays   = regexp.MustCompile(`每个?(?:周|星期|礼拜)[一二三四五六日天](?:(?:[、,，/和跟及与]|以及)*每?个?(?:周|星期|礼拜)?[一二三四五六日天])+`)
	dayOfWeek  = regexp.MustCompile(`[一二三四五六日天]`)
	afterCount = regexp.MustCompile(`^(?:点|次|个|家|遍|趟|回|天)`)
)

const daysInOrder = "一二三四五六日天"

// weekly reads text with one of its days of the week at a time; ok is false when it names fewer than two.
func (t *turn) weekly(text string) (all parse.Result, ok bool) {
	at := weekDays.FindStringIndex(text)
	if at == nil || afterCount.MatchString(text[at[1]:]) {
		return all, false
	}
	said := text[at[0]:at[1]]
	days := dayOfWeek.FindAllString(said, -1)
	inOrder := func(a, b string) int { return strings.Index(daysInOrder, a) - strings.Index(daysInOrder, b) }
	if !slices.IsSortedFunc(days, inOrder) || len(slices.Compact(slices.Clone(days))) != len(days) || strings.HasSuffix(said, "一天") {
		return all, false // 每周一三三点, 每周一天
	}
	for i, day := range days {
		one := t.read(text[:at[0]] + "每周" + day + text[at[1]:])
		k := slices.IndexFunc(one.Actions, func(a parse.Action) bool {
			return a.Name == "reminder.create" && a.Params["repeat"] == string(crm.Weekly)
		})
		switch {
		case k < 0 || len(one.Problems) > 0:
			return all, false
		case i == 0:
			all = one
			all.Actions = slices.Clone(one.Actions)
		default:
			next := parse.Action{Name: one.Actions[k].Name, Params: maps.Clone(one.Actions[k].Params)}
			all.Actions, all.Confidence = slices.Insert(all.Actions, k+i, next), min(all.Confidence, one.Confidence)
		}
	}
	all.Text = text
	return all, true
}
