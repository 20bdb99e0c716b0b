package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesOfServiceAreSetTriedAndReset(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	t.Setenv("GENDAN_DATA_DIR", t.TempDir())
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "own.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	says := func(want int, words string, args ...string) {
		t.Helper()
		if out, errs, code := play(t, "", append([]string{"service"}, args...)...); code != want || !strings.Contains(out+errs, words) {
			t.Errorf("gendan service %s: exit status %d, says %q, want %q", strings.Join(args, " "), code, out+errs, words)
		}
	}
	says(2, "gendan service try", "nonsense")
	says(0, `"escalations"`, "pack")
	const at = "2026-09-30T17:00:00+08:00" // the day before a week without work
	says(0, "first     100 %  2026-10-08 Thu 10:00:00", "try", "-at", at, "打印机坏了")
	says(1, "夜里", "set", file(`{"slas": [{"name": "x", "hours": "夜里"}]}`))
	says(0, "nothing of its own", "show")
	says(0, "set;", "set", file(`{"slas": [{"name": "我们的", "hours": "全天", "first": "5m"}]}`))
	says(0, "first     100 %  2026-09-30 Wed 17:05:00", "try", "-at", at, "打印机坏了")
	says(0, "我们的", "show")
	says(0, "set;", "reset")
	says(0, "nothing of its own", "show")
}
