package parse

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Pattern is a regular expression that looks first for the words without which it cannot match. Most of what people say has
// none of them, and finding that out takes a fraction of what trying the expression at a sentence does.
type Pattern struct {
	*regexp.Regexp
	words []string // what matches has one of them; none: the expression tells
}

// MustPattern compiles a pattern, as [regexp.MustCompile] does.
func MustPattern(pattern string) *Pattern {
	p := &Pattern{Regexp: regexp.MustCompile(pattern)}
	if re, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		lists := wanted(re)
		for _, list := range lists {
			for k, w := range list {
				list[k] = strings.Trim(w, textBegins+textEnds)
			}
		}
		p.words = fewest(slices.DeleteFunc(lists, func(list []string) bool { return slices.Contains(list, "") }))
	}
	return p
}

// may tells whether text has what a match needs.
func (p *Pattern) may(text string) bool {
	for _, w := range p.words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return len(p.words) == 0
}

// MatchString is [regexp.Regexp.MatchString].
func (p *Pattern) MatchString(text string) bool { return p.may(text) && p.Regexp.MatchString(text) }

// FindStringSubmatch is [regexp.Regexp.FindStringSubmatch].
func (p *Pattern) FindStringSubmatch(text string) []string {
	if !p.may(text) {
		return nil
	}
	return p.Regexp.FindStringSubmatch(text)
}
