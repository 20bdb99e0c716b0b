package crm

// Filter selects customers. Every key is optional; all that are given must hold.
type Filter struct {
	NoOrderDays   int      `json:"no_order_days,omitempty"`   // days since the last order, or since creation when there was none
	NoContactDays int      `json:"no_contact_days,omitempty"` // days since the last contact, or since creation when there was none
	MinSpent      *Money   `json:"min_spent,omitempty"`
	MaxSpent      *Money   `json:"max_spent,omitempty"`
	MinOrders     *int     `json:"min_orders,omitempty"`
	MaxOrders     *int     `json:"max_orders,omitempty"`
	Birthday      string   `json:"birthday,omitempty"` // today, this_week, this_month, next_month
	Tags          []string `json:"tags,omitempty"`     // all of them
	Level         string   `json:"level,omitempty"`
	Industry      string   `json:"industry,omitempty"`
	Region        string   `json:"region,omitempty"`
	Source        string   `json:"source,omitempty"`
	Stage         string   `json:"stage,omitempty"` // of an open deal
	Owner         string   `json:"owner,omitempty"`
	RFM           string   `json:"rfm,omitempty"`
	Member        *bool    `json:"member,omitempty"`
	Bought        string   `json:"bought,omitempty"`   // a product, by its name or a part of it, or by its category
	Category      string   `json:"category,omitempty"` // anything of a category
	Segment       string   `json:"segment,omitempty"`  // the name of a saved filter
	All           []Filter `json:"all,omitempty"`      // all of these hold
	Any           []Filter `json:"any,omitempty"`      // at least one of these holds
	Not           *Filter  `json:"not,omitempty"`      // this does not hold
}

// Unkept names, in Chinese, a key of the filter that selects by something not kept yet; "" when all of
// it can be answered.
func (f Filter) Unkept() string {
	switch {
	case f.NoOrderDays != 0:
		return "多久没下单"
	case f.MinSpent != nil || f.MaxSpent != nil:
		return "累计消费"
	case f.MinOrders != nil || f.MaxOrders != nil:
		return "下单次数"
	case f.RFM != "":
		return "客户价值分层"
	case f.Member != nil:
		return "会员"
	case f.Bought != "":
		return "买过什么"
	}
	return ""
}
