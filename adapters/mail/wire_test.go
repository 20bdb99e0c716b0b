package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-smtp"

	"gendan/adapters/mail/mailtest"
	"gendan/bot/chat"
)

func TestMailsAreTakenOnceAndMarked(t *testing.T) {
	t.Parallel()
	b := mailtest.New(t)
	var taken []In
	fail := 0
	a, err := New(Config{IMAPURL: b.URL, Take: func(_ context.Context, in In) error {
		if in.Subject == "bad" {
			return ErrRefused
		}
		if in.Subject == "later" && fail < 1 {
			fail++
			return errors.New("the database is away")
		}
		taken = append(taken, in)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		if _, err := a.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.Put(string(wire("From: a@example.com", "Subject: first", "Message-ID: <1@x>", "", "机器坏了")))
	look()
	look()
	if len(taken) != 1 || taken[0].Text != "机器坏了" || !slices.Contains(b.Flags(), imap.SeenFlag) {
		t.Errorf("taken %+v, flags %v", taken, b.Flags())
	}
	b.Put(string(wire("From: a@example.com", "Subject: later", "Message-ID: <2@x>", "", "y")))
	look()
	if slices.Contains(b.Flags(), imap.SeenFlag) {
		t.Error("what was not taken is marked as read")
	}
	look()
	if len(taken) != 2 {
		t.Errorf("taken %+v", taken)
	}
	b.Put(string(wire("From: a@example.com", "Subject: bad", "Message-ID: <3@x>", "", "y")))
	look()
	if f := b.Flags(); !slices.Contains(f, imap.SeenFlag) || !slices.Contains(f, imap.FlaggedFlag) {
		t.Errorf("a refused mail has %v", f)
	}
	b.Put(string(wire("From: a@example.com", "Subject: away", "Auto-Submitted: auto-replied", "", "y")))
	look()
	if len(taken) != 2 || !slices.Contains(b.Flags(), imap.SeenFlag) {
		t.Errorf("an automatic answer: %+v, %v", taken, b.Flags())
	}
}

// While the database is away mail waits, however often is looked, and nobody looks without a pause. One that still cannot be
// taken after half a day is left to people.
func TestMailWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	b := mailtest.New(t)
	now, away, taken := time.Now(), true, 0
	a, err := New(Config{IMAPURL: b.URL, Now: func() time.Time { return now }, Take: func(_ context.Context, in In) error {
		if away || in.Subject == "poison" {
			return errors.New("the database is away")
		}
		taken++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	look := func() bool {
		t.Helper()
		more, err := a.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	b.Put(string(wire("From: a@example.com", "Subject: poison", "Message-ID: <0@x>", "", "x")))
	for i := range mostLook + 5 {
		b.Put(string(wire("From: a@example.com", "Subject: s", fmt.Sprintf("Message-ID: <%d@y>", i), "", "x")))
	}
	for range 5 {
		if look() {
			t.Fatal("the next look comes at once, though nothing gets ahead")
		}
		now = now.Add(time.Minute)
	}
	if slices.Contains(b.Flags(), imap.SeenFlag) {
		t.Error("mail is given up after minutes")
	}
	away = false
	if !look() || look() || taken != mostLook+5 {
		t.Errorf("%d were taken", taken)
	}
	now = now.Add(mailPatience)
	look()
	if len(a.failed) != 0 {
		t.Errorf("still remembered: %v", a.failed)
	}
	if look(); taken != mostLook+5 {
		t.Errorf("%d were taken", taken)
	}
}

// A refusal is logged without whom the mail was for.
func TestWhyAMailWasRefusedNamesNobody(t *testing.T) {
	t.Parallel()
	for _, err := range []error{explain(errors.New("550 5.1.1 <wang.qiang@yunfan.example>: no such user")), explain(fmt.Errorf("x: %w", context.DeadlineExceeded))} {
		if s := err.Error(); strings.Contains(s, "wang.qiang") || strings.Contains(s, "yunfan") {
			t.Error(s)
		}
	}
	if s := explain(errors.New("550 5.1.1 <wang.qiang@yunfan.example>: no such user")).Error(); !strings.Contains(s, "no such user") {
		t.Error("nothing is left of the reason:", s)
	}
}

func TestTheMailboxIsLookedIntoAndRecovers(t *testing.T) {
	t.Parallel()
	b := mailtest.New(t)
	got := make(chan In, 1)
	a, err := New(Config{IMAPURL: b.URL, Every: 20 * time.Millisecond, Take: func(_ context.Context, in In) error { got <- in; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	a.in.password = "wrong"
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	bad, end := context.WithTimeout(ctx, 300*time.Millisecond)
	if err := a.poll(bad); err != nil {
		t.Error(err)
	}
	end()
	if h := a.Health(); h.Connected || !strings.Contains(h.Detail, "IMAP_URL") {
		t.Errorf("with a wrong password: %+v", h)
	}
	a.in.password = "password"
	go func() { done <- a.Run(ctx, nil) }()
	b.Put(string(wire("From: a@example.com", "Subject: x", "Message-ID: <9@x>", "", "在吗")))
	select {
	case in := <-got:
		if in.ID != "9@x" {
			t.Errorf("%+v", in)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nobody looked")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// post is a real SMTP server that keeps what it gets, or refuses.
type post struct {
	mu   sync.Mutex
	got  []string
	to   []string
	deny *smtp.SMTPError
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &postSession{p}, nil }

type postSession struct{ p *post }

func (s *postSession) Reset()                               {}
func (s *postSession) Logout() error                        { return nil }
func (s *postSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.p.deny != nil {
		return s.p.deny
	}
	s.p.to = append(s.p.to, to)
	return nil
}
func (s *postSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.got = append(s.p.got, string(b))
	return err
}

func newPost(t *testing.T) (*post, *Adapter) {
	t.Helper()
	p := &post{}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	a, err := New(Config{SMTPURL: "smtp://" + l.Addr().String() + "?from=service@example.com", Company: "云帆服务"})
	if err != nil {
		t.Fatal(err)
	}
	return p, a
}

func reply(text string, out outward) chat.Reply {
	raw, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return chat.Reply{Key: "k", To: "mail:abc", Text: text, AnswerTo: raw}
}

func TestMailsLeaveReadableAndInTheirThread(t *testing.T) {
	t.Parallel()
	p, a := newPost(t)
	text := "您好：\n已安排工程师明天上午 9:00 到。\n" + strings.Repeat("很长的一行，", 60)
	if _, err := a.Send(t.Context(), reply(text, outward{Address: "wq@example.com", Subject: "Re: [#1024] 打印机坏了", MessageID: "gendan.1024.abc@example.com", References: []string{"a@b", "c@d\r\nBcc: evil@x"}})); err != nil {
		t.Fatal(err)
	}
	if len(p.got) != 1 || !slices.Equal(p.to, []string{"wq@example.com"}) {
		t.Fatalf("%d mails to %v", len(p.got), p.to)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != "<gendan.1024.abc@example.com>" || !strings.Contains(m.Header.Get("References"), "<a@b>") || m.Header.Get("X-Gendan") == "" {
		t.Errorf("headers %v", m.Header)
	}
	in, no, err := Read([]byte(strings.Replace(p.got[0], "X-Gendan: 1\r\n", "", 1)), "")
	if err != nil || no != "" || in.Subject != "Re: [#1024] 打印机坏了" || in.Name != "云帆服务" || in.From != "service@example.com" || strings.ReplaceAll(in.Text, "\n", "") != strings.ReplaceAll(text, "\n", "") {
		t.Errorf("read back: %+v %q %v", in, no, err)
	}
	if _, no, _ := Read([]byte(p.got[0]), ""); no != Loop {
		t.Errorf("our own mail come back is %q", no)
	}
}

func TestWhatTheMailServerRefuses(t *testing.T) {
	t.Parallel()
	p, a := newPost(t)
	for _, c := range []struct {
		code int
		want chat.Fault
	}{{550, chat.Rejected}, {450, chat.Retry}} {
		p.mu.Lock()
		p.deny = &smtp.SMTPError{Code: c.code, Message: "no"}
		p.mu.Unlock()
		_, err := a.Send(t.Context(), reply("x", outward{Address: "wq@example.com"}))
		if chat.FaultOf(err) != c.want {
			t.Errorf("%d: %v", c.code, err)
		}
	}
	if _, err := a.Send(t.Context(), chat.Reply{Text: "x"}); chat.FaultOf(err) != chat.Rejected {
		t.Errorf("no address: %v", err)
	}
	a.out.port = 1
	if _, err := a.Send(t.Context(), reply("x", outward{Address: "wq@example.com"})); chat.FaultOf(err) != chat.Retry {
		t.Errorf("nobody there: %v", err)
	}
}

func TestWrongMailSettingsAreNamedWithoutTheirPassword(t *testing.T) {
	for _, c := range []Config{
		{SMTPURL: "smtp://u:secret@host"}, {SMTPURL: "ftp://u@x.com:secret@host"}, {SMTPURL: "smtp://u:secret@host:port"}, {IMAPURL: "imaps://u:secret@host"}, {IMAPURL: "http://u:secret@host"},
	} {
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
