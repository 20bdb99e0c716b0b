package crm

import (
	"regexp"
	"strings"
)

// Called is the placeholder for what a customer is called; the others are free.
const Called = "称呼"

// placeholder is {{name}} or {{name|what to say without it}}.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}`)

// greeting is a form of address around {{称呼}} at the beginning: without a name only the greeting itself makes sense.
var greeting = regexp.MustCompile(`(?m)^[ \t]*(?:(?:亲爱的|尊敬的|敬爱的|親愛的|敬愛的|Hi|Hello|Dear|嗨|您好|你好|哈喽)[ \t，,]*)?\{\{\s*称呼\s*\}\}[ \t]*(?:先生|女士|老师|朋友|同学|老師|同學)?[ \t，,]*(?:您好|你好|早上好|下午好|晚上好|早安|晚安)?[ \t]*[，,！!。～~：:]*`)

// FillOffer makes the text that a customer reads. {{name}} becomes its value. One without a value becomes what stands after
// the bar in {{name|…}}; else the clause around it goes, and a form of address around {{称呼}} at the beginning becomes 您好. missing names
// what had no value. The result never holds a brace of a placeholder, nor a greeting without a name; it is "" when nothing
// is left to say.
func FillOffer(text string, values map[string]string) (filled string, missing []string) {
	value := func(name string) string { return strings.TrimSpace(plainValue(values[name])) }
	if value(Called) == "" {
		text = greeting.ReplaceAllString(text, "您好，")
	}
	seen := map[string]bool{}
	var out strings.Builder
	for _, clause := range clauses(text) {
		gone := false
		clause = placeholder.ReplaceAllStringFunc(clause, func(hole string) string {
			m := placeholder.FindStringSubmatch(hole)
			v, instead := value(m[1]), strings.TrimSpace(plainValue(m[2]))
			if v != "" {
				return v
			}
			if m[1] != "" && !seen[m[1]] {
				seen[m[1]] = true
				missing = append(missing, m[1])
			}
			if instead == "" {
				gone = true
			}
			return instead
		})
		if !gone {
			out.WriteString(clause)
		}
	}
	return tidyOffer(out.String()), missing
}

// plainValue is a value that cannot be taken for a placeholder.
func plainValue(s string) string {
	return strings.NewReplacer("{{", "", "}}", "", "{", "（", "}", "）").Replace(s)
}

// clauses cuts a text behind its punctuation, but not within placeholders.
func clauses(text string) (all []string) {
	start, depth := 0, 0
	for i, r := range text {
		switch r {
		case '{':
			depth++
		case '}':
			depth = max(0, depth-1)
		case '，', '。', '！', '？', '；', '\n', ',', '!', '?', ';', '～':
			if depth == 0 {
				end := i + len(string(r))
				all = append(all, text[start:end])
				start = end
			}
		}
	}
	return append(all, text[start:])
}

var (
	braces    = regexp.MustCompile(`\{\{+|\}\}+`)
	nameless  = regexp.MustCompile(`(?:亲爱的|尊敬的|敬爱的|親愛的|敬愛的)[\s]*([，,！!。：:、？?；;～~]|$)`)
	doubled   = regexp.MustCompile(`(您好，)(?:\s*您好[，,！!。]?)+`)
	leading   = regexp.MustCompile(`^[\s，,。；;、！!？?：:]+`)
	trailing  = regexp.MustCompile(`[，,；;、：:]+$`)
	clash     = regexp.MustCompile(`[，,；;、：:]+([。！？!?])`)
	manyLines = regexp.MustCompile(`\n{3,}`)
)

// tidyOffer mends what removed clauses leave behind.
func tidyOffer(s string) string {
	for { // what is removed may bring braces together
		was := s
		s = braces.ReplaceAllString(s, "")
		s = nameless.ReplaceAllString(s, "您好$1")
		if s == was {
			break
		}
	}
	s = doubled.ReplaceAllString(s, "$1")
	s = clash.ReplaceAllString(s, "$1")
	s = leading.ReplaceAllString(strings.TrimSpace(s), "")
	s = manyLines.ReplaceAllString(strings.TrimSpace(s), "\n\n")
	s = trailing.ReplaceAllString(s, "。")
	if bare := strings.TrimRight(s, "，,。！!：:～~ "); bare == "您好" || bare == "" {
		return ""
	}
	return s
}
