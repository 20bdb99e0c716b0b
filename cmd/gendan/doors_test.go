package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/go-rod/rod/lib/proto"
	"go.uber.org/zap"

	"gendan/adapters/browsertest"
	"gendan/adapters/mail"
	"gendan/adapters/mail/mailtest"
	"gendan/adapters/sms"
	"gendan/crm"
	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// outside is the service with the doors that customers and programs use: a mailbox, a mail server and an SMS gateway of this
// process, and nobody on a chat platform.
type outside struct {
	t       *testing.T
	sv      *service
	url     string
	token   string // 孙倩's key
	mailbox *mailtest.Box

	mu    sync.Mutex
	mails []string
	texts []string
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{t: t}
	o.mailbox = mailtest.New(t)
	out := smtp.NewServer(o)
	outAt, err := net.Listen("tcp", "127.0.0.1:0")
	o.ok(err)
	go func() { _ = out.Serve(outAt) }()
	t.Cleanup(func() { out.Close() })
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		o.keep(&o.texts, string(b))
	}))
	t.Cleanup(gateway.Close)

	var door http.Handler
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { door.ServeHTTP(w, r) }))
	t.Cleanup(page.Close)
	o.url = page.URL
	set, err := readSettings(func(name string) string {
		return map[string]string{
			"GENDAN_DATA_DIR": t.TempDir(), "GENDAN_URL": page.URL, "GENDAN_COMPANY": "云帆服务", "GENDAN_CAPTURE_KEYS": "shop=0123456789abcdef",
			"IMAP_URL": o.mailbox.URL + "?every=1s", "SMTP_URL": "smtp://" + outAt.Addr().String() + "?from=service@example.com",
			"SMS_URL": strings.Replace(gateway.URL, "http://", "http://key:secret@", 1),
		}[name]
	})
	o.ok(err)
	o.sv = &service{settings: set, log: zap.NewNop(), clock: &clock{}, people: newDirectory()}
	st := storetest.New(t, storetest.WithClock(o.sv.clock.Now))
	o.sv.servers = &servers{store: st}
	id, err := st.AddUser(t.Context(), store.NewUser{Name: "孙倩", Role: crm.Service, Team: "客服部"})
	o.ok(err)
	o.token, err = st.AddToken(t.Context(), id)
	o.ok(err)
	b, err := o.sv.wire()
	o.ok(err)
	door = o.sv.routes(t.Context())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		group := make(chan error, 2)
		go func() { group <- b.Run(ctx) }()
		go func() { group <- o.sv.alarm.Run(ctx) }()
		<-group
		<-group
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return o
}

func (o *outside) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *outside) keep(to *[]string, s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*to = append(*to, s)
}

// The outside is the mail server's backend, too.
func (o *outside) NewSession(*smtp.Conn) (smtp.Session, error) { return outsideSession{o}, nil }

type outsideSession struct{ o *outside }

func (outsideSession) Reset()                               {}
func (outsideSession) Logout() error                        { return nil }
func (outsideSession) Mail(string, *smtp.MailOptions) error { return nil }
func (outsideSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s outsideSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.o.keep(&s.o.mails, string(b))
	return err
}

// write puts a mail into the service's mailbox.
func (o *outside) write(lines ...string) {
	o.t.Helper()
	o.mailbox.Put(strings.Join(lines, "\r\n"))
}

// do runs an action as 孙倩.
func (o *outside) do(name string, params map[string]any) string {
	o.t.Helper()
	body, err := json.Marshal(params)
	o.ok(err)
	req, err := http.NewRequest(http.MethodPost, o.url+"/api/v1/actions/"+name, bytes.NewReader(body))
	o.ok(err)
	req.Header.Set("Authorization", "Bearer "+o.token)
	res, err := http.DefaultClient.Do(req)
	o.ok(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	o.ok(err)
	if res.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: %d %s", name, res.StatusCode, b)
	}
	return string(b)
}

// mail waits for the mail whose text fits and reads it as its reader's program would.
func (o *outside) mail(words string) (in mail.In, raw string) {
	o.t.Helper()
	o.until("a mail that says "+words, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, raw = range o.mails {
			var err error
			if in, _, err = mail.Read([]byte(strings.Replace(raw, "X-Gendan: 1\r\n", "", 1)), ""); err == nil && strings.Contains(in.Text, words) {
				return true
			}
		}
		return false
	})
	return in, raw
}

