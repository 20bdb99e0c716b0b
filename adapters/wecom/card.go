package wecom

import (
	"strings"

	"gendan/bot/chat"
)

// templateCard is the part of the platform's template card (模板卡片) that we use.
type templateCard struct {
	CardType     string       `json:"card_type"`
	MainTitle    cardTitle    `json:"main_title"`
	SubTitleText string       `json:"sub_title_text,omitempty"`
	Fields       []cardField  `json:"horizontal_content_list,omitempty"`
	Buttons      []cardButton `json:"button_list,omitempty"`
	Action       *cardAction  `json:"card_action,omitempty"`
	TaskID       string       `json:"task_id"`
}

type cardTitle struct {
	Title string `json:"title"`
	Desc  string `json:"desc,omitempty"`
}

type cardField struct {
	Name  string `json:"keyname"`
	Value string `json:"value,omitempty"`
}

type cardButton struct {
	Text  string `json:"text"`
	Style int    `json:"style,omitempty"`
	Key   string `json:"key"`
}

type cardAction struct {
	Type int    `json:"type"`
	URL  string `json:"url"`
}

const (
	buttonCard = "button_interaction"
	noticeCard = "text_notice"
	mostFields = 6
	mostButton = 6
)

// cardLimits are the lengths, in characters, that a door shows of a card; longer ones are cut on the screen.
type cardLimits struct{ title, desc, sub, name, value, button int }

var (
	appCard = cardLimits{title: 36, desc: 44, sub: 160, name: 5, value: 30, button: 10}
	botCard = cardLimits{title: 26, desc: 30, sub: 112, name: 5, value: 26, button: 10}
)

// stateWords say a card's stage where it brings no note of its own.
var stateWords = map[chat.State]string{
	chat.Working: "处理中…", chat.Done: "已完成", chat.Moved: "已改期", chat.Cancelled: "已取消", chat.Expired: "已过期，请重新发起",
	chat.Superseded: "已被新的卡片取代", chat.Undone: "已撤销",
}

// alive tells whether c's buttons work.
func alive(c *chat.Card) bool {
	return c != nil && len(c.Buttons) > 0 && (c.State == "" || c.State == chat.Pending)
}

// wholeCard turns c into a template card with all it has: a card with buttons while it is alive, a notice
// afterwards. ok is false when something did not fit; then the text has to say it. A title or note that is too
// long for its line stands in the body instead.
func wholeCard(c *chat.Card, lim cardLimits, home string) (t templateCard, ok bool) {
	t, ok = cardFrame(c, lim, home)
	fit := func(s string, n int) string {
		short, whole := clip(s, n)
		ok = ok && whole
		return short
	}
	var body []string
	title, note := cardLines(c)
	if t.MainTitle.Title, _ = clip(title, lim.title); t.MainTitle.Title != title {
		body = append(body, title)
		if t.CardType == noticeCard {
			t.MainTitle.Title = "" // it would only repeat the beginning
		}
	}
	body = append(body, c.Body)
	for i, f := range c.Fields {
		if i == mostFields {
			ok = false
			break
		}
		value := f.Value
		if f.Old != "" {
			value = f.Old + " → " + f.Value
		}
		t.Fields = append(t.Fields, cardField{Name: fit(orElse(f.Name, "·"), lim.name), Value: fit(value, lim.value)})
		if f.Evidence != "" {
			body = append(body, f.Name+"依据："+f.Evidence)
		}
	}
	if t.MainTitle.Desc, _ = clip(note, lim.desc); t.MainTitle.Desc != note {
		t.MainTitle.Desc = ""
		body = append(body, note)
	}
	t.SubTitleText = fit(lines(body...), lim.sub)
	if t.CardType == buttonCard || t.SubTitleText == "" {
		t.MainTitle.Title = orElse(t.MainTitle.Title, "请选择")
	}
	return t, ok
}

// bareCard is c with title and buttons only, to hang under a text that says the rest.
func bareCard(c *chat.Card, lim cardLimits, home string) templateCard {
	t, _ := cardFrame(c, lim, home)
	title, _ := cardLines(c)
	title, _ = clip(title, lim.title)
	t.MainTitle.Title = orElse(title, "请选择")
	return t
}

// cardLines are the title and the note of c, a line each; the note says the state where it says nothing else.
func cardLines(c *chat.Card) (title, note string) {
	title, _ = firstLine(c.Title)
	note = orElse(strings.ReplaceAll(strings.TrimSpace(c.Note), "\n", " "), stateWords[c.State])
	if note == title {
		note = ""
	}
	return title, note
}

// cardFrame is what whole and bare cards share: kind and buttons.
func cardFrame(c *chat.Card, lim cardLimits, home string) (t templateCard, ok bool) {
	t = templateCard{CardType: buttonCard, TaskID: c.ID}
	if !alive(c) {
		t.CardType, t.Action = noticeCard, &cardAction{Type: 1, URL: home}
		return t, true
	}
	ok = len(c.Buttons) <= mostButton
	for _, b := range c.Buttons[:min(len(c.Buttons), mostButton)] {
		text, whole := clip(b.Text, lim.button)
		ok = ok && whole
		t.Buttons = append(t.Buttons, cardButton{Text: text, Style: buttonStyle(b.Style), Key: b.Key})
	}
	return t, ok
}

// buttonStyle is the platform's number: 1 filled, 2 outlined, 3 red.
func buttonStyle(s string) int {
	switch s {
	case "primary":
		return 1
	case "danger":
		return 3
	}
	return 2
}

// finalCard is the form in which the card r.Replaces ends when r takes its place; whole tells that r says no
// more than that. A reply with a living card of another ID comes beside it.
func finalCard(r chat.Reply) (c chat.Card, whole bool) {
	switch {
	case r.Card == nil:
		c = chat.Card{ID: r.Replaces}
		c.Title, c.Body = firstLine(r.Text)
		return c, true
	case alive(r.Card) && r.Card.ID != r.Replaces:
		return chat.Card{ID: r.Replaces, Title: r.Card.Title, State: chat.Superseded}, false
	}
	c = *r.Card
	c.ID = r.Replaces // the platform knows the shown card by this
	return c, true
}
