package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
)

// understand answers a text: an answer to the open question first, then a text twin of a button, then a few
// words that correct or follow up what was said, then whatever the parser makes of it. A new order given
// while a question is open is a change of mind.
func (t *turn) understand(text string) error {
	if err := t.understood(text); err != nil {
		return err
	}
	t.resume()
	return t.nextPart()
}

func (t *turn) understood(text string) error {
	about, err := t.quote()
	if err != nil {
		return err
	}
	if handled, err := t.sharing(text); handled || err != nil {
		return err
	}
	if handled, err := t.caring(text); handled || err != nil {
		return err
	}
	if handled, err := t.keep(text); handled || err != nil {
		return err
	}
	if handled, err := t.offerCommand(text); handled || err != nil {
		return err
	}
	if handled, err := t.guestCommand(text); handled || err != nil {
		return err
	}
	if handled, err := t.librarySaid(text); handled || err != nil {
		return err
	}
	if handled, err := t.ruleSaid(text); handled || err != nil {
		return err
	}
	if handled, err := t.deskSaid(text); handled || err != nil {
		return err
	}
	if handled, err := t.dutySaid(text); handled || err != nil {
		return err
	}
	job := t.mind.open(t.now)
	if handled, err := t.ticketSaid(text, about, job); handled || err != nil {
		return err
	}
	if handled, err := t.leadSaid(text, job); handled || err != nil {
		return err
	}
	if t.removal(text) {
		return nil
	}
	if handled, err := t.cardCorrected(text, job); handled || err != nil {
		return err
	}
	if handled, err := t.askedRecord(text); handled || err != nil {
		return err
	}
	if job == nil {
		if handled, err := t.onRecord(text); handled || err != nil {
			return err
		}
		t.otherThings()
	}
	if text == createWord && job != nil && job.Kind == "pick" && job.Pick.Create {
		return t.created(*job)
	}
	if skips[bare(text)] {
		return t.skip(job)
	}
	lapsed := t.lapsed(job)
	if cmd, ok := t.readCommand(text, about); ok {
		if lapsed != nil && (cmd.Kind == parse.Confirm || cmd.Kind == parse.Pick) {
			t.say(t.text("expired", map[string]any{"Text": lapsed.Text}))
			return nil
		}
		if handled, err := t.command(cmd, job, text); handled || err != nil {
			return err
		}
	}
	if job != nil && job.Kind == "pick" {
		if n := optionNamed(job.Pick.Options, text); n > 0 {
			return t.picked(*job, n)
		}
	}
	if job != nil && greetings[bare(text)] {
		t.say(t.text("greeted", map[string]any{"Name": t.actor.Name}))
		t.remind(*job)
		return nil
	}
	if polite(text) && job == nil || thanked[bare(text)] {
		t.say(t.text("thanks", map[string]any{"Name": t.actor.Name}))
		return nil
	}
	if job == nil || rowsBeside(*job, text) {
		if handled, err := t.onRows(text); handled || err != nil {
			return err
		}
	}
	if handled, err := t.todo(text, about); handled || err != nil {
		return err
	}
	if handled, err := t.whomNow(text); handled || err != nil {
		return err
	}
	text = t.plainly(text, job)
	text = aboutLast.ReplaceAllString(text, "$1，")
	if text, err = t.byOwner(text); err != nil {
		return err
	}
	if m := howIs.FindStringSubmatch(text); m != nil && !t.isCustomer(m[1]) {
		is, err := t.colleague(m[1])
		if err != nil {
			return err
		}
		if is {
			if handled, err := t.deskSaid(m[1] + "这周做了什么"); handled || err != nil {
				return err
			}
		}
	}
	res := t.read(text)
	if handled, err := t.whether(text, res); handled || err != nil {
		return err
	}
	wrong, meant := objections.MatchString(text), job
	if t.wroteSince(job) {
		meant = nil // 不对 is said of what was done last
	}
	if wrong || replaces.MatchString(text) && onePart(res.Actions) || len(res.Actions) == 0 || res.Confidence < sureEnough && (job == nil || job.Kind != "ask" && len(res.Problems) > 0) {
		if handled, err := t.corrected(text, meant); handled || err != nil {
			return err
		}
		if meant != job && !wrong {
			if handled, err := t.corrected(text, job); handled || err != nil {
				return err
			}
		}
	}
	if onlyUndo(res.Actions) && !undoWords.MatchString(text) || wrong && len(res.Actions) == 0 {
		return t.objected(meant)
	}
	if job != nil {
		if job.Kind == "ask" {
			if handled, err := t.filled(*job, text, res); handled || err != nil {
				return err
			}
		}
	}
	if t.remarkRead(text, res) {
		if handled, err := t.remarked(text); handled || err != nil {
			return err
		}
	}
	if job != nil && (len(res.Actions) == 0 && len(res.Problems) == 0 || reads(res.Actions)) {
		return t.meanwhile(*job, text, res)
	}
	if lapsed != nil && len(res.Actions) == 0 && lapsed.Kind == "ask" {
		t.say(t.text("expired", map[string]any{"Text": lapsed.Text}))
		return nil
	}
	return t.parsed(text, res)
}

