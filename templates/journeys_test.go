package templates

import (
	"strings"
	"testing"

	"gendan/crm"
)

// TestJourneysOfEveryPack: each pack's journeys can run, and nobody's hold-out is of greetings.
func TestJourneysOfEveryPack(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		plans, err := p.Journeys()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, plan := range plans {
			if seen[plan.Name] || plan.About == "" {
				t.Errorf("%s: journey %q is there twice, or says nothing of itself", name, plan.Name)
			}
			seen[plan.Name] = true
			for _, s := range plan.Steps {
				if s.Sends() && !strings.Contains(s.Text, "{{称呼}}") {
					t.Errorf("%s: %q addresses nobody: %s", name, plan.Name, s.Text)
				}
			}
		}
		for _, want := range []string{"沉睡召回", "新客关怀", "生日祝福", "复购提醒", "节日问候", "周年", "新品推荐"} {
			if !seen[want] {
				t.Errorf("%s: no journey %q", name, want)
			}
		}
	}
}

func TestJourneysWithAnUnknownWordAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := readJourneys([]byte(`[{"name":"x","purpose":"care","goal":{},"entry":{},"steps":[{"do":"wait","dayz":3}]}]`)); err == nil {
		t.Error("a step with a word that plans do not know was read")
	}
	if _, err := readJourneys([]byte(`[{"name":"x","purpose":"care","goal":{},"entry":{},"steps":[{"do":"wait","days":3}]}]`)); err != nil {
		t.Error(err)
	}
	if crm.JourneyEnd != "end" {
		t.Error("plans say end")
	}
}
