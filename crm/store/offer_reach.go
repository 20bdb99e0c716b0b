package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"gendan/crm"
)

// ReachSubject is a customer as the ladder needs it: who to address, by which doors, and what stands in the way.
type ReachSubject struct {
	ID       crm.CustomerID
	Name     string // of the customer
	Person   bool   // it is a person, no firm
	Contact  string // the first contact's name
	Title    string // and position
	Language string // crm.Simplified …
	Mobile   string
	Mail     string
	Ticket   crm.TicketID // the oldest open one; 0 is none
	Kf       *crm.Guest   // at the customers' door, who wrote last
	KfNo     bool         // takes no messages
	Friends  []Friend     // as contacts of colleagues in WeCom, the latest first
	Consents crm.Consents
	Count    crm.ReachCount
}

// Doors are the doors to the customer, of those that are open here at all.
func (s *ReachSubject) Doors(open crm.ReachDoors) crm.ReachDoors {
	d := crm.ReachDoors{Contact: open.Contact && len(s.Friends) > 0, Welcome: open.Welcome, SMS: open.SMS && s.Mobile != "", Mail: open.Mail && s.Mail != "", Link: open.Link}
	if g := s.Kf; g != nil && open.Kf {
		withColleague := g.Session == "person" || g.Session == "pool" || g.Session == crm.GuestEnded // nobody breaks in there with advertising
		d.Kf, d.KfRefuse, d.KfSpoke, d.KfSent = true, s.KfNo || withColleague, g.Spoke, g.Sent
	}
	return d
}

// Friend is a customer among a colleague's contacts.
type Friend struct {
	Peer  string
	Owner string // chat.PeerID of the colleague as "wecom:…"
}

// ReachSubjects reads what the ladder needs of customers, and locks their counts until the transaction ends, so that nobody
// else decides about the same customer meanwhile. Those that are gone are not among them.
func (tx *Tx) ReachSubjects(ctx context.Context, customers []int64) (map[crm.CustomerID]*ReachSubject, error) {
	customers = slices.Clone(customers)
	slices.Sort(customers)
	customers = slices.Compact(customers)
	all := make(map[crm.CustomerID]*ReachSubject, len(customers))
	for _, read := range []func(context.Context, []int64, map[crm.CustomerID]*ReachSubject) error{tx.reachCounts, tx.reachPeople, tx.reachGuests, tx.reachConsents} {
		if err := read(ctx, customers, all); err != nil {
			return nil, fmt.Errorf("reach: %w", err)
		}
	}
	return all, nil
}

// ReachNames reads what texts to customers say of them, without a lock: to show a text, not to decide about it. Those that are
// gone are not among them.
func (tx *Tx) ReachNames(ctx context.Context, customers []int64) (map[crm.CustomerID]*ReachSubject, error) {
	all := make(map[crm.CustomerID]*ReachSubject, len(customers))
	for _, id := range customers {
		all[crm.CustomerID(id)] = &ReachSubject{ID: crm.CustomerID(id), Language: crm.Simplified}
	}
	if err := tx.reachPeople(ctx, customers, all); err != nil {
		return nil, fmt.Errorf("names of customers: %w", err)
	}
	maps.DeleteFunc(all, func(_ crm.CustomerID, s *ReachSubject) bool { return s.Name == "" })
	return all, nil
}

// reachCounts locks the counts first, in the order of the customers: all decisions do, so none waits for another in a circle.
func (tx *Tx) reachCounts(ctx context.Context, customers []int64, all map[crm.CustomerID]*ReachSubject) error {
	var rows []struct {
		ID         int64      `db:"customer_id"`
		Month      time.Time  `db:"month"`
		Unasked    int        `db:"unasked"`
		Kf         int        `db:"kf"`
		Contact    int        `db:"contact"`
		Welcome    int        `db:"welcome"`
		SMS        int        `db:"sms"`
		Mail       int        `db:"mail"`
		Link       int        `db:"link"`
		ContactDay *time.Time `db:"contact_day"`
		UnaskedAt  *time.Time `db:"unasked_at"`
	}
	err := tx.Select(ctx, &rows, `
		INSERT INTO reach_counts AS r (customer_id, month)
		SELECT c.id, '0001-01-01' FROM unnest($1::bigint[]) WITH ORDINALITY AS u (id, ord) JOIN customers c ON c.id = u.id AND c.deleted_at IS NULL ORDER BY u.ord
		ON CONFLICT (customer_id) DO UPDATE SET month = r.month
		RETURNING customer_id, month, unasked, kf, contact, welcome, sms, mail, link, contact_day, unasked_at`, pq.Array(customers))
	if err != nil {
		return err
	}
	for _, r := range rows {
		s := &ReachSubject{ID: crm.CustomerID(r.ID), Language: crm.Simplified}
		s.Count = crm.ReachCount{Month: r.Month.UTC(), Unasked: r.Unasked, By: map[string]int{crm.ByKf: r.Kf, crm.ByContact: r.Contact, crm.ByWelcome: r.Welcome,
			crm.BySMS: r.SMS, crm.ByMail: r.Mail, crm.ByLink: r.Link}}
		if r.ContactDay != nil {
			s.Count.Contacted = r.ContactDay.UTC()
		}
		if r.UnaskedAt != nil {
			s.Count.UnaskedAt = *r.UnaskedAt
		}
		all[s.ID] = s
	}
	return nil
}

