package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// CampaignCreate begins a campaign.
type CampaignCreate struct {
	Campaign string     `json:"campaign" doc:"*推广名"`
	Budget   *crm.Money `json:"budget,omitempty" doc:"预算（元）"`
	Channel  string     `json:"channel,omitempty" doc:"渠道：抖音、小红书、官网…"`
	Filter   crm.Filter `json:"filter,omitzero" doc:"群发给哪些客户"`
	Start    date       `json:"start,omitempty" doc:"开始的日期"`
	End      date       `json:"end,omitempty" doc:"结束的日期"`
}

func campaignCreate(ctx context.Context, r *run, p *CampaignCreate) (*Result, error) {
	for param, day := range map[string]date{"start": p.Start, "end": p.End} {
		if err := day.check(); err != nil {
			return nil, r.bad(param, err)
		}
	}
	c := crm.Campaign{Name: strings.TrimSpace(p.Campaign), Channel: channelName(p.Channel), Start: string(p.Start), End: string(p.End), State: crm.CampaignOpen}
	if c.Budget = crm.Yuan(r.x.campaigns.Budget); p.Budget != nil {
		c.Budget = *p.Budget
	}
	if c.Budget > crm.MaxMoney {
		return nil, r.ask("budget", "预算%s太大了，核对一下再说，比如「5万」。", c.Budget)
	}
	if err := crm.CheckCampaign(c); err != nil {
		return nil, r.bad("campaign", err)
	}
	if err := p.Filter.Check(); err != nil {
		return nil, r.bad("filter", err)
	}
	var err error
	if c.Filter, err = r.settleFilter(ctx, p.Filter); err != nil {
		return nil, err
	}
	same, err := r.tx.Campaigns(ctx, store.CampaignQuery{Name: c.Name, Limit: 20})
	if err != nil {
		return nil, err
	}
	for _, row := range same {
		if crm.Fold(row.Name) == crm.Fold(c.Name) {
			return nil, crm.Refuse(crm.ErrConflict, "推广「%s」已经有了（#%d），说「看看推广 %s」看看它。", row.Name, row.ID, row.Name)
		}
	}
	ref := crm.Ref{Kind: crm.KindCampaign, Name: c.Name}
	res := &Result{Record: ref}
	budget, to := "", ""
	if c.Budget > 0 {
		budget = c.Budget.String()
	}
	if !c.Filter.IsZero() {
		to = c.Filter.Say()
	}
	res.changes(ref, "推广", c.Name, "预算", budget, "渠道", c.Channel, "时间", r.sayDays(c), "客户", to)
	r.then(func(ctx context.Context) error {
		id, err := r.tx.CreateCampaign(ctx, c)
		if err != nil {
			return err
		}
		ref.ID = int64(id)
		res.settle(ref)
		r.audit("campaign.create", ref, res.Changes)
		r.event("campaign.created", ref, nil)
		return nil
	})
	r.title("推广「%s」", c.Name)
	return res, nil
}

// channelName is a channel as it is kept: 抖音渠道 and 抖音 are one.
func channelName(said string) string {
	said = strings.TrimSpace(said)
	if short := strings.TrimSpace(strings.TrimSuffix(said, "渠道")); short != "" {
		return short
	}
	return said
}

// sayDays is when a campaign runs: 11月1日–11月11日.
func (r *run) sayDays(c crm.Campaign) string {
	day := func(s string) string {
		t, err := time.ParseInLocation(time.DateOnly, s, r.zone)
		if err != nil {
			return ""
		}
		if t.Year() != r.now.In(r.zone).Year() {
			return t.Format("2006年1月2日")
		}
		return t.Format("1月2日")
	}
	switch {
	case c.Start != "" && c.End != "" && c.Start != c.End:
		return day(c.Start) + "–" + day(c.End)
	case c.Start != "" && c.End == "":
		return day(c.Start) + "起"
	case c.End != "" && c.Start == "":
		return "到" + day(c.End)
	}
	return day(c.Start)
}

