package ocr

import (
	"image"
	"maps"
	"slices"

	"gendan/bot/chat"
)

// What makes a page drawn by a computer, and a bubble in it.
const (
	sameColour = 3    // neighbours that differ by no more belong to one area
	mostlyFlat = 0.55 // of the page lies in areas of one colour: it was drawn
	inkGain    = 2.5  // how much darker ink gets, so that pale grey is read too
	inkFloor   = 12   // a difference from the ground that is no ink
)

// page is a picture made ready to be read.
type page struct {
	img     *image.Gray // as it was sent, in the size to be read
	ink     *image.Gray // the same in black on white; nil of a photograph
	k       float64     // how much larger than the picture as it was sent
	size    image.Rectangle
	bubbles []chat.PictureBubble // in the pixels of the picture as it was sent
}

// within is the bubble that box stands in, -1 for none.
func (p page) within(box image.Rectangle) int {
	box = p.original(box)
	middle := image.Pt((box.Min.X+box.Max.X)/2, (box.Min.Y+box.Max.Y)/2)
	for i, b := range p.bubbles {
		if middle.In(b.Box) {
			return i
		}
	}
	return -1
}

// original is r in the pixels of the picture as it was sent.
func (p page) original(r image.Rectangle) image.Rectangle {
	at := func(v int) int { return int(float64(v) / p.k) }
	return image.Rect(at(r.Min.X), at(r.Min.Y), at(r.Max.X), at(r.Max.Y)).Intersect(p.size)
}

// prepare makes img ready. Chat windows, forms and drawn cards put text of any colour on areas of any colour;
// tesseract decides once for the whole page what is ink, and so misses all that stands in green bubbles. So
// the areas are found first, and each pixel outside them becomes as dark as it differs from the area around it.
func prepare(img *image.Gray) page {
	k := pageFactor(img)
	p := page{img: scaled(img, k), k: k, size: img.Rect}
	areas, of := flatAreas(img) // before it is scaled: that would melt white bubbles into a pale ground
	if areas == nil {
		return p
	}
	p.bubbles = bubbles(img.Rect, areas, of)
	ink := inked(img, areas, of)
	if len(p.bubbles) >= 2 {
		blankPictures(ink, p.bubbles)
	}
	p.ink = scaled(ink, k)
	return p
}

// rows is the page's text in rows of one height; nil when there is none, or too much.
func (p page) rows() *image.Gray {
	if p.ink == nil {
		return reflow(localInk(p.img))
	}
	return reflow(p.ink)
}

// localInk is a photograph in black on white: ink is what is darker than what lies around it.
func localInk(img *image.Gray) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sums := make([]int64, (w+1)*(h+1))
	for y := range h {
		row := int64(0)
		for x := range w {
			row += int64(img.Pix[y*img.Stride+x])
			sums[(y+1)*(w+1)+x+1] = sums[y*(w+1)+x+1] + row
		}
	}
	out := image.NewGray(img.Rect)
	around := max(w, h) / 40
	for y := range h {
		y0, y1 := max(0, y-around), min(h, y+around+1)
		for x := range w {
			x0, x1 := max(0, x-around), min(w, x+around+1)
			mean := (sums[y1*(w+1)+x1] - sums[y0*(w+1)+x1] - sums[y1*(w+1)+x0] + sums[y0*(w+1)+x0]) / int64((x1-x0)*(y1-y0))
			ink := int(mean) - int(img.Pix[y*img.Stride+x]) - 2*inkFloor
			out.Pix[y*out.Stride+x] = uint8(255 - min(255, int(float64(max(0, ink))*2*inkGain)))
		}
	}
	return out
}

// area is a connected part of a page that has one colour.
type area struct {
	box    image.Rectangle
	pixels int
	sum    int // of the colours
}

func (a *area) colour() int { return a.sum / a.pixels }

// flatAreas finds the areas that are larger than letters, and for each pixel which of them it
// belongs to, -1 for none. It returns nil when too little of the page is flat: a photograph.
func flatAreas(img *image.Gray) (areas []*area, of []int32) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	parent := make([]int32, w*h)
	root := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= sameColour }
	for y := range h {
		row := img.Pix[y*img.Stride:]
		for x := range w {
			i := int32(y*w + x)
			parent[i] = i
			if x > 0 && near(row[x], row[x-1]) {
				parent[i] = root(i - 1)
			}
			if y > 0 && near(row[x], img.Pix[(y-1)*img.Stride+x]) {
				if a, b := root(i), root(i-int32(w)); a != b {
					parent[max(a, b)] = min(a, b)
				}
			}
		}
	}
	count := make([]int32, w*h)
	for i := range parent {
		parent[i] = root(int32(i))
		count[parent[i]]++
	}
	side := min(w, h)
	large := map[int32]*area{}
	for y := range h {
		for x := range w {
			r := parent[y*w+x]
			if int(count[r]) < max(side*side/400, 300) {
				continue
			}
			a := large[r]
			if a == nil {
				a = &area{box: image.Rect(x, y, x+1, y+1), pixels: int(count[r])}
				large[r] = a
			}
			a.sum += int(img.Pix[y*img.Stride+x])
			a.box.Min.X, a.box.Max.X = min(a.box.Min.X, x), max(a.box.Max.X, x+1)
			a.box.Max.Y = y + 1
		}
	}
	flat := 0
	number := map[int32]int32{}
	for _, r := range slices.Sorted(maps.Keys(large)) {
		if a := large[r]; max(a.box.Dx(), a.box.Dy()) > side/11 {
			number[r] = int32(len(areas))
			areas = append(areas, a)
			flat += a.pixels
		}
	}
	if float64(flat) < mostlyFlat*float64(w*h) {
		return nil, nil
	}
	for i, r := range parent {
		if n, ok := number[r]; ok {
			parent[i] = n
		} else {
			parent[i] = -1
		}
	}
	return areas, parent
}

