package templates

import (
	"embed"
	"encoding/json"
	"fmt"

	"gendan/crm"
)

//go:embed */churn.json
var churnFiles embed.FS

// Churn gives the pack's rules of who is at risk to stay away; an industry's file needs only what differs.
func (p *Pack) Churn() (rules crm.ChurnRules, err error) {
	rules = crm.DefaultChurnRules
	names := []string{"default"}
	if p != nil && p.Name != "" && p.Name != "default" {
		names = append(names, p.Name)
	}
	for _, name := range names {
		text, err := churnFiles.ReadFile(name + "/churn.json")
		if err != nil {
			continue // the pack has none of its own
		}
		if err := json.Unmarshal(text, &rules); err != nil {
			return rules, fmt.Errorf("pack %s: churn.json: %w", name, err)
		}
	}
	if rules.SilentDays < 1 || rules.ModelOrders < 2 || rules.Line < 1 || rules.Line > 100 || rules.FitDays < 1 || rules.FitMost < 100 {
		return rules, fmt.Errorf("pack %s: churn.json: silent_days and fit_days from 1, model_orders from 2, line 1 to 100, fit_customers from 100", names[len(names)-1])
	}
	return rules, nil
}

// MustChurn is [Pack.Churn] of a pack that comes with the program.
func MustChurn(p *Pack) crm.ChurnRules {
	rules, err := p.Churn()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
