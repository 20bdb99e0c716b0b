package parse

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// opinionTable holds what short sequences of characters say about the actions of a message. It was learned from the
// labelled utterances (TestLearnOpinion prints it anew): each line gives a sequence, then for each action that it
// speaks for or against the action's number and a weight in hundredths of log odds. The first line names the actions.
//
//go:embed opinion.txt
var opinionTable string

// opinions is the second opinion on what a message asks for: it knows no phrases and no grammar, only which
// sequences of characters were seen with which actions. It decides nothing by itself.
type opinions struct {
	actions []string
	base    []int32 // in hundredths
	votes   votes   // of the sequences, by action
}

var secondOpinion = sync.OnceValue(func() *opinions { return opinionsOf(opinionTable) })

func opinionsOf(table string) *opinions {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	o := &opinions{votes: votes{of: tableFor[int32](len(rows)), all: make([]vote, 0, strings.Count(table, "="))}}
	var of []vote
	for n, row := range rows {
		f := strings.Split(row, "\t")
		if n == 0 {
			for _, a := range f[1:] {
				name, base, _ := strings.Cut(a, "=")
				o.actions = append(o.actions, name)
				b, _ := strconv.Atoi(base)
				o.base = append(o.base, int32(b))
			}
			continue
		}
		of = of[:0]
		for _, v := range f[1:] {
			a, w, _ := strings.Cut(v, "=")
			action, _ := strconv.Atoi(a)
			weight, _ := strconv.Atoi(w)
			of = append(of, vote{outcome: uint8(action), weight: int16(weight)})
		}
		o.votes.put(sequenceKey([]rune(f[0])), of)
	}
	return o
}

// leaning makes up for the rarity of each single action among all.
const leaning = 1.0

// of gives for every action how likely the clauses ask for it.
func (o *opinions) of(s *scan, parts []*clause) []float64 {
	text := s.signText(parts)
	if s.seen != nil {
		z := s.seen.opinions[string(text)]
		if z == nil {
			z = o.ofText(s, text)
			s.seen.opinions[string(text)] = z
		}
		return z
	}
	return o.ofText(s, text)
}

func (o *opinions) ofText(s *scan, text []rune) []float64 {
	keys := make([]uint64, 0, 3*len(text))
	s.eachSequence(text, func(g []rune) { keys = append(keys, sequenceKey(g)) })
	slices.Sort(keys)
	sums := slices.Clone(o.base)
	for _, k := range slices.Compact(keys) {
		o.votes.add(sums, k)
	}
	z := make([]float64, len(sums))
	for n, sum := range sums {
		z[n] = 1 / (1 + math.Exp(-float64(sum)/100-leaning))
	}
	return z
}

// sequenceKey is the number of a sequence of characters.
func sequenceKey(text []rune) uint64 { return mix(len(text), text...) }

// abstracted are the lists of the pack whose words are all the same to the second opinion, with their signs.
var abstracted = [...]struct {
	list string
	sign rune
}{{"stage", 'Ⓢ'}, {"level", 'Ⓛ'}, {"field", 'Ⓕ'}, {"source", 'Ⓠ'}, {"industry", 'Ⓨ'}, {"region", 'Ⓡ'}, {"rfm", 'Ⓗ'}, {"job", 'Ⓙ'}}

// signText is the clauses as the second opinion sees them: what was recognised, people with a form of address and the words of the pack's lists
// are one character each.
func (s *scan) signText(parts []*clause) []rune {
	text := make([]rune, 1, 64)
	text[0] = '^'
	for n, p := range parts {
		if n > 0 {
			text = append(text, ',')
		}
		text = s.abridge(text, p.i, p.j)
	}
	return append(text, '$')
}

// eachSequence gives the characters, the pairs of them and the longer words of a text.
func (s *scan) eachSequence(text []rune, add func([]rune)) {
	for i := range text {
		add(text[i : i+1])
		if i+2 <= len(text) {
			add(text[i : i+2])
		}
	}
	for i := 0; i < len(text); {
		n := s.wordAt(text, i)
		if n > 2 {
			add(text[i : i+n])
		}
		i += n
	}
}

// wordAt gives the length of the longest common word at i of text, else 1.
func (s *scan) wordAt(text []rune, i int) int {
	for n := 4; n > 1; n-- {
		if i+n > len(text) {
			continue
		}
		k := wordKey(text[i : i+n])
		if s.v.own.has(k) || commonWords().has(k) {
			return n
		}
	}
	return 1
}

