package chatlog

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
)

// opinionTable holds what the signs of a clause (words, pairs of characters, lists, what the rules found) say about
// what it tells. It was learned from the labelled records (TestLearnOpinion writes it anew): the first line names
// the verdicts with their base; each further line gives a sign and, for each verdict that it speaks for or against,
// the verdict's number and a weight in hundredths of log odds.
//
//go:embed opinion.txt
var opinionTable string

// verdict is something that a clause may tell.
type verdict int

// The verdicts; those from vPrice on are the classes of objections, in their order.
const (
	vNeed verdict = iota
	vComplaint
	vPromise
	vNextStep
	vCompetitor
	vDecider
	vBudget
	vDate
	vProduct
	vPrice
	vObjection
	verdicts = vObjection + 6
)

var verdictNames = [verdicts]string{"need", "complaint", "promise", "next_step", "competitor", "decision_maker", "budget", "date", "product", "price",
	"objection.price", "objection.delivery", "objection.quality", "objection.trust", "objection.competitor", "objection.timing"}

// opinion is the second opinion on what a clause tells: it knows no grammar, only which signs were seen with what.
type opinion struct {
	base  [verdicts]float64
	slots []slot // by the low bits of the hash of a sign, or behind that place
	votes [][]vote
}

// slot holds the hash of a sign and its place in votes, counted from 1.
type slot struct {
	hash uint64
	at   int32
}

// at gives the place of the sign's votes, or -1.
func (o *opinion) at(h uint64) int32 {
	if len(o.slots) == 0 {
		return -1
	}
	for i := int(h>>32) & (len(o.slots) - 1); ; i = (i + 1) & (len(o.slots) - 1) {
		if s := &o.slots[i]; s.at == 0 || s.hash == h {
			return s.at - 1
		}
	}
}

func (o *opinion) keep(h uint64, votes []vote) {
	if o.at(h) >= 0 {
		return
	}
	i := int(h>>32) & (len(o.slots) - 1)
	for o.slots[i].at != 0 {
		i = (i + 1) & (len(o.slots) - 1)
	}
	o.votes = append(o.votes, votes)
	o.slots[i] = slot{h, int32(len(o.votes))}
}

type vote struct {
	verdict verdict
	weight  float64
}

var secondOpinion = sync.OnceValue(func() *opinion { return readOpinion(opinionTable) })

func readOpinion(table string) *opinion {
	rows := strings.Split(strings.TrimSpace(table), "\n")
	size := 16
	for size < 4*len(rows) {
		size *= 2
	}
	o := &opinion{slots: make([]slot, size)}
	for n, row := range rows {
		f := strings.Split(row, "\t")
		var votes []vote
		for k, v := range f[1:] {
			name, text, _ := strings.Cut(v, "=")
			weight, _ := strconv.Atoi(text)
			if n == 0 {
				if k < int(verdicts) {
					o.base[k] = float64(weight) / 100
				}
				continue
			}
			if of, err := strconv.Atoi(name); err == nil && of >= 0 && of < int(verdicts) {
				votes = append(votes, vote{verdict(of), float64(weight) / 100})
			}
		}
		if n > 0 {
			o.keep(hashed(hashSeed, f[0]), votes)
		}
	}
	return o
}

const hashSeed, hashPrime = 14695981039346656037, 1099511628211 // FNV-1a, a character at a time

// hashed continues the hash h with the characters of s.
func hashed(h uint64, s string) uint64 {
	for _, r := range s {
		h = (h ^ uint64(r)) * hashPrime
	}
	return h
}

// signs takes what is seen of a clause: a run of characters, or a sign of two words.
type signs interface {
	run(text ...rune)
	part(name string, text []rune) // as word, of characters
	word(name, of string)
	list(class int, at stand) // a word of a list, and where it stands
}

// stand is where a word of a list stands, seen from a clause or from a stretch of it.
type stand int

const (
	standsIn stand = iota
	standsNear
	standsBefore
	standsBehind
	standsFirst
	standsLast
	standsAlone
	stands
)

var standNames = [stands]string{"list ", "near ", "before ", "behind ", "begins ", "ends ", "is "}

// tally adds up the votes of the signs, each once.
type tally struct {
	*opinion
	sum  [verdicts]float64
	seen []uint32 // by place: the clause in which it was seen last
	now  uint32

	listed [stands][]int32 // the places of the signs of lists, by class
}

func (t *tally) run(text ...rune) {
	h := uint64(hashSeed)
	for _, r := range text {
		h = (h ^ uint64(r)) * hashPrime
	}
	t.vote(h)
}

func (t *tally) part(name string, text []rune) {
	h := hashed(hashSeed, name)
	for _, r := range text {
		h = (h ^ uint64(r)) * hashPrime
	}
	t.vote(h)
}

func (t *tally) word(name, of string) { t.vote(hashed(hashed(hashSeed, name), of)) }

func (t *tally) vote(h uint64) { t.add(t.at(h)) }

func (t *tally) list(class int, at stand) { t.add(t.listed[at][class]) }

func (t *tally) add(k int32) {
	if k < 0 || t.seen[k] == t.now {
		return
	}
	t.seen[k] = t.now
	for _, v := range t.votes[k] {
		t.sum[v.verdict] += v.weight
	}
}

// begin forgets the signs of the clause before.
func (t *tally) begin(x *lexicon) {
	if t.seen == nil {
		t.seen = make([]uint32, len(t.votes))
		for _, name := range x.names {
			for at, how := range standNames {
				t.listed[at] = append(t.listed[at], t.at(hashed(hashed(hashSeed, how), name)))
			}
		}
	}
	t.now++
	t.sum = t.base
}

// end gives for every verdict how likely it is.
func (t *tally) end() *[verdicts]float64 {
	p := t.sum
	for n := range p {
		p[n] = likely(p[n])
	}
	return &p
}

// likely gives the probability of log odds.
func likely(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }

// thinks gives what the second opinion holds of the clause, with what the rules say of it among its signs.
func (f *finder) thinks(c *clause) *[verdicts]float64 {
	if c.thought == nil {
		f.votes.begin(f.x)
		f.see(c, &f.votes)
		c.thought = f.votes.end()
	}
	return c.thought
}

// kept and raised are how likely the second opinion must think a verdict that the rules found, and one that they did
// not find. Where raised is above 1 the rules alone find it.
var (
	kept   = [verdicts]float64{0.2, 0.35, 0.45, 0.2, 0.15, 0.2, 0.15, 0.05, 0.2, 0.1, 0.05, 0.1, 0.02, 0.2, 0.05, 0.05}
	raised = [verdicts]float64{0.35, 0.4, 0.55, 0.65, 0.3, 0.4, 0.2, 2, 2, 2, 0.3, 0.35, 0.25, 0.25, 0.35, 0.35}
)

// holds decides whether the clause tells the verdict, of which the rules say whether it does.
func (f *finder) holds(c *clause, v verdict, ruled bool) bool {
	if f.op == nil {
		return ruled
	}
	if ruled {
		return f.thinks(c)[v] >= kept[v]
	}
	return raised[v] <= 1 && f.thinks(c)[v] >= raised[v]
}

// maxSigned is the length up to which a clause's signs are read.
const maxSigned = 60
