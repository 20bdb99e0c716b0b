package parse

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/crm"
)

// Option changes how one message is read.
type Option func(v *vocab, l *line) *vocab

// Known tells the parser names of the speaker's own records that may stand in the message. One that does is read
// whole, whatever words it is made of, and its ends are sure. A short one (云帆 of 上海云帆科技) counts only where
// it stands by itself: not inside another word, not before the ending of another company, and not when it is an
// ordinary word (提醒 of 提醒科技).
func Known(names []string) Option {
	return func(v *vocab, l *line) *vocab {
		var said []string
		for _, n := range names {
			if folded := foldString(strings.TrimSpace(n)); v.names(l, folded) {
				said = append(said, folded)
			}
		}
		if len(said) == 0 {
			return v
		}
		with := *v
		with.brands, with.known = v.brands.and(said), newWords(said)
		return &with
	}
}

// with is the vocabulary for one message.
func (v *vocab) with(l *line, opts []Option) *vocab {
	for _, o := range opts {
		v = o(v, l)
	}
	return v
}

// names tells whether the name stands in the message as a name of its own.
func (v *vocab) names(l *line, name string) bool {
	n := utf8.RuneCountInString(name)
	if n < 2 {
		return false
	}
	own := newLine(name)
	whole := n > 3 || v.suffixes.endsAt(own, 0, n) > 0 && n > v.suffixes.endsAt(own, 0, n)+1
	if !whole && v.ordinary(own) {
		return false
	}
	for i := 0; i+n <= len(l.norm); i++ {
		if l.hasAt(i, name) && (whole || v.apart(l, i, i+n)) {
			return true
		}
	}
	return false
}

// ordinary tells whether a short name is a word that people use for something else.
func (v *vocab) ordinary(name *line) bool {
	n := len(name.norm)
	for _, w := range []words{v.gaps, v.fillers, v.titles, v.jobs, v.suffixes, v.places, v.openers, v.traps, v.teams, v.notPeople, v.things, v.measures} {
		if w.at(name, 0) == n {
			return true
		}
	}
	for _, t := range v.terms {
		if _, k := t.at(name, 0); k == n {
			return true
		}
	}
	if w, ok := When(string(name.norm), epoch); ok && w.end == n {
		return true
	}
	text := string(name.norm)
	return v.notNames[text] || slices.Contains(leads, text) || v.surnames[name.norm[0]] && crm.LooksLikePerson(text)
}

// apart tells whether the short name at [i,j) stands by itself.
func (v *vocab) apart(l *line, i, j int) bool {
	before := i == 0 || !isHan(l.norm[i-1]) && !(isAlnum(l.norm[i-1]) && isAlnum(l.norm[i])) ||
		strings.ContainsRune("把将给跟和与为让去到见找约在对同说从被帮替请是由的户访系问了下看查记催陪回", l.norm[i-1]) ||
		max(v.gaps.endsAt(l, max(0, i-8), i), v.fillers.endsAt(l, max(0, i-8), i), v.openers.endsAt(l, max(0, i-8), i)) > 1 ||
		strings.ContainsRune("点天午上晚号日周月", l.norm[i-1])
	if !before || v.suffixes.at(l, j) > 0 {
		return false
	}
	if j >= len(l.norm) || !isHan(l.norm[j]) {
		return j >= len(l.norm) || !(isAlnum(l.norm[j]) && isAlnum(l.norm[j-1]))
	}
	s := &scan{line: l, v: v, at: make([]*span, len(l.norm)+1)}
	return l.norm[j] == '的' || v.gaps.at(l, j) > 0 || v.places.at(l, j) == 0 && s.person(j, len(l.norm)) > j
}

// knownEnd gives the end of a known name at i, else i.
func (s *scan) knownEnd(i, limit int) int {
	if n := s.v.known.at(s.line, i); n > 0 && i+n <= limit && s.at[i] != nil && s.at[i].i == i && s.at[i].j == i+n {
		return i + n
	}
	return i
}
