package predict

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

func sample(t *testing.T) []History {
	t.Helper()
	f, err := os.Open("testdata/cdnow_sample.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []History
	for _, row := range rows[1:] {
		var v [3]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, History{int(v[0]), v[1], v[2]})
	}
	return all
}

// TestBGNBDFitsAsPublished: Fader, Hardie and Lee (2005), table 2.
func TestBGNBDFitsAsPublished(t *testing.T) {
	t.Parallel()
	all := sample(t)
	m, err := FitBGNBD(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][3]float64{
		"r": {m.R, 0.243, 0.001}, "alpha": {m.Alpha, 4.414, 0.005}, "a": {m.A, 0.793, 0.002}, "b": {m.B, 2.426, 0.006}, "log likelihood": {m.LogLikelihood, -9582.4, 0.05},
	} {
		if math.Abs(got[0]-got[1]) > got[2] {
			t.Errorf("%s %.4f, published %.3f", name, got[0], got[1])
		}
	}
	// The paper's example: x = 2, last purchase in week 30.43 of 38.86, is expected to buy 1.226 times in the next 39 weeks.
	if got := m.Purchases(History{2, 30.43, 38.86}, 39); math.Abs(got-1.226) > 0.002 {
		t.Errorf("1.226 purchases are expected, not %.3f", got)
	}
}

// TestBGNBDTracksCDNOW: fitted on the 1-in-10 sample's 39 weeks, the model foretells the repeat purchases of the whole cohort, week by week,
// as the published parameters do: the table of docs/retention.md.
func TestBGNBDTracksCDNOW(t *testing.T) {
	t.Parallel()
	ours, err := FitBGNBD(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	published := BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	f, err := os.Open("testdata/cdnow_days.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var first, repeats []float64 // by day
	people := 0.0
	for _, row := range rows[1:] {
		n, err1 := strconv.ParseFloat(row[1], 64)
		again, err2 := strconv.ParseFloat(row[2], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(row)
		}
		first, repeats, people = append(first, n), append(repeats, again), people+n
	}
	if people != 23570 {
		t.Fatalf("%v people", people)
	}
	track := func(m BGNBD, week int) (expected, happened float64) {
		for day := range week * 7 {
			happened += repeats[day]
			if first[day] > 0 {
				expected += first[day] * m.Purchases(History{}, float64(week*7-day)/7)
			}
		}
		return expected, happened
	}
	for _, c := range []struct {
		week     int
		happened float64
		off      float64 // percent
	}{{26, 17142, 1.5}, {39, 24337, 3.0}, {52, 31701, -1.0}, {65, 38357, -3.9}, {78, 44021, -5.2}} {
		for name, m := range map[string]BGNBD{"ours": ours, "published": published} {
			expected, happened := track(m, c.week)
			if off := 100 * (expected/happened - 1); happened != c.happened || math.Abs(off-c.off) > 0.25 {
				t.Errorf("%s, week %d: %.0f expected, %.0f happened, %+.2f %%, want %+.1f", name, c.week, expected, happened, off, c.off)
			}
		}
	}
	before, was := track(ours, 39)
	after, is := track(ours, 78)
	if off := 100 * ((after-before)/(is-was) - 1); math.Abs(off+15.4) > 0.25 {
		t.Errorf("weeks 40 to 78: %.0f expected, %.0f happened, %+.2f %%", after-before, is-was, off)
	}
}

// TestBGNBDAgreesWithItself plays the process of the model and counts: what it says of chances and numbers is what happens.
func TestBGNBDAgreesWithItself(t *testing.T) {
	t.Parallel()
	m := BGNBD{R: 0.8, Alpha: 6, A: 0.9, B: 2.5}
	random := rand.New(rand.NewPCG(3, 2))
	const age, ahead = 40.0, 30.0
	var expected, happened, chance, came, alive, there float64
	for range 60000 {
		rate := gammaDraw(random, m.R) / m.Alpha
		x, y := gammaDraw(random, m.A), gammaDraw(random, m.B)
		leave := x / (x + y)
		h := History{Age: age}
		later := 0
		gone := false
		for at := random.ExpFloat64() / rate; !gone && at < age+ahead; at += random.ExpFloat64() / rate {
			if at <= age {
				h.Repeats, h.Last = h.Repeats+1, at
			} else {
				later++
			}
			if gone = random.Float64() < leave; gone && at > age {
				there++
			}
		}
		if !gone {
			there++
		}
		expected += m.Purchases(h, ahead)
		happened += float64(later)
		chance += m.Buys(h, ahead)
		if later > 0 {
			came++
		}
		alive += m.Alive(h)
	}
	for name, pair := range map[string][2]float64{"purchases": {expected, happened}, "customers who buy": {chance, came}, "customers who are there": {alive, there}} {
		if math.Abs(pair[0]/pair[1]-1) > 0.025 {
			t.Errorf("%s: %.0f said, %.0f happened", name, pair[0], pair[1])
		}
	}
}

// gammaDraw draws from a gamma distribution of rate 1 (Marsaglia and Tsang).
func gammaDraw(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gammaDraw(random, shape+1) * math.Pow(random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := random.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func TestBGNBDOrder(t *testing.T) {
	t.Parallel()
	m := BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	if busy, lazy := m.Alive(History{10, 20, 40}), m.Alive(History{2, 20, 40}); busy >= lazy {
		t.Errorf("twenty weeks of silence are worse from a heavy buyer: %.3f, %.3f", busy, lazy)
	}
	if got := m.Alive(History{0, 0, 40}); got != 1 {
		t.Errorf("after one purchase %.3f", got)
	}
	if near, far := m.Purchases(History{3, 30, 40}, 10), m.Purchases(History{3, 30, 40}, 20); near <= 0 || far <= near {
		t.Errorf("%.3f purchases in 10 weeks, %.3f in 20", near, far)
	}
	if _, err := FitBGNBD(make([]History, 100)); err == nil {
		t.Error("a hundred people who never came back were fitted")
	}
	if h, ok := HistoryOf([]float64{10.2, 10.9, 24, 3, 99}, 38); !ok || h != (History{2, 3, 5}) {
		t.Errorf("%+v", h)
	}
}
