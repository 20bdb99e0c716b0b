package crm

import (
	"fmt"
	"testing"
	"time"
)

func talk(texts ...string) (r ChatRecord) {
	for i, text := range texts {
		kind := "text"
		if text == "[图片]" {
			kind, text = "image", ""
		}
		r.Lines = append(r.Lines, RecordLine{N: i + 1, Sender: "王强", Kind: kind, Text: text})
	}
	return r
}

// known tells which keys a record has.
func known(r ChatRecord) func(string) bool {
	there := map[string]bool{}
	keys, _ := r.Keys()
	for _, k := range keys {
		there[k] = true
	}
	return func(k string) bool { return there[k] }
}

func TestTheSameConversationIsKnownInAnyForm(t *testing.T) {
	a := talk("你们报价多少钱一套", "38万含税", "[图片]", "太贵了，35万行不行", "我去申请一下")
	b := talk("你们报价多少钱一套 ", "38万含税", "太贵了,35万行不行", "我去申请一下")
	at := time.Now()
	for i := range b.Lines {
		b.Lines[i].At, b.Lines[i].Sender = &at, ""
	}
	if rest := b.Since(known(a)); len(rest.Lines) != 0 {
		t.Errorf("another form of the same leaves %v", rest.Lines)
	}
	if rest := a.Since(known(b)); len(rest.Lines) != 0 {
		t.Errorf("and the other way round %v", rest.Lines)
	}
	c := talk("你们报价多少钱一套", "38万含税", "太贵了，35万行不行")
	c.Lines[0].Sender = "别人"
	if c.Whole() != talk("你们报价多少钱一套", "38万含税", "太贵了，35万行不行").Whole() {
		t.Error("the sender's name makes another record")
	}
}

func TestALongerPieceAddsWhatIsNew(t *testing.T) {
	short := talk("你们报价多少钱一套", "38万含税", "太贵了，35万行不行")
	long := talk("上周谈的那套设备", "你们报价多少钱一套", "38万含税", "太贵了，35万行不行", "我去申请一下", "[图片]", "好的等你消息")
	rest := long.Since(known(short))
	var got []int
	for _, l := range rest.Lines {
		got = append(got, l.N)
	}
	if fmt.Sprint(got) != "[1 5 6 7]" {
		t.Errorf("new lines are %v", got)
	}
}

func TestSmallTalkIsNobodysOwn(t *testing.T) {
	a, b := talk("在吗", "在的", "好的"), talk("在吗", "在的", "谢谢")
	if keys, _ := a.Keys(); len(keys) != 0 {
		t.Errorf("keys of small talk: %q", keys)
	}
	if a.Whole() == b.Whole() {
		t.Error("two conversations are one")
	}
	one, other := talk("[图片]", "[图片]"), talk("[图片]", "[图片]")
	at := time.Now()
	other.Lines[0].At = &at
	if one.Whole() == other.Whole() {
		t.Error("pictures of different days are one record")
	}
}

func TestRecordsAreSearchedByWords(t *testing.T) {
	r := talk("样品什么时候到", "ＳＵＳ３０４ 的", "明天寄")
	for query, want := range map[string]int{"样品": 1, "sus304": 1, "王强 样品": 1, "样品 明天": 0, "王强": 3} {
		if got := len(r.Find(FindWords(query))); got != want {
			t.Errorf("%q finds %d lines, want %d", query, got, want)
		}
	}
}

func BenchmarkRecordKeys(b *testing.B) {
	var texts []string
	for i := range 5000 {
		texts = append(texts, fmt.Sprintf("第%d句话，说的是一些平常的事情和价格", i))
	}
	r := talk(texts...)
	for b.Loop() {
		r.Keys()
	}
}
