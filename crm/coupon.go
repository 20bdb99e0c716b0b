package crm

import (
	"crypto/rand"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

type (
	CouponID      int64 // 优惠券
	CouponBatchID int64 // 一批优惠券: issued together, on the same terms
)

// What a coupon gives.
const (
	CouponPercent    = "percent"     // 折扣: a part of the price is paid
	CouponAmount     = "amount"      // 立减: so much less
	CouponSecondHalf = "second_half" // 第二件半价
	CouponGift       = "gift"        // 赠品
)

// Why a coupon is not taken. They are met with errors.Is, and so are the general reasons that they belong to.
var (
	ErrCouponUsed    = fmt.Errorf("%w: coupon used", ErrConflict)
	ErrCouponVoided  = fmt.Errorf("%w: coupon voided", ErrConflict)
	ErrCouponExpired = fmt.Errorf("%w: coupon expired", ErrConflict)
	ErrCouponOther   = fmt.Errorf("%w: coupon of somebody else, or a second one", ErrConflict)
	ErrCouponTerms   = fmt.Errorf("%w: coupon terms", ErrInvalid) // the order does not fulfil them, or says too little to tell
)

// CouponState is where a coupon is in its life.
type CouponState string

// The states. Whether a coupon has reached its customer stands in SentAt.
const (
	CouponIssued   CouponState = "issued"   // 可用
	CouponRedeemed CouponState = "redeemed" // 已使用
	CouponVoided   CouponState = "voided"   // 已作废
	CouponExpired  CouponState = "expired"  // 已过期
)

// Chinese is the state as people say it.
func (s CouponState) Chinese() string {
	return map[CouponState]string{CouponIssued: "可用", CouponRedeemed: "已使用", CouponVoided: "已作废", CouponExpired: "已过期"}[s]
}

const (
	couponDays     = 30  // how long a coupon is good when nothing is said
	mostCouponDays = 730 // two years
)

// CouponTerms are what a coupon gives, on what, and for how long.
type CouponTerms struct {
	Name      string   `json:"name,omitempty"`      // as the company calls it; "" is told from the terms
	Kind      string   `json:"kind"`                // CouponPercent …
	Discount  float64  `json:"discount,omitempty"`  // with percent: what is paid, 0.8 is 八折
	Off       Money    `json:"off,omitempty"`       // with amount: what is not paid
	MaxOff    Money    `json:"max_off,omitempty"`   // 封顶: percent takes off no more; 0 is no limit
	MinSpend  Money    `json:"min_spend,omitempty"` // of what the coupon is for, before it; 0 is none
	Products  []string `json:"products,omitempty"`  // names or categories; none is everything
	Gift      string   `json:"gift,omitempty"`      // with gift
	ValidDays int      `json:"valid_days,omitempty"`
}

// Coupon (优惠券) is a promise to one customer. Issuing makes it, a send tells it, and the first of redemption, voiding and
// the end of its time ends it.
type Coupon struct {
	ID         CouponID
	Batch      CouponBatchID
	CustomerID CustomerID // 0: handed out without a name
	Code       string     // as [NewCouponCode] makes it, without dashes
	Terms      CouponTerms
	State      CouponState
	IssuedAt   time.Time
	SentAt     time.Time // zero: not sent yet
	Expires    time.Time // the first moment at which it is not good any more
}

// Check refuses terms that promise nothing, or too much. ValidDays of 0 becomes the usual 30.
func (t *CouponTerms) Check() error {
	if t.ValidDays == 0 {
		t.ValidDays = couponDays
	}
	switch t.Kind {
	case CouponPercent:
		if !(t.Discount > 0 && t.Discount < 1) {
			return Refuse(ErrInvalid, "折扣要在 0 到 10 折之间，比如「8折」「85折」。")
		}
	case CouponAmount:
		if t.Off <= 0 || t.Off > MaxMoney {
			return Refuse(ErrInvalid, "减多少钱？说个数，比如「满100减20」。")
		}
		if t.MinSpend > 0 && t.Off > t.MinSpend {
			return Refuse(ErrInvalid, "满 %s 减 %s 减得比门槛还多，请核对一下。", t.MinSpend, t.Off)
		}
	case CouponSecondHalf:
	case CouponGift:
		if strings.TrimSpace(t.Gift) == "" {
			return Refuse(ErrInvalid, "送什么？说个名字，比如「送马克杯」。")
		}
	default:
		return Refuse(ErrInvalid, "是什么券？说「8折」「减20」「第二件半价」或「送马克杯」。")
	}
	switch {
	case t.MinSpend < 0 || t.MinSpend > MaxMoney || t.MaxOff < 0:
		return Refuse(ErrInvalid, "门槛金额不对，请重新说一个，比如「满100」。")
	case t.ValidDays < 0 || t.ValidDays > mostCouponDays:
		return Refuse(ErrInvalid, "有效期要在 1 到 %d 天之间，比如「10天有效」。", mostCouponDays)
	case len([]rune(t.Name)) > 40 || len([]rune(t.Gift)) > 40 || len(t.Products) > 50:
		return Refuse(ErrInvalid, "券的名字或范围太长了，请短一点。")
	}
	return nil
}

// ExpiresAt is the first moment at which a coupon issued at now is not good any more: the end of its last day in zone.
func (t CouponTerms) ExpiresAt(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+t.ValidDays+1, 0, 0, 0, 0, zone).UTC()
}

