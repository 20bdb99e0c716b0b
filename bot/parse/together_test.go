package parse

import "testing"

// names gives the actions that a text is understood as.
func names(text string) string {
	out := ""
	for _, a := range Parse(text, wednesday, nil).Actions {
		out += a.Name + " "
	}
	return out
}

func TestAnOrderIsUnderstoodInAnyOrderOfItsWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, text string }{
		{"reminder.done ", "提醒37搞掂"},
		{"reminder.done ", "搞定了,海纳的提醒"},
		{"reminder.done ", "海纳那个提醒不用管了,已经办妥"},
		{"reminder.snooze ", "半小时后再叫我,海纳那个提醒"},
		{"approval.reject ", "不批!718号,没附扫描件"},
		{"approval.reject ", "海纳那个特价不予通过,毛利不够"},
		{"ticket.reply ", "天虹工单回复一下,配件在路上"},
		{"ticket.list ", "超时的工单,给我拉出来"},
		{"reminder.create ", "明天提醒我把海纳的会推迟到周五"},
	} {
		if got := names(c.text); got != c.want {
			t.Errorf("%s: %swant %s", c.text, got+", ", c.want)
		}
	}
}

func TestABareNumberIsARecordWhereSomethingIsDoneToIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"514可以过": 514, "37往后挪一天": 37, "把1508上升到李总": 1508, "1508可以结了,换了主板": 1508} {
		r := Parse(text, wednesday, nil)
		if len(r.Actions) != 1 {
			t.Errorf("%s: %v", text, r.Actions)
			continue
		}
		if got := r.Actions[0].Params[recordOf[r.Actions[0].Name]]; got != int64(want) {
			t.Errorf("%s: %s %v, want number %d", text, r.Actions[0].Name, got, want)
		}
	}
	for _, text := range []string{"5000给他优惠", "天虹要 80也行", "2000先付"} {
		for _, sp := range newScan(newLine(text), wednesday, compiled(nil)).spans {
			if sp.kind == 'I' {
				t.Errorf("%s: %d is read as a record", text, sp.id)
			}
		}
	}
}
