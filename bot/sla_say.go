package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// What people say of being at work, in whole messages: 上班, 我请假到周五, 小马下班了, 谁在班, 小马加技能 打印机. They are read
// here, since whether 小马 is a colleague is known only to the store: 王总请假到周五 is news of a customer.
var (
	dutyOn    = parse.MustPattern(`^(.{0,8}?)(?:现在|今天)?(?:来|到|开始|回来)?(?:上班|到岗|开工|销假)(?:了|啦)?$`)
	dutyOff   = parse.MustPattern(`^(.{0,8}?)(?:今天)?(?:先|已经)?(?:下班|收工|离岗)(?:了|啦)?$`)
	dutyAway  = parse.MustPattern(`^(.{0,20}?)(?:要|得|想|会)?(?:请假|休假|请年假|休年假|请病假|请事假|不上班)(.{0,14}?)(?:了|啦)?$`)
	dutyDays  = parse.MustPattern(`^(.{0,16}?)(?:要|得|想)?请(?:了)?([1-9][0-9]?|[一二两三四五六七八九十半])天(?:的)?(?:年|病|事)?假(?:了)?$`)
	dutyHours = parse.MustPattern(`^(.{1,8}?)的?(?:班次|班表|上班时间|工作时间)(?:改成|改为|改到|设为|设成|定为|是)?[：:，,\s]*(.+)$`)
	dutySkill = parse.MustPattern(`^(?:给)?(.{1,8}?)的?(加|加上|添加|增加|去掉|删掉|删除|取消)(?:一个|个|一项)?技能[：:，,\s]*(.+)$`)
	dutyThere = parse.MustPattern(`^(?:看看|看一下|看下|查一下|查查|查)?(?:现在|今天|目前)?(.{0,8}?)(?:现在|今天|目前)?(?:还)?(?:有)?(?:谁|哪些人|几个人)(?:还)?(?:在班|在岗|值班|上班|当班|没下班)(?:的|呢|了)?$`)
)

// dutySaid does what a text says about being at work. It reports whether text said such a thing.
func (t *turn) dutySaid(text string) (bool, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "。.!！？?~～ ")
	if n := utf8.RuneCountInString(text); n < 2 || n > 60 {
		return false, nil
	}
	if m := dutyThere.FindStringSubmatch(text); m != nil {
		params := map[string]any{}
		if m[1] = strings.TrimSuffix(m[1], "的"); m[1] != "" && m[1] != "我们" && m[1] != "咱们" {
			if known, err := t.colleague(m[1]); !known || err != nil {
				return false, err
			}
			params["owner"] = m[1]
		}
		return true, t.dutyDo("shift.list", params, text)
	}
	if m := dutySkill.FindStringSubmatch(text); m != nil {
		skills := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("、,，和 ", r) })
		return t.dutyOf(m[1], "skill.set", map[string]any{"skills": skills, "remove": !strings.HasPrefix(m[2], "加") && m[2] != "添加" && m[2] != "增加"}, text)
	}
	if m := dutyHours.FindStringSubmatch(text); m != nil {
		if _, err := crm.ParseWeek(m[2]); err == nil || m[2] == "默认" || m[2] == "恢复默认" {
			return t.dutyOf(m[1], "shift.set", map[string]any{"hours": m[2]}, text)
		}
		return false, nil
	}
	if m := dutyOn.FindStringSubmatch(text); m != nil {
		return t.dutyOf(m[1], "shift.on", map[string]any{}, text)
	}
	if m := dutyOff.FindStringSubmatch(text); m != nil {
		return t.dutyOf(m[1], "shift.off", map[string]any{}, text)
	}
	if m := dutyDays.FindStringSubmatch(text); m != nil {
		return t.dutyForDays(m[1], m[2], text)
	}
	if m := dutyAway.FindStringSubmatch(text); m != nil {
		return t.dutyBetween(m[1], m[2], text)
	}
	return false, nil
}

// dutyOf is the duty that an action has changed.
func dutyOf(r action.Result) (d action.DutyView, ok bool) {
	if !strings.HasPrefix(r.Name, "shift.") && r.Name != "skill.set" {
		return d, false
	}
	return d, json.Unmarshal(r.Data, &d) == nil
}

