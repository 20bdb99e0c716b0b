package action

import (
	"context"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// mostAged is how many customers get new marks of value on the way to an answer; a night does the rest.
const mostAged = 20_000

// customerQuery is a filter that people compose as the store knows it, for one page of customers. Saved segments in it are
// looked at, so that what the query reads of them is so now.
func (r *run) customerQuery(ctx context.Context, f crm.Filter) (q store.CustomerQuery, err error) {
	if err := f.Check(); err != nil {
		return q, r.bad("filter", err)
	}
	if err := r.ageRFM(ctx, f); err != nil {
		return q, err
	}
	if q, err = r.compile(ctx, f, compiling{}); err != nil {
		return q, err
	}
	q.Limit, q.Skip = pageSize, pageSize*r.req.Page
	return q, nil
}

// ageRFM sees to it that the marks of value are today's when f asks for them.
func (r *run) ageRFM(ctx context.Context, f crm.Filter) (err error) {
	asks := false
	f.Each(func(part crm.Filter) { asks = asks || part.RFM != "" || part.Segment != "" })
	if asks && !r.tx.Replica() { // there a look that stands has seen to it
		_, err = r.tx.AgeRFM(ctx, mostAged)
	}
	return err
}

// compiling says how a filter is compiled.
type compiling struct {
	inside []string // the segments that the filter stands in: their own filters are taken in whole
}

// compile looks up the names of a filter.
func (r *run) compile(ctx context.Context, f crm.Filter, how compiling) (q store.CustomerQuery, err error) {
	q = store.CustomerQuery{Industry: strings.TrimSuffix(f.Industry, "业"), Source: f.Source, QuietDays: f.NoContactDays,
		NoOrderDays: f.NoOrderDays, MinSpent: f.MinSpent, MaxSpent: f.MaxSpent, MinOrders: f.MinOrders, MaxOrders: f.MaxOrders,
		Birthday: f.Birthday, Member: f.Member}
	if f.Level != "" {
		if q.Level, err = crm.FindLevel(f.Level); err != nil {
			return q, r.bad("filter", err)
		}
	}
	for _, tag := range f.Tags {
		if err := r.compileTag(ctx, tag, &q); err != nil {
			return q, err
		}
	}
	if f.Region != "" {
		q.Regions = crm.RegionWords(f.Region)
	}
	if f.Stage != "" {
		if q.Stage, err = r.x.pipeline.Find(f.Stage); err != nil {
			return q, r.bad("filter", err)
		}
	}
	switch {
	case f.OwnerID != 0:
		q.Owners = []int64{int64(f.OwnerID)}
	case f.Owner != "":
		if q.Owners, _, err = r.people(ctx, "filter", f.Owner); err != nil {
			return q, err
		}
	}
	if f.RFM != "" {
		if q.RFM, err = r.rfmNamed(ctx, f.RFM); err != nil {
			return q, err
		}
	}
	if f.Tier != "" {
		if q.Tiers = r.tiersNamed(f.Tier); q.Tiers == nil {
			return q, r.bad("filter", crm.Refuse(crm.ErrInvalid, "没有「%s」这个会员等级，可以说：%s。", f.Tier, strings.Join(r.tierNames(), "、")))
		}
	}
	if f.Bought != "" || f.Category != "" {
		if q.Products, err = r.tx.ProductsLike(ctx, f.Bought, f.Category); err != nil {
			return q, err
		}
	}
	if f.Segment != "" {
		if err := r.compileSegment(ctx, f.Segment, how, &q); err != nil {
			return q, err
		}
	}
	for _, part := range f.All {
		if err := r.compileInto(ctx, part, how, &q.All); err != nil {
			return q, err
		}
	}
	for _, part := range f.Any {
		if err := r.compileInto(ctx, part, how, &q.Any); err != nil {
			return q, err
		}
	}
	if f.Not != nil {
		not, err := r.compile(ctx, *f.Not, how)
		if err != nil {
			return q, err
		}
		q.Not = &not
	}
	return q, nil
}

// compileTag selects who carries a tag. Who buys a product of that name or category again and again likes it without one, and
// a member of a tier of that name needs none either.
func (r *run) compileTag(ctx context.Context, tag string, q *store.CustomerQuery) error {
	liked, err := r.tx.ProductsLike(ctx, tag, "")
	if err != nil {
		return err
	}
	any := []store.CustomerQuery{{Tags: []string{tag}}}
	if len(liked) > 0 {
		any = append(any, store.CustomerQuery{Regular: liked})
	}
	if tiers := r.tiersNamed(tag); slices.Contains(tiers, tag) { // its name: other words for it may mean anything
		any = append(any, store.CustomerQuery{Tiers: tiers})
	}
	if len(any) == 1 {
		q.Tags = append(q.Tags, tag)
		return nil
	}
	q.All = append(q.All, store.CustomerQuery{Any: any})
	return nil
}

// tiersNamed are the names under which a tier that is called so stands in accounts; nil when none is.
func (r *run) tiersNamed(said string) []string {
	tiers := r.x.points.Tiers
	t, ok := tiers.Find(said)
	switch {
	case !ok:
		return nil
	case t.Name == tiers.List[0].Name:
		return []string{"", t.Name}
	}
	return []string{t.Name}
}

func (r *run) tierNames() (names []string) {
	for _, t := range r.x.points.Tiers.List {
		names = append(names, t.Name)
	}
	return names
}

func (r *run) compileInto(ctx context.Context, f crm.Filter, how compiling, to *[]store.CustomerQuery) error {
	q, err := r.compile(ctx, f, how)
	*to = append(*to, q)
	return err
}

// compileSegment puts a saved segment into q: its kept members, brought up to date, or inside another segment its filter.
func (r *run) compileSegment(ctx context.Context, name string, how compiling, q *store.CustomerQuery) error {
	s, f, err := r.segmentNamed(ctx, name)
	if err != nil {
		return err
	}
	if slices.Contains(how.inside, s.Name) || len(how.inside) > 5 {
		return crm.Refuse(crm.ErrInvalid, "人群「%s」的条件里又用到了它自己，请改一下条件。", s.Name)
	}
	inner, err := r.compile(ctx, f, compiling{inside: append(slices.Clone(how.inside), s.Name)})
	if err != nil {
		return err
	}
	if len(how.inside) > 0 {
		q.All = append(q.All, inner)
		return nil
	}
	if err := r.lookAt(ctx, s, inner); err != nil {
		return err
	}
	if q.Segment != 0 {
		return crm.Refuse(crm.ErrInvalid, "一次只能说一个人群。")
	}
	q.Segment = s.ID
	return nil
}

// rfmNamed is the name of a band of value as the rules have it.
func (r *run) rfmNamed(ctx context.Context, said string) (string, error) {
	rules, err := r.tx.RFMRules(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, b := range rules.Bands {
		if crm.Fold(b.Name) == crm.Fold(strings.TrimSuffix(said, "客户")) {
			return b.Name, nil
		}
		names = append(names, b.Name)
	}
	return "", crm.Refuse(crm.ErrInvalid, "没有「%s」这一类客户，可以说：%s。", said, strings.Join(slices.Compact(names), "、"))
}
