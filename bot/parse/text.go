package parse

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// simplifiedTable holds two lines of equal length: Traditional characters, and below each the Simplified
// one. It was generated from the TSCharacters dictionary of OpenCC (Apache-2.0).
//
//go:embed simplified.txt
var simplifiedTable string

// simplified maps Traditional characters to Simplified ones, one for one, so that positions stay.
var simplified = sync.OnceValue(func() map[rune]rune {
	from, to, _ := strings.Cut(strings.TrimSpace(simplifiedTable), "\n")
	targets := []rune(to)
	m := make(map[rune]rune, len(targets))
	i := 0
	for _, r := range from {
		m[r] = targets[i]
		i++
	}
	for r, plain := range cantonese {
		m[r] = plain
	}
	return m
})

// cantonese are characters that only written Cantonese uses, with the common ones of the same meaning; 覆 is how some write the 复 of 回复.
var cantonese = map[rune]rune{'咗': '了', '嘅': '的', '喺': '在', '佢': '他', '哋': '们', '俾': '给', '畀': '给', '啲': '些', '冇': '没', '覆': '复'}

// line is one message in two spellings of equal length: as typed, and folded for matching.
type line struct {
	orig []rune // as typed
	norm []rune // Simplified, half-width, lower case; white space and pictures are ' '
}

// newLine folds text. Every rune of the folded form stands at the place of the typed one, so that whatever
// is found in the one can be quoted from the other.
func newLine(text string) *line {
	return &line{orig: []rune(text), norm: folded(text)}
}

func folded(text string) []rune {
	norm := make([]rune, 0, utf8.RuneCountInString(text))
	table := simplified()
	for _, r := range text {
		norm = append(norm, fold(r, table))
	}
	return norm
}

// fold gives the form of one rune that the grammar is written in.
func fold(r rune, table map[rune]rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		if r < ' ' && r != '\n' {
			return ' '
		}
		return r
	case r >= 0xff01 && r <= 0xff5e: // full-width forms
		return fold(r-0xfee0, table)
	case r == 0x3000 || unicode.IsSpace(r):
		return ' '
	case r == '。' || r == '﹒':
		return '。'
	case r == '、':
		return '、'
	case r == '“' || r == '”' || r == '「' || r == '」' || r == '『' || r == '』' || r == '《' || r == '》' || r == '【' || r == '】':
		return '"'
	case r == '‘' || r == '’':
		return '\''
	case r == '—' || r == '–' || r == '‐' || r == '−':
		return '-'
	case r == '→' || r == '➡' || r == '⇒':
		return '→'
	case r == '~' || r == '～' || r == '〜':
		return '~'
	case r == '…':
		return '。'
	case unicode.Is(unicode.Han, r):
		if s, ok := table[r]; ok {
			return s
		}
		return r
	case r == '·' || r == '•' || r == '・':
		return '·'
	case r == '￥' || r == '¥':
		return '¥'
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return unicode.ToLower(r)
	case unicode.In(r, unicode.So, unicode.Sk, unicode.Cf, unicode.Mn, unicode.Me, unicode.Co, unicode.Cs, unicode.Cc):
		return ' '
	}
	return r
}

// said gives runes [i,j) as they were typed, without the spaces and punctuation around them.
func (l *line) said(i, j int) string {
	i, j = l.trim(i, j)
	return string(l.orig[i:j])
}

// trim narrows [i,j) until it neither begins nor ends with space or separating punctuation.
func (l *line) trim(i, j int) (int, int) {
	for i < j && isEdge(l.norm[i]) {
		i++
	}
	for i < j && isEdge(l.norm[j-1]) && !(l.norm[j-1] == ')' && l.opens(i, j-1)) {
		j--
	}
	return i, j
}

// opens reports whether a bracket opens in [i,j), so that one closing at j belongs to the text.
func (l *line) opens(i, j int) bool {
	for ; i < j; i++ {
		if l.norm[i] == '(' {
			return true
		}
	}
	return false
}

func isEdge(r rune) bool {
	switch r {
	case ' ', '\n', ',', '，', '。', ';', '；', ':', '：', '、', '!', '！', '?', '？', '"', '\'', '~', '-', '→', '.', ')', '|', '/', '=', '>':
		return true
	}
	return false
}

// hardStop reports whether a rune ends a clause.
func hardStop(r rune) bool {
	switch r {
	case ',', '，', '。', ';', '；', '!', '！', '?', '？', '\n', '~':
		return true
	}
	return false
}

func isHan(r rune) bool   { return r >= 0x3400 && r <= 0x9fff || r >= 0x20000 && r <= 0x2ffff }
func isDigit(r rune) bool { return r >= '0' && r <= '9' }
func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 0xc0 && r <= 0x24f }
func isAlnum(r rune) bool { return isDigit(r) || isLatin(r) }

// opening is how the text of a character begins, so that it can be compared with many words: three bytes where it is Chinese, else one.
type opening struct{ a, b, c byte }

func openingOf(r rune) (o opening) {
	var text [utf8.UTFMax]byte
	if utf8.EncodeRune(text[:], r) == 3 {
		return opening{text[0], text[1], text[2]}
	}
	return opening{a: text[0]}
}

// of reports whether w may begin with the character. It is asked some thousand times of every message, nearly always in vain.
func (o opening) of(w string) bool {
	return len(w) > 0 && w[0] == o.a && (o.b == 0 || len(w) > 2 && w[1] == o.b && w[2] == o.c)
}

// hasAt reports whether the folded text reads w at i, which may lie outside of it.
func (l *line) hasAt(i int, w string) bool {
	if w == "" {
		return true
	}
	return i >= 0 && i < len(l.norm) && openingOf(l.norm[i]).of(w) && l.reads(i, w)
}

func (l *line) reads(i int, w string) bool {
	for _, r := range w {
		if i >= len(l.norm) || l.norm[i] != r {
			return false
		}
		i++
	}
	return true
}

// anyAt gives the length in runes of the longest of words that stands at i, else 0.
func (l *line) anyAt(i int, words ...string) int {
	best := 0
	if i < 0 || i >= len(l.norm) {
		return 0
	}
	first := openingOf(l.norm[i])
	for _, w := range words {
		if first.of(w) && l.reads(i, w) {
			best = max(best, utf8.RuneCountInString(w))
		}
	}
	return best
}
