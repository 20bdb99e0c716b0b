package console

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

var (
	bold   = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	link   = regexp.MustCompile(`\[([^\]\n]+)\]\((https?://[^)\s]+)\)`)
	gap    = regexp.MustCompile(`\n{3,}`)
	escape = regexp.MustCompile(`\\([\\*_\[\]()#>~|+\-.!` + "`" + `])`)
)

// markdown shows the little Markdown that both platforms know: headings, bold, quotes, lists, links. What
// was typed is escaped first, so a message can never become part of the page.
func markdown(s string) template.HTML {
	s = gap.ReplaceAllString(strings.TrimSpace(s), "\n\n")
	var out strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			out.WriteString("<br>")
		}
		line = strings.TrimRight(line, " ")
		class := ""
		switch {
		case strings.HasPrefix(line, "#"):
			line, class = strings.TrimLeft(line, "# "), "heading"
		case strings.HasPrefix(line, "> "):
			line, class = line[2:], "quote"
		case strings.HasPrefix(line, "- "):
			line = "· " + line[2:]
		}
		text := html.EscapeString(line)
		text = bold.ReplaceAllString(text, "<b>$1</b>")
		text = link.ReplaceAllString(text, `<a href="$2" rel="noreferrer noopener" target="_blank">$1</a>`)
		text = escape.ReplaceAllString(text, "$1")
		if class != "" {
			text = `<span class="` + class + `">` + text + "</span>"
		}
		out.WriteString(text)
	}
	return template.HTML(out.String())
}
