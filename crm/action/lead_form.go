package action

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// CampaignForm makes a page on which people leave their number: they become leads of the campaign.
type CampaignForm struct {
	Campaign string `json:"campaign" doc:"*推广名"`
	Channel  string `json:"channel,omitempty" doc:"放在哪个渠道；不说就是推广的渠道"`
	Owner    string `json:"owner,omitempty" doc:"线索给谁；不说就是做表单的销售，市场和经理做的进公海"`
	Title    string `json:"title,omitempty" doc:"页面上写什么，比如「预约免费试喝」"`
}

func campaignForm(ctx context.Context, r *run, p *CampaignForm) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	if c.State != crm.CampaignOpen {
		return nil, crm.Refuse(crm.ErrConflict, "推广「%s」已经停了，新建一个再做表单。", c.Name)
	}
	if r.x.doors.Link == "" {
		return nil, crm.Refuse(crm.ErrConflict, "还没有配置公开的网址（GENDAN_URL），请管理员配好再做表单。")
	}
	channel, title := channelName(p.Channel), strings.TrimSpace(p.Title)
	if channel == "" {
		channel = c.Channel
	}
	switch {
	case len([]rune(channel)) > 30:
		return nil, r.ask("channel", "渠道说短一点，比如「小红书」。")
	case len([]rune(title)) > 40:
		return nil, r.ask("title", "页面上的话最多 40 个字，说短一点。")
	}
	owner := store.Colleague{}
	switch role := r.req.Actor.Role; {
	case p.Owner != "":
		if owner, _, err = r.person(ctx, "owner", p.Owner); err != nil {
			return nil, err
		}
		if !crm.Role(owner.Role).May(crm.WriteLead) || crm.Role(owner.Role) == crm.Marketer {
			return nil, crm.Refuse(crm.ErrInvalid, "%s是%s，不能跟线索，请换一位销售。", owner.Name, crm.Role(owner.Role).Chinese())
		}
	case role == crm.Rep || role == crm.TeamLead:
		owner = r.me()
	}
	ref := crm.Ref{Kind: crm.KindCampaignLink, Name: c.Name}
	res := &Result{Record: ref}
	v := CampaignLinkView{Channel: channel, Form: true}
	to := owner.Name
	if to == "" {
		to = "公海"
	}
	res.changes(ref, "推广", c.Name, "渠道", channel, "线索给", to, "标题", title)
	r.then(func(ctx context.Context) error {
		if err := r.tx.TouchCampaign(ctx, crm.CampaignID(c.ID)); err != nil {
			return err
		}
		v.Token = store.NewLinkToken()
		v.URL = r.x.formURL(v.Token)
		v.Link = v.URL
		if v.ID, err = r.tx.AddForm(ctx, crm.CampaignID(c.ID), channel, v.URL, v.Token, title, crm.UserID(owner.ID)); err != nil {
			return err
		}
		ref.ID = v.ID
		res.settle(ref)
		r.audit("campaign.form", ref, res.Changes)
		_, err := view(res, v)
		return err
	})
	r.title("「%s」的表单", c.Name)
	return view(res, v)
}

// linkViews are links as a view shows them, forms with the leads that came by them.
func (r *run) linkViews(ctx context.Context, links []store.CampaignLinkRow) (views []CampaignLinkView, err error) {
	ids := make([]int64, len(links))
	for i, l := range links {
		ids[i] = l.ID
	}
	counts, err := r.tx.FormLeads(ctx, ids, r.now)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		v := CampaignLinkView{ID: l.ID, Channel: l.Channel, Link: r.x.campaignURL(l.Token), URL: l.URL, Token: l.Token, Clicks: l.Clicks, Form: l.Form}
		if l.Form {
			v.Link = l.URL
		}
		for _, c := range counts {
			if c.ID != l.ID {
				continue
			}
			if v.Leads += c.Leads; c.Variant != "" {
				v.Variants = append(v.Variants, FormVariant{Name: c.Variant, Leads: c.Leads})
			}
		}
		views = append(views, v)
	}
	return views, nil
}

// formURL is the address of a lead form.
func (x *Executor) formURL(token string) string {
	return strings.TrimSuffix(x.doors.Link, "/") + "/f/" + token
}

// LeadForm is somebody opening a lead form.
type LeadForm struct {
	Token   string `json:"token" doc:"*表单的编号"`
	Visitor string `json:"visitor,omitempty" doc:"访客的哈希；没有就不计数"`
}