// aboutLast are words for what was done last before saying that it is wrong: 刚才那个不对 是博川.
var aboutLast = regexp.MustCompile(`^(?:刚才|刚刚|上面|前面|上一)?(?:那个|那条|那句|这个|这条|的|条|个)*(不对|不是|错了|说错了|记错了|写错了|弄错了|搞错了)(?:了|啊|哦|呀)?[，,。.!！ ]+`)

// givesUp are words of somebody who drops what was asked about.
var givesUp = regexp.MustCompile(`^(?:(?:那|那就|还是|先|我)*(?:不做了|不弄了|不办了|不要了?|不用了|不搞了|不想弄了|算了|取消|作罢|别弄了|当我没说)(?:吧|了)*[，,。.!！ ]*){1,3}$`)

// lapsed forgets the question that nobody answered in time, and returns it once more so that the answer can
// say so.
func (t *turn) lapsed(open *pending) *pending {
	old := t.mind.Pending
	if open != nil || old == nil {
		return nil
	}
	t.mind.Pending = nil
	return old
}

// readCommand reads a text twin of a button. A quoted message says which record or receipt is meant.
func (t *turn) readCommand(text string, about quoted) (parse.Command, bool) {
	cmd, ok := parse.ReadCommand(text)
	if !ok && givesUp.MatchString(text) {
		return parse.Command{Kind: parse.Cancel}, true
	}
	if !ok {
		return cmd, false
	}
	switch {
	case cmd.Kind == parse.Undo && cmd.Code == "":
		cmd.Code = about.Undo
	case (cmd.Kind == parse.Done || cmd.Kind == parse.Snooze) && len(cmd.Numbers) == 0 && about.Record != 0:
		cmd.Numbers = []int{int(about.Record)}
	}
	return cmd, true
}

// meanwhile answers somebody who looks something up, or says something that nobody understands, while a
// question is open. The question stays.
func (t *turn) meanwhile(job pending, text string, res parse.Result) error {
	before := len(t.replies)
	if err := t.parsed(text, res); err != nil {
		return err
	}
	open := t.mind.open(t.now)
	if open != nil && open.Told && (open.Kind != "ask" || reads(res.Actions)) {
		return nil // once is enough
	}
	if open != nil && open.Job == job.Job && len(t.replies) == before+1 && !strings.Contains(t.replies[before].Text, t.text("still", nil)) {
		t.remind(*open)
		open.Told = open.Told || open.Kind != "ask" || reads(res.Actions)
	}
	return nil
}

func reads(actions []parse.Action) bool {
	for _, a := range actions {
		if action.Writes(a.Name) {
			return false
		}
	}
	return len(actions) > 0
}

