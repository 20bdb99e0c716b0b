package bot

import (
	"regexp"
	"strings"
	"time"

	"gendan/bot/chat"
)

// KnownOffer is an entry of the knowledge base that a question may mean.
type KnownOffer struct {
	Article  string `json:"article"`
	Question string `json:"question"`
}

// offerWide is how much of a question stands on a button, in characters.
const offerWide = 40

// choose shows what a question may mean; done is false when nothing is likely, or when they were asked to choose just now:
// nobody is asked twice.
func (q *guestTurn) choose(a KnownAnswer, text string) (done bool) {
	last := q.talk.Asked
	if len(a.Offers) == 0 || last.offered(q.now) {
		return false
	}
	q.talk.Asked = &guestAsked{Question: clipRunes(text, guestLineMost), At: q.now, Offers: a.Offers}
	q.tell("guest_choose", map[string]any{"Offers": a.Offers})
	for _, o := range a.Offers {
		q.offer(chat.Button{Key: guestKey + "choose:" + o.Article, Text: clipRunes(o.Question, offerWide), Command: o.Question})
	}
	q.offer(buttonHuman)
	return true
}

var noneOfThem = regexp.MustCompile(`^(都|全)?不(是|对)(的|啊|呀|这[些个两]*(问题)?)*$`)

// chosen takes the typed number of a choice, or that it is none of them; done is false when something else is said.
func (q *guestTurn) chosen(asked guestAsked, text string) (done bool, err error) {
	s := strings.TrimRight(strings.TrimSpace(text), "。.！!")
	if noneOfThem.MatchString(s) {
		return true, q.handOver("unsure", asked.Question)
	}
	if len(s) != 1 || s[0] < '1' || int(s[0]-'1') >= len(asked.Offers) {
		return false, nil
	}
	return true, q.picked(asked, asked.Offers[s[0]-'1'].Article)
}

// picked answers with the entry that was chosen. One that is gone meanwhile leaves the question to a colleague.
func (q *guestTurn) picked(asked guestAsked, article string) error {
	a, ok := KnownAnswer{}, false
	if q.bot.answers != nil {
		a, ok = q.bot.answers.Told(q.ctx, article)
	}
	if !ok {
		return q.handOver("unsure", asked.Question)
	}
	if err := q.teach("article.learn", article, asked.Question, "tap"); err != nil {
		return err
	}
	return q.answered(a, asked.Question)
}

// answered says an answer and asks whether it helped.
func (q *guestTurn) answered(a KnownAnswer, question string) error {
	q.talk.Asked = &guestAsked{Article: a.Article, Question: clipRunes(question, guestLineMost), At: q.now}
	q.tell("guest_answer", map[string]any{"Answer": a.Text})
	q.offer(buttonHelped(a.Article), buttonUnsolved(a.Article), buttonHuman)
	if q.ticket != nil {
		return q.entry("guest_note_answered", map[string]any{"Question": clipRunes(question, guestLineMost), "Answer": clipRunes(a.Text, guestLineMost)})
	}
	return nil
}

// offered tells whether a choice was shown that still stands.
func (a *guestAsked) offered(now time.Time) bool {
	return a != nil && len(a.Offers) > 0 && now.Sub(a.At) <= guestAskLife
}

// chosenLabel is what stands on the button of a choice.
func (q *guestTurn) chosenLabel(article string) string {
	if a := q.talk.Asked; a != nil {
		for _, o := range a.Offers {
			if o.Article == article {
				return o.Question
			}
		}
	}
	return "选了一个问题"
}
