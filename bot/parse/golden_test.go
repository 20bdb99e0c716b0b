package parse

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

// Each pair of lines of golden.txt is an utterance and the answer as gendan parse prints it. Whoever changes the
// parser reads the difference before writing it anew with -update.
func TestGolden(t *testing.T) {
	t.Parallel()
	old, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	lines := strings.Split(strings.TrimSpace(string(old)), "\n")
	for n, text := range lines {
		if strings.HasPrefix(text, "{") {
			continue
		}
		start := out.Len()
		out.WriteString(text + "\n")
		r := Parse(text, wednesday, nil)
		if err := enc.Encode(map[string]any{"actions": r.Actions, "confidence": r.Confidence, "ask": r.Ask}); err != nil {
			t.Fatal(err)
		}
		got := strings.Split(out.String()[start:], "\n")[1]
		if !*update && (n+1 >= len(lines) || got != lines[n+1]) {
			t.Errorf("%s\n got %s\nwant %s", text, got, lines[min(n+1, len(lines)-1)])
		}
	}
	if *update {
		if err := os.WriteFile("testdata/golden.txt", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
