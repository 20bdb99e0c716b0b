package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnswerAnswersFromAListOrHandsOver(t *testing.T) {
	list := filepath.Join(t.TempDir(), "faq.csv")
	if err := os.WriteFile(list, []byte("\xef\xbb\xbfid,question,answer,similar\n1,怎么开发票？,在订单里开,能开票吗|发票怎么弄\n2,多久发货？,48 小时内,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := play(t, "如何开发票\n明天下雨吗\n", "answer", "--json", "--kb", list, "--file", "-", "几天发货")
	want := `{"text":"几天发货","id":"2","answer":"48 小时内","confidence":`
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || errs != "" || len(lines) != 3 || !strings.HasPrefix(lines[0], want) || !strings.Contains(lines[1], `"id":"1"`) {
		t.Fatalf("exit status %d, %q\n%s", code, errs, out)
	}
	if strings.Contains(lines[2], `"id"`) || strings.Contains(lines[2], `"answer"`) || !strings.Contains(lines[2], `"confidence":`) {
		t.Errorf("what no entry answers: %s", lines[2])
	}
	for _, args := range [][]string{{"answer"}, {"answer", "--kb", list}, {"answer", "怎么开发票"}} {
		if _, _, code := play(t, "", args...); code != 2 {
			t.Errorf("gendan %s: exit status %d", strings.Join(args, " "), code)
		}
	}
	for _, file := range []string{list + "x", os.DevNull} {
		if _, errs, code := play(t, "", "answer", "--kb", file, "你好"); code != 1 || strings.Count(errs, "\n") != 1 {
			t.Errorf("--kb %s: exit status %d, %q", file, code, errs)
		}
	}
}
