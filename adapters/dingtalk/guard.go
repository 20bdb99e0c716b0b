package dingtalk

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

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
