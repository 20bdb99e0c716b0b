package knowledge

import (
	"fmt"
	"testing"
	"time"
)

// large is a list of n entries about n different things.
func large(t testing.TB, n int) []Entry {
	things := []string{"扫地机", "吸尘器", "投影仪", "音箱", "键盘", "显示器", "台灯", "书桌", "沙发", "床垫", "冰柜", "烤箱", "咖啡机", "榨汁机"}
	var base []Entry
	for _, one := range trades(t, "tune") {
		base = append(base, one.entries...)
	}
	out := make([]Entry, n)
	for i := range out {
		e, thing := base[i%len(base)], fmt.Sprintf("%s%d", things[i%len(things)], i/len(base))
		out[i] = Entry{ID: fmt.Sprint(i), Question: thing + "的" + e.Question, Answer: e.Answer + e.Answer}
		for _, s := range e.Similar {
			out[i].Similar = append(out[i].Similar, thing+s)
		}
	}
	return out
}

func TestTenThousandEntriesLoadInASecond(t *testing.T) {
	w, list := words(t), large(t, 10000)
	New(list[:10], w) // the tables of words and sounds
	best, slowest := time.Hour, time.Duration(0)
	var x *Index
	for range 3 { // other programs may run on the machine
		start := time.Now()
		x = New(list, w)
		best = min(best, time.Since(start))
	}
	for i := range 20 {
		took := time.Hour
		for range 3 {
			start := time.Now()
			x.Answer(fmt.Sprintf("请问投影仪%d退货的运费谁来出啊", i))
			took = min(took, time.Since(start))
		}
		slowest = max(slowest, took)
	}
	t.Logf("loaded in %v, slowest answer %v", best, slowest)
	if best > 3*time.Second || slowest > 50*time.Millisecond { // the aims are 1 s and 5 ms, without the race detector and other programs
		t.Errorf("10,000 entries load in %v and answer in %v", best, slowest)
	}
}

func BenchmarkLoad10000(b *testing.B) {
	w, list := words(b), large(b, 10000)
	for b.Loop() {
		New(list, w)
	}
}

func BenchmarkAnswerOf10000(b *testing.B) {
	x := New(large(b, 10000), words(b))
	for b.Loop() {
		x.Answer("请问投影仪33退货的运费谁来出啊")
	}
}

func BenchmarkAnswerOf25(b *testing.B) {
	x := New(trades(b, "tune")[0].entries, words(b))
	for b.Loop() {
		x.Answer("请问拔完智齿多久能吃饭")
	}
}
