package dingtalk

import (
	"encoding/json"
	"strings"

	"gendan/bot/chat"
)

// maxCardValue is the longest value of a card variable, bytes, and bodyParts how many variables the template has
// for the body.
const (
	maxCardValue = 1000
	bodyParts    = 3
)

// cardButton is an entry of the template's variable "buttons", of the type "button group" of DingTalk's card builder.
type cardButton struct {
	ID     string      `json:"id"`
	Text   string      `json:"text"`
	Color  string      `json:"color"`  // "blue", "red", "gray"
	Status string      `json:"status"` // "normal"
	Event  buttonEvent `json:"event"`
}

// buttonEvent makes a tap call back with ActionID and Params.
type buttonEvent struct {
	Type   string `json:"type"` // "sendCardRequest"
	Params struct {
		ActionID string            `json:"actionId"`
		Params   map[string]string `json:"params,omitempty"`
	} `json:"params"`
}

// cardParams are the variables of card-template.json that show c; every value is a string, as the platform demands.
// false means that the card does not fit and has to be shown as words.
func cardParams(c chat.Card, group bool) (map[string]string, bool) {
	p := map[string]string{
		"title":  shorten(oneLine(c.Title), maxCardValue-4),
		"note":   shorten(oneLine(c.Note), maxCardValue-4),
		"state":  string(c.State),
		"status": stateWord(c.State),
		"card":   c.ID,
	}
	if c.State == "" {
		p["state"] = string(chat.Pending)
	}
	parts, ok := bodyChunks(cardBody(c))
	if !ok {
		return nil, false
	}
	for i, name := range []string{"body", "body2", "body3"} {
		p[name] = parts[i]
	}
	buttons := []cardButton{}
	if live(c) {
		for _, b := range c.Buttons {
			button := cardButton{ID: b.Key, Text: b.Text, Color: buttonColor(b.Style), Status: "normal"}
			button.Event.Type, button.Event.Params.ActionID = "sendCardRequest", b.Key
			if group {
				button.Event.Params.Params = map[string]string{"group": "true"}
			}
			buttons = append(buttons, button)
		}
	}
	list, err := json.Marshal(buttons)
	if err != nil || len(list) > maxCardValue {
		return nil, false
	}
	p["buttons"] = string(list)
	return p, true
}

// cardBody is body and fields as Markdown.
func cardBody(c chat.Card) string {
	var b strings.Builder
	if c.Body != "" {
		b.WriteString(escape(c.Body) + "\n\n")
	}
	for _, f := range c.Fields {
		b.WriteString("**" + escape(oneLine(f.Name)) + "**　")
		if f.Old != "" {
			b.WriteString(escape(oneLine(f.Old)) + " → ")
		}
		b.WriteString(escape(oneLine(f.Value)) + "\n\n")
		if f.Evidence != "" {
			b.WriteString("> " + escape(oneLine(f.Evidence)) + "\n\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// bodyChunks deals text out to the body variables at paragraph ends, and line ends where a paragraph is long.
func bodyChunks(text string) (parts [bodyParts]string, ok bool) {
	for i := range parts {
		if len(text) <= maxCardValue {
			parts[i] = text
			return parts, true
		}
		cut := strings.LastIndexByte(text[:maxCardValue], '\n')
		if cut <= 0 {
			return parts, false
		}
		parts[i] = strings.TrimRight(text[:cut], "\n")
		text = strings.TrimLeft(text[cut:], "\n")
	}
	return parts, text == ""
}

// stateWord is the state as the card shows it; a pending card shows none.
func stateWord(s chat.State) string {
	switch s {
	case chat.Working:
		return "处理中…"
	case chat.Done:
		return "已完成"
	case chat.Moved:
		return "已改期"
	case chat.Cancelled:
		return "已取消"
	case chat.Expired:
		return "已过期"
	case chat.Superseded:
		return "已有新的卡片"
	case chat.Undone:
		return "已撤销"
	}
	return ""
}

func buttonColor(style string) string {
	switch style {
	case "primary":
		return "blue"
	case "danger":
		return "red"
	}
	return "gray"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
