package parse

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// roleTable is what was learned about which characters of a message name whom and which are what was said
// (TestLearnRoles writes it anew). Two chains, each a linear-chain conditional random field (Lafferty, McCallum and
// Pereira, ICML 2001): a line "chain", its number and the number of its tags; a line of transitions; then for each feature
// its key and its weights in hundredths, as tag=weight.
//
//go:embed roles.txt
var roleTable string

// The tags of the chain of names and of the chain of what was said. A role begins with its first tag and goes on with
// the one after it.
const (
	roleNone     = 0
	roleCustomer = 1 // 3, 5, 7: contact, colleague, thing
	roleContact  = 3
	roleWorker   = 5
	roleThing    = 7
	nameTags     = 9

	roleSaid = 1
	saidTags = 3
)

// roleChain is one of the two, or one of [slotChains].
type roleChain struct {
	tags  int
	steps []float64            // from a tag to the next, tag by tag; the last rows: the first tag
	odds  []float64            // steps as odds, once they are learned
	rows  map[uint64][]float64 // of each feature, tag by tag, while it is learned
	votes *votes               // of each feature for tags, as they were written: those of all chains
	first int                  // the place of its first tag among all chains'
}

// learned are the chains of each of the tables.
var learned = sync.OnceValue(func() [][]*roleChain { return readChains(roleTable, cardTable, textTable) })

// readChains reads chains as the learning tests write them. The chains' votes stand together: half of the features are known to several chains, and
// what a place is surrounded by is looked up once for all of them.
func readChains(tables ...string) [][]*roleChain {
	rows, weights := 0, 0
	for _, text := range tables {
		rows, weights = rows+strings.Count(text, "\n"), weights+strings.Count(text, "=")
	}
	shared := &votes{of: tableFor[int32](2 * rows / 3), all: make([]vote, 0, weights*5/4)}
	all := make([][]*roleChain, len(tables))
	var of []vote
	for n, text := range tables {
		var c *roleChain
		for row := range strings.Lines(text) {
			switch f := strings.Fields(row[:min(len(row), len("chain "))]); {
			case len(f) == 0:
			case f[0] == "chain":
				c = &roleChain{votes: shared, first: shared.outcomes}
				c.tags, _ = strconv.Atoi(strings.Fields(row)[2])
				shared.outcomes += c.tags
				all[n] = append(all[n], c)
			case f[0] == "steps":
				for _, w := range strings.Fields(row)[1:] {
					n, _ := strconv.Atoi(w)
					c.steps = append(c.steps, float64(n)/100)
				}
				c.odds = odds(c.steps)
			default:
				var key uint64
				key, of = readVotes(row, c.first, of[:0])
				shared.put(key, of)
			}
		}
	}
	return all
}

// readVotes reads a line of a chain's table: the key in base 36 and behind it the votes, tag=weight. There are a hundred thousand lines, and they are
// read before the first answer.
func readVotes(row string, first int, of []vote) (key uint64, votes []vote) {
	i := 0
	for ; i < len(row) && row[i] > ' '; i++ {
		digit := row[i] - '0'
		if digit > 9 {
			digit = row[i] - 'a' + 10
		}
		key = 36*key + uint64(digit)
	}
	number := func() (n int) {
		sign := 1
		if i < len(row) && row[i] == '-' {
			sign = -1
			i++
		}
		for ; i < len(row) && isDigit(rune(row[i])); i++ {
			n = 10*n + int(row[i]-'0')
		}
		return sign * n
	}
	for i < len(row) && row[i] == ' ' {
		i++
		tag := number()
		i++
		of = append(of, vote{outcome: uint8(first + tag), weight: int16(number())})
	}
	return key, of
}

// odds are the exponentials of log odds.
func odds(of []float64) []float64 {
	all := make([]float64, len(of))
	for i, w := range of {
		all[i] = math.Exp(w)
	}
	return all
}

// features are what the chains see of every place of a message.
type features struct {
	around *surroundings // what has nothing to do with what the rules made of it; nil is nothing
	own    [][]uint64    // by place, the others
}

// scores gives the score of each tag at each place.
func (c *roleChain) scores(f features) []float64 {
	z := make([]float64, len(f.own)*c.tags)
	if c.rows != nil {
		c.learnedScores(z, f)
		return z
	}
	sums := make([]int32, c.votes.outcomes)
	mine := sums[c.first : c.first+c.tags]
	for i, own := range f.own {
		clear(mine)
		if f.around != nil {
			copy(mine, f.around.sums(c.votes, i)[c.first:])
		}
		for _, k := range own {
			c.votes.add(sums, k)
		}
		for t, sum := range mine {
			z[i*c.tags+t] = float64(sum) / 100
		}
	}
	return z
}

