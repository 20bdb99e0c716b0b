package chatlog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRead reads anything: it must not crash, must number its lines, must print as JSON, and an unknown text
// must come back whole.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		if len(data) < 8000 {
			f.Add(data)
		}
	}
	f.Add([]byte("张三 (2024-01-01 12:00): 你好\n李四 (2024-01-01 12:01): > 在\n"))
	f.Add([]byte("\ufeff时间,发送人,内容\n2026-11-05 10:23:00,张三,\"你好\n"))
	f.Add([]byte("\xff\xfea\x00:\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []Format{Auto, KF, DingTalk, Archive, Paste, HTML, CSV} {
			r := Read("x", data, Options{Format: format, Now: readingTime, Us: []string{"小向"}})
			for i, l := range r.Lines {
				if l.N != i+1 || l.Kind == "" || !utf8.ValidString(l.Sender) {
					t.Fatalf("line %d is %+v", i+1, l)
				}
				if l.At != nil && (l.At.Year() < 1 || l.At.Year() > 9999) {
					t.Fatalf("line %d is of %v", i+1, l.At)
				}
			}
			if _, err := json.Marshal(r); err != nil {
				t.Fatal(err)
			}
			if r.Format != Unknown {
				continue
			}
			text, _ := decode(data)
			var kept strings.Builder
			for _, l := range r.Lines {
				kept.WriteString(l.Text)
			}
			if spaceless(text) != spaceless(kept.String()) {
				t.Fatalf("%s: text is lost: %q became %q", format, text, kept.String())
			}
		}
	})
}

func spaceless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
