package httpapi

import (
	"encoding/json"
	"net/http"
)

// unsubscribe is the page on which a customer ends offers by one tap, and allows them again.
type unsubscribe struct {
	sheet
	Stopped bool `json:"stopped"`
	Just    bool // this very request did it
}

const unsubscribeGone = "链接不对或已经失效。回复短信 TD，或在微信客服里回「退订」，一样有效。"

// showUnsubscribe only shows: mail programs open links by themselves, and that must not end anything.
func (d *Door) showUnsubscribe(w http.ResponseWriter, r *http.Request) {
	d.unsubscribed(w, r, "consent.open", map[string]any{"token": r.PathValue("token")}, false)
}

// takeUnsubscribe ends offers, or allows them again. A mail program's own button posts here without having seen the page.
func (d *Door) takeUnsubscribe(w http.ResponseWriter, r *http.Request) {
	d.unsubscribed(w, r, "consent.said", map[string]any{"token": r.PathValue("token"), "again": r.PostForm.Get("again") != "", "via": "link"}, true)
}

func (d *Door) unsubscribed(w http.ResponseWriter, r *http.Request, action string, params map[string]any, just bool) {
	out, err := d.serve(r.Context(), action, params, "")
	if err != nil {
		d.gone(w, err, unsubscribeGone)
		return
	}
	v := unsubscribe{sheet: d.sheet("消息订阅"), Just: just}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.notice(w, http.StatusNotFound, "打不开", unsubscribeGone)
		return
	}
	d.render(w, http.StatusOK, "unsubscribe", v)
}
