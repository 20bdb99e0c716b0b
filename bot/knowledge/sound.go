package knowledge

import (
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

const (
	firstHan = 0x4e00
	lastHan  = 0x9fa5
)

// syllables numbers how each common character is read, without tones and without what dictation and southern ears
// confuse: zh and z, ing and in. Characters that are read alike have the same number; 0 is unknown.
var syllables = sync.OnceValue(func() []uint16 {
	table := make([]uint16, lastHan-firstHan+1)
	number := map[string]uint16{}
	plain := strings.NewReplacer(
		"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ī", "i", "í", "i", "ǐ", "i", "ì", "i",
		"ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v",
		"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")
	for r := firstHan; r <= lastHan; r++ {
		first, _, _ := strings.Cut(pinyin.PinyinDict[r], ",")
		if first == "" {
			continue
		}
		s := blur(plain.Replace(first))
		if number[s] == 0 {
			number[s] = uint16(len(number) + 1)
		}
		table[r-firstHan] = number[s]
	}
	return table
})

// blur drops what is often confused.
func blur(s string) string {
	for _, initial := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(s, initial) {
			s = s[:1] + s[2:]
		}
	}
	if n := len(s) - 1; strings.HasSuffix(s, "ing") || strings.HasSuffix(s, "eng") {
		s = s[:n]
	}
	return s
}

// sound is the number of how r is read, 0 for what is no common character.
func sound(r rune) uint16 {
	if r < firstHan || r > lastHan {
		return 0
	}
	return syllables()[r-firstHan]
}

// soundKey packs how up to four characters are read; 0 when one of them is unknown.
func soundKey(runes []rune) uint64 {
	if len(runes) > 4 {
		return 0
	}
	k := uint64(0)
	for _, r := range runes {
		s := sound(r)
		if s == 0 {
			return 0
		}
		k = k<<16 | uint64(s)
	}
	return k
}
