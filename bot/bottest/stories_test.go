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
					shown[platform] = newWorldWith(t, s.start, options{model: s.model, customers: s.customers, sms: s.sms, plans: s.plans}, platform).play(s)
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
