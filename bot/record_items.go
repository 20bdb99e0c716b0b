package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/store"
)

// item is one thing that a chat record says, as the draft card shows it and as a parameter of the action that would write
// it. What cannot be a field is a note: a part of the activity's content.
type item struct {
	key   string // the same whenever the record is read: what the speaker has left out or put right goes by it
	label string // 电话, 金额, 需求 …
	call  string // the action; "" is a note
	group string // tells calls of one action apart
	param string
	value any
	text  string // the value as people read it
	old   string
	lines []int // of the record, that prove it
	off   bool  // left out by the speaker
	typed bool  // the speaker has put it right: no line proves it
	same  bool  // it is so already: nothing to write, nothing to show
	n     int   // its number on the card, from 1; 0 for what does not show
}

// drafting makes the items of a draft.
type drafting struct {
	t      *turn
	d      *recordDraft
	draft  crm.RecordDraft
	facts  []chatlog.Fact
	row    store.CustomerRow  // zero for a customer to be made
	people []store.ContactRow // with their sealed fields
	name   string             // the customer as calls name it
	items  []item
	fresh  func(lines []int) bool // one of the lines is new: not in an earlier record
	left   int                    // how many lines are new, when some are not
}

// customerGone is the error of a draft whose customer the speaker no longer sees: taken back, or handed over.
type customerGone struct{ d recordDraft }

func (g customerGone) Error() string { return "bot: the customer of a record's draft is gone" }

// askedAnew asks whose a record is when err says that its customer is gone; it answers any other error as it is.
func (t *turn) askedAnew(err error) error {
	var gone customerGone
	if !errors.As(err, &gone) {
		return err
	}
	t.say(t.text("record_gone", map[string]any{"Customer": gone.d.Customer.Name}))
	return t.anothers(gone.d)
}

// itemsOf reads what the record of d says into items, numbered by their order from 1.
func (t *turn) itemsOf(d *recordDraft, draft crm.RecordDraft) (*drafting, error) {
	x := &drafting{t: t, d: d, draft: draft, facts: factsOf(draft), name: d.Customer.Name, fresh: func([]int) bool { return true }}
	if d.Customer.ID != 0 {
		var err error
		x.row, err = t.tx.CustomerByID(t.ctx, crm.CustomerID(d.Customer.ID))
		if errors.Is(err, crm.ErrNotFound) {
			err = customerGone{*d}
		}
		if err != nil {
			return nil, err
		}
		if x.people, err = t.tx.ContactsOf(t.ctx, crm.CustomerID(d.Customer.ID)); err != nil {
			return nil, err
		}
		x.name = "#" + strconv.FormatInt(d.Customer.ID, 10)
		if err := x.onlyNew(); err != nil {
			return nil, err
		}
	} else {
		x.add(item{key: "customer", label: "新建客户", call: "customer.create", param: "customer", value: d.Customer.Name, text: d.Customer.Name, lines: x.linesOf(chatlog.Company)})
	}
	if d.Summary != "" {
		x.add(item{key: "summary", label: t.text("model_summary", nil), text: d.Summary})
	}
	x.contacts()
	x.deal()
	x.plans()
	x.notes()
	for i := range x.items {
		x.items[i].off = slices.Contains(d.Off, x.items[i].key) || d.NoteOnly && x.items[i].call != "" && x.items[i].call != "customer.create" && x.items[i].call != "record.keep"
	}
	n := x.count(0) // before what was put right, so that a number goes on meaning the same item
	if err := x.putRight(); err != nil {
		return nil, err
	}
	x.count(n)
	slices.SortStableFunc(x.items, func(a, b item) int { return a.n - b.n })
	return x, nil
}

// count numbers the items that show and have no number yet, from n on, and answers the last.
func (x *drafting) count(n int) int {
	for i := range x.items {
		if it := &x.items[i]; !it.same && it.n == 0 {
			n++
			it.n = n
		}
	}
	return n
}

// numbered is the item of that number on the card.
func (x *drafting) numbered(n int) (i item, ok bool) {
	at := slices.IndexFunc(x.items, func(i item) bool { return i.n == n && n > 0 })
	if at < 0 {
		return i, false
	}
	return x.items[at], true
}

