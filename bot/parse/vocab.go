package parse

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"gendan/templates"
)

// vocab is a pack made ready for matching.
type vocab struct {
	pack         *templates.Pack
	channelSigns []channelSign
	literals     wordsNeeded // of the phrases and forms
	gaps         words
	fillers      words
	titles       words
	jobs         words
	suffixes     words
	places       words
	openers      words
	trapEnds     words
	brands       words
	companies    words // well-known ones
	mended       table[[2]rune]
	known        words // of one message: the speaker's own records' names, see Known
	measures     words
	compound     words
	traps        words
	teams        words
	notPeople    words
	towns        words // regions too: they open names of companies, and are none by themselves
	things       words
	mascots      words
	acts         words // what is done to records, see openingRecord
	notNames     map[string]bool
	givenNames   map[string]bool
	surnames     map[rune]bool
	terms        map[string]terms // stages, kinds … by list name
	phrases      []phrase
	forms        []form
	classes      *strings.Replacer
	own          lexicon
	abstracts    abstracts
	ranks        words
	spoken       map[string]words // by action: the second opinion gives it to no clauses without one of them
}

// words finds the longest of many words at a place; the zero value finds none.
type words struct{ *wordTrees }

type wordTrees struct {
	list  []string // folded
	ahead tree     // of the words from their beginnings
	back  tree     // of the words from their ends
	base  words    // these too
}

func newWords(lists ...[]string) words {
	w := words{&wordTrees{}}
	for _, list := range lists {
		for _, s := range list {
			s = foldString(s)
			w.list = append(w.list, s)
			word := []rune(s)
			w.ahead.add(word)
			slices.Reverse(word)
			w.back.add(word)
		}
	}
	return w
}

// and gives the words with those of the list, too.
func (w words) and(list []string) words {
	more := newWords(list)
	more.base = w
	return more
}

// has tells whether the single rune is one of the words.
func (w words) has(r rune) bool {
	if w.wordTrees == nil {
		return false
	}
	node := w.ahead.step(0, r)
	return node > 0 && w.ahead.ends[node] > 0 || w.base.has(r)
}

// at gives the length in runes of the longest word at i, else 0.
func (w words) at(l *line, i int) (n int) {
	if w.wordTrees == nil || i < 0 || i >= len(l.norm) {
		return 0
	}
	node := int32(0)
	for j := i; j < len(l.norm); j++ {
		if node = w.ahead.step(node, l.norm[j]); node == 0 {
			break
		}
		if w.ahead.ends[node] > 0 && !l.cutsLatin(j+1) {
			n = j + 1 - i
		}
	}
	return max(n, w.base.at(l, i))
}

// cutsLatin reports whether a word that ends before j would be the beginning of another: hi is not the beginning of Hilton.
func (l *line) cutsLatin(j int) bool {
	return j < len(l.norm) && isLatin(l.norm[j-1]) && (isLatin(l.norm[j]) || l.norm[j] == '-' && j+1 < len(l.norm) && isLatin(l.norm[j+1]))
}

// endsAt gives the length in runes of the longest word that ends at j, not reaching below i.
func (w words) endsAt(l *line, i, j int) (n int) {
	if w.wordTrees == nil {
		return 0
	}
	node := int32(0)
	for k := j - 1; k >= max(i, j-8); k-- {
		if node = w.back.step(node, l.norm[k]); node == 0 {
			break
		}
		if w.back.ends[node] > 0 {
			n = j - k
		}
	}
	return max(n, w.base.endsAt(l, i, j))
}

// terms finds the values of one list by the words people say for them.
type terms struct {
	find words
	name map[string]string
}

func newTerms(list []templates.Term) terms {
	t := terms{name: map[string]string{}}
	var all []string
	for _, term := range list {
		for _, w := range append([]string{term.Name}, term.Words...) {
			w = foldString(w)
			if _, ok := t.name[w]; !ok {
				t.name[w] = term.Name
				all = append(all, w)
			}
		}
	}
	t.find = newWords(all)
	return t
}

