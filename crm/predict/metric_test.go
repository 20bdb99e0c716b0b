package predict

import (
	"math"
	"testing"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := []float64{0.1, 0.4, 0.35, 0.8}
	came := []bool{false, false, true, true}
	for name, got := range map[string][2]float64{
		"auc":                   {AUC(p, came), 0.75},
		"auc of ties":           {AUC([]float64{1, 1, 1}, []bool{true, false, true}), 0.5},
		"auc of half a tie":     {AUC([]float64{1, 1, 0}, []bool{true, false, false}), 0.75},
		"auc with one kind":     {AUC(p, make([]bool, 4)), 0.5},
		"brier":                 {Brier(p, came), (0.01 + 0.16 + 0.4225 + 0.04) / 4},
		"log loss":              {LogLoss([]float64{0.5, 0.5}, []bool{true, false}), math.Ln2},
		"ece":                   {ECE([]float64{0.25, 0.25, 0.25, 0.25, 0.95}, []bool{true, false, false, false, true}), 0.05 / 5},
		"ece of being sure":     {ECE([]float64{1, 0}, []bool{true, false}), 0},
		"lift of the last half": {Deciles(p, came)[len(Deciles(p, came))-1].Lift, 2},
	} {
		if math.Abs(got[0]-got[1]) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
}
