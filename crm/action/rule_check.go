package action

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// CheckRule refuses a rule that cannot run: its form, its condition, its actions and their parameters. What is wrong is told
// in Chinese.
func (x *Executor) CheckRule(r crm.Rule, owner crm.Actor) error {
	if err := r.Check(); err != nil {
		return err
	}
	if _, err := x.conditions.compile(r.If.Expr); err != nil {
		return err
	}
	if r.When.Kind == crm.WhenStage {
		if stage, err := x.pipeline.Find(r.When.Stage); err != nil || stage != r.When.Stage {
			return crm.Refuse(crm.ErrInvalid, "没有「%s」这个阶段，可以用：%s。", r.When.Stage, strings.Join(x.pipeline, "、"))
		}
	}
	for i, s := range r.Then {
		if err := x.checkStep(s, owner); err != nil {
			return crm.Refuse(crm.ErrInvalid, "规则「%s」的第 %d 个动作：%s", r.Name, i+1, sentence(err))
		}
	}
	return nil
}

// notForRules are the writes that rules may not do: what changes rules, takes back, or only a person in chat can mean.
func notForRules(name string) bool {
	return strings.HasPrefix(name, "rule.") && name != "rule.tell" || slices.Contains([]string{"undo", "record.keep", "record.offer", "share.ask", "share.deny", "customer.merge"}, name)
}

func (x *Executor) checkStep(s crm.RuleStep, owner crm.Actor) error {
	a := x.find(s.Action)
	switch {
	case a == nil && later[s.Action] != "":
		return crm.Refuse(crm.ErrInvalid, "「%s」我还不会，正在学。", later[s.Action])
	case a == nil:
		return crm.Refuse(crm.ErrInvalid, "没有「%s」这个操作。", s.Action)
	case !a.write || notForRules(s.Action) || a.deed == crm.ServeGuests:
		return crm.Refuse(crm.ErrInvalid, "「%s」不能由规则来做。", s.Action)
	}
	if err := owner.CheckDeed(a.deed); err != nil {
		return err
	}
	given := map[string]json.RawMessage{}
	if len(s.Params) > 0 {
		if err := json.Unmarshal(s.Params, &given); err != nil {
			return crm.Refuse(crm.ErrInvalid, "params 要写成一个对象，比如 {\"customer\":\"{{客户}}\"}。")
		}
	}
	known := a.spec().Params
	for name := range given {
		if !slices.ContainsFunc(known, func(p Param) bool { return p.Name == name }) {
			return crm.Refuse(crm.ErrInvalid, "「%s」没有「%s」这一项，可以用：%s。", s.Action, name, paramNames(known))
		}
	}
	for _, p := range known {
		if _, ok := given[p.Name]; p.Required && !ok {
			label, _, _ := strings.Cut(p.Doc, "，")
			return crm.Refuse(crm.ErrInvalid, "「%s」少了 %s（%s）。", s.Action, p.Name, label)
		}
	}
	return x.checkFilled(a, s)
}

func paramNames(params []Param) string {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	return strings.Join(names, "、")
}

// checkFilled fills the step for a customer that has everything and reads it as the action would.
func (x *Executor) checkFilled(a *Action, s crm.RuleStep) error {
	now := time.Date(2028, 2, 29, 1, 0, 0, 0, time.UTC)
	someone := crm.Actor{UserID: 1, Name: "某人", Role: crm.Manager, Scope: crm.ScopeAll}
	facts := crm.RuleFacts{Customer: 1001, Name: "客户", Contact: "联系人", Owner: 1, OwnerName: "某人", OwnerThere: true, Level: "重点客户", Industry: "制造业",
		Region: "上海", Source: "展会", Tags: []string{"标签"}, Created: now, Orders: 3, Spent: 100, LastOrder: now, LastProduct: "产品", Birthdays: []string{"02-29"},
		RFM: "沉睡", Complaints: 1, Health: 50, Deal: 1002, DealTitle: "商机", Stage: "商务谈判", Amount: 100, StageSince: now, Deals: 1,
		Event: "order.created", EventID: 1, Record: crm.Ref{Kind: crm.KindOrder, ID: 1003}, Data: map[string]any{"quantity": 1.0, "score": 5.0, "points": 1.0}}
	f := filler{env: makeEnv(facts, now, crm.Shanghai), facts: facts, now: now, zone: crm.Shanghai, x: x, owner: someone,
		people: []store.Colleague{{ID: 1, Name: "某人", Role: string(crm.Manager)}}}
	calls, _, err := f.calls([]crm.RuleStep{s})
	if err != nil {
		return err
	}
	p := reflect.New(a.params).Interface()
	if err := json.Unmarshal(calls[0].Params, p); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return crm.Refuse(crm.ErrInvalid, "「%s」的值类型不对。", fieldPath(wrong))
		}
		return crm.Refuse(crm.ErrInvalid, "params 里有一项的写法不对：%s", sentence(err))
	}
	return nil
}

// sentence is what a refusal says; other errors say little.
func sentence(err error) string {
	var refusal *crm.Refusal
	if errors.As(err, &refusal) {
		return refusal.Sentence
	}
	return "写法不对。"
}
