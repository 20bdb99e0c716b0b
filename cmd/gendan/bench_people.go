package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gendan/adapters/wecom/wecomtest"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// ownCustomers is how many customers, each with an open deal, a person of the load has.
const ownCustomers = 10

// player is a sales person of the load: what they say, and what they heard last.
type player struct {
	user   string
	brands []string
	turns  int
	heard  chan wecomtest.Entry
}

// brandRunes make names of firms, no two of which are alike: of two of them, and of three when there are many.
const brandRunes = "云帆海川星远锦程朗坤华腾博雅瑞丰泰安恒信嘉禾鼎盛宏图启航凌霄源佳德馨济普惠创维卓越飞扬光顺青金石玉林雪松柏岩枫桥"

func brandName(i int) string {
	r := []rune(brandRunes)
	n := len(r)
	name := []rune{r[i%n], r[(i/n+i)%n]}
	if third := i / n / n; third > 0 {
		name = append(name, r[third])
	}
	return string(name) + "科技"
}

// players makes n people and lets them in: each with customers of their own.
func players(ctx context.Context, st *store.Store, n int) ([]*player, error) {
	do := action.New(st, action.Config{Field: templates.MustField(templates.Default()), Service: templates.Default().Service, Stages: templates.Default().StageNames()})
	all := make([]*player, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i := range n {
		p := &player{user: fmt.Sprintf("rep%04d", i), heard: make(chan wecomtest.Entry, 64)}
		for k := range ownCustomers {
			p.brands = append(p.brands, brandName(i*ownCustomers+k))
		}
		all[i] = p
		g.Go(func() error { return p.settle(ctx, st, do, i) })
	}
	return all, g.Wait()
}

// settle adds the person and their customers.
func (p *player) settle(ctx context.Context, st *store.Store, do *action.Executor, i int) error {
	peer := "wecom:" + p.user
	if _, err := st.AddUser(ctx, store.NewUser{Name: fmt.Sprintf("销售%04d", i), Role: crm.Rep, Peers: []string{peer}}); err != nil {
		return err
	}
	actor, err := st.UserByPeer(ctx, peer)
	if err != nil {
		return err
	}
	var calls []action.Call
	for k, brand := range p.brands {
		name := fmt.Sprintf("杭州%s有限公司", brand)
		for _, c := range []struct {
			name   string
			params map[string]any
		}{
			{"customer.create", map[string]any{"customer": name, "contact": "王强", "phone": fmt.Sprintf("139%08d", i*ownCustomers+k)}},
			{"deal.create", map[string]any{"customer": name, "amount": 400_000}},
		} {
			params, err := json.Marshal(c.params)
			if err != nil {
				return err
			}
			calls = append(calls, action.Call{Name: c.name, Params: params})
		}
	}
	out, err := do.Run(ctx, action.Request{Actor: actor, Calls: calls, Key: "bench:" + p.user, Via: "command", Now: time.Now()})
	if err != nil {
		return fmt.Errorf("%s: %w", p.user, err)
	}
	if out.Pick != nil || out.Ask != nil {
		return fmt.Errorf("%s: a customer's name is not told apart from another's", p.user)
	}
	return nil
}

// line is something to say, and a word that a right answer has.
type line struct{ say, want string }

// next is what the person says now: writes and reads in turn, all of them so plain that none is asked back about.
func (p *player) next() line {
	n := p.turns
	p.turns++
	brand := p.brands[n/8%len(p.brands)]
	round := n / 8 / len(p.brands)
	switch n % 8 {
	case 0:
		return line{fmt.Sprintf("把%s金额改成%d万", brand, 30+(n/8+7*round)%30), "撤销"}
	case 1:
		return line{brand + "什么情况", brand}
	case 2:
		return line{fmt.Sprintf("明天下午%d点提醒我打给%s的王强", 1+n/8%6, brand), "撤销"}
	case 3:
		return line{"我的商机有哪些", "科技"}
	case 4:
		return line{"记一下" + brand + "：对方要两套方案，下周再谈价格", "撤销"}
	case 5:
		return line{"我有哪些提醒", "王强"}
	case 6:
		return line{"把" + brand + "推进到" + []string{"需求分析", "方案报价", "商务谈判"}[round%3], "撤销"}
	default:
		return line{"我的客户", "科技"}
	}
}

// told reports whether e is a right answer to l.
func (l line) told(e wecomtest.Entry) bool { return strings.Contains(e.Body, l.want) }
