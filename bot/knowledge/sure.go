package knowledge

import "math"

// sight is what tells whether the entry that fits best is the right one: the features of its best way of asking, and
// how far it stands out.
type sight [features + 4]float64

const (
	sightNear = features     // the logarithm of how much more likely it is than all others and none
	sightRest = features + 1 // than all others
	sightNone = features + 2 // than none
	sightBoth = features + 3 // stands out and explains much
)

// look makes a sight of the shares that the best entry, the others and none have.
func look(best, rest, none float64, f *[features]float64) (s sight) {
	copy(s[:], f[:])
	ratio := func(a, b float64) float64 { return max(-5, min(5, math.Log((a+1e-6)/(b+1e-6)))) }
	s[sightNear], s[sightRest], s[sightNone] = ratio(best, rest+none), ratio(best, rest), ratio(best, none)
	s[sightBoth] = s[sightRest] * (f[fAsked] + f[fOther] + 0.7*f[fAnswer])
	return s
}

// along is the sum of the parts of b by their weights a.
func along(a, b *sight) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// surely says how much each part of a sight tells. It was fitted by TestFit with the weights.
var surely = sight{
	-0.734, 0.349, 1.147, 0.602, -0.618, -0.094, 1.149, 0.108, -0.126, 0.249, 0.000,
	-0.497, -0.151, -0.547, -0.514, -0.705, 0.667, -0.096, -0.168, -0.038, 0.269, 0.000,
	0.000, -0.012, -0.000, 0.689, -0.309, -0.151, 0.000, 0.417, -0.051, 0.000, 0.539,
	0.139, -0.133, 0.286,
}
