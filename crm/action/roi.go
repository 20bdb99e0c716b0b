package action

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// ReportROI tells what campaigns and channels cost and what they brought.
type ReportROI struct {
	Period   string `json:"period,omitempty" doc:"时间段；不说是本月，说了推广就是从推广开始到现在"`
	Channel  string `json:"channel,omitempty" doc:"渠道：抖音、小红书、官网…"`
	Campaign string `json:"campaign,omitempty" doc:"推广名"`
}

// ROIRow is what a campaign, a channel or all of them cost and brought. Orders and revenue are of the last touch.
type ROIRow struct {
	ID        int64     `json:"id,omitempty"` // of the campaign
	Name      string    `json:"name,omitempty"`
	Cost      crm.Money `json:"cost"`
	Spent     bool      `json:"spent"` // something was written down as spent; without it there is no return to compute
	Clicks    int       `json:"clicks,omitempty"`
	Leads     int       `json:"leads"`
	Customers int       `json:"customers"`
	Orders    int       `json:"orders"`
	Revenue   crm.Money `json:"revenue"`
	First     crm.Money `json:"first_touch_revenue"`
	Linear    crm.Money `json:"linear_revenue"`
	ROI       *float64  `json:"roi,omitempty"`       // (revenue − cost) / cost
	PerLead   crm.Money `json:"cost_lead,omitempty"` // fen a lead; 0 without leads or cost
}

// Nothing tells whether there is nothing to tell of it.
func (row ROIRow) Nothing() bool {
	return !row.Spent && row.Clicks == 0 && row.Leads == 0 && row.Customers == 0 && row.Orders == 0 && row.First == 0 && row.Linear == 0
}

// Differ tells whether the ways of counting differ.
func (row ROIRow) Differ() bool { return row.First != row.Revenue || row.Linear != row.Revenue }

func (row *ROIRow) settle() {
	if row.Cost > 0 {
		roi := float64(row.Revenue-row.Cost) / float64(row.Cost)
		row.ROI = &roi
		if row.Leads > 0 {
			row.PerLead = (row.Cost + crm.Money(row.Leads)/2) / crm.Money(row.Leads)
		}
	}
}

// ROIView is Data of report.roi.
type ROIView struct {
	From      string   `json:"from"` // 2006-01-02
	To        string   `json:"to"`   // the last day
	Period    string   `json:"period"`
	Channel   string   `json:"channel,omitempty"`
	Campaign  string   `json:"campaign,omitempty"`
	All       ROIRow   `json:"all"`
	Campaigns []ROIRow `json:"campaigns,omitempty"`
	Channels  []ROIRow `json:"channels,omitempty"`
	Days      int      `json:"window_days"`
	LeadDays  int      `json:"lead_days"`
}

func reportROI(ctx context.Context, r *run, p *ReportROI) (*Result, error) {
	of, v := roiOf{channel: crm.Fold(channelName(p.Channel))}, ROIView{Channel: channelName(p.Channel)}
	var from, to time.Time
	if strings.TrimSpace(p.Campaign) != "" {
		c, err := r.campaign(ctx, p.Campaign)
		if err != nil {
			return nil, err
		}
		of.campaign, v.Campaign = c.ID, c.Name
		from, to = r.since(c), r.dayOf(r.now).AddDate(0, 0, 1)
	}
	if p.Period != "" || of.campaign == 0 {
		period := p.Period
		if period == "" {
			period = r.now.In(r.zone).Format("2006-01")
		}
		var err error
		if from, to, err = span(period, r.zone); err != nil {
			return nil, r.bad("period", err)
		}
	}
	got, err := r.roi(ctx, from, to, of)
	if err != nil {
		return nil, err
	}
	got.Channel, got.Campaign = v.Channel, v.Campaign
	return view(&Result{}, got)
}

// dayOf is the beginning of the day of t.
func (r *run) dayOf(t time.Time) time.Time {
	y, m, d := t.In(r.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, r.zone)
}

// since is the first day of a campaign: the one that was said, or the one on which it was written down when that is earlier.
func (r *run) since(c store.CampaignRow) time.Time {
	first := r.dayOf(c.CreatedAt)
	if start, err := time.ParseInLocation(time.DateOnly, c.Campaign().Start, r.zone); err == nil && start.Before(first) {
		return start
	}
	return first
}

// roiOf narrows a report.
type roiOf struct {
	campaign int64
	channel  string // folded
}

