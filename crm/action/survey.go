package action

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// KindSurvey is an outbox row that asks a customer: Subject is the survey, Payload a [SurveyAsk]; the bot makes the message
// for the survey's door when it is sent. KindSurveyDue is the timer after a closed ticket (Subject) at which it is asked.
// KindSurveyLow tells the colleague (Subject) who shall call a customer back that was not content: a [SurveyLow].
const (
	KindSurvey    = "survey.ask"
	KindSurveyDue = "survey.due"
	KindSurveyLow = "survey.low"
)

// SurveyAsk is what a survey's message is made from.
type SurveyAsk struct {
	Token   string `json:"token"`             // of the link
	Address string `json:"address,omitempty"` // phone number or mail address
}

// SurveyLow is a low score and the call-back it has led to.
type SurveyLow struct {
	Survey   int64        `json:"survey"`
	Task     crm.TaskID   `json:"task"`
	Ticket   crm.TicketID `json:"ticket,omitempty"`
	Customer string       `json:"customer,omitempty"`
	Contact  string       `json:"contact,omitempty"`
	Agent    string       `json:"agent,omitempty"`
	Metric   string       `json:"metric"`
	Score    int          `json:"score"`
	Words    string       `json:"words,omitempty"`
	Later    bool         `json:"later,omitempty"` // only the words are new
}

// SurveyDoors are the ways by which surveys can leave; the service tells which are open.
type SurveyDoors struct {
	Link string // address of the service as customers reach it, "https://crm.example.com"; "": links cannot be opened
	SMS  bool
	Mail bool
	Kf   bool

	Contact bool // group-send tasks of colleagues, for offers
}

// SurveySend asks a customer how the service was.
type SurveySend struct {
	Customer string       `json:"customer,omitempty" doc:"客户名"`
	Ticket   crm.TicketID `json:"ticket,omitempty" doc:"工单编号"`
	Metric   string       `json:"metric,omitempty" doc:"问什么：csat 满意度（1–5 分）或 nps 推荐意愿（0–10 分）；不说是满意度"`
}

// SurveyView is what a sent survey's receipt says.
type SurveyView struct {
	ID       int64        `json:"id"`
	Customer string       `json:"customer,omitempty"`
	Ticket   crm.TicketID `json:"ticket,omitempty"`
	Metric   string       `json:"metric"`
	Door     string       `json:"door"`           // crm.SurveyByKf …
	Link     string       `json:"link,omitempty"` // to hand on, with crm.SurveyByLink
}

func surveySend(ctx context.Context, r *run, p *SurveySend) (*Result, error) {
	metric, err := surveyMetric(r, p.Metric)
	if err != nil {
		return nil, err
	}
	s := &asking{Survey: crm.Survey{Metric: metric}}
	res := &Result{}
	if p.Ticket != 0 || p.Customer == "" && r.focus.Ticket.ID != 0 && r.focus.Customer.ID == 0 {
		t, err := r.ticket(ctx, p.Ticket, "", anyState)
		if err != nil {
			return nil, err
		}
		if err := r.aboutTicket(ctx, s, t); err != nil {
			return nil, err
		}
		res.Record = t.ref()
	} else {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		if c.fresh {
			return nil, crm.Refuse(crm.ErrInvalid, "%s这次才建，建好以后再发调查。", c.Name)
		}
		s.of(c)
		s.AgentID, s.TeamID = crm.UserID(c.OwnerID), teamID(c)
		res.Record = c.ref()
	}
	if err := r.surveyRest(ctx, s); err != nil {
		return nil, err
	}
	if err := r.surveyDoor(ctx, s); err != nil {
		return nil, err
	}
	if s.Door == crm.SurveyByLink && r.req.Actor.Scope == crm.ScopeSystem {
		return nil, crm.Refuse(crm.ErrInvalid, "没有可以直接发给客户的渠道。") // and nobody is there to hand a link on
	}
	res.changes(res.Record, surveyName(metric), surveyDoorName(s.Door))
	if s.Door == crm.SurveyByLink {
		res.Notes = []string{"没有可以直接发给客户的渠道，会给你一个链接，由你转给客户。"}
	} else {
		r.risky("会发给客户，发出后收不回来")
	}
	r.then(func(ctx context.Context) error {
		ok, err := r.askSurvey(ctx, s)
		if err != nil {
			return err
		}
		if !ok {
			return store.RunAgain(crm.ErrConflict) // another run has asked meanwhile: the repeat finds it and says so
		}
		r.audit("survey.send", res.Record, res.Changes)
		v := SurveyView{ID: s.ID, Customer: s.customer, Ticket: s.TicketID, Metric: s.Metric, Door: s.Door}
		if s.Door == crm.SurveyByLink {
			v.Link = s.url(r)
			res.Notes = []string{"没有可以直接发给客户的渠道，请把这个链接转给客户：" + v.Link}
		}
		_, err = view(res, v)
		return err
	})
	return view(res, SurveyView{Customer: s.customer, Ticket: s.TicketID, Metric: s.Metric, Door: s.Door})
}

