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

// segmentNamed finds a saved segment, by its name or number, and reads its filter.
func (r *run) segmentNamed(ctx context.Context, said string) (s store.SegmentRow, f crm.Filter, err error) {
	if id, ok := recordNumber(said); ok {
		s, err = r.tx.SegmentByID(ctx, id)
	} else {
		s, err = r.tx.SegmentNamed(ctx, said)
	}
	if notFound(err) {
		return s, f, crm.Refuse(crm.ErrNotFound, "还没有存过人群「%s」，说「人群列表」看看有哪些。", said)
	}
	if err != nil {
		return s, f, err
	}
	if err := json.Unmarshal(s.Filter, &f); err != nil {
		return s, f, fmt.Errorf("segment %d: %w", s.ID, err)
	}
	return s, f, nil
}

// isRefusal tells whether err is the business saying no.
func isRefusal(err error) bool {
	var refusal *crm.Refusal
	return errors.As(err, &refusal)
}

// isStop tells whether err is a question to the person.
func isStop(err error) bool {
	var question *stop
	return errors.As(err, &question)
}

// SegmentView is a saved filter: Data of segment.save and segment.view, and a line of segment.list.
type SegmentView struct {
	ID     int64         `json:"id,omitempty"`
	Name   string        `json:"name"`
	Says   string        `json:"says"`   // the filter as people say it
	Filter crm.Filter    `json:"filter"` //
	Owner  string        `json:"owner"`  // who saved it
	Total  int           `json:"total"`  // of the customers that the actor sees
	Rows   []CustomerRow `json:"rows,omitempty"`

	Counting bool `json:"counting,omitempty"` // Total is not known yet: whoever asked hears it soon
}

// SegmentSave saves a filter under a name.
type SegmentSave struct {
	Name   string     `json:"name" doc:"*人群叫什么"`
	Filter crm.Filter `json:"filter,omitzero" doc:"*条件，和找客户一样；可用 all、any、not 组合，也可以用别的人群"`
}

func segmentSave(ctx context.Context, r *run, p *SegmentSave) (*Result, error) {
	name := strings.TrimSpace(p.Name)
	switch {
	case crm.Fold(name) == "":
		return nil, r.ask("name", "这个人群叫什么？比如「沉睡的抹茶客」。")
	case len([]rune(name)) > 30:
		return nil, r.ask("name", "人群的名字太长了，30 个字以内就行。")
	case p.Filter.IsZero():
		return nil, r.ask("filter", "存哪些客户？说个条件，比如「30天没下单的会员」。")
	}
	f, err := r.settleFilter(ctx, p.Filter)
	if err != nil {
		return nil, err
	}
	v := SegmentView{Name: name, Says: f.Say(), Filter: f, Owner: r.req.Actor.Name}
	if err := r.countNew(ctx, &v); err != nil {
		return nil, err
	}
	there, old, err := r.segmentNamed(ctx, name)
	if err != nil && !isRefusal(err) {
		return nil, err
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindSegment, Name: name}}
	if err == nil {
		return r.segmentAgain(ctx, there, old, v)
	}
	res.changes(res.Record, "人群", name, "条件", v.Says)
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddSegment(ctx, name, f)
		if err != nil {
			return err
		}
		v.ID = id
		if v.Counting {
			r.countAside(id, f)
		}
		ref := crm.Ref{Kind: crm.KindSegment, ID: id, Name: name}
		res.settle(ref)
		r.audit("segment.save", ref, res.Changes)
		r.event("segment.saved", ref, map[string]any{"name": name})
		_, err = view(res, v)
		return err
	})
	r.title("人群%s", name)
	return view(res, v)
}

// segmentAgain gives a saved segment another filter; one that a colleague saved is asked about first.
func (r *run) segmentAgain(ctx context.Context, there store.SegmentRow, old crm.Filter, v SegmentView) (*Result, error) {
	ref := crm.Ref{Kind: crm.KindSegment, ID: there.ID, Name: there.Name}
	res := &Result{Record: ref}
	v.ID, v.Name, v.Owner = there.ID, there.Name, there.OwnerName
	if old.Say() == v.Says {
		res.Notes = append(res.Notes, fmt.Sprintf("人群「%s」本来就是这个条件。", there.Name))
		return view(res, v)
	}
	if err := r.mySegment(there, res); err != nil {
		return nil, err
	}
	v.Filter.Each(func(part crm.Filter) {
		if part.Segment != "" && crm.Fold(part.Segment) == crm.Fold(there.Name) {
			res = nil
		}
	})
	if res == nil {
		return nil, crm.Refuse(crm.ErrInvalid, "人群「%s」的条件里不能用它自己。", there.Name)
	}
	res.Changes = []Change{{Record: ref, Field: "条件", Old: old.Say(), New: v.Says}}
	filter, err := json.Marshal(v.Filter)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindSegment, there.ID, there.Version, []store.Col{{Name: "filter", Value: string(filter)}}); err != nil {
			return err
		}
		if v.Counting {
			r.countAside(there.ID, v.Filter)
		}
		r.audit("segment.save", ref, res.Changes)
		return nil
	})
	r.title("人群%s", there.Name)
	return view(res, v)
}

