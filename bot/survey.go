package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// surveyKey begins the keys of a survey's choices: survey:<number>:<score>.
const surveyKey = "survey"

// wantSurvey is what a conversation remembers after a tap: the next words may belong to the score.
const wantSurvey = "survey"

// surveyWordFor is how long after the tap the next words of a customer belong to the score.
const surveyWordFor = 10 * time.Minute

// surveyDue asks about a ticket that was closed a while ago. What stands in the way (it is open again, the customer was asked
// a short time ago, there is no door) is no fault: nobody is asked then.
func (b *Bot) surveyDue(ctx context.Context, c store.OutboxClaim) error {
	_, err := b.actions.Run(ctx, action.Request{
		Actor: crm.System, Via: "timer", Key: c.Key, Now: b.now().UTC(),
		Calls: []action.Call{{Name: "survey.send", Params: mustJSON(map[string]any{"ticket": c.Subject})}},
	})
	var no *crm.Refusal
	if errors.As(err, &no) {
		b.log.Debug("survey not sent", zap.Int64("ticket", c.Subject), zap.String("why", no.Sentence))
		return nil
	}
	return err
}

// ringSurvey makes the message that asks, for the survey's door.
func (b *Bot) ringSurvey(ctx context.Context, tx *store.Tx, c store.OutboxClaim) ([]chat.Reply, error) {
	tx.Now = b.now().UTC()
	var ask action.SurveyAsk
	if err := json.Unmarshal(c.Payload, &ask); err != nil {
		return nil, fmt.Errorf("survey %d: %w", c.Subject, err)
	}
	s, err := tx.SurveyByID(ctx, c.Subject)
	if err != nil {
		return nil, err
	}
	if s.Score != nil || tx.Now.After(s.ExpiresAt) {
		return nil, nil
	}
	v := map[string]any{"Metric": s.Metric, "Number": int64(s.TicketID), "Link": b.actions.SurveyURL(ask.Token), "Company": b.outside.Company}
	if s.Door == crm.SurveyByKf {
		return b.surveyMenu(ctx, tx, c, s, v)
	}
	r := chat.Reply{Key: c.Key + ":told", To: chat.PeerID(fmt.Sprintf("%s:survey-%d", s.Door, s.ID)), Text: b.signed(s.Door, b.say("survey_link", v))}
	out := outward{Address: ask.Address}
	if s.Door == crm.SurveyByMail {
		r.Text, out.Subject = b.say("survey_mail", v), b.say("survey_mail_subject", v)
	}
	r.AnswerTo = mustJSON(out)
	return []chat.Reply{r}, nil
}

// surveyMenu asks at the customers' door: by a menu to tap, and where the platform lets us say one text only, by a link.
func (b *Bot) surveyMenu(ctx context.Context, tx *store.Tx, c store.OutboxClaim, s store.SurveyRow, v map[string]any) ([]chat.Reply, error) {
	g, err := tx.Guest(ctx, s.GuestID)
	if err != nil || !g.Reachable(tx.Now) {
		return nil, err
	}
	menu := s.Metric == crm.CSAT && g.Session != chat.ToPerson && g.Session != chat.ToPool
	text := b.say("survey_link", v)
	if menu {
		text = b.say("survey_kf", v)
	} else if v["Link"] == "" {
		return nil, nil
	}
	all, err := b.tellGuest(ctx, tx, &g, s.TicketID, "", c.Key+":told", text)
	if err != nil || len(all) == 0 || !menu || all[0].Session != nil {
		return all, err
	}
	card := &chat.Card{ID: fmt.Sprintf("survey-%d", s.ID), Title: text}
	for _, score := range crm.SurveyScores(s.Metric) {
		n := strconv.Itoa(score)
		card.Buttons = append(card.Buttons, chat.Button{Key: fmt.Sprintf("%s:%d:%s", surveyKey, s.ID, n), Text: b.say("survey_score", n), Command: n})
	}
	all[0].Card = card
	return all, nil
}

// surveyTap takes a customer's tap on a survey's menu: the first one counts.
func (q *guestTurn) surveyTap(key string) error {
	parts := strings.Split(key, ":")
	if len(parts) != 3 {
		q.tell("survey_gone", nil)
		return nil
	}
	id, err1 := strconv.ParseInt(parts[1], 10, 64)
	score, err2 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil {
		q.tell("survey_gone", nil)
		return nil
	}
	q.heard(fmt.Sprintf("%d 分", score))
	return q.surveyAnswer(map[string]any{"survey": id, "guest": q.g.ID, "score": score, "via": "kf"}, "survey_thanks")
}

// surveyScore reads a score that was typed: 2, 2分, 给你们打2分.
var surveyScore = regexp.MustCompile(`^(?:我|就)?(?:给|打)?(?:你们|您|你)?(?:打)?([1-5一二三四五两])(?:分|星|颗星)?(?:吧|啊|呀|了)?$`)

