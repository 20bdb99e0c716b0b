package crm

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// HealthRules are the weights of a customer's health (健康度), the pack's. docs/customer-success.md explains them.
type HealthRules struct {
	Weights struct {
		Recency      float64 `json:"recency"`      // how long ago we last spoke
		Frequency    float64 `json:"frequency"`    // how often, in the last 90 days
		Money        float64 `json:"money"`        // what was bought in the last 365 days, and how long ago
		Tickets      float64 `json:"tickets"`      // open and overdue ones, complaints
		Mood         float64 `json:"mood"`         // of the latest notes and records
		Satisfaction float64 `json:"satisfaction"` // of surveys
	} `json:"weights"`
	FreshDays  int      `json:"fresh_days"`  // spoken to within these is as good as it gets
	ColdDays   int      `json:"cold_days"`   // silent for these is as bad as it gets
	Contacts   int      `json:"contacts"`    // in 90 days: as good as it gets
	Spent      Money    `json:"spent"`       // in 365 days: as good as it gets
	BuyDays    int      `json:"buy_days"`    // since the last purchase: from here on half of what money is worth
	OpenCost   float64  `json:"open_cost"`   // what each open ticket takes, 0 to 1
	LateCost   float64  `json:"late_cost"`   // what each overdue ticket takes besides
	AngerCost  float64  `json:"anger_cost"`  // what each complaint of the last 90 days takes besides
	Line       int      `json:"line"`        // below it a customer is in danger
	Drop       int      `json:"drop"`        // a fall by this much is told
	HighLevels []string `json:"high_levels"` // customers that must have an owner
	Bad        []string `json:"bad_words"`   // in notes: the customer is unhappy
	Good       []string `json:"good_words"`  // in notes: the customer is happy
}

// HealthFacts is what a customer's health is told from.
type HealthFacts struct {
	Created      time.Time // of the customer
	LastContact  time.Time // zero when there was none
	Contacts90   int       // notes and records of the last 90 days
	Spent365     Money     // won deals and orders of the last 365 days
	LastPurchase time.Time // zero when there was none
	OpenTickets  int
	LateTickets  int
	Complaints90 int      // tickets of the kind 投诉 opened in the last 90 days
	Notes        []string // the latest, newest first; at most five
	Satisfaction float64  // mean of the answers of the last 365 days, 1 to 5; 0 when there are none
}

// HealthPart is one thing that health is made of.
type HealthPart struct {
	Name   string  `json:"name"`   // 最近联系, 联系频次, 消费, 工单, 情绪, 满意度
	Score  float64 `json:"score"`  // 0 to 1
	Weight float64 `json:"weight"` // its share of the whole; all shares add up to 1
	Why    string  `json:"why"`    // in words
}

// Lost is how many points of a hundred the part takes.
func (p HealthPart) Lost() float64 { return 100 * p.Weight * (1 - p.Score) }

// HealthScore is a customer's health: 0 is lost, 100 is as good as it gets.
type HealthScore struct {
	Score int          `json:"score"`
	Parts []HealthPart `json:"parts"`
	Next  time.Time    `json:"-"` // when time alone will have changed it, if nothing else happens; UTC
}

// Health tells how well a customer does. What is not known (no survey answered, no note to read a mood from) does not
// count: its weight goes to the other parts. It is a pure function: the same facts at the same now give the same score.
func Health(f HealthFacts, r HealthRules, now time.Time) HealthScore {
	parts := []HealthPart{
		recency(f, r, now),
		{Name: "联系频次", Weight: r.Weights.Frequency, Score: ratio(f.Contacts90, r.Contacts), Why: fmt.Sprintf("近 90 天联系 %d 次", f.Contacts90)},
		money(f, r, now),
		tickets(f, r),
	}
	if p, ok := mood(f, r); ok {
		parts = append(parts, p)
	}
	if f.Satisfaction > 0 {
		parts = append(parts, HealthPart{Name: "满意度", Weight: r.Weights.Satisfaction, Score: clamp((f.Satisfaction - 1) / 4),
			Why: fmt.Sprintf("满意度平均 %.1f 分", f.Satisfaction)})
	}
	sum := 0.0
	for _, p := range parts {
		sum += p.Weight
	}
	h := HealthScore{Parts: parts, Next: nextStep(f, r, now)}
	total := 0.0
	for i := range parts {
		if sum > 0 {
			parts[i].Weight /= sum
		}
		total += parts[i].Weight * parts[i].Score
	}
	h.Score = int(math.Round(100 * total))
	return h
}

