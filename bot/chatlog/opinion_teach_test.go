package chatlog

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lesson is a clause of a labelled record: its signs, and for each verdict 1 if it tells that, 0 if not, and -1 where
// the labels leave it open.
type lesson struct {
	signs  []string
	want   [verdicts]float64
	weight float64
	place  string             // of several lessons of one place, signs are counted once; "" stands for itself
	bag    map[verdict]string // verdicts that one of several clauses tells, the labels do not say which
}

// taught is a labelled record with the corpus it comes from.
type taught struct {
	labelled
	corpus string
	seen   bool // the rules were written with it in sight
}

// teachers gives all labelled records of testdata.
func teachers(t testing.TB) []taught {
	var all []taught
	for _, name := range []string{"sample", "tune", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"} {
		for _, l := range readLabelled(t, filepath.Join("testdata", name, "expected.jsonl")) {
			if len(l.Lines) > 0 {
				all = append(all, taught{l, name, name == "sample" || name == "tune" || name == "second"})
			}
		}
	}
	for _, l := range readRecords(t, "testdata/records/*.txt") {
		all = append(all, taught{l, "records", false})
	}
	stories, _ := filepath.Glob("testdata/facts/*.facts")
	for _, file := range stories {
		for _, s := range readStories(t, file) {
			all = append(all, taught{s.labelled(), "stories", true})
		}
	}
	now := time.Date(2026, 11, 24, 12, 30, 0, 0, time.FixedZone("", 8*3600))
	for _, x := range readFactLines(t, "testdata/facts/lines.txt") {
		l := labelled{Now: now, Us: []string{"小林"}}
		line := Line{N: 1, Kind: Text, Text: x.text, Side: x.side, Sender: "王晓", At: &now}
		if x.side == Us {
			line.Sender = "小林"
		}
		l.Lines = []Line{line}
		for _, w := range x.want {
			of := want{Kind: w.kind, Value: w.value, Lines: []int{1}}
			value, _, _ := strings.Cut(w.value, "@")
			if w.kind == Product {
				value, _, _ = strings.Cut(value, "*")
			}
			of.Value = value
			var v float64
			if _, err := fmt.Sscanf(value, "%g", &v); err == nil && (w.kind == Price || w.kind == Budget) {
				of.Value = v
			}
			if w.optional {
				l.Also = append(l.Also, of)
			} else {
				l.Facts = append(l.Facts, of)
			}
			if w.kind == Promise || w.kind == NextStep || w.kind == Objection {
				l.Also = append(l.Also, want{Kind: Date, Lines: []int{1}})
			}
		}
		all = append(all, taught{l, "lines", true})
	}
	return all
}

// labelled gives the conversation as a labelled record, as far as its checks tell where a fact stands.
func (s story) labelled() labelled {
	l := labelled{Record: s.rec, Now: s.o.Now, Us: s.o.Us}
	for _, line := range s.rec.Lines { // these kinds are not listed in full, or not with their words
		for _, k := range []FactKind{Need, NextStep, Objection} {
			l.Also = append(l.Also, want{Kind: k, Lines: []int{line.N}})
		}
	}
	for _, c := range s.want {
		w := want{Kind: c.kind, Value: c.value}
		switch c.kind {
		case Price, Budget:
			if v, err := strconv.ParseFloat(c.value, 64); err == nil {
				w.Value = v
			} else {
				w.Value = nil
			}
		}
		for _, line := range s.rec.Lines {
			said := letters(fmt.Sprint(c.value))
			if c.kind == Price || c.kind == Budget || c.kind == Date || said != "" && strings.Contains(letters(line.Text), said) {
				w.Lines = append(w.Lines, line.N)
			}
		}
		switch {
		case c.sign == '=' && c.kind != Objection && c.kind != Mood:
			l.Facts = append(l.Facts, w)
		case c.sign == '?':
			l.Also = append(l.Also, w)
		}
	}
	return l
}

// collected lists the signs of a clause by name, each once.
type collected struct {
	names []string // of the lists
	seen  map[string]bool
	all   []string
}

func (c *collected) run(text ...rune) { c.word(string(text), "") }

func (c *collected) part(name string, text []rune) { c.word(name, string(text)) }

func (c *collected) word(name, of string) {
	if !c.seen[name+of] {
		c.seen[name+of] = true
		c.all = append(c.all, name+of)
	}
}

func (c *collected) list(class int, at stand) { c.word(standNames[at], c.names[class]) }

func signsOf(f *finder, c *clause) []string {
	to := &collected{names: f.x.names, seen: map[string]bool{}}
	f.see(c, to)
	return to.all
}

// of gives for every verdict how likely it is, given the signs.
func (o *opinion) of(signs []string) *[verdicts]float64 {
	t := &tally{opinion: o}
	t.begin(lexiconOf(nil))
	for _, s := range signs {
		t.word(s, "")
	}
	return t.end()
}

