package bot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
)

// mostAside is how many open questions wait behind the one that was put last.
const mostAside = 3

// wait keeps job as the speaker's open question. Another job's question that was open waits behind it; one about the
// same thing is over, and says so.
func (t *turn) wait(job pending) {
	if job.Job == "" {
		job.Job = t.cardID("j")
	}
	if open := t.mind.open(t.now); open != nil {
		if open.Job == job.Job || sameWork(*open, job) {
			t.supersede()
		} else {
			t.mind.Aside = append(t.mind.Aside, *open)
			for len(t.mind.Aside) > mostAside {
				t.outdated(t.mind.Aside[0])
				t.mind.Aside = t.mind.Aside[1:]
			}
		}
	}
	job.Expires, job.Back = t.now.Add(askLife), false
	if job.Focus == nil {
		focus := t.mind.Focus
		job.Focus = &focus
	}
	t.mind.Pending = &job
	if job.Card != "" {
		t.tx.Ledger.Timers = append(t.tx.Ledger.Timers, t.expiry(job))
	}
}

// wroteSince tells that something else was written after job was asked about.
func (t *turn) wroteSince(job *pending) bool {
	last := t.mind.Last
	return job != nil && last != nil && last.At.After(job.Expires.Add(-askLife))
}

// settled closes the open question that job answered, or took the place of. One about something else stays.
func (t *turn) settled(job pending) {
	open := t.mind.open(t.now)
	switch {
	case open == nil, open.Job == job.Job:
		t.mind.Pending = nil
	case writes(job.Calls) && sameWork(*open, job):
		t.supersede()
	}
}

// stillOpen reminds of the question that stays open while something else was done; a new list takes the meaning of
// its numbers, so that it is over.
func (t *turn) stillOpen(job pending) {
	open := t.mind.open(t.now)
	switch {
	case open == nil || open.Job == job.Job:
	case open.Kind == "pick" && len(t.mind.List) > 0 && !writes(job.Calls):
		t.supersede()
	case !open.Told: // once is enough
		t.remind(*open)
		open.Told = true
	}
}

// resume takes up the question that waits behind the one that has been answered. A draft that was just shown goes
// first: a bare 「确认」 means what one sees last.
func (t *turn) resume() {
	if d := t.mind.record(t.now); d != nil && !d.Later {
		return
	}
	for t.mind.open(t.now) == nil && len(t.mind.Aside) > 0 {
		last := len(t.mind.Aside) - 1
		job := t.mind.Aside[last]
		t.mind.Aside = t.mind.Aside[:last]
		if t.now.Before(job.Expires) {
			job.Back = job.Kind != "ask"
			t.mind.Pending = &job
			t.remind(job)
		}
	}
}

// front brings the waiting question that is meant before the others, the latest of several. It reports whether there is one.
func (t *turn) front(is func(pending) bool) bool {
	i := len(t.mind.Aside) - 1
	for i >= 0 && !(t.now.Before(t.mind.Aside[i].Expires) && is(t.mind.Aside[i])) {
		i--
	}
	if i < 0 {
		return false
	}
	job := t.mind.Aside[i]
	t.mind.Aside = slices.Delete(t.mind.Aside, i, i+1)
	if open := t.mind.open(t.now); open != nil {
		t.mind.Aside = append(t.mind.Aside, *open)
	}
	t.mind.Pending = &job
	return true
}

// shownAgain puts a question once more that its card no longer shows last: an answer that was typed for what came
// before must not settle it.
func (t *turn) shownAgain(job pending) error {
	if job.Kind == "pick" {
		job.Asked--
		return t.askWhich(job, job.Pick)
	}
	job.Sure, job.Doubt = false, t.text("doubt_again", nil)
	return t.run(job, 1)
}

func confirms(p pending) bool { return p.Kind == "confirm" }

// remind says briefly that a question is still open.
func (t *turn) remind(job pending) {
	question, kind := "", job.Kind
	if kind == "pick" && (job.Pick == nil || len(job.Pick.Options) == 0) {
		kind = "create"
	}
	if job.Kind == "ask" && job.Ask != nil {
		question = job.Ask.Question
	}
	if kind == either {
		question = t.text("ticket_either_how", nil)
		kind = "ask"
	}
	if job.Back && kind != "pick" {
		kind = "back"
	}
	text := t.text("still_waiting", map[string]any{"Kind": kind, "Question": question, "Text": cut(cmp.Or(job.Text, job.Title), 30)})
	if n := len(t.replies) - 1; n >= 0 && t.replies[n].Card == nil && !t.replies[n].Quiet {
		t.replies[n].Text += "\n" + text
		return
	}
	t.say(text)
}

