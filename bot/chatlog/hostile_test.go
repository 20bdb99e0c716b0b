package chatlog

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostile are inputs made to break a reader, each of some hundred kilobytes to megabytes.
var hostile = map[string]func() string{
	"nested objects":    func() string { return strings.Repeat(`{"a":[`, 80_000) },
	"nested and closed": func() string { return strings.Repeat(`{"a":[`, 40_000) + strings.Repeat(`]}`, 40_000) },
	"deep inside a kf": func() string {
		return `{"merged_msg":{"title":"x","item":[{"sender_name":"a","msgtype":"text","msg_content":` + strings.Repeat("[", 3_00_000)
	},
	"one long string":  func() string { return `{"merged_msg":{"title":"` + strings.Repeat("啊", 3_00_000) },
	"escapes":          func() string { return `{"chatRecord":"` + strings.Repeat(`\\\"`, 2_00_000) + `"}` },
	"zero bytes":       func() string { return strings.Repeat("\x00", 2<<20) },
	"binary":           func() string { return strings.Repeat("\xff\xfe\x00\x89PNG\r\n\x1a\n\x80", 80_000) },
	"one line":         func() string { return strings.Repeat("报价38万 10:23 ", 60_000) },
	"colons":           func() string { return strings.Repeat("a:", 5_00_000) },
	"colon lines":      func() string { return strings.Repeat("a:\n", 3_00_000) },
	"heads alone":      func() string { return strings.Repeat("张三 2026-11-17 15:02:10\n", 30_000) },
	"dates":            func() string { return strings.Repeat("2026-11-17 15:02:10\n", 40_000) },
	"names all differ": func() string { return numbered("人%d 2026-11-17 15:02:10\n话%d\n", 30_000) },
	"open quotes": func() string {
		return "时间,发送人,内容\n" + strings.Repeat("2026-11-17 15:02:10,张三,\"好\n", 20_000)
	},
	"commas": func() string { return "时间,发送人,内容\n" + strings.Repeat(",", 8_00_000) },
	"wide table": func() string {
		return "时间,发送人,内容\n" + strings.Repeat(strings.Repeat("a,", 2000)+"\n", 2000)
	},
	"open tags":       func() string { return "<html><body>" + strings.Repeat("<div class=name>", 40_000) },
	"formatting tags": func() string { return "<html><body>" + strings.Repeat("<b><i><a><p>", 10_000) },
	"flat page": func() string {
		return "<html><body>" + strings.Repeat("<div class=msg><b class=name>a</b><i class=time>2026-11-17 15:02</i><p class=text>x</p></div>", 80_000)
	},
	"nested page": func() string {
		return "<html><body>" + strings.Repeat("<div><b class=name>a</b><i class=time>2026-11-17 15:02</i>", 500) + strings.Repeat("<p class=text>x</p>", 50_000)
	},
	"words of a page": func() string { return "<html><body>" + strings.Repeat("词 <br>", 80_000) },
	"spans of a page": func() string { return "<html><body><p>" + strings.Repeat("<span>词 </span>", 40_000) },
	"brackets":        func() string { return strings.Repeat("[", 2<<20) },
	"quotes": func() string {
		return "张三 15:02\n" + strings.Repeat("「", 1_00_000) + "\n李四 15:03\n" + strings.Repeat("「a」\n", 50_000)
	},
	"quote lines":        func() string { return "张三 15:02\n" + strings.Repeat("> a\n", 1_00_000) + "\n李四 15:03\nb" },
	"utf-16 by half":     func() string { return "\xff\xfe" + strings.Repeat("\x00\xd8", 3_00_000) },
	"dingtalk twins":     func() string { return dingTalkTwins(3000) },
	"records in records": func() string { return nestedRecords(200) },
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i, i)
	}
	return b.String()
}

// dingTalkTwins is a record whose summary never agrees with its entries.
func dingTalkTwins(n int) string {
	return `{"msgtype":"chatRecord","content":{"summary":[` + strings.TrimSuffix(strings.Repeat(`"甲:一",`, n), ",") +
		`],"chatRecord":[` + strings.TrimSuffix(strings.Repeat(`{"senderId":"a","msgType":"text","content":"二"},`, n), ",") + `]}}`
}

func nestedRecords(n int) string {
	open := `{"merged_msg":{"title":"层","item":[{"sender_name":"a","msgtype":"merged_msg","msg_content":{"msgtype":"merged_msg","merged_msg":{"item":[`
	one := `{"sender_name":"a","msgtype":"merged_msg","msg_content":{"msgtype":"merged_msg","merged_msg":{"item":[`
	return open + strings.Repeat(one, n) + strings.Repeat(`]}}}`, n) + `]}}}]}}`
}

// processorTime is what this process has had of the processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostileInputIsAnswered holds the promise that nothing crashes, takes long or is lost.
func TestHostileInputIsAnswered(t *testing.T) {
	for name, make := range hostile {
		t.Run(name, func(t *testing.T) {
			data := []byte(make())
			start, busy := time.Now(), processorTime(t)
			r := Read("x", data, Options{Now: time.Date(2026, 11, 18, 10, 0, 0, 0, clientZone)})
			took := time.Since(start)
			// Time that other programs had the processors does not count.
			if busy = processorTime(t) - busy; min(took, busy) > 5*time.Second {
				t.Errorf("took %v, %v of a processor", took, busy)
			}
			if r.Format == Unknown && len(bytes.TrimSpace(data)) > 0 && (len(r.Lines) != 1 || len(r.Warnings) == 0) {
				t.Errorf("%d lines, warnings %v", len(r.Lines), r.Warnings)
			}
			t.Logf("%d bytes in %v: %s, %d lines, %v", len(data), took.Round(time.Millisecond), r.Format, len(r.Lines), r.Warnings)
		})
	}
}
