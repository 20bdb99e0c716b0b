package bot

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"gendan/bot/chat"
	"gendan/bot/namecard"
	"gendan/crm"
	"gendan/crm/action"
)

// mostContacts is how many contacts of one file are taken at once.
const mostContacts = 10

// readCard is a business card that waits to be confirmed, with what the speaker has put right about it.
type readCard struct {
	Card namecard.Card `json:"card"`
	From string        `json:"from"`           // "card", "code" or "file": what it was read from
	Solo bool          `json:"solo,omitempty"` // the person is the customer
	Said bool          `json:"said,omitempty"` // the speaker has said whose it is, in whatever short form
}

// vCard answers a file of contacts.
func (t *turn) vCard(data []byte) error {
	cards, err := namecard.VCards(data)
	if err != nil {
		t.say(t.text("vcard_broken", nil))
		return nil
	}
	if len(cards) == 1 {
		return t.contact(cards[0], "file")
	}
	var calls []action.Call
	for _, c := range cards[:min(len(cards), mostContacts)] {
		one, err := t.contactCalls(readCard{Card: c, Solo: c.Company == ""})
		if err != nil {
			return err
		}
		calls = append(calls, one...)
	}
	if len(calls) == 0 {
		t.say(t.text("vcard_broken", nil))
		return nil
	}
	doubt := t.text("contact_many", map[string]any{"Count": len(cards), "Taken": min(len(cards), mostContacts)})
	return t.run(pending{Calls: calls, Text: t.text("contact_file", nil), Doubt: doubt}, 1)
}

// contact shows what a card says and asks whether to keep it.
func (t *turn) contact(c namecard.Card, from string) error {
	return t.showContact(readCard{Card: c, From: from})
}

// showContact shows what would be kept of a card, or asks for what no card can be kept without: whose it is.
func (t *turn) showContact(rc readCard) error {
	said := t.text("contact_read", map[string]any{"C": rc.Card, "Phone": rc.Card.Phone(), "From": rc.From})
	if rc.Card.Company == "" && !rc.Solo {
		job := pending{Kind: "ask", Text: said, Ask: &action.Ask{Param: "customer", Question: t.text("contact_whose", map[string]any{"Said": said, "Name": rc.Card.Name})}, Contact: &rc}
		if rc.Card.Name == "" {
			t.say(t.text("contact_nobody", map[string]any{"Said": said}))
			return nil
		}
		job.Calls = []action.Call{{Name: "contact.create", Params: mustJSON(map[string]any{"contact": rc.Card.Name, "phone": rc.Card.Phone()})}}
		t.wait(job)
		t.say(job.Ask.Question)
		return nil
	}
	calls, err := t.contactCalls(rc)
	if err != nil {
		return err
	}
	doubt := t.text("contact_doubt", map[string]any{"From": rc.From})
	if err := t.run(pending{Calls: calls, Text: said, Doubt: doubt, Contact: &rc, Focus: &action.Focus{}}, 1); err != nil {
		return err
	}
	t.dressContact(rc)
	return nil
}

// dressContact makes the question that has just been put about a card look like the card: a line for each field instead of
// one for each action, and how to put it right.
func (t *turn) dressContact(rc readCard) {
	job, last := t.mind.open(t.now), len(t.replies)-1
	if job == nil || job.Contact == nil || job.Kind != "confirm" || last < 0 || t.replies[last].Card == nil {
		return
	}
	r := t.replies[last]
	t.replies = t.replies[:last]
	card := *r.Card
	card.Title = t.text("contact_title", map[string]any{"C": rc.Card, "From": rc.From})
	card.Fields = t.contactFields(rc, job.Calls)
	text := t.text("confirm", map[string]any{"Card": card, "Why": "", "Left": ""})
	hint := t.text("contact_hint", nil)
	if notes := strings.TrimSpace(strings.TrimPrefix(card.Body, job.Doubt)); notes != "" {
		text, hint = notes+"\n"+text, notes+"\n"+hint
	}
	card.Body, job.Title = hint, card.Title
	t.reply(chat.Reply{Text: text + "\n" + t.text("contact_hint", nil), Card: &card})
}

// contactFields are the lines of a card as it would be kept.
func (t *turn) contactFields(rc readCard, calls []action.Call) (fields []chat.Field) {
	for i, call := range calls {
		var p struct {
			Customer, Contact, Title, Phone, Email, Wechat, Content string
		}
		if json.Unmarshal(call.Params, &p) != nil {
			continue
		}
		add := func(name, value string) {
			if value != "" && !slices.ContainsFunc(fields, func(f chat.Field) bool { return f.Name == name }) {
				fields = append(fields, chat.Field{Name: name, Value: value})
			}
		}
		if i == 0 {
			add("客户", t.text("contact_customer", map[string]any{"Name": p.Customer, "New": call.Name == "customer.create"}))
		}
		add("联系人", p.Contact)
		add("职务", p.Title)
		add("电话", p.Phone)
		add("邮箱", p.Email)
		add("微信", p.Wechat)
		add("备注", p.Content)
	}
	return fields
}

