package bot

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// mostCited is how much of a quoted message goes into a reminder or a task.
const mostCited = 120

var (
	thisCited = regexp.MustCompile(`(?:这个|这条|这句|这件事|这事|这些|上面的?|以上|这)(?:消息|内容|问题|事情)?`)
	bareReply = regexp.MustCompile(`^(?:回复|回一下|回|跟进|处理|看|看一下|联系)?(?:TA|ta|他|她|客户|一下)?$`)
	keepCited = regexp.MustCompile(`^(?:把)?(?:这个|这条|这句|这些)?(?:帮我)?(?:记录|记下来|记下|记|存)(?:一下|下来|下)?(?:到|给|在)?\s*(.*?)(?:的)?(?:里|名下|跟进|跟进里|那里)?$`)
	listRow   = regexp.MustCompile(`^([0-9]{1,2})[.、　 ]\s*(.+)$`)
	rowName   = regexp.MustCompile(`^(.+?)(?: · |（| #|$)`)
)

// cite puts the quoted message in the place of 这个: 「提醒我回复这个」 keeps what is to be replied to, and whose it is. A
// message of ours is no such text: what it is about is the subject instead.
func (t *turn) cite(calls []action.Call) []action.Call {
	if t.cited == "" {
		return calls
	}
	for i, c := range calls {
		if c.Name != "reminder.create" && c.Name != "task.create" && c.Name != "activity.log" {
			continue
		}
		params := map[string]any{}
		if json.Unmarshal(c.Params, &params) != nil {
			continue
		}
		content, _ := params["content"].(string)
		if !thisCited.MatchString(content) && !bareReply.MatchString(content) {
			continue
		}
		words := strings.TrimSpace(thisCited.ReplaceAllString(content, ""))
		if words == "" {
			words = "回复"
		}
		params["content"] = words + "：" + cut(strings.Join(strings.Fields(t.cited), " "), mostCited)
		if _, has := params["customer"]; !has {
			if name := t.citedCustomer(); name != "" {
				params["customer"] = name
			}
		}
		calls[i] = action.Call{Name: c.Name, Params: mustJSON(params)}
	}
	return calls
}

// citedCustomer is the one customer of the speaker's that the quoted message names; "" when there is none or several.
func (t *turn) citedCustomer() string {
	own := t.ownNames()
	said := own.in(t.cited)
	if len(said) == 0 {
		return ""
	}
	if all := own.called(said[0]); len(all) == 1 { // the longest
		return all[0].name
	}
	return ""
}

// keep notes the quoted message as a follow-up: 「记到云帆」 on a quote. It reports whether text said so.
func (t *turn) keep(text string) (bool, error) {
	m := keepCited.FindStringSubmatch(strings.TrimRight(text, "。.!！吧了 "))
	if t.cited == "" || m == nil || utf8.RuneCountInString(m[1]) > 20 || readQuote(t.cited) != (quoted{}) {
		return false, nil
	}
	params := map[string]any{"content": cut(t.cited, 1000)}
	switch name := m[1]; {
	case name != "" && !t.ownNames().begins(name):
		return false, nil
	case name != "":
		params["customer"] = name
	default:
		if name := t.citedCustomer(); name != "" {
			params["customer"] = name
		}
	}
	return true, t.run(pending{Calls: []action.Call{{Name: "activity.log", Params: mustJSON(params)}}, Text: text}, 1)
}

// quotedList makes the rows of a quoted list the ones that numbers mean. A list of which a row cannot be found any
// more changes nothing.
func (t *turn) quotedList(text string) {
	var rows []crm.Ref
	for line := range strings.Lines(text) {
		m := listRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		ref, ok := t.quotedRow(m[2])
		if !ok {
			return
		}
		rows = append(rows, ref)
	}
	if len(rows) > 1 {
		t.mind.List = rows
	}
}

// quotedRow finds the record of a row of one of our lists: by its number, its customer's name, or the words of a
// reminder or a task.
func (t *turn) quotedRow(row string) (crm.Ref, bool) {
	if q := readQuote(row); q.Record != 0 {
		ref, err := t.tx.WhatIs(t.ctx, q.Record)
		return ref, err == nil
	}
	name := rowName.FindStringSubmatch(row)
	if name != nil {
		if all := t.ownNames().called(name[1]); len(all) == 1 {
			return crm.Ref{Kind: crm.KindCustomer, ID: all[0].id, Name: all[0].name}, true
		}
	}
	me := []int64{int64(t.actor.UserID)}
	reminders, _, err := t.tx.RemindersOf(t.ctx, me, 0, time.Time{}, time.Time{}, 50)
	if err != nil {
		t.bot.log.Error("quoted list", zap.Error(err))
		return crm.Ref{}, false
	}
	for _, r := range reminders {
		if strings.Contains(row, crm.SayTime(r.At, t.now, t.actor.Location())+" "+r.Content) {
			return crm.Ref{Kind: crm.KindReminder, ID: r.ID, Name: r.Content}, true
		}
	}
	tasks, _, err := t.tx.OpenTasks(t.ctx, store.TaskQuery{Users: me, Limit: 50})
	if err != nil {
		t.bot.log.Error("quoted list", zap.Error(err))
		return crm.Ref{}, false
	}
	for _, r := range tasks {
		if strings.HasPrefix(row, r.Content) {
			return crm.Ref{Kind: crm.KindTask, ID: r.ID, Name: r.Content}, true
		}
	}
	return crm.Ref{}, false
}
