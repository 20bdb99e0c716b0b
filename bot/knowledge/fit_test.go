package knowledge

import (
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"testing"
)

// example is one question against one list: the features of every way of asking of every entry that comes near.
type example struct {
	trade  string
	sort   string // ask, bare, trap or gone
	text   string
	ids    []string
	ways   [][][features]float64
	target int // index of the right entry, -1 for none
	weight float64
}

// examples compares questions with a list.
func examples(sort string, one trade, entries []Entry, w *Words, asks []asked, weight float64) []example {
	x := New(entries, w)
	var out []example
	for _, q := range asks {
		p := x.reader.ask(q.text)
		if manner(q.text, &p, x) != Sure {
			continue
		}
		x.weigh(&p)
		ex := example{sort: sort, trade: one.name, text: q.text, target: -1, weight: weight}
		for _, id := range x.candidates(&p, shortlist) {
			e := &x.entries[id]
			var ways [][features]float64
			for i := range e.asks {
				ways = append(ways, x.compare(&p, &e.asks[i], e))
			}
			if e.ID == q.id {
				ex.target = len(ex.ways)
			}
			ex.ways = append(ex.ways, ways)
			ex.ids = append(ex.ids, e.ID)
		}
		if q.id != "" && ex.target < 0 {
			if os.Getenv("DBG") != "" {
				fmt.Println("far", one.name, q.text, q.id)
			}
			continue
		}
		out = append(out, ex)
	}
	return out
}

// run gives the probability of each entry; the last is none.
func (ex *example) run(w *[features]float64, pick []int) []float64 {
	p := make([]float64, len(ex.ways)+1)
	total := 1.0
	for i, ways := range ex.ways {
		best := math.Inf(-1)
		for j := range ways {
			s := 0.0
			for k, v := range ways[j] {
				s += v * w[k]
			}
			if s > best {
				best, pick[i] = s, j
			}
		}
		p[i] = math.Exp(best)
		total += p[i]
	}
	p[len(p)-1] = 1
	for i := range p {
		p[i] /= total
	}
	return p
}

// signs say which way a feature may tell: more of it speaks for the entry (+1) or against (-1).
var signs = [features]float64{
	fAsked: 1, fHeld: 1, fBoth: 1, fGrams: 1, fSounds: 1, fAnswer: 1, fOther: 1, fEvery: 1, fWhole: 1, fExact: 1, fWorst: -1, fWorstHeld: -1, fAway: -1,
	fElse: -1, fClash: -1, fMiss: -1, fSilent: -1, fMissHeld: -1, fAgree: 1, fDenied: -1, fNeg: -1, fApart: -1, fNumber: -1, fSaid: 1, fMass: 1, fOnly: 1, fTop: 1, fPassage: -1, fSwap: -1, fSole: 1, fStrange: -1,
}

func fit(set []example) [features]float64 {
	w := weights
	w[fApart], w[fNeg], w[fNumber], w[fPassage] = -5, -5, -7, -1 // what few examples show is given
	start := w
	var m, v [features]float64
	pick := make([]int, 64)
	for step := 1; step <= 400; step++ {
		var g [features]float64
		var n float64
		for e := range set {
			ex := &set[e]
			p := ex.run(&w, pick)
			for i := range ex.ways {
				d := p[i]
				if i == ex.target {
					d -= 1
				}
				for k, f := range ex.ways[i][pick[i]] {
					g[k] += ex.weight * d * f
				}
			}
			n += ex.weight
		}
		for k := range w {
			g[k] = g[k]/n + 0.0004*w[k]
			if k == fApart || k == fNeg || k == fNumber || k == fPassage {
				g[k] += 0.05 * (w[k] - start[k])
			}
			m[k] = 0.9*m[k] + 0.1*g[k]
			v[k] = 0.99*v[k] + 0.01*g[k]*g[k]
			mh, vh := m[k]/(1-math.Pow(0.9, float64(step))), v[k]/(1-math.Pow(0.99, float64(step)))
			w[k] -= 0.05 * mh / (math.Sqrt(vh) + 1e-8)
			if signs[k] != 0 && w[k]*signs[k] < 0 {
				w[k] = 0
			}
		}
	}
	return w
}

// seen is what decides whether the best entry of an example is given: its sight, and whether it is right.
type seen struct {
	v      sight
	right  bool
	weight float64
}

func (ex *example) see(w *[features]float64, pick []int) (seen, int, bool) {
	if len(ex.ways) == 0 {
		return seen{}, 0, false
	}
	p := ex.run(w, pick)
	best := 0
	for i := range ex.ways {
		if p[i] > p[best] {
			best = i
		}
	}
	rest := 0.0
	for i := range ex.ways {
		if i != best {
			rest += p[i]
		}
	}
	none := p[len(p)-1]
	return seen{look(p[best], rest, none, &ex.ways[best][pick[best]]), best == ex.target, ex.weight}, best, true
}

// calibrate fits how much each part of a sight tells.
func calibrate(set []seen) sight {
	var w, m, v sight
	for step := 1; step <= 500; step++ {
		var g sight
		n := 0.0
		for i := range set {
			d := 1 / (1 + math.Exp(-along(&w, &set[i].v)))
			if set[i].right {
				d -= 1
			}
			for k, f := range set[i].v {
				g[k] += set[i].weight * d * f
			}
			n += set[i].weight
		}
		for k := range w {
			g[k] = g[k]/n + 0.001*w[k]
			m[k] = 0.9*m[k] + 0.1*g[k]
			v[k] = 0.99*v[k] + 0.01*g[k]*g[k]
			mh, vh := m[k]/(1-math.Pow(0.9, float64(step))), v[k]/(1-math.Pow(0.99, float64(step)))
			w[k] -= 0.05 * mh / (math.Sqrt(vh) + 1e-8)
			if k > 0 && k < features && signs[k] != 0 && w[k]*signs[k] < 0 && (k == fApart || k == fNumber || k == fNeg || k == fAway || k == fStrange || k == fWorst || k == fClash) {
				w[k] = 0
			}
		}
	}
	return w
}

