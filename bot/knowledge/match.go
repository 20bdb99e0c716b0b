package knowledge

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// The features of how a question fits one way of asking an entry. All but the first lie about between 0 and 1.
const (
	fBias        = iota
	fAsked       // share of what is asked that the entry's question holds
	fHeld        // share of the entry's question that is asked
	fBoth        // product of both
	fGrams       // shared pairs of characters
	fSounds      // shared pairs of syllables beyond those
	fAnswer      // share of what is asked that only the answer holds
	fOther       // share of what is asked that only its other questions hold
	fEvery       // all that is asked is in the entry
	fWhole       // all of the entry's question is asked
	fExact       // the same question
	fWorst       // the weightiest word asked that the entry does not hold
	fWorstHeld   // the weightiest word of the entry's question that is not asked
	fAway        // share of what is asked that no entry holds
	fElse        // share of what is asked that only other entries ask
	fClash       // asks for a price and is answered with a place
	fMiss        // asks for a price, of an entry that does not ask for one
	fSilent      // and whose answer does not speak of one either
	fMissHeld    // does not ask for a price, of an entry that does
	fAgree       // asks for the same strong kind
	fDenied      // one asks about trouble, the other does not
	fNeg         // a word denied in one and not in the other
	fApart       // words that exclude each other: open and close
	fNumber      // other numbers or models
	fSaid        // how much is said at all
	fMass        // how much of what is said is held
	fOnly        // the weightiest word held that no other entry asks
	fTop         // how well the weightiest word asked is held
	fPassage     // the entry is a passage of a document
	fSwap        // a weighty word of one stands for a weighty word of the other
	fSole        // share of what is asked that only this entry speaks of, in its questions or its answer
	fStrange     // the weightiest word asked that neither the entry nor any other speaks of, squared
	fNear        // share of what is asked and held nowhere for which the answer has a word that is close
	fTopic       // share of the topics asked that the entry's questions have
	fTopicAnswer // that only its answer has
	fTopicElse   // topics asked that other entries have and this one has not
	fSpread      // how far the topics of the entry's questions are asked
	fSilentAll   // share of what is asked that neither its questions nor its answer speak of in any way
	features
)

// weights say how much each feature tells. They were fitted by TestFit on the questions of testdata/tune.
var weights = [features]float64{
	fBias: -2.47, fAsked: 0.40, fHeld: 1.53, fBoth: 1.72, fGrams: 0.02, fSounds: 0.00, fAnswer: 2.51, fOther: 0.20, fEvery: 0.39, fWhole: 0.60, fExact: 0.00, fWorst: -0.78, fWorstHeld: -0.47, fAway: -0.28, fElse: -1.63, fClash: -1.43, fMiss: 0.00, fSilent: -0.80, fMissHeld: -0.48, fAgree: 0.70, fDenied: 0.00, fNeg: -4.91, fApart: -4.58, fNumber: -6.89, fSaid: 0.33, fMass: 2.24, fOnly: 0.31, fTop: 0.00, fPassage: -0.99, fSwap: 0.00, fSole: 2.44, fStrange: -0.32, fNear: 0.28, fTopic: 0.50, fTopicAnswer: 0.98, fTopicElse: -0.31, fSpread: 1.53, fSilentAll: -1.22,
}

// score is the logarithm of how much more likely e is meant than none: that of its best way of asking, of which it also
// gives the features, and whether the question was said before.
func (x *Index) score(p *phrase, id int32) (best float64, of [features]float64, known said) {
	best = math.Inf(-1)
	e, w := &x.entries[id], x.weighed(id)
	asked, not := 0.0, 0.0
	for _, i := range e.nearest(p) {
		d := &w.asks[i]
		f := x.compare(p, d, e)
		if s := dot(&f); s > best {
			best, of, known.heard = s, f, e.asks[i].heard
		}
		if !e.passage {
			known.same = known.same || f[fExact] == 1
			asked = max(asked, x.twin(p, d, &f))
		}
	}
	for i := range e.nots {
		d := &w.nots[i]
		f := x.compare(p, d, e)
		not = max(not, x.twin(p, d, &f))
	}
	known.wrong = not > asked // nearer to what it does not answer
	known.twin = asked > 0 && !known.wrong
	known.near = asked
	return best, of, known
}

