package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/store"
)

// whose is whose record a record may be.
type whose struct {
	seen    []candidate
	walled  []crm.Ref // customers that only their owner can open
	company string    // a firm's name that stands in it, to make one by
	person  string    // who speaks for the customer
}

// candidate is a customer that a record may be about, and what says so.
type candidate struct {
	ref crm.Ref
	why string // "said", "same", "phone", "title", "name", "sender": the texts record_why_…
}

func (w *whose) add(ref crm.Ref, why string) {
	if !slices.ContainsFunc(w.seen, func(c candidate) bool { return c.ref.ID == ref.ID }) {
		w.seen = append(w.seen, candidate{ref, why})
	}
}

func (w *whose) wall(ref crm.Ref) {
	if !slices.ContainsFunc(w.walled, func(r crm.Ref) bool { return r.ID == ref.ID }) {
		w.walled = append(w.walled, ref)
	}
}

// whose finds the customer of a record: the one that the speaker names, else those that its phones, its firms and earlier
// pieces of the same conversation lead to, else those that its title or its speakers lead to. Two of a kind are a question.
func (t *turn) whose(draft crm.RecordDraft, same []store.SameRecord, said string) (w whose, err error) {
	facts := factsOf(draft)
	w.person = customerSide(draft.Record)
	if said = whoseSaid(said); said != "" {
		if err = t.named(&w, said, "said", 60); err != nil || len(w.seen)+len(w.walled) > 0 {
			return w, err
		}
		w.person = said // nobody is called so: whether it is a name, the speaker has to say
	}
	for _, s := range same {
		ref := crm.Ref{Kind: crm.KindCustomer, ID: s.CustomerID, Name: s.Customer}
		if s.Seen {
			w.add(ref, "same")
		} else {
			w.wall(ref)
		}
	}
	for _, f := range facts {
		if phone, _ := f.Value.(string); f.Kind == chatlog.Phone {
			if err = t.phoned(&w, phone); err != nil {
				return w, err
			}
		}
	}
	for _, f := range facts {
		name := f.Company
		if f.Kind == chatlog.Company {
			name, _ = f.Value.(string)
		}
		if name == "" || f.Kind != chatlog.Company && f.Kind != chatlog.Contact {
			continue
		}
		if w.company == "" || len([]rune(name)) > len([]rune(w.company)) {
			w.company = name
		}
		if err = t.named(&w, name, "name", 60); err != nil {
			return w, err
		}
	}
	if len(w.seen)+len(w.walled) > 0 {
		return w, nil
	}
	ids, err := t.tx.TitledCustomers(t.ctx, draft.Record.Title)
	if err != nil {
		return w, err
	}
	for _, id := range ids {
		row, err := t.tx.CustomerByID(t.ctx, crm.CustomerID(id))
		if err != nil {
			return w, fmt.Errorf("record: %w", err)
		}
		w.add(crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name}, "title")
	}
	for _, name := range t.ownNames().in(draft.Record.Title) {
		if err = t.named(&w, name, "title", 80); err != nil {
			return w, err
		}
	}
	if len(w.seen) > 0 || w.company != "" {
		return w, nil
	}
	return w, t.spokenBy(&w, draft.Record)
}

// spokenBy looks for the customer by who speaks in the record: 「王强-云帆科技」, a contact's name, a household's.
func (t *turn) spokenBy(w *whose, r crm.ChatRecord) error {
	tried := map[string]bool{}
	for _, l := range r.Lines {
		if l.Side == string(chatlog.Us) || l.Sender == "" || tried[l.Sender] || len(tried) > 20 {
			continue
		}
		tried[l.Sender] = true
		if l.Sender == t.actor.Name {
			continue
		}
		if err := t.called(w, l.Sender); err != nil {
			return err
		}
	}
	w.walled = nil // that somebody is called like a colleague's customer is no reason to tell them
	return nil
}

// called adds the customers that somebody with that name in a chat may speak for.
func (t *turn) called(w *whose, sender string) error {
	for _, part := range append([]string{sender}, senderParts.Split(sender, -1)...) {
		if crm.Fold(part) == "" || len([]rune(part)) < 2 {
			continue
		}
		if err := t.named(w, part, "sender", 80); err != nil {
			return err
		}
	}
	for _, name := range t.ownNames().in(sender) {
		if err := t.named(w, name, "sender", 80); err != nil {
			return err
		}
	}
	return nil
}