// inked is img in black on white: each pixel outside the areas as dark as it differs from the one it lies in.
// Between two areas it may belong to either.
func inked(img *image.Gray, areas []*area, of []int32) *image.Gray {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(img.Rect)
	colours := make([]int, len(areas))
	for i, a := range areas {
		colours[i] = a.colour()
	}
	next := make([]int32, w)
	for y := range h {
		ahead := int32(-1)
		for x := w - 1; x >= 0; x-- {
			if n := of[y*w+x]; n >= 0 {
				ahead = n
			}
			next[x] = ahead
		}
		behind := int32(-1)
		for x := range w {
			o := y*out.Stride + x
			if n := of[y*w+x]; n >= 0 {
				behind = n
				out.Pix[o] = 255
				continue
			}
			v, ink := int(img.Pix[y*img.Stride+x]), 255
			for _, n := range [2]int32{behind, next[x]} {
				if n >= 0 {
					ink = min(ink, max(v-colours[n], colours[n]-v))
				}
			}
			out.Pix[o] = uint8(255 - min(255, int(float64(max(0, ink-inkFloor))*inkGain)))
		}
	}
	return out
}

// bubbles are the areas that hold text, are narrower than the page, and are no mere frame.
func bubbles(page image.Rectangle, areas []*area, of []int32) (found []chat.PictureBubble) {
	ground, groundNo := areas[0], int32(0)
	for n, a := range areas {
		if a.pixels > ground.pixels {
			ground, groundNo = a, int32(n)
		}
	}
	for _, a := range areas {
		size := a.box.Size()
		switch {
		case a == ground, size.X*100 > page.Dx()*88, size.X*12 < page.Dx(), size.Y*40 < page.Dx():
			continue
		case a.pixels*100 < size.X*size.Y*45:
			continue // a frame, or letters on it everywhere
		case max(a.colour(), ground.colour())-min(a.colour(), ground.colour()) < 5:
			continue
		}
		ink := 0
		for y := a.box.Min.Y; y < a.box.Max.Y; y++ {
			for x := a.box.Min.X; x < a.box.Max.X; x++ {
				if of[y*page.Dx()+x] < 0 {
					ink++
				}
			}
		}
		if share := float64(ink) / float64(size.X*size.Y); share > 0.02 {
			found = append(found, chat.PictureBubble{Box: a.box, Right: standsRight(page, a.box, of, groundNo)})
		}
	}
	slices.SortFunc(found, func(a, b chat.PictureBubble) int { return a.Box.Min.Y - b.Box.Min.Y })
	return found
}

// standsRight tells at which edge of the page a bubble stands: where the speaker's face is, for a long bubble
// leaves as much room on one side as on the other; without faces, where there is less room.
func standsRight(page, box image.Rectangle, of []int32, ground int32) bool {
	left, right := 0, 0
	for y := box.Min.Y; y < min(box.Max.Y, box.Min.Y+page.Dx()/10); y++ {
		row := of[y*page.Dx() : (y+1)*page.Dx()]
		for x, n := range row {
			switch {
			case n == ground:
			case x < box.Min.X:
				left++
			case x >= box.Max.X:
				right++
			}
		}
	}
	switch enough := page.Dx() / 4; {
	case left > 2*right+enough:
		return false
	case right > 2*left+enough:
		return true
	}
	return box.Min.X > page.Max.X-box.Max.X
}

// blankPictures makes white what lies outside the bubbles and is too large to be a letter: faces, photographs.
func blankPictures(ink *image.Gray, bubbles []chat.PictureBubble) {
	w, h := ink.Rect.Dx(), ink.Rect.Dy()
	seen := make([]bool, w*h)
	for _, b := range bubbles {
		for y := b.Box.Min.Y; y < b.Box.Max.Y; y++ {
			for x := b.Box.Min.X; x < b.Box.Max.X; x++ {
				seen[y*w+x] = true
			}
		}
	}
	letter := w / 14
	var stack, part []int32
	for start := range w * h {
		if seen[start] || ink.Pix[start] > 200 {
			continue
		}
		stack, part = append(stack[:0], int32(start)), part[:0]
		seen[start] = true
		box := image.Rectangle{}
		for len(stack) > 0 {
			i := int(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			part = append(part, int32(i))
			x, y := i%w, i/w
			box = box.Union(image.Rect(x, y, x+1, y+1))
			for _, d := range [8]image.Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}} {
				nx, ny := x+d.X, y+d.Y
				if nx < 0 || ny < 0 || nx >= w || ny >= h {
					continue
				}
				if j := ny*w + nx; !seen[j] && ink.Pix[j] <= 200 {
					seen[j] = true
					stack = append(stack, int32(j))
				}
			}
		}
		if box.Dx() > letter && box.Dy() > letter {
			for _, i := range part {
				ink.Pix[i] = 255
			}
		}
	}
}
