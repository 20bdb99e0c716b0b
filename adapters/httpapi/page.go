package httpapi

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"gendan/crm"
	"gendan/templates/pages"
)

const (
	mostForm   = 64 << 10 // bytes of a posted form
	formFresh  = 12 * time.Hour
	formSoon   = 2 * time.Second // nobody fills in a form faster
	mostWords  = 2000            // characters of a problem
	mostRemark = 500             // characters of a word to a survey
)

// pages sets up what customers open in a browser: without script, without cookies, without anything from elsewhere.
func (d *Door) pages() (err error) {
	if d.page, err = template.ParseFS(pages.Files, "form.html", "coupon.html", "customer.html", "lead.html", "survey.html", "unsubscribe.html"); err != nil {
		return err
	}
	style := http.StripPrefix("/f/static/", http.FileServerFS(pages.Static()))
	d.mux.HandleFunc("GET /f/static/form.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		style.ServeHTTP(w, r)
	})
	d.mux.HandleFunc("GET /f/ticket", d.open(d.showForm))
	d.mux.HandleFunc("POST /f/ticket", d.open(d.takeForm))
	d.mux.HandleFunc("GET /f/{token}", d.open(d.showLead))
	d.mux.HandleFunc("POST /f/{token}", d.open(d.takeLead))
	d.mux.HandleFunc("GET /c/{token}", d.open(d.couponPage))
	d.mux.HandleFunc("GET /l/{token}", d.open(d.follow))
	d.mux.HandleFunc("GET /k/{token}", d.open(d.customerPage))
	d.mux.HandleFunc("GET /t/{token}", d.open(d.showStatus))
	d.mux.HandleFunc("GET /u/{token}", d.open(d.showUnsubscribe))
	d.mux.HandleFunc("POST /u/{token}", d.open(d.takeUnsubscribe))
	d.mux.HandleFunc("GET /s/{token}", d.open(d.showSurvey))
	d.mux.HandleFunc("POST /s/{token}", d.open(d.takeSurvey))
	return nil
}

// open wraps a page: headers that let nothing in or out, a limit of the address, forms of our own pages only.
func (d *Door) open(show http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
		h.Set("Referrer-Policy", "no-referrer") // the address is the key
		h.Set("X-Robots-Tag", "noindex")
		if wait := d.looks.take(address(r), d.c.Now()); wait > 0 {
			h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
			d.notice(w, http.StatusTooManyRequests, "稍等一下", "打开得太频繁了，请一分钟后再试。")
			return
		}
		if r.Method == http.MethodPost {
			if err := d.cross.Check(r); err != nil {
				d.notice(w, http.StatusForbidden, "没有提交", "请从本页面提交，不要从别的网站转来。")
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, mostForm)
			var tooLong *http.MaxBytesError
			switch err := r.ParseForm(); {
			case errors.As(err, &tooLong):
				d.notice(w, http.StatusRequestEntityTooLarge, "没有提交", "内容太长了，请写短一点再提交。")
				return
			case err != nil:
				d.notice(w, http.StatusBadRequest, "没有提交", "表单不完整，请返回再提交一次。")
				return
			}
		}
		show(w, r)
	}
}

// sheet is what every page shows.
type sheet struct {
	Company string
	Title   string
	Trouble string // what is wrong with what was typed
}

func (d *Door) sheet(title string) sheet { return sheet{Company: d.c.Company, Title: title} }

