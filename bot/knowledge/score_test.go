package knowledge

import (
	"os"
	"testing"
)

// tally counts what became of questions.
type tally struct{ n, right, wrong, traps, caught int }

func (a *tally) add(b tally) {
	a.n += b.n
	a.right += b.right
	a.wrong += b.wrong
	a.traps += b.traps
	a.caught += b.caught
}

func judge(t *testing.T, one trade, w *Words, general []asked) tally {
	var c tally
	x := New(one.entries, w)
	show := os.Getenv("SHOW") != ""
	for _, q := range one.asks {
		a := x.Answer(q.text)
		c.n++
		switch {
		case a.ID == q.id:
			c.right++
		case a.ID != "":
			c.wrong++
			t.Logf("WRONG %s: %q → %s, not %s (%.2f)", one.name, q.text, a.ID, q.id, a.Confidence)
		case show:
			h := x.Find(q.text, 2)
			s := ""
			for _, k := range h {
				s += " " + k.Entry.ID + " " + k.Entry.Question
			}
			t.Logf("miss %s: %q want %s (%.2f %s):%s", one.name, q.text, q.id, a.Confidence, a.Reason, s)
		}
	}
	for _, q := range append(one.traps, general...) {
		a := x.Answer(q.text)
		c.traps++
		if a.ID == "" {
			c.caught++
		} else {
			t.Logf("TRAP %s: %q → %s (%.2f)", one.name, q.text, a.ID, a.Confidence)
		}
	}
	return c
}

func TestScore(t *testing.T) {
	w := words(t)
	for _, folder := range []string{"tune", "heldout"} {
		if folder == "heldout" && os.Getenv("HELD") == "" {
			continue
		}
		var all tally
		for _, one := range trades(t, folder) {
			c := judge(t, one, w, traps(t))
			t.Logf("%s: %d/%d right, %d wrong; traps %d/%d", one.name, c.right, c.n, c.wrong, c.caught, c.traps)
			all.add(c)
		}
		t.Logf("%s: %.3f right, %d wrong of %d; traps caught %d/%d", folder, float64(all.right)/float64(all.n), all.wrong, all.n, all.caught, all.traps)
	}
}
