package bot

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// mostAsked is how many questions one job may cost. After that the bot says what is missing and how to
// say it in one go.
const mostAsked = 2

// askFirst shows what would change and waits for a word or a tap.
func (t *turn) askFirst(job pending, out action.Outcome) error {
	job.Kind, job.Card, job.Shown = "confirm", t.cardID("c"), out.Proposed
	card := t.bot.difference(t, out)
	card.ID = job.Card
	left := strings.Join(job.Missing, "\n")
	card.Body = strings.TrimSpace(strings.TrimSpace(out.Why+"\n"+left) + "\n" + card.Body)
	job.Title = card.Title
	card.Buttons = []chat.Button{
		{Key: "confirm", Text: "确认", Style: "primary", Command: "确认"},
		{Key: "cancel", Text: "取消", Command: "取消"},
	}
	card.Note = t.text("confirm_note", map[string]any{"Minutes": int(askLife.Minutes())})
	t.wait(job)
	t.reply(chat.Reply{Text: t.text("confirm", map[string]any{"Card": card, "Why": out.Why, "Left": left}), Card: &card})
	return nil
}

// askWhich shows the records that fit a name.
func (t *turn) askWhich(job pending, p *action.Pick) error {
	if len(p.Options) == 0 {
		return t.askCreate(job, p)
	}
	if job.Asked >= mostAsked {
		if rest, ok := t.without(job, p.Call, p.Param, t.text("give_up_which", map[string]any{"Said": p.Said})); ok {
			return t.run(rest, 1)
		}
		t.settled(job)
		t.say(t.text("give_up_pick", map[string]any{"Said": p.Said}))
		return nil
	}
	job.Asked++
	job.Kind, job.Card, job.Pick = "pick", t.cardID("p"), p
	card := chat.Card{ID: job.Card, Title: t.text("pick_title", map[string]any{"Said": p.Said, "Kind": p.Options[0].Ref.Kind.Chinese(), "Action": job.Calls[p.Call].Name})}
	job.Title = card.Title
	t.mind.List = nil
	for i, o := range p.Options {
		n := strconv.Itoa(i + 1)
		card.Fields = append(card.Fields, chat.Field{Name: n, Value: optionLine(o)})
		if i < 5 {
			card.Buttons = append(card.Buttons, chat.Button{Key: "pick:" + n, Text: cut(o.Ref.Name, 10), Command: n})
		}
	}
	if p.Create {
		card.Buttons = append(card.Buttons, chat.Button{Key: "create", Text: "都不是，新建", Command: "新建"})
	}
	t.wait(job)
	t.reply(chat.Reply{Text: t.text("pick", map[string]any{"Title": card.Title, "Options": card.Fields, "Create": p.Create}), Card: &card})
	return nil
}

// askCreate says that nothing is known under a name, and offers to begin it.
func (t *turn) askCreate(job pending, p *action.Pick) error {
	if !p.Create || p.Param != "customer" && p.Param != "deal" {
		t.settled(job)
		t.say(t.text("unknown_name", map[string]any{"Said": p.Said, "Param": p.Param}))
		return nil
	}
	switch first := t.beginning(p); {
	case len(first) == 1:
		return t.runTogether(first[0], job, p)
	case len(first) > 1: // one of them is meant, and hardly a third
		t.settled(job)
		t.say(t.text("beginning_several", map[string]any{"Said": p.Said, "Names": namesOf(first)}))
		return nil
	}
	job.Asked++
	job.Kind, job.Card, job.Pick = "pick", t.cardID("p"), p
	title, text, label := "create_title", "create", "新建并继续"
	if p.Param == "deal" {
		title, text, label = "create_deal_title", "create_deal", "新建商机"
	}
	card := chat.Card{
		ID: job.Card, Title: t.text(title, map[string]any{"Said": p.Said}), Body: job.Text,
		Buttons: []chat.Button{
			{Key: "create", Text: label, Style: "primary", Command: createWord},
			{Key: "cancel", Text: "取消", Command: "取消"},
		},
	}
	job.Title = card.Title
	t.wait(job)
	t.reply(chat.Reply{Text: t.text(text, map[string]any{"Said": p.Said}), Card: &card})
	return nil
}

// beginning are the new customers that still wait for a 「确认」 and whose names begin with what p did not find: 远山 of 新客户 远山物流. Begun anew
// under the short name they would be there twice.
func (t *turn) beginning(p *action.Pick) []pending {
	said := crm.Fold(p.Said)
	if p.Param != "customer" || utf8.RuneCountInString(said) < 2 {
		return nil
	}
	waiting := slices.Clone(t.mind.Aside)
	if t.mind.Pending != nil {
		waiting = append(waiting, *t.mind.Pending)
	}
	return slices.DeleteFunc(waiting, func(w pending) bool {
		return w.Kind != "confirm" || len(w.Redo) > 0 || !t.now.Before(w.Expires) || !strings.HasPrefix(crm.Fold(w.begins()), said)
	})
}

// begins is the name of the customer that the job begins, "" when it begins none.
func (p pending) begins() string {
	for _, c := range p.Calls {
		if c.Name == "customer.create" {
			return paramOf(c, "customer")
		}
	}
	return ""
}

