package bot

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

const (
	numeral  = `[一二两三四五六七八九十0-9]{1,3}`
	measure  = `(?:个客户|个提醒|个任务|个商机|条提醒|条线索|家公司|个|条|家|单|位|项|号)?`
	oneRow   = `第?` + numeral + measure
	jointRow = `\s*(?:和|、|,|，|跟|与|及|以及)\s*`
)

// The ways of naming rows of the last list, at the head of an order about them.
var (
	rowsSaid = regexp.MustCompile(`^(?:帮我|麻烦|请)?(?:把|给|将|看看|看|查)?(` +
		oneRow + `(?:` + jointRow + oneRow + `)+|第` + numeral + measure + `|最后` + `(?:一|两|二|三)?` + `(?:个|条|家|单)|前` + numeral + `(?:个|条|家|单)?|` +
		`(?:这|那|上面|以上)(?:几|些|[两二三四五六七八九十])(?:个|条|家|单)?|它们|以上|所有的?|全部的?|全都|全部|每个|每家|都` +
		`)(?:客户|提醒|任务|商机|公司)?(?:都|全部|全|给我|的)*\s*(.+)$`)
	rowAndWord = regexp.MustCompile(`^([0-9]{1,2})\s+(\D.*)$`)
	rowAndDeed = regexp.MustCompile(`^(?:帮我|麻烦|请)?(?:把|给|将)?([0-9]{1,2})[.、．]?((?:推进|推到|转给|交给|分给|打(?:上|个)?标签|加(?:上|个)?标签|赢单|赢了|输单|丢单|丢了|签了|阶段|金额改|改成|改到|推迟|完成|取消).*)$`)
	rowDrop    = regexp.MustCompile(`^(?:给我)?(?:取消|删掉|删除|去掉|撤掉|作废|不用(?:做|办|管|提醒)?|不要)(?:掉|一下|吧|了)*$`)
	rowDone    = regexp.MustCompile(`^(?:给我)?(?:标记)?(?:已)?(?:完成|做完|办完|搞定|弄完|处理完|处理完|办好|做好|搞掂)(?:掉|了|啦|咯|吧)*$`)
	rowMove    = regexp.MustCompile(`^(?:给我)?(?:推迟|改期|延后|延期|顺延|改|推|挪)(?:到|至|成|为)?\s*(.+)$`)
)

// selected reads the rows of the last list that head an order, and the rest of the order. ok is false when text names
// none of them.
func (t *turn) selected(text string) (rows []crm.Ref, rest string, ok bool) {
	list := t.mind.List
	if len(list) == 0 {
		return nil, "", false
	}
	said := ""
	if m := rowsSaid.FindStringSubmatch(text); m != nil {
		said, rest = m[1], m[2]
	} else if m := rowAndWord.FindStringSubmatch(text); m != nil {
		said, rest = m[1], m[2]
	} else if m := rowAndDeed.FindStringSubmatch(text); m != nil {
		said, rest = m[1], m[2]
	} else {
		return nil, "", false
	}
	rows, ok = pickRows(list, said)
	return rows, rest, ok
}

var wordsInRows = strings.NewReplacer("客户", "", "商机", "", "提醒", "", "任务", "", "公司", "", "线索", "", "以及", "和", "及", "和")

// pickRows are the rows of list that said names.
func pickRows(list []crm.Ref, said string) (rows []crm.Ref, ok bool) {
	count := func(s string) int {
		cmd, is := parse.ReadCommand("第" + s + "个")
		if !is || cmd.Number < 1 || cmd.Number > len(list) {
			return 0
		}
		return cmd.Number
	}
	trim := func(s string) string { return strings.TrimRight(s, "个条家单位项") }
	switch {
	case strings.HasPrefix(said, "最后"):
		n := 1
		if s := trim(strings.TrimPrefix(said, "最后")); s != "" && s != "一" {
			n = count(s)
		}
		return list[len(list)-n:], n > 0
	case strings.HasPrefix(said, "前"):
		n := count(trim(strings.TrimPrefix(said, "前")))
		return list[:n], n > 0
	case strings.HasPrefix(said, "这"), strings.HasPrefix(said, "那"), strings.HasPrefix(said, "上面"):
		s := trim(strings.TrimLeft(said, "这那上面"))
		if s == "几" || s == "些" {
			return list, true
		}
		return list, count(s) == len(list) // 这两个 of a list of three is not plain
	case strings.HasPrefix(said, "所有"), strings.HasPrefix(said, "全"), said == "都", said == "它们", said == "以上", strings.HasPrefix(said, "每"):
		return list, true
	}
	cmd, is := parse.ReadCommand(wordsInRows.Replace(said))
	if !is || cmd.Kind != parse.Pick {
		return nil, false
	}
	seen := map[int]bool{}
	for _, n := range cmd.Numbers {
		if n == -1 {
			n = len(list)
		}
		if n < 1 || n > len(list) {
			return nil, false
		}
		if !seen[n] {
			seen[n] = true
			rows = append(rows, list[n-1])
		}
	}
	return rows, len(rows) > 0
}

