package crm

import (
	"fmt"
	"time"
)

// OrderID is the number of an order (订单).
type OrderID int64

// Order (订单) is something a customer bought: written down by a conversation, an import or a won deal's follow-up. It is
// never changed, only taken back.
type Order struct {
	ID         OrderID
	CustomerID CustomerID
	OwnerID    UserID // who booked it
	Product    string
	Quantity   float64   // 0 when not said
	Amount     Money     // 0 when not said
	At         time.Time // UTC
	Number     string    // the shop's; "" when it has none
	Shop       string    // by what the number is unique; "" for our own
	Items      []OrderItem
}

// OrderItem is a line of an order.
type OrderItem struct {
	Product  string  `json:"product"`
	Quantity float64 `json:"quantity,omitempty"` // 0 when not said
	Amount   Money   `json:"amount,omitempty"`   // of the line; 0 when not said
	Category string  `json:"category,omitempty"` // of a product that has none yet
}

// Purchase is a line of what a customer has bought: an order or a won deal.
type Purchase struct {
	Record   Ref
	At       time.Time // UTC
	What     string    // the product, else the deal's name
	Quantity float64   // 0 when not said
	Amount   Money     // 0 when not said
}

// Purchases is what a customer has bought: the latest lines, and what all of them add up to.
type Purchases struct {
	Rows  []Purchase // newest first
	Count int        // of all
	Sum   Money      // of all
	Last  time.Time  // of the newest; zero when there is none
}

// CheckQuantity refuses what cannot be a number of things.
func CheckQuantity(q float64) error {
	if q < 0 || q > 1e9 {
		return Refuse(ErrInvalid, "数量「%v」不对，请再说一遍，比如「10」。", q)
	}
	return nil
}

// OrderTitle says what an order is of: its only product, or 「墨盒等 3 件」.
func OrderTitle(items []OrderItem) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0].Product
	}
	return fmt.Sprintf("%s等 %d 件", items[0].Product, len(items))
}
