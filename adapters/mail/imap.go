package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
	"go.uber.org/zap"
)

const (
	mostLook = 50       // mails of one look
	mostMail = 10 << 20 // bytes of a mail; of a longer one the beginning is read, where the words are
	mailDays = 3        // how far back unread mail is looked for: a full old mailbox is not made tickets of

	mailPatience = 12 * time.Hour // then a mail that always fails is left to people, flagged: a database may be away for long
)

// look takes the unread mail and marks it as read; of much, those that failed before come last. more tells that there is
// more of it, and that this look got ahead.
func (a *Adapter) look(ctx context.Context) (more bool, err error) {
	c, err := a.dial(ctx)
	if err != nil {
		return false, err
	}
	defer c.Terminate() //nolint:errcheck // after Logout there is nothing to end
	end := context.AfterFunc(ctx, func() { _ = c.Terminate() })
	defer end()
	if err := c.Login(a.in.user, a.in.password); err != nil {
		return false, fmt.Errorf("login: %w", err)
	}
	if _, err := c.Select(a.box, false); err != nil {
		return false, fmt.Errorf("select %s: %w", a.box, err)
	}
	want := imap.NewSearchCriteria()
	want.WithoutFlags = []string{imap.SeenFlag, imap.DeletedFlag}
	want.Since = a.c.Now().AddDate(0, 0, -mailDays)
	uids, err := c.UidSearch(want)
	if err != nil {
		return false, fmt.Errorf("search: %w", err)
	}
	for uid := range a.failed { // gone, or read by somebody
		if !slices.Contains(uids, uid) {
			delete(a.failed, uid)
		}
	}
	slices.SortStableFunc(uids, func(x, y uint32) int { return a.failed[x].Compare(a.failed[y]) })
	ahead := false
	for _, uid := range uids[:min(len(uids), mostLook)] {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		marked, err := a.one(ctx, c, uid)
		if err != nil {
			return false, err
		}
		ahead = ahead || marked
	}
	_ = c.Logout()
	return ahead && len(uids) > mostLook, nil
}

// dial connects: with TLS from the first byte, or by STARTTLS; in the clear only to this machine.
func (a *Adapter) dial(ctx context.Context) (*client.Client, error) {
	where := net.JoinHostPort(a.in.host, strconv.Itoa(a.in.port))
	conn, err := (&net.Dialer{Timeout: 15 * time.Second}).DialContext(ctx, "tcp", where)
	if err != nil {
		return nil, err
	}
	if a.in.tls {
		secure := tls.Client(conn, &tls.Config{ServerName: a.in.host, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	c, err := client.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	c.Timeout = time.Minute
	c.ErrorLog = zap.NewStdLog(a.c.Log)
	if a.in.tls {
		return c, nil
	}
	if ok, err := c.SupportStartTLS(); err == nil && ok {
		if err := c.StartTLS(&tls.Config{ServerName: a.in.host, MinVersion: tls.VersionTLS12}); err != nil {
			_ = c.Terminate()
			return nil, fmt.Errorf("starttls: %w", err)
		}
		return c, nil
	}
	if !a.in.near {
		_ = c.Terminate()
		return nil, errors.New("the server offers no TLS: use imaps://")
	}
	return c, nil
}

// one reads a mail, has it taken, and marks it; marked is false for one that stays for the next look.
func (a *Adapter) one(ctx context.Context, c *client.Client, uid uint32) (marked bool, err error) {
	raw, err := fetch(c, uid)
	if err != nil {
		a.fails(uid)
		return false, fmt.Errorf("mail %d: %w", uid, err)
	}
	if raw == nil {
		return false, nil // gone meanwhile
	}
	in, ignore, err := Read(raw, a.trust, a.from, a.in.user)
	if err == nil && ignore == "" {
		err = a.c.Take(ctx, in)
	}
	flags := []any{imap.SeenFlag}
	switch {
	case ignore != "":
		a.c.Log.Info("mail left alone", zap.Uint32("uid", uid), zap.String("why", ignore))
	case err == nil:
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, ErrRefused):
		a.c.Log.Warn("mail refused", zap.Uint32("uid", uid), zap.Error(err))
		flags = append(flags, imap.FlaggedFlag)
	default:
		if a.fails(uid) < mailPatience {
			a.c.Log.Warn("mail not taken", zap.Uint32("uid", uid), zap.Error(err))
			return false, nil
		}
		a.c.Log.Error("mail given up: it is flagged in the mailbox", zap.Uint32("uid", uid), zap.Error(err))
		flags = append(flags, imap.FlaggedFlag)
	}
	delete(a.failed, uid)
	set := new(imap.SeqSet)
	set.AddNum(uid)
	if err := c.UidStore(set, imap.FormatFlagsOp(imap.AddFlags, true), flags, nil); err != nil {
		return false, fmt.Errorf("mail %d: mark: %w", uid, err)
	}
	return true, nil
}

// fails notes that a mail could not be taken, and tells for how long that has been so.
func (a *Adapter) fails(uid uint32) time.Duration {
	now := a.c.Now()
	if a.failed[uid].IsZero() {
		a.failed[uid] = now
	}
	return now.Sub(a.failed[uid])
}

// fetch reads a mail without marking it; nil when it is gone.
func fetch(c *client.Client, uid uint32) ([]byte, error) {
	section := &imap.BodySectionName{Peek: true, Partial: []int{0, mostMail}}
	set := new(imap.SeqSet)
	set.AddNum(uid)
	messages := make(chan *imap.Message, 1)
	done := make(chan error, 1)
	go func() { done <- c.UidFetch(set, []imap.FetchItem{section.FetchItem()}, messages) }()
	var raw []byte
	for m := range messages {
		for _, body := range m.Body {
			if body == nil {
				continue
			}
			b, err := io.ReadAll(io.LimitReader(body, mostMail))
			if err != nil {
				return nil, err
			}
			raw = bytes.Clone(b)
		}
	}
	return raw, <-done
}
