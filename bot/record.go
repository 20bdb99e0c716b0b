package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gendan/bot/chat"
	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/action"
)

// recordLife is how long the draft of a chat record waits to be confirmed. Its text is kept for longer.
const recordLife = 24 * time.Hour

// recordDraft is the draft of a chat record that waits for the speaker: what the record says stands in the store, here is
// what the speaker has said about it so far.
type recordDraft struct {
	ID       int64             `json:"id"` // in the store
	Card     string            `json:"card,omitempty"`
	Title    string            `json:"title,omitempty"`
	Expires  time.Time         `json:"expires"`
	Customer crm.Ref           `json:"customer,omitzero"`   // whose it is; ID 0 is one to be made under that name
	Why      string            `json:"why,omitempty"`       // how it was found
	Options  []crm.Ref         `json:"options,omitempty"`   // with no Customer: those that it may be
	New      string            `json:"new,omitempty"`       // with no Customer: a name to make one by
	Off      []string          `json:"off,omitempty"`       // items that are left out
	Set      map[string]string `json:"set,omitempty"`       // items as the speaker has put them right, by key: JSON
	Later    bool              `json:"later,omitempty"`     // something else was spoken of since
	Lacking  string            `json:"lacking,omitempty"`   // what the platform has left out of it
	NoteOnly bool              `json:"note_only,omitempty"` // only the record itself
	Summed   bool              `json:"summed,omitempty"`    // the model was asked for a summary
	Summary  string            `json:"summary,omitempty"`   // what the model has made of a long record
}

// heardRecord is a chat record as it was forwarded.
type heardRecord struct {
	read    chatlog.Record
	said    string // what the speaker says beside it: whose it is
	lacking string // what the platform has left out: the name of a message text
	from    string // a file's name
}

// forwarded takes the message for a chat record when it is one: forwarded, pasted, attached or quoted. What the record
// says is data: nothing of it is ever read as an order.
func (t *turn) forwarded() (handled bool, err error) {
	h, ok, err := t.recordIn()
	var failed *fetchFailed
	switch {
	case errors.As(err, &failed):
		return t.tellFetch(err), nil
	case err != nil || !ok:
		return false, err
	case len(h.read.Lines) == 0:
		if t.message.Kind == chat.Record {
			t.waysCard("record_empty")
		} else {
			t.waysCard("record_file_empty")
		}
		return true, nil
	}
	return true, t.takeRecord(h)
}

// recordIn finds the chat record in the message.
func (t *turn) recordIn() (h heardRecord, ok bool, err error) {
	m := t.message
	switch m.Kind {
	case chat.Record:
		format := chatlog.DingTalk
		if handedOn(m) {
			format, h.said = chatlog.Auto, m.Text
		}
		h.read, err = t.readRecord("", m.Raw, format)
		if slices.Contains(h.read.Warnings, chatlog.WarnSummed) || slices.Contains(h.read.Warnings, chatlog.WarnSummary) {
			h.lacking = "record_cut"
		}
		if h.read.Format == chatlog.Unknown && len(m.Raw) < 5 { // {} and []
			h.read.Lines = nil
		}
		return h, true, err
	case chat.File, chat.Text, chat.Mixed:
		for i, f := range m.Files {
			if f.Kind == chat.File && maybeRecord(f.Name) {
				return t.recordFile(i)
			}
		}
	}
	if m.Kind != chat.Text && m.Kind != chat.Mixed {
		return h, false, nil
	}
	if q := m.Quote; q != nil && q.Text != "" {
		return t.recordQuoted(*q)
	}
	if !strings.ContainsAny(m.Text, "\n{[") {
		return h, false, nil
	}
	if h.read, err = t.readRecord("", []byte(m.Text), chatlog.Auto); err != nil || !isRecord(h.read) {
		return h, false, err
	}
	return h, true, nil
}

