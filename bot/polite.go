package bot

import (
	"regexp"
	"strings"

	"gendan/bot/parse"
)

// greetings are answered by the bot introducing itself.
var greetings = map[string]bool{"你好": true, "您好": true, "hi": true, "hello": true, "嗨": true, "在": true, "早": true, "早上好": true, "下午好": true, "晚上好": true, "哈喽": true, "在么": true, "你是谁": true}

// thanked are words of thanks and goodbye; nothing is to be done about them.
var thanked = map[string]bool{"谢谢": true, "谢谢你": true, "谢了": true, "多谢": true, "辛苦": true, "辛苦了": true, "感谢": true, "谢谢跟单": true, "thanks": true, "thx": true, "拜拜": true, "再见": true, "晚安": true, "棒": true, "真棒": true, "厉害": true, "谢謝": true, "謝謝": true, "多謝": true, "辛苦啦": true}

// acknowledged are words of consent that are said out of politeness as often as to confirm something.
var acknowledged = map[string]bool{"好": true, "好的": true, "好滴": true, "好嘞": true, "嗯": true, "嗯嗯": true, "行": true, "ok": true, "okay": true, "可以": true, "对": true, "没问题": true, "收到": true, "知道": true, "明白": true, "好的谢谢": true, "哦": true, "噢": true}

// bare is text without the punctuation and particles that decorate a word.
func bare(text string) string {
	return strings.ToLower(strings.Trim(text, "!！。.~～,，?？啊呀吗啦哈 "))
}

func polite(text string) bool { return thanked[bare(text)] || acknowledged[bare(text)] }

func casual(text string) bool { return acknowledged[bare(text)] }

// questions are words that a person who answers does not use, but one who asks something else does.
var questions = regexp.MustCompile(`什么|谁|哪个|哪家|哪些|怎么|咋|为啥|多少|吗[?？]?$|[了过]没(?:有)?[呀啊呢]?[?？]?$|[?？]$`)

func asking(text string) bool { return questions.MatchString(text) }

// shown are the words that our own messages tell people to type for a list; they work whatever the pack says.
var shown = map[string]string{
	"我的商机": "deal.list", "我的单子": "deal.list", "我的项目": "deal.list", "商机": "deal.list", "我的商機": "deal.list",
	"全部客户": "customer.search", "所有客户": "customer.search", "我的提醒": "reminder.list", "我的待办": "reminder.list", "提醒": "reminder.list", "待办": "reminder.list",
}

// shownList is the reading of such a word.
func shownList(text string) (parse.Action, bool) {
	name, ok := shown[strings.TrimRight(bare(text), "呢")]
	if !ok {
		return parse.Action{}, false
	}
	a := parse.Action{Name: name, Params: map[string]any{}}
	if name == "deal.list" {
		a.Params["owner"] = "me"
	}
	return a, true
}
