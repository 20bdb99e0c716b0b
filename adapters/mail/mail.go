// Package mail is the door by mail: what customers write to the service's address becomes a ticket or a word to one (IMAP),
// and what they are told leaves by SMTP. A mail is taken once: it is marked as seen on the server after it was taken, and
// whoever takes it knows its Message-ID.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"gendan/bot/chat"
)

const (
	pollEvery   = 30 * time.Second
	pollTimeout = 2 * time.Minute // one look into the mailbox
	sendTimeout = 30 * time.Second
)

// Elector lets one process of several read the mailbox.
type Elector interface {
	Lead(ctx context.Context, name string, work func(ctx context.Context) error) error
}

// Config is what the door is made of.
type Config struct {
	SMTPURL string // smtps://user:password@host:465, smtp://user:password@host:587?from=service@example.com; "": nothing leaves
	IMAPURL string // imaps://user:password@host:993/INBOX?every=30s&trust=mx.example.com; "": nothing comes in
	Company string // the sender's name; "" is none

	// Take takes a mail in. It may get the same one again. An error leaves it for the next look; [ErrRefused] does not.
	Take func(ctx context.Context, in In) error

	Elector Elector       // nil: this process reads always
	Every   time.Duration // between looks; 0 is 30 s
	Now     func() time.Time
	Log     *zap.Logger
}

// ErrRefused is that a mail can never be taken.
var ErrRefused = errors.New("mail: refused")

// Adapter implements [chat.Adapter] as the platform "mail".
type Adapter struct {
	c     Config
	out   server
	in    server
	box   string
	trust Trust // of the server that is read from
	from  string

	mu     sync.Mutex
	health chat.Health
	failed map[uint32]time.Time // since when a mail cannot be taken
}

// server is one end of a connection.
type server struct {
	host, user, password string
	port                 int
	tls                  bool // from the first byte
	near                 bool // this machine: plain text leaves nobody's sight
}

// New makes the door, or says what is wrong with the settings.
func New(c Config) (*Adapter, error) {
	a := &Adapter{c: c, failed: map[uint32]time.Time{}}
	if c.Every == 0 {
		a.c.Every = pollEvery
	}
	if c.Now == nil {
		a.c.Now = time.Now
	}
	if c.Log == nil {
		a.c.Log = zap.NewNop()
	}
	if c.SMTPURL != "" {
		u, s, err := serverOf(c.SMTPURL, map[string]int{"smtp": 587, "smtps": 465})
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: %w", err)
		}
		a.out, a.from = s, u.Query().Get("from")
		if a.from == "" {
			a.from = s.user
		}
		if !strings.Contains(a.from, "@") {
			return nil, fmt.Errorf("SMTP_URL: %q is no sender's address: add ?from=service@example.com", a.from)
		}
	}
	if c.IMAPURL != "" {
		u, s, err := serverOf(c.IMAPURL, map[string]int{"imap": 143, "imaps": 993})
		if err != nil {
			return nil, fmt.Errorf("IMAP_URL: %w", err)
		}
		if c.Take == nil {
			return nil, errors.New("IMAP_URL: nobody takes mail")
		}
		a.in, a.box = s, strings.Trim(u.Path, "/")
		if a.box == "" {
			a.box = "INBOX"
		}
		a.trust = Trust(u.Query().Get("trust"))
		if every := u.Query().Get("every"); every != "" {
			if a.c.Every, err = time.ParseDuration(every); err != nil || a.c.Every < time.Second || a.c.Every > time.Hour {
				return nil, fmt.Errorf("IMAP_URL: every=%s: write a time between 1s and 1h", every)
			}
		}
	}
	a.health = chat.Health{Connected: true, Since: a.c.Now()}
	return a, nil
}

func serverOf(address string, ports map[string]int) (*url.URL, server, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, server{}, errors.New("no address; write scheme://user:password@host, with @ in the user as %40")
	}
	port, known := ports[u.Scheme]
	if !known || u.Hostname() == "" {
		return nil, server{}, fmt.Errorf("%s is no %s address", u.Redacted(), u.Scheme)
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, server{}, err
		}
	}
	password, _ := u.User.Password()
	s := server{host: u.Hostname(), port: port, user: u.User.Username(), password: password, tls: strings.HasSuffix(u.Scheme, "s")}
	ip := net.ParseIP(s.host)
	s.near = s.host == "localhost" || ip != nil && ip.IsLoopback()
	return u, s, nil
}

// Host is the right side of our mails' ids: the sender's domain.
func (a *Adapter) Host() string {
	_, host, _ := strings.Cut(a.from, "@")
	return host
}

// Name is "mail".
func (a *Adapter) Name() string { return "mail" }

// Limits tells what a mail may hold. Its readers are customers, who are answered by people.
func (a *Adapter) Limits() chat.Limits { return chat.Limits{TextBytes: 200 << 10} }

// Ready is always so: mail servers are asked anew each time.
func (a *Adapter) Ready() bool { return true }

// Run reads the mailbox until ctx ends. hear is not used: a mail waits on its server until it was taken.
func (a *Adapter) Run(ctx context.Context, _ chat.Handler) error {
	if a.c.IMAPURL == "" {
		<-ctx.Done()
		return nil
	}
	if a.c.Elector == nil {
		return a.poll(ctx)
	}
	return a.c.Elector.Lead(ctx, "mail", a.poll)
}

func (a *Adapter) poll(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = a.c.Every
		look, cancel := context.WithTimeout(ctx, pollTimeout)
		more, err := a.look(look)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		a.healthy(err)
		if err != nil {
			a.c.Log.Warn("mailbox", zap.Error(err))
		} else if more {
			wait = 0
		}
	}
}

func (a *Adapter) healthy(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if connected := err == nil; connected != a.health.Connected {
		a.health = chat.Health{Connected: connected, Since: a.c.Now()}
		if err != nil {
			a.health.Detail = "收不到邮件，请检查 IMAP_URL 的地址、账号和授权码。"
		}
	}
}

// Health says how reading the mailbox goes.
func (a *Adapter) Health() chat.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.health
}

// Download has nothing to fetch: attachments are named, and stay in the mailbox.
func (a *Adapter) Download(context.Context, chat.Attachment, int64) ([]byte, error) {
	return nil, errors.New("mail: attachments stay in the mailbox")
}

// People is nobody: customers are in no directory.
func (a *Adapter) People(context.Context) ([]chat.Person, error) { return nil, nil }
