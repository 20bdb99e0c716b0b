package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/store"
)

// RecordKeep keeps a forwarded chat record in a customer's history. The lines are in the draft that the actor's message
// has become; they are never parameters.
type RecordKeep struct {
	Customer string  `json:"customer" doc:"*客户名"`
	Draft    int64   `json:"draft" doc:"*转来的记录"`
	Content  string  `json:"content,omitempty" doc:"跟进内容，不说就只记条数"`
	Channel  string  `json:"channel,omitempty" doc:"方式：微信、电话…"`
	NextAt   instant `json:"next_at,omitzero" doc:"下次什么时候联系"`
	Next     string  `json:"next,omitempty" doc:"下次做什么"`
}

func recordKeep(ctx context.Context, r *run, p *RecordKeep) (*Result, error) {
	d, err := r.tx.Draft(ctx, p.Draft)
	if notFound(err) {
		return nil, crm.Refuse(crm.ErrNotFound, "这份聊天记录找不到了，请再转发一次。")
	}
	if err != nil {
		return nil, err
	}
	c, err := r.customer(ctx, p.Customer, orCreate)
	if err != nil {
		return nil, err
	}
	whole := d.Draft.Record
	same, known, err := r.tx.SameRecords(ctx, whole)
	if err != nil {
		return nil, err
	}
	rest, before := whole, recordOf(same, c)
	if before != nil {
		rest = whole.Since(known(c.ID))
		if before.Whole || len(rest.Lines) == 0 {
			return r.recordAgain(c, p, before)
		}
	}
	at := rest.At().UTC()
	if at.IsZero() || at.After(r.now) {
		at = r.now
	}
	content := recordContent(p.Content, rest, before, r)
	if err := crm.CheckActivity(content, p.Channel, at, r.now, r.zone); err != nil {
		return nil, r.bad("content", err)
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindActivity, Name: crm.BrandName(c.Name) + "的聊天记录"}, Owner: c.foreign(r.req.Actor)}
	res.changes(res.Record, "聊天记录", fmt.Sprintf("%d 条", len(rest.Lines)), "跟进", content, "方式", p.Channel)
	kept := RecordKept{Customer: c.Name, Lines: len(rest.Lines)}
	if before != nil {
		kept.Since, kept.By, kept.When = before.ID, before.UserName, crm.SayDay(before.At.In(r.zone), r.now.In(r.zone))
	}
	for _, s := range same {
		if s.CustomerID != c.ID {
			res.Notes = append(res.Notes, fmt.Sprintf("这份记录在%s（%s负责）名下也有，由%s记过。", s.Customer, s.OwnerName, s.UserName))
			break
		}
	}
	set := r.recordContact(c, p, res, at)
	r.then(func(ctx context.Context) error {
		if err := r.onlyRecord(ctx, c, whole, before); err != nil {
			return err
		}
		id, err := r.tx.NextID(ctx)
		if err != nil {
			return err
		}
		row := store.ActivityRow{ID: crm.ActivityID(id), Customer: crm.CustomerID(c.ID), Type: "record", Channel: p.Channel, Content: content,
			At: at, NextAt: p.NextAt.Time, Next: p.Next}
		if len(c.deals) == 1 {
			row.Deal = crm.DealID(c.deals[0].ID)
		}
		r.tx.Ledger.Activities = append(r.tx.Ledger.Activities, row)
		r.tx.Created(crm.KindActivity, id, 1)
		if err := r.tx.KeepRecord(ctx, row.ID, row.Customer, rest, whole); err != nil {
			return err
		}
		if err := r.tx.EndDraft(ctx, p.Draft, row.ID); err != nil {
			return err
		}
		if len(set) > 0 {
			if c.Version, err = r.tx.Set(ctx, crm.KindCustomer, c.ID, c.Version, set); err != nil {
				return err
			}
		}
		ref := crm.Ref{Kind: crm.KindActivity, ID: id, Name: res.Record.Name}
		res.settle(ref)
		r.audit("record.keep", ref, res.Changes)
		r.event("record.kept", ref, map[string]any{"customer": c.ID, "lines": len(rest.Lines)})
		r.informOwners(c, nil, News{Topic: RecordAdded, Record: ref, Lines: len(rest.Lines), Content: content})
		return nil
	})
	r.title("%s的聊天记录", c.Name)
	return view(res, kept)
}

