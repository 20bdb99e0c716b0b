package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// The forms of saying that one thing was meant and not another.
var (
	notButThis = regexp.MustCompile(`^(?:不对|错了|说错了|搞错了|写错了|弄错了|哦不)?[，,。\s]*(?:我说的)?不是(.+?)[，,\s]*(?:而|应该)?是(.+)$`)
	thisNotBut = regexp.MustCompile(`^(?:不对|错了|说错了|搞错了|写错了|弄错了|哦不)?[，,。\s]*(?:我说的|应该)?是(.+?)[，,\s]*(?:而)?不是(.+)$`)
	oldToNew   = regexp.MustCompile(`^(?:把)?(.+?)(?:改成|改为|换成)(.+)$`)
	meantThis  = regexp.MustCompile(`^(?:(?:不对|错了|说错了|搞错了|写错了|弄错了|记错了|哦不|等等|更正|纠正)(?:一下)?[了，,。:：\s]*)*(?:我说的|我是说)?(?:应该是|应该|是|换成|改成|改为|给)?(.+)$`)
	spokenBy   = regexp.MustCompile(`^(电话|微信|拜访|邮件|会议|短信|上门|面谈)(?:里|上)?(?:聊|说|谈|沟通|联系|打)?(?:的|了)?$`)
)

// meant reads what is to stand in the place of what; old is "" when that was not said.
func meant(text string) (now, old string) {
	text = strings.TrimRight(strings.TrimSpace(text), "。.!！吧啊哈了～~ ")
	switch {
	case thisNotBut.MatchString(text):
		m := thisNotBut.FindStringSubmatch(text)
		return m[1], m[2]
	case notButThis.MatchString(text):
		m := notButThis.FindStringSubmatch(text)
		return m[2], m[1]
	case !objections.MatchString(text) && oldToNew.MatchString(text):
		m := oldToNew.FindStringSubmatch(text)
		return m[2], m[1]
	}
	if m := meantThis.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1]), ""
	}
	return text, ""
}

// may are parameters that an action takes although they were not said, so that a correction can bring them.
var may = map[string][]string{
	"deal.create": {"amount", "close_date"}, "task.create": {"due", "customer"}, "reminder.create": {"customer"},
	"activity.log": {"customer"}, "customer.transfer": {"customer"}, "customer.tag": {"customer"}, "deal.update": {"customer"},
	"deal.win": {"customer", "amount"}, "deal.lose": {"customer"}, "contact.create": {"customer", "phone"}, "customer.create": {"phone"}, "lead.create": {"phone"},
}

