package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// Config is what a company or an industry pack decides.
type Config struct {
	Stages   []string         // of the pipeline, first to last; nil is crm.DefaultPipeline
	Holidays map[string]bool  // day → worked, over the built-in table: "2027-02-10": false is a holiday
	Points   crm.PointsRules  // of loyalty; zero is crm.DefaultPointsRules
	Field    crm.FieldRules   // of products, repairs, appointments, visits and health
	Surveys  crm.SurveyRules  // zero is crm.DefaultSurveyRules
	Doors    SurveyDoors      // by which surveys can leave
	Rules    []crm.Rule       // that the pack brings
	Library  Library          // finds articles; nil: by the words they hold
	Reach    *crm.ReachPolicy // how customers are reached unasked; nil is crm.DefaultReachPolicy
	Company  string           // as customers know it, in what they read; "" leaves it out

	// Says tells whether a customer's whole message ends offers, or allows them again; nil: by crm.UnsubscribeWord.
	Says func(text string) (stop, again bool)
	Undo time.Duration // how long a run can be taken back; 0 is 24 hours

	Churn crm.ChurnRules // zero is crm.DefaultChurnRules

	Journeys []crm.JourneyPlan // that the pack brings

	Campaigns crm.CampaignRules // zero is crm.DefaultCampaignRules
	Many      int               // customers beyond which a segment is counted aside of the chat; 0 is manyCustomers

	// Service makes the rules of service from the company's own settings, which may be empty; nil: nothing is promised to anybody.
	Service func(own []byte, days crm.Calendar) (*crm.ServiceRules, error)
}

// Executor runs actions. Safe for concurrent use.
type Executor struct {
	store    *store.Store
	pipeline crm.Pipeline
	calendar crm.Calendar
	undoFor  time.Duration
	field    crm.FieldRules
	points   crm.PointsRules
	surveys  crm.SurveyRules
	doors    SurveyDoors
	library  Library
	reach    crm.ReachPolicy
	company  string
	says     func(text string) (stop, again bool)
	people   directory
	service  serviceBook
	shifts   shifts
	specs    []Spec

	journeys []crm.JourneyPlan // of the pack
	churn    crm.ChurnRules

	campaigns crm.CampaignRules
	many      int

	listening listening // which events rules and journeys listen to
	ruleRoom
}

// New makes an executor on s.
func New(s *store.Store, cfg Config) *Executor {
	x := &Executor{store: s, pipeline: cfg.Stages, calendar: Calendar(cfg.Holidays), undoFor: cfg.Undo, field: cfg.Field, specs: Vocabulary()}
	x.service.make, x.calendar.Zone = cfg.Service, s.Zone()
	if len(x.pipeline) == 0 {
		x.pipeline = crm.DefaultPipeline
	}
	x.presets, x.find, x.preview = cfg.Rules, find, x.Preview
	x.surveys, x.doors, x.library = cfg.Surveys, cfg.Doors, cfg.Library
	if x.surveys == (crm.SurveyRules{}) {
		x.surveys = crm.DefaultSurveyRules
	}
	x.journeys = cfg.Journeys
	if x.points = cfg.Points; x.points.Rate == 0 && len(x.points.Tiers.List) == 0 {
		x.points = crm.DefaultPointsRules
	}
	x.reach, x.company, x.says = crm.DefaultReachPolicy, cfg.Company, cfg.Says
	if cfg.Reach != nil {
		x.reach = *cfg.Reach
	}
	if x.churn = cfg.Churn; x.churn == (crm.ChurnRules{}) {
		x.churn = crm.DefaultChurnRules
	}
	if x.campaigns = cfg.Campaigns; x.campaigns == (crm.CampaignRules{}) {
		x.campaigns = crm.DefaultCampaignRules
	}
	if x.many = cfg.Many; x.many == 0 {
		x.many = manyCustomers
	}
	if x.undoFor == 0 {
		x.undoFor = 24 * time.Hour
	}
	return x
}

