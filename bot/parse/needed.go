package parse

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// wordsNeeded are words by which patterns are ruled out before they are tried: a text is searched once for all of them,
// and most patterns need words that it does not have. After Cox, Regular Expression Matching with a Trigram Index (2012),
// with whole words in place of trigrams.
type wordsNeeded struct {
	words tree
	first []int32          // by the number of a word, its first place in in
	in    []inList         // which lists the words are in
	known map[string]int32 // the lists by their words
	n     int32            // how many lists there are
}

// inList is one list that a word is in, and where the next is; 0 is nowhere.
type inList struct{ list, next int32 }

// listSet is of which lists a text has a word, a bit each.
type listSet []uint64

// The beginning and the end of a text, which a pattern asks for by ^ and $, are written as characters: what ^(?:把|将)客户$ matches has \x02把客户\x03
// or \x02将客户\x03.
const (
	textBegins = "\x02"
	textEnds   = "\x03"
)

// met tells of which of the lists text has a word.
func (l *wordsNeeded) met(line string) listSet {
	set := make(listSet, (l.n+63)/64)
	text := []rune(textBegins + line + textEnds)
	for i := range text {
		node := int32(0)
		for _, r := range text[i:] {
			if node = l.words.step(node, r); node == 0 {
				break
			}
			if word := l.words.ends[node]; word > 0 {
				for at := l.first[word]; at > 0; at = l.in[at].next {
					list := l.in[at].list
					set[list/64] |= 1 << (list % 64)
				}
			}
		}
	}
	return set
}

// needed is what a pattern needs: a word of each of these lists.
type needed []int32

func (n needed) met(set listSet) bool {
	for _, list := range n {
		if set[list/64]&(1<<(list%64)) == 0 {
			return false
		}
	}
	return true
}

// mostWords is how many words a list of alternatives may have to be worth looking at.
const mostWords = 400

// need gives what pattern needs, besides one of the words given when there are any. A pattern that does not
// compile needs nothing; whoever compiles it says why.
func (l *wordsNeeded) need(pattern string, words []string) needed {
	var all [][]string
	if len(words) > 0 {
		all = append(all, words)
	}
	if re, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		all = append(all, wanted(re)...)
	}
	slices.SortStableFunc(all, func(a, b []string) int { return len(a) - len(b) })
	n := make(needed, 0, len(all))
	for _, list := range all {
		if !slices.Contains(list, textBegins) && !slices.Contains(list, textEnds) { // which every text has
			n = append(n, l.number(list))
		}
	}
	return n
}

// number gives the number of a list of words, a new one when it is not known yet.
func (l *wordsNeeded) number(list []string) int32 {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	key := strings.Join(list, "\n")
	if n, ok := l.known[key]; ok {
		return n
	}
	if l.known == nil {
		l.known, l.first, l.in = map[string]int32{}, make([]int32, 1), make([]inList, 1)
	}
	l.known[key] = l.n
	for _, w := range list {
		word := l.words.add([]rune(w))
		if int(word) == len(l.first) {
			l.first = append(l.first, 0)
		}
		l.in = append(l.in, inList{l.n, l.first[word]})
		l.first[word] = int32(len(l.in) - 1)
	}
	l.n++
	return l.n - 1
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
	case syntax.OpBeginText:
		return []string{textBegins}
	case syntax.OpEndText:
		return []string{textEnds}
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
			if strings.HasSuffix(x, textBegins) { // ^(?:^…
				y = strings.TrimPrefix(y, textBegins)
			} else if strings.HasSuffix(x, textEnds) {
				y = strings.TrimPrefix(y, textEnds)
			}
			all = append(all, x+y)
		}
	}
	return all
}
