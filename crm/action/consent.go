package action

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// OfferStop is a colleague's word that a customer shall get nothing unasked any more.
type OfferStop struct {
	Customer string `json:"customer,omitempty" doc:"*客户名"`
	Reason   string `json:"reason,omitempty" doc:"原因"`
}

// OfferStopped is Data of offer.stop and offer.resume.
type OfferStopped struct {
	Customer string `json:"customer"`
	Dropped  int    `json:"dropped,omitempty"` // that had not left yet
}

func offerStop(ctx context.Context, r *run, p *OfferStop) (*Result, error) {
	c, err := r.oldCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	v := OfferStopped{Customer: c.Name}
	res.changes(res.Record, "营销和关怀", "不再发")
	r.then(func(ctx context.Context) error {
		dropped, err := r.refuse(ctx, crm.CustomerID(c.ID), r.via(), "不再给客户发")
		if err != nil {
			return err
		}
		v.Dropped = len(dropped)
		r.history(c, 0, strings.TrimSuffix("不再给客户发营销和关怀："+p.Reason, "："))
		r.audit("offer.stop", res.Record, res.Changes)
		_, err = view(res, v)
		return err
	})
	return view(res, v)
}

// via is the door by which consent is said.
func (r *run) via() string {
	if r.req.Via == "" {
		return "chat"
	}
	return r.req.Via
}

// oldCustomer is a customer that is there already.
func (r *run) oldCustomer(ctx context.Context, said string) (*customer, error) {
	c, err := r.customer(ctx, said, mustExist)
	if err == nil && c.fresh {
		return nil, crm.Refuse(crm.ErrInvalid, "%s这次才建，建好以后再说一遍。", c.Name)
	}
	return c, err
}

// refuse writes down that a customer wants nothing unasked, and ends all that is on its way. It returns what that was.
func (r *run) refuse(ctx context.Context, id crm.CustomerID, via, reason string) ([]int64, error) {
	if err := r.tx.SetConsents(ctx, id, via, crm.Consent{Purpose: crm.Marketing, Channel: crm.AnyChannel}, crm.Consent{Purpose: crm.Care, Channel: crm.AnyChannel}); err != nil {
		return nil, err
	}
	return r.dropOffers(ctx, id, reason, crm.Marketing, crm.Care)
}

// dropOffers ends what is on its way to a customer.
func (r *run) dropOffers(ctx context.Context, id crm.CustomerID, reason string, purposes ...string) ([]int64, error) {
	dropped, err := r.tx.StopOffers(ctx, id, reason, purposes...)
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.OffersByID(ctx, dropped)
	if err != nil {
		return nil, err
	}
	var tasks []string
	for _, o := range rows {
		if o.Channel == crm.ByContact && o.Tries > 0 {
			tasks = append(tasks, OfferKey(o.ID, o.Tries))
		}
	}
	return dropped, r.tx.StopContactTasks(ctx, tasks)
}

// OfferResume lets a customer get offers again.
type OfferResume struct {
	Customer string `json:"customer,omitempty" doc:"*客户名"`
}

func offerResume(ctx context.Context, r *run, p *OfferResume) (*Result, error) {
	c, err := r.oldCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	said, err := r.tx.ConsentsOf(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return nil, err
	}
	stopped := false
	for _, k := range said {
		if k.Allowed || k.Channel != crm.AnyChannel || !crm.Unasked(k.Purpose) {
			continue
		}
		if k.Own() {
			return nil, r.ownWord(c, k)
		}
		stopped = true
	}
	if !stopped {
		return nil, crm.Refuse(crm.ErrConflict, "%s没有停发，可以照常发。", c.Name)
	}
	res.changes(res.Record, "营销和关怀", "恢复")
	r.then(func(ctx context.Context) error {
		if err := r.tx.SetConsents(ctx, crm.CustomerID(c.ID), r.via(), crm.Consent{Purpose: crm.Marketing, Channel: crm.AnyChannel, Allowed: true},
			crm.Consent{Purpose: crm.Care, Channel: crm.AnyChannel, Allowed: true}); err != nil {
			return err
		}
		r.history(c, 0, "恢复给客户发营销和关怀")
		r.audit("offer.resume", res.Record, res.Changes)
		return nil
	})
	return view(res, OfferStopped{Customer: c.Name})
}

