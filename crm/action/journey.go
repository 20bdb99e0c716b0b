package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// JourneyStart puts customers into a journey: one, those of a filter, or with neither those whom the journey itself is for,
// now and every day from now on.
type JourneyStart struct {
	Journey  string     `json:"journey" doc:"*旅程的名字，比如 沉睡召回"`
	Customer string     `json:"customer,omitempty" doc:"客户名"`
	Filter   crm.Filter `json:"filter,omitzero" doc:"给哪些客户：标签、级别、多久没下单、分层、生日……"`
}

// JourneyStartView is what a start does, or would do.
type JourneyStartView struct {
	Journey string         `json:"journey"`
	About   string         `json:"about"`
	Enter   int            `json:"enter"`          // come in, those held out included
	Held    int            `json:"held,omitempty"` // of them: only watched
	Out     map[string]int `json:"out,omitempty"`  // who does not come in, by why
	Auto    string         `json:"auto,omitempty"` // who will come in by itself from now on
	Steps   []string       `json:"steps"`          // what happens, in Chinese
}

// leastHeld is how many must enter together by hand for some of them to be held out.
const leastHeld = 20

// journeyMost is how many customers one start lets in.
const journeyMost = 1_000_000

func journeyStart(ctx context.Context, r *run, p *JourneyStart) (*Result, error) {
	j, err := r.journey(ctx, p.Journey)
	if err != nil {
		return nil, err
	}
	if j.State == crm.JourneyPaused {
		return nil, crm.Refuse(crm.ErrConflict, "旅程「%s」暂停着，先说「继续%s旅程」再让客户进来。", j.Name, j.Name)
	}
	in := &starting{r: r, j: j, e: entering(j)}
	if err := in.who(ctx, p); err != nil {
		return nil, err
	}
	if err := in.fit(ctx); err != nil {
		return nil, err
	}
	if in.v.Enter == 0 && !in.auto {
		return nil, crm.Refuse(crm.ErrConflict, "没有客户能进旅程「%s」：%s。", j.Name, in.outs())
	}
	v := &in.v
	v.Journey, v.About, v.Steps = j.Name, j.Plan.About, sayJourney(j.Plan)
	res := &Result{Record: j.Ref()}
	held, auto := "", ""
	if v.Held > 0 {
		held = fmt.Sprintf("%d 位（只观察不打扰，用来算效果）", v.Held)
	}
	if in.auto {
		v.Auto = sayEntry(j.Plan.Entry)
		auto = v.Auto
	}
	res.changes(res.Record, "旅程", j.Name, "进入", fmt.Sprintf("%d 位客户", v.Enter), "对照组", held, "不进入", in.outs(), "以后自动进入", auto)
	switch {
	case in.one != nil:
		r.ours(in.one, res)
	case in.auto:
		r.risky("以后会自动发给客户")
	default:
		r.risky(fmt.Sprintf("会发给 %d 位客户", v.Enter-v.Held))
	}
	filter, err := json.Marshal(p.Filter)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	if string(filter) == "{}" {
		filter = nil
	}
	r.then(func(ctx context.Context) error { return in.start(ctx, res, filter) })
	r.title("%s进入旅程「%s」", in.called(), j.Name)
	return view(res, *v)
}

// starting is a start on its way.
type starting struct {
	r    *run
	j    store.JourneyRow
	e    store.Entering
	one  *customer // a single one was named
	auto bool      // customers enter by themselves from now on
	ids  []int64
	held []bool
	v    JourneyStartView
}

// entering is what those who enter a journey now have in common.
func entering(j store.JourneyRow) store.Entering {
	return store.Entering{Journey: j.ID, Plan: j.Number, Again: j.Plan.Again, Window: j.Plan.Goal.Window(), Calm: j.Plan.Purpose == crm.Marketing, Purpose: j.Plan.Purpose}
}