// objected answers somebody who says that something is wrong, but not what. What waits is dropped; what is
// written stays until they say so.
func (t *turn) objected(job *pending) error {
	if job != nil {
		return t.dropped(*job, t.text("dropped", nil))
	}
	code := ""
	if t.mind.Last != nil {
		code = t.mind.Last.Undo
	}
	t.say(t.text("correct_by_undo", map[string]any{"Code": code}))
	return nil
}

func onlyUndo(actions []parse.Action) bool {
	return len(actions) == 1 && actions[0].Name == "undo"
}

// createWord is the text twin of the button that creates what nobody knew.
const createWord = "新建"

// parsed runs what the parser understood, or asks about what is wrong with it.
func (t *turn) parsed(text string, res parse.Result) error {
	calls, err := callsOf(res.Actions)
	if err != nil {
		return err
	}
	if calls, err = t.notBack(text, monthEnds(text, t.cite(calls))); err != nil {
		return err
	}
	if off := untagged(text, calls); off != nil {
		calls, res.Confidence = off, max(res.Confidence, sureEnough) // which way round was what the parser doubted
	}
	if len(res.Problems) > 0 {
		p := res.Problems[0]
		if len(calls) == 0 {
			t.say(sentence(p.Say))
			return nil
		}
		return t.askValue(pending{Calls: calls, Text: text}, &action.Ask{Call: p.Index, Param: p.Param, Question: sentence(p.Say)})
	}
	if len(calls) == 0 {
		if handled, err := t.added(text); handled || err != nil {
			return err
		}
		if m := phoneAlone.FindStringSubmatch(text); m != nil { // whose number is it?
			return t.run(pending{Calls: []action.Call{{Name: "customer.search", Params: mustJSON(map[string]any{"query": m[1]})}}, Text: text}, 1)
		}
		return t.bareName(text)
	}
	if onlyUndo(res.Actions) {
		return t.undo("", "")
	}
	return t.run(pending{Calls: calls, Text: text}, res.Confidence)
}

// lastDays are words for the end of each month.
var lastDays = regexp.MustCompile(`每个?月的?(?:月?底|月?末|最后一天)`)

// monthEnds makes a reminder of every month ring on the last day of each, where that was said: the day of the first one alone does not tell
// 30 November from the end of November.
func monthEnds(text string, calls []action.Call) []action.Call {
	if !lastDays.MatchString(text) {
		return calls
	}
	for i, c := range calls {
		var params map[string]any
		if c.Name == "reminder.create" && json.Unmarshal(c.Params, &params) == nil && params["repeat"] == string(crm.Monthly) {
			params["month_end"] = true
			calls[i].Params = mustJSON(params)
		}
	}
	return calls
}

