package mail

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func gb(s string) string {
	b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// wire is a mail as it comes: lines end in CRLF.
func wire(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

func TestReadMails(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
		want In
		no   string
	}{
		{"plain", wire("From: Wang Qiang <WQ@Example.com>", "Subject: hello", "Message-ID: <a@b>", "Date: Wed, 18 Nov 2026 10:00:00 +0800", "", "机器不转了"),
			In{ID: "a@b", From: "wq@example.com", Name: "Wang Qiang", Subject: "hello", Text: "机器不转了", At: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC)}, ""},
		{"GB18030 in base64, with encoded names", wire("From: =?GB18030?B?"+b64(gb("王强"))+"?= <wq@example.com>", "Subject: =?gb2312?B?"+b64(gb("打印机坏了"))+"?=", "Message-ID: <a@b>",
			"Content-Type: text/plain; charset=gb18030", "Content-Transfer-Encoding: base64", "", b64(gb("卡纸，喆堃"))),
			In{ID: "a@b", From: "wq@example.com", Name: "王强", Subject: "打印机坏了", Text: "卡纸，喆堃"}, ""},
		{"raw GB bytes that nobody declared", wire("From: "+gb("王强")+" <wq@example.com>", "Subject: "+gb("打印机坏了"), "Message-ID: <a@b>", "", gb("卡纸了")),
			In{ID: "a@b", From: "wq@example.com", Name: "王强", Subject: "打印机坏了", Text: "卡纸了"}, ""},
		{"said to be UTF-8 and is GB", wire("From: wq@example.com", "Subject: x", "Message-ID: <a@b>", "Content-Type: text/plain; charset=utf-8", "", gb("卡纸了，很急")),
			In{ID: "a@b", From: "wq@example.com", Subject: "x", Text: "卡纸了，很急"}, ""},
		{"an unknown charset", wire("From: wq@example.com", "Subject: x", "Message-ID: <a@b>", "Content-Type: text/plain; charset=x-unknown", "", "卡纸了"),
			In{ID: "a@b", From: "wq@example.com", Subject: "x", Text: "卡纸了"}, ""},
		{"HTML alone", wire("From: wq@example.com", "Subject: x", "Message-ID: <a@b>", "Content-Type: text/html; charset=utf-8", "",
			"<html><head><style>p{color:red}</style><script>alert(1)</script></head><body><p>您好&nbsp;&amp; 谢谢</p><div>机器<b>坏</b>了<br>很急</div></body></html>"),
			In{ID: "a@b", From: "wq@example.com", Subject: "x", Text: "您好 & 谢谢\n\n机器坏了\n很急"}, ""},
		{"both, with a file and a picture in the text", wire("From: wq@example.com", "Subject: x", "Message-ID: <a@b>", `Content-Type: multipart/mixed; boundary=M`, "",
			"--M", `Content-Type: multipart/alternative; boundary=A`, "", "--A", "Content-Type: text/plain; charset=utf-8", "", "纯文字", "--A", "Content-Type: text/html", "", "<p>网页</p>", "--A--",
			"--M", "Content-Type: image/png", "Content-ID: <p1>", "", "xx",
			"--M", `Content-Type: application/pdf; name="=?utf-8?B?`+b64("报价单.pdf")+`?="`, "Content-Disposition: attachment", "", "yy",
			"--M", "Content-Type: application/octet-stream", "Content-Disposition: attachment; filename*=utf-8''%E7%85%A7%E7%89%87.jpg", "", "zz", "--M--"),
			In{ID: "a@b", From: "wq@example.com", Subject: "x", Text: "纯文字", Files: []string{"报价单.pdf", "照片.jpg"}}, ""},
		{"an answer without what it answers to", wire("From: wq@example.com", "Subject: Re: [#1024] x", "Message-ID: <c@b>", "References: <a@b> <b@b>", "In-Reply-To: <b@b>", "",
			"还是不行", "", "-- ", "王强 电话 138", "", "在 2026年11月18日 上午10:00，云帆服务 <s@x.com> 写道：", "> 请重启"),
			In{ID: "c@b", From: "wq@example.com", Subject: "Re: [#1024] x", Text: "还是不行", References: []string{"a@b", "b@b"}, Ticket: 1024}, ""},
		{"an answer as QQ mail writes it", wire("From: wq@example.com", "Subject: x", "Message-ID: <c@b>", "In-Reply-To: <b@b>", "", "好了谢谢", "", "------------------ 原始邮件 ------------------", "发件人: s@x.com"),
			In{ID: "c@b", From: "wq@example.com", Subject: "x", Text: "好了谢谢", References: []string{"b@b"}}, ""},
		{"out of office", wire("From: wq@example.com", "Subject: x", "Message-ID: <c@b>", "Auto-Submitted: auto-replied", "", "我在休假"), In{}, Automatic},
		{"out of office by its subject", wire("From: wq@example.com", "Subject: =?utf-8?B?"+b64("自动回复：您好")+"?=", "Message-ID: <c@b>", "", "我在休假"), In{}, Automatic},
		{"a person's Auto-Submitted: no", wire("From: wq@example.com", "Subject: x", "Message-ID: <c@b>", "Auto-Submitted: no", "", "在吗"), In{ID: "c@b", From: "wq@example.com", Subject: "x", Text: "在吗"}, ""},
		{"a bounce", wire("From: MAILER-DAEMON@mx.example.com", "Subject: Undelivered", "Message-ID: <c@b>", "Content-Type: multipart/report; boundary=R", "", "--R--"), In{}, Bounce},
		{"an empty return path", wire("Return-Path: <>", "From: x@example.com", "Subject: x", "", "y"), In{}, Bounce},
		{"a newsletter", wire("From: x@example.com", "Subject: x", "List-Unsubscribe: <mailto:x>", "", "y"), In{}, List},
		{"our own mail", wire("From: x@example.com", "Subject: x", "X-Gendan: 1", "", "y"), In{}, Loop},
		{"from our own address", wire("From: Service <service@example.com>", "Subject: x", "", "y"), In{}, Loop},
		{"nobody's", wire("Subject: x", "", "y"), In{}, Nobody},
		{"cut off in the middle", wire("From: wq@example.com", "Subject: x", "Message-ID: <a@b>", `Content-Type: multipart/mixed; boundary=M`, "", "--M", "Content-Type: text/plain", "", "前面的字", "--M", "Content-Type: application/pdf; na"),
			In{ID: "a@b", From: "wq@example.com", Subject: "x", Text: "前面的字", Files: []string{"附件"}}, ""},
	} {
		in, no, err := Read(c.raw, "", "service@example.com")
		if err != nil || no != c.no {
			t.Errorf("%s: ignored as %q: %v", c.name, no, err)
			continue
		}
		if no != "" {
			continue
		}
		if in.ID != c.want.ID || in.From != c.want.From || in.Name != c.want.Name || in.Subject != c.want.Subject || in.Text != c.want.Text || in.Ticket != c.want.Ticket ||
			!slices.Equal(in.References, c.want.References) || !slices.Equal(in.Files, c.want.Files) || !c.want.At.IsZero() && !in.At.Equal(c.want.At) {
			t.Errorf("%s:\n%+v\n%+v", c.name, in, c.want)
		}
	}
	a, _, _ := Read(wire("From: wq@example.com", "", "x"), "")
	b, _, _ := Read(wire("From: wq@example.com", "", "x"), "")
	if a.ID == "" || a.ID != b.ID {
		t.Errorf("a mail without an id: %q, %q", a.ID, b.ID)
	}
}

