package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gendan/crm"
)

//go:embed */points.json
var pointsFiles embed.FS

var pointsOf sync.Map // pack name → func() (crm.PointsRules, error)

// Points gives the pack's rules of loyalty: points, tiers, gifts. An industry's file needs only what differs: a list that it
// gives replaces the default one.
func (p *Pack) Points() (crm.PointsRules, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := pointsOf.LoadOrStore(name, sync.OnceValues(func() (crm.PointsRules, error) { return readPoints(name) }))
	return f.(func() (crm.PointsRules, error))()
}

func readPoints(name string) (rules crm.PointsRules, err error) {
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	for _, n := range names {
		text, err := pointsFiles.ReadFile(n + "/points.json")
		if err != nil {
			if n == "default" {
				return rules, fmt.Errorf("pack %s: points: %w", n, err)
			}
			continue
		}
		if err := json.Unmarshal(text, &rules); err != nil {
			return rules, fmt.Errorf("pack %s: points.json: %w", n, err)
		}
	}
	if err := rules.Check(); err != nil {
		return rules, fmt.Errorf("pack %s: %w", name, err)
	}
	return rules, nil
}

// MustPoints is [Pack.Points] of a pack that comes with the program.
func MustPoints(p *Pack) crm.PointsRules {
	rules, err := p.Points()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return rules
}
