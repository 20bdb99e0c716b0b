package predict

import (
	"math"
	"slices"
)

// AUC is the chance that a row that came true has a higher score than one that did not, ties counting half: 0.5 is guessing,
// 1 is perfect. It is 0.5 when one of the two kinds is missing.
func AUC(score []float64, came []bool) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case score[a] < score[b]:
			return -1
		case score[a] > score[b]:
			return 1
		}
		return a - b
	})
	var ranks float64
	var yes, no float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && score[order[j]] == score[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if came[k] {
				ranks += float64(i+j+1) / 2 // the mean rank of the tie, from 1
				yes++
			} else {
				no++
			}
		}
		i = j
	}
	if yes == 0 || no == 0 {
		return 0.5
	}
	return (ranks - yes*(yes+1)/2) / (yes * no)
}

// Brier is the mean squared distance of the probabilities from what came: 0 is perfect.
func Brier(p []float64, came []bool) float64 {
	var sum float64
	for i, q := range p {
		sum += (q - truth(came[i])) * (q - truth(came[i]))
	}
	return sum / float64(max(1, len(p)))
}

// LogLoss is the mean of -log of the probability given to what came.
func LogLoss(p []float64, came []bool) float64 {
	var sum float64
	for i, q := range p {
		q = math.Min(math.Max(q, 1e-12), 1-1e-12)
		if came[i] {
			sum -= math.Log(q)
		} else {
			sum -= math.Log(1 - q)
		}
	}
	return sum / float64(max(1, len(p)))
}

// ECE is the expected calibration error: by ten equally wide bins of probability, the distance between what was promised and what
// came, weighed by the rows in the bin.
func ECE(p []float64, came []bool) float64 {
	var n, promised, happened [10]float64
	for i, q := range p {
		b := min(9, max(0, int(q*10)))
		n[b]++
		promised[b] += q
		happened[b] += truth(came[i])
	}
	var sum float64
	for b := range n {
		sum += math.Abs(promised[b] - happened[b])
	}
	return sum / float64(max(1, len(p)))
}

// Group is a tenth of the rows by rising probability: what was promised and what came.
type Group struct {
	N        int
	Promised float64 // mean probability
	Came     float64 // share that came true
	Lift     float64 // Came beside the share of all rows
}

// Deciles parts the rows in ten equally large groups by rising probability.
func Deciles(p []float64, came []bool) []Group {
	order := make([]int, len(p))
	all := 0.0
	for i := range order {
		order[i] = i
		all += truth(came[i])
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	groups := make([]Group, 0, 10)
	for d := range 10 {
		part := order[len(order)*d/10 : len(order)*(d+1)/10]
		if len(part) == 0 {
			continue
		}
		g := Group{N: len(part)}
		for _, i := range part {
			g.Promised += p[i] / float64(len(part))
			g.Came += truth(came[i]) / float64(len(part))
		}
		if all > 0 {
			g.Lift = g.Came / (all / float64(len(p)))
		}
		groups = append(groups, g)
	}
	return groups
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
