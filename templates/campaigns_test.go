package templates_test

import (
	"testing"

	"gendan/crm"
	"gendan/templates"
)

// What the pack says is what the program does where it is asked for nothing else.
func TestCampaignRulesOfThePack(t *testing.T) {
	t.Parallel()
	rules, err := templates.Default().Campaigns()
	if err != nil {
		t.Fatal(err)
	}
	if rules != crm.DefaultCampaignRules {
		t.Errorf("%+v, and the program's own are %+v", rules, crm.DefaultCampaignRules)
	}
	for _, wrong := range []crm.CampaignRules{{}, {WindowDays: 30, LeadDays: 0, LinkShown: 1}, {WindowDays: 30, LeadDays: 30, LinkShown: 1, Budget: -1},
		{WindowDays: 30, LeadDays: 30, LinkShown: 1, WarnAt: 2}, {WindowDays: 30, LeadDays: 30, LinkShown: 1, FormPerDay: -1}} {
		if wrong.Check() == nil {
			t.Errorf("%+v passes", wrong)
		}
	}
}
