package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gendan/crm"
)

// ValueView is what a customer is worth, as its card shows it.
type ValueView struct {
	Band   string    `json:"band,omitempty"`  // the pack's name: 高价值
	Marks  string    `json:"marks,omitempty"` // R5 F3 M2
	Was    string    `json:"was,omitempty"`   // the band before this one
	Since  string    `json:"since,omitempty"` // the day on which it changed
	Orders int       `json:"orders"`
	Spent  crm.Money `json:"spent"`
	First  string    `json:"first,omitempty"` // the day of the first purchase
}

// Cared is what the card of a customer shows beside what was recorded by hand: what it is worth and likes, points, coupons, and
// what it does not want to receive.
type Cared struct {
	Value    *ValueView   `json:"value,omitempty"`    // nil: never bought anything
	Likes    []string     `json:"likes,omitempty"`    // bought again and again: 抹茶拿铁 6 次
	Mentions []string     `json:"mentions,omitempty"` // spoken of in kept chats: 抹茶 3 次
	Points   *PointsView  `json:"points,omitempty"`
	Coupons  []CouponView `json:"coupons,omitempty"` // that can be used, at most three
	Stopped  []string     `json:"stopped,omitempty"` // purposes that it does not want to hear of: 营销
	Page     string       `json:"page,omitempty"`    // the link of its page, good for a short time
}

// shownLikes is how many likings a card shows.
const shownLikes = 5

// cared finds it.
func (r *run) cared(ctx context.Context, c *customer) (v Cared, err error) {
	id := crm.CustomerID(c.ID)
	if v.Value, err = r.worth(ctx, id); err != nil {
		return v, err
	}
	if v.Value != nil {
		if v.Likes, err = r.likes(ctx, id); err != nil {
			return v, err
		}
	}
	if v.Mentions, err = r.mentions(ctx, id); err != nil {
		return v, err
	}
	points, err := r.pointsView(ctx, id)
	if err != nil {
		return v, err
	}
	if points.Member {
		points.Customer = c.Name
		v.Points = &points
	}
	coupons, err := r.couponsOf(ctx, c, crm.CouponIssued, 3, 0)
	if err != nil {
		return v, err
	}
	v.Coupons = coupons.Rows
	consents, err := r.tx.ConsentsOf(ctx, id)
	if err != nil {
		return v, err
	}
	for _, k := range consents {
		if k.Channel == crm.AnyChannel && !k.Allowed {
			v.Stopped = append(v.Stopped, crm.PurposeChinese(k.Purpose))
		}
	}
	v.Page = r.x.CustomerPage(r.tx.Keys.PageToken(id, r.req.Actor.UserID, r.now.Add(pageFor)))
	return v, nil
}

// worth is what a customer is worth; nil when it never bought anything.
func (r *run) worth(ctx context.Context, id crm.CustomerID) (*ValueView, error) {
	if _, err := r.tx.AgeRFM(ctx, mostAged); err != nil {
		return nil, err
	}
	f, err := r.tx.Facts(ctx, id)
	if err != nil || f.Orders == 0 {
		return nil, err
	}
	v := &ValueView{Band: f.RFM, Marks: fmt.Sprintf("R%d F%d M%d", f.R, f.F, f.M), Orders: f.Orders, Spent: crm.Money(f.Spent)}
	day := func(at time.Time) string { return crm.SayDay(at.In(r.zone), r.now.In(r.zone)) }
	if f.FirstOrder != nil {
		v.First = day(*f.FirstOrder)
	}
	if f.Was != nil && *f.Was != "" && f.MovedAt != nil {
		v.Was, v.Since = *f.Was, day(*f.MovedAt)
	}
	return v, nil
}

// likes are the products and categories that a customer buys again and again.
func (r *run) likes(ctx context.Context, id crm.CustomerID) (likes []string, err error) {
	rows, err := r.tx.LikesOf(ctx, id, shownLikes)
	for _, row := range rows {
		likes = append(likes, fmt.Sprintf("%s %d 次", row.Name, row.Times))
	}
	return likes, err
}

// How far the search for what a customer speaks of goes.
const (
	mentionRecords = 5
	mentionWords   = 2000
)

// against are words by which a line speaks against something.
var against = []string{"不要", "不喜欢", "不爱", "别", "过敏", "不喝", "不吃", "戒"}

// mentions are the products and categories that a customer's kept chats speak of, most often first.
func (r *run) mentions(ctx context.Context, id crm.CustomerID) ([]string, error) {
	records, err := r.tx.ChatRecords(ctx, id, mentionRecords)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	words, err := r.tx.ProductWords(ctx, mentionWords)
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, record := range records {
		for _, line := range record.Record.Lines {
			if slices.ContainsFunc(against, func(w string) bool { return strings.Contains(line.Text, w) }) {
				continue
			}
			folded := crm.Fold(line.Text)
			for _, w := range words {
				if key := crm.Fold(w); len([]rune(key)) >= 2 && strings.Contains(folded, key) {
					times[w]++
				}
			}
		}
	}
	said := make([]string, 0, len(times))
	for w, n := range times {
		if n >= 2 {
			said = append(said, w)
		}
	}
	slices.SortFunc(said, func(a, b string) int {
		if times[a] != times[b] {
			return times[b] - times[a]
		}
		return strings.Compare(a, b)
	})
	said = said[:min(len(said), 3)]
	for i, w := range said {
		said[i] = fmt.Sprintf("%s %d 次", w, times[w])
	}
	return said, nil
}

// pageFor is how long the link of a customer's page is good.
const pageFor = 30 * time.Minute

// CustomerPage is where a customer's page is; "" when pages of ours cannot be opened from outside.
func (x *Executor) CustomerPage(token string) string {
	if x.doors.Link == "" {
		return ""
	}
	return strings.TrimSuffix(x.doors.Link, "/") + "/k/" + token
}

// CustomerOpen shows a customer's page to whom its link was made for.
type CustomerOpen struct {
	Token string `json:"token" doc:"*链接"`
}

func customerOpen(ctx context.Context, r *run, p *CustomerOpen) (*Result, error) {
	gone := crm.Refuse(crm.ErrNotFound, "链接过期了，回到聊天里再看一次这个客户，就有新的链接。")
	id, user, ok := r.tx.Keys.ReadPageToken(p.Token, r.now)
	if !ok {
		return nil, gone
	}
	actor, err := r.x.store.UserByID(ctx, user)
	if notFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	c, err := r.customerByID(ctx, int64(id), "")
	if err != nil {
		return nil, err
	}
	if !sees(actor, c) { // it was given to somebody else since
		return nil, gone
	}
	r.req.Actor, r.zone = actor, actor.Location()
	return customerView(ctx, r, &CustomerGet{Customer: fmt.Sprintf("#%d", c.ID)})
}

// sees tells whether a may see c, as the policies of the database do.
func sees(a crm.Actor, c *customer) bool {
	return a.Scope == crm.ScopeAll || c.OwnerID == int64(a.UserID) || slices.Contains(c.Collaborators, int64(a.UserID)) ||
		a.Scope == crm.ScopeTeam && c.TeamID != nil && slices.Contains(a.Teams, crm.TeamID(*c.TeamID))
}
