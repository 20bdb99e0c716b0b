package chatlog

import (
	"math"
	"os"
	"slices"
	"testing"
)

// spokenLines gives for each line of the record with words its signs, and whether it is ours.
func (r taught) spokenLines() (f *finder, all []lesson) {
	rec := r.Record
	f = newFinder(&rec, Options{Now: r.Now, Us: r.Us}, nil)
	for _, s := range f.lines {
		to := &collected{names: f.x.names, seen: map[string]bool{}}
		f.seeLine(s, to)
		l := lesson{signs: to.all, weight: 1}
		for v := range l.want {
			l.want[v] = -1
		}
		switch s.Line.Side {
		case Us:
			l.want[vOurs] = 1
		case Customer:
			l.want[vOurs] = 0
		}
		all = append(all, l)
	}
	return f, all
}

// sides reports whether both sides of the record are known.
func (r taught) sides() bool {
	of := map[Side]int{}
	for _, l := range r.Lines {
		of[l.Side]++
	}
	return of[Us] > 0 && of[Customer] > 0 && r.corpus != "lines"
}

func learnSpeaker(all []taught) *model {
	var lines []lesson
	for _, r := range all {
		if r.sides() {
			_, l := r.spokenLines()
			lines = append(lines, l...)
		}
	}
	return learn(lines, []string{"ours"})
}

// TestLearnSpeaker learns who speaks: GENDAN_LEARN=1 writes the table; GENDAN_LEARN=authors shows how it does on the
// records of an author of whom it learned nothing, with their sides taken away.
func TestLearnSpeaker(t *testing.T) {
	how := os.Getenv("GENDAN_LEARN")
	if how == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	all := teachers(t)
	if how != "authors" {
		if err := os.WriteFile("speaker.txt", []byte(learnSpeaker(all).table(5)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	var turned, spokenTwice [2]int
	var bins [11][2]float64
	right, wrong, open := 0, 0, 0
	byAuthor(all, func(others, own []taught) {
		op := readOpinion(learnSpeaker(others).table(5))
		for _, r := range own {
			if !r.sides() {
				continue
			}
			f, lines := r.spokenLines()
			odds := make([]float64, len(lines))
			for k, l := range lines {
				p := op.of(l.signs)[vOurs]
				odds[k] = math.Log(p / (1 - p))
			}
			for k, p := range ours(f.lines, odds) {
				want := lines[k].want[vOurs]
				if want < 0 {
					continue
				}
				b := int(p * 10)
				bins[b][0]++
				bins[b][1] += want
				switch {
				case p < sureSide && p > 1-sureSide:
					open++
				case (p >= 0.5) == (want == 1):
					right++
				default:
					wrong++
				}
				if k > 0 && lines[k-1].want[vOurs] >= 0 {
					q := 0
					if turns(f.lines[k-1]) == turnsAfterQuestion {
						q = 1
					}
					if lines[k-1].want[vOurs] != want {
						turned[q]++
					} else {
						spokenTwice[q]++
					}
				}
			}
		}
	})
	t.Logf("right %d wrong %d open %d", right, wrong, open)
	for q := range turned {
		t.Logf("turned %d of %d", turned[q], turned[q]+spokenTwice[q])
	}
	for b, x := range bins {
		t.Logf("%.1f: %.0f lines, %.3f ours", float64(b)/10, x[0], x[1]/math.Max(1, x[0]))
	}
}

// TestLearnSidesOfSenders shows, with GENDAN_LEARN=authors, of how many senders the side is found by their words alone.
func TestLearnSidesOfSenders(t *testing.T) {
	if os.Getenv("GENDAN_LEARN") != "authors" {
		t.Skip("GENDAN_LEARN is not authors")
	}
	all := teachers(t)
	count := map[int][3]int{}
	byAuthor(all, func(others, own []taught) {
		op := readOpinion(learnSpeaker(others).table(5))
		for _, r := range own {
			if !r.sides() {
				continue
			}
			rec := r.Record
			rec.Lines = slices.Clone(r.Lines)
			for k := range rec.Lines {
				rec.Lines[k].Side = ""
			}
			inferSides(&rec, Options{Now: r.Now}, op)
			seen := map[string]bool{}
			var c [3]int
			for k, l := range rec.Lines {
				if l.Sender == "" || seen[l.Sender] {
					continue
				}
				seen[l.Sender] = true
				switch {
				case l.Side == "":
					c[2]++
				case l.Side == r.Lines[k].Side:
					c[0]++
				default:
					c[1]++
					t.Log("WRONG", r.corpus, r.File, l.Sender)
				}
			}
			x := count[len(seen)]
			for k := range c {
				x[k] += c[k]
			}
			count[len(seen)] = x
		}
	})
	for n, c := range count {
		t.Logf("records of %d: right %d, wrong %d, open %d", n, c[0], c[1], c[2])
	}
}