// recordFile reads an attached record.
func (t *turn) recordFile(i int) (h heardRecord, ok bool, err error) {
	data, err := t.fetched(i)
	if err != nil {
		return h, false, err
	}
	f := t.message.Files[i]
	if binary(data) {
		return h, false, nil
	}
	h.said, h.from = t.message.Text, f.Name
	if h.read, err = t.readRecord(f.Name, data, chatlog.Auto); err != nil {
		return h, false, err
	}
	if h.read.Format == chatlog.Unknown {
		h.lacking = "record_unknown"
	}
	return h, true, nil
}

// maybeRecord tells by its name whether a file may hold a chat record. Without a name (WeCom gives none) its bytes tell.
func maybeRecord(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i < 0 || slices.Contains([]string{".txt", ".csv", ".html", ".htm", ".json", ".log", ".md", ".tsv"}, strings.ToLower(name[i:]))
}

// binary tells that data is no text in any encoding: pictures, archives, documents.
func binary(data []byte) bool {
	head := data[:min(len(data), 4096)]
	if bytesHave(head, "%PDF", "PK\x03\x04", "\x89PNG", "\xff\xd8\xff", "GIF8", "Rar!", "\xd0\xcf\x11\xe0", "RIFF", "ID3") {
		return true
	}
	if len(head) >= 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff) {
		return false // UTF-16
	}
	zeros := 0
	for _, b := range head {
		if b == 0 {
			zeros++
		}
	}
	return zeros > 0 && !utf8.Valid(head)
}

func bytesHave(data []byte, starts ...string) bool {
	for _, s := range starts {
		if strings.HasPrefix(string(data), s) {
			return true
		}
	}
	return false
}

// recordWords say of a quoted text that it is to be kept.
var recordWords = regexp.MustCompile(`聊天|^(请|麻烦)?(帮我|给我)?(记|存|归档|整理|保存|留)|记(一下|下来|到|录|在|给)|^这是`)

// recordQuoted reads a record that the message answers to. In a DingTalk group this is the only way to show a robot one,
// and it gets the summary only. Other quotes are taken for a record when the speaker says so, and never what we said.
func (t *turn) recordQuoted(q chat.Quote) (h heardRecord, ok bool, err error) {
	h.said = t.message.Text
	if q.Kind == chat.Record {
		title, lines, _ := strings.Cut(q.Text, "\n")
		data := mustJSON(map[string]string{"title": title, "summary": lines})
		h.read, err = t.readRecord("", data, chatlog.DingTalk)
		h.lacking = "record_summary"
		return h, true, err
	}
	if !strings.Contains(q.Text, "\n") || readQuote(q.Text) != (quoted{}) || !recordWords.MatchString(h.said) && !t.ownNames().holds(h.said) {
		return h, false, nil
	}
	if h.read, err = t.readRecord("", []byte(q.Text), chatlog.Auto); err != nil || !isRecord(h.read) {
		return h, false, err
	}
	return h, true, nil
}

// readRecord reads a record with our people's names in mind, so that the rest are customers. When none of them speaks in
// it, they go by other names there, and the record itself has to tell who is who.
func (t *turn) readRecord(name string, data []byte, format chatlog.Format) (chatlog.Record, error) {
	people, err := t.tx.Colleagues(t.ctx)
	if err != nil {
		return chatlog.Record{}, fmt.Errorf("record: %w", err)
	}
	o := chatlog.Options{Format: format, Now: t.local(), Pack: t.bot.pack, Us: make([]string, 0, len(people))}
	for _, p := range people {
		o.Us = append(o.Us, p.Name)
	}
	r := chatlog.Read(name, data, o)
	if !slices.ContainsFunc(r.Participants, func(p chatlog.Participant) bool { return p.Side == chatlog.Us }) {
		o.Us = nil
		r = chatlog.Read(name, data, o)
	}
	return r, nil
}

