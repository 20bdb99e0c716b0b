package console

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"
)

const (
	mostText   = 96 << 10 // bytes of a typed message: 20,000 characters are worth trying, novels are not
	settleWait = 3 * time.Second
	quiet      = 300 * time.Millisecond

	mostLooks = 6 // how often a page without script is loaded again while its person has the last word
	lookEvery = 2 // seconds
)

// posted wraps a form's handler: it reads the form, which must come from our page, does what it says and
// shows the page again. act returns on which platform something will now happen.
func (c *Console) posted(act func(*http.Request) (Phones, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4*mostText) // as a form every byte may take three
		var tooLong *http.MaxBytesError
		switch err := r.ParseForm(); {
		case errors.As(err, &tooLong):
			c.trouble(w, r, http.StatusRequestEntityTooLarge, "这条消息太长了，请分几条发")
			return
		case err != nil:
			c.trouble(w, r, http.StatusBadRequest, "表单不完整，请刷新再试")
			return
		case subtle.ConstantTimeCompare([]byte(r.PostForm.Get("token")), []byte(c.token)) != 1:
			c.trouble(w, r, http.StatusForbidden, "页面过期了，请刷新再试")
			return
		}
		before := make([]uint64, len(c.cfg.Phones))
		for i, p := range c.cfg.Phones {
			before[i] = p.Last()
		}
		on, err := act(r)
		var no *Refusal
		switch {
		case errors.As(err, &no):
			c.trouble(w, r, http.StatusUnprocessableEntity, no.Sentence)
			return
		case err != nil:
			c.cfg.Log.Warn("console", zap.String("path", r.URL.Path), zap.Error(err))
			c.trouble(w, r, http.StatusUnprocessableEntity, "没办成："+err.Error())
			return
		}
		if scripted(r) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		for i, p := range c.cfg.Phones {
			if p == on {
				settle(r.Context(), p, before[i])
			}
		}
		http.Redirect(w, r, c.waiting(c.choices(cameFrom(r)), mostLooks), http.StatusSeeOther)
	}
}

// phoneIn is the platform and person of a form.
func (c *Console) phoneIn(f url.Values) (Phones, string, error) {
	p, user := c.platform(f.Get("platform")), f.Get("user")
	if p == nil || !c.has(p.Name(), user) {
		return nil, "", &Refusal{Sentence: "没有这台手机，请刷新再试"}
	}
	return p, user, nil
}

// say types a text into a chat, or sends something else: then kind says what.
func (c *Console) say(r *http.Request) (Phones, error) {
	f := r.PostForm
	p, user, err := c.phoneIn(f)
	if err != nil {
		return nil, err
	}
	text := f.Get("text")
	switch {
	case len(text) > mostText:
		return nil, &Refusal{Sentence: "这条消息太长了，请分几条发"}
	case !utf8.ValidString(text):
		return nil, &Refusal{Sentence: "消息里有不是文字的内容，请重新输入"}
	}
	if kind := f.Get("kind"); kind != "" {
		return p, c.send(p, user, f.Get("chat"), kind, text)
	}
	if phrase := f.Get("phrase"); phrase != "" {
		text = phrase
	}
	if text == "" {
		return nil, &Refusal{Sentence: "先写点什么再发"}
	}
	return p, p.Say(user, f.Get("chat"), text)
}

// send sends what is no text; the words in the box become what the kind needs.
func (c *Console) send(p Phones, user, chat, kind, text string) error {
	if chat != "" {
		return &Refusal{Sentence: "演示台在群里只能发文字，图片和语音请在单聊里发"}
	}
	switch {
	case text != "":
	case kind == "voice":
		return &Refusal{Sentence: "先在输入框写下要说的话，再点「语音」"}
	case kind == "file":
		text = "报价单.pdf"
	case kind == "record":
		text = "我们预算十八万左右，下月初要用"
	}
	return p.Send(user, kind, text)
}

func (c *Console) tap(r *http.Request) (Phones, error) {
	f := r.PostForm
	p, user, err := c.phoneIn(f)
	if err != nil {
		return nil, err
	}
	return p, p.Tap(user, f.Get("chat"), f.Get("bubble"), f.Get("key"))
}

func (c *Console) open(r *http.Request) (Phones, error) {
	p, user, err := c.phoneIn(r.PostForm)
	if err != nil {
		return nil, err
	}
	return p, p.Open(user)
}

// settle gives the bot a moment, so that a browser without script finds the answer on the page it gets.
func settle(ctx context.Context, p Phones, before uint64) {
	ctx, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	for seen := before; p.Wait(ctx, seen) == nil; {
		seen = p.Last()
		calm, stop := context.WithTimeout(ctx, quiet)
		err := p.Wait(calm, seen)
		stop()
		if err != nil {
			return
		}
	}
}

// scripted tells whether the page's script made the request; it draws by itself.
func scripted(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "console" }

// cameFrom is the query of the page that a form stood on.
func cameFrom(r *http.Request) url.Values {
	from, err := url.Parse(r.Referer())
	if err != nil {
		return nil
	}
	return from.Query()
}

// trouble says in one sentence what is wrong: to the script as text, else on the page.
func (c *Console) trouble(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	if scripted(r) {
		http.Error(w, sentence, status)
		return
	}
	c.drawPage(w, r, status, cameFrom(r), sentence)
}
