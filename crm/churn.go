package crm

// ChurnRules say when a customer who bought before is at risk to stay away (流失风险), and how the models are fitted.
type ChurnRules struct {
	SilentDays  int `json:"silent_days"`   // without an order: the rule for those whom the model does not know
	ModelOrders int `json:"model_orders"`  // with so many days of purchases the model speaks
	Line        int `json:"line"`          // the risk from which a customer is at risk, 1 to 100
	FitDays     int `json:"fit_days"`      // after which the models are fitted again
	FitMost     int `json:"fit_customers"` // that a fit looks at
}

// DefaultChurnRules are used when the pack says nothing.
var DefaultChurnRules = ChurnRules{SilentDays: 30, ModelOrders: 3, Line: 50, FitDays: 7, FitMost: 50000}

// SilentRisk is the risk, 0 to 100, of somebody who was silent for so many days, by the rule alone: 50 on its day, and 15 more for each
// such span that follows, up to 95.
func (c ChurnRules) SilentRisk(days float64) int {
	limit := float64(max(1, c.SilentDays))
	if days < limit {
		return int(40 * max(0, days) / limit)
	}
	return int(min(95, 50+15*(days-limit)/limit))
}
