package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/bot/chatlog"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/store"
)

// noteLabels are the facts that become a part of the activity's content, in this order.
var noteLabels = []struct {
	kind  chatlog.FactKind
	label string
}{
	{chatlog.Need, "需求"}, {chatlog.Product, "产品"}, {chatlog.Budget, "预算"}, {chatlog.Price, "报价"}, {chatlog.Objection, "顾虑"}, {chatlog.Competitor, "竞品"},
	{chatlog.DecisionMaker, "决策人"}, {chatlog.Date, "日期"}, {chatlog.Promise, "对方答应"}, {chatlog.Complaint, "投诉"},
}

// mostNotes is how many notes of one kind a card shows; the record has the rest.
const mostNotes = 3

func (x *drafting) notes() {
	for _, n := range noteLabels {
		shown := 0
		for i := range x.facts {
			f := &x.facts[i]
			if f.Kind != n.kind || shown == mostNotes || x.written(f) || x.repeated(f) {
				continue
			}
			text := x.noteText(f)
			if text == "" {
				continue
			}
			shown++
			i := item{key: fmt.Sprintf("%s:%d", n.kind, f.Lines[0]) + ":" + text, label: n.label, text: text, lines: f.Lines}
			if n.kind == chatlog.Complaint { // a complaint is not only remembered: somebody has to look after it
				i.call, i.group, i.param, i.value = "ticket.create", "ticket", "content", text
			}
			x.add(i)
		}
	}
}

// written tells that a field of the draft says the fact already.
func (x *drafting) written(f *chatlog.Fact) bool {
	key := map[chatlog.FactKind]string{chatlog.Budget: "deal:amount", chatlog.Product: "deal:product"}[f.Kind]
	if f.Kind == chatlog.Date && closes(f.What) {
		key = "deal:close_date"
	}
	return key != "" && slices.ContainsFunc(x.items, func(i item) bool { return i.key == key && slices.Equal(i.lines, f.Lines) })
}

// repeated tells that another item says the same: a plan the day of its own line, an objection the wish of its own words.
func (x *drafting) repeated(f *chatlog.Fact) bool {
	switch f.Kind {
	case chatlog.Date, chatlog.Promise:
		if slices.ContainsFunc(x.items, func(i item) bool {
			return (i.label == "提醒" || i.label == "任务" || i.label == "下次联系" || i.label == "日期") && len(i.lines) > 0 && i.lines[0] == f.Lines[0]
		}) {
			return true
		}
	case chatlog.Need:
		return slices.ContainsFunc(x.facts, func(o chatlog.Fact) bool { return o.Kind == chatlog.Objection && o.Text == f.Value })
	}
	return false
}

func (x *drafting) noteText(f *chatlog.Fact) string {
	said, _ := f.Value.(string)
	switch f.Kind {
	case chatlog.Product:
		if f.Quantity > 0 {
			said += " × " + number(f.Quantity)
		}
	case chatlog.Budget:
		yuan, _ := amountOf(f)
		return crm.Yuan(yuan).String()
	case chatlog.Price:
		if yuan, ok := amountOf(f); ok {
			said = crm.Yuan(yuan).String()
		}
		if f.Discount > 0 {
			said = strings.TrimSpace(said + " " + number(f.Discount*10) + "折")
		}
	case chatlog.Objection:
		said = objectionNames[said]
		if f.Text != "" {
			said += "（" + cut(f.Text, 30) + "）"
		}
	case chatlog.Date:
		if day := dayOf(f); day != "" {
			said = strings.TrimSpace(day + " " + f.What)
		}
	case chatlog.Promise:
		if f.Who != chatlog.Customer {
			return ""
		}
		if f.At != nil {
			said = strings.TrimSpace(crm.SayDay(f.At.In(crm.Shanghai), x.t.local()) + " " + said)
		}
	}
	return cut(said, 80)
}

