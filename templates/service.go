package templates

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"gendan/crm"
)

//go:embed */service.json
var serviceFiles embed.FS

// serviceFile is service.json as it is written: how a company serves. A company's own file has the same shape; what it
// gives replaces the pack's, name by name in hours and visits, whole elsewhere.
type serviceFile struct {
	Hours       map[string]hoursFile `json:"hours"`       // by name
	Shift       string               `json:"shift"`       // the hours of people who have no shift of their own
	Kinds       []rulingFile         `json:"kinds"`       // what kind of ticket words mean
	Priorities  []rulingFile         `json:"priorities"`  // how urgent it is
	Skills      []rulingFile         `json:"skills"`      // what one has to be able to do for it
	Teams       []rulingFile         `json:"teams"`       // whose work it is
	SLAs        []slaFile            `json:"slas"`        // the first that fits holds; the last one fits everything
	Warnings    []warningFile        `json:"warnings"`    // before a deadline
	Escalations []escalationFile     `json:"escalations"` // after it
	Departments []departmentFile     `json:"departments"` // for hand-offs
	Visits      map[string]int       `json:"visits"`      // days between visits, by customer level
	Canned      []cannedFile         `json:"canned"`      // answers to begin from
}

type hoursFile struct {
	Zone     string              `json:"zone"`     // IANA name; "" is the company's
	Week     map[string][]string `json:"week"`     // "周一至周五": ["09:00-12:00", "13:30-18:00"]
	Worked   []string            `json:"worked"`   // on a 调休 day; none is Monday's
	Holidays *bool               `json:"holidays"` // false: holidays are worked like other days
}

type matchFile struct {
	Kinds      []string `json:"kinds"`
	Levels     []string `json:"levels"`
	Priorities []string `json:"priorities"`
	In         []string `json:"in"`    // team names
	Words      []string `json:"words"` // of which one occurs
}

type rulingFile struct {
	Kind     string   `json:"kind"`
	Priority string   `json:"priority"`
	Skill    string   `json:"skill"`
	Teams    []string `json:"teams"` // of the names, the first that the company has
	matchFile
}

type slaFile struct {
	Name  string   `json:"name"`
	Hours string   `json:"hours"`
	First duration `json:"first"`
	Next  duration `json:"next"`
	Solve duration `json:"solve"`
	matchFile
}

type warningFile struct {
	Percent int      `json:"percent"`
	Tell    []string `json:"tell"`
}

type escalationFile struct {
	After duration `json:"after"`
	To    string   `json:"to"`
}

type departmentFile struct {
	Name  string   `json:"name"`
	Teams []string `json:"teams"`
}

type cannedFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
	matchFile
}

// duration is working time as service.json writes it: "30m", "1h30m".
type duration time.Duration

func (d *duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf(`working time is written like "30m" or "8h", not %s`, b)
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 || v%time.Second != 0 || v > 5000*time.Hour {
		return fmt.Errorf(`working time is written like "30m" or "8h", not %q`, s)
	}
	*d = duration(v)
	return nil
}

// Service gives the pack's rules of service with the company's own over them; own may be empty. Days are counted by c.
// The error names everything that is wrong.
func (p *Pack) Service(own []byte, c crm.Calendar) (*crm.ServiceRules, error) {
	names := []string{"default"}
	if p != nil && p.Name != "" && p.Name != "default" {
		names = append(names, p.Name)
	}
	var f serviceFile
	for _, name := range names {
		text, err := serviceFiles.ReadFile(name + "/service.json")
		if errors.Is(err, fs.ErrNotExist) && name != "default" {
			continue
		}
		if err == nil {
			err = f.read(text)
		}
		if err != nil {
			return nil, fmt.Errorf("service rules of pack %s: %w", name, err)
		}
	}
	if len(bytes.TrimSpace(own)) > 0 {
		if err := f.read(own); err != nil {
			return nil, fmt.Errorf("the company's service rules: %w", err)
		}
	}
	return f.rules(p, c)
}

