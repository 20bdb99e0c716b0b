package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
)

//go:embed */guest.json
var guestFiles embed.FS

// GuestWords are the words by which a customer's message at a customers' door is understood. Each is a regular expression
// (RE2) over the folded text: Simplified, half-width, small letters, without spaces and punctuation.
type GuestWords struct {
	Human      []string `json:"human"`       // wants a person to answer, whatever else is said
	Person     []string `json:"person"`      // likewise, unless NotPerson is found
	NotPerson  []string `json:"not_person"`  // the same words meaning something else, or that no person is wanted
	Status     []string `json:"status"`      // how far their matter is
	StatusOpen []string `json:"status_open"` // likewise, from somebody whose matter is open
	Chase      []string `json:"chase"`       // of StatusOpen: presses, or asks what only a colleague knows
	Points     []string `json:"points"`      // asks for their points
	Coupons    []string `json:"coupons"`     // asks for their coupons
	Robot      []string `json:"robot"`       // asks what answers here
	Greeting   []string `json:"greeting"`    // nothing but a greeting
	Thanks     []string `json:"thanks"`      // nothing but thanks or assent
	Report     []string `json:"report"`      // wants to report something, and does not say what
	Ask        []string `json:"ask"`         // wants to ask something, and does not say what
	Helped     []string `json:"helped"`      // the answer has helped
	Unsolved   []string `json:"unsolved"`    // the answer has not helped
	Again      []string `json:"again"`       // what was said to be done is not, or came back
	Angry      []string `json:"angry"`       // anger, or a threat
	NotAngry   []string `json:"not_angry"`   // the same words meaning neither
	Question   []string `json:"question"`    // asks something, rather than tells it

	Complaint []string `json:"complaint"` // 投诉
	Return    []string `json:"return"`    // 退换
	Repair    []string `json:"repair"`    // 维修
	Fault     []string `json:"fault"`     // 故障
	Service   []string `json:"service"`   // of trouble of no other kind: with what we did, not with a thing
	Urgent    []string `json:"urgent"`    // 紧急, whatever the kind
	High      []string `json:"high"`      // 高
}

// Guest is [GuestWords] ready for use.
type Guest struct {
	Human, Person, NotPerson, Status, StatusOpen, Chase, Points, Coupons, Robot, Greeting, Thanks, Report, Ask, Helped, Unsolved, Again, Angry, NotAngry, Question *regexp.Regexp
	Complaint, Return, Repair, Fault, Service, Urgent, High                                                                                                        *regexp.Regexp
}

var guestsOf sync.Map // pack name → func() (*Guest, error)

// Guest gives the pack's words for customers' messages. A list that an industry's file gives replaces the default one.
func (p *Pack) Guest() (*Guest, error) {
	name := "default"
	if p != nil && p.Name != "" {
		name = p.Name
	}
	f, _ := guestsOf.LoadOrStore(name, sync.OnceValues(func() (*Guest, error) { return readGuest(name) }))
	return f.(func() (*Guest, error))()
}

func readGuest(name string) (*Guest, error) {
	var w GuestWords
	names := []string{"default"}
	if name != "default" {
		names = append(names, name)
	}
	for _, n := range names {
		text, err := guestFiles.ReadFile(n + "/guest.json")
		if err != nil && n != "default" {
			continue // an industry without words of its own
		}
		if err == nil {
			err = json.Unmarshal(text, &w)
		}
		if err != nil {
			return nil, fmt.Errorf("guest words of pack %s: %w", n, err)
		}
	}
	g := &Guest{}
	for _, f := range []struct {
		name string
		to   **regexp.Regexp
		list []string
	}{
		{"human", &g.Human, w.Human}, {"person", &g.Person, w.Person}, {"not_person", &g.NotPerson, w.NotPerson},
		{"status", &g.Status, w.Status}, {"status_open", &g.StatusOpen, w.StatusOpen}, {"chase", &g.Chase, w.Chase}, {"points", &g.Points, w.Points}, {"coupons", &g.Coupons, w.Coupons}, {"robot", &g.Robot, w.Robot}, {"greeting", &g.Greeting, w.Greeting},
		{"thanks", &g.Thanks, w.Thanks}, {"report", &g.Report, w.Report}, {"ask", &g.Ask, w.Ask}, {"helped", &g.Helped, w.Helped},
		{"unsolved", &g.Unsolved, w.Unsolved}, {"again", &g.Again, w.Again}, {"angry", &g.Angry, w.Angry}, {"not_angry", &g.NotAngry, w.NotAngry}, {"question", &g.Question, w.Question}, {"complaint", &g.Complaint, w.Complaint},
		{"return", &g.Return, w.Return}, {"repair", &g.Repair, w.Repair}, {"fault", &g.Fault, w.Fault}, {"service", &g.Service, w.Service}, {"urgent", &g.Urgent, w.Urgent}, {"high", &g.High, w.High},
	} {
		if len(f.list) == 0 {
			return nil, fmt.Errorf("guest words of pack %s: no %s", name, f.name)
		}
		text := ""
		for i, p := range f.list {
			if i > 0 {
				text += "|"
			}
			text += "(?:" + p + ")"
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("guest words of pack %s: %s: %w", name, f.name, err)
		}
		*f.to = re
	}
	return g, nil
}
