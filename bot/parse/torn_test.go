package parse

import (
	"math/rand/v2"
	"testing"
)

// TestTornMessages reads the end of one message with the beginning of another: people send half a sentence, and two
// in one. Byte-wise fuzzing hardly ever ends a text on a word that wants something behind it.
func TestTornMessages(t *testing.T) {
	t.Parallel()
	read := func(text string) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%q: %v", text, p)
			}
		}()
		Parse(text, wednesday, nil)
	}
	for _, text := range []string{
		"云帆推进到", "客户建档：IBM中国，行业", "那单改到", "一张洗车券，800积分买过笔", "徐福记金额从三十万砍到二十六万五了阶段没变", "给李锦记贴标签大客户，再转给KA部",
	} {
		read(text)
	}
	rows := corpus(t, "tune.jsonl")
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		head, tail := []rune(rows[random.IntN(len(rows))].Text), []rune(rows[random.IntN(len(rows))].Text)
		read(string(head[random.IntN(len(head)):]) + string(tail[:random.IntN(len(tail)+1)]))
	}
}