// FuzzRead: whatever comes over the wire, the reader ends, and what it gives is text that can be stored.
func FuzzRead(f *testing.F) {
	f.Add([]byte(""))
	f.Add(wire("From: a@b.cc", "Content-Type: multipart/mixed; boundary=M", "", "--M", "Content-Type: multipart/mixed; boundary=M", "", "--M", "", "x"))
	f.Add(wire("From: =?utf-8?Q?=00=ff?= <a@b.cc>", "Subject: =?gb18030?B?////?=", "References: <<a>> <b", "Content-Transfer-Encoding: base64", "", "!!!"))
	f.Add(wire("From: a@b.cc", "Content-Type: text/html", "", "<div <p><br/><script>x"))
	f.Add([]byte("From: a@b.cc\nSubject: [#99999999999999999999]\n\n" + gb("卡纸") + "\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, no, err := Read(raw, "", "service@example.com")
		if err != nil {
			return
		}
		for _, s := range append([]string{in.Subject, in.Name, in.Text, in.From}, in.Files...) {
			if strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s {
				t.Errorf("%q gives %q", raw, s)
			}
		}
		if strings.ContainsAny(in.Subject+in.Name, "\r\n") || in.Ticket < 0 || len(in.Files) > mostFiles || len(in.References) > 60 || no == "" && in.ID == "" {
			t.Errorf("%q gives %+v", raw, in)
		}
	})
}
