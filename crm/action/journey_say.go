package action

import (
	"fmt"
	"strings"

	"gendan/crm"
)

// sayJourney is what happens in a journey, step by step.
func sayJourney(p crm.JourneyPlan) []string {
	says := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		says[i] = sayStep(s)
	}
	return says
}

// sayStep is one step in a few words.
func sayStep(s crm.JourneyStep) string {
	switch s.Do {
	case crm.StepOffer:
		return "发「" + brieflyText(s.Text, 24) + "」"
	case crm.StepCoupon:
		terms := s.Coupon.Terms()
		return "发" + terms.Title()
	case crm.StepTask:
		return "给负责人派任务：" + strings.NewReplacer("{{客户}}", "客户", "{{称呼}}", "客户").Replace(s.Content)
	case crm.StepTag:
		var parts []string
		if len(s.Add) > 0 {
			parts = append(parts, "打标签 "+strings.Join(s.Add, "、"))
		}
		if len(s.Remove) > 0 {
			parts = append(parts, "去标签 "+strings.Join(s.Remove, "、"))
		}
		return strings.Join(parts, "，")
	case crm.StepWait:
		return sayWait(s)
	case crm.StepBranch:
		if s.If != nil {
			return "按客户情况分开走"
		}
		return "看客户有没有" + sayDid(s.Did)
	}
	return s.Do
}

func sayWait(s crm.JourneyStep) string {
	var b strings.Builder
	if s.Days > 0 {
		fmt.Fprintf(&b, " %d 天", s.Days)
	}
	if s.Hours > 0 {
		fmt.Fprintf(&b, " %d 小时", s.Hours)
	}
	length := strings.TrimSpace(b.String())
	if s.For != "" {
		return "等客户" + sayDid(s.For) + "，最多 " + length
	}
	say := "等"
	if length != "" {
		say += " " + length
	}
	if s.Weekday != 0 {
		say += "到周" + []string{"", "一", "二", "三", "四", "五", "六", "日"}[s.Weekday]
	} else if s.At != "" {
		say += "到"
	}
	if s.At != "" {
		say += " " + s.At
	}
	return strings.Replace(say, "到 ", "到", 1)
}

func sayDid(did string) string {
	switch did {
	case crm.DidBuy:
		return "下单"
	case crm.DidRedeem:
		return "用券"
	case crm.DidClick:
		return "点链接"
	case crm.DidOpen:
		return "打开"
	case crm.DidReply:
		return "回复"
	}
	return "动静"
}

// brieflyText is the beginning of a text, with what will be filled in left out.
func brieflyText(s string, most int) string {
	for {
		from := strings.Index(s, "{{")
		to := strings.Index(s, "}}")
		if from < 0 || to < from {
			break
		}
		name, _, _ := strings.Cut(s[from+2:to], "|")
		s = s[:from] + strings.TrimSpace(name) + s[to+2:]
	}
	return briefly(s, most)
}

// sayEntry is who comes in by itself.
func sayEntry(e crm.JourneyEntry) string {
	before := ""
	if e.Days > 0 {
		before = fmt.Sprintf("前 %d 天", e.Days)
	}
	switch e.On {
	case crm.EnterSilence:
		return fmt.Sprintf("每天：满 %d 天没下单的客户", e.Days)
	case crm.EnterFirstOrder:
		return "每天：刚下第一单的客户"
	case crm.EnterBirthday:
		return "每天：生日" + before + "的客户"
	case crm.EnterAnniversary:
		return "每天：首单周年" + before + "的客户"
	case crm.EnterFestival:
		return strings.Join(e.Festivals, "、") + before
	case crm.EnterCycle:
		return "每天：预计补货" + before + "的客户"
	case crm.EnterEvent:
		return "发生 " + e.Event + " 的客户"
	}
	return ""
}
