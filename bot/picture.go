package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/bot/namecard"
)

const (
	pictureTimeout = 40 * time.Second // a reader of pictures gives up before; others may be in front
	surelyText     = 0.7              // what is read with less around a code is the code itself
	mostShown      = 8                // lines of a picture that are told when nothing else can be made of it
)

// pictured answers a message that is a picture or a file of contacts. It reports false for everything else.
func (t *turn) pictured() (handled bool, err error) {
	m := t.message
	for i, f := range m.Files {
		switch {
		case f.Kind == chat.Image && (m.Kind == chat.Image || m.Kind == chat.Mixed && !spoken(m.Text)):
			return true, t.pictureFile(i)
		case f.Kind == chat.File && m.Kind == chat.File && maybePicture(f.Name):
			return t.fileOfPicture(i)
		}
	}
	return false, nil
}

// spoken tells whether a picture's caption is an order of its own, and not some words about the picture.
func spoken(caption string) bool {
	n := len([]rune(strings.TrimSpace(caption)))
	return n > 6 && !(n <= 30 && ofPicture.MatchString(caption))
}

// ofPicture is in captions that speak of what the picture shows.
var ofPicture = regexp.MustCompile(`名片|截图|截屏|二维码|聊天|微信|照片|图片|这张|如图`)

// maybePicture tells by its name whether a file may hold a contact or a picture. Without a name (WeCom gives none) its
// bytes tell.
func maybePicture(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i < 0 || slices.Contains([]string{".vcf", ".vcard", ".png", ".jpg", ".jpeg", ".webp"}, strings.ToLower(name[i:]))
}

// fileOfPicture reads a file that is a vCard or a picture; others are left alone.
func (t *turn) fileOfPicture(i int) (handled bool, err error) {
	data, err := t.fetched(i)
	if err != nil {
		return t.tellFetch(err), unlessTold(err)
	}
	if namecard.LooksLikeVCard(data) {
		return true, t.vCard(data)
	}
	if bytesHave(data, "\x89PNG", "\xff\xd8\xff", "RIFF") {
		return true, t.picture(i, data)
	}
	return false, nil
}

// unlessTold is err when it is for the turn to return and not for a sentence.
func unlessTold(err error) error {
	var f *fetchFailed
	if errors.As(err, &f) {
		return nil
	}
	return err
}

func (t *turn) pictureFile(i int) error {
	data, err := t.fetched(i)
	if err != nil {
		t.tellFetch(err)
		return unlessTold(err)
	}
	return t.picture(i, data)
}

// picture reads the message's i-th attachment and answers by what it shows: a contact's code, a chat window, a business
// card, or just text. Nothing that a picture says is written or followed without the speaker's word.
func (t *turn) picture(i int, data []byte) error {
	read := t.bot.readPicture
	if read == nil {
		t.say(t.text("picture_blind", nil))
		return nil
	}
	got, err := t.workOutside(fmt.Sprintf("picture:%d", i), pictureTimeout, func(ctx context.Context) (any, error) { return read(ctx, data) })
	switch {
	case waits(err):
		return err
	case errors.Is(err, chat.ErrNoPicture):
		t.say(t.text("picture_broken", nil))
		return nil
	case err != nil:
		t.bot.log.Warn("read picture", zap.String("platform", t.message.Platform), zap.Error(err))
		t.say(t.text("picture_failed", nil))
		return nil
	}
	p := got.(chat.Picture)
	for _, code := range p.Codes {
		if c, ok := namecard.Code(code); ok {
			return t.contact(c, "code")
		}
	}
	justCode := len(p.Codes) > 0 && sureness(p.Lines) < surelyText
	if text, n := screenshot(p, t.actor.Name); n > 0 && !justCode {
		return t.shotRecord(text)
	}
	if c := namecard.Merge(readings(p)...); c.Likely() {
		return t.contact(c, "card")
	}
	switch lines := plainLines(p); {
	case len(p.Codes) > 0:
		t.say(t.text("picture_code", map[string]any{"Kind": codeKind(p.Codes[0])}))
	case p.Blind:
		t.say(t.text("picture_blind", nil))
	case len(lines) == 0:
		t.say(t.text("picture_empty", nil))
	default:
		t.say(t.text("picture_text", map[string]any{"Lines": lines[:min(len(lines), mostShown)], "More": max(0, len(lines)-mostShown)}))
	}
	return nil
}

// shotRecord hands the lines of a chat window to the reader of chat records, which asks before it writes.
func (t *turn) shotRecord(text string) error {
	h := heardRecord{said: t.message.Text, lacking: "record_screenshot"}
	var err error
	if h.read, err = t.readRecord("", []byte(text), chatlog.Paste); err != nil {
		return err
	}
	return t.takeRecord(h)
}

// readings are the lines of a picture as each way of reading has them, the surest way first.
func readings(p chat.Picture) [][]string {
	ways := append([][]chat.PictureLine{p.Lines}, p.Again...)
	slices.SortStableFunc(ways, func(a, b []chat.PictureLine) int {
		switch x, y := sureness(a), sureness(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	out := make([][]string, 0, len(ways))
	for _, lines := range ways {
		texts := make([]string, 0, len(lines))
		for _, l := range lines {
			if l.Sure >= readAtAll {
				texts = append(texts, l.Text)
			}
		}
		out = append(out, texts)
	}
	return out
}

// sureness is how surely lines were read, each character alike.
func sureness(lines []chat.PictureLine) float64 {
	sum, n := 0.0, 0
	for _, l := range lines {
		sum, n = sum+l.Sure*float64(len(l.Text)), n+len(l.Text)
	}
	return sum / float64(max(n, 1))
}

// plainLines are the lines that were read with some certainty.
func plainLines(p chat.Picture) (lines []string) {
	for _, l := range p.Lines {
		if text := tight(l.Text); l.Sure >= readSurely && len([]rune(text)) >= 2 {
			lines = append(lines, text)
		}
	}
	return lines
}

// codeKind tells what a QR code is that holds no contact: a word for the message text. Where it points nobody goes.
func codeKind(code string) string {
	code = strings.ToLower(code)
	for _, k := range []struct{ kind, start string }{
		{"wechat", "https://u.wechat.com/"}, {"wechat", "http://u.wechat.com/"}, {"wechat", "http://weixin.qq.com/r/"}, {"wechat", "https://weixin.qq.com/r/"},
		{"wechat_group", "https://weixin.qq.com/g/"}, {"wechat_group", "http://weixin.qq.com/g/"},
		{"wecom", "https://work.weixin.qq.com/"}, {"wecom", "https://wework.qpic.cn/"}, {"dingtalk", "https://qr.dingtalk.com/"}, {"dingtalk", "https://h5.dingtalk.com/"},
		{"pay", "wxp://"}, {"pay", "https://qr.alipay.com/"}, {"pay", "https://wx.tenpay.com/"}, {"link", "http://"}, {"link", "https://"},
	} {
		if strings.HasPrefix(code, k.start) {
			return k.kind
		}
	}
	return "text"
}
