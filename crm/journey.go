package crm

import (
	"hash/fnv"
	"time"
)

// JourneyID is the number of a journey (旅程).
type JourneyID int64

// What a journey does with those who are in it.
const (
	JourneyOff    = "off"    // nobody moves; it was stopped, or never started
	JourneyOn     = "on"     // due steps run
	JourneyPaused = "paused" // everybody waits where they are
)

// Where somebody is in a journey.
const (
	TravelActive  = "active"  // on the way
	TravelControl = "control" // held out: nothing is sent, only watched, so that we know what would have come anyhow
	TravelGoal    = "goal"    // did what it was for
	TravelDone    = "done"    // came to the end without
	TravelLeft    = "left"    // left on the way; the reason says why
)

// Why somebody left.
const (
	LeftStopped  = "stopped"      // a colleague took them out, or the journey was stopped
	LeftUndone   = "undone"       // the start was taken back: as if they had never been in it
	LeftTicket   = "ticket"       // their ticket stayed open too long
	LeftFilter   = "filter"       // they are what the journey is not for
	LeftConsent  = "unsubscribed" // they want no more messages
	LeftCustomer = "customer"     // the customer is no longer kept
)

// JourneyPlan is what a journey does: who enters, what happens step by step, what it is for, who leaves. It is data: of the
// pack, or of the company. A plan that is in use is never changed, only followed by a next version.
type JourneyPlan struct {
	Name    string        `json:"name"`              // 沉睡召回
	Words   []string      `json:"words,omitempty"`   // what else people call it
	About   string        `json:"about"`             // one Chinese line: what happens
	Purpose string        `json:"purpose"`           // of its messages: marketing, care, service
	Holdout int           `json:"holdout,omitempty"` // percent of those who enter, 0 to 50
	Again   int           `json:"again,omitempty"`   // days after entering in which nobody enters again; 0: never again
	Entry   JourneyEntry  `json:"entry"`
	Not     *Filter       `json:"not,omitempty"`     // who neither enters nor stays
	Goal    JourneyGoal   `json:"goal"`              //
	Migrate bool          `json:"migrate,omitempty"` // those on the way go over to this version at the step of the same name; else they finish theirs
	Steps   []JourneyStep `json:"steps"`
}

// The entries: what brings customers in without anybody's word, looked at once a day or when it happens.
const (
	EnterByHand      = ""            // journey.start only
	EnterSilence     = "silence"     // the last order is Days ago, and no longer than Until
	EnterFirstOrder  = "first_order" // the first order came
	EnterBirthday    = "birthday"    // in Days days
	EnterAnniversary = "anniversary" // of the first order, in Days days
	EnterFestival    = "festival"    // one of Festivals, in Days days
	EnterCycle       = "cycle"       // what was bought is used up in Days days
	EnterEvent       = "event"       // Event happened to the customer
)

// JourneyEntry says who comes in by itself once the journey is on.
type JourneyEntry struct {
	On        string   `json:"on,omitempty"`        // of the entries
	Days      int      `json:"days,omitempty"`      //
	Until     int      `json:"until,omitempty"`     // days; with silence
	Festivals []string `json:"festivals,omitempty"` // 春节, 元宵, 端午, 七夕, 中秋, 重阳, 冬至, 元旦, 国庆
	Event     string   `json:"event,omitempty"`     // coupon.redeemed …
	Hour      int      `json:"hour,omitempty"`      // of the daily look, in the company's zone; 0: 9
	Filter    Filter   `json:"filter,omitzero"`     // and only these
}

// JourneyGoal is what a journey is for: an order within some days of entering. Whoever reaches it leaves as a success.
type JourneyGoal struct {
	Product string `json:"product,omitempty"` // of the order; "": any
	Days    int    `json:"days,omitempty"`    // 0: 30
}

// Window is how long after entering an order counts.
func (g JourneyGoal) Window() time.Duration {
	if g.Days == 0 {
		return 30 * 24 * time.Hour
	}
	return time.Duration(g.Days) * 24 * time.Hour
}

// What a step does.
const (
	StepOffer  = "offer"  // sends a text
	StepCoupon = "coupon" // issues a coupon and sends a text with it
	StepTask   = "task"   // gives the owner something to do
	StepTag    = "tag"    // adds and removes tags
	StepWait   = "wait"   // waits: a duration, a weekday and hour, or something the customer does
	StepBranch = "branch" // goes one way or the other
)

