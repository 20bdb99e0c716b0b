package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// correctFor is how long the last write may be corrected by a few words.
const correctFor = 2 * 60 * 60 // seconds

// undoWords say plainly that something is to be taken back. 「不对」 alone says only that something is wrong.
var undoWords = regexp.MustCompile(`(?i)撤|undo|还原|恢复|收回|退回|取消(刚|上|前|掉)`)

// objections open a message that puts right what was said before.
var objections = regexp.MustCompile(`^(不对|不是|错了|说错|搞错|写错|弄错|记错|打错|输错|更正|纠正|哦不|应该是|是我(说|记|写|弄|搞)错)`)

// onePart tells whether actions say one thing of one record, as a correction does; 「改成38万 月底签」 says two.
func onePart(actions []parse.Action) bool {
	parts := 0
	for _, a := range actions {
		for name := range a.Params {
			if name != "customer" && name != "deal" {
				parts++
			}
		}
	}
	return parts <= 1
}

// replaces opens a message that puts something in the place of what was said last, however well it reads as an order
// about whom was spoken of.
var replaces = regexp.MustCompile(`^(改成|改为|改到|调成|调到|调整为|换成|定为)`)

// corrected takes text as a few words that put right what was just said: 「不对，是35万」, 「改成周四」. What is
// still being asked is changed before it happens, and what has just been written is changed on the same
// record. It reports false when text corrects neither.
func (t *turn) corrected(text string, job *pending) (bool, error) {
	if job != nil {
		for _, i := range byOldWord(text, job.Calls) {
			fixed, problem, ok := t.correction(text, job.Calls[i])
			if !ok {
				continue
			}
			next := *job
			next.Calls = slices.Clone(job.Calls)
			next.Calls[i] = fixed
			next.Kind, next.Pick, next.Ask = "", nil, nil
			next.Sure = false
			if problem != nil {
				t.supersede()
				next.Card = ""
				return true, t.askValue(next, &action.Ask{Call: i, Param: problem.Param, Question: sentence(problem.Say)})
			}
			t.supersede()
			next.Card = ""
			return true, t.run(next, 1)
		}
		return false, nil
	}
	last := t.mind.Last
	if last == nil || t.now.Sub(last.At).Seconds() > correctFor {
		return t.correctedFocus(text)
	}
	for _, i := range byOldWord(text, last.Calls) {
		if i >= len(last.Records) {
			continue
		}
		c := last.Calls[i]
		fixed, problem, ok := t.correction(text, c)
		if !ok {
			continue
		}
		call, ok := amend(c, fixed, last.Records[i])
		again := pending{Calls: []action.Call{call}, Text: text}
		switch {
		case ok:
			was := *last
			was.Calls = slices.Clone(last.Calls)
			was.Calls[i] = fixed
			again.Amends = &was
		case last.Undo == "":
			t.say(t.text("correct_by_undo", map[string]any{"Code": ""}))
			return true, nil
		default:
			again = t.redo(last, i, fixed, text)
		}
		if problem != nil {
			again.Amends = nil
			return true, t.askValue(again, &action.Ask{Call: min(i, len(again.Calls)-1), Param: problem.Param, Question: sentence(problem.Say)})
		}
		return true, t.run(again, 1)
	}
	return t.correctedFocus(text)
}

// byOldWord is the order in which calls are tried: the last first, but one that holds the very word that text says was
// wrong before all others.
func byOldWord(text string, calls []action.Call) (order []int) {
	_, old := meant(text)
	holds := func(c action.Call) bool {
		params := map[string]any{}
		return old != "" && json.Unmarshal(c.Params, &params) == nil && holdsWord(params, old) != ""
	}
	var rest []int
	for i, c := range slices.Backward(calls) {
		if holds(c) {
			order = append(order, i)
		} else {
			rest = append(rest, i)
		}
	}
	return append(order, rest...)
}

