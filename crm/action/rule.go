package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// ruleRoom is what the executor keeps for rules.
type ruleRoom struct {
	presets    []crm.Rule // of the pack
	rulesKept  atomic.Bool
	conditions conditions

	// The vocabulary and the executor itself, for actions that are about actions: as fields, because the list of actions would
	// else be made of itself.
	find    func(name string) *Action
	preview func(ctx context.Context, req Request) (Outcome, error)
}

// RuleRef names a rule.
type RuleRef struct {
	Rule string `json:"rule" doc:"*规则的名字或编号"`
}

// RuleRow is a rule in a list.
type RuleRow struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Says   string `json:"says,omitempty"`
	When   string `json:"when"`             // the trigger in Chinese
	On     bool   `json:"on"`               //
	Owner  string `json:"owner,omitempty"`  // in whose name it acts
	Gone   bool   `json:"gone,omitempty"`   // who is not here any more: nothing happens
	Today  int    `json:"today,omitempty"`  // how often it fired
	Preset bool   `json:"preset,omitempty"` // it came with the pack
}

// RuleList is Data of rule.list.
type RuleList struct {
	Rows []RuleRow `json:"rows"`
	On   int       `json:"on"`
}

// RuleView is Data of rule.view, rule.save, rule.on and rule.off.
type RuleView struct {
	RuleRow
	If     []string    `json:"if,omitempty"` // what must hold, a line each
	Then   []string    `json:"then"`         // what is done, a line each
	Most   int         `json:"most"`         // a day
	Again  int         `json:"again,omitempty"`
	Start  string      `json:"start,omitempty"` // when its daily work comes next
	Lately []FiringRow `json:"lately,omitempty"`
	Rule   crm.Rule    `json:"rule"` // its definition, as rule.save takes it
}

// RuleListParams asks for all rules.
type RuleListParams struct{}

func ruleList(ctx context.Context, r *run, _ *RuleListParams) (*Result, error) {
	rows, err := r.rules(ctx)
	if err != nil {
		return nil, err
	}
	v := RuleList{Rows: []RuleRow{}}
	for _, row := range rows {
		v.Rows = append(v.Rows, ruleRow(row))
		if row.Active {
			v.On++
		}
	}
	return view(&Result{}, v)
}

// rules are all rules by number, which the list shows: whoever says a number means the one beside it, whatever was opened since.
func (r *run) rules(ctx context.Context) ([]store.RuleRow, error) {
	return r.tx.Rules(ctx)
}

func ruleRow(row store.RuleRow) RuleRow {
	return RuleRow{ID: row.ID, Name: row.Name, Says: row.Rule.Says, When: WhenChinese(row.Rule.When), On: row.Active, Owner: row.RunsName,
		Gone: row.RunsAs != 0 && !row.Running, Today: row.Fired, Preset: row.Preset != ""}
}

// rule finds the rule that was said: by its number, its name, or a part of it that only one has.
func (r *run) rule(ctx context.Context, said string) (row store.RuleRow, err error) {
	said = strings.TrimSpace(strings.Trim(strings.TrimSpace(said), "「」“”\"'"))
	if said == "" {
		return row, r.ask("rule", "哪条规则？说一下名字，「规则列表」里有。")
	}
	rows, err := r.rules(ctx)
	if err != nil {
		return row, err
	}
	key := crm.Fold(strings.TrimSuffix(said, "规则"))
	if number, err := strconv.ParseInt(strings.TrimLeft(said, "#＃ "), 10, 64); err == nil {
		if i := slices.IndexFunc(rows, func(row store.RuleRow) bool { return row.ID == number }); i >= 0 {
			return rows[i], nil
		}
	}
	var near []store.RuleRow
	for _, row := range rows {
		name := crm.Fold(row.Name)
		if name == crm.Fold(said) || name == key {
			return row, nil
		}
		if key != "" && strings.Contains(name, key) {
			near = append(near, row)
		}
	}
	switch len(near) {
	case 1:
		return near[0], nil
	case 0:
		return row, crm.Refuse(crm.ErrNotFound, "没有叫「%s」的规则，说「规则列表」看看有哪些。", clip(said, 30))
	}
	names := make([]string, 0, 5)
	for _, n := range near[:min(5, len(near))] {
		names = append(names, "「"+n.Name+"」")
	}
	return row, r.ask("rule", "有好几条：%s，是哪一条？", strings.Join(names, "、"))
}