// LeadFormView is what the page of a lead form shows: nobody's name.
type LeadFormView struct {
	Title string `json:"title"`
	Over  bool   `json:"over,omitempty"` // the campaign has ended: nothing more is taken
}

// errFormGone answers for forms that never were, or were taken back.
var errFormGone = crm.Refuse(crm.ErrNotFound, "链接不对，或已经收回了。需要帮助请联系我们的客服。")

func leadForm(ctx context.Context, r *run, p *LeadForm) (*Result, error) {
	f, err := r.form(ctx, p.Token)
	if err != nil {
		return nil, err
	}
	v := LeadFormView{Title: f.Title, Over: r.formOver(f)}
	if v.Title == "" {
		v.Title = f.Campaign
	}
	if p.Visitor != "" {
		visitor, err := visitorHash(p.Visitor)
		if err != nil {
			return nil, err
		}
		r.then(func(ctx context.Context) error {
			_, err := r.tx.AddClick(ctx, f.CampaignLinkRow, visitor, r.today())
			return err
		})
	}
	return view(&Result{}, v)
}

func (r *run) form(ctx context.Context, token string) (store.FormRow, error) {
	f, err := r.tx.Form(ctx, token)
	if notFound(err) {
		return f, errFormGone
	}
	return f, err
}

// formOver tells whether the campaign of a form has ended.
func (r *run) formOver(f store.FormRow) bool {
	return f.State != crm.CampaignOpen || f.EndsOn != nil && f.EndsOn.Format(time.DateOnly) < r.today()
}

// LeadSubmit is a filled lead form. Whose number it is, the answer never tells.
type LeadSubmit struct {
	Token   string `json:"token" doc:"*表单的编号"`
	Name    string `json:"name" doc:"*怎么称呼"`
	Phone   string `json:"phone" doc:"*手机号"`
	Company string `json:"company,omitempty" doc:"公司"`
	Need    string `json:"need,omitempty" doc:"想了解什么"`
	Variant string `json:"variant,omitempty" doc:"看到的是哪种文案：A、B、C"`
	Agreed  bool   `json:"agreed" doc:"*同意用这个号码联系"`
	News    bool   `json:"news,omitempty" doc:"愿意收到优惠消息"`
}

func leadSubmit(ctx context.Context, r *run, p *LeadSubmit) (*Result, error) {
	f, err := r.form(ctx, p.Token)
	if err != nil {
		return nil, err
	}
	if r.formOver(f) {
		return nil, crm.Refuse(crm.ErrConflict, "活动已经结束了，谢谢您的关注。")
	}
	p.Name, p.Company, p.Need, p.Phone = strings.TrimSpace(p.Name), strings.TrimSpace(p.Company), strings.TrimSpace(p.Need), crm.CleanPhone(strings.TrimSpace(p.Phone))
	switch {
	case p.Name == "" || len([]rune(p.Name)) > 30:
		return nil, r.ask("name", "怎么称呼您？30 个字以内。")
	case !p.Agreed:
		return nil, r.ask("agreed", "勾选同意后，我们才能用这个号码联系您。")
	case len([]rune(p.Company)) > 60 || len([]rune(p.Need)) > 500:
		return nil, r.ask("need", "写得太长了，请写短一点。")
	case p.Phone == "":
		return nil, r.ask("phone", "请留一个手机号，我们好联系您。")
	}
	if err := crm.CheckPhone(p.Phone); err != nil {
		return nil, r.bad("phone", err)
	}
	if p.Variant = strings.ToUpper(p.Variant); len(p.Variant) != 1 || p.Variant < "A" || p.Variant > "Z" {
		p.Variant = ""
	}
	if most := r.x.campaigns.FormPerDay; most > 0 {
		day, err := time.ParseInLocation(time.DateOnly, r.today(), crm.Shanghai)
		if err != nil {
			return nil, fmt.Errorf("today: %w", err)
		}
		counts, err := r.tx.FormLeads(ctx, []int64{f.ID}, day)
		if err != nil {
			return nil, err
		}
		n := 0
		for _, c := range counts {
			n += c.Fresh
		}
		if n >= most {
			return nil, crm.Refuse(crm.ErrConflict, "今天提交的人太多了，请明天再来。")
		}
	}
	r.then(func(ctx context.Context) error { return r.submitted(ctx, f, p) })
	r.title("%s的表单", f.Campaign)
	return &Result{}, nil
}

