package action

import (
	"context"
	"fmt"
	"math"

	"gendan/crm"
)

// ReportRecall tells what a journey has brought, against those whom it left alone.
type ReportRecall struct {
	Journey string `json:"journey,omitempty" doc:"旅程的名字，不说是沉睡召回"`
	Period  string `json:"period,omitempty" doc:"哪段时间进入的客户，不说是最近 90 天"`
}

// RecallView is Data of report.recall.
type RecallView struct {
	Journey  string    `json:"journey"`
	From     string    `json:"from"` // 2006-01-02
	To       string    `json:"to"`   // the last day
	Days     int       `json:"days"` // in which an order counts
	Entered  int       `json:"entered"`
	Open     int       `json:"open,omitempty"` // whose days are not over
	Orders   int       `json:"orders"`         // of those spoken to
	Lift     crm.Lift  `json:"lift"`
	Rate     string    `json:"rate"`      // of those spoken to, as people read it: 12.5%
	HeldRate string    `json:"held_rate"` // of those held out
	Extra    crm.Money `json:"extra"`     // revenue beyond what would have come anyhow
	Says     string    `json:"says"`      // what it means, in Chinese
}

// recallDays is how far back the report looks when nothing is said.
const recallDays = 90

func reportRecall(ctx context.Context, r *run, p *ReportRecall) (*Result, error) {
	name := p.Journey
	if name == "" {
		name = "沉睡召回"
	}
	j, err := r.journey(ctx, name)
	if err != nil {
		return nil, err
	}
	local := r.now.In(r.zone)
	period := local.AddDate(0, 0, 1-recallDays).Format("2006-01-02") + "/" + local.Format("2006-01-02")
	if p.Period != "" {
		period = p.Period
	}
	from, to, err := span(period, r.zone)
	if err != nil {
		return nil, r.bad("period", err)
	}
	arms, err := r.tx.JourneyResult(ctx, j.ID, from, to, j.Plan.Goal.Product)
	if err != nil {
		return nil, err
	}
	var treated, held crm.Arm
	v := RecallView{Journey: j.Name, From: from.In(r.zone).Format("2006-01-02"), To: to.In(r.zone).AddDate(0, 0, -1).Format("2006-01-02"), Days: int(j.Plan.Goal.Window().Hours() / 24)}
	for _, a := range arms {
		arm := crm.Arm{People: a.People, Buyers: a.Buyers, Revenue: a.Revenue}
		if v.Open += a.Open; a.Held {
			held = arm
			continue
		}
		treated, v.Orders = arm, a.Orders
	}
	v.Entered = treated.People + held.People
	if v.Entered == 0 {
		return nil, crm.Refuse(crm.ErrNotFound, "%s 到 %s 没有客户进入旅程「%s」，换个时间段，或说「启动%s旅程」。", v.From, v.To, j.Name, j.Name)
	}
	v.Lift = crm.Compare(treated, held)
	v.Extra = v.Lift.Extra()
	v.Rate, v.HeldRate = fmt.Sprintf("%.1f%%", 100*treated.Rate()), fmt.Sprintf("%.1f%%", 100*held.Rate())
	v.Says = sayLift(v.Lift, v.Extra, j.Plan.Holdout)
	return view(&Result{Record: j.Ref()}, v)
}

// sayLift says in plain words what a comparison means, and no more than it does.
func sayLift(l crm.Lift, extra crm.Money, holdout int) string {
	points := func(x float64) string { return fmt.Sprintf("%.1f", math.Abs(x)*100) }
	interval := fmt.Sprintf("95%% 区间 %+.1f 到 %+.1f 个百分点", l.Low*100, l.High*100)
	switch l.Verdict {
	case crm.Better:
		says := fmt.Sprintf("有效果：触达的比对照组多 %s 个百分点（%s），不是碰巧。", points(l.Diff), interval)
		if extra > 0 {
			says += fmt.Sprintf("大约多带来 %s。", extra)
		}
		return says
	case crm.Worse:
		return fmt.Sprintf("反而更差：触达的比对照组少 %s 个百分点（%s），建议先停下来看看文案和时机。", points(l.Diff), interval)
	case crm.NoSign:
		return fmt.Sprintf("还看不出效果：差 %+.1f 个百分点，%s，包含 0，可能只是碰巧。", l.Diff*100, interval)
	}
	if l.Held.People == 0 && holdout == 0 {
		return "没有对照组，说不出是旅程的功劳还是本来就会来。"
	}
	return fmt.Sprintf("人还太少，说不准：触达 %d 位、对照 %d 位，一共 %d 位下单，再跑一阵子再看。", l.Treated.People, l.Held.People, l.Treated.Buyers+l.Held.Buyers)
}
