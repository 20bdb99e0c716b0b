package chatlog

import "strings"

// takeSides says whose each line is, and counts the participants. Our own people's names decide; without them
// only what the record itself states.
func takeSides(r *Record, o Options) {
	ours := map[string]bool{}
	for _, n := range o.Us {
		clean, _ := cleanName(n)
		ours[foldName(clean)] = true
	}
	if len(ours) == 0 {
		inferSides(r, o, speakerOpinion())
	}
	of := map[string]Side{}
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Sender == "" {
			continue
		}
		if len(ours) == 0 {
			if s, ok := speakers[l.Sender]; ok && l.Side == "" {
				l.Side = s
			}
			if l.Side != "" {
				of[l.Sender] = l.Side
			}
			continue
		}
		side, ok := of[l.Sender]
		if !ok {
			side = sideOf(l.Sender, ours, l.Side)
			of[l.Sender] = side
		}
		l.Side = side
	}
	seen := map[string]int{}
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Sender == "" {
			continue
		}
		if l.Side == "" {
			l.Side = of[l.Sender]
		}
		at, ok := seen[l.Sender]
		if !ok {
			at = len(r.Participants)
			seen[l.Sender] = at
			r.Participants = append(r.Participants, Participant{Name: l.Sender, Side: of[l.Sender]})
		}
		r.Participants[at].Lines++
	}
}

// sideOf is the side of a named sender when our names are known. read is what the record itself says.
func sideOf(sender string, ours map[string]bool, read Side) Side {
	folded := foldName(sender)
	if ours[folded] {
		return Us
	}
	for _, sep := range [...]string{"-", "—", "_", "|", "·", "/", "(", "（"} {
		if first, last, ok := strings.Cut(folded, sep); ok && (ours[strings.TrimSpace(first)] || ours[strings.Trim(last, " )）")]) {
			return Us
		}
	}
	if speakers[sender] == Us && (sender == "我" || read == Us) {
		return Us
	}
	return Customer
}

// foldName makes two spellings of a name equal: case, width and blanks.
func foldName(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		}
		return r
	}, strings.TrimSpace(s)))
}
