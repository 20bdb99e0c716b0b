package parse

// CommonWord tells what a word of one to four characters costs, in quarters of the negative natural logarithm of its
// frequency in Chinese text: 17 for 的, above 50 for rare ones. ok is false for what is no common word.
func CommonWord(word []rune) (cost int, ok bool) {
	if len(word) == 0 || len(word) > 4 {
		return 0, false
	}
	c, ok := commonWords().get(wordKey(word))
	return int(c &^ thing), ok
}

// CommonNoun reports whether a word of one to four characters is a common word for a thing, a person or an idea.
func CommonNoun(word []rune) bool {
	if len(word) == 0 || len(word) > 4 {
		return false
	}
	c, ok := commonWords().get(wordKey(word))
	return ok && c&thing != 0
}

// Folded gives text rune by rune in the form in which words are compared: Simplified, half-width, small letters; white
// space and pictures are ' '. Every rune stands at the place of the typed one.
func Folded(text string) []rune { return newLine(text).norm }