// at gives the value said at i and the length of the word, else "".
func (t terms) at(l *line, i int) (name string, n int) {
	if n = t.find.at(l, i); n > 0 {
		name = t.name[string(l.norm[i:i+n])]
	}
	return name, n
}

// alternatives gives the words of a list as a regular expression, longest first.
func (t terms) alternatives() string {
	all := make([]string, 0, len(t.name))
	for w := range t.name {
		all = append(all, w)
	}
	return alternatives(all)
}

func alternatives(all []string) string {
	all = append([]string(nil), all...)
	sort.Slice(all, func(a, b int) bool {
		if len(all[a]) != len(all[b]) {
			return len(all[a]) > len(all[b])
		}
		return all[a] < all[b]
	})
	for i, w := range all {
		all[i] = regexp.QuoteMeta(foldString(w))
	}
	return "(?:" + strings.Join(all, "|") + ")"
}

func foldString(s string) string { return string(newLine(s).norm) }

// phrase is a compiled [templates.Phrase].
type phrase struct {
	action string
	weight int
	index  int
	re     *regexp.Regexp
	all    []*regexp.Regexp // instead of re, see templates.Phrase
	keep   []bool           // of each of all: what it finds is evidence, and stays text
	unless *regexp.Regexp
	needs  needed
	barred needed // what unless needs
}

// forbidden reports whether the phrase does not count in a text, which has words of the lists.
func (p *phrase) forbidden(text string, words listSet) bool {
	return p.unless != nil && p.barred.met(words) && p.unless.MatchString(text)
}

var vocabs sync.Map // *templates.Pack → func() *vocab

func compiled(p *templates.Pack) *vocab {
	if p == nil {
		p = templates.Default()
	}
	f, _ := vocabs.LoadOrStore(p, sync.OnceValue(func() *vocab { return compile(p) }))
	return f.(func() *vocab)()
}

// ranks makes the job titles of a company's departments: 设备科科长, 技术部经理, 采购处长.
func ranks(p *templates.Pack) []string {
	var all []string
	for _, d := range p.Extra["departments"] {
		for _, r := range p.Extra["ranks"] {
			all = append(all, d+r, d+"部"+r, d+"科"+r, d+"处"+r, d+"中心"+r)
		}
	}
	return all
}

