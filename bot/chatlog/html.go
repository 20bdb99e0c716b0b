package chatlog

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML reads an export as a page: a table with headings, blocks with a name, a time and a content, or else
// the lines that the page shows.
func readHTML(text string, o Options) *draft {
	if !looksLikeHTML(text) && o.Format != HTML {
		return nil
	}
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil
	}
	title := pageTitle(doc)
	for _, read := range [...]func(*html.Node, Options) *draft{htmlTable, htmlBlocks, htmlLines} {
		if d := read(doc, o); d != nil && len(d.lines) > 0 {
			d.format = HTML
			if d.title == "" {
				d.title = title
			}
			return d
		}
	}
	return nil
}

// looksLikeHTML asks for the tags of a page near its beginning.
func looksLikeHTML(text string) bool {
	head := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)]))
	if !strings.HasPrefix(head, "<") {
		return false
	}
	for _, tag := range [...]string{"<!doctype html", "<html", "<head", "<body", "<table", "<div", "<ul", "<ol", "<dl", "<p>", "<p ", "<section", "<article", "<li", "<meta"} {
		if strings.Contains(head, tag) {
			return true
		}
	}
	return false
}

func pageTitle(doc *html.Node) string {
	if n := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Title }); n != nil {
		return strings.TrimSpace(textUnder(n))
	}
	if n := find(doc, func(n *html.Node) bool {
		return (n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.Caption) && textUnder(n) != ""
	}); n != nil {
		return strings.TrimSpace(textUnder(n))
	}
	return ""
}

// find is the first element under n that is wanted.
func find(n *html.Node, want func(*html.Node) bool) *html.Node {
	for x := range n.Descendants() {
		if x.Type == html.ElementNode && want(x) {
			return x
		}
	}
	return nil
}

func class(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// htmlTable reads tables with a row of headings.
func htmlTable(doc *html.Node, o Options) *draft {
	var r *rows
	for t := range doc.Descendants() {
		if t.DataAtom != atom.Table {
			continue
		}
		headed := false
		var bare [][]string
		for tr := range t.Descendants() {
			if tr.DataAtom != atom.Tr {
				continue
			}
			var cells []string
			for c := tr.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells = append(cells, shown(c))
				}
			}
			if !headed {
				l, ok := readHeadings(cells)
				if !ok {
					bare = append(bare, cells)
					continue
				}
				if r == nil {
					r = &rows{cal: newCalendar(o.Now)}
				}
				r.layout, headed = l, true
				continue
			}
			r.row(cells)
		}
		if l, ok := guessLayout(bare[:min(len(bare), 20)], o); ok && !headed {
			if r == nil {
				r = &rows{cal: newCalendar(o.Now)}
			}
			r.layout = l
			for _, cells := range bare {
				r.row(cells)
			}
		}
	}
	if r == nil {
		return nil
	}
	return &r.draft
}

var blockTags = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Li: true, atom.Tr: true, atom.Dt: true, atom.Dd: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true,
	atom.Section: true, atom.Article: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.Blockquote: true, atom.Pre: true, atom.Header: true, atom.Footer: true, atom.Hr: true, atom.Dl: true, atom.Figure: true}

// shown is the text under n as a browser shows it, pictures and players as placeholders.
func shown(n *html.Node) string {
	var b strings.Builder
	show(&b, n, nil, 0)
	return strings.TrimSpace(b.String())
}

// show writes what is under n, leaving out what skip names.
func show(b *strings.Builder, n *html.Node, skip map[*html.Node]bool, depth int) {
	if skip[n] || depth > 400 {
		return
	}
	switch n.Type {
	case html.TextNode:
		writeWords(b, n.Data, n.Parent != nil && n.Parent.DataAtom == atom.Pre)
		return
	case html.ElementNode:
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Head, atom.Title, atom.Noscript, atom.Template:
			return
		case atom.Br:
			b.WriteByte('\n')
			return
		case atom.Img:
			b.WriteString(picture(n))
			return
		case atom.A:
			if name := strings.TrimSpace(textUnder(n)); name != "" && (strings.Contains(class(n, "class"), "file") || fileName.MatchString(name)) {
				b.WriteString("[文件] " + name)
				return
			}
		case atom.Audio:
			b.WriteString("[语音]")
			return
		case atom.Video:
			b.WriteString("[视频]")
			return
		}
	case html.DocumentNode:
	default:
		return
	}
	block := blockTags[n.DataAtom]
	if block {
		newLine(b)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		show(b, c, skip, depth+1)
	}
	if block {
		newLine(b)
	} else if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		b.WriteByte(' ')
	}
}

func newLine(b *strings.Builder) {
	if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		b.WriteByte('\n')
	}
}

// writeWords writes text with its blanks and line ends folded, as a browser does.
func writeWords(b *strings.Builder, s string, pre bool) {
	if pre {
		b.WriteString(s)
		return
	}
	before := b.String()
	start := before == "" || strings.HasSuffix(before, "\n") || strings.HasSuffix(before, " ")
	for i, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' }) {
		if i > 0 || !start && strings.IndexAny(s[:1], " \n\t\r") == 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	if s != "" && strings.TrimSpace(s) != "" && strings.IndexAny(s[len(s)-1:], " \n\t\r") == 0 {
		b.WriteByte(' ')
	}
}

// picture is the placeholder of an image: a smiley by its name, an avatar nothing.
func picture(n *html.Node) string {
	k := strings.ToLower(class(n, "class") + " " + class(n, "src"))
	if strings.Contains(k, "avatar") || strings.Contains(k, "headimg") || strings.Contains(k, "头像") {
		return ""
	}
	alt := strings.TrimSpace(class(n, "alt"))
	if strings.HasPrefix(alt, "[") && strings.HasSuffix(alt, "]") {
		return alt
	}
	if strings.Contains(k, "emoji") || strings.Contains(k, "face") || strings.Contains(k, "expression") {
		if alt != "" {
			return alt
		}
		return ""
	}
	return "[图片]"
}

// textUnder is the bare text under n.
func textUnder(n *html.Node) string {
	var b strings.Builder
	for x := range n.Descendants() {
		if x.Type == html.TextNode {
			b.WriteString(x.Data)
		}
	}
	return b.String()
}

// htmlLines reads the lines that the page shows as a pasted text.
func htmlLines(doc *html.Node, o Options) *draft {
	return readPaste(shown(doc), Options{Now: o.Now, Us: o.Us})
}
