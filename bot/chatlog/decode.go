package chatlog

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// decode turns the bytes of a file into text: a byte order mark decides, else UTF-8 when it is valid, else
// UTF-16 when every second byte says so, else GB18030, the encoding of Chinese Windows. lossy is true when
// bytes had no meaning in any of them; they became U+FFFD.
func decode(data []byte) (text string, lossy bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return wide(data[2:], binary.LittleEndian), false
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return wide(data[2:], binary.BigEndian), false
	}
	if utf8.Valid(data) {
		if order := wideOrder(data); order != nil {
			return wide(data, order), false
		}
		return string(data), false
	}
	if order := wideOrder(data); order != nil {
		return wide(data, order), false
	}
	if cut := cutRune(data); cut > 0 { // UTF-8 that was cut off inside its last character
		return string(data[:len(data)-cut]), false
	}
	if gb, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data); err == nil && !bytes.ContainsRune(gb, utf8.RuneError) {
		return string(gb), false
	}
	return strings.ToValidUTF8(string(data), "\uFFFD"), true
}

// cutRune is the number of bytes at the end of otherwise valid UTF-8 that begin a character without ending it.
func cutRune(data []byte) int {
	for n := 1; n <= 3 && n < len(data); n++ {
		if utf8.RuneStart(data[len(data)-n]) {
			if !utf8.FullRune(data[len(data)-n:]) && utf8.Valid(data[:len(data)-n]) {
				return n
			}
			return 0
		}
	}
	return 0
}

func wide(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// wideOrder recognises UTF-16 without a mark: in a chat record digits, blanks and line ends are never rare, and
// each brings a zero byte on the same side.
func wideOrder(data []byte) binary.ByteOrder {
	if len(data) < 8 || len(data)%2 != 0 {
		return nil
	}
	var zeros [2]int
	sample := data[:min(len(data), 4096)]
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(sample) / 2; {
	case zeros[1] > half/6 && zeros[0] == 0:
		return binary.LittleEndian
	case zeros[0] > half/6 && zeros[1] == 0:
		return binary.BigEndian
	}
	return nil
}
