package bot

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// What people say about reminders and tasks that exist: they name one by its place in the last list, its number, or
// a few words of it. These are read here, since what the words name is known only to the store.
var (
	dropFirst  = parse.MustPattern(`^(?:帮我|请|麻烦)?(?:取消|删掉|删除|去掉|撤掉)(?:掉|一下)?(.+?)(?:吧|了)*$`)
	dropLast   = parse.MustPattern(`^(?:帮我|请|麻烦)?(?:把|将)?(.+?)(?:给我)?(?:都)?(?:取消|删掉|删除|去掉|撤掉|作废|不用再?(?:做|办|管|提醒)?|不要)(?:掉|一下|吧|了)*$`)
	quietFirst = parse.MustPattern(`^(?:不用|不要|别|不必|不需要|无需)(?:再)?提醒(?:我)?(.*?)(?:了|啦|吧)*$`)
	quietLast  = parse.MustPattern(`^(.+?)(?:就)?(?:不用|不要|别|不必|不需要)(?:再)?提醒(?:我)?(?:了|啦|吧)*$`)
	didWhat    = parse.MustPattern(`^(?:把)?(.+?)(?:已经|都|给我)?(?:标记)?(?:完成|做完|办完|搞定|弄完|处理完|办好|做好)(?:了|啦|掉|吧)*$`)
	moveWhat   = parse.MustPattern(`^(?:帮我|请|麻烦)?(?:把|将)?(.+?)(?:推迟|改期|延后|延期|顺延|改|推|挪)(?:到|至|成|为)?\s*(.+)$`)
	moveIt     = parse.MustPattern(`^(?:帮我|请|麻烦|先)?(?:再)?(?:推迟|延后|顺延|延期|推|挪)(?:一下)?(?:到|至)\s*(.+?)(?:吧|再说)?$`)
	listWhat   = parse.MustPattern(`^(?:看看|看一下|看下|查一下|查查|列出|列一下|看)?(.{0,12}?)(?:的)?(?:还|现在)?(?:有)?(?:哪些|什么|多少|几个)?(?:未完成|没完成|没做完|没做|待办)?(?:的)?任务(?:列表|清单)?(?:还)?(?:没做|没完成|没做完|没办|要做|未完成)?(?:的|呢|吗|[?？。])*$`)
	todoNoun   = regexp.MustCompile(`(?:的|那个|这个|那条|这条|那|这|个|条)*(提醒|闹钟|任务|待办)$`)
	thisOne    = regexp.MustCompile(`^(?:我|我的|这|那|这个|那个|刚才|刚才的|刚才那个|刚才这个|刚刚的|刚刚那个|刚定的|刚设的|上一个|它)?$`)
	recordSaid = regexp.MustCompile(`^[#＃]?([0-9]{4,12})$`)
)

// todoVerb is what is to be done about a reminder or a task.
type todoVerb string

const (
	todoDone   todoVerb = "done"
	todoCancel todoVerb = "cancel"
	todoMove   todoVerb = "move"
)