var objectionNames = map[string]string{"price": "价格", "delivery": "交期", "quality": "质量", "trust": "信任", "competitor": "竞品", "timing": "时机"}

// plans are what is to be done: what we said we would do becomes a reminder, a colleague's promise a task, and what we
// wait for the next contact. What has no time, or one that is past, stays a note.
func (x *drafting) plans() {
	planned := map[int]bool{}
	next := (*chatlog.Fact)(nil)
	for _, kind := range []chatlog.FactKind{chatlog.Promise, chatlog.NextStep} {
		for i := range x.facts {
			f := &x.facts[i]
			said, _ := f.Value.(string)
			if f.Kind != kind || said == "" || planned[f.Lines[0]] {
				continue
			}
			future := f.At != nil && f.At.After(x.t.now)
			switch {
			case f.Who == chatlog.Customer:
				if slices.ContainsFunc(x.facts, func(o chatlog.Fact) bool { return o.Kind == chatlog.Date && o.What != "" && o.Lines[0] == f.Lines[0] }) {
					continue // the date says it better
				}
				if future && (next == nil || f.At.Before(*next.At)) {
					next = f
				}
				continue
			case future && x.colleague(f) != "":
				planned[f.Lines[0]] = true
				who := x.colleague(f)
				x.add(item{key: fmt.Sprintf("task:%d", f.Lines[0]), label: "任务", call: "task.create", group: fmt.Sprint("task", f.Lines[0]), param: "due", value: f.At.In(crm.Shanghai).Format(time.DateOnly),
					text: who + "：" + x.deed(said) + "（" + crm.SayDay(f.At.In(crm.Shanghai), x.t.local()) + "前）", lines: f.Lines})
			case future:
				planned[f.Lines[0]] = true
				x.add(item{key: fmt.Sprintf("reminder:%d", f.Lines[0]), label: "提醒", call: "reminder.create", group: fmt.Sprint("reminder", f.Lines[0]), param: "at", value: f.At.Format(time.RFC3339),
					text: crm.SayTime(*f.At, x.t.now, x.t.actor.Location()) + " " + x.deed(said), lines: f.Lines})
			case f.At == nil:
				planned[f.Lines[0]] = true
				x.add(item{key: fmt.Sprintf("next:%d", f.Lines[0]), label: "下一步", text: cut(said, 80), lines: f.Lines})
			}
		}
	}
	if next != nil {
		said, _ := next.Value.(string)
		x.add(item{key: "next_at", label: "下次联系", call: "record.keep", param: "next_at", value: next.At.Format(time.RFC3339),
			text: crm.SayTime(*next.At, x.t.now, x.t.actor.Location()) + " 对方：" + x.deed(said), lines: next.Lines})
	}
}

// deed is what a plan is about, without its time and who says it: 「我周五上午10点给您发报价单」 is 「给您发报价单」.
func (x *drafting) deed(said string) string {
	res := parse.Parse("提醒我"+strings.TrimPrefix(strings.TrimPrefix(said, "我们"), "我"), x.t.local(), x.t.bot.pack)
	if len(res.Actions) == 1 && res.Actions[0].Name == "reminder.create" {
		if content, _ := res.Actions[0].Params["content"].(string); len([]rune(content)) >= 2 {
			return cut(content, 60)
		}
	}
	return cut(said, 60)
}

// colleague is who of us, other than the speaker, made a promise; "" when it is the speaker's or nobody's.
func (x *drafting) colleague(f *chatlog.Fact) string {
	l, ok := x.draft.Record.Line(f.Lines[0])
	if !ok || l.Side != string(chatlog.Us) || l.Sender == x.t.actor.Name {
		return ""
	}
	people, err := x.t.tx.Colleagues(x.t.ctx)
	if err != nil {
		return ""
	}
	if slices.ContainsFunc(people, func(p store.Colleague) bool { return p.Name == l.Sender }) {
		return l.Sender
	}
	return ""
}