// contactCalls are what keeps a card: a contact of the customer that has the firm's name, else a new customer, for which
// the action looks once more for near names and the number. What has no field of its own stands in a note.
func (t *turn) contactCalls(rc readCard) ([]action.Call, error) {
	c := rc.Card
	customer := c.Company
	if rc.Solo {
		customer = c.Name
	}
	params := map[string]any{}
	put := func(name, value string) {
		if value != "" {
			params[name] = value
		}
	}
	mail := ""
	if len(c.Mails) > 0 && crm.CheckEmail(c.Mails[0]) == nil {
		mail = c.Mails[0]
	}
	phone := c.Phone()
	if crm.CheckPhone(phone) != nil {
		phone = ""
	}
	name, known, err := t.knownFirm(customer, rc.Said)
	if err != nil {
		return nil, err
	}
	if known && !rc.Solo {
		customer = name
	}
	var calls []action.Call
	switch {
	case known && c.Name != "" && !rc.Solo:
		put("customer", customer)
		put("contact", cut(c.Name, 30))
		put("phone", phone)
		put("title", c.Title)
		put("email", mail)
		put("wechat", c.WeChat)
		calls = append(calls, action.Call{Name: "contact.create", Params: mustJSON(params)})
	case !known || rc.Solo:
		put("customer", customer)
		if !rc.Solo {
			put("contact", cut(c.Name, 30))
			put("title", c.Title)
		}
		put("phone", phone)
		put("email", mail)
		put("source", t.text("contact_source", nil))
		calls = append(calls, action.Call{Name: "customer.create", Params: mustJSON(params)})
		if c.WeChat != "" && c.Name != "" {
			calls = append(calls, action.Call{Name: "contact.create", Params: mustJSON(map[string]any{"customer": customer, "contact": cut(c.Name, 30), "wechat": c.WeChat})})
		}
	}
	if note := t.text("contact_note", map[string]any{"Rest": besides(c, phone, mail, c.Name == "" && (known || c.WeChat != ""))}); note != "" {
		params := map[string]any{"customer": customer, "content": note}
		if c.Name != "" {
			params["contact"] = c.Name
		}
		calls = append(calls, action.Call{Name: "activity.log", Params: mustJSON(params)})
	}
	return calls, nil
}

// besides is what a card says that has no field of its own in the CRM; bare tells that nobody is named, so that what
// belongs to a person stands here too.
func besides(c namecard.Card, phone, mail string, bare bool) (rest []chat.Field) {
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				rest = append(rest, chat.Field{Name: name, Value: v})
			}
		}
	}
	for _, m := range c.Mobiles {
		if m != phone || bare {
			add("手机", m)
		}
	}
	for _, n := range c.Phones {
		if n.Digits != phone || n.Extension != "" || bare {
			add("座机", n.String())
		}
	}
	add("传真", c.Faxes...)
	for _, m := range c.Mails {
		if m != mail || bare {
			add("邮箱", m)
		}
	}
	if bare {
		add("微信", c.WeChat)
	}
	add("QQ", c.QQ)
	add("地址", c.Address)
	add("网址", c.Website)
	return rest
}

// knownFirm is the customer of that very name; of one that the speaker has said, the one that answers to it. When several do,
// the name stays as it is and the action asks. ok is false when there is none.
func (t *turn) knownFirm(name string, said bool) (full string, ok bool, err error) {
	rows, err := t.tx.CustomersNamed(t.ctx, name)
	if err != nil {
		return "", false, err
	}
	var near []string
	for _, r := range rows {
		switch {
		case r.Seen && (r.Score >= 100 || crm.CompanyName(r.Name) == crm.CompanyName(name)):
			return r.Name, true, nil
		case r.Seen && said && r.Score > 40:
			near = append(near, r.Name)
		}
	}
	if len(near) == 1 {
		return near[0], true, nil
	}
	return name, len(near) > 0, nil
}

var (
	contactField = regexp.MustCompile(`^(?:不对|不是|错了|读错了)?[,，。\s]*(姓名|名字|人名|联系人|公司|客户|单位|职务|职位|头衔|电话|手机号?|号码|座机|邮箱|邮件|微信号?|地址|网址)\s*(?:号码)?\s*(?:读错了|不对|错了)?[,，]?\s*(?:应该|其实)?(?:是|改成|改为|换成|改|为|叫|[:：])?\s*(.+)$`)
	contactDrop  = regexp.MustCompile(`^(?:不要|不用|去掉|删掉|别记|不记)(?:记)?(姓名|名字|职务|职位|电话|手机号?|号码|座机|传真|邮箱|邮件|微信号?|地址|网址)(?:了|吧)?$`)
	contactOwner = regexp.MustCompile(`^(?:这?(?:张|个)?(?:名片)?(?:是|记到|放到|归到|算到|挂到|加到|属于))\s*(.{2,40}?)(?:的|名下|里|下面|那里|上)?[。]?$`)
	contactWrong = regexp.MustCompile(`^(?:不对|不是|错了|读错了|应该是|更正)[,，。\s]*(?:是|应该是|叫)?\s*(.+)$`)
	contactNo    = regexp.MustCompile(`^(?:不要|不用|别)(?:记|存|写|建)?(?:了|吧)?[。!！]?$`)
	contactSolo  = regexp.MustCompile(`^(?:个人|是个人|个人客户|没有公司|没公司|无)[。]?$`)
)

