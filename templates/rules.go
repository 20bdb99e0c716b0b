package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gendan/crm"
)

//go:embed */rules.json
var ruleFiles embed.FS

var rulesOf sync.Map // pack name → func() ([]crm.Rule, error)

// Rules gives the pack's rules: what happens by itself once somebody turns it on. An industry's file adds to the default
// ones; a rule of the same name takes the default one's place.
func (p *Pack) Rules() ([]crm.Rule, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := rulesOf.LoadOrStore(name, sync.OnceValues(func() ([]crm.Rule, error) { return readRules(name) }))
	return f.(func() ([]crm.Rule, error))()
}

func readRules(name string) (rules []crm.Rule, err error) {
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	at := map[string]int{}
	for _, n := range names {
		text, err := ruleFiles.ReadFile(n + "/rules.json")
		if err != nil {
			if n == "default" {
				return nil, fmt.Errorf("pack %s: rules: %w", n, err)
			}
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, fmt.Errorf("pack %s: rules.json: %w", n, err)
		}
		for i, raw := range list {
			r, err := crm.ParseRule(raw)
			if err != nil {
				return nil, fmt.Errorf("pack %s: rules.json: rule %d: %w", n, i+1, err)
			}
			if was, ok := at[r.Name]; ok {
				rules[was] = r
				continue
			}
			at[r.Name] = len(rules)
			rules = append(rules, r)
		}
	}
	return rules, nil
}

// MustRules is [Pack.Rules] of a pack that comes with the program.
func MustRules(p *Pack) []crm.Rule {
	rules, err := p.Rules()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
