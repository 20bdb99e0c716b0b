package templates

import (
	"reflect"
	"testing"

	"gendan/crm"
)

// TestReachDefaults: the default pack says the same as the program without one, so that neither surprises.
func TestReachDefaults(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Reach()
		if err != nil {
			t.Fatal(err)
		}
		if name == "default" && !reflect.DeepEqual(r.ReachPolicy, crm.DefaultReachPolicy) {
			t.Errorf("%+v\nwant %+v", r.ReachPolicy, crm.DefaultReachPolicy)
		}
	}
	if err := (&Reach{}).take(reachWords{Quiet: &reachQuiet{From: "25:00"}}); err == nil {
		t.Error("a quarter past a day")
	}
}

func TestReachSays(t *testing.T) {
	t.Parallel()
	r := MustReach(Default())
	for text, want := range map[string][2]bool{
		"退订": {true, false}, "TD": {true, false}, "td。": {true, false}, "T": {true, false}, "别再发了！": {true, false}, "我要退订，谢谢": {true, false}, "請不要再給我發": {true, false},
		"恢复订阅": {false, true}, "我想重新订阅": {false, true}, "退订单怎么弄": {}, "我的订单": {}, "别再发错货了": {}, "TD501 有货吗": {}, "": {}, "谢谢": {},
	} {
		if stop, again := r.Says(text); stop != want[0] || again != want[1] {
			t.Errorf("%q: %v, %v", text, stop, again)
		}
	}
}