// reachPeople reads names, addresses and open tickets.
func (tx *Tx) reachPeople(ctx context.Context, customers []int64, all map[crm.CustomerID]*ReachSubject) error {
	var rows []struct {
		ID       int64  `db:"id"`
		Name     string `db:"name"`
		Person   bool   `db:"person"`
		Language string `db:"language"`
		Phone    []byte `db:"phone"`
		Ticket   int64  `db:"ticket"`
	}
	err := tx.Select(ctx, &rows, `
		SELECT c.id, c.name, c.person, coalesce(c.fields ->> $2, '') AS language, c.phone,
			coalesce((SELECT min(t.id) FROM tickets t WHERE t.customer_id = c.id AND t.deleted_at IS NULL AND t.state <> 'closed'), 0) AS ticket
		FROM customers c WHERE c.id = ANY ($1::bigint[]) AND c.deleted_at IS NULL`, pq.Array(customers), crm.LanguageField)
	if err != nil {
		return err
	}
	var people []struct {
		Customer int64  `db:"customer_id"`
		Name     string `db:"name"`
		Title    string `db:"title"`
		Phone    []byte `db:"phone"`
		Email    []byte `db:"email"`
	}
	if err := tx.Select(ctx, &people, `
		SELECT customer_id, name, title, phone, email FROM contacts WHERE customer_id = ANY ($1::bigint[]) AND deleted_at IS NULL ORDER BY customer_id, id`, pq.Array(customers)); err != nil {
		return err
	}
	for _, r := range rows {
		s := all[crm.CustomerID(r.ID)]
		if s == nil {
			continue
		}
		s.Name, s.Person, s.Ticket, s.Language = r.Name, r.Person, crm.TicketID(r.Ticket), crm.LanguageOf(r.Language)
		if s.Mobile, err = tx.mobile(r.Phone, "customers"); err != nil {
			return err
		}
	}
	named := map[crm.CustomerID]bool{}
	for _, p := range people {
		s := all[crm.CustomerID(p.Customer)]
		if s == nil {
			continue
		}
		if !named[s.ID] {
			named[s.ID], s.Contact, s.Title = true, p.Name, p.Title
		}
		if s.Mobile == "" {
			if s.Mobile, err = tx.mobile(p.Phone, "contacts"); err != nil {
				return err
			}
		}
		if s.Mail == "" {
			if s.Mail, err = tx.OpenText("contacts", "email", p.Email); err != nil {
				return err
			}
		}
	}
	return nil
}

// mobile is a sealed number when it is a mobile one: landlines read no messages.
func (tx *Tx) mobile(sealed []byte, table string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	phone, err := tx.OpenText(table, "phone", sealed)
	if phone = crm.CleanPhone(phone); len(phone) != 11 || phone[0] != '1' {
		phone = ""
	}
	return phone, err
}

// reachGuests reads which doors the customers have come by.
func (tx *Tx) reachGuests(ctx context.Context, customers []int64, all map[crm.CustomerID]*ReachSubject) error {
	var rows []struct {
		guestRow
		Refuses bool `db:"refuses"`
	}
	if err := tx.Select(ctx, &rows, `
		SELECT `+guestColumns+`, refuses FROM guests WHERE customer_id = ANY ($1::bigint[]) AND platform IN ('kf', 'contact')
		ORDER BY customer_id, spoke_at DESC NULLS LAST, last_seen DESC, id`, pq.Array(customers)); err != nil {
		return err
	}
	for _, r := range rows {
		s := all[crm.CustomerID(*r.CustomerID)]
		switch {
		case s == nil:
		case r.Platform == "contact":
			if colleague, _, ok := strings.Cut(strings.TrimPrefix(r.Peer, "contact:"), "/"); ok && !r.Refuses {
				s.Friends = append(s.Friends, Friend{Peer: r.Peer, Owner: "wecom:" + colleague})
			}
		case s.Kf == nil:
			g, err := tx.guest(r.guestRow)
			if err != nil {
				return err
			}
			s.Kf, s.KfNo = &g, r.Refuses
		}
	}
	return nil
}