func ruleView(ctx context.Context, r *run, p *RuleRef) (*Result, error) {
	row, err := r.rule(ctx, p.Rule)
	if err != nil {
		return nil, err
	}
	v := r.viewRule(row)
	firings, err := r.tx.Firings(ctx, crm.RuleID(row.ID), 0, 5)
	if err != nil {
		return nil, err
	}
	if v.Lately, err = r.firingRows(ctx, firings); err != nil {
		return nil, err
	}
	return view(&Result{Record: ruleRef(row)}, v)
}

func ruleRef(row store.RuleRow) crm.Ref {
	return crm.Ref{Kind: crm.KindRule, ID: row.ID, Name: row.Name}
}

func (r *run) viewRule(row store.RuleRow) RuleView {
	v := RuleView{RuleRow: ruleRow(row), Most: row.Rule.Ceiling(), Again: row.Rule.Again, If: ifChinese(row.Rule.If), Rule: row.Rule}
	for _, s := range row.Rule.Then {
		v.Then = append(v.Then, r.x.stepChinese(s))
	}
	if t := ruleTimer(row, r.now); t.Kind != "" {
		v.Start = crm.SayTime(t.Due, r.now, r.zone)
	}
	return v
}

// ruleOn turns a rule on; from now on it acts in the name of whoever did, unless somebody's it is already.
func ruleOn(ctx context.Context, r *run, p *RuleRef) (*Result, error) {
	row, err := r.rule(ctx, p.Rule)
	if err != nil {
		return nil, err
	}
	if row.Active && row.Running {
		return nil, crm.Refuse(crm.ErrConflict, "规则「%s」本来就开着。想看今天会碰到谁，说「试跑规则 %s」。", row.Name, row.Name)
	}
	if err := r.x.CheckRule(row.Rule, r.req.Actor); err != nil {
		return nil, err
	}
	owner := r.req.Actor
	res := &Result{Record: ruleRef(row), Changes: []Change{{Record: ruleRef(row), Field: "状态", Old: onOff(row.Active), New: "开着"}}}
	return r.switchRule(res, row, "rule.on", []store.Col{{Name: "active", Value: true}, {Name: "since", Value: r.now}, {Name: "runs_as", Value: int64(owner.UserID)}}, func(row *store.RuleRow) {
		row.Active, row.RunsAs, row.RunsName, row.Running = true, int64(owner.UserID), owner.Name, true
	})
}

// ruleOff turns a rule off.
func ruleOff(ctx context.Context, r *run, p *RuleRef) (*Result, error) {
	row, err := r.rule(ctx, p.Rule)
	if err != nil {
		return nil, err
	}
	if !row.Active {
		return nil, crm.Refuse(crm.ErrConflict, "规则「%s」本来就关着，要开就说「打开规则 %s」。", row.Name, row.Name)
	}
	res := &Result{Record: ruleRef(row), Changes: []Change{{Record: ruleRef(row), Field: "状态", Old: "开着", New: "关着"}}}
	return r.switchRule(res, row, "rule.off", []store.Col{{Name: "active", Value: false}}, func(row *store.RuleRow) { row.Active = false })
}

func onOff(on bool) string {
	if on {
		return "开着"
	}
	return "关着"
}

// switchRule queues a change of a rule and the timer of its daily work.
func (r *run) switchRule(res *Result, row store.RuleRow, action string, set []store.Col, change func(*store.RuleRow)) (*Result, error) {
	was := row.Version
	change(&row)
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindRule, row.ID, was, set); err != nil {
			return err
		}
		if err := r.watch(ctx, row); err != nil {
			return err
		}
		if t := ruleTimer(row, r.now); t.Kind != "" {
			r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, t)
		}
		r.audit(action, ruleRef(row), res.Changes)
		return r.x.listenAnew(ctx, r.tx)
	})
	r.title("规则「%s」", row.Name)
	return view(res, r.viewRule(row))
}

// RuleSave writes a rule: a new one, or a new version of the one of that name.
type RuleSave struct {
	Rule   ruleText `json:"rule" doc:"*整条规则：{\"name\",\"when\",\"if\",\"then\"}，写法见 docs/rules.md"`
	Active *bool    `json:"active,omitempty" doc:"现在就打开，不说就保持原样，新规则先关着"`
}

// ruleText is a rule as it was written, which is read and checked in one place. Its schema is [crm.Rule]'s.
type ruleText struct{ json.RawMessage }