// bareName shows the customer that a short text names: a rep who types only 「云帆」 wants to see it.
func (t *turn) bareName(text string) error {
	if greetings[bare(text)] {
		t.say(t.text("welcome", map[string]any{"Name": t.actor.Name}))
		return nil
	}
	text = strings.TrimSuffix(strings.TrimRight(text, "?？。！! "), "呢")
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

// puzzled takes a text that is no order as a remark, asks the model where there is one, or takes it as a question about the customer
// spoken of; else it says that nothing was understood, and shows how to say things.
func (t *turn) puzzled(text string) error {
	remark, err := t.remarkIn(text)
	if err != nil {
		return err
	}
	if remark != nil && remark.plain {
		return t.noteRemark(*remark)
	}
	if handled, err := t.proposed(text); handled || err != nil {
		return err
	}
	if remark != nil {
		return t.noteRemark(*remark)
	}
	if handled, err := t.askedOfOne(text); handled || err != nil {
		return err
	}
	said := "not_understood"
	if forbids.MatchString(text) {
		said = "nothing_touched"
	}
	t.say(t.text(said, map[string]any{"Text": cut(text, 40)}))
	return nil
}

// forbids are the beginnings of words that order something not to be done.
var forbids = regexp.MustCompile(`^(?:千万|可|先|那|你|请)?(?:别(?:把|给|跟|和|动|改|发|建|记|删|转|提醒|合并)|不要(?:把|给|跟|动|改|发|建|记|删|转|提醒|合并))`)

// sentence ends s with a full stop where it has none.
func sentence(s string) string {
	if last, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune("。？！?!…", last) {
		return s
	}
	return s + "。"
}

// command does what a text twin of a button says. It reports whether cmd was one.
func (t *turn) command(cmd parse.Command, job *pending, text string) (bool, error) {
	switch cmd.Kind {
	case parse.Confirm:
		if job == nil {
			if casual(text) {
				t.say(t.text("casual", nil))
				return true, nil
			}
			t.say(t.text("nothing_to_confirm", nil))
			return true, nil
		}
		if job.Kind == "ask" {
			if t.front(confirms) {
				return true, t.shownAgain(*t.mind.Pending)
			}
			return false, nil
		}
		if job.Kind == "pick" && len(job.Pick.Options) > 1 {
			if t.front(confirms) {
				return true, t.shownAgain(*t.mind.Pending)
			}
			t.say(t.text("pick_range", map[string]any{"Most": len(job.Pick.Options)}))
			return true, nil
		}
		if job.Back && (job.Kind == "pick" || job.Kind == "confirm") {
			return true, t.shownAgain(*job)
		}
		if job.Kind == "pick" && len(job.Pick.Options) == 0 {
			return true, t.created(*job)
		}
		if job.Kind == "pick" && len(job.Pick.Options) == 1 {
			return true, t.picked(*job, 1)
		}
		return true, t.confirmed(*job)
	case parse.Cancel:
		if job == nil && objections.MatchString(text) {
			return true, t.objected(nil)
		}
		if job == nil {
			t.say(t.text("nothing_to_cancel", nil))
			return true, nil
		}
		return true, t.cancelled(*job)
	case parse.Pick:
		switch {
		case job == nil && len(t.mind.List) > 0:
			return true, t.openRow(cmd)
		case job == nil && t.mind.Pending == nil:
			t.say(t.text("nothing_to_pick", nil))
			return true, nil
		case job != nil && job.Kind == "ask" && (nameParams[job.Ask.Param] || chosenParams[job.Ask.Param]) && len(t.mind.List) > 0:
			return true, t.openRow(cmd) // a number is nobody's name: it is the row
		case job == nil || job.Kind != "pick" && job.Kind != "confirm":
			return false, nil
		case job.Kind == "confirm":
			t.say(t.text("confirm_how", nil))
			return true, nil
		case len(cmd.Numbers) > 1:
			t.say(t.text("pick_one", map[string]any{"Most": len(job.Pick.Options)}))
			return true, nil
		}
		return true, t.picked(*job, cmd.Number)
	case parse.Undo:
		if cmd.Code == "" && job != nil && !job.Back && !t.wroteSince(job) { // what was shown last is taken back, not what was written before it
			code := ""
			if t.mind.Last != nil {
				code = t.mind.Last.Undo
			}
			return true, t.dropped(*job, t.text("cancelled_not_undone", map[string]any{"Code": code}))
		}
		return true, t.undo(cmd.Code, "")
	case parse.More:
		if job != nil && job.Kind == "ask" {
			return false, nil
		}
		return true, t.more()
	case parse.Done, parse.Snooze:
		if m := rowMove.FindStringSubmatch(text); m != nil && len(cmd.Numbers) == 0 && job != nil && !t.wroteSince(job) && holds(*job, "reminder.create") {
			if handled, err := t.corrected("改到"+m[1], job); handled || err != nil { // it is not set yet: its time is
				return true, err
			}
		}
		return t.commandOnList(cmd)
	}
	return false, nil
}

// holds tells whether a call of that name is among job's.
func holds(job pending, name string) bool {
	return slices.ContainsFunc(job.Calls, func(c action.Call) bool { return c.Name == name })
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
