package httpapi

import (
	"encoding/json"
	"net/http"

	"gendan/crm"
	"gendan/crm/action"
)

// customer is the page of one customer: everything that is known of it, for the colleague whom the link was made for.
type customer struct {
	sheet
	action.CustomerView
}

const customerGone = "链接过期了，回到聊天里再看一次这个客户，就有新的链接。"

func (d *Door) customerPage(w http.ResponseWriter, r *http.Request) {
	out, err := d.serve(r.Context(), "customer.open", map[string]string{"token": r.PathValue("token")}, "")
	if err != nil {
		d.gone(w, err, customerGone)
		return
	}
	v := customer{sheet: d.sheet("客户")}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v.CustomerView) != nil {
		d.gone(w, crm.ErrNotFound, customerGone)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	d.render(w, http.StatusOK, "customer", v)
}
