package parse

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What people say of what brings customers back, and what they say that sounds like it and is something else.
func TestForms(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/forms.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var want Result
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(Parse(want.Text, now, nil).Actions)
		if err != nil {
			t.Fatal(err)
		}
		var got []Action
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want.Actions, got); d != "" {
			t.Errorf("%s: %s", want.Text, d)
		}
	}
	for _, text := range []string{"云帆参加了我们的展会", "别给云帆发券了", "云帆的合同规则我再看看", "客户说旅程很满意", "提醒我明天给云帆报名", "活动效果不错"} {
		if f := (message{now: now, v: compiled(nil)}).formed(newLine(text), formSure); f != nil {
			t.Errorf("%s is taken for %s", text, f[0].action)
		}
	}
}
