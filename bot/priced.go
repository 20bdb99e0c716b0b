package bot

import (
	"encoding/json"
	"regexp"
	"slices"

	"gendan/crm"
	"gendan/crm/action"
	"gendan/crm/store"
)

// offerSent tells of an offer that went out: 报价发了 35万. Where the deal is further on, a new offer does not take it back to the stage of offers.
var offerSent = regexp.MustCompile(`报价单?.{0,6}发.{0,5}了|发.{0,6}报价|报了个?价`)

// notBack leaves the stage out of calls that only tell of an offer, when the customer's deal is beyond it.
func (t *turn) notBack(text string, calls []action.Call) ([]action.Call, error) {
	if !offerSent.MatchString(text) {
		return calls, nil
	}
	stages := t.bot.pack.StageNames()
	for i, c := range calls {
		var params map[string]any
		if c.Name != "deal.update" || json.Unmarshal(c.Params, &params) != nil || params["amount"] == nil || params["stage"] == nil || params["deal"] != nil {
			continue
		}
		customer := t.mind.Focus.Customer.ID
		if name, _ := params["customer"].(string); name != "" {
			all := t.ownNames().called(name)
			if len(all) != 1 {
				continue
			}
			customer = all[0].id
		}
		deals, _, err := t.tx.Deals(t.ctx, store.DealFilter{Customer: crm.CustomerID(customer), Limit: 2})
		if err != nil {
			return nil, err
		}
		stage, _ := params["stage"].(string)
		if len(deals) == 1 && slices.Index(stages, deals[0].Stage) > slices.Index(stages, stage) {
			delete(params, "stage")
			calls[i].Params = mustJSON(params)
		}
	}
	return calls, nil
}
