package crm

import "time"

// What a survey (满意度调查) asks.
const (
	CSAT = "csat" // 满意度: 1 very unhappy to 5 very happy with the service
	NPS  = "nps"  // 推荐意愿: 0 never to 10 surely would recommend us
)

// The doors by which a survey reaches a customer.
const (
	SurveyByKf   = "kf"   // a menu in WeChat customer service
	SurveyBySMS  = "sms"  // a message with a link
	SurveyByMail = "mail" // a mail with a link
	SurveyByLink = "link" // a colleague hands the link on
)

// SurveyRules are what a company decides about surveys; the pack gives them.
type SurveyRules struct {
	Auto  bool          // ask after each closed ticket
	After time.Duration // how long after closing, so that taking it back comes in time
	Every time.Duration // a customer is asked at most once in this time
	Live  time.Duration // how long a link can be answered
	Low   int           // a score of 1–5 up to this opens a call-back
	Most  int           // customers of one campaign
}

// DefaultSurveyRules hold where the pack says nothing.
var DefaultSurveyRules = SurveyRules{Auto: true, After: 5 * time.Minute, Every: 7 * 24 * time.Hour, Live: 30 * 24 * time.Hour, Low: 2, Most: 500}

// Survey is one question to one customer. It is made when a ticket is closed, by a colleague or by a campaign; an answer or
// the end of its link ends it. Ids are 0 where there is none.
type Survey struct {
	ID         int64      `db:"id"`
	Metric     string     `db:"metric"` // CSAT, NPS
	TicketID   TicketID   `db:"ticket_id"`
	CustomerID CustomerID `db:"customer_id"`
	ContactID  ContactID  `db:"contact_id"`
	GuestID    GuestID    `db:"guest_id"`
	CampaignID int64      `db:"campaign_id"`
	AgentID    UserID     `db:"agent_id"` // whose work it asks about
	OwnerID    UserID     `db:"owner_id"` // whose the customer is
	TeamID     TeamID     `db:"team_id"`  // the agent's
	Door       string     `db:"door"`     // SurveyByKf …
	Link       []byte     `db:"link"`     // SHA-256 of the link's token
	CreatedBy  UserID     `db:"created_by"`
	SentAt     time.Time  `db:"sent_at"`
	ExpiresAt  time.Time  `db:"expires_at"`
}

// SurveyScores are the scores that a metric offers, in their order.
func SurveyScores(metric string) []int {
	if metric == NPS {
		return []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	}
	return []int{1, 2, 3, 4, 5}
}

// CheckScore refuses what the survey does not offer.
func CheckScore(metric string, score int) error {
	scores := SurveyScores(metric)
	if first, last := scores[0], scores[len(scores)-1]; score < first || score > last {
		return Refuse(ErrInvalid, "请点 %d 到 %d 分。", first, last)
	}
	return nil
}

// IsLow tells whether a score asks for a call-back. Of 0–10 the detractors' lower half does.
func (r SurveyRules) IsLow(metric string, score int) bool {
	if metric == NPS {
		return score <= 2*r.Low
	}
	return score <= r.Low
}

// Ratings counts answers. The zero value has none.
type Ratings struct {
	Asked    int // surveys sent
	Answered int
	Sum      int // of the scores
	Happy    int // 4 and 5, or 9 and 10 (promoters)
	Unhappy  int // 1 and 2, or 0 to 6 (detractors)
}

// Average is the mean score; 0 without answers.
func (r Ratings) Average() float64 {
	if r.Answered == 0 {
		return 0
	}
	return float64(r.Sum) / float64(r.Answered)
}

// HappyShare (好评率) is the part of happy answers, 0 to 1.
func (r Ratings) HappyShare() float64 {
	if r.Answered == 0 {
		return 0
	}
	return float64(r.Happy) / float64(r.Answered)
}

// NPS is promoters less detractors in percent, -100 to 100.
func (r Ratings) NPS() float64 {
	if r.Answered == 0 {
		return 0
	}
	return 100 * float64(r.Happy-r.Unhappy) / float64(r.Answered)
}
