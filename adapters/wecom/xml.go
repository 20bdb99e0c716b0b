package wecom

import (
	"bytes"
	"errors"
	"html"
	"strings"
)

// The platform's callbacks are flat XML of a dozen short fields. encoding/xml takes ten times as long over
// them as decrypting does, so they are read by hand: elements, CDATA and entities, nothing else.

var errXML = errors.New("wecom: callback is not well-formed XML")

const (
	cdataOpen  = "<![CDATA["
	cdataClose = "]]>"
)

// eachField calls f with the name and the raw content of every child of the root element, in order. Content
// is a slice of doc: see [fieldText].
func eachField(doc []byte, f func(name, content []byte)) error {
	name, content, rest, err := nextElement(doc)
	if err != nil || name == nil || len(bytes.TrimSpace(rest)) > 0 {
		return errXML
	}
	return eachChild(content, f)
}

// eachChild is eachField within an element's content.
func eachChild(content []byte, f func(name, content []byte)) error {
	for {
		name, inner, rest, err := nextElement(content)
		if err != nil {
			return err
		}
		if name == nil {
			return nil
		}
		f(name, inner)
		content = rest
	}
}

// nextElement finds the first element of b; name is nil when there is none. Text beside elements is
// skipped, as are declarations and comments.
func nextElement(b []byte) (name, content, rest []byte, err error) {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return nil, nil, nil, nil
		}
		b = b[i:]
		n, err := skipMarkup(b)
		if err != nil {
			return nil, nil, nil, err
		}
		if n == 0 {
			break
		}
		b = b[n:]
	}
	name, b, closed, err := startTag(b)
	if err != nil {
		return nil, nil, nil, err
	}
	if closed {
		return name, nil, b, nil
	}
	content, rest, err = untilEnd(b, name)
	return name, content, rest, err
}

// skipMarkup is the length of the CDATA section, comment or declaration that b begins with, 0 for a tag.
func skipMarkup(b []byte) (int, error) {
	end := ""
	switch {
	case bytes.HasPrefix(b, []byte(cdataOpen)):
		end = cdataClose
	case bytes.HasPrefix(b, []byte("<!--")):
		end = "-->"
	case bytes.HasPrefix(b, []byte("<?")):
		end = "?>"
	case bytes.HasPrefix(b, []byte("<!")):
		end = ">"
	default:
		return 0, nil
	}
	i := bytes.Index(b, []byte(end))
	if i < 0 {
		return 0, errXML
	}
	return i + len(end), nil
}

// startTag reads the tag that b begins with: <Name>, <Name attr="…"> or <Name/>.
func startTag(b []byte) (name, rest []byte, closed bool, err error) {
	end := bytes.IndexByte(b, '>')
	if end < 2 || b[1] == '/' {
		return nil, nil, false, errXML
	}
	tag := b[1:end]
	if tag[len(tag)-1] == '/' {
		tag, closed = tag[:len(tag)-1], true
	}
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	if len(tag) == 0 || bytes.IndexByte(tag, '<') >= 0 {
		return nil, nil, false, errXML
	}
	return tag, b[end+1:], closed, nil
}

// untilEnd splits b at the end tag of name, counting elements of the same name inside.
func untilEnd(b, name []byte) (content, rest []byte, err error) {
	depth := 1
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return nil, nil, errXML
		}
		i += j
		n, err := skipMarkup(b[i:])
		if err != nil {
			return nil, nil, err
		}
		if n > 0 {
			i += n
			continue
		}
		end := bytes.IndexByte(b[i:], '>')
		if end < 0 {
			return nil, nil, errXML
		}
		tag := b[i+1 : i+end]
		if len(tag) > 0 && tag[0] == '/' {
			if bytes.Equal(bytes.TrimRight(tag[1:], " \t\r\n"), name) {
				if depth--; depth == 0 {
					return b[:i], b[i+end+1:], nil
				}
			}
		} else if len(tag) > 0 && tag[len(tag)-1] != '/' && bytes.HasPrefix(tag, name) &&
			(len(tag) == len(name) || bytes.IndexByte([]byte(" \t\r\n"), tag[len(name)]) >= 0) {
			depth++
		}
		i += end + 1
	}
}

// fieldText is the text of an element's content: CDATA sections as they are, the rest unescaped.
func fieldText(content []byte) string {
	if inner, ok := bytes.CutPrefix(content, []byte(cdataOpen)); ok {
		if i := bytes.Index(inner, []byte(cdataClose)); i == len(inner)-len(cdataClose) && i >= 0 {
			return string(inner[:i]) // nearly all fields: one section
		}
	}
	if bytes.IndexByte(content, '<') < 0 {
		if bytes.IndexByte(content, '&') < 0 {
			return string(content)
		}
		return html.UnescapeString(string(content))
	}
	var text strings.Builder
	for len(content) > 0 {
		i := bytes.Index(content, []byte(cdataOpen))
		if i < 0 {
			text.WriteString(html.UnescapeString(string(content)))
			break
		}
		text.WriteString(html.UnescapeString(string(content[:i])))
		content = content[i+len(cdataOpen):]
		j := bytes.Index(content, []byte(cdataClose))
		if j < 0 {
			text.Write(content)
			break
		}
		text.Write(content[:j])
		content = content[j+len(cdataClose):]
	}
	return text.String()
}
