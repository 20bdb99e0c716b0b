package namecard

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	icons       = strings.NewReplacer("☎", " ", "📞", " ", "📱", " ", "✉", " ", "📧", " ", "🏠", " ", "📍", " ", "🌐", " ", "●", " ", "•", " ", "■", " ", "◆", " ", "▪", " ", "★", " ", "※", " ", "︱", "|", "｜", "|", "丨", "|", "－", "-", "—", "-", "–", "-", "─", "-", "～", "~", "\u00a0", " ", "\u200b", "", "\ufeff", "", "\t", "  ")
	legalSlip   = regexp.MustCompile(`有限(责任)?[公么][司可刁同]`)
	threeBlanks = regexp.MustCompile(`\s{3,}`)
)

// clean brings a line into half width, without ornaments, and without blanks inside Chinese words. Wide gaps
// become two blanks: they set things apart.
func clean(line string) string {
	line = icons.Replace(line)
	line = strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == 0x3000:
			return ' '
		case r == '\uFE0F' || unicode.IsControl(r):
			return -1
		}
		return r
	}, line)
	line = threeBlanks.ReplaceAllString(strings.TrimSpace(line), "  ")
	line = legalSlip.ReplaceAllString(line, "有限${1}公司")
	if apart := joined(line); onlyHan(apart) && utf8.RuneCountInString(apart) <= 4 && strings.Count(line, " ") > utf8.RuneCountInString(apart)/2 {
		return apart // a name set wide: 丁 小 雨
	}
	return strings.TrimSpace(strings.Trim(line, "|·*_~=<>《》\"'`"))
}

// joined is s without blanks that stand beside a Chinese character.
func joined(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i, c := range r {
		if unicode.IsSpace(c) && (i > 0 && han(r[i-1]) || i+1 < len(r) && han(r[i+1])) {
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func countHan(s string) (n int) {
	for _, r := range s {
		if han(r) {
			n++
		}
	}
	return n
}

func countDigits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
