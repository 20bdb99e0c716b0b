package crm

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Rule (规则) is «when, if, then» in data: when something happens or a day comes, and if what is known of the customer is
// so, then actions of the vocabulary run in the name of the rule's owner. Packs bring rules; companies change them and write
// their own.
type Rule struct {
	Name   string     `json:"name"`             // by which people speak of it
	Says   string     `json:"says,omitempty"`   // one Chinese sentence: what it does, for lists
	Active bool       `json:"active,omitempty"` // of a pack's rule: it runs without anybody turning it on
	When   RuleWhen   `json:"when"`
	If     RuleIf     `json:"if,omitzero"`
	Then   []RuleStep `json:"then"`
	Most   int        `json:"most,omitempty"`  // firings a day; 0 is RuleMost
	Again  int        `json:"again,omitempty"` // days before the same customer may meet it again; 0: each occasion counts
}

// RuleMost is how often a rule that says nothing about it fires in a day.
const RuleMost = 200

// RuleDepth is how many rules may follow from one another.
const RuleDepth = 3

// The limits of a rule's definition.
const (
	ruleTitleMost = 30 // characters of its name
	ruleStepsMost = 5
	RuleExprMost  = 500 // characters of its condition
)

// WhenKind is a kind of trigger.
type WhenKind string

// The kinds of triggers.
const (
	WhenEvent      WhenKind = "event"      // something happened: Event
	WhenDate       WhenKind = "date"       // a day comes: Date
	WhenSilence    WhenKind = "silence"    // nothing for Days: Of "order" or "contact"
	WhenBirthday   WhenKind = "birthday"   // the customer's birthday is in Days
	WhenCycle      WhenKind = "cycle"      // the next purchase is expected within Days
	WhenScore      WhenKind = "score"      // Of "health" or "churn" is below or above a line, or Of "rfm" is Band
	WhenTag        WhenKind = "tag"        // the customer was given Tag
	WhenStage      WhenKind = "stage"      // a deal came into Stage, or has stood there for Days
	WhenComplaints WhenKind = "complaints" // the Count-th complaint within Days
	WhenOrders     WhenKind = "orders"     // the Count-th purchase
	WhenSegment    WhenKind = "segment"    // the customer came into Segment, or with Of "leave" left it
)

// RuleWhen is a trigger. Which fields count depends on Kind.
type RuleWhen struct {
	Kind    WhenKind `json:"kind"`
	Event   string   `json:"event,omitempty"` // "order.created"
	Of      string   `json:"of,omitempty"`
	Date    string   `json:"date,omitempty"` // 2026-11-11, 11-11 each year, or a day of each month: 25
	Days    int      `json:"days,omitempty"`
	Count   int      `json:"count,omitempty"`
	Below   float64  `json:"below,omitempty"`
	Above   float64  `json:"above,omitempty"`
	Band    string   `json:"band,omitempty"` // of RFM
	Tag     string   `json:"tag,omitempty"`
	Stage   string   `json:"stage,omitempty"`
	Segment string   `json:"segment,omitempty"`
	At      string   `json:"at,omitempty"` // when its day's work begins: "09:30"; "" is 09:00
}

// RuleIf is what must hold beside the trigger; zero is nothing.
type RuleIf struct {
	Filter *Filter `json:"filter,omitempty"` // of the customer
	Expr   string  `json:"expr,omitempty"`   // over what is known: 金额 > 100000 and 阶段 == "商务谈判"
}

// RuleStep is an action of the vocabulary. Its parameters may hold {{…}}, filled from the event and the customer.
type RuleStep struct {
	Action string          `json:"action"`
	Params json.RawMessage `json:"params"`
}

// RuleID is the key of a rule; rules have no record number.
type RuleID int64

// eventName is how events are called.
var eventName = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// ruleDay is a day of each month.
var ruleDay = regexp.MustCompile(`^(?:[1-9]|[12][0-9]|3[01])$`)

// ParseRule reads a rule and checks its form; what is wrong is told in Chinese. Whether its condition and its actions make
// sense is the executor's to say.
func ParseRule(text []byte) (Rule, error) {
	var r Rule
	if len(text) > 64<<10 {
		return r, Refuse(ErrInvalid, "这条规则太长了，请控制在 64 KB 以内。")
	}
	if err := strictJSON(text, &r); err != nil {
		return r, err
	}
	r.Name, r.Says = strings.TrimSpace(r.Name), strings.TrimSpace(r.Says)
	return r, r.Check()
}

