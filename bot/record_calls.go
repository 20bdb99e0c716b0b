package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/bot/chatlog"
	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// putRight puts the values in that the speaker has typed.
func (x *drafting) putRight() error {
	for key, raw := range x.d.Set {
		i := slices.IndexFunc(x.items, func(i item) bool { return i.key == key })
		var v any
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			return fmt.Errorf("record draft %d: %w", x.d.ID, err)
		}
		if i < 0 { // the record did not say it, the speaker does
			i = len(x.items)
			x.items = append(x.items, newItem(key, x.row))
		}
		it := &x.items[i]
		it.value, it.same, it.typed = v, false, true
		switch said := v.(type) {
		case float64:
			if it.text = number(said); it.param == "amount" {
				it.text = crm.Yuan(said).String()
			}
		case string:
			it.text = said
			if at, err := time.Parse(time.RFC3339, said); err == nil {
				it.text = strings.TrimSpace(crm.SayTime(at, x.t.now, x.t.actor.Location()) + " " + x.contentOf(*it))
			}
		}
	}
	return nil
}

// newItem is an item of that key that the record itself has not.
func newItem(key string, row store.CustomerRow) item {
	i := item{key: key, label: itemLabels[key].label, call: itemLabels[key].call, param: itemLabels[key].param}
	if i.call == "deal" {
		i.group = "deal"
		if i.call = "deal.create"; len(row.Deals) > 0 {
			i.call = "deal.update"
		}
	} else if i.call == "contact.create" {
		i.group = "contact:0"
	}
	return i
}

// contentOf is what a reminder or a task is about.
func (x *drafting) contentOf(i item) string {
	n, _ := strconv.Atoi(i.key[strings.LastIndexByte(i.key, ':')+1:])
	for _, f := range x.facts {
		if said, _ := f.Value.(string); (f.Kind == chatlog.Promise || f.Kind == chatlog.NextStep) && f.Lines[0] == n && f.Who != chatlog.Customer && said != "" {
			return x.deed(said)
		}
	}
	return ""
}

// calls are what confirming the draft runs.
func (x *drafting) calls() []action.Call {
	type part struct {
		name, group string
		params      map[string]any
	}
	var parts []*part
	get := func(name, group string) *part {
		for _, p := range parts {
			if p.name == name && p.group == group {
				return p
			}
		}
		p := &part{name, group, map[string]any{}}
		if name != "task.create" && name != "reminder.create" || x.name != "" {
			p.params["customer"] = x.name
		}
		parts = append(parts, p)
		return p
	}
	var notes []string
	keep := map[string]any{"draft": x.d.ID}
	for _, i := range x.items {
		if i.off {
			continue
		}
		switch {
		case i.call == "":
			notes = append(notes, i.label+"："+i.text)
			continue
		case i.call == "record.keep":
			keep[i.param] = i.value
			if i.param == "next_at" {
				if _, said, ok := strings.Cut(i.text, " 对方："); ok {
					keep["next"] = "对方：" + said
				}
			}
			continue
		case i.same && i.param != "contact":
			continue
		case i.param == "contact" && i.same && !x.reaches(i.group):
			continue
		}
		p := get(i.call, i.group)
		if said, ok := p.params[i.param].(string); ok && i.call == "ticket.create" { // one ticket for all that is complained of
			i.value = said + "；" + i.text
		}
		p.params[i.param] = i.value
		switch i.call {
		case "customer.update":
			p.params["field"] = crm.LabelPhone
		case "deal.update":
			delete(p.params, "customer")
			p.params["deal"] = x.dealNumber()
		case "ticket.create":
			p.params["kind"], p.params["source"] = "投诉", "record"
		case "reminder.create", "task.create":
			p.params["content"] = cut(x.contentOf(i), 200)
			if i.call == "task.create" {
				p.params["assignee"], _, _ = strings.Cut(i.text, "：")
			}
		}
	}
	if x.draft.Record.Format != string(chatlog.DingTalk) && x.draft.Record.Format != string(chatlog.Unknown) {
		keep["channel"] = "微信"
	}
	if len(notes) > 0 {
		keep["content"] = strings.Join(notes, "；")
	}
	kept := &part{"record.keep", "", keep}
	keep["customer"] = x.name
	var calls []action.Call
	order := []string{"customer.create", "record.keep", "contact.create", "customer.update", "deal.create", "deal.update", "reminder.create", "task.create", "ticket.create"}
	for _, name := range order {
		for _, p := range append(parts, kept) {
			if p.name == name && (name != "contact.create" || p.params["contact"] != nil) {
				calls = append(calls, action.Call{Name: p.name, Params: mustJSON(p.params)})
			}
		}
	}
	return calls
}

// reaches tells that a contact who is there already gets something new.
func (x *drafting) reaches(group string) bool {
	return slices.ContainsFunc(x.items, func(i item) bool { return i.group == group && i.param != "contact" && !i.off && !i.same })
}