// abridge appends the signs of [i,j) to text.
func (s *scan) abridge(text []rune, i, j int) []rune {
	for i < j {
		r := s.norm[i]
		if sp := s.at[i]; sp != nil {
			text = append(text, openMask[sp.kind])
			i = sp.j
			continue
		}
		if sign, n := s.abstract(i); n > 0 {
			text = append(text, sign)
			i += n
			continue
		}
		i++
		switch {
		case isDigit(r):
			for i < j && isDigit(s.norm[i]) && s.at[i] == nil {
				i++
			}
			r = '0'
		case r == '"' || r == ':' || r == '：':
			r = ' '
		}
		if r != ' ' || text[len(text)-1] != ' ' {
			text = append(text, r)
		}
	}
	return text
}

// abstract gives the sign and the length of a word of one of the lists at i, or of a person with a form of address.
func (s *scan) abstract(i int) (rune, int) {
	if s.v.surnames[s.norm[i]] {
		if n := s.v.titles.at(s.line, i+1); n > 0 && !s.notTitle(i+1) {
			return 'Ⓦ', 1 + n
		}
	}
	var longest [len(abstracted)]int
	node, words := int32(0), &s.v.abstracts
	for j := i; j < len(s.norm); j++ {
		if node = words.step(node, s.norm[j]); node == 0 {
			break
		}
		if word := words.ends[node]; word > 0 && !s.cutsLatin(j+1) {
			for n := range longest {
				if words.in[word]&(1<<n) != 0 {
					longest[n] = j + 1 - i
				}
			}
		}
	}
	for k, a := range abstracted {
		if n := longest[k]; n > 1 && s.at[i+n-1] == nil {
			return a.sign, n
		}
	}
	return 0, 0
}

// abstracts are the words of the [abstracted] lists.
type abstracts struct {
	tree
	in []uint8 // by word, a bit for each list that it is in
}

func newAbstracts(lists map[string]terms) (a abstracts) {
	a.in = []uint8{0}
	for n, list := range abstracted {
		for _, w := range lists[list.list].find.list {
			word := a.add([]rune(w))
			if int(word) == len(a.in) {
				a.in = append(a.in, 0)
			}
			a.in[word] |= 1 << n
		}
	}
	return a
}

// When the second opinion overrules a phrase: it must think the phrase's action as good as impossible and another
// one as good as certain.
const (
	impossible = 0.35
	certain    = 0.5
	aloneSure  = 0.55 // for a message in which no phrase was found
	unlearned  = 0.8  // what an action counts that the second opinion does not know
	outright   = 8    // the weight of a phrase that orders in so many words: no opinion overrules it
	strayed    = 0.05 // a group that nothing in the whole message speaks for
)

// reconsider asks the second opinion about every group of clauses. A group whose action it thinks impossible goes to
// the action that it is certain of: the one of the group before or behind it, or a new one. One that nothing in the
// message speaks for, or that stands in what somebody told at length, is part of its neighbour.
func (s *scan) reconsider(groups []*group, parts []*clause) []*group {
	o := secondOpinion()
	if len(groups) == 0 {
		if len(parts) == 0 || s.negated {
			return nil
		}
		best, p := s.likeliest(o.of(s, parts), parts)
		if p < aloneSure || s.moody && writes(best) { // 有没有超时的单子 asks to see; what is asked or supposed is never written
			return nil
		}
		return []*group{s.guessed(best, parts)}
	}
	whole := o.of(s, parts)
	var kept []*group
	for n := 0; n < len(groups); n++ {
		g := groups[n]
		if g.again {
			kept = append(kept, g)
			continue
		}
		all := o.of(s, g.parts)
		own := o.said(all, g.action)
		best, p := s.likeliest(all, g.parts)
		var last, next *group
		if len(kept) > 0 {
			last = kept[len(kept)-1]
		}
		if n+1 < len(groups) {
			next = groups[n+1]
		}
		foreign := own <= impossible && p >= certain && g.hit.weight < outright && !s.outrightOrder(g) || g.hit.phrase < 0 && g.hit.weight < outright && p > own && p > 0.35
		stray := g.hit.weight < outright && own <= strayed && o.said(whole, g.action) <= strayed/5
		swallowed := last != nil && !(g.action == "lead.assign" && g.hit.weight >= outright) && swallows[last.action] && own < 0.5 && o.said(whole, g.action) < 0.07 && o.said(whole, last.action) > 0.97 && o.said(o.of(s, last.parts), last.action) > 0.97
		switch {
		case last != nil && foreign && best == "contact.create" && (last.action == "lead.create" || last.action == "customer.create"): // 来一条线索，联系人佘正华，…
			last.parts = append(last.parts, g.parts...)
		case last != nil && (foreign && last.action == best || swallowed || stray && o.said(whole, last.action) >= certain):
			last.parts = append(last.parts, g.parts...)
		case next != nil && (foreign && next.action == best || stray && o.said(whole, next.action) >= certain):
			next.parts = append(g.parts, next.parts...)
		case foreign:
			kept = append(kept, s.guessed(best, g.parts))
		default:
			kept = append(kept, g)
		}
	}
	return kept
}