// ServiceText is the pack's service.json as it is written, to begin from.
func (p *Pack) ServiceText() []byte {
	for _, name := range []string{p.Name, "default"} {
		if text, err := serviceFiles.ReadFile(name + "/service.json"); err == nil {
			return bytes.TrimSpace(text)
		}
	}
	return nil // the default is embedded
}

// read lays a file over f. A name that service.json does not know is refused: it would be a rule that never holds.
func (f *serviceFile) read(text []byte) error {
	var own serviceFile // a list read over another would keep fields of it
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&own); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	if f.Hours == nil {
		f.Hours, f.Visits = map[string]hoursFile{}, map[string]int{}
	}
	maps.Copy(f.Hours, own.Hours)
	maps.Copy(f.Visits, own.Visits)
	if own.Shift != "" {
		f.Shift = own.Shift
	}
	lay(&f.Kinds, own.Kinds)
	lay(&f.Priorities, own.Priorities)
	lay(&f.Skills, own.Skills)
	lay(&f.Teams, own.Teams)
	lay(&f.SLAs, own.SLAs)
	lay(&f.Warnings, own.Warnings)
	lay(&f.Escalations, own.Escalations)
	lay(&f.Departments, own.Departments)
	lay(&f.Canned, own.Canned)
	return nil
}

// lay replaces a list by one that was given; an empty list that was given leaves none.
func lay[T any](list *[]T, own []T) {
	if own != nil {
		*list = own
	}
}

// rules makes the rules and notes all that is wrong with them.
func (f *serviceFile) rules(p *Pack, c crm.Calendar) (*crm.ServiceRules, error) {
	k := checker{file: f}
	if p == nil {
		p = Default()
	}
	k.kinds, k.priorities, k.levels = termNames(p.Kinds), termNames(p.Priorities), termNames(p.Levels)
	s := &crm.ServiceRules{Hours: map[string]*crm.Worktime{}, Visits: f.Visits}
	for name, h := range f.Hours {
		s.Hours[name] = k.hours("hours."+name, h, c)
	}
	if s.Shift = s.Hours[f.Shift]; s.Shift == nil {
		k.wrong("shift", "no hours are called %q", f.Shift)
	}
	s.Kinds = k.rulings("kinds", f.Kinds, func(r rulingFile) string { return r.Kind }, k.kinds)
	s.Priorities = k.rulings("priorities", f.Priorities, func(r rulingFile) string { return r.Priority }, k.priorities)
	s.Skills = k.rulings("skills", f.Skills, func(r rulingFile) string { return r.Skill }, nil)
	for i, t := range f.Teams {
		where := fmt.Sprintf("teams[%d]", i)
		if len(t.Teams) == 0 {
			k.wrong(where, "names no team")
		}
		s.Teams = append(s.Teams, crm.TeamRule{Names: t.Teams, Match: k.match(where, t.matchFile)})
	}
	s.SLAs = k.slas(s.Hours)
	s.Warnings, s.Escalations = k.warnings(), k.escalations()
	for i, d := range f.Departments {
		if d.Name == "" || len(d.Teams) == 0 {
			k.wrong(fmt.Sprintf("departments[%d]", i), "needs a name and teams")
		}
		s.Departments = append(s.Departments, crm.Department{Name: d.Name, Teams: d.Teams})
	}
	for level, days := range f.Visits {
		if !slices.Contains(k.levels, level) {
			k.wrong("visits", "no customer level is called %q", level)
		}
		if days < 1 || days > 3650 {
			k.wrong("visits."+level, "%d is no number of days", days)
		}
	}
	for i, answer := range f.Canned {
		where := fmt.Sprintf("canned[%d]", i)
		if answer.Name == "" || strings.TrimSpace(answer.Text) == "" {
			k.wrong(where, "needs a name and a text")
		}
		s.Canned = append(s.Canned, crm.Canned{Name: answer.Name, Text: answer.Text, Match: k.match(where, answer.matchFile)})
	}
	if len(k.errors) > 0 {
		slices.SortFunc(k.errors, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, fmt.Errorf("service rules: %w", errors.Join(k.errors...))
	}
	return s, nil
}

func termNames(terms []Term) []string {
	names := make([]string, len(terms))
	for i, t := range terms {
		names[i] = t.Name
	}
	return names
}
