package main

import (
	"os/exec"
	"strings"
	"testing"
)

// inner are the imports of ours that a package may have, as folders: "x" is x and all below it, "x$" is x alone.
// "." is the folder of the door itself. The first entry whose folder holds a package decides.
var inner = []struct {
	folder string
	may    []string
	why    string
}{
	{"crm/store/storetest", []string{""}, "it sets a test's stage"},
	{"bot/bottest", []string{""}, "it plays the whole product"},
	{"cmd", []string{""}, "somebody has to introduce everybody"},
	{"crm/predict", []string{"crm/predict"}, "arithmetic on what is handed in"},
	{"crm/action", []string{"crm$", "crm/store$", "crm/action", "crm/predict"}, "what can be done stands on what is stored"},
	{"crm/store", []string{"crm$", "crm/store"}, "the store knows the business and nothing above it"},
	{"crm", nil, "the business outlives everything"},
	{"templates", []string{"crm$", "templates"}, "a pack fills in the business's own types"},
	{"bot/chat", nil, "both sides speak it, so it owes nothing to either"},
	{"bot", []string{"crm", "templates", "bot"}, "a conversation needs the business"},
	{"adapters/console", []string{"adapters/console", "adapters/wecom/wecomtest$", "adapters/dingtalk/dingtalktest$", "templates/pages$"}, "it shows the simulators' phones"},
	{"adapters/httpapi", []string{"adapters/httpapi", "bot/chat$", "crm$", "crm/action$", "templates/pages$"}, "a door of its own to the actions"},
	{"adapters/mcp", []string{"adapters/mcp", "bot/chat$", "crm$", "crm/action$"}, "a door of its own to the actions"},
	{"adapters/sheet", []string{"adapters/sheet", "bot/chat$", "crm$", "crm/action$"}, "a door of its own to the actions"},
	{"adapters/", []string{"bot/chat$", "."}, "a door sees neither other doors nor the store"},
}

// TestImportsPointInward holds the packages to the house's plan. What only tests import is free.
func TestImportsPointInward(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "gendan/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], "gendan/")
		seen++
		for _, imported := range fields[1:] {
			imported, ours := strings.CutPrefix(imported, "gendan/")
			if !ours {
				continue
			}
			if why, ok := mayImport(pkg, imported); !ok {
				t.Errorf("%s imports %s: %s", pkg, imported, why)
			}
			if isForTests(imported) && !isForTests(pkg) && !strings.HasPrefix(pkg, "cmd/") && pkg != "adapters/console" {
				t.Errorf("%s imports %s, which is for tests", pkg, imported)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

func isForTests(pkg string) bool { return strings.HasSuffix(pkg, "test") }

func mayImport(pkg, imported string) (why string, ok bool) {
	for _, rule := range inner {
		if !within(pkg, strings.TrimSuffix(rule.folder, "/")) {
			continue
		}
		for _, may := range rule.may {
			switch only, alone := strings.CutSuffix(may, "$"); {
			case alone && imported == only, !alone && may != "." && within(imported, may):
				return rule.why, true
			case may == "." && within(imported, door(pkg)): // the door's own folder
				return rule.why, true
			}
		}
		return rule.why, false
	}
	return "this folder has no place in the plan", false
}

// door is the folder of an adapter that pkg belongs to.
func door(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func within(pkg, folder string) bool {
	return folder == "" || pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

// TestTheRulesThemselves makes sure that the test above would notice.
func TestTheRulesThemselves(t *testing.T) {
	for _, forbidden := range [][2]string{
		{"crm", "crm/store"}, {"crm/store", "crm/action"}, {"crm/action", "bot"}, {"bot/chat", "crm"}, {"bot", "adapters/wecom"},
		{"adapters/wecom", "crm/store"}, {"adapters/wecom", "adapters/dingtalk"}, {"adapters/dingtalk/dingtalktest", "bot/chat/deep"},
		{"adapters/console", "bot"}, {"adapters/httpapi", "crm/store"}, {"templates", "bot"}, {"util", "crm"},
	} {
		if _, ok := mayImport(forbidden[0], forbidden[1]); ok {
			t.Errorf("%s may import %s", forbidden[0], forbidden[1])
		}
	}
	for _, fine := range [][2]string{
		{"crm/action", "crm/store"}, {"bot", "crm/action"}, {"adapters/wecom", "adapters/wecom/aibot"}, {"adapters/mcp", "crm/action"}, {"cmd/gendan", "bot"},
	} {
		if _, ok := mayImport(fine[0], fine[1]); !ok {
			t.Errorf("%s may not import %s", fine[0], fine[1])
		}
	}
}
