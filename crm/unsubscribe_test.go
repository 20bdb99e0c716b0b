package crm

import "testing"

func TestUnsubscribeIsTheWholeWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"TD": "out", " td。": "out", "ＴＤ": "out", "T": "out", "退订": "out", "回复TD": "out", "请不要再给我发短信了": "out", "别再发了": "out", "“退订”": "out", "STOP": "out", "取消订阅": "out",
		"恢复订阅": "in", "重新订阅吧": "in",
		"我要退订酒店": "", "好的": "", "": "", "t恤有货吗": "", "你们别发错了": "", "订阅的杂志到了吗": "", "不要了": "",
	} {
		out, in := UnsubscribeWord(text)
		if got := map[[2]bool]string{{true, false}: "out", {false, true}: "in"}[[2]bool{out, in}]; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
