package ocr

import (
	"image"
	"math"

	"golang.org/x/image/draw"
)

const (
	shortSide  = 1300      // a picture whose longer side is below is doubled, so that strokes are wide enough to be told apart
	mostPage   = 6_000_000 // pixels that are read; more costs time and tells nothing
	narrowPage = 720       // a long screenshot is not made narrower than this: its text would be too small
)

// pageFactor is by how much img is scaled to be read.
func pageFactor(img *image.Gray) float64 {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	switch {
	case max(w, h) < shortSide:
		return 2
	case w*h > mostPage:
		return min(1, max(math.Sqrt(mostPage/(w*h)), min(narrowPage/w, math.Sqrt(2*mostPage/(w*h)))))
	}
	return 1
}

// factor is what makes the longer side of img at most side.
func factor(img *image.Gray, side int) float64 {
	return min(1, float64(side)/float64(max(img.Rect.Dx(), img.Rect.Dy())))
}

// scaled is img k times as large.
func scaled(img *image.Gray, k float64) *image.Gray {
	if k == 1 {
		return img
	}
	w := max(1, int(math.Round(float64(img.Rect.Dx())*k)))
	h := max(1, int(math.Round(float64(img.Rect.Dy())*k)))
	out := image.NewGray(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
	return out
}
