package action

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"gendan/crm"
)

// VocabularyOf lists what the role of actor may do, in the order of [Vocabulary]. Whether a record may be seen or changed
// is for the executor to say.
func VocabularyOf(actor crm.Actor) []Spec {
	var specs []Spec
	for _, a := range actions() {
		if actor.CheckDeed(a.deed) == nil {
			specs = append(specs, a.spec())
		}
	}
	return specs
}

// Schema is the JSON schema of the parameters of the action of that name, nil when there is none.
func Schema(name string) map[string]any {
	a := find(name)
	if a == nil {
		return nil
	}
	s := objectSchema(a.params)
	required := []string{}
	for _, p := range a.spec().Params {
		if p.Required {
			required = append(required, p.Name)
		}
	}
	s["required"] = required
	return s
}

// objectSchema is the schema of a struct. Inside stand the structs that it is a part of: one that holds itself, as a filter
// does, is told once and stands for any depth.
func objectSchema(t reflect.Type, inside ...reflect.Type) map[string]any {
	if slices.Contains(inside, t) {
		return map[string]any{"type": "object", "properties": map[string]any{}}
	}
	inside = append(slices.Clone(inside), t)
	properties := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		p := schemaOf(f.Type, inside...)
		if doc := strings.TrimPrefix(f.Tag.Get("doc"), "*"); doc != "" {
			p["description"] = doc
		}
		properties[name] = p
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

func schemaOf(t reflect.Type, inside ...reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[ruleText]():
		return schemaOf(reflect.TypeFor[crm.Rule](), inside...)
	case reflect.TypeFor[json.RawMessage](): // an action's parameters
		return map[string]any{"type": "object", "properties": map[string]any{}}
	}
	switch typeName(t) {
	case "instant":
		return map[string]any{"type": "string", "format": "date-time"}
	case "date":
		return map[string]any{"type": "string", "format": "date"}
	case "string":
		return map[string]any{"type": "string"}
	case "integer":
		return map[string]any{"type": "integer"}
	case "number":
		return map[string]any{"type": "number"}
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), inside...)}
	case reflect.Struct:
		return objectSchema(t, inside...)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	}
	return map[string]any{}
}