// JourneyStep is one step. Which fields mean something depends on Do.
type JourneyStep struct {
	Name string `json:"name,omitempty"` // to go to, and to find the place again in a next version
	Do   string `json:"do"`

	Text   string         `json:"text,omitempty"`   // offer, coupon: with {{称呼}} {{品牌}} {{券}} {{链接}}
	Link   string         `json:"link,omitempty"`   // offer, coupon
	Auto   bool           `json:"auto,omitempty"`   // offer, coupon: leaves without the owner's tap
	Coupon *JourneyCoupon `json:"coupon,omitempty"` // coupon

	Content string `json:"content,omitempty"` // task: with {{客户}}
	Due     int    `json:"due,omitempty"`     // task: within so many days

	Add    []string `json:"add,omitempty"`    // tag
	Remove []string `json:"remove,omitempty"` // tag

	Days    int    `json:"days,omitempty"`    // wait
	Hours   int    `json:"hours,omitempty"`   // wait
	Weekday int    `json:"weekday,omitempty"` // wait, after Days and Hours, for this day: 1 Monday to 7 Sunday
	At      string `json:"at,omitempty"`      // wait, after Days and Hours, for this time of day: 10:00
	For     string `json:"for,omitempty"`     // wait at most Days and Hours for what the customer does: bought, redeemed, clicked, replied, opened

	Did  string  `json:"did,omitempty"`  // branch: what the customer did since entering: bought, redeemed, clicked, replied, opened, nothing
	If   *Filter `json:"if,omitempty"`   // branch: what the customer is
	Then string  `json:"then,omitempty"` // branch: a later step's name or "end"; "": the next one
	Else string  `json:"else,omitempty"` // branch

	Next string `json:"next,omitempty"` // any but branch: a later step's name or "end"; "": the next one
}

// JourneyCoupon are a coupon's terms as they are said in coupon.send.
type JourneyCoupon struct {
	Name       string  `json:"name,omitempty"`
	Discount   float64 `json:"discount,omitempty"` // what is paid, as a fraction
	AmountOff  Money   `json:"amount_off,omitempty"`
	MinSpend   Money   `json:"min_spend,omitempty"`
	Product    string  `json:"product,omitempty"`
	Gift       string  `json:"gift,omitempty"`
	SecondHalf bool    `json:"second_half,omitempty"` // 第二件半价
	ValidDays  int     `json:"valid_days,omitempty"`
}

// Terms are the coupon's terms.
func (c JourneyCoupon) Terms() CouponTerms {
	t := CouponTerms{Name: c.Name, Discount: c.Discount, Off: c.AmountOff, MinSpend: c.MinSpend, Gift: c.Gift, ValidDays: c.ValidDays}
	if c.Product != "" {
		t.Products = []string{c.Product}
	}
	switch {
	case c.SecondHalf:
		t.Kind = CouponSecondHalf
	case c.Gift != "":
		t.Kind = CouponGift
	case c.AmountOff != 0:
		t.Kind = CouponAmount
	default:
		t.Kind = CouponPercent
	}
	return t
}

// What a customer can do in answer.
const (
	DidBuy     = "bought"
	DidRedeem  = "redeemed"
	DidClick   = "clicked"
	DidOpen    = "opened"
	DidReply   = "replied"
	DidNothing = "nothing"
)

// JourneyEnd is the name that ends a journey.
const JourneyEnd = "end"

// HeldOut tells whether a customer is in the hold-out group of a journey: the same answer every time, so that who was held
// out once stays so, and about percent in a hundred are.
func HeldOut(j JourneyID, c CustomerID, percent int) bool {
	if percent <= 0 {
		return false
	}
	h := fnv.New64a()
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(j>>(8*i)), byte(c>>(8*i))
	}
	h.Write(b[:])
	x := h.Sum64() // FNV leaves neighbours near each other: mix once more
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x%100 < uint64(percent)
}

// Until is when a wait that begins at now is over. It ends on a whole minute.
func (s JourneyStep) Until(now time.Time, zone *time.Location) time.Time {
	t := now.In(zone).AddDate(0, 0, s.Days).Add(time.Duration(s.Hours) * time.Hour)
	if s.At == "" && s.Weekday == 0 {
		return t.Truncate(time.Minute).UTC()
	}
	hour, minute := t.Hour(), t.Minute()
	if at, err := time.Parse("15:04", s.At); err == nil {
		hour, minute = at.Hour(), at.Minute()
	}
	day := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
	for day.Before(t.Truncate(time.Minute)) || s.Weekday != 0 && int(day.Weekday()) != s.Weekday%7 {
		day = day.AddDate(0, 0, 1)
	}
	return day.UTC()
}

// Sends tells whether the step says something to the customer.
func (s JourneyStep) Sends() bool { return s.Do == StepOffer || s.Do == StepCoupon }

// After is the place that follows step i by name; an empty name is the next one. The end is len(p.Steps).
func (p JourneyPlan) After(i int, name string) int {
	switch name {
	case "":
		return i + 1
	case JourneyEnd:
		return len(p.Steps)
	}
	if at := p.Place(name); at > i {
		return at
	}
	return len(p.Steps) // Check has refused it
}

// Place is where the step of that name stands; -1 when there is none.
func (p JourneyPlan) Place(name string) int {
	for i, s := range p.Steps {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// LookHour is the hour of the daily look.
func (e JourneyEntry) LookHour() int {
	if e.Hour == 0 {
		return 9
	}
	return e.Hour
}

// Daily tells whether the entry is looked at once a day.
func (e JourneyEntry) Daily() bool {
	return e.On != EnterByHand && e.On != EnterEvent
}
