package bot

import (
	"encoding/json"

	"gendan/crm/action"
)

// campaignIn is what a write of a campaign tells; nil when r is none.
func campaignIn(r action.Result) any {
	switch r.Name {
	case "campaign.link", "campaign.form":
		var v action.CampaignLinkView
		if json.Unmarshal(r.Data, &v) == nil {
			return v
		}
	case "campaign.send":
		var v action.CampaignSendView
		if json.Unmarshal(r.Data, &v) == nil {
			return v
		}
	}
	return nil
}
