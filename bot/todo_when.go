package bot

import (
	"fmt"
	"strings"
	"time"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/store"
)

// partOfDay is from which hour to which a part of the day lasts, as people mean it who speak of what is set for it.
var partOfDay = map[string][2]int{"凌晨": {0, 6}, "早上": {5, 10}, "上午": {6, 12}, "中午": {11, 14}, "下午": {12, 18}, "傍晚": {17, 20}, "晚上": {18, 24}}

// spanOf is the time in which a reminder rings that is named by w: a minute, a part of a day, a day or days.
func spanOf(w parse.Time, now time.Time) (from, to time.Time, ok bool) {
	if w.Bad != "" || w.Repeat != "" {
		return from, to, false
	}
	if w.Hour >= 0 || w.Grain == parse.Exact {
		from = w.Instant(now, false)
		return from, from.Add(time.Minute), true
	}
	from, to = w.From, w.To
	if w.Grain == parse.NoGrain {
		from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
		to = from
	}
	if part, said := partOfDay[w.Part]; said {
		return from.Add(time.Duration(part[0]) * time.Hour), to.Add(time.Duration(part[1]) * time.Hour), true
	}
	return from, to.AddDate(0, 0, 1), true
}

// remindersAt are the speaker's open reminders that what names by their time: 周五, 明天下午, 明天下午给王总打电话. When is the time as
// it was said, all that every one of them is meant; ok is false when what begins with no time.
func (t *turn) remindersAt(what string) (rows []store.ReminderRow, when string, all, ok bool, err error) {
	w, rest, ok := parse.WhenFirst(what, t.local())
	if !ok {
		return nil, "", false, false, nil
	}
	from, to, ok := spanOf(w, t.local())
	if !ok {
		return nil, "", false, false, nil
	}
	found, _, err := t.tx.RemindersOf(t.ctx, []int64{int64(t.actor.UserID)}, 0, from, to, rowsPerPage)
	if err != nil {
		return nil, "", false, false, fmt.Errorf("reminders at a time: %w", err)
	}
	when = strings.TrimSuffix(what, rest)
	rest = strings.Trim(rest, " 的那个条「」“”\"")
	all = rest != "" && strings.Trim(rest, "所有的全部") == ""
	for _, r := range found {
		if rest == "" || all || saysTodo(r, rest) {
			rows = append(rows, r)
		}
	}
	return rows, when, all, len(rows) > 0 || rest == "" || all, nil
}

// onReminders does verb to the reminders that were named by the time when; of several the person says which.
func (t *turn) onReminders(verb todoVerb, rows []store.ReminderRow, all bool, when, moveTo, text string) error {
	if len(rows) == 0 {
		t.say(t.text("todo_none_at", map[string]any{"When": when}))
		return nil
	}
	refs, lines := make([]crm.Ref, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		refs[i] = crm.Ref{Kind: crm.KindReminder, ID: r.ID, Name: r.Content}
		lines[i] = fmt.Sprintf("%d. %s %s", i+1, crm.SayTime(r.At, t.now, t.local().Location()), r.Content)
	}
	if all || len(rows) == 1 {
		return t.todoRows(verb, refs, moveTo, text)
	}
	t.mind.List = refs
	t.say(t.text("todo_which", map[string]any{"When": when, "Lines": lines, "Verb": string(verb), "To": moveTo}))
	return nil
}

func saysTodo(r store.ReminderRow, words string) bool {
	for _, text := range []string{r.Content, r.Customer, r.Contact} {
		if text != "" && strings.Contains(crm.Fold(text), crm.Fold(words)) {
			return true
		}
	}
	return false
}

// sameDay reads a clock time alone, said of a reminder that rings at from, as a time of that day: 「周五的提醒改到4点」.
func sameDay(w parse.Time, from, now time.Time) (at time.Time, ok bool) {
	if w.Grain != parse.NoGrain || w.Hour < 0 || w.Repeat != "" || !from.After(now) || from.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at, false
	}
	hour := w.Hour
	if w.Part == "" && (hour >= 1 && hour < 7 || hour < 12 && from.Hour() >= 18) { // 4点 is none of the night's
		hour += 12
	}
	return time.Date(from.Year(), from.Month(), from.Day(), hour, w.Minute, 0, 0, from.Location()), true
}
