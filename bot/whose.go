package bot

import (
	"regexp"
	"slices"
	"strings"

	"gendan/crm"
)

// Whose a customer is, is said along by those who see the customers of several people: 把李雷的远航转给韩梅梅, 李雷有多少客户.
var (
	ownersOwn = regexp.MustCompile(`^(帮我|麻烦)?(把|给|将|看看|看一下|看下|查一下|查查|查)?([\p{Han}]{2,4}?)(?:手上|手里|名下|那边)?的([\p{Han}A-Za-z0-9].+)$`)
	howMany   = regexp.MustCompile(`^(?:看看|查一下|查查)?(我|[\p{Han}]{2,4}?)(?:现在|手上|手里|名下)*(?:一共|总共)?有(?:多少|哪些|哪几|几)(?:个|家)?客户(?:了|呢|啊)?[?？]*$`)
)

// byOwner is text without the colleague whose a customer is said to be, and asks for a person's customers in words that are known.
func (t *turn) byOwner(text string) (string, error) {
	if m := howMany.FindStringSubmatch(text); m != nil {
		is, err := t.colleague(m[1])
		if err != nil || !is && m[1] != "我" {
			return text, err
		}
		return m[1] + "名下的客户", nil
	}
	m := ownersOwn.FindStringSubmatch(text)
	if m == nil {
		return text, nil
	}
	rest := crm.Fold(m[4])
	if !slices.ContainsFunc(t.ownNames().in(m[4]), func(name string) bool { return strings.HasPrefix(rest, name) }) {
		return text, nil
	}
	if is, err := t.colleague(m[3]); err != nil || !is {
		return text, err
	}
	return m[1] + m[2] + m[4], nil
}
