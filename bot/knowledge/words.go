package knowledge

import (
	"strings"

	"gendan/bot/parse"
)

// Words is what a company's trade calls things: which words say the same, which are close, and which exclude each
// other. It is read only and shared.
type Words struct {
	short map[uint64]*word // words of one to four characters
	long  map[string]*word // longer ones
	pairs map[uint64]bool  // the first two characters of the long ones
	group [][]string       // the members of each group of equal words
}

// word is what the pack knows of a word.
type word struct {
	groups []int32 // groups of words that say the same
	near   []int32 // groups of words that are close
	sides  []int32 // set<<8 | side, of the sets whose sides exclude each other
	topics []int32 // what is spoken of: food, money, the way things are sent
}

// NewWords reads lists of words that say the same, of words that are close, and of sides that exclude each other, where
// a side may name several words parted by "|"; topics are lists of words that speak of one thing.
func NewWords(same, near, apart, topics [][]string) *Words {
	w := &Words{short: map[uint64]*word{}, long: map[string]*word{}, pairs: map[uint64]bool{}}
	for i, list := range same {
		for _, s := range list {
			if v := w.put(s); v != nil {
				v.groups = append(v.groups, int32(i))
			}
		}
		w.group = append(w.group, list)
	}
	for i, list := range near {
		for _, s := range list {
			w.spread(s, func(v *word) { v.near = appendNew(v.near, int32(i)) })
		}
	}
	for i, list := range topics {
		for _, s := range list {
			w.spread(s, func(v *word) { v.topics = appendNew(v.topics, int32(i)) })
		}
	}
	for i, list := range apart {
		w.part(int32(i), list)
	}
	return w
}

// part notes the sides of a set with the words they name and those that say the same. A group that has words of two
// sides, as that of all ways to pay, tells nothing of its others.
func (w *Words) part(set int32, list []string) {
	named := map[*word]bool{}
	first := map[int32]int32{} // the side that a group has words of, -1 for several
	for side, names := range list {
		for _, s := range strings.Split(names, "|") {
			v := w.put(s)
			if v == nil {
				continue
			}
			named[v] = true
			v.sides = appendNew(v.sides, set<<8|int32(side))
			for _, g := range v.groups {
				if old, ok := first[g]; ok && old != int32(side) {
					first[g] = -1
				} else {
					first[g] = int32(side)
				}
			}
		}
	}
	for g, side := range first {
		if side < 0 {
			continue
		}
		for _, s := range w.group[g] {
			if v := w.put(s); v != nil && !named[v] {
				v.sides = appendNew(v.sides, set<<8|side)
			}
		}
	}
}

// spread does what is said of one word to all that say the same.
func (w *Words) spread(s string, do func(*word)) {
	v := w.put(s)
	if v == nil {
		return
	}
	do(v)
	for _, g := range v.groups {
		for _, other := range w.group[g] {
			if o := w.put(other); o != v && o != nil {
				do(o)
			}
		}
	}
}

func appendNew(list []int32, n int32) []int32 {
	for _, have := range list {
		if have == n {
			return list
		}
	}
	return append(list, n)
}

// put finds or makes the word s.
func (w *Words) put(s string) *word {
	runes := parse.Folded(strings.TrimSpace(s))
	if len(runes) == 0 || len(runes) > longest {
		return nil
	}
	if len(runes) <= 4 {
		k := wordKey(runes)
		if w.short[k] == nil {
			w.short[k] = &word{}
		}
		return w.short[k]
	}
	k := string(runes)
	if w.long[k] == nil {
		w.long[k] = &word{}
		w.pairs[wordKey(runes[:2])] = true
	}
	return w.long[k]
}

// longest is the length of the longest word, in characters.
const longest = 10

// find gives what is known of a word, or nil.
func (w *Words) find(runes []rune) *word {
	if len(runes) <= 4 {
		return w.short[wordKey(runes)]
	}
	if !w.pairs[wordKey(runes[:2])] {
		return nil
	}
	return w.long[string(runes)]
}

// wordKey packs up to four runes of the basic plane into a number.
func wordKey(runes []rune) uint64 {
	k := uint64(0)
	for _, r := range runes {
		k = k<<16 | uint64(r&0xffff)
	}
	return k
}