// todo does what a text says about reminders and tasks that exist. It reports whether text said such a thing.
func (t *turn) todo(text string, about quoted) (bool, error) {
	text = strings.TrimRight(text, "。.!！~～ ")
	if utf8.RuneCountInString(text) > 60 || strings.ContainsAny(text, "，,；;\n") {
		return false, nil
	}
	if m := quietFirst.FindStringSubmatch(text); m != nil {
		return t.todoNamed(todoCancel, m[1], "提醒", "", text, about)
	}
	if m := quietLast.FindStringSubmatch(text); m != nil {
		return t.todoNamed(todoCancel, m[1], "提醒", "", text, about)
	}
	for _, form := range []*parse.Pattern{dropFirst, dropLast} {
		if m := form.FindStringSubmatch(text); m != nil {
			if rows, ok := pickRows(t.mind.List, strings.TrimSpace(m[1])); ok && len(rows) > 0 && (rows[0].Kind == crm.KindReminder || rows[0].Kind == crm.KindTask) {
				return true, t.todoRows(todoCancel, rows, "", text)
			}
			if what, noun := nounOf(m[1]); noun != "" || recordSaid.MatchString(strings.TrimSpace(m[1])) {
				return t.todoNamed(todoCancel, what, noun, "", text, about)
			}
		}
	}
	if m := moveWhat.FindStringSubmatch(text); m != nil {
		if what, noun := nounOf(m[1]); noun != "" {
			if _, _, ok := t.later(m[2], t.local()); ok {
				return t.todoNamed(todoMove, what, noun, m[2], text, about)
			}
		}
	}
	if m := moveIt.FindStringSubmatch(text); m != nil && t.reminderJustSet(about) {
		if _, _, ok := t.later(m[1], t.local()); ok {
			return t.todoNamed(todoMove, "", "提醒", m[1], text, about)
		}
	}
	if m := didWhat.FindStringSubmatch(text); m != nil {
		if what, noun := nounOf(m[1]); noun != "" {
			return t.todoNamed(todoDone, what, noun, "", text, about)
		}
		return t.todoWords(m[1], text)
	}
	if m := listWhat.FindStringSubmatch(text); m != nil {
		return t.taskList(m[1], text)
	}
	return false, nil
}

// nounOf cuts the word for a reminder or a task off the end of what names one.
func nounOf(said string) (what, noun string) {
	said = strings.TrimSpace(said)
	m := todoNoun.FindStringSubmatchIndex(said)
	if m == nil {
		return said, ""
	}
	return strings.TrimSpace(said[:m[0]]), said[m[2]:m[3]]
}

// todoNamed does verb to the reminder or task that what names; when is the new time of a move.
func (t *turn) todoNamed(verb todoVerb, what, noun, when, text string, about quoted) (bool, error) {
	kind := crm.KindReminder
	if noun == "任务" {
		kind = crm.KindTask
	}
	if rows, rest, ok := t.selected(what + "X"); ok && rest == "X" {
		return true, t.todoRows(verb, rows, when, text)
	}
	params := map[string]any{}
	what = strings.Trim(what, " 的「」“”\"")
	switch m := recordSaid.FindStringSubmatch(what); {
	case m != nil:
		id, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return false, nil
		}
		params[string(kind)] = id
	case strings.Trim(what, "所有的全部我") == "" && what != "" && what != "我" && what != "我的":
		return true, t.todoAll(verb, kind, when, text)
	case thisOne.MatchString(what):
		if id := t.lastTodo(kind, about); id != 0 {
			params[string(kind)] = id
		}
	default:
		if kind == crm.KindReminder {
			rows, said, all, ok, err := t.remindersAt(what)
			if err != nil {
				return false, err
			}
			if ok {
				return true, t.onReminders(verb, rows, all, said, when, text)
			}
		}
		params[map[bool]string{true: "words", false: "content"}[kind == crm.KindTask && verb == todoMove]] = what
	}
	job := pending{Text: text}
	call, ok, err := t.todoCall(verb, kind, params, when)
	if err != nil || !ok {
		return ok, err
	}
	job.Calls = []action.Call{call}
	return true, t.run(job, 1)
}

// lastTodo is the reminder or task that was quoted or last written or spoken of; 0 when there is none.
func (t *turn) lastTodo(kind crm.Kind, about quoted) int64 {
	if about.Record != 0 {
		return about.Record
	}
	if last := t.mind.Last; last != nil {
		for i := len(last.Records) - 1; i >= 0; i-- {
			if last.Records[i].Kind == kind {
				return last.Records[i].ID
			}
		}
	}
	if kind == crm.KindReminder {
		return t.mind.Focus.Reminder.ID
	}
	return 0
}

