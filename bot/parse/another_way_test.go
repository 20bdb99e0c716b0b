package parse

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// Politeness, particles and full-width letters change nothing of an order: what is understood is understood as well with 麻烦 before it, 谢谢 behind
// it, 哈 at the end of its clauses, or typed on another keyboard.
func TestSaidAnotherWay(t *testing.T) {
	t.Parallel()
	ways := []struct {
		name string
		say  func(string) string
		most int // of those that were right, how many may be read as something else without a question
	}{
		{"a word before", func(s string) string {
			return []string{"对了，", "你好，", "嗯 ", "OK，", "再就是", "麻烦，", "还有，"}[len(s)%7] + s
		}, 0},
		{"thanks behind", func(s string) string {
			if strings.HasSuffix(s, "吗") || strings.HasSuffix(s, "呢") || strings.ContainsAny(s[max(0, len(s)-3):], "。！？?!") {
				return s
			}
			return s + []string{"，谢谢", "哈", "哦", "，辛苦了", "啊", "，多谢"}[len(s)%6]
		}, 1},
		{"particles between", func(s string) string { return strings.Replace(s, "，", "哈，", 1) }, 3},
		{"full width", func(s string) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r <= '~' {
					return r - '!' + '！'
				}
				return r
			}, s)
		}, 1},
	}
	rows := append(corpus(t, "stories.jsonl"), corpus(t, "trades.jsonl")...)
	rows = append(rows, corpus(t, "played.jsonl")...)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			var lost []string
			for _, row := range rows {
				said := way.say(row.Text)
				if said == row.Text || !reflect.DeepEqual(row.Actions, asJSON(t, Parse(row.Text, wednesday, nil))) {
					continue
				}
				r := Parse(said, wednesday, nil)
				if r.Confidence < 0.8 || !anyWrites(r.Actions) {
					continue
				}
				if !sameButWords(row.Actions, r.Actions, t) {
					lost = append(lost, said)
				}
			}
			if len(lost) > way.most {
				t.Errorf("%d are read as something else:\n%s", len(lost), strings.Join(lost, "\n"))
			}
		})
	}
}

func anyWrites(actions []Action) bool {
	for _, a := range actions {
		if writes(a.Name) {
			return true
		}
	}
	return false
}

// sameButWords compares all that is not free text, width and case apart.
func sameButWords(want, got []Action, t *testing.T) bool {
	if len(want) != len(got) {
		return false
	}
	narrow := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '！' && r <= '～' {
				r = r - '！' + '!'
			}
			return unicode.ToLower(r)
		}, s)
	}
	for n, w := range want {
		g := plain(t, got[n])
		if w.Name != got[n].Name {
			return false
		}
		for _, param := range []string{"customer", "amount", "stage", "at", "owner", "assignee", "discount", "points", "ticket", "deal", "lead", "approval", "reminder", "into", "due"} {
			a, b := w.Params[param], g[param]
			if x, ok := a.(string); ok {
				if y, ok := b.(string); !ok || narrow(x) != narrow(y) {
					return false
				}
				continue
			}
			if !reflect.DeepEqual(a, b) {
				return false
			}
		}
	}
	return true
}