// Check refuses a rule whose form is wrong.
func (r Rule) Check() error {
	switch n := len([]rune(r.Name)); {
	case n == 0:
		return Refuse(ErrInvalid, "规则要有名字：请填 name。")
	case n > ruleTitleMost || strings.ContainsAny(r.Name, "\n\r\t"):
		return Refuse(ErrInvalid, "规则的名字 name 要在一行、%d 个字以内。", ruleTitleMost)
	case len([]rune(r.Says)) > 200:
		return Refuse(ErrInvalid, "规则的说明 says 请控制在 200 个字以内。")
	case len(r.Then) == 0:
		return Refuse(ErrInvalid, "规则「%s」没有写要做什么：请在 then 里填至少一个动作。", r.Name)
	case len(r.Then) > ruleStepsMost:
		return Refuse(ErrInvalid, "规则「%s」的动作太多了：then 里最多 %d 个。", r.Name, ruleStepsMost)
	case r.Most < 0 || r.Most > 1_000_000:
		return Refuse(ErrInvalid, "规则「%s」的 most（每天最多几次）要在 1 到 1000000 之间。", r.Name)
	case r.Again < 0 || r.Again > 3660:
		return Refuse(ErrInvalid, "规则「%s」的 again（隔几天可以再来）要在 0 到 3660 之间。", r.Name)
	case len([]rune(r.If.Expr)) > RuleExprMost:
		return Refuse(ErrInvalid, "规则「%s」的条件 expr 太长了，请控制在 %d 个字以内。", r.Name, RuleExprMost)
	}
	for i, s := range r.Then {
		if s.Action == "" {
			return Refuse(ErrInvalid, "规则「%s」的第 %d 个动作没有写 action。", r.Name, i+1)
		}
	}
	if err := r.When.check(); err != nil {
		return fmt.Errorf("rule %s: %w", r.Name, err)
	}
	return nil
}

func (w RuleWhen) check() error {
	bad := func(format string, args ...any) error {
		return Refuse(ErrInvalid, "规则的触发 when（%s）不对："+format, append([]any{w.Kind}, args...)...)
	}
	if _, _, err := w.hour(); err != nil {
		return bad("at 要写成 09:30 这样的时间。")
	}
	if w.Days < 0 || w.Days > 3660 {
		return bad("days 要在 0 到 3660 之间。")
	}
	if w.Count < 0 || w.Count > 100_000 {
		return bad("count 要在 1 到 100000 之间。")
	}
	switch w.Kind {
	case WhenEvent:
		if !eventName.MatchString(w.Event) {
			return bad("event 要写事件的名字，比如 order.created。")
		}
	case WhenDate:
		if _, ok := w.dateIn(2028); !ok { // a leap year
			return bad("date 要写成 2026-11-11、11-11（每年）或 25（每月 25 日）。")
		}
	case WhenSilence:
		if w.Days == 0 {
			return bad("days 要写多少天没有动静。")
		}
		if w.Of != "order" && w.Of != "contact" {
			return bad("of 要写 order（没下单）或 contact（没联系）。")
		}
	case WhenBirthday:
		if w.Days > 60 {
			return bad("days 是提前几天，最多 60。")
		}
	case WhenCycle:
		if w.Days > 365 {
			return bad("days 是提前几天，最多 365。")
		}
	case WhenScore:
		switch {
		case w.Of == "rfm" && w.Band == "":
			return bad("of 是 rfm 时 band 要写分层的名字，比如 沉睡。")
		case w.Of == "rfm":
		case w.Of != "health" && w.Of != "churn":
			return bad("of 要写 health（健康度）、churn（流失风险）或 rfm（价值分层）。")
		case w.Below == 0 && w.Above == 0:
			return bad("below 或 above 要写一个分数。")
		}
	case WhenTag:
		if strings.TrimSpace(w.Tag) == "" {
			return bad("tag 要写标签，比如 抹茶。")
		}
	case WhenStage:
		if w.Stage == "" {
			return bad("stage 要写商机的阶段，比如 商务谈判。")
		}
	case WhenComplaints, WhenOrders:
		if w.Count == 0 {
			return bad("count 要写第几次。")
		}
	case WhenSegment:
		if w.Segment == "" || w.Of != "" && w.Of != "enter" && w.Of != "leave" {
			return bad("segment 要写人群的名字，of 写 enter（进入）或 leave（离开）。")
		}
	case "":
		return Refuse(ErrInvalid, "规则没有写触发：请在 when.kind 里填 event、date、silence、birthday、cycle、score、tag、stage、complaints、orders 或 segment。")
	default:
		return bad("没有这种触发，可以用 event、date、silence、birthday、cycle、score、tag、stage、complaints、orders、segment。")
	}
	return nil
}

