package crm

// The states of a lead.
const (
	LeadOpen      = "open"
	LeadConverted = "converted"
)

// Lead (线索) is somebody who may become a customer. Without an owner it lies in the pool (公海), where
// everybody may take it; converting it makes a customer, a contact and ends its life.
type Lead struct {
	ID         LeadID
	OwnerID    UserID // 0 in the pool
	OwnerName  string // filled by reads
	Company    string
	Contact    string
	Title      string
	Phone      string
	Wechat     string
	Email      string
	Source     string
	Region     string
	Industry   string
	Need       string
	Campaign   string
	CampaignID CampaignID // 0: none of ours
	State      string
	CustomerID CustomerID // after conversion
	Version    int
}

// Name is what people call the lead: company and person, as far as known.
func (l Lead) Name() string {
	switch {
	case l.Company != "" && l.Contact != "":
		return l.Company + " " + l.Contact
	case l.Company != "":
		return l.Company
	case l.Contact != "":
		return l.Contact
	default:
		return MaskPhone(l.Phone)
	}
}

// Check refuses a lead of which nobody could say who it is.
func (l Lead) Check() error {
	if l.Company == "" && l.Contact == "" && l.Phone == "" {
		return Refuse(ErrInvalid, "线索至少要有公司、联系人、电话中的一项，比如「新线索 王强 13812345678」。")
	}
	return nil
}

// CheckOpen refuses what cannot be done to a lead that has become a customer.
func (l Lead) CheckOpen() error {
	if l.State == LeadConverted {
		return Refuse(ErrConflict, "线索 #%d「%s」已经转成客户 #%d 了，请直接对客户操作。", l.ID, l.Name(), l.CustomerID)
	}
	return nil
}
