package bot

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gendan/bot/chat"
	"gendan/bot/parse"
	"gendan/crm"
)

// itemLabels are the items that the speaker can name, by key.
var itemLabels = map[string]struct{ label, call, param string }{
	"contact:0":        {"联系人", "contact.create", "contact"},
	"contact:0:phone":  {"电话", "contact.create", "phone"},
	"contact:0:email":  {"邮箱", "contact.create", "email"},
	"contact:0:wechat": {"微信", "contact.create", "wechat"},
	"deal:amount":      {"金额", "deal", "amount"},
	"deal:product":     {"商机产品", "deal", "product"},
	"deal:quantity":    {"数量", "deal", "quantity"},
	"deal:close_date":  {"预计签约", "deal", "close_date"},
	"next_at":          {"下次联系", "record.keep", "next_at"},
}

// labelWords are the ways to say an item's label.
var labelWords = map[string]string{
	"联系人": "联系人", "姓名": "联系人", "名字": "联系人", "电话": "电话", "手机": "电话", "手机号": "电话", "号码": "电话", "邮箱": "邮箱", "邮件": "邮箱", "微信": "微信", "微信号": "微信",
	"金额": "金额", "预算": "金额", "商机金额": "金额", "价格": "金额", "产品": "商机产品", "商机产品": "商机产品", "数量": "数量", "签约": "预计签约", "预计签约": "预计签约", "签约日期": "预计签约", "成交日期": "预计签约",
	"提醒": "提醒", "下次联系": "下次联系", "任务": "任务", "需求": "需求", "顾虑": "顾虑", "异议": "顾虑", "竞品": "竞品", "竞争对手": "竞品", "决策人": "决策人", "日期": "日期", "投诉": "投诉",
	"报价": "报价", "下一步": "下一步", "商机": "商机", "对方答应": "对方答应",
}

var (
	dropping  = regexp.MustCompile(`^(?:请|麻烦)?(?:把)?(?:去掉|去除|删掉|删除|删|去|不要|不记|别记|除了|除去|拿掉)(?:第)?(.+?)(?:条|项|个|行)?(?:都)?(?:不要|去掉|删掉|删了|以外.*)?$`)
	droppedBy = regexp.MustCompile(`^(?:把)?(?:第)?(.+?)(?:条|项|个)?(?:都)?(?:去掉|不要了|不要|删掉|删了|不记)$`)
	onlyThese = regexp.MustCompile(`^(?:只要|只记|就要|就记|只留|留下|保留)(.+)$`)
	keeping   = regexp.MustCompile(`^(确认|确定|全部确认|全部记下|都记下|全记|都记|记下|记吧|都确认|全部)(了|吧|一下)?[。!！~]*$`)
	noteOnly  = regexp.MustCompile(`^(只记跟进|只记记录|只记录|只留记录|只记聊天记录|只记录不改.*)[。!！~]*$`)
	declines  = regexp.MustCompile(`^(不要|不记|不用记|别记|不要了|不记了|取消|算了|放弃)(吧|了)?[。!！~]*$`)
	notTheirs = regexp.MustCompile(`^(不是这家|不是这个客户|客户不对|认错了|客户错了|不是他家|不是她家)[。!！~]*$`)
	joined    = regexp.MustCompile(`[、，,和跟与及\s]+`)
	setting   = regexp.MustCompile(`^(?:不对[,，]?)?(?:把)?(.{1,5}?)(?:应该)?(?:改成|改为|改到|换成|是|为|：|:|写)(?:是)?(.+?)[。!！]*$`)
)

