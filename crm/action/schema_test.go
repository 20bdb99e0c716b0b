package action

import (
	"testing"

	"gendan/crm"
)

// TestSchemaCoversEveryParameter: each parameter of each action has a type that JSON knows, and lists and objects say of what.
func TestSchemaCoversEveryParameter(t *testing.T) {
	var check func(path string, s map[string]any)
	check = func(path string, s map[string]any) {
		switch s["type"] {
		case "object":
			for name, p := range s["properties"].(map[string]any) {
				check(path+"."+name, p.(map[string]any))
			}
		case "array":
			check(path+"[]", s["items"].(map[string]any))
		case "string", "integer", "number", "boolean":
		default:
			t.Errorf("%s has the type %v", path, s["type"])
		}
	}
	for _, spec := range Vocabulary() {
		s := Schema(spec.Name)
		check(spec.Name, s)
		if n := len(s["properties"].(map[string]any)); n != len(spec.Params) {
			t.Errorf("%s: %d properties for %d parameters", spec.Name, n, len(spec.Params))
		}
	}
	if Schema("no.such") != nil {
		t.Error("an unknown action has a schema")
	}
}

func TestVocabularyOfARole(t *testing.T) {
	may := func(role crm.Role, name string) bool {
		for _, s := range VocabularyOf(crm.Actor{UserID: 1, Role: role}) {
			if s.Name == name {
				return true
			}
		}
		return false
	}
	if !may(crm.Rep, "deal.create") || may(crm.Service, "deal.create") || !may(crm.Service, "customer.view") {
		t.Error("the vocabulary is not the role's")
	}
}
