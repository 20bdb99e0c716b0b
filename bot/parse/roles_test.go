package parse

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestScoresAreSums compares the scores of the learned chains with sums of the weights as their tables give them, feature by feature.
func TestScoresAreSums(t *testing.T) {
	t.Parallel()
	var weights []map[string]string // of each chain: by feature, the tags with their weights
	for _, table := range []string{roleTable, cardTable, textTable} {
		for row := range strings.Lines(table) {
			name, rest, _ := strings.Cut(strings.TrimSpace(row), " ")
			if name == "chain" {
				weights = append(weights, map[string]string{})
			} else if name != "steps" {
				weights[len(weights)-1][name] = rest
			}
		}
	}
	chains := slices.Concat(learned()...)
	if len(weights) != len(chains) {
		t.Fatalf("%d chains, want %d", len(chains), len(weights))
	}
	for _, row := range corpus(t, "cards.jsonl")[:60] {
		s, _, frames := byRules(row.Text, wednesday, nil)
		if s == nil || len(frames) == 0 {
			continue
		}
		rules, _ := s.line.names(actionsOf(frames))
		f := s.slotFeatures(rules, s.actionNumbers(frames))
		for n, c := range chains {
			got := c.scores(f)
			for i, keys := range f.all() {
				sums := make([]int, c.tags)
				for _, k := range keys {
					for _, w := range strings.Fields(weights[n][formatKey(k)]) {
						tag, weight, _ := strings.Cut(w, "=")
						at, _ := strconv.Atoi(tag)
						x, _ := strconv.Atoi(weight)
						sums[at] += x
					}
				}
				for tag, sum := range sums {
					if want := float64(sum) / 100; got[i*c.tags+tag] != want {
						t.Fatalf("%s: chain %d, place %d, tag %d: %v, want %v", row.Text, n, i, tag, got[i*c.tags+tag], want)
					}
				}
			}
		}
	}
}
