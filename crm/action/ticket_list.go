package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// TicketList lists tickets, the nearest deadline first.
type TicketList struct {
	Status   string `json:"status,omitempty" doc:"open 处理中、closed 已关闭、overdue 超时"`
	Owner    string `json:"owner,omitempty" doc:"处理人：同事、部门或 me"`
	Period   string `json:"period,omitempty" doc:"时间段：新建的；已关闭的看关闭时间"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
	Free     bool   `json:"free,omitempty" doc:"待领取的"`
}

// TicketListView is Data of ticket.list.
type TicketListView struct {
	Status   string      `json:"status"`          // open, closed, overdue, or all of a customer
	Owner    string      `json:"owner,omitempty"` // who handles them; "" with Mine is the actor
	Period   string      `json:"period,omitempty"`
	Customer string      `json:"customer,omitempty"`
	Free     bool        `json:"free,omitempty"`
	Mine     bool        `json:"mine,omitempty"` // those that the actor handles or was told of
	Rows     []TicketRow `json:"rows,omitempty"`
	Total    int         `json:"total"` // stops counting at 1001
}

func ticketList(ctx context.Context, r *run, p *TicketList) (*Result, error) {
	v := TicketListView{Status: strings.ToLower(strings.TrimSpace(p.Status)), Free: p.Free}
	switch v.Status {
	case "", "open", "处理中", "待处理", "未关闭", "待受理":
		v.Status = openOnly
	case "closed", "已关闭", "关闭":
		v.Status = closedOnly
	case "overdue", "超时", "逾期":
		v.Status = "overdue"
	case "all", "全部":
		v.Status = anyState
	default:
		return nil, r.ask("status", "要看哪种工单？可以说：处理中、已关闭、超时。")
	}
	f := store.TicketFilter{State: v.Status, NoOwner: p.Free, Limit: pageSize * (r.req.Page + 1)}
	var err error
	if p.Period != "" {
		if f.From, f.To, err = span(p.Period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
		v.Period = p.Period
	}
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		f.Customer, v.Customer = crm.CustomerID(c.ID), c.Name
		if p.Status == "" {
			f.State, v.Status = anyState, anyState
		}
	}
	switch {
	case p.Owner != "":
		if f.Owners, v.Owner, err = r.people(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
	case p.Customer == "" && !p.Free:
		if err = r.concerned(ctx, &f, &v); err != nil {
			return nil, err
		}
	}
	rows, total, err := r.tx.Tickets(ctx, f)
	if err != nil {
		return nil, err
	}
	v.Total = total
	for i := range rows[min(len(rows), pageSize*r.req.Page):] {
		row := &rows[pageSize*r.req.Page+i]
		v.Rows = append(v.Rows, r.ticketRow(&row.Ticket, row))
	}
	if total == 1 && len(rows) == 1 {
		r.focus.Ticket = crm.Ref{Kind: crm.KindTicket, ID: int64(rows[0].ID), Name: briefly(rows[0].Content, 20)}
	}
	return view(&Result{}, v)
}

// concerned narrows a list to the tickets that concern the actor: a manager all, a lead those that their people handle or
// were told of, others what they handle or were told of themselves.
func (r *run) concerned(ctx context.Context, f *store.TicketFilter, v *TicketListView) error {
	me := r.req.Actor
	switch {
	case me.Role == crm.Admin || me.Role == crm.Manager || me.UserID == 0:
	case me.Role == crm.TeamLead:
		people, _, err := r.x.people.load(ctx, r.tx)
		if err != nil {
			return err
		}
		f.Followers, f.Teams = []int64{int64(me.UserID)}, []int64{}
		for _, team := range me.Teams {
			f.Teams = append(f.Teams, int64(team))
		}
		for _, p := range people {
			if slices.Contains(f.Teams, p.TeamID) {
				f.Followers = append(f.Followers, p.ID)
			}
		}
	default:
		f.Followers, f.Teams, v.Mine = []int64{int64(me.UserID)}, []int64{}, true
	}
	return nil
}
