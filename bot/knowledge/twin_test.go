package knowledge

import "testing"

// What was learned is known again in another spelling; what turns a question round is another question.
func TestAQuestionSaidAgainIsKnown(t *testing.T) {
	x := New([]Entry{
		{ID: "filter", Heard: true, Question: "滤芯多久换一次", Learned: []string{"那个芯子用多长时间要换"}, Answer: "六个月"},
		{ID: "water", Question: "不出水怎么办", Answer: "看看进水阀"},
		{ID: "ink", Question: "墨盒怎么选", Learned: []string{"墨合多久换"}, Answer: "看型号"},
		{ID: "boot", Heard: true, Question: "怎么开机", Answer: "长按"}, {ID: "off", Heard: true, Question: "怎么关机", Answer: "再长按"},
	}, words(t))
	for text, want := range map[string]string{
		"那个芯子用多长时间要换":      "filter",
		"你好，那個芯子用多長時間要換呀？": "filter",
		"请问芯子用多长时间要换":      "filter",
		"墨合多久换":            "ink",
		"怎么关机？":            "off",
		"老师好，怎么开机呢":        "boot",
	} {
		if a := x.Answer(text); a.ID != want {
			t.Errorf("%q: %q (%.2f), want %q", text, a.ID, a.Confidence, want)
		}
	}
}

// What an entry was found not to answer it is not given for again, nor for the same in another spelling; what is written for it stays.
func TestWhatWasNoAnswerIsNotGivenAgain(t *testing.T) {
	entries := []Entry{{ID: "warranty", Question: "保修期多长", Answer: "两年"}, {ID: "visit", Question: "可以上门维修吗", Answer: "可以"}}
	entries[0].Learned = []string{"激光头保修要上门吗"}
	if a := New(entries, words(t)).Answer("激光头保修要上门吗？"); a.ID != "warranty" {
		t.Fatalf("learned: %+v", a)
	}
	entries[0].Learned, entries[0].Not = nil, []string{"激光头保修要上门吗？", "请问保修期多长呀"}
	x := New(entries, words(t))
	for _, text := range []string{"激光头保修要上门吗", "请问激光头保修要上门吗"} {
		if a := x.Answer(text); a.ID == "warranty" {
			t.Errorf("%q: %+v", text, a)
		}
	}
	if a := x.Answer("保修期多长"); a.ID != "warranty" {
		t.Errorf("its own question: %+v", a)
	}
}

// The same words learned for two entries are answered with neither.
func TestWordsOfTwoEntriesAskWhichIsMeant(t *testing.T) {
	x := New([]Entry{{ID: "a", Question: "发票怎么开", Learned: []string{"那个怎么弄的呢单子"}, Answer: "一"}, {ID: "b", Question: "怎么退货", Learned: []string{"那个怎么弄的呢单子"}, Answer: "二"}}, words(t))
	if a := x.Answer("那个怎么弄的呢单子"); a.ID != "" {
		t.Errorf("%+v", a)
	}
}

func TestOnlyQuestionsAreTaught(t *testing.T) {
	w := words(t)
	for text, want := range map[string]bool{
		"滤芯多久换一次": true, "水温要多少度": true,
		"你好": false, "转人工": false, "客户要求转人工": false, "好的谢谢": false, "你们这群骗子": false, "我的快递到哪了": false, "在吗": false, "？": false, "": false,
	} {
		if got := Teachable(text, w); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
