// Package pages holds the web pages: HTML templates, style sheets and the little script they need.
package pages

import (
	"embed"
	"io/fs"
)

// Files are the HTML templates.
//
//go:embed *.html
var Files embed.FS

//go:embed static
var static embed.FS

// Static are the style sheets and scripts.
func Static() fs.FS {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
