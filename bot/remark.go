package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gendan/bot/parse"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
	"gendan/templates"
)

// A remark is what a rep says about the customer just spoken of, without saying whom it is about and without an order:
// 样品已经寄了，单号SF1234567. It is a note, and often an appointment.

const (
	plainRemark = 0.75 // the confidence from which a remark about business is noted at once
	someRemark  = 0.6  // the confidence from which a reading of a remark is shown
	mostRemark  = 300  // characters
)

// ofTheirs is what stands before a remark for the one spoken of.
var ofTheirs = regexp.MustCompile(`^(?:客户|客戶|对方|他们家|他们公司|他们|她们|他家|那边|这边|他|她)(?:那边|那里|这边|家)?[，, ]*`)

// tells are signs of a sentence that tells something, which the name of something to look at has not.
var tells = regexp.MustCompile(`是|了|在|要|想|有|说|嫌|觉得|还|已|没|不|用|会|被|让|给`)

// asksOf are words of questions beside [questions].
var asksOf = regexp.MustCompile(`多久|啥|几[个天次年月点]|哪`)

// remarked takes text, of which no order could be made, as a remark. It reports false when no customer was spoken of just now and
// none is named, or when text does not speak of business.
func (t *turn) remarked(text string) (bool, error) { return t.remark(text, false) }

// plainlyRemarked is [turn.remarked] for what needs no question first.
func (t *turn) plainlyRemarked(text string) (bool, error) { return t.remark(text, true) }

func (t *turn) remark(text string, plain bool) (bool, error) {
	n := utf8.RuneCountInString(text)
	if t.actor.UserID == 0 || n < 4 || n > mostRemark || asking(text) || asksOf.MatchString(text) || negated.MatchString(text) || polite(text) || t.words("looking").in(text) {
		return false, nil
	}
	whom, rest := t.remarkOf(text)
	if whom == 0 {
		return false, nil
	}
	business := t.words("business").in(rest)
	name := standIn(rest)
	res := withoutStandIn(parse.Parse(name+rest, t.local(), t.bot.pack), name, "")
	note := len(res.Actions) == 1 && len(res.Problems) == 0 && res.Confidence >= someRemark && remarks[res.Actions[0].Name] && res.Ask == ""
	switch {
	case !note && !business:
		return false, nil
	case !note || res.Actions[0].Name == "activity.log" && paramText(res.Actions[0], "content") == "":
		res = parse.Result{Actions: []parse.Action{{Name: "activity.log", Params: map[string]any{"content": rest}}}}
	}
	res.Actions[0].Params["customer"] = fmt.Sprintf("#%d", whom)
	calls, err := callsOf(res.Actions)
	if err != nil {
		return false, err
	}
	job := pending{Calls: calls, Text: text}
	stranger := slices.ContainsFunc(t.parse(text).Actions, func(a parse.Action) bool { // whom nobody knows by that name
		name := paramText(a, "customer")
		return name != "" && !isPronoun(name) && !t.ownNames().holds(name)
	})
	if !business || stranger || res.Confidence < plainRemark || res.Actions[0].Name != "activity.log" {
		if plain {
			return false, nil
		}
		job.Doubt = t.text("remark", nil)
	}
	return true, t.run(job, 1)
}

// remarks are the actions as which a remark may be read.
var remarks = map[string]bool{"activity.log": true, "customer.update": true, "contact.create": true}

func paramText(a parse.Action, name string) string {
	s, _ := a.Params[name].(string)
	return s
}

// remarkOf finds the customer that a remark is about, and what is said of it. 0 when it could be several, or nobody.
func (t *turn) remarkOf(text string) (int64, string) {
	rest := text
	if cut := ofTheirs.FindString(text); len(cut) < len(text) {
		rest = text[len(cut):]
	}
	switch named := t.ownNames().firms(text); {
	case len(named) > 1:
		return 0, ""
	case len(named) == 1:
		if r := []rune(text); named[0].at == 0 && len(r) > named[0].end && len(r) == utf8.RuneCountInString(crm.Fold(text)) {
			rest = strings.TrimLeft(string(r[named[0].end:]), "，,：: 的")
		}
		return named[0].id, rest
	case !t.fresh() || t.mind.Focus.Customer.ID == 0:
		return 0, ""
	}
	return t.mind.Focus.Customer.ID, rest
}

