package action

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// DealCreate opens a deal with a customer.
type DealCreate struct {
	Customer  string     `json:"customer" doc:"*客户名"`
	Title     string     `json:"title,omitempty" doc:"商机名称"`
	Product   string     `json:"product,omitempty" doc:"产品"`
	Quantity  float64    `json:"quantity,omitempty" doc:"数量"`
	Amount    *crm.Money `json:"amount,omitempty" doc:"金额（元）"`
	Stage     string     `json:"stage,omitempty" doc:"阶段"`
	CloseDate date       `json:"close_date,omitempty" doc:"预计签约日期"`

	Probability *float64 `json:"probability,omitempty" doc:"赢单概率，0 到 1，不说就按阶段"`
}

func dealCreate(ctx context.Context, r *run, p *DealCreate) (*Result, error) {
	f, err := r.fields(p.Stage, p.Amount, p.CloseDate, p.Probability)
	if err != nil {
		return nil, err
	}
	if p.Quantity < 0 || p.Quantity > 1e9 {
		return nil, r.ask("quantity", "数量「%v」不对，请再说一遍，比如「10」。", p.Quantity)
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	return r.openDeal(c, p, f), nil
}

// openDeal queues a new deal of c, which the calls after this one can already speak of.
func (r *run) openDeal(c *customer, p *DealCreate, f dealFields) *Result {
	if f.stage == "" {
		f.stage = r.x.pipeline.First()
	}
	d := &deal{customer: c, fresh: true}
	d.Title, d.Product, d.Quantity, d.OwnerID = dealTitle(c, p), p.Product, p.Quantity, int64(r.req.Actor.UserID)
	d.Stage, d.StageSince, d.State = f.stage, r.now, crm.DealOpen
	d.Probability = r.x.pipeline.Probability(f.stage)
	if f.probability != nil {
		d.Probability = *f.probability
	}
	if f.amount != nil {
		d.Amount = int64(*f.amount)
		if why, risky := crm.RiskyAmount(0, *f.amount); risky {
			r.risky(why)
		}
	}
	if f.closeDate != "" {
		day := string(f.closeDate)
		d.CloseDate = &day
	}
	res := &Result{Record: d.ref()}
	r.ours(c, res)
	quantity := ""
	if p.Quantity > 0 {
		quantity = strconv.FormatFloat(p.Quantity, 'f', -1, 64)
	}
	amount := ""
	if d.Amount > 0 {
		amount = crm.Money(d.Amount).String()
	}
	res.changes(d.ref(), "商机", d.Title, "产品", p.Product, "数量", quantity, "金额", amount, "阶段", d.Stage, "预计签约", string(f.closeDate))
	if f.probability != nil {
		res.changes(d.ref(), "概率", percent(*f.probability))
	}
	if n := len(c.deals); n > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%s还有 %d 个进行中的商机。", c.Name, n))
	}
	c.deals = append(c.deals, d)
	r.then(func(ctx context.Context) error {
		d.CustomerID = c.ID
		if err := r.tx.AddDeal(ctx, &d.DealRow); err != nil {
			return err
		}
		r.deals[d.ID] = d
		if r.focus.Deal.Name == d.Title {
			r.focus.Deal = d.ref()
		}
		res.settle(d.ref())
		r.audit("deal.create", d.ref(), res.Changes)
		r.event("deal.created", d.ref(), map[string]any{"customer": c.ID, "amount": crm.Money(d.Amount), "stage": d.Stage})
		r.history(c, d.ID, "新建商机："+say(res.Changes[1:]))
		r.informOwners(c, nil, News{Topic: DealOpened, Record: d.ref(), Changes: res.Changes[1:]})
		return nil
	})
	r.spoken(d)
	r.title("新建%s", d.called())
	return res
}

// dealTitle names a deal that nobody named: by what is sold, else by its customer.
func dealTitle(c *customer, p *DealCreate) string {
	switch {
	case strings.TrimSpace(p.Title) != "":
		return strings.TrimSpace(p.Title)
	case p.Product != "":
		return crm.BrandName(c.Name) + p.Product
	default:
		return c.Name + "商机"
	}
}

// dealFields are the checked fields of a deal that were said.
type dealFields struct {
	stage       string // "" when not said
	amount      *crm.Money
	closeDate   date
	probability *float64
}

// fields checks what was said about a deal; each bad value is a question about it alone.
func (r *run) fields(stage string, amount *crm.Money, day date, probability *float64) (f dealFields, err error) {
	f = dealFields{amount: amount, closeDate: day, probability: probability}
	if stage != "" {
		if f.stage, err = r.x.pipeline.Find(stage); err != nil {
			return f, r.bad("stage", err)
		}
	}
	if amount != nil {
		if err = crm.CheckAmount(*amount); err != nil {
			return f, r.bad("amount", err)
		}
	}
	if err = day.check(); err != nil {
		return f, r.bad("close_date", err)
	}
	if probability != nil {
		if err = crm.CheckProbability(*probability); err != nil {
			return f, r.bad("probability", err)
		}
	}
	return f, nil
}