// reminderJustSet reports whether a bare 「推迟到明天9点」 can only mean one reminder: that of the last receipt, or the one that
// rang when nothing was written since.
func (t *turn) reminderJustSet(about quoted) bool {
	if about.Record != 0 {
		return false
	}
	if last := t.mind.Last; last != nil && len(last.Records) > 0 {
		n := 0
		for _, r := range last.Records {
			if r.Kind == crm.KindReminder {
				n++
			}
		}
		return n == 1
	}
	return t.mind.Focus.Reminder.ID != 0
}

// todoCall makes the call; ok is false when the new time cannot be read.
func (t *turn) todoCall(verb todoVerb, kind crm.Kind, params map[string]any, when string) (call action.Call, ok bool, err error) {
	switch verb {
	case todoDone:
		return action.Call{Name: string(kind) + ".done", Params: mustJSON(params)}, true, nil
	case todoCancel:
		return action.Call{Name: string(kind) + ".cancel", Params: mustJSON(params)}, true, nil
	}
	id, _ := params[string(kind)].(int64)
	if words, _ := params["content"].(string); id == 0 && words != "" && kind == crm.KindReminder {
		if id, err = t.reminderSaying(words); err != nil {
			return call, false, err
		}
	}
	from := t.local().Truncate(time.Minute)
	if kind == crm.KindReminder {
		if from, err = t.snoozeFrom(id); err != nil {
			return call, false, err
		}
	}
	at := from.Add(time.Hour)
	if kind == crm.KindTask {
		at = from.AddDate(0, 0, 1)
	}
	if when != "" {
		w, now, ok := t.later(when, from)
		if !ok {
			return call, false, nil
		}
		at = w.Instant(now, false)
		if then, ok := sameDay(w, from, t.local()); ok && kind == crm.KindReminder {
			at = then
		}
		if kind == crm.KindReminder && w.Grain == parse.Day && w.Hour < 0 && w.Part == "" && from.After(t.local()) { // a day alone keeps the hour
			at = time.Date(at.Year(), at.Month(), at.Day(), from.Hour(), from.Minute(), 0, 0, from.Location())
		}
	}
	if kind == crm.KindTask {
		params["due"] = at.Format(time.DateOnly)
		return action.Call{Name: "task.update", Params: mustJSON(params)}, true, nil
	}
	params["at"] = at.Format(timeWire)
	return action.Call{Name: "reminder.snooze", Params: mustJSON(params)}, true, nil
}

// reminderSaying is the speaker's one open reminder whose text holds words; 0 when there are none or several.
func (t *turn) reminderSaying(words string) (int64, error) {
	rows, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, time.Time{}, time.Time{}, 50)
	if err != nil {
		return 0, fmt.Errorf("which reminder: %w", err)
	}
	found := int64(0)
	for _, r := range rows {
		if strings.Contains(crm.Fold(r.Content), crm.Fold(words)) {
			if found != 0 {
				return 0, nil
			}
			found = r.ID
		}
	}
	return found, nil
}

// todoRows does verb to rows of the last list.
func (t *turn) todoRows(verb todoVerb, rows []crm.Ref, when, text string) error {
	job := pending{Text: text}
	for _, ref := range rows {
		params := map[string]any{}
		if ref.ID != 0 {
			params[string(ref.Kind)] = ref.ID
		}
		if ref.Kind != crm.KindReminder && ref.Kind != crm.KindTask {
			t.say(t.text("list_other", map[string]any{"Name": ref.Name, "Kind": ref.Kind.Chinese()}))
			return nil
		}
		call, ok, err := t.todoCall(verb, ref.Kind, params, when)
		if err != nil {
			return err
		}
		if !ok {
			call = action.Call{Name: map[crm.Kind]string{crm.KindReminder: "reminder.snooze", crm.KindTask: "task.update"}[ref.Kind], Params: mustJSON(params)}
			ask := &action.Ask{Param: map[crm.Kind]string{crm.KindReminder: "at", crm.KindTask: "due"}[ref.Kind], Question: t.text("snooze_when", nil)}
			return t.askValue(pending{Calls: []action.Call{call}, Text: text, Sure: true}, ask)
		}
		job.Calls = append(job.Calls, call)
	}
	job.Sure = len(rows) <= mostAtOnce
	return t.run(job, 1)
}

