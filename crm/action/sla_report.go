package action

import (
	"context"
	"fmt"
	"math"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// ReportBreach counts promises that were kept and broken (SLA 达标率), and lists the broken ones.
type ReportBreach struct {
	Period string `json:"period,omitempty" doc:"时间段，不说就是本周"`
	Owner  string `json:"owner,omitempty" doc:"谁或哪个部门"`
}

// BreachReport is Data of report.breach.
type BreachReport struct {
	From   string        `json:"from"` // first day: 11月16日
	To     string        `json:"to"`   // last day
	Owner  string        `json:"owner,omitempty"`
	All    BreachCount   `json:"all"`
	Clocks []BreachCount `json:"clocks,omitempty"`
	People []BreachCount `json:"people,omitempty"` // who broke most comes first
	Kinds  []BreachCount `json:"kinds,omitempty"`
	Broken []BreachRow   `json:"broken,omitempty"` // the last ones
}

// BreachCount is how many promises of one sort were kept and broken.
type BreachCount struct {
	Name    string  `json:"name,omitempty"`
	Kept    int     `json:"kept"`
	Broken  int     `json:"broken"`
	Percent float64 `json:"percent"` // kept, of 100; to one place
}

// BreachRow is a broken promise.
type BreachRow struct {
	Ticket   int64  `json:"ticket"`
	Clock    string `json:"clock"` // 首次响应
	Customer string `json:"customer,omitempty"`
	Kind     string `json:"kind"`
	Owner    string `json:"owner,omitempty"`
	Due      string `json:"due"`            // as people say it
	Late     string `json:"late,omitempty"` // how much later it was done; "" is not done yet
}

func breachCount(name string, kept, broken int) BreachCount {
	c := BreachCount{Name: name, Kept: kept, Broken: broken}
	if n := kept + broken; n > 0 {
		c.Percent = math.Floor(float64(kept)*1000/float64(n)) / 10 // 99.96 is not 100
	}
	return c
}

func reportBreach(ctx context.Context, r *run, p *ReportBreach) (*Result, error) {
	if p.Period == "" {
		year, week := r.now.In(r.zone).ISOWeek()
		p.Period = fmt.Sprintf("%d-W%02d", year, week)
	}
	from, to, err := span(p.Period, r.zone)
	if err != nil {
		return nil, r.bad("period", err)
	}
	var people []int64
	v := BreachReport{From: from.Format("1月2日"), To: to.AddDate(0, 0, -1).Format("1月2日")}
	switch {
	case p.Owner != "":
		if people, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
		if r.req.Actor.Scope == crm.ScopeOwn && (len(people) != 1 || people[0] != int64(r.req.Actor.UserID)) {
			return nil, crm.Refuse(crm.ErrDenied, "只能看自己的达标率，%s的要请TA自己或主管看。", v.Owner)
		}
	case r.req.Actor.Scope == crm.ScopeOwn:
		people, v.Owner = []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name
	}
	counts := func(by string) (list []BreachCount, err error) {
		rows, err := r.tx.PromiseCounts(ctx, by, from, to, people)
		for _, c := range rows {
			list = append(list, breachCount(c.Key, c.Kept, c.Broken))
		}
		return list, err
	}
	if v.Clocks, err = counts("clock"); err != nil {
		return nil, err
	}
	kept, broken := 0, 0
	for i := range v.Clocks {
		kept, broken = kept+v.Clocks[i].Kept, broken+v.Clocks[i].Broken
		v.Clocks[i].Name = crm.ClockChinese(v.Clocks[i].Name)
	}
	v.All = breachCount("", kept, broken)
	if v.People, err = counts("person"); err != nil {
		return nil, err
	}
	if v.Kinds, err = counts("kind"); err != nil {
		return nil, err
	}
	rows, err := r.tx.BrokenPromises(ctx, from, to, people, pageSize)
	if err != nil {
		return nil, err
	}
	for _, b := range rows {
		v.Broken = append(v.Broken, r.breachRow(b))
	}
	return view(&Result{}, v)
}

func (r *run) breachRow(b store.BrokenPromise) BreachRow {
	row := BreachRow{Ticket: b.Ticket, Clock: crm.ClockChinese(b.Clock), Customer: b.Customer, Kind: b.Kind, Owner: b.Owner, Due: crm.SayTime(b.Due, r.now, r.zone)}
	if b.Ended != nil {
		row.Late = sayLong(b.Ended.Sub(b.Due))
	}
	return row
}

// sayLong is a span of time in its two greatest units.
func sayLong(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d天%d小时", days, hours)
	case days > 0:
		return fmt.Sprintf("%d天", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d小时%d分钟", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d小时", hours)
	case minutes > 0:
		return fmt.Sprintf("%d分钟", minutes)
	}
	return "不到 1 分钟"
}
