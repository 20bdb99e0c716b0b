package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"time"

	"github.com/lib/pq"
)

// A transaction begins and ends on the way: BEGIN travels with its first statement, and COMMIT with its last. Each spares a round
// trip, which on a busy machine costs both sides more than the statement does. The driver knows nothing of it: a pipe between it
// and the socket adds the messages and takes their answers out again. Under TLS it would see only cipher text, so there the driver
// goes the usual way.

// The messages of Postgres's protocol (version 3) that a pipe adds, and what it takes out.
var (
	// BEGIN as Parse, Bind and Execute without a Sync: an error in it skips what follows, up to the Sync of the driver's own statement.
	beginMessages = []byte("P\x00\x00\x00\x0d\x00BEGIN\x00\x00\x00" + "B\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00" + "E\x00\x00\x00\x09\x00\x00\x00\x00\x00")
	// its answers: ParseComplete, BindComplete, CommandComplete.
	beginAnswers = [][]byte{[]byte("1\x00\x00\x00\x04"), []byte("2\x00\x00\x00\x04"), []byte("C\x00\x00\x00\x0aBEGIN\x00")}
	// COMMIT as the driver sends it.
	commitMessage = []byte("Q\x00\x00\x00\x0bCOMMIT\x00")
)

const startupVersion = 3 << 16 // in the first message of a connection in the clear; a wish for TLS or its absence has another number

var errPipe = errors.New("store: pipe: something else was said before the answer to COMMIT was heard")

// pipe is the connection to the server beneath the driver. The driver uses it from one goroutine at a time.
type pipe struct {
	net.Conn
	seen  bool // the first message
	plain bool // it speaks Postgres's protocol in the clear

	begin     bool     // put BEGIN before what is written next
	expect    [][]byte // of beginAnswers, those that have not come yet
	head      []byte   // of the first of them, what has come
	commit    bool     // put COMMIT behind what is written next
	committed bool     // it is: the driver's own COMMIT is to be swallowed
	held      []byte   // read, and not asked for yet
}

// Write implements [net.Conn].
func (p *pipe) Write(b []byte) (int, error) {
	if !p.seen {
		p.seen = true
		p.plain = len(b) >= 8 && binary.BigEndian.Uint32(b[4:]) == startupVersion
	}
	if p.committed {
		if !bytes.Equal(b, commitMessage) {
			_ = p.Conn.Close() // the answers would be taken for one another's
			return 0, errPipe
		}
		p.committed = false
		return len(b), nil
	}
	if !p.begin && !p.commit {
		return p.Conn.Write(b)
	}
	all := make([]byte, 0, len(beginMessages)+len(b)+len(commitMessage))
	before := 0
	if p.begin {
		all, before, p.expect = append(all, beginMessages...), len(beginMessages), beginAnswers
	}
	all = append(all, b...)
	if p.commit {
		all, p.committed = append(all, commitMessage...), true
	}
	p.begin, p.commit = false, false
	n, err := p.Conn.Write(all)
	return min(max(0, n-before), len(b)), err
}

// Read implements [net.Conn].
func (p *pipe) Read(b []byte) (int, error) {
	for len(p.held) == 0 {
		n, err := p.Conn.Read(b)
		if len(p.expect) == 0 || n == 0 {
			return n, err
		}
		p.held = p.without(b[:n])
		if err != nil && len(p.held) == 0 {
			return 0, err
		}
	}
	n := copy(b, p.held)
	p.held = p.held[n:]
	return n, nil
}

// without takes the answers to BEGIN out of what was read. They come first and as they are known; whatever else comes is not ours
// to judge: an error ends the transaction before it began, and the driver hears it.
func (p *pipe) without(read []byte) []byte {
	all := append(p.head, read...)
	for len(p.expect) > 0 {
		want := p.expect[0]
		switch {
		case bytes.HasPrefix(all, want):
			all, p.expect = all[len(want):], p.expect[1:]
		case bytes.HasPrefix(want, all):
			p.head = all
			return nil
		default:
			p.expect = nil
		}
	}
	p.head = nil
	return all
}

// pipeDialer makes the connections of the driver pipes, until one of them is up: what it dials later cancels statements.
type pipeDialer struct {
	made *pipe // the last one
	up   bool
}

func (d *pipeDialer) wrap(c net.Conn, err error) (net.Conn, error) {
	if err != nil || d.up {
		return c, err
	}
	d.made = &pipe{Conn: c}
	return d.made, nil
}

// Dial implements [pq.Dialer].
func (d *pipeDialer) Dial(network, address string) (net.Conn, error) {
	return d.wrap(net.Dial(network, address))
}

// DialTimeout implements [pq.Dialer].
func (d *pipeDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	return d.wrap(net.DialTimeout(network, address, timeout))
}

// DialContext implements [pq.DialerContext].
func (d *pipeDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var own net.Dialer
	return d.wrap(own.DialContext(ctx, network, address))
}

var _ pq.DialerContext = (*pipeDialer)(nil)
