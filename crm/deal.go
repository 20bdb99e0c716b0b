package crm

import "time"

// Deal (商机) is a sale in the making. A conversation creates it, stages move it, winning or losing ends it.
type Deal struct {
	ID          DealID
	CustomerID  CustomerID
	OwnerID     UserID
	Title       string
	Product     string
	Quantity    float64    // 0 when not said
	Amount      Money      // 0 when not said
	Stage       string     // a name of the pipeline, or 赢单, 输单
	StageSince  time.Time  // UTC
	State       string     // DealOpen, DealWon, DealLost
	CloseDate   *time.Time // the day on which signing is expected; midnight UTC of that day
	Probability float64    // 0 to 1
	Version     int
}

// LargeAmount is the amount from which a change is looked at twice: 1,000 万 yuan.
const LargeAmount = Money(1000_0000_00)

// CheckAmount refuses what cannot be a deal's amount.
func CheckAmount(m Money) error {
	switch {
	case m < 0:
		return Refuse(ErrInvalid, "金额不能是负数，请重新说一个，比如「38万」。")
	case m == 0:
		return Refuse(ErrInvalid, "金额不能是 0，请说个数，比如「38万」。")
	case m > MaxMoney:
		return Refuse(ErrInvalid, "%s 超过 100 亿了，是不是多说了几个零？请重新说一个金额。", m)
	}
	return nil
}

// RiskyAmount tells whether going from old to m should be seen by a person first, and why.
func RiskyAmount(old, m Money) (why string, risky bool) {
	switch {
	case m >= LargeAmount && m != old:
		return "金额超过 1000 万", true
	case old > 0 && (m > 3*old || m*3 < old):
		return "金额和原来差了 3 倍以上", true
	}
	return "", false
}

// CheckProbability refuses what is no probability.
func CheckProbability(p float64) error {
	if p < 0 || p > 1 {
		return Refuse(ErrInvalid, "成交概率要在 0 到 100%% 之间，比如「60%%」。")
	}
	return nil
}

// Standing is after how many days in one stage a deal is said to stand still.
const Standing = 7

// StandsStill tells whether the deal has been in its stage for more than [Standing] days.
func (d Deal) StandsStill(now time.Time) bool {
	return d.State == DealOpen && now.Sub(d.StageSince) > Standing*24*time.Hour
}
