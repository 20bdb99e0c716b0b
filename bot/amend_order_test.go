package bot

import (
	"slices"
	"testing"

	"gendan/crm/action"
)

func TestByOldWord(t *testing.T) {
	t.Parallel()
	calls := []action.Call{
		{Name: "activity.log", Params: mustJSON(map[string]any{"customer": "远航", "contact": "钱总", "content": "方案可以"})},
		{Name: "reminder.create", Params: mustJSON(map[string]any{"customer": "远航"})},
	}
	for text, want := range map[string][]int{"不是钱总是孙总": {0, 1}, "不对，是周五": {1, 0}, "不是远航是百川": {1, 0}, "不是方案是报价": {0, 1}} {
		if got := byOldWord(text, calls); !slices.Equal(got, want) {
			t.Errorf("byOldWord(%q) = %v, want %v", text, got, want)
		}
	}
}
