package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hidden are the elements whose content nobody reads, and blocks those that begin a line of their own.
var (
	hidden = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Head: true, atom.Title: true, atom.Template: true, atom.Noscript: true}
	blocks = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Tr: true, atom.Li: true, atom.Table: true, atom.H1: true, atom.H2: true, atom.H3: true,
		atom.Blockquote: true, atom.Ul: true, atom.Ol: true, atom.Pre: true, atom.Hr: true}
)

// textOf is what a reader sees of HTML. Elements that never end, hidden or not, cost nothing: it reads tokens, not a tree.
func textOf(source string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	skip := atom.Atom(0)
	depth := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(string(z.Text()), func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case skip != 0 && a == skip:
				depth++
			case skip != 0:
			case hidden[a]:
				skip, depth = a, 1
			case a == atom.Br || blocks[a]:
				b.WriteByte('\n')
			case a == atom.Td || a == atom.Th:
				b.WriteByte(' ')
			}
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); skip == 0 && (a == atom.Br || blocks[a]) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case skip != 0 && a == skip:
				if depth--; depth == 0 {
					skip = 0
				}
			case skip == 0 && blocks[a]:
				b.WriteByte('\n')
			}
		}
	}
}