// isRecord tells whether a text that was typed or pasted is a chat record and no order of several lines: several messages,
// with their times or with several speakers.
func isRecord(r chatlog.Record) bool {
	if r.Format == chatlog.Unknown {
		return false
	}
	if r.Format != chatlog.Paste {
		return len(r.Lines) > 0
	}
	said, timed, speakers := 0, 0, map[string]bool{}
	for _, l := range r.Lines {
		if l.Sender == "" {
			continue
		}
		said++
		speakers[l.Sender] = true
		if l.At != nil {
			timed++
		}
	}
	for name := range speakers {
		if formLabels[name] || orderHead.MatchString(name) {
			return false
		}
	}
	return timed > 0 && said > 0 || len(speakers) > 1 && said > 1
}

// formLabels stand before a colon in a form that somebody fills in, and are nobody's names.
var formLabels = map[string]bool{"客户": true, "客户名": true, "公司": true, "联系人": true, "电话": true, "手机": true, "金额": true, "预算": true, "备注": true, "需求": true,
	"产品": true, "数量": true, "地址": true, "时间": true, "日期": true, "阶段": true, "提醒": true, "来源": true, "职务": true, "邮箱": true, "微信": true, "跟进": true, "下一步": true,
	"名称": true, "姓名": true, "行业": true, "地区": true, "内容": true, "标题": true, "主题": true, "任务": true}

// orderHead stands before a colon in an order about a ticket: several such lines are answers to several customers.
var orderHead = regexp.MustCompile(`^(?:回复|答复|回|备注|关闭|结单)(?:工单|客户)?\s*[#＃]?[0-9]{3,}$`)

// takeRecord makes the draft of a record, or says that it was recorded before.
func (t *turn) takeRecord(h heardRecord) error {
	draft, err := draftOf(h)
	if err != nil {
		return err
	}
	t.mind.Parts = nil
	if whoseSaid(h.said) == "" {
		if parts, err := t.parts(draft.Record); err != nil || parts != nil {
			if err == nil {
				err = t.takeParts(draft, parts, h.lacking)
			}
			return err
		}
	}
	id, err := t.tx.PutDraft(t.ctx, draft)
	if err != nil {
		return err
	}
	d := recordDraft{ID: id, Lacking: h.lacking}
	if h.lacking == "" && len(draft.Record.Lines) >= 200 {
		d.Lacking = "record_long"
	}
	return t.placeRecord(d, draft, h.said)
}

// draftOf is what is written down of a record that was read.
func draftOf(h heardRecord) (d crm.RecordDraft, err error) {
	d.Record = crm.ChatRecord{Format: string(h.read.Format), Title: h.read.Title, Lines: make([]crm.RecordLine, len(h.read.Lines))}
	d.Warnings, d.From = h.read.Warnings, h.from
	for i, l := range h.read.Lines {
		d.Record.Lines[i] = crm.RecordLine{N: l.N, At: l.At, Sender: l.Sender, Side: string(l.Side), Kind: string(l.Kind), Text: l.Text, Quote: l.Quote, Depth: l.Depth}
	}
	if d.Facts, err = json.Marshal(h.read.Facts); err != nil {
		return d, fmt.Errorf("facts: %w", err)
	}
	return d, nil
}

