package tabular

import (
	"math"
	"math/rand/v2"
	"slices"
)

// maxBins is the number of values a signal is cut into for the trees; bin 0 is for missing ones.
const maxBins = 63

// cuts are the upper ends of the bins of a signal.
func cuts(values []float64) []float64 {
	said := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			said = append(said, v)
		}
	}
	slices.Sort(said)
	distinct := slices.Compact(slices.Clone(said))
	if len(distinct) <= maxBins {
		return distinct
	}
	var ends []float64
	for b := 1; b <= maxBins; b++ {
		end := said[(len(said)*b-1)/maxBins]
		if len(ends) == 0 || end > ends[len(ends)-1] {
			ends = append(ends, end)
		}
	}
	return ends
}

// binned says in which bin each value lies; what is larger than all that was seen lies in the last.
func binned(values, ends []float64) []uint8 {
	out := make([]uint8, len(values))
	for i, v := range values {
		if !math.IsNaN(v) && len(ends) > 0 {
			at, _ := slices.BinarySearch(ends, v)
			out[i] = uint8(min(at, len(ends)-1) + 1)
		}
	}
	return out
}

// growth is how trees grow.
type growth struct {
	trees    int
	leaves   int
	rate     float64 // what a tree adds of its own opinion
	least    float64 // rows in a leaf
	ridge    float64
	columns  float64 // share of the signals that a tree sees
	rows     float64 // share of the rows
	patience int     // trees without progress on the checked rows before it stops
}

// node is a question (bin of signal at most cut, missing values go as said) or, when it has no children, an answer.
type node struct {
	signal      int
	cut         uint8
	missingLeft bool
	left, right int32
	value       float64
}

// forest is a sum of trees, as log odds.
type forest struct {
	start float64
	trees [][]node
}

// treeScore is the answer of one tree for a row.
func treeScore(tree []node, bins [][]uint8, i int) float64 {
	at := int32(0)
	for tree[at].left != 0 {
		n := &tree[at]
		b := bins[n.signal][i]
		if b == 0 && n.missingLeft || b != 0 && b <= n.cut {
			at = n.left
		} else {
			at = n.right
		}
	}
	return tree[at].value
}

// scores are the log odds of n rows by the first trees.
func (f *forest) scores(bins [][]uint8, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = f.start
	}
	for _, tree := range f.trees {
		for i := range out {
			out[i] += treeScore(tree, bins, i)
		}
	}
	return out
}

// grower grows a forest on the training rows.
type grower struct {
	growth
	bins     [][]uint8
	sizes    []int // bins of each signal, the missing one included
	g, h     []float32
	sums     [][]cell // by leaf: the sums of all its bins, signal after signal
	offsets  []int
	features []int
}

type cell struct{ g, h, n float64 }

// leaf is a node that may still be split.
type leaf struct {
	node  int32
	rows  []int32
	total cell
	cells []cell
	best  split
}

// split is the best question for a leaf.
type split struct {
	gain        float64
	signal      int
	cut         uint8
	missingLeft bool
}

// grow fits a forest; after each tree, check (when not nil) is told and may end it.
func grow(bins [][]uint8, ends [][]float64, y []float64, o growth, seed uint64, check func(tree []node) bool) *forest {
	n := len(y)
	w := &grower{growth: o, bins: bins, g: make([]float32, n), h: make([]float32, n)}
	size := 0
	for _, e := range ends {
		w.offsets = append(w.offsets, size)
		w.sizes = append(w.sizes, len(e)+1)
		size += len(e) + 1
	}
	random := rand.New(rand.NewPCG(seed, 17))
	mean := 0.0
	for _, v := range y {
		mean += v
	}
	mean = math.Min(math.Max(mean/float64(n), 1e-6), 1-1e-6)
	f := &forest{start: logit(mean)}
	z := make([]float64, n)
	for i := range z {
		z[i] = f.start
	}
	rows := make([]int32, 0, n)
	for range o.trees {
		rows = rows[:0]
		for i := range n {
			q := sigmoid(z[i])
			w.g[i], w.h[i] = float32(y[i]-q), float32(math.Max(q*(1-q), 1e-6))
			if o.rows >= 1 || random.Float64() < o.rows {
				rows = append(rows, int32(i))
			}
		}
		w.features = w.features[:0]
		for s := range bins {
			if w.sizes[s] > 2 && (o.columns >= 1 || random.Float64() < o.columns) || w.sizes[s] == 2 && random.Float64() < o.columns {
				w.features = append(w.features, s)
			}
		}
		tree := w.tree(rows, size)
		f.trees = append(f.trees, tree)
		for i := range z {
			z[i] += treeScore(tree, bins, i)
		}
		if check != nil && check(tree) {
			break
		}
	}
	return f
}

