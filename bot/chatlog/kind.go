package chatlog

import (
	"regexp"
	"strings"
)

// placeholders are what clients print for a message that is not text, and what it was. A kind of Text keeps
// the whole line: the platform has more kinds of message than a record has kinds of line.
var placeholders = map[string]Kind{
	"图片": Image, "照片": Image, "相片": Image, "截图": Image, "image": Image, "picture": Image, "photo": Image, "pic": Image,
	"语音": Voice, "语音消息": Voice, "录音": Voice, "voice": Voice, "audio": Voice,
	"视频": Video, "短视频": Video, "小视频": Video, "video": Video,
	"文件": File, "附件": File, "在线文档": File, "文档": File, "file": File, "document": File,
	"链接": Link, "网页": Link, "分享": Link, "小程序": Link, "音乐": Link, "音乐分享": Link, "视频号": Link, "公众号文章": Link, "图文消息": Link,
	"图文": Link, "分享链接": Link, "link": Link, "url": Link, "mini program": Link, "小程序卡片": Link, "文章": Link,
	"位置": Location, "地理位置": Location, "位置共享": Location, "实时位置": Location, "共享位置": Location, "location": Location,
	"名片": Card, "个人名片": Card, "推荐名片": Card, "contact card": Card, "contact": Card,
	"聊天记录": Nested, "合并转发": Nested, "合并转发的聊天记录": Nested, "转发消息": Nested, "群聊的聊天记录": Nested, "chat history": Nested,
	"动画表情": Image, "表情": Image, "表情包": Image, "自定义表情": Image, "sticker": Image, "动态表情": Image, "贴纸": Image,
}

// keepWords are placeholders that say all that there is, so that the line keeps them as its text.
var keepWords = map[string]bool{"动画表情": true, "表情": true, "表情包": true, "自定义表情": true, "sticker": true, "动态表情": true, "贴纸": true}

var (
	seconds    = regexp.MustCompile(`^(?:\d{1,3}\s*(?:''|"|″|'|’’|”|秒|s|sec)|\d{1,2}:\d{2}|时长[:：]?\s*\S+)\s*`)
	transcript = regexp.MustCompile(`^(?:[（(【\[]?(?:已?转(?:为)?文字|语音转文字|转写|识别结果|文字)[)）】\]]?\s*[:：]?\s*)`)
	fileSize   = regexp.MustCompile(`\s*[(（]?\s*\d+(?:\.\d+)?\s*(?:[KMG]i?B?|字节|bytes?)\s*[)）]?$`)
	markdown   = regexp.MustCompile(`^!?\[([^\[\]|]{1,12})(?:\|([^\[\]]*))?\]\((.*)\)$`)
	fileName   = regexp.MustCompile(`(?i)^[^\n/\\:*?"<>|]{1,120}\.(?:pdf|docx?|xlsx?|pptx?|txt|zip|rar|7z|dwg|dxf|step|stp|igs|csv|wps|et|dps|apk|psd|ai|cdr|skp|rvt)$`)
)

// classify says what a pasted message is and what of it is text.
func classify(s string) (Kind, string) {
	if s == "" {
		return Text, ""
	}
	if k, ok := notice(s); ok {
		return k, s
	}
	if s[0] != '[' && s[0] != '!' && s[0] != '<' && !strings.HasPrefix(s, "【") && !strings.HasPrefix(s, "［") {
		return bare(s)
	}
	if m := markdown.FindStringSubmatch(s); m != nil {
		if k, ok := placeholders[strings.ToLower(m[1])]; ok {
			return k, strings.TrimSpace(m[2])
		}
	}
	word, rest, ok := bracketed(s)
	if !ok {
		return Text, s
	}
	word, detail, _ := cutAny(word, "：", ":", "|", " ")
	k, known := placeholders[strings.ToLower(strings.TrimSpace(word))]
	if !known {
		return Text, s
	}
	rest = strings.TrimSpace(rest)
	if detail = strings.TrimSpace(detail); detail != "" && rest == "" {
		rest = detail
	}
	if keepWords[strings.ToLower(word)] {
		if rest == "" {
			return k, s
		}
		return Text, s
	}
	return withRest(k, s, rest)
}

