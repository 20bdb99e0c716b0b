package console

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// gap is more blank lines than a phone shows.
var gap = regexp.MustCompile(`\n{3,}`)

// inline finds the marks within a line: bold, a link, a character after a backslash. What it leaves is plain text.
var inline = regexp.MustCompile(`\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https?://[^)\s]+)\)|\\([\\*_\[\]()#>~|+\-.!` + "`" + `])`)

// markdown shows the little Markdown that both platforms know: headings, bold, quotes, lists, links. Every
// piece of the text is escaped on its own way into the page, so a message can never become part of it.
func markdown(s string) template.HTML {
	return byLine(s, func(out *strings.Builder, line string) {
		class := ""
		switch {
		case strings.HasPrefix(line, "#"):
			line, class = strings.TrimLeft(line, "# "), "heading"
		case strings.HasPrefix(line, "> "):
			line, class = line[2:], "quote"
		case strings.HasPrefix(line, "- "):
			line = "· " + line[2:]
		}
		if class != "" {
			out.WriteString(`<span class="` + class + `">`)
			defer out.WriteString("</span>")
		}
		inlineMarks(out, line)
	})
}

func inlineMarks(out *strings.Builder, line string) {
	from := 0
	for _, m := range inline.FindAllStringSubmatchIndex(line, -1) {
		part := func(i int) string { return html.EscapeString(line[m[2*i]:m[2*i+1]]) }
		out.WriteString(html.EscapeString(line[from:m[0]]))
		switch {
		case m[2] >= 0:
			out.WriteString("<b>" + part(1) + "</b>")
		case m[4] >= 0:
			out.WriteString(`<a href="` + part(3) + `" rel="noreferrer noopener" target="_blank">` + part(2) + "</a>")
		default:
			out.WriteString(part(4))
		}
		from = m[1]
	}
	out.WriteString(html.EscapeString(line[from:]))
}

// plain shows text as it was typed.
func plain(s string) template.HTML {
	return byLine(s, func(out *strings.Builder, line string) { out.WriteString(html.EscapeString(line)) })
}

func byLine(s string, write func(out *strings.Builder, line string)) template.HTML {
	var out strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for i, line := range strings.Split(gap.ReplaceAllString(strings.TrimSpace(s), "\n\n"), "\n") {
		if i > 0 {
			out.WriteString("<br>")
		}
		write(&out, strings.TrimRight(line, " "))
	}
	return template.HTML(out.String())
}