// supersede ends the open question because something newer took its place.
func (t *turn) supersede() {
	old := t.mind.open(t.now)
	t.mind.Pending = nil
	if old != nil {
		t.outdated(*old)
	}
}

// outdated shows a question's card as taken over by something newer.
func (t *turn) outdated(old pending) {
	if old.Card == "" || old.Card == t.cardID(old.Kind[:1]) {
		return
	}
	t.change(chat.Card{ID: old.Card, Title: old.Title, State: chat.Superseded, Note: t.text("card_superseded", nil)})
}

// sameWork tells whether job is another wording of what is asked about: the same deed, for the same customer and with
// the same words, as far as they were said.
func sameWork(open, job pending) bool {
	for _, a := range open.Calls {
		for _, b := range job.Calls {
			if a.Name == b.Name && agree(paramOf(a, "customer"), paramOf(b, "customer")) && agree(paramOf(a, "content"), paramOf(b, "content")) {
				return true
			}
		}
	}
	return false
}

func agree(a, b string) bool {
	a, b = crm.Fold(a), crm.Fold(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// without is job with what nobody could say left out: an optional parameter of call i, else the whole call. ok is false
// when nothing would be left to do. The receipt says what is missing.
func (t *turn) without(job pending, i int, param, question string) (rest pending, ok bool) {
	if i >= len(job.Calls) {
		return job, false
	}
	name := job.Calls[i].Name
	label, doc, needed := aboutParam(name, param)
	rest = job
	rest.Kind, rest.Ask, rest.Pick, rest.Card, rest.Asked = "", nil, nil, "", job.Asked+1
	params := map[string]any{}
	if !needed && param != "customer" && json.Unmarshal(job.Calls[i].Params, &params) == nil && !slices.Contains(job.Left, name+"."+param) {
		delete(params, param)
		if len(params) > 0 {
			rest.Calls = slices.Clone(job.Calls)
			rest.Calls[i] = action.Call{Name: name, Params: mustJSON(params)}
			rest.Left = append(slices.Clone(job.Left), name+"."+param)
			rest.Missing = append(slices.Clone(job.Missing), t.text("left_param", map[string]any{"Label": label}))
			return rest, true
		}
	}
	if len(job.Calls) < 2 {
		return job, false
	}
	rest.Calls = slices.Delete(slices.Clone(job.Calls), i, i+1)
	rest.Chosen = shifted(job.Chosen, i)
	rest.Missing = append(slices.Clone(job.Missing), t.text("left_call", map[string]any{"Doc": doc, "Question": question, "Example": exampleOf(job.Calls, i)}))
	return rest, true
}

// skips are the words of somebody who passes over what was just asked.
var skips = map[string]bool{"跳过": true, "先跳过": true, "跳过吧": true, "跳过这个": true, "这个跳过": true, "略过": true}

// skip goes on without what was asked, where the job can; else the job itself is passed over.
func (t *turn) skip(job *pending) error {
	if job == nil {
		t.say(t.text("nothing_to_skip", nil))
		return nil
	}
	if job.Kind == "ask" {
		if rest, ok := t.without(*job, job.Ask.Call, job.Ask.Param, job.Ask.Question); ok {
			return t.run(rest, 1)
		}
	}
	return t.cancelled(*job)
}

// aboutParam is what people call a parameter of an action and the action itself, and whether it cannot do without.
func aboutParam(name, param string) (label, doc string, needed bool) {
	for _, spec := range action.Vocabulary() {
		if spec.Name != name {
			continue
		}
		for _, p := range spec.Params {
			if p.Name == param {
				if label = p.Doc; strings.ContainsAny(label, "，：（") {
					label = label[:strings.IndexAny(label, "，：（")]
				}
				return label, spec.Doc, p.Required
			}
		}
		return param, spec.Doc, true
	}
	return param, name, true
}

// shifted is what was chosen when call i is no longer there.
func shifted(chosen map[string]crm.Ref, i int) map[string]crm.Ref {
	out := map[string]crm.Ref{}
	for slot, ref := range maps.All(chosen) {
		number, param, _ := strings.Cut(slot, ".")
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || n == i:
			continue
		case n > i:
			slot = fmt.Sprintf("%d.%s", n-1, param)
		}
		out[slot] = ref
	}
	return out
}