// onlyNew leaves out what lines prove that an earlier record of the same conversation has.
func (x *drafting) onlyNew() error {
	same, known, err := x.t.tx.SameRecords(x.t.ctx, x.draft.Record)
	if err != nil || len(same) == 0 {
		return err
	}
	there := map[int]bool{}
	for _, l := range x.draft.Record.Since(known(x.d.Customer.ID)).Lines {
		there[l.N] = true
	}
	x.left = len(there)
	x.fresh = func(lines []int) bool {
		return slices.ContainsFunc(lines, func(n int) bool { return there[n] })
	}
	return nil
}

func (x *drafting) add(i item) {
	if len(i.lines) > 0 && !x.fresh(i.lines) && i.call != "customer.create" {
		return
	}
	for _, other := range x.items {
		if other.key == i.key {
			return
		}
	}
	x.items = append(x.items, i)
}

func (x *drafting) linesOf(kind chatlog.FactKind) []int {
	for _, f := range x.facts {
		if f.Kind == kind {
			return f.Lines
		}
	}
	return nil
}

// contacts are the people of the customer that the record names, and how to reach them.
func (x *drafting) contacts() {
	var names []chatlog.Fact
	for _, f := range x.facts {
		if name, _ := f.Value.(string); f.Kind == chatlog.Contact && name != "" && !x.ours(name) {
			names = append(names, f)
		}
	}
	reach := map[chatlog.FactKind]string{chatlog.Phone: "phone", chatlog.Email: "email", chatlog.WeChat: "wechat"}
	reached := slices.ContainsFunc(x.facts, func(f chatlog.Fact) bool { return reach[f.Kind] != "" })
	if who := customerSide(x.draft.Record); len(names) == 0 && who != "" && (reached || x.d.Customer.ID == 0 && x.d.Customer.Name != who) && !x.ours(who) {
		names = append(names, chatlog.Fact{Kind: chatlog.Contact, Value: nickname(who), Lines: []int{x.firstLine(who)}})
	}
	if len(names) > 3 {
		names = names[:3]
	}
	first := ""
	for n, f := range names {
		name, _ := f.Value.(string)
		there := x.contactCalled(name)
		if there != nil {
			name = there.Name
		}
		group := "contact:" + strconv.Itoa(n)
		if first == "" {
			first = group
		}
		x.add(item{key: group, label: "联系人", call: "contact.create", group: group, param: "contact", value: name, text: name, lines: f.Lines, same: there != nil})
	}
	for _, f := range x.facts {
		param, value := reach[f.Kind], ""
		if value, _ = f.Value.(string); param == "" || value == "" {
			continue
		}
		group := first
		if group == "" { // nobody has a name: it is the customer's own number
			if f.Kind == chatlog.Phone {
				x.add(item{key: "customer:phone", label: "电话", call: "customer.update", group: "phone", param: "value", value: value, text: value, lines: f.Lines, same: x.row.ID != 0 && x.has(value)})
			}
			continue
		}
		i := item{key: group + ":" + param, label: map[string]string{"phone": "电话", "email": "邮箱", "wechat": "微信"}[param], call: "contact.create", group: group, param: param,
			value: value, text: value, lines: f.Lines}
		if p := x.contactOf(group); p != nil {
			i.old = map[string]string{"phone": p.Phone, "email": p.Email, "wechat": p.Wechat}[param]
			if i.same = i.old == value; i.same {
				i.old = ""
			}
		}
		x.add(i)
	}
}

// ours tells that a name is one of our own people's.
func (x *drafting) ours(name string) bool {
	return name == x.t.actor.Name || slices.ContainsFunc(x.draft.Record.Lines, func(l crm.RecordLine) bool { return l.Side == string(chatlog.Us) && l.Sender == name })
}

func (x *drafting) firstLine(sender string) int {
	for _, l := range x.draft.Record.Lines {
		if l.Sender == sender {
			return l.N
		}
	}
	return 1
}

// nickname is a sender's name without what stands behind a dash or in brackets.
func nickname(sender string) string {
	parts := senderParts.Split(sender, -1)
	for _, p := range parts {
		if crm.LooksLikePerson(p) {
			return p
		}
	}
	return sender
}

