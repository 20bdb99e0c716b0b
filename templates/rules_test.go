package templates_test

import (
	"testing"

	"gendan/templates"
)

// Only what harms nobody runs without somebody turning it on.
func TestRulesOfThePack(t *testing.T) {
	t.Parallel()
	rules, err := templates.Default().Rules()
	if err != nil || len(rules) < 6 {
		t.Fatal(len(rules), err)
	}
	for _, r := range rules {
		if r.Says == "" {
			t.Errorf("%s does not say what it does", r.Name)
		}
		for _, s := range r.Then {
			if r.Active && s.Action != "customer.tag" {
				t.Errorf("%s does %s without being asked", r.Name, s.Action)
			}
		}
	}
}