// todoAll does verb to all open reminders, or tasks, of the speaker; the executor shows many before it does them.
func (t *turn) todoAll(verb todoVerb, kind crm.Kind, when, text string) error {
	var rows []crm.Ref
	if kind == crm.KindReminder {
		all, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, time.Time{}, time.Time{}, rowsPerPage)
		if err != nil {
			return fmt.Errorf("all reminders: %w", err)
		}
		for _, r := range all {
			rows = append(rows, crm.Ref{Kind: kind, ID: r.ID, Name: r.Content})
		}
	} else {
		all, _, err := t.tx.OpenTasks(t.ctx, store.TaskQuery{Users: []int64{int64(t.actor.UserID)}, Limit: rowsPerPage})
		if err != nil {
			return fmt.Errorf("all tasks: %w", err)
		}
		for _, r := range all {
			rows = append(rows, crm.Ref{Kind: kind, ID: r.ID, Name: r.Content})
		}
	}
	if len(rows) == 0 {
		t.say(t.text("todo_none", map[string]any{"Kind": kind.Chinese()}))
		return nil
	}
	return t.todoRows(verb, rows, when, text)
}

// todoWords closes the reminder or task of the speaker that holds the words: 「寄样品搞定了」. Without one it is no order
// about either, and something else.
func (t *turn) todoWords(words, text string) (bool, error) {
	words = strings.Trim(words, " 我把给的「」“”\"")
	if n := utf8.RuneCountInString(words); n < 2 || n > 20 || t.ownNames().holds(words) {
		return false, nil
	}
	reminders, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, time.Time{}, time.Time{}, 50)
	if err != nil {
		return false, fmt.Errorf("what is done: %w", err)
	}
	tasks, _, err := t.tx.OpenTasks(t.ctx, store.TaskQuery{Users: []int64{int64(t.actor.UserID)}, Limit: 50})
	if err != nil {
		return false, fmt.Errorf("what is done: %w", err)
	}
	fits := func(content string) bool { return strings.Contains(crm.Fold(content), crm.Fold(words)) }
	for _, r := range reminders {
		if fits(r.Content) {
			return true, t.run(pending{Calls: []action.Call{{Name: "reminder.done", Params: mustJSON(map[string]any{"content": words})}}, Text: text}, 1)
		}
	}
	for _, r := range tasks {
		if fits(r.Content) {
			return true, t.run(pending{Calls: []action.Call{{Name: "task.done", Params: mustJSON(map[string]any{"content": words})}}, Text: text}, 1)
		}
	}
	return false, nil
}

// taskList lists tasks: the speaker's, a colleague's, a customer's, or those given to others.
func (t *turn) taskList(whose, text string) (bool, error) {
	whose = strings.TrimSuffix(strings.TrimSpace(whose), "的")
	params := map[string]any{}
	switch {
	case whose == "" || whose == "我" || whose == "我自己":
	case strings.HasPrefix(whose, "我派") || strings.HasPrefix(whose, "我给") || strings.HasPrefix(whose, "派出") || strings.HasPrefix(whose, "我安排") || strings.HasPrefix(whose, "我交"):
		params["given"] = true
	case t.ownNames().holds(whose) || t.ownNames().begins(whose):
		params["customer"] = whose
	case isPronoun(whose):
		if t.mind.Focus.Customer.ID == 0 {
			return false, nil
		}
		params["customer"] = fmt.Sprintf("#%d", t.mind.Focus.Customer.ID)
	case utf8.RuneCountInString(whose) <= 6 && !strings.ContainsAny(whose, "派加建新让把完取改"):
		params["owner"] = whose
	default:
		return false, nil
	}
	return true, t.run(pending{Calls: []action.Call{{Name: "task.list", Params: mustJSON(params)}}, Text: text}, 1)
}
