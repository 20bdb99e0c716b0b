package ocr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"

	"gendan/bot/chat"
)

// decode opens a picture as grey, upright. Nothing of it is handed to a foreign program before this has made a
// new picture of it, and nothing is opened before its size is known.
func decode(data []byte) (gray *image.Gray, err error) {
	if len(data) > mostBytes {
		return nil, fmt.Errorf("ocr: %d bytes: %w", len(data), chat.ErrNoPicture)
	}
	config, open := png.DecodeConfig, png.Decode
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n")):
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		config, open = jpeg.DecodeConfig, jpeg.Decode
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		config, open = webp.DecodeConfig, webp.Decode
	default:
		return nil, fmt.Errorf("ocr: neither PNG nor JPEG nor WebP: %w", chat.ErrNoPicture)
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ocr: %w: %w", chat.ErrNoPicture, err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > mostPixels/c.Height {
		return nil, fmt.Errorf("ocr: %d×%d: %w", c.Width, c.Height, chat.ErrNoPicture)
	}
	img, err := open(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ocr: %w: %w", chat.ErrNoPicture, err)
	}
	return upright(grey(img), orientation(data)), nil
}

// grey is img without colours; what shines through is white behind.
func grey(img image.Image) *image.Gray {
	b := img.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	switch src := img.(type) {
	case *image.Gray:
		draw.Draw(out, out.Bounds(), src, b.Min, draw.Src)
	case *image.YCbCr:
		for y := range b.Dy() {
			from := src.YOffset(b.Min.X, b.Min.Y+y)
			copy(out.Pix[y*out.Stride:], src.Y[from:from+b.Dx()])
		}
	default:
		row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
		for y := range b.Dy() {
			draw.Draw(row, row.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
			draw.Draw(row, row.Bounds(), img, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
			for x := range b.Dx() {
				p := row.Pix[4*x:]
				out.Pix[y*out.Stride+x] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000)
			}
		}
	}
	return out
}

// orientation is how a camera was held when it took a JPEG: 1 to 8 as EXIF counts them, 1 when it does not say.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[0] == 0xff && data[1] == 0xd8 && data[i] == 0xff; {
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if data[i+1] == 0xda || size < 2 || i+2+size > len(data) {
			break
		}
		if body := data[i+4 : i+2+size]; data[i+1] == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tagged(body[6:])
		}
		i += 2 + size
	}
	return 1
}

// tagged finds the tag of the orientation in a TIFF header.
func tagged(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for i := range int(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > len(tiff) {
			break
		}
		if o := int(order.Uint16(tiff[entry+8:])); order.Uint16(tiff[entry:]) == 0x0112 && o >= 1 && o <= 8 {
			return o
		}
	}
	return 1
}

// upright turns and mirrors img so that its orientation becomes 1.
func upright(img *image.Gray, orientation int) *image.Gray {
	if orientation == 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewGray(image.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sx, sy := x, y
			if orientation >= 5 {
				sx, sy = y, x
			}
			switch orientation {
			case 2:
				sx = w - 1 - sx
			case 3:
				sx, sy = w-1-sx, h-1-sy
			case 4:
				sy = h - 1 - sy
			case 6:
				sy = h - 1 - sy
			case 7:
				sx, sy = w-1-sx, h-1-sy
			case 8:
				sx = w - 1 - sx
			}
			out.Pix[y*out.Stride+x] = img.Pix[sy*img.Stride+sx]
		}
	}
	return out
}
