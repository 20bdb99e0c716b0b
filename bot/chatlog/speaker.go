package chatlog

import (
	_ "embed"
	"math"
	"sync"
)

// speakerTable holds what the signs of a line say about whose it is, in the form of opinion.txt with the one verdict
// "ours". It was learned from the labelled records whose sides are known (TestLearnSpeaker writes it anew).
//
//go:embed speaker.txt
var speakerTable string

var speakerOpinion = sync.OnceValue(func() *opinion { return readOpinion(speakerTable) })

// vOurs is the verdict of the speaker's table: the line is ours.
const vOurs verdict = 0

// guessSides says whose the lines are when the record names no sides at all, as in archives without senders: by the
// words of each line and by who is likely to speak after whom (a hidden Markov model of two states). A line of
// which that is not clear keeps no side. The record itself is left as it is.
func (f *finder) guessSides(by *opinion) {
	t := tally{opinion: by}
	odds := make([]float64, len(f.lines))
	for n, s := range f.lines {
		t.begin(f.x)
		f.seeLine(s, &t)
		odds[n] = t.odds(vOurs)
	}
	for n, p := range ours(f.lines, odds) {
		switch {
		case p >= sureSide:
			f.lines[n].Side = Us
		case p <= 1-sureSide:
			f.lines[n].Side = Customer
		}
	}
}

// sureSide is how likely a side must be to be believed.
const sureSide = 0.8

// How likely another person speaks next, as counted in the labelled records: after a question, and after anything else.
const turnsAfterQuestion, turnsElse = 0.95, 0.82

// ours gives for each line how likely it is ours, from the log odds of its own words, by the forward-backward
// algorithm (Rabiner 1989).
func ours(lines []*said, odds []float64) []float64 {
	n := len(lines)
	forward, backward, p := make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range lines { // forward holds how likely line k is ours given the lines up to it
		before := 0.5
		if k > 0 {
			q := turns(lines[k-1])
			before = forward[k-1]*(1-q) + (1-forward[k-1])*q
		}
		forward[k] = given(before, odds[k])
	}
	for k := n - 1; k >= 0; k-- { // backward holds what the lines behind k say of it, as a share
		backward[k] = 0.5
		if k+1 < n {
			q := turns(lines[k])
			next := given(backward[k+1], odds[k+1])
			backward[k] = next*(1-q) + (1-next)*q
		}
		both := forward[k] * backward[k]
		p[k] = both / (both + (1-forward[k])*(1-backward[k]))
	}
	return p
}

// given is a probability after evidence of so many log odds.
func given(p, odds float64) float64 {
	return 1 / (1 + (1-p)/p*math.Exp(-odds))
}

// turns is how likely somebody of the other side speaks after the line.
func turns(s *said) float64 {
	if last := &s.clauses[len(s.clauses)-1]; last.ask || last.is("question") {
		return turnsAfterQuestion
	}
	return turnsElse
}

// seeLine tells to what shows whose a line is.
func (f *finder) seeLine(s *said, to signs) {
	for n := range s.clauses {
		c := &s.clauses[n]
		text := c.abridged()
		for i := range text {
			to.run(text[i : i+1]...)
			if i+1 < len(text) {
				to.run(text[i : i+2]...)
			}
		}
		for _, w := range f.cutter.cut(text) {
			if len(w) > 2 {
				to.run(w...)
			}
		}
		for _, m := range c.marks {
			to.list(m.class, standsIn)
		}
		if c.ask {
			to.word("ask", "")
		}
	}
	to.word("clauses ", lengths[min(len(s.clauses), 5)])
	if s.index == 0 {
		to.word("begins", "")
	}
}
