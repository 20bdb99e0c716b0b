package ocr

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"gendan/adapters/ocr/ocrtest"
	"gendan/bot/chat"
)

const cardText = "上海云帆科技有限公司\n王强 销售总监\n手机：138 1234 5678\n电话：021-5888 1234\n邮箱：wangqiang@yunfan-tech.com\n地址：上海市浦东新区张江路88号6幢1201室"

const chatText = "云帆王总\n-- 昨天 15:12\n你好，上次的报价单收到了，能不能再便宜点？\n>王总好，数量多可以申请优惠，您这边大概要多少套？\n先要20套，预算38万以内，月底前要定下来\n>好的，我明天下午给您新报价\n-- 16:05\n行，我电话13812345678"

// installed is the reader of all tests. What is right is tested here, not how fast the machine is: only the limit of
// time differs from what the product has.
var installed = sync.OnceValue(func() *Reader {
	r := New(context.Background())
	r.Within = 2 * time.Minute
	return r
})

func reader(t testing.TB) *Reader {
	t.Helper()
	r := installed()
	if r.Missing() != "" {
		t.Fatal(r.Missing())
	}
	return r
}

// texts is all that was read, every way, without blanks.
func texts(p chat.Picture) string {
	var b strings.Builder
	for _, lines := range append([][]chat.PictureLine{p.Lines}, p.Again...) {
		for _, l := range lines {
			b.WriteString(strings.ReplaceAll(l.Text, " ", "") + "\n")
		}
	}
	return b.String()
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in\n%s", w, got)
		}
	}
}

func TestACardIsRead(t *testing.T) {
	t.Parallel()
	p, err := reader(t).Read(t.Context(), ocrtest.Card(t, cardText))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, texts(p), "上海云帆科技有限公司", "王强", "销售总监", "13812345678", "021-58881234", "wangqiang@yunfan-tech.com", "张江路88号6幢1201室")
	if len(p.Bubbles) > 1 {
		t.Errorf("a card has bubbles: %v", p.Bubbles)
	}
}

// TestAPhotographedCardIsRead: turned as a camera holds it, squeezed as a messenger does.
func TestAPhotographedCardIsRead(t *testing.T) {
	t.Parallel()
	img, err := png.Decode(bytes.NewReader(ocrtest.Card(t, cardText)))
	if err != nil {
		t.Fatal(err)
	}
	turned := upright(grey(img), 8) // a quarter to the left; orientation 6 turns it back
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, turned, &jpeg.Options{Quality: 70}); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), 0, 0, 0, 0)
	data := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	data = append(append(data, exif...), plain.Bytes()[2:]...)
	p, err := reader(t).Read(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != 900 || p.Height != 540 {
		t.Errorf("%d×%d", p.Width, p.Height)
	}
	contains(t, texts(p), "上海云帆科技有限公司", "13812345678", "wangqiang@yunfan-tech.com")
}

func TestAChatIsReadBubbleByBubble(t *testing.T) {
	t.Parallel()
	p, err := reader(t).Read(t.Context(), ocrtest.Chat(t, chatText))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Bubbles) != 5 {
		t.Fatalf("%d bubbles: %v", len(p.Bubbles), p.Bubbles)
	}
	var got [5]string
	for _, l := range p.Lines {
		if l.Bubble >= 0 {
			got[l.Bubble] += strings.ReplaceAll(l.Text, " ", "")
		}
	}
	for i, want := range []string{"报价单收到了", "您这边大概要多少套", "预算38万以内，月底前要定下来", "我明天下午给您新报价", "13812345678"} {
		contains(t, got[i], want)
	}
	for i, b := range p.Bubbles {
		if ours := i == 1 || i == 3; ours != b.Right {
			t.Errorf("bubble %d stands at the wrong side: %+v", i, b)
		}
	}
	contains(t, texts(p), "云帆王总", "15:12", "16:05")
}