// submitted makes a lead of a filled form; who is a lead already stays the same one, and who is a customer is one.
func (r *run) submitted(ctx context.Context, f store.FormRow, p *LeadSubmit) error {
	if err := r.tx.LockPhone(ctx, p.Phone); err != nil {
		return err
	}
	holders, err := r.tx.PhoneHolders(ctx, p.Phone)
	if err != nil {
		return err
	}
	a := store.FormAnswer{Link: f.ID, Variant: p.Variant, Agreed: r.now}
	if p.News {
		a.News = r.now
	}
	var lead int64
	customers := map[int64]bool{}
	for _, h := range holders {
		if h.Kind == string(crm.KindLead) && lead == 0 {
			lead = h.Record
		} else if h.CustomerID != nil {
			customers[*h.CustomerID] = true
			a.Customer = *h.CustomerID
		}
	}
	if len(customers) != 1 { // a number that several customers have says nothing
		a.Customer = 0
	}
	switch {
	case a.Customer != 0:
		return r.formCustomer(ctx, f, p, a)
	case lead != 0:
		row, err := r.tx.LeadByID(ctx, crm.LeadID(lead))
		if err != nil {
			return err
		}
		if err := r.tx.AnswerForm(ctx, crm.LeadID(lead), a); err != nil {
			return err
		}
		to := f.By
		if row.OwnerID != nil {
			to = *row.OwnerID
		}
		r.inform(to, News{Topic: LeadAgain, Record: crm.Ref{Kind: crm.KindLead, ID: lead, Name: row.Lead().Name()}, Source: r.formSource(f), Need: p.Need})
		r.audit("lead.submit", crm.Ref{Kind: crm.KindLead, ID: lead}, nil)
		return nil
	}
	l := crm.Lead{Contact: p.Name, Company: p.Company, Phone: p.Phone, Need: p.Need, Source: f.Channel, Campaign: f.Campaign, CampaignID: crm.CampaignID(f.CampaignID),
		OwnerID: crm.UserID(f.Owner), State: crm.LeadOpen}
	id, err := r.tx.AddLead(ctx, l)
	if err != nil {
		return err
	}
	if err := r.tx.AnswerForm(ctx, id, a); err != nil {
		return err
	}
	ref := crm.Ref{Kind: crm.KindLead, ID: int64(id), Name: l.Name()}
	r.audit("lead.submit", ref, []Change{{Record: ref, Field: "线索", New: l.Name()}, {Record: ref, Field: "活动", New: f.Campaign}})
	r.event("lead.created", ref, map[string]any{"source": l.Source, "owner": l.OwnerID, "campaign": l.CampaignID})
	news := News{Topic: LeadCame, Record: ref, Source: r.formSource(f), Phone: l.Phone, Need: l.Need, To: "你"}
	if f.Owner == 0 {
		news.To = ""
		r.inform(f.By, news)
		return nil
	}
	r.inform(f.Owner, news)
	return nil
}

// formCustomer notes that a customer has filled in a form: they came by the campaign once more, and their colleague hears it.
func (r *run) formCustomer(ctx context.Context, f store.FormRow, p *LeadSubmit, a store.FormAnswer) error {
	c, err := r.customerByID(ctx, a.Customer, "")
	if err != nil {
		return err
	}
	id, err := r.tx.LeadOfCampaign(ctx, a.Customer, crm.CampaignID(f.CampaignID))
	if notFound(err) {
		l := crm.Lead{Contact: p.Name, Company: p.Company, Need: p.Need, Phone: p.Phone, Source: f.Channel, Campaign: f.Campaign, CampaignID: crm.CampaignID(f.CampaignID),
			OwnerID: crm.UserID(c.OwnerID), State: crm.LeadOpen}
		id, err = r.tx.AddLead(ctx, l)
	}
	if err == nil {
		err = r.tx.AnswerForm(ctx, id, a)
	}
	if err == nil && p.News {
		err = r.tx.AllowNews(ctx, a.Customer, r.now)
	}
	if err != nil {
		return err
	}
	said := "在表单「" + f.Campaign + "」留了号码"
	if p.Need != "" {
		said += "：" + p.Need
	}
	r.history(c, 0, said)
	r.audit("lead.submit", c.ref(), nil)
	r.inform(c.OwnerID, News{Topic: LeadAgain, Record: c.ref(), Source: r.formSource(f), Need: p.Need})
	return nil
}

// formSource is where a form stands, as people say it.
func (r *run) formSource(f store.FormRow) string {
	if f.Channel == "" {
		return f.Campaign
	}
	return f.Campaign + "·" + f.Channel
}
