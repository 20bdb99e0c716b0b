package ocr

import (
	"image"

	"golang.org/x/image/draw"
)

// What a page of loose text is made into: rows of one height.
const (
	rowHeight   = 38  // pixels of a row's tallest word
	rowSpace    = 32  // between rows, and around them
	leastWord   = 6   // pixels: lower is a rule or a speck
	otherSize   = 0.7 // words of which one is lower than this part of the other do not belong to one row
	mostRows    = 120 // more is no card
	mostStretch = 4.0
	smallRows   = 0.7 // how high rows are the second time
)

// reflow sets the words of a card anew: every word that is set larger or smaller than the one before begins a row of its own,
// and all rows become equally high. A reader that expects a page of one type misreads a large name beside a small title. It
// returns nil when there is nothing to set.
func reflow(ink *image.Gray) *image.Gray {
	var words [][]image.Rectangle
	for _, band := range cutRows(ink, ink.Rect) {
		for _, block := range cutColumns(ink, band, max(band.Dy()*3, ink.Rect.Dx()/12)) { // columns whose lines are not level
			for _, line := range cutRows(ink, block) {
				words = append(words, sizes(ink, line)...)
			}
		}
	}
	if len(words) == 0 || len(words) > mostRows {
		return nil
	}
	type row struct {
		box image.Rectangle
		k   float64
	}
	var rows []row
	width, height := 0, rowSpace
	for _, group := range words {
		box, tallest := image.Rectangle{}, 0
		for _, w := range group {
			box = box.Union(w)
			tallest = max(tallest, w.Dy())
		}
		k := min(mostStretch, float64(rowHeight)/float64(tallest))
		rows = append(rows, row{box, k})
		width = max(width, int(float64(box.Dx())*k))
		height += int(float64(box.Dy())*k) + rowSpace
	}
	if width > 8000 || height > 12000 {
		return nil
	}
	out := image.NewGray(image.Rect(0, 0, width+2*rowSpace, height))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	y := rowSpace
	for _, r := range rows {
		w, h := int(float64(r.box.Dx())*r.k), int(float64(r.box.Dy())*r.k)
		draw.BiLinear.Scale(out, image.Rect(rowSpace, y, rowSpace+w, y+h), ink, r.box, draw.Src, nil)
		y += h + rowSpace
	}
	return out
}

// inkBelow is how dark a pixel of ink is at least.
const inkBelow = 150

// cutRows cuts a part of a page at the rows that hold no ink.
func cutRows(ink *image.Gray, r image.Rectangle) (bands []image.Rectangle) {
	start := -1
	for y := r.Min.Y; y <= r.Max.Y; y++ {
		empty := true
		if y < r.Max.Y {
			row := ink.Pix[y*ink.Stride+r.Min.X : y*ink.Stride+r.Max.X]
			for _, v := range row {
				if v < inkBelow {
					empty = false
					break
				}
			}
		}
		switch {
		case !empty && start < 0:
			start = y
		case empty && start >= 0:
			b := image.Rect(r.Min.X, start, r.Max.X, y)
			if n := len(bands); n > 0 && b.Min.Y-bands[n-1].Max.Y <= max(1, min(b.Dy(), bands[n-1].Dy())/8) {
				bands[n-1].Max.Y = y // 二 has a gap of its own
			} else {
				bands = append(bands, b)
			}
			start = -1
		}
	}
	kept := bands[:0]
	for _, b := range bands {
		if b.Dy() >= leastWord {
			kept = append(kept, b)
		}
	}
	return kept
}

// cutColumns cuts a part of a page at gaps of at least that many pixels.
func cutColumns(ink *image.Gray, r image.Rectangle, gap int) (parts []image.Rectangle) {
	start, last := -1, -1
	for x := r.Min.X; x < r.Max.X; x++ {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			if ink.Pix[y*ink.Stride+x] < inkBelow {
				if start >= 0 && x-last > gap {
					parts = append(parts, image.Rect(start, r.Min.Y, last+1, r.Max.Y))
					start = -1
				}
				if start < 0 {
					start = x
				}
				last = x
				break
			}
		}
	}
	if start >= 0 {
		parts = append(parts, image.Rect(start, r.Min.Y, last+1, r.Max.Y))
	}
	return parts
}

// sizes are the words of a line, those of one size together.
func sizes(ink *image.Gray, line image.Rectangle) (groups [][]image.Rectangle) {
	var now []image.Rectangle
	tallest := 0
	for _, w := range cutColumns(ink, line, max(3, line.Dy()/3)) {
		rows := cutRows(ink, w)
		if len(rows) == 0 {
			continue
		}
		w.Min.Y, w.Max.Y = rows[0].Min.Y, rows[len(rows)-1].Max.Y
		h := w.Dy()
		if len(now) > 0 && (float64(min(h, tallest)) < otherSize*float64(max(h, tallest))) {
			groups = append(groups, now)
			now, tallest = nil, 0
		}
		now = append(now, w)
		tallest = max(tallest, h)
	}
	if len(now) > 0 {
		groups = append(groups, now)
	}
	return groups
}
