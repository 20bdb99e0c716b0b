package parse

// confidence estimates how likely the whole answer is right.
func confidence(frames []*frame, r Result) float64 {
	if len(frames) == 0 {
		return 0
	}
	c := 0.95
	for _, f := range frames {
		if f.hit.phrase < 0 {
			c -= 0.1
		} else if f.hit.weight <= 2 {
			c -= 0.1
		}
		c -= f.doubt
	}
	if len(frames) > 1 {
		c -= 0.03 * float64(len(frames)-1)
	}
	if len(r.Problems) > 0 {
		c -= 0.2
	}
	if c < 0.05 {
		c = 0.05
	}
	return round(c, 2)
}