// lessons gives the clauses of the record.
func (r taught) lessons() []lesson {
	rec := r.Record
	f := newFinder(&rec, Options{Now: r.Now, Us: r.Us}, &opinion{})
	f.findOwn()
	f.findRivals()
	f.findReach()
	f.findContacts()
	f.findCompanies()
	f.findPrices()
	f.addUp()
	var all []lesson
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			signs := signsOf(f, c)
			l := lesson{signs: signs, weight: 1}
			for v := range verdicts {
				if l.want[v] = r.wants(c, v); l.want[v] < 0 && v >= vObjection && r.hasObjection(c.N, v) {
					if l.bag == nil {
						l.bag = map[verdict]string{}
					}
					l.bag[v] = fmt.Sprint(r.corpus, r.File, r.Title, c.N)
				}
			}
			if r.seen { // the rules are better here than elsewhere
				l.weight = 0.7
				h := fnv.New32a()
				h.Write([]byte(string(c.text)))
				if h.Sum32()%2 == 0 {
					l.signs = slices.DeleteFunc(slices.Clone(signs), func(s string) bool { return strings.HasPrefix(s, "rule ") })
				}
			}
			all = append(all, l)
			if hidden := l; !r.seen { // what the rules say of new records is less true: the words must do as well
				hidden.weight = unruled
				hidden.signs = slices.DeleteFunc(slices.Clone(signs), func(s string) bool { return strings.HasPrefix(s, "rule ") })
				all = append(all, hidden)
			}
		}
	}
	return all
}

// unruled is the weight of a clause that is learned from a second time without what the rules say of it.
const unruled = 1.0

// wants gives what the labels say of the clause and the verdict.
func (r taught) wants(c *clause, v verdict) float64 {
	kind, class, _ := strings.Cut(verdictNames[v], ".")
	open := false
	clauses := 0
	for n := range c.said.clauses {
		if len(c.said.clauses[n].words()) > 0 {
			clauses++
		}
	}
	for _, w := range r.Facts {
		if w.Kind != FactKind(kind) && !slices.Contains(w.Or, FactKind(kind)) || !slices.Contains(w.Lines, c.N) {
			continue
		}
		if w.Kind != FactKind(kind) {
			open = true
			continue
		}
		if class != "" && w.Value != class {
			if slices.Contains(w.Alt, any(class)) {
				open = true
			}
			continue
		}
		if r.tells(w, c, clauses) {
			if r.tellsBetter(w, c, clauses) {
				open = true
				continue
			}
			return 1
		}
		if w.Kind == Objection && w.Text == "" || w.Kind == DecisionMaker || w.Kind == Product {
			open = true
		}
	}
	for _, w := range r.Also {
		if w.Kind == FactKind(kind) && slices.Contains(w.Lines, c.N) {
			open = true
		}
	}
	if open {
		return -1
	}
	return 0
}

// tellsBetter reports whether another clause of the line stands in more of the values that are accepted for the need,
// or in as many and earlier: of 要朝南带阳台的 我妈怕闷 the second alone is no need.
func (r taught) tellsBetter(w want, c *clause, clauses int) bool {
	if w.Kind != Need {
		return false
	}
	mine := r.timesTold(w, c)
	for n := range c.said.clauses {
		b := &c.said.clauses[n]
		if n == c.n || !r.tells(w, b, clauses) {
			continue
		}
		if k := r.timesTold(w, b); k > mine || k == mine && n < c.n {
			return true
		}
	}
	return false
}

// timesTold counts the accepted values in which the clause stands.
func (r taught) timesTold(w want, c *clause) int {
	n, mine := 0, letters(string(c.r.Typed[c.i:c.j]))
	for _, v := range append([]any{w.Value}, w.Alt...) {
		if strings.Contains(letters(fmt.Sprint(v)), mine) || strings.Contains(mine, letters(fmt.Sprint(v))) {
			n++
		}
	}
	return n
}

// hasObjection reports whether a clause of the line tells an objection of which the labels give only the class.
func (r taught) hasObjection(line int, v verdict) bool {
	_, class, _ := strings.Cut(verdictNames[v], ".")
	return slices.ContainsFunc(r.Facts, func(w want) bool {
		return w.Kind == Objection && w.Value == class && w.Text == "" && slices.Contains(w.Lines, line)
	})
}

// settle gives each bag to the clause that the model thinks likeliest.
func settle(all []lesson, m *model) {
	op := readOpinion(m.table(5))
	best := map[string]int{}
	for n, l := range all {
		for v, name := range l.bag {
			key := fmt.Sprint(name, v)
			if k, ok := best[key]; !ok || op.of(l.signs)[v] > op.of(all[k].signs)[v] {
				best[key] = n
			}
		}
	}
	for n, l := range all {
		for v, name := range l.bag {
			if best[fmt.Sprint(name, v)] == n {
				all[n].want[v] = 1
			}
		}
	}
}

