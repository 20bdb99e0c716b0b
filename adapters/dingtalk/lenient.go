package dingtalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// node is a piece of JSON read leniently: DingTalk sends numbers as strings and strings as numbers, and
// objects as strings that hold JSON. A missing or unexpected piece reads as zero, never as an error.
type node struct{ v any }

// parseNode reads one JSON value and refuses trailing text.
func parseNode(data []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return node{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, errors.New("text after the JSON value")
	}
	return node{v}, nil
}

// opened is n itself, or what the JSON inside the string n says.
func (n node) opened() node {
	s, ok := n.v.(string)
	if !ok {
		return n
	}
	s = strings.TrimSpace(s)
	if s == "" || s[0] != '{' && s[0] != '[' {
		return n
	}
	inner, err := parseNode([]byte(s))
	if err != nil {
		return n
	}
	return inner
}

// at is the member of object n under the first of names that is there and not null.
func (n node) at(names ...string) node {
	m, _ := n.opened().v.(map[string]any)
	for _, name := range names {
		if v := m[name]; v != nil {
			return node{v}
		}
	}
	return node{}
}

// list is the elements of array n.
func (n node) list() []node {
	items, _ := n.opened().v.([]any)
	out := make([]node, len(items))
	for i, v := range items {
		out[i] = node{v}
	}
	return out
}

// str is n as text: a string as it is, a number or truth as it is written, else "".
func (n node) str() string {
	switch v := n.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// num is n as a whole number, from a number or a string; 0 when it is none.
func (n node) num() int64 {
	s := strings.TrimSpace(n.str())
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f > 1<<62 || f < -(1<<62) {
		return 0
	}
	return int64(f)
}

// truth is n as a truth value: true, "true", 1 and "1".
func (n node) truth() bool { s := n.str(); return s == "true" || s == "1" }

// there reports whether n is present and not null.
func (n node) there() bool { return n.v != nil }

// raw is n as JSON, nil when absent.
func (n node) raw() json.RawMessage {
	if n.v == nil {
		return nil
	}
	b, err := json.Marshal(n.v)
	if err != nil {
		return nil
	}
	return b
}