// placeRecord finds whose the record is and shows its draft, or asks. said is what the speaker has said beside it.
func (t *turn) placeRecord(d recordDraft, draft crm.RecordDraft, said string) error {
	d.Expires = t.now.Add(recordLife)
	t.supersede()
	t.supersedeRecord()
	same, known, err := t.tx.SameRecords(t.ctx, draft.Record)
	if err != nil {
		return err
	}
	for _, s := range same {
		whole := s.Whole || s.Seen && len(draft.Record.Since(known(s.CustomerID)).Lines) == 0
		day := crm.SayDay(s.At.In(t.actor.Location()), t.local())
		switch {
		case whole && s.Seen:
			if err := t.tx.EndDraft(t.ctx, d.ID, crm.ActivityID(s.ID)); err != nil {
				return err
			}
			t.say(t.text("record_again", map[string]any{"Day": day, "By": t.whom(s.UserName), "Customer": s.Customer, "Number": s.ID}))
			return t.about(crm.Ref{Kind: crm.KindCustomer, ID: s.CustomerID})
		case whole:
			t.mind.behind(crm.Ref{Kind: crm.KindCustomer, ID: s.CustomerID, Name: s.Customer})
			t.say(t.text("record_again_wall", map[string]any{"Day": day, "By": t.whom(s.UserName), "Customer": s.Customer, "Owner": s.OwnerName}))
			return nil
		}
	}
	t.mind.List, t.mind.Page = nil, nil
	if d.Customer.ID != 0 {
		return t.showDraft(d)
	}
	w, err := t.whose(draft, same, said)
	if err != nil {
		return err
	}
	switch {
	case len(w.seen) == 1:
		d.Customer, d.Why = w.seen[0].ref, w.seen[0].why
		return t.showDraft(d)
	case len(w.seen) > 1:
		for _, c := range w.seen[:min(len(w.seen), 9)] {
			d.Options = append(d.Options, c.ref)
		}
		if t.actor.Role.May(crm.WriteCustomer) {
			d.New = w.company
		}
		return t.askWhose(d, draft, w)
	case len(w.walled) > 0:
		return t.offerRecord(d, w.walled[0])
	case w.company != "" && t.actor.Role.May(crm.WriteCustomer):
		d.Customer, d.Why = crm.Ref{Kind: crm.KindCustomer, Name: w.company}, "new"
		return t.showDraft(d)
	}
	if d.New = w.person; !t.actor.Role.May(crm.WriteCustomer) {
		d.New = ""
	}
	return t.askWhose(d, draft, w)
}

// whom is a colleague's name, 你 for the speaker.
func (t *turn) whom(name string) string {
	if name == t.actor.Name && !t.message.Group {
		return "你"
	}
	return name
}

// offered is the record whose customer's owner has heard of it last, so that they hear of it once.
type offered struct {
	Draft int64  `json:"draft"`
	Owner string `json:"owner"`
}

// offerRecord answers for a customer that the speaker does not see: nothing is recorded, the owner hears of it.
func (t *turn) offerRecord(d recordDraft, c crm.Ref) error {
	if o := t.mind.Offered; o != nil && o.Draft == d.ID {
		t.mind.behind(c)
		t.say(t.text("record_walled_again", map[string]any{"Customer": c.Name, "Owner": o.Owner}))
		return nil
	}
	call := action.Call{Name: "record.offer", Params: mustJSON(map[string]any{"customer": c.Name, "draft": d.ID})}
	out, err := t.bot.actions.Do(t.ctx, t.tx, t.request(pending{Calls: []action.Call{call}, Sure: true}, ""))
	var no *crm.Refusal
	if errors.As(err, &no) {
		t.mind.behind(no.Wall)
		t.say(no.Sentence)
		return nil
	}
	if err != nil {
		return err
	}
	t.mind.behind(c)
	t.mind.Offered = &offered{Draft: d.ID, Owner: out.Results[0].Owner}
	t.say(t.text("record_walled", map[string]any{"Customer": c.Name, "Owner": out.Results[0].Owner}))
	return nil
}

// supersedeRecord ends the draft that waits, because something newer takes its place. Its text stays.
func (t *turn) supersedeRecord() {
	old := t.mind.record(t.now)
	t.mind.Record = nil
	if old == nil || old.Card == "" || old.Card == t.cardID("k") {
		return
	}
	t.change(chat.Card{ID: old.Card, Title: old.Title, State: chat.Superseded, Note: t.text("card_superseded", nil)})
}

// record returns the draft that waits at now, or nil.
func (d *mind) record(now time.Time) *recordDraft {
	if d.Record == nil || !now.Before(d.Record.Expires) {
		return nil
	}
	return d.Record
}

// waitsOn tells the title of the question or draft whose card has run out unanswered.
func (d *mind) waitsOn(card string, now time.Time) (title string, ok bool) {
	switch p := d.asks(card); {
	case p != nil && !now.Before(p.Expires):
		return p.Title, true
	case d.Record != nil && d.Record.Card == card && !now.Before(d.Record.Expires):
		return d.Record.Title, true
	}
	return "", false
}