func ruleSave(ctx context.Context, r *run, p *RuleSave) (*Result, error) {
	text := []byte(p.Rule.RawMessage)
	if quoted := ""; json.Unmarshal(text, &quoted) == nil { // a form sends the text of it
		text = []byte(quoted)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, r.ask("rule", "规则的内容是什么？写法见文档 docs/rules.md。")
	}
	rule, err := crm.ParseRule(text)
	if err != nil {
		return nil, r.bad("rule", flat(err))
	}
	if err := r.x.CheckRule(rule, r.req.Actor); err != nil {
		return nil, r.bad("rule", flat(err))
	}
	if rule.If.Filter != nil {
		if _, err := r.customerQuery(ctx, *rule.If.Filter); err != nil {
			return nil, err
		}
	}
	rows, err := r.tx.Rules(ctx)
	if err != nil {
		return nil, err
	}
	rule.Active = false // that is the row's
	if i := slices.IndexFunc(rows, func(row store.RuleRow) bool { return crm.Fold(row.Name) == crm.Fold(rule.Name) }); i >= 0 {
		return r.changeRule(rows[i], rule, p.Active)
	}
	row := store.RuleRow{Name: rule.Name, Rule: rule, Active: p.Active != nil && *p.Active, RunsAs: int64(r.req.Actor.UserID), RunsName: r.req.Actor.Name, Running: true, Version: 1}
	res := &Result{Record: ruleRef(row)}
	res.changes(res.Record, "规则", rule.Name, "触发", WhenChinese(rule.When), "状态", onOff(row.Active))
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddRule(ctx, rule, row.Active, r.req.Actor.UserID)
		if err != nil {
			return err
		}
		row.ID = int64(id)
		r.tx.Created(crm.KindRule, row.ID, 1)
		if err := r.watch(ctx, row); err != nil {
			return err
		}
		if t := ruleTimer(row, r.now); t.Kind != "" {
			r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, t)
		}
		res.settle(ruleRef(row))
		r.audit("rule.save", ruleRef(row), res.Changes)
		if err := r.x.listenAnew(ctx, r.tx); err != nil {
			return err
		}
		_, err = view(res, r.viewRule(row))
		return err
	})
	r.title("规则「%s」", rule.Name)
	return view(res, r.viewRule(row))
}

// changeRule queues a new version of a rule.
func (r *run) changeRule(row store.RuleRow, rule crm.Rule, active *bool) (*Result, error) {
	was, on := row.Rule, row.Active
	was.Active = false
	if active != nil {
		on = *active
	}
	ref := ruleRef(row)
	res := &Result{Record: ref}
	add := func(field, before, after string) {
		if before != after {
			res.Changes = append(res.Changes, Change{Record: ref, Field: field, Old: before, New: after})
		}
	}
	add("名字", row.Name, rule.Name)
	add("说明", was.Says, rule.Says)
	add("触发", WhenChinese(was.When), WhenChinese(rule.When))
	add("条件", strings.Join(ifChinese(was.If), "；"), strings.Join(ifChinese(rule.If), "；"))
	add("动作", r.x.stepsChinese(was.Then), r.x.stepsChinese(rule.Then))
	add("每天最多", strconv.Itoa(was.Ceiling()), strconv.Itoa(rule.Ceiling()))
	add("几天内一次", strconv.Itoa(was.Again), strconv.Itoa(rule.Again))
	add("状态", onOff(row.Active), onOff(on))
	before, errBefore := json.Marshal(was)
	after, errAfter := json.Marshal(rule)
	if err := errors.Join(errBefore, errAfter); err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	if slices.Equal(before, after) && on == row.Active {
		return nil, crm.Refuse(crm.ErrConflict, "规则「%s」本来就是这样，没有改动。", row.Name)
	}
	cols, err := store.RuleCols(rule)
	if err != nil {
		return nil, err
	}
	edition := row.Edition
	if !was.SameAim(rule) {
		edition++
	}
	cols = append(cols, store.Col{Name: "edited", Value: true}, store.Col{Name: "edition", Value: edition}, store.Col{Name: "active", Value: on})
	if on && !row.Active {
		cols = append(cols, store.Col{Name: "since", Value: r.now})
	}
	if on {
		cols = append(cols, store.Col{Name: "runs_as", Value: int64(r.req.Actor.UserID)})
	}
	return r.switchRule(res, row, "rule.save", cols, func(row *store.RuleRow) {
		row.Name, row.Rule, row.Active, row.Edition = rule.Name, rule, on, edition
		if on {
			row.RunsAs, row.RunsName, row.Running = int64(r.req.Actor.UserID), r.req.Actor.Name, true
		}
	})
}

// flat is the refusal inside an error, so that a question can be made of it.
func flat(err error) error {
	var refusal *crm.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return err
}

// ruleWaits is for how long events are looked back at when a rule that listens to them is tried.
const ruleWaits = 7 * 24 * time.Hour