func clamp(x float64) float64 { return max(0, min(1, x)) }

func ratio(n, most int) float64 {
	if most <= 0 {
		return 1
	}
	return clamp(float64(n) / float64(most))
}

// days are the whole days from t to now.
func days(t, now time.Time) int { return int(now.Sub(t).Hours() / 24) }

func recency(f HealthFacts, r HealthRules, now time.Time) HealthPart {
	p := HealthPart{Name: "最近联系", Weight: r.Weights.Recency}
	last := f.LastContact
	if last.IsZero() {
		last = f.Created
		p.Why = fmt.Sprintf("建档 %d 天，还没联系过", max(0, days(last, now)))
	} else if n := days(last, now); n <= 0 {
		p.Why = "今天刚联系过"
	} else {
		p.Why = fmt.Sprintf("%d 天没联系", n)
	}
	n := days(last, now)
	switch {
	case n <= r.FreshDays:
		p.Score = 1
	case n >= r.ColdDays:
		p.Score = 0
	default: // falls evenly between the two
		p.Score = float64(r.ColdDays-n) / float64(r.ColdDays-r.FreshDays)
	}
	return p
}

// money counts what was bought on a scale on which ten times the money is a third of the way, since customers differ by
// powers of ten; a purchase long ago counts half.
func money(f HealthFacts, r HealthRules, now time.Time) HealthPart {
	p := HealthPart{Name: "消费", Weight: r.Weights.Money}
	if f.LastPurchase.IsZero() {
		p.Why = "还没买过"
		return p
	}
	n := days(f.LastPurchase, now)
	p.Why = fmt.Sprintf("近一年买了 %s，上次是 %d 天前", f.Spent365, n)
	if f.Spent365 <= 0 {
		p.Why = fmt.Sprintf("近一年没买，上次是 %d 天前", n)
		if n < 365 {
			p.Score, p.Why = 0.5, fmt.Sprintf("%d 天前买过，没记金额", n)
		}
		return p
	}
	p.Score = clamp(1 + math.Log10(float64(f.Spent365)/float64(max(1, r.Spent)))/3)
	if r.BuyDays > 0 && n > r.BuyDays {
		p.Score /= 2
	}
	return p
}

func tickets(f HealthFacts, r HealthRules) HealthPart {
	p := HealthPart{Name: "工单", Weight: r.Weights.Tickets}
	p.Score = clamp(1 - r.OpenCost*float64(f.OpenTickets) - r.LateCost*float64(f.LateTickets) - r.AngerCost*float64(f.Complaints90))
	var why []string
	if f.OpenTickets > 0 {
		why = append(why, fmt.Sprintf("%d 张工单没关", f.OpenTickets))
	}
	if f.LateTickets > 0 {
		why = append(why, fmt.Sprintf("%d 张超时", f.LateTickets))
	}
	if f.Complaints90 > 0 {
		why = append(why, fmt.Sprintf("近 90 天投诉 %d 次", f.Complaints90))
	}
	if p.Why = strings.Join(why, "，"); p.Why == "" {
		p.Why = "没有未关的工单"
	}
	return p
}

