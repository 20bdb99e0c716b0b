package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gendan/crm"
	"gendan/crm/action"
)

var (
	cannedAsked = regexp.MustCompile(`^(?:看看|看|有什么|有哪些|查一下|查|找|来点|给我)?(?:回复)?(?:话术|快捷回复|常用回复|回复模板)[：:，,\s]*(\S{0,12})$|^(\S{1,8}?)(?:的)?话术$`)
	cannedUsed  = regexp.MustCompile(`^(用|发|回复)?\s*(?:第)?([0-9]{1,2})(?:条|个)?(?:话术)?(?:[\s，,]*(?:回复|给|到)?\s*[#＃]?([0-9]{4,12}))?$|^回复\s*[#＃]?([0-9]{4,12})[\s，,：:]*(?:用)?话术\s*([0-9]{1,2})$`)
)

// canned are the ready answers that were shown last.
type canned struct {
	At     time.Time `json:"at"`
	Texts  []string  `json:"texts"`
	Ticket int64     `json:"ticket,omitempty"` // what they are for
	Next   bool      `json:"next,omitempty"`   // nothing was said since: a bare number means one of them
}

// cannedSaid shows ready answers (话术), or sends one of those shown. It reports whether text was about them.
func (t *turn) cannedSaid(text string) (bool, error) {
	shown := t.mind.Canned
	if shown != nil {
		next := shown.Next
		shown.Next = false
		if m := cannedUsed.FindStringSubmatch(text); m != nil && (next || m[1] != "" || m[4] != "") && t.now.Sub(shown.At) < freshFor {
			number, ticket := m[2], m[3]
			if m[5] != "" {
				number, ticket = m[5], m[4]
			}
			return true, t.sendCanned(*shown, number, ticket, text)
		}
	}
	m := cannedAsked.FindStringSubmatch(text)
	if m == nil {
		return false, nil
	}
	return t.showCanned(strings.TrimSpace(m[1] + m[2]))
}

// mostCanned is how many ready answers are shown at once.
const mostCanned = 8

// showCanned lists the ready answers that fit what was said, else those for the ticket last spoken of.
func (t *turn) showCanned(said string) (bool, error) {
	rules, err := t.bot.actions.ServiceRules(t.ctx, t.tx)
	if err != nil {
		return false, fmt.Errorf("canned answers: %w", err)
	}
	var asked crm.Asked
	list := canned{At: t.now, Next: true, Ticket: t.mind.Focus.Ticket.ID}
	if list.Ticket != 0 {
		if row, err := t.tx.TicketByID(t.ctx, crm.TicketID(list.Ticket)); err == nil && row.Open() {
			asked = crm.Asked{Kind: row.Kind, Priority: row.Priority, Level: row.CustomerLevel, Content: row.Content}
		} else {
			list.Ticket = 0
		}
	}
	fit := slices.Clone(rules.Canned)
	switch {
	case said != "":
		fit = slices.DeleteFunc(fit, func(c crm.Canned) bool {
			return !strings.Contains(c.Name, said) && !strings.Contains(c.Text, said) && !slices.Contains(c.Kinds, said)
		})
	case list.Ticket != 0:
		fit = rules.CannedFor(asked)
	}
	if len(fit) == 0 {
		if said == "" || len(rules.Canned) == 0 {
			return false, nil
		}
		t.say(t.text("canned_none", map[string]any{"Said": said, "Names": cannedNames(rules.Canned)}))
		return true, nil
	}
	fit = fit[:min(len(fit), mostCanned)]
	for _, c := range fit {
		list.Texts = append(list.Texts, c.Text)
	}
	t.mind.Canned, t.mind.List = &list, nil
	t.say(t.text("canned", map[string]any{"Rows": fit, "Ticket": list.Ticket}))
	return true, nil
}

func cannedNames(all []crm.Canned) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	return names
}

// sendCanned answers the customer of a ticket with a ready answer.
func (t *turn) sendCanned(shown canned, number, ticket, text string) error {
	n, _ := strconv.Atoi(number)
	if n < 1 || n > len(shown.Texts) {
		t.say(t.text("list_range", map[string]any{"Most": len(shown.Texts)}))
		return nil
	}
	id := shown.Ticket
	if said, err := strconv.ParseInt(ticket, 10, 64); err == nil {
		id = said
	}
	if id == 0 {
		t.mind.Canned.Next = true
		t.say(t.text("canned_which", map[string]any{"N": n}))
		return nil
	}
	return t.run(pending{Calls: []action.Call{{Name: "ticket.reply", Params: mustJSON(map[string]any{"ticket": id, "content": shown.Texts[n-1]})}}, Text: text}, 1)
}
