package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gendan/bot/chatlog"
)

const pasted = "骆老师 2026年10月28日 09:12\n乔经理 学校官网想重新做一版\n乔楠 2026年10月28日 09:15\n没问题骆老师\n"

func TestChatlogPrintsOneObjectARecord(t *testing.T) {
	dir := t.TempDir()
	one, other := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	for name, text := range map[string]string{one: pasted, other: "今天去拜访了客户"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"chatlog", "--json", "--now", "2026-10-29T20:00:00+08:00", "--us", "乔楠", "--us", "李雷", one, other}
	out, errs, code := play(t, "", args...)
	if code != 0 || errs != "" {
		t.Fatalf("exit status %d, %s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines for two records", len(lines))
	}
	var a, b chatlog.Record
	for i, r := range []*chatlog.Record{&a, &b} {
		if err := json.Unmarshal([]byte(lines[i]), r); err != nil {
			t.Fatal(err)
		}
	}
	if a.File != one || a.Format != chatlog.Paste || len(a.Lines) != 2 || a.Lines[0].Side != chatlog.Customer || a.Lines[1].Side != chatlog.Us {
		t.Errorf("%+v", a)
	}
	if want := time.Date(2026, 10, 28, 9, 12, 0, 0, time.FixedZone("", 8*3600)); a.Lines[0].At == nil || !a.Lines[0].At.Equal(want) || !strings.Contains(lines[0], `"at":"2026-10-28T09:12:00+08:00"`) {
		t.Errorf("the first line is of %v", a.Lines[0].At)
	}
	if b.Format != chatlog.Unknown || len(b.Lines) != 1 || b.Lines[0].Text != "今天去拜访了客户" || len(b.Warnings) == 0 {
		t.Errorf("%+v", b)
	}
	for _, empty := range []string{`"participants":[]`, `"facts":[]`} {
		if !strings.Contains(lines[1], empty) {
			t.Errorf("%s is missing in %s", empty, lines[1])
		}
	}
	again, _, _ := play(t, "", args...)
	if again != out {
		t.Error("the second answer differs")
	}
}

func TestChatlogReadsStandardInputForPeople(t *testing.T) {
	out, _, code := play(t, pasted, "chatlog", "--us", "乔楠", "-")
	if code != 0 || !strings.Contains(out, "2026-10-28 09:15:00  乔楠 (us): 没问题骆老师") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	out, _, code = play(t, pasted, "chatlog", "--json", "--format", "csv", "-")
	if code != 0 || !strings.Contains(out, `"format":"unknown"`) || !strings.Contains(out, "not_this_format") {
		t.Errorf("a paste as CSV: exit status %d: %s", code, out)
	}
}

func TestChatlogRefusesWrongArguments(t *testing.T) {
	for _, args := range [][]string{{}, {"--nonsense", "-"}, {"--format", "xlsx", "-"}, {"--now", "yesterday", "-"}} {
		if o, e, code := play(t, pasted, append([]string{"chatlog"}, args...)...); code != 2 || o+e == "" {
			t.Errorf("gendan chatlog %s: exit status %d, says %q", strings.Join(args, " "), code, o+e)
		}
	}
	if _, e, code := play(t, "", "chatlog", filepath.Join(t.TempDir(), "missing.txt")); code != 1 || e == "" {
		t.Errorf("a missing file: exit status %d, says %q", code, e)
	}
}