// outrightOrder reports whether the phrase of the group orders in so many words: a new ticket by its kind (记一下咨询) or by who of the house is to
// see to it (安排售后二组跟), a customer's transfer by whom it goes to (转给令狐明).
func (s *scan) outrightOrder(g *group) bool {
	if g.action == "customer.transfer" && g.hit.phrase >= 0 && g.hit.weight >= 5 {
		p := g.parts[0]
		for k := p.i + 2; k < p.j; k++ {
			if n := s.anyAt(k, "转给", "移交给", "过户给", "划给", "划转给", "转到"); n > 0 && s.person(k+n, p.j) > k+n {
				return true
			}
		}
	}
	if g.action != "ticket.create" || g.hit.phrase < 0 || g.hit.weight < 5 || g.hit.j > len(s.norm) {
		return false
	}
	if (strings.ContainsRune("记登录开建立提报加做起派走", s.norm[g.hit.i]) || strings.Contains(string(s.norm[g.hit.i:g.hit.j]), "工单")) && g.hit.j-g.hit.i <= 10 {
		for k := g.hit.i; k < g.hit.j; k++ {
			if n := s.v.terms["kind"].find.at(s.line, k); n > 0 && k+n <= g.hit.j {
				return true
			}
		}
	}
	for _, p := range g.parts {
		n := s.anyAt(p.i, "安排", "派给", "派", "分给", "交给", "转给", "转", "让", "请", "由", "指派给", "指派")
		if n > 0 && p.j <= g.hit.j && s.team(p.i+n, p.j) > p.i+n {
			return true
		}
	}
	return false
}

// narrated reports whether the words of negation in the clause are part of what somebody tells at length, and take no
// order back (…让我别催款).
func (s *scan) narrated(c *clause, found []hit) bool {
	if c.j-c.i < 16 || !slices.ContainsFunc(found, func(h hit) bool { return h.action == "none" }) {
		return false
	}
	o := secondOpinion()
	return o.said(o.of(s, []*clause{c}), "activity.log") > 0.9
}

// secondThoughts gives how likely the second opinion thinks the group's action, and the likeliest of the actions that
// no group has.
func (s *scan) secondThoughts(g *group, groups []*group) (own, other float64) {
	o := secondOpinion()
	all := o.of(s, g.parts)
	own = o.said(all, g.action)
	for n, a := range o.actions {
		if a != g.action && own != unlearned && !slices.ContainsFunc(groups, func(x *group) bool { return x.action == a }) {
			other = max(other, all[n])
		}
	}
	return own, other
}

// guessed is a group whose action only the second opinion gives.
func (s *scan) guessed(action string, parts []*clause) *group {
	return &group{action: action, hit: hit{action: action, i: parts[0].i, j: parts[0].i, phrase: -1}, parts: parts}
}

// likeliest gives the most likely action of those whose words stand in the clauses: 海尔报价38万 makes no contract.
func (s *scan) likeliest(all []float64, parts []*clause) (action string, p float64) {
	o := secondOpinion()
	for n, x := range all {
		if x > p && s.spokenOf(o.actions[n], parts) {
			action, p = o.actions[n], x
		}
	}
	return action, p
}

// spokenOf reports whether one of the words stands in the clauses without which nobody asks for the action; most actions need none.
func (s *scan) spokenOf(action string, parts []*clause) bool {
	needs, ok := s.v.spoken[action]
	return !ok || slices.ContainsFunc(parts, func(p *clause) bool {
		for k := p.i; k < p.j; k++ {
			if needs.at(s.line, k) > 0 {
				return true
			}
		}
		return false
	})
}

// said gives how likely the action is. Of one that is not among those it was learned from it has no opinion: then the
// phrase's word counts.
func (o *opinions) said(all []float64, action string) float64 {
	for n, a := range o.actions {
		if a == action {
			return all[n]
		}
	}
	return unlearned
}