// learnedScores are the scores while the chain is learned.
func (c *roleChain) learnedScores(z []float64, f features) {
	for i, own := range f.own {
		if f.around != nil {
			own = append(slices.Clone(f.around.features[i]), own...)
		}
		for _, k := range own {
			for t, w := range c.rows[k] {
				z[i*c.tags+t] += w
			}
		}
	}
}

// marginals gives the probability of each tag at each place, by the forward-backward algorithm (Rabiner, Proceedings of
// the IEEE 77(2), 1989), each place scaled to sum to one, and the log of the partition function.
// They stand in room where that is large enough, and all are written.
func (c *roleChain) marginals(z, room []float64) (p, forward, backward, scale []float64, logZ float64) {
	k := c.tags
	n := len(z) / k
	if need := 4*n*k + n; len(room) < need {
		room = make([]float64, need)
	}
	forward, backward, p, scale = room[:n*k], room[n*k:2*n*k], room[2*n*k:3*n*k], room[4*n*k:4*n*k+n]
	e := room[3*n*k : 4*n*k]
	step := c.odds
	if step == nil { // while it is learned
		step = odds(c.steps)
	}
	for i := range n {
		top := math.Inf(-1)
		for t := range k {
			top = max(top, z[i*k+t])
		}
		logZ += top
		for t := range k {
			e[i*k+t] = math.Exp(z[i*k+t] - top)
		}
		sum := 0.0
		for t := range k {
			from := step[k*k+t]
			if i > 0 {
				from = 0
				for q := range k {
					from += forward[(i-1)*k+q] * step[q*k+t]
				}
			}
			forward[i*k+t] = from * e[i*k+t]
			sum += forward[i*k+t]
		}
		scale[i] = sum
		logZ += math.Log(sum)
		for t := range k {
			forward[i*k+t] /= sum
		}
	}
	for t := range k {
		backward[(n-1)*k+t] = 1
	}
	for i := n - 2; i >= 0; i-- {
		for q := range k {
			sum := 0.0
			for t := range k {
				sum += step[q*k+t] * e[(i+1)*k+t] * backward[(i+1)*k+t]
			}
			backward[i*k+q] = sum / scale[i+1]
		}
	}
	for i := range p {
		p[i] = forward[i] * backward[i]
	}
	return p, forward, backward, scale, logZ
}

// best gives the likeliest tags (Viterbi, IEEE Transactions on Information Theory 13(2), 1967).
func (c *roleChain) best(z []float64) []int {
	k := c.tags
	n := len(z) / k
	back := make([]int, n*k)
	last, now := make([]float64, k), make([]float64, k)
	for t := range k {
		last[t] = c.steps[k*k+t] + z[t]
	}
	for i := 1; i < n; i++ {
		for t := range k {
			top, from := math.Inf(-1), 0
			for q := range k {
				if v := last[q] + c.steps[q*k+t]; v > top {
					top, from = v, q
				}
			}
			now[t], back[i*k+t] = top+z[i*k+t], from
		}
		last, now = now, last
	}
	tag := 0
	for t := range k {
		if last[t] > last[tag] {
			tag = t
		}
	}
	tags := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		tags[i] = tag
		tag = back[i*k+tag]
	}
	return tags
}

// roleSpan is a stretch of the message in one role, and how sure that is.
type roleSpan struct {
	role, i, j int
	sure       float64 // of the least sure character
}

// roleSpans gives the stretches of the likeliest tags, and the probability of each tag at each place, which holds until the next chain is asked.
func (c *roleChain) roleSpans(features features) (all []roleSpan, p []float64) {
	if len(features.own) == 0 {
		return nil, nil
	}
	z := c.scores(features)
	if need := 5 * len(z); len(features.around.room) < need {
		features.around.room = make([]float64, need)
	}
	p, _, _, _, _ = c.marginals(z, features.around.room)
	tags := c.best(z)
	for i, t := range tags {
		sure := p[i*c.tags+t]
		switch {
		case t == roleNone:
		case t%2 == 1:
			all = append(all, roleSpan{t, i, i + 1, sure})
		case len(all) > 0 && all[len(all)-1].j == i && all[len(all)-1].role == t-1:
			last := &all[len(all)-1]
			last.j, last.sure = i+1, min(last.sure, sure)
		}
	}
	for n := range all { // that it ends here is part of it
		if j := all[n].j; j < len(tags) && tags[j] != all[n].role+1 {
			all[n].sure = min(all[n].sure, 1-p[j*c.tags+all[n].role+1])
		}
	}
	return all, p
}

