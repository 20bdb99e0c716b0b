package bot

import (
	"maps"
	"slices"
	"strings"

	"gendan/bot/parse"
	"gendan/crm/store"
)

const mostClauses = 5

// clauses reads an order about several customers, one in each clause (云帆推进到谈判，锦程金额改成25万), clause by clause where res gives what was said of
// one to another: a customer whom res names nowhere has an order of its own. A clause that names none is about the customer of the one before.
func (t *turn) clauses(text string, res parse.Result) parse.Result {
	if len(res.Actions) == 0 || reads(res.Actions) {
		return res
	}
	pieces := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，,；;。\n", r) })
	if len(pieces) < 2 || len(pieces) > mostClauses {
		return res
	}
	apart := parse.Result{Text: text, Confidence: 1}
	last, missed := "", ""
	for _, piece := range pieces {
		one := t.parse(piece)
		if len(one.Actions) == 0 || reads(one.Actions) || len(one.Problems) > 0 || one.Confidence < sureEnough {
			return res
		}
		for _, a := range one.Actions {
			name, _ := a.Params["customer"].(string)
			switch {
			case name == "" && last != "":
				a.Params = maps.Clone(a.Params)
				a.Params["customer"] = last
			case name != "":
				last = name
				if !mentioned(res.Actions, name) {
					missed = name
				}
			}
			apart.Actions = append(apart.Actions, a)
		}
		apart.Confidence = min(apart.Confidence, one.Confidence)
	}
	if missed == "" || !t.isCustomer(missed) {
		return res
	}
	return apart
}

// mentioned tells whether name is a customer of actions, or stands in one of their texts.
func mentioned(actions []parse.Action, name string) bool {
	return slices.ContainsFunc(actions, func(a parse.Action) bool {
		for _, v := range a.Params {
			if s, ok := v.(string); ok && strings.Contains(s, name) {
				return true
			}
		}
		return false
	})
}

// isCustomer tells whether somebody's customer is called name, the speaker's or a colleague's.
func (t *turn) isCustomer(name string) bool {
	if t.ownNames().holds(name) {
		return true
	}
	rows, err := t.tx.CustomersNamed(t.ctx, name)
	return err == nil && slices.ContainsFunc(rows, func(r store.CustomerRow) bool { return r.Score > 50 })
}
