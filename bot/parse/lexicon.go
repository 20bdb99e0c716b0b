package parse

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// lexiconTable holds the common words of Chinese with what each costs: every line gives a cost (quarters of the
// negative natural logarithm of the word's frequency), a length in characters, n for things and v for all else, and
// the words one behind the other. It was generated from the dictionary of jieba (MIT, 2012-2017 Sun Junyi) without its
// proper names.
//
//go:embed lexicon.txt
var lexiconTable string

// lexicon gives words of one to four characters, by their [wordKey], their costs; thing is added for nouns.
type lexicon struct{ table[uint8] }

const thing = 0x80

// wordKey packs up to four runes of the basic plane into a number.
func wordKey(runes []rune) uint64 {
	k := uint64(0)
	for _, r := range runes {
		k = k<<16 | uint64(r&0xffff)
	}
	return k
}

// commonWords reads the table once.
var commonWords = sync.OnceValue(func() *lexicon {
	l := lexicon{tableFor[uint8](54000)}
	for row := range strings.Lines(lexiconTable) {
		f := strings.Fields(row)
		if len(f) != 4 {
			continue
		}
		cost, _ := strconv.Atoi(f[0])
		n, _ := strconv.Atoi(f[1])
		word := make([]rune, 0, n)
		if f[2] == "n" {
			cost |= thing
		}
		for _, r := range f[3] {
			if word = append(word, r); len(word) == n {
				l.put(wordKey(word), uint8(cost))
				word = word[:0]
			}
		}
	}
	return &l
})

// The costs of what the table does not hold, in quarters of a nat.
const (
	oddRune  = 50 // a character that is no word
	foreign  = 30 // a word in Latin letters or a number
	packWord = 40 // a word of the pack's lists, at most
	newThing = 32 // a noun right behind a name, more than it costs elsewhere
	nameRune = 31 // a character of a name: about one in two thousand
	inName   = 8  // a common word in a name, more than it costs elsewhere
	verbRune = 25 // a word of one character that ends names in the pack, at most
	lastRune = 4  // a word of one character at the end, more than it costs elsewhere

	protectedName = 20 // a name that the pack knows
	nameBracket   = 10
)

var literal = regexp.MustCompile(`\p{Han}{2,}`)

// ownWords are the words that a pack's lists and phrases hold: they are common in what is said to the bot.
func ownWords(v *vocab) lexicon {
	l := lexicon{}
	add := func(s string) {
		n := utf8.RuneCountInString(s)
		if n < 2 || n > 4 {
			return
		}
		cost := uint8(packWord)
		if c, ok := commonWords().get(wordKey([]rune(s))); ok && c&^thing < cost {
			cost = c &^ thing
		}
		l.put(wordKey([]rune(s)), cost)
	}
	for _, list := range []words{v.gaps, v.fillers, v.openers, v.jobs, v.measures, v.things} {
		for _, s := range list.list {
			add(s)
		}
	}
	for _, list := range []string{"stage", "kind", "field", "level", "channel"} {
		for s := range v.terms[list].name {
			add(s)
		}
	}
	for _, p := range v.phrases {
		for _, re := range append([]*regexp.Regexp{p.re}, p.all...) {
			if re == nil {
				continue
			}
			for _, w := range literal.FindAllString(re.String(), -1) {
				add(w)
			}
		}
	}
	return l
}

// wordCost is what the word [i,j) costs, and whether it is a thing that does not stand right behind a name.
func (s *scan) wordCost(i, j int) (cost int, noun, ok bool) {
	k := wordKey(s.norm[i:j])
	c, ok := s.v.own.get(k)
	if !ok {
		c, ok = commonWords().get(k)
	}
	return int(c &^ thing), c&thing != 0, ok
}

// segment computes for every place what the words from there to the end of its stretch of text cost at least. A
// stretch ends at spaces, punctuation and whatever was recognised.
func (s *scan) segment() []int {
	if s.tails != nil {
		return s.tails
	}
	s.tails, s.heads = make([]int, len(s.norm)+1), make([]int, len(s.norm)+1)
	for i := len(s.norm) - 1; i >= 0; i-- {
		r := s.norm[i]
		switch sp := s.at[i]; {
		case sp != nil && sp.kind == 'C':
			s.tails[i] = protectedName + s.tails[sp.j]
		case sp != nil:
		case r == '(' || r == ')':
			s.tails[i] = nameBracket + s.tails[i+1]
		case r == ' ' && i > 0 && i+1 < len(s.norm) && isLatin(s.norm[i-1]) && isLatin(s.norm[i+1]) && s.at[i+1] == nil:
			s.tails[i] = s.tails[i+1]
		case isAlnum(r):
			j := i + 1
			for j < len(s.norm) && isAlnum(s.norm[j]) && s.at[j] == nil {
				j++
			}
			s.tails[i] = foreign + s.tails[j]
		case isHan(r):
			s.tails[i], s.heads[i] = s.cheapest(i)
			continue
		}
		s.heads[i] = s.tails[i]
	}
	return s.tails
}

// cheapest gives the least cost of the words from i on, when that of all later places is known; head is the cost when
// a name ends at i.
func (s *scan) cheapest(i int) (tail, head int) {
	tail = oddRune + s.tails[i+1]
	head = tail
	for n := 1; n <= 4 && i+n <= len(s.norm) && isHan(s.norm[i+n-1]) && s.at[i+n-1] == nil; n++ {
		c, noun, ok := s.wordCost(i, i+n)
		if !ok {
			continue
		}
		if n == 1 {
			c = s.verbCost(i, c)
		}
		c += s.tails[i+n]
		tail = min(tail, c)
		if noun && (n > 1 || s.v.gaps.at(s.line, i) == 0) {
			c += newThing
		}
		head = min(head, c)
	}
	return tail, head
}

// verbCost is what a word of one character costs at i: little before more words if it ends names in the pack, much at
// the end of a stretch, where it rather belongs to the name (大润发).
func (s *scan) verbCost(i, cost int) int {
	if i+1 >= len(s.norm) || !isHan(s.norm[i+1]) && s.at[i+1] == nil {
		return cost + lastRune
	}
	if s.v.gaps.at(s.line, i) > 0 {
		return min(cost, verbRune)
	}
	return cost
}
