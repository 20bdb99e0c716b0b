package crm

import (
	"math"
	"testing"
)

// TestWilson holds the intervals of Newcombe (Statistics in Medicine 17, 1998, 857–872), table I, method 3.
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		low, high := Arm{People: c.n, Buyers: c.x}.Wilson()
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, published %.4f to %.4f", c.x, c.n, low, high, c.low, c.high)
		}
	}
}

// TestNewcombe holds the intervals of the companion paper (873–890), table II, method 10.
func TestNewcombe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x1, n1, x2, n2 int
		low, high      float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1},
		{10, 10, 0, 10, 0.6075, 1},
	} {
		l := Compare(Arm{People: c.n1, Buyers: c.x1}, Arm{People: c.n2, Buyers: c.x2})
		if math.Abs(l.Low-c.low) > 5e-5 || math.Abs(l.High-c.high) > 5e-5 {
			t.Errorf("%d/%d against %d/%d: %.4f to %.4f, published %.4f to %.4f", c.x1, c.n1, c.x2, c.n2, l.Low, l.High, c.low, c.high)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		treated, held Arm
		want          Verdict
	}{
		{"nobody held out", Arm{People: 900, Buyers: 90}, Arm{}, TooFew},
		{"a handful", Arm{People: 12, Buyers: 6}, Arm{People: 3}, TooFew},
		{"hardly any buyers", Arm{People: 400, Buyers: 3}, Arm{People: 40, Buyers: 1}, TooFew},
		{"no difference", Arm{People: 900, Buyers: 90}, Arm{People: 100, Buyers: 9}, NoSign},
		{"plainly better", Arm{People: 900, Buyers: 180}, Arm{People: 100, Buyers: 8}, Better},
		{"plainly worse", Arm{People: 900, Buyers: 45}, Arm{People: 100, Buyers: 20}, Worse},
	} {
		if got := Compare(c.treated, c.held).Verdict; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestExtraRevenue(t *testing.T) {
	t.Parallel()
	l := Compare(Arm{People: 900, Buyers: 180, Revenue: 1_800_000}, Arm{People: 100, Buyers: 8, Revenue: 80_000})
	if got := l.Extra(); got != 1_080_000 {
		t.Errorf("extra revenue is %d fen, want 1,080,000", got)
	}
	if got := Compare(Arm{People: 5, Revenue: 100}, Arm{}).Extra(); got != 0 {
		t.Errorf("with nobody held out %d fen", got)
	}
}