// onRecord takes text as an answer to the draft that waits: confirm, keep the record only, drop it, leave items out, put one
// right, say whose it is. It reports false for anything else, which the draft outlives.
func (t *turn) onRecord(text string) (handled bool, err error) {
	defer func() {
		if errors.As(err, new(customerGone)) {
			handled, err = true, t.askedAnew(err)
		}
	}()
	d := t.mind.record(t.now)
	if d == nil {
		if lapsed := t.mind.Record; lapsed != nil {
			t.mind.Record = nil
			if t.mind.Pending == nil && (keeping.MatchString(text) || noteOnly.MatchString(text)) {
				t.say(t.text("record_expired", nil))
				return true, nil
			}
		}
		return false, nil
	}
	if d.Customer == (crm.Ref{}) {
		return t.toldWhose(d, text)
	}
	switch {
	case keeping.MatchString(text):
		return true, t.keepRecord(*d)
	case noteOnly.MatchString(text):
		d.NoteOnly = true
		return true, t.keepRecord(*d)
	case declines.MatchString(text):
		return true, t.dropRecord(*d)
	case notTheirs.MatchString(text):
		return true, t.anothers(*d)
	}
	if len(d.Off) > 0 {
		if handled, err := t.backAgain(*d, text); handled || err != nil {
			return handled, err
		}
	}
	if m := possessed.FindStringSubmatch(text); m != nil && (t.ownNames().holds(m[1]) || t.ownNames().begins(m[1])) {
		return t.setRight(*d, "客户", m[1])
	}
	if cmd, ok := parse.ReadCommand(text); ok && !d.Later {
		switch {
		case cmd.Kind == parse.Confirm, cmd.Kind == parse.All:
			return true, t.keepRecord(*d)
		case cmd.Kind == parse.Cancel:
			return true, t.dropRecord(*d)
		case cmd.Kind == parse.Pick && len(t.mind.List) == 0:
			return t.leftOut(*d, "", cmd.Numbers)
		}
	}
	if m := onlyThese.FindStringSubmatch(text); m != nil && !d.Later {
		return t.leftOut(*d, m[1], nil)
	}
	for _, re := range []*regexp.Regexp{dropping, droppedBy} {
		if m := re.FindStringSubmatch(text); m != nil {
			if handled, err := t.takeOut(*d, m[1]); handled || err != nil {
				return handled, err
			}
		}
	}
	if m := saidForms[0].FindStringSubmatch(text); m != nil && !d.Later { // 记到云帆
		return t.setRight(*d, "客户", m[1])
	}
	if m := setting.FindStringSubmatch(text); m != nil {
		return t.setRight(*d, strings.TrimSpace(m[1]), strings.TrimSpace(m[2]))
	}
	return false, nil
}

// otherThings notes that the speaker has gone on to something else: bare words like 好的 no longer mean the draft.
func (t *turn) otherThings() {
	if d := t.mind.record(t.now); d != nil {
		d.Later = true
	}
}

// keepRecord runs the draft.
func (t *turn) keepRecord(d recordDraft) error {
	row, err := t.tx.Draft(t.ctx, d.ID)
	if err != nil {
		return err
	}
	x, err := t.itemsOf(&d, row.Draft)
	if err != nil {
		return err
	}
	t.supersede()
	t.mind.Record = nil
	return t.run(pending{Kind: "confirm", Calls: x.calls(), Text: d.Title, Title: d.Title, Card: d.Card, Sure: true}, 1)
}

// dropRecord puts the draft aside; its text is found again by 「最近的聊天记录」.
func (t *turn) dropRecord(d recordDraft) error {
	t.mind.Record = nil
	if err := t.tx.EndDraft(t.ctx, d.ID, 0); err != nil {
		return err
	}
	text := t.text("record_dropped", nil)
	t.reply(chat.Reply{Text: text, Card: &chat.Card{ID: d.Card, Title: d.Title, State: chat.Cancelled, Note: text}, Replaces: d.Card})
	return nil
}

// anothers asks whose record it is after all.
func (t *turn) anothers(d recordDraft) error {
	row, err := t.tx.Draft(t.ctx, d.ID)
	if err != nil {
		return err
	}
	return t.askWhose(recordDraft{ID: d.ID, Lacking: d.Lacking, New: customerSide(row.Draft.Record)}, row.Draft, whose{})
}

// bareView tells that a text which names a customer and nothing else was read as a wish to see it: here it is an answer.
func bareView(res parse.Result, name string) bool {
	if len(res.Actions) != 1 || res.Actions[0].Name != "customer.view" {
		return false
	}
	said, _ := res.Actions[0].Params["customer"].(string)
	return crm.Fold(said) == crm.Fold(name)
}

