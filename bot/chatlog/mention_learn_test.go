package chatlog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// namings gives for every stretch of the record that may be a name its signs, and what the labels say it names.
func (r taught) namings() []lesson {
	rec := r.Record
	f := newFinder(&rec, Options{Now: r.Now, Us: r.Us}, nil)
	return f.namings(r)
}

// labels say what stretches and figures of a clause name: 1 what the kind says, 0 not, -1 it is left open.
type labels interface {
	names(c *clause, i, j int, kind FactKind) float64
	counts(c *clause, sp span, kind FactKind) float64
}

func (f *finder) namings(r labels) []lesson {
	m := f.newMentioner(nil)
	var all []lesson
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			if !m.enter(c) {
				continue
			}
			see := func(what func(to signs)) []string {
				to := &collected{names: f.x.names, seen: map[string]bool{}}
				what(to)
				return to.all
			}
			place := string(c.text) // the same words said again are no second place
			whole := see(func(to signs) { m.seeClause(c, to) })
			begins, ends := make([][]string, len(m.stops)), make([][]string, len(m.stops))
			for n := range m.stops {
				if n+1 < len(m.stops) {
					begins[n] = see(func(to signs) { m.seeBegin(c, n, to) })
				}
				if n > 0 {
					ends[n] = see(func(to signs) { m.seeEnd(c, n, to) })
				}
			}
			for p := range m.stops {
				for q := p + 1; q < len(m.stops) && m.stops[q]-m.stops[p] <= maxMention; q++ {
					if !m.nameable(m.stops[p], m.stops[q]) {
						continue
					}
					l := lesson{weight: 1, place: place, signs: slices.Concat(whole, begins[p], ends[q], see(func(to signs) { m.seeInside(c, p, q, to) }))}
					for v := range l.want {
						l.want[v] = -1
						if verdict(v) < vNamesPrice {
							l.want[v] = r.names(c, c.i+m.stops[p], c.i+m.stops[q], FactKind(mentionNames[v]))
						}
					}
					all = append(all, l)
				}
			}
			for _, sp := range c.spans {
				p, q, ok := m.figure(c, sp)
				if !ok {
					continue
				}
				l := lesson{weight: 1, place: place, signs: slices.Concat(whole, begins[p], ends[q], see(func(to signs) { m.seeFigure(c, sp, p, q, to) }))}
				for v := range l.want {
					l.want[v] = -1
				}
				for _, v := range []verdict{vNamesPrice, vNamesBudget} {
					l.want[v] = r.counts(c, sp, FactKind(mentionNames[v]))
				}
				all = append(all, l)
			}
		}
	}
	return all
}

// counts says whether the figure is what the labels want of the kind: 1 yes, 0 no, -1 it is left open.
func (r taught) counts(c *clause, sp span, kind FactKind) float64 {
	verdict := 0.0
	for n, w := range slices.Concat(r.Facts, r.Also) {
		v, ok := w.Value.(float64)
		if !slices.Contains(w.Lines, c.N) || w.Kind != kind && !slices.Contains(w.Or, kind) || ok && math.Abs(v-sp.v) > 1e-6*v || !ok && w.Value != nil {
			continue
		}
		if n < len(r.Facts) && w.Kind == kind && ok {
			return 1
		}
		verdict = -1
	}
	return verdict
}

// names says whether [i,j) of the clause names what the labels want of the kind: 1 yes, 0 no, -1 it is left open.
func (r taught) names(c *clause, i, j int, kind FactKind) float64 {
	mine, line := letters(c.typed(i, j)), letters(c.Text)
	verdict := 0.0
	for n, w := range slices.Concat(r.Facts, r.Also) {
		if w.Kind != kind {
			continue
		}
		here, extra := slices.Contains(w.Lines, c.N), n >= len(r.Facts)
		if w.Value == nil {
			if here {
				verdict = -1
			}
			continue
		}
		first := true // the value that the line holds first in the list is the name
		for _, v := range append([]any{w.Value}, w.Alt...) {
			said := letters(fmt.Sprint(v))
			if said == "" || !strings.Contains(line, said) {
				continue
			}
			switch {
			case mine == said && here && first && !extra:
				return 1
			case mine == said, sameText(mine, said):
				verdict = -1
			}
			first = false
		}
	}
	return verdict
}

// sameText reports whether the scorer of the contract takes one text for the other.
func sameText(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) < 2 || len(y) < 2 {
		return a == b
	}
	both := 0
	for k := range len(x) - 1 {
		if indexRunes(y, x[k:k+2]) >= 0 {
			both++
		}
	}
	return float64(2*both)/float64(len(x)+len(y)-2) >= 0.7
}

// marked is a single line of testdata/named: what stands in braces is named, {p:叉车} a product, {r:…} a competitor,
// {c:…} a company, {k:…} a contact, {$:…} a price and {b:…} a budget.
type marked struct {
	text string
	side Side
	at   map[[2]int]FactKind // by its place in the text
}