func (o *outside) until(what string, found func() bool) {
	o.t.Helper()
	for end := time.Now().Add(60 * time.Second); !found(); time.Sleep(250 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("never: %s\nmails %q\ntexts %q", what, o.mails, o.texts)
		}
	}
}

var ticketIn = regexp.MustCompile(`"id":(\d+)`)

// TestACustomerByMail writes a mail, is answered by an agent, answers, and is asked how it was; every step over real servers.
// TestAnAnswerByTextMessage: TD ends offers for every customer of the number, another word is kept for the owner, nobody but the
// gateway is heard, and the same answer is heard once.
func TestAnAnswerByTextMessage(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	id, err := o.sv.servers.store.AddUser(t.Context(), store.NewUser{Name: "李雷", Role: crm.Rep})
	o.ok(err)
	o.token, err = o.sv.servers.store.AddToken(t.Context(), id)
	o.ok(err)
	o.do("customer.create", map[string]any{"customer": "云帆科技", "contact": "王强", "phone": "13812345678"})
	o.do("customer.create", map[string]any{"customer": "星河贸易", "contact": "李娜", "phone": "13900000000"})
	call := func(secret, id, from, text string) int {
		t.Helper()
		body, err := json.Marshal(map[string]string{"kind": "reply", "id": id, "from": from, "text": text})
		o.ok(err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+"/callback/sms", bytes.NewReader(body))
		o.ok(err)
		stamp := strconv.FormatInt(o.sv.clock.Now().Unix(), 10)
		req.Header.Set("X-Gendan-Timestamp", stamp)
		req.Header.Set("X-Gendan-Signature", "sha256="+hex.EncodeToString(sms.Sign(secret, stamp, body)))
		res, err := http.DefaultClient.Do(req)
		o.ok(err)
		defer res.Body.Close()
		return res.StatusCode
	}
	count := func(query string) (n int) {
		t.Helper()
		o.ok(storetest.Owner(t, o.sv.servers.store).QueryRow(query).Scan(&n))
		return n
	}
	const refused = `SELECT count(DISTINCT customer_id) FROM consents WHERE NOT allowed AND via = 'sms'`
	if got := call("guess", "up-1", "13812345678", "TD"); got != http.StatusForbidden || count(refused) != 0 {
		t.Errorf("somebody else: %d", got)
	}
	for range 2 {
		if got := call("secret", "up-1", "+8613812345678", "TD"); got != http.StatusOK {
			t.Errorf("%d", got)
		}
	}
	if n := count(refused); n != 1 {
		t.Errorf("%d customers want no more", n)
	}
	lines := count(`SELECT count(*) FROM activities`)
	for range 2 {
		if got := call("secret", "up-2", "13900000000", "周末来拿"); got != http.StatusOK {
			t.Errorf("%d", got)
		}
	}
	if n := count(`SELECT count(*) FROM activities`) - lines; n != 1 || count(refused) != 1 {
		t.Errorf("another word: %d lines", n)
	}
	if got := call("secret", "up-3", "13700000000", "TD"); got != http.StatusOK { // nobody's number
		t.Errorf("%d", got)
	}
	if n := count(`SELECT count(*) FROM receipts WHERE key LIKE '%13812345678%' OR key LIKE '%up-1%'`); n != 0 {
		t.Errorf("%d keys tell the number", n)
	}
}

func TestACustomerByMail(t *testing.T) {
	o := newOutside(t)
	o.write("From: =?utf-8?B?546L5by6?= <wq@example.com>", "Subject: printer", "Message-ID: <1@x>", "", "卡纸了")
	var ticket string
	o.until("a ticket", func() bool {
		list := o.do("ticket.list", map[string]any{})
		if m := ticketIn.FindStringSubmatch(list); m != nil {
			ticket = m[1]
		}
		return ticket != ""
	})
	number := map[string]any{"ticket": json.Number(ticket)}
	o.do("ticket.reply", map[string]any{"ticket": json.Number(ticket), "content": "请先关机再开机"})
	first, raw := o.mail("请先关机再开机")
	if first.Subject != "Re: [#"+ticket+"] printer" || !strings.Contains(raw, "In-Reply-To: <1@x>") || first.From != "service@example.com" {
		t.Errorf("the answer: %+v\n%s", first, raw)
	}
	o.write("From: wq@example.com", "Subject: Re: printer", "Message-ID: <2@x>", "References: <1@x> <"+first.ID+">", "", "还是不行", "> 请先关机")
	o.until("the customer's word on the ticket", func() bool { return strings.Contains(o.do("ticket.view", number), "还是不行") })
	o.do("ticket.close", map[string]any{"ticket": json.Number(ticket), "resolution": "换了进纸轮"})
	o.mail("换了进纸轮")
	o.sv.clock.Travel(o.sv.clock.Now().Add(6 * time.Minute))
	o.sv.alarm.Poke()
	asked, _ := o.mail("满意")
	link := regexp.MustCompile(`http\S+/s/\S+`).FindString(asked.Text)
	res, err := http.PostForm(link, map[string][]string{"score": {"2"}, "words": {"等太久"}})
	o.ok(err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s: %d", link, res.StatusCode)
	}
	if view := o.do("ticket.view", number); !strings.Contains(view, "客户评价 2 分：等太久") {
		t.Errorf("the ticket says %s", view)
	}
	if tasks := o.do("task.list", map[string]any{}); !strings.Contains(tasks, "回访") {
		t.Errorf("no call-back: %s", tasks)
	}
}

