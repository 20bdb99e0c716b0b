package chat

import (
	"errors"
	"image"
)

// ErrNoPicture is a reader's answer to bytes that are no picture it can open: another format, broken, or too large.
var ErrNoPicture = errors.New("chat: not a picture that can be read")

// Picture is what was read in a picture that somebody sent.
type Picture struct {
	Width, Height int             // pixels, as shown upright
	Lines         []PictureLine   // from top to bottom; nil when there is no text
	Again         [][]PictureLine // the same read in other ways: what one way misreads another may have
	Bubbles       []PictureBubble // from top to bottom
	Codes         []string        // what the QR codes in it say
	Blind         bool            // no reader of text is installed: only codes were looked for
}

// PictureBubble is an area of one colour that holds text, as chat windows draw them.
type PictureBubble struct {
	Box   image.Rectangle
	Right bool // it belongs to the right edge: in a chat window whoever made the picture has said it
}

// PictureLine is a line of text in a picture.
type PictureLine struct {
	Text   string
	Box    image.Rectangle
	Bubble int     // which of Bubbles it stands in; -1 for none
	Sure   float64 // 0 to 1
}