// bare recognises a message that is nothing but the name of a file or an address of the web.
func bare(s string) (Kind, string) {
	if len(s) > 300 || strings.ContainsAny(s, "\n，。？！") {
		return Text, s
	}
	if (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.Contains(s, " ") {
		return Link, s
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 5 && fileName.MatchString(s) {
		return File, s
	}
	return Text, s
}

// withRest reads what stands behind a placeholder.
func withRest(k Kind, s, rest string) (Kind, string) {
	rest = strings.TrimSpace(strings.TrimLeft(rest, ":："))
	switch k {
	case Voice:
		rest = strings.TrimSpace(seconds.ReplaceAllString(rest, ""))
		rest = strings.TrimSpace(transcript.ReplaceAllString(rest, ""))
		return k, rest
	case Image, Video:
		rest = strings.TrimSpace(seconds.ReplaceAllString(rest, ""))
		if rest == "" || !strings.ContainsAny(rest, " \n") && strings.Contains(rest, ".") {
			return k, rest
		}
		return Text, s // a picture with words: the words matter more
	case File:
		if first, _, more := strings.Cut(rest, "\n"); more && fileName.MatchString(strings.TrimSpace(first)) {
			return k, rest
		}
		if named := fileSize.ReplaceAllString(rest, ""); named != "" {
			rest = named
		}
		return k, rest
	case Link:
		return k, strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(rest, "title:"), "标题:"))
	}
	return k, rest
}

// bracketed splits [word]rest, also in the brackets of other clients.
func bracketed(s string) (word, rest string, ok bool) {
	for _, b := range [...][2]string{{"[", "]"}, {"【", "】"}, {"［", "］"}, {"<", ">"}} {
		if !strings.HasPrefix(s, b[0]) {
			continue
		}
		end := strings.Index(s, b[1])
		if end < 0 || end > 60 {
			return "", "", false
		}
		return s[len(b[0]):end], s[end+len(b[1]):], true
	}
	return "", "", false
}