var markKinds = map[string]FactKind{"p": Product, "r": Competitor, "c": Company, "k": Contact, "$": Price, "b": Budget}

func (m marked) names(c *clause, i, j int, kind FactKind) float64 {
	if m.at[[2]int{i, j}] == kind {
		return 1
	}
	mine := letters(c.typed(i, j))
	for at, k := range m.at {
		if k == kind && at[0] < j && i < at[1] && sameText(mine, letters(c.typed(at[0], at[1]))) {
			return -1
		}
	}
	return 0
}

func (m marked) counts(c *clause, sp span, kind FactKind) float64 {
	for at, k := range m.at {
		if k == kind && at[0] < sp.j && sp.i < at[1] {
			return 1
		}
	}
	return 0
}

// markedLines reads testdata/named.
func markedLines(t testing.TB) []marked {
	t.Helper()
	files, err := filepath.Glob("testdata/named/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lines %v", err)
	}
	var all []marked
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(string(text)) {
			m := marked{side: Customer, at: map[[2]int]FactKind{}}
			if row[0] == 'U' {
				m.side = Us
			}
			rest, n := strings.TrimSpace(row[2:]), 0
			for {
				before, after, ok := strings.Cut(rest, "{")
				m.text, n = m.text+before, n+utf8.RuneCountInString(before)
				if !ok {
					break
				}
				sign, after, _ := strings.Cut(after, ":")
				name, after, closed := strings.Cut(after, "}")
				kind, known := markKinds[sign]
				if !known || !closed {
					t.Fatalf("%s: %q", file, row)
				}
				k := utf8.RuneCountInString(name)
				m.at[[2]int{n, n + k}] = kind
				m.text, n, rest = m.text+name, n+k, after
			}
			all = append(all, m)
		}
	}
	return all
}

// namings gives the stretches of the line. Where it stands in a talk is not known, so that signs of that are left out.
func (m marked) namings() []lesson {
	now := time.Date(2026, 11, 24, 12, 30, 0, 0, time.FixedZone("", 8*3600))
	line := Line{N: 1, Kind: Text, Text: m.text, Side: m.side, Sender: "王晓", At: &now}
	if m.side == Us {
		line.Sender = "小林"
	}
	f := newFinder(&Record{Lines: []Line{line}}, Options{Now: now, Us: []string{"小林"}}, nil)
	all := f.namings(m)
	for k := range all {
		all[k].signs = slices.DeleteFunc(all[k].signs, func(s string) bool {
			return strings.HasPrefix(s, "line ") || strings.HasPrefix(s, "begins often") || strings.HasPrefix(s, "ends often") || strings.HasPrefix(s, "said ") || strings.HasPrefix(s, "close ")
		})
		all[k].weight = 0.7
	}
	return all
}

func learnMentions(all []taught, lines []marked) *model {
	var names []lesson
	for _, m := range lines {
		names = append(names, m.namings()...)
	}
	for _, r := range all {
		names = append(names, r.namings()...)
	}
	return learn(names, mentionNames)
}

// leastMention is the least weight that is kept: smaller ones change no answer and cost time.
const leastMention = 5

// TestLearnMentions learns what is named: GENDAN_LEARN=1 writes the table; GENDAN_LEARN=authors shows how it does on
// the records of an author of whom it learned nothing.
func TestLearnMentions(t *testing.T) {
	how := os.Getenv("GENDAN_LEARN")
	if how == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	all := teachers(t)
	if how != "authors" {
		if err := os.WriteFile("mention.txt", []byte(learnMentions(all, markedLines(t)).table(leastMention)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	lines := markedLines(t)
	at := []float64{0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}
	var counts [mentionVerdicts][7][3]int
	byAuthor(all, func(others, own []taught) {
		op := readOpinion(learnMentions(others, lines).table(leastMention))
		for _, r := range own {
			if r.corpus == "lines" || r.corpus == "stories" {
				continue
			}
			for _, l := range r.namings() {
				p := op.of(l.signs)
				for v := range mentionVerdicts {
					for k, x := range at {
						switch {
						case l.want[v] < 0:
						case p[v] >= x && l.want[v] == 1:
							counts[v][k][0]++
						case p[v] >= x:
							counts[v][k][2]++
						case l.want[v] == 1:
							counts[v][k][1]++
						}
					}
				}
			}
		}
	})
	for v := range mentionVerdicts {
		for k, x := range at {
			c := counts[v][k]
			t.Logf("%-10s %.1f: +%d -%d !%d  precision %.2f recall %.2f", mentionNames[v], x, c[0], c[1], c[2], float64(c[0])/float64(c[0]+c[2]), float64(c[0])/float64(c[0]+c[1]))
		}
	}
}
