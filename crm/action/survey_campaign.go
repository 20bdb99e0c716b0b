package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// SurveyCampaign asks every customer of a segment, each once.
type SurveyCampaign struct {
	Filter crm.Filter `json:"filter,omitzero" doc:"*发给谁：标签、级别、行业、地区、来源、阶段、负责人、多久没联系"`
	Metric string     `json:"metric,omitempty" doc:"问什么：csat 满意度或 nps 推荐意愿"`
	Name   string     `json:"name,omitempty" doc:"这次调查叫什么"`
}

// CampaignView is what a campaign's receipt says.
type CampaignView struct {
	ID     int64 `json:"id,omitempty"`
	Asked  int   `json:"asked"`  // sent
	Rested int   `json:"rested"` // asked a short while ago: left in peace
	Closed int   `json:"closed"` // no door to them
	Total  int   `json:"total"`  // of the segment
}

func surveyCampaign(ctx context.Context, r *run, p *SurveyCampaign) (*Result, error) {
	switch r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead, crm.Marketer:
	default:
		return nil, crm.Refuse(crm.ErrDenied, "群发调查请找主管或市场来发；单个客户可以说「给云帆发个满意度调查」。")
	}
	metric, err := surveyMetric(r, p.Metric)
	if err != nil {
		return nil, err
	}
	filter, err := json.Marshal(p.Filter)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	if string(filter) == "{}" {
		return nil, r.ask("filter", "发给哪些客户？说个条件，比如「重点客户」「华东的客户」「打了 VIP 标签的」。")
	}
	customers, err := r.segment(ctx, p.Filter, r.x.surveys.Most)
	if err != nil {
		return nil, err
	}
	v := CampaignView{Total: len(customers)}
	var all []*asking
	for _, c := range customers {
		s := &asking{Survey: crm.Survey{Metric: metric}}
		s.of(c)
		s.AgentID, s.TeamID = crm.UserID(c.OwnerID), teamID(c)
		switch err := r.campaignAsk(ctx, s); {
		case errors.Is(err, crm.ErrConflict):
			v.Rested++
		case errors.Is(err, crm.ErrInvalid), err == nil && s.Door == crm.SurveyByLink: // nobody is there to hand links on
			v.Closed++
		case err != nil:
			return nil, err
		default:
			all = append(all, s)
		}
	}
	v.Asked = len(all)
	if len(all) == 0 {
		return nil, crm.Refuse(crm.ErrConflict, "这 %d 位客户里没有能发的：%d 位最近刚发过，%d 位没有可用的渠道。", v.Total, v.Rested, v.Closed)
	}
	r.risky(fmt.Sprintf("要发给 %d 位客户", len(all)))
	name := strings.TrimSpace(briefly(p.Name, 30))
	res := &Result{}
	res.changes(crm.Ref{}, surveyName(metric), name, "发给", fmt.Sprintf("%d 位客户", v.Asked))
	if v.Rested+v.Closed > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("另有 %d 位最近刚发过、%d 位没有可用的渠道，这次不发。", v.Rested, v.Closed))
	}
	r.then(func(ctx context.Context) error {
		if v.ID, err = r.tx.AddCampaign(ctx, name, metric, filter); err != nil {
			return err
		}
		v.Asked = 0
		for _, s := range all {
			s.CampaignID = v.ID
			ok, err := r.askSurvey(ctx, s)
			if err != nil {
				return err
			}
			if ok {
				v.Asked++
			}
		}
		ref := crm.Ref{Kind: "campaign", ID: v.ID, Name: name}
		r.audit("survey.campaign", ref, []Change{{Record: ref, Field: surveyName(metric), New: fmt.Sprintf("%d 位客户", v.Asked)}})
		r.event("survey.campaign", ref, map[string]any{"asked": v.Asked})
		_, err := view(res, v)
		return err
	})
	return view(res, v)
}

// campaignAsk finds out whether and by which door a customer of a campaign can be asked.
func (r *run) campaignAsk(ctx context.Context, s *asking) error {
	if err := r.surveyRest(ctx, s); err != nil {
		return err
	}
	return r.surveyDoor(ctx, s)
}

