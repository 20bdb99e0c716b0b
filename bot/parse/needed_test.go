package parse

import (
	"regexp"
	"testing"

	"gendan/templates"
)

// TestNoPatternIsRuledOutThatMatches tries every pattern of the pack on every text of the corpora: what matches has the
// words that the pattern is said to need.
func TestNoPatternIsRuledOutThatMatches(t *testing.T) {
	var l wordsNeeded
	v := compiled(templates.Default())
	var all []needed
	for _, p := range v.phrases {
		if p.re != nil {
			all = append(all, l.need(p.re.String(), nil))
		}
	}
	matched, ruledOut := 0, 0
	for _, row := range corpus(t, "heldout.jsonl") {
		text := newLine(row.Text).norm
		words := l.met(string(text))
		k := 0
		for _, p := range v.phrases {
			if p.re == nil {
				continue
			}
			met := all[k].met(words)
			k++
			if !met {
				ruledOut++
			}
			if p.re.MatchString(string(text)) {
				if matched++; !met {
					t.Errorf("%q is ruled out for %s", row.Text, p.re)
				}
			}
		}
	}
	if matched < 100 || ruledOut < matched {
		t.Errorf("%d matched, %d ruled out", matched, ruledOut)
	}
}

func TestWordsThatPatternsNeed(t *testing.T) {
	for _, c := range []struct {
		pattern string
		fits    []string
		out     []string
	}{
		{"推[进到](.{0,4})阶段", []string{"推进到谈判阶段", "推到阶段"}, []string{"推到", "推进一下", "阶段推"}},
		{"(?:给|把)?云帆", []string{"云帆", "给云帆"}, []string{"给云"}},
		{"^(?:a|bc+|d{2,})$", []string{"a", "bccc", "dd"}, []string{"c", ""}},
		{"(?:天)*", []string{"", "天"}, nil},
		{"^(?:把|将)?云帆(?:.{0,3})(?:客户|会员)(?:有谁)?$", []string{"云帆会员", "把云帆的客户有谁"}, []string{"请云帆的客户", "云帆的客户啊", "云帆会员有"}},
		{"^(?:^天)$$", []string{"天"}, []string{"天天"}},
		{"(?:^|的)客户", []string{"客户", "我的客户"}, []string{"我客户"}},
		{"(?i:ok)吧", []string{"OK吧"}, []string{"OK"}},
	} {
		var l wordsNeeded
		n := l.need(c.pattern, nil)
		for _, text := range c.fits {
			if !regexp.MustCompile(c.pattern).MatchString(text) || !n.met(l.met(text)) {
				t.Errorf("%s: %q must fit, %v", c.pattern, text, n)
			}
		}
		for _, text := range c.out {
			if n.met(l.met(text)) {
				t.Errorf("%s: %q is not ruled out, %v", c.pattern, text, n)
			}
		}
	}
}
