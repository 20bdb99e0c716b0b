package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/store"
)

// Answers is the knowledge base as customers' dialogues use it.
type Answers interface {
	// Answer is what the knowledge base says to a question; ok is false unless it is sure.
	Answer(ctx context.Context, question string) (a KnownAnswer, ok bool)
	// Told is what an entry says now; ok is false when customers are no longer answered with it.
	Told(ctx context.Context, article string) (a KnownAnswer, ok bool)
	// Judged is told within the turn's transaction whether an answer has helped the customer.
	Judged(ctx context.Context, tx *store.Tx, article, question string, helped bool) error
	// Likely are the entries that come nearest to a question that was not answered, for the colleague who answers it.
	Likely(ctx context.Context, question string) []KnownOffer
}

// KnownAnswer is what the knowledge base says to a question.
type KnownAnswer struct {
	Article    string // which entry it is
	Text       string // as a customer may read it
	Confidence float64
	Offers     []KnownOffer // what may be meant, when nothing is sure
}

// known looks for an answer that the knowledge base is sure of.
func (q *guestTurn) known(text string) (KnownAnswer, bool) {
	if q.bot.answers == nil {
		return KnownAnswer{}, false
	}
	a, ok := q.bot.answers.Answer(q.ctx, text)
	if ok && withoutPrice(text, a.Text) {
		return KnownAnswer{}, false
	}
	return a, ok
}

// withoutPrice tells whether a question asks for a price and what is known tells none: a data sheet is no answer to 多少钱.
func withoutPrice(question, answer string) bool {
	return asksPrice.MatchString(question) && !tellsPrice.MatchString(answer)
}

// asksPrice is a question for a price; tellsPrice is what an answer that tells one, or how to come by it, holds.
var (
	asksPrice  = regexp.MustCompile(`多少钱|多少米|几多钱|啥价|什么价|价格|价钱|报价|售价|单价|怎么卖|咋卖|贵不贵`)
	tellsPrice = regexp.MustCompile(`[0-9一二两三四五六七八九十百千万]\s*(?:元|块|毛|角|折)|[¥￥$]|免费|不收费|收费|费用|价|元起|面议`)
)

// question answers from the knowledge base, or says that it is not sure and hands over.
func (q *guestTurn) question(says guestSays, text string) error {
	a, ok := q.known(text)
	if ok {
		return q.answered(a, text)
	}
	if q.ticket == nil && says.trouble == "" && q.choose(a, text) {
		return nil
	}
	if q.ticket != nil {
		return q.add(text)
	}
	if says.trouble != "" {
		return q.trouble(says, text)
	}
	if err := q.handOver("unsure", text); err != nil {
		return err
	}
	return q.hint(text)
}

// hint shows whoever answers the question what the knowledge base has that comes near, to answer with it in a word: so it
// learns how this was asked.
func (q *guestTurn) hint(text string) error {
	if q.bot.answers == nil || q.ticket == nil {
		return nil
	}
	near := q.bot.answers.Likely(q.ctx, text)
	if len(near) == 0 {
		return nil
	}
	return q.note("guest_note_likely", map[string]any{"Near": near, "Number": q.ticket.ID})
}

// helped is told that an answer was right.
func (q *guestTurn) helped(a guestAsked) error {
	q.talk.Asked, q.talk.Lines, q.small = nil, nil, true
	q.tell("guest_helped", nil)
	return q.judged(a, true)
}

// unsolved is told that an answer was none: a colleague takes over.
func (q *guestTurn) unsolved(a guestAsked) error {
	if err := q.judged(a, false); err != nil {
		return err
	}
	text := a.Question
	if text == "" {
		text = "客户说自动答复没有解决问题"
	}
	return q.handOver("unsolved", text)
}

// judged tells the knowledge base how an answer of its own did.
func (q *guestTurn) judged(a guestAsked, helped bool) error {
	if q.bot.answers == nil || a.Article == "" {
		return nil
	}
	if err := q.bot.answers.Judged(q.ctx, q.tx, a.Article, a.Question, helped); err != nil || a.Question == "" {
		return err
	}
	if helped {
		return q.teach("article.learn", a.Article, a.Question, "helped")
	}
	return q.teach("article.unlearn", a.Article, a.Question, "unsolved")
}

