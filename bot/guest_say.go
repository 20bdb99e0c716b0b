package bot

import (
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/templates"
)

// understanding of what customers write: patterns of the pack over the folded text.

// guestSays is what a customer's message says, by the pack's words.
type guestSays struct {
	human, robot, status, chase, greeting, thanks, report, ask, helped, unsolved, again, angry, question bool
	trouble, priority                                                                                    string // kind of ticket, "" is none
}

// readGuestWords reads text; open tells that a matter of theirs is open.
func readGuestWords(w *templates.Guest, text string, open bool) (s guestSays) {
	f := crm.Fold(clipRunes(text, guestReadMost))
	s.human = w.Human.MatchString(f) && !(w.NotPerson.MatchString(f) && !w.Human.MatchString(w.NotPerson.ReplaceAllString(f, " "))) ||
		w.Person.MatchString(w.NotPerson.ReplaceAllString(f, " "))
	s.robot = w.Robot.MatchString(f)
	s.greeting, s.thanks = w.Greeting.MatchString(f), w.Thanks.MatchString(f)
	s.report, s.ask = w.Report.MatchString(f), w.Ask.MatchString(f)
	s.helped, s.unsolved = w.Helped.MatchString(f), w.Unsolved.MatchString(f)
	s.again = s.unsolved || w.Again.MatchString(f)
	s.angry = w.Angry.MatchString(w.NotAngry.ReplaceAllString(f, " "))
	s.question = w.Question.MatchString(f) || strings.ContainsAny(text, "?？")
	s.status = w.Status.MatchString(f)
	if !s.status && open && w.StatusOpen.MatchString(f) {
		s.status, s.chase = true, w.Chase.MatchString(f)
	}
	switch {
	case w.Complaint.MatchString(f):
		s.trouble = "投诉"
	case w.Return.MatchString(f):
		s.trouble = "退换"
	case w.Repair.MatchString(f):
		s.trouble = "维修"
	case w.Fault.MatchString(f):
		s.trouble = "故障"
	}
	s.priority = "普通"
	switch {
	case w.Urgent.MatchString(f):
		s.priority = crm.Urgent
	case w.High.MatchString(f) || s.trouble == "投诉":
		s.priority = "高"
	}
	return s
}

// typed answers words.
func (q *guestTurn) typed(text string) error {
	says := readGuestWords(q.words, text, q.ticket != nil)
	want := q.talk.Want
	q.talk.Want = ""
	asked := q.talk.Asked
	if asked != nil && q.now.Sub(asked.At) > guestAskLife {
		asked = nil
	}
	if asked.offered(q.now) && want == "" {
		if done, err := q.chosen(*asked, text); done || err != nil {
			return err
		}
	}
	if want == wantSurvey {
		if done, err := q.surveyWords(text, says); done || err != nil {
			return err
		}
	}
	if done, err := q.surveyTyped(text); done || err != nil {
		return err
	}
	switch {
	case says.robot:
		return q.introduced()
	case says.human:
		return q.handOver("asked", text)
	case q.words.Points.MatchString(crm.Fold(text)):
		return q.points()
	case q.words.Coupons.MatchString(crm.Fold(text)):
		return q.coupons()
	case q.ticket != nil && says.angry:
		return q.add(text)
	case asked != nil && says.unsolved:
		return q.unsolved(*asked)
	case asked != nil && says.helped:
		return q.helped(*asked)
	case q.ticket == nil && q.closed != nil && says.again:
		return q.reopen(text)
	case says.report:
		return q.wantsReport(says, text)
	case says.ask:
		return q.wantsAsk()
	case says.chase && q.ticket != nil:
		return q.chased(text)
	case says.status && (q.ticket != nil || says.trouble != "投诉" && says.trouble != "故障"):
		return q.status()
	case says.greeting:
		return q.greeted()
	case (says.thanks || says.helped) && q.justClosed() && !q.askedAtEnd():
		return q.parted()
	case says.thanks && !q.justClosed():
		return q.thanked()
	case !holdsWords(text):
		return q.wordless(text)
	case want == "report":
		if says.trouble == "" {
			says.trouble = "维修"
		}
		return q.trouble(says, text)
	case want == "matter" && q.ticket != nil:
		return q.nowKnown(says, text)
	case q.ticket != nil && !says.question:
		return q.add(text)
	case says.trouble == "" && !says.question && q.grievance(text):
		if says.trouble = "故障"; q.words.Service.MatchString(crm.Fold(text)) {
			says.trouble = "投诉"
		}
		return q.trouble(says, text)
	case q.justClosed() && q.isWord(says, text):
		return q.passOn(text)
	case q.ticket == nil && says.helped:
		return q.thanked()
	case q.ticket == nil && !says.question && len([]rune(crm.Fold(text))) <= 2:
		return q.unclear()
	case says.trouble != "" && (!says.question || says.trouble == "投诉"):
		return q.trouble(says, text)
	}
	return q.question(says, text)
}

// holdsWords tells whether text holds anything that can be understood.
func holdsWords(text string) bool { return crm.Fold(text) != "" }

// tapped answers a tapped choice of one of our menus.
func (q *guestTurn) tapped(key string) error {
	verb, rest, _ := strings.Cut(strings.TrimPrefix(key, guestKey), ":")
	label := map[string]string{"ask": "咨询产品", "report": "报修", "status": "查进度", "human": "转人工", "helped": "有帮助", "unsolved": "没解决"}[verb]
	if verb == "choose" {
		label = q.chosenLabel(rest)
	}
	if label == "" || !strings.HasPrefix(key, guestKey) {
		return q.tappedElse(key)
	}
	q.heard(label)
	if q.withPerson() { // the bot cannot speak there
		return q.keep(label)
	}
	q.talk.Want = ""
	asked := q.talk.Asked
	if asked == nil || asked.Article != rest {
		asked = &guestAsked{Article: rest}
	}
	switch verb {
	case "ask":
		return q.wantsAsk()
	case "report":
		return q.wantsReport(guestSays{}, "")
	case "status":
		return q.status()
	case "human":
		return q.handOver("asked", "")
	case "choose":
		if q.talk.Asked.offered(q.now) {
			asked = q.talk.Asked
		}
		if asked.Question == "" {
			asked.Question = label
		}
		return q.picked(*asked, rest)
	case "helped":
		return q.helped(*asked)
	}
	return q.unsolved(*asked)
}

// guestKey begins the keys of the choices that customers are offered here.
const guestKey = "guest:"

// The choices that customers are offered. What stands on them can be typed as well.
var (
	buttonAsk    = chat.Button{Key: guestKey + "ask", Text: "咨询产品", Command: "咨询产品"}
	buttonReport = chat.Button{Key: guestKey + "report", Text: "报修", Command: "报修"}
	buttonStatus = chat.Button{Key: guestKey + "status", Text: "查进度", Command: "查进度"}
	buttonHuman  = chat.Button{Key: guestKey + "human", Text: "转人工", Command: "转人工"}
)

// buttonHelped and buttonUnsolved judge an answer.
func buttonHelped(article string) chat.Button {
	return chat.Button{Key: guestKey + "helped:" + article, Text: "有帮助", Command: "有帮助"}
}

func buttonUnsolved(article string) chat.Button {
	return chat.Button{Key: guestKey + "unsolved:" + article, Text: "没解决", Command: "没解决"}
}

// numberWords is a ticket's number as customers read it.
func numberWords(id crm.TicketID) string { return "#" + strconv.FormatInt(int64(id), 10) }
