package templates

import (
	"testing"

	"gendan/crm"
)

func TestTheDefaultPackSaysWhatTheCodeAssumes(t *testing.T) {
	r, err := Default().Survey()
	if err != nil || r != crm.DefaultSurveyRules {
		t.Errorf("%+v %v", r, err)
	}
	other := *Default()
	other.Name = "nowhere"
	if got, err := other.Survey(); err != nil || got != r {
		t.Errorf("a pack without a file of its own: %+v %v", got, err)
	}
}
