package action

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// run is one run of several calls, in two passes. The first resolves names and checks rules, call by call,
// and writes nothing: so a question about the third call leaves nothing half done. The second writes what
// the first has queued.
type run struct {
	x    *Executor
	tx   *store.Tx
	req  Request
	now  time.Time
	zone *time.Location

	call      int                  // index of the call being prepared
	customers map[string]*customer // by what was said, folded
	deals     map[int64]*deal
	tickets   map[crm.TicketID]*ticket

	freshTicket *ticket // made by an earlier call of this run
	results     []*Result
	writes      []func(ctx context.Context) error
	farewells   []func(ctx context.Context) error // writes after which the actor may no longer see the record
	titles      []string
	founded     []string         // customers that the call being prepared makes on the way
	news        map[int64][]News // by user: what colleagues hear of the run
	risk        Risk
	why         string
	focus       Focus

	proposed map[string]crm.Ref // what the run chose by itself, by slot

	pointsBefore map[*customer][]pointsStep // changes of points that earlier calls have queued
}

func newRun(x *Executor, tx *store.Tx, req Request) *run {
	return &run{x: x, tx: tx, req: req, now: tx.Now, zone: req.Actor.Location(),
		customers: map[string]*customer{}, deals: map[int64]*deal{}, focus: req.Focus}
}

// stop ends the first pass with a question to the person.
type stop struct {
	pick *Pick
	ask  *Ask
}

func (s *stop) Error() string { return "action: the person has to choose" }

// prepare is the first pass. stopped says that out holds a question.
func (r *run) prepare(ctx context.Context, specs []*Action) (out Outcome, stopped bool, err error) {
	for i, a := range specs {
		r.call = i
		res, err := a.prepare(ctx, r, r.req.Calls[i].Params)
		var question *stop
		switch {
		case errors.As(err, &question):
			return Outcome{Pick: question.pick, Ask: question.ask, Focus: r.req.Focus}, true, nil
		case err != nil:
			var refusal *crm.Refusal
			if errors.As(err, &refusal) {
				return Outcome{}, true, refusal
			}
			return Outcome{}, true, fmt.Errorf("%s: %w", a.name, err)
		}
		if res.Name == "" {
			res.Name = a.name
		}
		for _, name := range r.founded {
			res.Notes = append([]string{fmt.Sprintf("客户 %s 也一起建了。", name)}, res.Notes...)
		}
		r.founded = nil
		r.results = append(r.results, res)
	}
	return Outcome{}, false, nil
}

