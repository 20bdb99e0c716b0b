package store_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gendan/crm/store"
	"gendan/crm/store/storetest"
)

// wire stands between a store and Postgres, and breaks the connection at the next COMMIT when it is told how.
type wire struct {
	mu  sync.Mutex
	cut string // "before" Postgres gets it, "after" it was carried out, "late": Postgres gets it after we have gone; "" not at all
	url string
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = u.Query().Get("host")
	}
	if port == "" {
		port = u.Query().Get("port")
	}
	if port == "" {
		port = "5432"
	}
	network, address := "tcp", net.JoinHostPort(host, port)
	if strings.HasPrefix(host, "/") {
		network, address = "unix", filepath.Join(host, ".s.PGSQL."+port)
	}
	dir, err := os.MkdirTemp("", "gw") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	q := u.Query()
	q.Set("host", dir)
	q.Set("port", "5432")
	u.RawQuery, u.Host = q.Encode(), ""
	w := &wire{url: u.String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			pg, err := net.Dial(network, address)
			if err != nil {
				c.Close()
				continue
			}
			go w.carry(c, pg)
		}
	}()
	return w
}

func (w *wire) carry(c, pg net.Conn) {
	defer c.Close()
	defer pg.Close()
	gone := make(chan struct{})
	var silent sync.Once
	quiet := make(chan struct{})
	go func() {
		defer close(gone)
		b := make([]byte, 64<<10)
		for {
			n, err := pg.Read(b)
			if err != nil {
				return
			}
			select {
			case <-quiet:
				return
			default:
			}
			if _, err := c.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		cut := ""
		if bytes.HasPrefix(b[:n], []byte("Q\x00\x00\x00\x0bCOMMIT\x00")) {
			w.mu.Lock()
			cut, w.cut = w.cut, ""
			w.mu.Unlock()
		}
		if cut != "" {
			silent.Do(func() { close(quiet) })
		}
		if cut == "late" {
			c.Close()
			time.Sleep(300 * time.Millisecond)
		}
		if cut != "before" {
			if _, err := pg.Write(b[:n]); err != nil {
				return
			}
		}
		if cut == "after" || cut == "late" {
			<-gone // Postgres has answered
		}
		if cut != "" {
			return
		}
	}
}

// When Postgres breaks off during a commit, it is found out at once whether the turn's answer is there: then it is this process's to send.
// Else the turn has failed as ever.
func TestACommitThatWasNotAnswered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	direct := storetest.New(t)
	w := newWire(t, storetest.URL(direct))
	s := storetest.Open(t, w.url, storetest.WithKeys(direct.Keys()))
	c := newTeller(t, s)
	if _, err := s.ClaimOutbox(ctx, "wecom", 1, time.Minute); err != nil { // this process is known now
		t.Fatal(err)
	}
	var leased []store.OutboxClaim
	s.OnLeased(func(c store.OutboxClaim) { leased = append(leased, c) })
	turn := func(key string) (n int, err error) {
		return n, s.AsIn(ctx, c.actor, "p", func(ctx context.Context, tx *store.Tx) error {
			tx.Lane = "p"
			_, heard, err := tx.LockConversation(ctx)
			if n = len(heard); err != nil || n == 0 {
				return err
			}
			tx.Ledger.Outbox = []store.OutboxRow{{Platform: "wecom", Lane: "p", Peer: "p", Kind: "reply", Payload: []byte(`{}`), Key: key, Lease: 14 * time.Second}}
			tx.Ledger.InboxDone = []store.InboxKey{heard[0].InboxKey}
			return nil
		})
	}
	for i, cut := range []string{"", "after", "late", "before"} {
		if _, err := c.Hear(ctx, message("m-"+cut, "p")); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.cut = cut
		w.mu.Unlock()
		start := time.Now()
		_, err := turn(cut)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q: known after %v", cut, took)
		}
		if cut == "before" {
			if err == nil || len(leased) != i {
				t.Errorf("%q: %v, %d leased", cut, err, len(leased))
			}
			if n, err := turn("again"); n != 1 || err != nil {
				t.Errorf("%q: %d heard, %v", cut, n, err)
			}
		} else if err != nil {
			t.Errorf("%q: %v", cut, err)
		}
		if len(leased) != i+1 {
			t.Fatalf("%q: %d answers to send, want %d", cut, len(leased), i+1)
		}
		if n, err := turn("twice"); n != 0 || err != nil {
			t.Errorf("%q: %d heard once more, %v", cut, n, err)
		}
		if err := s.OutboxSent(ctx, []store.OutboxMark{{ID: leased[i].ID, CreatedAt: leased[i].CreatedAt, Platform: "wecom", Conversation: "p", MessageID: "m" + cut, Text: "好"}}); err != nil {
			t.Fatal(err)
		}
	}
}
