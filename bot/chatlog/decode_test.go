package chatlog

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const plainRecord = "张三 2026/11/17 15:02\r\n你好\r\n\r\n李四@微信 2026/11/17 15:03\r\n在的\r\n"

func wideBytes(s string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestEncodingsOfTheSameRecord(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(plainRecord)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"utf-8":                       []byte(plainRecord),
		"utf-8 with a mark":           []byte("\ufeff" + plainRecord),
		"utf-8 cut inside its end":    []byte(plainRecord + "好")[:len(plainRecord)+2],
		"utf-16 little endian, mark":  append([]byte("\xff\xfe"), wideBytes(plainRecord, binary.LittleEndian)...),
		"utf-16 big endian, mark":     append([]byte("\xfe\xff"), wideBytes(plainRecord, binary.BigEndian)...),
		"utf-16 little endian, plain": wideBytes(plainRecord, binary.LittleEndian),
		"utf-16 big endian, plain":    wideBytes(plainRecord, binary.BigEndian),
		"gb18030":                     []byte(gb),
	} {
		r := Read("x", data, Options{Now: readingTime, Us: []string{"张三"}})
		if r.Format != Paste || len(r.Lines) != 2 || len(r.Warnings) != 0 || r.Lines[1].Sender != "李四" || r.Lines[1].Text != "在的" || r.Lines[1].Side != Customer || r.Lines[0].Side != Us {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestBytesOfNoEncodingAreKeptAsFarAsTheyAreText(t *testing.T) {
	t.Parallel()
	r := Read("x", []byte("报价\xff\xff\xff38万"), Options{Now: readingTime})
	if r.Format != Unknown || len(r.Lines) != 1 || r.Lines[0].Text != "报价\uFFFD38万" || len(r.Warnings) != 2 || r.Warnings[1] != WarnEncoding {
		t.Errorf("%+v", r)
	}
}

func TestAnEmptyFileIsAnswered(t *testing.T) {
	t.Parallel()
	r := Read("x", nil, Options{Now: readingTime})
	if r.Format != Unknown || r.Lines == nil || len(r.Lines) != 0 || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
}
