// Package action is the vocabulary: everything that can be done in the CRM has a name, a parameter
// struct and a handler here, and one executor runs them all, whatever door they come through.
package action

import (
	"encoding/json"
	"time"

	"gendan/crm"
)

// Call asks for one action: its name and its parameters as JSON in the normal forms of the contract.
type Call struct {
	Name   string          `json:"name"`
	Params json.RawMessage `json:"params"`
}

// Request asks for a run: several actions that happen together or not at all.
type Request struct {
	Actor        crm.Actor
	Calls        []Call
	Key          string             // idempotency key: the same key gives the same receipt; required for Do
	Via          string             // the door: "chat", "card", "rule", "timer", "api", "import", "command"
	Now          time.Time          // UTC
	Focus        Focus              // what the speaker worked on last
	Chosen       map[string]crm.Ref // answers to earlier Picks, by Pick.Slot
	Proposed     map[string]crm.Ref // what an earlier run that was held back chose by itself and showed ([Outcome.Proposed]); kept as far as it can be
	Conversation string             // chat.ConversationID, for undo; "" outside chat
	Card         string             // Card.ID that the receipt will have, kept with the undo entry
	Hold         bool               // with High risk write nothing: the outcome then says what would change (Do only). So one Do serves as preview and deed
	Doubt        string             // with Hold and a write: why the person should see the changes first whatever the risk; "" when sure
	Page         int                // of a list, from 0
	Rules        []crm.RuleID       // with Via "rule": the rules that led to this run, the acting one last
	By           string             // who colleagues are told did it; "" is the actor
	preview      bool               // it is rolled back: nobody's turn is taken
	Once         bool               // the caller's transaction itself sees to it that Key runs once, by marking the message that asked as answered: no receipt is looked for, or left
}

// Focus is what a bare follow-up (「改成40万」) refers to. Zero ids are unknown.
type Focus struct {
	Customer crm.Ref `json:"customer,omitzero"`
	Contact  crm.Ref `json:"contact,omitzero"`
	Deal     crm.Ref `json:"deal,omitzero"`
	Lead     crm.Ref `json:"lead,omitzero"`
	Reminder crm.Ref `json:"reminder,omitzero"`
	Ticket   crm.Ref `json:"ticket,omitzero"`
}

// Outcome is what came of a run. When Pick or Ask is set nothing was written.
type Outcome struct {
	Results  []Result `json:"results,omitempty"`   // one for each call, in order
	UndoCode string   `json:"undo_code,omitempty"` // "A7F2"; "" when there is nothing to take back
	Focus    Focus    `json:"focus,omitzero"`      // for the next message
	Pick     *Pick    `json:"pick,omitempty"`      // two or more records fit a name: the person chooses
	Ask      *Ask     `json:"ask,omitempty"`       // a value is missing or wrong: the person says it again
	Risk     Risk     `json:"risk,omitempty"`      // filled by Preview: whether to confirm first
	Why      string   `json:"why,omitempty"`       // with Risk: one Chinese phrase, why we ask
	Replayed bool     `json:"replayed,omitempty"`  // the key had run before; this is its receipt

	Proposed map[string]crm.Ref `json:"proposed,omitempty"` // held back: what the run chose by itself, by slot, for [Request.Proposed]; ID 0 is nobody
}

// Risk says whether a person should see the changes before they happen.
type Risk string

// The risks.
const (
	Low  Risk = ""     // run at once, offer undo
	High Risk = "high" // show the difference first
)

// Result is what one action did or found.
type Result struct {
	Name    string          `json:"name"`
	Record  crm.Ref         `json:"record,omitzero"` // the record created, changed or shown
	Owner   string          `json:"owner,omitempty"` // of the customer concerned, when it is not the actor
	Changes []Change        `json:"changes,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`  // what a read found, in the action's own view struct (see views.go)
	Notes   []string        `json:"notes,omitempty"` // Chinese sentences worth saying beside it
}

// Change is a field as people call it, before and after, as people read it.
type Change struct {
	Record crm.Ref `json:"record"`
	Field  string  `json:"field"`            // 阶段, 金额, 预计签约
	Old    string  `json:"old,omitempty"`    // "" when it was empty
	New    string  `json:"new,omitempty"`    // "" when it is emptied
	Secret bool    `json:"secret,omitempty"` // personal data or money: masked in groups
}

// Pick asks which record was meant.
type Pick struct {
	Slot    string   `json:"slot"`    // key for Request.Chosen, e.g. "0.customer"
	Call    int      `json:"call"`    // index of the call
	Param   string   `json:"param"`   // "customer"
	Said    string   `json:"said"`    // what the person said
	Options []Option `json:"options"` // nearest first, at most 10
	Create  bool     `json:"create"`  // offering to create is sensible (nothing near): a Chosen ref with the kind and ID 0 says yes
}

// Option is a candidate with what tells it from the others.
type Option struct {
	Ref    crm.Ref `json:"ref"`
	Detail string  `json:"detail,omitempty"` // industry, region, owner, last contact
}

// Ask says which parameter has to be said again, and why. Everything else is kept by the bot.
type Ask struct {
	Call     int    `json:"call"`
	Param    string `json:"param"`
	Question string `json:"question"` // one Chinese sentence: what is wrong, what to type
}