// recordContact is what the record changes of the customer: when they were last spoken to, and when next.
func (r *run) recordContact(c *customer, p *RecordKeep, res *Result, at time.Time) (set []store.Col) {
	if c.LastContactAt == nil || at.After(*c.LastContactAt) {
		set = append(set, store.Col{Name: "last_contact_at", Value: at})
		c.LastContactAt = &at
	}
	if next := p.NextAt.Time; next.After(r.now) {
		set = append(set, store.Col{Name: "next_contact_at", Value: next}, r.tx.SealedCol("customers", "next_contact", p.Next))
		c.NextContactAt = &next
		res.changes(res.Record, "下次联系", strings.TrimSpace(crm.SayTime(next, r.now, r.zone)+" "+p.Next))
	}
	return set
}

// onlyRecord sees to it that nobody has kept the record since it was looked for; if somebody has, the run begins again.
func (r *run) onlyRecord(ctx context.Context, c *customer, whole crm.ChatRecord, before *store.SameRecord) error {
	if c.fresh {
		return nil
	}
	if err := r.tx.LockRecords(ctx, crm.CustomerID(c.ID)); err != nil {
		return err
	}
	same, _, err := r.tx.SameRecords(ctx, whole)
	if err != nil {
		return err
	}
	if now := recordOf(same, c); now != nil && (before == nil || now.ID != before.ID) {
		return fmt.Errorf("chat record of %d: %w", c.ID, crm.ErrConflict)
	}
	return nil
}

// recordOf is the kept record of c that shares most with another one; nil when there is none.
func recordOf(same []store.SameRecord, c *customer) *store.SameRecord {
	var best *store.SameRecord
	for i := range same {
		if s := &same[i]; !c.fresh && s.CustomerID == c.ID && (best == nil || s.Whole && !best.Whole) {
			best = s
		}
	}
	return best
}

// recordAgain answers for a record that is there already: nothing is written twice.
func (r *run) recordAgain(c *customer, p *RecordKeep, there *store.SameRecord) (*Result, error) {
	kept := RecordKept{Customer: c.Name, Again: true, Since: there.ID, By: there.UserName, When: crm.SayDay(there.At.In(r.zone), r.now.In(r.zone))}
	r.then(func(ctx context.Context) error { return r.tx.EndDraft(ctx, p.Draft, crm.ActivityID(there.ID)) })
	return view(&Result{Record: crm.Ref{Kind: crm.KindActivity, ID: there.ID}}, kept)
}

// recordContent is the line of history: what the record says, in short.
func recordContent(said string, rest crm.ChatRecord, before *store.SameRecord, r *run) string {
	head := fmt.Sprintf("聊天记录 %d 条", len(rest.Lines))
	if before != nil {
		head = fmt.Sprintf("聊天记录新增 %d 条（接%s的 #%d）", len(rest.Lines), crm.SayDay(before.At.In(r.zone), r.now.In(r.zone)), before.ID)
	}
	if said = strings.TrimSpace(said); said != "" {
		head += "：" + said
	}
	if text := []rune(head); len(text) > 4000 {
		return string(text[:3999]) + "…"
	}
	return head
}

// RecordOffer tells the owner of a customer that the actor, who does not see it, holds a chat record with it.
type RecordOffer struct {
	Customer string `json:"customer" doc:"*客户名"`
	Draft    int64  `json:"draft" doc:"*转来的记录"`
}

