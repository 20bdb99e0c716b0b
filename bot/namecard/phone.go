package namecard

import (
	"regexp"
	"strings"
)

// lookalikes are what a reader of pictures takes digits for.
var lookalikes = strings.NewReplacer("O", "0", "o", "0", "Q", "0", "D", "0", "l", "1", "I", "1", "i", "1", "|", "1", "!", "1", "Z", "2", "z", "2", "S", "5", "s", "5", "B", "8", "g", "9", "q", "9")

// phoneRun is what may be a number: digits, what stands between them, and what digits are taken for.
var phoneRun = regexp.MustCompile(`[+(]?[0-9OoQDlI|!iZzSsBgq][0-9OoQDlI|!iZzSsBgq \-.()（）+/、,，;；*]{5,60}`)

var (
	extension  = regexp.MustCompile(`(?i)^\s*(?:转|轉|分机|分機|内线|ext\.?|extension|x|#|-|\*|－)\s*[:：]?\s*(\d{1,6})\b`)
	separators = regexp.MustCompile(`[/、,，;；]|\s{2,}`)
)

// found is a number in a text, and where it stands.
type found struct {
	digits    string
	mobile    bool
	extension string
	from, to  int // bytes
}

// numbersIn finds telephone numbers. inside tells that a label promises one: then a number without an area code counts.
func numbersIn(text string, labelled bool) (out []found) {
	for _, m := range phoneRun.FindAllStringIndex(text, -1) {
		if m[0] > 0 && (isWord(text[m[0]-1]) || text[m[0]-1] == '@') {
			continue
		}
		area := ""
		at := m[0]
		for _, piece := range pieces(text[m[0]:m[1]]) {
			from, to := at, at+len(piece)
			at = to + 1
			f, ok := number(piece, labelled, area)
			if !ok {
				continue
			}
			f.from, f.to = from, min(to, len(text))
			if !f.mobile {
				area = areaOf(f.digits)
				if x := extension.FindStringSubmatch(text[f.to:]); x != nil {
					f.extension = x[1]
					f.to += len(x[0])
				}
			}
			out = append(out, f)
		}
	}
	return out
}

// pieces cuts a run at what separates numbers. What is cut is one byte long, or replaced by as many blanks.
func pieces(run string) []string {
	b := []byte(run)
	for _, m := range separators.FindAllStringIndex(run, -1) {
		for i := m[0]; i < m[1]; i++ {
			b[i] = '\n'
		}
	}
	return strings.Split(string(b), "\n")
}

// number reads one number. What looks like a digit is one when the whole becomes a number by it.
func number(piece string, labelled bool, area string) (f found, ok bool) {
	piece = strings.TrimRight(strings.TrimSpace(piece), " -.(（*")
	if d := countDigits(piece); d < 5 || d*10 < len(strings.Map(letterOrDigit, piece))*6 {
		return f, false
	}
	body, ext := piece, ""
	if i := strings.LastIndexByte(piece, '-'); i > 0 { // 021-58881234-801
		if tail := strings.TrimSpace(piece[i+1:]); len(tail) >= 1 && len(tail) <= 5 && countDigits(tail) == len(tail) && len(digitsOf(piece[:i])) >= 10 {
			if whole := digitsOf(piece); !isMobile(whole) && !isFree(whole) {
				body, ext = piece[:i], tail
			}
		}
	}
	d := digitsOf(body)
	foreign := strings.HasPrefix(strings.TrimLeft(body, "( "), "+") || strings.HasPrefix(d, "00")
	d = strings.TrimPrefix(d, "00")
	if (foreign || len(d) >= 12) && strings.HasPrefix(d, "86") {
		d, foreign = d[2:], false
		if len(d) >= 9 && len(d) <= 11 && d[0] != '0' && !isMobile(d) && !isFree(d) {
			d = "0" + d // +86 21 5888 1234
		}
		if strings.HasPrefix(d, "00") {
			d = d[1:]
		}
	}
	switch {
	case foreign && len(d) >= 8 && len(d) <= 15 && d[0] != '0':
		return found{digits: "+" + d, mobile: foreignMobile(d), extension: ext}, true
	case isMobile(d):
		return found{digits: d, mobile: true}, true
	case isFree(d), isLandline(d):
		return found{digits: d, extension: ext}, true
	case labelled && (len(d) == 7 || len(d) == 8) && d[0] >= '2' && d[0] <= '9':
		if full := area + d; area != "" && isLandline(full) {
			return found{digits: full, extension: ext}, true
		}
		return found{digits: d, extension: ext}, true
	}
	return f, false
}

func letterOrDigit(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '|' || r == '!' {
		return r
	}
	return -1
}

func digitsOf(s string) string {
	s = lookalikes.Replace(s)
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func isMobile(d string) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }

func isFree(d string) bool {
	return len(d) == 10 && (strings.HasPrefix(d, "400") || strings.HasPrefix(d, "800")) || len(d) == 5 && d[:2] == "95"
}

// isLandline reports whether d is an area code of China and a number behind it.
func isLandline(d string) bool {
	area := areaOf(d)
	if area == "" {
		return false
	}
	rest := d[len(area):]
	return (len(rest) == 8 || len(rest) == 7 && len(area) == 4) && rest[0] >= '2'
}

func areaOf(d string) string {
	switch {
	case len(d) < 10 || d[0] != '0':
		return ""
	case d[1] == '1' && d[2] == '0', d[1] == '2':
		return d[:3]
	case d[1] >= '3' && d[1] <= '9':
		return d[:4]
	}
	return ""
}

// foreignMobile tells mobiles of the places whose numbers say so: Hong Kong, Macau, Taiwan.
func foreignMobile(d string) bool {
	switch {
	case strings.HasPrefix(d, "852") && len(d) == 11:
		return strings.ContainsRune("5679", rune(d[3]))
	case strings.HasPrefix(d, "853") && len(d) == 11:
		return d[3] == '6'
	case strings.HasPrefix(d, "886"):
		return len(d) == 12 && d[3] == '9'
	}
	return false
}

// complete reports whether a landline can be dialled from anywhere.
func complete(d string) bool {
	return strings.HasPrefix(d, "+") || isFree(d) || isLandline(d) || isMobile(d)
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_'
}
