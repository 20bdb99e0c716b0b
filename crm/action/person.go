package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// person finds the colleague that was said for param: me, a name, a form of address, or a department, which
// means the one who leads it. via is the department then.
func (r *run) person(ctx context.Context, param, said string) (p store.Colleague, via string, err error) {
	if isMe(said) {
		return r.me(), "", nil
	}
	if len([]rune(said)) > 30 {
		return p, "", r.ask(param, "同事的名字太长了，请只说名字或部门。")
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return p, "", err
	}
	if ref, ok := r.chosen(param); ok && ref.Kind == crm.KindUser {
		for _, p := range people {
			if p.ID == ref.ID {
				return p, "", nil
			}
		}
	}
	fits := fitting(people, said)
	switch {
	case len(fits) == 1:
		return fits[0], "", nil
	case len(fits) > 1:
		options := make([]Option, len(fits))
		for i, f := range fits {
			options[i] = Option{Ref: crm.Ref{Kind: crm.KindUser, ID: f.ID, Name: f.Name}, Detail: strings.TrimSpace(f.Team + " " + crm.Role(f.Role).Chinese())}
		}
		return p, "", r.pick(param, said, options, false)
	}
	for _, t := range departments(teams, said) {
		if t.Lead == 0 {
			return p, "", crm.Refuse(crm.ErrInvalid, "%s还没有设主管，请直接说同事的名字。", t.Name)
		}
		for _, p := range people {
			if p.ID == t.Lead {
				return p, t.Name, nil
			}
		}
	}
	if near := nearest(people, said); len(near) > 0 {
		return p, "", r.ask(param, "没有找到同事「%s」，最接近的是：%s。请再说一遍名字。", said, strings.Join(near, "、"))
	}
	return p, "", r.ask(param, "没有找到同事「%s」，请再说一遍名字。", said)
}

// people finds whose records are meant: one colleague, or everybody of a department.
func (r *run) people(ctx context.Context, param, said string) (ids []int64, name string, err error) {
	if isMe(said) {
		return []int64{int64(r.req.Actor.UserID)}, r.req.Actor.Name, nil
	}
	people, teams, err := r.x.people.load(ctx, r.tx)
	if err != nil {
		return nil, "", err
	}
	if len(fitting(people, said)) == 0 {
		if near := departments(teams, said); len(near) > 0 {
			ids = []int64{}
			for _, p := range people {
				if p.TeamID == near[0].ID {
					ids = append(ids, p.ID)
				}
			}
			return ids, near[0].Name, nil
		}
	}
	p, _, err := r.person(ctx, param, said)
	if err != nil {
		return nil, "", err
	}
	return []int64{p.ID}, p.Name, nil
}

func (r *run) me() store.Colleague {
	a := r.req.Actor
	platform, _, _ := strings.Cut(r.req.Conversation, ":")
	return store.Colleague{ID: int64(a.UserID), Name: a.Name, Role: string(a.Role), TeamID: int64(a.TeamID), Platform: platform}
}

func isMe(said string) bool {
	return slices.Contains([]string{"me", "我", "本人", "我自己", "自己"}, strings.TrimSpace(said))
}

// fitting are the colleagues who answer best to what was said.
func fitting(people []store.Colleague, said string) []store.Colleague {
	var best []store.Colleague
	top := 1 // one character off is no match: it is named as near
	for _, p := range people {
		switch fit := crm.PersonFits(p.Name, said); {
		case fit > top:
			best, top = []store.Colleague{p}, fit
		case fit == top && fit > 1:
			best = append(best, p)
		}
	}
	if best != nil {
		return best
	}
	if sound := store.Sound(said); sound != "" {
		for _, p := range people {
			if store.Sound(p.Name) == sound {
				best = append(best, p)
			}
		}
	}
	return best
}

// departments are the teams that answer to a name: 研发 is 研发部.
func departments(teams []store.Department, said string) []store.Department {
	short := func(name string) string {
		s := crm.Fold(name)
		for _, unit := range []string{"部门", "团队", "部", "组", "team"} {
			if rest, ok := strings.CutSuffix(s, unit); ok && rest != "" {
				return rest
			}
		}
		return s
	}
	for _, t := range teams {
		if short(t.Name) == short(said) {
			return []store.Department{t}
		}
	}
	return nil
}

// nearest names up to three colleagues whose names are like what was said.
func nearest(people []store.Colleague, said string) []string {
	s := crm.Fold(said)
	type near struct {
		name string
		far  int
	}
	var all []near
	for _, p := range people {
		name := crm.Fold(p.Name)
		far := crm.Distance(name, s, 2)
		if far > 2 || far >= len([]rune(s)) && crm.Surname(name) != crm.Surname(s) {
			continue
		}
		all = append(all, near{p.Name, far})
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.far - b.far })
	var names []string
	for _, n := range all {
		if len(names) < 3 && !slices.Contains(names, n.name) {
			names = append(names, n.name)
		}
	}
	return names
}

// handed says whom a record went to when only a department was named.
func handed(p store.Colleague, via string) string {
	if via == "" {
		return ""
	}
	return fmt.Sprintf("%s由%s接收。", via, p.Name)
}