// who finds the customers that are meant.
func (in *starting) who(ctx context.Context, p *JourneyStart) (err error) {
	raw, err := json.Marshal(p.Filter)
	switch {
	case err != nil:
		return fmt.Errorf("filter: %w", err)
	case p.Customer != "" || string(raw) == "{}" && in.j.Plan.Entry.On == crm.EnterByHand && in.r.focus.Customer.ID != 0:
		if in.one, err = in.r.customer(ctx, p.Customer, mustExist); err == nil {
			in.ids = []int64{in.one.ID}
		}
		return err
	case string(raw) != "{}":
		f := p.Filter
		if not := in.j.Plan.Not; not != nil {
			f = crm.Filter{All: []crm.Filter{p.Filter}, Not: not}
		}
		in.ids, err = in.r.audience(ctx, f, journeyMost)
		return err
	case in.j.Plan.Entry.On == crm.EnterByHand:
		return in.r.ask("filter", "旅程「%s」给哪些客户？说个客户名，或者条件，比如「30天没下单的会员」。", in.j.Name)
	}
	switch in.r.req.Actor.Role {
	case crm.Admin, crm.Manager, crm.TeamLead, crm.Marketer:
	default:
		return crm.Refuse(crm.ErrDenied, "自动运行的旅程请主管或市场来开；自己的客户可以说「对30天没下单的客户启动%s旅程」。", in.j.Name)
	}
	if in.j.Auto && in.j.State == crm.JourneyOn {
		return crm.Refuse(crm.ErrConflict, "旅程「%s」已经在自动运行了，说「%s旅程走到哪了」看进展。", in.j.Name, in.j.Name)
	}
	in.auto = true
	in.ids, err = in.r.x.whoEnters(ctx, in.r, in.j, journeyMost)
	return err
}

// fit finds out who of them comes in, who is held out, and who does not and why.
func (in *starting) fit(ctx context.Context) error {
	const page = 10_000
	in.v.Out = map[string]int{}
	var fit []int64
	seen := 0
	for ids := range slices.Chunk(in.ids, page) {
		fits, err := in.r.tx.JourneyFits(ctx, in.e, ids)
		if err != nil {
			return err
		}
		seen += len(fits)
		for _, f := range fits {
			if f.Why != "" {
				in.v.Out[f.Why]++
				continue
			}
			fit = append(fit, f.ID)
		}
	}
	in.ids = fit
	in.held = heldOut(in.j, fit)
	if in.one != nil || len(fit) < leastHeld { // a colleague wants just these to be spoken to, and of so few nothing could be told
		in.held = make([]bool, len(fit))
	}
	for _, h := range in.held {
		if h {
			in.v.Held++
		}
	}
	in.v.Enter = len(fit)
	return nil
}

func heldOut(j store.JourneyRow, ids []int64) []bool {
	held := make([]bool, len(ids))
	for i, id := range ids {
		held[i] = crm.HeldOut(j.ID, crm.CustomerID(id), j.Plan.Holdout)
	}
	return held
}

// outs says why others do not come in; "" when all do.
func (in *starting) outs() string {
	var parts []string
	for _, o := range []struct{ why, says string }{{"in", "%d 位已经在里面"}, {"been", "%d 位已经走过"}, {"ticket", "%d 位有工单没处理完"}, {"stopped", "%d 位退订了"}} {
		if n := in.v.Out[o.why]; n > 0 {
			parts = append(parts, fmt.Sprintf(o.says, n))
		}
	}
	if len(parts) == 0 && in.v.Enter == 0 && !in.auto {
		return "没有符合条件的客户"
	}
	return strings.Join(parts, "，")
}

func (in *starting) called() string {
	if in.one != nil {
		return in.one.Name
	}
	return fmt.Sprintf("%d 位客户", in.v.Enter)
}