// tree grows one tree, the most promising leaf first.
func (w *grower) tree(rows []int32, size int) []node {
	nodes := []node{{}}
	root := &leaf{rows: slices.Clone(rows), cells: w.table(size)}
	w.fill(root)
	w.search(root)
	leaves := []*leaf{root}
	for len(leaves) < w.leaves {
		var best *leaf
		at := 0
		for i, l := range leaves {
			if l.best.gain > 1e-9 && (best == nil || l.best.gain > best.best.gain) {
				best, at = l, i
			}
		}
		if best == nil {
			break
		}
		left, right := w.part(best, size)
		left.node, right.node = int32(len(nodes)), int32(len(nodes)+1)
		n := &nodes[best.node]
		n.signal, n.cut, n.missingLeft, n.left, n.right = best.best.signal, best.best.cut, best.best.missingLeft, left.node, right.node
		nodes = append(nodes, node{}, node{})
		w.search(left)
		w.search(right)
		leaves[at] = left
		leaves = append(leaves, right)
	}
	for _, l := range leaves {
		nodes[l.node].value = w.rate * l.total.g / (l.total.h + w.ridge)
		w.sums = append(w.sums, l.cells)
	}
	return nodes
}

// table is an empty table of sums, of an earlier leaf when there is one.
func (w *grower) table(size int) []cell {
	if n := len(w.sums); n > 0 {
		t := w.sums[n-1]
		w.sums = w.sums[:n-1]
		clear(t)
		return t
	}
	return make([]cell, size)
}

// fill sums the rows of a leaf by bin.
func (w *grower) fill(l *leaf) {
	l.total = cell{}
	for _, i := range l.rows {
		l.total.g += float64(w.g[i])
		l.total.h += float64(w.h[i])
	}
	l.total.n = float64(len(l.rows))
	for _, s := range w.features {
		cells, bins := l.cells[w.offsets[s]:w.offsets[s]+w.sizes[s]], w.bins[s]
		for _, i := range l.rows {
			c := &cells[bins[i]]
			c.g += float64(w.g[i])
			c.h += float64(w.h[i])
			c.n++
		}
	}
}

// part splits a leaf; only the smaller side is summed, the other is what is left.
func (w *grower) part(l *leaf, size int) (left, right *leaf) {
	bins := w.bins[l.best.signal]
	left, right = &leaf{}, &leaf{}
	for _, i := range l.rows {
		if b := bins[i]; b == 0 && l.best.missingLeft || b != 0 && b <= l.best.cut {
			left.rows = append(left.rows, i)
		} else {
			right.rows = append(right.rows, i)
		}
	}
	small, large := left, right
	if len(small.rows) > len(large.rows) {
		small, large = large, small
	}
	small.cells = w.table(size)
	w.fill(small)
	large.cells = l.cells
	for _, s := range w.features {
		for b := w.offsets[s]; b < w.offsets[s]+w.sizes[s]; b++ {
			large.cells[b].g -= small.cells[b].g
			large.cells[b].h -= small.cells[b].h
			large.cells[b].n -= small.cells[b].n
		}
	}
	large.total = cell{l.total.g - small.total.g, l.total.h - small.total.h, l.total.n - small.total.n}
	return left, right
}

// search finds the best split of a leaf.
func (w *grower) search(l *leaf) {
	l.best = split{}
	if l.total.n < 2*w.least {
		return
	}
	whole := l.total.g * l.total.g / (l.total.h + w.ridge)
	try := func(s int, cut int, missingLeft bool, side cell) {
		other := cell{l.total.g - side.g, l.total.h - side.h, l.total.n - side.n}
		if side.n < w.least || other.n < w.least {
			return
		}
		gain := side.g*side.g/(side.h+w.ridge) + other.g*other.g/(other.h+w.ridge) - whole
		if gain > l.best.gain*(1+1e-9) {
			l.best = split{gain, s, uint8(cut), missingLeft}
		}
	}
	for _, s := range w.features {
		cells := l.cells[w.offsets[s] : w.offsets[s]+w.sizes[s]]
		missing := cells[0]
		var side cell
		for b := 1; b < len(cells); b++ {
			side.g, side.h, side.n = side.g+cells[b].g, side.h+cells[b].h, side.n+cells[b].n
			try(s, b, false, side) // with nothing missing the last of these is empty on one side and refused
			if missing.n > 0 {
				try(s, b, true, cell{side.g + missing.g, side.h + missing.h, side.n + missing.n})
			}
		}
	}
}
