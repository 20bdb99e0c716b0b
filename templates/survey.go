package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"gendan/crm"
)

//go:embed */survey.json
var surveyFiles embed.FS

// surveyWords is survey.json of a pack.
type surveyWords struct {
	Auto         *bool `json:"auto"`          // ask after each closed ticket
	AfterMinutes int   `json:"after_minutes"` // after closing
	EveryDays    int   `json:"every_days"`    // a customer is asked at most once in so many days
	LiveDays     int   `json:"live_days"`     // a link can be answered so long
	Low          int   `json:"low"`           // of 1–5: a score up to this opens a call-back
	Most         int   `json:"most"`          // customers of one campaign
}

// Survey gives the pack's rules of surveys. What an industry's file leaves out is as in the default one.
func (p *Pack) Survey() (crm.SurveyRules, error) {
	r := crm.DefaultSurveyRules
	for _, name := range []string{"default", p.Name} {
		raw, err := fs.ReadFile(surveyFiles, name+"/survey.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var w surveyWords
		if err == nil {
			err = json.Unmarshal(raw, &w)
		}
		if err == nil && (w.AfterMinutes < 0 || w.EveryDays < 0 || w.LiveDays < 0 || w.Low < 0 || w.Low > 5 || w.Most < 0) {
			err = crm.ErrInvalid
		}
		if err != nil {
			return r, fmt.Errorf("pack %s: survey.json: %w", name, err)
		}
		const day = 24 * time.Hour
		if w.Auto != nil {
			r.Auto = *w.Auto
		}
		set(&r.After, time.Duration(w.AfterMinutes)*time.Minute)
		set(&r.Every, time.Duration(w.EveryDays)*day)
		set(&r.Live, time.Duration(w.LiveDays)*day)
		set(&r.Low, w.Low)
		set(&r.Most, w.Most)
	}
	return r, nil
}

// set puts v where it says something.
func set[T comparable](at *T, v T) {
	var none T
	if v != none {
		*at = v
	}
}
