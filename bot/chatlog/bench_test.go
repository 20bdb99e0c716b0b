package chatlog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var readingTime = time.Date(2026, 11, 18, 10, 0, 0, 0, clientZone)

// said5000 is a talk of 5,000 messages in the form that format prints.
func said5000(format string) []byte {
	texts := []string{"在吗 想问下重型货架多少钱一组", "您好 重型货架680元一组 安装另算", "大概要120组 12月10号之前要到", "好的 我明天下午3点把报价单发您", "[图片]", "电话13800000000 王经理",
		"太贵了 宏架才620", "那您看量大的话可以做到650"}
	var b strings.Builder
	at := time.Date(2026, 10, 1, 8, 0, 0, 0, clientZone)
	for i := range 5000 {
		who := "捷仓老蒲"
		if i%2 == 1 {
			who = "小向"
		}
		at = at.Add(7 * time.Minute)
		fmt.Fprintf(&b, format, who, at.Format("2006-01-02 15:04:05"), texts[i%len(texts)])
	}
	return []byte(b.String())
}

// BenchmarkRead5000 reads a pasted record of 5,000 messages, lines and facts.
func BenchmarkRead5000(b *testing.B) {
	data := said5000("%s %s\n%s\n\n")
	b.ReportAllocs()
	for b.Loop() {
		if r := Read("x", data, Options{Now: readingTime, Us: []string{"小向"}}); len(r.Lines) != 5000 {
			b.Fatal(len(r.Lines))
		}
	}
}

// BenchmarkLines5000 reads only the lines, in each of the forms.
func BenchmarkLines5000(b *testing.B) {
	for _, f := range []struct{ name, head, format, tail string }{
		{"paste", "", "%s %s\n%s\n\n", ""},
		{"colon", "", "%[1]s: %[3]s\n", ""},
		{"csv", "发送人,时间,内容\n", "%s,%s,%s\n", ""},
		{"html", "<html><body>", "<div class=m><b class=name>%s</b><i class=time>%s</i><p class=text>%s</p></div>\n", ""},
		{"dingtalk", `{"msgtype":"chatRecord","content":{"records":[`, `{"senderNick":"%s","createAt":"%s","msgType":"text","content":"%s"},`, `{}]}}`},
	} {
		b.Run(f.name, func(b *testing.B) {
			data := f.head + string(said5000(f.format)) + f.tail
			b.ReportAllocs()
			for b.Loop() {
				if d := readText(data, Options{Now: readingTime}); d == nil || len(d.lines) != 5000 {
					b.Fatal("wrong")
				}
			}
		})
	}
}