// ownWord refuses to overrule what the customer said.
func (r *run) ownWord(c *customer, k store.ConsentRow) error {
	return crm.Refuse(crm.ErrDenied, "%s是客户自己%s退订的，要由客户本人恢复：请客户回「恢复订阅」%s。", c.Name, crm.SayDay(k.At.In(r.zone), r.now.In(r.zone)), r.resumeHint(crm.CustomerID(c.ID)))
}

func (r *run) resumeHint(id crm.CustomerID) string {
	if link := r.x.UnsubscribeURL(r.tx.Keys.UnsubscribeToken(id)); link != "" {
		return "，或打开 " + link
	}
	return ""
}

// UnsubscribeURL is the page on which a customer ends or allows offers; "" when customers cannot open pages of ours.
func (x *Executor) UnsubscribeURL(token string) string {
	if x.doors.Link == "" {
		return ""
	}
	return strings.TrimSuffix(x.doors.Link, "/") + "/u/" + token
}

// ConsentSet writes down what a customer allows or forbids, as a colleague heard it.
type ConsentSet struct {
	Customer string `json:"customer,omitempty" doc:"*客户名"`
	Purpose  string `json:"purpose,omitempty" doc:"目的：营销、关怀、服务、交易；不说是营销"`
	Channel  string `json:"channel,omitempty" doc:"渠道：微信客服、企业微信群发、短信、邮件；不说是所有渠道"`
	Allowed  *bool  `json:"allowed,omitempty" doc:"同意还是不同意；不说是同意"`
}

func consentSet(ctx context.Context, r *run, p *ConsentSet) (*Result, error) {
	c, err := r.oldCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	purpose, err := r.purpose(p.Purpose)
	if err != nil {
		return nil, err
	}
	channel := crm.AnyChannel
	if p.Channel != "" {
		i := slices.IndexFunc(crm.ReachChannels, func(ch string) bool { return ch == p.Channel || crm.ChannelChinese(ch) == p.Channel })
		switch {
		case i >= 0:
			channel = crm.ReachChannels[i]
		case p.Channel == "微信" || p.Channel == "客服":
			channel = crm.ByKf
		case p.Channel == "群发" || p.Channel == "企业微信":
			channel = crm.ByContact
		case p.Channel == "邮箱":
			channel = crm.ByMail
		case p.Channel != crm.AnyChannel && p.Channel != "全部" && p.Channel != "所有":
			return nil, r.ask("channel", "哪个渠道？可以说微信客服、企业微信群发、短信、邮件，或者所有渠道。")
		}
	}
	allowed := p.Allowed == nil || *p.Allowed
	res := &Result{Record: c.ref()}
	r.ours(c, res)
	id := crm.CustomerID(c.ID)
	said, err := r.tx.ConsentsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	if allowed {
		for _, k := range said {
			if k.Own() && !k.Allowed && k.Purpose == purpose && (k.Channel == channel || k.Channel == crm.AnyChannel || channel == crm.AnyChannel) {
				return nil, r.ownWord(c, k)
			}
		}
	}
	word := "不同意"
	if allowed {
		word = "同意"
	}
	res.changes(res.Record, crm.ChannelChinese(channel)+crm.PurposeChinese(purpose), word)
	r.then(func(ctx context.Context) error {
		if err := r.tx.SetConsents(ctx, id, r.via(), crm.Consent{Purpose: purpose, Channel: channel, Allowed: allowed}); err != nil {
			return err
		}
		if !allowed && channel == crm.AnyChannel {
			if _, err := r.dropOffers(ctx, id, "客户不同意", purpose); err != nil {
				return err
			}
		}
		r.history(c, 0, "客户"+word+crm.ChannelChinese(channel)+crm.PurposeChinese(purpose))
		r.audit("consent.set", res.Record, res.Changes)
		r.event("consent.changed", res.Record, map[string]any{"purpose": purpose, "channel": channel, "allowed": allowed})
		return nil
	})
	return res, nil
}

// purpose is what was said for it; Marketing when nothing was.
func (r *run) purpose(said string) (string, error) {
	if said == "" {
		return crm.Marketing, nil
	}
	for _, p := range crm.Purposes {
		if p == said || crm.PurposeChinese(p) == said {
			return p, nil
		}
	}
	return "", r.ask("purpose", "哪一种？营销、关怀、服务还是交易。")
}

// ConsentView shows what a customer allows.
type ConsentView struct {
	Customer string `json:"customer,omitempty" doc:"*客户名"`
}