// DealUpdate changes an open deal.
type DealUpdate struct {
	Customer    string     `json:"customer,omitempty" doc:"客户名"`
	Deal        crm.DealID `json:"deal,omitempty" doc:"商机编号"`
	Stage       string     `json:"stage,omitempty" doc:"阶段"`
	Amount      *crm.Money `json:"amount,omitempty" doc:"金额（元）"`
	CloseDate   date       `json:"close_date,omitempty" doc:"预计签约日期"`
	Probability *float64   `json:"probability,omitempty" doc:"成交概率，0 到 1"`
}

func dealUpdate(ctx context.Context, r *run, p *DealUpdate) (*Result, error) {
	f, err := r.fields(p.Stage, p.Amount, p.CloseDate, p.Probability)
	if err != nil {
		return nil, err
	}
	if f.stage == "" && f.amount == nil && f.closeDate == "" && f.probability == nil {
		return nil, r.ask("stage", "要改商机的什么？比如「推进到报价」「金额改成40万」。")
	}
	var made *Result
	d, err := r.deal(ctx, p.Deal, p.Customer, func(c *customer) *deal {
		made = r.openDeal(c, &DealCreate{}, f)
		return c.deals[len(c.deals)-1]
	})
	if err != nil || made != nil {
		return made, err
	}
	switch f.stage {
	case crm.StageWon:
		return r.closeDeal(d, "deal.win", crm.DealWon, f.amount, "", "")
	case crm.StageLost:
		return r.closeDeal(d, "deal.lose", crm.DealLost, nil, "", "")
	}
	return r.changeDeal(d, f)
}

// changeDeal queues the change of an open deal, or of a closed one's stage, which opens it again.
func (r *run) changeDeal(d *deal, f dealFields) (*Result, error) {
	res := &Result{Record: d.ref()}
	if d.State != crm.DealOpen && f.stage == "" {
		return nil, crm.Refuse(crm.ErrConflict, "商机 #%d「%s」已经%s了，要重新打开请说「#%d 推进到谈判」。", d.ID, d.Title, d.Stage, d.ID)
	}
	r.ours(d.customer, res)
	ref, set := d.ref(), []store.Col{}
	change := func(field, old, new string) {
		res.Changes = append(res.Changes, Change{Record: ref, Field: field, Old: old, New: new, Secret: field == "金额"})
	}
	if f.stage != "" && f.stage != d.Stage {
		change("阶段", d.Stage, f.stage)
		if d.State != crm.DealOpen {
			set = append(set, store.Col{Name: "state", Value: crm.DealOpen}, store.Col{Name: "closed_at", Value: nil})
			d.State = crm.DealOpen
		}
		set = append(set, store.Col{Name: "stage", Value: f.stage}, store.Col{Name: "stage_since", Value: r.now})
		if f.probability == nil && (d.Probability == r.x.pipeline.Probability(d.Stage) || d.Probability == 0 || d.Probability == 1) {
			d.Probability = r.x.pipeline.Probability(f.stage)
			set = append(set, store.Col{Name: "probability", Value: d.Probability})
		}
		d.Stage, d.StageSince = f.stage, r.now
	}
	if f.amount != nil && int64(*f.amount) != d.Amount {
		old := ""
		if d.Amount > 0 {
			old = crm.Money(d.Amount).String()
		}
		change("金额", old, f.amount.String())
		if why, risky := crm.RiskyAmount(crm.Money(d.Amount), *f.amount); risky {
			r.risky(why)
		}
		d.Amount = int64(*f.amount)
		set = append(set, store.Col{Name: "amount", Value: d.Amount})
	}
	if day := string(f.closeDate); day != "" && (d.CloseDate == nil || *d.CloseDate != day) {
		old := ""
		if d.CloseDate != nil {
			old = *d.CloseDate
		}
		change("预计签约", old, day)
		d.CloseDate = &day
		set = append(set, store.Col{Name: "close_date", Value: day})
	}
	if f.probability != nil && *f.probability != d.Probability {
		change("成交概率", percent(d.Probability), percent(*f.probability))
		d.Probability = *f.probability
		set = append(set, store.Col{Name: "probability", Value: d.Probability})
	}
	if len(set) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%s本来就是这样（%s），没有改动。", d.customer.Name, dealDetail(d.DealRow)))
		return res, nil
	}
	if day := string(f.closeDate); day != "" && day < r.now.In(r.zone).Format("2006-01-02") {
		res.Notes = append(res.Notes, "注意：预计签约日期已经过了。")
	}
	r.setDeal(d, res, "deal.update", "deal.changed", set)
	r.title("%s：%s", d.called(), say(res.Changes))
	return res, nil
}

