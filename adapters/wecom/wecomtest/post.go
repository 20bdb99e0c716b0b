package wecomtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// poster posts callbacks over kept connections. net/http's client costs two goroutines and several
// channels a request, which is most of the work when the simulator is the source of a load test; https
// addresses still go through it.
type poster struct {
	mu   sync.Mutex
	idle map[string][]*postConn // by host:port
}

type postConn struct {
	net.Conn
	in   *bufio.Reader
	used time.Time
}

const (
	idleMost = 512              // connections to a host that are kept
	idleLife = 20 * time.Second // before the other side tires of them
)

// get takes the connection to host that was used last, or nil.
func (p *poster) get(host string) *postConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[host]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	if time.Since(c.used) > idleLife { // then all the others are older
		p.forget(host)
		return nil
	}
	p.idle[host] = list[:len(list)-1]
	return c
}

// forget closes all kept connections to host; the caller holds p.mu.
func (p *poster) forget(host string) {
	for _, c := range p.idle[host] {
		c.Close()
	}
	delete(p.idle, host)
}

func (p *poster) put(host string, c *postConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string][]*postConn{}
	}
	if len(p.idle[host]) >= idleMost {
		c.Close()
		return
	}
	c.used = time.Now()
	p.idle[host] = append(p.idle[host], c)
}

func (p *poster) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for host := range p.idle {
		p.forget(host)
	}
}

// post sends one body and reads a short answer; ctx must have a deadline.
func (p *poster) post(ctx context.Context, target *url.URL, body []byte) (int, []byte, error) {
	host := target.Host
	if target.Port() == "" {
		host = net.JoinHostPort(target.Hostname(), "80")
	}
	head := make([]byte, 0, 512+len(body))
	head = append(append(head, "POST "...), target.RequestURI()...)
	head = append(append(head, " HTTP/1.1\r\nHost: "...), target.Host...)
	head = append(head, "\r\nContent-Type: text/xml\r\nUser-Agent: Mozilla/4.0\r\nContent-Length: "...)
	head = strconv.AppendInt(head, int64(len(body)), 10)
	request := append(append(head, "\r\n\r\n"...), body...)
	c := p.get(host)
	if c == nil {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", host)
		if err != nil {
			return 0, nil, err
		}
		c = &postConn{Conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	}
	status, answer, err := p.exchange(ctx, c, host, request)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		p.mu.Lock()
		p.forget(host) // the other side has died: the next attempt shall not meet its other connections
		p.mu.Unlock()
	}
	return status, answer, err
}

func (p *poster) exchange(ctx context.Context, c *postConn, host string, request []byte) (status int, answer []byte, err error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	c.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	keep := false
	defer func() {
		if stop() && keep {
			p.put(host, c)
		} else {
			c.Close()
		}
	}()
	if _, err = c.Write(request); err != nil {
		return 0, nil, err
	}
	if _, err = c.in.Peek(1); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("answer: %w", err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("answer: %w", err)
	}
	keep = !resp.Close && len(answer) < 1<<20
	return resp.StatusCode, answer, nil
}
