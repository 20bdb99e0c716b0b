package crm

import (
	"slices"
	"time"
)

// FieldRules is what a pack decides about work after the sale: products, repairs, appointments, visits and health.
type FieldRules struct {
	Products     []Product        `json:"products"`
	Notice       int              `json:"notice_days"` // before a warranty or a life ends, the owner hears
	Repairs      []RepairFlow     `json:"repairs"`
	Visits       []VisitRhythm    `json:"visits"`
	Health       HealthRules      `json:"health"`
	Appointments AppointmentRules `json:"appointments"`
}

// VisitRhythm is how often customers of a level are visited.
type VisitRhythm struct {
	Level    string   `json:"level"`
	Days     int      `json:"days"`     // between two visits; 0 is no rhythm
	Channels []string `json:"channels"` // of activities that count as a visit
}

// Rhythm is the rhythm of level; ok is false when there is none.
func (f FieldRules) Rhythm(level string) (v VisitRhythm, ok bool) {
	i := slices.IndexFunc(f.Visits, func(v VisitRhythm) bool { return v.Level == level && v.Days > 0 })
	if i < 0 {
		return VisitRhythm{}, false
	}
	return f.Visits[i], true
}

// Due is when the next visit is due after one at last.
func (v VisitRhythm) Due(last time.Time) time.Time { return last.AddDate(0, 0, v.Days) }

// VisitChannels are all channels that count as a visit of some level.
func (f FieldRules) VisitChannels() (all []string) {
	for _, v := range f.Visits {
		for _, c := range v.Channels {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}
