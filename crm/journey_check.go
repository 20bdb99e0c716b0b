package crm

import (
	"errors"
	"slices"
	"time"
)

// Festivals are those that a journey can greet on, by the names that plans use.
var Festivals = []string{"元旦", "春节", "元宵", "清明", "端午", "七夕", "中秋", "国庆", "重阳", "冬至"}

var journeyDeeds = []string{DidBuy, DidRedeem, DidClick, DidOpen, DidReply}

// Check refuses with ErrInvalid a plan that cannot run, in a sentence for whoever wrote it.
func (p JourneyPlan) Check() error {
	bad := func(format string, args ...any) error {
		return Refuse(ErrInvalid, "旅程「"+p.Name+"」："+format, args...)
	}
	switch {
	case p.Name == "" || len([]rune(p.Name)) > 30:
		return Refuse(ErrInvalid, "旅程要有名字，不超过 30 个字。")
	case !slices.Contains([]string{"marketing", "care", "service"}, p.Purpose):
		return bad("purpose 只能是 marketing、care 或 service。")
	case p.Holdout < 0 || p.Holdout > 50:
		return bad("对照组比例要在 0 到 50 之间。")
	case p.Again < 0 || p.Goal.Days < 0 || p.Goal.Days > 366:
		return bad("天数不对。")
	case len(p.Steps) == 0 || len(p.Steps) > 50:
		return bad("要有 1 到 50 步。")
	}
	if why := p.Entry.wrong(); why != "" {
		return bad("%s", why)
	}
	for i, s := range p.Steps {
		if why := s.wrong(); why != "" {
			return bad("第 %d 步%s", i+1, why)
		}
		if s.Name == JourneyEnd || s.Name != "" && p.Place(s.Name) != i {
			return bad("第 %d 步的名字「%s」用过了。", i+1, s.Name)
		}
		for _, to := range []string{s.Then, s.Else, s.Next} { // only forward: so a journey always ends
			if to != "" && to != JourneyEnd && p.Place(to) <= i {
				return bad("第 %d 步要去的「%s」不在后面。", i+1, to)
			}
		}
	}
	return nil
}

func (e JourneyEntry) wrong() string {
	switch {
	case e.Days < 0 || e.Days > 3660 || e.Until < 0 || e.Hour < 0 || e.Hour > 23:
		return "进入条件的天数或钟点不对。"
	case e.On == EnterSilence && e.Days == 0:
		return "沉睡要写多少天。"
	case e.On == EnterSilence && e.Until != 0 && e.Until <= e.Days:
		return "until 要比 days 大。"
	case e.On == EnterEvent && e.Event == "":
		return "要写是什么事件。"
	case e.On == EnterFestival && len(e.Festivals) == 0:
		return "要写哪些节日。"
	case !slices.Contains([]string{EnterByHand, EnterSilence, EnterFirstOrder, EnterBirthday, EnterAnniversary, EnterFestival, EnterCycle, EnterEvent}, e.On):
		return "不认识进入条件「" + e.On + "」。"
	}
	for _, f := range e.Festivals {
		if !slices.Contains(Festivals, f) {
			return "不认识节日「" + f + "」。"
		}
	}
	return ""
}

func (s JourneyStep) wrong() string {
	switch s.Do {
	case StepOffer:
		if s.Text == "" {
			return "没有要发的话。"
		}
	case StepCoupon:
		if s.Text == "" || s.Coupon == nil {
			return "没有券或要发的话。"
		}
		return s.Coupon.wrong()
	case StepTask:
		if s.Content == "" || s.Due < 0 {
			return "没有要做的事。"
		}
	case StepTag:
		if len(s.Add)+len(s.Remove) == 0 {
			return "没有标签。"
		}
	case StepWait:
		return s.wrongWait()
	case StepBranch:
		switch {
		case (s.Did == "") == (s.If == nil):
			return "要按做过什么（did）或按条件（if）分，二选一。"
		case s.Did != "" && s.Did != DidNothing && !slices.Contains(journeyDeeds, s.Did):
			return "不认识「" + s.Did + "」。"
		case s.Next != "":
			return "分支用 then 和 else，不用 next。"
		}
	default:
		return "不认识「" + s.Do + "」。"
	}
	return ""
}

func (s JourneyStep) wrongWait() string {
	switch {
	case s.Days < 0 || s.Hours < 0 || s.Days > 366 || s.Hours > 1000 || s.Weekday < 0 || s.Weekday > 7:
		return "等的时间不对。"
	case s.Days == 0 && s.Hours == 0 && s.Weekday == 0 && s.At == "":
		return "没有说等多久。"
	case s.For != "" && !slices.Contains(journeyDeeds, s.For):
		return "不认识「" + s.For + "」。"
	case s.For != "" && s.Days+s.Hours == 0:
		return "要说最多等多久。"
	}
	if s.At != "" {
		if _, err := time.Parse("15:04", s.At); err != nil {
			return "的钟点要写成 10:00。"
		}
	}
	return ""
}

func (c JourneyCoupon) wrong() string {
	kinds := 0
	for _, is := range []bool{c.Discount != 0, c.AmountOff != 0, c.Gift != "", c.SecondHalf} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return "的券要是打折、减钱、赠品、第二件半价里的一种。"
	}
	terms := c.Terms()
	if err := terms.Check(); err != nil {
		var no *Refusal
		if errors.As(err, &no) {
			return "：" + no.Sentence
		}
		return "的券写得不对。"
	}
	return ""
}
