// Package messages holds what the bot says: every sentence is a named text/template in a .tmpl file, so that
// a person may change the wording without Go.
package messages

import (
	"embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed *.tmpl
var files embed.FS

// Set is a parsed set of message texts. It is safe for concurrent use.
type Set struct{ t *template.Template }

// Load parses the texts that come with the program. An error is a fault in the template file.
func Load() (*Set, error) {
	t, err := template.New("messages").Option("missingkey=error").Funcs(template.FuncMap{
		"minutes": func(d time.Duration) int { return int(d.Minutes()) },
		"percent": func(x float64) string { return strconv.Itoa(int(math.Round(100*x))) + "%" },
		"add":     func(a, b int) int { return a + b },
	}).ParseFS(files, "*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("message texts: %w", err)
	}
	return &Set{t}, nil
}

// Say makes the text of that name from data. Lines that a template leaves empty at the ends are cut.
func (s *Set) Say(name string, data any) (string, error) {
	var out strings.Builder
	if err := s.t.ExecuteTemplate(&out, name, data); err != nil {
		return "", fmt.Errorf("message text %q: %w", name, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// Has tells whether there is a text of that name.
func (s *Set) Has(name string) bool { return s.t.Lookup(name) != nil }
