package parse

import "testing"

func TestHowWellPromisesAreKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"上周SLA达标率":     `report.breach{"period":"2026-W46"}`,
		"超时报表":         `report.breach{}`,
		"本月超时报表":       `report.breach{"period":"2026-11"}`,
		"上个月工单及时率":     `report.breach{"period":"2026-10"}`,
		"赵敏上周的SLA达标率":  `report.breach{"owner":"赵敏","period":"2026-W46"}`,
		"客服部本月首次响应达标率": `report.breach{"owner":"客服部","period":"2026-11"}`,
		"我上周的达标率":      `report.breach{"owner":"me","period":"2026-W46"}`,
		"超时的工单":        `ticket.list{"status":"overdue"}`,
	} {
		if got := first(t, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
