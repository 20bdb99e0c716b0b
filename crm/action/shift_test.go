package action_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// withAgents adds two more agents of 客服部.
func withAgents(t *testing.T) *promiser {
	t.Helper()
	h := serviceHouse(t)
	for _, name := range []string{"马小跳", "吴迪"} {
		id, err := h.store.AddUser(t.Context(), store.NewUser{Name: name, Role: crm.Service, Team: "客服部", Peers: []string{"wecom:" + name}})
		if err != nil {
			t.Fatal(err)
		}
		if h.who[name], err = h.store.UserByID(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// handler is the name of who handles a ticket.
func (h *promiser) handler(tk crm.Ticket) string {
	for name, a := range h.who {
		if a.UserID == tk.OwnerID {
			return name
		}
	}
	return ""
}

func TestTicketsGoToWhoIsThereCanAndHasTheLeast(t *testing.T) {
	t.Parallel()
	h := withAgents(t)
	got := map[string]int{}
	for range 6 {
		got[h.handler(h.open("李雷", "请问发票什么时候开", nil))]++
	}
	if got["孙客服"] != 2 || got["马小跳"] != 2 || got["吴迪"] != 2 {
		t.Errorf("six tickets went to %v", got)
	}
	h.must("钱总", call("skill.set", params{"owner": "吴迪", "skills": []string{"打印机", "网络"}}))
	for range 2 {
		if who := h.handler(h.open("李雷", "打印机坏了", nil)); who != "吴迪" {
			t.Errorf("a printer went to %s", who)
		}
	}
	h.must("吴迪", call("shift.off", params{"until": "2026-11-20"}))
	if who := h.handler(h.open("李雷", "打印机又坏了", nil)); who == "吴迪" || who == "" {
		t.Errorf("a printer went to %q, who is not there", who)
	}
	h.must("马小跳", call("shift.off", nil))
	h.must("孙客服", call("shift.off", nil))
	tk := h.open("李雷", "打印机坏了", nil)
	if who := h.handler(tk); who != "" || tk.TeamID == 0 {
		t.Errorf("nobody is there, and it went to %q of team %d", who, tk.TeamID)
	}
	if n := h.told("马小跳"); n == 0 {
		t.Error("the team does not hear of a ticket that nobody has")
	}
	h.must("孙客服", call("shift.on", nil))
	if who := h.handler(h.open("李雷", "打印机坏了", nil)); who != "孙客服" {
		t.Errorf("went to %q", who)
	}
}

func TestBeingOffEndsByItself(t *testing.T) {
	t.Parallel()
	h := withAgents(t)
	there := func(who string) bool {
		t.Helper()
		out := h.must("孙客服", call("shift.list", nil))
		var v action.DutyListView
		if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
			t.Fatal(err)
		}
		for _, row := range v.Rows {
			if row.Name == who {
				return row.There
			}
		}
		t.Fatalf("%s is not listed", who)
		return false
	}
	h.must("吴迪", call("shift.off", params{"from": "2026-11-19", "until": "2026-11-20"}))
	h.must("吴迪", call("shift.off", nil)) // 下班 takes nothing of it back
	h.must("吴迪", call("shift.on", nil))
	for _, c := range []struct {
		at   string
		want bool
	}{{"2026-11-18 10:00", true}, {"2026-11-19 10:00", false}, {"2026-11-20 19:59", false}, {"2026-11-21 08:31", true}, {"2026-11-22 10:00", false}} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, crm.Shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if h.now = at.UTC(); there("吴迪") != c.want {
			t.Errorf("%s: there %v", c.at, !c.want)
		}
	}
	h.must("吴迪", call("shift.set", params{"hours": "周日 9:00-12:00"})) // it is Sunday
	if !there("吴迪") || !there("吴迪") {
		t.Error("a shift of one's own does not count")
	}
	h.must("吴迪", call("shift.set", params{"hours": "默认"}))
	if there("吴迪") {
		t.Error("the company's hours do not count again")
	}
}

func TestDutiesThatMakeNoSenseAreAskedAbout(t *testing.T) {
	t.Parallel()
	h := withAgents(t)
	h.refused("吴迪", nil, []string{"已经过了"}, call("shift.off", params{"until": "2026-11-17"}))
	h.refused("吴迪", nil, []string{"一年"}, call("shift.off", params{"until": "2028-11-17"}))
	h.refused("吴迪", nil, []string{"没看懂班次"}, call("shift.set", params{"hours": "随便"}))
	h.refused("吴迪", nil, []string{"什么技能"}, call("skill.set", params{"skills": []string{" "}}))
	h.refused("吴迪", crm.ErrDenied, []string{"由TA的主管来改"}, call("skill.set", params{"owner": "马小跳", "skills": []string{"网络"}}))
	h.refused("吴迪", crm.ErrDenied, []string{"由TA的主管来改"}, call("shift.off", params{"owner": "马小跳"}))
	h.refused("周主管", crm.ErrDenied, []string{"由TA的主管来改"}, call("shift.off", params{"owner": "马小跳"})) // leads another team
	h.must("周主管", call("shift.off", params{"owner": "李雷"}))
}

func TestTheReportCountsKeptAndBrokenPromises(t *testing.T) {
	t.Parallel()
	h := withAgents(t)
	for i := range 4 { // three answered in time, one late; one never
		tk := h.open("李雷", "打印机坏了", params{"assignee": "孙客服"})
		if i == 3 {
			h.now = tk.FirstDue.Add(time.Minute)
			h.breach(tk, crm.ClockFirst, 0)
			h.now = h.now.Add(34 * time.Minute)
		}
		h.must("孙客服", call("ticket.reply", params{"ticket": tk.ID, "content": "马上看"}))
	}
	late := h.open("李雷", "打印机坏了", params{"assignee": "李雷"})
	h.now = late.FirstDue.Add(time.Second)
	h.breach(late, crm.ClockFirst, 0)
	report := func(who string, p params) (v action.BreachReport) {
		t.Helper()
		out := h.must(who, call("report.breach", p))
		if err := json.Unmarshal(out.Results[0].Data, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := report("钱总", nil)
	if v.All.Kept != 3 || v.All.Broken != 2 || v.All.Percent != 60 || len(v.Clocks) != 1 || v.Clocks[0].Name != "首次响应" || len(v.People) != 2 || v.Kinds[0].Name != "故障" {
		t.Errorf("%+v", v)
	}
	if len(v.Broken) != 2 || v.Broken[0].Late != "" || v.Broken[0].Owner != "李雷" || v.Broken[1].Late != "35分钟" {
		t.Errorf("%+v", v.Broken)
	}
	if v := report("李雷", nil); v.All.Kept != 0 || v.All.Broken != 1 || v.Owner != "李雷" {
		t.Errorf("a rep sees %+v", v)
	}
	h.refused("李雷", crm.ErrDenied, []string{"自己"}, call("report.breach", params{"owner": "孙客服"}))
	if v := report("钱总", params{"owner": "孙客服", "period": "2026-11-18"}); v.All.Kept != 3 || v.All.Broken != 1 || v.All.Percent != 75 {
		t.Errorf("%+v", v)
	}
	if v := report("钱总", params{"owner": "客服部", "period": "2026-10"}); v.All.Kept+v.All.Broken != 0 || len(v.Broken) != 0 {
		t.Errorf("%+v", v)
	}
	h.refused("钱总", nil, []string{"时间段"}, call("report.breach", params{"period": "上周"}))
	if s := strings.Join(h.waiting(late.ID), " "); !strings.Contains(s, "first.up1") {
		t.Errorf("no further call for help: %s", s)
	}
}

func TestABrokenPromiseOfNobodyIsTheWholeTeams(t *testing.T) {
	t.Parallel()
	h := withAgents(t)
	for _, who := range []string{"孙客服", "马小跳", "吴迪"} {
		h.must(who, call("shift.off", nil))
	}
	tk := h.open("李雷", "打印机坏了", nil)
	if tk.OwnerID != 0 || tk.TeamID == 0 {
		t.Fatalf("owner %d, team %d", tk.OwnerID, tk.TeamID)
	}
	warned := func() (to []crm.UserID) {
		t.Helper()
		err := h.store.As(t.Context(), crm.System, func(ctx context.Context, tx *store.Tx) error {
			w, _, err := h.x.SLAWarning(ctx, tx, action.SLARing{Ticket: tk.ID, Clock: crm.ClockFirst, Percent: 80, Due: *tk.FirstDue}, h.now)
			to = w.To
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	if n := len(warned()); n != 3 {
		t.Errorf("nobody is there, and %d are warned", n)
	}
	h.must("孙客服", call("shift.on", nil))
	if to := warned(); len(to) != 1 || to[0] != h.who["孙客服"].UserID {
		t.Errorf("孙客服 is there, and %v are warned", to)
	}
	h.must("孙客服", call("shift.off", nil))
	before := h.told("马小跳")
	h.now = *tk.FirstDue
	for range 2 {
		h.breach(tk, crm.ClockFirst, 0)
	}
	if n := h.told("马小跳") - before; n != 1 {
		t.Errorf("the team is told %d times", n)
	}
	if n := h.told("钱总"); n != 1 { // nobody leads 客服部
		t.Errorf("the manager is told %d times", n)
	}
	h.now = h.now.Add(2 * time.Hour)
	h.must("吴迪", call("ticket.take", params{"ticket": tk.ID}))
	h.breach(tk, crm.ClockFirst, 1)
	if got := h.ticket(int64(tk.ID)); got.Level != 1 {
		t.Errorf("level %d although it was taken", got.Level)
	}
}
