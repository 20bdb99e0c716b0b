package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// fileHosts are the domains that DingTalk's temporary download addresses point to.
var fileHosts = []string{"dingtalk.com", "dingtalk.net", "aliyuncs.com", "alicdn.com"}

// mayFetch allows the configured hosts, whatever they are, and https on DingTalk's own domains.
func (a *Adapter) mayFetch(u *url.URL) bool {
	if u.User != nil {
		return false
	}
	if a.configured(u) {
		return true
	}
	if u.Scheme != "https" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, d := range append(fileHosts[:len(fileHosts):len(fileHosts)], a.cfg.FileHosts...) {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

// configured reports whether u is on one of the two hosts of the configuration.
func (a *Adapter) configured(u *url.URL) bool {
	for _, s := range []string{a.cfg.APIURL, a.cfg.OAPIURL} {
		if b, err := url.Parse(s); err == nil && u.Scheme == b.Scheme && strings.EqualFold(u.Host, b.Host) {
			return true
		}
	}
	return false
}

// newFileClient makes the client for temporary addresses: redirects stay on allowed hosts, and a name of an
// allowed domain that resolves to an address inside our own network is not followed.
func newFileClient(a *Adapter) *http.Client {
	t := newTransport()
	plain := &net.Dialer{Timeout: 5 * time.Second}
	guarded := &net.Dialer{Timeout: 5 * time.Second, ControlContext: publicOnly}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if a.mayFetch(&url.URL{Scheme: "https", Host: host}) && !a.configured(&url.URL{Scheme: "https", Host: host}) {
			return guarded.DialContext(ctx, network, addr)
		}
		return plain.DialContext(ctx, network, addr) // a configured host, or the proxy of the environment
	}
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 || !a.mayFetch(req.URL) {
			return errors.New("redirect to a foreign host")
		}
		return nil
	}}
}

// publicOnly refuses to connect to addresses inside our own network, after names have been resolved.
func publicOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if !public(ap.Addr()) {
		return fmt.Errorf("dial %s: not a public address", address)
	}
	return nil
}

// public reports whether ip is an address outside private, local and reserved networks.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() &&
		!netip.MustParsePrefix("100.64.0.0/10").Contains(ip)
}
