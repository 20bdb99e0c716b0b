package httpapi_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/devices"
	"github.com/go-rod/rod/lib/proto"

	"gendan/adapters/browsertest"
)

// phone opens a page in headless Chromium that takes itself for a phone.
func phone(t *testing.T, url string) *rod.Page {
	t.Helper()
	p, err := browsertest.Start(t, 2*time.Minute).Page(proto.TargetCreateTarget{})
	if err != nil {
		t.Fatal(err)
	}
	p.MustEmulate(devices.IPhoneX).MustNavigate(url).MustWaitLoad()
	return p
}

// shot keeps a picture of the page where GENDAN_SHOTS says.
func shot(t *testing.T, p *rod.Page, name string) {
	t.Helper()
	if dir := os.Getenv("GENDAN_SHOTS"); dir != "" {
		p.MustScreenshot(filepath.Join(dir, name+".png"))
	}
}

// A customer fills in a lead form on a phone: nothing is wider than the screen, the browser itself asks for what is missing, what was
// typed survives a refusal, and the end says that it was taken.
func TestALeadFormOnAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := phone(t, w.url+w.leadForm())
	fits := func(what string) {
		if p.MustEval(`() => document.documentElement.scrollWidth > innerWidth + 1`).Bool() {
			t.Errorf("%s is wider than the screen", what)
		}
	}
	fits("the form")
	if h := p.MustElement("h1").MustText(); h != "预约免费试喝" {
		t.Error(h)
	}
	if v := p.MustEval(`() => getComputedStyle(document.querySelector(".other")).position`).Str(); v != "absolute" {
		t.Errorf("the field for robots is seen: %s", v)
	}
	p.MustElement("[name=name]").MustInput("周女士")
	p.MustElement("[name=phone]").MustInput("1381234")
	p.MustElement("[name=need]").MustInput("周六能来几个人")
	shot(t, p, "lead-form")
	p.MustElement("button").MustClick() // the box is not ticked: the browser keeps the page
	if p.MustEval(`() => document.querySelector("form").checkValidity()`).Bool() {
		t.Error("a form without agreement may be sent")
	}
	p.MustElement("[name=agreed]").MustClick()
	w.pass(5 * time.Second)
	wait := p.MustWaitNavigation()
	p.MustElement("button").MustClick()
	wait()
	if s := p.MustElement("[role=alert]").MustText(); s != "手机号好像不对，请检查一下：手机是 11 位，座机请带区号。" {
		t.Error(s)
	}
	if v := p.MustElement("[name=need]").MustProperty("value").Str(); v != "周六能来几个人" {
		t.Errorf("what was typed is gone: %q", v)
	}
	fits("the form with its trouble")
	p.MustElement("[name=phone]").MustSelectAllText().MustInput("13812345678")
	w.pass(5 * time.Second)
	wait = p.MustWaitNavigation()
	p.MustElement("button").MustClick()
	wait()
	if s := p.MustElement("[role=status]").MustText(); s != "收到了，谢谢。我们会尽快联系您。" {
		t.Error(s)
	}
	shot(t, p, "lead-form-done")
	if n := w.one(`SELECT count(*) FROM leads WHERE contact = '周女士' AND agreed_at IS NOT NULL AND news_at IS NULL`); n != "1" {
		t.Errorf("%s leads", n)
	}
}
