package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// HealthGet shows how well a customer does, computed now.
type HealthGet struct {
	Customer string `json:"customer" doc:"*客户名"`
}

// HealthView is Data of health.view.
type HealthView struct {
	Customer string           `json:"customer"`
	Score    int              `json:"score"`
	Word     string           `json:"word"`            // 健康, 一般, 需要关注, 危险
	Before   *int             `json:"before"`          // of the line of history before; nil when there is none
	Since    string           `json:"since,omitempty"` // when that was
	Parts    []crm.HealthPart `json:"parts"`
	Reason   string           `json:"reason,omitempty"`
	Visit    string           `json:"visit,omitempty"` // when the next visit is due
}

func healthGet(ctx context.Context, r *run, p *HealthGet) (*Result, error) {
	c, err := r.customer(ctx, p.Customer, mustExist)
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.HealthFacts(ctx, []int64{c.ID}, r.x.field.VisitChannels())
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, crm.Refuse(crm.ErrNotFound, "%s这次才建，过会儿再看健康度。", c.Name)
	}
	look, _ := r.x.look(rows[0], r.now)
	if w := rows[0].Watch(); w.Known {
		look.Watch = w // the owner's warning is the night's
	}
	v := HealthView{Customer: c.Name, Score: look.Score.Score, Word: r.x.field.Health.HealthWord(look.Score.Score), Parts: look.Score.Parts, Reason: look.Score.Reason()}
	history, err := r.tx.HealthHistory(ctx, crm.CustomerID(c.ID), 2)
	if err != nil {
		return nil, err
	}
	for _, h := range history {
		if h.Score != v.Score && v.Before == nil {
			v.Before, v.Since = &h.Score, crm.SayDay(h.At.In(r.zone), r.now.In(r.zone))
		}
	}
	if !look.VisitDue.IsZero() {
		v.Visit = r.sayVisit(look.VisitDue)
	}
	r.then(func(ctx context.Context) error { return r.tx.KeepHealth(ctx, []store.HealthLook{look}) })
	return view(&Result{Record: c.ref()}, v)
}

// look computes a customer's health and next visit; warn says that the owner should hear of it.
func (x *Executor) look(row store.HealthRow, now time.Time) (look store.HealthLook, warn bool) {
	look = store.HealthLook{Customer: crm.CustomerID(row.CustomerID), Score: crm.Health(row.Facts(), x.field.Health, now)}
	warn, look.Watch = x.field.Health.Warn(row.Watch(), look.Score.Score)
	if rhythm, ok := x.field.Rhythm(row.Level); ok {
		last := row.CreatedAt
		if row.LastVisit != nil {
			last = *row.LastVisit
		}
		look.VisitDue = rhythm.Due(last)
	}
	return look, warn
}

// HealthList lists customers, the one that does worst first.
type HealthList struct {
	Owner string `json:"owner,omitempty" doc:"负责人：同事、部门或 me"`
}

// HealthListRow is a customer in a list by health or by visits.
type HealthListRow struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Level  string `json:"level,omitempty"`
	Owner  string `json:"owner"`
	Score  int    `json:"score"`
	Word   string `json:"word"`
	Reason string `json:"reason,omitempty"`
	Visit  string `json:"visit,omitempty"`
	Late   bool   `json:"late,omitempty"` // the visit is overdue
}

// HealthListView is Data of health.list and visit.list.
type HealthListView struct {
	Owner string          `json:"owner,omitempty"`
	Rows  []HealthListRow `json:"rows,omitempty"`
	Total int             `json:"total"`
	More  bool            `json:"more,omitempty"` // there are more than Total
}

func healthList(ctx context.Context, r *run, p *HealthList) (*Result, error) {
	return r.healthList(ctx, p.Owner, store.LowestFirst, time.Time{})
}

func (r *run) healthList(ctx context.Context, said string, by store.HealthOrder, until time.Time) (*Result, error) {
	v := HealthListView{}
	var owners []int64
	var err error
	if said != "" {
		if owners, v.Owner, err = r.people(ctx, "owner", said); err != nil {
			return nil, err
		}
	} else if r.req.Actor.Role == crm.Rep {
		owners, v.Owner = []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name
	}
	rows, total, err := r.tx.HealthList(ctx, owners, by, until, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v.Total, v.More = total, total > 1000
	for _, row := range rows {
		line := HealthListRow{ID: row.ID, Name: row.Name, Level: row.Level, Owner: row.OwnerName, Score: row.Score, Word: r.x.field.Health.HealthWord(row.Score)}
		var score crm.HealthScore
		if err := json.Unmarshal(row.Parts, &score.Parts); err != nil {
			return nil, fmt.Errorf("health of %d: %w", row.ID, err)
		}
		line.Reason = score.Reason()
		if row.VisitDue != nil {
			line.Visit, line.Late = r.sayVisit(*row.VisitDue), row.VisitDue.Before(r.now)
		}
		v.Rows = append(v.Rows, line)
	}
	return view(&Result{}, v)
}