// mood reads the latest notes: each happy or unhappy one counts once, the newest most. Without either there is no mood.
func mood(f HealthFacts, r HealthRules) (p HealthPart, ok bool) {
	sum, weight, unhappy := 0.0, 0.0, 0
	for i, note := range f.Notes {
		w := 1 / float64(i+1)
		switch {
		case holdsAny(note, r.Bad):
			weight += w
			unhappy++
		case holdsAny(note, r.Good):
			weight += w
			sum += w
		}
	}
	if weight == 0 {
		return p, false
	}
	p = HealthPart{Name: "情绪", Weight: r.Weights.Mood, Score: sum / weight, Why: "最近的跟进里客户情绪不错"}
	if unhappy > 0 {
		p.Why = fmt.Sprintf("最近 %d 条跟进里客户有不满", unhappy)
	}
	return p, true
}

func holdsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// nextStep is when the score would next move by a point or so for no other reason than time: a few days on while recency
// falls, else when it begins to fall, or when something leaves the window of 90 days.
func nextStep(f HealthFacts, r HealthRules, now time.Time) time.Time {
	last := f.LastContact
	if last.IsZero() {
		last = f.Created
	}
	const day = 24 * time.Hour
	switch n := days(last, now); {
	case n < r.FreshDays:
		return last.Add(time.Duration(r.FreshDays+3) * day)
	case n < r.ColdDays:
		step := max(3, (r.ColdDays-r.FreshDays)/30)
		return now.Add(time.Duration(step) * day)
	}
	return now.Add(30 * day)
}

// Worst are the parts that take most points, those first that take most; parts that take less than three are left out.
func (h HealthScore) Worst() []HealthPart {
	var worst []HealthPart
	for _, p := range h.Parts {
		if p.Lost() < 3 {
			continue
		}
		i := 0
		for i < len(worst) && worst[i].Lost() >= p.Lost() {
			i++
		}
		worst = append(worst[:i], append([]HealthPart{p}, worst[i:]...)...)
	}
	return worst
}

// Fell are the parts of [HealthScore.Worst], that first which lost most since before: what to do about a fall is about
// what changed, not about what never was well.
func (h HealthScore) Fell(before []HealthPart) []HealthPart {
	worst := h.Worst()
	lost := func(p HealthPart) float64 {
		for _, b := range before {
			if b.Name == p.Name {
				return p.Lost() - b.Lost()
			}
		}
		return p.Lost() // it was not known before
	}
	for i := range worst {
		if lost(worst[i]) > lost(worst[0])+0.5 {
			p := worst[i]
			worst = append([]HealthPart{p}, slices.Delete(worst, i, i+1)...)
		}
	}
	return worst
}

// Reason says in words what pulls the score down; "" when nothing does.
func (h HealthScore) Reason() string { return Reasons(h.Worst()) }

// Reasons are the words of at most three parts.
func Reasons(parts []HealthPart) string {
	var why []string
	for _, p := range parts {
		if len(why) < 3 {
			why = append(why, p.Why)
		}
	}
	return strings.Join(why, "；")
}

// HealthWatch is what is remembered of a customer's scores so that a fall is told once.
type HealthWatch struct {
	Known bool // there was a score before
	Base  int  // the best score since the last warning
	Low   bool // it was said, or known from the beginning, that the customer is below the line
}

// Warn tells whether the owner should hear of score, and what is to be remembered. The first score of a customer is no
// fall. After a warning the next one needs a further fall, or a recovery and then a fall below the line again.
func (r HealthRules) Warn(w HealthWatch, score int) (warn bool, next HealthWatch) {
	if !w.Known {
		return false, HealthWatch{Known: true, Base: score, Low: score < r.Line}
	}
	next = w
	if score > next.Base {
		next.Base = score
	}
	if score >= r.Line+5 {
		next.Low = false
	}
	if next.Base-score >= r.Drop || score < r.Line && !next.Low {
		return true, HealthWatch{Known: true, Base: score, Low: score < r.Line}
	}
	return false, next
}

// High tells whether customers of a level must have an owner.
func (r HealthRules) High(level string) bool { return slices.Contains(r.HighLevels, level) }

// HealthWord is a score in a word.
func (r HealthRules) HealthWord(score int) string {
	switch {
	case score < r.Line:
		return "危险"
	case score < r.Line+20:
		return "需要关注"
	case score < 80:
		return "一般"
	}
	return "健康"
}
