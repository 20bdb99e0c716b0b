package crm

import (
	"strings"
	"time"
)

// OfferID is the key of an [Offer].
type OfferID int64

// The purposes of what reaches a customer unasked; consent is given by purpose.
const (
	Marketing   = "marketing"   // 营销: coupons, recalls, new products, campaigns
	Care        = "care"        // 关怀: birthdays, festivals, reminders to buy again
	Servicing   = "service"     // 服务: what concerns a thing the customer has from us
	Transaction = "transaction" // 交易: points that expire, an event they signed up for
)

// Purposes are all purposes, in the order in which people see them.
var Purposes = []string{Marketing, Care, Servicing, Transaction}

// PurposeChinese is a purpose as people say it.
func PurposeChinese(purpose string) string {
	switch purpose {
	case Marketing:
		return "营销"
	case Care:
		return "关怀"
	case Servicing:
		return "服务"
	case Transaction:
		return "交易"
	}
	return purpose
}

// Unasked tells whether messages of that purpose come without need: they stop when the customer says so (退订).
func Unasked(purpose string) bool { return purpose == Marketing || purpose == Care }

// The states of an offer. It leaves planned at its time, by one decision: asked, queued, refused, or planned again for later.
const (
	OfferPlanned = "planned" // its time has not come
	OfferAsked   = "asked"   // waits for its owner's tap
	OfferQueued  = "queued"  // handed to a door
	OfferSent    = "sent"    // left by the door; by the owner's hand with link and contact
	OfferSkipped = "skipped" // the owner let it pass
	OfferStopped = "stopped" // the customer wants no more of it
	OfferRefused = "refused" // a rule forbids it: consent, cap, an open complaint, no door
	OfferFailed  = "failed"  // no door could deliver it
)

// OfferStateChinese is a state as people say it.
func OfferStateChinese(state string) string {
	switch state {
	case OfferPlanned:
		return "待发"
	case OfferAsked:
		return "等你点发送"
	case OfferQueued:
		return "发送中"
	case OfferSent:
		return "已发"
	case OfferSkipped:
		return "已跳过"
	case OfferStopped:
		return "已停发"
	case OfferRefused:
		return "没有发"
	case OfferFailed:
		return "发送失败"
	}
	return state
}

// OfferAnswerLife is how long after an offer its customer's words are taken for an answer to it.
const OfferAnswerLife = 7 * 24 * time.Hour

// Offer is something to say to one customer unasked: the only way in which coupons, journeys, rules, greetings and campaigns
// reach anybody. By which door, and whether at all, is decided when its time has come; see [ChooseChannel].
type Offer struct {
	ID         OfferID           `json:"id,omitempty"`
	CustomerID CustomerID        `json:"customer"`
	Purpose    string            `json:"purpose"`               // Marketing …; "" is Marketing
	Source     string            `json:"source"`                // "coupon", "journey", "rule", "campaign", "greeting", "manual" …
	SourceID   int64             `json:"source_id,omitempty"`   // of the journey, the rule …
	Step       string            `json:"step,omitempty"`        // of the journey
	CampaignID int64             `json:"campaign_id,omitempty"` //
	CouponID   int64             `json:"coupon_id,omitempty"`   //
	Text       string            `json:"text"`                  // the template, filled when it is sent: see [FillOffer]
	Fills      map[string]string `json:"fills,omitempty"`       // values for {{name}} beside those that the customer gives: 券, 积分, 商品
	Link       string            `json:"link,omitempty"`        // for {{链接}}
	NotBefore  time.Time         `json:"not_before,omitzero"`   // zero is at once
	Until      time.Time         `json:"until,omitzero"`        // of no use later (a birthday); zero is always of use
	Key        string            `json:"key"`                   // unique: the same key is one offer
	Owner      UserID            `json:"owner,omitempty"`       // who is asked or told; 0 is the customer's owner
	Auto       bool              `json:"auto,omitempty"`        // leaves without a tap, unless its owner objects in time
	Prompt     bool              `json:"prompt,omitempty"`      // with Auto: answers what the customer just did, so nobody's objection is waited for
}

// adWords are what only advertising says.
var adWords = []string{"优惠", "促销", "特价", "满减", "打折", "折扣", "折起", "折券", "秒杀", "抢购", "半价", "买一送一", "大促", "新品", "{{券", "红包", "限时"}

// Advertises finds the word by which a text is advertising, whatever purpose is said for it; "" when there is none.
func Advertises(text string) string {
	text = Fold(text)
	for _, w := range adWords {
		if strings.Contains(text, w) {
			return strings.Trim(w, "{")
		}
	}
	return ""
}