// segment are the customers of a filter that the actor sees, at most that many.
func (r *run) segment(ctx context.Context, f crm.Filter, most int) ([]*customer, error) {
	q, err := r.customerQuery(ctx, f)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Skip = most+1, 0
	rows, _, err := r.tx.SearchCustomers(ctx, q)
	if err != nil {
		return nil, err
	}
	switch {
	case len(rows) == 0:
		return nil, crm.Refuse(crm.ErrNotFound, "没有符合条件的客户，换个条件再试。")
	case len(rows) > most:
		return nil, crm.Refuse(crm.ErrInvalid, "符合条件的客户超过 %d 位，一次发不了这么多，请加个条件分批发。", most)
	}
	all := make([]*customer, 0, len(rows))
	for _, row := range rows {
		c, err := r.tx.CustomerByID(ctx, crm.CustomerID(row.ID))
		if err != nil {
			return nil, err
		}
		all = append(all, &customer{CustomerRow: c})
	}
	return all, nil
}

// ReportSatisfaction tells how content customers were.
type ReportSatisfaction struct {
	Period string `json:"period,omitempty" doc:"时间段，不说是本月"`
	Owner  string `json:"owner,omitempty" doc:"谁的：同事、部门或 me"`
	Metric string `json:"metric,omitempty" doc:"csat 满意度或 nps 推荐意愿"`
}

// SatisfactionView is the report: what all answers say, week by week, and by colleague.
type SatisfactionView struct {
	Metric string            `json:"metric"`
	From   string            `json:"from"` // 2006-01-02
	To     string            `json:"to"`   // the last day
	Owner  string            `json:"owner,omitempty"`
	All    SatisfactionRow   `json:"all"`
	Weeks  []SatisfactionRow `json:"weeks,omitempty"`  // oldest first
	Agents []SatisfactionRow `json:"agents,omitempty"` // best first
}

// SatisfactionRow is a line of it.
type SatisfactionRow struct {
	Metric   string  `json:"metric"`
	Name     string  `json:"name"` // of the colleague, or the week's Monday as 11-16
	Asked    int     `json:"asked"`
	Answered int     `json:"answered"`
	Average  float64 `json:"average"`
	Happy    float64 `json:"happy"` // 0 to 1
	NPS      float64 `json:"nps"`   // -100 to 100, with that metric
}

// Percent is Happy of a hundred.
func (r SatisfactionRow) Percent() float64 { return 100 * r.Happy }

func satisfactionRow(metric, name string, c crm.Ratings) SatisfactionRow {
	return SatisfactionRow{Metric: metric, Name: name, Asked: c.Asked, Answered: c.Answered, Average: c.Average(), Happy: c.HappyShare(), NPS: c.NPS()}
}

func reportSatisfaction(ctx context.Context, r *run, p *ReportSatisfaction) (*Result, error) {
	metric, err := surveyMetric(r, p.Metric)
	if err != nil {
		return nil, err
	}
	local := r.now.In(r.zone)
	from := local.AddDate(0, 0, 1-local.Day())
	period := from.Format("2006-01-02") + "/" + local.Format("2006-01-02")
	if p.Period != "" {
		period = p.Period
	}
	start, end, err := span(period, r.zone)
	if err != nil {
		return nil, r.bad("period", err)
	}
	q := store.RatingsQuery{From: start, To: end, Metric: metric, Zone: "Asia/Shanghai"}
	if name := r.zone.String(); name != "" && name != "Local" {
		q.Zone = name
	}
	v := SatisfactionView{Metric: metric, From: start.In(r.zone).Format("2006-01-02"), To: end.In(r.zone).AddDate(0, 0, -1).Format("2006-01-02")}
	if p.Owner != "" {
		if q.Agents, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	}
	weeks, err := r.tx.RatingsByWeek(ctx, q)
	if err != nil {
		return nil, err
	}
	agents, err := r.tx.RatingsByAgent(ctx, q)
	if err != nil {
		return nil, err
	}
	var all crm.Ratings
	for _, w := range weeks {
		c := w.Ratings()
		all = crm.Ratings{Asked: all.Asked + c.Asked, Answered: all.Answered + c.Answered, Sum: all.Sum + c.Sum, Happy: all.Happy + c.Happy, Unhappy: all.Unhappy + c.Unhappy}
		v.Weeks = append(v.Weeks, satisfactionRow(metric, w.Week.In(r.zone).Format("01-02"), c))
	}
	v.All = satisfactionRow(metric, "", all)
	for _, a := range agents {
		name := a.Agent
		if name == "" {
			name = "没有处理人"
		}
		v.Agents = append(v.Agents, satisfactionRow(metric, name, a.Ratings()))
	}
	return view(&Result{}, v)
}
