package parse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// readingLesson is a message with the signs of its readings, and which of them ask for the right actions.
type readingLesson struct {
	signs [][]float64
	right []bool
}

// readingLessons are the messages that have right readings and wrong ones.
func readingLessons(rows []labelled) (all []readingLesson) {
	for _, row := range rows {
		v := compiled(nil)
		l := v.mend(newLine(row.Text))
		m := message{now: wednesday, v: v.with(l, nil)}
		if m.formed(l, formSure) != nil {
			continue
		}
		s, frames := m.read(l, said{})
		if !judged(frames) {
			continue
		}
		expected := secondOpinion().of(s, s.clauses())
		var lesson readingLesson
		add := func(r reading) {
			r.result = result(row.Text, r.frames)
			lesson.signs = append(lesson.signs, r.signs(l, expected))
			lesson.right = append(lesson.right, slices.EqualFunc(r.result.Actions, row.Actions, func(a, b Action) bool { return a.Name == b.Name }))
		}
		add(reading{scan: s, frames: frames})
		for k := 1; s.groups >= 2 && s.groups <= 5 && k <= s.groups && result(row.Text, frames).Confidence < joinBelow; k++ {
			for _, next := range []bool{false, true} {
				if k == 1 && !next || k == s.groups && next {
					continue
				}
				if part, found := m.readJoined(l, said{}, join{k, next}); len(found) > 0 {
					add(reading{scan: part, frames: found, joined: true})
				}
			}
		}
		if cuts := s.cuts(); !s.moody && !s.negated {
			for n, k := range cuts {
				if parts := m.inParts(l, k); parts != nil {
					add(reading{frames: parts, cuts: []int{k}})
				}
				for _, k2 := range cuts[n+1:] {
					if parts := m.inParts(l, k, k2); parts != nil {
						add(reading{frames: parts, cuts: []int{k, k2}})
					}
				}
			}
		}
		if slices.Contains(lesson.right, true) && slices.Contains(lesson.right, false) {
			all = append(all, lesson)
		}
	}
	return all
}

// TestFitReadings fits what speaks for a reading, by gradient steps on the chance of the right ones among all (AdaGrad), and prints the
// table of readings_signs.go. It learns from lines that no rule was made for (calibrate.jsonl; several.jsonl, 300 messages of several orders)
// and from those that were worked on. Run it with GENDAN_FIT=1 after the parser has changed, before TestFitConfidence.
func TestFitReadings(t *testing.T) {
	if os.Getenv("GENDAN_FIT") == "" {
		t.Skip("GENDAN_FIT is not set")
	}
	lessons := readingLessons(slices.Concat(corpus(t, "calibrate.jsonl"), corpus(t, "several.jsonl"), corpus(t, "seen.jsonl"), corpus(t, "cards.jsonl")))
	size := ownSigns + len(signs)
	scale := make([]float64, size)
	n := 0.0
	for _, l := range lessons {
		for _, x := range l.signs {
			n++
			for k := range x {
				scale[k] += x[k] * x[k]
			}
		}
	}
	for k := range scale {
		scale[k] = max(1e-3, math.Sqrt(scale[k]/n))
	}
	w, sums := make([]float64, size), make([]float64, size)
	chance := rand.New(rand.NewPCG(1, 2))
	const rate, pull = 0.1, 3.0
	for range 60 {
		for _, at := range chance.Perm(len(lessons)) {
			l := lessons[at]
			z := make([]float64, len(l.signs))
			top := math.Inf(-1)
			for r, x := range l.signs {
				for k := range x {
					z[r] += w[k] * x[k] / scale[k]
				}
				top = max(top, z[r])
			}
			sum, good := 0.0, 0.0
			for r := range z {
				z[r] = math.Exp(z[r] - top)
				sum += z[r]
				if l.right[r] {
					good += z[r]
				}
			}
			for k := range w {
				d := -pull * w[k] / float64(len(lessons))
				for r, x := range l.signs {
					p := -z[r] / sum
					if l.right[r] {
						p += z[r] / good
					}
					d += p * x[k] / scale[k]
				}
				sums[k] += d * d
				w[k] += rate * d / math.Sqrt(1+sums[k])
			}
		}
	}
	fmt.Println(len(lessons), "messages")
	for k, x := range w {
		name := ""
		if k < ownSigns && k < len(readingSigns) {
			name = readingSigns[k].name
		} else if k >= ownSigns {
			name = signs[k-ownSigns].name
		}
		fmt.Printf("\t{%q, %.3f},\n", name, x/scale[k])
	}
}
