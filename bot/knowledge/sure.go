package knowledge

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// sight is what tells whether the entry that fits best is the right one: the features of its best way of asking, how
// far it stands out, and what kind of question it is.
type sight [sights]float64

const (
	sightNear    = features + iota // the logarithm of how much more likely it is than all others and none
	sightRest                      // than all others
	sightNone                      // than none
	sightBoth                      // stands out and explains much
	sightGap                       // how much more it shares with the question than any other entry does
	sightOrder                     // how many entries share more
	sightTerms                     // how many words are asked
	sightClauses                   // in how many clauses
	sightThin                      // none of them longer than a character
	sightSecond                    // how much of the question the next best explains
	sightHeld                      // how much of the next best is asked
	sightAhead                     // how much more the best explains
	sights
)

// view is what is seen of a question and the entries that come near it.
type view struct {
	share  []float64           // of each entry; what is missing to 1 is none's
	sums   []float64           // what each shares with the question
	seen   [][features]float64 // of each entry's best way of asking
	known  []said              // whether the question is one of each entry's
	terms  int
	clause int
	thin   bool
}

// best is the place of the entry that fits best, -1 without entries.
func (v *view) best() int {
	best := -1
	for i, s := range v.share {
		if best < 0 || s > v.share[best] {
			best = i
		}
	}
	return best
}

// explained is how much of the question an entry speaks of.
func explained(f *[features]float64) float64 { return f[fAsked] + f[fOther] + 0.7*f[fAnswer] }

// look makes a sight of a view whose best entry is at best.
func (v *view) look(best int) (s sight) {
	f := &v.seen[best]
	copy(s[:], f[:])
	rest, second, none, sum := 0.0, -1, 1.0, 0.0
	for i, share := range v.share {
		none -= share
		if i == best {
			continue
		}
		rest += share
		sum = max(sum, v.sums[i])
		if second < 0 || share > v.share[second] {
			second = i
		}
		if v.sums[i] > v.sums[best] {
			s[sightOrder] += 0.1
		}
	}
	ratio := func(a, b float64) float64 {
		return max(-5, min(5, math.Log((max(0, a)+1e-6)/(max(0, b)+1e-6))))
	}
	s[sightNear], s[sightRest], s[sightNone] = ratio(v.share[best], rest+none), ratio(v.share[best], rest), ratio(v.share[best], none)
	s[sightBoth] = s[sightRest] * explained(f)
	s[sightGap] = max(-2, min(2, math.Log((v.sums[best]+0.5)/(sum+0.5))))
	s[sightTerms], s[sightClauses] = min(1, float64(v.terms)/8), min(1, float64(v.clause)/4)
	if v.thin {
		s[sightThin] = 1
	}
	s[sightAhead] = explained(f)
	if second >= 0 {
		s[sightSecond], s[sightHeld] = explained(&v.seen[second]), v.seen[second][fHeld]
		s[sightAhead] -= s[sightSecond]
	}
	return s
}

// node parts sights by one of their parts; a leaf, whose part is -1, adds up.
type node struct {
	part      int
	at        float64 // below goes to low
	low, high int     // places in the tree
	value     float64
}

// forest is a sum of trees: the logarithm of how much more likely the best entry is right than wrong.
type forest struct {
	base  float64
	trees [][]node
}

// sum gives the logarithm of the odds.
func (m *forest) sum(s *sight) float64 {
	sum := m.base
	for _, t := range m.trees {
		i := 0
		for t[i].part >= 0 {
			if s[t[i].part] < t[i].at {
				i = t[i].low
			} else {
				i = t[i].high
			}
		}
		sum += t[i].value
	}
	return sum
}

// sure.txt holds a forest that TestLearn has fitted: its base, then a tree a line, its nodes parted by blanks:
// part:at:low:high, or the value of a leaf.
//
//go:embed sure.txt
var sureText string

var surely = sync.OnceValue(func() *forest {
	m, err := readForest(sureText)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
})

func readForest(text string) (*forest, error) {
	m := &forest{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var tree []node
		for _, w := range strings.Fields(line) {
			n := node{part: -1}
			var err error
			if strings.Contains(w, ":") {
				_, err = fmt.Sscanf(w, "%d:%g:%d:%d", &n.part, &n.at, &n.low, &n.high)
			} else {
				n.value, err = strconv.ParseFloat(w, 64)
			}
			if err != nil || n.part >= int(sights) {
				return nil, fmt.Errorf("sure.txt, line %d: %q", i+1, w)
			}
			tree = append(tree, n)
		}
		if i == 0 {
			m.base = tree[0].value
			continue
		}
		m.trees = append(m.trees, tree)
	}
	return m, nil
}

// String writes a forest as sure.txt.
func (m *forest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.4f\n", m.base)
	for _, t := range m.trees {
		for i, n := range t {
			if i > 0 {
				b.WriteByte(' ')
			}
			if n.part >= 0 {
				fmt.Fprintf(&b, "%d:%.4f:%d:%d", n.part, n.at, n.low, n.high)
			} else {
				fmt.Fprintf(&b, "%.4f", n.value)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// chance is the confidence of the logarithm of odds.
func chance(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }
