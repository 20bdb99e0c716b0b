package crm

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

// simplifiedTable holds two lines of equal length: Traditional characters, and below each the Simplified
// one. Only pairs that are one for one in names and business text are in it.
//
//go:embed simplified.txt
var simplifiedTable string

var simplified = sync.OnceValue(func() map[rune]rune {
	from, to, _ := strings.Cut(strings.TrimSpace(simplifiedTable), "\n")
	below := []rune(to)
	m := make(map[rune]rune, len(below))
	for i, r := range []rune(from) {
		if i < len(below) {
			m[r] = below[i]
		}
	}
	return m
})

// Fold brings spellings of the same name together: full width becomes half width, capitals small,
// Traditional characters Simplified; spaces and punctuation go. 「云帆（上海） Co., Ltd」 is 「云帆上海coltd」.
func Fold(s string) string {
	table := simplified()
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r >= 0xff01 && r <= 0xff5e {
			r -= 0xfee0
		}
		if t, ok := table[r]; ok {
			r = t
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Bigrams are the pairs of neighbouring characters of a folded text, each once, in order of appearance.
// Two texts share a run of characters only if they share its bigrams, which an index can tell.
func Bigrams(folded string) []string {
	runes := []rune(folded)
	if len(runes) < 2 {
		return nil
	}
	out := make([]string, 0, len(runes)-1)
	seen := make(map[string]bool, len(runes))
	for i := 0; i+1 < len(runes); i++ {
		if g := string(runes[i : i+2]); !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	return out
}

// Distance is how many characters must be put in, taken out or replaced to make b of a. Above max it
// answers max+1 without counting on.
func Distance(a, b string, max int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > max || len(y)-len(x) > max {
		return max + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		corner, least := row[0], i
		row[0] = i
		for j := 1; j <= len(y); j++ {
			d := corner
			if x[i-1] != y[j-1] {
				d = min(corner, row[j], row[j-1]) + 1
			}
			corner, row[j] = row[j], d
			least = min(least, d)
		}
		if least > max {
			return max + 1
		}
	}
	return min(row[len(y)], max+1)
}
