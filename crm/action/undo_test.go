package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gendan/crm"
	"gendan/crm/action"
)

// records is everything that a person can change, as text without versions and times of change.
func records(h *house) string {
	h.t.Helper()
	var all []string
	for table, more := range map[string]string{
		"customers":  "name, name_key, name_core, terms::text, owner_id, industry, region, level, source, tags::text, collaborators::text, fields::text, phone_index, last_contact_at, next_contact_at",
		"contacts":   "customer_id, name, title, phone_index, birthday",
		"leads":      "company, contact, owner_id, state, customer_id",
		"deals":      "customer_id, owner_id, title, amount, stage, stage_since, state, close_date, probability, competitor, reason, closed_at",
		"reminders":  "user_id, customer_id, at, state, done_at, next_id",
		"tasks":      "user_id, content, due, state",
		"activities": "customer_id, at, next_at",
	} {
		where := "deleted_at IS NULL"
		if table == "activities" {
			where += " AND type = 'note'"
		}
		var s string
		if err := h.owner.QueryRow(`SELECT coalesce(string_agg(concat_ws('|', id, ` + more + `), E'\n' ORDER BY id), '') FROM ` + table + ` WHERE ` + where).Scan(&s); err != nil {
			h.t.Fatal(table, err)
		}
		all = append(all, table+"\n"+s)
	}
	var timers string
	if err := h.owner.QueryRow(`SELECT coalesce(string_agg(concat_ws('|', subject, due), E'\n' ORDER BY subject, due), '') FROM timers WHERE state = 0`).Scan(&timers); err != nil {
		h.t.Fatal(err)
	}
	return strings.Join(sorted(all), "\n\n") + "\n\ntimers\n" + timers
}

func sorted(s []string) []string {
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return s
}

// Whatever was run, taking it back leaves the records as they were: run by run, in reverse.
func TestUndoRestoresEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rapid.Check(t, func(rt *rapid.T) {
		h.t = t
		h.now = h.now.Add(time.Hour)
		delete(h.focus, "李雷")
		name := fmt.Sprintf("客户%c%c%d", rapid.SampledFrom([]rune("甲乙丙丁")).Draw(rt, "a"), rapid.SampledFrom([]rune("子丑寅卯")).Draw(rt, "b"), h.key)
		h.must("李雷", call("customer.create", params{"customer": name, "contact": "王强", "phone": fmt.Sprintf("138%08d", h.key)}), call("deal.create", params{"customer": name, "amount": 1000}))
		rem := h.must("李雷", call("reminder.create", params{"at": h.at(48), "content": "跟进", "customer": name, "repeat": "weekly"})).Results[0].Record.ID
		var states []string
		for range rapid.IntRange(1, 4).Draw(rt, "runs") {
			states = append(states, records(h))
			var calls []action.Call
			for range rapid.IntRange(1, 3).Draw(rt, "calls") {
				calls = append(calls, h.anything(rt, name, rem))
			}
			out, err := h.do("李雷", calls...)
			if err != nil || out.Ask != nil || out.Pick != nil || out.UndoCode == "" {
				states = states[:len(states)-1]
				if transferred(h, name) {
					break
				}
			}
		}
		for i := len(states) - 1; i >= 0; i-- {
			if _, err := h.do("李雷", call("undo", nil)); err != nil {
				rt.Fatal(err)
			}
			if now := records(h); now != states[i] {
				rt.Fatalf("after undo:\n%s", diff(states[i], now))
			}
		}
	})
}

func transferred(h *house, name string) bool {
	return h.count(`SELECT count(*) FROM customers WHERE name = $1 AND owner_id <> $2`, name, int64(h.who["李雷"].UserID)) > 0
}