// waysMost is how many ways of asking an entry a question is compared with closely.
const waysMost = 6

// nearest are the ways of asking e that share most pairs of syllables with p, in the order in which they stand; all of few.
func (e *entry) nearest(p *phrase) []int {
	at := make([]int, len(e.asks))
	for i := range at {
		at[i] = i
	}
	if len(at) <= waysMost {
		return at
	}
	shared := make([]float64, len(at))
	for i := range e.asks {
		d := &e.asks[i]
		n := 0
		for _, g := range d.sounds {
			if slices.Contains(p.sounds, g) {
				n++
			}
		}
		shared[i] = float64(2*n) / float64(len(p.sounds)+len(d.sounds)+1)
		for j := range d.terms {
			for k := range p.terms {
				if d.terms[j].text == p.terms[k].text {
					shared[i] += p.terms[k].weight
				}
			}
		}
		if p.says(d) {
			shared[i] = math.Inf(1)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(shared[b], shared[a]) })
	at = at[:waysMost]
	slices.Sort(at)
	return at
}

func dot(f *[features]float64) float64 {
	s := 0.0
	for i, v := range f {
		s += v * weights[i]
	}
	return s
}

// compare fills in the features of p against one way d of asking e.
func (x *Index) compare(p, d *phrase, e *entry) (f [features]float64) {
	f[fBias] = 1
	held := make([]float64, len(d.terms)) // how well each term of d is asked
	var total, asked, byAnswer, other, away, elsewhere, heaviest, sole, close, silent float64
	for i := range p.terms {
		t := &p.terms[i]
		best, at := 0.0, -1
		for j := range d.terms {
			s := like(t, &d.terms[j])
			if s > best {
				best, at = s, j
			}
			held[j] = max(held[j], s)
		}
		if s := t.together(d, held); s > best {
			best = s
		}
		if best >= 0.5 && at >= 0 && t.neg != d.terms[at].neg && !(p.denied && d.denied) {
			f[fNeg] = max(f[fNeg], 0.5+0.5*t.weight)
		}
		single := x.single(t)
		if best >= 0.8 && single {
			f[fOnly] = max(f[fOnly], t.weight*best)
			sole += t.weight * best
		}
		total += t.weight
		asked += t.weight * best
		miss := t.weight * (1 - best)
		if best < 0.8 {
			if s := e.holds(t, d); s > best {
				other += t.weight * (s - best)
				miss = t.weight * (1 - s)
			} else if said := x.inAnswer(t, e); said > 0 {
				byAnswer += miss * said
				miss *= 1 - 0.5*said
				if single && said == 1 && x.answeredOnce(t.runes) {
					sole += 0.7 * t.weight
				}
			} else if best < 0.5 {
				if k := e.close(t); k > 0 {
					close += k * t.weight
				} else {
					silent += t.weight * (1 - best)
				}
			}
		}
		if t.weight > heaviest {
			heaviest, f[fTop] = t.weight, 1-miss/max(t.weight, 0.01)
		}
		if x.foreign(t) {
			away += t.weight * (1 - best)
			f[fStrange] = max(f[fStrange], miss*miss)
		} else {
			elsewhere += miss
		}
		f[fWorst] = max(f[fWorst], miss)
	}
	var all, have float64
	for j := range d.terms {
		held[j] = max(held[j], d.terms[j].together(p, nil))
		all += d.terms[j].weight
		have += d.terms[j].weight * held[j]
		f[fWorstHeld] = max(f[fWorstHeld], d.terms[j].weight*(1-held[j]))
	}
	if total > 0 {
		f[fAsked], f[fOther], f[fAnswer], f[fAway], f[fElse] = asked/total, other/total, byAnswer/total, away/total, elsewhere/total
		f[fSole] = sole / total
	}
	if all > 0 {
		f[fHeld] = have / all
	}
	if e.passage {
		f[fPassage] = 1
		f[fHeld] = max(f[fHeld], 0.7*f[fAsked]) // a sentence says more than a question asks
		f[fWorstHeld] *= 0.3
	}
	f[fEvery] = max(0, f[fAsked]+f[fOther]+f[fAnswer]-0.8) / 0.2
	f[fWhole] = max(0, f[fHeld]-0.8) / 0.2
	f[fBoth] = f[fAsked] * f[fHeld]
	f[fGrams] = x.shared(p.grams, d.grams)
	f[fSounds] = max(0, x.shared(p.sounds, d.sounds)-f[fGrams])
	if p.says(d) {
		f[fExact] = 1
	}
	f[fSwap] = min(f[fWorst], f[fWorstHeld])
	x.compareKinds(p, d, e, &f)
	x.compareTopics(p, e, &f)
	if total > 0 {
		f[fNear], f[fSilentAll] = close/total, silent/total
	}
	f[fApart] = max(apart(p.sides, d.sides), x.outside(p.sides))
	f[fNumber] = numbers(p, d, e)
	f[fMass] = min(1, asked/1.2)
	f[fSaid] = min(1, total/2)
	return f
}