func compile(p *templates.Pack) *vocab {
	v := &vocab{
		pack: p, gaps: newWords(p.Gaps), fillers: newWords(p.Fillers), titles: newWords(p.Titles), jobs: newWords(p.Jobs, ranks(p)),
		suffixes: newWords(p.Suffixes), places: newWords(p.Places), brands: newWords(p.Brands), companies: newWords(p.Companies), measures: newWords(p.Measures),
		compound: newWords(p.Compound), traps: newWords(p.Extra["traps"]), teams: newWords(p.Teams), openers: newWords(p.Extra["openers"]), trapEnds: newWords(p.Extra["trap_endings"]),
		things: newWords(p.Extra["things"]), ranks: newWords(p.Extra["ranks"]), mascots: newWords(p.Extra["mascots"]), acts: newWords(p.Extra["record_acts"]), notPeople: newWords(p.Extra["not_people"]), towns: newWords(p.Extra["towns"], p.Regions), givenNames: map[string]bool{},
		notNames: map[string]bool{}, surnames: map[rune]bool{}, terms: map[string]terms{},
	}
	v.channelSigns = channelSigns(p.Extra["channel_openings"])
	v.mended = mendings(p.Extra["mended"])
	v.spoken = map[string]words{}
	for list, said := range p.Extra {
		if action, ok := strings.CutPrefix(list, "spoken_of."); ok {
			v.spoken[action] = newWords(said)
		}
	}
	for _, w := range p.Extra["given"] {
		v.givenNames[foldString(w)] = true
	}
	for _, w := range p.Extra["not_names"] {
		v.notNames[foldString(w)] = true
	}
	for _, r := range p.Surnames {
		v.surnames[r] = true
	}
	for name, list := range map[string][]templates.Term{"stage": p.Stages, "kind": p.Kinds, "priority": p.Priorities, "channel": p.Channels,
		"source": p.Sources, "level": p.Levels, "rfm": p.RFM, "field": p.Fields, "metric": p.Metrics} {
		v.terms[name] = newTerms(list)
	}
	plain := func(list []string) terms {
		t := make([]templates.Term, len(list))
		for i, s := range list {
			t[i].Name = s
		}
		return newTerms(t)
	}
	v.terms["region"], v.terms["industry"] = plain(p.Regions), plain(p.Industries)
	v.terms["job"], v.terms["title"] = plain(p.Jobs), plain(p.Titles)
	v.abstracts = newAbstracts(v.terms)
	pairs := []string{"{T}", "(?:Ⓣⓣ*)", "{M}", "(?:Ⓜⓜ*)", "{P}", "(?:Ⓟⓟ*)", "{I}", "(?:Ⓘⓘ*)", "{D}", "(?:Ⓓⓓ*)", "{C}", "(?:Ⓒⓒ*)", "{U}", "(?:Ⓤⓤ*)", "{E}", "(?:Ⓔⓔ*)",
		"{Q}", "(?:[0-9]+(?:\\.[0-9]+)?|[一二两三四五六七八九十百千几半]+)"}
	for name, t := range v.terms {
		pairs = append(pairs, "{"+name+"}", t.alternatives())
	}
	names := make([]string, 0, len(p.Classes))
	for name := range p.Classes {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		pairs = append(pairs, "{"+name+"}", "(?:"+p.Classes[name]+")")
	}
	v.classes = strings.NewReplacer(pairs...)
	for i, ph := range p.Phrases {
		c := phrase{action: ph.Action, weight: ph.Weight, index: i}
		if len(ph.All) == 0 {
			pattern := open(v.expand(ph.Pattern))
			c.re = regexp.MustCompile(pattern)
			c.needs = v.literals.need(pattern, strings.Fields(ph.Needs))
		}
		for _, p := range ph.All {
			text, keep := strings.CutPrefix(p, "~")
			pattern := open(v.expand(text))
			c.all, c.keep = append(c.all, regexp.MustCompile(pattern)), append(c.keep, keep)
			c.needs = append(c.needs, v.literals.need(pattern, nil)...)
		}
		if ph.Unless != "" {
			unless := v.expand(ph.Unless)
			c.unless, c.barred = regexp.MustCompile(unless), v.literals.need(unless, nil)
		}
		v.phrases = append(v.phrases, c)
	}
	for i, f := range p.Forms {
		pattern := "^(?:" + v.expand(f.Pattern) + ")$"
		c := form{action: f.Action, values: f.Values, needs: v.literals.need(pattern, strings.Fields(f.Needs)), index: i, re: regexp.MustCompile(pattern), sure: formSure}
		if f.Unsure {
			c.sure = formUnsure
		}
		if f.Unless != "" {
			c.unless = regexp.MustCompile(v.expand(f.Unless))
		}
		v.forms = append(v.forms, c)
	}
	v.literals.known = nil // nothing is added to them any more
	v.own = ownWords(v)
	return v
}

var openStretch = regexp.MustCompile(`(?:\.|\[\^[^\]]*\])\{\d+,\d+\}\??|\.\*\??`)

// open makes a group of every stretch that a pattern leaves open, so that what stands there is not taken
// for words of the order.
func open(pattern string) string { return openStretch.ReplaceAllString(pattern, "($0)") }

// expand replaces the classes of a pattern; a class may use classes.
func (v *vocab) expand(pattern string) string {
	for range 3 {
		pattern = v.classes.Replace(pattern)
	}
	return pattern
}
