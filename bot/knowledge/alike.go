package knowledge

// like is how much a says what b says, or what a word inside b says.
func like(a, b *term) float64 {
	best := alike(a, b)
	for i := range b.parts {
		if u := &b.parts[i]; u.general > 0.3 {
			best = max(best, 0.9*alike(a, u))
		}
	}
	return best
}

// together is how much d says of what the words inside t say; what that holds of d is noted in held.
func (t *term) together(d *phrase, held []float64) float64 {
	var sum, all float64
	for i := range t.parts {
		u := &t.parts[i]
		best := 0.0
		for j := range d.terms {
			s := like(u, &d.terms[j])
			if len(u.runes) == 1 && len(t.runes) == 2 { // a character of a word says less than a word
				s *= 0.65
			}
			best = max(best, s)
			if held != nil && u.general > 0.3 {
				held[j] = max(held[j], 0.95*s)
			}
		}
		all += u.weight
		sum += u.weight * best
	}
	if all == 0 {
		return 0
	}
	return 0.95 * sum / all
}

// alike is how much two terms say the same, from 0 to 1.
func alike(a, b *term) float64 {
	if a.text == b.text {
		if a.guessed || b.guessed {
			return 0.9
		}
		return 1
	}
	for _, g := range a.groups {
		for _, h := range b.groups {
			if g == h {
				return 0.92
			}
		}
	}
	if a.number || b.number {
		return 0
	}
	if a.sound != 0 && a.sound == b.sound {
		return 0.8
	}
	if len(a.sides) > 0 && apart(a.sides, b.sides) > 0 {
		return 0
	}
	best := 0.0
	for _, g := range a.near {
		for _, h := range b.near {
			if g == h {
				best = 0.55
			}
		}
	}
	return max(best, within(a.runes, b.runes))
}

// within compares the characters of two words: 发票 is in 电子发票, 邮费 shares one with 运费.
//
// A word asked that says more than the entry's, as 拔牙 against 牙, is held less than one that says less.
func within(a, b []rune) float64 {
	part := 1.0
	if len(a) > len(b) {
		a, b, part = b, a, 0.65
	}
	if len(a) == 1 && len(b) > 2 {
		return 0
	}
	for i := 0; i+len(a) <= len(b); i++ {
		same := true
		for j := range a {
			if a[j] != b[i+j] {
				same = false
				break
			}
		}
		if same {
			if len(a) == 1 {
				return 0.6 * part
			}
			return 0.8 * max(part, 0.85)
		}
	}
	n := 0
	for _, r := range a {
		for _, s := range b {
			if r == s {
				n++
				break
			}
		}
	}
	if n == 0 || len(a) < 2 {
		return 0
	}
	return 0.5 * float64(n) / float64(len(b))
}