// asking is a survey on its way to a customer.
type asking struct {
	crm.Survey
	customer string // name
	source   string // of the ticket
	token    string
	address  string
	guest    *crm.Guest
}

func (s *asking) of(c *customer) {
	s.CustomerID, s.customer, s.OwnerID = crm.CustomerID(c.ID), c.Name, crm.UserID(c.OwnerID)
}

func teamID(c *customer) crm.TeamID {
	if c.TeamID == nil {
		return 0
	}
	return crm.TeamID(*c.TeamID)
}

// url is the survey's page.
func (s *asking) url(r *run) string { return r.x.SurveyURL(s.token) }

// SurveyURL is the page on which a survey is answered; "" when customers cannot open pages of ours.
func (x *Executor) SurveyURL(token string) string {
	if x.doors.Link == "" {
		return ""
	}
	return strings.TrimSuffix(x.doors.Link, "/") + "/s/" + token
}

// surveyMetric is what was said for metric.
func surveyMetric(r *run, said string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(said)) {
	case "", crm.CSAT, "满意度":
		return crm.CSAT, nil
	case crm.NPS, "推荐", "推荐意愿", "净推荐值":
		return crm.NPS, nil
	}
	return "", r.ask("metric", "问什么？说「满意度」或「NPS」。")
}

func surveyName(metric string) string {
	if metric == crm.NPS {
		return "推荐意愿调查（NPS）"
	}
	return "满意度调查"
}

func surveyDoorName(door string) string {
	return map[string]string{crm.SurveyByKf: "微信客服", crm.SurveyBySMS: "短信", crm.SurveyByMail: "邮件", crm.SurveyByLink: "链接"}[door]
}

// aboutTicket makes the survey one about a closed ticket: its customer, its guest, and whose work it was.
func (r *run) aboutTicket(ctx context.Context, s *asking, t *ticket) error {
	switch {
	case t.MergedInto != 0:
		return crm.Refuse(crm.ErrConflict, "工单 #%d 已经并入 #%d，请对 #%d 发调查。", t.ID, t.MergedInto, t.MergedInto)
	case t.Open():
		return crm.Refuse(crm.ErrConflict, "工单 #%d 还没有关闭（%s），关闭以后再问客户满不满意。", t.ID, crm.TicketStateChinese(t.State))
	}
	s.TicketID, s.CustomerID, s.ContactID, s.GuestID, s.customer, s.source = t.ID, t.CustomerID, t.ContactID, crm.GuestID(t.GuestID), t.customer, t.Source
	s.OwnerID, s.AgentID, s.TeamID = t.customerOwner, t.OwnerID, t.TeamID
	if s.AgentID == 0 {
		s.AgentID = t.ClosedBy
	}
	if s.CustomerID == 0 && s.GuestID == 0 {
		return crm.Refuse(crm.ErrInvalid, "工单 #%d 没有客户，也没有客户的联系方式，没法发调查。", t.ID)
	}
	return nil
}