// reachConsents reads what the customers allow.
func (tx *Tx) reachConsents(ctx context.Context, customers []int64, all map[crm.CustomerID]*ReachSubject) error {
	var rows []struct {
		Customer int64  `db:"customer_id"`
		Purpose  string `db:"purpose"`
		Channel  string `db:"channel"`
		Allowed  bool   `db:"allowed"`
	}
	if err := tx.Select(ctx, &rows, `SELECT customer_id, purpose, channel, allowed FROM consents WHERE customer_id = ANY ($1::bigint[])`, pq.Array(customers)); err != nil {
		return err
	}
	for _, r := range rows {
		if s := all[crm.CustomerID(r.Customer)]; s != nil {
			s.Consents = append(s.Consents, crm.Consent{Purpose: r.Purpose, Channel: r.Channel, Allowed: r.Allowed})
		}
	}
	return nil
}

// TryGuest is [Tx.Guest] that does not wait: ok is false when another transaction has the guest, or there is none.
func (tx *Tx) TryGuest(ctx context.Context, id crm.GuestID) (g crm.Guest, ok bool, err error) {
	var rows []guestRow
	if err := tx.Select(ctx, &rows, `SELECT `+guestColumns+` FROM guests WHERE id = $1 FOR UPDATE SKIP LOCKED`, int64(id)); err != nil || len(rows) == 0 {
		return g, false, explain(err, "guest %d", id)
	}
	g, err = tx.guest(rows[0])
	return g, err == nil, err
}

// PutReachCounts writes counts down, whose rows [Tx.ReachSubjects] has locked.
func (tx *Tx) PutReachCounts(ctx context.Context, counts map[crm.CustomerID]crm.ReachCount) error {
	n := len(counts)
	if n == 0 {
		return nil
	}
	ids := make([]int64, 0, n)
	for id := range counts {
		ids = append(ids, int64(id))
	}
	slices.Sort(ids)
	month, day, at := make([]string, n), make([]string, n), make([]string, n)
	var by [7][]int64
	for i := range by {
		by[i] = make([]int64, n)
	}
	for i, id := range ids {
		c := counts[crm.CustomerID(id)]
		month[i], day[i], at[i] = c.Month.Format(time.DateOnly), "", stamp(c.UnaskedAt)
		if !c.Contacted.IsZero() {
			day[i] = c.Contacted.Format(time.DateOnly)
		}
		by[0][i] = int64(c.Unasked)
		for k, channel := range []string{crm.ByKf, crm.ByContact, crm.ByWelcome, crm.BySMS, crm.ByMail, crm.ByLink} {
			by[k+1][i] = int64(c.By[channel])
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE reach_counts r SET month = u.month::date, unasked = u.unasked, kf = u.kf, contact = u.contact, welcome = u.welcome, sms = u.sms, mail = u.mail, link = u.link,
			contact_day = nullif(u.day, '')::date, unasked_at = nullif(u.at, '')::timestamptz
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
			AS u (id, month, day, at, unasked, kf, contact, welcome, sms, mail, link)
		WHERE r.customer_id = u.id`,
		pq.Array(ids), pq.Array(month), pq.Array(day), pq.Array(at), pq.Array(by[0]), pq.Array(by[1]), pq.Array(by[2]), pq.Array(by[3]), pq.Array(by[4]), pq.Array(by[5]), pq.Array(by[6]))
	if err != nil {
		return fmt.Errorf("reach counts: %w", err)
	}
	return nil
}

// PeersOfAll lists the chat identities of several users, each user's in the order in which they came.
func (tx *Tx) PeersOfAll(ctx context.Context, users []int64) (map[crm.UserID][]string, error) {
	var rows []struct {
		User crm.UserID `db:"user_id"`
		Peer string     `db:"peer"`
	}
	if err := tx.Select(ctx, &rows, `SELECT user_id, peer FROM identities WHERE user_id = ANY ($1::bigint[]) AND active ORDER BY user_id, created_at, peer`, pq.Array(users)); err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	all := map[crm.UserID][]string{}
	for _, r := range rows {
		all[r.User] = append(all[r.User], r.Peer)
	}
	return all, nil
}
