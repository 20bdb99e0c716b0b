package bot

import (
	"slices"
	"unicode/utf8"

	"gendan/crm"
	"gendan/crm/action"
)

// withoutLater is job without what is understood but not yet done; the receipt says what is missing. A job that is
// nothing else is answered, with what comes nearest, and is over: then ok is false.
func (t *turn) withoutLater(job pending) (rest pending, ok bool) {
	rest = job
	name := ""
	for i := len(job.Calls) - 1; i >= 0; i-- {
		what := action.Later(job.Calls[i].Name)
		if what == "" {
			continue
		}
		name = job.Calls[i].Name
		rest.Calls = slices.Delete(slices.Clone(rest.Calls), i, i+1)
		rest.Chosen = shifted(rest.Chosen, i)
		rest.Missing = append(slices.Clone(rest.Missing), t.text("later_left", map[string]any{"Doc": what}))
	}
	if name == "" || len(rest.Calls) > 0 {
		return rest, true
	}
	t.settled(job)
	leads := t.actor.Role == crm.TeamLead || t.actor.Role == crm.Manager || t.actor.Role == crm.Admin
	t.say(t.text("later", map[string]any{"Doc": action.Later(name), "Name": name, "Leads": leads}))
	return rest, false
}

// allLater tells whether nothing of calls can be done yet.
func allLater(calls []action.Call) bool {
	return len(calls) > 0 && !slices.ContainsFunc(calls, func(c action.Call) bool { return action.Later(c.Name) == "" })
}

// wanted is what a receipt asks to be told in the next message, by the action that can do without it.
var wanted = map[string]string{"reminder.create": "content", "deal.lose": "reason"}

// added takes a few words that nobody understood, right after something was written that lacks them, as what is lacking:
// what a reminder is for, why a deal was lost.
func (t *turn) added(text string) (bool, error) {
	last := t.mind.Last
	if last == nil || len(last.Calls) != 1 || last.Undo == "" || t.idleSince(last) || asking(text) || utf8.RuneCountInString(text) > 30 {
		return false, nil
	}
	param := wanted[last.Calls[0].Name]
	if param == "" || paramOf(last.Calls[0], param) != "" {
		return false, nil
	}
	again := t.redo(last, 0, withParam(last.Calls[0], param, text), text)
	again.Sure = true // nothing else changes
	return true, t.run(again, 1)
}

// idleSince tells that something was said between last and now, or much time went by.
func (t *turn) idleSince(last *receipt) bool {
	return t.now.Sub(last.At).Minutes() > 2 || t.mind.idle != t.now.Sub(last.At)
}
