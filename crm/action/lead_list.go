package action

import (
	"context"

	"gendan/crm"
	"gendan/crm/store"
)

// LeadList lists open leads, newest first: a rep's own, a manager's all, or those in the pool.
type LeadList struct {
	Owner  string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
	Period string `json:"period,omitempty" doc:"时间段：录入时间"`
	Source string `json:"source,omitempty" doc:"来源"`
	Free   bool   `json:"free,omitempty" doc:"公海里的，没人负责"`
}

// LeadItem is a lead in a view; also Data of lead.view.
type LeadItem struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"` // company and person
	Title    string `json:"title,omitempty"`
	Phone    string `json:"phone,omitempty"` // masked in lists, in groups, and for whoever may not see it
	Wechat   string `json:"wechat,omitempty"`
	Email    string `json:"email,omitempty"`
	Source   string `json:"source,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	Region   string `json:"region,omitempty"`
	Industry string `json:"industry,omitempty"`
	Need     string `json:"need,omitempty"`
	Owner    string `json:"owner,omitempty"` // "" in the pool
	When     string `json:"when"`            // when it was written down, as people say it
}

// LeadListView is Data of lead.list.
type LeadListView struct {
	Owner  string     `json:"owner,omitempty"`
	Source string     `json:"source,omitempty"`
	Period string     `json:"period,omitempty"`
	Free   bool       `json:"free,omitempty"`
	Rows   []LeadItem `json:"rows,omitempty"`
	Total  int        `json:"total"` // stops counting at 1001
}

func leadList(ctx context.Context, r *run, p *LeadList) (*Result, error) {
	v := LeadListView{Source: p.Source, Period: p.Period, Free: p.Free}
	f := store.LeadFilter{Source: p.Source, NoOwner: p.Free, Limit: pageSize * (r.req.Page + 1)}
	var err error
	if p.Period != "" {
		if f.From, f.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	switch {
	case p.Owner != "":
		if f.Owners, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	case r.req.Actor.Role == crm.Rep && !p.Free:
		f.Owners, v.Owner = []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name
	}
	rows, total, err := r.tx.Leads(ctx, f)
	if err != nil {
		return nil, err
	}
	v.Total = total
	for _, row := range rows[min(len(rows), pageSize*r.req.Page):] {
		item := r.leadItem(row)
		item.Phone, item.Wechat, item.Email = crm.MaskPhone(row.Phone), "", ""
		item.Need = briefly(row.Need, 20)
		v.Rows = append(v.Rows, item)
	}
	if total == 1 && len(rows) == 1 {
		r.focus.Lead = crm.Ref{Kind: crm.KindLead, ID: rows[0].ID, Name: rows[0].Lead().Name()}
	}
	return view(&Result{}, v)
}

func (r *run) leadItem(row store.LeadRow) LeadItem {
	return LeadItem{ID: row.ID, Name: row.Lead().Name(), Title: row.Title, Phone: row.Phone, Wechat: row.Wechat, Email: row.Email, Source: row.Source,
		Campaign: row.Campaign, Region: row.Region, Industry: row.Industry, Need: row.Need, Owner: row.OwnerName, When: crm.SayTime(row.CreatedAt, r.now, r.zone)}
}

// LeadView shows all that is known of an open lead.
type LeadView struct {
	Lead     crm.LeadID `json:"lead,omitempty" doc:"线索编号"`
	Customer string     `json:"customer,omitempty" doc:"线索的公司或联系人"`
}

func leadView(ctx context.Context, r *run, p *LeadView) (*Result, error) {
	l, err := r.lead(ctx, p.Lead, p.Customer)
	if err != nil {
		return nil, err
	}
	row, err := r.tx.LeadByID(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	item := r.leadItem(row)
	if row.OwnerID == nil || *row.OwnerID != int64(r.req.Actor.UserID) {
		item.Phone, item.Wechat, item.Email = crm.MaskPhone(row.Phone), "", "" // whoever takes it sees them
	}
	r.focus = Focus{Lead: crm.Ref{Kind: crm.KindLead, ID: row.ID, Name: item.Name}}
	return view(&Result{Record: r.focus.Lead}, item)
}
