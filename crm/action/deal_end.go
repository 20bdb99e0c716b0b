package action

import (
	"context"
	"fmt"
	"slices"

	"gendan/crm"
	"gendan/crm/store"
)

// DealWin closes a deal as won.
type DealWin struct {
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Deal     crm.DealID `json:"deal,omitempty" doc:"商机编号"`
	Amount   *crm.Money `json:"amount,omitempty" doc:"成交金额（元）"`
}

func dealWin(ctx context.Context, r *run, p *DealWin) (*Result, error) {
	if _, err := r.fields("", p.Amount, "", nil); err != nil {
		return nil, err
	}
	return r.endDeal(ctx, p.Deal, p.Customer, dealFields{amount: p.Amount}, func(d *deal) (*Result, error) {
		return r.closeDeal(d, "deal.win", crm.DealWon, p.Amount, "", "")
	})
}

// DealLose closes a deal as lost.
type DealLose struct {
	Customer   string     `json:"customer,omitempty" doc:"客户名"`
	Deal       crm.DealID `json:"deal,omitempty" doc:"商机编号"`
	Reason     string     `json:"reason,omitempty" doc:"原因"`
	Competitor string     `json:"competitor,omitempty" doc:"输给谁"`
}

func dealLose(ctx context.Context, r *run, p *DealLose) (*Result, error) {
	return r.endDeal(ctx, p.Deal, p.Customer, dealFields{}, func(d *deal) (*Result, error) {
		return r.closeDeal(d, "deal.lose", crm.DealLost, nil, p.Reason, p.Competitor)
	})
}

// endDeal ends the deal that is meant. One that was never written down is opened first, with f, and the receipt tells both.
func (r *run) endDeal(ctx context.Context, id crm.DealID, said string, f dealFields, end func(*deal) (*Result, error)) (*Result, error) {
	var made *Result
	d, err := r.deal(ctx, id, said, func(c *customer) *deal {
		made = r.openDeal(c, &DealCreate{}, f)
		return c.deals[len(c.deals)-1]
	})
	if err != nil {
		return nil, err
	}
	res, err := end(d)
	if err == nil && made != nil {
		res.Changes[0].Old = "" // nobody knew the stage that it was opened at
		made.Changes = slices.DeleteFunc(made.Changes, func(c Change) bool { return c.Field == "阶段" })
		res.Changes = append(made.Changes, res.Changes...)
	}
	return res, err
}

// closeDeal queues the end of a deal, one way or the other.
func (r *run) closeDeal(d *deal, action, state string, amount *crm.Money, reason, competitor string) (*Result, error) {
	res := &Result{Record: d.ref()}
	stage, event, chance := crm.StageWon, "deal.won", 1.0
	if state == crm.DealLost {
		stage, event, chance = crm.StageLost, "deal.lost", 0
	}
	if d.State == state {
		return nil, crm.Refuse(crm.ErrConflict, "商机 #%d「%s」已经是%s了，要重新打开请说「#%d 推进到谈判」。", d.ID, d.Title, stage, d.ID)
	}
	r.ours(d.customer, res)
	ref := d.ref()
	res.Changes = []Change{{Record: ref, Field: "阶段", Old: d.Stage, New: stage}}
	set := []store.Col{{Name: "state", Value: state}, {Name: "stage", Value: stage}, {Name: "stage_since", Value: r.now},
		{Name: "closed_at", Value: r.now}, {Name: "probability", Value: chance}}
	if amount != nil && int64(*amount) != d.Amount {
		old := ""
		if d.Amount > 0 {
			old = crm.Money(d.Amount).String()
		}
		if why, risky := crm.RiskyAmount(crm.Money(d.Amount), *amount); risky {
			r.risky(why)
		}
		res.Changes = append(res.Changes, Change{Record: ref, Field: "金额", Old: old, New: amount.String(), Secret: true})
		set = append(set, store.Col{Name: "amount", Value: int64(*amount)})
		d.Amount = int64(*amount)
	}
	if reason != "" {
		res.Changes = append(res.Changes, Change{Record: ref, Field: "原因", New: reason})
		set = append(set, r.tx.SealedCol("deals", "reason", reason))
	}
	if competitor != "" {
		res.Changes = append(res.Changes, Change{Record: ref, Field: "竞争对手", New: competitor})
		set = append(set, store.Col{Name: "competitor", Value: competitor})
	}
	if state == crm.DealWon && d.Amount == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("成交金额还没填，可以说「%s金额改成38万」。", d.customer.Name))
	}
	if state == crm.DealLost && reason == "" {
		res.Notes = append(res.Notes, "丢单原因还没说，方便时补一句，下次少走弯路。")
	}
	d.State, d.Stage, d.StageSince, d.Probability = state, stage, r.now, chance
	r.setDeal(d, res, action, event, set)
	r.title("%s记为%s", d.called(), stage)
	return res, nil
}