// surveyTypedFor is how long after it was asked a bare number is the answer to a survey.
const surveyTypedFor = 3 * 24 * time.Hour

// surveyTyped takes a number that a customer types as their answer to the survey that was put to them; done is false when
// there was none, or text is no score.
func (q *guestTurn) surveyTyped(text string) (done bool, err error) {
	said := ""
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，,。；;！!\n", r) }) { // 太慢了，打2分
		if m := surveyScore.FindStringSubmatch(crm.Fold(part)); m != nil && (q.ticket == nil || strings.ContainsAny(part, "分星")) {
			said = m[1] // with something open, a bare 2 may answer a colleague
		}
	}
	if said == "" {
		return false, nil
	}
	s, err := q.tx.GuestUnanswered(q.ctx, q.g.ID, q.now.Add(-surveyTypedFor))
	if errors.Is(err, crm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	score, err := strconv.Atoi(said)
	if err != nil {
		score = map[string]int{"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}[said]
	}
	params := map[string]any{"survey": s.ID, "guest": q.g.ID, "score": score, "via": "kf"}
	if rest := len([]rune(crm.Fold(text))); rest > len([]rune("给你们打2分吧")) {
		params["words"] = clipRunes(text, 499)
	}
	return true, q.surveyAnswer(params, "survey_thanks")
}

func (q *guestTurn) surveyAnswer(params map[string]any, say string) error {
	out, err := q.do("survey.answer", params)
	var no *crm.Refusal
	if errors.As(err, &no) {
		q.tell("survey_gone", nil)
		return nil
	}
	if err != nil {
		return err
	}
	var v action.SurveyAnswerView
	if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
		return fmt.Errorf("survey: %w", err)
	}
	if !v.Worded {
		q.talk.Want = wantSurvey
	}
	q.tell(say, map[string]any{"Score": v.Score, "Low": v.Low, "Again": !v.Counted, "Worded": v.Worded})
	return nil
}

// surveyWords takes a customer's next words after a tap as the word to the score; done is false when there was none, or when
// they want something else.
func (q *guestTurn) surveyWords(text string, says guestSays) (done bool, err error) {
	if says.human || says.status || says.question || says.report || says.ask || says.greeting || says.thanks && !holdsMore(text) {
		return false, nil
	}
	s, err := q.tx.GuestAsked(q.ctx, q.g.ID, q.now.Add(-surveyWordFor))
	if errors.Is(err, crm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, q.surveyAnswer(map[string]any{"survey": s.ID, "guest": q.g.ID, "words": clipRunes(text, 499), "via": "kf"}, "survey_worded")
}

// holdsMore tells whether a text is more than a polite word.
func holdsMore(text string) bool { return len([]rune(crm.Fold(text))) > 6 }

// surveyLow tells the colleague who shall call back that a customer was not content: at once, unless they rest.
func (b *Bot) surveyLow(ctx context.Context, c store.OutboxClaim) (rings []chat.Reply, to notice, err error) {
	var low action.SurveyLow
	if err := json.Unmarshal(c.Payload, &low); err != nil {
		return nil, to, fmt.Errorf("survey %s: %w", c.Key, err)
	}
	user, err := b.store.UserByID(ctx, crm.UserID(c.Subject))
	if err != nil {
		return nil, to, err
	}
	peer, err := b.door(ctx, user.UserID)
	if err != nil {
		return nil, to, err
	}
	now := b.now().UTC()
	if at := afterRest(now, user.Location()); at.After(now) {
		to.wait = at
		return nil, to, nil
	}
	who := low.Customer
	if who == "" {
		who = "客户"
	}
	if low.Contact != "" {
		who += low.Contact
	}
	agent := low.Agent
	if agent == user.Name {
		agent = ""
	}
	v := map[string]any{"Who": who, "Score": low.Score, "Words": low.Words, "Ticket": int64(low.Ticket), "Task": int64(low.Task), "Agent": agent, "Later": low.Later}
	r := chat.Reply{Key: c.Key + ":told", To: chat.PeerID(peer), Text: b.say("survey_low", v)}
	if !low.Later {
		done := fmt.Sprintf("完成 #%d", low.Task)
		r.Card = &chat.Card{ID: "survey-low-" + strconv.FormatInt(low.Survey, 10), Title: b.say("survey_low_title", v), Body: r.Text, Note: b.say("survey_low_note", v),
			Buttons: []chat.Button{{Key: onceKey + ":" + done, Text: "已回访", Style: "primary", Command: done}}}
		if low.Ticket != 0 {
			see := fmt.Sprintf("看工单 #%d", low.Ticket)
			r.Card.Buttons = append(r.Card.Buttons, chat.Button{Key: "run:" + see, Text: "看工单", Command: see})
		}
	}
	return []chat.Reply{r}, to, nil
}