// Title is what the coupon is called: its own name, or 「抹茶 8折券」, 「满100减20券」, 「抹茶 第二件半价券」, 「马克杯 赠品券」.
func (t CouponTerms) Title() string {
	if t.Name != "" {
		return t.Name
	}
	var s string
	switch t.Kind {
	case CouponPercent:
		s = SayDiscount(t.Discount) + "券"
	case CouponAmount:
		s = "立减" + couponYuan(t.Off) + "元券"
		if t.MinSpend > 0 {
			s = "满" + couponYuan(t.MinSpend) + "减" + couponYuan(t.Off) + "券"
		}
	case CouponSecondHalf:
		s = "第二件半价券"
	case CouponGift:
		return strings.TrimSpace(t.Gift) + "赠品券"
	}
	if len(t.Products) > 0 {
		return strings.Join(t.Products, "、") + " " + s
	}
	return s
}

// Limits are the conditions that the title does not tell: 「满¥100可用」, 「最多减¥50」, 「限抹茶」; nil when there are none.
func (t CouponTerms) Limits() (all []string) {
	if t.MinSpend > 0 && (t.Kind != CouponAmount || t.Name != "") {
		all = append(all, "满"+t.MinSpend.String()+"可用")
	}
	if t.MaxOff > 0 && t.Kind == CouponPercent {
		all = append(all, "最多减"+t.MaxOff.String())
	}
	if len(t.Products) > 0 && (t.Name != "" || t.Kind == CouponGift) {
		all = append(all, "限"+strings.Join(t.Products, "、"))
	}
	return all
}

// Says is what the coupon gives in one phrase, whatever its name.
func (t CouponTerms) Says() string {
	own := t.Name
	t.Name = ""
	s := strings.TrimSuffix(t.Title(), "券")
	if t.Kind == CouponGift {
		s = "送" + strings.TrimSpace(t.Gift)
	}
	t.Name = own
	if limits := t.Limits(); len(limits) > 0 && (own != "" || t.Kind != CouponAmount) {
		return s + "（" + strings.Join(limits, "，") + "）"
	}
	return s
}

// SayDiscount is a discount as people say it: 0.8 is 「8折」, 0.85 「85折」, 0.885 「88.5折」.
func SayDiscount(paid float64) string {
	percent := math.Round(paid*1000) / 10
	if tenths := percent / 10; tenths == math.Trunc(tenths) {
		return strconv.FormatFloat(tenths, 'f', -1, 64) + "折"
	}
	return strconv.FormatFloat(percent, 'f', -1, 64) + "折"
}

// couponYuan is an amount as it stands on a coupon: 20, 9.9.
func couponYuan(m Money) string { return strconv.FormatFloat(m.Yuan(), 'f', -1, 64) }

// couponAlphabet is Crockford's base 32: no I, L, O, U, which people take for 1, 0 and V.
const couponAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// couponCode is the length of a code: 60 random bits, so that of a million coupons none is found by trying.
const couponCode = 12

// NewCouponCode makes a code that nobody can guess.
func NewCouponCode() string {
	var b [couponCode]byte
	rand.Read(b[:]) // never fails since Go 1.24
	for i, v := range b {
		b[i] = couponAlphabet[v&31]
	}
	return string(b[:])
}

// SayCouponCode is a code as people read it: K7F2-9QXT-3WDM.
func SayCouponCode(code string) string {
	if len(code) != couponCode {
		return code
	}
	return code[:4] + "-" + code[4:8] + "-" + code[8:]
}

// HideCouponCode is a code of which only the end is told, to tell two coupons apart: ····-3WDM.
func HideCouponCode(code string) string {
	if len(code) != couponCode {
		return ""
	}
	return "····-" + code[8:]
}

// ReadCouponCode is the code that somebody typed or a scanner read: in any case and width, with spaces and dashes, with O
// for 0 and I or L for 1. It refuses what cannot be a code.
func ReadCouponCode(said string) (string, error) {
	code := make([]byte, 0, couponCode)
	for _, r := range said {
		if r >= 0xff01 && r <= 0xff5e { // full width
			r -= 0xfee0
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		case ' ', '\t', '\r', '\n', '\u00a0', '\u3000', '\u200b', '\ufeff', '-', '‐', '‑', '‒', '–', '—', '―', '−', 'ー', '_', '.', '。', '·', '•', '/', '|', '「', '」', '【', '】', '"', '\'', '“', '”', ':', ',', '，', '、':
			continue
		}
		if r > 127 || strings.IndexByte(couponAlphabet, byte(r)) < 0 || len(code) == couponCode {
			return "", errCouponCode
		}
		code = append(code, byte(r))
	}
	if len(code) != couponCode {
		return "", errCouponCode
	}
	return string(code), nil
}

var errCouponCode = Refuse(ErrInvalid, "券码是 12 位字母和数字，比如 K7F2-9QXT-3WDM，请核对后再发一次。")

// StateAt is the state at now: a coupon whose time is over has expired, also before that was written down.
func (c Coupon) StateAt(now time.Time) CouponState {
	if c.State == CouponIssued && !now.Before(c.Expires) {
		return CouponExpired
	}
	return c.State
}