// TestCustomersPages opens the form and the survey in a browser, on a phone, with and without script.
func TestCustomersPages(t *testing.T) {
	o := newOutside(t)
	b := browsertest.Start(t, storyTime)
	d := sit(t, b, o.url)
	phone := func() {
		t.Helper()
		d.ok(d.page.SetViewport(&proto.EmulationSetDeviceMetricsOverride{Width: 375, Height: 667, DeviceScaleFactor: 2}))
	}
	fits := func() {
		t.Helper()
		if got := d.js(`() => String(document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll("button, input:not([type=hidden]):not([name=website]), select, textarea")].every(e => e.getBoundingClientRect().height >= 40))`); got != "true" {
			t.Error("the page does not fit on a phone, or its fields are too small for a thumb")
		}
	}
	fill := func(selector, text string) {
		t.Helper()
		d.js(`(selector, text) => { document.querySelector(selector).value = text; return ""; }`, selector, text)
	}
	press := func(selector string) {
		t.Helper()
		d.js(`(selector) => { document.querySelector(selector).click(); return ""; }`, selector)
	}
	shows := func(words string) {
		t.Helper()
		d.until("the page says "+words, `(words) => document.querySelector("main").innerText.includes(words)`, words)
	}
	for _, script := range []bool{true, false} {
		d.ok(proto.EmulationSetScriptExecutionDisabled{Value: !script}.Call(d.page))
		phone()
		d.open("/f/ticket")
		if script {
			fits()
		}
		fill("textarea[name=text]", "机器不转了 <script>alert(1)</script>")
		fill("input[name=phone]", "13812345678")
		o.sv.clock.Travel(o.sv.clock.Now().Add(5 * time.Second)) // nobody fills in a form faster
		press("button")
		shows("已收到，编号 #")
		if text := d.js(`() => document.body.innerText`); strings.Contains(text, "不转") {
			t.Errorf("script %t: %s", script, text)
		}
		if script {
			fits()
		}
	}
	if n := strings.Count(o.do("ticket.list", map[string]any{}), `"content"`); n < 2 {
		t.Errorf("%d tickets", n)
	}
	list := ticketIn.FindAllStringSubmatch(o.do("ticket.list", map[string]any{}), 2)
	o.do("ticket.close", map[string]any{"ticket": json.Number(list[0][1])})
	o.do("survey.send", map[string]any{"ticket": json.Number(list[0][1])})
	var link string
	o.until("an SMS with a link", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, text := range o.texts {
			if m := regexp.MustCompile(`/s/[\w-]+`).FindString(text); m != "" {
				link = m
			}
		}
		return link != ""
	})
	if o.mu.Lock(); !strings.Contains(strings.Join(o.texts, ""), "【云帆服务】") {
		t.Errorf("no signature in %q", o.texts)
	}
	o.mu.Unlock()
	d.open(link)
	phone()
	d.ok(proto.EmulationSetScriptExecutionDisabled{Value: false}.Call(d.page))
	fits()
	press("button[value='4']")
	shows("4 分")
	fill("textarea[name=words]", "师傅很细心")
	press("button")
	d.until("the word is in", `() => document.querySelector("textarea") === null && document.querySelector("main").innerText.includes("4 分")`)
	if view := o.do("report.satisfaction", map[string]any{}); !strings.Contains(view, `"average":4`) {
		t.Errorf("%s", view)
	}
	d.picture("screens/survey.png")
	d.clean()
}