// verdict is what became of an example.
type verdict struct {
	p      float64
	right  bool
	target bool
	sort   string
	line   string
}

// curve shows how many of the questions are answered right at each number of wrong ones.
func curve(t *testing.T, name string, all []verdict) {
	sort.SliceStable(all, func(a, b int) bool { return all[a].p > all[b].p })
	asks, right, wrong, trapped := 0, 0, 0, 0
	for _, v := range all {
		if v.target {
			asks++
		}
	}
	for _, v := range all {
		switch {
		case v.sort == "ask" && v.right:
			right++
		case v.sort == "ask":
			wrong++
		case v.sort == "trap":
			trapped++
		default:
			continue
		}
		if (v.sort == "trap" || !v.right) && wrong+trapped <= 40 {
			t.Logf("%s: at %.3f right %d of %d (%.3f), wrong %d, traps %d", name, v.p, right, asks, float64(right)/float64(asks), wrong, trapped)
		}
	}
}

// TestFit fits the weights on the lists of testdata/tune and shows what each list gets from weights fitted on the others.
// It runs only when asked for: GENDAN_FIT=1 go test ./bot/knowledge -run TestFit -v
func TestFit(t *testing.T) {
	if os.Getenv("GENDAN_FIT") == "" {
		t.Skip("fits the weights, on request")
	}
	words := words(t)
	all := trades(t, "tune")
	general := traps(t)
	var set []example
	for _, one := range all {
		full := examples("ask", one, one.entries, words, one.asks, 1)
		set = append(set, full...)
		bare := make([]Entry, len(one.entries))
		for j, e := range one.entries {
			e.Similar = nil
			bare[j] = e
		}
		set = append(set, examples("bare", one, bare, words, one.asks, 0.5)...)
		set = append(set, examples("trap", one, one.entries, words, one.traps, 2)...)
		set = append(set, examples("trap", one, one.entries, words, general, 0.5)...)
		for j := range one.entries { // what if this one were not in the list
			rest := append(append([]Entry{}, one.entries[:j]...), one.entries[j+1:]...)
			var asks []asked
			for _, q := range one.asks {
				if q.id == one.entries[j].ID {
					asks = append(asks, asked{q.text, ""})
				}
			}
			set = append(set, examples("gone", one, rest, words, asks, 0.15)...)
		}
	}
	var verdicts, second []verdict
	pick := make([]int, 64)
	for _, one := range all {
		var train, test []example
		for _, ex := range set {
			if ex.trade == one.name {
				test = append(test, ex)
			} else {
				train = append(train, ex)
			}
		}
		w := fit(train)
		var sights []seen
		for e := range train {
			if v, _, ok := train[e].see(&w, pick); ok {
				sights = append(sights, v)
			}
		}
		c := calibrate(sights)
		for e := range test {
			ex := &test[e]
			v, best, ok := ex.see(&w, pick)
			if !ok {
				continue
			}
			one := verdict{math.Exp(v.v[sightNear]) / (1 + math.Exp(v.v[sightNear])), v.right, ex.target >= 0 && ex.sort == "ask", ex.sort, fmt.Sprintf("%s %s %q → %s", ex.sort, one.name, ex.text, ex.ids[best])}
			verdicts = append(verdicts, one)
			one.p = 1 / (1 + math.Exp(-along(&c, &v.v)))
			second = append(second, one)
		}
	}
	curve(t, "softmax", verdicts)
	curve(t, "calibrated", second)
	verdicts = second
	sort.SliceStable(verdicts, func(a, b int) bool { return verdicts[a].p > verdicts[b].p })
	wrong, right, n, asks, first := 0, 0, 0, 0, 0
	for _, v := range verdicts {
		if v.target {
			asks++
			if v.right {
				first++
			}
		}
	}
	for _, v := range verdicts {
		n++
		if v.right && v.target {
			right++
		}
		if !v.right && os.Getenv("MISS") != "" && v.target {
			t.Logf("%.3f %s", v.p, v.line)
		}
		if !v.right && !strings.HasPrefix(v.line, "gone") {
			wrong++
			if wrong <= 80 {
				t.Logf("%.3f %s  (right so far %d of %d = %.3f)", v.p, v.line, right, asks, float64(right)/float64(asks))
			}
		}
	}
	t.Logf("first of %d asks: %d", asks, first)
	w := fit(set)
	var sights []seen
	for e := range set {
		if v, _, ok := set[e].see(&w, pick); ok {
			sights = append(sights, v)
		}
	}
	fmt.Printf("calibration: %.3f\n", calibrate(sights))
	names := "fBias fAsked fHeld fBoth fGrams fSounds fAnswer fOther fEvery fWhole fExact fWorst fWorstHeld fAway fElse fClash fMiss fSilent fMissHeld fAgree fDenied fNeg fApart fNumber fSaid fMass fOnly fTop fPassage fSwap fSole fStrange"
	for i, name := range strings.Fields(names) {
		fmt.Printf("%s: %.2f, ", name, w[i])
	}
	fmt.Println()
}
