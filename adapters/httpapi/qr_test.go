package httpapi_test

import (
	"image"
	"image/color"
	"regexp"
	"strconv"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

var qrRun = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`)

// readQR reads a QR code drawn as a path of SVG, as a phone's camera would.
func readQR(t *testing.T, size, path string) string {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const zoom = 8
	n := number(size)
	img := image.NewGray(image.Rect(0, 0, n*zoom, n*zoom))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, run := range qrRun.FindAllStringSubmatch(path, -1) {
		for x := number(run[1]) * zoom; x < (number(run[1])+number(run[3]))*zoom; x++ {
			for y := number(run[2]) * zoom; y < (number(run[2])+1)*zoom; y++ {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("nobody can scan it: %v", err)
	}
	return got.GetText()
}
