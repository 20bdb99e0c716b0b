package httpapi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"gendan/crm"
)

// leadPage is the form of a campaign, with what was typed when it is shown again. It shows nobody's name.
type leadPage struct {
	sheet
	Token                   string
	Done, Over              bool
	Name, Phone, Firm, Need string
	Agreed, News            bool
}

const (
	formGone = "链接不对，或已经收回了。需要帮助请联系我们的客服。"
	mostNeed = 500 // characters of what somebody wants to know
)

// leadPage asks how the form of the request's address looks; ok is false when the answer was given already.
func (d *Door) leadPage(w http.ResponseWriter, r *http.Request) (p leadPage, ok bool) {
	token := r.PathValue("token")
	if len(token) > 64 {
		d.gone(w, crm.ErrNotFound, formGone)
		return p, false
	}
	params := map[string]string{"token": token}
	if person(r) {
		params["visitor"] = hex.EncodeToString(d.c.Derive("visitor", address(r)+"\n"+r.UserAgent()))
	}
	out, err := d.serve(r.Context(), "lead.form", params, "")
	if err != nil {
		d.gone(w, err, formGone)
		return p, false
	}
	var v struct {
		Title string `json:"title"`
		Over  bool   `json:"over"`
	}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.gone(w, crm.ErrNotFound, formGone)
		return p, false
	}
	return leadPage{sheet: d.sheet(v.Title), Token: d.formToken(), Over: v.Over}, true
}

func (d *Door) showLead(w http.ResponseWriter, r *http.Request) {
	p, ok := d.leadPage(w, r)
	if !ok {
		return
	}
	p.Done = r.URL.Query().Get("done") == "1"
	status := http.StatusOK
	if p.Over && !p.Done {
		status = http.StatusGone
	}
	d.render(w, status, "lead", p)
}

// takeLead makes a lead of a filled form. Whether the number is known is never told: everybody reads the same. The form's token is
// also the key of the run: pressing twice makes one lead.
func (d *Door) takeLead(w http.ResponseWriter, r *http.Request) {
	field := fields(r)
	p, ok := d.leadPage(w, r)
	if !ok {
		return
	}
	done := func() { http.Redirect(w, r, "/f/"+r.PathValue("token")+"?done=1", http.StatusSeeOther) }
	if r.PostForm.Get("website") != "" { // people do not see that field
		done()
		return
	}
	p.Name, p.Phone, p.Firm, p.Need = field("name", 30), crm.CleanPhone(field("phone", 30)), field("firm", 60), field("need", mostNeed)
	p.Agreed, p.News = r.PostForm.Get("agreed") != "", r.PostForm.Get("news") != ""
	again := func(status int, trouble string) {
		p.Trouble = trouble
		d.render(w, status, "lead", p)
	}
	trouble := d.formTrouble(r)
	switch {
	case trouble != "":
		again(http.StatusUnprocessableEntity, trouble)
		return
	case p.Name == "":
		again(http.StatusUnprocessableEntity, "怎么称呼您？写个姓也行。")
		return
	case p.Phone == "":
		again(http.StatusUnprocessableEntity, "请留一个手机号，我们好联系您。")
		return
	case !p.Agreed:
		again(http.StatusUnprocessableEntity, "勾选同意后，我们才能用这个号码联系您。")
		return
	}
	if err := crm.CheckPhone(p.Phone); err != nil {
		again(http.StatusUnprocessableEntity, "手机号好像不对，请检查一下：手机是 11 位，座机请带区号。")
		return
	}
	if wait := d.forms.take(address(r), d.c.Now()); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		again(http.StatusTooManyRequests, "提交得太频繁了，内容还在，请几分钟后再点提交。")
		return
	}
	out, err := d.serve(r.Context(), "lead.submit", map[string]any{"token": r.PathValue("token"), "name": p.Name, "phone": p.Phone, "company": p.Firm, "need": p.Need,
		"variant": r.URL.Query().Get("v"), "agreed": p.Agreed, "news": p.News}, "lead:"+r.PathValue("token")+":"+r.PostForm.Get("token"))
	switch {
	case errors.Is(err, crm.ErrNotFound):
		d.gone(w, err, formGone)
	case err != nil:
		status, _, sentence := d.explain(err, "lead form")
		if status >= http.StatusInternalServerError {
			sentence = "提交没有成功，内容还在，请稍后再点一次提交。"
		}
		again(status, sentence)
	case out.Ask != nil:
		again(http.StatusUnprocessableEntity, out.Ask.Question)
	case out.Pick != nil || len(out.Results) == 0:
		again(http.StatusUnprocessableEntity, "提交没有成功，请换个写法再试。")
	default:
		done()
	}
}