// setDeal queues a change of d's columns with its audit line, history and events.
func (r *run) setDeal(d *deal, res *Result, action, event string, set []store.Col) {
	r.then(func(ctx context.Context) error {
		version, err := r.tx.Set(ctx, crm.KindDeal, d.ID, d.Version, set)
		if err != nil {
			return err
		}
		d.Version = version
		res.settle(d.ref())
		r.audit(action, d.ref(), res.Changes)
		for _, c := range res.Changes {
			if c.Field == "阶段" && event == "deal.changed" {
				r.event("deal.stage_changed", d.ref(), map[string]any{"from": c.Old, "to": c.New, "customer": d.customer.ID})
			}
		}
		r.event(event, d.ref(), map[string]any{"fields": fieldNames(res.Changes), "customer": d.customer.ID, "amount": crm.Money(d.Amount)})
		r.history(d.customer, d.ID, say(res.Changes))
		topic := map[string]Topic{"deal.won": DealWon, "deal.lost": DealLost}[event]
		if topic == "" {
			topic = RecordChanged
		}
		r.informOwners(d.customer, d, News{Topic: topic, Record: d.ref(), Amount: crm.Money(d.Amount), Changes: res.Changes})
		if setsPurchase(d.State, set) {
			return r.dealPoints(ctx, d.ID)
		}
		return nil
	})
}

func percent(p float64) string { return strconv.FormatFloat(p*100, 'f', -1, 64) + "%" }

// DealList lists deals and what they add up to.
type DealList struct {
	Owner    string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
	Stage    string `json:"stage,omitempty" doc:"阶段"`
	Period   string `json:"period,omitempty" doc:"预计签约的时间段"`
	Customer string `json:"customer,omitempty" doc:"客户名"`

	MinAmount *crm.Money `json:"min_amount,omitempty" doc:"金额（元）不低于"`
	MaxAmount *crm.Money `json:"max_amount,omitempty" doc:"金额（元）不高于"`
	StaleDays int        `json:"stale_days,omitempty" doc:"在同一个阶段停了多少天以上"`
}

// about says in words which deals are meant beside whose they are.
func (p *DealList) about() string {
	var all []string
	if p.StaleDays > 0 {
		all = append(all, fmt.Sprintf("停了 %d 天以上", p.StaleDays))
	}
	switch {
	case p.MinAmount != nil && p.MaxAmount != nil:
		all = append(all, fmt.Sprintf("金额在%s到%s之间", *p.MinAmount, *p.MaxAmount))
	case p.MinAmount != nil:
		all = append(all, fmt.Sprintf("金额%s以上", *p.MinAmount))
	case p.MaxAmount != nil:
		all = append(all, fmt.Sprintf("金额%s以下", *p.MaxAmount))
	}
	return strings.Join(all, "、")
}

func dealList(ctx context.Context, r *run, p *DealList) (*Result, error) {
	f := store.DealFilter{Limit: pageSize * (r.req.Page + 1)}
	v := DealListView{About: p.about()}
	if p.StaleDays > 0 {
		f.StandingSince = r.now.AddDate(0, 0, -p.StaleDays)
	}
	if p.MinAmount != nil {
		f.MinAmount = int64(*p.MinAmount)
	}
	if p.MaxAmount != nil {
		f.MaxAmount = int64(*p.MaxAmount)
	}
	var err error
	if p.Stage != "" {
		if f.Stage, err = r.x.pipeline.Find(p.Stage); err != nil {
			return nil, r.bad("stage", err)
		}
		v.Stage = f.Stage
	}
	if p.Period != "" {
		from, to, err := span(p.Period, r.zone)
		if err != nil {
			return nil, r.bad("period", err)
		}
		f.From, f.To = from.Format("2006-01-02"), to.AddDate(0, 0, -1).Format("2006-01-02")
		v.Period = p.Period
	}
	if p.Owner != "" {
		if f.Owners, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	} else if r.req.Actor.Role == crm.Rep && p.Customer == "" {
		f.Owners, v.Owner = []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name
	}
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		f.Customer, v.Customer = crm.CustomerID(c.ID), c.Name
	}
	rows, sums, err := r.tx.Deals(ctx, f)
	if err != nil {
		return nil, err
	}
	v.Total, v.Amount, v.Weighted = sums.Count, crm.Money(sums.Amount), crm.Money(math.Round(sums.Weighted))
	for _, d := range rows[min(len(rows), pageSize*r.req.Page):] {
		v.Rows = append(v.Rows, r.dealView(d))
	}
	return view(&Result{}, v)
}
