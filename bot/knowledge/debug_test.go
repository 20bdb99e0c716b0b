package knowledge

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestDebug(t *testing.T) {
	if os.Getenv("Q") == "" {
		t.Skip()
	}
	names := strings.Fields("fBias fAsked fHeld fBoth fGrams fSounds fAnswer fOther fEvery fWhole fExact fWorst fWorstHeld fAway fElse fClash fMiss fSilent fMissHeld fAgree fDenied fNeg fApart fNumber fSaid fMass fOnly fTop fPassage fSwap")
	w := words(t)
	show := func(p *phrase) {
		for _, t := range p.terms {
			fmt.Printf("  %s(w%.2f neg%v g%d s%v)", t.text, t.weight, t.neg, len(t.groups), t.sides)
		}
		fmt.Printf(" kinds %b denied %v\n", p.kinds, p.denied)
	}
	for _, one := range trades(t, "tune") {
		if one.name != os.Getenv("K") {
			continue
		}
		x := New(one.entries, w)
		for _, q := range strings.Split(os.Getenv("Q"), "/") {
			p := x.reader.ask(q)
			x.weigh(&p)
			fmt.Println(q)
			show(&p)
			for _, h := range x.Find(q, 3) {
				for i := range x.entries {
					e := &x.entries[i]
					if e.ID != h.Entry.ID {
						continue
					}
					for j := range e.asks {
						f := x.compare(&p, &e.asks[j], e)
						fmt.Printf(" %s %.2f %q %.2f:", e.ID, h.Confidence, e.asks[j].core, dot(&f))
						for k, v := range f {
							if v != 0 {
								fmt.Printf(" %s=%.2f", names[k], v)
							}
						}
						fmt.Println()
						show(&e.asks[j])
					}
				}
			}
		}
	}
}
