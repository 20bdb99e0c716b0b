package crm_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"gendan/crm"
)

func day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, crm.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func TestRuleDateFalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		date, on string
		want     bool
	}{
		{"2026-11-11", "2026-11-11", true},
		{"2026-11-11", "2027-11-11", false},
		{"11-11", "2027-11-11", true},
		{"02-29", "2027-02-28", true},
		{"02-29", "2028-02-28", false},
		{"02-29", "2028-02-29", true},
		{"31", "2026-11-30", true},
		{"31", "2026-12-30", false},
		{"25", "2026-12-25", true},
		{"25", "2026-11-30", false},
		{"30", "2027-02-28", true},
	} {
		if got := (crm.RuleWhen{Kind: crm.WhenDate, Date: c.date}).Falls(day(c.on)); got != c.want {
			t.Errorf("%s on %s: %v", c.date, c.on, got)
		}
	}
	if got := strings.Join(crm.Birthdays(day("2027-02-26"), 2), " "); got != "02-28 02-29" {
		t.Errorf("birthdays of the 28th: %s", got)
	}
	if got := strings.Join(crm.Birthdays(day("2028-02-26"), 2), " "); got != "02-28" {
		t.Errorf("birthdays of the 28th of a leap year: %s", got)
	}
}

// A silence is one occasion however long it lasts, and the next one another.
func TestSilenceIsOneOccasion(t *testing.T) {
	t.Parallel()
	w := crm.RuleWhen{Kind: crm.WhenSilence, Of: "order", Days: 30}
	f := crm.RuleFacts{Orders: 2, LastOrder: day("2026-10-01")}
	first, said, ok := w.Meets(f, day("2026-11-01"), crm.Shanghai)
	if !ok || said != "31 天没下单（上次 10月1日）" {
		t.Errorf("%q %v", said, ok)
	}
	if later, _, _ := w.Meets(f, day("2026-12-24"), crm.Shanghai); later != first {
		t.Errorf("%q and %q", first, later)
	}
	f.LastOrder = day("2026-11-20")
	if next, _, ok := w.Meets(f, day("2026-12-24"), crm.Shanghai); !ok || next == first {
		t.Errorf("%q again: %v", next, ok)
	}
	if _, _, ok := w.Meets(crm.RuleFacts{Created: day("2020-01-01")}, day("2026-12-24"), crm.Shanghai); ok {
		t.Error("who never bought has not fallen silent")
	}
}

// Whatever is written as a rule is either a rule that can be written again as it is, or refused in a sentence.
func FuzzParseRule(f *testing.F) {
	f.Add(`{"name":"甲","when":{"kind":"event","event":"order.created"},"if":{"filter":{"any":[{"level":"重点客户"},{"not":{"tags":["x"]}}]},"expr":"金额 > 1"},"then":[{"action":"task.create","params":{"content":"{{客户}}"}}],"most":3,"again":2}`)
	f.Add(`{"name":"乙","when":{"kind":"date","date":"02-30"},"then":[{}]}`)
	f.Add(`{"name":"丙","when":{"kind":"score","of":"rfm"},"then":[{"action":"x"}]} {}`)
	f.Add(`{"name":1}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := crm.ParseRule([]byte(text))
		if err != nil {
			var no *crm.Refusal
			if !errors.As(err, &no) || !strings.HasSuffix(no.Sentence, "。") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		same, err := crm.ParseRule(again)
		if err != nil || !r.SameAim(same) || same.Name != r.Name {
			t.Fatalf("%q: written as %s: %v", text, again, err)
		}
		for _, now := range []string{"2026-11-18", "2028-02-29"} {
			facts := crm.RuleFacts{Event: r.When.Event, Orders: 1, Created: day("2026-01-01")}
			occasion, said, ok := r.When.Meets(facts, day(now), crm.Shanghai)
			if ok && (occasion == "" || said == "") {
				t.Fatalf("%q: met without an occasion: %q %q", text, occasion, said)
			}
		}
	})
}