// correctedFocus reads 「改成40万」 and 「改到下周五」 as a change of the deal or reminder last spoken of.
func (t *turn) correctedFocus(text string) (bool, error) {
	if !t.fresh() || objections.MatchString(text) {
		return false, nil
	}
	if handled, err := t.movedAmount(text); handled || err != nil {
		return handled, err
	}
	f := t.mind.Focus
	var before action.Call
	switch {
	case f.Deal.ID != 0:
		before = action.Call{Name: "deal.update", Params: mustJSON(map[string]any{"deal": f.Deal.ID, "amount": 0, "stage": "", "close_date": ""})}
	case f.Reminder.ID != 0:
		at, err := t.snoozeFrom(f.Reminder.ID) // so that 「改到后天」 keeps the hour
		if err != nil {
			return false, err
		}
		before = action.Call{Name: "reminder.snooze", Params: mustJSON(map[string]any{"reminder": f.Reminder.ID, "at": at.Format(timeWire)})}
	case f.Customer.ID != 0: // the executor finds the customer's deal, or asks which
		before = action.Call{Name: "deal.update", Params: mustJSON(map[string]any{"amount": 0, "stage": "", "close_date": ""})}
	default:
		return false, nil
	}
	fixed, problem, ok := t.correction(text, before)
	if !ok {
		return false, nil
	}
	params := changed(before, fixed)
	for _, id := range []string{"deal", "reminder"} {
		var all map[string]any
		if json.Unmarshal(before.Params, &all) == nil && all[id] != nil {
			params[id] = all[id]
		}
	}
	job := pending{Calls: []action.Call{{Name: before.Name, Params: mustJSON(params)}}, Text: text}
	if problem != nil {
		return true, t.askValue(job, &action.Ask{Param: problem.Param, Question: sentence(problem.Say)})
	}
	return true, t.run(job, 1)
}

// correction is call with the parameter that text puts right. With a problem the parameter is absent.
func (t *turn) correction(text string, call action.Call) (fixed action.Call, problem *parse.Problem, ok bool) {
	if len(text) > 200 {
		return call, nil, false
	}
	fixed, problem, ok = t.swapped(text, call)
	if name, renamed := changed(call, fixed)["customer"].(string); ok && renamed && !couldBeNamed(name) {
		return call, nil, false
	}
	return fixed, problem, ok && (problem != nil || len(changed(call, fixed)) > 0)
}

// changed are the parameters in which after differs from before.
func changed(before, after action.Call) map[string]any {
	var was, is map[string]any
	if json.Unmarshal(before.Params, &was) != nil || json.Unmarshal(after.Params, &is) != nil {
		return nil
	}
	diff := map[string]any{}
	for k, v := range is {
		if fmt.Sprint(was[k]) != fmt.Sprint(v) {
			diff[k] = v
		}
	}
	return diff
}

// amend is the call that brings record, which before wrote, to what after says. ok is false for what has to
// be taken back and said again.
func amend(before, after action.Call, record crm.Ref) (call action.Call, ok bool) {
	diff := changed(before, after)
	only := func(names ...string) bool {
		for k := range diff {
			if !slices.Contains(names, k) {
				return false
			}
		}
		return record.ID != 0
	}
	switch before.Name {
	case "deal.create", "deal.update":
		if record.Kind == crm.KindDeal && only("amount", "stage", "close_date", "probability") {
			diff["deal"] = record.ID
			return action.Call{Name: "deal.update", Params: mustJSON(diff)}, true
		}
	case "contact.create":
		var was map[string]any
		if record.Kind == crm.KindContact && only("phone", "email", "wechat", "title", "birthday") && json.Unmarshal(before.Params, &was) == nil {
			diff["customer"], diff["contact"] = was["customer"], was["contact"]
			return action.Call{Name: "contact.create", Params: mustJSON(diff)}, true
		}
	case "task.create", "task.update":
		if record.Kind == crm.KindTask && only("due", "content") {
			diff["task"] = record.ID
			return action.Call{Name: "task.update", Params: mustJSON(diff)}, true
		}
	case "reminder.create", "reminder.snooze":
		if record.Kind == crm.KindReminder && only("at") {
			diff["reminder"] = record.ID
			return action.Call{Name: "reminder.snooze", Params: mustJSON(diff)}, true
		}
	}
	return action.Call{}, false
}