// toldWhose takes text as the answer to whose record it is.
func (t *turn) toldWhose(d *recordDraft, text string) (bool, error) {
	switch {
	case declines.MatchString(text):
		return true, t.dropRecord(*d)
	case text == createWord && d.New != "":
		return true, t.pickWhose(*d, crm.Ref{Kind: crm.KindCustomer, Name: d.New})
	}
	if noteOnly.MatchString(text) || keeping.MatchString(text) && !d.Later {
		t.say(t.text("record_whose_first", map[string]any{"Two": len(d.Options) > 1, "New": d.New, "Fields": d.Options}))
		return true, nil
	}
	if cmd, ok := parse.ReadCommand(text); ok {
		switch {
		case d.Later:
			return false, nil
		case cmd.Kind == parse.Cancel:
			return true, t.dropRecord(*d)
		case cmd.Kind != parse.Pick:
			return false, nil
		case len(cmd.Numbers) != 1 || cmd.Number < 1 || cmd.Number > len(d.Options):
			t.say(t.text("pick_range", map[string]any{"Most": len(d.Options)}))
			return true, nil
		}
		return true, t.pickWhose(*d, d.Options[cmd.Number-1])
	}
	name := whoseSaid(text)
	if rest, ok := strings.CutPrefix(text, createWord); ok && crm.CheckCustomerName(strings.TrimSpace(rest)) == nil {
		return true, t.pickWhose(*d, crm.Ref{Kind: crm.KindCustomer, Name: strings.TrimSpace(rest)})
	}
	if name == "" || strings.ContainsAny(text, "，,。\n") || len([]rune(name)) > 20 {
		return false, nil
	}
	if res := t.parse(text); len(res.Actions) > 0 && res.Confidence >= sureEnough && name == text && !bareView(res, name) {
		return false, nil // an order of its own
	}
	w := whose{}
	if err := t.named(&w, name, "said", 60); err != nil {
		return false, err
	}
	switch {
	case len(w.seen) == 1:
		return true, t.pickWhose(*d, w.seen[0].ref)
	case len(w.seen) > 1:
		next := recordDraft{ID: d.ID, Lacking: d.Lacking, New: d.New}
		for _, c := range w.seen[:min(len(w.seen), 9)] {
			next.Options = append(next.Options, c.ref)
		}
		row, err := t.tx.Draft(t.ctx, d.ID)
		if err != nil {
			return false, err
		}
		return true, t.askWhose(next, row.Draft, w)
	case len(w.walled) > 0:
		return true, t.offerRecord(*d, w.walled[0])
	case name == text && !crm.LooksLikePerson(name) && crm.CompanyName(name) == crm.BrandName(name):
		return false, nil // no name that we know, and nothing that says it is one
	}
	t.waitRecord(recordDraft{ID: d.ID, Lacking: d.Lacking, New: name, Card: t.cardID("k"), Title: d.Title})
	t.say(t.text("record_unknown_name", map[string]any{"Name": name}))
	return true, nil
}

func (t *turn) pickWhose(d recordDraft, ref crm.Ref) error {
	next := recordDraft{ID: d.ID, Lacking: d.Lacking, Customer: ref, Why: "said"}
	for key, v := range d.Set { // what the speaker has put right of the deal and the dates stays; people are numbered anew
		if !strings.HasPrefix(key, "contact:") {
			if next.Set == nil {
				next.Set = map[string]string{}
			}
			next.Set[key] = v
		}
	}
	return t.showDraft(next)
}

// shownItems are the items of a draft.
func (t *turn) shownItems(d *recordDraft) (*drafting, error) {
	row, err := t.tx.Draft(t.ctx, d.ID)
	if err != nil {
		return nil, err
	}
	return t.itemsOf(d, row.Draft)
}

// itemsNamed are the keys of the items that words mean: numbers and labels. ok is false when one of them means nothing.
func itemsNamed(x *drafting, words string) (keys []string, ok bool) {
	for _, w := range joined.Split(strings.Trim(words, "第条项个 "), -1) {
		w = strings.Trim(w, "第条项个 ")
		if w == "" {
			continue
		}
		if n, err := strconv.Atoi(w); err == nil {
			i, ok := x.numbered(n)
			if !ok {
				return nil, false
			}
			keys = append(keys, i.key)
			continue
		}
		label, found := labelWords[w], false
		for _, i := range x.items {
			if i.label == w || i.label == label || label == "金额" && w == i.label || label == "商机" && strings.HasPrefix(i.key, "deal:") {
				keys, found = append(keys, i.key), true
			}
		}
		if !found {
			return nil, false
		}
	}
	return keys, len(keys) > 0
}