// dutyOf runs an action about the colleague who was said; nobody and 我 are the speaker. Somebody who is no colleague is
// not what it is about.
func (t *turn) dutyOf(who, name string, params map[string]any, text string) (bool, error) {
	if who = strings.TrimSpace(who); who != "" && who != "我" && who != "本人" {
		known, err := t.colleague(who)
		if !known || err != nil {
			return false, err
		}
		params["owner"] = who
	}
	return true, t.dutyDo(name, params, text)
}

func (t *turn) dutyDo(name string, params map[string]any, text string) error {
	return t.run(pending{Calls: []action.Call{{Name: name, Params: mustJSON(params)}}, Text: text}, 1)
}

// colleague tells whether said is what a colleague or a department is called.
func (t *turn) colleague(said string) (bool, error) {
	people, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return false, fmt.Errorf("duty: %w", err)
	}
	for _, p := range people { // 王总 may be anybody's customer
		fit := crm.PersonFits(p.Name, said)
		if fit == 3 || fit == 2 && (strings.Contains(p.Name, said) || strings.HasPrefix(said, "小") || strings.HasPrefix(said, "老")) || p.Team != "" && strings.TrimSuffix(p.Team, "部") == strings.TrimSuffix(said, "部") {
			return true, nil
		}
	}
	return false, nil
}

// dutyBetween reads from when until when somebody is away: 我[明天]请假, 我请假[到周五], 小马[下周一到周三]请假.
func (t *turn) dutyBetween(before, after, text string) (bool, error) {
	until, limited := "", false
	for _, to := range []string{"到", "至"} { // behind 请假, or before it
		if rest, ok := strings.CutPrefix(after, to); ok {
			until, limited = rest, true
		} else if head, tail, ok := strings.Cut(before, to); ok && after == "" {
			before, until, limited = head, tail, true
		}
	}
	if !limited {
		before += after
	}
	who, from := t.whoAndWhen(before)
	now, params := t.local(), map[string]any{}
	day := func(param, said string) bool {
		if said == "" {
			return true
		}
		when, ok := parse.When(said, now)
		if !ok || when.Bad != "" {
			return false
		}
		params[param] = when.Date(now).Format(time.DateOnly)
		if param == "from" {
			now = when.Date(now) // 下周一到周三
		}
		if param == "from" && !limited {
			params["until"] = params["from"]
			if when.Grain == parse.Span || when.Grain == parse.Week {
				params["from"] = when.From.Format(time.DateOnly)
			}
		}
		return true
	}
	if !day("from", strings.TrimSpace(from)) || !day("until", strings.TrimSpace(until)) || limited && until == "" {
		return false, nil
	}
	return t.dutyOf(who, "shift.off", params, text)
}

// dutyForDays reads for how many days somebody is away: 我请两天假, 小马明天请三天假.
func (t *turn) dutyForDays(before, count, text string) (bool, error) {
	n, err := strconv.Atoi(count)
	if err != nil {
		n = max(1, slices.Index([]string{"半", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}, count))
		if count == "两" {
			n = 2
		}
	}
	who, said := t.whoAndWhen(before)
	from := t.local()
	if said != "" {
		when, ok := parse.When(said, t.local())
		if !ok || when.Bad != "" {
			return false, nil
		}
		from = when.Date(t.local())
	}
	return t.dutyOf(who, "shift.off", map[string]any{"from": from.Format(time.DateOnly), "until": from.AddDate(0, 0, n-1).Format(time.DateOnly)}, text)
}

// whoAndWhen parts 小马下周一 into who it is about and when. The time is the last one of the text, with all before it that
// makes it another time: 下 of 下周一, but not 五 of 小五明天.
func (t *turn) whoAndWhen(said string) (who, when string) {
	if who, when, ok := strings.Cut(said, "从"); ok {
		return who, when
	}
	runes := []rune(said)
	at := func(i int) (parse.Time, bool) {
		w, ok := parse.When(string(runes[i:]), t.local())
		return w, ok && w.Bad == ""
	}
	i := len(runes) - 1
	for ; i >= 0; i-- {
		if _, ok := at(i); ok {
			break
		}
	}
	if i < 0 {
		return said, ""
	}
	for ; i > 0; i-- {
		now, _ := at(i)
		more, ok := at(i - 1)
		if !ok || now.Grain == more.Grain && now.From.Equal(more.From) && now.To.Equal(more.To) && !strings.ContainsRune("年月下上本这大0123456789", runes[i-1]) {
			break
		}
	}
	return string(runes[:i]), string(runes[i:])
}