// cardCorrected takes text as what the speaker says about the business card that waits: 「电话是138…」, 「姓名李强」, 「记到云帆」,
// 「不要地址」, 「不要」. It reports false when text is about something else.
func (t *turn) cardCorrected(text string, job *pending) (handled bool, err error) {
	if job == nil || job.Contact == nil {
		return false, nil
	}
	rc, c := *job.Contact, job.Contact.Card
	text = strings.TrimSpace(text)
	switch m := contactDrop.FindStringSubmatch(text); {
	case m != nil:
		dropField(&c, m[1])
	case contactNo.MatchString(text):
		return true, t.cancelled(*job)
	case job.Kind == "ask" && contactSolo.MatchString(text):
		rc.Solo = true
	default:
		if m := contactField.FindStringSubmatch(text); m != nil {
			rc.Said = rc.Said || slices.Contains([]string{"公司", "客户", "单位"}, m[1])
			if !setField(&c, m[1], m[2]) {
				t.say(t.text("contact_unclear", map[string]any{"Field": m[1], "Said": cut(m[2], 20)}))
				return true, nil
			}
			break
		}
		if m := contactOwner.FindStringSubmatch(text); m != nil {
			c.Company, rc.Solo, rc.Said = strings.TrimSpace(m[1]), false, true
			break
		}
		if m := contactWrong.FindStringSubmatch(text); m != nil && job.Kind == "confirm" && guessField(&c, m[1]) {
			break
		}
		if n := len([]rune(text)); job.Kind == "ask" && n >= 2 && n <= 40 && !asking(text) && !strings.ContainsAny(text, "，,。\n") && len(t.read(text).Actions) == 0 {
			c.Company, rc.Said = text, true
			break
		}
		return false, nil
	}
	rc.Card = c
	t.supersede()
	return true, t.showContact(rc)
}

// setField puts a value into the field of that name; ok is false when the value cannot be one.
func setField(c *namecard.Card, field, value string) (ok bool) {
	value = strings.Trim(value, " 。.!！,，")
	read := namecard.Read([]string{field + "：" + value})
	switch field {
	case "姓名", "名字", "人名", "联系人":
		c.Name = value
		return len([]rune(value)) <= 30
	case "公司", "客户", "单位":
		c.Company = value
		return len([]rune(value)) <= 60
	case "职务", "职位", "头衔":
		c.Title = value
	case "电话", "手机", "手机号", "号码", "座机":
		number := crm.CleanPhone(value)
		if read.Phone() != "" {
			number = read.Phone()
		}
		if crm.CheckPhone(number) != nil {
			return false
		}
		if strings.HasPrefix(number, "1") {
			c.Mobiles = append([]string{number}, c.Mobiles[min(1, len(c.Mobiles)):]...)
		} else {
			c.Phones = append([]namecard.Number{{Digits: number}}, c.Phones[min(1, len(c.Phones)):]...)
			if field != "座机" {
				c.Mobiles = nil
			}
		}
	case "邮箱", "邮件":
		if len(read.Mails) == 0 {
			return false
		}
		c.Mails = read.Mails
	case "微信", "微信号":
		c.WeChat = value
	case "地址":
		c.Address = value
	case "网址":
		c.Website = value
	}
	return true
}

// guessField puts right what a value itself tells: 「不对，是13900001111」, 「不对，是李强」.
func guessField(c *namecard.Card, value string) bool {
	read := namecard.Read([]string{value})
	switch {
	case read.Phone() != "":
		return setField(c, "电话", read.Phone())
	case len(read.Mails) > 0:
		c.Mails = read.Mails
	case read.Company != "":
		c.Company = read.Company
	case read.Name != "":
		c.Name = read.Name
	default:
		return false
	}
	return true
}

func dropField(c *namecard.Card, field string) {
	switch field {
	case "姓名", "名字":
		c.Name = ""
	case "职务", "职位":
		c.Title = ""
	case "电话", "手机", "手机号", "号码":
		c.Mobiles, c.Phones = nil, nil
	case "座机":
		c.Phones = nil
	case "传真":
		c.Faxes = nil
	case "邮箱", "邮件":
		c.Mails = nil
	case "微信", "微信号":
		c.WeChat = ""
	case "地址":
		c.Address = ""
	case "网址":
		c.Website = ""
	}
}
