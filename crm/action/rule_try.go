package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// RuleTry is Data of rule.try: what a rule would do today, for whom. Nothing is written.
type RuleTry struct {
	RuleRow
	Rows    []TryRow `json:"rows"`              // the first ones
	Total   int      `json:"total"`             // whom it would meet; what lies beyond its day's ceiling is not among them
	Hidden  int      `json:"hidden,omitempty"`  // of Total, those not among Rows
	Beyond  int      `json:"beyond,omitempty"`  // whom it would meet beyond it
	Looked  int      `json:"looked"`            // whom it looked at
	Already int      `json:"already,omitempty"` // for whom it was done before
	Events  int      `json:"events,omitempty"`  // that it looked back at: of the last 7 days
	Waits   bool     `json:"waits,omitempty"`   // it acts when something happens, not by the day
	NotDay  bool     `json:"not_day,omitempty"` // its date is not today
}

// TryRow is one customer in a dry run.
type TryRow struct {
	Customer crm.Ref  `json:"customer"`
	Why      string   `json:"why"`
	Values   []string `json:"values,omitempty"`
	Would    []string `json:"would"`           // a line for each action
	No       string   `json:"no,omitempty"`    // what would stand in the way
	Occasion string   `json:"occasion"`        // what it would be kept under
	Calls    []Call   `json:"calls,omitempty"` // the actions with their parameters
}

const (
	tryRows = 10     // that a dry run shows
	tryMost = 20_000 // customers that a dry run looks at
)

func ruleTry(ctx context.Context, r *run, p *RuleRef) (*Result, error) {
	row, err := r.rule(ctx, p.Rule)
	if err != nil {
		return nil, err
	}
	if err := r.req.Actor.CheckDeed(crm.WriteRule); err != nil {
		return nil, err
	}
	if err := r.x.CheckRule(row.Rule, r.req.Actor); err != nil {
		return nil, err
	}
	v, meetings, err := r.tryRule(ctx, row, tryRows)
	if err != nil {
		return nil, err
	}
	v.Hidden = v.Total - len(v.Rows)
	for i, m := range meetings {
		v.Rows[i].No = r.wouldRefuse(ctx, row, m)
	}
	return view(&Result{Record: ruleRef(row)}, v)
}

// tryRule plans what a rule would do now and writes nothing; meetings are those of the rows it answers, at most show.
func (r *run) tryRule(ctx context.Context, row store.RuleRow, show int) (v RuleTry, shown []*meeting, err error) {
	if row.Since == nil || !row.Active {
		row.Since = &r.now
	}
	v = RuleTry{RuleRow: ruleRow(row), Rows: []TryRow{}, Waits: !row.Rule.When.Daily()}
	owner := r.req.Actor
	left := row.Rule.Ceiling() - row.Fired
	take := func(meetings []*meeting) error {
		if err := r.x.plan(ctx, r.tx, row, owner, meetings, r.now); err != nil {
			return err
		}
		for _, m := range meetings {
			v.Looked++
			switch {
			case m.again:
				v.Already++
			case m.not != "":
			case v.Total >= left:
				v.Beyond++
			default:
				v.Total++
				if len(v.Rows) < show {
					v.Rows, shown = append(v.Rows, r.x.tryRow(m)), append(shown, m)
				}
			}
		}
		return nil
	}
	if v.Waits {
		events, err := r.recent(ctx, row.Rule.When.Listens())
		if err == nil {
			v.Events, err = len(events), take(meetingsOf(row, events))
		}
		return v, shown, err
	}
	v.NotDay = row.Rule.When.Kind == crm.WhenDate && !row.Rule.When.Falls(r.now.In(crm.Shanghai))
	for after := int64(0); v.Looked < tryMost; {
		page, err := r.x.candidates(ctx, r.tx, row, after, rulePage, r.now, false)
		if err != nil {
			return v, nil, err
		}
		if err := take(page.meetings); err != nil {
			return v, nil, err
		}
		if after = page.last; !page.more {
			break
		}
	}
	return v, shown, nil
}

// recent reads what happened lately under some names; whether the asker may see what it is about is looked at later.
func (r *run) recent(ctx context.Context, names []string) (events []store.Happened, err error) {
	err = r.x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		events, err = tx.EventsNamed(ctx, names, r.now.Add(-ruleWaits), 1000)
		return err
	})
	return events, err
}

func (x *Executor) tryRow(m *meeting) TryRow {
	row := TryRow{Customer: crm.Ref{Kind: crm.KindCustomer, ID: int64(m.facts.Customer), Name: m.facts.Name}, Why: m.when, Values: m.values, Occasion: m.occasion, Calls: m.calls}
	for _, c := range m.calls {
		row.Would = append(row.Would, x.stepChinese(crm.RuleStep{Action: c.Name, Params: c.Params}))
	}
	return row
}

// wouldRefuse asks the business what would stand in a rule's way, without doing it.
func (r *run) wouldRefuse(ctx context.Context, row store.RuleRow, m *meeting) string {
	req := r.x.ruleRequest(row, r.req.Actor, m, r.now)
	out, err := r.x.preview(ctx, req)
	if no := refusedBy(out, err); no != "" {
		return no
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Sprintf("现在做不了（%v）。", errKind(err))
	}
	return ""
}

// errKind says of an error no more than what kind it is.
func errKind(err error) string {
	switch {
	case errors.Is(err, crm.ErrConflict):
		return "刚有人改过"
	case errors.Is(err, crm.ErrNotFound):
		return "记录不在了"
	}
	return "内部错误"
}

// FiringRow is that a rule met a customer, as people read it.
type FiringRow struct {
	Rule     string    `json:"rule"`
	Customer crm.Ref   `json:"customer,omitzero"`
	At       time.Time `json:"at"`
	When     string    `json:"when"`
	State    string    `json:"state"` // done, refused, capped
	Why      string    `json:"why"`
	Values   []string  `json:"values,omitempty"`
	Did      []string  `json:"did,omitempty"`
	No       string    `json:"no,omitempty"`
	Told     []string  `json:"told,omitempty"` // what has become of its messages to the customer, and why
}

// firingRows are firings as people read them, with what has become of their messages to customers by now.
func (r *run) firingRows(ctx context.Context, firings []store.Firing) ([]FiringRow, error) {
	rows := make([]FiringRow, 0, len(firings))
	for _, f := range firings {
		rows = append(rows, r.firingRow(f))
	}
	offers, err := r.tx.FiringOffers(ctx, firings)
	if err != nil {
		return nil, err
	}
	for _, o := range offers {
		said := crm.OfferStateChinese(o.State)
		if o.Channel != "" {
			said += "（" + crm.ChannelChinese(o.Channel) + "）"
		}
		if o.Reason != "" {
			said += "：" + strings.TrimSuffix(o.Reason, "。")
		}
		i := slices.IndexFunc(firings, func(f store.Firing) bool { return f.ID == o.Firing })
		rows[i].Told = append(rows[i].Told, said)
	}
	return rows, nil
}

func (r *run) firingRow(f store.Firing) FiringRow {
	row := FiringRow{Rule: f.RuleName, At: f.At, When: crm.SayTime(f.At, r.now, r.zone), State: f.State, Why: f.Told.Why, Values: f.Told.Values, Did: f.Told.Did, No: f.Told.No}
	if f.Customer != 0 {
		row.Customer = crm.Ref{Kind: crm.KindCustomer, ID: int64(f.Customer), Name: f.Name}
	}
	return row
}
