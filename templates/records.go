package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed */records.json
var recordFiles embed.FS

// Records are the words by which facts are found in chat records. Each list has a name, and what is meant by
// it stands in docs/chat-records.md.
//
// A word may hold … for up to a dozen characters of the same clause (比…贵), begin with ^ for the beginning of a
// clause and end with $ for its end. The words of a list whose name ends with ! hide those of the list without
// it: 贵 is an objection, but not in 贵司.
type Records struct {
	Lists map[string][]string `json:"lists"`
}

var recordsOf sync.Map // pack name → func() (*Records, error)

// Records gives the pack's words for chat records. An industry's file needs only the lists that differ: a
// list that it gives replaces the default one, and a list name with a leading + adds to it.
func (p *Pack) Records() (*Records, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := recordsOf.LoadOrStore(name, sync.OnceValues(func() (*Records, error) { return readRecords(name) }))
	return f.(func() (*Records, error))()
}

func readRecords(name string) (*Records, error) {
	r := &Records{Lists: map[string][]string{}}
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	for _, n := range names {
		text, err := recordFiles.ReadFile(n + "/records.json")
		if err != nil {
			if n == "default" {
				return nil, fmt.Errorf("records of pack %s: %w", n, err)
			}
			continue
		}
		var own Records
		if err := json.Unmarshal(text, &own); err != nil {
			return nil, fmt.Errorf("records of pack %s: %w", n, err)
		}
		r.join(&own)
	}
	return r, nil
}

// join lays the lists of an industry over those of r.
func (r *Records) join(own *Records) {
	for list, words := range own.Lists {
		if more, ok := strings.CutPrefix(list, "+"); ok {
			r.Lists[more] = append(append([]string(nil), r.Lists[more]...), words...)
			continue
		}
		r.Lists[list] = words
	}
}