func (d *Door) render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := d.page.ExecuteTemplate(&b, name, data); err != nil {
		d.c.Log.Error("page", zap.String("template", name), zap.Error(err))
		http.Error(w, "页面出错了，请稍后再试", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// notice is a page that only says something.
func (d *Door) notice(w http.ResponseWriter, status int, title, text string) {
	d.render(w, status, "notice", struct {
		sheet
		Text string
	}{d.sheet(title), text})
}

// form is the ticket form, with what was typed when it is shown again.
type form struct {
	sheet
	Token                                string
	Kinds                                []string
	Name, Phone, Firm, Kind, Order, Text string
}

func (d *Door) showForm(w http.ResponseWriter, _ *http.Request) {
	d.render(w, http.StatusOK, "form", form{sheet: d.sheet("提交问题"), Token: d.formToken(), Kinds: crm.TicketKinds})
}

// takeForm makes a ticket of a filled form. Whether the phone is a customer's is never told. The form's token is also the
// key of the run: pressing twice makes one ticket.
func (d *Door) takeForm(w http.ResponseWriter, r *http.Request) {
	field := fields(r)
	f := form{sheet: d.sheet("提交问题"), Kinds: crm.TicketKinds, Name: field("name", 30), Phone: crm.CleanPhone(field("phone", 30)), Firm: field("firm", 60),
		Kind: field("kind", 10), Order: field("order", 60), Text: field("text", mostWords+1)}
	again := func(status int, trouble string) {
		f.Token, f.Trouble = d.formToken(), trouble
		d.render(w, status, "form", f)
	}
	if r.PostForm.Get("website") != "" { // people do not see that field
		d.notice(w, http.StatusOK, "已收到", "谢谢，我们会尽快联系您。")
		return
	}
	trouble := d.formTrouble(r)
	switch {
	case trouble != "":
		again(http.StatusUnprocessableEntity, trouble)
		return
	case f.Text == "":
		again(http.StatusUnprocessableEntity, "请写一下遇到了什么问题。")
		return
	case utf8.RuneCountInString(f.Text) > mostWords:
		again(http.StatusUnprocessableEntity, "问题描述最多 2000 个字，请写短一点。")
		return
	case f.Phone == "":
		again(http.StatusUnprocessableEntity, "请留一个手机号，我们好联系您。")
		return
	}
	if err := crm.CheckPhone(f.Phone); err != nil {
		again(http.StatusUnprocessableEntity, "手机号好像不对，请检查一下：手机是 11 位，座机请带区号。")
		return
	}
	if wait := d.forms.take(address(r), d.c.Now()); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		again(http.StatusTooManyRequests, "提交得太频繁了，内容还在，请几分钟后再点提交。")
		return
	}
	run := "form:" + r.PostForm.Get("token")
	token := d.link(run)
	params := map[string]any{"content": f.Text, "name": f.Name, "phone": f.Phone, "company": f.Firm, "kind": f.Kind, "order": f.Order, "source": "form", "link": linkHash(token)}
	out, err := d.serve(r.Context(), "ticket.capture", params, run)
	switch {
	case err != nil:
		status, _, sentence := d.explain(err, "form")
		if status >= http.StatusInternalServerError {
			sentence = "提交没有成功，内容还在，请稍后再点一次提交。"
		}
		again(status, sentence)
	case out.Ask != nil:
		again(http.StatusUnprocessableEntity, out.Ask.Question)
	case out.Pick != nil || len(out.Results) == 0:
		again(http.StatusUnprocessableEntity, "提交没有成功，请换个写法再试。")
	default:
		http.Redirect(w, r, "/t/"+token+"?new=1", http.StatusSeeOther)
	}
}

// formToken proves that a form is ours and when it was shown: nonce.time.mac.
func (d *Door) formToken() string {
	t := rand.Text() + "." + strconv.FormatInt(d.c.Now().UnixMilli(), 36)
	return t + "." + d.formMAC(t)
}

func (d *Door) formMAC(t string) string {
	return base64.RawURLEncoding.EncodeToString(d.c.Derive("form", t))
}

// fields reads what was typed into the fields of a form: valid text without spaces around it, of at most so many characters.
func fields(r *http.Request) func(name string, most int) string {
	return func(name string, most int) string {
		v := strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.PostForm.Get(name), "\x00", ""), ""))
		if utf8.RuneCountInString(v) > most {
			return string([]rune(v)[:most])
		}
		return v
	}
}

// formTrouble is what is wrong with the time in which a form was filled, "" when nothing is: it must be ours, not too old, and
// nobody fills one in a moment.
func (d *Door) formTrouble(r *http.Request) string {
	switch age, ours := d.formAge(r.PostForm.Get("token")); {
	case !ours || age > formFresh:
		return "页面放得太久了，内容还在，请再点一次提交。"
	case age < formSoon:
		return "提交得太快了，请检查一下内容再点一次提交。"
	}
	return ""
}

// formAge is how long ago a form was shown; not ok when the token is not ours.
func (d *Door) formAge(token string) (time.Duration, bool) {
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 || len(token) > 100 || subtle.ConstantTimeCompare([]byte(token[cut+1:]), []byte(d.formMAC(token[:cut]))) != 1 {
		return 0, false
	}
	_, shown, _ := strings.Cut(token[:cut], ".")
	ms, err := strconv.ParseInt(shown, 36, 64)
	return d.c.Now().Sub(time.UnixMilli(ms)), err == nil
}

// showStatus shows how a ticket stands: its number and state, nobody's name and no word of what it is about.
func (d *Door) showStatus(w http.ResponseWriter, r *http.Request) {
	out, err := d.serve(r.Context(), "ticket.status", map[string]string{"link": linkHash(r.PathValue("token"))}, "")
	if err != nil {
		d.gone(w, err, "链接不对或已经过期，需要帮助请联系我们的客服。")
		return
	}
	v := struct {
		sheet
		New    bool
		Number int64  `json:"number"`
		Kind   string `json:"kind"`
		State  string `json:"state"`
		Since  string `json:"since"`
		Last   string `json:"last"`
		Closed bool   `json:"closed"`
	}{sheet: d.sheet("处理进度"), New: r.URL.Query().Get("new") == "1"}
	if len(out.Results) == 0 || json.Unmarshal(out.Results[0].Data, &v) != nil {
		d.gone(w, crm.ErrNotFound, "链接不对或已经过期，需要帮助请联系我们的客服。")
		return
	}
	d.render(w, http.StatusOK, "status", v)
}

// gone shows that a link leads nowhere, or that we are in trouble.
func (d *Door) gone(w http.ResponseWriter, err error, sentence string) {
	var no *crm.Refusal
	if errors.As(err, &no) || errors.Is(err, crm.ErrNotFound) {
		d.notice(w, http.StatusNotFound, "打不开", sentence)
		return
	}
	status, _, _ := d.explain(err, "page")
	d.notice(w, status, "稍等一下", "页面暂时打不开，请过几分钟再试。")
}