// start lets them in and sets the journey going.
func (in *starting) start(ctx context.Context, res *Result, filter []byte) error {
	r := in.r
	turnedOn := in.j.State != crm.JourneyOn || in.auto && !in.j.Auto
	if turnedOn {
		if err := r.tx.SwitchJourney(ctx, in.j, crm.JourneyOn, in.auto || in.j.Auto && in.j.State == crm.JourneyOn, int64(r.req.Actor.UserID)); err != nil {
			return err
		}
		if err := r.x.listenAnew(ctx, r.tx); err != nil {
			return err
		}
	}
	start, err := r.tx.AddJourneyStart(ctx, in.j.ID, filter, turnedOn)
	if err != nil {
		return err
	}
	r.tx.Created(crm.KindJoin, start, 1)
	in.e.Start = start
	in.v.Enter, in.v.Held = 0, 0
	const page = 10_000
	for from := 0; from < len(in.ids); from += page {
		to := min(from+page, len(in.ids))
		n, held, err := r.tx.EnterJourney(ctx, in.e, in.ids[from:to], in.held[from:to])
		if err != nil {
			return err
		}
		in.v.Enter, in.v.Held = in.v.Enter+n, in.v.Held+held
	}
	if err := wakeJourney(ctx, r.tx, in.j.ID, true); err != nil {
		return err
	}
	if in.auto {
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, r.x.nextLook(in.j, r.now))
	}
	r.audit("journey.start", res.Record, res.Changes)
	r.event("journey.started", res.Record, map[string]any{"entered": in.v.Enter, "held": in.v.Held, "start": start})
	if in.one != nil {
		r.history(in.one, 0, "进入旅程「"+in.j.Name+"」")
	}
	_, err = view(res, in.v)
	return err
}

// journey finds the journey that is meant: by its number, its name or another word for it, or a part of these.
func (r *run) journey(ctx context.Context, said string) (j store.JourneyRow, err error) {
	said = strings.TrimSuffix(strings.Trim(strings.TrimSpace(said), "「」“”\"《》【】『』"), "旅程")
	if ref, ok := r.chosen("journey"); ok && ref.ID != 0 {
		return r.tx.Journey(ctx, crm.JourneyID(ref.ID))
	}
	all, err := r.tx.Journeys(ctx)
	if err != nil {
		return j, err
	}
	if said == "" {
		return j, r.ask("journey", "哪个旅程？现有：%s。", journeyNames(all))
	}
	var exact, near []store.JourneyRow
	for _, j := range all {
		names := append([]string{j.Name}, j.Plan.Words...)
		number, ok := recordNumber(said)
		switch {
		case ok && number == int64(j.ID) || slices.Contains(names, said):
			exact = append(exact, j)
		case slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, said) || strings.Contains(said, n) }):
			near = append(near, j)
		}
	}
	if len(exact) == 0 {
		exact = near
	}
	switch len(exact) {
	case 0:
		return j, crm.Refuse(crm.ErrNotFound, "没有叫「%s」的旅程，现有：%s。", said, journeyNames(all))
	case 1:
		return exact[0], nil
	}
	options := make([]Option, len(exact))
	for i, j := range exact {
		options[i] = Option{Ref: j.Ref(), Detail: j.Plan.About}
	}
	return j, r.pick("journey", said, options, false)
}

func journeyNames(all []store.JourneyRow) string {
	names := make([]string, len(all))
	for i, j := range all {
		names[i] = j.Name
	}
	if len(names) == 0 {
		return "还没有"
	}
	return strings.Join(names, "、")
}

// KeepJourneys brings the pack's journeys into the database: a new one switched off, a changed one as its next plan. What the
// company has changed itself stays as it is. Safe to repeat, and by several processes at once.
func (x *Executor) KeepJourneys(ctx context.Context) error {
	return x.store.As(ctx, crm.System, func(ctx context.Context, tx *store.Tx) error {
		return x.listeningMore(ctx, tx, func() error { return x.keepJourneys(ctx, tx) })
	})
}

func (x *Executor) keepJourneys(ctx context.Context, tx *store.Tx) error {
	known, err := tx.PackJourneys(ctx)
	if err != nil {
		return err
	}
	for _, plan := range x.journeys {
		was, ok := known[plan.Name]
		if !ok {
			if _, err := tx.AddJourney(ctx, plan, 0); err != nil {
				return err
			}
			continue
		}
		if was.ByPeople || samePlan(was.Plan, plan) {
			continue
		}
		if _, err := tx.AddJourneyPlan(ctx, was.JourneyRow, plan, 0); err != nil {
			return err
		}
	}
	return nil
}

func samePlan(a, b crm.JourneyPlan) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