// swapped is call with what text says in the place of what was meant, for what the parser's own corrections do not
// know: another customer of the speaker's, a tag, a channel, a word in a free text. The parameters that changed are
// in the second result.
func (t *turn) swapped(text string, call action.Call) (fixed action.Call, problem *parse.Problem, ok bool) {
	params := map[string]any{}
	if json.Unmarshal(call.Params, &params) != nil {
		return call, nil, false
	}
	now, old := meant(text)
	if now == "" || utf8.RuneCountInString(now) > 60 {
		return call, nil, false
	}
	done := func(p string, v any) (action.Call, *parse.Problem, bool) {
		params[p] = v
		return action.Call{Name: call.Name, Params: mustJSON(params)}, nil, true
	}
	if old != "" {
		if p := holdsWord(params, old); p != "" {
			if content, _ := params[p].(string); isFree(p) {
				return done(p, strings.Replace(content, old, now, 1))
			}
			return done(p, now)
		}
		fixed, problem, ok = t.parserCorrection("改成"+now, call, params)
		if ok && objections.MatchString(text) {
			return fixed, problem, ok
		}
		return call, nil, false
	}
	if now == strings.TrimRight(strings.TrimSpace(text), "。.!！吧啊哈了～~ ") {
		return t.parserCorrection(text, call, params) // 改到周五; a bare name puts nothing right
	}
	own := t.ownNames()
	if takes(call.Name, params, "customer") && own.holds(now) {
		return done("customer", now)
	}
	if tags, is := params["tags"].([]any); is && len(tags) == 1 && call.Name == "customer.tag" && objections.MatchString(text) {
		return done("tags", []any{now})
	}
	if m := spokenBy.FindStringSubmatch(now); m != nil && call.Name == "activity.log" {
		channel := map[string]string{"上门": "拜访", "面谈": "拜访"}[m[1]]
		if channel == "" {
			channel = m[1]
		}
		if before, _ := params["channel"].(string); before != "" {
			params["content"] = strings.Replace(fmt.Sprint(params["content"]), before, channel, 1)
		}
		return done("channel", channel)
	}
	content, _ := params["content"].(string)
	if fixed, problem, ok = t.parserCorrection(text, call, params); ok {
		name, renamed := changed(call, fixed)["customer"].(string)
		if !renamed || content == "" || own.begins(name) || len(own.sounding(name, false)) > 0 {
			return fixed, problem, ok
		} // else it is no customer of theirs, but other words for what is to be done
	}
	if content == "" || !objections.MatchString(text) {
		return call, nil, false
	}
	if m, is := parse.Amount(now); is && m.Unit {
		if s := amountIn.FindString(content); s != "" && len(amountIn.FindAllString(content, -1)) == 1 {
			return done("content", strings.Replace(content, s, now, 1))
		}
		return call, nil, false
	}
	if q := measured.FindStringSubmatch(now); q != nil { // 2个点 stands in the place of 3个点, never of the whole note
		if at := regexp.MustCompile(figure+`\s*`+regexp.QuoteMeta(q[2])).FindAllString(content, -1); len(at) == 1 {
			return done("content", strings.Replace(content, at[0], now, 1))
		}
		return call, nil, false
	}
	if utf8.RuneCountInString(now) > 2 && now != text { // what was to be noted, or done, in other words
		return done("content", now)
	}
	return call, nil, false
}

// amountIn finds an amount in a free text.
var amountIn = regexp.MustCompile(`[0-9][0-9,.]*\s*(?:万|亿|千|百|元|块|k|K|w|W)+|[零一二两三四五六七八九十百千]+(?:万|亿|元|块)[零一二三四五六七八九]?`)

const figure = `(?:[0-9][0-9,.]*|[零一二两三四五六七八九十百千半]+)`

// measured is a bare number with what it counts: 2个点, 15台, 3天.
var measured = regexp.MustCompile(`^(` + figure + `)\s*([^0-9零一二两三四五六七八九十百千半\s，,。]{1,3})$`)

// parserCorrection is the parser's reading of a correction, with the parameters that the action may have.
func (t *turn) parserCorrection(text string, call action.Call, params map[string]any) (action.Call, *parse.Problem, bool) {
	with := maps.Clone(params)
	for _, p := range may[call.Name] {
		if _, has := with[p]; !has {
			with[p] = ""
		}
	}
	if call.Name == "activity.log" && with["next_at"] != nil {
		delete(with, "at") // 改成周四 is the next time, not the last
	}
	a, problem, ok := parse.Correction(text, parse.Action{Name: call.Name, Params: with}, t.local(), t.bot.pack)
	if !ok {
		return call, nil, false
	}
	out := maps.Clone(params)
	for k, v := range a.Params {
		if v != "" {
			out[k] = v
		}
	}
	if problem != nil {
		delete(out, problem.Param)
	}
	return action.Call{Name: call.Name, Params: mustJSON(out)}, problem, true
}

func takes(name string, params map[string]any, p string) bool {
	_, has := params[p]
	return has || slices.Contains(may[name], p)
}

func isFree(p string) bool { return slices.Contains([]string{"content", "next", "reason", "need"}, p) }

// holdsWord finds the parameter that word is said of: a name that it is, or that is a part of it; else a free text that
// holds it.
func holdsWord(params map[string]any, word string) string {
	folded := crm.Fold(word)
	free := ""
	for _, p := range slices.Sorted(maps.Keys(params)) {
		s, _ := params[p].(string)
		f := crm.Fold(s)
		switch {
		case f == "" || folded == "":
		case isFree(p):
			if strings.Contains(s, word) {
				free = p
			}
		case f == folded || utf8.RuneCountInString(f) > 1 && strings.Contains(folded, f) || strings.Contains(f, folded):
			return p
		}
	}
	return free
}