// Daily tells whether the trigger is looked for once a day.
func (w RuleWhen) Daily() bool {
	switch w.Kind {
	case WhenEvent, WhenTag:
		return false
	case WhenStage:
		return w.Days > 0
	}
	return true
}

// Listens names the events after which the trigger is looked at; none when only days bring it.
func (w RuleWhen) Listens() []string {
	switch w.Kind {
	case WhenEvent:
		return []string{w.Event}
	case WhenTag:
		return []string{"customer.changed"}
	case WhenStage:
		if w.Days == 0 {
			return []string{"deal.stage_changed", "deal.created"}
		}
	case WhenComplaints:
		return []string{"ticket.created"}
	case WhenOrders:
		return []string{"order.created", "deal.won"}
	}
	return nil
}

func (w RuleWhen) hour() (hour, minute int, err error) {
	if w.At == "" {
		return 9, 0, nil
	}
	t, err := time.Parse("15:04", w.At)
	return t.Hour(), t.Minute(), err
}

// On is when the rule's work of day begins, by day's zone.
func (w RuleWhen) On(day time.Time) time.Time {
	hour, minute, err := w.hour()
	if err != nil { // checked before it was kept
		hour, minute = 9, 0
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location())
}

// CatchUp is how many days back the work of a day is made up for that nobody did.
const CatchUp = 3

// Missable tells whether what met the trigger on a day is past on the next: a day that nobody worked is made up for. Other
// triggers still hold then, and are met as they stand.
func (w RuleWhen) Missable() bool { return w.Kind == WhenBirthday || w.Kind == WhenDate }

// Late tells whether the work that was to begin at On(now) should wait for the next day: it is night, and was not to be.
func (w RuleWhen) Late(now time.Time) bool {
	return now.Hour() >= lateHour && w.On(now).Hour() < lateHour
}

// lateHour is when the evening's quiet begins.
const lateHour = 21

// dateIn tells whether Date names a day at all, and the part of it that is compared.
func (w RuleWhen) dateIn(year int) (layout string, ok bool) {
	if ruleDay.MatchString(w.Date) {
		return "2", true
	}
	if _, err := time.Parse(time.DateOnly, w.Date); err == nil {
		return time.DateOnly, true
	}
	if _, err := time.Parse(time.DateOnly, fmt.Sprintf("%d-%s", year, w.Date)); err == nil && len(w.Date) == len("01-02") {
		return "01-02", true
	}
	return "", false
}

// Falls tells whether the date trigger is on day. The 29th of February is the 28th in other years, and the 31st the last
// day of a shorter month.
func (w RuleWhen) Falls(day time.Time) bool {
	layout, ok := w.dateIn(2028)
	if !ok {
		return false
	}
	if day.Format(layout) == w.Date {
		return true
	}
	last := day.AddDate(0, 0, 1).Day() == 1
	switch layout {
	case "2":
		return last && day.Day() < atoi(w.Date)
	case "01-02":
		return w.Date == "02-29" && last && day.Format("01-02") == "02-28"
	}
	return false
}

// Birthdays are the birthdays (MM-DD) that are days after day: the 28th of February is also that of the 29th in other years.
func Birthdays(day time.Time, days int) []string {
	day = day.AddDate(0, 0, days)
	list := []string{day.Format("01-02")}
	if list[0] == "02-28" && day.AddDate(0, 0, 1).Day() == 1 {
		list = append(list, "02-29")
	}
	return list
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// SameAim tells whether two versions of a rule look for the same: then what one has done the other does not do again.
func (r Rule) SameAim(o Rule) bool {
	a, errA := json.Marshal([]any{r.When, r.If})
	b, errB := json.Marshal([]any{o.When, o.If})
	return errA == nil && errB == nil && slices.Equal(a, b)
}

// Ceiling is how often the rule fires in a day.
func (r Rule) Ceiling() int {
	if r.Most == 0 {
		return RuleMost
	}
	return r.Most
}
