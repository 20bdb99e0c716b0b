package ocr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gendan/bot/chat"
)

// The languages that are asked for, as tesseract names them.
const (
	chinese = "chi_sim"
	english = "eng"
)

const (
	mostOutput = 8 << 20 // bytes
)

// way is one way to read a page.
type way struct {
	img      *image.Gray
	language string
	layout   int  // tesseract's psm: 4 a column of lines, 6 one block, 11 words here and there
	drawn    bool // by a computer: no shadows
}

// read reads page in one way.
func (r *Reader) read(ctx context.Context, page page, w way) ([]chat.PictureLine, error) {
	args := []string{"stdin", "stdout", "-l", w.language, "--psm", strconv.Itoa(w.layout), "--dpi", "150"}
	if !w.drawn {
		args = append(args, "-c", "thresholding_method=2") // Sauvola's: shadows lie across a photograph
	}
	out, err := run(ctx, pgm(w.img), r.program, append(args, "tsv")...)
	if err != nil {
		return nil, fmt.Errorf("ocr: tesseract: %w", err)
	}
	return page.lines(string(out)), nil
}

// run runs a program and gives what it prints. It is killed, with whatever it started, when ctx ends.
func run(ctx context.Context, input []byte, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1") // more threads only wait for each other
	cmd.Stdin = bytes.NewReader(input)
	out, said := &bounded{most: mostOutput}, &bounded{most: 4 << 10}
	cmd.Stdout, cmd.Stderr = out, said
	cmd.WaitDelay = time.Second
	alone(cmd)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %s", err, lastLine(said.String()))
	}
	return out.Bytes(), nil
}

// bounded is a buffer that refuses to grow without end.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errors.New("ocr: too much output")
	}
	return b.Buffer.Write(p)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// pgm is img as the plainest format there is.
func pgm(img *image.Gray) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := fmt.Appendf(make([]byte, 0, 32+w*h), "P5\n%d %d\n255\n", w, h)
	for y := range h {
		out = append(out, img.Pix[y*img.Stride:y*img.Stride+w]...)
	}
	return out
}

// word is a line of tesseract's table.
type word struct {
	box  image.Rectangle
	sure float64 // percent
	text string
}

// lines puts together what tesseract's table says, in the pixels of the picture as it was sent. A line that runs
// across several bubbles is cut where they end.
func (p page) lines(table string) (lines []chat.PictureLine) {
	var now string
	var words []word
	flush := func() {
		for len(words) > 0 {
			n := 1
			for n < len(words) && p.within(words[n].box) == p.within(words[0].box) {
				n++
			}
			if l, ok := p.line(words[:n]); ok {
				lines = append(lines, l)
			}
			words = words[n:]
		}
	}
	for row := range strings.Lines(table) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		if len(f) != 12 || f[0] != "5" || strings.TrimSpace(f[11]) == "" {
			continue
		}
		if id := strings.Join(f[1:5], "."); id != now {
			flush()
			now = id
		}
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(f[6+i])
		}
		sure, _ := strconv.ParseFloat(f[10], 64)
		w := word{box: image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]), sure: sure, text: f[11]}
		if sure >= 0 {
			words = append(words, w)
		}
	}
	flush()
	return lines
}

// line is words as one line; ok is false when nothing of it is text.
func (p page) line(words []word) (l chat.PictureLine, ok bool) {
	var text strings.Builder
	sum, weight := 0.0, 0
	for i, w := range words {
		if i > 0 && apart(words[i-1], w) {
			text.WriteByte(' ')
		}
		text.WriteString(w.text)
		n := len([]rune(w.text))
		sum, weight = sum+w.sure*float64(n), weight+n
		l.Box = l.Box.Union(w.box)
	}
	l.Text = strings.TrimSpace(text.String())
	if !strings.ContainsFunc(l.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return l, false
	}
	l.Sure, l.Bubble = sum/float64(weight)/100, p.within(l.Box)
	l.Box = p.original(l.Box)
	return l, true
}

// apart tells whether a blank stands between two words. Between Chinese characters tesseract's boxes say
// little, so only a gap as wide as a character counts there.
func apart(a, b word) bool {
	gap, height := b.box.Min.X-a.box.Max.X, max(a.box.Dy(), b.box.Dy())
	last, first := []rune(a.text), []rune(b.text)
	if latin(last[len(last)-1]) && latin(first[0]) {
		return true
	}
	return gap > height*7/10
}

func latin(r rune) bool { return r < 0x2000 }
