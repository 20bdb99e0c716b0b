package action

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// placeholder is {{名字}}, {{名字|没有时}} or a day: {{今天+3}}, {{工作日+2}}, {{今天+1 09:30}}.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}|]+?)\s*(?:\|([^{}]*))?\}\}`)

// dayPlaceholder is a day from today on, or a working day, and an hour.
var dayPlaceholder = regexp.MustCompile(`^(今天|明天|后天|工作日)(?:\s*\+\s*([0-9]{1,3}))?(?:\s+([0-2]?[0-9]:[0-5][0-9]))?$`)

// personWords are the placeholders that stand for a colleague.
var personWords = []string{"负责人", "主管", "经理", "规则负责人"}

// personParams are the parameters in which a colleague is named.
var personParams = []string{"assignee", "owner", "to", "contact_owner"}

// filler fills the parameters of a rule's actions.
type filler struct {
	env    ruleEnv
	facts  crm.RuleFacts
	now    time.Time
	zone   *time.Location
	x      *Executor
	people []store.Colleague
	teams  []store.Department
	owner  crm.Actor // of the rule
}

// calls are the actions of a rule with their parameters filled, and the colleagues they name by number.
func (f filler) calls(steps []crm.RuleStep) (calls []Call, chosen map[string]crm.Ref, err error) {
	chosen = map[string]crm.Ref{}
	for i, s := range steps {
		params := map[string]any{}
		if len(s.Params) > 0 {
			if err := json.Unmarshal(s.Params, &params); err != nil {
				return nil, nil, crm.Refuse(crm.ErrInvalid, "第 %d 个动作的 params 不是一个对象。", i+1)
			}
		}
		types := f.x.paramTypes(s.Action)
		for name, v := range params {
			filled, err := f.value(v, name, types[name], i, chosen)
			if err != nil {
				return nil, nil, err
			}
			if filled == nil {
				delete(params, name)
				continue
			}
			params[name] = filled
		}
		raw, err := json.Marshal(params)
		if err != nil {
			return nil, nil, fmt.Errorf("fill %s: %w", s.Action, err)
		}
		calls = append(calls, Call{Name: s.Action, Params: raw})
	}
	return calls, chosen, nil
}

func (x *Executor) paramTypes(action string) map[string]string {
	types := map[string]string{}
	if a := x.find(action); a != nil {
		for _, p := range a.spec().Params {
			types[p.Name] = p.Type
		}
	}
	return types
}

// value fills a parameter's value; nil when it is a placeholder for what is not known.
func (f filler) value(v any, param, kind string, call int, chosen map[string]crm.Ref) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, inner := range v {
			filled, err := f.value(inner, "", "", call, nil)
			if err != nil {
				return nil, err
			}
			if filled != nil {
				out[k] = filled
			}
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(v))
		for _, inner := range v {
			filled, err := f.value(inner, "", "", call, nil)
			if err != nil {
				return nil, err
			}
			if filled != nil {
				out = append(out, filled)
			}
		}
		return out, nil
	case string:
		return f.text(v, param, kind, call, chosen)
	}
	return v, nil
}

// text fills a text. A placeholder that is the whole of it keeps its type: a number stays one, a customer and a colleague
// are named by number.
func (f filler) text(s, param, kind string, call int, chosen map[string]crm.Ref) (any, error) {
	whole := placeholder.FindStringSubmatch(s)
	if whole != nil && whole[0] == strings.TrimSpace(s) {
		name := whole[1]
		switch {
		case param == "customer" && name == "客户" && f.facts.Customer != 0:
			return "#" + strconv.FormatInt(int64(f.facts.Customer), 10), nil
		case slices.Contains(personWords, name) && slices.Contains(personParams, param):
			p, err := f.person(name)
			if err != nil {
				return nil, err
			}
			if chosen != nil {
				chosen[fmt.Sprintf("%d.%s", call, param)] = crm.Ref{Kind: crm.KindUser, ID: p.ID, Name: p.Name}
			}
			return p.Name, nil
		case kind == "number" || kind == "integer":
			if n, ok := envNames()[name]; ok {
				v := reflect.ValueOf(f.env).Field(n.index)
				if v.CanInt() && v.Int() != 0 || v.CanFloat() && v.Float() != 0 {
					return v.Interface(), nil
				}
				return nil, nil
			}
		}
	}
	var bad error
	out := placeholder.ReplaceAllStringFunc(s, func(match string) string {
		m := placeholder.FindStringSubmatch(match)
		text, err := f.word(m[1], kind)
		if err != nil {
			bad = err
			return ""
		}
		if text == "" {
			text = m[2]
		}
		return text
	})
	if bad != nil {
		return nil, bad
	}
	if whole != nil && strings.TrimSpace(out) == "" {
		return nil, nil
	}
	return out, nil
}

