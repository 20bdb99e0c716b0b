package parse

import (
	"regexp/syntax"
	"slices"
)

// wordsNeeded are words by which patterns are ruled out before they are tried: a text is searched once for all of them,
// and most patterns need words that it does not have. After Cox, Regular Expression Matching with a Trigram Index (2012),
// with whole words in place of trigrams.
type wordsNeeded struct {
	ids   map[string]int
	first map[rune][]neededWord
}

type neededWord struct {
	word []rune
	id   int
}

// wordSet is which words a text has, a bit each.
type wordSet []uint64

// id gives the number of a word, a new one when it is not known yet.
func (l *wordsNeeded) id(word string) int {
	if n, ok := l.ids[word]; ok {
		return n
	}
	if l.ids == nil {
		l.ids, l.first = map[string]int{}, map[rune][]neededWord{}
	}
	n := len(l.ids)
	l.ids[word] = n
	r := []rune(word)
	l.first[r[0]] = append(l.first[r[0]], neededWord{r, n})
	return n
}

// in tells which of the words text has.
func (l *wordsNeeded) in(text []rune) wordSet {
	set := make(wordSet, (len(l.ids)+63)/64)
	for i, r := range text {
	next:
		for _, w := range l.first[r] {
			if len(w.word) > len(text)-i {
				continue
			}
			for k, x := range w.word[1:] {
				if text[i+1+k] != x {
					continue next
				}
			}
			set[w.id/64] |= 1 << (w.id % 64)
		}
	}
	return set
}

// needed is what a pattern needs: of each list one word.
type needed [][]int

func (n needed) met(set wordSet) bool {
next:
	for _, list := range n {
		for _, id := range list {
			if set[id/64]&(1<<(id%64)) != 0 {
				continue next
			}
		}
		return false
	}
	return true
}

// mostWords is how many words a list of alternatives may have to be worth looking at.
const mostWords = 400

// need gives what pattern needs, besides one of the words given when there are any. A pattern that does not
// compile needs nothing; whoever compiles it says why.
func (l *wordsNeeded) need(pattern string, words []string) (n needed) {
	if len(words) > 0 {
		n = append(n, l.numbers(words))
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return n
	}
	for _, list := range wanted(re) {
		n = append(n, l.numbers(list))
	}
	slices.SortFunc(n, func(a, b []int) int { return len(a) - len(b) })
	return n
}

func (l *wordsNeeded) numbers(words []string) (ids []int) {
	for _, w := range words {
		ids = append(ids, l.id(w))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// wanted gives lists of words; what matches re has a word of each list.
func wanted(re *syntax.Regexp) (all [][]string) {
	if list := spelled(re); list != nil {
		if slices.Contains(list, "") {
			return nil
		}
		return [][]string{list}
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return wanted(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return wanted(re.Sub[0])
		}
	case syntax.OpConcat:
		var run []string // what the neighbours that can be spelled out spell together
		flush := func() {
			if run != nil && !slices.Contains(run, "") {
				all = append(all, run)
			}
			run = nil
		}
		for _, sub := range re.Sub {
			list := spelled(sub)
			if list == nil {
				flush()
				all = append(all, wanted(sub)...)
				continue
			}
			if joined := joins(run, list); joined != nil {
				run = joined
				continue
			}
			flush()
			run = list
		}
		flush()
	case syntax.OpAlternate:
		var list []string
		for _, sub := range re.Sub {
			best := fewest(wanted(sub))
			if best == nil || len(list)+len(best) > mostWords {
				return nil
			}
			list = append(list, best...)
		}
		return [][]string{list}
	}
	return all
}

// fewest is the list that rules out most: the one of the longest words, and of those the shortest.
func fewest(lists [][]string) (best []string) {
	short := func(list []string) int {
		return len(slices.MinFunc(list, func(a, b string) int { return len(a) - len(b) }))
	}
	for _, list := range lists {
		if best == nil || short(list) > short(best) || short(list) == short(best) && len(list) < len(best) {
			best = list
		}
	}
	return best
}

// spelled gives every text that re matches, nil when they are too many.
func spelled(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}
		}
	case syntax.OpCharClass:
		var list []string
		for k := 0; k+1 < len(re.Rune); k += 2 {
			if int(re.Rune[k+1]-re.Rune[k])+len(list) >= mostWords {
				return nil
			}
			for r := re.Rune[k]; r <= re.Rune[k+1]; r++ {
				list = append(list, string(r))
			}
		}
		return list
	case syntax.OpCapture:
		return spelled(re.Sub[0])
	case syntax.OpQuest:
		if list := spelled(re.Sub[0]); list != nil && len(list) < mostWords {
			return append([]string{""}, list...)
		}
	case syntax.OpConcat:
		list := []string{""}
		for _, sub := range re.Sub {
			if list = joins(list, spelled(sub)); list == nil {
				return nil
			}
		}
		return list
	case syntax.OpAlternate:
		var list []string
		for _, sub := range re.Sub {
			more := spelled(sub)
			if more == nil || len(list)+len(more) > mostWords {
				return nil
			}
			list = append(list, more...)
		}
		return list
	}
	return nil
}

// joins gives each of a followed by each of b, nil when that is too much; nil is joined with nothing.
func joins(a, b []string) (all []string) {
	if b == nil {
		return nil
	}
	if a == nil {
		return b
	}
	if len(a)*len(b) > mostWords {
		return nil
	}
	for _, x := range a {
		for _, y := range b {
			all = append(all, x+y)
		}
	}
	return all
}