// campaign finds the campaign that was said, by its number or its name; with nothing said, the only one there is.
func (r *run) campaign(ctx context.Context, said string) (c store.CampaignRow, err error) {
	said = strings.TrimSpace(said)
	q := store.CampaignQuery{Name: said, Limit: 20}
	if ref, ok := r.chosen("campaign"); ok && ref.ID != 0 {
		q = store.CampaignQuery{ID: ref.ID, Limit: 1}
	} else if id, ok := recordNumber(said); ok {
		q = store.CampaignQuery{ID: id, Limit: 1}
	}
	rows, err := r.tx.Campaigns(ctx, q)
	if err != nil {
		return c, err
	}
	var exact, open []store.CampaignRow
	for _, row := range rows {
		if crm.Fold(row.Name) == crm.Fold(said) {
			exact = append(exact, row)
		}
		if row.State == crm.CampaignOpen {
			open = append(open, row)
		}
	}
	for _, fits := range [][]store.CampaignRow{exact, rows, open} {
		if len(fits) == 1 {
			return fits[0], nil
		}
	}
	switch {
	case len(rows) == 0 && said == "":
		return c, r.ask("campaign", "哪个推广？还没有推广，先说「新建推广 双11，预算5万，渠道抖音」。")
	case len(rows) == 0:
		return c, crm.Refuse(crm.ErrNotFound, "没有找到推广「%s」，说「推广列表」看看有哪些。", said)
	}
	options := make([]Option, len(rows))
	for i, row := range rows {
		options[i] = Option{Ref: campaignRef(row), Detail: strings.TrimSpace(row.Channel + " " + r.sayDays(row.Campaign()))}
	}
	return c, r.pick("campaign", said, options, false)
}

func campaignRef(c store.CampaignRow) crm.Ref {
	return crm.Ref{Kind: crm.KindCampaign, ID: c.ID, Name: c.Name}
}

// CampaignCost writes down what was spent.
type CampaignCost struct {
	Campaign string     `json:"campaign" doc:"*推广名"`
	Amount   *crm.Money `json:"amount" doc:"*花了多少（元）"`
	Channel  string     `json:"channel,omitempty" doc:"花在哪个渠道；不说就是推广的渠道"`
}

func campaignCost(ctx context.Context, r *run, p *CampaignCost) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Amount == nil:
		return nil, r.ask("amount", "「%s」花了多少？比如「3000」。", c.Name)
	case *p.Amount <= 0:
		return nil, r.ask("amount", "花费要大于 0；记错了就回「撤销」，会记一笔冲回。")
	case *p.Amount > crm.MaxMoney:
		return nil, r.ask("amount", "花费%s太大了，核对一下再说一遍。", *p.Amount)
	}
	channel := channelName(p.Channel)
	if channel == "" {
		channel = c.Channel
	}
	if len([]rune(channel)) > 30 {
		return nil, r.ask("channel", "渠道说短一点，比如「抖音」。")
	}
	ref := campaignRef(c)
	res := &Result{Record: ref}
	spent := crm.Money(c.Cost) + *p.Amount
	res.changes(ref, "推广", c.Name, "花费", p.Amount.String(), "渠道", channel, "累计", spent.String())
	if budget := crm.Money(c.Budget); budget > 0 {
		left := budget - spent
		if left < 0 {
			res.Notes = append(res.Notes, fmt.Sprintf("「%s」超预算 %s 了（预算 %s）。", c.Name, -left, budget))
		}
		if float64(spent) >= r.x.campaigns.WarnAt*float64(budget) {
			res.changes(ref, "预算还剩", max(left, 0).String())
		}
	}
	r.then(func(ctx context.Context) error {
		if err := r.tx.TouchCampaign(ctx, crm.CampaignID(c.ID)); err != nil {
			return err
		}
		id, err := r.tx.AddCampaignCost(ctx, crm.CampaignID(c.ID), channel, *p.Amount)
		if err != nil {
			return err
		}
		r.audit("campaign.cost", ref, res.Changes)
		r.event("campaign.spent", ref, map[string]any{"amount": *p.Amount, "entry": id})
		return nil
	})
	r.title("「%s」的花费 %s", c.Name, *p.Amount)
	return res, nil
}

