package chatlog

import (
	"slices"
	"strings"
)

// reconsiderRivals asks the second opinion about the names of competitors that the rules found, and looks for those
// that they did not.
func (f *finder) reconsiderRivals() {
	if f.op == nil {
		return
	}
	for _, s := range f.lines {
		for n := range s.clauses {
			c := &s.clauses[n]
			if !c.customers() {
				continue
			}
			named := f.rivalNamed(c)
			switch {
			case named != "" && f.rivals[named].Lines[0] == c.N && !c.figured() && !slices.Contains(f.rivalSure, named) && !f.holds(c, vCompetitor, true): // one whose price is told stays
				f.dropRival(named)
				c.thought = nil
			case named == "" && f.holds(c, vCompetitor, false):
				f.strangerIn(c)
				c.thought = nil
			}
		}
	}
}

// rivalNamed gives the competitor whose name stands in the clause; of several the first by name.
func (f *finder) rivalNamed(c *clause) string {
	if len(f.rivals) == 0 {
		return ""
	}
	text, found := string(c.text[c.i:c.j]), ""
	for name := range f.rivals {
		if strings.Contains(text, strings.ToLower(name)) && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

func (f *finder) dropRival(name string) {
	delete(f.rivals, name)
	f.rivalNames = slices.DeleteFunc(f.rivalNames, func(r []rune) bool { return string(r) == strings.ToLower(name) })
	f.drop(func(x Fact) bool { return x.Kind == Competitor && x.Value == name })
}

// strangerIn takes the first name that nothing explains for that of a competitor.
func (f *finder) strangerIn(c *clause) {
	for _, s := range c.strangers(c.text[c.i:c.j], f.cutter.cut(c.text[c.i:c.j]), c.i) {
		i, j := c.i+s.i, c.i+s.j
		if c.titled(i) == i && c.nicknamed(i) == i && !c.role(i, j) && f.rivalAt(c, i, j) {
			return
		}
	}
}

// rivalAt takes [i,j) for the name of a competitor, if it can be one.
func (f *finder) rivalAt(c *clause, i, j int) bool {
	if !f.rival(c, i, j, map[string]int{}) {
		return false
	}
	name := c.typed(i, j)
	x := f.rivals[name]
	for _, o := range f.lines {
		if strings.Contains(string(o.text), strings.ToLower(name)) {
			x.Lines = joinLines(x.Lines, []int{o.N})
		}
	}
	f.facts, f.index[x.key()] = append(f.facts, x), x
	return true
}