// ConsentsView is Data of consent.view.
type ConsentsView struct {
	Customer string       `json:"customer"`
	Rows     []ConsentRow `json:"rows"`
	Month    int          `json:"month"` // unasked messages this month
	Most     int          `json:"most,omitempty"`
	Link     string       `json:"link,omitempty"` // where the customer changes it
}

// ConsentRow is what holds for one purpose.
type ConsentRow struct {
	Purpose string   `json:"purpose"` // in Chinese, like all that follows
	Stopped string   `json:"stopped,omitempty"`
	Allowed []string `json:"allowed,omitempty"` // channels
	Denied  []string `json:"denied,omitempty"`
}

func consentView(ctx context.Context, r *run, p *ConsentView) (*Result, error) {
	c, err := r.oldCustomer(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	id := crm.CustomerID(c.ID)
	rows, err := r.tx.ConsentsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var said crm.Consents
	for _, k := range rows {
		said = append(said, crm.Consent{Purpose: k.Purpose, Channel: k.Channel, Allowed: k.Allowed})
	}
	count, err := r.tx.ReachCountOf(ctx, id)
	if err != nil {
		return nil, err
	}
	v := ConsentsView{Customer: c.Name, Month: count.At(r.now, &r.x.reach).Unasked, Most: r.x.reach.Month, Link: r.x.UnsubscribeURL(r.tx.Keys.UnsubscribeToken(id))}
	for _, purpose := range crm.Purposes {
		row := ConsentRow{Purpose: crm.PurposeChinese(purpose)}
		for _, k := range rows {
			if k.Purpose == purpose && k.Channel == crm.AnyChannel && !k.Allowed {
				row.Stopped = crm.SayDay(k.At.In(r.zone), r.now.In(r.zone)) + "客户自己退订"
				if !k.Own() {
					row.Stopped = crm.SayDay(k.At.In(r.zone), r.now.In(r.zone)) + "由" + k.ByName + "停发"
				}
			}
		}
		for _, ch := range crm.ReachChannels {
			switch {
			case ch == crm.ByWelcome || ch == crm.ByLink:
			case said.Allows(purpose, ch, &r.x.reach):
				row.Allowed = append(row.Allowed, crm.ChannelChinese(ch))
			default:
				row.Denied = append(row.Denied, crm.ChannelChinese(ch))
			}
		}
		v.Rows = append(v.Rows, row)
	}
	r.focus.Customer = c.ref()
	return view(&Result{Record: c.ref()}, v)
}

// ConsentSaid is the customer's own word: 退订, or 恢复订阅.
type ConsentSaid struct {
	Customer crm.CustomerID `json:"customer,omitempty" doc:"客户编号"`
	Token    string         `json:"token,omitempty" doc:"退订链接里的凭证，和客户编号二选一"`
	Again    bool           `json:"again,omitempty" doc:"恢复订阅"`
	Via      string         `json:"via" doc:"*从哪里说的：kf、sms、mail、link"`
}

var errNoUnsubscribe = crm.Refuse(crm.ErrNotFound, "链接不对或已经失效。")

// consenting is the customer of a page's token.
func (r *run) consenting(ctx context.Context, token string, id crm.CustomerID) (*customer, error) {
	if token != "" {
		var ok bool
		if id, ok = r.tx.Keys.ReadUnsubscribeToken(token); !ok {
			return nil, errNoUnsubscribe
		}
	}
	row, err := r.tx.CustomerByID(ctx, id)
	if notFound(err) {
		return nil, errNoUnsubscribe
	}
	return &customer{CustomerRow: row}, err
}

func consentSaid(ctx context.Context, r *run, p *ConsentSaid) (*Result, error) {
	c, err := r.consenting(ctx, p.Token, p.Customer)
	if err != nil {
		return nil, err
	}
	res := &Result{Record: c.ref()}
	r.consentSaid(c, p.Again, p.Via)
	return view(res, ConsentState{Stopped: !p.Again})
}

// consentSaid queues the customer's own word.
func (r *run) consentSaid(c *customer, again bool, via string) {
	word, id := "退订", crm.CustomerID(c.ID)
	if again {
		word = "恢复订阅"
	}
	r.then(func(ctx context.Context) (err error) {
		if again {
			err = r.tx.SetConsents(ctx, id, via, crm.Consent{Purpose: crm.Marketing, Channel: crm.AnyChannel, Allowed: true},
				crm.Consent{Purpose: crm.Care, Channel: crm.AnyChannel, Allowed: true})
		} else {
			_, err = r.refuse(ctx, id, via, "客户退订了")
		}
		if err != nil {
			return err
		}
		where := crm.ChannelChinese(via)
		if via == crm.ByLink {
			where = "退订页"
		}
		r.history(c, 0, "客户"+word+"营销和关怀（"+where+"）")
		r.audit("consent.said", c.ref(), []Change{{Record: c.ref(), Field: "营销和关怀", New: word}})
		r.event("consent.changed", c.ref(), map[string]any{"purpose": crm.Marketing, "channel": crm.AnyChannel, "allowed": again, "own": true})
		return nil
	})
}

// ConsentOpen reads how a customer stands, for the page of unsubscribing.
type ConsentOpen struct {
	Token string `json:"token" doc:"*退订链接里的凭证"`
}

// ConsentState is what the page shows: no name and no number.
type ConsentState struct {
	Stopped bool `json:"stopped"`
}

func consentOpen(ctx context.Context, r *run, p *ConsentOpen) (*Result, error) {
	c, err := r.consenting(ctx, p.Token, 0)
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.ConsentsOf(ctx, crm.CustomerID(c.ID))
	if err != nil {
		return nil, err
	}
	var v ConsentState
	for _, k := range rows {
		v.Stopped = v.Stopped || k.Purpose == crm.Marketing && k.Channel == crm.AnyChannel && !k.Allowed
	}
	return view(&Result{}, v)
}

// Says tells whether a customer's whole message ends offers, or allows them again, by the pack's words or the common ones.
func (x *Executor) Says(text string) (stop, again bool) {
	if x.says == nil {
		return crm.UnsubscribeWord(text)
	}
	return x.says(text)
}

// offersAnswered notes that a customer spoke up after offers, for rules and journeys: each offer once.
func (r *run) offersAnswered(ctx context.Context, id crm.CustomerID) error {
	rows, err := r.tx.OffersAnswered(ctx, id, r.now.Add(-crm.OfferAnswerLife))
	for _, o := range rows {
		offerEvent(r.tx, "offer.replied", o, map[string]any{"channel": o.Channel})
	}
	return err
}

// OfferAnswered notes that a customer spoke up at the customers' door.
type OfferAnswered struct {
	Customer crm.CustomerID `json:"customer" doc:"*客户编号"`
}

func offerAnswered(_ context.Context, r *run, p *OfferAnswered) (*Result, error) {
	r.then(func(ctx context.Context) error { return r.offersAnswered(ctx, p.Customer) })
	return &Result{}, nil
}

// mailUnsubscribes takes a mail that says nothing but 退订, in its subject or as its text. It is the customer's whose token it bears, as
// the button of mail programs has it; else the sender's, when the mail server vouches for the sender: anybody can write any address
// into a mail. Of others unsure is true, and nothing is changed. Whoever is no customer's contact has nothing to end: their mail is
// one like any other.
func (r *run) mailUnsubscribes(ctx context.Context, p *MailReceived, from string) (res *Result, unsure bool, err error) {
	first, _, _ := strings.Cut(strings.TrimSpace(p.Content), "\n")
	var stop, again bool
	var ids []int64
	for _, said := range []string{first, p.Subject} {
		token := unsubscribeToken.FindString(said)
		if out, in := r.x.Says(strings.TrimSpace(strings.Replace(said, token, "", 1))); !stop && !again && (out || in) {
			stop, again = out, in
			if id, ok := r.tx.Keys.ReadUnsubscribeToken(token); ok {
				ids = []int64{int64(id)}
			}
		}
	}
	if !stop && !again {
		return nil, false, nil
	}
	if len(ids) == 0 {
		if ids, err = r.tx.CustomersByMail(ctx, from); err != nil || len(ids) == 0 {
			return nil, false, err
		}
		if !p.Authentic {
			return nil, true, nil
		}
	}
	for _, id := range ids {
		c, err := r.consenting(ctx, "", crm.CustomerID(id))
		if err != nil {
			return nil, false, err
		}
		r.consentSaid(c, again, crm.ByMail)
	}
	return &Result{}, false, nil
}

// unsubscribeToken finds what may be the token of [store.Keys.UnsubscribeToken].
var unsubscribeToken = regexp.MustCompile(`\b[0-9a-z]{1,13}-[0-9a-f]{20}\b`)
