package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gendan/crm"
)

// Action is one thing that can be done: its name, its parameters, and how it is prepared.
type Action struct {
	name    string
	doc     string
	example string
	deed    crm.Deed
	write   bool
	params  reflect.Type
	prepare func(ctx context.Context, r *run, params json.RawMessage) (*Result, error)
}

// define makes an action of a handler. Handlers look and check; what they write they queue with run.then.
func define[P any](name, doc, example string, deed crm.Deed, write bool, handler func(ctx context.Context, r *run, p *P) (*Result, error)) Action {
	return Action{name: name, doc: doc, example: example, deed: deed, write: write, params: reflect.TypeFor[P](),
		prepare: func(ctx context.Context, r *run, params json.RawMessage) (*Result, error) {
			p := new(P)
			params = bytes.ReplaceAll(params, []byte(`\u0000`), nil) // Postgres keeps no NUL
			if len(bytes.TrimSpace(params)) > 0 {
				if err := json.Unmarshal(params, p); err != nil {
					return nil, badParam(r, reflect.TypeFor[P](), err)
				}
			}
			return handler(ctx, r, p)
		}}
}

// badParam turns a parameter of the wrong form into a question about it.
func badParam(r *run, params reflect.Type, err error) error {
	if e, ok := err.(*json.UnmarshalTypeError); ok && e.Field != "" {
		return r.ask(e.Field, "「%s」的写法不对，请重新说一遍。", labelOf(params, e.Field))
	}
	var refusal *crm.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return &crm.Refusal{Cause: fmt.Errorf("%w: %w", crm.ErrInvalid, err), Sentence: "这件事的内容写法不对，请换个说法再说一遍。"}
}

// labelOf is what people call the parameter of that name: the beginning of its doc.
func labelOf(params reflect.Type, name string) string {
	name, _, _ = strings.Cut(name, ".") // filter.level
	for i := range params.NumField() {
		f := params.Field(i)
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != name {
			continue
		}
		label := strings.TrimPrefix(f.Tag.Get("doc"), "*")
		if end := strings.IndexAny(label, "，：（"); end > 0 {
			label = label[:end]
		}
		return label
	}
	return name
}

// Spec is an action as the outside knows it: for help, the HTTP and MCP doors, forms and rules.
type Spec struct {
	Name    string  `json:"name"`
	Doc     string  `json:"doc"`     // one Chinese line
	Example string  `json:"example"` // something to type
	Write   bool    `json:"write"`
	Params  []Param `json:"params"`
}

// Param is a parameter of an action.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // string, integer, number, array, object, instant, date
	Doc      string `json:"doc"`
	Required bool   `json:"required,omitempty"`
}

// Vocabulary lists everything that can be done now.
func Vocabulary() []Spec {
	all := actions()
	specs := make([]Spec, len(all))
	for i, a := range all {
		specs[i] = a.spec()
	}
	return specs
}

func (a Action) spec() Spec {
	s := Spec{Name: a.name, Doc: a.doc, Example: a.example, Write: a.write, Params: []Param{}}
	for i := range a.params.NumField() {
		f := a.params.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		doc := f.Tag.Get("doc")
		s.Params = append(s.Params, Param{Name: name, Type: typeName(f.Type), Doc: strings.TrimPrefix(doc, "*"), Required: strings.HasPrefix(doc, "*")})
	}
	return s
}

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[instant]():
		return "instant"
	case reflect.TypeFor[date]():
		return "date"
	case reflect.TypeFor[*crm.Money]():
		return "number"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	default:
		return "object"
	}
}

// instant is a point in time as the contract writes it: RFC 3339.
type instant struct{ time.Time }

// UnmarshalJSON reads RFC 3339; "" is none.
func (i *instant) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil || s == "" {
		return err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return crm.Refuse(crm.ErrInvalid, "「%s」不像时间，请再说一遍，比如「明天下午3点」。", s)
	}
	i.Time = t.UTC()
	return nil
}

// date is a day as the contract writes it: 2006-01-02. It keeps what was said until a handler checks it, so that
// 31 February is a question and not a broken message.
type date string

func (d date) check() error {
	if d == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, string(d)); err != nil {
		return crm.Refuse(crm.ErrInvalid, "没有「%s」这一天，请重新说个日期，比如「月底」「11月30日」。", string(d))
	}
	return nil
}