// remarkRead tells whether text, which was read as a wish to see a customer or the library, tells something instead: 他们用的是用友.
func (t *turn) remarkRead(text string, res parse.Result) bool {
	if len(res.Actions) != 1 || len(res.Problems) > 0 {
		return false
	}
	switch a := res.Actions[0]; a.Name {
	case "customer.view":
		return tells.MatchString(strings.Replace(text, paramText(a, "customer"), "", 1))
	case "library.find":
		return saysWish.MatchString(text)
	}
	return false
}

// saysWish is what somebody else wants to see.
var saysWish = regexp.MustCompile(`^(?:客户|对方|他们|他|她|[\p{Han}]{1,6}?(?:总|工|经理|主任|老师)?)(?:说|讲|表示|提到|那边说|他说|她说)?[^，,]{0,4}?(?:要|想要|想看|要看|想看看|要了|要一份|需要)`)

// askedOfOne shows the customer spoken of to somebody who asks about it without saying whom: 地址是什么. It reports false for any other question.
func (t *turn) askedOfOne(text string) (bool, error) {
	if utf8.RuneCountInString(text) > 20 || !asking(text) && !t.words("looking").in(text) || !t.fieldSaid(text) {
		return false, nil
	}
	whom, _ := t.remarkOf(text)
	if whom == 0 {
		return false, nil
	}
	return true, t.run(pending{Calls: []action.Call{{Name: "customer.view", Params: mustJSON(map[string]any{"customer": fmt.Sprintf("#%d", whom)})}}, Text: text}, 1)
}

// asksField is what follows the label of a field that is asked for.
var asksField = regexp.MustCompile(`^(?:号码|号|信息)?(?:现在|目前)?(?:是|有|在|呢|多少|什么|怎么|给我|发我|发下|发一下|[?？]|$)`)

// fieldSaid tells whether text asks for a field of the customer card.
func (t *turn) fieldSaid(text string) bool {
	return slices.ContainsFunc(t.bot.pack.Fields, func(f templates.Term) bool {
		return slices.ContainsFunc(append([]string{f.Name}, f.Words...), func(label string) bool {
			i := strings.Index(text, label)
			return i >= 0 && asksField.MatchString(text[i+len(label):])
		})
	})
}

// spotted is a customer's name within a text.
type spotted struct {
	id      int64
	at, end int // runes
}

// firms lists the companies of these names that text speaks of, each once, in the order in which they stand there: all of them
// where a name is a form of several.
func (n *names) firms(text string) (all []spotted) {
	folded := []rune(crm.Fold(text))
	for i := 0; i+1 < len(folded); i++ {
		var here []spotted
		for _, f := range n.exact[[2]rune{folded[i], folded[i+1]}] {
			s := spotted{f.record.id, i, i + len(f.text)}
			if f.record.kind != store.KnownFirm || !startsWith(folded[i:], f.text) || len(here) > 0 && s.end < here[0].end {
				continue
			}
			if len(here) > 0 && s.end > here[0].end {
				here = nil
			}
			here = append(here, s)
		}
		for _, s := range here {
			if !slices.ContainsFunc(all, func(o spotted) bool { return o.id == s.id }) {
				all = append(all, s)
			}
			i = s.end - 1
		}
	}
	return all
}

// wordList are words of the pack that are looked for in a text.
type wordList []string

func (w wordList) in(text string) bool {
	return slices.ContainsFunc(w, func(s string) bool { return strings.Contains(text, s) })
}

func (t *turn) words(list string) wordList { return t.bot.pack.Extra[list] }
