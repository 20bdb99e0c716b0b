package parse

import "strings"

// unspaced joins a message whose words were all parted by spaces, as some keyboards and dictation do: 跟 陌陌 餐饮 又 打了 个 电话.
// Where spaces stand between parts of a sentence they stay.
func unspaced(text string) string {
	words := strings.Fields(text)
	if len(words) < 6 || len(text) > MaxRunes {
		return text
	}
	han, runes := 0, 0
	for _, w := range words {
		n := utf8Len(w)
		if n > 4 || !isHan([]rune(w)[0]) && n > 1 && !isDigit([]rune(w)[0]) {
			return text
		}
		runes += n
		if isHan([]rune(w)[0]) {
			han++
		}
	}
	if 10*runes > 19*len(words) || 3*han < 2*len(words) {
		return text
	}
	return strings.Join(words, "")
}
