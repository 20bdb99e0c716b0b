package templates

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"gendan/crm"
)

//go:embed */journeys.json
var journeyFiles embed.FS

// Journeys gives the pack's journeys, those of the default pack first. An industry's journey of the same name replaces the
// default one.
func (p *Pack) Journeys() ([]crm.JourneyPlan, error) {
	var all []crm.JourneyPlan
	at := map[string]int{}
	for _, name := range []string{"default", p.Name} {
		if name == "default" && len(all) > 0 {
			continue
		}
		raw, err := fs.ReadFile(journeyFiles, name+"/journeys.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: journeys.json: %w", name, err)
		}
		plans, err := readJourneys(raw)
		if err != nil {
			return nil, fmt.Errorf("pack %s: journeys.json: %w", name, err)
		}
		for _, plan := range plans {
			if i, ok := at[plan.Name]; ok {
				all[i] = plan
				continue
			}
			at[plan.Name] = len(all)
			all = append(all, plan)
		}
	}
	return all, nil
}

// readJourneys reads and checks plans; a word that plans do not know is an error, for it would be a step left out.
func readJourneys(raw []byte) (plans []crm.JourneyPlan, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&plans); err != nil {
		return nil, err
	}
	for _, plan := range plans {
		if err := plan.Check(); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// MustJourneys is [Pack.Journeys] of a pack that comes with the program.
func MustJourneys(p *Pack) []crm.JourneyPlan {
	plans, err := p.Journeys()
	if err != nil {
		panic(err) // embedded: broken only by a programmer
	}
	return plans
}