// cutAny cuts s at the first of the separators that it holds, tried in order.
func cutAny(s string, seps ...string) (before, after string, found bool) {
	for _, sep := range seps {
		if i := strings.Index(s, sep); i >= 0 {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// noticeWords begin, end or fill the lines that the client itself writes into a chat.
var noticeWords = []string{
	"撤回了一条", "撤回一条", "撤回了成员", "已撤回", "recalled a message", "unsent a message",
	"加入了群聊", "加入群聊", "加入本群", "加入了本群", "退出了群聊", "退出群聊", "移出了群聊", "移出群聊", "邀请你", "邀请",
	"拍了拍", "以上是打招呼的内容", "以下为新消息", "以下是新消息", "现在可以开始聊天了", "开始聊天了", "你已添加了", "修改群名为", "修改了群名",
	"通过扫描", "成为新群主", "开启了朋友验证", "消息已发出，但被对方拒收了", "通过了你的朋友验证请求", "通过了你的联系人验证请求",
	"该消息类型暂不支持", "领取了你的红包", "领取了", "发起了群聊", "创建了群聊", "会话已结束", "转接给", "接入会话", "群公告",
}

// notice recognises the lines that no person wrote.
func notice(s string) (Kind, bool) {
	if len(s) > 240 || strings.Contains(s, "\n") {
		return "", false
	}
	if !mayNotice(s) {
		return "", false
	}
	hit := ""
	for _, w := range noticeWords {
		if strings.Contains(s, w) {
			hit = w
			break
		}
	}
	if hit == "" {
		return systemTag(s)
	}
	switch {
	case strings.Contains(hit, "撤回") || strings.Contains(hit, "recalled") || strings.Contains(hit, "unsent"):
		if recallLine.MatchString(s) {
			return Recall, true
		}
	case systemLine.MatchString(s):
		return System, true
	}
	return systemTag(s)
}

// mayNotice is a quick test for the characters that every notice has one of.
func mayNotice(s string) bool {
	for i, r := range s {
		switch r {
		case '撤', '群', '拍', '邀', '招', '始', '添', '验', '领', '转', '会', '暂', '拒', '系', '新':
			return true
		case 'r', 'u':
			if strings.HasPrefix(s[i:], "recalled a") || strings.HasPrefix(s[i:], "unsent a") {
				return true
			}
		}
	}
	return false
}

// systemTag recognises [系统消息] … and 系统提示：….
func systemTag(s string) (Kind, bool) {
	for _, tag := range [...]string{"[系统消息]", "[系统提示]", "【系统消息】", "【系统提示】", "系统消息:", "系统消息：", "系统提示:", "系统提示：", "[系统通知]", "【系统通知】", "[系统]", "【系统】"} {
		if strings.HasPrefix(s, tag) {
			if strings.Contains(s, "撤回") {
				return Recall, true
			}
			return System, true
		}
	}
	return "", false
}

var (
	recallLine = regexp.MustCompile(`^[\["“「【]?(?:系统消息[\]】]?[:：]?\s*)?["“「]?([^"”」\n]{0,40}?)["”」]?\s*(?:已?撤回了?(?:一|1)条(?:成员)?(?:的)?(?:消息|信息)|撤回了成员.{1,40}的一条消息|(?:该|此|一条)?消息已(?:被)?撤回|已撤回|recalled a message|unsent a message)[\]】]?(?:[,，]?\s*(?:重新编辑|点击重新编辑|并附言.*))?[.。]?$`)
	systemLine = regexp.MustCompile(`^(?:[\["“「]?[^，。？！,?!]{0,40}["”」]?\s*(?:邀请(?:你|["“]?[^，。？！]{1,60}["”]?)(?:和[^，。？！]{1,40})?加入了?(?:群聊|本群|群)|(?:已?加入了?(?:群聊|本群|群))|(?:被)?(?:移出|退出)了?(?:群聊|本群)|拍了拍.{1,60}|修改了?群名(?:称)?为.{1,40}|通过扫描.{1,60}加入了?群聊|已?成为新群主|开启了朋友验证.{0,80}|通过了你的(?:朋友|联系人)验证请求.{0,60}|领取了.{1,20}红包|(?:发起|创建)了群聊|已?将?会话.{0,4}转接给.{1,30}|接入会话|发布了群公告.{0,60})["”」\]]?[.。]?` +
		`|以上是打招呼的内容|-*\s*以下(?:为|是)新消息\s*-*|你已添加了.{1,60}|.{0,40}(?:以上是打招呼的消息|现在可以开始聊天了).{0,4}|消息已发出，但被对方拒收了.{0,4}|\[?该消息类型暂不支持.{0,20}|会话已结束.{0,10})$`)
)

// recaller is who took a message back, "" when the line does not say or says 你.
func recaller(s string) (name string, self bool) {
	m := recallLine.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	name = strings.TrimSpace(m[1])
	switch name {
	case "你", "您", "我", "You", "you":
		return "", true
	case "", "对方", "该", "此", "系统", "管理员":
		return "", false
	}
	return name, false
}

// unread recognises read marks, which are no lines.
func unread(s string) bool {
	if len(s) > 24 {
		return false
	}
	s = strings.Trim(s, "[]()（） ")
	switch s {
	case "已读", "未读", "全部已读", "对方已读", "已送达", "对方未读", "Read", "Unread", "Delivered":
		return true
	}
	for _, tail := range [...]string{"人未读", "人已读"} {
		if head, ok := strings.CutSuffix(s, tail); ok {
			if _, n := digits(head); n > 0 && n == len(head) {
				return true
			}
		}
	}
	return false
}