var senderParts = regexp.MustCompile(`[-—_·@|/\\（）()【】\s]+`)

// named adds the customers that answer to a name at least as well as score; a contact's name of one customer counts too.
func (t *turn) named(w *whose, name, why string, score int) error {
	if n := len([]rune(name)); n < 2 || n > 60 {
		return nil
	}
	rows, err := t.tx.CustomersNamed(t.ctx, name)
	if err != nil {
		return err
	}
	contact := why == "sender" || why == "said"
	for _, row := range rows {
		ref := crm.Ref{Kind: crm.KindCustomer, ID: row.ID, Name: row.Name}
		switch {
		case !row.Seen && row.Score >= 90 && len(rows) == 1:
			w.wall(ref)
		case row.Seen && (row.Score >= score || contact && row.Score == 30 && !formOfAddress(name)):
			w.add(ref, why)
		}
	}
	return nil
}

// formOfAddress tells that a name is 王总 or 老赵, which many answer to.
func formOfAddress(name string) bool {
	_, ok := crm.FormOfAddress(name)
	return ok
}

// phoned adds the customers that have a phone number.
func (t *turn) phoned(w *whose, phone string) error {
	holders, err := t.tx.PhoneHolders(t.ctx, phone)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if h.CustomerID == nil {
			continue
		}
		if ref := (crm.Ref{Kind: crm.KindCustomer, ID: *h.CustomerID, Name: h.Name}); h.Seen {
			w.add(ref, "phone")
		} else {
			w.wall(ref)
		}
	}
	return nil
}

// whoseSaid is the name in what the speaker says beside a record: 「记到云帆」, 「这是云帆的」, 「云帆」. "" when they name none.
func whoseSaid(said string) string {
	clauses := strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune("，,。；;!！~\n", r) })
	for _, c := range clauses {
		c = strings.Trim(c, " ：:")
		if n := len([]rune(c)); n < 2 || n > 30 {
			continue
		}
		for _, re := range saidForms {
			if m := re.FindStringSubmatch(c); m != nil {
				return strings.Trim(m[1], "「」“”\" ")
			}
		}
		if len(clauses) == 1 && !noName.MatchString(c) {
			return c
		}
	}
	return ""
}

var (
	saidForms = []*regexp.Regexp{
		regexp.MustCompile(`^(?:请|麻烦)?(?:帮我|给我)?(?:把?(?:这|它|这个|这份|这段)?(?:聊天)?(?:记录)?)?(?:记录|记|存|归|放)(?:到|在|给|进)(.+?)(?:的)?(?:名下|下面|那里|里|上|客户)?$`),
		regexp.MustCompile(`^(?:这|这个|这份|这段|它|记录|聊天记录|客户)?(?:是|就是|应该是|属于|改成|改为|：|:)(?:客户)?(.+?)(?:的)?(?:聊天|聊天记录|记录|客户)?$`),
		regexp.MustCompile(`^(?:和|跟|与)(.+?)的?(?:聊天|聊天记录|记录|对话)$`),
		regexp.MustCompile(`^(.+?)的(?:聊天|聊天记录|记录|对话)$`),
	}
	noName = regexp.MustCompile(`记|存|保存|整理|聊天|归档|看看|这个|这份|一下|怎么|什么|吗|帮|谢|转`)
)

// customerSide is who speaks for the customer, by the most lines; "" when nobody is known to.
func customerSide(r crm.ChatRecord) string {
	lines, best := map[string]int{}, ""
	for _, l := range r.Lines {
		if l.Sender == "" || l.Side != string(chatlog.Customer) || nobody[l.Sender] {
			continue
		}
		if lines[l.Sender]++; best == "" || lines[l.Sender] > lines[best] {
			best = l.Sender
		}
	}
	return best
}

// nobody are senders that are no names: what exports and screenshots call the two sides.
var nobody = map[string]bool{"对方": true, "我": true, "客户": true, "本人": true, "客服": true, "用户": true, "匿名": true, "微信用户": true, "未知": true, "访客": true}

// factsOf are the facts that were found in a record.
func factsOf(d crm.RecordDraft) (facts []chatlog.Fact) {
	if json.Unmarshal(d.Facts, &facts) != nil {
		return nil // our own JSON; a record without facts is still a record
	}
	return facts
}
