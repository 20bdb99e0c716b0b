package bottest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image/png"
	"strings"
	"sync"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"gendan/adapters/dingtalk/dingtalktest"
	"gendan/adapters/ocr"
	"gendan/adapters/ocr/ocrtest"
	"gendan/adapters/wecom/wecomtest"
	"gendan/bot/chat"
)

// readPicture is the real reader of pictures. Each picture is read once, one at a time, for all stories on all platforms:
// reading is what takes the processors' time.
func readPicture(ctx context.Context, data []byte) (chat.Picture, error) {
	reading.Lock()
	defer reading.Unlock()
	key := sha256.Sum256(data)
	if p, ok := alreadyRead[key]; ok {
		return p, nil
	}
	p, err := reader().Read(ctx, data)
	if err == nil {
		alreadyRead[key] = p
	}
	return p, err
}

var (
	reader = sync.OnceValue(func() *ocr.Reader {
		r := ocr.New(context.Background())
		r.Within = 2 * time.Minute // the stories tell what is answered, not how fast the machine is
		return r
	})
	reading     sync.Mutex
	alreadyRead = map[[sha256.Size]byte]chat.Picture{}
)

// picture sends what a step draws: "card" a business card and "shot" a chat window as package ocrtest draws them, "qr" a QR
// code, "vcf" a file of a contact. Lines of text are set apart by slashes.
func (w *world) picture(user, group, kind, text string) error {
	text = strings.ReplaceAll(text, " / ", "\n")
	switch kind {
	case "card":
		return w.sendPicture(user, group, ocrtest.Card(w.t, text))
	case "shot":
		return w.sendPicture(user, group, ocrtest.Chat(w.t, text))
	case "qr":
		data, err := qrCode(text)
		if err != nil {
			return err
		}
		return w.sendPicture(user, group, data)
	}
	return w.sendFile(user, "contact.vcf", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\n"+strings.ReplaceAll(text, "\n", "\r\n")+"\r\nEND:VCARD\r\n"))
}

func (w *world) sendPicture(user, group string, data []byte) error {
	if w.simWeCom != nil {
		_, err := w.simWeCom.SendImage(user, "picture.png", data, wecomtest.Options{Group: group})
		return err
	}
	_, err := w.simDingTalk.Send(user, "picture", map[string]any{"downloadCode": w.simDingTalk.AddFile("picture.png", data)}, dingtalktest.Say{Group: group, At: []string{"robot"}})
	return err
}

func (w *world) sendFile(user, name string, data []byte) error {
	if w.simWeCom != nil {
		_, err := w.simWeCom.SendFile(user, name, data, wecomtest.Options{})
		return err
	}
	_, err := w.simDingTalk.Send(user, "file", map[string]any{"fileName": name, "downloadCode": w.simDingTalk.AddFile(name, data)}, dingtalktest.Say{})
	return err
}

// qrCode draws a QR code.
func qrCode(text string) ([]byte, error) {
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 400, 400, map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_CHARACTER_SET: "UTF-8"})
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return out.Bytes(), nil
}
