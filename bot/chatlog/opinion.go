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
	base  [verdicts]int // in hundredths
	slots []slot        // by the hash of a sign, or behind that place
	votes []int64       // of one sign after the other
	wide  int           // how many numbers the votes of one sign are
}

// Three votes, in hundredths of log odds, are kept in one number, so that one sum adds up all three: whole numbers, and each far from
// filling its bits, for a clause has some hundred signs.
const votesInOne, voteBits = 3, 21

// slot holds a part of the hash of a sign and the sign's place among all, counted from 1.
type slot struct {
	rest uint32
	at   int32
}

// find gives the slot of a sign, or the free one where it would be.
func (o *opinion) find(h uint64) (s *slot, rest uint32) {
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15
	rest = uint32(h)
	for i := int(h>>36) & (len(o.slots) - 1); ; i = (i + 1) & (len(o.slots) - 1) {
		if s = &o.slots[i]; s.rest == rest || s.at == 0 {
			return s, rest
		}
	}
}

// at gives the place of the sign among all, or -1.
func (o *opinion) at(h uint64) int32 {
	if len(o.slots) == 0 {
		return -1
	}
	s, _ := o.find(h)
	return s.at - 1
}

var secondOpinion = sync.OnceValue(func() *opinion { return readOpinion(opinionTable) })

func readOpinion(table string) *opinion {
	head, table, _ := strings.Cut(strings.TrimSpace(table), "\n")
	o := &opinion{}
	for k, f := range strings.Split(head, "\t")[1:] {
		_, weight, _ := strings.Cut(f, "=")
		if k < int(verdicts) {
			o.base[k], _ = strconv.Atoi(weight)
			o.wide = k/votesInOne + 1
		}
	}
	rows := strings.Count(table, "\n") + 1
	size := 16
	for size < 2*rows {
		size *= 2
	}
	o.slots, o.votes = make([]slot, size), make([]int64, 0, rows*o.wide)
	signs := int32(0)
	for row := range strings.SplitSeq(table, "\n") {
		sign, row, told := strings.Cut(row, "\t")
		s, rest := o.find(hashed(hashSeed, sign))
		if !told || s.at != 0 {
			continue
		}
		signs++
		*s = slot{rest, signs}
		o.votes = o.votes[:int(signs)*o.wide]
		for more := true; more; {
			var vote string
			vote, row, more = strings.Cut(row, "\t")
			of, text, _ := strings.Cut(vote, "=")
			weight, _ := strconv.Atoi(text)
			if v, err := strconv.Atoi(of); err == nil && v >= 0 && v < o.wide*votesInOne {
				o.votes[int(signs-1)*o.wide+v/votesInOne] += int64(weight) << (v % votesInOne * voteBits)
			}
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
	sum  [(verdicts + votesInOne - 1) / votesInOne]int64
	seen []uint8 // by sign: the clause in which it was seen last
	now  uint8

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
	for n, v := range t.votes[int(k)*t.wide : (int(k)+1)*t.wide] {
		t.sum[n] += v
	}
}

// begin forgets the signs of the clause before.
func (t *tally) begin(x *lexicon) {
	if t.seen == nil {
		if t.wide > 0 {
			t.seen = make([]uint8, len(t.votes)/t.wide)
		}
		for _, name := range x.names {
			for at, how := range standNames {
				t.listed[at] = append(t.listed[at], t.at(hashed(hashed(hashSeed, how), name)))
			}
		}
	}
	if t.now++; t.now == 0 { // all numbers were used
		clear(t.seen)
		t.now = 1
	}
	clear(t.sum[:])
}

// of gives the sum of the votes for the verdict, in log odds.
func (t *tally) of(v verdict) float64 {
	n := t.sum[v/votesInOne]
	var one int64
	for range v%votesInOne + 1 {
		one = n << (64 - voteBits) >> (64 - voteBits)
		n = (n - one) >> voteBits
	}
	return float64(one) / 100
}

// odds gives the log odds of the verdict.
func (t *tally) odds(v verdict) float64 { return float64(t.base[v])/100 + t.of(v) }

// end gives for every verdict how likely it is.
func (t *tally) end() *[verdicts]float64 {
	var p [verdicts]float64
	for v := range verdicts {
		p[v] = likely(t.odds(v))
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
	kept   = [verdicts]float64{0.3, 0.35, 0.45, 0.45, 0.15, 0.2, 0.15, 0.05, 0.2, 0.1, 0.1, 0.1, 0.02, 0.02, 0.05, 0.2}
	raised = [verdicts]float64{0.35, 0.4, 0.5, 0.65, 0.3, 0.4, 0.2, 2, 2, 2, 0.3, 0.35, 0.25, 0.25, 0.35, 0.35}
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