// redo makes the job that takes the last run back and does it again with call i as fixed says. Where another customer
// was meant, all that was about the old one is about the new one.
func (t *turn) redo(last *receipt, i int, fixed action.Call, text string) pending {
	job := pending{Calls: slices.Clone(last.Calls), Redo: slices.Clone(last.codes()), Text: text, Focus: &last.Before, Chosen: maps.Clone(last.Chosen)}
	diff := changed(last.Calls[i], fixed)
	job.Calls[i] = fixed
	if name, is := diff["customer"].(string); is {
		old := paramOf(last.Calls[i], "customer")
		for k, c := range job.Calls {
			delete(job.Chosen, fmt.Sprintf("%d.customer", k))
			delete(job.Chosen, fmt.Sprintf("%d.deal", k))
			if k != i && paramOf(c, "customer") == old {
				job.Calls[k] = withParam(c, "customer", name)
			}
			if words, short := paramOf(c, "content"), crm.BrandName(old); old != "" && strings.Contains(words, short) {
				job.Calls[k] = withParam(job.Calls[k], "content", strings.ReplaceAll(strings.ReplaceAll(words, old, name), short, crm.BrandName(name)))
			}
		}
	} else if last.Sure {
		job.Sure = true
		for k := range diff {
			if !slices.Contains([]string{"owner", "to", "assignee", "tags", "content", "contact", "channel"}, k) {
				job.Sure = false
			}
		}
	}
	return job
}

// paramOf is a text parameter of a call, "" when it has none.
func paramOf(c action.Call, name string) string {
	params := map[string]any{}
	if json.Unmarshal(c.Params, &params) != nil {
		return ""
	}
	s, _ := params[name].(string)
	return s
}

func withParam(c action.Call, name, value string) action.Call {
	params := map[string]any{}
	if json.Unmarshal(c.Params, &params) != nil {
		return c
	}
	params[name] = value
	return action.Call{Name: c.Name, Params: mustJSON(params)}
}

// do runs a job. One that puts right what was written takes that back first: both happen or neither, and when there
// is something to ask, nothing has happened yet.
func (t *turn) do(job pending, doubt string) (action.Outcome, error) {
	req := t.request(job, doubt)
	if len(job.Redo) == 0 {
		return t.bot.actions.Do(t.ctx, t.tx, req)
	}
	before := *t.tx.Ledger
	if _, err := t.tx.Exec(t.ctx, `SAVEPOINT redo`); err != nil {
		return action.Outcome{}, fmt.Errorf("redo: %w", err)
	}
	out, err := t.again(job, req)
	if err == nil && out.Pick == nil && out.Ask == nil && !(out.Risk == action.High && req.Hold) {
		_, err = t.tx.Exec(t.ctx, `RELEASE SAVEPOINT redo`)
		return out, err
	}
	if _, back := t.tx.Exec(t.ctx, `ROLLBACK TO SAVEPOINT redo`); back != nil {
		return action.Outcome{}, fmt.Errorf("redo: %w", back)
	}
	*t.tx.Ledger = before
	return out, err
}

func (t *turn) again(job pending, req action.Request) (action.Outcome, error) {
	for i, code := range job.Redo {
		told := len(t.tx.Ledger.Outbox)
		back := req
		back.Key, back.Hold, back.Doubt = fmt.Sprintf("%s:back%d", req.Key, i), false, ""
		if out, err := t.bot.actions.Undo(t.ctx, t.tx, t.actor, code, back); err != nil {
			return out, err
		}
		if i < len(job.Redo)-1 { // colleagues hear once that it was taken back
			t.tx.Ledger.Outbox = t.tx.Ledger.Outbox[:told]
		}
	}
	return t.bot.actions.Do(t.ctx, t.tx, req)
}