// roleOf is the role of a parameter that names somebody or something; 0 is none.
func roleOf(param string) int {
	switch param {
	case "customer", "company", "into":
		return roleCustomer
	case "contact":
		return roleContact
	case "owner", "assignee", "to":
		return roleWorker
	case "product":
		return roleThing
	}
	return roleNone
}

// saidIn tells whether the actions' content is what was said.
func saidIn(action string) bool {
	switch action {
	case "activity.log", "ticket.create", "task.create", "reminder.create", "ticket.reply":
		return true
	}
	return false
}

// where finds text in the message from a place on, not where taken says; -1 when it is not there as it stands.
func (l *line) where(text string, taken []int) (i, j int) {
	want := folded(text)
	if len(want) == 0 {
		return -1, -1
	}
next:
	for i := 0; i+len(want) <= len(l.norm); i++ {
		for k, r := range want {
			if l.norm[i+k] != r || taken != nil && taken[i+k] != 0 {
				continue next
			}
		}
		return i, i + len(want)
	}
	return -1, -1
}

// names tags who and what the actions name; whole is false when something of it does not stand in the message as it is.
func (l *line) names(actions []Action) (tags []int, whole bool) {
	tags, whole = make([]int, len(l.norm)), true
	for _, a := range actions {
		for _, param := range []string{"customer", "company", "into", "contact", "owner", "assignee", "to", "product"} {
			v, _ := a.Params[param].(string)
			if v == "" || v == "me" {
				continue
			}
			i, j := l.where(v, tags)
			if i < 0 {
				if at, _ := l.where(v, nil); at < 0 {
					whole = false
				}
				continue
			}
			for k := i; k < j; k++ {
				tags[k] = roleOf(param) + 1
			}
			tags[i]--
		}
	}
	return tags, whole
}

// contents tags what the actions' contents are. What was taken out of the middle of one belongs to it.
func (l *line) contents(actions []Action) (tags []int, whole bool) {
	tags, whole = make([]int, len(l.norm)), true
	for _, a := range actions {
		v, _ := a.Params["content"].(string)
		if v == "" || !saidIn(a.Name) {
			continue
		}
		i, j := l.where(v, tags)
		if i < 0 {
			n := []rune(v)
			if len(n) > 6 {
				i, _ = l.where(string(n[:3]), tags)
				for _, e := l.where(string(n[len(n)-3:]), tags); e > j && i >= 0; {
					j = e
				}
			}
		}
		if i < 0 || j <= i {
			whole = false
			continue
		}
		for k := i; k < j; k++ {
			tags[k] = roleSaid + 1
		}
		tags[i] = roleSaid
	}
	return tags, whole
}

// mix makes the key of a feature of its number and parts (FNV-1a, 64 bits).
func mix(number int, parts ...rune) uint64 {
	h := uint64(14695981039346656037)
	h = (h ^ uint64(number)) * 1099511628211
	for _, r := range parts {
		h = (h ^ uint64(r)) * 1099511628211
	}
	return h >> 12 // short enough to be written down
}

// signsOf are the characters of the message with those that mean the same made the same.
func (s *scan) signsOf() []rune {
	signs := make([]rune, len(s.norm))
	for i, r := range s.norm {
		switch {
		case s.at[i] != nil && s.at[i].kind != 'C':
			r = nextMask[s.at[i].kind]
			if s.at[i].i == i {
				r = openMask[s.at[i].kind]
			}
		case isDigit(r):
			r = '0'
		case r == '：':
			r = ':'
		}
		signs[i] = r
	}
	return signs
}

// roleFeatures gives the features of every place: what stands around it, and what the rules made of it.
func (s *scan) roleFeatures(rules, actions []int) features {
	if s.around == nil {
		s.around = s.surroundings()
	}
	return features{s.around, s.around.withRules(rules, actions)}
}

