package crm

import (
	"regexp"
	"strings"
)

// wantsOut and wantsIn are the whole of what customers answer to be left in peace, or not any more: a word in a longer message
// may mean something else (我要退订酒店).
var (
	wantsOut = regexp.MustCompile(`^(?:请|我要|我想|麻烦)?(?:td|t|n|stop|unsubscribe|退订|退訂|取消订阅|取消訂閱|拒收|不要再发|别再发|不要再给我发|别再给我发|不要发了|别发了|不再接收|别再发了|不要再发了)(?:短信|消息|信息|广告|营销|了|吧)*$`)
	wantsIn  = regexp.MustCompile(`^(?:请|我要|我想|麻烦)?(?:恢复订阅|重新订阅|订阅|恢復訂閱|start|subscribe)(?:短信|消息|信息|了|吧)*$`)
)

// UnsubscribeWord tells whether an answer asks for no more messages (退订, TD), or for messages again (恢复订阅).
func UnsubscribeWord(text string) (out, in bool) {
	text = strings.ToLower(strings.Trim(Fold(text), " 。.!！~～[]【】“”\"'回复"))
	return wantsOut.MatchString(text), wantsIn.MatchString(text)
}
