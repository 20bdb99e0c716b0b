package crm

import (
	"fmt"
	"slices"
	"strings"
)

// Filter selects customers. Every key is optional; all that are given must hold.
type Filter struct {
	NoOrderDays   int      `json:"no_order_days,omitempty"`   // days since the last order, or since creation when there was none
	NoContactDays int      `json:"no_contact_days,omitempty"` // days since the last contact, or since creation when there was none
	MinSpent      *Money   `json:"min_spent,omitempty"`
	MaxSpent      *Money   `json:"max_spent,omitempty"`
	MinOrders     *int     `json:"min_orders,omitempty"`
	MaxOrders     *int     `json:"max_orders,omitempty"`
	Birthday      string   `json:"birthday,omitempty"` // today, tomorrow, this_week, next_week, this_month, next_month: the customer's or a contact's
	Tags          []string `json:"tags,omitempty"`     // all of them
	Level         string   `json:"level,omitempty"`
	Industry      string   `json:"industry,omitempty"`
	Region        string   `json:"region,omitempty"`
	Source        string   `json:"source,omitempty"`
	Stage         string   `json:"stage,omitempty"` // of an open deal
	Owner         string   `json:"owner,omitempty"`
	OwnerID       UserID   `json:"owner_id,omitempty"` // who that was when the filter was saved; it goes before the name
	RFM           string   `json:"rfm,omitempty"`
	Member        *bool    `json:"member,omitempty"`
	Tier          string   `json:"tier,omitempty"`     // of a member: the pack's name, or one of its words
	Bought        string   `json:"bought,omitempty"`   // a product, by its name or a part of it, or by its category
	Category      string   `json:"category,omitempty"` // anything of a category
	Segment       string   `json:"segment,omitempty"`  // the name of a saved filter
	All           []Filter `json:"all,omitempty"`      // all of these hold
	Any           []Filter `json:"any,omitempty"`      // at least one of these holds
	Not           *Filter  `json:"not,omitempty"`      // this does not hold
}

// How large a filter may be.
const (
	filterDepth = 6
	filterParts = 60
)

// birthdaySpans are what a filter can ask of birthdays, as people say it.
var birthdaySpans = map[string]string{"today": "今天", "tomorrow": "明天", "this_week": "本周", "next_week": "下周", "this_month": "本月", "next_month": "下个月"}

// Check refuses a filter that cannot be answered; names are not looked up.
func (f Filter) Check() error {
	parts := 0
	return f.check(1, &parts)
}

func (f Filter) check(depth int, parts *int) error {
	if *parts++; depth > filterDepth || *parts > filterParts {
		return Refuse(ErrInvalid, "条件太多层了，最多 %d 层、%d 个条件，可以先把一部分存成人群再用。", filterDepth, filterParts)
	}
	for _, days := range []int{f.NoContactDays, f.NoOrderDays} {
		if days < 0 || days > 3650 {
			return Refuse(ErrInvalid, "多少天？说个 1 到 3650 之间的天数。")
		}
	}
	for _, n := range []*int{f.MinOrders, f.MaxOrders} {
		if n != nil && (*n < 0 || *n > 1_000_000) {
			return Refuse(ErrInvalid, "下单几次？说个 0 以上的次数。")
		}
	}
	for _, m := range []*Money{f.MinSpent, f.MaxSpent} {
		if m != nil && (*m < 0 || *m > MaxMoney) {
			return Refuse(ErrInvalid, "消费多少？说个 100 亿以内的金额。")
		}
	}
	if f.Birthday != "" && birthdaySpans[f.Birthday] == "" {
		return Refuse(ErrInvalid, "生日可以按今天、本周、本月、下个月来找。")
	}
	if len(f.Tags) > 20 {
		return Refuse(ErrInvalid, "一次最多按 20 个标签找。")
	}
	for _, part := range f.Parts() {
		if err := part.check(depth+1, parts); err != nil {
			return err
		}
	}
	return nil
}

// Parts are the filters inside f, one level down.
func (f Filter) Parts() []Filter {
	parts := slices.Concat(f.All, f.Any)
	if f.Not != nil {
		parts = append(parts, *f.Not)
	}
	return parts
}

// Each calls do for f and every filter inside it.
func (f Filter) Each(do func(Filter)) {
	do(f)
	for _, part := range f.Parts() {
		part.Each(do)
	}
}

// IsZero tells whether f selects everybody.
func (f Filter) IsZero() bool { return f.Say() == "" }

// Say is f as people say it: 「30 天没下单、打了标签抹茶、不是会员」. "" selects everybody.
func (f Filter) Say() string {
	var parts []string
	add := func(given bool, format string, args ...any) {
		if given {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(f.Segment != "", "在人群「%s」里", f.Segment)
	add(f.Level != "", "%s", f.Level)
	add(f.Region != "", "%s的", f.Region)
	add(f.Industry != "", "%s的", f.Industry)
	add(f.Source != "", "从%s来的", f.Source)
	add(f.Owner != "", "%s名下的", sayOwner(f.Owner))
	add(f.Stage != "", "在%s阶段", f.Stage)
	add(len(f.Tags) > 0, "打了标签%s", strings.Join(f.Tags, "、"))
	add(f.RFM != "", "%s客户", f.RFM)
	add(f.Member != nil && *f.Member, "会员")
	add(f.Member != nil && !*f.Member, "不是会员")
	add(f.Tier != "", "%s", f.Tier)
	add(f.NoOrderDays > 0, "%d 天没下单", f.NoOrderDays)
	add(f.NoContactDays > 0, "%d 天没联系", f.NoContactDays)
	if f.MinSpent != nil {
		add(true, "累计消费满 %s", *f.MinSpent)
	}
	if f.MaxSpent != nil {
		add(true, "累计消费不超过 %s", *f.MaxSpent)
	}
	switch low, high := f.MinOrders, f.MaxOrders; {
	case low != nil && high != nil && *low == *high:
		add(true, "正好买过 %d 次", *low)
	default:
		if low != nil {
			add(true, "买满 %d 次", *low)
		}
		if high != nil {
			add(true, "最多买过 %d 次", *high)
		}
	}
	add(f.Bought != "", "买过%s", f.Bought)
	add(f.Category != "", "买过%s类", f.Category)
	add(f.Birthday != "", "%s生日", birthdaySpans[f.Birthday])
	for _, part := range f.All {
		if s := part.Say(); s != "" {
			parts = append(parts, s)
		}
	}
	if len(f.Any) > 0 {
		var any []string
		for _, part := range f.Any {
			any = append(any, part.Say())
		}
		parts = append(parts, "（"+strings.Join(any, "，或者")+"）")
	}
	if f.Not != nil {
		parts = append(parts, "不是（"+f.Not.Say()+"）")
	}
	return strings.Join(parts, "、")
}

func sayOwner(name string) string {
	if name == "me" {
		return "我"
	}
	return name
}