// surroundings are the features of every place that have nothing to do with what the rules made of it.
func (s *scan) surroundings() *surroundings {
	signs := s.signsOf()
	n := len(signs)
	at := func(i int) rune {
		switch {
		case i < -1 || i > n:
			return 0
		case i == -1:
			return '^'
		case i == n:
			return '$'
		}
		return signs[i]
	}
	words := s.wordEdges(signs)
	a := &surroundings{signs: signs, words: words, features: make([][]uint64, n)}
	const most = 28
	room := make([]uint64, n*most)
	for i := range n {
		f := room[i*most : i*most : (i+1)*most]
		for k := -3; k <= 3; k++ {
			f = append(f, mix(10+k, at(i+k)))
		}
		f = append(f,
			mix(20, at(i-2), at(i-1)), mix(21, at(i-1), at(i)), mix(22, at(i), at(i+1)), mix(23, at(i+1), at(i+2)),
			mix(24, at(i-3), at(i-2), at(i-1)), mix(25, at(i-1), at(i), at(i+1)), mix(26, at(i+1), at(i+2), at(i+3)), mix(27, at(i), at(i+1), at(i+2)),
			mix(40, words[i]), mix(42, word(words, i-1), words[i], word(words, i+1)), mix(43, words[i], at(i-1)), mix(44, words[i], at(i+1)),
			mix(45, rune(min(i, 4))))
		if s.at[i] == nil {
			if e := s.v.suffixes.at(s.line, i); e > 0 {
				f = append(f, mix(50, rune(e)))
			}
			if e := s.v.suffixes.endsAt(s.line, 0, i); e > 0 {
				f = append(f, mix(51, rune(min(e, 4))))
			}
			if e := s.v.places.endsAt(s.line, 0, i); e > 0 {
				f = append(f, mix(52, rune(min(e, 4))))
			}
			if e := s.v.titles.at(s.line, i); e > 0 {
				f = append(f, mix(53, rune(e)))
			}
			if e := s.v.titles.endsAt(s.line, 0, i); e > 0 {
				f = append(f, mix(54, rune(e)))
			}
			if s.v.surnames[s.norm[i]] {
				f = append(f, mix(55, 0))
			}
			if e := s.v.companies.at(s.line, i); e > 1 {
				f = append(f, mix(56, rune(min(e, 4))))
			}
			if e := s.v.jobs.at(s.line, i); e > 1 {
				f = append(f, mix(57, 0))
			}
		}
		a.features[i] = f
	}
	return a
}

// surroundings is what the chains see of a message apart from what the rules made of it.
type surroundings struct {
	signs, words []rune
	features     [][]uint64
	room         []float64 // in which each chain works in turn
	summed       []int32   // what they say for the tags of all chains, place by place; nil until it is asked for
}

// sums gives what stands around a place says for the tags of all chains.
func (a *surroundings) sums(v *votes, i int) []int32 {
	if a.summed == nil {
		a.summed = make([]int32, len(a.features)*v.outcomes)
		for i, f := range a.features {
			for _, k := range f {
				v.add(a.summed[i*v.outcomes:], k)
			}
		}
	}
	return a.summed[i*v.outcomes : (i+1)*v.outcomes]
}

// withRules gives the features of what the rules made of every place.
func (a *surroundings) withRules(rules, actions []int) [][]uint64 {
	const each = 12
	n := len(a.features)
	rule := func(i int) rune {
		if i < 0 || i >= n {
			return 99
		}
		return rune(rules[i])
	}
	sign := func(i int) rune {
		switch {
		case i < 0:
			return '^'
		case i >= n:
			return '$'
		}
		return a.signs[i]
	}
	all, features := make([]uint64, 0, n*each), make([][]uint64, n)
	for i := range n {
		action, edge := rune(actions[i]), a.words[i]
		all = append(all,
			mix(30, rule(i)), mix(31, rule(i-1), rule(i)), mix(32, rule(i), rule(i+1)), mix(33, rule(i), sign(i)), mix(34, rule(i), sign(i-1)), mix(35, rule(i), sign(i+1)),
			mix(36, rule(i-1), rule(i), rule(i+1)), mix(37, rule(i), action), mix(38, action, sign(i)), mix(39, action, sign(i-1)),
			mix(41, edge, rule(i)), mix(46, rune(min(i, 4)), rule(i)))
		features[i] = all[i*each : (i+1)*each : (i+1)*each]
	}
	return features
}

func word(words []rune, i int) rune {
	if i < 0 || i >= len(words) {
		return 0
	}
	return words[i]
}

// wordEdges says of every place where it stands in a common word: 1 alone, 2 at its beginning, 3 inside, 4 at its end.
func (s *scan) wordEdges(signs []rune) []rune {
	edges := make([]rune, len(signs))
	for i := 0; i < len(signs); {
		n := s.wordAt(signs, i)
		if n == 1 {
			edges[i] = 1
		} else {
			for k := range n {
				edges[i+k] = 3
			}
			edges[i], edges[i+n-1] = 2, 4
		}
		i += n
	}
	return edges
}
