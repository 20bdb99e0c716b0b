package action

import "testing"

// TestWhatIsDoneIsNotLater: an action that is done must not be answered as one that is still being learned.
func TestWhatIsDoneIsNotLater(t *testing.T) {
	for name := range later {
		if find(name) != nil {
			t.Errorf("%s is done, and people are told that it is not", name)
		}
	}
}
