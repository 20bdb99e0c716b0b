package bot

import (
	"slices"

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
	t.say(t.text("later", map[string]any{"Doc": action.Later(name), "Name": name}))
	return rest, false
}

// reminderWhat takes a few words that nobody understood, right after a reminder was set that does not say what for, as
// what it is for.
func (t *turn) reminderWhat(text string) (bool, error) {
	last := t.mind.Last
	if last == nil || len(last.Calls) != 1 || last.Calls[0].Name != "reminder.create" || paramOf(last.Calls[0], "content") != "" || t.idleSince(last) || asking(text) || last.Undo == "" || len([]rune(text)) > 30 {
		return false, nil
	}
	return true, t.run(t.redo(last, 0, withParam(last.Calls[0], "content", text), text), 1)
}

// idleSince tells that something was said between last and now, or much time went by.
func (t *turn) idleSince(last *receipt) bool {
	return t.now.Sub(last.At).Minutes() > 2 || t.mind.idle != t.now.Sub(last.At)
}
