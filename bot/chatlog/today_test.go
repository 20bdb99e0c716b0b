package chatlog

import (
	"strings"
	"testing"
	"time"
)

var tuesdayNoon = time.Date(2026, 11, 24, 12, 0, 0, 0, clientZone)

func TestClockBelowYesterdayIsTodays(t *testing.T) {
	text := "胡叔 昨天 20:05\n行 我下单\n\n清泉净水 08:30\n单子看到啦\n\n胡叔 08:32\n好"
	r := Read("a.txt", []byte(text), Options{Now: tuesdayNoon})
	if len(r.Lines) != 3 || r.Lines[1].At == nil || r.Lines[1].At.Day() != 24 || r.Lines[2].At.Day() != 24 {
		t.Fatalf("got %+v", r.Lines)
	}
	// Forwards it is still yesterday's, and below a written date it is that day's.
	for _, head := range []string{"胡叔 昨天 08:05", "胡叔 2026-11-23 20:05"} {
		r = Read("a.txt", []byte(strings.Replace(text, "胡叔 昨天 20:05", head, 1)), Options{Now: tuesdayNoon})
		if len(r.Lines) != 3 || r.Lines[1].At.Day() != 23 {
			t.Errorf("below %q: %+v", head, r.Lines[1].At)
		}
	}
}

func TestPageWithHeadAndBodyApart(t *testing.T) {
	page := `<html><body><div id="chat">
<p class="head"><span class="sender">恬恬</span>&nbsp;<span class="date">2026-11-23 21:00:41</span></p><p class="body">档期问下</p>
<p class="head"><span class="sender">光屿</span>&nbsp;<span class="date">2026-11-23 21:01:41</span></p><p class="body">还有一组</p>
</div></body></html>`
	r := Read("a.html", []byte(page), Options{Now: tuesdayNoon})
	if len(r.Lines) != 2 {
		t.Fatalf("got %+v", r.Lines)
	}
	for i, want := range []string{"恬恬 21:00:41 档期问下", "光屿 21:01:41 还有一组"} {
		l := r.Lines[i]
		if l.At == nil || l.Sender+" "+l.At.Format("15:04:05")+" "+l.Text != want {
			t.Errorf("line %d is %+v, want %s", i+1, l, want)
		}
	}
}

func TestRecordsInRecordsWithoutAWordAreUnknown(t *testing.T) {
	text := strings.Repeat(`{"msgtype":"merged_msg","merged_msg":{"title":"群聊的聊天记录","item":[`, 5000) + "1" + strings.Repeat("]}", 5000)
	r := Read("a.json", []byte(text), Options{Now: tuesdayNoon})
	if r.Format != Unknown || len(r.Lines) != 1 || r.Lines[0].Text != text {
		t.Errorf("got format %s, %d lines", r.Format, len(r.Lines))
	}
}
