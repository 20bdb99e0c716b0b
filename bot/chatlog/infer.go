package chatlog

// inferSides says which of two senders sells and who buys by what their lines sound like (speaker.txt), when nobody
// told our people's names. In doubt, and where more than two speak, it says nothing: a wrong side is worse than none.
func inferSides(r *Record, o Options, by *opinion) {
	type voice struct {
		name  string
		lines int
		odds  float64
	}
	var voices []*voice
	t := tally{opinion: by}
	f := &finder{x: lexiconOf(o.Pack)}
	heard := 0
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Sender == "" || l.Depth > 0 {
			continue
		}
		if l.Side != "" {
			return
		}
		k := 0
		for k < len(voices) && voices[k].name != l.Sender {
			k++
		}
		if k == 2 {
			return
		}
		if k == len(voices) {
			voices = append(voices, &voice{name: l.Sender})
		}
		if heard == maxVotes || len(l.Text) > maxFactLine {
			continue
		}
		if s := hear(l, o, f.x); s != nil {
			heard++
			t.begin(f.x)
			f.seeLine(s, &t)
			voices[k].lines++
			voices[k].odds += t.odds(vOurs)
		}
	}
	if len(voices) < 2 {
		return
	}
	seller, buyer := voices[0], voices[1]
	if seller.odds < buyer.odds {
		seller, buyer = buyer, seller
	}
	if seller.odds-buyer.odds < clearlyApart || min(seller.lines, buyer.lines) < leastHeard {
		return
	}
	for i := range r.Lines {
		switch l := &r.Lines[i]; {
		case l.Depth > 0:
		case l.Sender == seller.name:
			l.Side = Us
		case l.Sender == buyer.name:
			l.Side = Customer
		}
	}
}

// maxVotes is how many lines are heard: the beginning of a talk shows who is who.
const maxVotes = 200

// clearlyApart is by how many log odds two senders must differ, leastHeard how many lines of each must have words.
const clearlyApart, leastHeard = 4, 2
