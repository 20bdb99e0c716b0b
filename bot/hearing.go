package bot

import (
	"maps"
	"strings"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// ownNames are the names of the speaker's records, read once in a while.
func (t *turn) ownNames() *names {
	if t.actor.UserID == 0 {
		return newNames(nil, t.now)
	}
	now := t.bot.now()
	shelf := shelfOf(t.actor)
	if n := t.bot.names.of(shelf, now); n != nil {
		return n
	}
	rows, err := t.tx.KnownNames(t.ctx, mostNames)
	if err != nil { // the transaction is lost with it and says so at its next statement
		t.bot.log.Error("names", zap.Error(err))
		return newNames(nil, now)
	}
	n := newNames(rows, now)
	t.bot.names.keep(shelf, n)
	return n
}

// parse reads text with the names of the speaker's own records in mind: a name that stands in it is read whole and is
// sure; one that only sounds like theirs is taken for theirs, and noted as such.
func (t *turn) parse(text string) parse.Result {
	own := t.ownNames()
	res := parse.Parse(text, t.local(), t.bot.pack)
	if said := own.in(text); len(said) > 0 && !(res.Confidence >= sureEnough && named(res.Actions, own)) {
		if with := parse.Parse(text, t.local(), t.bot.pack, parse.Known(said)); len(with.Actions) > 0 {
			res = with
		}
	}
	if res.Ask != "" && res.Confidence < wholeEnough {
		res.Confidence = min(res.Confidence, sureEnough-0.02) // 「改成周四」: what is missing may be what was spoken of
	}
	return t.listen(text, res, own)
}

// wholeEnough is the confidence from which an order with a part missing is one by itself, whatever was spoken of before.
const wholeEnough = 0.9

// named tells whether every action is about a customer whose name is known as it was said.
func named(actions []parse.Action, own *names) bool {
	for _, a := range actions {
		if said, _ := a.Params["customer"].(string); !own.holds(said) {
			return false
		}
	}
	return len(actions) > 0
}

// listen puts the speaker's own names in the place of names that only sound like them. Speech is written down by its
// sound, so that one record answering to it is taken; what was typed is taken with a question before it writes.
func (t *turn) listen(text string, res parse.Result, own *names) parse.Result {
	t.sounded = nil
	spoken := t.message.Kind == chat.Voice
	for i, a := range res.Actions {
		if a.Name == "customer.create" || a.Name == "lead.create" {
			continue // a new name is a new name; the executor compares it with those it has
		}
		for _, p := range []string{"customer", "into", "product"} {
			said, _ := a.Params[p].(string)
			product := p == "product"
			if said == "" || strings.HasPrefix(said, "#") || product && own.product(said) || !product && (own.holds(said) || own.begins(said)) {
				continue
			}
			near := own.sounding(said, product)
			if len(near) != 1 {
				continue // several: the executor shows which
			}
			res.Actions[i].Params = replaced(res.Actions[i].Params, p, said, near[0].name, spoken)
			t.sounds(said, near[0].name)
			if spoken {
				res.Confidence = max(res.Confidence, sureEnough)
			}
		}
	}
	if !spoken || len(t.sounded) > 0 || named(res.Actions, own) || len(own.in(text)) > 0 {
		return res
	}
	// No name was read that is known: perhaps it was cut wrong, because it was written down wrong.
	h, ok := own.heardIn(text)
	if !ok {
		return res
	}
	meant := strings.Replace(text, h.said, h.meant, 1)
	again := parse.Parse(meant, t.local(), t.bot.pack, parse.Known([]string{h.meant}))
	if len(again.Actions) == 0 || creates(again.Actions) || again.Confidence < res.Confidence && len(res.Actions) > 0 {
		return res
	}
	again.Text = text
	t.sounds(h.said, h.record.name)
	return again
}

// creates tells whether actions begin a record under a new name.
func creates(actions []parse.Action) bool {
	for _, a := range actions {
		if a.Name == "customer.create" || a.Name == "lead.create" {
			return true
		}
	}
	return false
}

// replaced is params with meant in the place of what was said for p; in speech free texts are put right too.
func replaced(params map[string]any, p, said, meant string, spoken bool) map[string]any {
	params = maps.Clone(params)
	params[p] = meant
	if !spoken {
		return params
	}
	for _, free := range []string{"content", "next", "need", "reason"} {
		if s, ok := params[free].(string); ok && strings.Contains(s, said) {
			params[free] = strings.ReplaceAll(s, said, crm.BrandName(meant))
		}
	}
	return params
}

// sound is a name that was taken for one that sounds like it.
type sound struct{ Said, Meant string }

func (t *turn) sounds(said, meant string) {
	for _, s := range t.sounded {
		if s.Said == said {
			return
		}
	}
	t.sounded = append(t.sounded, sound{said, meant})
}

// unsure is the reason to show a job before it is done because a name in it only sounds like the record's, ""
// when there is none.
func (t *turn) unsure(calls []action.Call) string {
	if len(t.sounded) == 0 || t.message.Kind == chat.Voice || !writes(calls) {
		return ""
	}
	return t.text("sounds_like", map[string]any{"Sounds": t.sounded})
}

// learned forgets the names of the speaker when a run has made or changed one.
func (t *turn) learned(calls []action.Call, out action.Outcome) {
	user := shelfOf(t.actor)
	own := t.bot.names.of(user, t.bot.now())
	if own == nil || !writes(calls) {
		return
	}
	stale := out.Focus.Customer.ID != 0 && !own.ids[out.Focus.Customer.ID] && len(own.ids) < mostNames // with more, the next look would not hold it either
	for _, c := range calls {
		switch c.Name {
		case "customer.update", "lead.convert", "undo":
			stale = true
		case "deal.create":
			stale = stale || strings.Contains(string(c.Params), `"product"`)
		}
	}
	if stale {
		t.after = append(t.after, func() { t.bot.names.forget(user) })
	}
}
