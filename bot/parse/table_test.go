package parse

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTableIsLikeAMap puts and looks up numbers that are near each other, far from each other and 0.
func TestTableIsLikeAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() uint64 {
		switch random.IntN(4) {
		case 0:
			return uint64(random.IntN(50))
		case 1:
			return uint64(random.IntN(50)) << 32
		default:
			return random.Uint64() >> random.IntN(60)
		}
	}
	for _, room := range []int{0, 1, 1000} {
		var got table[int32]
		if room > 0 {
			got = tableFor[int32](room)
		}
		want := map[uint64]int32{}
		for n := range int32(3000) {
			k := number()
			if _, ok := got.get(k); k == 0 && ok {
				t.Fatal("something is kept under 0")
			}
			got.put(k, n)
			if k != 0 {
				want[k] = n
			}
			for _, k := range []uint64{k, number()} {
				v, ok := got.get(k)
				if w, there := want[k]; v != w && there || ok != there {
					t.Fatalf("%x is %d, %v; want %d, %v", k, v, ok, w, there)
				}
			}
		}
		if got.n != len(want) {
			t.Errorf("%d keys, want %d", got.n, len(want))
		}
	}
}

// TestWordsAreFoundAtTheirPlaces compares the longest word that begins and that ends at a place with what looking for each word finds.
func TestWordsAreFoundAtTheirPlaces(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune([]rune("云帆科技ab-é")[random.IntN(8)])
		}
		return b.String()
	}
	for range 200 {
		var first, more []string
		for range 12 {
			first, more = append(first, text(1+random.IntN(4))), append(more, text(1+random.IntN(9)))
		}
		list := slices.Concat(first, more)
		w := newWords(first).and(more)
		if len(first)%2 == 0 {
			w = newWords(first, more)
		}
		l := newLine(text(14))
		for i := -1; i <= len(l.norm); i++ {
			at, end := 0, 0
			for _, word := range list {
				n := utf8Len(word)
				k := i + n
				cut := i >= 0 && k < len(l.norm) && isLatin(l.norm[k-1]) && (isLatin(l.norm[k]) || l.norm[k] == '-' && k+1 < len(l.norm) && isLatin(l.norm[k+1]))
				if l.hasAt(i, word) && !cut {
					at = max(at, n)
				}
				if n <= 8 && i-n >= 2 && l.hasAt(i-n, word) {
					end = max(end, n)
				}
			}
			if got := w.at(l, i); got != at {
				t.Fatalf("at %d of %s: %d, want %d of %q", i, string(l.norm), got, at, list)
			}
			if i < 2 {
				continue
			}
			if got := w.endsAt(l, 2, i); got != end {
				t.Fatalf("before %d of %s: %d, want %d of %q", i, string(l.norm), got, end, list)
			}
		}
	}
}

// TestVotesAddUp compares the sums of votes with those of a map.
func TestVotesAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var v votes
	want := map[uint64][]vote{}
	for k := range uint64(500) {
		sign := k%400 + 1
		var of []vote
		for range random.IntN(4) {
			of = append(of, vote{outcome: uint8(random.IntN(5)), weight: int16(random.IntN(600) - 300)})
		}
		v.put(sign, of)
		want[sign] = append(want[sign], of...)
	}
	got, sums := make([]int32, 5), make([]int32, 5)
	for range 2000 {
		k := uint64(random.IntN(500))
		v.add(got, k)
		for _, x := range want[k] {
			sums[x.outcome] += int32(x.weight)
		}
	}
	if !slices.Equal(got, sums) {
		t.Errorf("%v, want %v", got, sums)
	}
}