// takeOut leaves items out.
func (t *turn) takeOut(d recordDraft, words string) (bool, error) {
	x, err := t.shownItems(&d)
	if err != nil {
		return false, err
	}
	keys, ok := itemsNamed(x, words)
	if !ok {
		return false, nil
	}
	for _, k := range keys {
		if k == "customer" {
			return true, t.anothers(d)
		}
		for _, i := range x.items { // without its contact a phone belongs to nobody
			if i.group == k && k != "" && strings.HasPrefix(i.key, k+":") {
				d.Off = append(d.Off, i.key)
			}
		}
	}
	d.Off = append(d.Off, keys...)
	return true, t.showDraft(d)
}

// leftOut keeps only the items that are named.
func (t *turn) leftOut(d recordDraft, words string, numbers []int) (bool, error) {
	x, err := t.shownItems(&d)
	if err != nil {
		return false, err
	}
	for _, n := range numbers {
		words += " " + strconv.Itoa(n)
	}
	keys, ok := itemsNamed(x, words)
	if !ok {
		if numbers != nil {
			t.say(t.text("record_items_range", map[string]any{"Most": len(x.fields())}))
			return true, nil
		}
		return false, nil
	}
	d.Off = nil
	for _, i := range x.items {
		needed := slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, i.key+":") }) // the contact of a phone
		if !slices.Contains(keys, i.key) && !needed && i.call != "customer.create" {
			d.Off = append(d.Off, i.key)
		}
	}
	return true, t.showDraft(d)
}

// The ways to have items back that were left out, and to say whose a record is.
var (
	allBack   = regexp.MustCompile(`^(?:还是|那就|那|算了)?[，, ]*(?:全部|全都|全|都)(?:还是)?(?:要|留|留着|加上|加回来|恢复|记)(?:吧|了|上)?[。!！~]*$`)
	oneBack   = regexp.MustCompile(`^(?:还是)?(?:把)?(?:第)?(.+?)(?:条|项|个)?(?:也要|也记|也留|也留着|还是要|加回来|加回|加上|恢复)(?:吧|了)?[。!！~]*$`)
	possessed = regexp.MustCompile(`^(?:这个?是|是)?(.{2,20}?)(?:那边|他们|她们|家)?的[。!！~]*$`)
)

// backAgain takes back in what was left out: 「还是全部要」, 「3也要」.
func (t *turn) backAgain(d recordDraft, text string) (bool, error) {
	if allBack.MatchString(text) {
		d.Off = nil
		return true, t.showDraft(d)
	}
	m := oneBack.FindStringSubmatch(text)
	if m == nil {
		return false, nil
	}
	x, err := t.shownItems(&d)
	if err != nil {
		return false, err
	}
	keys, ok := itemsNamed(x, m[1])
	if !ok {
		return false, nil
	}
	d.Off = slices.DeleteFunc(slices.Clone(d.Off), func(k string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return k == key || strings.HasPrefix(k, key+":") })
	})
	return true, t.showDraft(d)
}

// setRight puts one item right: 「金额改成35万」, 「联系人是李强」, 「客户是云帆」.
func (t *turn) setRight(d recordDraft, label, value string) (bool, error) {
	switch label {
	case "客户", "这", "这个", "这份", "这家", "客户名", "它":
		d.Customer, d.Options = crm.Ref{}, nil
		return t.toldWhose(&d, "客户是"+value)
	}
	x, err := t.shownItems(&d)
	if err != nil {
		return false, err
	}
	key := ""
	if n, err := strconv.Atoi(strings.Trim(label, "第条项个 ")); err == nil {
		i, _ := x.numbered(n)
		key = i.key
	}
	want, known := labelWords[label]
	for _, i := range x.items {
		if key == "" && known && i.label == want && i.call != "" {
			key = i.key
		}
	}
	if key == "" && known {
		for k, l := range itemLabels {
			if l.label == want {
				key = k
			}
		}
	}
	if note, ok := x.noteCalled(label, key); ok && !asking(value) {
		if utf8.RuneCountInString(value) > mostNoted {
			return false, nil
		}
		if label == "数量" {
			value = counted.ReplaceAllString(note.text, " × "+value)
		}
		return true, t.putText(d, note.key, value)
	}
	if key == "" {
		return false, nil
	}
	at := slices.IndexFunc(x.items, func(i item) bool { return i.key == key })
	it := newItem(key, x.row)
	if at >= 0 {
		it = x.items[at]
	}
	if it.call == "" || it.call == "deal.update" && (it.param == "product" || it.param == "quantity") {
		return false, nil
	}
	v, problem, ok := t.valueOf(it, value)
	switch {
	case problem != "":
		t.say(problem)
		return true, nil
	case !ok:
		return false, nil
	}
	return true, t.putText(d, key, v)
}

