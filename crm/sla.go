package crm

import (
	"slices"
	"strings"
	"time"
)

// ServiceRules is how a company serves its customers: what kind a request is, how urgent, who looks after it and by when
// (服务级别). They come from the industry pack and the company's own settings over it. They do not change once made.
type ServiceRules struct {
	Kinds       []Ruling             // Value is a ticket kind; the first that fits wins
	Priorities  []Ruling             // Value is a priority; likewise
	Skills      []Ruling             // Value is a skill (技能) that the work needs
	Teams       []TeamRule           // likewise
	SLAs        []SLA                // likewise; the last one fits everything
	Warnings    []Warning            // by percent, lowest first
	Escalations []Escalation         // after a deadline passed, soonest first
	Shift       *Worktime            // when people work who have no shift of their own
	Hours       map[string]*Worktime // by name: what SLAs and shifts refer to
	Departments []Department         // that work can be handed to (研发, 生产, 物流)
	Visits      map[string]int       // days between visits, by customer level
	Canned      []Canned             // answers to begin from (话术)
}

// Asked is what rules look at: a request and whose it is. Empty is unknown.
type Asked struct {
	Kind, Priority string
	Level          string // of the customer
	Team           string // its name, once it is known
	Content        string
}

// Match is a condition: an empty list fits everything; of a list one has to fit, of several lists each.
type Match struct {
	Kinds, Levels, Priorities, Teams []string
	Words                            []string // of which one occurs in the content
}

// fits tells whether a, its content folded, meets m.
func (m Match) fits(a Asked) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return in(m.Kinds, a.Kind) && in(m.Levels, a.Level) && in(m.Priorities, a.Priority) && in(m.Teams, a.Team) &&
		(len(m.Words) == 0 || slices.ContainsFunc(m.Words, func(w string) bool { return strings.Contains(a.Content, Fold(w)) }))
}

func (a Asked) folded() Asked {
	a.Content = Fold(a.Content)
	return a
}

// Ruling is a value and when it holds.
type Ruling struct {
	Value string
	Match
}

// TeamRule says whose work something is: the first of Names that the company has.
type TeamRule struct {
	Names []string
	Match
}

// SLA is a promise: how long an answer and a solution may take, in working time of Hours. Zero is no promise.
type SLA struct {
	Name               string
	Hours              *Worktime
	First, Next, Solve time.Duration
	Match
}

// Warning says who is told when percent of a promise has passed.
type Warning struct {
	Percent int      // 1 to 99
	Tell    []string // "owner", "team"
}

// Escalation says who takes over when a deadline passed and nobody has taken the ticket on: After working time.
type Escalation struct {
	After time.Duration
	To    string // "lead", "manager"
}

// Department is where work can be handed to.
type Department struct {
	Name  string   // as people say it: 研发
	Teams []string // the names that it may have in the company
}

// Canned is an answer to begin from.
type Canned struct {
	Name string
	Text string
	Match
}

func firstFit(rules []Ruling, a Asked) string {
	a = a.folded()
	for _, r := range rules {
		if r.fits(a) {
			return r.Value
		}
	}
	return ""
}

// Kind is what kind of request a is by its words; "" when no rule knows.
func (s *ServiceRules) Kind(a Asked) string { return firstFit(s.Kinds, a) }

// Priority is how urgent a is; "" when no rule knows.
func (s *ServiceRules) Priority(a Asked) string { return firstFit(s.Priorities, a) }

// Skill is what somebody has to be able to do for a; "" is anybody.
func (s *ServiceRules) Skill(a Asked) string { return firstFit(s.Skills, a) }

// Team is the names that the team may have that looks after a, the preferred one first.
func (s *ServiceRules) Team(a Asked) []string {
	a = a.folded()
	for _, r := range s.Teams {
		if r.fits(a) {
			return r.Names
		}
	}
	return nil
}

// SLA is the promise for a; ok is false when there is none.
func (s *ServiceRules) SLA(a Asked) (sla SLA, ok bool) {
	a = a.folded()
	for _, r := range s.SLAs {
		if r.fits(a) {
			return r, true
		}
	}
	return SLA{}, false
}

// SLANamed is the promise of that name.
func (s *ServiceRules) SLANamed(name string) (sla SLA, ok bool) {
	for _, r := range s.SLAs {
		if r.Name == name {
			return r, true
		}
	}
	return SLA{}, false
}

// Department finds where people mean: 研发, 研发部, or the company's own name for it.
func (s *ServiceRules) Department(said string) (d Department, ok bool) {
	said = strings.TrimSuffix(strings.TrimSpace(said), "部")
	for _, d := range s.Departments {
		if said == strings.TrimSuffix(d.Name, "部") || slices.ContainsFunc(d.Teams, func(t string) bool { return strings.TrimSuffix(t, "部") == said }) {
			return d, true
		}
	}
	return Department{}, false
}

// CannedFor lists the answers that fit a.
func (s *ServiceRules) CannedFor(a Asked) (fit []Canned) {
	a = a.folded()
	for _, c := range s.Canned {
		if c.fits(a) {
			fit = append(fit, c)
		}
	}
	return fit
}