// taughtLines reads single lines of testdata/records/*.tsv: the side, then the words with a sign before each part
// that tells something.
func taughtLines(t testing.TB) []lesson {
	files, err := filepath.Glob("testdata/records/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lines %v", err)
	}
	now := time.Date(2026, 11, 24, 12, 30, 0, 0, time.FixedZone("", 8*3600))
	var all []lesson
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(string(text)) {
			lessons := taughtLine(t, strings.TrimSpace(row), now)
			if strings.HasPrefix(filepath.Base(file), "parts-") { // competitors are not marked there
				for k := range lessons {
					lessons[k].want[vCompetitor] = -1
				}
			}
			all = append(all, lessons...)
		}
	}
	return all
}

// partSigns are the signs of testdata/records/*.tsv.
var partSigns = map[string]verdict{"n": vNeed, "c": vComplaint, "p": vPromise, "s": vNextStep, "r": vCompetitor, "d": vDecider, "b": vBudget, "y": vPrice,
	"op": vObjection, "od": vObjection + 1, "oq": vObjection + 2, "ot": vObjection + 3, "oc": vObjection + 4, "om": vObjection + 5}

func taughtLine(t testing.TB, row string, now time.Time) []lesson {
	line := Line{N: 1, Kind: Text, Side: Customer, Sender: "王晓", At: &now}
	switch row[0] {
	case 'U':
		line.Side, line.Sender = Us, "小林"
	case '-':
		line.Side, line.Sender = "", ""
	}
	type part struct {
		end   int
		signs []string
	}
	var parts []part
	for _, w := range strings.Fields(row[2:]) {
		var p part
		for strings.HasPrefix(w, "/") {
			sign := strings.TrimLeft(w[1:], "abcdefghijklmnopqrstuvwxyz")
			p.signs = append(p.signs, strings.TrimSuffix(w[1:], sign))
			w = sign
		}
		if line.Text != "" {
			line.Text += " "
		}
		line.Text += w
		p.end = len([]rune(line.Text))
		parts = append(parts, p)
	}
	f := newFinder(&Record{Lines: []Line{line}}, Options{Now: now, Us: []string{"小林"}}, &opinion{})
	f.findOwn()
	f.findRivals()
	f.findPrices()
	f.addUp()
	var all []lesson
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			l := lesson{signs: signsOf(f, c), weight: 0.5}
			l.signs = slices.DeleteFunc(l.signs, func(s string) bool {
				return s == "only" || s == "first" || s == "last" || s == "begins"
			})
			l.signs = append(l.signs, "lone")
			for _, v := range []verdict{vBudget, vDate, vProduct, vPrice} {
				l.want[v] = -1
			}
			own := slices.IndexFunc(parts, func(p part) bool { return c.i < p.end })
			for k, p := range parts[:own+1] {
				for _, sign := range p.signs {
					v, ok := partSigns[sign]
					switch {
					case sign == "x":
						for v := range verdicts {
							l.want[v] = -1
						}
					case !ok:
						t.Fatalf("%q: %q is no sign", row, sign)
					case k == own:
						l.want[v] = 1
						if v == vPrice {
							l.want[vBudget] = 0
						}
					case l.want[v] == 0:
						l.want[v] = -1
					}
				}
			}
			all = append(all, l)
		}
	}
	return all
}

// study gives the model of the records, and of the single lines.
func study(records []taught, lines []lesson) *model {
	all := slices.Clone(lines)
	for _, r := range records {
		all = append(all, r.lessons()...)
	}
	settle(all, learn(all, verdictNames[:]))
	return learn(all, verdictNames[:])
}

// tells reports whether the clause is the one of its line that tells the fact.
func (r taught) tells(w want, c *clause, clauses int) bool {
	switch w.Kind {
	case Price, Budget:
		for _, sp := range c.spans {
			if v, ok := w.Value.(float64); ok && math.Abs(sp.v-v) < 1e-6*math.Max(1, v) || !ok && sp.kind == 'D' {
				return true
			}
		}
		return false
	case Date:
		day := w.At
		if day == "" {
			day = fmt.Sprint(w.Value)
		}
		for _, sp := range c.spansOf('T') {
			if at, _, ok := c.ahead(sp); ok && len(day) >= 10 && at.Format(time.DateOnly) == day[:10] {
				return true
			}
		}
		return false
	case Objection:
		if w.Text == "" {
			return clauses == 1
		}
	}
	mine := letters(string(c.r.Typed[c.i:c.j]))
	for _, v := range append([]any{w.Value, w.Text}, w.Alt...) {
		if v == nil || v == "" || w.Kind == Objection && v != w.Text {
			continue
		}
		if said := letters(fmt.Sprint(v)); said != "" && (strings.Contains(mine, said) || len([]rune(mine)) > 2 && strings.Contains(said, mine)) {
			return true
		}
	}
	return false
}
