// Package ocr reads text and QR codes in pictures. Text is read by the program tesseract, where it is
// installed with the language chi_sim: run as a child that gets the picture on its standard input, may use one
// processor, and is killed with all it started when it takes too long. Codes need no other program.
package ocr

import (
	"context"
	"fmt"
	"image"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"gendan/bot/chat"
)

const (
	mostBytes  = 10 << 20   // of a picture as it was sent
	mostPixels = 50_000_000 // of a picture, opened
	smallest   = 16         // pixels: a side below has no room for text
)

// Reader reads pictures. It is safe for concurrent use; not more pictures than processors are read at a time.
type Reader struct {
	Within time.Duration // the most that one picture may take; [New] sets 20 s

	program   string // the path of tesseract; "" where it is missing
	languages []string
	why       string
	turns     chan struct{}
}

// New looks for tesseract on the PATH. Without it, or without its Chinese, the reader still finds codes.
func New(ctx context.Context) *Reader {
	r := &Reader{Within: 20 * time.Second, turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
	path, err := exec.LookPath("tesseract")
	if err != nil {
		r.why = "没有安装 tesseract，图片里的字读不了（二维码可以）；装上 tesseract-ocr 和 tesseract-ocr-chi-sim 就行"
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := run(ctx, nil, path, "--list-langs")
	if err != nil {
		r.why = "tesseract 运行不了，图片里的字读不了：" + err.Error()
		return r
	}
	r.languages = strings.Fields(string(out))
	if !slices.Contains(r.languages, chinese) {
		r.why = "tesseract 没有中文，图片里的字读不了；装上 tesseract-ocr-chi-sim 就行"
		return r
	}
	r.program = path
	return r
}

// Missing says in one Chinese sentence why no text can be read and what to install; "" when it can.
func (r *Reader) Missing() string { return r.why }

// Read reads a picture: PNG, JPEG or WebP. An error that is [chat.ErrNoPicture] lies in the bytes, any other in
// the reading. A code that holds a contact is taken for the whole message: the text around it is not read then.
func (r *Reader) Read(ctx context.Context, data []byte) (chat.Picture, error) {
	select { // before it is opened, which takes up to 400 MB for the largest
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return chat.Picture{}, fmt.Errorf("ocr: no processor was free: %w", ctx.Err())
	}
	img, err := decode(data)
	if err != nil {
		return chat.Picture{}, err
	}
	size := img.Bounds()
	p := chat.Picture{Width: size.Dx(), Height: size.Dy()}
	ctx, cancel := context.WithTimeout(ctx, r.Within)
	defer cancel()
	p.Codes = codes(img)
	if slices.ContainsFunc(p.Codes, contact) {
		return p, nil
	}
	if p.Blind = r.program == ""; p.Blind || min(p.Width, p.Height) < smallest {
		return p, nil
	}
	return p, r.text(ctx, img, &p)
}

// text reads the text of img. What a computer drew is freed of its colours first, and read with the help of
// the areas that these leave: bubbles, buttons, bars. A photograph is read as it is.
func (r *Reader) text(ctx context.Context, img *image.Gray, p *chat.Picture) error {
	page := prepare(img)
	drawn := page.ink != nil
	var ways []way
	switch {
	case len(page.bubbles) >= 2: // a chat: there is little Latin to mistake, and time for one way only
		ways = []way{{page.ink, chinese, 6, true}}
	default:
		ways = []way{{page.img, chinese, 6, drawn}}
		latin := chinese
		if slices.Contains(r.languages, english) {
			latin = english
		}
		if rows := page.rows(); rows != nil { // in two sizes, for each has characters of its own that it misreads
			ways = append(ways, way{rows, chinese, 6, true}, way{scaled(rows, smallRows), chinese, 6, true}, way{rows, latin, 6, true})
		} else {
			ways = append(ways, way{page.img, chinese, 4, drawn}, way{page.img, latin, 6, drawn})
		}
	}
	p.Bubbles = page.bubbles
	for i, w := range ways {
		lines, err := r.read(ctx, page, w)
		switch {
		case err != nil && i == 0:
			return err
		case err != nil: // the first way has been read: better than nothing
			return nil
		case i == 0:
			p.Lines = lines
		default:
			p.Again = append(p.Again, lines)
		}
	}
	return nil
}
