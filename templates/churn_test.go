package templates

import (
	"testing"

	"gendan/crm"
)

func TestChurn(t *testing.T) {
	t.Parallel()
	rules, err := Default().Churn()
	if err != nil || rules != crm.DefaultChurnRules {
		t.Errorf("%+v, %v", rules, err)
	}
	for days, want := range map[float64]int{0: 0, 15: 20, 29: 38, 30: 50, 60: 65, 400: 95} {
		if got := rules.SilentRisk(days); got != want {
			t.Errorf("%.0f days of silence: %d, want %d", days, got, want)
		}
	}
}
