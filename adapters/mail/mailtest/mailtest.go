// Package mailtest is a mailbox on a real IMAP server in the test's own process.
package mailtest

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/backend"
	"github.com/emersion/go-imap/backend/memory"
	"github.com/emersion/go-imap/server"
)

// Box is the mailbox. Its server ends with the test.
type Box struct {
	URL string // for IMAP_URL

	t    testing.TB
	mu   sync.Mutex // the library's own mailbox knows none
	kept *memory.Mailbox
}

// New starts a server with a mailbox that holds one old mail.
func New(t testing.TB) *Box {
	t.Helper()
	be := memory.New()
	user, err := be.Login(nil, "username", "password")
	if err != nil {
		t.Fatal(err)
	}
	in, err := user.GetMailbox("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	b := &Box{t: t, kept: in.(*memory.Mailbox)}
	s := server.New(lockedBackend{be, b})
	s.AllowInsecureAuth = true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	b.URL = "imap://username:password@" + l.Addr().String() + "/INBOX"
	return b
}

// Put delivers a mail.
func (b *Box) Put(raw string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.kept.CreateMessage(nil, time.Now(), strings.NewReader(raw)); err != nil {
		b.t.Fatal(err)
	}
}

// Flags are those of the newest mail.
func (b *Box) Flags() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept.Messages[len(b.kept.Messages)-1].Flags)
}

type lockedBackend struct {
	backend.Backend
	b *Box
}

func (l lockedBackend) Login(info *imap.ConnInfo, name, password string) (backend.User, error) {
	u, err := l.Backend.Login(info, name, password)
	if err != nil {
		return nil, err
	}
	return lockedUser{u, l.b}, nil
}

type lockedUser struct {
	backend.User
	b *Box
}

func (u lockedUser) GetMailbox(name string) (backend.Mailbox, error) {
	m, err := u.User.GetMailbox(name)
	if err != nil {
		return nil, err
	}
	return lockedBox{m, u.b}, nil
}

// lockedBox is the mailbox one call at a time.
type lockedBox struct {
	backend.Mailbox
	b *Box
}

func (m lockedBox) Status(items []imap.StatusItem) (*imap.MailboxStatus, error) {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	return m.Mailbox.Status(items)
}

func (m lockedBox) ListMessages(uid bool, set *imap.SeqSet, items []imap.FetchItem, ch chan<- *imap.Message) error {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	return m.Mailbox.ListMessages(uid, set, items, ch)
}

func (m lockedBox) SearchMessages(uid bool, criteria *imap.SearchCriteria) ([]uint32, error) {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	return m.Mailbox.SearchMessages(uid, criteria)
}

func (m lockedBox) UpdateMessagesFlags(uid bool, set *imap.SeqSet, op imap.FlagsOp, flags []string) error {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	return m.Mailbox.UpdateMessagesFlags(uid, set, op, flags)
}
