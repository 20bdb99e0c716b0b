package bot

import (
	"testing"
	"time"

	"gendan/crm"
)

func TestWhoIsAwayAndWhen(t *testing.T) {
	t.Parallel()
	tn := &turn{now: time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC), actor: crm.Actor{Zone: crm.Shanghai}}
	for said, want := range map[string][2]string{
		"我明天": {"我", "明天"}, "我": {"我", ""}, "": {"", ""}, "明天": {"", "明天"}, "小马下周一": {"小马", "下周一"}, "周总明天": {"周总", "明天"},
		"小五明天": {"小五", "明天"}, "我11月20日": {"我", "11月20日"}, "马小跳从后天": {"马小跳", "后天"}, "我下周": {"我", "下周"}, "我大后天": {"我", "大后天"},
		"我周五": {"我", "周五"}, "赵敏20号": {"赵敏", "20号"},
	} {
		if who, when := tn.whoAndWhen(said); who != want[0] || when != want[1] {
			t.Errorf("%s: %q, %q", said, who, when)
		}
	}
}

func TestWhatIsSaidOfDuty(t *testing.T) {
	t.Parallel()
	forms := map[string]interface{ MatchString(string) bool }{"on": dutyOn, "off": dutyOff, "away": dutyAway, "days": dutyDays, "hours": dutyHours, "skill": dutySkill, "there": dutyThere}
	for said, want := range map[string]string{
		"上班": "on", "我来上班了": "on", "小马上班了": "on", "我回来上班了": "on", "下班": "off", "我先下班了": "off", "我请假到周五": "away", "小马明天请假": "away",
		"我请两天假": "days", "我明天请3天年假": "days", "谁在班": "there", "客服部现在谁在班": "there", "今天谁值班": "there", "小马的班次 周一至周五 9:00-18:00": "hours",
		"给小马加技能 打印机": "skill", "小马去掉技能：网络": "skill", "周五下班前别让我忘了交月报": "", "明天上班后提醒我": "", "云帆推进到报价": "", "客户那边谁负责": "",
	} {
		got := ""
		for name, form := range forms {
			if form.MatchString(said) {
				got += name
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}
