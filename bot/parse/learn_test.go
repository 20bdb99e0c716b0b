package parse

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

type example struct {
	grams []int
	want  map[int]bool
}

// learn fits for every action a logistic model over the sequences of the examples.
func learn(examples []example, features, actions int) (weights [][]float64, base []float64) {
	weights, base = make([][]float64, actions), make([]float64, actions)
	const rate, decay = 0.4, 0.00008
	for a := range actions {
		w := make([]float64, features)
		b := -3.0
		for range 40 {
			for _, e := range examples {
				z := b
				for _, g := range e.grams {
					z += w[g]
				}
				y := 0.0
				if e.want[a] {
					y = 1
				}
				d := y - 1/(1+math.Exp(-z))
				if math.Abs(d) < 0.002 {
					continue
				}
				step := rate * d
				b += step * 0.2
				for _, g := range e.grams {
					w[g] += step - decay*w[g]
				}
			}
		}
		weights[a], base[a] = w, b
	}
	return weights, base
}

// lesson is a text as its sequences, with the actions that it asks for.
type lesson struct {
	grams   []string
	actions []string
}

// lessonsOf gives the lessons of an utterance: the whole, and each of several actions with the clauses that were
// read as its own.
func lessonsOf(row labelled) []lesson {
	s := newScan(newLine(row.Text), wednesday, compiled(nil))
	whole := lesson{grams: sequences(s, s.clauses())}
	for _, a := range row.Actions {
		whole.actions = append(whole.actions, a.Name)
	}
	all := []lesson{whole}
	_, frames := understand(row.Text, wednesday, nil)
	if len(row.Actions) < 2 || len(frames) != len(row.Actions) {
		return all
	}
	for n, f := range frames {
		if f.action != row.Actions[n].Name {
			return all[:1]
		}
		all = append(all, lesson{sequences(f.scan, f.parts), []string{f.action}})
	}
	return all
}

// sequences lists the sequences of the clauses, each once.
func sequences(s *scan, parts []*clause) (all []string) {
	s.eachSequence(s.signText(parts), func(text []rune) {
		if g := string(text); !slices.Contains(all, g) {
			all = append(all, g)
		}
	})
	return all
}

// lessons turns labelled utterances into examples over the sequences that at least two of them have.
func lessons(rows []labelled) (examples []example, grams, actions []string) {
	count, number, place := map[string]int{}, map[string]int{}, map[string]int{}
	var all []lesson
	for _, row := range rows {
		of := lessonsOf(row)
		for _, g := range of[0].grams {
			count[g]++
		}
		for _, a := range row.Actions {
			number[a.Name] = 0
		}
		all = append(all, of...)
	}
	actions = slices.Sorted(maps.Keys(number))
	for n, a := range actions {
		number[a] = n
	}
	for _, g := range slices.Sorted(maps.Keys(count)) {
		if count[g] > 1 {
			place[g] = len(grams)
			grams = append(grams, g)
		}
	}
	for _, l := range all {
		e := example{want: map[int]bool{}}
		for _, g := range l.grams {
			if k, ok := place[g]; ok {
				e.grams = append(e.grams, k)
			}
		}
		for _, a := range l.actions {
			e.want[number[a]] = true
		}
		examples = append(examples, e)
	}
	return examples, grams, actions
}

// sayings are texts of which only the actions are labelled: actions, tab, text.
func sayings(t testing.TB, file string) []labelled {
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var rows []labelled
	for line := range strings.Lines(string(b)) {
		names, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("%s: %q", file, line)
		}
		row := labelled{Text: text}
		for _, name := range strings.Split(names, ",") {
			if name != "none" {
				row.Actions = append(row.Actions, Action{Name: name})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// leastSaid is how often an action must have been said for an opinion on it; of a rarer one the phrases alone know.
const leastSaid = 10

// often leaves out the rows that hold an action which was said too seldom.
func often(rows []labelled) []labelled {
	count := map[string]int{}
	for _, row := range rows {
		for _, a := range row.Actions {
			count[a.Name]++
		}
	}
	return slices.DeleteFunc(rows, func(row labelled) bool {
		return slices.ContainsFunc(row.Actions, func(a Action) bool { return count[a.Name] < leastSaid })
	})
}

// TestLearnOpinion learns the table of the second opinion from the tune corpus and writes it. Run it with
// GENDAN_LEARN=1 after the corpus has grown.
func TestLearnOpinion(t *testing.T) {
	if os.Getenv("GENDAN_LEARN") == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	examples, grams, actions := lessons(often(slices.Concat(teaching(t), sayings(t, "lessons.txt"), corpus(t, "played.jsonl"), corpus(t, "stories.jsonl"))))
	writeOpinions(t, "opinion.txt", examples, grams, actions)
}

// TestLearnTellings learns the table of what is told or asked in a few words, from the whole short messages of the corpora and tellings.txt.
func TestLearnTellings(t *testing.T) {
	if os.Getenv("GENDAN_LEARN") == "" {
		t.Skip("GENDAN_LEARN is not set")
	}
	rows := slices.Concat(teaching(t), sayings(t, "lessons.txt"), corpus(t, "played.jsonl"), corpus(t, "stories.jsonl"))
	rows = slices.DeleteFunc(rows, func(row labelled) bool { return len(row.Actions) > 1 || utf8Len(row.Text) > longestTold })
	for i, row := range rows {
		if len(row.Actions) == 1 && row.Actions[0].Name != "activity.log" && row.Actions[0].Name != "customer.view" {
			rows[i].Actions = nil // all else is only what it is not
		}
	}
	more := sayings(t, "tellings.txt")
	for i, row := range more {
		if len(row.Actions) == 1 && row.Actions[0].Name != "activity.log" && row.Actions[0].Name != "customer.view" {
			more[i].Actions = nil
		}
	}
	examples, grams, actions := lessons(slices.Concat(rows, more))
	writeOpinions(t, "tellings.txt", examples, grams, actions)
}

// writeOpinions learns a table of opinions and writes it.
func writeOpinions(t *testing.T, file string, examples []example, grams, actions []string) {
	weights, base := learn(examples, len(grams), len(actions))
	var b strings.Builder
	b.WriteString("actions")
	for n, a := range actions {
		fmt.Fprintf(&b, "\t%s=%d", a, int(math.Round(base[n]*100)))
	}
	b.WriteString("\n")
	for g, gram := range grams {
		line := gram
		for a := range actions {
			if w := int(math.Round(weights[a][g] * 100)); w >= 6 || w <= -6 {
				line += fmt.Sprintf("\t%d=%d", a, w)
			}
		}
		if line != gram {
			b.WriteString(line + "\n")
		}
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
