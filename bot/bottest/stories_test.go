package bottest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets more stories run at a time than there are processors: they mostly wait for sockets.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestStories plays every written conversation on both platforms. GENDAN_GOLDEN=1 writes what the bot said
// into the files; read that diff as carefully as code.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	t.Cleanup(func() { everyKindWasPressed(t) })
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".chat")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := read(file, string(text))
			if err != nil {
				t.Fatal(err)
			}
			shown := map[string][][]string{}
			for _, platform := range []string{"wecom", "dingtalk"} {
				if s.only != "" && s.only != platform {
					continue
				}
				t.Run(platform, func(t *testing.T) {
					shown[platform] = newWorldWith(t, s.start, options{model: s.model, customers: s.customers, sms: s.sms, library: s.library, plans: s.plans, many: s.many}, platform).play(s)
				})
			}
			if t.Failed() {
				return
			}
			for _, platform := range []string{"wecom", "dingtalk"} {
				if shown[platform] == nil {
					shown[platform] = shown[s.only]
				}
			}
			got := merge(s, shown["wecom"], shown["dingtalk"])
			if os.Getenv("GENDAN_GOLDEN") != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the bot says something else than written (-written +said):\n%s", diff)
			}
		})
	}
}

// everyKindWasPressed fails when a button that the bot makes was on no screen of any story, so that no test has pressed it. It
// looks only after all the stories; "either" is pressed by TestQuotedTicket, and "contact" asks whoever was added in WeCom, in WeCom.
func everyKindWasPressed(t *testing.T) {
	if t.Failed() || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" {
		return
	}
	for _, verb := range []string{"confirm", "cancel", "pick", "create", "record", "undo", "ticket", "done", "snooze", "share", "deny", "visit", "care", "offer", "run", "once"} {
		found := false
		kindsPressed.Range(func(kind, _ any) bool {
			found = (kind == verb || strings.HasPrefix(kind.(string), verb+":")) && presses(kind.(string)).Load() > 0
			return !found
		})
		if !found {
			t.Errorf("no story shows a button of the kind %q on DingTalk", verb)
		}
	}
}