// costBack takes a cost back by an entry against it.
func (r *run) costBack(ctx context.Context, id int64) (version int, err error) {
	_, err = r.tx.CounterCampaignCost(ctx, id)
	return 2, err
}

// CampaignList lists campaigns.
type CampaignList struct {
	Period string `json:"period,omitempty" doc:"时间段"`
}

// CampaignLine is a campaign in a view.
type CampaignLine struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	Channel string    `json:"channel,omitempty"`
	Days    string    `json:"days,omitempty"`
	Start   string    `json:"start,omitempty"`
	End     string    `json:"end,omitempty"`
	State   string    `json:"state"` // open, stopped
	Budget  crm.Money `json:"budget,omitempty"`
	Cost    crm.Money `json:"cost"`
	By      string    `json:"by"`
}

// Stopped tells whether it was stopped.
func (l CampaignLine) Stopped() bool { return l.State == crm.CampaignStopped }

// Over is by how much the budget is overrun.
func (l CampaignLine) Over() crm.Money {
	if l.Budget == 0 {
		return 0
	}
	return max(0, l.Cost-l.Budget)
}

func (r *run) campaignLine(row store.CampaignRow) CampaignLine {
	c := row.Campaign()
	return CampaignLine{ID: row.ID, Name: c.Name, Channel: c.Channel, Days: r.sayDays(c), Start: c.Start, End: c.End, State: c.State, Budget: c.Budget,
		Cost: crm.Money(row.Cost), By: row.ByName}
}

// CampaignListView is Data of campaign.list.
type CampaignListView struct {
	Rows  []CampaignLine `json:"rows,omitempty"`
	Total int            `json:"total"`
}

func campaignList(ctx context.Context, r *run, p *CampaignList) (*Result, error) {
	q := store.CampaignQuery{Limit: pageSize, Skip: pageSize * r.req.Page}
	if p.Period != "" {
		var err error
		if q.From, q.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	rows, err := r.tx.Campaigns(ctx, q)
	if err != nil {
		return nil, err
	}
	v := CampaignListView{}
	for _, row := range rows {
		v.Rows, v.Total = append(v.Rows, r.campaignLine(row)), row.Total
	}
	return view(&Result{}, v)
}

// CampaignGet shows one campaign.
type CampaignGet struct {
	Campaign string `json:"campaign" doc:"*推广名"`
}

// CampaignDetail is Data of campaign.view.
type CampaignDetail struct {
	CampaignLine
	Filter json.RawMessage `json:"filter,omitempty"`
	To     string          `json:"to,omitempty"` // the filter in words
	ROI    ROIRow          `json:"roi"`          // from its first day until now

	Links []CampaignLinkView `json:"links,omitempty"` // for everybody, newest first
	Sends []CampaignVariant  `json:"sends,omitempty"`
}

func campaignGet(ctx context.Context, r *run, p *CampaignGet) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	v := CampaignDetail{CampaignLine: r.campaignLine(c)}
	if !c.Filter.IsZero() {
		v.Filter, v.To = c.RawFilter, c.Filter.Say()
	}
	roi, err := r.roi(ctx, r.since(c), r.now.Add(time.Second), roiOf{campaign: c.ID})
	if err != nil {
		return nil, err
	}
	v.ROI = roi.All
	links, err := r.tx.CampaignLinks(ctx, crm.CampaignID(c.ID), r.x.campaigns.LinkShown)
	if err != nil {
		return nil, err
	}
	if v.Links, err = r.linkViews(ctx, links); err != nil {
		return nil, err
	}
	sent, err := r.tx.CampaignSent(ctx, crm.CampaignID(c.ID))
	if err != nil {
		return nil, err
	}
	for _, s := range sent {
		send, name, _ := strings.Cut(s.Step, "/")
		n, _ := strconv.ParseInt(send, 10, 64) // ours; 0 names none
		v.Sends = append(v.Sends, CampaignVariant{Send: n, Name: name, People: s.People, Waiting: s.Waiting, Sent: s.Sent, Failed: s.Failed, Clicked: s.Clicked})
	}
	return view(&Result{Record: campaignRef(c)}, v)
}