// close is how near the answer comes to t: 1 when it has a word of a group of close words, less when one of its topic.
func (e *entry) close(t *term) float64 {
	for _, g := range t.groups {
		if e.says[groupKey(g)] {
			return 1
		}
	}
	for _, g := range t.near {
		if e.says[nearKey(g)] {
			return 1
		}
	}
	for _, g := range t.topics {
		if e.says[topicKey(g)] {
			return 0.5
		}
	}
	best := 0.0
	for i := range t.parts {
		best = max(best, 0.7*e.close(&t.parts[i]))
	}
	return best
}

// compareTopics compares what both speak of, by how rare the topics are in the list.
func (x *Index) compareTopics(p *phrase, e *entry, f *[features]float64) {
	var all, asked, answer, others, mine, held float64
	for _, g := range p.topics {
		w := 0.1 + x.worth(topicKey(g))*x.worth(topicKey(g)^answered)
		all += w
		switch {
		case slices.Contains(e.topics, g):
			asked += w
		case e.says[topicKey(g)]:
			answer += w
		case len(x.posts.get(topicKey(g))) > 0:
			others += w
		}
	}
	for _, g := range e.topics {
		w := 0.1 + x.worth(topicKey(g))
		mine += w
		if slices.Contains(p.topics, g) {
			held += w
		}
	}
	if all > 0 {
		f[fTopic], f[fTopicAnswer], f[fTopicElse] = asked/all, answer/all, others/all
	}
	if mine > 0 {
		f[fSpread] = held / mine
	}
}

// compareKinds compares what kind of question both are.
func (x *Index) compareKinds(p, d *phrase, e *entry, f *[features]float64) {
	mine, theirs := p.kinds&strongKinds, d.kinds&strongKinds
	switch {
	case mine&theirs != 0:
		f[fAgree] = 1
	case mine != 0 && theirs != 0:
		f[fClash] = 1
		if mine&e.types&^asksCount != 0 {
			f[fClash] = 0.6
		}
	case mine != 0:
		f[fMiss] = 1
		if d.kinds&(asksHow|asksTrouble|asksWhy) != 0 && p.kinds&(asksHow|asksTrouble|asksWhy) == 0 {
			f[fClash] = 0.5 // how it is done, asked how long it takes
		}
		if mine&e.types == 0 {
			f[fSilent] = 1
		}
	case theirs != 0:
		f[fMissHeld] = 1
	}
	if p.denied && !e.denied || !p.denied && e.always {
		f[fDenied] = 0.5
		sound := p.kinds // of the one that asks of no trouble
		if p.denied {
			sound = d.kinds
		}
		if sound&asksTrouble == 0 && sound&(asksHow|asksWhether|asksPrice|asksWhen|asksWhere) != 0 {
			f[fDenied] = 1
		}
	}
}

// shared is how much of two sets of pairs is common, by what each is worth in the list.
func (x *Index) shared(a, b []uint64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	var both, sum float64
	for _, g := range b {
		sum += 0.2 + x.worth(g)
	}
	for _, g := range a {
		w := 0.2 + x.worth(g)
		sum += w
		for _, h := range b {
			if g == h {
				both += w
				break
			}
		}
	}
	return 2 * both / sum
}

// holds is how well another question of the entry than d holds t.
func (e *entry) holds(t *term, d *phrase) float64 {
	best := 0.0
	for i := range e.asks {
		if o := &e.asks[i]; o.text != d.text {
			for j := range o.terms {
				best = max(best, like(t, &o.terms[j]))
			}
		}
	}
	return best
}

