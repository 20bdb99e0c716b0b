package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// RuleWhy asks what rules did lately and why: for a customer, or by a rule, or both.
type RuleWhy struct {
	Customer string `json:"customer,omitempty" doc:"客户名"`
	Rule     string `json:"rule,omitempty" doc:"规则的名字"`
	Offers   bool   `json:"offers,omitempty" doc:"问的是为什么没有收到券或消息"`
}

// RuleWhyView is Data of rule.why.
type RuleWhyView struct {
	Customer crm.Ref     `json:"customer,omitzero"`
	Rule     string      `json:"rule,omitempty"`
	Rows     []FiringRow `json:"rows"`           // the latest first
	Not      []NotRow    `json:"not,omitempty"`  // with a customer: the rules that would do nothing for it now, and why
	Next     []TryRow    `json:"next,omitempty"` // with a customer: what would be done at the next look

	// With a customer, when it was asked for: what was to reach them and did not, and why, the latest first; the journeys that leave them out for
	// comparison; what would become of an offer now.
	Held    []OfferView `json:"held,omitempty"`
	Control []string    `json:"control,omitempty"`
	Reach   *ReachNow   `json:"reach,omitempty"`
}

// NotRow is a rule that does nothing for a customer, and why.
type NotRow struct {
	Rule   string   `json:"rule"`
	Why    string   `json:"why"`
	Values []string `json:"values,omitempty"`
}

// whyRows are how many firings are told.
const whyRows = 10

func ruleWhy(ctx context.Context, r *run, p *RuleWhy) (*Result, error) {
	var v RuleWhyView
	var row store.RuleRow
	var err error
	if strings.TrimSpace(p.Rule) != "" {
		if row, err = r.rule(ctx, p.Rule); err != nil {
			return nil, err
		}
		v.Rule = row.Name
	}
	res := &Result{}
	var customer crm.CustomerID
	if p.Customer != "" || p.Rule == "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		customer, v.Customer, res.Record = crm.CustomerID(c.ID), c.ref(), c.ref()
		r.focus = Focus{Customer: c.ref()}
	}
	firings, err := r.tx.Firings(ctx, crm.RuleID(row.ID), customer, whyRows)
	if err != nil {
		return nil, err
	}
	if v.Rows, err = r.firingRows(ctx, firings); err != nil {
		return nil, err
	}
	if customer != 0 {
		if err := r.whyNot(ctx, &v, row, customer, p.Offers); err != nil {
			return nil, err
		}
		if p.Offers {
			if err := r.held(ctx, &v, customer); err != nil {
				return nil, err
			}
		}
	}
	return view(res, v)
}

// reaches reports whether a rule says anything to customers.
func reaches(rule crm.Rule) bool {
	return slices.ContainsFunc(rule.Then, func(s crm.RuleStep) bool {
		return s.Action == "coupon.send" || s.Action == "message.send" || s.Action == "journey.start"
	})
}

// whyNot looks at each rule that is on, or the one that was asked about, as if its daily look were now. With said, only those that
// say something to customers are looked at.
func (r *run) whyNot(ctx context.Context, v *RuleWhyView, one store.RuleRow, customer crm.CustomerID, said bool) error {
	rows := []store.RuleRow{one}
	if one.ID == 0 {
		var err error
		if rows, err = r.tx.RulesOn(ctx); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if said && one.ID == 0 && !reaches(row.Rule) {
			continue
		}
		m := &meeting{ask: store.RuleAsk{Customer: int64(customer)}}
		switch {
		case !row.Active:
			v.Not = append(v.Not, NotRow{Rule: row.Name, Why: "规则关着"})
			continue
		case row.RunsAs != 0 && !row.Running:
			v.Not = append(v.Not, NotRow{Rule: row.Name, Why: row.RunsName + "不在了，没有人替它办事；说「打开规则 " + row.Name + "」接手"})
			continue
		case !row.Rule.When.Daily():
			v.Not = append(v.Not, NotRow{Rule: row.Name, Why: "等着：" + WhenChinese(row.Rule.When)})
			continue
		case row.Fired >= row.Rule.Ceiling():
			v.Not = append(v.Not, NotRow{Rule: row.Name, Why: "今天已经做满了，明天接着"})
			continue
		}
		if err := r.x.plan(ctx, r.tx, row, r.req.Actor, []*meeting{m}, r.now); err != nil {
			return err
		}
		if m.not == "" {
			next := r.x.tryRow(m)
			next.Why = row.Name + "：" + next.Why
			v.Next = append(v.Next, next)
			continue
		}
		if !m.again { // that is told above
			v.Not = append(v.Not, NotRow{Rule: row.Name, Why: m.not, Values: m.values})
		}
	}
	return nil
}
