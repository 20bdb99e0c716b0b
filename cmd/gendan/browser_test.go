package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"
	"go.uber.org/zap"
)

// lookFor is how long a test waits for something to appear: long, for the machine may be busy.
const lookFor = 20 * time.Second

// storyTime is how long a browser lives at most, so that a hang is a failure and not the end of all tests.
const storyTime = 3 * time.Minute

// demoServer runs `serve --demo` in this process, with private servers in a folder of its own, on a Monday at 10:00.
func demoServer(t *testing.T) (url string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gendan-console")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { // the private Postgres runs as another user
		t.Fatal(err)
	}
	set, err := readSettings(func(name string) string {
		return map[string]string{"GENDAN_DATA_DIR": dir, "GENDAN_LISTEN": "127.0.0.1:0"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	sv := &service{settings: set, log: zap.NewNop(), clock: &clock{}}
	now := time.Now().In(set.Zone)
	sv.clock.Travel(time.Date(now.Year(), now.Month(), now.Day()+(8-int(now.Weekday()))%7+7, 10, 0, 0, 0, set.Zone))
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- sv.serve(ctx, true, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-ended:
		case <-time.After(2 * stopWait):
			t.Error("the demo does not stop")
		}
	})
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatal("the demo does not start: ", err)
	case <-time.After(2 * time.Minute):
		t.Fatal("the demo does not start")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // until both platforms are connected
		res, err := http.Get(url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return url
			}
		}
		if time.Now().After(end) {
			t.Fatal("the demo is not ready: ", err)
		}
	}
}

// desk is the console's page in a test's hand.
type desk struct {
	t    *testing.T
	page *rod.Page
	home string

	mu       sync.Mutex
	troubles []string // what a browser's console would show in red, and requests to elsewhere
}

// sit opens the console.
func sit(t *testing.T, b *rod.Browser, home string) *desk {
	t.Helper()
	p, err := b.Page(proto.TargetCreateTarget{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, page: p, home: home}
	_ = proto.LogEnable{}.Call(p)
	go p.EachEvent(func(e *proto.LogEntryAdded) {
		if e.Entry.Level == proto.LogLogEntryLevelError && !strings.Contains(e.Entry.Text, "422") { // a 422 is asked for
			d.trouble(e.Entry.Text)
		}
	}, func(e *proto.RuntimeExceptionThrown) {
		d.trouble(e.ExceptionDetails.Text)
	}, func(e *proto.PageJavascriptDialogOpening) {
		d.trouble("dialog: " + e.Message)
	}, func(e *proto.NetworkRequestWillBeSent) {
		if u := e.Request.URL; !strings.HasPrefix(u, home) && !strings.HasPrefix(u, "data:") {
			d.trouble("asks " + u)
		}
	})()
	d.size(1440, 900)
	d.open("/")
	return d
}

func (d *desk) trouble(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.troubles = append(d.troubles, s)
}

func (d *desk) clean() {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.troubles) > 0 {
		d.t.Errorf("the browser complains: %q", d.troubles)
	}
}

func (d *desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) size(w, h int) {
	d.t.Helper()
	d.ok(d.page.SetViewport(&proto.EmulationSetDeviceMetricsOverride{Width: w, Height: h, DeviceScaleFactor: 1}))
}

func (d *desk) open(path string) {
	d.t.Helper()
	d.ok(d.page.Timeout(lookFor).Navigate(d.home + path))
	d.until("the page is loaded", `() => document.readyState === "complete"`) // its event reaches no listener where scripts are off
}

// js runs a function in the page and returns what it says, as text.
func (d *desk) js(f string, args ...any) string {
	d.t.Helper()
	got, err := d.page.Timeout(lookFor).Eval(f, args...)
	d.ok(err)
	return got.Value.Str()
}

// until waits for a function in the page to say true.
func (d *desk) until(what, f string, args ...any) {
	d.t.Helper()
	for end := time.Now().Add(lookFor); ; time.Sleep(30 * time.Millisecond) {
		got, err := d.page.Timeout(lookFor).Eval(f, args...)
		if err == nil && got.Value.Bool() {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("never: %s (%v)\n%s", what, err,
				d.js(`() => document.querySelector("#clock").innerText + [...document.querySelectorAll(".phone .list")].map(list => "\n---\n" + list.innerText.slice(-300)).join("")`))
		}
	}
}

// el finds an element, or fails.
func (d *desk) el(selector string) *rod.Element {
	d.t.Helper()
	e, err := d.page.Timeout(lookFor).Element(selector)
	if err != nil {
		d.t.Fatalf("%s: %v", selector, err)
	}
	return e
}

func (d *desk) click(selector string) {
	d.t.Helper()
	d.ok(d.el(selector).Click(proto.InputMouseButtonLeft, 1))
}

// press clicks the newest button with that label on a phone.
func (d *desk) press(slot int, label string) {
	d.t.Helper()
	find := `(slot, label) => [...document.querySelectorAll("#phone" + slot + " .buttons button:enabled")].filter(b => b.textContent === label).pop()`
	d.until(fmt.Sprintf("phone %d has [%s]", slot, label), find+" !== undefined && Boolean(("+find+")(slot, label))", slot, label)
	e, err := d.page.Timeout(lookFor).ElementByJS(rod.Eval(find, slot, label))
	d.ok(err)
	d.ok(e.Click(proto.InputMouseButtonLeft, 1))
}

// say types a text on a phone and sends it with Enter.
func (d *desk) say(slot int, text string) {
	d.t.Helper()
	d.type_(slot, text)
	d.ok(d.page.Keyboard.Type(input.Enter))
}

func (d *desk) type_(slot int, text string) {
	d.t.Helper()
	d.click(fmt.Sprintf("#phone%d textarea", slot))
	d.ok(d.page.InsertText(text))
}

// sees waits until the newest bubbles of a phone, from the last own message on, say all the words.
func (d *desk) sees(slot int, words ...string) {
	d.t.Helper()
	d.until(fmt.Sprintf("phone %d shows %q", slot, words), `(slot, words) => {
		const rows = [...document.querySelectorAll("#phone" + slot + " article")];
		const last = rows.findLastIndex(row => row.matches(".mine"));
		const text = rows.slice(Math.max(0, last)).map(row => row.innerText).join("\n");
		return rows.length > last + 1 && words.every(word => text.includes(word));
	}`, slot, words)
}

// choose puts somebody's phone into a slot.
func (d *desk) choose(slot int, person string) {
	d.t.Helper()
	d.js(`(slot, person) => {
		const select = document.querySelector("#phone" + slot + " select");
		select.value = person;
		select.dispatchEvent(new Event("change", { bubbles: true }));
		return "";
	}`, slot, person)
	platform, user, _ := strings.Cut(person, ":")
	d.el(fmt.Sprintf("#phone%d.%s[data-user=%s]", slot, platform, user))
}

// picture keeps a screenshot when the documentation asks for it: GENDAN_SCREENSHOTS=1.
func (d *desk) picture(name string) {
	d.t.Helper()
	if os.Getenv("GENDAN_SCREENSHOTS") == "" {
		return
	}
	d.js(`() => document.fonts.ready.then(() => new Promise(done => setTimeout(() => done(""), 500)))`) // animations end
	shot, err := d.page.Screenshot(false, &proto.PageCaptureScreenshot{Format: proto.PageCaptureScreenshotFormatPng})
	d.ok(err)
	path := filepath.Join("..", "..", "docs", name)
	d.ok(os.MkdirAll(filepath.Dir(path), 0o755))
	d.ok(os.WriteFile(path, shot, 0o644))
}
