package parse

import (
	"strings"
	"time"
)

// Reading is one text of a chat record made ready for the readers of this package. Typed and Folded have the
// same length, so that what is found in the one can be quoted from the other. A Reading is not safe for
// concurrent use.
type Reading struct {
	Typed  []rune // as written
	Folded []rune // Simplified, half-width, lower case; white space and pictures are ' '
	c      clockwork
}

// NewReading folds text, which was said at now.
func NewReading(text string, now time.Time) *Reading {
	l := newLine(text)
	return &Reading{Typed: l.orig, Folded: l.norm, c: clockwork{line: l, now: now}}
}

// timeStarts are the characters with which a time can begin; they spare the readers of times most places.
const timeStarts = "0123456789零一二三四五六七八九十两半廿〇今明后昨前大次隔当本这上下周星礼月年每元国五六双平圣劳儿情妇教春清中端早晚傍凌午夜夜正近未接最过再等工天日第q季去t聽"

// timeSeconds are the characters that follow those of timeStarts which mostly begin other words.
var timeSeconds = map[rune]string{
	'上': "周个星礼月半午季年上", '下': "周个星礼月半午季年下班", '这': "周个星礼月季年一", '本': "周星礼月季年", '大': "后前", '后': "天日年晚", '前': "天日年", '过': "0123456789一二三四五六七八九十两半几",
	'等': "0123456789一二三四五六七八九十两半", '天': "天", '日': "日", '工': "作", '近': "0123456789一二三四五六七八九十两半", '最': "近", '中': "午", '正': "午", '元': "旦", '国': "庆", '年': "底末尾初", '月': "底末尾初中",
	'今': "天日儿早晚夜年", '明': "天日儿早晚晨年", '早': "上晨0123456789一二三四五六七八九十两", '晚': "上间0123456789一二三四五六七八九十两", '平': "安", '圣': "诞", '劳': "动", '儿': "童", '情': "人", '妇': "女", '教': "师",
	'春': "节", '清': "晨早", '端': "午", '傍': "晚", '凌': "晨", '夜': "里间", '未': "来", '接': "下", '再': "过", '每': "天日周个月年早晚星逢季隔", '次': "日", '隔': "天", '当': "天月", '昨': "天日儿晚夜", '去': "年",
	't': "o", '季': "度末底", '第': "一二三四1234", '周': "一二三四五六日天末1234567", '星': "期", '礼': "拜", '半': "个小年天月夜",
}

// timely reports whether a time may begin at i: it spares most places the reading.
func (r *Reading) timely(i int) bool {
	first := r.Folded[i]
	if !strings.ContainsRune(timeStarts, first) {
		return false
	}
	if second, ok := timeSeconds[first]; ok {
		return i+1 < len(r.Folded) && strings.ContainsRune(second, r.Folded[i+1])
	}
	if !isDigit(first) && !isHanNumber(first) {
		return true
	}
	for k := i + 1; k < len(r.Folded) && k < i+8; k++ { // a unit of time follows the number
		if c := r.Folded[k]; !isDigit(c) && !isHanNumber(c) && c != ' ' {
			return strings.ContainsRune("天日周期拜月年号点分时:：/-.小季h刻个工上大一童到至~钟星礼", c)
		}
	}
	return false
}

// Time reads the time that begins at i and gives the place behind it; end is i when there is none. A month
// and day without a year is the next to come.
func (r *Reading) Time(i int) (t Time, end int) {
	if !r.timely(i) {
		return Time{}, i
	}
	w := r.c.when(i)
	if w == nil || w.end <= i {
		return Time{}, i
	}
	w.settle(r.c.now, false)
	return *w, w.end
}

// Money reads the amount that begins at i, with or without a unit, and gives the place behind it; end is i
// when there is none.
func (r *Reading) Money(i int) (m Money, end int) {
	m, ok := r.c.money(i)
	if !ok {
		return Money{}, i
	}
	return m, m.end
}

// Phone reads the telephone number that begins at i and gives the place behind it; end is i when there is
// none that is complete.
func (r *Reading) Phone(i int) (digits string, end int) {
	p, ok := r.c.phone(i)
	if !ok || p.Bad != "" {
		return "", i
	}
	return p.Digits, p.end
}

// Email gives the place behind the mail address that begins at i; i when there is none.
func (r *Reading) Email(i int) int {
	end, ok := r.c.email(i)
	if !ok {
		return i
	}
	return end
}

// Number reads the number that begins at i, in digits or Chinese numerals, and gives the place behind it.
func (r *Reading) Number(i int) (v float64, end int) {
	v, end, _ = r.c.number(i)
	return v, end
}
