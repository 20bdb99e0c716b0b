package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gendan/crm"
)

//go:embed */field.json
var fieldFiles embed.FS

var fieldOf sync.Map // pack name → func() (crm.FieldRules, error)

// Field gives the pack's rules of work after the sale: products, repairs, appointments, visits, health. An industry's file
// needs only what differs: a list that it gives replaces the default one.
func (p *Pack) Field() (crm.FieldRules, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := fieldOf.LoadOrStore(name, sync.OnceValues(func() (crm.FieldRules, error) { return readField(name) }))
	return f.(func() (crm.FieldRules, error))()
}

func readField(name string) (rules crm.FieldRules, err error) {
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	for _, n := range names {
		text, err := fieldFiles.ReadFile(n + "/field.json")
		if err != nil {
			if n == "default" {
				return rules, fmt.Errorf("pack %s: field rules: %w", n, err)
			}
			continue
		}
		if err := json.Unmarshal(text, &rules); err != nil {
			return rules, fmt.Errorf("pack %s: field.json: %w", n, err)
		}
	}
	return rules, nil
}

// MustField is [Pack.Field] of a pack that comes with the program.
func MustField(p *Pack) crm.FieldRules {
	rules, err := p.Field()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