func (o roiOf) holds(campaign int64, channel string) bool {
	return (o.campaign == 0 || o.campaign == campaign) && (o.channel == "" || o.channel == crm.Fold(channelName(channel)))
}

// roi computes what was spent in a span and what was brought in it: the company's, whoever asks, since a part of the orders
// against all of the cost would be no return at all.
func (r *run) roi(ctx context.Context, from, to time.Time, of roiOf) (v ROIView, err error) {
	came, err := r.tx.Came(ctx, from, to)
	if err != nil {
		return v, err
	}
	touched, err := r.tx.Touched(ctx, from, to, r.x.campaigns)
	if err != nil {
		return v, err
	}
	b := roiBook{of: of, campaigns: map[int64]*ROIRow{}, channels: map[string]*ROIRow{}}
	for _, c := range came {
		for _, row := range b.rows(c.Campaign, c.Channel) {
			row.Cost, row.Spent = row.Cost+crm.Money(c.Cost), row.Spent || c.Cost != 0
			row.Leads, row.Customers, row.Clicks = row.Leads+c.Leads, row.Customers+c.Customers, row.Clicks+c.Clicks
		}
	}
	for i := 0; i < len(touched); {
		one, n := touched[i], i
		var touches []crm.Touch
		for ; i < len(touched) && touched[i].Purchase == one.Purchase; i++ {
			t := touched[i]
			touches = append(touches, crm.Touch{Campaign: crm.CampaignID(t.Campaign), Channel: t.Channel, Kind: t.Kind, At: t.At})
		}
		b.order(crm.Attribute(crm.Money(touched[n].Amount), one.BoughtAt, touches, r.x.campaigns))
	}
	v = ROIView{From: from.In(r.zone).Format(time.DateOnly), To: to.In(r.zone).Add(-time.Second).Format(time.DateOnly), Days: r.x.campaigns.WindowDays, LeadDays: r.x.campaigns.LeadDays}
	v.Period = r.sayDays(crm.Campaign{Start: v.From, End: v.To})
	b.all.settle()
	v.All = b.all
	ids := make([]int64, 0, len(b.campaigns))
	for id := range b.campaigns {
		ids = append(ids, id)
	}
	names, err := r.tx.CampaignNames(ctx, ids)
	if err != nil {
		return v, err
	}
	for id, row := range b.campaigns {
		row.ID, row.Name = id, names[id]
		v.Campaigns = append(v.Campaigns, *row)
	}
	for _, row := range b.channels {
		v.Channels = append(v.Channels, *row)
	}
	for _, list := range [][]ROIRow{v.Campaigns, v.Channels} {
		for i := range list {
			list[i].settle()
		}
		slices.SortFunc(list, func(x, y ROIRow) int {
			return cmp.Or(cmp.Compare(y.Revenue, x.Revenue), cmp.Compare(y.Cost, x.Cost), cmp.Compare(y.Leads, x.Leads), cmp.Compare(x.Name, y.Name))
		})
	}
	return v, nil
}

// roiBook sums up a report, by campaign and by channel.
type roiBook struct {
	of        roiOf
	all       ROIRow
	campaigns map[int64]*ROIRow
	channels  map[string]*ROIRow // by the folded name
}

// rows are those that something of a campaign and a channel counts in; none when it is not asked for.
func (b *roiBook) rows(campaign int64, channel string) []*ROIRow {
	if !b.of.holds(campaign, channel) {
		return nil
	}
	rows := []*ROIRow{&b.all}
	if campaign != 0 {
		if b.campaigns[campaign] == nil {
			b.campaigns[campaign] = &ROIRow{}
		}
		rows = append(rows, b.campaigns[campaign])
	}
	name := channelName(channel)
	if name == "" {
		return rows
	}
	key := crm.Fold(name)
	if b.channels[key] == nil {
		b.channels[key] = &ROIRow{Name: name}
	}
	return append(rows, b.channels[key])
}

// order counts one order.
func (b *roiBook) order(a crm.Attribution) {
	for _, c := range a.Last {
		for _, row := range b.rows(int64(c.Campaign), c.Channel) {
			row.Orders, row.Revenue = row.Orders+1, row.Revenue+c.Revenue
		}
	}
	for _, c := range a.First {
		for _, row := range b.rows(int64(c.Campaign), c.Channel) {
			row.First += c.Revenue
		}
	}
	for _, c := range a.Linear {
		for _, row := range b.rows(int64(c.Campaign), c.Channel) {
			row.Linear += c.Revenue
		}
	}
}
