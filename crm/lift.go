package crm

import "math"

// Arm is one side of a comparison: how many people were on it, and how many did what was hoped for.
type Arm struct {
	People  int   `json:"people"`
	Buyers  int   `json:"buyers"`
	Revenue Money `json:"revenue"` // fen, of the buyers
}

// Rate is the share of the people who did; 0 of nobody.
func (a Arm) Rate() float64 {
	if a.People == 0 {
		return 0
	}
	return float64(a.Buyers) / float64(a.People)
}

// z95 is the two-sided 95 % point of the normal distribution.
const z95 = 1.959963984540054

// Wilson is the 95 % interval of the rate of a (E. B. Wilson, J. Amer. Statist. Assoc. 22, 1927, without continuity
// correction). Of nobody it is 0 to 1.
func (a Arm) Wilson() (low, high float64) {
	if a.People == 0 {
		return 0, 1
	}
	n, p := float64(a.People), a.Rate()
	mid := (p + z95*z95/(2*n)) / (1 + z95*z95/n)
	half := z95 / (1 + z95*z95/n) * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// Verdict is what a comparison says.
type Verdict string

// The verdicts.
const (
	TooFew Verdict = "few"    // too few people to tell anything but a miracle
	NoSign Verdict = "none"   // the interval holds zero: it may be chance
	Better Verdict = "better" // the interval lies above zero
	Worse  Verdict = "worse"  // the interval lies below zero
)

// Lift compares those who were spoken to with those who were held out.
type Lift struct {
	Treated Arm     `json:"treated"`
	Held    Arm     `json:"held"`
	Diff    float64 `json:"diff"` // rate of the treated less the rate of the held out
	Low     float64 `json:"low"`  // of its 95 % interval
	High    float64 `json:"high"`
	Verdict Verdict `json:"verdict"`
}

// The least that is compared in words: fewer people, or fewer buyers of both arms together, are too few to tell.
const (
	leastPeople = 20
	leastBuyers = 5
)

// Compare tells the lift with its 95 % interval: Newcombe's hybrid of the two Wilson intervals (R. G. Newcombe, Statistics
// in Medicine 17, 1998, method 10), which stays within −1 and 1 and is sound for small arms and for rates near nothing.
func Compare(treated, held Arm) Lift {
	l := Lift{Treated: treated, Held: held, Diff: treated.Rate() - held.Rate()}
	if treated.People == 0 || held.People == 0 {
		l.Low, l.High, l.Verdict = -1, 1, TooFew
		if treated.People == 0 && held.People == 0 {
			l.Diff = 0
		}
		return l
	}
	p1, p2 := treated.Rate(), held.Rate()
	l1, u1 := treated.Wilson()
	l2, u2 := held.Wilson()
	l.Low = l.Diff - math.Hypot(p1-l1, u2-p2)
	l.High = l.Diff + math.Hypot(u1-p1, p2-l2)
	switch {
	case min(treated.People, held.People) < leastPeople || treated.Buyers+held.Buyers < leastBuyers:
		l.Verdict = TooFew
	case l.Low > 0:
		l.Verdict = Better
	case l.High < 0:
		l.Verdict = Worse
	default:
		l.Verdict = NoSign
	}
	return l
}

// Extra is how much revenue the journey has brought beyond what would have come anyhow: what the treated bought more a head
// than the held out, times the treated. It is nothing where nobody was held out.
func (l Lift) Extra() Money {
	if l.Treated.People == 0 || l.Held.People == 0 {
		return 0
	}
	expected := float64(l.Held.Revenue) / float64(l.Held.People) * float64(l.Treated.People)
	return l.Treated.Revenue - Money(math.Round(expected))
}