func (x *drafting) contactCalled(name string) *store.ContactRow {
	best, fit := -1, 0
	for i := range x.people {
		if f := crm.PersonFits(x.people[i].Name, name); f > fit {
			best, fit = i, f
		}
	}
	if best < 0 || fit < 2 {
		return nil
	}
	return &x.people[best]
}

// contactOf is the contact that a group of items is about, when it is there already.
func (x *drafting) contactOf(group string) *store.ContactRow {
	for _, i := range x.items {
		if i.key == group && i.same {
			name, _ := i.value.(string)
			return x.contactCalled(name)
		}
	}
	return nil
}

func (x *drafting) has(phone string) bool {
	return slices.ContainsFunc(x.people, func(p store.ContactRow) bool { return p.Phone == phone })
}

// deal is what the record says about money and things: a new deal, or the open one's fields.
func (x *drafting) deal() {
	var products []chatlog.Fact
	var budget, closing *chatlog.Fact
	for i, f := range x.facts {
		switch {
		case f.Kind == chatlog.Product:
			products = append(products, f)
		case f.Kind == chatlog.Budget:
			budget = &x.facts[i]
		case f.Kind == chatlog.Date && closes(f.What) && closing == nil:
			closing = &x.facts[i]
		}
	}
	open := x.row.Deals
	if len(open) > 1 {
		open = slices.DeleteFunc(slices.Clone(open), func(d store.DealRow) bool {
			return !slices.ContainsFunc(products, func(f chatlog.Fact) bool {
				said, _ := f.Value.(string)
				return said != "" && (strings.Contains(d.Product, said) || strings.Contains(d.Title, said))
			})
		})
		if len(open) != 1 { // which one is not said: the amount stays in the note
			return
		}
	}
	call := "deal.create"
	if len(open) == 1 {
		call = "deal.update"
	} else if budget == nil && !slices.ContainsFunc(products, func(f chatlog.Fact) bool { return f.Quantity > 0 }) {
		return // a product that was spoken of is no deal yet
	} else if len(products) > 0 {
		f := products[0]
		name, _ := f.Value.(string)
		x.add(item{key: "deal:product", label: "商机产品", call: call, group: "deal", param: "product", value: name, text: name, lines: f.Lines})
		if f.Quantity > 0 {
			x.add(item{key: "deal:quantity", label: "数量", call: call, group: "deal", param: "quantity", value: f.Quantity, text: number(f.Quantity), lines: f.Lines})
		}
	}
	if yuan, ok := amountOf(budget); ok {
		i := item{key: "deal:amount", label: "金额", call: call, group: "deal", param: "amount", value: yuan, text: crm.Yuan(yuan).String(), lines: budget.Lines}
		if len(open) == 1 {
			i.same = open[0].Amount == int64(crm.Yuan(yuan))
		}
		x.add(i)
	}
	if day := dayOf(closing); day != "" && day >= x.t.local().Format(time.DateOnly) {
		i := item{key: "deal:close_date", label: "预计签约", call: call, group: "deal", param: "close_date", value: day, text: day, lines: closing.Lines}
		if len(open) == 1 && open[0].CloseDate != nil {
			i.same = *open[0].CloseDate == day
		}
		x.add(i)
	}
}

// dealNumber is the open deal that the items would change; 0 for a new one.
func (x *drafting) dealNumber() int64 {
	for _, d := range x.row.Deals {
		if len(x.row.Deals) == 1 {
			return d.ID
		}
		for _, f := range x.facts {
			if said, _ := f.Value.(string); f.Kind == chatlog.Product && said != "" && (strings.Contains(d.Product, said) || strings.Contains(d.Title, said)) {
				return d.ID
			}
		}
	}
	return 0
}

func closes(what string) bool {
	for _, w := range []string{"签", "定下", "下单", "成交", "拍板", "决定", "付款"} {
		if strings.Contains(what, w) {
			return true
		}
	}
	return false
}

func amountOf(f *chatlog.Fact) (yuan float64, ok bool) {
	if f == nil {
		return 0, false
	}
	yuan, ok = f.Value.(float64)
	return yuan, ok && yuan > 0
}

// dayOf is the day of a date fact.
func dayOf(f *chatlog.Fact) string {
	switch {
	case f == nil:
		return ""
	case f.At != nil:
		return f.At.In(crm.Shanghai).Format(time.DateOnly)
	}
	day, _ := f.Value.(string)
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