// diff are the lines that differ.
func diff(a, b string) string {
	var out []string
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for _, l := range x {
		if !strings.Contains(b, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range y {
		if !strings.Contains(a, l) {
			out = append(out, "+ "+l)
		}
	}
	return strings.Join(out, "\n")
}

// at is an instant so many hours from now, as the contract writes it.
func (h *house) at(hours int) string {
	return h.now.Add(time.Duration(hours) * time.Hour).In(crm.Shanghai).Format(time.RFC3339)
}

// anything is a random write about the customer.
func (h *house) anything(rt *rapid.T, name string, rem int64) action.Call {
	n := rapid.IntRange(1, 9).Draw(rt, "n")
	switch rapid.IntRange(0, 17).Draw(rt, "what") {
	case 0:
		return call("deal.update", params{"customer": name, "amount": n * 1000})
	case 1:
		return call("deal.update", params{"customer": name, "stage": crm.DefaultPipeline[n%5], "close_date": fmt.Sprintf("2026-12-0%d", n)})
	case 2:
		return call("customer.update", params{"customer": name, "field": "规模", "value": fmt.Sprint(n, "人")})
	case 3:
		return call("customer.update", params{"customer": name, "field": "行业", "value": fmt.Sprint("行业", n)})
	case 4:
		return call("customer.tag", params{"customer": name, "tags": []string{fmt.Sprint("标签", n)}})
	case 5:
		return call("contact.create", params{"customer": name, "contact": "王强", "title": fmt.Sprint("职务", n), "phone": fmt.Sprintf("1390000000%d", n)})
	case 6:
		return call("contact.create", params{"customer": name, "contact": fmt.Sprint("李", n)})
	case 7:
		return call("activity.log", params{"customer": name, "content": "聊了聊", "next_at": h.at(24 * n)})
	case 8:
		return call("reminder.snooze", params{"reminder": rem, "at": h.at(50 + n)})
	case 9:
		return call("reminder.done", params{"reminder": rem})
	case 10:
		return call("deal.lose", params{"customer": name, "reason": "价格", "competitor": fmt.Sprint("对手", n)})
	case 11:
		return call("task.create", params{"assignee": "me", "content": fmt.Sprint("任务", n), "customer": name})
	case 13:
		return call("task.done", params{"customer": name})
	case 14:
		return call("customer.share", params{"customer": name, "to": []string{"韩梅梅", "周主管"}[n%2]})
	case 15:
		return call("customer.unshare", params{"customer": name, "to": []string{"韩梅梅", "周主管"}[n%2]})
	case 16:
		return call("customer.tag", params{"customer": name, "tags": []string{fmt.Sprint("标签", n)}, "remove": []string{fmt.Sprint("标签", n%3+1)}})
	case 12:
		return call("lead.create", params{"company": fmt.Sprint("线索公司", n), "contact": "赵一"})
	default:
		return call("customer.transfer", params{"customer": name, "owner": "韩梅梅"})
	}
}

// What somebody changed since is not overwritten; the sentence says which record it is.
func TestUndoRefusesWhatWasChangedSince(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}))
	code := h.must("李雷", call("deal.create", params{"customer": "云帆", "amount": 1000})).UndoCode
	h.must("周主管", call("deal.update", params{"customer": "云帆", "amount": 1500}))
	h.refused("李雷", crm.ErrConflict, []string{"商机「云帆科技商机」", "改过"}, call("undo", params{"code": code}))
	h.refused("韩梅梅", crm.ErrNotFound, []string{code}, call("undo", params{"code": code}))
	// The customer has a deal below it that was made in another run.
	first := h.must("李雷", call("customer.create", params{"customer": "星河贸易"})).UndoCode
	h.must("周主管", call("deal.create", params{"customer": "星河贸易"}))
	h.refused("李雷", crm.ErrConflict, []string{"商机 #"}, call("undo", params{"code": first}))
	// Twice, and after a day.
	again := h.must("李雷", call("customer.create", params{"customer": "千里马"})).UndoCode
	h.must("李雷", call("undo", params{"code": strings.ToLower(again)}))
	h.refused("李雷", crm.ErrConflict, []string{"已经撤销过"}, call("undo", params{"code": again}))
	old := h.must("李雷", call("customer.create", params{"customer": "万里船"})).UndoCode
	h.now = h.now.Add(25 * time.Hour)
	h.refused("李雷", crm.ErrConflict, []string{"太久"}, call("undo", params{"code": old}))
}

// TestUndoLeavesNoHistory: a change that was taken back stands neither in the customer's history nor in the colleague's day; what was
// done at the same instant by another run stays.
func TestUndoLeavesNoHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must("李雷", call("customer.create", params{"customer": "云帆科技"}), call("deal.create", params{"customer": "云帆科技", "amount": 380000}))
	lines := func() int {
		return h.count(`SELECT count(*) FROM activities WHERE type = 'change' AND deleted_at IS NULL`)
	}
	before := lines()
	h.must("李雷", call("deal.update", params{"customer": "云帆科技", "stage": "方案报价"}))
	if got := lines(); got != before+1 {
		t.Fatalf("%d lines of history, want %d", got, before+1)
	}
	h.must("李雷", call("undo", nil))
	if got := lines(); got != before {
		t.Errorf("%d lines of history after the undo, want %d", got, before)
	}
}