func recordOffer(ctx context.Context, r *run, p *RecordOffer) (*Result, error) {
	d, err := r.tx.Draft(ctx, p.Draft)
	if notFound(err) {
		return nil, crm.Refuse(crm.ErrNotFound, "这份聊天记录找不到了，请再转发一次。")
	}
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.CustomersNamed(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	rows = plausible(p.Customer, rows)
	if len(rows) != 1 || rows[0].Seen {
		return nil, crm.Refuse(crm.ErrInvalid, "「%s」不用转告，直接说「看看%s」。", p.Customer, p.Customer)
	}
	ref := crm.Ref{Kind: crm.KindCustomer, ID: rows[0].ID, Name: rows[0].Name}
	r.then(func(context.Context) error {
		r.audit("record.offer", ref, nil)
		r.inform(rows[0].OwnerID, News{Topic: RecordOffered, Record: ref, Who: r.req.Actor.UserID, Lines: len(d.Draft.Record.Lines)})
		return nil
	})
	return &Result{Record: ref, Owner: rows[0].OwnerName}, nil
}

// RecordView shows the lines of a kept chat record, a page at a time.
type RecordView struct {
	Customer string `json:"customer,omitempty" doc:"客户名，看TA最近的一份"`
	Record   int64  `json:"record,omitempty" doc:"记录编号"`
}

// linesPerPage is how many lines of a record are shown at once.
const linesPerPage = 15

func recordView(ctx context.Context, r *run, p *RecordView) (*Result, error) {
	row, err := r.record(ctx, p)
	if err != nil {
		return nil, err
	}
	v := RecordLines{ID: row.ID, Customer: row.Customer, Title: row.Record.Title, By: row.UserName, When: crm.SayDay(row.At.In(r.zone), r.now.In(r.zone)),
		Total: len(row.Record.Lines)}
	from := min(linesPerPage*r.req.Page, v.Total)
	to := min(from+linesPerPage, v.Total)
	for _, l := range row.Record.Lines[from:to] {
		v.Rows = append(v.Rows, r.recordLine(l))
	}
	v.Left = v.Total - to
	c, err := r.customerByID(ctx, row.CustomerID, "")
	if err != nil {
		return nil, err
	}
	if p.Record == 0 && r.req.Page == 0 {
		if v.Older, err = r.olderRecords(ctx, row); err != nil {
			return nil, err
		}
	}
	v.ShownInFull = c.foreign(r.req.Actor) == ""
	return view(&Result{Record: crm.Ref{Kind: crm.KindActivity, ID: row.ID}}, v)
}

// mostOlder is how many earlier records of a customer are named below the newest one.
const mostOlder = 3

// olderRecords are the numbers of the customer's records before row, newest first.
func (r *run) olderRecords(ctx context.Context, row store.ChatRecordRow) (ids []int64, err error) {
	rows, err := r.tx.ChatRecords(ctx, crm.CustomerID(row.CustomerID), mostOlder+1)
	for _, old := range rows {
		if old.ID != row.ID && len(ids) < mostOlder {
			ids = append(ids, old.ID)
		}
	}
	return ids, err
}

func (r *run) recordLine(l crm.RecordLine) RecordLineRow {
	v := RecordLineRow{N: l.N, Who: l.Sender, Text: l.Text, Quote: l.Quote}
	if l.At != nil {
		v.When = l.At.In(r.zone).Format("01-02 15:04")
	}
	if l.Kind != "text" {
		v.Text = strings.TrimSpace("[" + l.KindChinese() + "] " + l.Text)
	}
	return v
}

// record finds the record that is meant: by number, else the newest of the customer, else the newest at all.
func (r *run) record(ctx context.Context, p *RecordView) (row store.ChatRecordRow, err error) {
	if p.Record != 0 {
		row, err = r.tx.ChatRecord(ctx, crm.ActivityID(p.Record))
		if notFound(err) {
			return row, crm.Refuse(crm.ErrNotFound, "#%d 不是你能看的聊天记录，核对一下编号，或说「看聊天记录 客户名」。", p.Record)
		}
		return row, err
	}
	id := crm.CustomerID(0)
	name := ""
	if p.Customer != "" || r.focus.Customer.ID != 0 {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return row, err
		}
		id, name = crm.CustomerID(c.ID), c.Name
	}
	rows, err := r.tx.ChatRecords(ctx, id, 1)
	switch {
	case err != nil:
		return row, err
	case len(rows) == 0 && name != "":
		return row, crm.Refuse(crm.ErrNotFound, "%s还没有聊天记录；回「怎么转聊天记录」看怎么发给我。", name)
	case len(rows) == 0:
		return row, crm.Refuse(crm.ErrNotFound, "还没有聊天记录；回「怎么转聊天记录」看怎么发给我。")
	}
	return rows[0], nil
}

