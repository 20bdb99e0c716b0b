package bot

import (
	"encoding/json"

	"gendan/crm"
	"gendan/crm/action"
)

// campaignFound reads what a look at campaigns and returns found; ok is false for other looks.
func campaignFound(r action.Result, f *finding, read func(any) error) (view any, ok bool, err error) {
	switch r.Name {
	case "campaign.list":
		var v action.CampaignListView
		err = read(&v)
		for _, row := range v.Rows {
			f.list = append(f.list, crm.Ref{Kind: crm.KindCampaign, ID: row.ID, Name: row.Name})
		}
		f.more = v.Total
		return &v, true, err
	case "campaign.view":
		var v action.CampaignDetail
		return &v, true, read(&v)
	case "report.roi":
		var v action.ROIView
		return &v, true, read(&v)
	}
	return nil, false, nil
}

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
