package bot

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gendan/bot/parse"
)

// TestPatternsLookAhead reads everything that people have said in the parser's examples with and without the look for words.
func TestPatternsLookAhead(t *testing.T) {
	patterns := []*parse.Pattern{
		deskTeam, deskDay, deskWhole, deskBack, deskOwe, deskTasks, deskTodo, deskBrief, deskMove, deskNever, deskLeaves, deskGive,
		deskAdd, deskUsers, deskRole, deskSettings, deskUnsent, deskHealthy,
		dropFirst, dropLast, quietFirst, quietLast, didWhat, moveWhat, moveIt, listWhat,
		dutyOn, dutyOff, dutyAway, dutyDays, dutyHours, dutySkill, dutyThere,
	}
	files, err := filepath.Glob("parse/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	texts := []string{"", "\xff\xfe坏", "张三离职了", "小马下班了", "我请假到周五", "把提醒取消掉", "任务列表", "李雷今天干了啥", "简报改到9点", "不用提醒我了"}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var line struct {
				Text string `json:"text"`
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Text != "" {
				texts = append(texts, line.Text)
			}
		}
	}
	if len(texts) < 5000 {
		t.Fatal(len(texts), "texts are too few")
	}
	matched := 0
	for k, p := range patterns {
		for i, text := range texts {
			if i > 10 && i%10 != k%10 { // each pattern a tenth of them
				continue
			}
			want, got := p.Regexp.FindStringSubmatch(text), p.FindStringSubmatch(text)
			if !slices.Equal(got, want) || p.MatchString(text) != (want != nil) {
				t.Errorf("%s: %q: %q, not %q", p, text, got, want)
			}
			if want != nil {
				matched++
			}
		}
	}
	t.Log(len(texts), "texts,", matched, "matches")
	if matched < 20 {
		t.Error("too little matches to tell")
	}
}
