package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gendan/crm"
)

//go:embed */campaigns.json
var campaignsFiles embed.FS

var campaignsOf sync.Map // pack name → func() (crm.CampaignRules, error)

// Campaigns gives the pack's rules of campaigns: how long a touch counts, budgets, limits. An industry's file needs only what
// differs.
func (p *Pack) Campaigns() (crm.CampaignRules, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := campaignsOf.LoadOrStore(name, sync.OnceValues(func() (crm.CampaignRules, error) { return readCampaigns(name) }))
	return f.(func() (crm.CampaignRules, error))()
}

func readCampaigns(name string) (rules crm.CampaignRules, err error) {
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	for _, n := range names {
		text, err := campaignsFiles.ReadFile(n + "/campaigns.json")
		if err != nil {
			if n == "default" {
				return rules, fmt.Errorf("pack %s: campaigns: %w", n, err)
			}
			continue
		}
		if err := json.Unmarshal(text, &rules); err != nil {
			return rules, fmt.Errorf("pack %s: campaigns.json: %w", n, err)
		}
	}
	if err := rules.Check(); err != nil {
		return rules, fmt.Errorf("pack %s: %w", name, err)
	}
	return rules, nil
}

// MustCampaigns is [Pack.Campaigns] of a pack that comes with the program.
func MustCampaigns(p *Pack) crm.CampaignRules {
	rules, err := p.Campaigns()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