// word is what a placeholder stands for as text; "" when it is not known.
func (f filler) word(name, kind string) (string, error) {
	if m := dayPlaceholder.FindStringSubmatch(name); m != nil {
		return f.day(m[1], m[2], m[3], kind), nil
	}
	if slices.Contains(personWords[1:], name) {
		p, err := f.person(name)
		return p.Name, err
	}
	if _, ok := envNames()[name]; ok {
		return envText(f.env, name), nil
	}
	return "", crm.Refuse(crm.ErrInvalid, "不认识「{{%s}}」，可以用：%s。", name, strings.Join(envOrder(), "、"))
}

// day is a day or, with an hour or where an instant is wanted, a point in time.
func (f filler) day(from, plus, hour, kind string) string {
	day := f.now.In(f.zone)
	n, _ := strconv.Atoi(plus) // digits, or nothing
	switch from {
	case "明天":
		n++
	case "后天":
		n += 2
	case "工作日":
		for left := max(n, 1); left > 0; {
			if day = day.AddDate(0, 0, 1); f.x.Workday(day) {
				left--
			}
		}
		n = 0
	}
	day = day.AddDate(0, 0, n)
	if hour == "" && kind != "instant" {
		return day.Format(time.DateOnly)
	}
	if hour == "" {
		hour = "09:00"
	}
	h, minute, _ := strings.Cut(hour, ":")
	hh, _ := strconv.Atoi(h)
	mm, _ := strconv.Atoi(minute)
	return time.Date(day.Year(), day.Month(), day.Day(), hh, mm, 0, 0, f.zone).Format(time.RFC3339)
}

// person is the colleague that a placeholder stands for. Whose owner is gone has the lead's; a team without a lead the
// manager's; a company without a manager the rule's own.
func (f filler) person(word string) (store.Colleague, error) {
	byID := func(id int64) (store.Colleague, bool) {
		i := slices.IndexFunc(f.people, func(p store.Colleague) bool { return p.ID == id })
		if i < 0 {
			return store.Colleague{}, false
		}
		return f.people[i], true
	}
	owner, there := byID(int64(f.facts.Owner))
	if word == "负责人" && there {
		return owner, nil
	}
	if (word == "负责人" || word == "主管") && there {
		if i := slices.IndexFunc(f.teams, func(t store.Department) bool { return t.ID == owner.TeamID }); i >= 0 && f.teams[i].Lead != owner.ID {
			if lead, ok := byID(f.teams[i].Lead); ok {
				return lead, nil
			}
		}
	}
	if word != "规则负责人" {
		for _, role := range []crm.Role{crm.Manager, crm.Admin} {
			var first store.Colleague
			for _, p := range f.people {
				if p.Role == string(role) && (first.ID == 0 || p.ID < first.ID) {
					first = p
				}
			}
			if first.ID != 0 {
				return first, nil
			}
		}
	}
	if p, ok := byID(int64(f.owner.UserID)); ok {
		return p, nil
	}
	return store.Colleague{}, crm.Refuse(crm.ErrNotFound, "没有找到%s，请先在通讯录里设好。", word)
}

// fieldPath is where in a value a JSON type is wrong.
func fieldPath(err *json.UnmarshalTypeError) string {
	if err.Field != "" {
		return err.Field
	}
	return err.Value
}