// RecordFind looks for words in the chat records that the actor sees.
type RecordFind struct {
	Query    string `json:"query" doc:"*记录里的字"`
	Customer string `json:"customer,omitempty" doc:"客户名"`
}

// mostSearched is how many of the newest records a search opens: their words stand in no index, for an index of words
// tells whoever steals it what was said. Opening 300 of 30 lines takes some 50 ms; see BenchmarkRecordFind of package store.
const mostSearched = 300

func recordFind(ctx context.Context, r *run, p *RecordFind) (*Result, error) {
	words := crm.FindWords(p.Query)
	if len(words) == 0 || len([]rune(p.Query)) > 60 {
		return nil, r.ask("query", "要在聊天记录里找什么？说两三个字就行，比如「聊天记录里找 样品」。")
	}
	id := crm.CustomerID(0)
	if p.Customer != "" {
		c, err := r.customer(ctx, p.Customer, mustExist)
		if err != nil {
			return nil, err
		}
		id = crm.CustomerID(c.ID)
	}
	rows, err := r.tx.ChatRecords(ctx, id, mostSearched)
	if err != nil {
		return nil, err
	}
	v := RecordsFound{Query: p.Query, Cut: len(rows) == mostSearched}
	for _, row := range rows {
		found := row.Record.Find(words)
		if len(found) == 0 {
			continue
		}
		v.Total++
		if skip := pageSize * r.req.Page; v.Total <= skip || v.Total > skip+pageSize {
			continue
		}
		v.Rows = append(v.Rows, RecordRow{ID: row.ID, Customer: row.Customer, By: row.UserName, When: crm.SayDay(row.At.In(r.zone), r.now.In(r.zone)),
			Lines: len(row.Record.Lines), N: row.Record.Lines[found[0]].N, Line: row.Record.Lines[found[0]].Said(40), Hits: len(found)})
	}
	return view(&Result{}, v)
}

// RecordKept is Data of record.keep.
type RecordKept struct {
	Customer string `json:"customer"`
	Lines    int    `json:"lines"`           // that were new
	Again    bool   `json:"again,omitempty"` // all of it was there: nothing was written
	Since    int64  `json:"since,omitempty"` // the record that had (part of) it
	By       string `json:"by,omitempty"`    // who recorded that
	When     string `json:"when,omitempty"`  // and on which day
}

// RecordLines is Data of record.view.
type RecordLines struct {
	ID          int64           `json:"id"`
	Customer    string          `json:"customer"`
	Title       string          `json:"title,omitempty"`
	By          string          `json:"by"`
	When        string          `json:"when"`
	Rows        []RecordLineRow `json:"rows"`
	Total       int             `json:"total"`
	Left        int             `json:"left,omitempty"`  // lines after these
	Older       []int64         `json:"older,omitempty"` // the customer's earlier records, newest first, when this is the newest
	ShownInFull bool            `json:"shown_in_full"`   // phones are whole
}

// RecordLineRow is a line of a record in a view.
type RecordLineRow struct {
	N     int    `json:"n"`
	When  string `json:"when,omitempty"` // 11-20 15:04
	Who   string `json:"who,omitempty"`
	Text  string `json:"text"`
	Quote string `json:"quote,omitempty"`
}

// RecordsFound is Data of record.find.
type RecordsFound struct {
	Query string      `json:"query"`
	Rows  []RecordRow `json:"rows,omitempty"`
	Total int         `json:"total"`
	Cut   bool        `json:"cut,omitempty"` // older records were not looked into
}

// RecordRow is a chat record in a list.
type RecordRow struct {
	ID       int64  `json:"id"`
	Customer string `json:"customer"`
	By       string `json:"by"`
	When     string `json:"when"`
	Lines    int    `json:"lines"`
	N        int    `json:"n"`    // number of the first line that was found
	Line     string `json:"line"` // who said what
	Hits     int    `json:"hits"` // lines found
}

// RecordChanges reads what record.keep did.
func (res Result) RecordChanges() (kept RecordKept, ok bool) {
	return kept, res.Name == "record.keep" && json.Unmarshal(res.Data, &kept) == nil
}