// Do runs the calls of req in the caller's transaction, all or none. A key that has run before gives its
// receipt again. With Pick or Ask in the outcome nothing was written, nor with High risk when req.Hold is
// set. Refusals are [*crm.Refusal]; after any error the caller must let the transaction fail or, for a
// refusal, may go on: refusals come before the first write.
func (x *Executor) Do(ctx context.Context, tx *store.Tx, req Request) (Outcome, error) {
	specs, writes, err := check(req)
	if err != nil {
		return Outcome{}, err
	}
	if writes == 0 && !tx.Replica() && onlyReports(req) {
		var out Outcome
		read, err := x.store.Reading(ctx, tx.Actor, func(ctx context.Context, replica *store.Tx) (err error) {
			replica.Now = tx.Now
			out, err = x.Do(ctx, replica, req)
			if isRefusal(err) || out.Pick != nil || out.Ask != nil { // what was said may name what the replica does not know yet
				return store.ErrPrimary
			}
			return err
		})
		if read {
			return out, err
		}
	}
	if writes > 0 && req.Key != "" && !req.Once {
		kept, ok, err := tx.Receipt(ctx, req.Key)
		if err != nil {
			return Outcome{}, err
		}
		if ok {
			var out Outcome
			if err := json.Unmarshal(kept, &out); err != nil {
				return Outcome{}, fmt.Errorf("receipt %q: %w", req.Key, err)
			}
			out.Replayed = true
			return out, nil
		}
	}
	if req.Now.IsZero() {
		req.Now = tx.Now
	}
	tx.Now = req.Now.UTC().Truncate(time.Microsecond)
	req.Page = max(0, req.Page)
	r := newRun(x, tx, req)
	if req.Doubt != "" && writes > 0 {
		r.risky(req.Doubt)
	}
	if writes > manyWrites {
		r.risky(fmt.Sprintf("一次要做 %d 项改动", writes))
	}
	if out, stop, err := r.prepare(ctx, specs); stop || err != nil {
		return out, err
	}
	out := Outcome{Risk: r.risk, Why: r.why}
	if r.risk == High && req.Hold {
		out.Results, out.Focus, out.Proposed = r.taken(), r.focus, r.proposed
		return out, nil
	}
	if err := r.apply(ctx); err != nil {
		return Outcome{}, err
	}
	out.Results, out.Focus = r.taken(), r.focus
	if writes == 0 {
		return out, nil
	}
	if err := r.leaveNotices(); err != nil {
		return Outcome{}, err
	}
	if err := r.leaveReactions(ctx); err != nil {
		return Outcome{}, err
	}
	r.leaveUndo(&out)
	if req.Key != "" && !req.Once {
		kept, err := json.Marshal(out)
		if err != nil {
			return Outcome{}, fmt.Errorf("receipt %q: %w", req.Key, err)
		}
		tx.Ledger.Receipt = &store.Receipt{Key: req.Key, Outcome: kept}
	}
	return out, nil
}

// onlyReports tells whether a run looks at reports and segments and at nothing else: they may come from the replica, some seconds old.
func onlyReports(req Request) bool {
	for _, c := range req.Calls {
		if !strings.HasPrefix(c.Name, "report.") && c.Name != "segment.view" && c.Name != "segment.list" {
			return false
		}
	}
	return true
}

// manyWrites is how many changes one message may ask for before a person is shown them first.
const manyWrites = 4

// check refuses what is no run: unknown actions, and deeds that the actor's role may not do.
func check(req Request) (specs []*Action, writes int, err error) {
	if len(req.Calls) == 0 {
		return nil, 0, crm.Refuse(crm.ErrInvalid, "没听懂要做什么，说「帮助」看看我会什么。")
	}
	for _, c := range req.Calls {
		a := find(c.Name)
		switch {
		case a == nil && later[c.Name] != "":
			return nil, 0, crm.Refuse(crm.ErrInvalid, "「%s」我还不会，正在学；现在能做的说「帮助」就能看到。", later[c.Name])
		case a == nil:
			return nil, 0, crm.Refuse(crm.ErrInvalid, "没有「%s」这个操作，说「帮助」看看我会什么。", c.Name)
		}
		if err := req.Actor.CheckDeed(a.deed); err != nil {
			return nil, 0, err
		}
		if a.write {
			writes++
		}
		specs = append(specs, a)
	}
	return specs, writes, nil
}

// Run is [Executor.Do] in a transaction of its own, as req.Actor: for the API, the command line, rules.
func (x *Executor) Run(ctx context.Context, req Request) (out Outcome, err error) {
	err = x.store.AsIn(ctx, req.Actor, req.Conversation, func(ctx context.Context, tx *store.Tx) error {
		out, err = x.Do(ctx, tx, req)
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// errRollback ends a preview.
var errRollback = errors.New("action: preview")

// Preview is [Executor.Run] that leaves nothing behind: what would change, and whether to ask first.
func (x *Executor) Preview(ctx context.Context, req Request) (out Outcome, err error) {
	req.Hold, req.Key, req.preview = false, "", true
	err = x.store.AsIn(ctx, req.Actor, req.Conversation, func(ctx context.Context, tx *store.Tx) error {
		if out, err = x.Do(ctx, tx, req); err != nil {
			return err
		}
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		return Outcome{}, err
	}
	out.UndoCode = ""
	return out, nil
}

// directory remembers who works here for a few seconds, so that naming a colleague costs nothing.
type directory struct {
	mu     sync.Mutex
	at     time.Time
	people []store.Colleague
	teams  []store.Department
}

func (d *directory) load(ctx context.Context, tx *store.Tx) ([]store.Colleague, []store.Department, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) < 3*time.Second {
		return d.people, d.teams, nil
	}
	people, err := tx.Colleagues(ctx)
	if err != nil {
		return nil, nil, err
	}
	teams, err := tx.Departments(ctx)
	if err != nil {
		return nil, nil, err
	}
	d.at, d.people, d.teams = time.Now(), people, teams
	return people, teams, nil
}
