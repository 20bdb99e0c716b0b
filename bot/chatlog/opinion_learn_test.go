package chatlog

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// model is what is learned: the signs, and for each verdict the weight of each.
type model struct {
	names   []string // of the verdicts
	signs   []string
	weights [verdicts][]float64
	base    [verdicts]float64
}

// learn fits a logistic model for every verdict over the signs that lessons of at least two places have.
func learn(all []lesson, names []string) *model {
	count, place := map[string]int{}, map[string]int{}
	last := map[string]string{}
	for _, l := range all {
		for _, s := range l.signs {
			if l.place == "" || last[s] != l.place {
				count[s]++
				last[s] = l.place
			}
		}
	}
	m := &model{names: names}
	for _, s := range slices.Sorted(maps.Keys(count)) {
		if count[s] > 1 {
			place[s] = len(m.signs)
			m.signs = append(m.signs, s)
		}
	}
	rows := make([][]int, len(all))
	for n, l := range all {
		for _, s := range l.signs {
			if k, ok := place[s]; ok {
				rows[n] = append(rows[n], k)
			}
		}
	}
	for v := range names {
		m.weights[v], m.base[v] = fit(all, rows, len(m.signs), verdict(v))
	}
	return m
}

// fit descends by AdaGrad, with decay towards zero. The lessons come in another order in each round, so that those of
// one author do not have the last word, and the weights are the mean of the last rounds.
func fit(all []lesson, rows [][]int, signs int, v verdict) ([]float64, float64) {
	const rate, decay, rounds, settled = 0.1, 0.002, 12, 8
	w, g, mean := make([]float64, signs), make([]float64, signs), make([]float64, signs)
	b, gb, base := -3.0, 0.0, 0.0
	random := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		for _, n := range random.Perm(len(all)) {
			y := all[n].want[v]
			if y < 0 {
				continue
			}
			z := b
			for _, k := range rows[n] {
				z += w[k]
			}
			d := all[n].weight * (1/(1+math.Exp(-z)) - y)
			gb += d * d
			b -= rate * d / math.Sqrt(gb+1e-8) * 0.3
			for _, k := range rows[n] {
				s := d + decay*w[k]
				g[k] += s * s
				w[k] -= rate * s / math.Sqrt(g[k]+0.05)
			}
		}
		if round >= settled {
			for k := range w {
				mean[k] += w[k] / (rounds - settled)
			}
			base += b / (rounds - settled)
		}
	}
	return mean, base
}

// table writes the model in the form of opinion.txt, without weights of fewer hundredths than least.
func (m *model) table(least int) string {
	var b strings.Builder
	b.WriteString("verdicts")
	for v, name := range m.names {
		fmt.Fprintf(&b, "\t%s=%d", name, int(math.Round(m.base[v]*100)))
	}
	b.WriteString("\n")
	for k, s := range m.signs {
		row := ""
		for v := range m.names {
			if w := int(math.Round(m.weights[v][k] * 100)); w >= least || w <= -least {
				row += fmt.Sprintf("\t%d=%d", v, w)
			}
		}
		if row != "" {
			b.WriteString(s + row + "\n")
		}
	}
	return b.String()
}

