package httpapi

import (
	"encoding/hex"
	"encoding/json"
	"net/http"

	"gendan/crm"
	"gendan/crm/action"
)

const linkGone = "链接不对，或已经收回了。需要帮助请联系我们的客服。"

// follow sends a visitor of a tracking link on to where it leads: an address that a colleague gave, and no other, whatever the
// request says. People are counted; programs that only look (HEAD, previews, robots) are sent on uncounted.
func (d *Door) follow(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	if len(token) > 64 {
		d.gone(w, crm.ErrNotFound, linkGone)
		return
	}
	params := map[string]string{"token": token}
	if person(r) {
		params["visitor"] = hex.EncodeToString(d.c.Derive("visitor", address(r)+"\n"+r.UserAgent()))
	}
	out, err := d.serve(r.Context(), "campaign.open", params, "")
	if err != nil {
		d.gone(w, err, linkGone)
		return
	}
	var v action.CampaignOpened
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil || v.URL == "" {
		d.gone(w, crm.ErrNotFound, linkGone)
		return
	}
	http.Redirect(w, r, v.URL, http.StatusFound)
}

// person tells whether somebody looks, and no program that only wants to know what is there (HEAD, previews, robots).
func person(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Purpose") != "prefetch" && r.Header.Get("Sec-Purpose") == "" && !crm.Robot(r.UserAgent())
}