// putText shows the draft with v in the place of what the record says for the item of that key.
func (t *turn) putText(d recordDraft, key string, v any) error {
	if d.Set == nil {
		d.Set = map[string]string{}
	}
	d.Set[key] = string(mustJSON(v))
	d.Off = slices.DeleteFunc(slices.Clone(d.Off), func(k string) bool { return k == key })
	return t.showDraft(d)
}

// mostNoted is how long a note may be that the speaker puts in the place of the record's.
const mostNoted = 60

// counted is how many of a product a note says.
var counted = regexp.MustCompile(` × [0-9.]+`)

// noteCalled is the note that the speaker means: by the number behind key, or by its label where only one has it and no field goes by that
// name. 数量 is a part of the product's.
func (x *drafting) noteCalled(label, key string) (note item, ok bool) {
	for _, i := range x.items {
		switch {
		case i.key == key && i.call != "":
			return item{}, false
		case i.call != "" || i.same || i.key == "summary":
		case i.key == key:
			return i, true
		case i.label == label || labelWords[label] == i.label || label == "数量" && counted.MatchString(i.text):
			if ok {
				return item{}, false
			}
			note, ok = i, true
		}
	}
	return note, ok
}

// valueOf reads what was typed as an item's value.
func (t *turn) valueOf(i item, text string) (v any, problem string, ok bool) {
	var no *crm.Refusal
	switch i.param {
	case "contact", "product":
		return text, "", len([]rune(text)) <= 30
	case "wechat":
		return strings.ToLower(text), "", len([]rune(text)) <= 40
	case "email":
		if err := crm.CheckEmail(text); errors.As(err, &no) {
			return nil, no.Sentence, true
		}
		return strings.ToLower(text), "", true
	case "phone", "value":
		phone := crm.CleanPhone(text)
		if err := crm.CheckPhone(phone); errors.As(err, &no) {
			return nil, no.Sentence, true
		}
		return phone, "", true
	case "customer":
		return text, "", crm.CheckCustomerName(text) == nil
	}
	call := i.call
	if i.call == "record.keep" {
		call = "activity.log"
	}
	a, bad, ok := parse.Fill(parse.Action{Name: call, Params: map[string]any{}}, i.param, text, t.local(), t.bot.pack)
	if bad != nil {
		return nil, sentence(bad.Say), true
	}
	raw, err := json.Marshal(a.Params[i.param])
	if !ok || err != nil || a.Params[i.param] == nil {
		return nil, "", false
	}
	return v, "", json.Unmarshal(raw, &v) == nil
}

// tappedRecord answers a button of a draft's card.
func (t *turn) tappedRecord(tap *chat.Tap, rest string) error {
	d := t.mind.Record
	if d == nil || d.Card != tap.Card {
		for peer, other := range t.memory.Minds {
			if peer != t.message.From && other.Record != nil && other.Record.Card == tap.Card {
				t.say(t.text("not_yours", nil))
				return nil
			}
		}
		t.closeCard(tap.Card, chat.Superseded, "card_gone")
		return nil
	}
	if t.mind.record(t.now) == nil {
		t.mind.Record = nil
		t.closeCard(tap.Card, chat.Expired, "record_expired")
		return nil
	}
	verb, n, _ := strings.Cut(rest, ":")
	switch verb {
	case "all":
		return t.askedAnew(t.keepRecord(*d))
	case "note":
		d.NoteOnly = true
		return t.askedAnew(t.keepRecord(*d))
	case "no":
		return t.dropRecord(*d)
	case "new":
		return t.pickWhose(*d, crm.Ref{Kind: crm.KindCustomer, Name: d.New})
	case "pick":
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(d.Options) {
			return t.askedAnew(t.pickWhose(*d, d.Options[i-1]))
		}
	}
	t.say(t.text("button_unknown", nil))
	return nil
}