func TestCodesAreRead(t *testing.T) {
	t.Parallel()
	const said = "BEGIN:VCARD\nVERSION:3.0\nFN:王强\nTEL:13812345678\nEND:VCARD"
	m, err := qrcode.NewQRCodeWriter().Encode(said, gozxing.BarcodeFormat_QR_CODE, 500, 500, map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_CHARACTER_SET: "UTF-8"})
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	if err := png.Encode(&data, m); err != nil {
		t.Fatal(err)
	}
	blind := &Reader{Within: time.Minute, why: "nothing is installed", turns: make(chan struct{}, 1)}
	p, err := blind.Read(t.Context(), data.Bytes())
	if err != nil || len(p.Codes) != 1 || p.Codes[0] != said {
		t.Errorf("%q %v", p.Codes, err)
	}
	if p, err = blind.Read(t.Context(), ocrtest.Card(t, cardText)); err != nil || !p.Blind || len(p.Codes) != 0 {
		t.Errorf("%+v %v", p, err)
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00")
	bomb = binary.BigEndian.AppendUint32(bomb, 0x73a1ad1d)
	whole := ocrtest.Card(t, cardText)
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("BEGIN:VCARD"), "broken off": whole[:len(whole)/2], "a bomb": bomb, "too many bytes": make([]byte, mostBytes+1),
	} {
		if _, err := reader(t).Read(t.Context(), data); !errors.Is(err, chat.ErrNoPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
	webp, _ := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	if img, err := decode(webp); err != nil || img.Rect != image.Rect(0, 0, 1, 1) {
		t.Errorf("WebP: %v", err)
	}
	if _, err := reader(t).Read(t.Context(), webp); err != nil {
		t.Errorf("one pixel: %v", err)
	}
}

func TestOrientationsAreUndone(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	// Where the upper left pixel of the upright picture lies in the stored one, by EXIF's own definition.
	for orientation, at := range map[int]int{1: 0, 2: 2, 3: 5, 4: 3, 5: 0, 6: 3, 7: 5, 8: 2} {
		if got := upright(img, orientation).Pix[0]; int(got) != at {
			t.Errorf("orientation %d: %d, want %d", orientation, got, at)
		}
	}
}

func TestWithoutTesseract(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if r := New(t.Context()); !strings.Contains(r.Missing(), "tesseract-ocr-chi-sim") {
		t.Errorf("%q", r.Missing())
	}
}

// TestAPictureHasItsTime lets the program that reads hang until the reader's own limit.
func TestAPictureHasItsTime(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "slow")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec sleep 300\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := png.Encode(&page, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	r := &Reader{Within: 300 * time.Millisecond, program: program, turns: make(chan struct{}, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := r.Read(ctx, page.Bytes()); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("%v; the caller's time: %v", err, ctx.Err())
	}
	if New(t.Context()).Within != 20*time.Second {
		t.Error("the product gives a picture another time than is written down")
	}
}

// TestASlowReaderIsKilledWithItsChildren puts a program that hangs, and starts another one that hangs, in the place of
// tesseract: both are gone when time is up.
func TestASlowReaderIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, child := filepath.Join(dir, "slow"), filepath.Join(dir, "child")
	if err := os.WriteFile(program, fmt.Appendf(nil, "#!/bin/sh\nsleep 300 &\necho $! > %s.new\nmv %s.new %s\nwait\n", child, child, child), 0o700); err != nil {
		t.Fatal(err)
	}
	r := &Reader{Within: time.Hour, program: program, turns: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var page bytes.Buffer
	if err := png.Encode(&page, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx, page.Bytes())
		done <- err
	}()
	var pid int
	for end := time.Now().Add(20 * time.Second); pid == 0; time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(child); err == nil {
			pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if time.Now().After(end) {
			t.Fatal("it never started")
		}
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it was not killed")
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil && !errors.Is(syscall.Kill(pid, 0), nil) || strings.Contains(string(state), ") Z ") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("its child lives on")
		}
	}
}

func BenchmarkReadCard(b *testing.B) { benchmark(b, ocrtest.Card(b, cardText)) }
func BenchmarkReadChat(b *testing.B) { benchmark(b, ocrtest.Chat(b, chatText)) }
func BenchmarkReadCode(b *testing.B) {
	m, err := qrcode.NewQRCodeWriter().Encode("MECARD:N:王,强;TEL:13812345678;;", gozxing.BarcodeFormat_QR_CODE, 500, 500, map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_CHARACTER_SET: "UTF-8"})
	if err != nil {
		b.Fatal(err)
	}
	var data bytes.Buffer
	if err := png.Encode(&data, m); err != nil {
		b.Fatal(err)
	}
	benchmark(b, data.Bytes())
}

func benchmark(b *testing.B, data []byte) {
	r := reader(b)
	for b.Loop() {
		if _, err := r.Read(b.Context(), data); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNothingIsOpenedBeforeItsTurn: an opened picture may take hundreds of megabytes, so that as many are open as are read.
func TestNothingIsOpenedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	r := &Reader{turns: make(chan struct{}, 1)}
	r.turns <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, []byte("no picture")); !errors.Is(err, context.Canceled) {
		t.Errorf("it was opened while no processor was free: %v", err)
	}
}
