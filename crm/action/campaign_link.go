package action

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// CampaignLink makes a link by which people come: it leads to an address that a colleague gave, and counts who takes it.
type CampaignLink struct {
	Campaign string `json:"campaign" doc:"*推广名"`
	Channel  string `json:"channel,omitempty" doc:"放在哪个渠道；不说就是推广的渠道"`
	URL      string `json:"url,omitempty" doc:"带去的网址；不说就和上一条一样"`
}

// CampaignLinkView is a tracking link.
type CampaignLinkView struct {
	ID      int64  `json:"id"`
	Channel string `json:"channel,omitempty"`
	Link    string `json:"link"` // to put into the channel
	URL     string `json:"url"`  // where it leads
	Token   string `json:"token"`
	Clicks  int    `json:"clicks"`
	Form    bool   `json:"form,omitempty"`  // it is a page on which people leave their number
	Leads   int    `json:"leads,omitempty"` // who did, by a form

	Variants []FormVariant `json:"variants,omitempty"` // of a form whose address says which text was read: /f/…?v=B
}

// FormVariant is how many leads came by one text.
type FormVariant struct {
	Name  string `json:"name"`
	Leads int    `json:"leads"`
}

func campaignLink(ctx context.Context, r *run, p *CampaignLink) (*Result, error) {
	c, err := r.campaign(ctx, p.Campaign)
	if err != nil {
		return nil, err
	}
	if c.State != crm.CampaignOpen {
		return nil, crm.Refuse(crm.ErrConflict, "推广「%s」已经停了，新建一个再做链接。", c.Name)
	}
	if r.x.doors.Link == "" {
		return nil, crm.Refuse(crm.ErrConflict, "还没有配置公开的网址（GENDAN_URL），请管理员配好再做推广链接。")
	}
	url := strings.TrimSpace(p.URL)
	if url == "" {
		links, err := r.tx.CampaignLinks(ctx, crm.CampaignID(c.ID), 1)
		if err != nil {
			return nil, err
		}
		if len(links) == 0 {
			return nil, r.ask("url", "链接带客户去哪个网址？比如 https://shop.example.com/a。")
		}
		url = links[0].URL
	}
	if url, err = crm.CheckLink(url); err != nil {
		return nil, r.bad("url", err)
	}
	channel := channelName(p.Channel)
	if channel == "" {
		channel = c.Channel
	}
	if len([]rune(channel)) > 30 {
		return nil, r.ask("channel", "渠道说短一点，比如「小红书」。")
	}
	ref := crm.Ref{Kind: crm.KindCampaignLink, Name: c.Name}
	res := &Result{Record: ref}
	v := CampaignLinkView{Channel: channel, URL: url}
	res.changes(ref, "推广", c.Name, "渠道", channel, "网址", url)
	r.then(func(ctx context.Context) error {
		if err := r.tx.TouchCampaign(ctx, crm.CampaignID(c.ID)); err != nil {
			return err
		}
		v.Token = store.NewLinkToken()
		if v.ID, err = r.tx.AddCampaignLink(ctx, crm.CampaignID(c.ID), channel, url, v.Token); err != nil {
			return err
		}
		v.Link = r.x.campaignURL(v.Token)
		ref.ID = v.ID
		res.settle(ref)
		r.audit("campaign.link", ref, res.Changes)
		_, err := view(res, v)
		return err
	})
	r.title("「%s」的推广链接", c.Name)
	return view(res, v)
}

// campaignURL is the address of a tracking link.
func (x *Executor) campaignURL(token string) string {
	return strings.TrimSuffix(x.doors.Link, "/") + "/l/" + token
}

// CampaignOpen is somebody following a tracking link.
type CampaignOpen struct {
	Token   string `json:"token" doc:"*链接里的编号"`
	Visitor string `json:"visitor,omitempty" doc:"访客的哈希；没有就不计数"`
}

// CampaignOpened is Data of campaign.open.
type CampaignOpened struct {
	URL string `json:"url"` // where to go
}

func campaignOpen(ctx context.Context, r *run, p *CampaignOpen) (*Result, error) {
	if id, ok := r.tx.Keys.ReadOfferToken(p.Token); ok {
		return r.follow(ctx, id, p.Visitor != "")
	}
	l, err := r.tx.CampaignLink(ctx, p.Token)
	if notFound(err) {
		return nil, errLinkGone
	}
	if err != nil {
		return nil, err
	}
	v := CampaignOpened{URL: crm.Tagged(l.URL, l.Channel, l.Token)}
	if r.x.doors.Link != "" && strings.HasPrefix(l.URL, strings.TrimSuffix(r.x.doors.Link, "/")+"/c/") {
		v.URL = l.URL // a page of ours needs no marks
	} else if r.x.doors.Link != "" && l.URL == r.x.formURL(l.Token) {
		v.URL = l.URL
	}
	visitor, err := visitorHash(p.Visitor)
	if err != nil {
		return nil, err
	}
	if len(visitor) > 0 {
		r.then(func(ctx context.Context) error {
			fresh, err := r.tx.AddClick(ctx, l, visitor, r.now.In(crm.Shanghai).Format(time.DateOnly))
			if err != nil || !fresh || l.CustomerID == 0 {
				return err
			}
			offers, err := r.tx.CampaignOffers(ctx, crm.CampaignID(l.CampaignID), l.ID)
			for _, id := range offers {
				if err := r.offerClicked(ctx, crm.OfferID(id), map[string]any{"campaign": l.CampaignID, "link": l.ID}); err != nil {
					return err
				}
			}
			return err
		})
	}
	return view(&Result{}, v)
}

// visitorHash reads the hash of a visitor as a door tells it.
func visitorHash(said string) ([]byte, error) {
	visitor, err := hex.DecodeString(said)
	if err != nil || len(visitor) > 64 {
		return nil, crm.Refuse(crm.ErrInvalid, "访客的哈希不对。")
	}
	return visitor, nil
}

// cameBy notes by which campaign a lead came, when it says the campaign's name or the token of one of its links. A link knows
// where it was put, better than whoever hands the lead in; a name only stands in for a source that is not said.
func (r *run) cameBy(ctx context.Context, l *crm.Lead) error {
	c, err := r.tx.CampaignSaid(ctx, strings.TrimSpace(l.Campaign))
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	l.CampaignID, l.Campaign = crm.CampaignID(c.ID), c.Name
	if c.Channel != "" && (c.Link || l.Source == "") {
		l.Source = c.Channel
	}
	return nil
}
