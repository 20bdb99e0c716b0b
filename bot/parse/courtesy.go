package parse

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// wish is the politeness with which an order opens that has the form of a question or of a supposition: 可否把…, 如果方便的话，帮我…. What stands behind
// it must be an order to the one who is spoken to.
var wish = regexp.MustCompile(`^(?:你好|您好|请问|请教|劳驾|麻烦问下|想问下|您看看?|你看看?|看看|那|[，, ])*` +
	`(?:((?:如果|要是|假如|若是?)?(?:您|你|各位)?(?:那边|这边)?(?:方便|可以|有空|得空|有时间|不忙|不麻烦|来得及|能行|行)(?:的话|的时候|时)[，, ]*|(?:如果|要是|假如|若是?)(?:您|你)?(?:那边|这边)?(?:方便|可以|有空|不麻烦|不忙)[，, ]+)` +
	`|((?:如果|要是|假如|若)?(?:您|你)?(?:那边|这边|现在|今天)?(?:可否|可不可以|能不能|能否|是否可以|是否能够?|是不是可以|可以不可以))` +
	`|((?:您|你)?(?:可以|能|方便)))+` +
	`(?:先|帮|请|麻烦|您|你|现在|直接|[，, ])*?(?:(把|将|给|按|记|登记|提醒|推进|建|新建|开个|开一|开张|查|发|派|转|关|安排|标|加|录|打个|撤销)|(帮我|帮忙|帮咱|替我|(?:麻烦|劳烦|劳驾|请)(?:您|你)?|烦请))`)

// doubtful are words of somebody who asks whether something can be done at all.
var doubtful = []string{"别人", "怎么", "会不会", "是不是", "为什么", "才能", "一次", "批量", "同时", "自动", "随便", "什么", "哪", "多少", "几", "给客户"}

// preamble is what people say before they come to what they want, askedFor how they ask for it where 把 or a stop follows, thanking what they say
// behind it.
var (
	preamble = regexp.MustCompile(`^ *(?:(?:对了|再就是|再有就是|还有就是|还有一件事|你好|您好|小助手|hi|hello|hey|okay|ok|嗯+|哎|诶|欸|那个|好的|好嘞|好|行|收到|还有|另外|对|哦|额|呃)[，,。!！~… ]+|对了|再就是|再有就是|还有就是)+`)
	askedFor = regexp.MustCompile(`^(?:请|麻烦(?:您|你)?|劳烦(?:您|你)?|帮我|帮忙|替我)+(?:(把|将)|[ ，,:：]+)`)
	thanking = regexp.MustCompile(`(?:[，,。.!！~～ ]*(?:谢谢(?:您|你|啦|了|哈)?|多谢(?:您|你|啦|了)?|感谢|辛苦(?:啦|了|您了|你了)|拜托(?:了|啦)?|麻烦(?:了|啦|您了|你了)|thanks|thx|哈|哦|啊|哟|噢|咯|喽|呗))+[。.!！~～ ]*$`)
)

// plainly is the line without what is said before and behind the order for politeness alone.
func (l *line) plainly() *line {
	text := string(l.norm)
	head := preamble.FindString(text)
	if strings.HasSuffix(head, "对了") && hasPrefix(text[len(head):], "账", "一下", "数", "单") {
		head = ""
	}
	tail := len(text)
	if x := thanking.FindStringIndex(text); x != nil && x[0] > len(head) && !hasSuffix(text[:x[0]], "说", "表示", "道", "句", "声", "写", "回", "喊", "哈", "啊", "哦", "娃") && !hasAny(text, []string{"回复", "答复", "告诉", "转告"}) {
		tail = x[0]
	}
	if x := askedFor.FindStringSubmatchIndex(text[len(head):tail]); x != nil {
		head = text[:len(head)+x[1]]
		if x[2] >= 0 {
			head = strings.TrimSuffix(head, text[len(head)-(x[3]-x[2]):len(head)])
		}
	}
	i, j := utf8.RuneCountInString(head), utf8.RuneCountInString(text[:tail])
	if i == 0 && j == len(l.norm) || j-i < 4 {
		return l.unsighed()
	}
	return l.part(i, j).unsighed()
}

// unsighed blanks the particles that people end their clauses with, which are no part of the name before them: 转给陈涛哈，明天….
func (l *line) unsighed() *line {
	made := l
	for k := 2; k+1 < len(l.norm); k++ {
		if !strings.ContainsRune("哈哦啊", l.norm[k]) || !strings.ContainsRune("，,；;。", l.norm[k+1]) || !isHan(l.norm[k-1]) && !isAlnum(l.norm[k-1]) || strings.ContainsRune("哈哦啊好行可是对嗯吗呢没", l.norm[k-1]) {
			continue
		}
		if made == l {
			made = l.part(0, len(l.norm))
		}
		made.norm[k] = ' '
	}
	return made
}

func hasPrefix(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(text, w) })
}

func hasSuffix(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(text, w) })
}

// courteous takes from the opening of a message the form of a question that makes an order polite, and the 吗 at its end.
func (l *line) courteous() *line {
	l = l.plainly()
	text := string(l.norm)
	m := wish.FindStringSubmatchIndex(text)
	if m == nil {
		return l
	}
	has := func(n int) bool { return m[2*n] >= 0 }
	tail := strings.TrimRight(text, "?？!！~。. ")
	marked := strings.HasSuffix(tail, "吗") || strings.HasSuffix(tail, "么") || strings.HasSuffix(tail, "不")
	asks := marked || strings.ContainsAny(text[len(tail):], "?？")
	if has(4) && !has(1) && (strings.HasSuffix(tail, "啊") || strings.HasSuffix(tail, "呢") || hasAny(text, doubtful)) {
		return l
	}
	if has(3) && !has(1) && !has(2) && has(4) && (!asks || text[m[8]:m[9]] == "给") { // 可以把…: what somebody is allowed to do
		return l
	}
	end := m[0]
	switch {
	case has(4):
		end = m[8]
	case strings.HasSuffix(text[m[10]:m[11]], "你") || strings.HasSuffix(text[m[10]:m[11]], "您"):
		end = m[11]
	default:
		end = m[10]
	}
	for _, w := range []string{"帮", "请", "麻烦", "先", "直接"} { // these are heard as they stand
		end -= len(text[:end]) - len(strings.TrimSuffix(text[:end], w))
	}
	made := &line{orig: l.orig, norm: slices.Clone(l.norm)}
	for k := range utf8.RuneCountInString(text[:end]) {
		made.norm[k] = ' '
	}
	if !asks || !has(2) && !has(3) {
		return made
	}
	k := utf8.RuneCountInString(tail)
	for x := k; x < len(made.norm); x++ {
		made.norm[x] = ' '
	}
	if marked {
		made.norm[k-1] = ' '
		if made.anyAt(k-3, "可以", "方便") == 2 {
			made.norm[k-2], made.norm[k-3] = ' ', ' '
		}
	}
	return made
}
