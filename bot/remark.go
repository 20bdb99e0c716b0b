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

// remark is what a text without an order is taken for.
type remark struct {
	job   pending
	plain bool // it needs no question first
}

// remarked takes text, of which no order could be made, as a remark, and notes or shows it. It reports false when it is none.
func (t *turn) remarked(text string) (bool, error) {
	said, err := t.remarkIn(text)
	if said == nil || err != nil {
		return false, err
	}
	return true, t.noteRemark(*said)
}

// noteRemark writes what was said, or shows it first.
func (t *turn) noteRemark(said remark) error {
	if !said.plain {
		said.job.Doubt = t.text("remark", nil)
	}
	return t.run(said.job, 1)
}

// remarkIn reads text as a remark. Nil when no customer was spoken of just now and none is named, or when text does not speak of business.
func (t *turn) remarkIn(text string) (*remark, error) {
	n := utf8.RuneCountInString(text)
	if t.actor.UserID == 0 || n < 4 || n > mostRemark || asking(text) || asksOf.MatchString(text) || negated.MatchString(text) || polite(text) || hasWord(text, t.bot.pack.Extra["looking"]) {
		return nil, nil
	}
	whom, rest := t.remarkOf(text)
	if whom == 0 {
		return nil, nil
	}
	business := hasWord(rest, t.bot.pack.Extra["business"])
	name := standIn(rest)
	res := withoutStandIn(parse.Parse(name+rest, t.local(), t.bot.pack), name, "")
	note := len(res.Actions) == 1 && len(res.Problems) == 0 && res.Confidence >= someRemark && remarks[res.Actions[0].Name] && res.Ask == ""
	switch {
	case !note && !business:
		return nil, nil
	case !note || res.Actions[0].Name == "activity.log" && paramText(res.Actions[0], "content") == "":
		res = parse.Result{Actions: []parse.Action{{Name: "activity.log", Params: map[string]any{"content": rest}}}}
	}
	res.Actions[0].Params["customer"] = fmt.Sprintf("#%d", whom)
	calls, err := callsOf(res.Actions)
	if err != nil {
		return nil, err
	}
	plain := business && res.Confidence >= plainRemark && res.Actions[0].Name == "activity.log"
	return &remark{job: pending{Calls: calls, Text: text}, plain: plain && !t.ofStranger(text)}, nil
}

// ofStranger tells whether text names a customer whom nobody knows by that name.
func (t *turn) ofStranger(text string) bool {
	return slices.ContainsFunc(t.parse(text).Actions, func(a parse.Action) bool {
		name := paramText(a, "customer")
		return name != "" && !isPronoun(name) && !t.ownNames().holds(name)
	})
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
	if utf8.RuneCountInString(text) > 20 || !asking(text) && !hasWord(text, t.bot.pack.Extra["looking"]) || !t.fieldSaid(text) {
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

// hasWord tells whether one of words stands in text.
func hasWord(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
