// Package ocrtest draws pictures for tests: pages as a phone or a printer shows them, drawn by a real browser with
// the fonts of the machine, so that what reads them reads real text.
package ocrtest

import (
	"context"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod/lib/launcher"
)

var (
	drawing sync.Mutex // one browser at a time is enough for this machine
	drawn   = map[string][]byte{}
)

// Draw is the page as PNG. The same page is drawn once in a process.
func Draw(t testing.TB, page string, width, height int) []byte {
	t.Helper()
	drawing.Lock()
	defer drawing.Unlock()
	key := fmt.Sprintf("%d×%d %s", width, height, page)
	if data, ok := drawn[key]; ok {
		return data
	}
	browser, ok := launcher.LookPath()
	if !ok {
		t.Fatal("no Chromium is installed")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.png")
	whole := "<!doctype html><meta charset=utf-8><style>body{margin:0;font-family:'Noto Sans CJK SC',sans-serif}</style>" + page
	if err := os.WriteFile(from, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--user-data-dir="+dir,
		"--screenshot="+to, fmt.Sprintf("--window-size=%d,%d", width, height), "file://"+from).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	drawn[key] = data
	return data
}

// Chat draws a chat window of a phone. A line is a message of the other side; one that begins with ">" is the phone's
// own, and one with "--" a time in the middle. The first line is the title.
func Chat(t testing.TB, text string) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString(`<style>
body{background:#ededed;font-size:32px}
.bar{height:100px;line-height:100px;text-align:center;font-size:34px;font-weight:bold;border-bottom:1px solid #ddd}
.t{text-align:center;color:#a0a0a0;font-size:26px;margin:24px 0}
.r{display:flex;margin:20px 24px;align-items:flex-start}
.me{flex-direction:row-reverse}
.a{width:80px;height:80px;border-radius:8px;background:linear-gradient(45deg,#369,#9c6 40%,#fc3);flex:none}
.b{background:#fff;border-radius:8px;padding:18px 24px;margin:0 20px;max-width:460px;line-height:44px}
.me .b{background:#95ec69}
</style>`)
	lines := strings.Split(text, "\n")
	height := 140
	for i, line := range lines {
		said := html.EscapeString(strings.TrimSpace(strings.TrimLeft(line, ">-")))
		switch {
		case i == 0:
			fmt.Fprintf(&b, "<div class=bar>%s</div>", said)
		case strings.HasPrefix(line, "--"):
			fmt.Fprintf(&b, "<div class=t>%s</div>", said)
			height += 90
		case strings.HasPrefix(line, ">"):
			fmt.Fprintf(&b, "<div class='r me'><div class=a></div><div class=b>%s</div></div>", said)
			height += 110 + len([]rune(said))/14*44
		default:
			fmt.Fprintf(&b, "<div class=r><div class=a></div><div class=b>%s</div></div>", said)
			height += 110 + len([]rune(said))/14*44
		}
	}
	return Draw(t, b.String(), 750, max(height, 900))
}

// Card draws a business card: the first line large, as the firm, the second as the name with the title behind it, the
// others small.
func Card(t testing.TB, text string) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString(`<div style="padding:50px 60px">`)
	for i, line := range strings.Split(text, "\n") {
		line = html.EscapeString(line)
		switch i {
		case 0:
			fmt.Fprintf(&b, `<div style="font-size:34px;color:#1a4f8b;font-weight:bold">%s</div>`, line)
		case 1:
			name, title, _ := strings.Cut(line, " ")
			fmt.Fprintf(&b, `<div style="margin:50px 0"><span style="font-size:44px;font-weight:bold">%s</span><span style="font-size:24px;margin-left:28px">%s</span></div>`, name, title)
		default:
			fmt.Fprintf(&b, `<div style="font-size:22px;line-height:36px">%s</div>`, line)
		}
	}
	return Draw(t, b.String()+"</div>", 900, 540)
}
