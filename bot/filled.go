package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm/action"
)

// filled puts a bare answer where the question wanted it.
func (t *turn) filled(job pending, text string, res parse.Result) (bool, error) {
	if job.Ask.Call >= len(job.Calls) {
		return false, nil
	}
	if asking(text) {
		if len(res.Actions) > 0 && (res.Confidence >= sureEnough || reads(res.Actions) && named(res.Actions, t.ownNames())) {
			return false, nil
		}
		if job.Echoed++; job.Echoed > 1 { // they ask about something else
			t.settled(job)
			return true, t.parsed(text, res)
		}
		job.Asked-- // asking back is no failed answer
		return true, t.askValue(job, job.Ask)
	}
	call := job.Calls[job.Ask.Call]
	if filter, ok := described(job.Ask.Param, res); ok {
		params := map[string]any{}
		if err := json.Unmarshal(call.Params, &params); err != nil {
			return false, fmt.Errorf("open question: %w", err)
		}
		params[job.Ask.Param] = filter
		job.Calls = slices.Clone(job.Calls)
		job.Calls[job.Ask.Call].Params = mustJSON(params)
		return true, t.run(job, 1)
	}
	if len(res.Actions) > 0 && res.Confidence >= sureEnough && len(res.Problems) == 0 && !sameAction(res.Actions, call.Name) && !(nameParams[job.Ask.Param] && nameAlone(text, res)) && !(job.Ask.Param == "content" && t.told(res.Actions)) {
		return false, nil // a new order
	}
	if chosenParams[job.Ask.Param] && saysAll(res, call.Name, job.Ask.Param) {
		return false, nil // 远航转给韩梅梅，百川转给李雷
	}
	if job.Ask.Param == "content" && len(res.Actions) > 1 && res.Confidence >= noteEnough && named(res.Actions, t.ownNames()) {
		return false, nil // two orders about a customer are no answer
	}
	if nameParams[job.Ask.Param] && newOrder(text, res, job.Ask.Param) {
		return false, nil // it begins with the name that was asked for, and goes on about something else
	}
	if chosenParams[job.Ask.Param] && res.Confidence >= shownEnough && !sameAction(res.Actions, call.Name) && named(res.Actions, t.ownNames()) {
		return false, nil // an order about one of their customers is none of what there is to choose from
	}
	params := map[string]any{}
	if err := json.Unmarshal(call.Params, &params); err != nil {
		return false, fmt.Errorf("open question: %w", err)
	}
	filled, problem, ok := parse.Fill(parse.Action{Name: call.Name, Params: params}, job.Ask.Param, text, t.local(), t.bot.pack)
	switch {
	case problem != nil:
		return true, t.askValue(job, &action.Ask{Call: job.Ask.Call, Param: job.Ask.Param, Question: sentence(problem.Say)})
	case !ok:
		if len(res.Actions) > 0 {
			return false, nil
		}
		return true, t.askValue(job, job.Ask)
	}
	if !answers(job.Ask.Param, filled.Params[job.Ask.Param]) {
		return false, nil
	}
	calls := slices.Clone(job.Calls)
	one, err := callsOf([]parse.Action{filled})
	if err != nil {
		return false, err
	}
	calls[job.Ask.Call] = one[0]
	job.Calls = t.alsoAnswered(calls, job.Ask)
	return true, t.run(job, 1)
}

// saysAll tells that res is an order of that name which says of whom as well as what was asked for.
func saysAll(res parse.Result, name, param string) bool {
	return len(res.Actions) > 0 && res.Confidence >= sureEnough && sameAction(res.Actions, name) && res.Actions[0].Params["customer"] != nil && res.Actions[0].Params[param] != nil
}

// nameAlone tells that text is a customer's name and no more: where a name was asked for it is the answer, elsewhere one wants to see it.
func nameAlone(text string, res parse.Result) bool {
	name, _ := res.Actions[0].Params["customer"].(string)
	return len(res.Actions) == 1 && res.Actions[0].Name == "customer.view" && bare(text) == bare(name)
}

// told reports whether actions only look at a customer whom nobody knows: 「聊付款方式」 tells what was talked about.
func (t *turn) told(actions []parse.Action) bool {
	return len(actions) == 1 && actions[0].Name == "customer.view" && !named(actions, t.ownNames())
}

// alsoAnswered puts the answer into the other calls of the same kind that lack it: what was talked about on a round of three customers
// is asked once. Names of records differ from call to call.
func (t *turn) alsoAnswered(calls []action.Call, ask *action.Ask) []action.Call {
	var given map[string]any
	if nameParams[ask.Param] || json.Unmarshal(calls[ask.Call].Params, &given) != nil {
		return calls
	}
	for i, c := range calls {
		var params map[string]any
		if i == ask.Call || c.Name != calls[ask.Call].Name || json.Unmarshal(c.Params, &params) != nil || params[ask.Param] != nil {
			continue
		}
		params[ask.Param] = given[ask.Param]
		calls[i].Params = mustJSON(params)
	}
	return calls
}

// described tells which customers an answer describes, when that was asked: it reads as a search for them, and is none.
func described(param string, res parse.Result) (filter any, ok bool) {
	if param != "filter" || len(res.Actions) != 1 || res.Actions[0].Name != "customer.search" || len(res.Problems) > 0 {
		return nil, false
	}
	p := res.Actions[0].Params
	filter, ok = p["filter"]
	return filter, ok && len(p) == 1
}

// nameParams are parameters whose answer is a name: a bare one, not the first word of a sentence.
var nameParams = map[string]bool{"customer": true, "deal": true, "contact": true, "lead": true}

// chosenParams are parameters whose answer is one of what there is: a colleague, a gift, a tag.
var chosenParams = map[string]bool{"to": true, "owner": true, "assignee": true, "gift": true, "tags": true, "stage": true}

// answering are words around a name that is an answer: 「华星的」, 「是华星那单吧」.
var answering = regexp.MustCompile(`^(?:就|应该)?是|^[^，,。\s]{1,16}(?:的|那家|那个|那单|这家|这个|这单)(?:那个|那单|商机)?(?:吧|啊|呀)?(?:[，,。！!\s]|$)`)

// newOrder tells that text, which could answer a question for a name, is an order that says more than the name.
func newOrder(text string, res parse.Result, param string) bool {
	if len(res.Actions) == 0 || res.Confidence < noteEnough || len(res.Problems) > 0 || answering.MatchString(strings.TrimSpace(text)) {
		return false
	}
	name, _ := res.Actions[0].Params[param].(string)
	return name != "" && len(res.Actions[0].Params) > 1 && utf8.RuneCountInString(text)-utf8.RuneCountInString(name) > 3
}
