package chatlog

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const formsFile = "testdata/forms.txt"

var formHead = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// TestForms reads every form of a record that is written down in testdata/forms.txt. GENDAN_GOLDEN=1 rewrites
// what is read below each: compare before it is kept.
func TestForms(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(formsFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	at := formHead.FindAllStringSubmatchIndex(text, -1)
	if len(at) < 60 {
		t.Fatalf("only %d forms", len(at))
	}
	var golden strings.Builder
	golden.WriteString(text[:at[0][0]])
	for i, m := range at {
		name, end := text[m[2]:m[3]], len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		input, want, ok := strings.Cut(text[m[1]:end], "-- is read as\n")
		if !ok {
			t.Fatalf("%s has no answer", name)
		}
		got := written(Read(name, []byte(input), Options{Now: readingTime}))
		if got+"\n" != want {
			t.Errorf("%s\n%s\nis read as\n%s\nand not as\n%s", name, input, got, want)
		}
		fmt.Fprintf(&golden, "-- %s --\n%s-- is read as\n%s\n", name, input, got)
	}
	if os.Getenv("GENDAN_GOLDEN") != "" {
		if err := os.WriteFile(formsFile, []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// written is a record's format, title, warnings and lines, for people who compare.
func written(r Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %v\n", r.Format, r.Title, r.Warnings)
	for _, l := range r.Lines {
		at := "no time"
		if l.At != nil {
			at = l.At.Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(&b, "%s%s | %s | %s | %s | %q", strings.Repeat("  ", l.Depth), at, l.Sender, l.Side, l.Kind, l.Text)
		if l.Quote != "" {
			fmt.Fprintf(&b, " answers %q", l.Quote)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestADateInsideAMessageStaysThere: heads with times of their own leave nothing for a bare date to say.
func TestADateInsideAMessageStaysThere(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"周五 下午3:00", "2026-11-20", "10:30 开会", "合计 15:00", "见面时间 15:00", "11/20", "地址: 上海"} {
		for _, form := range []string{"%s 2026/11/17 15:0%d\n%s\n", "%s 15:0%d\n%s\n\n", "【群主】%s 2026-11-17 15:00:0%d  \n%s\n"} {
			var b strings.Builder
			for i := range 8 {
				text := "好的"
				if i == 3 {
					text = "那就这样\n" + body
				}
				fmt.Fprintf(&b, form, []string{"老蒲", "小向"}[i%2], i, text)
			}
			r := Read("x", []byte(b.String()), Options{Now: readingTime})
			if len(r.Lines) != 8 || r.Lines[3].Text != "那就这样\n"+body {
				t.Errorf("%q in %q: %+v", body, form, r.Lines)
			}
		}
	}
}