// surveyRest refuses to ask a customer again so soon, or twice about one ticket.
func (r *run) surveyRest(ctx context.Context, s *asking) error {
	if s.TicketID != 0 {
		row, err := r.tx.TicketSurvey(ctx, s.TicketID)
		if err != nil && !notFound(err) {
			return err
		}
		if err == nil {
			did := "还没有回"
			if row.Score != nil {
				did = fmt.Sprintf("打了 %d 分", *row.Score)
			}
			return crm.Refuse(crm.ErrConflict, "工单 #%d 已经发过调查了（客户%s），不用再发。", s.TicketID, did)
		}
	}
	at, err := r.tx.AskedSince(ctx, s.CustomerID, s.GuestID, r.now.Add(-r.x.surveys.Every))
	if err != nil {
		return err
	}
	if !at.IsZero() {
		name := s.customer
		if name == "" {
			name = "这位客户"
		}
		return crm.Refuse(crm.ErrConflict, "%s %s刚收到过调查，%d 天内只发一次，免得打扰客户。", name, crm.SayDay(at.In(r.zone), r.now.In(r.zone)), int(r.x.surveys.Every.Hours()/24))
	}
	return nil
}

// surveyDoor finds by which door the customer is asked: the one that the ticket came through, else one that is open.
func (r *run) surveyDoor(ctx context.Context, s *asking) error {
	open := r.x.doors
	s.token = newToken()
	links := open.Link != ""
	guest, err := r.surveyGuest(ctx, s)
	if err != nil {
		return err
	}
	if guest != nil && guest.Platform == "kf" && open.Kf && guest.Reachable(r.now) && (s.Metric == crm.CSAT || links) { // a menu has room for five scores
		s.Door, s.GuestID = crm.SurveyByKf, guest.ID
		return nil
	}
	if guest != nil && links && (guest.Platform == "sms" && open.SMS || guest.Platform == "mail" && open.Mail) {
		address, err := r.tx.GuestAddress(ctx, guest.ID)
		if err == nil {
			s.Door, s.address, s.GuestID = guest.Platform, address, guest.ID
			return nil
		}
		if !notFound(err) {
			return err
		}
	}
	phone, mail, err := r.surveyAddress(ctx, s)
	switch {
	case err != nil:
		return err
	case !links:
		return crm.Refuse(crm.ErrInvalid, "现在联系不上客户：微信客服要客户 48 小时内说过话，其他渠道要管理员先设好对外网址 GENDAN_URL。")
	case phone != "" && open.SMS:
		s.Door, s.address = crm.SurveyBySMS, phone
	case mail != "" && open.Mail:
		s.Door, s.address = crm.SurveyByMail, mail
	default:
		s.Door = crm.SurveyByLink
	}
	return nil
}

// surveyGuest is the customer's side of the ticket, else the guest of the customer who wrote last; nil when there is none.
func (r *run) surveyGuest(ctx context.Context, s *asking) (*crm.Guest, error) {
	id := s.GuestID
	if id == 0 {
		var err error
		if id, err = r.tx.LastGuestOf(ctx, s.CustomerID); err != nil || id == 0 {
			return nil, err
		}
	}
	g, err := r.tx.Guest(ctx, id)
	if notFound(err) {
		return nil, nil
	}
	return &g, err
}

