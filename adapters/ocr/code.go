package ocr

import (
	"image"
	"strings"

	"github.com/makiuchi-d/gozxing"
	multi "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// codeSide is the longest side of the picture in which codes are looked for, pixels: enough for a dense code
// that fills a quarter of it.
const codeSide = 1600

// codes finds the QR codes in img. What they say is data: nobody goes where they point.
func codes(img *image.Gray) (found []string) {
	defer func() {
		if recover() != nil { // a picture that the library was not made for
			found = nil
		}
	}()
	seen := map[string]bool{}
	add := func(results ...*gozxing.Result) {
		for _, r := range results {
			if text := strings.TrimSpace(r.GetText()); text != "" && !seen[text] {
				seen[text] = true
				found = append(found, text)
			}
		}
	}
	small := scaled(img, factor(img, codeSide))
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	bits, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(gozxing.NewLuminanceSourceFromImage(small)))
	if err != nil {
		return nil
	}
	if results, err := multi.NewQRCodeMultiReader().DecodeMultiple(bits, hints); err == nil {
		add(results...)
	}
	if len(found) == 0 {
		if r, err := qrcode.NewQRCodeReader().Decode(bits, hints); err == nil {
			add(r)
		}
	}
	return found
}

// contact tells whether a code holds a whole contact.
func contact(code string) bool {
	head := strings.ToUpper(code[:min(len(code), 12)])
	return strings.HasPrefix(head, "BEGIN:VCARD") || strings.HasPrefix(head, "MECARD:")
}