// onRows does what is said about rows of the last list: 「1和3推进到报价」, 「都转给韩梅梅」, 「前两个取消」. It reports false when the rest
// of text is no order.
func (t *turn) onRows(text string) (bool, error) {
	rows, rest, ok := t.selected(text)
	if !ok {
		return t.noRows(text), nil
	}
	switch todo := rows[0].Kind == crm.KindReminder || rows[0].Kind == crm.KindTask; {
	case todo && rowDrop.MatchString(rest):
		return true, t.todoRows(todoCancel, rows, "", text)
	case todo && rowDone.MatchString(rest):
		return true, t.todoRows(todoDone, rows, "", text)
	case todo && rowMove.MatchString(rest):
		when := rowMove.FindStringSubmatch(rest)[1]
		if _, _, ok := t.later(when, t.local()); ok {
			return true, t.todoRows(todoMove, rows, when, text)
		}
	}
	if rows[0].Kind == crm.KindLead {
		if handled, err := t.onLeads(rows, rest, text); handled || err != nil {
			return handled, err
		}
	}
	if len(rows) == 1 {
		return true, t.onRow(text, rest, rows[0])
	}
	calls, confidence, err := t.callsOnRows(rows, rest)
	if err != nil || len(calls) == 0 {
		return false, err
	}
	list := t.mind.List
	err = t.run(pending{Calls: calls, Text: text}, confidence)
	if len(t.mind.List) == 0 {
		t.mind.List = list
	}
	return true, err
}

var (
	nthSaid  = regexp.MustCompile(`^(?:把)?第` + numeral + `(?:个|条|家|单|位)(?:客户|提醒|任务|商机)?(?:完成|取消|推迟|改到|推进|推到|转给|打标签)`)
	allOfAny = regexp.MustCompile(`^(?:都|全部|全都)(?:给我)?(?:完成|做完|搞定|办完|取消|推迟到?.+)(?:了|吧)*$`)
)

// rowNamed begins an order about one row of a list by its place: no answer to a question is worded so.
var rowNamed = regexp.MustCompile(`^(?:帮我|麻烦|请)?(?:把|给|将)?第` + numeral + measure + `.`)

// rowsBeside tells that text is about a row of the last list although job, which shows no list of its own, waits. A number and what is to
// be done answer no question either.
func rowsBeside(job pending, text string) bool {
	shows := job.Kind == "pick" && len(job.Pick.Options) > 0
	return !shows && (rowAndDeed.MatchString(text) || job.Kind != "ask" && rowNamed.MatchString(text))
}

// noRows answers an order about rows that are not there. It reports whether text was one.
func (t *turn) noRows(text string) bool {
	switch n := len(t.mind.List); {
	case n > 0 && (nthSaid.MatchString(text) || rowAndDeed.MatchString(text)):
		t.say(t.text("list_range", map[string]any{"Most": n}))
	case n == 0 && (nthSaid.MatchString(text) || rowAndDeed.MatchString(text) && t.mind.record(t.now) == nil || allOfAny.MatchString(text)):
		t.say(t.text("list_gone", nil))
	default:
		return false
	}
	return true
}

// callsOnRows makes the calls of an order about several customers or deals; none when it is no order.
func (t *turn) callsOnRows(rows []crm.Ref, rest string) (calls []action.Call, confidence float64, err error) {
	name := standIn(rest)
	res := withoutStandIn(parse.Parse(name+rest, t.local(), t.bot.pack), name, "")
	actions := res.Actions
	if fixed, problem, ok := parse.Correction(rest, parse.Action{Name: "deal.update", Params: map[string]any{"amount": 0, "stage": "", "close_date": ""}}, t.local(), t.bot.pack); ok && problem == nil {
		maps.DeleteFunc(fixed.Params, func(_ string, v any) bool { return v == 0 || v == "" })
		actions, res.Problems, res.Confidence = []parse.Action{fixed}, nil, 1
	}
	if !orders(actions) || len(res.Problems) > 0 {
		return nil, 0, nil
	}
	for _, ref := range rows {
		customer := ref.ID
		if ref.Kind == crm.KindDeal {
			d, err := t.tx.DealByID(t.ctx, crm.DealID(ref.ID))
			if err != nil {
				return nil, 0, fmt.Errorf("row: %w", err)
			}
			customer = d.CustomerID
		} else if ref.Kind != crm.KindCustomer {
			return nil, 0, nil
		}
		for _, a := range actions {
			params := maps.Clone(a.Params)
			if ref.Kind == crm.KindDeal && strings.HasPrefix(a.Name, "deal.") && a.Name != "deal.create" {
				params["deal"] = ref.ID
			} else {
				params["customer"] = fmt.Sprintf("#%d", customer)
			}
			calls = append(calls, action.Call{Name: a.Name, Params: mustJSON(params)})
		}
	}
	if off := untaggedAll(rest, calls); off != nil {
		calls = off
	}
	return calls, res.Confidence, nil
}

// untaggedAll is [untagged] for an order about several customers.
func untaggedAll(text string, calls []action.Call) (all []action.Call) {
	for _, c := range calls {
		off := untagged(text, []action.Call{c})
		if off == nil {
			return nil
		}
		all = append(all, off...)
	}
	return all
}