// mySegment has a person look first at what is done to a colleague's segment; who sees less than all may not do it.
func (r *run) mySegment(s store.SegmentRow, res *Result) error {
	if s.OwnerID == int64(r.req.Actor.UserID) {
		return nil
	}
	if r.req.Actor.Role != crm.Admin && r.req.Actor.Role != crm.Manager {
		return crm.Refuse(crm.ErrDenied, "人群「%s」是%s存的，请TA来改，或换个名字另存。", s.Name, s.OwnerName)
	}
	res.Owner = s.OwnerName
	r.risky(fmt.Sprintf("人群「%s」是%s存的", s.Name, s.OwnerName))
	return nil
}

// settleFilter makes a filter that is to be kept mean the same to everybody: 我 becomes the speaker.
func (r *run) settleFilter(ctx context.Context, f crm.Filter) (crm.Filter, error) {
	if f.Owner != "" && f.OwnerID == 0 {
		ids, name, err := r.people(ctx, "filter", f.Owner)
		if err != nil {
			return f, err
		}
		if f.Owner = name; len(ids) == 1 {
			f.OwnerID = crm.UserID(ids[0])
		}
	}
	for _, parts := range []*[]crm.Filter{&f.All, &f.Any} {
		for i, part := range *parts {
			settled, err := r.settleFilter(ctx, part)
			if err != nil {
				return f, err
			}
			(*parts)[i] = settled
		}
	}
	if f.Not != nil {
		not, err := r.settleFilter(ctx, *f.Not)
		if err != nil {
			return f, err
		}
		f.Not = &not
	}
	return f, nil
}

// SegmentOf names a saved segment.
type SegmentOf struct {
	Segment string `json:"segment" doc:"*人群的名字或 #编号"`
}

func segmentGet(ctx context.Context, r *run, p *SegmentOf) (*Result, error) {
	if strings.TrimSpace(p.Segment) == "" {
		return nil, r.ask("segment", "看哪个人群？说名字就行，或说「人群列表」。")
	}
	s, f, err := r.segmentNamed(ctx, p.Segment)
	if err != nil {
		return nil, err
	}
	v, err := r.segmentView(ctx, s, f)
	if err != nil {
		return nil, err
	}
	rows, total, err := r.tx.SearchCustomers(ctx, store.CustomerQuery{Segment: s.ID, Limit: pageSize, Skip: pageSize * r.req.Page})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		v.Rows = append(v.Rows, r.customerRow(row))
	}
	v.Total = max(v.Total, total)
	return view(&Result{Record: crm.Ref{Kind: crm.KindSegment, ID: s.ID, Name: s.Name}}, v)
}

// segmentView looks at a segment and counts it.
func (r *run) segmentView(ctx context.Context, s store.SegmentRow, f crm.Filter) (v SegmentView, err error) {
	v = SegmentView{ID: s.ID, Name: s.Name, Says: f.Say(), Filter: f, Owner: s.OwnerName}
	q, err := r.customerQuery(ctx, crm.Filter{Segment: s.Name})
	if err != nil {
		return v, err
	}
	v.Total, err = r.tx.CountCustomers(ctx, q)
	return v, err
}

// SegmentList lists the saved segments.
type SegmentList struct{}

// SegmentListView is Data of segment.list.
type SegmentListView struct {
	Rows  []SegmentView `json:"rows,omitempty"`
	Total int           `json:"total"`
}

func segmentList(ctx context.Context, r *run, _ *SegmentList) (*Result, error) {
	rows, total, err := r.tx.Segments(ctx, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := SegmentListView{Total: total}
	for _, s := range rows {
		var f crm.Filter
		if err := json.Unmarshal(s.Filter, &f); err != nil {
			return nil, fmt.Errorf("segment %d: %w", s.ID, err)
		}
		row, err := r.segmentView(ctx, s, f)
		switch {
		case isCounting(err):
			row.Counting = true
		case err != nil && !isRefusal(err) && !isStop(err): // a name in it that is no more
			return nil, err
		}
		v.Rows = append(v.Rows, row)
	}
	return view(&Result{}, v)
}

func segmentRemove(ctx context.Context, r *run, p *SegmentOf) (*Result, error) {
	s, _, err := r.segmentNamed(ctx, p.Segment)
	if err != nil {
		return nil, err
	}
	ref := crm.Ref{Kind: crm.KindSegment, ID: s.ID, Name: s.Name}
	res := &Result{Record: ref, Changes: []Change{{Record: ref, Field: "人群", Old: s.Name}}}
	if err := r.mySegment(s, res); err != nil {
		return nil, err
	}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindSegment, s.ID, s.Version, []store.Col{{Name: "deleted_at", Value: r.now}}); err != nil {
			return err
		}
		r.audit("segment.remove", ref, res.Changes)
		return nil
	})
	r.title("删除人群%s", s.Name)
	return res, nil
}