// apply is the second pass. A record that somebody else changed between the passes makes the whole
// transaction run again.
func (r *run) apply(ctx context.Context) error {
	for _, write := range append(r.writes, r.farewells...) {
		if err := write(ctx); errors.Is(err, crm.ErrConflict) {
			return store.RunAgain(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// last queues a write for the end of the second pass.
func (r *run) last(write func(ctx context.Context) error) { r.farewells = append(r.farewells, write) }

// then queues a write for the second pass.
func (r *run) then(write func(ctx context.Context) error) { r.writes = append(r.writes, write) }

func (r *run) taken() []Result {
	out := make([]Result, len(r.results))
	for i, res := range r.results {
		out[i] = *res
	}
	return out
}

// risky marks the run as one that a person should see first; the first reason is told.
func (r *run) risky(why string) {
	if r.risk != High {
		r.risk, r.why = High, why
	}
}

// ask is the error that makes the person say param again.
func (r *run) ask(param, format string, args ...any) error {
	return &stop{ask: &Ask{Call: r.call, Param: param, Question: fmt.Sprintf(format, args...)}}
}

// bad turns a refused value of param into a question, so that only it has to be said again.
func (r *run) bad(param string, err error) error {
	var refusal *crm.Refusal
	if errors.As(err, &refusal) && errors.Is(err, crm.ErrInvalid) {
		return &stop{ask: &Ask{Call: r.call, Param: param, Question: refusal.Sentence}}
	}
	return err
}

func (r *run) slot(param string) string { return fmt.Sprintf("%d.%s", r.call, param) }

// pick is the error that makes the person choose a record for param.
func (r *run) pick(param, said string, options []Option, create bool) error {
	if len(options) > 10 {
		options = options[:10]
	}
	return &stop{pick: &Pick{Slot: r.slot(param), Call: r.call, Param: param, Said: said, Options: options, Create: create}}
}

// chosen is the person's answer to an earlier pick of param in this call. An answer with ID 0 is "create it".
func (r *run) chosen(param string) (crm.Ref, bool) {
	ref, ok := r.req.Chosen[r.slot(param)]
	return ref, ok
}

// audit notes what an action changed of a record.
func (r *run) audit(action string, ref crm.Ref, changes []Change) {
	type line struct {
		Field string `json:"field"`
		Old   string `json:"old,omitempty"`
		New   string `json:"new,omitempty"`
	}
	lines := make([]line, 0, len(changes))
	for _, c := range changes {
		if c.Record == ref || c.Record.ID == 0 {
			lines = append(lines, line{c.Field, c.Old, c.New})
		}
	}
	diff, err := json.Marshal(lines)
	if err != nil {
		diff = nil // three strings always marshal
	}
	r.tx.Ledger.Audit = append(r.tx.Ledger.Audit, store.AuditLine{Action: action, Via: r.req.Via, Kind: ref.Kind, ID: ref.ID, Diff: diff, Key: r.req.Key})
}

// event tells the rules what happened.
func (r *run) event(name string, ref crm.Ref, data map[string]any) {
	if len(r.req.Rules) > 0 { // so that rules do not go round in circles
		data = maps.Clone(data)
		if data == nil {
			data = map[string]any{}
		}
		data["rules"] = r.req.Rules
	}
	b, err := json.Marshal(data)
	if err != nil || len(data) == 0 {
		b = nil
	}
	r.tx.Ledger.Events = append(r.tx.Ledger.Events, store.Event{Name: name, Kind: ref.Kind, ID: ref.ID, Data: b})
}

// history writes what changed into the customer's history.
func (r *run) history(c *customer, dealID int64, content string) {
	if r.req.Via == "rule" && r.req.By != "" {
		content += "（" + r.req.By + "）"
	}
	r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, store.ActivityRow{Customer: crm.CustomerID(c.ID), Deal: crm.DealID(dealID),
		Type: "change", Content: content, At: r.now})
}

// title names what undo would take back.
func (r *run) title(format string, args ...any) {
	r.titles = append(r.titles, fmt.Sprintf(format, args...))
}

// leaveUndo makes the way back that the store has collected findable by a code.
func (r *run) leaveUndo(out *Outcome) {
	u := r.tx.Ledger.Undo
	if u == nil || len(u.Steps) == 0 {
		return
	}
	if r.req.Actor.UserID == 0 { // nobody is there to take it back
		r.tx.Ledger.Undo = nil
		return
	}
	if r.req.Calls[0].Name == "undo" { // what was taken back is done anew, not taken back again
		r.tx.Ledger.Undo = nil
		return
	}
	u.Code, u.Conversation, u.Card = undoCode(), r.req.Conversation, r.req.Card
	u.Title, u.Expires = strings.Join(r.titles, "；"), r.now.Add(r.x.undoFor)
	out.UndoCode = u.Code
}

// undoAlphabet leaves out what looks or sounds like something else.
const undoAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

func undoCode() string {
	var b [4]byte
	for {
		rand.Read(b[:]) // never fails since Go 1.24
		digits := 0
		for i, v := range b {
			b[i] = undoAlphabet[int(v)%len(undoAlphabet)]
			if b[i] <= '9' {
				digits++
			}
		}
		if digits > 0 && digits < 4 { // neither a word nor a record number
			return string(b[:])
		}
	}
}

// say is how changes read in a line of history.
func say(changes []Change) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		switch {
		case c.Old == "":
			parts = append(parts, c.Field+" "+c.New)
		case c.New == "":
			parts = append(parts, c.Field+" "+c.Old+" → 空")
		default:
			parts = append(parts, c.Field+" "+c.Old+" → "+c.New)
		}
	}
	return strings.Join(parts, "；")
}

// settle gives a result its record, once it has a number, and with it the changes of it.
func (res *Result) settle(ref crm.Ref) {
	if res.Record.ID == 0 && res.Record.Kind == ref.Kind {
		res.Record = ref
	}
	for i := range res.Changes {
		if c := &res.Changes[i].Record; c.ID == 0 && c.Kind == ref.Kind && c.Name == ref.Name {
			*c = ref
		}
	}
}

// view puts what a read found into the result.
func view(res *Result, v any) (*Result, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	res.Data = b
	return res, nil
}
