package parse

import (
	"strings"
	"time"
)

// Reading is one text of a chat record made ready for the readers of this package. Typed and Folded have the
// same length, so that what is found in the one can be quoted from the other. A Reading is not safe for
// concurrent use.
type Reading struct {
	Typed  []rune // as written
	Folded []rune // Simplified, half-width, lower case; white space and pictures are ' '
	c      clockwork
}

// NewReading folds text, which was said at now.
func NewReading(text string, now time.Time) *Reading {
	l := newLine(text)
	return &Reading{Typed: l.orig, Folded: l.norm, c: clockwork{line: l, now: now}}
}

// timeStarts are the characters with which a time can begin; they spare the readers of times most places.
const timeStarts = "0123456789零一二三四五六七八九十两半廿〇今明后昨前大次隔当本这上下周星礼月年每元国五六双平圣劳儿情妇教春清中端早晚傍凌午夜夜正近未接最过再等工天日第q季去t聽"

// Time reads the time that begins at i and gives the place behind it; end is i when there is none. A month
// and day without a year is the next to come.
func (r *Reading) Time(i int) (t Time, end int) {
	if !strings.ContainsRune(timeStarts, r.Folded[i]) {
		return Time{}, i
	}
	w := r.c.when(i)
	if w == nil || w.end <= i {
		return Time{}, i
	}
	w.settle(r.c.now, false)
	return *w, w.end
}

// Money reads the amount that begins at i, with or without a unit, and gives the place behind it; end is i
// when there is none.
func (r *Reading) Money(i int) (m Money, end int) {
	m, ok := r.c.money(i)
	if !ok {
		return Money{}, i
	}
	return m, m.end
}

// Phone reads the telephone number that begins at i and gives the place behind it; end is i when there is
// none that is complete.
func (r *Reading) Phone(i int) (digits string, end int) {
	p, ok := r.c.phone(i)
	if !ok || p.Bad != "" {
		return "", i
	}
	return p.Digits, p.end
}

// Email gives the place behind the mail address that begins at i; i when there is none.
func (r *Reading) Email(i int) int {
	end, ok := r.c.email(i)
	if !ok {
		return i
	}
	return end
}

// Number reads the number that begins at i, in digits or Chinese numerals, and gives the place behind it.
func (r *Reading) Number(i int) (v float64, end int) {
	v, end, _ = r.c.number(i)
	return v, end
}
