package action

import (
	"context"
	"fmt"
	"math"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// ReportChurn shows which customers are at risk to stay away.
type ReportChurn struct {
	Period string `json:"period,omitempty" doc:"看这段时间里新增的风险客户，不说就是最近 30 天"`
	Owner  string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
}

// ChurnView is Data of report.churn.
type ChurnView struct {
	Owner  string      `json:"owner,omitempty"`
	Buyers int         `json:"buyers"` // customers who ever bought
	Total  int         `json:"total"`  // of them at risk
	New    int         `json:"new"`    // since the span began
	Since  string      `json:"since"`  // when that was
	Worth  crm.Money   `json:"worth"`  // what those at risk spent in the year before their last order
	Rows   []ChurnRow  `json:"rows,omitempty"`
	Rules  ChurnRulesV `json:"rules"`
}

// ChurnRulesV is by what a customer is counted.
type ChurnRulesV struct {
	SilentDays  int `json:"silent_days"`
	ModelOrders int `json:"model_orders"`
	Line        int `json:"line"`
}

// ChurnRow is a customer at risk.
type ChurnRow struct {
	ID     int64     `json:"id"`
	Name   string    `json:"name"`
	Owner  string    `json:"owner"`
	Risk   int       `json:"risk"` // 0 to 100
	Worth  crm.Money `json:"worth"`
	Silent int       `json:"silent_days"`
	Reason string    `json:"reason"`
}

func reportChurn(ctx context.Context, r *run, p *ReportChurn) (*Result, error) {
	v := ChurnView{Rules: ChurnRulesV{r.x.churn.SilentDays, r.x.churn.ModelOrders, r.x.churn.Line}}
	owners, name, err := r.whose(ctx, p.Owner)
	if err != nil {
		return nil, err
	}
	v.Owner = name
	since := r.now.AddDate(0, 0, -30)
	if p.Period != "" {
		if since, _, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	rows, sum, err := r.tx.AtRisk(ctx, owners, since, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v.Buyers, v.Total, v.New, v.Worth, v.Since = sum.Buyers, sum.Customers, sum.New, crm.Money(sum.Worth), crm.SayDay(since.In(r.zone), r.now.In(r.zone))
	for _, row := range rows {
		v.Rows = append(v.Rows, ChurnRow{ID: row.ID, Name: row.Name, Owner: row.OwnerName, Risk: shownRisk(row.Risk), Worth: crm.Money(row.Worth),
			Silent: silentDays(row.LastOrder, r.now), Reason: churnReason(row, r.now)})
	}
	return view(&Result{}, v)
}

// whose are the owners that a list is about: those that were said, a rep's own customers otherwise, nil for all that the actor sees.
func (r *run) whose(ctx context.Context, said string) (owners []int64, name string, err error) {
	if said != "" {
		return r.people(ctx, "owner", said)
	}
	if r.req.Actor.Role == crm.Rep {
		return []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name, nil
	}
	return nil, "", nil
}

func silentDays(last, now time.Time) int { return int(dayOf(now) - dayOf(last)) }

// shownRisk is a risk as people are told: in tens, for it is told anew only when it has moved by ten.
func shownRisk(risk int) int { return risk / 10 * 10 }

// churnReason says in one breath why a customer is at risk.
func churnReason(row store.RiskRow, now time.Time) string {
	silent := silentDays(row.LastOrder, now)
	if row.Every == nil {
		return fmt.Sprintf("只买过一次，%d 天没再下单", silent)
	}
	every := max(1, int(math.Round(*row.Every)))
	if row.Alive == nil {
		return fmt.Sprintf("以前平均 %d 天买一次，%d 天没下单", every, silent)
	}
	return fmt.Sprintf("以前平均 %d 天买一次，%d 天没下单，还会再买的可能 %d%%", every, silent, int(math.Round(100**row.Alive)))
}
