package crm

import "strings"

// ProductID is the number of a product (产品).
type ProductID int64

// CatalogProduct (产品) is something that is sold. Whatever an order names becomes one; what it costs and how long it lasts is
// known when somebody says so.
type CatalogProduct struct {
	ID       ProductID
	Name     string
	Category string // "" when it has none
	Price    *Money // nil when not said
	LifeDays int    // how many days one lasts; 0: it is not used up
	Version  int
}

// CheckProduct refuses what cannot be a product.
func CheckProduct(p CatalogProduct) error {
	switch name := strings.TrimSpace(p.Name); {
	case name == "":
		return Refuse(ErrInvalid, "产品叫什么名字？")
	case len([]rune(name)) > 100:
		return Refuse(ErrInvalid, "产品名太长了，请只说名字和型号。")
	case Fold(name) == "":
		return Refuse(ErrInvalid, "产品名「%s」里没有字，请说名字和型号。", name)
	case len([]rune(p.Category)) > 30:
		return Refuse(ErrInvalid, "品类「%s」太长了，说两三个字就行，比如「耗材」。", p.Category)
	case p.LifeDays < 0 || p.LifeDays > 3650:
		return Refuse(ErrInvalid, "能用多少天？请说 1 到 3650 之间的天数。")
	}
	if p.Price != nil {
		return CheckAmount(*p.Price)
	}
	return nil
}
