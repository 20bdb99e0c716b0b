package templates_test

import (
	"strings"
	"testing"
	"time"

	"gendan/crm"
	"gendan/templates"
)

func service(t *testing.T, own string) *crm.ServiceRules {
	t.Helper()
	s, err := templates.Default().Service([]byte(own), crm.Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRulesOfTheDefaultPack(t *testing.T) {
	t.Parallel()
	s := service(t, "")
	for _, c := range []struct{ said, level, kind, priority, sla, team, skill string }{
		{"3号线空压机漏油，停产了", "", "故障", "紧急", "紧急", "售后部", "机械"},
		{"你们态度太差了，我要投诉", "普通客户", "投诉", "高", "投诉", "客服部", ""},
		{"打印机又坏了", "", "故障", "高", "优先", "售后部", "打印机"},
		{"打印机坏了", "", "故障", "", "标准", "售后部", "打印机"},
		{"打印机坏了", "战略客户", "故障", "高", "战略客户", "售后部", "打印机"},
		{"请问发票什么时候开", "", "咨询", "", "标准", "客服部", ""},
		{"这台想退货", "", "退换", "", "维修", "客服部", ""},
		{"你好", "", "", "", "标准", "客服部", ""},
	} {
		a := crm.Asked{Content: c.said, Level: c.level}
		a.Kind = s.Kind(a)
		a.Priority = s.Priority(a)
		sla, _ := s.SLA(a)
		if team := s.Team(a)[0]; a.Kind != c.kind || a.Priority != c.priority || sla.Name != c.sla || team != c.team || s.Skill(a) != c.skill {
			t.Errorf("%s (%s): %s %s %s %s %s", c.said, c.level, a.Kind, a.Priority, sla.Name, team, s.Skill(a))
		}
	}
	if d, ok := s.Department("技术部"); !ok || d.Name != "研发" {
		t.Errorf("技术部 is %v", d)
	}
	if _, ok := s.Department("火星"); ok {
		t.Error("火星 is a department")
	}
	if got := s.CannedFor(crm.Asked{Kind: "退换"}); len(got) != 4 {
		t.Errorf("answers for 退换: %v", got)
	}
	if s.Visits["战略客户"] != 14 || len(s.Warnings) != 2 || s.Escalations[1].After != 30*time.Minute {
		t.Errorf("%+v", s)
	}
}

func TestACompanysOwnRulesLieOverThePacks(t *testing.T) {
	t.Parallel()
	s := service(t, `{"hours": {"柏林": {"zone": "Europe/Berlin", "week": {"工作日": ["9:00-17:00"]}}}, "visits": {"战略客户": 7},
		"slas": [{"name": "海外", "in": ["海外部"], "hours": "柏林", "first": "45m"}, {"name": "其余", "hours": "工作时间", "solve": "9h"}], "skills": []}`)
	if len(s.SLAs) != 2 || s.SLAs[1].First != 0 || s.SLAs[1].Next != 0 {
		t.Errorf("a list keeps what the pack's had: %+v", s.SLAs)
	}
	sla, _ := s.SLA(crm.Asked{Team: "海外部"})
	at := time.Date(2026, 11, 20, 17, 50, 0, 0, crm.Shanghai) // Friday, 10:50 in Berlin
	if due := sla.Hours.Add(at, sla.First); sla.Name != "海外" || due.Sub(at) != 45*time.Minute {
		t.Errorf("%s: %v", sla.Name, due)
	}
	if s.Visits["战略客户"] != 7 || s.Visits["普通客户"] != 90 || s.Hours["全天"] == nil || len(s.Skills) != 0 || len(s.Kinds) == 0 {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsWrongWithServiceRulesIsNamed(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]string{
		`{"sla": []}`:                    `unknown field "sla"`,
		`{} {}`:                          "more than one JSON value",
		`{"slas": []}`:                   "slas: there is none",
		`{"shift": "夜班"}`:                `shift: no hours are called "夜班"`,
		`{"hours": {"x": {"week": {}}}}`: "hours.x: no working time in the week",
		`{"hours": {"x": {"zone": "Mars/X", "week": {"每天": ["0:00-24:00"]}}}}`:                   `zone "Mars/X" is not known`,
		`{"hours": {"x": {"week": {"周八": ["9:00-10:00"]}}}}`:                                     `"周八" is no day of the week`,
		`{"hours": {"x": {"week": {"周一": ["22:00-06:00"]}}}}`:                                    `"22:00-06:00" is no part of a day`,
		`{"hours": {"x": {"week": {"周一": ["9:00-10:00"], "工作日": ["9:00-10:00"]}}}}`:              "Monday occurs twice",
		`{"hours": {"x": {"week": {"周一": ["9:00-12:00", "11:00-13:00"]}}}}`:                      "must come after the one before it",
		`{"slas": [{"name": "a", "hours": "工作时间", "first": 30}]}`:                                `working time is written like "30m" or "8h", not 30`,
		`{"slas": [{"name": "a", "hours": "工作时间", "first": "两小时"}]}`:                             `not "两小时"`,
		`{"slas": [{"name": "a", "hours": "夜里", "first": "1h"}]}`:                                `no hours are called "夜里"`,
		`{"slas": [{"name": "a", "hours": "工作时间"}, {"name": "a", "hours": "工作时间"}]}`:             "needs a name of its own",
		`{"slas": [{"name": "a", "hours": "工作时间", "kinds": ["投诉"]}]}`:                            "the last one must fit everything",
		`{"slas": [{"name": "a", "hours": "工作时间", "first": "9h", "solve": "1h"}]}`:               "the first answer is promised after the solution",
		`{"kinds": [{"kind": "抱怨", "words": ["x"]}]}`:                                            `kinds[0]: "抱怨" is none of these`,
		`{"priorities": [{"priority": "高", "levels": ["大客户"]}]}`:                                 `no customer level is called "大客户"`,
		`{"teams": [{"kinds": ["故障"]}]}`:                                                         "teams[0]: names no team",
		`{"warnings": [{"percent": 80, "tell": ["owner"]}, {"percent": 50, "tell": ["owner"]}]}`: "percent must rise",
		`{"warnings": [{"percent": 50, "tell": ["boss"]}]}`:                                      `not "boss"`,
		`{"escalations": [{"after": "10m", "to": "lead"}]}`:                                      "the first one happens at the deadline",
		`{"escalations": [{"after": "0m", "to": "ceo"}]}`:                                        `not "ceo"`,
		`{"visits": {"普通客户": 0}}`:                                                                "0 is no number of days",
		`{"canned": [{"name": "x", "text": " "}]}`:                                               "canned[0]: needs a name and a text",
	} {
		if _, err := templates.Default().Service([]byte(own), crm.Calendar{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", own, err, want)
		}
	}
	_, err := templates.Default().Service([]byte(`{"shift": "x", "visits": {"y": 1}}`), crm.Calendar{})
	if err == nil || !strings.Contains(err.Error(), "shift") || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("not all that is wrong is named: %v", err)
	}
}
