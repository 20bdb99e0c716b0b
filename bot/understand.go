package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// understand answers a text: an answer to the open question first, then a text twin of a button, then
// whatever the parser makes of it. A new order given while a question is open is a change of mind.
func (t *turn) understand(text string) error {
	if handled, err := t.sharing(text); handled || err != nil {
		return err
	}
	job := t.mind.open(t.now)
	if text == createWord && job != nil && job.Kind == "pick" && job.Pick.Create {
		return t.created(*job)
	}
	if cmd, ok := parse.ReadCommand(text); ok {
		if job == nil && t.mind.Pending != nil && (cmd.Kind == parse.Confirm || cmd.Kind == parse.Pick) {
			expired := *t.mind.Pending
			t.mind.Pending = nil
			t.say(t.text("expired", map[string]any{"Text": expired.Text}))
			return nil
		}
		if handled, err := t.command(cmd, job); handled || err != nil {
			return err
		}
	}
	res := parse.Parse(text, t.local(), t.bot.pack)
	if job != nil {
		if job.Kind == "ask" {
			if handled, err := t.filled(*job, text, res); handled || err != nil {
				return err
			}
		}
		t.supersede()
	}
	return t.parsed(text, res)
}

// createWord is the text twin of the button that creates what nobody knew.
const createWord = "新建"

// parsed runs what the parser understood, or asks about what is wrong with it.
func (t *turn) parsed(text string, res parse.Result) error {
	calls, err := callsOf(res.Actions)
	if err != nil {
		return err
	}
	calls = untagged(text, calls)
	if len(res.Problems) > 0 {
		p := res.Problems[0]
		if len(calls) == 0 {
			t.say(sentence(p.Say))
			return nil
		}
		return t.askValue(pending{Calls: calls, Text: text}, &action.Ask{Call: p.Index, Param: p.Param, Question: sentence(p.Say)})
	}
	if len(calls) == 0 {
		return t.bareName(text)
	}
	for _, c := range calls {
		if c.Name == "undo" && len(calls) == 1 {
			return t.undo("", "")
		}
	}
	return t.run(pending{Calls: calls, Text: text}, res.Confidence)
}

// greetings are answered by the bot introducing itself.
var greetings = map[string]bool{"你好": true, "您好": true, "hi": true, "hello": true, "嗨": true, "在": true, "早": true, "早上好": true, "下午好": true, "哈喽": true}

// bareName shows the customer that a short text names: a rep who types only 「云帆」 wants to see it.
func (t *turn) bareName(text string) error {
	if greetings[strings.ToLower(strings.TrimRight(text, "!！。.~～,，?？啊呀吗 "))] {
		t.say(t.text("welcome", map[string]any{"Name": t.actor.Name}))
		return nil
	}
	if utf8.RuneCountInString(text) > 20 || strings.ContainsAny(text, "，,。？?！!\n") {
		return t.puzzled(text)
	}
	job := pending{Calls: []action.Call{{Name: "customer.view", Params: mustJSON(map[string]any{"customer": text})}}, Text: text}
	out, err := t.bot.actions.Do(t.ctx, t.tx, t.request(job, ""))
	var no *crm.Refusal
	switch {
	case errors.As(err, &no) && !errors.Is(no, crm.ErrDenied), err == nil && (out.Ask != nil || out.Pick != nil && len(out.Pick.Options) == 0):
		return t.puzzled(text)
	case err != nil && no == nil:
		return err
	case no != nil:
		t.say(no.Sentence)
		return nil
	case out.Pick != nil:
		return t.askWhich(job, out.Pick)
	}
	return t.ran(job, out)
}

// puzzled says that nothing was understood, and shows how to say things.
func (t *turn) puzzled(text string) error {
	t.mind.Pending = nil
	t.say(t.text("not_understood", map[string]any{"Text": cut(text, 40)}))
	return nil
}

// sentence ends s with a full stop where it has none.
func sentence(s string) string {
	if last, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune("。？！?!…", last) {
		return s
	}
	return s + "。"
}

// command does what a text twin of a button says. It reports whether cmd was one.
func (t *turn) command(cmd parse.Command, job *pending) (bool, error) {
	switch cmd.Kind {
	case parse.Confirm:
		if job == nil {
			t.say(t.text("nothing_to_confirm", nil))
			return true, nil
		}
		if job.Kind == "ask" {
			return false, nil
		}
		if job.Kind == "pick" && len(job.Pick.Options) == 0 {
			return true, t.created(*job)
		}
		if job.Kind == "pick" && len(job.Pick.Options) == 1 {
			return true, t.picked(*job, 1)
		}
		return true, t.confirmed(*job)
	case parse.Cancel:
		if job == nil {
			t.say(t.text("nothing_to_cancel", nil))
			return true, nil
		}
		return true, t.cancelled(*job)
	case parse.Pick:
		if job == nil || job.Kind != "pick" {
			return false, nil
		}
		return true, t.picked(*job, cmd.Number)
	case parse.Undo:
		return true, t.undo(cmd.Code, "")
	case parse.More:
		if t.mind.Page == nil {
			return false, nil
		}
		return true, t.more()
	case parse.Done, parse.Snooze:
		return t.commandOnList(cmd)
	}
	return false, nil
}

// filled puts a bare answer where the question wanted it.
func (t *turn) filled(job pending, text string, res parse.Result) (bool, error) {
	if job.Ask.Call >= len(job.Calls) {
		return false, nil
	}
	call := job.Calls[job.Ask.Call]
	if len(res.Actions) > 0 && res.Confidence >= sureEnough && len(res.Problems) == 0 && !sameAction(res.Actions, call.Name) {
		return false, nil // a new order
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
	calls := slices.Clone(job.Calls)
	one, err := callsOf([]parse.Action{filled})
	if err != nil {
		return false, err
	}
	calls[job.Ask.Call] = one[0]
	job.Calls = calls
	return true, t.run(job, 1)
}

func sameAction(actions []parse.Action, name string) bool {
	for _, a := range actions {
		if a.Name != name {
			return false
		}
	}
	return true
}

func callsOf(actions []parse.Action) ([]action.Call, error) {
	calls := make([]action.Call, len(actions))
	for i, a := range actions {
		raw, err := json.Marshal(a.Params)
		if err != nil {
			return nil, fmt.Errorf("parameters of %s: %w", a.Name, err)
		}
		calls[i] = action.Call{Name: a.Name, Params: raw}
	}
	return calls, nil
}
