package templates

import (
	"slices"
	"testing"
)

// TestRecordsOfEveryPack reads the words for chat records of every pack: a pack without its own has the default's.
func TestRecordsOfEveryPack(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Records()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Contains(r.Lists["complaint"], "漏水") {
			t.Errorf("%s: the list complaint has lost 漏水", name)
		}
	}
}

// TestRecordsAddAndReplace joins an industry's lists to the default ones.
func TestRecordsAddAndReplace(t *testing.T) {
	t.Parallel()
	r := &Records{Lists: map[string][]string{"complaint": {"漏水"}, "role": {"老板"}}}
	r.join(&Records{Lists: map[string][]string{"+complaint": {"溢胶"}, "role": {"校长"}, "+product": {"热熔胶"}}})
	for list, want := range map[string][]string{"complaint": {"漏水", "溢胶"}, "role": {"校长"}, "product": {"热熔胶"}} {
		if !slices.Equal(r.Lists[list], want) {
			t.Errorf("%s is %v, want %v", list, r.Lists[list], want)
		}
	}
}
