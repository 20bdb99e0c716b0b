package templates

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gendan/crm"
)

// checker makes rules from a service file and collects what is wrong with it.
type checker struct {
	file                      *serviceFile
	kinds, priorities, levels []string
	errors                    []error
}

func (k *checker) wrong(where, format string, args ...any) {
	k.errors = append(k.errors, fmt.Errorf("%s: "+format, append([]any{where}, args...)...))
}

func (k *checker) hours(where string, f hoursFile, c crm.Calendar) *crm.Worktime {
	h := crm.Hours{Always: f.Holidays != nil && !*f.Holidays}
	if f.Zone != "" {
		zone, err := time.LoadLocation(f.Zone)
		if err != nil {
			k.wrong(where, "zone %q is not known", f.Zone)
			return nil
		}
		h.Zone = zone
	}
	for _, names := range slices.Sorted(maps.Keys(f.Week)) {
		days, err := crm.ParseDays(names)
		if err != nil {
			k.wrong(where, "%v", err)
			return nil
		}
		spans := k.spans(where, f.Week[names])
		for _, d := range days {
			if h.Week[d] != nil {
				k.wrong(where, "%s occurs twice", d)
			}
			h.Week[d] = spans
		}
	}
	h.Worked = k.spans(where, f.Worked)
	w, err := crm.NewWorktime(h, c)
	if err != nil {
		k.wrong(where, "%v", err)
	}
	return w
}

func (k *checker) spans(where string, list []string) (spans []crm.Span) {
	for _, text := range list {
		span, err := crm.ParseSpan(text)
		if err != nil {
			k.wrong(where, `%v; write "09:00-12:00", and what goes on after midnight on the next day`, err)
			continue
		}
		spans = append(spans, span)
	}
	return spans
}

// match checks a condition: a kind that is none would never hold.
func (k *checker) match(where string, f matchFile) crm.Match {
	known := func(what string, said, names []string) {
		for _, v := range said {
			if !slices.Contains(names, v) {
				k.wrong(where, "no %s is called %q", what, v)
			}
		}
	}
	known("kind", f.Kinds, k.kinds)
	known("customer level", f.Levels, k.levels)
	known("priority", f.Priorities, k.priorities)
	for _, w := range f.Words {
		if crm.Fold(w) == "" {
			k.wrong(where, "%q is no word", w)
		}
	}
	return crm.Match{Kinds: f.Kinds, Levels: f.Levels, Priorities: f.Priorities, Teams: f.In, Words: f.Words}
}

func (k *checker) rulings(list string, rules []rulingFile, value func(rulingFile) string, names []string) (made []crm.Ruling) {
	for i, r := range rules {
		where := fmt.Sprintf("%s[%d]", list, i)
		v := value(r)
		if v == "" || names != nil && !slices.Contains(names, v) {
			k.wrong(where, "%q is none of these", v)
		}
		made = append(made, crm.Ruling{Value: v, Match: k.match(where, r.matchFile)})
	}
	return made
}

func (k *checker) slas(hours map[string]*crm.Worktime) (made []crm.SLA) {
	names := map[string]bool{}
	for i, s := range k.file.SLAs {
		where := fmt.Sprintf("slas[%d]", i)
		if s.Name == "" || names[s.Name] {
			k.wrong(where, "needs a name of its own, not %q", s.Name)
		}
		names[s.Name] = true
		if _, ok := hours[s.Hours]; !ok {
			k.wrong(where, "no hours are called %q", s.Hours)
		}
		if s.First > s.Solve && s.Solve > 0 {
			k.wrong(where, "the first answer is promised after the solution")
		}
		made = append(made, crm.SLA{Name: s.Name, Hours: hours[s.Hours], First: time.Duration(s.First), Next: time.Duration(s.Next),
			Solve: time.Duration(s.Solve), Match: k.match(where, s.matchFile)})
	}
	if n := len(made); n == 0 {
		k.wrong("slas", "there is none")
	} else if m := made[n-1].Match; len(m.Kinds)+len(m.Levels)+len(m.Priorities)+len(m.Teams)+len(m.Words) > 0 {
		k.wrong(fmt.Sprintf("slas[%d]", n-1), "the last one must fit everything, or some tickets are promised nothing")
	}
	return made
}

func (k *checker) warnings() (made []crm.Warning) {
	for i, w := range k.file.Warnings {
		where := fmt.Sprintf("warnings[%d]", i)
		if w.Percent < 1 || w.Percent > 99 || i > 0 && w.Percent <= k.file.Warnings[i-1].Percent {
			k.wrong(where, "percent must rise from 1 to 99, not %d", w.Percent)
		}
		for _, who := range w.Tell {
			if who != "owner" && who != "team" {
				k.wrong(where, `tell is "owner" or "team", not %q`, who)
			}
		}
		made = append(made, crm.Warning{Percent: w.Percent, Tell: w.Tell})
	}
	return made
}

func (k *checker) escalations() (made []crm.Escalation) {
	for i, e := range k.file.Escalations {
		where := fmt.Sprintf("escalations[%d]", i)
		if i == 0 && e.After != 0 {
			k.wrong(where, "the first one happens at the deadline: after is 0m")
		}
		if i > 0 && e.After <= k.file.Escalations[i-1].After {
			k.wrong(where, "must come after the one before it")
		}
		if e.To != "lead" && e.To != "manager" {
			k.wrong(where, `to is "lead" or "manager", not %q`, e.To)
		}
		made = append(made, crm.Escalation{After: time.Duration(e.After), To: e.To})
	}
	return made
}
