package bot

import (
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// beyond is job without what it orders about wall, a colleague's customer, so that the speaker's own customers of the same message need
// not be said again; what was left out is said with the way to it. ok is false when nothing was ordered of others, or nothing about wall.
func (t *turn) beyond(job pending, wall crm.Ref, sentence string) (rest pending, ok bool) {
	theirs := newNames([]store.KnownName{{ID: wall.ID, Name: wall.Name, Kind: store.KnownFirm}}, t.now)
	rest = job
	rest.Calls = slices.Clone(job.Calls)
	for i, c := range slices.Backward(job.Calls) {
		said := paramOf(c, "customer")
		about := said == wall.Name || said == fmt.Sprintf("#%d", wall.ID) || theirs.holds(said) || theirs.begins(said) || len(theirs.sounding(said, false)) > 0
		if picked, is := job.Chosen[fmt.Sprintf("%d.customer", i)]; is {
			about = picked.ID == wall.ID
		}
		if about {
			rest.Calls, rest.Chosen = slices.Delete(rest.Calls, i, i+1), shifted(rest.Chosen, i)
		}
	}
	if len(rest.Calls) == len(job.Calls) || !writes(rest.Calls) {
		return job, false
	}
	why := strings.Replace(sentence, "回「申请协作」", "回「申请协作 "+wall.Name+"」", 1)
	rest.Missing = append(slices.Clone(job.Missing), t.text("left_wall", map[string]any{"Why": why}))
	return rest, true
}