// inAnswer is how far the answer speaks of t: 1 when it has the word, less when it has one that says the same.
func (x *Index) inAnswer(t *term, e *entry) float64 {
	if e.speaks(t.runes) {
		return 1
	}
	if len(t.parts) > 0 {
		sum, all := 0.0, 0.0
		for i := range t.parts {
			all += t.parts[i].weight
			sum += t.parts[i].weight * x.inAnswer(&t.parts[i], e)
		}
		if sum > 0 {
			return sum / all
		}
	}
	for _, g := range t.groups {
		for _, s := range x.reader.words.group[g] {
			if e.speaks([]rune(s)) {
				return 0.6
			}
		}
	}
	return 0
}

// speaks tells whether the answer has a word of two or more characters.
func (e *entry) speaks(w []rune) bool {
	if len(w) < 2 {
		return false
	}
	for i := 0; i+1 < len(w); i++ {
		if !e.grams[gramKey(w[i], w[i+1])] {
			return false
		}
	}
	return true
}

// single tells whether at most one entry asks anything with t or a word that says the same.
func (x *Index) single(t *term) bool {
	if len(t.groups) == 0 {
		return len(x.posts.get(t.key())) <= 1
	}
	for _, g := range t.groups {
		if len(x.posts.get(groupKey(g))) > 1 {
			return false
		}
	}
	return true
}

// answeredOnce tells whether at most one answer has the word.
func (x *Index) answeredOnce(w []rune) bool {
	for i := 0; i+1 < len(w); i++ {
		if len(x.posts.get(gramKey(w[i], w[i+1])^answered)) <= 1 {
			return true
		}
	}
	return false
}

// foreign tells whether no entry asks anything with t, nor with a word that says the same or is close.
func (x *Index) foreign(t *term) bool {
	if len(x.posts.get(t.key())) > 0 {
		return false
	}
	for _, g := range t.groups {
		if len(x.posts.get(groupKey(g))) > 0 {
			return false
		}
	}
	for _, g := range t.near {
		if len(x.posts.get(nearKey(g))) > 0 {
			return false
		}
	}
	for i := range t.parts {
		if !x.foreign(&t.parts[i]) {
			return false
		}
	}
	for i := 0; i+1 < len(t.runes); i++ {
		if len(x.posts.get(gramKey(t.runes[i], t.runes[i+1]))) > 0 {
			return false
		}
	}
	return true
}

// apart tells how many sets of sides have one side in a and only another in b.
func apart(a, b []int32) float64 {
	n := 0.0
	for i, s := range a {
		set, side := s>>8, s&0xff
		other, same := false, false
		for _, t := range b {
			if t>>8 == set {
				if t&0xff == side {
					same = true
				} else {
					other = true
				}
			}
		}
		for k, s2 := range a { // 退换 names both
			if k != i && s2>>8 == set && s2 != s {
				for _, t := range b {
					same = same || t == s2
				}
			}
		}
		if other && !same {
			n++
		}
	}
	return min(2, n)
}

// outside tells whether one of sides is in a set of which the list knows only others: the air conditioner, of a list
// about water purifiers.
func (x *Index) outside(sides []int32) float64 {
	for _, s := range sides {
		if x.sides[s] == 0 && x.sides[s|0xff] > 0 {
			return 1
		}
	}
	return 0
}

// numbers tells whether both name numbers or models of which none is the same: 1 for models, less for other numbers.
func numbers(p, d *phrase, e *entry) float64 {
	worst := 0.0
	for i := range p.terms {
		t := &p.terms[i]
		if !t.number || len(t.groups) > 0 || len(t.sides) > 0 {
			continue
		}
		same, other := false, false
		for j := range d.terms {
			if u := &d.terms[j]; u.number && len(u.groups) == 0 {
				same = same || u.text == t.text
				other = true
			}
		}
		switch {
		case same:
		case other:
			worst = max(worst, 1)
		case model(t.text) && !e.speaks(t.runes):
			worst = max(worst, 0.8)
		case !e.speaks(t.runes):
			worst = max(worst, 0.2)
		}
	}
	return worst
}

// model tells whether a word mixes letters and digits, as the names of models do.
func model(s string) bool {
	var k int
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			k |= 1
		case c >= 'a' && c <= 'z':
			k |= 2
		}
	}
	return bits.OnesCount(uint(k)) == 2
}
