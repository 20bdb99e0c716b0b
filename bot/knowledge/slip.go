package knowledge

import (
	"slices"
	"strings"
)

// What a slip of the pen costs. What is not among them is no slip.
const (
	slipTwice = 0.25 // a character typed twice, or a particle that only sounds
	slipSound = 0.5  // another character that is read alike
	slipOne   = 1.0  // a character left out, or one too many
	slipNone  = 99.0
)

// From how many characters on a question is the same one said again in spite of a character typed twice, of one slip, and of two:
// of fewer, a slip may as well be another word. Nobody compares longer ones.
const (
	slipLeast, slipShort, slipLong, slipMost = 3, 6, 9, 60
)

// turning are characters that make another question of one when they are left out or put in.
const turning = "不没未无别免非莫勿零一二三四五六七八九十百千万亿半两几多少大小新旧老高低长短快慢上下左右前后里内外出入进退开关买卖收发换修装拆男女公私全单双正反真假早晚首末尾主副冷热干湿红绿蓝黄白黑"

// sounding are characters that may stand in a question or not.
const sounding = "的了吗呢啊呀吧么嘛哦哈啦地得着"

// slipped is what the slips cost that make one text of the other, slipNone when more than slips part them.
func (rd *reader) slipped(a, b []rune) float64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(b) < slipLeast || len(a)-len(b) > 3 || len(a) > slipMost {
		return slipNone
	}
	most := slipTwice
	switch {
	case len(b) >= slipLong:
		most = 2 * slipOne
	case len(b) >= slipShort:
		most = slipOne
	}
	cost := make([][]float64, len(a)+1)
	for i := range cost {
		cost[i] = make([]float64, len(b)+1)
		least := slipNone
		for j := range cost[i] {
			best := slipNone
			if i == 0 && j == 0 {
				best = 0
			}
			if i > 0 {
				best = min(best, cost[i-1][j]+slipOf(a, i-1))
			}
			if j > 0 {
				best = min(best, cost[i][j-1]+slipOf(b, j-1))
			}
			if i > 0 && j > 0 {
				best = min(best, cost[i-1][j-1]+swapped(a[i-1], b[j-1]))
			}
			cost[i][j] = best
			least = min(least, best)
		}
		if least > most {
			return slipNone
		}
	}
	if c := cost[len(a)][len(b)]; c > most || c >= slipOne && !rd.broken(a, b, cost) {
		return slipNone
	}
	return cost[len(a)][len(b)]
}

// broken tells whether every character that one text has and the other has not is one of a word that is none without it: of
// 包月停车 and 包停车, and not of 充电桩多少钱 and 充电多少钱, which are both right.
func (rd *reader) broken(a, b []rune, cost [][]float64) bool {
	for i, j := len(a), len(b); i > 0 || j > 0; {
		switch c := cost[i][j]; {
		case i > 0 && j > 0 && c == cost[i-1][j-1]+swapped(a[i-1], b[j-1]):
			i, j = i-1, j-1
		case i > 0 && c == cost[i-1][j]+slipOf(a, i-1):
			if i--; slipOf(a, i) == slipOne && !rd.inWord(a, i) {
				return false
			}
		default:
			if j--; slipOf(b, j) == slipOne && !rd.inWord(b, j) {
				return false
			}
		}
	}
	return true
}

// inWord tells whether the character at i is one of a word of which no word is left without it.
func (rd *reader) inWord(text []rune, i int) bool {
	for _, w := range rd.segment(text, false, longest) {
		if i < w.at || i >= w.at+len(w.runes) {
			continue
		}
		left := slices.Delete(slices.Clone(w.runes), i-w.at, i-w.at+1)
		_, word := rd.cost(left)
		return len(left) == 1 || len(left) > 1 && !word
	}
	return false
}

// swapped is what it costs to type b for a.
func swapped(a, b rune) float64 {
	switch s := sound(a); {
	case a == b:
		return 0
	case s != 0 && s == sound(b) && !strings.ContainsRune(turning, a) && !strings.ContainsRune(turning, b):
		return slipSound
	}
	return slipNone
}

// slipOf is what it costs to type the character at i, or to leave it out.
func slipOf(text []rune, i int) float64 {
	r := text[i]
	switch {
	case !han(r):
		return slipNone
	case i > 0 && text[i-1] == r || i+1 < len(text) && text[i+1] == r || strings.ContainsRune(sounding, r):
		return slipTwice
	case strings.ContainsRune(turning, r):
		return slipNone
	}
	return slipOne
}

// slip is what the slips cost that make p of d, slipNone when it is no slip.
func (rd *reader) slip(p, d *phrase) float64 {
	if n := len(p.core) - len(d.core); n > 12 || n < -12 {
		return slipNone
	}
	have := []rune(d.core)
	c := rd.slipped([]rune(p.core), have)
	if p.typed != p.core {
		c = min(c, rd.slipped([]rune(p.typed), have))
	}
	return c
}
