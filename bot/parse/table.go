package parse

import "math/bits"

// table finds what is kept under a number: open addressing (Knuth, The Art of Computer Programming 3, 6.4, algorithm L) over two slices. Most of what
// the parser looks up is not there, which one place of keys tells; a Go map takes three times as long and more room. Nothing is kept under 0.
type table[V any] struct {
	keys   []uint64 // a power of two of them, at most two thirds in use; 0 is a free place
	values []V
	n      int
}

// place is where key is, or where it would be.
func (t *table[V]) place(key uint64) int {
	const spread = 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio: the high bits of the product tell apart keys that are near each other
	last := len(t.keys) - 1
	for i := int(key * spread >> bits.LeadingZeros64(uint64(last))); ; i = (i + 1) & last {
		if k := t.keys[i]; k == key || k == 0 {
			return i
		}
	}
}

func (t *table[V]) get(key uint64) (v V, ok bool) {
	if t.n == 0 || key == 0 {
		return v, false
	}
	i := t.place(key)
	return t.values[i], t.keys[i] == key
}

func (t *table[V]) has(key uint64) bool {
	_, ok := t.get(key)
	return ok
}

func (t *table[V]) put(key uint64, v V) {
	if key == 0 {
		return
	}
	if 3*(t.n+1) > 2*len(t.keys) {
		t.grow(max(8, 2*len(t.keys)))
	}
	i := t.place(key)
	if t.keys[i] == 0 {
		t.n++
	}
	t.keys[i], t.values[i] = key, v
}

// tableFor is a table with room for n keys, twice what it needs: one that is looked into often and is not made in vain.
func tableFor[V any](n int) (t table[V]) {
	size := 8
	for size < 2*(n+1) {
		size *= 2
	}
	t.grow(size)
	return t
}

func (t *table[V]) grow(size int) {
	old := *t
	t.keys, t.values = make([]uint64, size), make([]V, size)
	for i, k := range old.keys {
		if k != 0 {
			at := t.place(k)
			t.keys[at], t.values[at] = k, old.values[i]
		}
	}
}

// tree holds words character by character, so that one walk along a text finds all that begin (or, of words held backwards, end) at a place.
type tree struct {
	steps table[int32] // by node and character, the node behind; the root is 0
	ends  []int32      // by node: the number of the word that ends there, from 1; 0 is none
	n     int32        // how many words there are
}

// step gives the node behind node by r; 0 is none.
func (t *tree) step(node int32, r rune) int32 {
	next, _ := t.steps.get(uint64(node)<<32 | uint64(uint32(r)))
	return next
}

// add gives the number of word, from 1: a new one when it is not known yet.
func (t *tree) add(word []rune) int32 {
	if t.ends == nil {
		t.ends = make([]int32, 1)
	}
	node := int32(0)
	for _, r := range word {
		next := t.step(node, r)
		if next == 0 {
			next = int32(len(t.ends))
			t.ends = append(t.ends, 0)
			t.steps.put(uint64(node)<<32|uint64(uint32(r)), next)
		}
		node = next
	}
	if t.ends[node] == 0 {
		t.n++
		t.ends[node] = t.n
	}
	return t.ends[node]
}

// votes are what signs say for and against several outcomes, in hundredths of log odds. Whole numbers have the same sum in every order.
type votes struct {
	of       table[int32] // by sign, where in all its votes begin
	all      []vote
	outcomes int // how many there are
}

// vote is what a sign says of an outcome.
type vote struct {
	outcome uint8
	last    bool // of its sign
	weight  int16
}

// put notes what a sign says, besides what was noted before.
func (v *votes) put(sign uint64, of []vote) {
	if len(of) == 0 {
		return
	}
	at := len(v.all)
	if k, ok := v.of.get(sign); ok { // they must stand in a row
		for last := false; !last; k++ {
			w := v.all[k]
			last, w.last = w.last, false
			v.all = append(v.all, w)
		}
	}
	v.of.put(sign, int32(at))
	v.all = append(v.all, of...)
	v.all[len(v.all)-1].last = true
}

// add adds what the sign says to the sums of the outcomes.
func (v *votes) add(sums []int32, sign uint64) {
	at, ok := v.of.get(sign)
	if !ok {
		return
	}
	for ; ; at++ {
		w := v.all[at]
		sums[w.outcome] += int32(w.weight)
		if w.last {
			return
		}
	}
}
