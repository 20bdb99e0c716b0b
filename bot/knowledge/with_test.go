package knowledge

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// flat is all that two layers hold that is not nothing.
func flat[K comparable, V any](l *layers[K, V], none func(V) bool) map[K]V {
	out := maps.Clone(l.base)
	if out == nil {
		out = map[K]V{}
	}
	maps.Copy(out, l.over)
	maps.DeleteFunc(out, func(_ K, v V) bool { return none(v) })
	return out
}

// same compares two indexes wholly.
func same(t *testing.T, a, b *Index) {
	t.Helper()
	posts := func(list []int32) bool { return len(list) == 0 }
	if x, y := flat(&a.posts, posts), flat(&b.posts, posts); !reflect.DeepEqual(x, y) {
		t.Fatalf("postings: %d and %d keys", len(x), len(y))
	}
	count := func(n int) bool { return n == 0 }
	if !maps.Equal(flat(&a.cores, count), flat(&b.cores, count)) {
		t.Fatal("cores differ")
	}
	if !reflect.DeepEqual(flat(&a.reader.alike, func(l []heardAs) bool { return len(l) == 0 }), flat(&b.reader.alike, func(l []heardAs) bool { return len(l) == 0 })) {
		t.Fatal("what is read alike differs")
	}
	for _, m := range []map[int32]int{a.sides, b.sides} {
		maps.DeleteFunc(m, func(_ int32, n int) bool { return n == 0 })
	}
	if !maps.Equal(a.sides, b.sides) || !slices.Equal(a.rarity, b.rarity) || a.novelty != b.novelty || !reflect.DeepEqual(a.entries, b.entries) {
		t.Fatal("entries, sides or weights differ")
	}
}

// An index that takes in one change after another is, after each, the index that is made anew.
func TestWhatIsLearnedOneByOneIsWhatIsReadAnew(t *testing.T) {
	w := words(t)
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 3))
		one := trades(t, "tune")[seed]
		pick := func() string { return retold(r, one.asks[r.IntN(len(one.asks))].text) }
		var entries []Entry
		x := New(nil, w)
		for step := range 100 {
			next := slices.Clone(entries)
			for i := range next { // an index keeps what it was given
				next[i].Learned, next[i].Not, next[i].Similar = slices.Clone(next[i].Learned), slices.Clone(next[i].Not), slices.Clone(next[i].Similar)
			}
			n := len(next)
			switch k := r.IntN(12); {
			case n == 0 || k < 2:
				e := one.entries[r.IntN(len(one.entries))]
				next = append(next, Entry{ID: fmt.Sprint(step), Question: pick(), Heard: r.IntN(2) == 0, Answer: e.Answer})
			case k < 6:
				e := &next[r.IntN(n)]
				e.Learned = append(e.Learned, pick())
			case k < 7:
				e := &next[r.IntN(n)]
				e.Not = append(e.Not, pick())
			case k < 8:
				e := &next[r.IntN(n)]
				e.Similar = append(e.Similar, pick())
			case k < 9:
				if e := &next[r.IntN(n)]; len(e.Learned) > 0 {
					e.Not, e.Learned = append(e.Not, e.Learned[0]), e.Learned[1:]
				}
			case k < 10:
				next[r.IntN(n)].Answer = one.entries[r.IntN(len(one.entries))].Answer
			case k < 11:
				e := &next[r.IntN(n)]
				e.Question, e.Heard = pick(), !e.Heard
			default:
				i := r.IntN(n)
				if r.IntN(2) == 0 {
					next[i].Answer = "" // an article without an answer answers nobody
				} else {
					next = slices.Delete(next, i, i+1)
				}
			}
			entries = next
			was := New(entries, w)
			x = x.With(entries)
			same(t, x, was)
			for range 3 {
				if q := pick(); !reflect.DeepEqual(x.Answer(q), was.Answer(q)) {
					t.Fatalf("%q: %+v, made anew %+v", q, x.Answer(q), was.Answer(q))
				}
			}
		}
	}
}

// What lies over a map is made one with it when it has grown, and both read the same.
func TestLayersAreMadeOne(t *testing.T) {
	l := layers[int, int]{base: map[int]int{1: 1, 2: 2}}
	merged := false
	for i := range 3 * overMost {
		if i%1000 == 0 {
			l = l.fork()
			merged = merged || len(l.over) == 0 && i > 0
		}
		l.put(i, -i)
	}
	for i := range 3 * overMost {
		if l.get(i) != -i {
			t.Fatalf("%d: %d", i, l.get(i))
		}
	}
	if !merged {
		t.Error("never made one")
	}
}

// Learning one wording among two thousand matters in ten wordings each takes a small part of reading all.
func TestOneWordingIsLearnedInAMoment(t *testing.T) {
	w, list := words(t), large(t, 2000)
	for i := range list {
		list[i].Heard = true
		for k := range 10 {
			list[i].Learned = append(list[i].Learned, fmt.Sprintf("请教一下%s怎么弄%d", list[i].Question, k))
		}
	}
	New(list[:10], w)
	start := processor()
	x := New(list, w)
	all := processor() - start
	start = processor()
	const n = 10
	for i := range n {
		list = slices.Clone(list)
		list[i].Learned = append(slices.Clone(list[i].Learned), fmt.Sprintf("那个%s找谁", list[i].Question))
		x = x.With(list)
	}
	each := (processor() - start) / n
	t.Logf("%v of processor time to read all, %v to learn a wording", all, each)
	if each > all/10 {
		t.Errorf("a wording takes %v, all of them %v", each, all)
	}
}
