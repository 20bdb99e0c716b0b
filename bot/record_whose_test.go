package bot

import "testing"

func TestWhoseRecordItIsSaidToBe(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"云帆": "云帆", "这是云帆的，记一下": "云帆", "记到云帆名下": "云帆", "帮我把这份聊天记录记到上海云帆科技": "上海云帆科技", "云帆的聊天记录": "云帆", "客户是云帆": "云帆",
		"和云帆的聊天": "云帆", "记一下": "", "帮我整理一下": "", "": "", "这个怎么记": "", "谢谢": "", "是云帆": "云帆", "存到「云帆」": "云帆", "这个是云帆王总的": "云帆王总",
	} {
		if got := whoseSaid(said); got != want {
			t.Errorf("%q says %q, want %q", said, got, want)
		}
	}
}