// teach tells the knowledge base that an entry answers a question, or does not. An entry that is gone is taught nothing.
func (q *guestTurn) teach(name, article, question, source string) error {
	id, err := strconv.ParseInt(article, 10, 64)
	if err != nil {
		return fmt.Errorf("article %q: %w", article, err)
	}
	params := map[string]any{"article": id, "question": question, "source": source}
	if q.ticket != nil {
		params["ticket"] = q.ticket.ID
	}
	var no *crm.Refusal
	if _, err = q.do(name, params); errors.As(err, &no) {
		return nil
	}
	return err
}

// wantsAsk asks what the question is.
func (q *guestTurn) wantsAsk() error {
	q.tell("guest_ask", nil)
	q.offer(buttonHuman)
	return nil
}

// greeted answers a greeting with what can be done here.
func (q *guestTurn) greeted() error {
	q.small = true
	if q.now.Sub(q.talk.Prompt) < guestAckEvery {
		q.tell("guest_go_on", nil)
		return nil
	}
	q.talk.Prompt = q.now
	v, err := q.deskWords(map[string]any{"Name": q.g.Name})
	if err != nil {
		return err
	}
	q.tell("guest_menu", v)
	q.mainMenu()
	return nil
}

// introduced says what answers here.
func (q *guestTurn) introduced() error {
	q.small = true
	v, err := q.deskWords(nil)
	if err != nil {
		return err
	}
	q.tell("guest_robot", v)
	q.mainMenu()
	return nil
}

// unclear asks for a whole sentence.
func (q *guestTurn) unclear() error {
	q.small = true
	q.tell("guest_unclear", nil)
	q.mainMenu()
	return nil
}

func (q *guestTurn) mainMenu() { q.offer(buttonAsk, buttonReport, buttonStatus, buttonHuman) }

var thanksWords = regexp.MustCompile(`谢|辛苦|麻烦|不错|好用|满意|解决|好了|正常|(?i:thank|thx)`)

// thanked answers thanks, once; assent needs no answer.
func (q *guestTurn) thanked() error {
	q.small = true
	if thanksWords.MatchString(q.message.Text) && q.now.Sub(q.talk.Prompt) >= guestAckEvery {
		q.talk.Prompt = q.now
		q.tell("guest_thanks", nil)
	}
	return nil
}

// tappedElse is a tap on a menu that is not ours: a survey's, or one of long ago.
func (q *guestTurn) tappedElse(key string) error {
	room, _, _ := strings.Cut(key, ":")
	if tapped := guestTaps[room]; tapped != nil {
		return tapped(q, key)
	}
	q.tell("guest_button_gone", nil)
	q.mainMenu()
	return nil
}

// guestTaps answer the choices of menus that other rooms show to customers, by what their keys begin with (before a colon).
var guestTaps = map[string]func(q *guestTurn, key string) error{surveyKey: (*guestTurn).surveyTap}

// entered greets a customer who opened the chat.
func (q *guestTurn) entered() error {
	e := chat.EntryOf(q.message)
	if e.UnionID != "" {
		q.g.UnionID = e.UnionID
	}
	if q.g.Scene == "" {
		q.g.Scene = clipRunes(e.Scene, 64)
	}
	if err := q.linkedBy(e.SceneParam); err != nil {
		return err
	}
	if err := q.tx.RecogniseUnion(q.ctx, &q.g); err != nil {
		return err
	}
	if !e.Greeting || e.Until != 0 && q.now.Unix() >= e.Until {
		return nil
	}
	q.talk.Prompt, q.small = q.now, true
	v, err := q.deskWords(map[string]any{"Name": q.g.Name})
	if err != nil {
		return err
	}
	q.tell("guest_welcome", v)
	if q.ticket != nil {
		if err := q.tellTicket("guest_welcome_back"); err != nil {
			return err
		}
	}
	q.mainMenu()
	return nil
}