// surveyAddress are a phone number and a mail address of the customer: of the ticket's contact, else of the first who has one.
func (r *run) surveyAddress(ctx context.Context, s *asking) (phone, mail string, err error) {
	if s.CustomerID == 0 {
		return "", "", nil
	}
	contacts, err := r.tx.ContactsOf(ctx, s.CustomerID)
	if err != nil {
		return "", "", err
	}
	take := func(p, m string) {
		if p = crm.CleanPhone(p); phone == "" && len(p) == 11 && p[0] == '1' { // landlines read no messages
			phone = p
		}
		if mail == "" {
			mail = m
		}
	}
	for _, c := range contacts {
		if crm.ContactID(c.ID) == s.ContactID {
			take(c.Phone, c.Email)
		}
	}
	for _, c := range contacts {
		take(c.Phone, c.Email)
	}
	detail, err := r.tx.CustomerDetail(ctx, s.CustomerID)
	if err != nil && !notFound(err) {
		return "", "", err
	}
	take(detail.Phone, "")
	return phone, mail, nil
}

// askSurvey writes the survey down with the message that asks; ok is false when it was asked already.
func (r *run) askSurvey(ctx context.Context, s *asking) (ok bool, err error) {
	hash := sha256.Sum256([]byte(s.token))
	s.Link, s.CreatedBy, s.SentAt, s.ExpiresAt = hash[:], r.req.Actor.UserID, r.now, r.now.Add(r.x.surveys.Live)
	if ok, err = r.tx.AddSurvey(ctx, &s.Survey); err != nil || !ok {
		return ok, err
	}
	r.event("survey.sent", crm.Ref{Kind: crm.KindCustomer, ID: int64(s.CustomerID), Name: s.customer}, map[string]any{"survey": s.ID, "ticket": s.TicketID, "door": s.Door})
	if s.Door == crm.SurveyByLink {
		return true, nil
	}
	payload, err := json.Marshal(SurveyAsk{Token: s.token, Address: s.address})
	if err != nil {
		return false, fmt.Errorf("survey %d: %w", s.ID, err)
	}
	r.tx.Ledger.Outbox = append(r.tx.Ledger.Outbox, store.OutboxRow{Lane: fmt.Sprintf("survey:%d", s.ID), Kind: KindSurvey, Subject: s.ID, Payload: payload,
		Key: fmt.Sprintf("survey:%d", s.ID)})
	return true, nil
}

// newToken is the secret part of a link: 128 random bits.
func newToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// surveySoon sets the time at which the customer is asked about a ticket that was just closed, and takes it back when the
// ticket is opened again. Merged tickets are asked about as the one they went into. It is called before t.was is forgotten.
func (r *run) surveySoon(t *ticket) {
	closed, was := !t.Open(), t.was.State == crm.TicketClosed
	switch {
	case !r.x.surveys.Auto || closed == was:
	case !closed:
		r.tx.Ledger.Cancels = append(r.tx.Ledger.Cancels, store.TimerCancel{Kind: KindSurveyDue, Subject: int64(t.ID)})
	case t.MergedInto == 0 && (t.CustomerID != 0 || t.GuestID != 0):
		due := r.now.Add(r.x.surveys.After).Truncate(time.Second)
		r.tx.Ledger.Timers = append(r.tx.Ledger.Timers, store.TimerRow{Kind: KindSurveyDue, Subject: int64(t.ID), Due: due,
			Dedupe: fmt.Sprintf("survey:%d:%d", t.ID, due.Unix())})
	}
}

// surveyOf finds the survey that a link or a menu means.
func (r *run) surveyOf(ctx context.Context, id int64, link string, guest crm.GuestID) (row store.SurveyRow, err error) {
	if link != "" {
		hash, ok := linkHash(link)
		if !ok {
			return row, errNoSurvey
		}
		row, err = r.tx.SurveyByLink(ctx, hash)
	} else {
		row, err = r.tx.SurveyByID(ctx, id)
		if err == nil && (guest == 0 || row.GuestID != guest) { // a menu answers for the guest to whom it was shown
			err = crm.ErrNotFound
		}
	}
	if errors.Is(err, crm.ErrNotFound) {
		return row, errNoSurvey
	}
	return row, err
}

var errNoSurvey = crm.Refuse(crm.ErrNotFound, "链接不对或已经过期，谢谢您的关注。")
