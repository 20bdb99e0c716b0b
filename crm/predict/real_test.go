package predict

import (
	"encoding/csv"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Files of public data; docs/retention.md says where they are from and what comes out.
var (
	cdnowFile   = flag.String("cdnow", "", "orders of CDNOW: customer_id,order_date,units,sales")
	basketsFile = flag.String("baskets", "", "baskets: one a line, items parted by commas")
	membersFile = flag.String("members", "", "purchases: Member_number,Date,itemDescription")
)

func table(t *testing.T, file string) [][]string {
	t.Helper()
	if file == "" {
		t.Skip("needs its file of public data")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func cdnow(t *testing.T) map[int64][]float64 {
	people := map[int64][]float64{}
	for _, row := range table(t, *cdnowFile) {
		id, err := strconv.ParseInt(row[0], 10, 64)
		day, err2 := time.Parse(time.DateOnly, row[1])
		if err != nil || err2 != nil {
			t.Fatal(row)
		}
		people[id] = append(people[id], float64(day.Unix()/86400))
	}
	return people
}

// TestCDNOW fits on 39 weeks and looks at the next 39, beside what needs no model.
func TestCDNOW(t *testing.T) {
	people := cdnow(t)
	end := float64(time.Date(1997, 9, 30, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	later := float64(time.Date(1998, 6, 30, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	var all []History
	var bought []float64
	var came []bool
	for _, id := range sortedKeys(people) {
		h, ok := HistoryOf(people[id], end)
		if !ok {
			continue
		}
		n := 0.0
		days := slices.Clone(people[id])
		slices.Sort(days)
		for _, d := range slices.Compact(days) {
			if d > end && d <= later {
				n++
			}
		}
		all, bought, came = append(all, h), append(bought, n), append(came, n > 0)
	}
	began := time.Now()
	m, err := FitBGNBD(all)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d people, fitted in %v: %+v", len(all), time.Since(began).Round(time.Millisecond), m)
	const ahead = 39.0
	total := 0.0
	for _, n := range bought {
		total += n
	}
	share := 0.0
	for _, c := range came {
		share += truth(c) / float64(len(came))
	}
	t.Logf("%.0f purchases followed, %.1f %% of the people bought", total, 100*share)
	score := func(name string, of func(History) float64) {
		s := make([]float64, len(all))
		for i, h := range all {
			s[i] = of(h)
		}
		t.Logf("AUC of buying again  %-34s %.4f", name, AUC(s, came))
	}
	score("BG/NBD: chance to buy", func(h History) float64 { return m.Buys(h, ahead) })
	score("BG/NBD: alive", m.Alive)
	score("30 days silent or not", func(h History) float64 { return truth(h.Age-h.Last < 30.0/7) })
	score("days of silence", func(h History) float64 { return h.Last - h.Age })
	score("number of repeat purchases", func(h History) float64 { return float64(h.Repeats) })
	promise := func(name string, of func(History) float64) {
		p := make([]float64, len(all))
		for i, h := range all {
			p[i] = of(h)
		}
		t.Logf("Brier, ECE           %-34s %.4f %.4f", name, Brier(p, came), ECE(p, came))
	}
	promise("BG/NBD: chance to buy", func(h History) float64 { return m.Buys(h, ahead) })
	promise("everybody the mean (of these weeks)", func(History) float64 { return share })
	promise("active below 30 days of silence", func(h History) float64 { return truth(h.Age-h.Last < 30.0/7) })
	count := func(name string, of func(History) float64) {
		var sum, off, square float64
		for i, h := range all {
			v := of(h)
			sum += v
			off += math.Abs(v - bought[i])
			square += (v - bought[i]) * (v - bought[i])
		}
		t.Logf("purchases            %-34s total %+.1f %%, mean error %.4f, root mean square %.4f", name, 100*(sum/total-1), off/float64(len(all)), math.Sqrt(square/float64(len(all))))
	}
	count("BG/NBD", func(h History) float64 { return m.Purchases(h, ahead) })
	count("as often as until now", func(h History) float64 { return float64(h.Repeats) / math.Max(h.Age, 1) * ahead })
	count("as many as until now", func(h History) float64 { return float64(h.Repeats) })
	p := make([]float64, len(all))
	for i, h := range all {
		p[i] = m.Buys(h, ahead)
	}
	for i, g := range Deciles(p, came) {
		t.Logf("tenth %2d: promised %.3f, came %.3f, lift %.2f", i+1, g.Promised, g.Came, g.Lift)
	}
}

// TestCDNOWCycles holds back each person's last interval.
func TestCDNOWCycles(t *testing.T) {
	people := cdnow(t)
	var past []Series
	var last []float64
	for _, id := range sortedKeys(people) {
		days := slices.Clone(people[id])
		slices.Sort(days)
		days = slices.Compact(days)
		if len(days) < 3 {
			continue
		}
		s := Series{Product: 1}
		for i := 1; i+1 < len(days); i++ {
			s.Gaps = append(s.Gaps, days[i]-days[i-1])
		}
		past, last = append(past, s), append(last, days[len(days)-1]-days[len(days)-2])
	}
	c := FitCycles(past, nil)
	k := c.Products[1]
	var mixed, product, own, inside float64
	for i, s := range past {
		e := k.Next(s.Gaps)
		mine := 0.0
		for _, g := range s.Gaps {
			mine += math.Log(g) / float64(len(s.Gaps))
		}
		y := math.Log(last[i])
		mixed += math.Abs(math.Log(e.Days) - y)
		product += math.Abs(k.Mean - y)
		own += math.Abs(mine - y)
		inside += truth(last[i] >= e.Low && last[i] <= e.High)
	}
	n := float64(len(past))
	t.Logf("%d last intervals; mean error of the logarithm: drawn together %.4f, the shop's mean %.4f, the customer's own %.4f; %.1f %% in the spread of 80 %%", len(past), mixed/n, product/n, own/n, 100*inside/n)
	t.Logf("%+v", k)
}

// TestRealBaskets hides one thing of each basket of a fifth of them and suggests from the others.
func TestRealBaskets(t *testing.T) {
	var orders []Order
	ids := map[string]int64{}
	for i, row := range table(t, *basketsFile) {
		o := Order{Customer: int64(i)}
		for _, cell := range row {
			if cell = strings.TrimSpace(cell); cell != "" {
				if ids[cell] == 0 {
					ids[cell] = int64(len(ids) + 1)
				}
				o.Items = append(o.Items, ids[cell])
			}
		}
		if len(o.Items) > 0 {
			orders = append(orders, o)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	var past, held []Order
	for _, o := range orders {
		if random.Float64() < 0.2 {
			held = append(held, o)
		} else {
			past = append(past, o)
		}
	}
	b := FitBaskets(past, nil, nil)
	var model, popular [3]float64
	n := 0.0
	for _, o := range held {
		if len(o.Items) < 2 {
			continue
		}
		hidden := random.IntN(len(o.Items))
		had := slices.Delete(slices.Clone(o.Items), hidden, hidden+1)
		skip := func(x int64) bool { return slices.Contains(had, x) }
		got, plain := b.Suggest(had, "", skip, 5), b.MostPopular(skip, 5)
		for d, k := range depths {
			model[d] += truth(slices.ContainsFunc(got[:min(k, len(got))], func(s Suggestion) bool { return s.Item == o.Items[hidden] }))
			popular[d] += truth(slices.Contains(plain[:min(k, len(plain))], o.Items[hidden]))
		}
		n++
	}
	for d, k := range depths {
		t.Logf("hit rate at %d of %.0f hidden things: %.4f, most popular %.4f", k, n, model[d]/n, popular[d]/n)
	}
}

// TestRealMembers holds back each member's last order.
func TestRealMembers(t *testing.T) {
	type line struct {
		member int64
		day    time.Time
		item   int64
	}
	var lines []line
	ids := map[string]int64{}
	for _, row := range table(t, *membersFile) {
		member, err := strconv.ParseInt(row[0], 10, 64)
		day, err2 := time.Parse("02-01-2006", row[1])
		if err != nil || err2 != nil {
			t.Fatal(row)
		}
		if ids[row[2]] == 0 {
			ids[row[2]] = int64(len(ids) + 1)
		}
		lines = append(lines, line{member, day, ids[row[2]]})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		if a.member != b.member {
			return int(a.member - b.member)
		}
		return a.day.Compare(b.day)
	})
	var orders []Order
	for i, l := range lines {
		if i == 0 || lines[i-1].member != l.member || !lines[i-1].day.Equal(l.day) {
			orders = append(orders, Order{Customer: l.member})
		}
		o := &orders[len(orders)-1]
		o.Items = append(o.Items, l.item)
	}
	rate, n := heldBack(orders, nil, nil)
	t.Logf("%.0f last orders with something new, hit rate at 1, 3, 5: %.4f, most popular %.4f", n, rate.model, rate.popular)
}