// unseenCorpora are those on which the rules were scored before they were read.
var unseenCorpora = []string{"third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "records"}

// leftOut tells for every record in which part it is left out of what is learned: one of five, or with byAuthor the
// part of its author (two wrote the sixth corpus).
func leftOut(all []taught, byAuthor bool) (of []int, count int) {
	authors := map[string]int{}
	for n, r := range all {
		if !byAuthor {
			of, count = append(of, n%5), 5
			continue
		}
		name := r.corpus
		if name == "sixth" {
			name += r.File[:1]
		}
		if _, ok := authors[name]; !ok {
			authors[name] = len(authors)
		}
		of, count = append(of, authors[name]), len(authors)
	}
	return of, count
}

// byAuthor goes through the authors, each with the records of all others and with their own.
func byAuthor(all []taught, each func(others, own []taught)) {
	part, parts := leftOut(all, true)
	for fold := range parts {
		var others, own []taught
		for n, r := range all {
			if part[n] == fold {
				own = append(own, r)
			} else {
				others = append(others, r)
			}
		}
		each(others, own)
	}
}

// TestLearnOpinion learns the table of the second opinion and writes it: GENDAN_LEARN=1. GENDAN_LEARN=folds shows how
// it does on records that it did not learn from, as do the facts with it and without; GENDAN_LEARN=authors leaves out
// all records of an author.
func TestLearnOpinion(t *testing.T) {
	how := os.Getenv("GENDAN_LEARN")
	if how == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	all, lines := teachers(t), taughtLines(t)
	for name, to := range map[string]*[verdicts]float64{"KEPT": &kept, "RAISED": &raised} { // try other thresholds
		for _, x := range strings.Fields(os.Getenv(name)) {
			of, at, _ := strings.Cut(x, "=")
			for v, name := range verdictNames {
				if strings.HasPrefix(name, of) {
					to[v], _ = strconv.ParseFloat(at, 64)
				}
			}
		}
	}
	if how != "folds" && how != "authors" {
		if err := os.WriteFile("opinion.txt", []byte(study(all, lines).table(5)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	part, folds := leftOut(all, how == "authors")
	type count struct{ hit, miss, over int }
	facts := map[string][2]count{}
	type guess struct {
		p, y  float64
		ruled bool
	}
	guesses := map[string][verdicts][]guess{}
	for fold := range folds {
		var others []taught
		for n, r := range all {
			if part[n] != fold {
				others = append(others, r)
			}
		}
		op := readOpinion(study(others, lines).table(5))
		for n, r := range all {
			if part[n] != fold {
				continue
			}
			g := guesses[r.corpus]
			for _, l := range r.lessons() {
				p := op.of(l.signs)
				for v := range verdicts {
					if l.want[v] >= 0 {
						g[v] = append(g[v], guess{p[v], l.want[v], slices.Contains(l.signs, "rule "+verdictNames[v])})
					}
				}
			}
			guesses[r.corpus] = g
			say := func(string, ...any) {}
			if strings.Contains(os.Getenv("GENDAN_SHOW"), r.corpus) {
				say = t.Logf
			}
			wrongs := [2]map[string]bool{{}, {}}
			for k, by := range []*opinion{nil, op} {
				rec := r.Record
				h, m, o := r.score(findFactsBy(&rec, Options{Now: r.Now, Us: r.Us}, by), func(f string, a ...any) {
					wrongs[k][fmt.Sprintf(f, a...)] = true
				})
				c := facts[r.corpus]
				c[k].hit, c[k].miss, c[k].over = c[k].hit+h, c[k].miss+m, c[k].over+o
				facts[r.corpus] = c
			}
			for _, w := range slices.Sorted(maps.Keys(wrongs[1])) {
				say("WRONG %s", w)
				if !wrongs[0][w] {
					say("WORSE %s", w)
				}
			}
			for _, w := range slices.Sorted(maps.Keys(wrongs[0])) {
				if !wrongs[1][w] {
					say("BETTER %s", w)
				}
			}
		}
	}
	facts["unseen"], facts["both"] = [2]count{}, [2]count{}
	for name, of := range facts {
		for k, c := range of {
			if slices.Contains(unseenCorpora, name) {
				u := facts["unseen"]
				u[k].hit, u[k].miss, u[k].over = u[k].hit+c.hit, u[k].miss+c.miss, u[k].over+c.over
				facts["unseen"] = u
			}
			if name == "tune" || name == "second" {
				u := facts["both"]
				u[k].hit, u[k].miss, u[k].over = u[k].hit+c.hit, u[k].miss+c.miss, u[k].over+c.over
				facts["both"] = u
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		for k, c := range facts[name] {
			p, r := float64(c.hit)/float64(c.hit+c.over), float64(c.hit)/float64(c.hit+c.miss)
			t.Logf("%-8s %-8s F1 %.3f  precision %.3f  recall %.3f", name, []string{"without", "with"}[k], 2*p*r/(p+r), p, r)
		}
	}
	loss := map[int]float64{}
	sum := [2][3]int{}
	for v := range verdicts {
		if v >= vBudget && v < vObjection {
			continue
		}
		for k, group := range [][]string{{"third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "records"}, {"tune", "second", "sample", "lines", "stories"}} {
			for _, name := range group {
				for _, x := range guesses[name][v] {
					loss[k] -= math.Log(math.Max(1e-4, 1-math.Abs(x.y-x.p)))
					switch {
					case x.p >= 0.45 && x.y == 1:
						sum[k][0]++
					case x.p >= 0.45:
						sum[k][2]++
					case x.y == 1:
						sum[k][1]++
					}
				}
			}
		}
	}
	t.Logf("LOSS %.1f %v  %.1f %v", loss[0], sum[0], loss[1], sum[1])
	for v := range verdicts {
		for _, group := range [][]string{{"third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "records"}, {"tune", "second", "sample", "lines", "stories"}} {
			var g []guess
			for _, name := range group {
				g = append(g, guesses[name][v]...)
			}
			line := fmt.Sprintf("%-22s", verdictNames[v])
			var hit, miss, over int
			for _, x := range g {
				switch {
				case x.ruled && x.y == 1:
					hit++
				case x.ruled:
					over++
				case x.y == 1:
					miss++
				}
			}
			line += fmt.Sprintf(" rules +%d -%d !%d |", hit, miss, over)
			for _, at := range []float64{0.3, 0.4, 0.5, 0.6, 0.7} {
				hit, miss, over = 0, 0, 0
				for _, x := range g {
					switch {
					case x.p >= at && x.y == 1:
						hit++
					case x.p >= at:
						over++
					case x.y == 1:
						miss++
					}
				}
				line += fmt.Sprintf("  %.1f: +%d -%d !%d", at, hit, miss, over)
			}
			t.Log(line)
		}
	}
}