// namesOf says which customers are to be begun.
func namesOf(beginning []pending) string {
	var names []string
	for _, b := range beginning {
		names = append(names, b.begins())
	}
	return strings.Join(names, "、")
}

// runTogether shows the customer to be begun and what was then said of it as one question, which takes the place of first. When the business
// refuses what was said, first waits as before.
func (t *turn) runTogether(first, then pending, p *action.Pick) error {
	both := first.followed(then, p)
	both.Doubt = t.text("together", map[string]any{"Name": first.begins()})
	open, aside := t.mind.Pending, t.mind.Aside
	if open != nil && open.Job == first.Job {
		t.mind.Pending = nil
	}
	t.mind.Aside = slices.DeleteFunc(slices.Clone(aside), func(w pending) bool { return w.Job == first.Job })
	if err := t.run(both, 1); err != nil {
		return err
	}
	if now := t.mind.open(t.now); now != nil && now.Job == first.Job {
		t.outdated(first)
		return nil
	}
	t.mind.Pending, t.mind.Aside = open, aside
	return nil
}

// followed is the job of a customer to be begun, with what was then said of it under the name p did not find.
func (first pending) followed(then pending, p *action.Pick) pending {
	name := first.begins()
	job := then
	job.Calls = slices.Clone(first.Calls)
	for i, c := range then.Calls {
		if i == p.Call || crm.Fold(paramOf(c, "customer")) == crm.Fold(p.Said) {
			c = withParam(c, "customer", name)
		}
		job.Calls = append(job.Calls, c)
	}
	job.Chosen = maps.Clone(first.Chosen)
	for slot, ref := range then.Chosen { // a slot is the number of the call and the parameter
		n, param, _ := strings.Cut(slot, ".")
		if i, err := strconv.Atoi(n); err == nil {
			if job.Chosen == nil {
				job.Chosen = make(map[string]crm.Ref, len(then.Chosen))
			}
			job.Chosen[strconv.Itoa(i+len(first.Calls))+"."+param] = ref
		}
	}
	job.Text, job.Pick, job.Kind, job.Job, job.Sure = first.Text+"；"+then.Text, nil, "", first.Job, false // who agreed to the one has not seen both
	return job
}

// askValue asks for one value again; all else that was understood is kept.
func (t *turn) askValue(job pending, a *action.Ask) error {
	if job.Asked >= mostAsked {
		if rest, ok := t.without(job, a.Call, a.Param, a.Question); ok {
			return t.run(rest, 1)
		}
		t.settled(job)
		t.say(t.text("give_up_ask", map[string]any{"Question": a.Question, "Text": cut(job.Text, 40), "Example": exampleOf(job.Calls, a.Call)}))
		return nil
	}
	job.Asked++
	job.Kind, job.Ask, job.Card = "ask", a, ""
	t.wait(job)
	t.say(a.Question)
	return nil
}

// exampleOf is a whole sentence that says what the call wants, "" when there is none.
func exampleOf(calls []action.Call, i int) string {
	if i >= len(calls) {
		return ""
	}
	for _, spec := range action.Vocabulary() {
		if spec.Name == calls[i].Name {
			return spec.Example
		}
	}
	return ""
}

// picked goes on with the record that the speaker chose, counted from 1.
func (t *turn) picked(job pending, n int) error {
	if n == -1 {
		n = len(job.Pick.Options)
	}
	if n < 1 || n > len(job.Pick.Options) {
		t.say(t.text("pick_range", map[string]any{"Most": len(job.Pick.Options)}))
		return nil
	}
	ref := job.Pick.Options[n-1].Ref
	chosen := map[string]crm.Ref{job.Pick.Slot: ref}
	for k, v := range job.Chosen {
		chosen[k] = v
	}
	job.Chosen = chosen
	return t.run(job, 1)
}

// created goes on with a new record of the name that nobody knew, or that was none of those offered. An
// answer without a number means: create it. What nobody knew is looked up once more: it may have been begun since.
func (t *turn) created(job pending) error {
	if len(job.Pick.Options) == 0 && job.Begin != job.Pick.Slot {
		job.Begin = job.Pick.Slot
		return t.run(job, 1)
	}
	chosen := map[string]crm.Ref{job.Pick.Slot: {Name: job.Pick.Said}}
	for k, v := range job.Chosen {
		chosen[k] = v
	}
	job.Chosen = chosen
	return t.run(job, 1)
}

// optionNamed is the number of the one option that text names, or a part of whose name it is; 0 when there is none or
// several.
func optionNamed(options []action.Option, text string) int {
	said, found := crm.Fold(text), 0
	if len([]rune(said)) < 2 {
		return 0
	}
	for i, o := range options {
		name := crm.Fold(o.Ref.Name)
		if name == said {
			return i + 1
		}
		if strings.Contains(name, said) {
			if found != 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

func optionLine(o action.Option) string {
	if o.Detail == "" {
		return o.Ref.Name
	}
	return o.Ref.Name + "（" + o.Detail + "）"
}

// cut keeps the first n characters of s.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
